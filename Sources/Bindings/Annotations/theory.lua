---@meta ebbtide.theory

-- What theory says.

local eb = require "ebbtide"

---Closed forms of the theory, to hold beside simulations. They compute and answer in float64, whatever they are given.
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

---Modes of a linear model W, f = ‖Y − X W‖²/2n, under gradient flow where Σ_x = XᵀX/n = U diag(λ) Uᵀ and Σ_xy = XᵀY/n = U diag(σ) Vᵀ:
---ẇ = σ − λ w, w(t) = (σ/λ)(1 − e^(−λt)) + w₀ e^(−λt), also at λ = 0. All modes are learned at once (Gidel, Bach & Lacoste-Julien 2019, arXiv
---1904.13262).
---
---σ, λ and w₀ are numbers or vectors [k] that broadcast; t is a number or a vector [T]. The answer is a number if all are numbers, else
---float64 [k], [T], or [T, k] for vectors of both. Differentiable.
---```lua
---print(("%.6f"):format(eb.theory.one_layer_modes(1, 2, 0, 1)))  --> 0.432332
---```
---@param sigma number|Tensor|number[]
---@param lambda number|Tensor|number[]
---@param w0 number|Tensor|number[] the start
---@param t number|Tensor|number[] times
---@return number|Tensor
function eb.theory.one_layer_modes(sigma, lambda, w0, t) end

---Modes of a two-layer linear network W₁ W₂ in the setting of `one_layer_modes`, started balanced with W₁ W₂ = U diag(w₀) Vᵀ: ẇ = 2 w (σ − λ w),
---w(t) = w₀ e^(2σt) / (1 + (λ/σ) w₀ (e^(2σt) − 1)), and w₀ / (1 + 2 λ w₀ t) at σ = 0 (Gidel, Bach & Lacoste-Julien 2019, arXiv 1904.13262, section 3).
---Computed without overflow at any t. Arguments and shapes as of `one_layer_modes`; differentiable.
---```lua
---local w = eb.theory.two_layer_modes({5, 1}, {5, 1}, 1e-5, {2, 5})
---print(w.shape[1], w.shape[2])  --> 2  2
---assert(w[{1, 1}]:item() > 0.9 and w[{1, 2}]:item() < 1e-3 and w[{2, 2}]:item() > 0.1)  -- one after the other
---```
---@param sigma number|Tensor|number[]
---@param lambda number|Tensor|number[]
---@param w0 number|Tensor|number[] the product at the start
---@param t number|Tensor|number[] times
---@return number|Tensor
function eb.theory.two_layer_modes(sigma, lambda, w0, t) end

---Logistic growth of a mode of strength s in a two-layer linear network with whitened inputs (Saxe, McClelland & Ganguli 2014, arXiv 1312.6120):
---u(t) = s e^(2st) / (e^(2st) − 1 + s/u₀), which is `two_layer_modes(s, 1, u0, t)`.
---
---Two conventions are in use for what starts at u₀. `start = "product"`, the default: the product of the layers, u(0) = u₀, and with u₀ = e^(−δ)
---the mode rises at δ/(2s). `start = "layers"`: each layer, u(0) = u₀², and it rises at δ/s.
---```lua
---local s, u0 = 1, 1e-4
---print(("%.6f"):format(eb.theory.saxe(s, u0, 4)))  --> 0.229659
---assert(math.abs(eb.theory.saxe(s, 1e-2, 4, {start = "layers"}) - eb.theory.saxe(s, u0, 4)) < 1e-15)
---```
---@param s number|Tensor|number[] strength, [k]
---@param u0 number|Tensor|number[]
---@param t number|Tensor|number[] times, [T]
---@param options? { start?: "product"|"layers" }
---@return number|Tensor  # [T, k] for vectors of both
function eb.theory.saxe(s, u0, t, options) end

---When a mode of `two_layer_modes` is half of σ/λ: ln(σ/(λ w₀) − 1) / (2σ).
---```lua
---print(("%.9f"):format(eb.theory.half_time(5, 1, 1e-5)))  --> 1.312236138
---```
---@param sigma number|Tensor|number[]
---@param lambda number|Tensor|number[]
---@param w0 number|Tensor|number[]
---@return number|Tensor
function eb.theory.half_time(sigma, lambda, w0) end

