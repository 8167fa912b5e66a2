-- A diagonal network β = u ⊙ v on sparse regression with fewer examples than features, descended with step sizes up to those that diverge, in full
-- batches and one example at a time (Even, Pesme, Gunasekar, Flammarion 2023). A step multiplies u² − v² by 1 − (γg)² exactly, g the gradient in
-- β: what counts is not the initial scale α but α exp(−Gain/2), Gain = −Σ ln |1 − (γg)²|, coordinate by coordinate.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Large steps lessen the initial scale: evenly for single examples, on the support for full batches"

local d, n, s, alpha = 30, 20, 3, 0.1
local draws, steps, rates = paper.choose(3, 10), paper.choose(20000, 50000), eb.logspace(-2, 0.1, paper.choose(22, 43))
local truth = eb.cat { eb.ones { s }, eb.zeros { d - s } }
local X = eb.randn({ draws, n, d }, { rng = eb.rng(1) })
local order = eb.randint({ steps, 1 }, 1, n, { rng = eb.rng(2) })
local start = { u = alpha * eb.ones { d }, v = eb.zeros { d }, gain = eb.zeros { d } }
local function step(p, lr, x)
  local g = x:t():mm(x:mm(p.u * p.v - truth)) / #x
  return { u = p.u - lr * g * p.v, v = p.v - lr * g * p.u, gain = p.gain - (1 - (lr * g) ^ 2):abs():log() }
end
local function full(x, lr) return eb.loop(steps, function(p) return step(p, lr, x) end, start) end
local function single(x, lr) return (eb.scan(function(p, i) return step(p, lr, x:index(1, i)), i end, start, order)) end
-- All data sets and step sizes at once. What has not diverged interpolates; of each step size, medians over those data sets that all learn.
local function sweep(descend)
  local p = eb.vmap(function(x) return eb.vmap(function(lr) return descend(x, lr) end)(rates) end)(X)
  local beta = p.u * p.v
  local fit = (X:unsqueeze(2):mm((beta - truth):unsqueeze(4)) ^ 2):mean { 3, 4 }
  local count = (1 - fit:lt(1e-2):all(1):cast "float64"):cumsum(1):eq(0):sum():item()
  local stable = { {}, { 1, count } }
  local gain, b, difference = p.gain[stable], beta[stable], (p.u ^ 2 - p.v ^ 2)[stable]:abs()
  local r = { lr = rates[{ { 1, count } }], beta = b, alpha = difference:sqrt() / 2 }
  r.middle = r.lr:le(r.lr[-1] / 2):sum():item() -- up to here numbers stay of one size, and the identity holds to rounding
  r.mismatch = (difference:log() - 2 * math.log(alpha) + gain)[{ {}, { 1, r.middle } }]:abs():max():item()
  r.error = ((b - truth) ^ 2):sum(3):median(1)
  r.gain = gain:sum(3):median(1)
  r.ratio = (gain[{ {}, {}, { 1, s } }]:mean(3) / gain[{ {}, {}, { s + 1, d } }]:mean(3)):median(1)
  return r
end
local gd, sgd = sweep(full), sweep(single)

paper.expect { row = "ln |u² − v²| against 2 ln α − Gain up to half the largest step size (full, single): largest difference", at_most = 1e-8,
  measured = { gd.mismatch, sgd.mismatch } }
local function least_rise(x) return (x[{ { 2, -1 } }] - x[{ { 1, -2 } }]):min():item() end
local function ends(x) return { x:min():item(), x:max():item() } end
local function change(x) return (x[-1] / x[1]):item() end
paper.expect { row = "rise of ‖Gain‖₁ from one step size to the next, least (full, single)", at_least = 0, measured = { least_rise(gd.gain), least_rise(sgd.gain) } }
paper.expect { row = "single examples: error of β at the largest step size over that at the smallest", at_most = 0.1, measured = change(sgd.error) }
paper.expect { row = "full batches: the same", at_least = 1, measured = change(gd.error) }
paper.expect { row = "mean gain on the support over that off it, single examples: even", at_least = 0.5, at_most = 2, measured = ends(sgd.ratio) }
paper.expect { row = "the same, full batches: on the support", at_least = 3, measured = ends(gd.ratio) }

-- Where single examples end at half the largest step size: the minimum of the entropy of the effective scale, and not of the initial one.
local at = { 1, sgd.middle }
local function gap(scale) return (eb.theory.hypentropy_min(X[1], X[1]:mm(truth), scale) - sgd.beta[at]):norm():item() end
paper.expect { row = "distance to the least entropy of the effective scale, over that of α", at_most = 0.25, measured = gap(sgd.alpha[at]) / gap(alpha / 2) }
for name, r in pairs { full = gd, single = sgd } do paper.csv(name, { lr = r.lr, error = r.error, gain = r.gain, ratio = r.ratio }, { "lr", "error", "gain", "ratio" }) end
local function panel(title, key)
  return eb.plot.line { { gd.lr, gd[key], name = "full batches" }, { sgd.lr, sgd[key], name = "single examples" }, title = title,
    logx = true, logy = true, xlabel = "step size" }
end
paper.figure("steps", eb.plot.grid { panel("squared error of β", "error"), panel("sum of the gain", "gain") }, "Medians over data sets, up to where one diverges")
paper.finish()
