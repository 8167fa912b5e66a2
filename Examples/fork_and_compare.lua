-- Train, fork, change one thing, compare. The branches see the same batches, so all that differs is what was changed.
local eb = require "ebbtide"

local train, test = eb.data.mnist_sample()
local net = eb.nn.mlp { 784, 64, 10, act = "tanh" }
local quick = os.getenv "EBBTIDE_QUICK"

local run = eb.run {
  params = net:init { rng = eb.rng(0) }, opt = eb.optim.sgd { lr = 0.1, momentum = 0.9 }, seed = 1,
  data = eb.batches(train, { size = 50, shuffle = true }),
  loss = function(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end,
}
run:advance(quick and 50 or 400)

-- The other branch goes on at half the step size.
local slow = run:fork()
slow.h.lr = slow.h.lr / 2
local pair = eb.pair(run, slow):advance(quick and 50 or 400)
print(pair)
print(("loss on the test set %.4f and %.4f"):format(run:eval(test).loss, slow:eval(test).loss))
print(eb.plot.line(pair:series().value, { title = "distance of the branches" }))

-- How far does a nudge of the weights grow? Its log grows by this much a step at first.
local nudged = run:fork()
eb.perturb.weight_noise { sigma = 1e-4, seed = 2 }(nudged)
print(("growth rate of a nudge: %.4f a step"):format(eb.pair(run:fork(), nudged):advance(quick and 20 or 100):growth()))

-- Back to the fork: the past is there, bit for bit.
local fork = run.t // 2
print("replayed with the same bits:", run:replay(fork, run.t))
run:rewind(fork)
print(run)
