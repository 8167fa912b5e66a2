-- Two linear layers on digits, descended from a small random start. As an autoencoder Σ_x and Σ_xy are one matrix; with the labels as
-- targets they do not commute. Are components learnt one after another all the same, and when the theory of commuting matrices says?
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Digits: components are learnt in turn, though Σ_x and Σ_xy need not commute"

-- Centred pictures of 14 × 14 pixels, and centred indicators of their labels.
local train = paper.mnist { flatten = false }
local n = #train
local x = eb.nn.avgpool2d(2)({}, train.x:reshape { n, 1, 28, 28 }):reshape { n, 196 }:cast "float64"
local y = eb.eye(10):index(1, train.y)
x, y = x - x:mean(1), y - y:mean(1)
local sx, labels = x:t():mm(x) / n, x:t():mm(y) / n

-- The parts u_iᵀ W1 W2 v_i along the descent on f = ½⟨W, Σ_x W⟩ − ⟨Σ_xy, W⟩ with W = W1 W2, for the first `count` singular triples of Σ_xy.
local function learn(name, sxy, count, lr, steps)
  local U, s, Vt = eb.linalg.svd(sxy)
  U, s, Vt = U[{ {}, { 1, count } }], s[{ { 1, count } }], Vt[{ { 1, count } }]
  lr = lr / s[1]:item()
  local net = eb.models.deep_linear { 196, 40, sxy.shape[2] }
  local p = net:init { rng = eb.rng(1), init = eb.init.normal { gain = 1e-5 } }
  local run = eb.run {
    params = p, opt = eb.optim.sgd { lr = lr },
    loss = function(p) local W = net:effective(p) return (W * (sx:mm(W) / 2 - sxy)):sum() end,
  }
  run:track { part = { every = 10, function(r) return (U * net:effective(r.params):mm(Vt:t())):sum(1) end } }
  local part = run:advance(steps).log.part

  -- Of the start only (W1ᵀu + W2 v)/2 grows. Were the matrices to commute, mode i would be at half of σ/λ after ln(σ/λw − 1)/2σ.
  local start = (((p[1]:t():mm(U) + p[2]:mm(Vt:t())) / 2) ^ 2):sum(1)
  local goal = s / (U * sx:mm(U)):sum(1)
  local predicted = (goal / start - 1):log() / (2 * s)
  local reached = part.value:gt(goal / 2):cast "float64"
  local half = (reached:argmax(1) * 10 - 9):cast "float64" * lr
  half = eb.where(reached:max(1):gt(0), half, 0 / 0)
  -- Commuting: Σ_x u_i is a multiple of u_i. What of it is not, also outside of the first `count`.
  local image = sx:mm(U)
  local off = ((image - U * (U * image):sum(1)):norm() / image:norm()):item()
  return { name = name, part = part, time = part.step:cast "float64" * lr, s = s, half = half, predicted = predicted, off = off, goal = goal }
end

local auto = learn("autoencoder", sx, 12, 0.05, paper.choose(1500, 3000))
local supervised = learn("labels", labels, 7, 0.01, paper.choose(2500, 4000))
for _, r in ipairs { auto, supervised } do
  local curves = { title = r.name .. ": u_iᵀ W v_i against time", xlabel = "time (steps × step size)" }
  for i = 1, #r.s do curves[i] = { r.time, r.part.value[{ {}, i }], name = ("σ = %.3f"):format(r.s[i]:item()) } end
  paper.figure(r.name, eb.plot.line(curves), "Parts of the map along singular vectors of Σ_xy, " .. r.name)
end

paper.expect { row = "autoencoder: part of Σ_x u_i off u_i", at_most = 1e-12, measured = auto.off }
paper.expect { row = "labels: part of Σ_x u_i off u_i: they do not commute", at_least = 0.05, measured = supervised.off }
for _, r in ipairs { auto, supervised } do
  local ratio = (r.half / r.predicted):totable()
  paper.expect { row = r.name .. ": half-times over those of the closed form", expected = 1, within = 0.1, measured = ratio }
  local spread = r.predicted[#r.s]:item() / r.predicted[1]:item()
  paper.expect { row = r.name .. ": last half-time over first", expected = spread, within = 0.1, measured = r.half[#r.s]:item() / r.half[1]:item() }
end
paper.finish()
