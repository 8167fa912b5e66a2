-- Larger steps leave saddles sooner: the number of steps to the end is the same time over η, up to the edge at η = 2/S where S = N s_1^(2 − 2/N)
-- is the sharpness of the flattest minimum; beyond it descent does not settle.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Step sizes: larger steps escape sooner, up to 2/S"

local n, s, r = 10, eb.tensor { 5, 3, 2, 1 }, eb.rng(2)
local U = eb.linalg.qr(eb.randn({ n, n }, { rng = r }))[{ {}, { 1, 4 } }]
local V = eb.linalg.qr(eb.randn({ n, n }, { rng = r }))[{ {}, { 1, 4 } }]
local M = (U * s):mm(V:t())
local shares = paper.choose({ 0.02, 0.1, 0.5, 0.9, 1.1 }, { 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 1.05, 1.1 })

local curves = { title = "steps to a loss of 1e-3", xlabel = "η S / 2", ylabel = "steps", logx = true, logy = true, vlines = 1 }
for depth = 2, 4 do
  local net = eb.models.matrix_factorization { n, n, depth = depth }
  local sharpest, alpha = depth * 5 ^ (2 - 2 / depth), ({ 1, 1e-6, 1e-3, 1e-2 })[depth]
  local start = net:init { rng = eb.rng(7), init = eb.init.normal { gain = alpha ^ (1 / depth) * n ^ -0.5 } }
  local x, steps, times, settles, beyond = {}, {}, {}, true, true
  for _, share in ipairs(shares) do
    local lr = share * 2 / sharpest
    local run = eb.run { params = start, opt = eb.optim.sgd { lr = lr }, loss = function(p) return ((net(p) - M) ^ 2):sum() / 2 end }
    local _, why = run:advance(paper.choose(20000, 100000), { until_loss = 1e-3 })
    if share < 1 then
      x[#x + 1], steps[#steps + 1], times[#times + 1], settles = share, run.t, run.t * lr, settles and why == "until_loss"
    else
      beyond = beyond and why ~= "until_loss"
    end
  end
  curves[#curves + 1] = { x, steps, name = depth .. " factors" }
  paper.expect { row = depth .. " factors: every η below 2/S reaches a loss of 1e-3", expected = "yes", measured = settles, holds = settles }
  paper.expect { row = depth .. " factors: none above 2/S does", expected = "yes", measured = beyond, holds = beyond }
  -- A step multiplies a small mode of two factors by (1 + ηs)² instead of e^(2ηs), which takes ηs/ln(1 + ηs) times the time: 1.44 at the edge of
  -- the first mode, where ηs = 1, but 1.10 for the last one, which is the one that decides.
  paper.expect { row = depth .. " factors: steps × η, relative to the smallest η",
    at_least = 0.9, at_most = 1.25, measured = (eb.tensor(times) / times[1]):totable() }
end
paper.figure("steps", eb.plot.line(curves), "Steps to the end against the step size, in units of 2/S")
paper.finish()
