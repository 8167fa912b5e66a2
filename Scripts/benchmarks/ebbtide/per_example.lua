-- W8: the norms of 256 per-example gradients of 784-256-256-10 at its start, and the winsorized mean of 100; no array of all is made.
local eb = require "ebbtide"
local measure = require "measure"
local digits = require "digits"

local x, y = digits.first(256)
local net = eb.nn.mlp { 784, 256, 256, 10, act = "relu" }
local p = digits.weights { 784, 256, 256, 10 }
local gradients = eb.per_example(function(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end)

local function norms() return gradients(p, x, y):norms() end

measure.report("norms", measure.samples(norms), { sum = norms():cast("float64"):sum() })

local few, labels = digits.first(100)
local function winsorized() return gradients(p, few, labels):winsorized { c = 8 } end

local flat = eb.tree.flatten(winsorized()):cast "float64"
measure.report("winsorized", measure.samples(winsorized), { norm = flat:norm(), absolute = flat:abs():sum() })
