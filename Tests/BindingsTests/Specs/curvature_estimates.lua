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

test("Rosenbrock's eigenvalues at its minimum", function()
  local R = curv.hessian(function(q) return (1 - q[1]) ^ 2 + 100 * (q[2] - q[1] ^ 2) ^ 2 end, eb.ones({ 2 }, D))
  close(R:dense(), { { 802, -400 }, { -400, 200 } }, 1e-13)
  local found = R:eigs { which = "both" }
  close(found.values[1]:item(), 1001.60064, 1e-8)
  close(found.values[2]:item(), .39936077, 1e-8)
  close(R:eigs { which = "smallest", v0 = eb.ones({ 2 }, D) }.values:item(), .39936077, 1e-8)
end)

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
  local few = quadratic(M):eigs { k = 2, block = 2, iterations = 3 }
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

-- MARK: Estimates

test("one Rademacher probe is exact for a diagonal", function()
  local operator = curv.hessian(function(w) return (eb.arange(1, 30) * w ^ 2):sum() / 2 end, eb.zeros({ 30 }, D))
  equal(operator:diag { probes = 1 }.value, eb.arange(1, 30))
  local trace = operator:trace { probes = 1, seed = 5 }
  equal(trace.value, 465)
  equal(trace.matvecs, 1)
  assert(trace.stderr ~= trace.stderr)
  equal(operator:trace { probes = 4 }.stderr, 0)
end)

test("trace and diagonal are within their errors, which are what they should be", function()
  local dense = H:dense()
  local exact = dense:diag()
  -- Var vᵀHv = 2 Σ_{i≠j} H²ᵢⱼ.
  local spread = (2 * ((dense ^ 2):sum() - (exact ^ 2):sum()):item()) ^ 0.5
  local trace = H:trace { probes = 2000, seed = 1 }
  close(trace.stderr, spread / 2000 ^ 0.5, 0.1 * trace.stderr)
  assert(math.abs(trace.value - exact:sum():item()) < 4 * trace.stderr)
  local diagonal = H:diag { probes = 1000, rng = eb.rng(2) }
  local off = ((flat(diagonal.value) - exact) / flat(diagonal.stderr)):abs()
  assert(off:max():item() < 5 and off:mean():item() > 0.4)
  equal(diagonal.value[1].weight.shape, { 5, 7 })
  -- What the sketch spans is exact: of low rank all of it.
  local u = eb.randn({ 80, 5 }, { rng = eb.rng(23), dtype = "float64" })
  local low = quadratic(u:mm(u:t())):trace { probes = 20, method = "hutch++" }
  close(low.value / (u ^ 2):sum():item(), 1, 1e-12)
  equal(low.matvecs, 20)
  local plus = H:trace { probes = 99, method = "hutch++" }
  assert(plus.stderr < H:trace { probes = 99 }.stderr / 1.5)
  assert(math.abs(plus.value - exact:sum():item()) < 4 * plus.stderr)
  close(H:trace { probes = 300, method = "hutch++" }.value, exact:sum():item(), 1e-12)
end)

test("the spectral density", function()
  local diagonal = eb.arange(1, 30)
  local operator = curv.hessian(function(w) return (diagonal * w ^ 2):sum() / 2 end, eb.zeros({ 30 }, D))
  local found = operator:density { steps = 30, probes = 2 }
  local dx = (found.grid[2] - found.grid[1]):item()
  close(found.value:sum():item() * dx, 1, 1e-8)
  close((found.value * found.grid):sum():item() * dx, 15.5, 1e-7)
  close(found.weights:sum(), 1, 1e-13)
  -- Signs see every eigenvector of a diagonal alike, so that all moments are exact.
  for power, moment in ipairs { 15.5, 9455 / 30, 216225 / 30 } do
    close((found.weights * found.nodes ^ power):sum():item() / moment, 1, 1e-11)
  end
  equal(found.matvecs, 60)
  close(found.stderr:max(), 0, 1e-10)
  -- The first moment is Hutchinson's trace, with the same probes.
  local general = H:density { steps = 10, probes = 6, seed = 4 }
  close((general.weights * general.nodes):sum():item() * 66, H:trace { probes = 6, seed = 4 }.value, 1e-12)
  equal(general.matvecs, 60)
  assert(general.stderr:max():item() > 0)
  -- A space that closes early, and points of the user's.
  local two = curv.hessian(function(w) return (w ^ 2):sum() end, eb.zeros({ 50 }, D)):density { sigma = 0.1, grid = eb.tensor({ 1.9, 2 }, D) }
  equal(two.matvecs, 8)
  close(two.value[2]:item(), 1 / (0.1 * (2 * math.pi) ^ 0.5), 1e-10)
end)

