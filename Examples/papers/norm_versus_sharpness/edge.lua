-- Descent reaches the edge of stability and stays, and the path it takes there on average is not gradient flow but the central flow, which is held
-- at sharpness 2/lr (Cohen et al. 2025, arXiv 2410.24206). A net of 151 parameters fits a Chebyshev polynomial at 20 points. In float64 nothing
-- oscillates when it gets there: at this step it is moved along the top vector of the Hessian, by the deviation that the central flow predicts.
local eb = require "ebbtide"
local here = arg[0]:match "^.*/" or "./"
local paper, sweeps = dofile(here .. "../paper.lua"), dofile(here .. "../sweeps.lua")
eb.default_dtype "float64"
paper.title "At the edge: descent, its central flow, and gradient flow side by side"

local x = eb.linspace(-1, 1, 20):unsqueeze(2)
local y = 4 * x ^ 3 - 3 * x
local net, lr, steps = eb.nn.mlp { 1, 50, 1, act = "tanh" }, 0.3, paper.choose(1400, 3000)
local function loss(p, x, y) return ((net(p, x) - y) ^ 2):mean() / 2 end
local start, edge = net:init { rng = eb.rng(1) }, 2 / lr
local function descent()
  return eb.run { params = start, loss = loss, data = { x, y }, opt = eb.optim.sgd { lr = lr } }:track { S = { every = 5, sweeps.sharpness(loss, x, y) } }
end

-- To the edge; this run goes on as it is, beside one that is moved.
local alone = descent()
repeat alone:advance(5) until alone.log.S.value[-1]:item() >= edge or alone.t > steps / 2
local arrived = alone.t
if not paper.expect { row = "step at which descent reaches the edge: in the first half", at_most = steps / 2, measured = arrived } then paper.finish() end
local deviation = eb.flow.central { params = alone.params, loss = loss, data = { x, y }, lr = lr, time = 1 }.variance ^ 0.5
local top = eb.curv.hessian(loss, alone.params, x, y):eigs { k = 1 }.vectors[1]
alone:advance(steps - arrived)

-- Distances of the moved run's midpoints (w before + 2 w + w after)/4, in which the oscillation is gone, to both flows, at every step.
local run = descent():at_step(arrived, function(r) r.params = r.params + deviation * top end)
local central = eb.flow.central { params = start, loss = loss, data = { x, y }, lr = lr }
local flow = eb.flow.gradient_flow { params = start, loss = loss, data = { x, y }, lr = lr, every = 10 * lr, track = { S = sweeps.sharpness(loss, x, y) } }
local seen = eb.flow.compare(run, { central = central, flow = flow }, { steps = steps })
local distance, before, late = seen.distance, seen.step:lt(arrived), seen.step:gt((arrived + steps) / 2)
local function mean(series, where) return series[where]:mean():item() end
local function near(S) return mean((S.value / edge - 1):abs():le(0.05):cast "float64", S.step:gt(arrived)) end
local loss_over = {} -- means of 200 steps each, two or more bursts of a small oscillation
for first = arrived + 1, steps - 200, 200 do
  local window = seen.step:ge(first) & seen.step:lt(first + 200)
  table.insert(loss_over, mean(seen.loss.run, window) / mean(seen.predicted.central, window))
end
local S, S_alone, held, free = run.log.S, alone.log.S, central.log.sharpness, flow.log.S

-- The central flow is at 2/lr by construction, which is no verdict; that descent is there, is where the flow is, and has its loss, are three.
paper.expect { row = "descent at the edge: share of the time that sharpness is within 5 % of 2/lr", at_least = 0.95, measured = near(S) }
paper.claim { row = "the same of descent that was not moved: it overshoots", at_least = 0.95, measured = near(S_alone) }
paper.expect { row = "sharpness of gradient flow over 2/lr at the end: it goes on rising", at_least = 1.2, measured = free.value[-1]:item() / edge }
local early = distance.flow[before]:max() / distance.flow[-1]
paper.expect { row = "before the edge: largest distance to gradient flow, over that at the end", at_most = 0.1, measured = early:item() }
paper.expect { row = "late at the edge: mean distance to the central flow over that to gradient flow", at_most = 0.1,
  measured = mean(distance.central, late) / mean(distance.flow, late) }
paper.expect { row = "loss over what the central flow predicts, means of 200 steps", expected = 1, within = 0.1, measured = loss_over }

paper.figure("sharpness", eb.plot.line { { S.step, S.value, name = "descent" }, { held.t, held.value, name = "central flow" },
  { free.t / lr, free.value, name = "gradient flow" }, { S_alone.step, S_alone.value, name = "not moved", dashed = true },
  hlines = { { edge, "2/lr" } }, xlabel = "step", ylabel = "sharpness" }, "Descent hovers about 2/lr, its central flow is held there, gradient flow rises")
paper.figure("distance", eb.plot.line { { seen.step, distance.central, name = "to the central flow" }, { seen.step, distance.flow, name = "to gradient flow" },
  logy = true, xlabel = "step", ylabel = "distance of the midpoints" }, "Where descent is on average")
paper.figure("loss", eb.plot.line { { seen.step, seen.loss.run, name = "descent" }, { seen.step, seen.predicted.central, name = "predicted average" },
  { seen.step, seen.loss.flow, name = "gradient flow" }, logy = true, xlabel = "step", ylabel = "loss" }, "Loss of descent, predicted average, gradient flow")
paper.finish()
