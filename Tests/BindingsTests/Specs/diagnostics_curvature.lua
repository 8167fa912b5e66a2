-- Diagnostics that stand on eb.curv, and those of models found in the loss, against dense matrices.
local D = { dtype = "float64" }
local diag = eb.diag
local function rows(list) return eb.tensor(list, D) end

-- Linear regression: everything is known.
local X, y = eb.randn({ 8, 3 }, { rng = eb.rng(10), dtype = "float64" }), eb.randn({ 8 }, { rng = eb.rng(11), dtype = "float64" })
local T, s = eb.randn({ 2, 3 }, { rng = eb.rng(12), dtype = "float64" }), eb.randn({ 2 }, { rng = eb.rng(13), dtype = "float64" })
local function squares(w, x, t) return ((x:mm(w) - t) ^ 2):mean() / 2 end
local w0 = rows { 0.3, -0.2, 0.5 }
local H = X:t():mm(X) / 8

local function gradients(w, x, t) return x * (x:mm(w) - t):unsqueeze(2) end

-- A bowl with curvatures h in three directions.
local h = rows { 4, 1, 0.25 }
local function bowl(w) return (h * w ^ 2):sum() / 2 end
local here0 = rows { 0.5, -1, 2 }

test("ends of the spectrum and where the gradient lies in it", function()
  local net = eb.nn.mlp { 3, 6, 2, act = "tanh" }
  local p = net:init { rng = eb.rng(60), dtype = "float64" }
  local T2 = eb.randn({ 8, 2 }, { rng = eb.rng(61), dtype = "float64" })
  local function loss(q, x, t) return ((net(q, x) - t) ^ 2):mean() end
  local flat, unflatten = eb.tree.flatten(p)
  local dense = eb.hessian(function(v) return loss(unflatten(v), X, T2) end)(flat)
  local values, vectors = eb.linalg.eigh(dense)
  local g = (eb.tree.flatten(eb.grad(loss)(p, X, T2)))
  local data = { X, T2 }
  close(diag.sharpness(loss, p, data), values[-1]:item(), 1e-4)
  close(diag.sharpness(loss, p, data, { tol = 1e-7 }), values[-1]:item(), 1e-7)
  close(diag.sharpness(loss, p, data, { k = 3, tol = 1e-7 }), values[{ { -3, -1 } }]:flip(1), 1e-6)
  close(diag.eigs(loss, p, data, { k = 2, which = "smallest", tol = 1e-7 }), values[{ { 1, 2 } }]:flip(1), 1e-6)
  close(diag.eigs(loss, p, data, { which = "both", tol = 1e-7 }), { values[-1]:item(), values[1]:item() }, 1e-6)
  local function share(k) return ((vectors[{ {}, { -k, -1 } }]:t():mm(g)) ^ 2):sum():item() / g:dot(g):item() end
  close(diag.alignment(loss, p, data, { k = 1, tol = 1e-9 }), share(1), 1e-6)
  close(diag.alignment(loss, p, data, { k = 3, tol = 1e-9 }), share(3), 1e-6)
  close(diag.top_cosine(loss, p, data, { tol = 1e-9 }), math.sqrt(share(1)), 1e-6)
  equal(diag.sharpness(function(w) return (w ^ 2 * rows { 1, -3 }):sum() / 2 end, rows { 1, 1 }, nil, { norm = true }), 3)
  equal(diag.sharpness(function(w) return (w ^ 2 * rows { 1, -3, 2 }):sum() / 2 end, rows { 1, 1, 1 }, nil, { norm = true, k = 2 }), { 3, 2 })
  -- Blocks: the first layer's 24 numbers, the second's 14.
  local blocks = diag.sharpness(loss, p, data, { by = "layer", tol = 1e-8 })
  close(blocks[1], eb.linalg.eigh(dense[{ { 1, 24 }, { 1, 24 } }])[-1]:item(), 1e-6)
  close(blocks[2], eb.linalg.eigh(dense[{ { 25, 38 }, { 25, 38 } }])[-1]:item(), 1e-6)
  -- The force is how the sharpness changes along −∇L, at two step sizes.
  local force = diag.sharpening_force(loss, p, data, { tol = 1e-10 })
  local function sharpness(e) return diag.sharpness(loss, p - e * eb.grad(loss)(p, X, T2), data, { tol = 1e-10 }) end
  for _, e in ipairs { 1e-3, 1e-4 } do close((sharpness(e) - sharpness(-e)) / (2 * e), force, 1e3 * e * e + 1e-6) end
  -- From a point to the same the top space stays, to another it turns.
  local first, memory = diag.subspace_overlap(loss, p, data, { k = 2, tol = 1e-9 })
  assert(first ~= first)
  close(diag.subspace_overlap(loss, p, data, { k = 2, tol = 1e-9, state = memory }), 1, 1e-6)
  local q = p + 0.3 * eb.tree.randn_like(p, { rng = eb.rng(62) })
  local _, others = eb.linalg.eigh(eb.hessian(function(v) return loss(unflatten(v), X, T2) end)((eb.tree.flatten(q))))
  close(diag.subspace_overlap(loss, q, data, { k = 2, tol = 1e-9, state = memory }),
    ((vectors[{ {}, { -2, -1 } }]:t():mm(others[{ {}, { -2, -1 } }])) ^ 2):sum():item() / 2, 1e-6)
end)

