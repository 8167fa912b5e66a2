-- Regression with two linear layers from a small random start visits the solutions of every rank: the distance to each W⁽ᵏ⁾ of reduced-rank
-- regression falls towards 0 in turn, the more so the smaller the start. Inputs are Gaussian, so that Σ_x is only near the identity.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Descent of two layers visits every reduced-rank solution in turn"

local n, d, outputs, rank = 1000, 20, 10, 5
local r = eb.rng(3)
local function orthogonal(size) return (eb.linalg.qr(eb.randn({ size, size }, { rng = r })))[{ {}, { 1, rank } }] end
local x = eb.randn({ n, d }, { rng = r })
local truth = (orthogonal(d) * eb.tensor { 5, 3, 2, 1.2, 0.7 }):mm(orthogonal(outputs):t())
local y = x:mm(truth) + 0.1 * eb.randn({ n, outputs }, { rng = r })
local sx, sxy = x:t():mm(x) / n, x:t():mm(y) / n

local goals = { [0] = eb.zeros { d, outputs } }
for k = 1, rank do goals[k] = eb.theory.reduced_rank_regression(x, y, k) end
local size = goals[rank]:norm():item()

-- The relative distances to all goals along a run.
local function learn(start)
  local net = eb.models.deep_linear { d, outputs, outputs }
  local run = eb.run {
    params = net:init { rng = eb.rng(1), init = eb.init.normal { gain = start } }, opt = eb.optim.sgd { lr = 0.01 },
    loss = function(p) local W = net:effective(p) return (W * (sx:mm(W) / 2 - sxy)):sum() end,
  }
  run:track { distance = { every = 5, function(r)
    local W, distances = net:effective(r.params), {}
    for k = 0, rank do distances[k + 1] = (W - goals[k]):norm() / size end
    return eb.stack(distances)
  end } }
  return run:advance(6000).log
end

local starts, deepest = { 1e-1, 1e-3, 1e-6, 1e-12 }, {}
for i, start in ipairs(starts) do
  local log = learn(start)
  local dips, places = log.distance.value:min(1)
  deepest[i] = dips:max():item()
  if start == 1e-6 then
    local curves = { logy = true, xlabel = "step", title = "relative distance to the solution of each rank" }
    for k = 0, rank do curves[k + 1] = { log.distance.step, log.distance.value[{ {}, k + 1 }], name = "rank " .. k } end
    paper.figure("distance", eb.plot.line(curves), "Distance to the reduced-rank solutions from a start of size 1e-6")
    local falls = log.distance.step:index(1, places):totable()
    local in_turn = true
    for k = 2, #falls do in_turn = in_turn and falls[k] > falls[k - 1] end
    paper.expect { row = "closest approach to rank 0, 1, …, 5, relative", at_most = 0.03, measured = dips:totable() }
    paper.expect { row = "they come in this order", expected = "steps increase", measured = falls, holds = in_turn }
  end
end
local smaller = true
for i = 2, #deepest do smaller = smaller and deepest[i] < deepest[i - 1] end
paper.expect { row = "the worst approach from starts of 1e-1, 1e-3, 1e-6, 1e-12", expected = "decreases", measured = deepest, holds = smaller }
paper.finish()
