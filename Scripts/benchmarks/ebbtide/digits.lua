-- What W7 and W8 share: the digits, and the perceptron at its start, weights normal / √in.
local eb = require "ebbtide"
local measure = require "measure"

local digits = {}

---The first `count` digits and their labels.
function digits.first(count)
  local x = measure.input "digits"
  return x[{ { 1, count }, {} }], eb.arange(0, count - 1, 1, { dtype = "int32" }) % 10 + 1
end

---Parameters of `eb.nn.mlp(sizes)`.
function digits.weights(sizes)
  local p = {}
  for i = 1, #sizes - 1 do
    local name = ("normal-%d-%dx%d-float64"):format(99 + i, sizes[i], sizes[i + 1])
    local weight = measure.input(name) / math.sqrt(sizes[i])
    p[i] = { weight = weight:cast "float32", bias = eb.zeros { sizes[i + 1] } }
  end
  return eb.tree.map(function(t) return t end, p)
end

return digits
