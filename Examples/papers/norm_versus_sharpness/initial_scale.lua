-- Gradient flow on the diagonal network β = u² − v² from u = v = α: among all β with X β = y it finds the one of least hyperbolic entropy, which
-- is that of least ‖β‖₁ for α → 0 and of least ‖β‖₂ for α → ∞ (Woodworth et al. 2020). Every minimum here comes with a certificate: a dual
-- vector that proves it to be one.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "The initial scale leads from the least 1-norm to the least 2-norm"

local d, n, s = 40, 20, 3
local X = eb.randn({ n, d }, { rng = eb.rng(1) })
local truth = eb.cat { eb.tensor { 1, -1, 1 }, eb.zeros { d - s } }
local y = X:mm(truth)
local alphas = eb.logspace(paper.choose(-2, -2.5), 1, paper.choose(7, 15))

-- The flow of all scales at once, by Runge and Kutta's method of order 4. Sharpness is about 4 λ_max(XᵀX/n) max(α², max |β|): the steps are a
-- quarter of its inverse. The loss in fixed units of time falls the slower the smaller α is.
local top = eb.linalg.norm(X:t():mm(X) / n, 2)
local function flow(alpha)
  local h = 1 / (4 * top * (alpha ^ 2 + 2))
  local function velocity(p)
    local g = X:t():mm(X:mm(p.u ^ 2 - p.v ^ 2) - y) / n
    return { u = -2 * p.u * g, v = 2 * p.v * g }
  end
  local function step(p)
    local function ahead(a, k) return { u = p.u + a * h * k.u, v = p.v + a * h * k.v } end
    local a = velocity(p)
    local b = velocity(ahead(0.5, a))
    local c = velocity(ahead(0.5, b))
    local e = velocity(ahead(1, c))
    return { u = p.u + h / 6 * (a.u + 2 * b.u + 2 * c.u + e.u), v = p.v + h / 6 * (a.v + 2 * b.v + 2 * c.v + e.v) }
  end
  local p = eb.loop(paper.choose(100000, 600000), step, { u = alpha * eb.ones { d }, v = alpha * eb.ones { d } })
  return p.u ^ 2 - p.v ^ 2
end
local beta = eb.vmap(flow)(alphas)

-- Beside the entropy's minimum at each scale, and the norms beside the least ones.
local least1, proof1 = eb.theory.min_l1(X, y)
local least2, proof2 = eb.theory.min_l2(X, y)
local apart, gap = {}, {}
for i = 1, #alphas do
  local least, proof = eb.theory.hypentropy_min(X, y, alphas[i])
  apart[i], gap[i] = ((beta[i] - least):norm() / least:norm()):item(), math.abs(proof.gap)
end
local ratio1, ratio2 = beta:abs():sum(2) / least1:abs():sum(), beta:norm(2, 2) / least2:norm()
local error = (beta - truth):norm(2, 2) / truth:norm()
local function least_rise(x) return (x[{ { 2, -1 } }] - x[{ { 1, -2 } }]):min():item() end
paper.expect { row = "flow at each scale beside the least entropy, relative distance, largest", at_most = 1e-3, measured = math.max(table.unpack(apart)) }
paper.expect { row = "certificates: duality gap of the entropies, of ‖β‖₁; ‖Xᵀν‖_∞ − 1 of ‖β‖₁", at_most = 1e-10,
  measured = { math.max(table.unpack(gap)), proof1.gap, proof1.dual_norm - 1 } }
paper.expect { row = "certificate of ‖β‖₂: least β minus Xᵀν", at_most = 1e-10, measured = (least2 - X:t():mm(proof2.dual)):norm():item() }
paper.expect { row = "‖β‖₁ over the least at the smallest α; it comes near like 1/ln(1/α)", at_least = 1, at_most = 1.05, measured = ratio1[1]:item() }
paper.expect { row = "‖β‖₂ over the least at the largest α", at_least = 1 - 1e-9, at_most = 1.0001, measured = ratio2[-1]:item() }
paper.expect { row = "from each α to the next ‖β‖₁ rises, ‖β‖₂ falls, the error of the sparse truth rises: least step", at_least = 0,
  measured = { least_rise(ratio1), least_rise(-ratio2), least_rise(error) } }

paper.csv("scales", { alpha = alphas, ratio1 = ratio1, ratio2 = ratio2, error = error, apart = apart }, { "alpha", "ratio1", "ratio2", "error", "apart" })
paper.figure("norms", eb.plot.line { { alphas, ratio1, name = "1-norm" }, { alphas, ratio2, name = "2-norm" }, { alphas, error, name = "error of β" },
  logx = true, hlines = { 1 }, xlabel = "initial scale α", title = "norms over the least that interpolate" }, "From the least 1-norm to the least 2-norm")
paper.finish()
