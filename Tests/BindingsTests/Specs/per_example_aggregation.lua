-- Aggregates of per-example gradients, from the materialised gradients sorted one coordinate after the other.

-- The values of every coordinate, in order, as tables of numbers: rows[j] = { v₁ ≤ … ≤ v_m }.
local function columns(g)
  local all = {}
  for _, leaf in ipairs(eb.tree.leaves(g:materialize())) do
    local values = leaf:reshape { g.count, -1 }:t():totable()
    for _, row in ipairs(values) do all[#all + 1] = row end
  end
  return all
end

local function mean(list, first, last)
  local sum = 0
  for i = first or 1, last or #list do sum = sum + list[i] end
  return sum / ((last or #list) - (first or 1) + 1)
end

-- To the nearest, ties to the even rank.
local function rounded(x)
  local low = math.floor(x)
  if x - low == 0.5 then return low % 2 == 0 and low or low + 1 end
  return math.floor(x + 0.5)
end

local naive = {}
function naive.winsorized(row, c)
  table.sort(row)
  local low, high = row[1 + rounded((#row - 1) * (c / 100))], row[1 + rounded((#row - 1) * ((100 - c) / 100))]
  local clipped = {}
  for i, v in ipairs(row) do clipped[i] = math.max(low, math.min(high, v)) end
  return mean(clipped)
end
function naive.trimmed(row, c)
  table.sort(row)
  local k = math.min(rounded((#row - 1) * (c / 100)), (#row - 1) // 2)
  return mean(row, 1 + k, #row - k)
end
function naive.median(row)
  table.sort(row)
  return (row[(#row + 1) // 2] + row[#row // 2 + 1]) / 2
end
function naive.linear(row, q)
  table.sort(row)
  local place = q * (#row - 1)
  local low = math.floor(place)
  return row[low + 1] + (place - low) * ((row[low + 2] or row[low + 1]) - row[low + 1])
end
function naive.nearest(row, q)
  table.sort(row)
  return row[1 + rounded(q * (#row - 1))]
end
function naive.var(row)
  local center, sum = mean(row), 0
  for _, v in ipairs(row) do sum = sum + (v - center) ^ 2 end
  return sum / #row
end
function naive.sign_sum(row)
  local sum = 0
  for _, v in ipairs(row) do sum = sum + (v > 0 and 1 or v < 0 and -1 or 0) end
  return sum
end

local function flat(t) return eb.tree.flatten(t):totable() end

local function compare(got, name, all, tolerance, argument)
  local expected = {}
  for j, row in ipairs(all) do expected[j] = naive[name]({ table.unpack(row) }, argument) end
  close(flat(got), expected, tolerance)
end

-- Every statistic of g, from what it materialises.
local function check(g, tolerance)
  local all = columns(g)
  for _, c in ipairs { 0, 1, 2, 8, 12.5, 20, 50 } do
    compare(g:winsorized { c = c }, "winsorized", all, tolerance, c)
    compare(g:trimmed { c = c }, "trimmed", all, tolerance, c)
    equal(flat(eb.agg.winsorized { c = c }(g)), flat(g:winsorized { c = c }))
    equal(flat(eb.agg.trimmed { c = c }(g)), flat(g:trimmed { c = c }))
  end
  for _, q in ipairs { 0, 0.05, 0.3, 0.5, 1 } do
    compare(g:quantile(q), "linear", all, tolerance, q)
    compare(g:quantile(q, { method = "nearest" }), "nearest", all, tolerance, q)
  end
  compare(g:median(), "median", all, tolerance)
  compare(g:var(), "var", all, tolerance)
  compare(g:sign_sum(), "sign_sum", all, tolerance)
  compare(eb.agg.mean()(g), "winsorized", all, tolerance, 0)
  for _, leaf in ipairs(eb.tree.leaves(eb.tree.map(function(a, b) return eb.tensor { a.dtype == b.dtype } end, g:median(), g:mean()))) do
    assert(leaf:all():item())
  end
end

local function randn(shape, seed, dtype) return eb.randn(shape, { rng = eb.rng(seed), dtype = dtype or "float64" }) end

local function labels(count, classes, seed) return eb.randint({ count }, 1, classes, { rng = eb.rng(seed) }) end

test("a perceptron, for one, two, three and a hundred examples", function()
  local net = eb.nn.mlp { 6, 9, 20, 3, act = "relu" }
  for _, dtype in ipairs { "float64", "float32" } do
    for _, m in ipairs { 1, 2, 3, 100 } do
      local p = net:init { rng = eb.rng(m), dtype = dtype }
      -- Inputs that are 0 everywhere or now and then, as pixels.
      local X = randn({ m, 6 }, m + 1, dtype) * eb.tensor { 1, 0, 1, 1, 0, 1 } * (randn({ m, 6 }, m + 2):gt(0):cast(dtype))
      local g = eb.per_example(function(q, x, y) return eb.loss.cross_entropy(net(q, x), y) end)(p, X, labels(m, 3, 5))
      check(g, dtype == "float64" and 1e-13 or 2e-6)
    end
  end
end)

test("convolutions, also in groups, strided and padded", function()
  local net = eb.nn.sequential {
    eb.nn.conv2d(2, 4, 3, { padding = 1 }), eb.nn.relu(), eb.nn.conv2d(4, 6, 3, { stride = 2, groups = 2 }), eb.nn.tanh(),
    eb.nn.flatten(), eb.nn.linear(24, 3),
  }
  local p = net:init { rng = eb.rng(1), dtype = "float64" }
  local function loss(q, x, y) return eb.loss.cross_entropy(net(q, x:reshape { 1, 2, 5, 6 }), y:reshape { 1 }) end
  for _, m in ipairs { 1, 2, 9 } do
    local X, y = randn({ m, 2, 5, 6 }, 2), labels(m, 3, 3)
    local g = eb.per_example(loss)(p, X, y)
    check(g, 1e-13)
    -- And what is read off the factors of convolutions, beside vmap(grad).
    local parts = {}
    for i, leaf in ipairs(eb.tree.leaves(eb.vmap(eb.grad(loss), { false, 1, 1 })(p, X, y))) do parts[i] = leaf:reshape { m, -1 } end
    local G = eb.cat(parts, 2)
    close(g:norms(), G:norm(2, 2), 1e-12)
    close(g:gram(), G:mm(G:t()), 1e-12)
    close(flat(g:mean()), G:mean(1), 1e-12)
    local rows = {}
    for i, leaf in ipairs(eb.tree.leaves(g:materialize())) do rows[i] = leaf:reshape { m, -1 } end
    close(eb.cat(rows, 2), G, 1e-12)
    local w = randn({ m }, 4)
    close(flat(g:weighted_sum(w)), w:mm(G), 1e-12)
  end
  -- Several images in one example, and a weight that is used twice.
  local twice = eb.per_example(function(q, x)
    local h = eb.nn.conv2d(2, 2, 3, { padding = 1, bias = false })
    return (h({ weight = q }, h({ weight = q }, x):tanh()) ^ 2):sum()
  end)(randn({ 2, 2, 3, 3 }, 5), randn({ 7, 3, 2, 4, 5 }, 6))
  check(twice, 1e-13)
end)

test("shared weights, rows, vectors and scalars", function()
  local X = randn({ 11, 5, 4 }, 1)
  local p = { w = randn({ 4, 4 }, 2), b = randn({ 4 }, 3), s = eb.tensor(0.7, { dtype = "float64" }), v = randn({ 4, 2 }, 4), idle = randn({ 2, 3 }, 5) }
  check(eb.per_example(function(q, x)
    local h = (x:mm(q.w) * q.s + q.b):tanh()
    return (h:mm(q.w:t()):mm(q.v) ^ 2):sum() + (q.w ^ 3):sum() * x:sum()
  end)(p, X), 1e-12)
  check(eb.per_example(function(q, x) return (x * q):tanh():sum() end)(randn({ 4 }, 6), X), 1e-13)
  -- A matrix with one column, and one with one row.
  check(eb.per_example(function(q, x) return (x:mm(q.a):tanh():t():mm(eb.ones { 5, 1, dtype = "float64" }):mm(q.b) ^ 2):sum() end)(
    { a = randn({ 4, 1 }, 7), b = randn({ 1, 30 }, 8) }, X), 1e-12)
end)

-- Per-example gradients that are the rows of X.
local function given(X)
  return eb.per_example(function(p, x) return p:dot(x) end)(eb.zeros { X.shape[2], dtype = X.dtype }, X)
end

test("percentiles are NumPy's nearest", function()
  local squares, outliers = {}, { { -100 }, { 50 } }
  for k = 0, 99 do squares[k + 1] = { k * k } end
  for _ = 1, 8 do outliers[#outliers + 1] = { 1 } end
  local g = given(eb.tensor(squares, { dtype = "float64" }))
  for c, ends in pairs { [1] = { 1, 9604 }, [2] = { 4, 9409 }, [8] = { 64, 8281 } } do
    equal(g:quantile(c / 100, { method = "nearest" }):item(), ends[1])
    equal(g:quantile((100 - c) / 100, { method = "nearest" }):item(), ends[2])
    local sum = 0
    for k = 0, 99 do sum = sum + math.max(ends[1], math.min(ends[2], k * k)) end
    close(g:winsorized { c = c }:item(), sum / 100, 1e-15)
  end
  g = given(eb.tensor(outliers, { dtype = "float64" }))
  close(10 * g:winsorized { c = 0 }:item(), -42, 1e-14)
  close(10 * g:winsorized { c = 10 }:item(), 10, 1e-14)
end)

test("ties, infinities and NaN", function()
  local ties = eb.randint({ 100, 40 }, -2, 2, { rng = eb.rng(1) }):cast "float64"
  check(given(ties), 1e-14)
  local inf, nan = math.huge, 0 / 0
  local g = given(eb.tensor({ { 1, inf, nan }, { 2, 1, 1 }, { 3, 2, 2 }, { 4, -inf, 3 }, { 5, 3, 4 } }, { dtype = "float64" }))
  for _, method in ipairs { "median", "var", "sign_sum" } do
    local last = g[method](g)[3]:item()
    assert(last ~= last, method)
  end
  for _, result in ipairs { g:winsorized { c = 25 }, g:trimmed { c = 25 }, g:quantile(0.2) } do
    assert(result[1]:item() > 1 and result[3]:item() ~= result[3]:item())
  end
  -- Clipped and trimmed infinities leave no trace.
  equal(g:winsorized { c = 25 }[2]:item(), (1 + 1 + 2 + 3 + 3) / 5)
  equal(g:trimmed { c = 25 }[2]:item(), 2)
  equal(g:sign_sum()[2]:item(), 3)
  -- An input that is 0 in all examples skips nothing when a slope is infinite.
  local w = eb.per_example(function(p, x) return (x[1]:reshape { 1, 1 }:mm(p):sum() * x[2]) end)(
    eb.zeros { 1, 3 }, eb.tensor { { 0, inf }, { 0, 1 }, { 0, 1 } })
  assert(w:median()[{ 1, 1 }]:item() ~= w:median()[{ 1, 1 }]:item())
end)

test("signs, masks and clipping", function()
  local net = eb.nn.mlp { 5, 7, 3, act = "tanh" }
  local p = net:init { rng = eb.rng(1), dtype = "float64" }
  local g = eb.per_example(function(q, x, y) return eb.loss.cross_entropy(net(q, x), y) end)(p, randn({ 12, 5 }, 2), labels(12, 3, 3))
  local rows = {}
  for i, leaf in ipairs(eb.tree.leaves(g:materialize())) do rows[i] = leaf:reshape { 12, -1 } end
  local G = eb.cat(rows, 2)
  close(flat(eb.agg.sum_sign()(g)), 0.001 * G:sign():sum(1), 1e-14)
  close(flat(eb.agg.sign_sum { scale = 2 }(g)), 2 * G:sum(1):sign(), 1e-14)
  local agree = G:sign():sum(1):abs():ge(0.4 * 12)
  close(flat(eb.agg.and_mask { tau = 0.4 }(g)), eb.where(agree, G:mean(1), eb.zeros_like(G:mean(1))), 1e-14)
  local norms = G:norm(2, 2)
  local bound = norms:median():item()
  local scaled = G * (eb.full({ 12 }, bound, { dtype = "float64" }) / norms):clamp(nil, 1):reshape { 12, 1 }
  local clip = eb.agg.clip { max_norm = bound }
  close(flat(clip(g)), scaled:mean(1), 1e-13)
  -- Noise on the sum has deviation σ C.
  local noisy = eb.agg.clip { max_norm = bound, sigma = 3 }
  local noise = eb.tensor(flat(noisy(g, { rng = eb.rng(4) }) - clip(g)), { dtype = "float64" })
  close(noise:std():item(), 3 * bound / 12, 0.2 * 3 * bound / 12)
  equal(flat(noisy(g, { rng = eb.rng(4) })), flat(noisy(g, { rng = eb.rng(4) })))
  equal(flat(eb.agg.clip { max_norm = bound, sigma = 3, rng = eb.rng(4) }(g)), flat(noisy(g, { rng = eb.rng(4) })))
end)

test("the geometric median", function()
  -- Σ of unit vectors towards the examples is 0 there.
  local G = randn({ 30, 6 }, 1)
  local g = given(G)
  local z = eb.agg.geometric_median()(g)
  local apart = G - z
  local pull = (apart / apart:norm(2, 2):reshape { 30, 1 }):sum(1)
  assert(pull:norm():item() < 1e-3, pull:norm():item())
  -- One example that the others surround with less than its own pull; most at one point; the median of a line.
  close(given(eb.tensor({ { 0, 0 }, { 1, 0 }, { -1, 1 }, { 0, -1 } }, { dtype = "float64" })):geometric_median(), { 0, 0 }, 1e-6)
  close(given(eb.tensor({ { 1, 2 }, { 1, 2 }, { 1, 2 }, { 90, -5 } }, { dtype = "float64" })):geometric_median(), { 1, 2 }, 1e-6)
  close(given(eb.tensor({ { 1 }, { 2 }, { 10 } }, { dtype = "float64" })):geometric_median(), { 2 }, 1e-5)
  close(given(eb.tensor({ { 3, 4 } })):geometric_median(), { 3, 4 })
  close(given(eb.tensor { { 1, 0 }, { -1, 0 }, { 0, 0 }, { 0, 0 }, { 0, 5000 } }):geometric_median(), { 0, 0 }, 1e-6)
  -- A corrupt tenth moves it little.
  local many = randn({ 50, 4 }, 2)
  for i = 1, 5 do many[i] = eb.full({ 4 }, 1e4, { dtype = "float64" }) end
  assert(given(many):geometric_median():norm():item() < 1)
end)

test("nothing of the size of examples times parameters is stored", function()
  local net = eb.nn.sequential { eb.nn.conv2d(4, 64, 5), eb.nn.relu(), eb.nn.flatten(), eb.nn.linear(1024, 200) }
  local p = net:init { rng = eb.rng(1) }
  local X = randn({ 100, 4, 8, 8 }, 2, "float32")
  local g = eb.per_example(function(q, x) return (net(q, x:reshape { 1, 4, 8, 8 }) ^ 2):sum() end)(p, X)
  -- 211,464 parameters of 100 examples are 84.6 MB.
  collectgarbage()
  eb.memory { reset_peak = true }
  local before = eb.memory().live
  for _, aggregate in ipairs { eb.agg.winsorized { c = 2 }, eb.agg.median, eb.agg.trimmed { c = 10 }, eb.agg.and_mask { tau = 0.5 },
    eb.agg.clip { max_norm = 1 }, eb.agg.geometric_median { iterations = 5 } } do
    aggregate(g)
    collectgarbage()
  end
  assert(eb.memory().peak - before < 24e6, eb.memory().peak - before)
end)

test("a run by an aggregate learns, and replays", function()
  local train = eb.data.mnist_sample { limit = 200 }
  local net = eb.nn.mlp { 784, 16, 10 }
  for _, aggregate in ipairs { eb.agg.winsorized { c = 2 }, eb.agg.mean, eb.agg.clip { max_norm = 1, sigma = 0.1 } } do
    local run = eb.run {
      params = net:init { rng = eb.rng(0) }, opt = eb.optim.sgd { lr = 0.5 }, data = eb.batches(train, { size = 50, shuffle = true }),
      loss = function(q, x, y) return eb.loss.cross_entropy(net(q, x), y) end, aggregate = aggregate, seed = 3,
    }
    run:advance(30)
    assert(run.log.loss:at(30) < 0.9 * run.log.loss:at(1), tostring(aggregate) .. run.log.loss:at(30))
    equal(run:replay(0, 30), true)
  end
end)

test("aggregates print, and refuse what does not fit", function()
  equal(tostring(eb.agg.winsorized { c = 2 }), "eb.agg.winsorized{c = 2}")
  equal(tostring(eb.agg.median()), "eb.agg.median{}")
  equal(tostring(eb.agg.clip { max_norm = 1.5, sigma = 2 }), "eb.agg.clip{max_norm = 1.5, sigma = 2}")
  local g = given(eb.ones { 3, 2 })
  raises(function() eb.agg.winsorized() end, here(), "winsorized: option 'c' is missing")
  raises(function() eb.agg.winsorized { c = 51 } end, "winsorized: option 'c': expected a number from 0 to 50, got 51")
  raises(function() eb.agg.winsorized { c = "2" } end, "winsorized: option 'c': expected number")
  raises(function() eb.agg.trimmed { k = 2 } end, "trimmed: unknown option 'k'")
  raises(function() eb.agg.clip { max_norm = 0 } end, "clip: option 'max_norm': expected a positive number, got 0")
  raises(function() eb.agg.and_mask { tau = 0 / 0 } end, "and_mask: option 'tau': expected a number from 0 to 1")
  raises(function() eb.agg.median()(eb.ones { 3 }) end, here(), "median: argument 1: expected per-example gradients", "got tensor")
  raises(function() eb.agg.median()(g, { seed = 3 }) end, "median: unknown option 'seed'")
  raises(function() g:winsorized() end, "winsorized: option 'c' is missing")
  raises(function() g:trimmed { c = -1 } end, "trimmed: option 'c': expected a percentage from 0 to 50, got -1")
  raises(function() g:quantile(2) end, "quantile: a fraction must be between 0 and 1")
  raises(function() g:weighted_sum(eb.ones { 4 }) end, "expected one weight for each of 3 examples")
  -- A choice among examples has no derivative.
  raises(function()
    eb.grad(function(w) return eb.per_example(function(v, x) return (v:dot(x)) ^ 2 end)(w, eb.ones { 3, 2 }):median():sum() end)(eb.ones { 2 })
  end, "values only")
end)
