-- A diagonal network with one data point, f(x) = ⟨w², x⟩ with x = (1, 2) and y = 1, from w = α(1, 1): the smallest model in which the step size
-- chooses between the norm and the sharpness. Its minima are a segment, with the least norm at one end and the least sharpness at the other.
local eb = require "ebbtide"
local here = arg[0]:match "^.*/" or "./"
local paper, sweeps = dofile(here .. "../paper.lua"), dofile(here .. "../sweeps.lua")
eb.default_dtype "float64"
paper.title "One data point: elbow, hyperbola, rising norm, and the best network in between"

local x, y, alpha, truth = eb.tensor { 1, 2 }, 1, 0.01, eb.tensor { 0.5, 0.25 }
local function loss(w) return ((w ^ 2):dot(x) - y) ^ 2 / 2 end

-- Descent with every step size at once, then what each has found: sharpness, norms, and the error of β = w².
local function descend(lr) return eb.loop(20000, function(w) return w - lr * eb.grad(loss)(w) end, alpha * eb.ones { 2 }) end
local function sweep(rates)
  local w = eb.vmap(descend)(rates)
  local S = eb.vmap(function(w) return eb.linalg.eigh(eb.hessian(loss)(w)):max() end)(w)
  return { lr = rates, S = S, l2 = (w ^ 2):sum(2), l1 = w:abs():sum(2), error = ((w ^ 2 - truth) ^ 2):sum(2), loss = eb.vmap(loss)(w), b1 = w[{ {}, 1 }] ^ 2 }
end

-- Numbers to three digits, and the limit of gradient flow in closed form: β = (α²z, α²z²), S = 4⟨β, x²⟩. Its sharpness never falls on the way,
-- so that the transition is at 2/S.
local rates = eb.tensor { 0.05, 0.1, 0.2, 0.24, 0.26, 0.28, 0.3, 1 / 3, 0.36, 0.4, 0.44 }
local known = {
  S = { 7.966, 7.961, 7.950, 7.944, 7.673, 7.090, 6.587, 5.885, 5.423, 4.860, 4.425 },
  l2 = { 0.504, 0.505, 0.506, 0.507, 0.541, 0.614, 0.677, 0.764, 0.822, 0.893, 0.947 },
  l1 = { 0.796, 0.802, 0.815, 0.820, 0.963, 1.098, 1.163, 1.213, 1.224, 1.214, 1.176 },
  error = { 0.302, 0.300, 0.297, 0.295, 0.219, 0.093, 0.027, 0.0010, 0.026, 0.102, 0.194 },
}
local table_ = sweep(rates)
local names = { S = "sharpness", l2 = "squared 2-norm of w", l1 = "1-norm of w", error = "squared error of β" }
for _, key in ipairs { "S", "l2", "l1", "error" } do
  local gap = (table_[key] - eb.tensor(known[key])):abs():max():item()
  paper.expect { row = names[key] .. " at 11 step sizes, largest difference from the table", at_most = 1e-3, measured = gap }
end
paper.expect { row = "loss at the end, largest", at_most = 1e-20, measured = table_.loss:max():item() }
local z = (-1 + math.sqrt(1 + 8 / alpha ^ 2)) / 4
local flow = 4 * alpha ^ 2 * (z + 4 * z ^ 2)
paper.expect { row = "sharpness at the end of small steps: that of gradient flow", expected = flow, within = 1e-3, measured = sweep(eb.tensor { 1e-3 }).S:item() }
local beyond = loss(descend(0.52)):item()
paper.expect { row = "loss at step size 0.52, where no minimum is stable", expected = "not small", measured = beyond, holds = not (beyond < 0.1) }

-- The elbow, from a fine sweep alone. Above it: S just under 2/lr, where the oscillation dies out; a norm that rises; the least error inside.
local fine = sweep(eb.linspace(0.02, 0.445, paper.choose(60, 200)))
paper.expect { row = "elbow of the sharpness against 2/s_GF", expected = 2 / flow, within = 0.03, measured = sweeps.elbow(fine.lr, fine.S) }
local edge = fine.lr:gt(2 / flow)
local ratio = (fine.S * fine.lr / 2)[edge]
local function rise(norm) return (norm[{ { 2, -1 } }] - norm[{ { 1, -2 } }]):min():item() end
paper.expect { row = "sharpness over 2/lr above the elbow, largest: a minimum that is reached is stable", at_most = 1, measured = ratio:max():item() }
paper.expect { row = "rise of the squared norm above the elbow from one step size of the table to the next, least", at_least = 0,
  measured = rise(table_.l2[rates:gt(2 / flow)]) }
paper.claim { row = "the same from one step size of the fine sweep to the next", at_least = 0, measured = rise(fine.l2[edge]) }
paper.claim { row = "sharpness over 2/lr above the elbow, least", at_least = 0.96, measured = ratio:min():item() }
paper.expect { row = "step size with the least error: 1/3, where β is the truth and S nearly 6", expected = 1 / 3, within = 0.05, measured = fine.lr[fine.error:argmin()]:item() }

paper.csv("sweep", fine, { "lr", "S", "l2", "l1", "error", "loss", "b1" })
paper.figure("sharpness", eb.plot.line { { fine.lr, fine.S, name = "S" }, { fine.lr, 2 / fine.lr, name = "2/lr" }, vlines = { { 2 / flow, "2/s_GF" } },
  ylim = { 3, 10 }, xlabel = "step size", ylabel = "sharpness of the minimum" }, "Constant up to 2/s_GF, then under the hyperbola 2/lr")
paper.figure("norm", eb.plot.line { { fine.lr, fine.l2, name = "squared 2-norm" }, { fine.lr, fine.l1, name = "1-norm" }, { fine.lr, fine.error, name = "error of β" },
  vlines = { { 2 / flow, "2/s_GF" } }, xlabel = "step size" }, "Norms of the parameters, and the error, which is least at neither end")
paper.finish()
