-- Reduced-rank regression ranks components by σ²/λ, the dynamics of two layers by σ. This looks for the smallest whole numbers where the
-- two disagree, makes such data, and descends: the solution of rank 1 is never visited, another critical point is.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Where reduced-rank regression and the dynamics disagree"

-- Σ_x = diag(λ1, λ2), Σ_xy = diag(σ1, σ2): the dynamics learn mode 1 first, reduced-rank regression takes mode 2.
local found
for largest = 1, 9 do
  for l1 = 1, largest do for l2 = 1, largest do for s1 = 2, largest do for s2 = 1, s1 - 1 do
    if not found and s1 ^ 2 / l1 < s2 ^ 2 / l2 then found = { lambda = { l1, l2 }, sigma = { s1, s2 } } end
  end end end end
end
local lambda, sigma = eb.tensor(found.lambda), eb.tensor(found.sigma)

-- Two examples with these moments: x_i = √(2 λ_i) e_i, n = 2.
local x = (2 * lambda):sqrt():diag()
local y = x:mm((sigma / lambda):diag())
local rank1 = eb.theory.reduced_rank_regression(x, y, 1)
local first = eb.tensor { { sigma[1]:item() / lambda[1]:item(), 0 }, { 0, 0 } }
local size = (sigma / lambda):norm():item()

local net = eb.models.deep_linear { 2, 2, 2 }
local run = eb.run {
  params = net:init { rng = eb.rng(1), init = eb.init.normal { gain = 1e-6 } }, opt = eb.optim.sgd { lr = 0.005 },
  data = { x, y }, loss = function(p, x, y) return ((net(p, x) - y) ^ 2):sum() / (2 * #x) end,
}
run:track({
  reduced = function(r) return (net:effective(r.params) - rank1):norm() / size end,
  dynamics = function(r) return (net:effective(r.params) - first):norm() / size end,
  full = function(r) return (net:effective(r.params) - (sigma / lambda):diag()):norm() / size end,
}, { every = 5 })
local log = run:advance(2500).log

paper.figure("distance", eb.plot.line {
  { log.reduced.step, log.reduced.value, name = "reduced-rank, rank 1" }, { log.full.step, log.full.value, name = "least squares" },
  { log.dynamics.step, log.dynamics.value, name = "mode of the largest σ alone" },
  title = ("distances for λ = (%d, %d), σ = (%d, %d)"):format(found.lambda[1], found.lambda[2], found.sigma[1], found.sigma[2]),
  xlabel = "step", logy = true,
}, "The rank-one point that is visited is not the solution of rank one")
local function least(series) return series.value:min():item() end
-- On the way (0, 0) → (σ1/λ1, 0) → (σ1/λ1, σ2/λ2) the solution (0, σ2/λ2) is never nearer than σ1/λ1, or σ2/λ2 if that is less.
local bound = (sigma / lambda):min():item() / size
paper.expect { row = "theory: smallest whole numbers λ, σ", expected = "(3, 1), (3, 2)",
  measured = ("(%s), (%s)"):format(table.concat(found.lambda, ", "), table.concat(found.sigma, ", ")),
  holds = table.concat(found.lambda, ",") == "3,1" and table.concat(found.sigma, ",") == "3,2" }
local share = (rank1[{ 2, 2 }] / rank1:norm()):item()
paper.expect { row = "theory: reduced-rank solution takes mode 2: its share", expected = 1, within = 1e-6, measured = share }
paper.expect { row = "closest approach to it, relative", expected = bound, within = 0.02, measured = least(log.reduced) }
paper.expect { row = "closest approach to the mode of the largest σ", at_most = 0.01, measured = least(log.dynamics) }
paper.expect { row = "closest approach to least squares", at_most = 1e-4, measured = least(log.full) }
paper.finish()