---The modes of `two_layer_modes` in rescaled time: at t = δ τ, started at e^(−δ). As δ → ∞ each is a step at τ = 1/(2σ) from 0 to σ/λ, through
---1/(1 + λ/σ); `delta = math.huge` is that staircase. With start = "layers" each layer starts at e^(−δ) and the steps are at 1/σ. The sum over
---modes is the trace norm of W₁ W₂: for an autoencoder, σ = λ, a staircase of whole numbers (Gidel, Bach & Lacoste-Julien 2019, figure 1).
---```lua
---print(eb.theory.rescaled_modes({1, 2}, {1, 2}, math.huge, {0.2, 0.3, 0.6}):sum(2):totable()[2])  --> 1.0
---```
---@param sigma number|Tensor|number[] [k]
---@param lambda number|Tensor|number[]
---@param delta number above 0
---@param tau number|Tensor|number[] rescaled times, [T]
---@param options? { start?: "product"|"layers" }
---@return number|Tensor  # [T, k] for vectors of both
function eb.theory.rescaled_modes(sigma, lambda, delta, tau, options) end

---The modes of `two_layer_modes` under gradient descent with step size η after t steps: w' = w (1 + η (σ − λ w))², both layers m = √w with
---m' = m (1 + η (σ − λ m²)). The fixed point σ/λ is stable for ησ < 1, and approached without overshooting for ησ < ½; from e^(−δ) a mode takes about
---δ/(2ησ) steps (Gidel, Bach & Lacoste-Julien 2019, section 3). Shapes as of `one_layer_modes`; costs t operations a mode.
---```lua
---print(("%.4f"):format(eb.theory.two_layer_steps(1, 1, 1e-3, 0.1, 50)))  --> 0.9554
---```
---@param sigma number|Tensor|number[]
---@param lambda number|Tensor|number[]
---@param w0 number|Tensor|number[]
---@param lr number the step size η
---@param t integer|integer[]|Tensor how many steps
---@return number|Tensor
function eb.theory.two_layer_steps(sigma, lambda, w0, lr, t) end

---The modes of `one_layer_modes` under gradient descent: w' = w + η (σ − λ w).
---```lua
---print(("%.4f"):format(eb.theory.one_layer_steps(1, 1, 0, 0.1, 10)))  --> 0.6513
---```
---@param sigma number|Tensor|number[]
---@param lambda number|Tensor|number[]
---@param w0 number|Tensor|number[]
---@param lr number the step size η
---@param t integer|integer[]|Tensor how many steps
---@return number|Tensor
function eb.theory.one_layer_steps(sigma, lambda, w0, lr, t) end

---A mode of a linear network with N = `depth` layers, balanced and with whitened inputs: u̇ = N u^(2−2/N) (s − u) (Arora, Cohen & Hazan 2018, arXiv
---1802.06509), to about 12 digits. s, u₀ and t are from 0 on; shapes as of `saxe`. The times of u are known in closed form up to a smooth integral
---(Gauss–Legendre), which Newton's method inverts; a value costs about 0.1 ms.
---```lua
---local u = eb.theory.deep_modes({2, 1}, 1e-3, {5, 10, 20}, {depth = 3})
---assert(u[{1, 1}]:item() > 1.8 and u[{1, 2}]:item() < 0.01)
---```
---@param s number|Tensor|number[]
---@param u0 number|Tensor|number[]
---@param t number|Tensor|number[]
---@param options? { depth?: integer } 3 unless given
---@return number|Tensor
function eb.theory.deep_modes(s, u0, t, options) end

---The time that u̇ = N u^(2−2/N) (1 − u), N = `depth`, takes from u₀ to ½; ½ ln(1/u₀ − 1) at depth 2, and of the order of u₀^(−(1−2/N)) for more.
---Negative above ½.
---```lua
---print(("%.4f %.4f"):format(eb.theory.escape_time(2, 1e-4), eb.theory.escape_time(3, 1e-4)))  --> 4.6051 20.6930
---```
---@param depth integer from 1 on
---@param u0 number between 0 and 1
---@return number
function eb.theory.escape_time(depth, u0) end

---The loss ½ ‖W − M‖_F² where a factorisation of M from a small start waits: at the best approximation of rank k, L_k = ½ Σ_{i>k} s_i² with the
---singular values s of M. With k a number, without k all of them: float64 [r + 1] for k = 0, …, r.
---```lua
---print(eb.theory.rank_plateaus({5, 2, 1, 0.5}, 1))  --> 2.625
---print(eb.theory.rank_plateaus(eb.tensor{5, 2, 1, 0.5}:diag()):totable()[1])  --> 15.125
---```
---@param M Tensor|number[] a matrix, or the vector of its singular values
---@param k? integer from 0 on
---@return number|Tensor
function eb.theory.rank_plateaus(M, k) end

