-- The control: one linear layer on the same data learns all components at once, two layers one after another. At the moment when a component
-- is half learnt, how far are the weaker ones?
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "One layer learns all components at once, two layers one after another"

local sigma = eb.tensor { 1, 0.6, 0.4, 0.28, 0.2 }
local modes = #sigma
local U = eb.linalg.qr(eb.randn({ modes, modes }, { rng = eb.rng(1) }))
local sx = (U * sigma):mm(U:t()) -- an autoencoder: Σ_x = Σ_xy

-- The parts u_iᵀ W u_i along the descent of a deep linear network of these widths.
local function learn(widths, start, lr, steps)
  local net = eb.models.deep_linear(widths)
  local run = eb.run {
    params = net:init { init = eb.init.identity { gain = start } }, opt = eb.optim.sgd { lr = lr },
    loss = function(p) local W = net:effective(p) return (W * (sx:mm(W) / 2 - sx)):sum() end,
  }
  run:track { part = { every = 1, function(r) return (U * net:effective(r.params):mm(U)):sum(1) end } }
  local part = run:advance(steps).log.part
  return (part.step:cast "float64" - 1) * lr, part.value
end

local delta = 24
local time1, one = learn({ modes, modes }, math.exp(-delta), 0.02, 2000)
local time2, two = learn({ modes, modes, modes }, math.exp(-delta / 2), 0.02, math.ceil(3.5 * delta / 0.02))

-- The weaker components when mode k is half learnt, relative to their ends.
local function weaker(parts, k)
  local row = parts[{ {}, k }]:gt(0.5):cast "float64":argmax():item()
  return parts[{ row, { k + 1, -1 } }]
end
local share = { one = {}, two = {} }
for k = 1, modes - 1 do share.one[k], share.two[k] = weaker(one, k):max():item(), weaker(two, k):max():item() end

local function draw(name, time, parts)
  local curves = { title = name .. ": components of the map", xlabel = "time" }
  for k = 1, modes do curves[k] = { time, parts[{ {}, k }], name = ("σ = %.2f"):format(sigma[k]:item()) } end
  paper.figure((name:gsub(" ", "_")), eb.plot.line(curves), "Components of the map against time, " .. name)
end
draw("one layer", time1, one)
draw("two layers", time2, two)
local closed = eb.theory.one_layer_modes(sigma, sigma, math.exp(-delta), time1)
paper.expect { row = "one layer: descent against the closed form, largest gap", at_most = 0.01, measured = (one - closed):abs():max():item() }
local expected = (1 - eb.tensor(0.5) ^ (sigma[{ { 2, -1 } }] / sigma[{ { 1, -2 } }])):totable()
paper.expect { row = "one layer: the next component when one is half learnt", expected = expected, within = 0.03, measured = share.one }
paper.expect { row = "two layers: the next component when one is half learnt", at_most = 0.01, measured = share.two }
paper.finish()
