---@meta ebbtide.diagnostics_descent

-- Diagnostics of what a step of descent meets, and of how wide a minimum is. They take the three forms that `eb.diag` describes.

local eb = require "ebbtide"

---Sharpness along the gradient, gᵀHg/‖g‖² (interaction-aware sharpness of the full batch; Lee & Jang 2023, ICLR). About two gradients.
---```lua
---print(eb.diag.interaction_aware_sharpness(function(w) return (eb.tensor{4, 1} * w ^ 2):sum() / 2 end, eb.tensor{1, 0}))  --> 4.0
---```
---@param options? DiagnosticOptions|Run|function
---@return any
function eb.diag.interaction_aware_sharpness(options, ...) end

---Batch sharpness E_B[g_Bᵀ H_B g_B/‖g_B‖²] (Andreyev & Beneventano 2024, arXiv 2412.20553), the mean over `batches` (8) batches of `size` examples drawn
---by `seed`; in a run the size of its batches unless given.
---```lua
---local X = eb.tensor{{1, 0}, {0, 2}}
---local function loss(w, x) return (x:mm(w) ^ 2):mean() / 2 end
---print(("%.4f"):format(eb.diag.batch_sharpness(loss, eb.ones{2}, {X}, {size = 2})))  --> 1.9118
---```
---@param options? DiagnosticOptions|Run|function { size = integer, batches = 8, seed = 0 }
---@return any
function eb.diag.batch_sharpness(options, ...) end

---Critical sharpness 2/η_c with η_c the least step along a direction after which the loss is higher, L(θ − η d) > L(θ) (Kalra & Barkeshli 2024,
---arXiv 2406.09405): by some evaluations of the loss, to a relative `tol` (1e-4). On a quadratic with d = g it is gᵀHg/‖g‖². `direction` is
---"gradient", "update" (what the optimizer's step to come divides by lr) or a tree d; infinite where −d does not descend, 0 where the loss never rises. The
---search begins at 1/16 of what the second derivatives say and doubles: a rise that is over before the first doubling ends is not seen.
---```lua
---local function loss(w) return (eb.tensor{4, 1} * w ^ 2):sum() / 2 end
---print(("%.3f"):format(eb.diag.critical_sharpness(loss, eb.tensor{1, 1})))  --> 3.824
---print(("%.3f"):format(eb.diag.critical_sharpness(loss, eb.tensor{1, 1}, nil, {direction = eb.tensor{0, 1}})))  --> 1.000
---```
---@param options? DiagnosticOptions|Run|function { direction = "gradient", tol = 1e-4 }
---@return any
function eb.diag.critical_sharpness(options, ...) end

---Adaptive sharpness max L(θ + δ) − L(θ) over ‖δ/|θ|‖_p ≤ ρ (Kwon et al. 2021, arXiv 2102.11600; Andriushchenko et al. 2023, arXiv 2302.07011), p = 2 or
---math.huge, by `steps` (20) steps of projected ascent from θ and from `restarts` (0) random starts: the best that was found, a lower bound. It does not
---change when layers are rescaled. With adaptive = false the ball is ‖δ‖_p ≤ ρ.
---```lua
---local w, c = eb.tensor{0.5, 1}, eb.tensor{2, 1}
---print(("%.5f"):format(eb.diag.adaptive_sharpness(function(v) return v:dot(c) end, w, nil, {rho = 0.1, p = math.huge})))  --> 0.20000
---```
---@param options? DiagnosticOptions|Run|function { rho = 0.05, p = 2, steps = 20, restarts = 0, adaptive = true, seed = 0 }
---@return any
function eb.diag.adaptive_sharpness(options, ...) end

---The local learning coefficient n β (E L − L(θ)) (Lau et al. 2023, arXiv 2308.12108), with E over Langevin dynamics w ← w − ε/2 (n β ∇L + γ (w − θ)) + √ε ξ:
---`steps` (200) with ε = `step` (1e-4), of which the first `burn` (a fifth) do not count, in `chains` (1). β is 1/ln n unless given, n the number of
---examples, γ = 1. Half the number of parameters at a regular minimum, less at a singular one.
---```lua
---local function loss(w) return (w ^ 2):sum() / 2 end
---local llc = eb.diag.llc(loss, eb.zeros{10}, nil, {n = 1000, step = 1e-3, steps = 400, chains = 2})
---assert(llc > 3 and llc < 7)
---```
---@param options? DiagnosticOptions|Run|function { steps = 200, step = 1e-4, gamma = 1, beta = number, n = integer, chains = 1, burn = integer, seed = 0 }
---@return any
function eb.diag.llc(options, ...) end

---What the step to come does to the loss against its Taylor series to second order: {actual = ΔL, predicted = ⟨g, d⟩ + ½ dᵀHd, ratio}, d the optimizer's
---step, or without a run −lr g: then predicted is −η‖g‖² + ½ η² gᵀHg. About four gradients.
---```lua
---local f = eb.diag.loss_decrease(function(w) return (w ^ 2):sum() / 2 end, eb.tensor{3, 4}, nil, {lr = 0.5})
---print(f.actual, f.predicted, f.ratio)  --> -9.375 -9.375 1.0
---```
---@param options? DiagnosticOptions|Run|function { lr = number }
---@return any
function eb.diag.loss_decrease(options, ...) end
