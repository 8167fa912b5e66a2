local D = { dtype = "float64" }
local curv = eb.curv

local function norm(x) return eb.tree.norm(x) end
local function flat(x) return (eb.tree.flatten(x)) end

-- x ↦ ½ xᵀ M x.
local function quadratic(M)
  return curv.hessian(function(x) return x:dot(M:mm(x)) / 2 end, eb.zeros { M.shape[1], dtype = M.dtype })
end

-- A symmetric matrix with these eigenvalues in random directions.
local function with_spectrum(values, seed)
  local n = #values
  local q = eb.linalg.qr(eb.randn({ n, n }, { rng = eb.rng(seed), dtype = "float64" }))
  return q:mm(eb.tensor(values, D):diag()):mm(q:t())
end

-- A small net and data, float64.
local net = eb.nn.mlp { 5, 7, 3, act = "tanh" }
local p = eb.tree.map(function(t) return t:cast "float64" end, net:init { rng = eb.rng(1) })
local x, labels = eb.randn({ 20, 5 }, { rng = eb.rng(2), dtype = "float64" }), eb.randint({ 20 }, 1, 3, { rng = eb.rng(3) })
local function loss(q, u, y) return eb.loss.cross_entropy(net(q, u), y) end
local H = curv.hessian(loss, p, x, labels)

