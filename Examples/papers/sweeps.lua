-- The method of the sweeps over step sizes: full-batch descent from one start until the loss is at most ε, with gradient flow for comparison.
-- Of every end: sharpness S, norms of the parameters, loss and error on other pictures. The step sizes are multiples of η_c = 2/s_GF, s_GF the
-- largest sharpness on the flow's way, so that every sweep has both sides of the transition that is expected at 1.
local eb = require "ebbtide"
local sweeps = {}

-- Small grey pictures: averages over 2 × 2 pixels (and colours), minus the mean picture, over the standard deviation of all pixels.
function sweeps.pictures(train, test)
  local function small(x)
    if x.ndim == 4 then x = x:mean(2) end
    return eb.nn.avgpool2d(2)({}, x:unsqueeze(2))
  end
  local x = small(train.x)
  local mean = x:mean(1)
  local deviation = ((x - mean) ^ 2):mean():sqrt()
  local function set(data) return { x = (small(data.x) - mean) / deviation, y = eb.eye(10):index(1, data.y), label = data.y } end
  return set(train), set(test)
end

-- Two hidden layers of 64, or two convolutions with 8 and 16 channels and stride 2 and a layer of 32.
function sweeps.network(kind, act, side)
  local nn = eb.nn
  local f, last = nn[act](), ((side + 1) // 2 + 1) // 2
  if kind == "dense" then return nn.sequential { nn.flatten(), nn.linear(side * side, 64), f, nn.linear(64, 64), f, nn.linear(64, 10) } end
  return nn.sequential { nn.conv2d(1, 8, 3, { stride = 2, padding = 1 }), f, nn.conv2d(8, 16, 3, { stride = 2, padding = 1 }), f,
    nn.flatten(), nn.linear(16 * last * last, 32), f, nn.linear(32, 10) }
end

sweeps.losses = {
  mse = function(out, y) return ((out - y) ^ 2):sum(2):mean() / 2 end,
  ce = function(out, y) return -(out:log_softmax(2) * y):sum(2):mean() end,
}

function sweeps.error(net, p, data) return 1 - eb.metrics.accuracy(net(p, data.x), data.label) end

-- Where S stops to be constant: the kink of that function S₁ min(1, (kink/lr)^slope) which is closest to ln S, S₁ the sharpness at the smallest
-- step size; with it the slope, and the misfit, root mean square. It knows neither of the flow nor of 2/lr. A kink says something where S falls
-- beyond it, the slope is not near 0, and follows the function, the misfit is small.
function sweeps.elbow(lr, S)
  local rate, value = lr:log(), S:log()
  local fall = value[1] - value
  local kinks = eb.linspace(rate:min():item(), rate:max():item(), 2002)[{ { 1, -2 } }] -- at the last one nothing is left to fit
  local beyond = (rate - kinks:unsqueeze(2)):clamp(0, math.huge)
  local slopes = (beyond * fall):sum(2) / (beyond ^ 2):sum(2)
  local misfit = ((fall - slopes:unsqueeze(2) * beyond) ^ 2):mean(2):sqrt()
  local best = misfit:argmin()
  return math.exp(kinks[best]:item()), slopes[best]:item(), misfit[best]:item()
end

-- The largest eigenvalue of the Hessian as a function of a run, each time begun with the vectors of the last: two, of which the second may overtake.
function sweeps.sharpness(loss, x, y)
  local vectors
  return function(run)
    local found = eb.curv.hessian(loss, run.params, x, y):eigs { k = 2, v0 = vectors, tol = 1e-3 }
    vectors = found.vectors
    return found.values[1]:item()
  end
end

-- Gradient flow by steps of a quarter of 1/S, S renewed every 10 steps: the end, the largest S, the first S, and the series of S over time.
function sweeps.flow(start, loss, x, y, until_loss)
  local sharpness = sweeps.sharpness(loss, x, y)
  local run = eb.run { params = start, loss = loss, data = { x, y }, opt = eb.optim.sgd { lr = 1 } }
  local time, times, S, why = 0, {}, {}, nil
  repeat
    times[#times + 1], S[#S + 1] = time, sharpness(run)
    run.h.lr = 0.25 / S[#S]
    local before = run.t
    why = select(2, run:advance(10, { until_loss = until_loss }))
    time = time + (run.t - before) * run.h.lr
  until why or time > 1e5
  S[#S + 1], times[#times + 1] = sharpness(run), time
  return { params = run.params, largest = math.max(table.unpack(S)), initial = S[1], final = S[#S], time = eb.tensor(times), S = eb.tensor(S) }
end

-- o: net, loss, train, test, until_loss, factors of η_c, ascending, and thrown. It ends with the step size that diverges, that takes more than twice
-- the steps of the smallest and so does not train any more, or that throws the network away, to a loss above `thrown` times that of the start, so
-- that what it ends at has nothing to do with this start.
function sweeps.sweep(o)
  local function loss(p, x, y) return o.loss(o.net(p, x), y) end
  local data = { o.train.x, o.train.y }
  local start = o.net:init { rng = eb.rng(1), gain = 0.5 }
  local flow = sweeps.flow(start, loss, o.train.x, o.train.y, o.until_loss)
  local r = { initial = flow.initial, s_gf = flow.largest, final = flow.final, columns = {} }
  r.eta_c = 2 / r.s_gf
  for _, factor in ipairs(o.factors) do
    local run = eb.run { params = start, loss = loss, data = data, opt = eb.optim.sgd { lr = factor * r.eta_c } }
    local _, why = run:advance(r.columns.steps and 2 * r.columns.steps[1] or 50000, { until_loss = o.until_loss })
    local thrown = run.log.loss.value:max():item() > o.thrown * run.log.loss.value[1]:item()
    if why ~= "until_loss" or thrown then
      r.ended = ("%s at %.3g η_c"):format(thrown and "thrown" or why or "out of steps", factor)
      break
    end
    local p = run.params
    local row = {
      lr = run.h.lr, factor = factor, steps = run.t, S = sweeps.sharpness(loss, table.unpack(data))(run), l1 = eb.tree.norm(p, 1), l2 = eb.tree.norm(p),
      test_loss = loss(p, o.test.x, o.test.y):item(), test_error = sweeps.error(o.net, p, o.test),
    }
    for key, value in pairs(row) do
      r.columns[key] = r.columns[key] or {}
      table.insert(r.columns[key], value)
    end
  end
  for key, list in pairs(r.columns) do r[key] = eb.tensor(list, { dtype = "float64" }) end
  r.count = #(r.columns.lr or {})
  if r.count >= 4 then r.elbow, r.slope, r.misfit = sweeps.elbow(r.lr, r.S) end
  return r
end

-- What a sweep says of itself, and whether there is enough of it: four step sizes, the last of them above η_c.
local function describe(set, kind, r)
  local text = ("%s, %s: S at the start %.3g, s_GF %.3g, η_c %.3g, S at the end of the flow %.3g, "):format(set.name, kind, r.initial, r.s_gf, r.eta_c, r.final)
  if r.count >= 4 then
    text = text .. ("elbow %.3g η_c (slope %.2f, misfit %.2g), test loss least at %.3g η_c, "):format(r.elbow / r.eta_c, r.slope, r.misfit,
      r.factor[r.test_loss:argmin()]:item())
  end
  print(text .. (r.ended or "all reach the loss"))
  return r.count >= 4 and r.factor[-1]:item() > 1
end

-- Six panels over step size / η_c: sharpness beside s_GF and the edge, both norms beside those at the smallest step size, how new data fare, and steps.
local function draw(paper, set, kinds, results, factors)
  local function panel(title, key, scale, options)
    local list = { title = title, legend = key == "S" and "automatic" or "none", logx = true, xlabel = "step size / η_c", vlines = { 1 } }
    for option, value in pairs(options or {}) do list[option] = value end
    for i, r in ipairs(results) do list[i] = { r.factor, r[key] / scale(r), name = kinds[i] } end
    return list
  end
  local function one() return 1 end
  local S = panel("S / s_GF", "S", function(r) return r.s_gf end, { logy = true })
  S[#S + 1] = { factors, (1 / eb.tensor(factors)):clamp(0, 1), name = "edge" }
  local lines, parts = {}, {
    S, panel("1-norm, relative", "l1", function(r) return r.l1[1] end), panel("2-norm, relative", "l2", function(r) return r.l2[1] end),
    panel("test loss", "test_loss", one), panel("test error", "test_error", one), panel("steps", "steps", one, { logy = true }),
  }
  for i, part in ipairs(parts) do lines[i] = eb.plot.line(part) end
  lines.columns = 3
  local words = {}
  for i, r in ipairs(results) do words[i] = ("%s %.3g and %.3g"):format(kinds[i], r.s_gf, r.eta_c) end
  paper.figure(set.name, eb.plot.grid(lines),
    ("%s: sharpness, norms, test loss and test error of the minima, and steps to ε. s_GF and η_c: %s"):format(set.name, table.concat(words, ", ")))
end

-- Sweeps of several networks, "dense tanh" or "conv relu", on one set of pictures { name, data, n, until_loss }, the last two by shape: the results
-- in this order, and whether all are enough; their numbers in files, a line of each, and a figure.
function sweeps.study(paper, set, loss, kinds, factors, thrown)
  local train, test = set.data { flatten = false }
  train = train:shuffle(eb.rng(5))
  local results, enough, found = {}, true, {}
  local names = { "initial", "s_gf", "final", "eta_c", "elbow", "slope", "misfit" }
  for _, name in ipairs(names) do found[name] = {} end
  for i, kind in ipairs(kinds) do
    local shape, act = kind:match "(%w+) (%w+)"
    local few, others = sweeps.pictures(train:take(set.n[shape]), test)
    local r = sweeps.sweep {
      net = sweeps.network(shape, act, few.x.shape[3]), loss = sweeps.losses[loss], train = few, test = others,
      until_loss = set.until_loss[shape], factors = factors, thrown = thrown,
    }
    results[i] = r
    for _, name in ipairs(names) do found[name][i] = r[name] or 0 / 0 end
    if r.count > 0 then paper.csv(table.concat({ set.name, shape, act }, "-"), r.columns, { "lr", "factor", "steps", "S", "l1", "l2", "test_loss", "test_error" }) end
    enough = describe(set, kind, r) and enough
  end
  paper.csv(set.name .. "-transitions", found, names)
  if enough then draw(paper, set, kinds, results, factors) end
  return results, enough
end

-- The studies of digits, and in the full setting of CIFAR-10. o: loss, until_loss[set][shape] = ε, factors and thrown as in sweeps.sweep, and
-- judge(expect, claim, set), which states what is expected: expect(row, options, f) is a verdict on what f answers for the results of every network,
-- claim a row that decides nothing. Where a sweep is not enough there are no more rows than one that says so.
function sweeps.studies(paper, o)
  local n = paper.choose({ dense = 200 }, { dense = 500, conv = 300 })
  local kinds = paper.choose({ "dense tanh", "dense relu" }, { "dense tanh", "dense relu", "conv tanh", "conv relu" })
  local pictures = { digits = paper.mnist, CIFAR = eb.data.cifar10 }
  for _, name in ipairs(paper.choose({ "digits" }, { "digits", "CIFAR" })) do
    local set = { name = name, data = pictures[name], n = n, until_loss = o.until_loss[name] }
    local results, enough = sweeps.study(paper, set, o.loss, kinds, o.factors, o.thrown)
    local function row(enter)
      return function(text, options, f)
        options.row, options.measured = ("%s (%s: %s)"):format(text, name, table.concat(kinds, ", ")), {}
        for i, r in ipairs(results) do options.measured[i] = f(r) end
        enter(options)
      end
    end
    local function largest(r) return r.count >= 4 and r.factor[-1]:item() or 0 / 0 end
    row(paper.expect)("largest step size over η_c that reaches ε, with three smaller ones", { at_least = 1.2 }, largest)
    if enough then o.judge(row(paper.expect), row(paper.claim), name) end
  end
end

-- How much larger the test loss is at the smaller of the two ends of a sweep than where it is least: 1 where it is least at an end, not U-shaped.
function sweeps.u_shape(r)
  return math.min(r.test_loss[1]:item(), r.test_loss[-1]:item()) / r.test_loss:min():item()
end

return sweeps
