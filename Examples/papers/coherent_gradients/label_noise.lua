-- A share ε of the examples is chosen, and their labels are permuted among them. If gradients of similar examples add up and those of odd
-- ones do not, right labels are learnt at the pace of clean data and permuted ones at the pace of random labels, and the test suffers from
-- then on (Chatterjee 2020, arXiv 2002.10657, the first experiment).
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "Label noise: what is learnt when"
local n, width, steps, schedule, results = paper.choose(1000, 6000), paper.choose(128, 256), paper.choose(2000, 9000), { 0 }, {}
local net, all, test = eb.nn.mlp { 784, width, 10, act = "relu" }, paper.mnist()
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
for _, unit in ipairs { 1, 10, 100, 1000 } do for k = 1, 9 do if k * unit <= steps then schedule[#schedule + 1] = k * unit end end end
for i, noise in ipairs { 0, 0.25, 0.5, 0.75, 1 } do
  local noisy = eb.perturb.label_noise(all, noise, { rng = eb.rng(1) })
  local data, r, memory = noisy:take(n), { noise = noise, proper = noisy.y:eq(all.y):cast("float64"):mean():item(), right = {}, loss = {} }, nil
  local sets = { train = data, test = test, pristine = i < 5 and data:pick(~data.mask) or nil, corrupt = i > 1 and data:pick(data.mask) or nil }
  for what in pairs(sets) do r.right[what], r.loss[what] = {}, {} end
  local start, batches = net:init { rng = eb.rng(0), init = "glorot_normal", gain = math.sqrt(2) }, eb.batches(data, { size = 100, shuffle = true })
  local run = eb.run { params = start, loss = loss, seed = 3, data = batches, opt = eb.optim.sgd { lr = 0.1 } }
  for j, t in ipairs(schedule) do
    run:advance(t - run.t)
    r.learnt, memory = eb.diag.learnt(loss, run.params, data, { model = net, t = t + 1, state = memory }) -- 0 says never
    for what, set in pairs(sets) do
      local out = net(run.params, set.x)
      r.right[what][j], r.loss[what][j] = eb.metrics.accuracy(out, set.y), eb.loss.cross_entropy(out, set.y):item()
    end
  end
  local function median(key, of) return eb.where(r.learnt[key]:eq(0), 10 * steps, r.learnt[key])[of]:median():item() end -- never: latest
  if i > 1 and i < 5 then for _, key in ipairs { "first", "last" } do r[key] = median(key, data.mask) / median(key, ~data.mask) end end
  results[i] = r
end
for _, what in ipairs { "train", "test", "pristine", "corrupt" } do
  for _, kind in ipairs { "right", "loss" } do
    local curves = { title = (kind == "right" and "right as labelled: " or "loss: ") .. what, xlabel = "step", logx = true, logy = kind == "loss" }
    for _, r in ipairs(results) do curves[#curves + 1] = r[kind][what] and { schedule, r[kind][what], name = ("noise %g"):format(r.noise) } end
    paper.figure(kind == "right" and what or "loss-" .. what, eb.plot.line(curves), curves.title .. ", by the share ε of permuted labels")
  end
end
local function when(values) for j, v in ipairs(values or {}) do if v >= 0.5 then return schedule[j] end end return math.huge end
local agree = (eb.arange(1, 10, { dtype = "int32" }):unsqueeze(2):eq(all.y):cast("float64"):mean(2) ^ 2):sum():item()
for i, r in ipairs(results) do
  local e = r.noise -- the choice is binomial, and of the permuted labels a share Σ q² is right again, q the frequencies of classes
  r.proper = (r.proper - 1 + e * (1 - agree)) / math.sqrt((e * (1 - e) * (1 - agree) ^ 2 + e * agree * (1 - agree)) / #all)
  r.fall, r.mean = eb.tensor(r.right.test):max():item() - r.right.test[#schedule], eb.tensor(r.right.train):mean():item()
  r.fit, r.half_p, r.half_c = r.right.train[#schedule], when(r.right.pristine), when(r.right.corrupt)
  if i > 1 then r.slower = results[i - 1].mean - r.mean end
end
local function row(text, key, first, last, verdict)
  verdict.row, verdict.measured = text, {}
  for i = first, last do table.insert(verdict.measured, results[i][key]) end
  paper.expect(verdict)
end
row("ε = 25 … 100 %: share of right labels − (1 − ε(1 − Σ q²)), in standard deviations of the draw", "proper", 2, 5, { at_least = -4, at_most = 4 })
row("ε = 0 … 100 %: all labels are learnt, train accuracy at the end", "fit", 1, 5, { at_least = 0.97 })
row("ε = 25 … 100 %: train accuracy, mean over the logged steps: that at the noise before minus it", "slower", 2, 5, { at_least = 1 / n })
local middle = math.sqrt(when(results[1].right.train) * when(results[5].right.train)) -- On a logarithmic axis.
row("ε = 25, 50, 75 %: steps to half of the pristine labels, nearer to the pace of clean ones", "half_p", 2, 4, { at_most = middle })
row("steps to half of the corrupt labels, nearer to the pace of random ones", "half_c", 2, 4, { at_least = middle })
row("step (from 1) when first right, median of corrupt over that of pristine: the next logged one", "first", 2, 4, { at_least = 10 / 9 })
row("step (from 1) since when right, median of corrupt over that of pristine", "last", 2, 4, { at_least = 3 })
row("test accuracy, the best minus the last: more than three standard errors", "fall", 2, 4, { at_least = 3 * math.sqrt(0.25 / #test) })
paper.finish()
