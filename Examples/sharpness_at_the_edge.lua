-- Descent sharpens until the largest eigenvalue of the Hessian is 2/lr, and then stays around it while the loss goes on falling, no longer at
-- every step (Cohen et al. 2021, arXiv 2103.00065). Eigenvalues at each step, begun where the last ones ended, cost a few products.
local eb = require "ebbtide"

local quick = os.getenv "EBBTIDE_QUICK"
local train = eb.data.mnist_sample { limit = quick and 200 or 1000 }
local target = eb.eye(10):index(1, train.y)
local net = eb.nn.mlp { 784, 32, 32, 10, act = "tanh" }
local function loss(p, x, y) return ((net(p, x) - y) ^ 2):sum(2):mean() / 2 end

local products, last = 0, nil
local function top(run)
  local H = eb.curv.hessian(loss, run.params, train.x, target)
  last = H:eigs { k = 2, tol = 1e-3, v0 = last and last.vectors }
  products = products + last.matvecs
  return { first = last.values[1]:item(), second = last.values[2]:item() }
end

local lr, steps = 0.1, quick and 100 or 800
local run = eb.run { params = net:init { rng = eb.rng(1) }, loss = loss, data = { train.x, target }, opt = eb.optim.sgd { lr = lr } }
run:track { top = { every = 5, top } }
run:advance(steps)

local log, measured = run.log, steps // 5
for _, t in ipairs { 1, steps // 2 + 1, steps - 4 } do
  print(("step %3d: loss %.4f, eigenvalues %.2f and %.2f, 2/lr %.0f"):format(t, log.loss:at(t), log["top.first"]:at(t), log["top.second"]:at(t), 2 / lr))
end
print(("%.1f Hessian products for two eigenvalues"):format(products / measured))

-- What the last Hessian looks like as a whole.
local density = eb.curv.hessian(loss, run.params, train.x, target):density { steps = 30, probes = 1, sigma = 0.3 }
print(eb.plot.line { { log["top.first"].step, log["top.first"].value, name = "largest eigenvalue" }, title = "sharpness", xlabel = "step" })
print(eb.plot.line { { density.grid, (density.value + 1e-6):log(), name = "log density" }, title = "spectrum", xlabel = "eigenvalue" })