---The smallest and the largest eigenvalue of the Hessian of ½ ‖W_N ⋯ W₁ − M‖_F² at plateau k: at the balanced factors of the best approximation of
---rank k, with more hidden units than k and N = `depth`. Largest: N s₁^(2−2/N) for k ≥ 1. Smallest: −s_{k+1} for two layers, a saddle that descent
---leaves along a line; 0 for more layers, where unlearned directions have no curvature at all. At k = 0 two layers have ∓s₁, more have 0.
---```lua
---print(eb.theory.plateau_curvature({5, 2, 1}, 1))  --> -2.0  10.0
---print(eb.theory.plateau_curvature({5, 2, 1}, 0, {depth = 3}))  --> 0.0  0.0
---```
---@param M Tensor|number[] a matrix, or the vector of its singular values
---@param k integer from 0 on
---@param options? { depth?: integer } 2 unless given
---@return number smallest
---@return number largest
function eb.theory.plateau_curvature(M, k, options) end

---The sharpness N σ^(2−2/N) of a balanced minimum of ½ ‖W_N ⋯ W₁ − M‖², N = `depth`, σ the largest singular value of M.
---```lua
---print(("%.6f"):format(eb.theory.deep_linear_sharpness(2, 3)))  --> 7.559526
---```
---@param sigma number|Tensor|number[]
---@param depth integer from 1 on
---@return number|Tensor
function eb.theory.deep_linear_sharpness(sigma, depth) end

---The W of rank k that minimises ‖Y − X W‖_F² (Izenman 1975): W* V_k V_kᵀ, W* = X⁺ Y the least-squares solution of least norm, V_k the first k right
---singular vectors of X W*. Its residual is ‖Y − X W*‖² + Σ_{i>k} s_i(X W*)². k above the rank gives W*; columns of X may be dependent. Two
---singular value decompositions.
---```lua
---local X, Y = eb.randn({50, 6}, {rng = eb.rng(0)}), eb.randn({50, 4}, {rng = eb.rng(1)})
---print(eb.linalg.matrix_rank(eb.theory.reduced_rank_regression(X, Y, 2)):item())  --> 2
---```
---@param X Tensor [n, d]
---@param Y Tensor [n, p], or [n]
---@param k integer from 0 on
---@return Tensor W  # float64 [d, p]
function eb.theory.reduced_rank_regression(X, Y, k) end

---In which order the dynamics of a two-layer linear network learn the modes of Σ_xy = XᵀY/n = U diag(σ) Vᵀ, and in which order reduced-rank
---regression takes them. The dynamics go by σ_i, regression by what a mode explains, `gain` σ_i²/λ_i with λ_i = u_iᵀ Σ_x u_i. They agree
---for Y = X and for whitened inputs, and not always.
---
---All of this is exact where Σ_x is diagonal in U; `noncommuting` = ‖Σ_x U − U diag(λ)‖_F / ‖Σ_x U‖_F says how far from that the data are.
---```lua
---local X = eb.tensor{{2, 0}, {0, 0.5}} * math.sqrt(2)             -- λ = 4, ¼
---local Y = X:mm(eb.tensor{{0.5, 0}, {0, 2}})                        -- σ = 2, ½; gain 1, 1 …
---Y = Y + X:mm(eb.tensor{{0, 0}, {0, 1}})                            -- … and now 1, 2¼
---local order = eb.theory.learning_order(X, Y)
---print(order.dynamics[1], order.regression[1], order.agree)  --> 1  2  false
---```
---@param X Tensor [n, d]
---@param Y Tensor [n, p]
---@return { sigma: Tensor, lambda: Tensor, gain: Tensor, dynamics: integer[], regression: integer[], agree: boolean, noncommuting: number }
function eb.theory.learning_order(X, Y) end

---The β of least ‖β‖₂ with X β = y, and its certificate { dual = ν with β = Xᵀν, residual = ‖Xβ − y‖_∞ }. Raises if there is no solution.
---```lua
---print(eb.theory.min_l2({{1, 2}}, {1}):totable()[2])  --> 0.4
---```
---@param X Tensor [n, d]
---@param y Tensor [n]
---@return Tensor beta  # float64 [d]
---@return { dual: Tensor, residual: number } certificate
function eb.theory.min_l2(X, y) end

