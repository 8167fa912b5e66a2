-- A share ε of the examples is chosen, and their labels are permuted among them. If gradients of similar examples add up and those of odd
-- ones do not, right labels are learnt at the pace of clean data and permuted ones at the pace of random labels, and the test suffers from
-- then on (Chatterjee 2020, arXiv 2002.10657, the first experiment).
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "Label noise: what is learnt when"

local n, width, steps = paper.choose(1000, 6000), paper.choose(128, 256), paper.choose(2000, 9000)
local all, test = paper.mnist()
local net = eb.nn.mlp { 784, width, 10, act = "relu" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
local schedule, results = { 0 }, {}
for _, unit in ipairs { 1, 10, 100, 1000 } do for k = 1, 9 do if k * unit <= steps then schedule[#schedule + 1] = k * unit end end end
for i, noise in ipairs { 0, 0.25, 0.5, 0.75, 1 } do
  local noisy = eb.perturb.label_noise(all, noise, { rng = eb.rng(1) })
  local data, r, memory = noisy:take(n), { noise = noise, proper = noisy.y:eq(all.y):cast("float64"):mean():item() }, nil
  local start, batches = net:init { rng = eb.rng(0), init = "glorot_normal", gain = math.sqrt(2) }, eb.batches(data, { size = 100, shuffle = true })
  local run = eb.run { params = start, loss = loss, seed = 3, data = batches, opt = eb.optim.sgd { lr = 0.1 } }
  r.mask, r.train, r.test, r.pristine, r.corrupt = data.mask, {}, {}, {}, {}
  for j, t in ipairs(schedule) do
    run:advance(t - run.t)
    r.learnt, memory = eb.diag.learnt(loss, run.params, data, { model = net, t = t, state = memory })
    r.train[j], r.pristine[j], r.corrupt[j] = r.learnt.fraction, r.learnt.fraction_p, r.learnt.fraction_c
    r.test[j] = eb.metrics.accuracy(net(run.params, test.x), test.y)
  end
  results[i] = r
end
for _, what in ipairs { "train", "test", "pristine", "corrupt" } do
  local curves = { title = what == "test" and "test accuracy" or "right as labelled: " .. what, xlabel = "step", logx = true }
  for i = what == "corrupt" and 2 or 1, what == "pristine" and 4 or 5 do
    table.insert(curves, { schedule, results[i][what], name = ("noise %g"):format(results[i].noise) })
  end
  paper.figure(what, eb.plot.line(curves), curves.title .. ", by the share ε of examples whose labels are permuted")
end
local function when(values) for j, v in ipairs(values) do if v >= 0.5 then return schedule[j] end end return math.huge end
local agree = (eb.arange(1, 10, { dtype = "int32" }):unsqueeze(2):eq(all.y):cast("float64"):mean(2) ^ 2):sum():item()
for i, r in ipairs(results) do
  local e = r.noise -- The choice is binomial, and of the permuted labels a share Σ q² is right again, q the frequencies of classes.
  r.proper = (r.proper - 1 + e * (1 - agree)) / math.sqrt((e * (1 - e) * (1 - agree) ^ 2 + e * agree * (1 - agree)) / #all)
  r.fit, r.half_p, r.half_c = r.train[#schedule], when(r.pristine), when(r.corrupt)
  r.fall, r.mean = eb.tensor(r.test):max():item() - r.test[#schedule], eb.tensor(r.train):mean():item()
  r.slower = i > 1 and results[i - 1].mean - r.mean
  for _, key in ipairs { "first", "last" } do r[key] = i > 1 and i < 5 and (r.learnt[key][r.mask]:median() / r.learnt[key][~r.mask]:median()):item() end
end
local function row(text, key, first, last, verdict)
  verdict.row, verdict.measured = text, {}
  for i = first, last do verdict.measured[i - first + 1] = results[i][key] end
  paper.expect(verdict)
end
row("ε = 25 … 100 %: share of right labels − (1 − ε(1 − Σ q²)), in standard deviations of the draw", "proper", 2, 5, { at_least = -4, at_most = 4 })
row("ε = 0 … 100 %: all labels are learnt, train accuracy at the end", "fit", 1, 5, { at_least = 0.97 })
row("ε = 25 … 100 %: train accuracy, mean over the logged steps: that at the noise before minus it", "slower", 2, 5, { at_least = 1 / n })
local middle = math.sqrt(when(results[1].train) * when(results[5].train)) -- On a logarithmic axis.
row("ε = 25, 50, 75 %: steps to half of the pristine labels, nearer to the pace of clean ones", "half_p", 2, 4, { at_most = middle })
row("steps to half of the corrupt labels, nearer to the pace of random ones", "half_c", 2, 4, { at_least = middle })
row("step when first right, median of corrupt over that of pristine examples", "first", 2, 4, { at_least = 10 / 9 }) -- the next logged one at least
row("step since when right, median of corrupt over that of pristine examples", "last", 2, 4, { at_least = 3 })
row("test accuracy, the best minus the last: more than three standard errors", "fall", 2, 4, { at_least = 3 * math.sqrt(0.25 / #test) })
paper.finish()