test("products are those of hvp, in every form", function()
  local v = eb.tree.randn_like(p, { rng = eb.rng(4) })
  local expected = eb.hvp(loss)(p, v, x, labels)
  close(norm(H:mv(v) - expected), 0, 1e-14)
  close(norm(H:mv(flat(v)) - flat(expected)), 0, 1e-14)
  local w = eb.tree.randn_like(p, { rng = eb.rng(5) })
  local rows = eb.stack({ flat(v), flat(w) }, 1)
  close(norm(H:mv(rows)[1] - flat(expected)), 0, 1e-14)
  local list = H:mv { v, w }
  equal(#list, 2)
  close(norm(list[2] - H:mv(w)), 0, 1e-14)
  -- The plan that later products run gives the same.
  for _ = 1, 4 do close(norm(H:mv(v) - expected), 0, 1e-14) end
  for _ = 1, 4 do close(norm(H:mv(rows)[1] - flat(expected)), 0, 1e-14) end
end)

test("the dense matrix has the products of the unit vectors and is symmetric", function()
  local dense = H:dense()
  equal(dense.shape, { 66, 66 })
  local reference = eb.hessian(function(q) return loss(q, x, labels) end)(p)
  close((dense - reference):abs():max():item(), 0, 1e-15)
  close((dense - dense:t()):abs():max():item(), 0, 1e-15)
  for _, i in ipairs { 1, 30, 66 } do
    close((H:mv(eb.eye(66, D)[i]) - dense[i]):abs():max():item(), 0, 1e-15)
  end
end)

test("a tensor as parameters, of any shape", function()
  local M = eb.curv.hessian(function(w) return (w ^ 4):sum() end, eb.tensor({ { 1, 2 }, { 3, 4 } }, D))
  equal(M:mv(eb.ones({ 2, 2 }, D)), { { 12, 48 }, { 108, 192 } })
  equal(M:mv(eb.ones({ 4 }, D)), { 12, 48, 108, 192 })
  equal(M:mv(eb.ones({ 3, 4 }, D))[3], { 12, 48, 108, 192 })
  equal(M:mv { eb.ones({ 2, 2 }, D), eb.zeros({ 2, 2 }, D) }[1], { { 12, 48 }, { 108, 192 } })
  equal(M:eigs().vectors[1].shape, { 2, 2 })
  local S = eb.curv.hessian(function(a) return a ^ 3 end, eb.tensor(2, D))
  equal(S:mv(eb.tensor(1, D)):item(), 12)
  close(S:eigs().values, { 12 })
end)

test("mixed dtypes promote inside and come back as they were", function()
  local q = { a = eb.tensor { 1, 2 }, b = eb.tensor({ 3 }, D) }
  local M = curv.hessian(function(q) return (q.a ^ 2):sum() + (q.b ^ 3):sum() end, q)
  equal(M.dtype, "float64")
  local v = M:mv { a = eb.ones { 2 }, b = eb.ones({ 1 }, D) }
  equal(v.a.dtype, "float32")
  equal(v.b, { 18 })
end)

test("softmax at zero logits, and linear regression", function()
  local C = curv.hessian(function(z) return eb.loss.cross_entropy(z, eb.tensor { 3 }) end, eb.zeros({ 1, 10 }, D))
  close(C:dense(), (eb.eye(10, D) - eb.ones({ 10, 10 }, D) / 10) / 10, 1e-15)
  local values = C:eigs { k = 10 }.values:totable()
  for i = 1, 9 do close(values[i], 0.1, 1e-14) end
  close(values[10], 0, 1e-15)
  local X = eb.randn({ 30, 40 }, { rng = eb.rng(6), dtype = "float64" })
  local L = curv.hessian(function(w) return (X:mm(w) ^ 2):sum() / 60 end, eb.zeros({ 40 }, D))
  close((L:dense() - X:t():mm(X) / 30):abs():max():item(), 0, 1e-14)
end)

-- MARK: Putting operators together

test("sums, multiples and products", function()
  local A, B = with_spectrum({ 1, 2, 3, 4 }, 16), with_spectrum({ -1, 0, 5, 2 }, 17)
  local a, b = quadratic(A), quadratic(B)
  close((2 * a - b / 4 + 3):dense(), 2 * A - B / 4 + 3 * eb.eye(4, D), 1e-13)
  close((1 - a):dense(), eb.eye(4, D) - A, 1e-13)
  close((-a):dense(), -A, 1e-13)
  close((a * b):dense(), A:mm(B), 1e-13)
  close(a:compose(b):mv(eb.ones({ 4 }, D)), A:mm(B):mm(eb.ones({ 4 }, D)), 1e-13)
  close((a * b * a):eigs { k = 4 }.values, eb.linalg.eigh(A:mm(B):mm(A)):flip(1), 1e-11)
  close((a * a):eigs { k = 2 }.values, { 16, 9 }, 1e-11)
  raises(function() (a * b):eigs() end, "eigs: needs a symmetric operator")
  equal(tostring(2 * a + b), "operator: 2 · (Hessian) + Hessian, 4 × 4 float64")
end)

test("restrictions are blocks of the dense matrix", function()
  local dense = H:dense()
  -- In key order: bias 1-7, weight 8-42 of the first layer, bias 43-45, weight 46-66 of the second.
  local w = H:restrict "1.weight"
  equal(w.size, 35)
  close((w:dense() - dense[{ { 8, 42 }, { 8, 42 } }]):abs():max():item(), 0, 1e-15)
  equal(w:mv(p[1].weight).shape, { 5, 7 })
  local layer = H:restrict "2"
  close((layer:dense() - dense[{ { 43, 66 }, { 43, 66 } }]):abs():max():item(), 0, 1e-15)
  equal(layer:eigs().vectors[1].weight.shape, { 7, 3 })
  local ids = {}
  for i = 1, 66 do if i <= 7 or i >= 46 then ids[#ids + 1] = i end end
  ids = eb.tensor(ids, { dtype = "int32" })
  local two = H:restrict { "2.weight", "1.bias" }
  close((two:dense() - dense:index(1, ids):index(2, ids)):abs():max():item(), 0, 1e-15)
  equal(two:eigs().vectors[1][1].bias.shape, { 7 })
  close(two:eigs().values, (quadratic(two:dense())):eigs().values, 1e-10)
end)

test("projections", function()
  local top = H:eigs { k = 3 }
  close(H:project({ top.vectors[1], top.vectors[2] }, { off = true }):eigs().values, top.values[{ { 3, 3 } }], 1e-9)
  close(H:project({ top.vectors[2] }):eigs().values, top.values[{ { 2, 2 } }], 1e-9)
  raises(function() H:project { top.vectors[1], top.vectors[1] } end, "project: the vectors are linearly dependent")
end)

test("preconditioned curvature", function()
  local P = eb.tree.map(function(t) return t * t + 0.5 end, eb.tree.randn_like(p, { rng = eb.rng(18) }))
  local M = curv.preconditioned(H, P)
  local d = flat(P)
  close(M:dense(), H:dense() / d:unsqueeze(2), 1e-14)
  local roots = d:sqrt()
  local expected = eb.linalg.eigh(H:dense() / roots / roots:unsqueeze(2))
  local found = M:eigs { k = 2, which = "both" }
  close(found.values, { expected[66]:item(), expected[65]:item(), expected[2]:item(), expected[1]:item() }, 1e-10)
  local u = found.vectors[1]
  close(norm(M:mv(u) - found.values[1]:item() * u), 0, 1e-5)
  close(eb.tree.dot(u, P * u), 1, 1e-12)
  close(curv.preconditioned(H, 2):eigs().values, H:eigs().values / 2, 1e-10)
  close(M:eigs { v0 = found.vectors[1] }.values[1]:item(), found.values[1]:item(), 1e-10)
end)

-- MARK: Other kinds

local J = eb.jacobian(function(q) return net(q, x) end)(p):reshape { 60, 66 }
local shares = net(p, x):softmax(2)

test("the Gauss-Newton matrix", function()
  local expected = 0
  for i = 1, 20 do
    local Ji, s = J[{ { 3 * i - 2, 3 * i }, {} }], shares[i]
    expected = expected + Ji:t():mm(s:diag() - s:outer(s)):mm(Ji) / 20
  end
  local G = curv.ggn(loss, p, x, labels)
  close((G:dense() - expected):abs():max():item(), 0, 1e-15)
  assert(G:eigs({ which = "smallest" }).values:item() > -1e-12)
  -- Of a linear model with squares it is the Hessian.
  local t = eb.randn({ 20, 3 }, { rng = eb.rng(20), dtype = "float64" })
  local w = { weight = eb.randn({ 5, 3 }, { rng = eb.rng(21), dtype = "float64" }), bias = eb.ones({ 3 }, D) }
  local function squares(w) return eb.loss.mse(x:mm(w.weight) + w.bias, t) end
  close((curv.ggn(squares, w):dense() - curv.hessian(squares, w):dense()):abs():max():item(), 0, 1e-15)
  -- A loss in two parts, and one of two predictions.
  local half = curv.ggn({ model = function(q, u) return net(q, u) end, loss = function(z) return (z ^ 2):sum() / 2 end }, p, x)
  close((half:dense() - J:t():mm(J)):abs():max():item(), 0, 1e-13)
  local mse = eb.loss.mse
  local both = curv.ggn(function(q) return mse(net(q, x), t, { reduction = "sum" }) / 2 + mse(2 * net(q, x), t, { reduction = "sum" }) end, p)
  close((both:dense() - 9 * J:t():mm(J)):abs():max():item(), 0, 1e-12)
end)

test("the Fisher information is that of the model's distribution", function()
  local expected = 0
  for i = 1, 20 do
    for c = 1, 3 do
      local g = flat(eb.grad(function(q) return loss(q, x[{ { i, i }, {} }], eb.tensor { c }) end)(p))
      expected = expected + shares[i][c] * g:outer(g) / 20
    end
  end
  local F = curv.fisher(loss, p, x, labels)
  close((F:dense() - expected):abs():max():item(), 0, 1e-15)
  close((F:dense() - curv.ggn(loss, p, x, labels):dense()):abs():max():item(), 0, 1e-15)
  -- Targets do not matter.
  close((F:dense() - curv.fisher(loss, p, x, eb.ones { 20 }):dense()):abs():max():item(), 0, 1e-15)
  -- Of ±1 labels with logits z: σ(z) σ(−z).
  local signs = eb.where(labels:eq(1), eb.tensor(1, D), eb.tensor(-1, D))
  local function logistic(w) return eb.loss.logistic(x:mm(w), signs) end
  local w = eb.randn({ 5 }, { rng = eb.rng(22), dtype = "float64" })
  local s = x:mm(w):sigmoid()
  close(curv.fisher(logistic, w):dense(), (x * (s * (1 - s)):unsqueeze(2)):t():mm(x) / 20, 1e-14)
end)

test("the empirical Fisher information is the mean of outer products", function()
  local expected = 0
  for i = 1, 20 do
    local g = flat(eb.grad(loss)(p, x[{ { i, i }, {} }], labels[{ { i, i } }]))
    expected = expected + g:outer(g) / 20
  end
  local E = curv.empirical_fisher(loss, p, x, labels)
  close((E:dense() - expected):abs():max():item(), 0, 1e-15)
  local gradients = eb.per_example(function(q, u, y) return loss(q, u:unsqueeze(1), y:unsqueeze(1)) end)(p, x, labels)
  close(E:eigs().values, eb.linalg.eigh(gradients:gram() / 20):flip(1)[{ { 1, 1 } }], 1e-10)
end)

test("the tangent kernel", function()
  local K = curv.ntk(net, p, x)
  equal(K.size, 60)
  close((K:dense() - J:mm(J:t())):abs():max():item(), 0, 1e-13)
  equal(K:mv(eb.ones({ 20, 3 }, D)).shape, { 20, 3 })
  local top = K:eigs { k = 2 }
  equal(top.vectors[1].shape, { 20, 3 })
  close(top.values, curv.ggn({ model = net, loss = function(z) return (z ^ 2):sum() / 2 end }, p, x):eigs { k = 2 }.values, 1e-9)
end)

test("errors", function()
  raises(function() curv.hessian(3, p) end, here(), "curv.hessian: argument 1: expected a loss function of the parameters, got number")
  raises(function() curv.hessian(loss, eb.tensor({ 1 }, { dtype = "int32" })) end, "curv.hessian", "parameters are float32 or float64")
  raises(function() curv.hessian(loss, "p") end, "curv.hessian")
  raises(function() curv.hessian(function(q) return q end, eb.ones { 2 }) end, "the function must return a scalar")
  raises(function() H:mv(eb.ones { 5 }) end, "mv: expected a tree like the parameters, a vector [66], rows [k, 66] or a list of such trees, got a tensor float32[5]")
  raises(function() H:mv "v" end, "mv: expected a tree like the parameters", "got string")
  raises(function() H:mv { w = eb.ones { 3 } } end, "mv:")
  raises(function() H.mv(3) end, "mv: argument 1: expected an operator of eb.curv")
  raises(function() return H.egs end, "operator has no member 'egs' (did you mean 'eigs'?)")
  raises(function() H.size = 3 end, "'size' can't be set")
  raises(function() H:eigs { k = 67 } end, "eigs: k: expected a number of eigenvalues from 1 to 66, the size of the operator, got 67")
  raises(function() H:eigs { which = "top" } end, 'eigs: which: expected "largest", "smallest" or "both", got "top"')
  raises(function() H:eigs { kk = 1 } end, "unknown option 'kk' (did you mean 'k'?)")
  raises(function() H:eigs { v0 = eb.ones { 3 } } end, "eigs: v0: expected")
  raises(function() H:restrict "3" end, "restrict: there is no parameter '3'; there are 1.bias")
  raises(function() H:restrict {} end, "restrict: expected the path of parameters")
  raises(function() return H + curv.hessian(function(q) return q:sum() end, eb.ones { 66 }) end, "add: the operators are of different parameters")
  raises(function() return H * eb.ones { 66 } end, "for a vector write H:mv(v)")
  raises(function() curv.preconditioned(H, -1) end, "preconditioned: expected a diagonal of positive numbers")
  raises(function() curv.ggn(function(q) return (net(q, x) ^ 2):sum() end, p) end, "curv.ggn: the function calls no loss of eb.loss", "give {model =")
  raises(function() curv.ggn({ model = net }, p, x) end, "curv.ggn: expected both model(p, ...) -> z and loss(z, ...) -> h")
  raises(function() curv.fisher(function(q) return eb.loss.huber(net(q, x), x[{ {}, { 1, 3 } }]) end, p) end, "curv.fisher: huber is not the log-likelihood")
  raises(function() curv.fisher({ model = net, loss = function(z) return z:sum() end }, p, x) end, "curv.fisher: the distribution is unknown")
  raises(function() curv.empirical_fisher(loss, p) end, "curv.empirical_fisher: there are no examples")
  raises(function() curv.empirical_fisher(loss, p, x, eb.ones { 3 }) end, "as many in every argument, got 20 and 3")
  raises(function() curv.ntk(3, p) end, "curv.ntk: argument 1: expected a function")
  raises(function() H:trace { probes = 0 } end, "trace: probes: expected a number from 1 on, got 0")
  raises(function() H:trace { method = "exact" } end, 'trace: method: expected "hutchinson" or "hutch++", got "exact"')
  raises(function() H:trace { method = "hutch++", probes = 2 } end, "trace: probes: expected at least 3 for hutch++")
  raises(function() H:trace { seed = 1, rng = eb.rng(1) } end, "trace: give one of rng and seed")
  raises(function() H:density { sigma = 0 } end, "density: sigma: expected a width above 0")
  raises(function() H:density { grid = "fine" } end, "density: grid: expected a number of points or a tensor")
  raises(function() H:solve(eb.ones({ 2, 66 }, D)) end, "solve: expected one right-hand side")
  raises(function() H:solve(p, { method = "lu" }) end, 'solve: method: expected "cg" or "minres", got "lu"')
  raises(function() H:mv { p, 3 } end, "mv: entry 2")
end)
