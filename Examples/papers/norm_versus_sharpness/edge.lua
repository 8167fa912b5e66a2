-- Descent reaches the edge of stability and stays, and the path it takes there on average is not gradient flow but the central flow, which is held
-- at sharpness 2/lr (Cohen et al. 2025, arXiv 2410.24206). A net of 151 parameters fits a Chebyshev polynomial at 20 points.
local eb = require "ebbtide"
local here = arg[0]:match "^.*/" or "./"
local paper, sweeps = dofile(here .. "../paper.lua"), dofile(here .. "../sweeps.lua")
eb.default_dtype "float64"
paper.title "At the edge: descent, its central flow, and gradient flow side by side"

local x = eb.linspace(-1, 1, 20):unsqueeze(2)
local y = 4 * x ^ 3 - 3 * x
local net, lr, steps = eb.nn.mlp { 1, 50, 1, act = "tanh" }, 0.3, paper.choose(1400, 3000)
local function loss(p, x, y) return ((net(p, x) - y) ^ 2):mean() / 2 end

-- Distances of the run's midpoints (w before + 2 w + w after)/4, in which the oscillation is gone, to both flows, at every step.
local start = net:init { rng = eb.rng(1) }
local central = eb.flow.central { params = start, loss = loss, data = { x, y }, lr = lr }
local flow = eb.flow.gradient_flow {
  params = start, loss = loss, data = { x, y }, lr = lr, every = 10 * lr, track = { sharpness = sweeps.sharpness(loss, x, y) },
}
local run = eb.run { params = start, loss = loss, data = { x, y }, opt = eb.optim.sgd { lr = lr } }
run:track { sharpness = { every = 5, sweeps.sharpness(loss, x, y) } }
local seen = eb.flow.compare(run, { central = central, flow = flow }, { steps = steps })

local edge = 2 / lr
local S, held, free, distance = run.log.sharpness, central.log.sharpness, flow.log.sharpness, seen.distance
local arrived = held.t[held.value:ge(0.999 * edge):cast "int32":argmax()]:item()
local before, late = seen.step:lt(arrived), seen.step:gt((arrived + steps) / 2)
local averaged = seen.loss.run[late]:mean():item()
print(("the central flow reaches the edge at step %.0f"):format(arrived))

-- Oscillations come in bursts: means over the second half of the time at the edge. Of the loss, which bursts rule, over many alone: in full.
paper.expect { row = "sharpness of the run over 2/lr, mean over the second half at the edge", expected = 1, within = 0.1,
  measured = S.value[S.step:cast "float64":gt((arrived + steps) / 2)]:mean():item() / edge }
paper.expect { row = "sharpness of the central flow over 2/lr at the end", expected = 1, within = 0.01, measured = held.value[-1]:item() / edge }
paper.expect { row = "sharpness of gradient flow over 2/lr at the end: it goes on rising", at_least = 1.2, measured = free.value[-1]:item() / edge }
paper.expect { row = "before the edge: largest distance to gradient flow, over that at the end", at_most = 0.1,
  measured = distance.flow[before]:max():item() / distance.flow[-1]:item() }
paper.expect { row = "late at the edge: mean distance to the central flow over that to gradient flow", at_most = 0.33,
  measured = distance.central[late]:mean():item() / distance.flow[late]:mean():item() }
local predicted = seen.predicted.central[late]:mean():item()
print(("mean loss %.5f, predicted %.5f"):format(averaged, predicted))
if not paper.quick then paper.expect { row = "mean loss beside what the central flow predicts", expected = predicted, within = 0.2, measured = averaged } end
paper.expect { row = "loss of gradient flow over that of the run, in the same time", at_most = 0.9, measured = seen.loss.flow[late]:mean():item() / averaged }

paper.csv("distances", { step = seen.step, central = distance.central, flow = distance.flow, loss = seen.loss.run, predicted = seen.predicted.central },
  { "step", "central", "flow", "loss", "predicted" })
paper.figure("sharpness", eb.plot.line { { S.step, S.value, name = "descent" }, { held.t, held.value, name = "central flow" },
  { free.t / lr, free.value, name = "gradient flow" }, hlines = { { edge, "2/lr" } }, legend = "below", xlabel = "step", ylabel = "sharpness" },
  "Sharpness in the same time: descent hovers about 2/lr, its central flow is held there, gradient flow goes on rising")
paper.figure("distance", eb.plot.line { { seen.step, distance.central, name = "to the central flow" }, { seen.step, distance.flow, name = "to gradient flow" },
  logy = true, xlabel = "step", ylabel = "distance of the midpoints" }, "Where descent is on average")
paper.figure("loss", eb.plot.line { { seen.step, seen.loss.run, name = "descent" }, { seen.step, seen.predicted.central, name = "predicted average" },
  { seen.step, seen.loss.flow, name = "gradient flow" }, logy = true, xlabel = "step", ylabel = "loss" }, "Loss of descent, the average that the central flow predicts, and gradient flow")
paper.finish()
