-- A two-layer linear autoencoder in rescaled time τ = t/δ, where W1 W2 starts at e^(−δ): the trace norm becomes a staircase of whole numbers
-- with risers at τ_i = 1/(2σ_i) as δ grows. One curve is descent with small steps, the others are the closed form.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "The trace norm climbs a staircase in rescaled time"

local sigma = eb.tensor { 1, 0.6, 0.4, 0.28, 0.2 } -- of an autoencoder: λ = σ, and each mode ends at 1
local modes, risers = #sigma, 1 / (2 * sigma)
local tau = eb.linspace(0, 3.5, 1401)
local deltas = { 3, 6, 12, 24, 48, 96, 384 }

-- The limit: how many risers have been passed. Distances are taken more than 0.05 away from them.
local limit = tau:unsqueeze(2):gt(risers):sum(2):cast "float64"
local between = (tau:unsqueeze(2) - risers):abs():min(2):gt(0.05)

local curves, levels, gaps, bounds, midway = { title = "trace norm in rescaled time", xlabel = "τ = t/δ", vlines = risers:totable() }, {}, {}, {}, {}
for i, delta in ipairs(deltas) do
  local norm = eb.theory.two_layer_modes(sigma, sigma, math.exp(-delta), delta * tau):sum(2)
  if i <= 5 then curves[i] = { tau, norm, name = "δ = " .. delta } end
  -- How long the curve is level: the share of τ at which it is within 0.02 of a whole number.
  levels[i] = (norm - norm:round()):abs():lt(0.02):cast "float64":mean():item()
  gaps[i] = (norm - limit)[between]:abs():max():item()
  bounds[i] = (-2 * sigma * 0.05 * delta):exp():sum():item() -- a mode is off its limit by e^(−2σδ|τ − τ_i|) at most
  for k = 1, modes do midway[k] = eb.theory.two_layer_modes(sigma[k], sigma[k], math.exp(-delta), delta * risers[k]):item() end
end

-- Descent: eigenvectors drawn at random, both layers at e^(−δ/2), and η σ_1 = 0.01.
local delta, lr = 12, 0.01
local U = eb.linalg.qr(eb.randn({ modes, modes }, { rng = eb.rng(1) }))
local sx = (U * sigma):mm(U:t())
local net = eb.models.deep_linear { modes, modes, modes }
local run = eb.run {
  params = net:init { init = eb.init.identity { gain = math.exp(-delta / 2) } }, opt = eb.optim.sgd { lr = lr },
  loss = function(p) local W = net:effective(p) return (W * (sx:mm(W) / 2 - sx)):sum() end,
}
run:track { trace_norm = { every = 50, function(r) return eb.linalg.norm(net:effective(r.params), "nuc") end } }
local log = run:advance(math.ceil(3.5 * delta / lr)).log.trace_norm
local time = (log.step:cast "float64" - 1) * lr
local exact = eb.theory.two_layer_modes(sigma, sigma, math.exp(-delta), time):sum(2)
curves[#curves + 1] = { time / delta, log.value, name = "descent, δ = 12", line = false, color = 3 }
local one_layer = eb.theory.one_layer_modes(sigma, sigma, math.exp(-delta), delta * tau):sum(2)
curves[#curves + 1] = { tau, one_layer, name = "one layer, δ = 12", dashed = true }
paper.figure("trace", eb.plot.line(curves), "Trace norm of W1 W2 for starts e^(−δ)")

-- The bounds are judged where they are less than a stair.
local longer, within, first = true, true, 5
for i = 2, #deltas do longer = longer and levels[i] > levels[i - 1] end
for i = first, #deltas do within = within and gaps[i] <= bounds[i] end
paper.expect { row = "theory: share of τ on a whole number, δ = 3 … 384", expected = "increases", measured = levels, holds = longer }
paper.expect { row = "theory: distance to the staircase, 0.05 away from risers, δ = 48, 96, 384: at most Σ e^(−0.1 σ_i δ)",
  expected = { table.unpack(bounds, first) }, measured = { table.unpack(gaps, first) }, holds = within }
paper.expect { row = "theory: modes at their risers, δ = 384: 1/(1 + λ/σ)", expected = 0.5, within = 1e-6, measured = midway }
local off = (log.value - exact):abs():max():item()
paper.expect { row = "descent against the closed form, largest gap of the trace norm", at_most = 0.05, measured = off }
paper.finish()
