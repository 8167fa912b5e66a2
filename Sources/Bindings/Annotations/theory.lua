---@meta ebbtide.theory

-- What theory says.

local eb = require "ebbtide"

---Closed forms of the theory.
---```lua
---print(eb.theory.stability_threshold(eb.optim.sgd{lr = 0.5}))  --> 4.0
---```
---@class theory
eb.theory = {}

---The largest curvature at which an optimizer is stable on a quadratic: with a larger one the iterates grow. η is `lr`, β the momentum, λ the
---weight decay.
---
---sgd: 2/η − λ; heavy ball (2 + 2β)/η − λ; nesterov (2 + 2β)/((1 + 2β) η) − λ; ema (2 + 2β)/((1 − β) η) − λ. label_noise and anti_pgd: 2/η.
---
---Of the Hessian preconditioned by P = diag(√v̂ + ε), P⁻¹H (Cohen et al. 2022, arXiv 2207.14484), with v̂ as it is: rmsprop (2 + 2β)/η;
---group_rmsprop 2/η; adagrad 2/η at step t; adam, amsgrad, adabelief, radam (2 + 2β₁)/((1 − β₁) η); nadam (2 + 2β₁)/((1 − β₁)(1 + 2β₁) η);
---adamw (2 − ηλ)(1 + β₁)/((1 − β₁) η), which becomes adam's at λ = 0. Corrections of the first steps are over by then.
---
---sam on plain sgd (Long & Bartlett 2024, arXiv 2309.12488): ‖g‖/2ρ (√(1 + 8ρ/(η ‖g‖)) − 1) with ‖g‖ from `grad_norm`; with normalize = false
---(√(1 + 8ρ/η) − 1)/2ρ. "euler" and "rk4" with `step` h: 2/h and 2.785293563/h.
---
---Raises for other optimizers (of a chain or group ask its members), for a schedule without `t`, and for weight decay that P would scale.
---```lua
---local sgd = eb.optim.sgd
---local function threshold(o) return ("%.6g"):format(eb.theory.stability_threshold(o)) end
---print(threshold(sgd{lr = 0.01, momentum = 0.9}))  --> 380
---print(threshold(sgd{lr = 0.01, momentum = 0.9, nesterov = true}))  --> 135.714
---print(threshold(sgd{lr = 0.01, momentum = 0.9, ema = true}))  --> 3800
---print(("%.6g"):format(eb.theory.stability_threshold(eb.optim.sam{lr = 0.1, rho = 0.1}, {grad_norm = 0.5})))  --> 7.80776
---print(("%.6g"):format(eb.theory.stability_threshold("rk4", {step = 0.1})))  --> 27.8529
---```
---@param optimizer Optimizer|"rk4"|"euler"
---@param options? { grad_norm?: number, step?: number, t?: integer } ‖g‖ for sam; the step of a flow; the step at which schedules are read
---@return number
function eb.theory.stability_threshold(optimizer, options) end
