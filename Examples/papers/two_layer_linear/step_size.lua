-- Descent with finite steps on one mode, w = a b with loss ½λ w² − σ w: the fixed point σ/λ is stable if and only if ησ < 1 and approached
-- from one side if and only if ησ < ½; from w = e^(−δ) it takes about δ/(2ησ) steps. With λ = σ only ησ matters: one program sweeps it.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "What finite steps do to a mode of two layers"

local function loss(p) local w = p.a * p.b return w ^ 2 / 2 - w end
local function orbit(rate, start, steps)
  local layer = (start / 2):exp()
  return select(2, eb.scan(function(p) p = p - rate * eb.grad(loss)(p) return p, p.a * p.b end, { a = layer, b = layer }, steps))
end

-- All rates at once: [rates, steps].
local rates = eb.linspace(0.01, 1.3, 130)
local steps = paper.choose(4000, 40000)
local w = eb.vmap(function(rate) return orbit(rate, eb.tensor(-8), steps) end)(rates)
local settled = (w[{ {}, -1 }] - 1):abs():lt(1e-6)
local rises = (w[{ {}, { 2, -1 } }] - w[{ {}, { 1, -2 } }]):min(2):ge(-1e-12)
-- The last rate before one of which it is not true; NaN when that is the first one, or when there is none.
local function edge(which)
  local first = which:logical_not():cast "float64":argmax():item()
  return first > 1 and rates[first - 1]:item() or 0 / 0
end

-- The orbits after a while, against the rate.
local last = 16
local tail = w[{ {}, { -last, -1 } }]
local at = rates:unsqueeze(2):expand { #rates, last }
local finite = tail:isfinite():logical_and(at:ge(0.4))
paper.figure("orbit", eb.plot.scatter { { at[finite], tail[finite] }, title = "the last 16 values of w",
  xlabel = "ησ", ylabel = "w λ/σ", vlines = { 0.5, 1 } },
  "Beyond ησ = 1 a mode does not settle: periods double")

-- Steps to the half of σ/λ, relative to δ/(2ησ).
local small, deltas = { 0.002, 0.01, 0.05, 0.2, 0.4 }, { 5, 10, 20, 40 }
local ratios, columns = {}, { rate = {}, delta = {}, ratio = {} }
for _, rate in ipairs(small) do
  for _, delta in ipairs(deltas) do
    local path = orbit(eb.tensor(rate), eb.tensor(-delta), math.ceil(delta / rate))
    local ratio = path:gt(0.5):cast "float64":argmax():item() / (delta / (2 * rate))
    if rate <= 0.01 then ratios[#ratios + 1] = ratio end
    for name, value in pairs { rate = rate, delta = delta, ratio = ratio } do table.insert(columns[name], value) end
  end
end
paper.csv("steps", columns, { "rate", "delta", "ratio" })
-- On a grid of 0.01: at ησ = 1 a mode settles as 1/√steps only, at ½ its error is squared in each step and keeps its sign.
paper.expect { row = "largest ησ that is stable, on a grid of 0.01", expected = 0.99, within = 0.001, measured = edge(settled) }
paper.expect { row = "largest ησ that is monotone, on a grid of 0.01", expected = 0.5, within = 0.001, measured = edge(rises) }
paper.expect { row = "steps to learn over δ/(2ησ), ησ ≤ 0.01, δ = 5 … 40", expected = 1, within = 0.02, measured = ratios }
paper.expect { row = "the same at ησ = 0.4, δ = 40: growth by (1 + ησ)² a step", expected = 0.4 / math.log(1.4),
  within = 0.05, measured = columns.ratio[#columns.ratio] }
paper.finish()
