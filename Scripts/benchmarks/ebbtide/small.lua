-- W1: an addition of 8 numbers, one call after the other; and the chain of 20 small operations with its gradient, compiled.
local eb = require "ebbtide"
local measure = require "measure"

local a, b = measure.input "normal-1-8-float32", measure.input "normal-2-8-float32"

local function thousand()
  for _ = 1, 1000 do local c = a + b end
end
measure.report("add", measure.samples(thousand), { sum = (a + b):sum() }, { calls = 1000 })

local function chain(x)
  for _ = 1, 4 do
    x = x * 1.01
    x = x + 0.1
    x = x:tanh()
    x = x * x
    x = x - 0.3
  end
  return x:sum()
end

local x = measure.input "normal-3-1000-float32"
local f = eb.compile(eb.value_and_grad(chain))
local value, gradient = f(x)
measure.report("chain", measure.samples(function() f(x) end), { value = value, gradient = gradient:cast("float64"):sum() })
