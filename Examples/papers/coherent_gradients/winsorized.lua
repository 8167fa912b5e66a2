-- Each coordinate of a step is kept from following few examples: of a batch of 100 gradients the c largest and the c smallest values are pulled
-- in. What one example alone asks for is then not learnt: instead of going to 1, train accuracy stops near the share of labels that are
-- right (Chatterjee 2020, arXiv 2002.10657, the second experiment).
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "Winsorized descent does not learn permuted labels by heart"

local n, steps, noises = paper.choose(1000, 3000), paper.choose(700, 3000), paper.choose({ 0, 0.5 }, { 0, 0.25, 0.5, 0.75, 1 })
local all, test = paper.mnist()
local net = eb.nn.mlp { 784, 64, 64, 64, 10, act = "relu" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end

-- Percentile c of 100 values is the one of rank round(c · 99/100).
local squares = eb.arange(0, 99) ^ 2
local gradients = eb.per_example(function(p, x) return p * x end)(eb.ones { 1 }[1], squares)
for _, anchor in ipairs { { 1, 1, 9604 }, { 2, 4, 9409 }, { 8, 64, 8281 } } do
  local c, low, high = table.unpack(anchor)
  paper.expect {
    row = ("c = %d: the mean of 0, 1, 4, … 99² is that of the values clipped to [%d, %d]"):format(c, low, high),
    expected = squares:clamp(low, high):mean():item(), within = 1e-6, measured = gradients:winsorized { c = c }:item(),
  }
end

local function falls(list) for i = 2, #list do if list[i] >= list[i - 1] then return false end end return true end

local levels, columns = { 0, 1, 2, 4, 8 }, { noise = {}, c = {}, proper = {}, train = {}, test = {}, overfit = {} }
for _, noise in ipairs(noises) do
  local data = eb.perturb.label_noise(all, noise, { rng = eb.rng(1) }):take(n)
  local proper = data.y:eq(data.y_clean):cast("float64"):mean():item()
  local curves, fit, learnt, overfit = { title = ("train accuracy, noise %g"):format(noise), xlabel = "step", legend = "below" }, {}, {}, {}
  curves[#levels + 1] = { { 1, steps }, { proper, proper }, name = "right labels" }
  for j, c in ipairs(levels) do
    local run = eb.run {
      params = net:init { rng = eb.rng(0), init = "glorot_normal", gain = math.sqrt(2) }, loss = loss, seed = 3,
      data = eb.batches(data, { size = 100, shuffle = true }), opt = eb.optim.sgd { lr = 0.1 }, aggregate = eb.agg.winsorized { c = c },
    }
    local function accuracy(of) return function(r) return eb.metrics.accuracy(net(r.params, of.x), of.y) end end
    run:track({ train = accuracy(data), test = accuracy(test) }, { every = steps // 50 })
    run:advance(steps)
    local function last(series) return series.value[{ { -10, -1 } }]:median():item() end  -- a step may lead uphill: the last ten
    local ta, va = last(run.log.train), last(run.log.test)
    -- The part of the way from the share of right labels to all labels; how far fitting goes beyond what the test accuracy explains.
    fit[j], learnt[j], overfit[j] = ta, (ta - proper) / math.max(1 - proper, 1e-9), ta - (noise / 10 + (1 - noise) * va)
    local line = { noise = noise, c = c, proper = proper, train = ta, test = va, overfit = overfit[j] }
    for key, list in pairs(columns) do list[#list + 1] = line[key] end
    curves[j] = { run.log.train.step, run.log.train.value, name = "c = " .. c }
  end
  paper.figure(("train-%g"):format(100 * noise), eb.plot.line(curves), ("Train accuracy; %.3f of the labels are right"):format(proper))
  local function row(text, expected, list, holds) return { row = ("noise %g, %s"):format(noise, text), expected = expected, measured = list, holds = holds } end
  if noise == 0 then
    paper.expect(row("c = 0, 1, 2, 4, 8: pulling in more fits less: train accuracy", "falls", fit, falls(fit)))
  else
    paper.expect(row("c = 0, 1, 2, 4, 8: part of the way to all labels", "≥ 0.9 first, ≤ 0.25 last", learnt, learnt[1] >= 0.9 and learnt[5] <= 0.25))
    paper.claim(row("c = 2, 4: part of the way to all labels: the paper stops here", "≤ 0.25", { learnt[3], learnt[4] }, math.max(learnt[3], learnt[4]) <= 0.25))
    paper.expect(row("c = 0, 1, 2, 4, 8: adjusted overfit", "less with every c > 0", overfit, math.max(table.unpack(overfit, 2)) < overfit[1]))
    paper.claim(row("adjusted overfit from each c to the next", "falls", overfit, falls(overfit)))
  end
end
paper.csv("final", columns, { "noise", "c", "proper", "train", "test", "overfit" })
paper.finish()
