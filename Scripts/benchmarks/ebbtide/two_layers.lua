-- W5: gradient descent on two linear layers, 10,000 steps in one compiled loop, float64.
local eb = require "ebbtide"
local measure = require "measure"

local function input(...) return measure.input(("normal-%d-%dx%d-float64"):format(...)) end

for _, d in ipairs { 20, 100 } do
  local x = input(31, 200, d)
  local y = x:mm(input(33, d, 5):mm(input(34, 5, 20)) / math.sqrt(5 * d))

  local function loss(p) return (x:mm(p[1]):mm(p[2]) - y):square():sum() / 400 end

  local gradient = eb.grad(loss)
  local train = eb.compile(function(p)
    return eb.loop(10000, function(p) return p - 0.005 * gradient(p) end, p)
  end)

  local start = eb.tree.map(function(w) return 0.01 * w end, { input(35, d, 50), input(36, 50, 20) })
  local p = train(start)
  measure.report("two layers, " .. d, measure.samples(function() train(start) end), { loss = loss(p) })
end
