-- The loss around a training run: the plane that its path is best seen in, lines along the sharpest and along a random direction, and the
-- barriers between it and two others (Li et al. 2018, arXiv 1712.09913; Frankle et al. 2020, arXiv 1912.05671).
local eb = require "ebbtide"

local quick = os.getenv "EBBTIDE_QUICK"
local train = eb.data.mnist_sample { limit = quick and 200 or 1000 }
local net = eb.nn.mlp { 784, 32, 10, act = "tanh" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
local function start(p, seed)
  return eb.run { params = p, loss = loss, data = eb.batches(train, { size = 50, shuffle = true }), opt = eb.optim.sgd { lr = 0.2 }, seed = seed }
end
local steps = quick and 60 or 300
local run = start(net:init { rng = eb.rng(0) }, 1):advance(steps)

-- A plane through the last point. The path leaves it by as much as is said above the figure.
local plane = eb.landscape.trajectory(run):plane(loss, { data = train, points = quick and 11 or 25 })
print(plane)
print(plane:plot { logz = true })

-- One eigenvector is far steeper than a random direction of the same length.
local random = eb.landscape.random(run.params, { rng = eb.rng(2) })
local sharp = eb.curv.hessian(loss, run.params, train.x, train.y):eigs { k = 1 }.vectors[1] * eb.tree.norm(random)
local lines = {}
for _, each in ipairs { { "top eigenvector", sharp }, { "random", random } } do
  local line = eb.landscape.line(loss, run.params, each[2], { data = train, from = -0.5, to = 0.5, points = 31 })
  lines[#lines + 1] = { line.a, line.loss, name = each[1] }
end
print(eb.plot.line { title = "loss along two directions", xlabel = "a", table.unpack(lines) })

-- Between runs that began in one place the straight line is flat; one from another place is behind a barrier.
local branch = start(run:at(0).params, 2):advance(steps).params
local stranger = start(net:init { rng = eb.rng(3) }, 1):advance(steps).params
for _, other in ipairs { { "other batches", branch }, { "another beginning", stranger } } do
  print(("%s: barrier %.4f"):format(other[1], (eb.landscape.barrier(loss, run.params, other[2], { data = train }))))
end
