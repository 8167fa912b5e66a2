-- Each coordinate of a step is kept from following few examples: of a batch of 100 gradients the c largest and the c smallest values are pulled
-- in. What one example alone asks for is then not learnt: instead of going to 1, train accuracy stops near the share of labels that are
-- right (Chatterjee 2020, arXiv 2002.10657, the second experiment, where c > 1 is said to be enough). winsorized_control.lua looks closer.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "Winsorized descent learns fewer permuted labels, and overfits less"
-- With the paper's steps of 0.1 winsorized nets of this size forget what is right. So many steps of 0.03 that plain ones learn all labels.
local n, steps, noises = paper.choose(2000, 3000), paper.choose(4000, 6000), paper.choose({ 0, 0.5 }, { 0, 0.25, 0.5, 0.75, 1 })
local levels = paper.choose({ 0, 2, 8 }, { 0, 1, 2, 4, 8 })
local all, test = paper.mnist()
local net = eb.nn.mlp { 784, 64, 64, 64, 10, act = "relu" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
-- The curve of train accuracy, and what holds in the last fifth: a step may lead uphill, so the median of five records.
local function train(data, c)
  local run = eb.run {
    params = net:init { rng = eb.rng(0), init = "glorot_normal", gain = math.sqrt(2) }, loss = loss, seed = 3,
    data = eb.batches(data, { size = 100, shuffle = true }), opt = eb.optim.sgd { lr = 0.03 },
    aggregate = c > 0 and eb.agg.winsorized { c = c } or nil, -- with c = 0 nothing is pulled in: the mean, which is plain descent
  }
  local right, quantities = data.y:eq(data.y_clean), {}
  local sets = { train = data, test = test, right = data:pick(right), wrong = data.mask:any():item() and data:pick(~right) or nil }
  for what, set in pairs(sets) do quantities[what] = function(now) return eb.metrics.accuracy(net(now.params, set.x), set.y) end end
  run:track(quantities, { every = steps // 20 })
  run:advance(steps)
  local r = { c = c, curve = { run.log.train.step, run.log.train.value, name = "c = " .. c }, wrong = 0 }
  for what in pairs(quantities) do r[what] = run.log[what].value[{ { -5, -1 } }]:median():item() end
  return r
end
local columns = { noise = {}, c = {}, share = {}, train = {}, right = {}, wrong = {}, test = {}, overfit = {} }
for _, noise in ipairs(noises) do
  local data = eb.perturb.label_noise(all, noise, { rng = eb.rng(1) }):take(n)
  local share, fit, learnt, overfit = data.y:eq(data.y_clean):cast("float64"):mean():item(), {}, {}, {} -- one number for each c
  local curves = { title = ("train accuracy, noise %g"):format(noise), xlabel = "step", hlines = { { share, "right labels" } } }
  for j, c in ipairs(levels) do
    local r = train(data, c)
    r.noise, r.share, r.overfit = noise, share, r.train - (noise / 10 + (1 - noise) * r.test) -- beyond what the test accuracy explains
    curves[j], fit[j], learnt[j], overfit[j] = r.curve, r.train, r.wrong, r.overfit
    for key, column in pairs(columns) do column[#column + 1] = r[key] end
  end
  paper.figure(("train-%g"):format(100 * noise), eb.plot.line(curves), ("Train accuracy; %.3f of the labels are right"):format(share))
  local function falls(list) for j = 2, #list do if list[j] >= list[j - 1] then return false end end return true end
  local head, all_c = ("noise %g, "):format(noise), "c = " .. table.concat(levels, ", ") .. ": "
  local function row(kind, text, expected, value, holds) paper[kind] { row = head .. text, expected = expected, measured = value, holds = holds } end
  row("claim", all_c .. "train accuracy from each c to the next", "falls", fit, falls(fit))
  if noise == 0 then row("expect", "c = 8 fits less than c = 0: train accuracy", "less", { fit[#fit], fit[1] }, fit[#fit] < fit[1]) end
  if noise > 0 then
    row("expect", "c = 0: wrong labels learnt", "≥ 0.9", learnt[1], learnt[1] >= 0.9)
    for j = #levels, 2, -1 do
      -- "Near" is 0.1: half of the wrong labels where these are fewest. It must show for the largest c where there are right labels to stop at.
      if levels[j] > 1 then
        row(levels[j] == 8 and noise < 1 and "expect" or "claim", ("c = %d: train accuracy is near the share of right labels"):format(levels[j]),
          ("%.3f ± 0.1"):format(share), fit[j], math.abs(fit[j] - share) <= 0.1)
        row("expect", ("c = %d: adjusted overfit"):format(levels[j]), "less than that of c = 0", { overfit[j], overfit[1] }, overfit[j] < overfit[1])
      end
    end
    row("claim", all_c .. "adjusted overfit from each c to the next", "falls", overfit, falls(overfit))
  end
end
paper.csv("final", columns, { "noise", "c", "share", "train", "right", "wrong", "test", "overfit" })
paper.finish()
