-- Full-batch gradient descent sharpens until the largest eigenvalue of the Hessian is 2/lr, and goes on there, at the edge of stability
-- (Cohen et al. 2021, arXiv 2103.00065). The loss is not monotone any more and falls nevertheless.
local eb = require "ebbtide"
local train = eb.data.mnist_sample { limit = 500 }
local x, y = train.x - train.x:mean(1), eb.eye(10):index(1, train.y)
local net = eb.nn.mlp { 784, 64, 64, 10, act = "tanh" }
local function loss(p, x, y) return ((net(p, x) - y) ^ 2):sum(2):mean() / 2 end
local run = eb.run { params = net:init { rng = eb.rng(0) }, loss = loss, data = { x, y }, opt = eb.optim.sgd { lr = 0.2 } }

local top = {}  -- eigenvectors of the last time, to begin with
run:track { sharpness = { every = 10, function(r)
  top = eb.curv.hessian(loss, r.params, x, y):eigs { k = 1, v0 = top.vectors, tol = 1e-3 }
  return top.values[1]
end } }
run:advance(600)
print(run:plot { { "loss", logy = true }, { "sharpness", hlines = { { 2 / run.h.lr, "2/lr" } } }, height = 14 })
return run
