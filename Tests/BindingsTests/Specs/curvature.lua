local D = { dtype = "float64" }
local curv = eb.curv

local function norm(x) return eb.tree.norm(x) end
local function flat(x) return (eb.tree.flatten(x)) end

-- x ↦ ½ xᵀ M x.
local function quadratic(M, dtype)
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

test("Rosenbrock's eigenvalues at its minimum", function()
  local R = curv.hessian(function(q) return (1 - q[1]) ^ 2 + 100 * (q[2] - q[1] ^ 2) ^ 2 end, eb.ones({ 2 }, D))
  close(R:dense(), { { 802, -400 }, { -400, 200 } }, 1e-13)
  local found = R:eigs { which = "both" }
  close(found.values[1]:item(), 1001.60064, 1e-8)
  close(found.values[2]:item(), .39936077, 1e-8)
  close(R:eigs { which = "smallest", v0 = eb.ones({ 2 }, D) }.values:item(), .39936077, 1e-8)
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

-- MARK: Eigenvalues

local function expect_pairs(M, operator, answer, expected, tolerance)
  close(answer.values, expected, tolerance)
  equal(#answer.vectors, #expected)
  for i, v in ipairs(answer.vectors) do
    close(v:norm():item(), 1, 1e-12)
    local r = (M:mm(v) - answer.values[i] * v):norm():item()
    close(answer.residuals[i]:item(), r, 1e-12)
    for j = 1, i - 1 do close(v:dot(answer.vectors[j]):item(), 0, 1e-11) end
  end
end

test("both ends, multiplicities and clusters", function()
  local values = {}
  for i = 1, 120 do values[i] = i <= 3 and 5 or i <= 5 and -4 or i / 60 end
  local M = with_spectrum(values, 7)
  local operator = quadratic(M)
  expect_pairs(M, operator, operator:eigs { k = 4 }, { 5, 5, 5, 2 }, 1e-10)
  expect_pairs(M, operator, operator:eigs { k = 3, which = "smallest" }, { 0.1, -4, -4 }, 1e-10)
  expect_pairs(M, operator, operator:eigs { k = 3, which = "both" }, { 5, 5, 5, 0.1, -4, -4 }, 1e-10)
  local one = operator:eigs { k = 1, which = "both" }
  expect_pairs(M, operator, one, { 5, -4 }, 1e-10)
  assert(one.converged and one.matvecs < 60, one.matvecs)
  -- A smaller block finds simple ones with fewer products.
  for i = 1, 120 do values[i] = 1.1 ^ i end
  M = with_spectrum(values, 8)
  operator = quadratic(M)
  local narrow, wide = operator:eigs { k = 4, block = 1 }, operator:eigs { k = 4 }
  close(narrow.values, wide.values, 1e-9)
  assert(narrow.matvecs < wide.matvecs)
  -- Long searches start again from the best of a full basis.
  for i = 1, 300 do values[i] = i / 300 end
  M = with_spectrum(values, 9)
  local long = quadratic(M):eigs { k = 1 }
  assert(long.matvecs > 48 and long.converged, long.matvecs)
  close(long.values, { 1 }, 1e-10)
end)

test("fewer parameters than a Krylov space has, no curvature, little rank", function()
  local M = with_spectrum({ 3, 2, 2, -1, 0 }, 10)
  expect_pairs(M, quadratic(M), quadratic(M):eigs { k = 5 }, { 3, 2, 2, 0, -1 }, 1e-12)
  expect_pairs(M, quadratic(M), quadratic(M):eigs { k = 5, v0 = eb.ones({ 5 }, D) }, { 3, 2, 2, 0, -1 }, 1e-12)
  expect_pairs(M, quadratic(M), quadratic(M):eigs { k = 4, which = "both" }, { 3, 2, 2, 0, -1 }, 1e-12)
  local zero = quadratic(eb.zeros({ 60, 60 }, D)):eigs { k = 3, which = "both" }
  equal(zero.values, { 0, 0, 0, 0, 0, 0 })
  equal(zero.converged, true)
  local u = eb.randn({ 80 }, { rng = eb.rng(11), dtype = "float64" })
  local rank = quadratic(u:outer(u)):eigs { k = 2, which = "both" }
  close(rank.values, { u:dot(u):item(), 0, 0, 0 }, 1e-12)
end)

test("float32 reaches its rounding, and its certificates hold", function()
  local values = {}
  for i = 1, 200 do values[i] = i == 1 and 10 or i <= 3 and 4 or (i - 100) / 100 end
  local M = with_spectrum(values, 12):cast "float32"
  local found = quadratic(M):eigs { k = 3 }
  assert(found.converged)
  for i, expected in ipairs { 10, 4, 4 } do
    assert(math.abs(found.values[i]:item() - expected) <= found.residuals[i]:item() + 1e-5)
    close(found.values[i]:item(), expected, 2e-6)
  end
end)

test("what does not converge says so, what is not finite is NaN", function()
  local values = {}
  for i = 1, 100 do values[i] = i / 100 end
  local M = with_spectrum(values, 13)
  local few = quadratic(M):eigs { k = 2, iterations = 3 }
  equal(few.converged, false)
  equal(few.matvecs, 6)
  assert(few.residuals:max():item() > 1e-3)
  local lost = quadratic(M * (0 / 0)):eigs {}
  equal(lost.converged, false)
  assert(lost.values[1]:item() ~= lost.values[1]:item())
end)

test("the same question has the same answer", function()
  local M = with_spectrum({ table.unpack(eb.randn({ 90 }, { rng = eb.rng(14), dtype = "float64" }):totable()) }, 15)
  local a, b = quadratic(M):eigs { k = 2, seed = 3 }, quadratic(M):eigs { k = 2, seed = 3 }
  assert(eb.tree.equal({ a.values, a.vectors[2], a.residuals }, { b.values, b.vectors[2], b.residuals }))
  equal(a.matvecs, b.matvecs)
end)

-- Descent on four digits' worth of a tanh net beyond its stable step: the sharpness rises to 2/lr and stays around it, and its
-- eigenvector is overtaken by the next now and then.
test("a warm start along the edge of stability costs at most four products a step", function()
  local t = eb.linspace(-1, 1, 20, D):reshape { 20, 1 }
  local target = 4 * t ^ 3 - 3 * t
  local small = eb.nn.mlp { 1, 60, 1, act = "tanh" }
  local q = eb.tree.map(function(w) return w:cast "float64" end, small:init { rng = eb.rng(0) })
  local function error_of(w) return ((small(w, t) - target) ^ 2):sum() / 40 end
  local lr = 0.5
  local step = eb.compile(function(w) return w - lr * eb.grad(error_of)(w) end)
  local warm, products, worst, sharpest, steps = nil, 0, 0, 0, 0
  for i = 1, 500 do
    q = step(q)
    if i > 250 then
      local here = curv.hessian(error_of, q)
      warm = here:eigs { tol = 1e-3, v0 = warm and warm.vectors }
      if i % 10 == 0 then
        local exact = here:eigs {}.values:item()
        worst = math.max(worst, math.abs(warm.values:item() / exact - 1))
        sharpest = math.max(sharpest, exact)
      end
      if i > 251 then products, steps = products + warm.matvecs, steps + 1 end
    end
  end
  assert(sharpest > 2 / lr, sharpest)
  assert(worst <= 1e-3, worst)
  assert(products / steps <= 4, products / steps)
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
end)
