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

-- The threshold by trial: the largest of 4000 curvatures at which 2000 steps from 1 on a quadratic do not grow.
local function tried(lr, beta)
  local lambda = eb.linspace(0.1 / lr, 2.2 / lr, 4000, { dtype = "float64" })
  local opt, x = hasty { lr = lr, beta = beta }, eb.ones_like(lambda)
  local state = opt:init(x)
  for _ = 1, 2000 do x, state = opt:step(x, lambda * x, state) end
  return lambda[x:abs():le(10)]:max():item()
end

local train = paper.mnist { flatten = false }
train = sweeps.pictures(train:take(paper.choose(200, 500)), train)
local net, mse = sweeps.network("dense", "tanh", 14), sweeps.losses.mse
local function loss(p, x, y) return mse(net(p, x), y) end
local start, steps = net:init { rng = eb.rng(1), gain = 0.5 }, paper.choose(500, 1200)

local curves = {}
for i, case in ipairs { { 0, 0.2, 0 }, { 0, 0.2, 0.5 }, { 0, 0.2, 1 }, { 1, 0.001, 0 }, { 1, 0.001, 0.5 }, { 1, 0.001, 1 } } do
  local scaled, lr, beta = table.unpack(case)
  local name, threshold = ("%s, β = %g"):format(scaled == 1 and "scaled" or "plain", beta), 2 / (1 + 2 * beta) / lr
  if scaled == 0 then paper.expect { row = name .. ": threshold by trial on quadratics", expected = threshold, within = 0.002, measured = tried(lr, beta) } end
  local run = eb.run { params = start, loss = loss, data = { train.x, train.y }, opt = hasty { lr = lr, beta = beta, scaled = scaled } }
  local vectors
  run:track { curvature = { every = paper.choose(20, 10), function(r)
    if r.t == 0 then return 0 / 0 end -- there is no divisor yet
    local H = eb.curv.hessian(loss, r.params, train.x, train.y)
    if scaled == 1 then H = eb.curv.preconditioned(H, (r.opt_state.square / (1 - decay ^ r.t)) ^ 0.5 + eps) end
    local found = H:eigs { k = 2, v0 = vectors, tol = 1e-3 }
    vectors = found.vectors
    return found.values[1] / threshold
  end } }
  run:advance(steps)
  local log = run.log.curvature
  -- Single iterates oscillate, so that plain descent hovers a little above 1. The threshold of another β would be off by a half.
  paper.expect { row = name .. ": curvature over the threshold in the second half, median", at_least = 0.9, at_most = 1.25,
    measured = log.value[{ { #log // 2, -1 } }]:median():item() }
  curves[i] = { log.step, log.value, name = name, color = (i - 1) % 3 + 1, dashed = scaled == 1 }
end
curves.title, curves.hlines, curves.xlabel, curves.ylim = "curvature over the rule's threshold", { 1 }, "step", { 0, 2 }
paper.figure("curvature", eb.plot.line(curves), "Six rules, each over its own threshold")
paper.finish()
