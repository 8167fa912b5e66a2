---@meta ebbtide.second_order

-- Optimizers that use curvature.

local eb = require "ebbtide"

---@class LbfgsOptions
---@field lr? number The step size η, from 0 on (default 1).
---@field history? integer How many pairs are kept, from 1 on (default 10).
---@field line_search? boolean Halve the step until the loss falls by 10⁻⁴ of what the slope promises (Armijo 1966); needs f (default false).

---Limited-memory BFGS (Nocedal 1980; Liu & Nocedal 1989): p ← p − η H g with H from the last pairs of steps and changes of the gradient by the
---two-loop recursion, begun with the last pair's γ = ⟨s, y⟩/⟨y, y⟩; pairs without positive curvature are left out. The first step is
---η min(1, 1/‖g‖₁) g, as in PyTorch. For full gradients: pairs from different batches mislead it. Its decisions depend on values, so it
---can't be compiled, and keeps 2 · `history` copies of the parameters. State: `steps`, `changes`, `p`, `g`.
---```lua
---local function f(p) return eb.value_and_grad(function(p) return (p[1] - 1) ^ 2 + 10 * (p[2] + 2) ^ 2 end)(p) end
---local opt, p = eb.optim.lbfgs{line_search = true}, eb.zeros({2}, {dtype = "float64"})
---local state = opt:init(p)
---for i = 1, 20 do
---  local _, g = f(p)
---  p, state = opt:step(p, g, state, f)
---end
---assert(math.abs(p[1]:item() - 1) < 1e-6 and math.abs(p[2]:item() + 2) < 1e-6)
---```
---@param options? LbfgsOptions
---@return Optimizer
function eb.optim.lbfgs(options) end

---@class NewtonCgOptions
---@field lr? number The step size η, from 0 on (default 1).
---@field damping? number λ added to the Hessian, from 0 on (default 0).
---@field iterations? integer The most Hessian products a step, from 1 on (default 50).

---Newton's method with conjugate gradients (Nocedal & Wright, algorithm 7.1): p ← p − η (H + λ)⁻¹ g, solved to min(½, √‖g‖) relative; at a
---direction of negative curvature it stops with what it has, or takes g if that is the first. Needs f, whose gradient is differentiated: make
---it with `eb.value_and_grad`. Can't be compiled. At most `iterations` Hessian products a step, each about two gradients.
---```lua
---local function f(p) return eb.value_and_grad(function(p) return (p[1] - 1) ^ 2 + 10 * (p[2] + 2) ^ 2 end)(p) end
---local opt, p = eb.optim.newton_cg(), eb.zeros({2}, {dtype = "float64"})
---local state = opt:init(p)
---for i = 1, 8 do
---  local _, g = f(p)
---  p, state = opt:step(p, g, state, f)
---end
---assert(math.abs(p[1]:item() - 1) < 1e-9 and math.abs(p[2]:item() + 2) < 1e-9)
---```
---@param options? NewtonCgOptions
---@return Optimizer
function eb.optim.newton_cg(options) end

---@class GaussNewtonOptions
---@field residual function residual(p) -> the tensor r whose half sum of squares is the loss; in a run residual(p, x, y, ctx).
---@field lr? number The step size η, from 0 on (default 1).
---@field damping? number λ from 0 on (default 1e-3).
---@field iterations? integer The most products, from 1 on (default 50).
---@field tolerance? number The relative residual at which the system counts as solved (default 1e-6).

---Gauss and Newton's method, damped (Levenberg 1944; Marquardt 1963): p ← p − η (Jᵀ J + λ)⁻¹ Jᵀ r for residuals r(p) with the Jacobian J, by
---conjugate gradients. It finds its own gradient; g is not used. Where a step gets f, it asks f(p, residual) for the residuals. Can't be
---compiled. Each product is about one gradient.
---```lua
---local X, y = eb.tensor({{1, 2}, {3, 4}, {5, 7}}, {dtype = "float64"}), eb.tensor({5, 11, 19}, {dtype = "float64"})
---local opt = eb.optim.gauss_newton{residual = function(p) return X:mm(p) - y end, damping = 0}
---local p = eb.zeros({2}, {dtype = "float64"})
---p = opt:step(p, p, opt:init(p))
---assert(math.abs(p[1]:item() - 1) < 1e-6 and math.abs(p[2]:item() - 2) < 1e-6)
---```
---@param options? GaussNewtonOptions
---@return Optimizer
function eb.optim.gauss_newton(options) end
