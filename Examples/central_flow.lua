-- Gradient descent at the edge of stability, where it is on average, and where gradient flow would be: the discrete run, its central flow (Cohen
-- et al. 2025, arXiv 2410.24206) and the gradient flow, side by side.
local eb = require "ebbtide"
local quick = os.getenv "EBBTIDE_QUICK"

-- A small net fits a Chebyshev polynomial at 20 points.
local x = ((2 * eb.arange(1, 20) - 1) * (math.pi / 40)):cos():reshape(20, 1)
local y = 4 * x ^ 3 - 3 * x
local net = eb.nn.mlp { 1, 50, 1, act = "tanh" }
local p = net:init { rng = eb.rng(0) }
local function loss(q, a, b) return ((net(q, a) - b) ^ 2):mean() / 2 end

local lr = 0.6
local problem = { params = p, loss = loss, data = { x, y }, lr = lr, dtype = "float64" }
local run = eb.run { params = p, loss = loss, data = { x, y }, opt = eb.optim.sgd { lr = lr } }
local central, gradient = eb.flow.central(problem), eb.flow.gradient_flow(problem)
local seen = eb.flow.compare(run, { central = central, gradient = gradient }, { steps = quick and 260 or 600 })

-- Losses are means over the steps around t: those of the run against what the central flow foresees.
print "step   loss: run  central  gradient flow   distance: run to central  to gradient flow   sharpness of central"
local width = 20
for i = width, #seen.step - width, #seen.step // 10 do
  local near, t = { { i - width + 1, i + width } }, seen.step[i]:item()
  print(("%4d  %10.4f  %7.4f  %13.4f  %24.3f  %16.3f  %10.3f (2/lr %.3f)"):format(t, seen.loss.run[near]:mean():item(),
    seen.predicted.central[near]:mean():item(), seen.loss.gradient[near]:mean():item(), seen.distance.central[i]:item(),
    seen.distance.gradient[i]:item(), central.log.sharpness:at(t), 2 / lr))
end
print(eb.plot.line {
  { seen.step, seen.distance.central, name = "to the central flow" }, { seen.step, seen.distance.gradient, name = "to gradient flow" },
  title = "distance of the run's midpoints", xlabel = "step",
})
