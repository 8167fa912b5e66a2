-- Each component of a two-layer linear network follows a logistic curve (Saxe et al. 2014): descent from a decoupled start against the closed
-- form, mode by mode; the gap shrinks with the step size. From a small random start the strongest component keeps to it best.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Components follow the closed form"

-- 8 inputs, 8 hidden units, 8 outputs; whitened inputs, Σ_xy of rank 4.
local s, u0 = eb.tensor { 5, 2, 1, 0.5 }, 1e-5
local r = eb.rng(4)
local U = eb.linalg.qr(eb.randn({ 8, 8 }, { rng = r }))[{ {}, { 1, 4 } }]
local V = eb.linalg.qr(eb.randn({ 8, 8 }, { rng = r }))[{ {}, { 1, 4 } }]
local sxy = (U * s):mm(V:t())
local net = eb.models.deep_linear { 8, 8, 8 }

-- Parts u_iᵀ W v_i against time, and when they are half of s_i, between the two values beside it.
local function learn(start, lr)
  local run = eb.run { params = start, opt = eb.optim.sgd { lr = lr }, loss = function(p) return ((net:effective(p) - sxy) ^ 2):sum() / 2 end }
  local every = math.max(1, math.floor(0.02 / lr))
  run:track { part = { every = every, function(run) return (U * net:effective(run.params):mm(V)):sum(1) end } }
  local part = run:advance(math.ceil(14 / lr)).log.part
  local time, half = (part.step:cast "float64" - 1) * lr, {}
  for k = 1, #s do
    local row, level = part.value[{ {}, k }]:gt(s[k] / 2):cast "float64":argmax():item(), s[k]:item() / 2
    local a, b = part.value[{ row - 1, k }]:item(), part.value[{ row, k }]:item()
    half[k] = time[row - 1]:item() + every * lr * (level - a) / (b - a)
  end
  return time, part.value, half
end

-- Decoupled: W1 = √u0 U Rᵀ, W2 = √u0 R Vᵀ with R = (e_1, …, e_4).
local R = eb.eye(8)[{ {}, { 1, 4 } }]
local decoupled = { math.sqrt(u0) * U:mm(R:t()), math.sqrt(u0) * R:mm(V:t()) }
local exact = ((s / u0 - 1):log() / (2 * s)):totable()
local rates = paper.choose({ 2e-3, 1e-3, 5e-4 }, { 1e-3, 5e-4, 5e-5 })
local gaps, halves = {}, nil
for i, lr in ipairs(rates) do
  local time, part, half = learn(decoupled, lr)
  local curve = eb.theory.saxe(s, u0, time)
  gaps[i], halves = ((part - curve):abs() / s):max():item(), half
  if i == #rates then
    local curves = { title = "components (marks) and the closed form (lines)", xlabel = "time" }
    local some = eb.arange(1, #time, #time // 40):cast "int32"
    for k = 1, #s do
      curves[k] = { time, curve[{ {}, k }], name = ("s = %.1f"):format(s[k]:item()) }
      curves[#s + k] = { time:index(1, some), part[{ {}, k }]:index(1, some), line = false, color = k }
    end
    paper.figure("modes", eb.plot.line(curves), "Components of W1 W2 from a decoupled start")
  end
end
-- A step grows by ln(1 + ηs)/η instead of s, so that a curve comes late by ηs/2 of its half-time: the steepest one by η s_1 ln(s_1/u0)/8 of s_1.
paper.expect { row = "largest gap / s at the smallest step size", at_most = rates[#rates] * 5 * math.log(5 / u0) / 8, measured = gaps[#gaps] }
paper.expect { row = "the gap is proportional to the step size: ratio of ratios", expected = 1, within = 0.1,
  measured = (gaps[1] / gaps[2]) / (rates[1] / rates[2]) }
paper.expect { row = "half-times from the decoupled start, ± ηs_1", expected = exact, within = 5 * rates[#rates], measured = halves }
local random = net:init { rng = eb.rng(6), init = eb.init.normal { gain = 2e-3 } }
local start = (((random[1]:t():mm(U) + random[2]:mm(V)) / 2) ^ 2):sum(1)
local predicted, _, _, late = ((s / start - 1):log() / (2 * s)):totable(), learn(random, 1e-3)
paper.expect { row = "half-times from a random start", expected = predicted, within = 0.05, measured = late }
paper.finish()
