-- W10: 64 learning rates on the diagonal network of W4, all in one program: vmap of the whole training loop, float64.
local eb = require "ebbtide"
local measure = require "measure"

local x = measure.input "normal-21-40x100-float64"
local target = eb.zeros { 100, dtype = "float64" }
target[{ { 1, 5 } }] = eb.tensor({ 1, -1, 1, -1, 1 }, { dtype = "float64" })
local y = x:mm(target)

local function loss(p) return 0.5 * (x:mm(p.u * p.u - p.v * p.v) - y):square():mean() end

local gradient = eb.grad(loss)
local tenth = eb.full({ 100 }, 0.1, { dtype = "float64" })
local start = eb.tree.map(function(t) return t end, { u = tenth, v = tenth })

local train = eb.compile(eb.vmap(function(rate)
  return eb.loop(10000, function(p) return p - rate * gradient(p) end, start)
end))

local rates = 1e-4 * eb.full({ 64 }, 300, { dtype = "float64" }) ^ (eb.arange(0, 63, 1, { dtype = "float64" }) / 63)
local p = train(rates)
local distances = eb.vmap(function(p) return (p.u * p.u - p.v * p.v - target):norm() end)(p)
measure.report("rates", measure.samples(function() train(rates) end), { losses = eb.vmap(loss)(p):sum(), distances = distances:sum() })