---The β of least ‖β‖₁ with X β = y (basis pursuit), and its certificate. Every ν with ‖Xᵀν‖_∞ ≤ 1 shows that no solution has a smaller norm than
---yᵀν; `dual` is such a ν, `dual_norm` = ‖Xᵀν‖_∞, `gap` = ‖β‖₁ − yᵀν, `residual` = ‖Xβ − y‖_∞. `unique` is true where the multipliers show that
---there is no other solution, which they do unless a support is degenerate.
---
---A primal-dual interior-point method (Mehrotra 1992), then the equations on the support once more: zeros are exact, the gap is rounding. About 15
---factorisations of an n × n matrix. Raises if there is no solution.
---```lua
---local beta, certificate = eb.theory.min_l1({{1, 2}}, {1})
---print(beta:totable()[2], certificate.dual_norm, certificate.unique)  --> 0.5  1.0  true
---assert(math.abs(certificate.gap) < 1e-12)
---```
---@param X Tensor [n, d]
---@param y Tensor [n]
---@return Tensor beta  # float64 [d]
---@return { dual: Tensor, gap: number, residual: number, dual_norm: number, unique: boolean } certificate
function eb.theory.min_l1(X, y) end

---Where gradient flow on the diagonal linear network β = u² − v² from u = v = α ends: the β with X β = y of least Σ α² q(β_i/α²),
---q(z) = 2 − √(4 + z²) + z asinh(z/2), so that β = 2α² sinh(Xᵀν) (Woodworth et al. 2020, arXiv 2002.09277). α → 0 gives the least ‖β‖₁, α → ∞ the
---least ‖β‖₂. `alpha` may be a vector of starts [d].
---
---Newton's method on the dual with steps shortened as for functions that grow like e^|z| (Sun & Tran-Dinh 2019). The certificate has the
---multipliers `dual` = ν, `residual` = ‖Xβ − y‖_∞, and `gap`, objective minus dual objective, which bounds how far β is from the least.
---Raises if there is no solution, and where α²/‖β‖ is too small for float64 (below about 1e-20).
---```lua
---local beta = eb.theory.hypentropy_min({{1, 2}}, {1}, 0.1)
---print(("%.10f %.10f"):format(table.unpack(beta:totable())))  --> 0.0668580177 0.4665709911
---```
---@param X Tensor [n, d]
---@param y Tensor [n]
---@param alpha number|Tensor|number[] above 0
---@return Tensor beta  # float64 [d]
---@return { dual: Tensor, gap: number, residual: number } certificate
function eb.theory.hypentropy_min(X, y, alpha) end

---Where gradient flow on β = w² from w = α ends: the β > 0 with X β = y of least Σ β_i (ln(β_i/α²) − 1), so that β = α² e^(Xᵀν). For one example
---β_i = α² e^(2 x_i s). Certificate as of `hypentropy_min`. Raises if no β > 0 has X β = y.
---```lua
---local beta = eb.theory.entropy_min({{1, 2}}, {1}, 0.1)
---print(("%.10f %.10f"):format(table.unpack(beta:totable())))  --> 0.0682548585 0.4658725708
---```
---@param X Tensor [n, d]
---@param y Tensor [n]
---@param alpha number|Tensor|number[] above 0
---@return Tensor beta  # float64 [d]
---@return { dual: Tensor, gap: number, residual: number } certificate
function eb.theory.entropy_min(X, y, alpha) end

---Singular values of a matrix that changes, followed through crossings: mode i stays the one whose vectors turn least from each matrix to the
---next, by the assignment of largest Σ |⟨u_i, u'_j⟩⟨v_i, v'_j⟩|. Modes are numbered as the singular values of the first matrix are ordered; a
---value that passes zero becomes negative, as in an analytic decomposition (Bunse-Gerstner, Byers, Mehrmann & Nichols 1991).
---
---`s` [T, k] are the values, `U` [n, k] and `V` [m, k] the vectors of the last matrix, `overlap` [T] the least |⟨u_i, u'_i⟩⟨v_i, v'_i⟩| of a step: far
---below 1 the steps are too long, or values were equal. Costs a decomposition and an assignment a matrix.
---```lua
---local matrices = {}
---for i = 1, 4 do matrices[i] = eb.tensor{3 - 0.5 * i, 0.5 * i}:diag() end
---print(eb.theory.track_modes(matrices).s:t()[1]:totable()[4])  --> 1.0
---```
---@param matrices Tensor[]|Tensor matrices one after another, a list of [n, m] or a tensor [T, n, m]
---@param options? { k?: integer } how many of the first matrix's modes; all unless given
---@return { s: Tensor, U: Tensor, V: Tensor, overlap: Tensor }
function eb.theory.track_modes(matrices, options) end
