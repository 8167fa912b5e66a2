-- An optimizer of one's own finds its own edge. The rule steps by lr (g + β (g − g before)), divided by the root mean square of past gradients if
-- `scaled`. On a quadratic of curvature λ its recursion has the root −1 at lr λ = 2/(1 + 2β): curvature, that of P⁻¹H with the divisor P if scaled,
-- should rise to this threshold and hover, and not at the 2/lr of plain descent.
local eb = require "ebbtide"
local here = arg[0]:match "^.*/" or "./"
local paper, sweeps = dofile(here .. "../paper.lua"), dofile(here .. "../sweeps.lua")
paper.title "An optimizer of one's own hovers at its own threshold"

local decay, eps = 0.99, 1e-3
local hasty = eb.optim.define("hasty", { lr = 0.1, beta = 0, scaled = 0 }, {
  init = function(p) return { last = eb.zeros_like(p), square = eb.zeros_like(p) } end,
  step = function(p, g, s, h, t)
    local d = g + h.beta * (g - s.last)
    s.last, s.square = g, decay * s.square + (1 - decay) * g ^ 2
    return p - h.lr * d / (h.scaled * ((s.square / (1 - decay ^ t)):sqrt() + eps) + 1 - h.scaled)
  end,
})

-- The threshold by trial, times lr: the largest of 4000 curvatures at which 2000 steps from 1 on a quadratic do not grow.
local function tried(beta)
  local lambda = eb.linspace(0.1, 2.2, 4000, { dtype = "float64" })
  local opt, x = hasty { lr = 1, beta = beta }, eb.ones_like(lambda)
  local state = opt:init(x)
  for _ = 1, 2000 do x, state = opt:step(x, lambda * x, state) end
  return lambda[x:abs():le(10)]:max():item()
end
local train = paper.mnist { flatten = false }
train = sweeps.pictures(train:take(paper.choose(200, 500)), train)
local net = sweeps.network("dense", "tanh", 14)
local function loss(p, x, y) return sweeps.losses.mse(net(p, x), y) end
local start, steps = net:init { rng = eb.rng(1), gain = 0.5 }, paper.choose(500, 1200)

-- The largest curvature at the midpoints (w before + 2 w + w after)/4 of a run: iterates themselves oscillate, and curve a little more.
local function follow(run, scaled)
  local every, vectors, step, value = paper.choose(20, 10), nil, {}, {}
  while run.t < steps do
    local before, now = run:advance(every - 2).params, run:advance(1).params
    local H = eb.curv.hessian(loss, (before + 2 * now + run:advance(1).params) / 4, train.x, train.y)
    if scaled == 1 then H = eb.curv.preconditioned(H, (run.opt_state.square / (1 - decay ^ run.t)) ^ 0.5 + eps) end
    local found = H:eigs { k = 2, v0 = vectors, tol = 1e-3 }
    vectors, step[#step + 1], value[#value + 1] = found.vectors, run.t - 1, found.values[1]:item()
  end
  return eb.tensor(step), eb.tensor(value)
end
local curves, edge = {}, {} -- of each rule the median of the second half, over 2/lr
for i, case in ipairs { { 0, 0.2, 0 }, { 0, 0.2, 0.5 }, { 0, 0.2, 1 }, { 1, 0.001, 0 }, { 1, 0.001, 0.5 }, { 1, 0.001, 1 } } do
  local scaled, lr, beta = table.unpack(case)
  local run = eb.run { params = start, loss = loss, data = { train.x, train.y }, opt = hasty { lr = lr, beta = beta, scaled = scaled } }
  local step, value = follow(run, scaled)
  edge[i] = value[{ { #value // 2, -1 } }]:median():item() * lr / 2
  curves[i] = { step, value * (1 + 2 * beta) * lr / 2, name = (scaled == 1 and "scaled, β = " or "plain, β = ") .. beta, color = (i - 1) % 3 + 1, dashed = scaled == 1 }
end
paper.expect { row = "threshold by trial times lr, β = 0, 0.5, 1", expected = { 2, 1, 2 / 3 }, within = 0.002, measured = { tried(0), tried(0.5), tried(1) } }
-- With β = 0 curvature hovers at 2/lr, or a little above; with another β it should be the part of this that the recursion says.
paper.expect { row = "curvature in the second half over 2/lr, β = 0 (plain, scaled)", expected = 1, within = 0.15, measured = { edge[1], edge[4] } }
paper.expect { row = "the same, β = 0.5 over β = 0", expected = 1 / 2, within = 0.2, measured = { edge[2] / edge[1], edge[5] / edge[4] } }
paper.expect { row = "the same, β = 1 over β = 0", expected = 1 / 3, within = 0.2, measured = { edge[3] / edge[1], edge[6] / edge[4] } }
curves.hlines, curves.xlabel, curves.ylabel, curves.ylim = { 1 }, "step", "curvature over the rule's threshold", { 0, 2 }
paper.figure("curvature", eb.plot.line(curves), "Six rules, each over its own threshold")
paper.finish()
