-- W2: tanh(a x + b) x over 10^7 numbers, compiled, and their sum.
local eb = require "ebbtide"
local measure = require "measure"

local x = measure.input "normal-5-10000000-float32"
local f = eb.compile(function(x) return (0.7 * x + 0.3):tanh() * x end)
measure.report("tanh", measure.samples(function() f(x) end), { sum = f(x):cast("float64"):sum() })
measure.report("sum", measure.samples(function() x:sum() end), { sum = x:sum() })