test("systems", function()
  local b = eb.tree.randn_like(p, { rng = eb.rng(24) })
  local function residual(M, damping, answer) return norm(M:mv(answer.value) + damping * answer.value - b) / norm(b) end
  local G = curv.ggn(loss, p, x, labels)
  local definite = G:solve(b, { damping = 1e-2 })
  equal(definite.method, "cg")
  equal(definite.converged, true)
  assert(residual(G, 1e-2, definite) < 2e-10)
  close(definite.residual, residual(G, 1e-2, definite), 1e-12)
  local expected = eb.linalg.solve(G:dense() + 1e-2 * eb.eye(66, D), flat(b))
  close((flat(definite.value) - expected):abs():max():item(), 0, 1e-6)
  -- The Hessian has eigenvalues of both signs here.
  local indefinite = H:solve(b, { damping = 0.1 })
  equal(indefinite.method, "minres")
  assert(indefinite.converged and residual(H, 0.1, indefinite) < 2e-10)
  equal(H:solve(b, { damping = 0.1, method = "minres" }).matvecs < indefinite.matvecs, true)
  local P = eb.tree.map(function(t) return t * t + 1 end, b)
  local M = curv.preconditioned(G, P)
  assert(residual(M, 0.1, M:solve(b, { damping = 0.1 })) < 1e-9)
  local few = H:solve(b, { damping = 1, iterations = 2 })
  equal(few.converged, false)
  assert(few.residual > 1e-6)
  equal(H:solve(0 * b).matvecs, 0)
  -- No solution: b is not in the range.
  local none = quadratic(eb.tensor({ 1, 0 }, D):diag()):solve(eb.ones({ 2 }, D))
  equal(none.converged, false)
  close(none.residual, 0.5 ^ 0.5, 1e-12)
end)

-- Uniform numbers of SplitMix64 and normals of Box and Muller, as the benchmarks have them.
local function normals(seed, ...)
  local shape, count, state, pending = { ... }, 1, seed, nil
  for _, n in ipairs(shape) do count = count * n end
  local function uniform()
    state = state + 0x9E3779B97F4A7C15
    local z = (state ~ state >> 30) * 0xBF58476D1CE4E5B9
    z = (z ~ z >> 27) * 0x94D049BB133111EB
    z = z ~ z >> 31
    return ((z >> 11) + 0.5) * 2.0 ^ -53
  end
  local list = {}
  for i = 1, count, 2 do
    local a, b = uniform(), uniform()
    local r = (-2 * math.log(a)) ^ 0.5
    list[i], list[i + 1] = r * math.cos(2 * math.pi * b), r * math.sin(2 * math.pi * b)
  end
  list[count + 1] = nil
  return eb.tensor(list, D):reshape(shape)
end

test("a net of 1009 parameters whose Hessian is known elsewhere", function()
  local sizes, q = { 20, 25, 16, 4 }, {}
  for l = 1, 3 do
    q[l] = { weight = normals(199 + l, sizes[l], sizes[l + 1]) / sizes[l] ^ 0.5, bias = eb.zeros({ sizes[l + 1] }, D) }
  end
  local model, u = eb.nn.mlp { 20, 25, 16, 4, act = "tanh" }, normals(71, 500, 20)
  local t = eb.eye(4, D):index(1, eb.arange(0, 499) % 4 + 1)
  local operator = curv.hessian(function(w) return ((model(w, u) - t) ^ 2):sum() / 1000 end, q)
  local dense = operator:dense()
  close(dense:diag():sum():item(), 43.068299, 1e-8)
  close(dense:norm():item(), 10.224899, 1e-7)
  local top = operator:eigs { k = 3, which = "both" }
  close(top.values[1]:item(), 2.4330362, 1e-7)
  local all = eb.linalg.eigh(dense)
  for i = 1, 3 do
    close(top.values[i]:item(), all[-i]:item(), 1e-10)
    close(top.values[7 - i]:item(), all[i]:item(), 1e-10)
  end
  local trace = operator:trace { probes = 90, method = "hutch++" }
  assert(math.abs(trace.value - 43.068299) < 4 * trace.stderr)
  close((dense - dense:t()):abs():max():item(), 0, 1e-14)
end)
