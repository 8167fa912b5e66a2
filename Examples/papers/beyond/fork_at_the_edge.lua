-- Out of the edge of stability and into it, from one state. A run at its edge is forked: one branch goes on, one takes steps of a quarter and is out.
-- After the same time the second is forked again, and one of its branches takes the large steps. Is what the edge does a matter of how far the
-- branches are apart? Moves as long in random directions tell.
local eb = require "ebbtide"
local here = arg[0]:match "^.*/" or "./"
local paper, sweeps = dofile(here .. "../paper.lua"), dofile(here .. "../sweeps.lua")
paper.title "Out of the edge and in again: sharpness follows the step size, not the distance"

local train, test = paper.mnist { flatten = false }
train, test = sweeps.pictures(train:take(paper.choose(200, 500)), test)
local net, mse = sweeps.network("dense", "tanh", 14), sweeps.losses.mse
local function loss(p, x, y) return mse(net(p, x), y) end
local x, y, lr, phase = train.x, train.y, 0.3, paper.choose(300, 1000)
local start = net:init { rng = eb.rng(1), gain = 0.5 }
local stay = eb.run { params = start, loss = loss, data = { x, y }, opt = eb.optim.sgd { lr = lr } }
stay:track { sharpness = { every = phase // 50, sweeps.sharpness(loss, x, y) } }
stay:advance(phase)
local out = stay:fork()
out.h.lr = lr / 4
out:advance(4 * phase)
local back = out:fork()
back.h.lr = lr
out:advance(4 * phase)
stay:advance(2 * phase)
back:advance(phase)

-- From the branch that stayed out, as far as the one at the edge is away, in five random directions.
local distance, moved = eb.tree.norm(stay.params - out.params), { S = {}, norm = {}, loss = {} }
local function norm(p) return eb.tree.norm(p, 1) end
for i = 1, 5 do
  local direction = eb.tree.randn_like(start, { rng = eb.rng(10 + i) })
  local p = out.params + distance / eb.tree.norm(direction) * direction
  moved.S[i], moved.norm[i], moved.loss[i] = sweeps.sharpness(loss, x, y) { params = p }, norm(p) - norm(out.params), loss(p, x, y):item()
end
local S = sweeps.sharpness(loss, x, y)
local S_stay, S_out, S_back = S(stay), S(out), S(back)
local function over(list, whole) local r = {} for i, v in ipairs(list) do r[i] = v / whole end return r end

paper.expect { row = "S over 2/lr: at the edge all the time, and back at it", at_least = 0.9, at_most = 1.25, measured = { S_stay * lr / 2, S_back * lr / 2 } }
paper.expect { row = "S over the same 2/lr: out, with steps of a quarter, it goes on rising", at_least = 1.25, measured = S_out * lr / 2 }
paper.expect { row = "S after random moves over S out", expected = 1, within = 0.1, measured = over(moved.S, S_out) }
paper.expect { row = "1-norm beyond that of the branch that is out: at the edge, back at it", at_least = 0, measured = { norm(stay.params) - norm(out.params), norm(back.params) - norm(out.params) } }
paper.expect { row = "the same of random moves over that at the edge", at_most = 0.5, measured = over(moved.norm, norm(stay.params) - norm(out.params)) }
paper.expect { row = "loss after random moves over that at the edge, as far away", at_least = 1, measured = over(moved.loss, loss(stay.params, x, y):item()) }

-- Against time, steps times step size, in which both branches descend alike.
local function curve(name, r, first, time)
  local log = r.log.sharpness
  local later = log.step:gt(first)
  return { time + (log.step[later]:cast "float64" - first) * r.h.lr, log.value[later], name = name }
end
local begin = phase * lr
local curves = { curve("at the edge", stay, 0, 0), curve("out", out, phase, begin), curve("back", back, 5 * phase, 2 * begin) }
curves.hlines, curves.xlabel, curves.ylabel = { { 2 / lr, "2/lr" } }, "time", "sharpness"
for i, name in ipairs { "stay", "out", "back" } do paper.csv(name, { time = curves[i][1], sharpness = curves[i][2] }, { "time", "sharpness" }) end
paper.figure("sharpness", eb.plot.line(curves), "One state, three branches: at the edge, out of it, and in again")
paper.finish()
