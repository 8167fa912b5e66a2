-- M3 steps along the coordinatewise median of three batch gradients, RM3 at every step along that of the last three: what only one batch asks
-- for gets no step. RA3 averages the same three and is the control (Zielinski, Krishnan & Chatterjee 2020, arXiv 2003.07422).
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "Weak gradient directions: the median of three batches"

-- Batches are small, so that an odd example weighs enough in its batch to make it the outlier of three.
local n, width, steps, size = paper.choose(1000, 6000), paper.choose(128, 256), paper.choose(4000, 24000), 10
local all, test = paper.mnist()
local data = eb.perturb.label_noise(all, 0.5, { rng = eb.rng(1) }):take(n)
local right = data.y:eq(data.y_clean)
local sets = { right = data:pick(right), wrong = data:pick(~right), test = test }
local net = eb.nn.mlp { 784, width, 10, act = "relu" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end

local names = { "sgd", "m3", "rm3", "ra3" }
local curves, last = { right = {}, wrong = {}, test = {} }, { right = {}, wrong = {}, test = {} }
for i, name in ipairs(names) do
  local sgd = eb.optim.sgd { lr = 0.02 }
  local run = eb.run {
    params = net:init { rng = eb.rng(0), init = "glorot_normal", gain = math.sqrt(2) }, loss = loss, seed = 3,
    data = eb.batches(data, { size = size, shuffle = true }), opt = name == "sgd" and sgd or eb.optim.chain { eb.agg[name], sgd },
  }
  -- M3 takes three batches for a step; all take as many steps.
  local batches, quantities = name == "m3" and 3 or 1, {}
  for what, set in pairs(sets) do quantities[what] = function(r) return eb.metrics.accuracy(net(r.params, set.x), set.y) end end
  run:track(quantities, { every = batches * steps // 40 })
  run:advance(batches * steps)
  for what in pairs(sets) do
    local series = run.log[what]
    curves[what][i] = { series.step / batches, series.value, name = name:upper() }
    last[what][i] = series.value[{ { -5, -1 } }]:mean():item()
  end
end
for _, what in ipairs { "right", "wrong", "test" } do
  curves[what].title = what == "test" and "test accuracy" or "share of the " .. what .. " labels that are learnt"
  curves[what].xlabel = "step"
  paper.figure(what, eb.plot.line(curves[what]), "Half of the labels are permuted")
end

local function row(text, options) options.row = text paper.expect(options) end
local wrong, three = last.wrong, 3 * math.sqrt(0.25 / #test)
-- "Suppressed": less than three quarters of what SGD learns; the control stays within a tenth.
row("wrong labels learnt with M3 and RM3 over those with SGD", { at_most = 0.75, measured = { wrong[2] / wrong[1], wrong[3] / wrong[1] } })
row("the same with RA3, the control", { expected = 1, within = 0.1, measured = wrong[4] / wrong[1] })
row("right labels learnt with M3 and RM3 over those with SGD", { at_least = 0.9, measured = { last.right[2] / last.right[1], last.right[3] / last.right[1] } })
row("test accuracy of RM3 minus that of SGD: not lower by three standard errors", { at_least = -three, measured = last.test[3] - last.test[1] })
paper.finish()
