-- W4: gradient descent on a diagonal linear network, 10,000 steps in one compiled loop, float64.
local eb = require "ebbtide"
local measure = require "measure"

local x = measure.input "normal-21-40x100-float64"
local target = eb.zeros { 100, dtype = "float64" }
target[{ { 1, 5 } }] = eb.tensor({ 1, -1, 1, -1, 1 }, { dtype = "float64" })
local y = x:mm(target)

local function loss(p) return 0.5 * (x:mm(p.u * p.u - p.v * p.v) - y):square():mean() end

local gradient = eb.grad(loss)
local train = eb.compile(function(p)
  return eb.loop(10000, function(p) return p - 0.002 * gradient(p) end, p)
end)

local tenth = eb.full({ 100 }, 0.1, { dtype = "float64" })
local start = eb.tree.map(function(t) return t end, { u = tenth, v = tenth })
local p = train(start)
measure.report("diagonal", measure.samples(function() train(start) end), { loss = loss(p), distance = (p.u * p.u - p.v * p.v - target):norm() })
