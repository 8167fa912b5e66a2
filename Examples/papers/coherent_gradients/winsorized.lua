-- Each coordinate of a step is kept from following few examples: of a batch of 100 gradients the c largest and the c smallest values are pulled
-- in. What one example alone asks for is then not learnt: instead of going to 1, train accuracy stops near the share of labels that are
-- right (Chatterjee 2020, arXiv 2002.10657, the second experiment, where c > 1 is said to be enough).
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "Winsorized descent does not learn permuted labels by heart"
-- With the paper's steps of 0.1 winsorized nets of this size forget what is right. So many steps of 0.03 that plain ones learn all labels.
local n, steps, noises = paper.choose(2000, 3000), paper.choose(4000, 6000), paper.choose({ 0, 0.5 }, { 0, 0.25, 0.5, 0.75, 1 })
local all, test = paper.mnist()
local net = eb.nn.mlp { 784, 64, 64, 64, 10, act = "relu" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
local function accuracy(of) return function(r) return eb.metrics.accuracy(net(r.params, of.x), of.y) end end
-- Percentile c of 100 values is the one of rank round(c · 99/100).
local squares = eb.arange(0, 99) ^ 2
local gradients = eb.per_example(function(p, x) return p * x end)(eb.ones { 1 }[1], squares)
local clipped, measured = {}, {}
for i, anchor in ipairs { { 1, 1, 9604 }, { 2, 4, 9409 }, { 8, 64, 8281 } } do
  clipped[i], measured[i] = squares:clamp(anchor[2], anchor[3]):mean():item(), gradients:winsorized { c = anchor[1] }:item()
end
paper.expect { row = "c = 1, 2, 8: the mean of 0, 1, 4, … 99² is that of the values clipped to [c², (99 − c)²]", expected = clipped, within = 1e-6, measured = measured }
local function falls(list) for i = 2, #list do if list[i] >= list[i - 1] then return false end end return true end
local levels, columns = paper.choose({ 0, 2, 8 }, { 0, 1, 2, 4, 8 }), { noise = {}, c = {}, proper = {}, train = {}, test = {}, overfit = {} }
for _, noise in ipairs(noises) do
  local data = eb.perturb.label_noise(all, noise, { rng = eb.rng(1) }):take(n)
  local proper = data.y:eq(data.y_clean):cast("float64"):mean():item()
  local curves, fit, learnt, overfit = { title = ("train accuracy, noise %g"):format(noise), xlabel = "step", hlines = { { proper, "right labels" } } }, {}, {}, {}
  for j, c in ipairs(levels) do
    local run = eb.run {
      params = net:init { rng = eb.rng(0), init = "glorot_normal", gain = math.sqrt(2) }, loss = loss, seed = 3,
      data = eb.batches(data, { size = 100, shuffle = true }), opt = eb.optim.sgd { lr = 0.03 }, aggregate = eb.agg.winsorized { c = c },
    }
    run:track({ train = accuracy(data), test = accuracy(test) }, { every = steps // 20 })
    run:advance(steps)
    local function last(series) return series.value[{ { -5, -1 } }]:median():item() end -- a step may lead uphill: over the last fifth
    local ta, va = last(run.log.train), last(run.log.test)
    -- The part of the way from the share of right labels to all labels; how far fitting goes beyond what the test accuracy explains.
    fit[j], learnt[j], overfit[j] = ta, (ta - proper) / math.max(1 - proper, 1e-9), ta - (noise / 10 + (1 - noise) * va)
    for key, x in pairs { noise = noise, c = c, proper = proper, train = ta, test = va, overfit = overfit[j] } do table.insert(columns[key], x) end
    curves[j] = { run.log.train.step, run.log.train.value, name = "c = " .. c }
  end
  paper.figure(("train-%g"):format(100 * noise), eb.plot.line(curves), ("Train accuracy; %.3f of the labels are right"):format(proper))
  local function row(text, expected, list, holds) return { row = ("noise %g, %s"):format(noise, text), expected = expected, measured = list, holds = holds } end
  -- "Near" is 0.1: half of the wrong labels where these are fewest, so that neither learning nor forgetting many labels passes.
  local function stops(k) return row(("c = %d: train accuracy stops at the share of right labels"):format(levels[k]), ("%.3f ± 0.1"):format(proper), fit[k],
    math.abs(fit[k] - proper) <= 0.1) end
  local all_c, strong = "c = " .. table.concat(levels, ", "), table.move(overfit, #levels // 2 + 1, #levels, 1, {})
  if noise == 0 then
    paper.expect(row("c = 8, c = 0: pulling in fits less: train accuracy", "the first is less", { fit[#levels], fit[1] }, fit[#levels] < fit[1]))
    paper.claim(row(all_c .. ": train accuracy from each c to the next", "falls", fit, falls(fit)))
  else
    paper.expect(row("c = 0: part of the way from the share of right labels to all", "≥ 0.9", learnt[1], learnt[1] >= 0.9))
    paper[noise < 1 and "expect" or "claim"](stops(#levels))
    for k = #levels // 2 + 1, #levels - 1 do paper.claim(stops(k)) end
    paper.expect(row("adjusted overfit with every c > 1", ("less than %.4g, that of c = 0"):format(overfit[1]), strong, math.max(table.unpack(strong)) < overfit[1]))
    paper.claim(row(all_c .. ": adjusted overfit from each c to the next", "falls", overfit, falls(overfit)))
  end
end
paper.csv("final", columns, { "noise", "c", "proper", "train", "test", "overfit" })
paper.finish()
