-- W6: gradient descent on a matrix as the product of three, some entries observed, 5,000 steps in one compiled loop, float64.
local eb = require "ebbtide"
local measure = require "measure"

local function input(...) return measure.input(("normal-%d-%dx%d-float64"):format(...)) end

local goal = input(41, 100, 5):mm(input(42, 5, 100)) / math.sqrt(5)
local mask = measure.input("uniform-43-100x100-float64"):lt(0.3):cast "float64"
local scale = 50 / mask:sum():item()

local function loss(p) return scale * ((p[1]:mm(p[2]):mm(p[3]) - goal) * mask):square():sum() end

local gradient = eb.grad(loss)
local train = eb.compile(function(p)
  return eb.loop(5000, function(p) return p - 0.05 * gradient(p) end, p)
end)

local start = eb.tree.map(function(w) return 0.05 * w end, { input(44, 100, 100), input(45, 100, 100), input(46, 100, 100) })
local p = train(start)
local rest = (p[1]:mm(p[2]):mm(p[3]) - goal) * (1 - mask)
local rmse = rest:square():sum():item() / (1 - mask):sum():item()
measure.report("three factors", measure.samples(function() train(start) end), { loss = loss(p), rmse = math.sqrt(rmse) })