test("traces, densities and other matrices", function()
  local net = eb.nn.mlp { 3, 5, 2, act = "tanh" }
  local p = net:init { rng = eb.rng(63), dtype = "float64" }
  local labels = eb.tensor({ 1, 2, 1, 1, 2, 2, 1, 2 }, { dtype = "int32" })
  local function loss(q, x, t) return eb.loss.cross_entropy(net(q, x), t) end
  local data = { X, labels }
  close(diag.trace(bowl, here0), 5.25, 1e-12)
  -- Fisher and Gauss-Newton agree for the cross entropy; the empirical one is Σ gᵢ gᵢᵀ / n.
  close(diag.sharpness(loss, p, data, { of = "fisher", tol = 1e-8 }), diag.sharpness(loss, p, data, { of = "ggn", tol = 1e-8 }), 1e-6)
  local gram = eb.per_example(function(q, x, t) return loss(q, x:reshape(1, 3), t:reshape(1)) end)(p, X, labels):gram() / 8
  close(diag.sharpness(loss, p, data, { of = "empirical_fisher", tol = 1e-8 }), eb.linalg.eigh(gram)[-1]:item(), 1e-6)
  local density = diag.spectral_density(bowl, here0, nil, { steps = 3, probes = 2, grid = eb.linspace(-2, 7, 901):cast("float64"), sigma = 0.1 })
  close(density.value:sum():item() * 0.01, 1, 1e-3)
  close((density.value * density.grid):sum():item() * 0.01, 5.25 / 3, 0.5)
end)

test("influence against the inverse of the Hessian", function()
  local data = { X, y }
  local H1 = eb.linalg.inv(H + 0.1 * eb.eye(3, D))
  local G, Gt = gradients(w0, X, y), gradients(w0, T, s)
  local options = { test = { T, s }, damping = 0.1, tol = 1e-10 }
  close(diag.influence(squares, w0, data, options), -G:mm(H1):mm(Gt:mean(1)), 1e-8)
  options.pairs = true
  close(diag.influence(squares, w0, data, options), -G:mm(H1):mm(Gt:t()), 1e-8)
  -- What it says: more weight on an example moves the minimum, and with it the loss of the tests, at two sizes of the weight.
  local best = eb.linalg.solve(H, X:t():mm(y) / 8)
  local at = diag.influence(squares, best, data, { test = { T, s }, tol = 1e-12 })
  for _, e in ipairs { 1e-4, 1e-5 } do
    local x1, y1 = X[3], y[3]
    local moved = eb.linalg.solve(H + e * x1:outer(x1), X:t():mm(y) / 8 + e * x1 * y1)
    close((squares(moved, T, s) - squares(best, T, s)):item() / e, at[3]:item(), 20 * e)
  end
end)

test("without a model, predictions are what the loss hands to eb.loss", function()
  local net = eb.nn.mlp { 3, 4, 2, act = "tanh" }
  local p = net:init { rng = eb.rng(64), dtype = "float64" }
  local data = { X, eb.tensor({ 1, 2, 1, 1, 2, 2, 1, 2 }, { dtype = "int32" }) }
  local function loss(q, x, t) return eb.loss.cross_entropy(net(q, x), t) end
  equal(diag.margin(loss, p, data), diag.margin(loss, p, data, { model = net }))
  close(diag.ntk(loss, p, data), diag.ntk(loss, p, data, { model = net }), 1e-13)
  close(diag.ntk(loss, p, data, { full = true }), diag.ntk(loss, p, data, { full = true, model = net }), 1e-13)
end)

test("the density of a Hessian that is no number", function()
  local function steep(p) return (p ^ 4):sum() end
  local run = eb.run { params = eb.full({ 30 }, 1), loss = steep, opt = eb.optim.sgd { lr = 10 } }
  local _, why = run:track { q = diag.spectral_density { grid = 8 } }:advance(12)
  equal(why, "diverged")
  local far = diag.spectral_density(steep, eb.full({ 3 }, 1e30), nil, { grid = eb.linspace(0, 1, 5) })
  equal(far.grid, eb.linspace(0, 1, 5))
  assert(far.value:isnan():all():item() and far.stderr:isnan():all():item() and #far.value == 5)
  local found = eb.curv.hessian(steep, eb.full({ 3 }, 1e30)):density { grid = 7 }
  assert(found.grid:isnan():all():item() and #found.value == 7)
end)
