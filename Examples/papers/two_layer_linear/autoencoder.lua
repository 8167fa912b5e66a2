-- Two linear layers on digits, descended from a small random start. As an autoencoder Σ_x and Σ_xy are one matrix; with the labels as
-- targets they do not commute. Are components learnt one after another all the same, and when and as far as the commuting theory says?
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Digits: components are learnt in turn, though Σ_x and Σ_xy need not commute"

-- Centred pictures of 14 × 14 pixels, and centred indicators of their labels.
local train, every = paper.mnist { flatten = false }, 10
local x = eb.nn.avgpool2d(2)({}, train.x:reshape { #train, 1, 28, 28 }):reshape { #train, 196 }:cast "float64"
local y = eb.eye(10):index(1, train.y)
x, y = x - x:mean(1), y - y:mean(1)
local sx = x:t():mm(x) / #train

-- Descent on f = ½⟨W, Σ_x W⟩ − ⟨Σ_xy, W⟩, W = W1 W2: the parts u_iᵀ W v_i along the first singular triples of Σ_xy against commuting theory.
local function learn(name, sxy, count, share, steps, within)
  local U, s, Vt = eb.linalg.svd(sxy)
  U, s, Vt = U[{ {}, { 1, count } }], s[{ { 1, count } }], Vt[{ { 1, count } }]
  local net, lr = eb.models.deep_linear { 196, 40, sxy.shape[2] }, share / s[1]:item()
  local start = net:init { rng = eb.rng(1), init = eb.init.normal { gain = 1e-5 } }
  local function loss(p) local W = net:effective(p) return (W * (sx:mm(W) / 2 - sxy)):sum() end
  local run = eb.run { params = start, loss = loss, opt = eb.optim.sgd { lr = lr } }
  run:track { part = { every = every, function(r) return (U * net:effective(r.params):mm(Vt:t())):sum(1) end } }
  local part = run:advance(steps).log.part

  -- Mode i ends at σ/λ, λ = u_iᵀ Σ_x u_i. Of the start only g_i = (W1ᵀu_i + W2 v_i)/2 grows, of that what is orthogonal to the modes before it
  -- (R of g = QR has it on the diagonal), and a step multiplies it by 1 + ησ.
  local image, among = sx:mm(U), U:t():mm(sx:mm(U))
  local goal, _, R = s / among:diag(), eb.linalg.qr((start[1]:t():mm(U) + start[2]:mm(Vt:t())) / 2)
  local predicted = (goal / R:diag() ^ 2 - 1):log() / (2 * (1 + lr * s):log())
  local shares, half, later = part.value / goal, {}, {}
  for i = 1, count do
    local row = math.max(2, shares[{ {}, i }]:gt(0.5):cast "float64":argmax():item())
    local a, b = shares[{ row - 1, i }]:item(), shares[{ row, i }]:item()
    half[i] = b > 0.5 and (part.step[row]:item() - 1 - every * (b - 0.5) / (b - a)) / predicted[i]:item() or 0 / 0
    local weak = s:lt(s[i] / 1.5) -- theory gives these e^(−ln(1/start)/3) then, about 0.001; one layer would give them up to 0.37
    if weak:any():item() then later[i] = shares[row][weak]:max():item() end
  end
  local curves = { title = name .. ": u_iᵀ W v_i against time", xlabel = "time (steps × step size)" }
  for i = 1, count do curves[i] = { part.step:cast "float64" * lr, part.value[{ {}, i }], name = ("σ = %.3f"):format(s[i]:item()) } end
  paper.figure(name, eb.plot.line(curves), "Parts of the map along singular vectors of Σ_xy, " .. name)
  paper.expect { row = name .. ": half-times over those of the commuting theory", expected = 1, within = within, measured = half }
  paper.expect { row = name .. ": learnt in turn: others of σ < σ_i/1.5 when i is half learnt", at_most = 0.02, measured = later }
  local least = (U * eb.linalg.pinv(sx):mm(sxy:mm(Vt:t()))):sum(1) / goal
  local inside, all = (among - among:diag():diag()):norm() / among:norm(), (image - U * among:diag()):norm() / image:norm()
  return net:effective(run.params), shares[-1]:totable(), least:totable(), { inside:item(), all:item() }
end

local _, ends, _, off = learn("autoencoder", sx, 12, 0.05, paper.choose(1500, 3000), 0.01)
paper.expect { row = "autoencoder: off-diagonal part of UᵀΣ_xU, among these modes and with all", at_most = 1e-12, measured = off }
paper.expect { row = "autoencoder: end over σ/λ", expected = 1, within = 0.01, measured = ends }
-- Where matrices do not commute, ends are off by up to a half; half-times feel that by ln(1.5)/20 at most.
local W, ends, least, off = learn("labels", x:t():mm(y) / #train, 7, 0.01, paper.choose(2500, 4000), 0.02)
paper.expect { row = "labels: off-diagonal part of UᵀΣ_xU, among these modes and with all: they do not commute", at_least = 0.05, measured = off }
paper.claim { row = "labels: least squares over σ/λ", expected = 1, within = 0.05, measured = least }
paper.claim { row = "labels: end of the run over σ/λ", expected = 1, within = 0.05, measured = ends }
local right = x:mm(W):argmax(2):eq(train.y):cast "float64":mean():item()
paper.expect { row = "labels: share of the digits named right by the map", at_least = 0.5, measured = right }
paper.finish()
