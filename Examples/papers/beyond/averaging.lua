-- Does the rise of the norm at large step sizes survive an average of the iterates, or a last phase of small steps? From one start, descent to a
-- loss ε with step sizes on both sides of η_c = 2/s_GF. Of each: the last iterate, the mean of the last iterates, and what small steps make of the
-- state at loss 2ε. Were the rise the oscillation itself, a mean or small steps would undo it.
local eb = require "ebbtide"
local here = arg[0]:match "^.*/" or "./"
local paper, sweeps = dofile(here .. "../paper.lua"), dofile(here .. "../sweeps.lua")
paper.title "The rise of the norm at the edge: what an average and small last steps leave of it"

local train, test = paper.mnist { flatten = false }
train, test = sweeps.pictures(train:take(paper.choose(200, 500)), test)
local net, mse, enough = sweeps.network("dense", "tanh", 14), sweeps.losses.mse, 0.02
local function loss(p, x, y) return mse(net(p, x), y) end
local x, y, start = train.x, train.y, net:init { rng = eb.rng(1), gain = 0.5 }
local function norm(p) return eb.tree.norm(p, 1) end

local flow = sweeps.flow(start, loss, x, y, enough)
local eta_c = 2 / flow.largest
local function average(run) -- the last 20 iterates
  local tail, sum = run:fork():rewind(run.t - 20), eb.zeros_like(start)
  for _ in tail:steps(20) do sum = sum + tail.params end
  return sum / 20
end

local names, c = { "factor", "last", "mean", "matched", "small", "S_last", "S_small", "loss_last", "loss_mean", "error_last", "error_small" }, {}
for _, name in ipairs(names) do c[name] = {} end
for _, factor in ipairs(paper.choose({ 0.5, 2, 4 }, { 0.5, 1.5, 2, 3, 4, 6 })) do
  local run = eb.run { params = start, loss = loss, data = { x, y }, opt = eb.optim.sgd { lr = factor * eta_c } }
  run:advance(20000, { until_loss = 2 * enough })
  local small = run:fork()
  small.h.lr = eta_c / 2
  small:advance(20000, { until_loss = enough })
  run:advance(20000, { until_loss = enough })
  local mean, sharpness, flown = average(run), sweeps.sharpness(loss, x, y), norm(flow.params)
  local loss_mean = loss(mean, x, y):item()
  local row = { -- rises are beyond the flow at ε, `matched` beyond the flow at the mean's own loss
    factor = factor, last = norm(run.params) - flown, mean = norm(mean) - flown, small = norm(small.params) - flown,
    matched = norm(mean) - norm(sweeps.flow(start, loss, x, y, loss_mean).params), loss_last = loss(run.params, x, y):item(), loss_mean = loss_mean,
    S_last = sharpness(run) * run.h.lr / 2, S_small = sharpness(small) * run.h.lr / 2,
    error_last = sweeps.error(net, run.params, test), error_small = sweeps.error(net, small.params, test),
  }
  for _, name in ipairs(names) do table.insert(c[name], row[name]) end
end
for _, name in ipairs(names) do c[name] = eb.tensor(c[name]) end
local function over(above, below) return (above / below)[{ { 2, -1 } }]:totable() end -- above η_c

-- The oscillation is along few directions, and adds little to the norm of all. But it adds to the loss: at the same loss the middle of the
-- oscillation is further on than the flow, and so longer. Small steps end the oscillation, and what is left is the rise at equal progress.
paper.expect { row = "below η_c there is no rise: the last iterate's over the least above", at_most = 0.1, measured = c.last[1]:item() / c.last[2]:item() }
paper.expect { row = "above η_c: loss of the mean of 20 iterates over that of the last", at_most = 0.95, measured = over(c.loss_mean, c.loss_last) }
paper.expect { row = "above η_c: part of the rise that this mean has", at_least = 0.5, at_most = 0.99, measured = over(c.mean, c.last) }
-- Some of the rise is left, since a path that has left the flow's ends elsewhere. Whether half of it is left is a question, not a theory.
paper.expect { row = "some of it is left after small last steps: the rise, over the difference below η_c", at_least = 1, measured = over(c.small, c.last[1]:abs()) }
paper.claim { row = "half of it is left after small last steps to the same loss", at_least = 0.5, measured = over(c.small, c.last) }
paper.claim { row = "the mean has half of it beyond the flow at the mean's own, lower loss", at_least = 0.5, measured = over(c.matched, c.last) }
paper.expect { row = "sharpness after small last steps over that of the last iterate", at_least = 1.02, measured = over(c.S_small, c.S_last) }
paper.csv("all", c, names)
paper.figure("rises", eb.plot.line { { c.factor, c.last, name = "last iterate" }, { c.factor, c.mean, name = "mean of 20" },
  { c.factor, c.matched, name = "mean, flow at its loss" }, { c.factor, c.small, name = "small last steps" }, xlabel = "step size / η_c", ylabel = "1-norm beyond the flow's" },
  "What an average and small last steps leave of the rise of the norm")
paper.finish()
