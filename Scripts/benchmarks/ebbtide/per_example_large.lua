-- W17: norms and Gram matrix of 1024 per-example gradients of 784-800-460-10, 1,001,070 parameters, beside one gradient of the mean loss.
local eb = require "ebbtide"
local measure = require "measure"
local digits = require "digits"

local x, y = digits.first(1024)
local net = eb.nn.mlp { 784, 800, 460, 10, act = "relu" }
local p = digits.weights { 784, 800, 460, 10 }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
local gradient, examples = eb.compile(eb.grad(loss)), eb.per_example(loss)

measure.report("large gradient", measure.samples(function() gradient(p, x, y) end), { norm = eb.tree.norm(gradient(p, x, y)) })
local function both()
  local gradients = examples(p, x, y)
  return gradients:norms(), gradients:gram()
end
local norms, gram = both()
-- The Gram matrix has the squared norms on its diagonal, and its sum is that of the gradient of the sum.
measure.report("norms and Gram", measure.samples(both), {
  norms = norms:cast("float64"):sum(), diagonal = gram:diag():cast("float64"):sqrt():sum(), norm = gram:cast("float64"):sum():item() ^ 0.5 / 1024,
})
