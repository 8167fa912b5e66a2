-- W7a: an epoch of minibatches of 128 over 60,000 digits, 784-256-256-10 with relu, SGD with momentum, the step compiled.
local eb = require "ebbtide"
local measure = require "measure"
local digits = require "digits"

local x, y = digits.first(60000)
local order = (measure.input "order" + 1):cast "int32"
local net = eb.nn.mlp { 784, 256, 256, 10, act = "relu" }
local start = digits.weights { 784, 256, 256, 10 }

local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end

local gradient = eb.value_and_grad(loss)
local step = eb.compile(function(p, m, rows)
  local value, g = gradient(p, x:index(1, rows), y:index(1, rows))
  m = 0.9 * m + g
  return value, p - 0.01 * m, m
end)

local mean, final
local function epoch()
  local p, m, total, value = start, eb.tree.zeros_like(start), 0, nil
  for k = 0, 467 do
    value, p, m = step(p, m, order[{ { 128 * k + 1, 128 * k + 128 } }])
    total = total + value:item()
  end
  mean, final = total / 468, p
end

local samples = measure.samples(epoch)
measure.report("epoch", samples, { mean = mean, final = loss(final, digits.first(5000)) })
