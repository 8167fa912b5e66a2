-- The formulas of the diagnostics on cases that can be done by hand, or by loops over eb.grad.
local D = { dtype = "float64" }
local diag = eb.diag
local function rows(list) return eb.tensor(list, D) end

-- A loss whose gradients are the rows of x, at any w.
local function linear(w, x) return x:mm(w):mean() end
local function on(list, name, options) return diag[name](linear, eb.zeros({ #list[1] }, D), { rows(list) }, options) end
local function labelled(list, labels, name, options)
  return diag[name](linear, eb.zeros({ #list[1] }, D), { rows(list), eb.tensor(labels, { dtype = "int32" }) }, options)
end

test("m-coherence and gradient diversity", function()
  local identity = { { 1, 0, 0, 0, 0 }, { 0, 1, 0, 0, 0 }, { 0, 0, 1, 0, 0 }, { 0, 0, 0, 1, 0 }, { 0, 0, 0, 0, 1 } }
  equal(on(identity, "coherence"), 1)
  equal(on({ { 1, 2 }, { 1, 2 }, { 1, 2 }, { 1, 2 }, { 1, 2 } }, "coherence"), 5)
  equal(on({ { 1, 0 }, { -1, 0 } }, "coherence"), 0)
  equal(on({ { 1, 0 }, { 0, 1 }, { 1, 1 } }, "coherence"), 2)
  close(on({ { 1, 0 }, { 0, 1 }, { 1, 1 } }, "gradient_diversity"), 0.5, 1e-14)
  equal(on({ { 1, 0 }, { -1, 0 } }, "gradient_diversity"), math.huge)
  -- Two of the first class agree, two of the second cancel; the third has no example.
  local by_class = labelled({ { 1, 0 }, { 2, 0 }, { 0, 1 }, { 0, -1 }, { 1, 1 } }, { 1, 1, 2, 2, 4 }, "coherence", { by = "class" })
  close(by_class[1], 9 / 5, 1e-14)
  equal(by_class[2], 0)
  equal(by_class[3], nil)
  equal(by_class[4], 1)
  -- By layer each has its own.
  local layers = diag.coherence(function(p, x) return (x:mm(p.a.w) + p.b.w:sum() * x:sum(2)):mean() end,
    { a = { w = eb.zeros({ 2 }, D) }, b = { w = eb.zeros({ 1 }, D) } }, { rows { { 1, 0 }, { 0, 1 } } }, { by = "layer" })
  close(layers.a, 1, 1e-14)
  close(layers.b, 2, 1e-14)
end)

test("pairs: cosine, stiffness, confusion", function()
  local list = { { 1, 0 }, { 0, 2 }, { -1, -1 } }
  local s = 1 / math.sqrt(2)
  close(on(list, "cosine"), (0 - s - s) / 3, 1e-14)
  local stiffness = on(list, "stiffness")
  close(stiffness.cosine, -2 * s / 3, 1e-14)
  close(stiffness.sign, -2 / 3, 1e-14)
  equal(on(list, "gradient_confusion"), -2)
  close(on(list, "gradient_confusion", { normalized = true }), -s, 1e-14)
  equal(on({ { 1, 0 }, { 3, 0 } }, "gradient_confusion"), 3)
  local classes = labelled({ { 1, 0 }, { 1, 0 }, { 0, 1 }, { 0, 3 } }, { 1, 1, 2, 2 }, "stiffness", { by = "class" })
  close(classes.within.cosine, 1)
  close(classes.between.sign, 0)
  close(classes.classes.cosine, { { 1, 0 }, { 0, 1 } })
  -- An example without gradient agrees with nobody.
  close(on({ { 0, 0 }, { 1, 0 }, { 1, 0 } }, "cosine"), 1 / 3, 1e-14)
  close(diag.cosine({ a = rows { 3, 0 }, b = rows { 4 } }, { a = rows { 3, 0 }, b = rows { 0 } }), 0.6, 1e-14)
end)

test("noise: scale, variance, signal to noise, disparity", function()
  local list = { { 1, 0 }, { 3, 0 }, { 2, 1 }, { 2, -1 } }
  -- Mean (2, 0), variances ½ and ½.
  close(on(list, "noise_scale"), 0.25, 1e-14)
  close(on(list, "normalized_variance", { size = 2 }), 0.125, 1e-14)
  -- Unbiased estimates: tr Cov 4/3, ‖G‖² = 4 − tr/4.
  close(on(list, "noise_scale", { small = 1 }), (4 / 3) / (4 - 1 / 3), 1e-13)
  close(on(list, "gsnr"), 4, 1e-13)
  equal(on(list, "gsnr", { each = true }), { 8, 0 })
  -- A coordinate in which the examples do not differ does not count.
  equal(on({ { 1, 5 }, { 3, 5 } }, "gsnr"), 4)
  close(on(list, "gradient_norm"), 2, 1e-14)
  close(on(list, "gradient_norm", { p = 1 }), 2, 1e-14)
  close(on({ { 1, 0 }, { 4, 4 } }, "gradient_disparity"), 5, 1e-14)
  -- With batches of one it is the mean distance of pairs.
  local d = (2 + 4 * math.sqrt(2) + 2) / 6
  close(on(list, "gradient_disparity", { size = 1 }), d, 1e-13)
  -- Batches of several, against their means one by one.
  local X = eb.randn({ 12, 3 }, { rng = eb.rng(1), dtype = "float64" })
  local order = eb.permutation(12, { rng = eb.rng(4) })
  local means = {}
  for b = 1, 4 do means[b] = X:index(1, order[{ { 3 * b - 2, 3 * b } }]):mean(1) end
  local sum = 0
  for a = 1, 4 do for b = 1, 4 do sum = sum + (means[a] - means[b]):norm():item() end end
  close(diag.gradient_disparity(linear, eb.zeros({ 3 }, D), { X }, { size = 3, seed = 4 }), sum / 12, 1e-12)
end)

test("shares of groups, and worlds without groups", function()
  local X = eb.randn({ 30, 4 }, { rng = eb.rng(6), dtype = "float64" }) + 0.3
  local mask = eb.arange(1, 30):gt(20)
  local data = { x = X, mask = mask }
  local w = eb.zeros({ 4 }, D)
  local value, memory = diag.group_fraction(linear, w, data, { draws = 9, band = 1, seed = 3 })
  close(value.f_p + value.f_c, 1, 1e-13)
  local g, c = X:sum(1), X[{ { 21, 30 } }]:sum(1)
  close(value.f_c, g:dot(c):item() / g:dot(g):item(), 1e-13)
  close(value.i_p, g:dot(g - c):item() / 20, 1e-12)
  close(value.i_c, g:dot(c):item() / 10, 1e-12)
  -- The same with the designations drawn anew, by sums over groups.
  local low, high = math.huge, -math.huge
  for _, rng in ipairs(eb.rng(3):split(9)) do
    local drawn = mask:index(1, eb.permutation(30, { rng = rng }))
    equal(drawn:cast("float64"):sum(), 10)
    local inside = eb.per_example(function(v, x) return x:dot(v) end)(w, X):group_sums(drawn)
    local share = g:dot(inside):item() / g:dot(g):item()
    low, high = math.min(low, share), math.max(high, share)
  end
  close({ value.f_c_low, value.f_c_high }, { low, high }, 1e-12)
  close({ value.f_p_low, value.f_p_high }, { 1 - high, 1 - low }, 1e-12)
  local again = diag.group_fraction(linear, w, data, { draws = 9, band = 1, seed = 3, state = memory })
  close(again.i_p, 2 * value.i_p, 1e-12)
  close(again.i_c_high, 2 * value.i_c_high, 1e-12)
  equal(again.f_p_low, value.f_p_low)
  assert(diag.group_fraction(linear, w, data, { draws = 0 }).f_p_low == nil)
  -- Batches of a run: the groups are those of all data.
  local run = eb.run { params = { w = w }, loss = function(p, x) return x:mm(p.w):mean() end, data = eb.batches(data, { size = 10, shuffle = true }),
    opt = eb.optim.sgd { lr = 0.1 }, seed = 2 }
  local batch = run:batch()
  local part = diag.group_fraction(run, { batch = true, draws = 4 })
  local h, hc = batch.x:sum(1), (batch.x * batch.mask:cast("float64"):unsqueeze(2)):sum(1)
  close(part.f_c, h:dot(hc):item() / h:dot(h):item(), 1e-12)
  close(part.i_c, h:dot(hc):item() / 10, 1e-12)
end)

test("a null band holds where labels make no difference, and is left where they do", function()
  local X = eb.randn({ 200, 5 }, { rng = eb.rng(7), dtype = "float64" }) * 0.5 + 1
  local mask = eb.arange(1, 200):gt(100)
  local w = eb.zeros({ 5 }, D)
  local none = diag.group_fraction(linear, w, { x = X, mask = mask }, { draws = 200 })
  assert(none.f_c > none.f_c_low and none.f_c < none.f_c_high)
  local X2 = eb.where(mask:unsqueeze(2), -0.2 * X, X)
  local some = diag.group_fraction(linear, w, { x = X2, mask = mask }, { draws = 200 })
  assert(some.f_c < some.f_c_low)
end)

-- A model that is right about example i at "step" p when answers[p][i] is 1.
local function scripted(answers)
  return function(p)
    local right = rows(answers[math.tointeger(p:item())])
    return eb.stack({ right, 0.5 * eb.ones({ #right }, D) }, 2)
  end
end

local function follow(name, answers, options)
  local memory, value
  local n = #answers[1]
  options = options or {}
  options.model = scripted(answers)
  for t = 1, #answers do
    options.t, options.state = t, memory
    value, memory = diag[name](function(p) return p end, eb.tensor(t, D), { eb.zeros({ n, 1 }, D), eb.ones { n, dtype = "int32" }, mask = options.fields }, options)
  end
  return value
end

test("learnt first, and right since when", function()
  local answers = { { 0, 1, 0, 1 }, { 1, 0, 0, 1 }, { 0, 1, 0, 1 }, { 1, 1, 0, 1 } }
  local value = follow("learnt", answers)
  equal(value.first, { 2, 1, 0, 1 })
  equal(value.last, { 4, 3, 0, 1 })
  equal(value.fraction, 0.75)
  local split = follow("learnt", answers, { mask = eb.tensor { false, false, true, true } })
  equal({ split.fraction_p, split.fraction_c }, { 1, 0.5 })
  local forgotten = follow("forgetting", answers)
  equal(forgotten.count, { 1, 1, 0, 0 })
  equal({ forgotten.mean, forgotten.unforgettable, forgotten.never }, { 0.5, 0.25, 0.25 })
end)

test("margins and EL2N", function()
  local scores = rows { { 2, 0, 1 }, { 0, 0, 0 } }
  local data = { eb.zeros({ 2, 1 }, D), eb.tensor({ 1, 2 }, { dtype = "int32" }) }
  local function loss(w) return w end
  local function model() return scores end
  local w = eb.tensor(0, D)
  equal(diag.margin(loss, w, data, { model = model }), { 1, 0 })
  equal(diag.margin(loss, w, data, { model = model, by = "class" }), { 1, 0 })
  local z = math.exp(2) + 1 + math.exp(1)
  local first = math.sqrt((math.exp(2) / z - 1) ^ 2 + (1 / z) ^ 2 + (math.exp(1) / z) ^ 2)
  close(diag.el2n(loss, w, data, { model = model }), { first, math.sqrt(6) / 3 }, 1e-14)
  -- Two classes by one number.
  local binary = { eb.zeros({ 2, 1 }, D), rows { 1, -1 } }
  equal(diag.margin(loss, w, binary, { model = function() return rows { 3, 2 } end }), { 3, -2 })
  close(diag.el2n(loss, w, binary, { model = function() return rows { 0, 0 } end }), { math.sqrt(0.5), math.sqrt(0.5) }, 1e-14)
  equal(diag.learnt(loss, w, binary, { model = function() return rows { 3, 2 } end }).first, { 1, 0 })
  -- Targets [n, classes].
  equal(diag.margin(loss, w, { data[1], rows { { 1, 0, 0 }, { 0, 1, 0 } } }, { model = model }), { 1, 0 })
  close(labelled({ { 3, 4 }, { 0, 1 } }, { 1, 2 }, "grand"), { 5, 1 }, 1e-14)
end)

-- Linear regression: everything is known.
local X, y = eb.randn({ 8, 3 }, { rng = eb.rng(10), dtype = "float64" }), eb.randn({ 8 }, { rng = eb.rng(11), dtype = "float64" })
local T, s = eb.randn({ 2, 3 }, { rng = eb.rng(12), dtype = "float64" }), eb.randn({ 2 }, { rng = eb.rng(13), dtype = "float64" })
local function squares(w, x, t) return ((x:mm(w) - t) ^ 2):mean() / 2 end
local w0 = rows { 0.3, -0.2, 0.5 }
local H = X:t():mm(X) / 8

local function gradients(w, x, t) return x * (x:mm(w) - t):unsqueeze(2) end

test("TracIn adds up inner products along the way", function()
  local run = eb.run { params = { w = w0 }, loss = function(p, x, t) return squares(p.w, x, t) end, data = { X, y }, opt = eb.optim.sgd { lr = 0.1 } }
  run:track { influence = eb.diag.tracin { test = { T, s } }, pairs = eb.diag.tracin { test = { T, s }, pairs = true }, own = eb.diag.tracin }
  run:advance(4)
  local each, own = eb.zeros({ 8, 2 }, D), eb.zeros({ 8 }, D)
  for t = 0, 3 do
    local g = gradients(run:at(t).params.w, X, y)
    each = each + 0.1 * g:mm(gradients(run:at(t).params.w, T, s):t())
    own = own + 0.1 * (g ^ 2):sum(2)
  end
  close(run.log.pairs:at(4), each, 1e-12)
  close(run.log.influence:at(4), each:mean(2), 1e-12)
  close(run.log.own:at(4), own, 1e-12)
end)

test("the spectra of weights", function()
  local erank = diag.effective_rank
  close(erank(rows { 1, 1, 1, 1 }), 4, 1e-14)
  close(erank(rows { 4, 2, 1, 1 }), 2 ^ 1.75, 1e-14)
  close(erank(rows { 1, 0 }), 1, 1e-14)
  equal(erank(rows { 0, 0 }), 0)
  close(erank { 2, 4, 1, 1 }, 2 ^ 1.75, 1e-14)
  local matrix = rows { { 3, 0 }, { 0, 4 }, { 0, 0 } }
  equal(diag.singular_values(matrix), { 4, 3 })
  equal(diag.singular_values({ a = matrix, b = rows { 1, 2 } }, { k = 1 }), { a = { 4 } })
  close(diag.stable_rank(matrix), 25 / 16, 1e-14)
  close(diag.nuclear_norm(matrix), 7, 1e-14)
  close(diag.schatten(matrix, { p = 2 }), 25, 1e-13)
  equal(diag.numerical_rank(rows { 10, 1, 1e-5 }), 2)
  equal(diag.numerical_rank(rows { 10, 1, 1e-5 }, { tol = 0.2 }), 1)
  -- Of the product of all layers.
  local model = eb.models.deep_linear { 2, 2, 2 }
  local p = { rows { { 2, 0 }, { 0, 1 } }, rows { { 3, 0 }, { 0, 0.5 } } }
  equal(diag.singular_values(p, { of = function(q) return model:effective(q) end }), { 6, 0.5 })
  -- A kernel is a matrix [out, rest].
  close(diag.stable_rank { k = eb.ones({ 2, 3, 2, 2 }, D) }, { k = 1 }, 1e-13)
end)

test("balance and alignment of neighbours", function()
  local a, b = eb.randn({ 3, 4 }, { rng = eb.rng(20), dtype = "float64" }), eb.randn({ 4, 2 }, { rng = eb.rng(21), dtype = "float64" })
  close(diag.balancedness { a, b }, { (a:t():mm(a) - b:mm(b:t())):norm():item() }, 1e-12)
  -- The same as columns: W₂ = bᵀ follows W₁ = aᵀ.
  close(diag.balancedness { a:t(), b:t() }, { (a:t():mm(a) - b:mm(b:t())):norm():item() }, 1e-12)
  local Q = eb.linalg.qr(eb.randn({ 4, 4 }, { rng = eb.rng(22), dtype = "float64" }))
  local first, second = rows { { 5, 0, 0, 0 }, { 0, 2, 0, 0 }, { 0, 0, 1, 0 } }:mm(Q:t()), Q:mm(rows { { 3, 0 }, { 0, 1 }, { 0, 0 }, { 0, 0 } })
  close(diag.layer_alignment({ first, second }), { 1 }, 1e-12)
  close(diag.layer_alignment({ first, second }, { k = 2 }), { 1 }, 1e-12)
  close(diag.layer_alignment({ rows { { 1, 0 }, { 0, 0.5 } }, rows { { 0.5, 0 }, { 0, 1 } } }), { 0 }, 1e-12)
  -- Gradient flow keeps it; one small step of descent changes it by O(lr²).
  local target = eb.randn({ 3, 2 }, { rng = eb.rng(23), dtype = "float64" })
  local g = eb.grad(function(p) return ((p[1]:mm(p[2]) - target) ^ 2):sum() / 2 end) { a, b }
  local function change(lr) return diag.balancedness { a - lr * g[1], b - lr * g[2] }[1] - diag.balancedness { a, b }[1] end
  local ratio = change(1e-3) / change(5e-4)
  assert(ratio > 3.9 and ratio < 4.1, ratio)
end)

test("the path of descent on a quadratic", function()
  local run = eb.run { params = { x = rows { 1, 1 } }, loss = function(p) return (p.x ^ 2 * rows { 1, 3 }):sum() / 2 end, opt = eb.optim.sgd { lr = 0.5 } }
  run:track { d = diag.distance, u = diag.update_size, l = diag.path_length, c = diag.step_cosine, f = diag.loss_decrease, r = diag.update_size { relative = true } }
  run:advance(4)
  -- x = 2^−t, (−½)^t.
  local function at(t) return 2 ^ -t, (-0.5) ^ t end
  local length = 0
  for t = 0, 3 do
    local a, b = at(t)
    local c, d = at(t + 1)
    local move = math.sqrt((a - c) ^ 2 + (b - d) ^ 2)
    close(run.log.d:at(t + 1), math.sqrt((a - 1) ^ 2 + (b - 1) ^ 2), 1e-13)
    close(run.log.u:at(t + 1), move, 1e-13)
    close(run.log.r:at(t + 1), move / math.sqrt(a * a + b * b), 1e-13)
    close(run.log.l:at(t + 1), length, 1e-13)
    length = length + move
    -- To second order there is nothing else.
    close(run.log["f.ratio"]:at(t + 1), 1, 1e-12)
  end
  -- (−½, −3/2) and (−¼, ¾) at first.
  close(run.log.c:at(3), (1 / 8 - 9 / 8) / (math.sqrt(2.5) * math.sqrt(0.625)), 1e-13)
  assert(run.log.c:at(2) ~= run.log.c:at(2))
  -- What a look ahead finds is what the step does.
  run:track { update = true }
  run:advance(2)
  equal(run.log.update:at(6), run.log.u:at(6))
end)

test("principal components of a path", function()
  local plane = rows { { 3, 0, 0, 0 }, { 0, 0.6, 0.8, 0 } }
  local memory, value
  local points = {}
  for t = 1, 6 do
    points[t] = rows { math.cos(t), t / 3 }:mm(plane) + 7
    value, memory = diag.trajectory_pca(linear, points[t], nil, { k = 3, state = memory })
  end
  local all = eb.stack(points, 1)
  local _, values, right = eb.linalg.svd(all - all:mean(1))
  close(value.explained, values[{ { 1, 3 } }] ^ 2 / (values ^ 2):sum(), 1e-10)
  close(value.explained:sum(), 1, 1e-10)
  close(value.coordinates[{ { 1, 2 } }]:abs(), right[{ { 1, 2 } }]:mm(points[6] - all:mean(1)):abs(), 1e-7)
end)

-- A bowl with curvatures h in three directions.
local h = rows { 4, 1, 0.25 }
local function bowl(w) return (h * w ^ 2):sum() / 2 end
local here0 = rows { 0.5, -1, 2 }
local slope = h * here0

test("sharpness along the gradient, and the critical one", function()
  local along = (h * slope ^ 2):sum():item() / (slope ^ 2):sum():item()
  close(diag.interaction_aware_sharpness(bowl, here0), along, 1e-13)
  close(diag.critical_sharpness(bowl, here0, nil, { tol = 1e-10 }), along, 1e-8)
  close(diag.critical_sharpness(bowl, here0), along, 1e-3)
  local d = rows { 0, -1, 0 }
  close(diag.critical_sharpness(bowl, here0, nil, { direction = d, tol = 1e-10 }), 1, 1e-8)
  -- Uphill every step is too long; on a slope without end none is.
  equal(diag.critical_sharpness(bowl, here0, nil, { direction = -d }), math.huge)
  equal(diag.critical_sharpness(function(w) return w:sum() end, here0), 0)
  -- Beyond second order, by its definition: the loss is lower just below 2/λ and not just above.
  local function quartic(w) return (w ^ 4):sum() + bowl(w) end
  local g = eb.grad(quartic)(here0)
  local eta = 2 / diag.critical_sharpness(quartic, here0, nil, { tol = 1e-8 })
  local base = quartic(here0):item()
  assert(quartic(here0 - 0.9999 * eta * g):item() < base and quartic(here0 - 1.0001 * eta * g):item() > base)
  for i = 1, 99 do assert(quartic(here0 - i / 100 * eta * g):item() < base) end
end)

test("batch sharpness against a loop", function()
  local value = diag.batch_sharpness(squares, w0, { X, y }, { size = 3, batches = 5, seed = 2 })
  local sum = 0
  for _, rng in ipairs(eb.rng(2):split(5)) do
    local ids = eb.permutation(8, { rng = rng })[{ { 1, 3 } }]
    local x, t = X:index(1, ids), y:index(1, ids)
    local g = gradients(w0, x, t):mean(1)
    sum = sum + (x:mm(g) ^ 2):mean():item() / g:dot(g):item()
  end
  close(value, sum / 5, 1e-12)
end)

test("adaptive sharpness of a slope and of a bowl", function()
  local c = rows { 1, -2, 3 }
  local w = rows { 0.5, 1, -1 }
  local function tilt(v) return v:dot(c) end
  close(diag.adaptive_sharpness(tilt, w, nil, { rho = 0.1 }), 0.1 * (w * c):norm():item(), 1e-12)
  close(diag.adaptive_sharpness(tilt, w, nil, { rho = 0.1, p = math.huge }), 0.1 * (w * c):abs():sum():item(), 1e-12)
  close(diag.adaptive_sharpness(tilt, w, nil, { rho = 0.1, adaptive = false }), 0.1 * c:norm():item(), 1e-12)
  -- It does not change when layers are rescaled and the function stays.
  local function product(p) return (p.a * p.b - 1):square():sum() end
  local one = diag.adaptive_sharpness(product, { a = rows { 2 }, b = rows { 0.7 } }, nil, { rho = 0.2, steps = 100 })
  local other = diag.adaptive_sharpness(product, { a = rows { 20 }, b = rows { 0.07 } }, nil, { rho = 0.2, steps = 100 })
  close(other, one, 1e-6)
  -- From a critical point ascent needs a random start.
  equal(diag.adaptive_sharpness(bowl, rows { 0, 0, 0 }, nil, { adaptive = false, rho = 0.1 }), 0)
  close(diag.adaptive_sharpness(bowl, rows { 0, 0, 0 }, nil, { adaptive = false, rho = 0.1, restarts = 3, steps = 200 }), 0.5 * 4 * 0.01, 1e-3)
end)

test("the local learning coefficient of a regular minimum is half the dimension", function()
  -- Curvatures nβh far above γ; the step's own error on a quadratic is known.
  local n, step = 1000, 1e-3
  local scale = n / math.log(n)
  local expected = 0
  for _, each in ipairs(h:totable()) do
    local a = scale * each + 1
    expected = expected + scale * each / 2 / (a * (1 - step * a / 4))
  end
  local value = diag.llc(bowl, rows { 0, 0, 0 }, nil, { n = n, steps = 3000, burn = 1000, chains = 4, step = step, gamma = 1, seed = 1 })
  close(value, expected, 0.15)
  close(expected, 1.5, 0.1)
end)

test("tangent kernels", function()
  local model = function(p, x) return x:mm(p) end
  local W = eb.randn({ 3, 2 }, { rng = eb.rng(30), dtype = "float64" })
  local function loss(p, x) return (model(p, x) ^ 2):mean() end
  local K = X:mm(X:t())
  close(diag.ntk(loss, W, { X }, { model = model }), 2 * K, 1e-12)
  close(diag.ntk(loss, W, { X }, { model = model, full = true }), eb.linalg.kron(K, eb.eye(2, D)), 1e-12)
  local labels = eb.tensor({ 1, 2, 1, 1, 2, 2, 1, 2 }, { dtype = "int32" })
  local Y = labels:unsqueeze(2):eq(eb.tensor({ 1, 2 }, { dtype = "int32" })):cast("float64")
  local function cosine(a, b) return (a * b):sum():item() / (a:norm():item() * b:norm():item()) end
  close(diag.kernel_alignment(loss, W, { X, labels }, { model = model }), cosine(K, Y:mm(Y:t())), 1e-12)
  local C = eb.eye(8, D) - 1 / 8
  close(diag.kernel_alignment(loss, W, { X, labels }, { model = model, centered = true }), cosine(C:mm(K):mm(C), C:mm(Y:mm(Y:t())):mm(C)), 1e-12)
  -- K of tanh(x·w): its change between two points, per step.
  local function unit(p, x) return x:mm(p):tanh() end
  local function kernel(p)
    local slopes = X * (1 - X:mm(p):tanh() ^ 2):unsqueeze(2)
    return slopes:mm(slopes:t())
  end
  local a, b = rows { 1, 0, 0 }, rows { 0.5, 0.5, 0 }
  local _, memory = diag.kernel_velocity(loss, a, { X }, { model = unit, t = 1 })
  close(diag.kernel_velocity(loss, b, { X }, { model = unit, t = 6, state = memory }), (1 - cosine(kernel(a), kernel(b))) / 5, 1e-12)
  local zero, first = diag.kernel_distance(loss, a, { X }, { model = unit })
  equal(zero, 0)
  close(diag.kernel_distance(loss, b, { X }, { model = unit, state = first }), 1 - cosine(kernel(a), kernel(b)), 1e-12)
end)

-- L(t) = ½ Σ (s − u)² with u = s / (1 + (s/u₀ − 1) e^(−2st)): matrix factorization of depth two.
local function factorization(values, u0, t)
  local sum
  for _, each in ipairs(values) do
    local rest = (each - each / (1 + (each / u0 - 1) * (-2 * each * t):exp())) ^ 2 / 2
    sum = sum and sum + rest or rest
  end
  return sum
end

test("stages and plateaus of matrix factorization", function()
  local t = eb.linspace(0, 45, 2000):cast("float64")
  local found = diag.plateau_stages { step = t, value = factorization({ 5, 2, 1, 0.5 }, 1e-12, t) }
  equal(found.stages, 4)
  equal(#found.plateaus, 4)
  -- Rest losses ½ Σ_{i > k} sᵢ², and the fastest fall where u = s/3: e^(2st) = (s/u₀ − 1)/2.
  for i, level in ipairs { 15.125, 2.625, 0.625, 0.125 } do close(found.plateaus[i].value, level, 1e-3) end
  for i, each in ipairs { 5, 2, 1, 0.5 } do close(found.drops[i], math.log((each / 1e-12 - 1) / 2) / (2 * each), 2e-2) end
  for i = 1, 3 do
    assert(found.plateaus[i].last <= found.drops[i] and found.plateaus[i + 1].first >= found.drops[i])
    assert(found.plateaus[i].first <= found.plateaus[i].at and found.plateaus[i].at <= found.plateaus[i].last)
  end
  -- Two equal values are one stage; the count is the number of distinct ones.
  equal(diag.plateau_stages({ step = t, value = factorization({ 3, 3, 1 }, 1e-9, t) }).stages, 2)
  -- With noise, averaged.
  local noise = 1 + 1e-3 * eb.randn({ 2000 }, { rng = eb.rng(1), dtype = "float64" })
  local rough = diag.plateau_stages({ step = t, value = factorization({ 5, 2, 1 }, 1e-12, t) * noise }, { window = 25, drop = 0.01 })
  equal(rough.stages, 3)
  -- A series of a log, numbers, and what has no stages.
  equal(diag.plateau_stages(factorization({ 5, 1 }, 1e-9, t):totable()).stages, 2)
  equal(diag.plateau_stages(eb.ones { 50 }), { stages = 0, drops = {}, plateaus = {} })
  equal(diag.plateau_stages({ 2, 1 }).stages, 0)
  raises(function() diag.plateau_stages { 1, 2, 0 / 0, 3 } end, "plateau_stages: value 3 is", "nan")
  raises(function() diag.plateau_stages({ step = eb.tensor { 1, 1, 2 }, value = eb.tensor { 3, 2, 1 } }) end, "steps must ascend")
  raises(function() diag.plateau_stages { 3, 2, "x", 1 } end, here(), "plateau_stages: value 3: expected a number, got string")
  raises(function() diag.plateau_stages { step = 3, value = { 3, 2, 1 } } end, "plateau_stages: steps: expected a vector or a table of numbers, got number")
  -- The same as numbers; a fall from the first value on is one too.
  local two = (-3 * t):exp() + 1 / (1 + (4 * (t - 7)):exp())
  local fallen = diag.plateau_stages { step = t, value = two }
  equal(fallen.stages, 2)
  equal(fallen.drops[1], 0)
  equal(diag.plateau_stages { step = t:totable(), value = two:totable() }, fallen)
  equal(diag.plateau_stages((-2 * t):exp()).stages, 1)
  equal(diag.plateau_stages({ 3, 2, 1, 0 }).stages, 1)
  raises(function() diag.plateau_stages(eb.ones { 3 }, { fraction = 2 }) end, "option 'fraction'")
  raises(function() diag.plateau_stages(eb.ones { 3, 2 }) end, "expected a series of numbers, got shape [3, 2]")
end)

test("stages of a run", function()
  local model = eb.models.matrix_factorization { 3, 3, depth = 2 }
  local target = eb.tensor({ 4, 1.5, 0 }, D):diag()
  local run = eb.run { params = { p = { 1e-5 * eb.eye(3, D), eb.eye(3, D) * 1e-5 } }, opt = eb.optim.sgd { lr = 0.02 },
    loss = function(q) return ((model:effective(q.p) - target) ^ 2):sum() / 2 end }
  run:track { rank = eb.diag.effective_rank { of = function(q) return model:effective(q.p) end, every = 10 } }:advance(1500)
  local found = diag.plateau_stages(run.log.loss)
  equal(found.stages, 2)
  close(found.plateaus[2].value, 1.125, 1e-2)
  equal(diag.plateau_stages(run), found)
  close(run.log.rank:at(math.tointeger(found.plateaus[2].at) // 10 * 10 + 1), 1, 1e-2)
end)

test("what is no number is not taken for good", function()
  local function broken(w, x) return (x:mm(w) * (0 / 0)):mean() end
  local data = { rows { { 1, 0 }, { 0, 1 } }, eb.tensor { 1, 1 } }
  for _, name in ipairs { "critical_sharpness", "adaptive_sharpness" } do
    local value = diag[name](broken, eb.ones({ 2 }, D), data)
    assert(value ~= value, name)
  end
  local function scores() return eb.tensor { { 0 / 0, 0 / 0 }, { 1, 0 } } end
  equal(diag.learnt(broken, eb.ones({ 2 }, D), data, { model = scores }).fraction, 0.5)
  equal(diag.forgetting(broken, eb.ones({ 2 }, D), data, { model = scores }).never, 0.5)
  for _, name in ipairs { "effective_rank", "stable_rank", "numerical_rank" } do
    local value = diag[name](rows { 0 / 0, 1 })
    assert(value ~= value, name)
    equal(diag[name](rows { 0, 0 }), 0)
  end
end)
