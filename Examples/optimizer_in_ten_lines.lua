-- A new optimizer is its rule for one parameter: here the sign of a running mean, with a step that shrinks where signs disagree.
-- It is traced and compiled like a built-in, and a run takes it like one.
local eb = require "ebbtide"

local hesitant = eb.optim.define("hesitant", { lr = 1e-3, beta = 0.9 }, {
  init = function(p) return { mean = eb.zeros_like(p), agreement = eb.zeros_like(p) } end,
  step = function(p, g, s, h)
    s.mean = h.beta * s.mean + (1 - h.beta) * g
    s.agreement = h.beta * s.agreement + (1 - h.beta) * g:sign()
    return p - h.lr * s.agreement:abs() * s.mean:sign()
  end,
})

local train, test = eb.data.mnist_sample()
local net = eb.nn.mlp { 784, 128, 10, act = "relu" }
local steps = os.getenv "EBBTIDE_QUICK" and 100 or 1000

local rivals = {
  hesitant { lr = eb.schedule.cosine(3e-3, steps) },
  eb.optim.chain { eb.optim.clip_norm(1), hesitant { lr = 3e-3 }, eb.optim.weight_decay(1e-5) },
  eb.optim.adam { lr = 1e-3 },
  eb.optim.sgd { lr = 0.1, momentum = 0.9 },
}
for _, opt in ipairs(rivals) do
  local run = eb.run {
    params = net:init { rng = eb.rng(0) }, opt = opt, data = eb.batches(train, { size = 100, shuffle = true }),
    loss = function(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end,
  }
  run:advance(steps)
  print(("%-8s train loss %.4f, test accuracy %.3f"):format(opt.name, run:eval().loss, eb.metrics.accuracy(net(run.params, test.x), test.y)))
end
