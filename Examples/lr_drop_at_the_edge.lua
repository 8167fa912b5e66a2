-- Full-batch descent sharpens until the largest eigenvalue of the Hessian is 2/lr and stays there, at the edge of stability (Cohen et al.
-- 2021, arXiv 2103.00065). A smaller step size lets it sharpen again, up to the new edge.
local eb = require "ebbtide"

local quick = os.getenv "EBBTIDE_QUICK"
local train = eb.data.mnist_sample { limit = quick and 200 or 1000 }
local net = eb.nn.mlp { 784, 32, 32, 10, act = "tanh" }
local target = eb.eye(10):index(1, train.y)
local function loss(p, x, y) return ((net(p, x) - y) ^ 2):sum(2):mean() / 2 end

-- The largest eigenvalue by power iteration, begun where the last one ended.
local v
local function sharpness(run)
  local hvp = eb.hvp(loss)
  v = v or eb.tree.randn_like(run.params, { rng = eb.rng(0) })
  local value
  for _ = 1, 6 do
    local hv = hvp(run.params, v, train.x, target)
    value = eb.tree.norm(hv)
    v = 1 / value * hv
  end
  return value
end

local run = eb.run {
  params = net:init { rng = eb.rng(1) }, loss = loss, data = { train.x, target }, opt = eb.optim.sgd { lr = 0.1 },
}
run:track { sharpness = { every = 5, sharpness } }
local half = quick and 60 or 600
run:at_step(half, eb.perturb.lr { factor = 0.5 })
run:advance(2 * half)

for _, t in ipairs { 1, half // 2 + 1, half - 4, half + half // 2 + 1, 2 * half - 4 } do
  local at = (t - 1) // 5 * 5 + 1
  print(("step %4d: loss %.4f, sharpness %6.2f, 2/lr %.2f"):format(at, run.log.loss:at(at), run.log.sharpness:at(at), 2 / run.log.lr:at(at)))
end
local log = run.log.sharpness
print(eb.plot.line { { log.step, log.value, name = "sharpness" }, title = "sharpness", xlabel = "step" })
