-- W9: curvature of 784-200-200-10 with tanh and squares on 5,000 digits, at its start: a gradient, a Hessian-vector product, one by the
-- linearized gradient, 30 steps of Lanczos, the five largest eigenvalues.
local eb = require "ebbtide"
local measure = require "measure"
local digits = require "digits"

local x, y = digits.first(5000)
local one_hot = eb.eye(10):index(1, y)
local sizes = { 784, 200, 200, 10 }
local net = eb.nn.mlp { 784, 200, 200, 10, act = "tanh" }
local p = digits.weights(sizes)
local function loss(p) return (net(p, x) - one_hot):square():sum() / 10000 end

-- A direction of length 1, its numbers in the order weight, bias, layer by layer.
local numbers, v, first = measure.input "normal-61-199210-float64", {}, 1
numbers = (numbers / numbers:norm()):cast "float32"
local function take(count)
  first = first + count
  return numbers[{ { first - count, first - 1 } }]
end
for i = 1, 3 do
  local weight = take(sizes[i] * sizes[i + 1]):reshape { sizes[i], sizes[i + 1] }
  v[i] = { weight = weight, bias = take(sizes[i + 1]) }
end

local function report(case, variant, f, identify)
  local result = f()
  measure.report(case, measure.samples(f), identify(result), { variant = variant })
end

local function product_numbers(product) return { vhv = eb.tree.dot(v, product), norm = eb.tree.norm(product) } end

local gradient = eb.compile(eb.grad(loss))
report("gradient", "", function() return gradient(p) end, function(g) return { norm = eb.tree.norm(g) } end)

local product = eb.compile(eb.hvp(loss))
report("product", "compiled hvp", function() return product(p, v) end, product_numbers)

local H = eb.curv.hessian(loss, p)
for _ = 1, 3 do H:mv(v) end
report("linearized product", "H:mv", function() return H:mv(v) end, product_numbers)

local function ritz(found) return { first = found.values[1], third = found.values[3], fifth = found.values[5] } end
report("Lanczos", "H:eigs", function() return H:eigs { k = 5, v0 = v, block = 1, iterations = 30, tol = 0 } end, ritz)
report("five eigenvalues", "H:eigs", function() return H:eigs { k = 5, tol = 1e-4 } end, ritz)
