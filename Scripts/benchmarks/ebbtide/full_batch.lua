-- W7b: steps of gradient descent on all of 5,000 digits, 784-200-200-10 with tanh, the step compiled.
local eb = require "ebbtide"
local measure = require "measure"
local digits = require "digits"

local x, y = digits.first(5000)
local one_hot = eb.eye(10):index(1, y)
local net = eb.nn.mlp { 784, 200, 200, 10, act = "tanh" }
local start = digits.weights { 784, 200, 200, 10 }

local losses = {
  ["full batch, squares"] = function(p) return (net(p, x) - one_hot):square():sum() / 10000 end,
  ["full batch, cross entropy"] = function(p) return eb.loss.cross_entropy(net(p, x), y) end,
}

for _, case in ipairs { "full batch, squares", "full batch, cross entropy" } do
  local loss = losses[case]
  local gradient = eb.grad(loss)
  local step = eb.compile(function(p) return p - 0.05 * gradient(p) end)
  local p = start
  for _ = 1, 20 do p = step(p) end
  measure.report(case, measure.samples(function() step(start) end), { loss = loss(p) })
end
