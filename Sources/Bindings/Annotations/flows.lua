---@meta ebbtide.flows

-- Continuous-time counterparts of optimizers.

local eb = require "ebbtide"

---Flows: what discrete steps are compared with. Each constructor takes `params`, `loss` and `data` as `eb.run` does (the loss is called as
---`loss(p, x, y)`, with all examples), goes on for `time`, and returns a `Flow`, which steps on.
---```lua
---local flow = eb.flow.gradient_flow{params = eb.tensor{1}, loss = function(p) return (p ^ 2):sum() / 2 end, time = 1}
---assert(math.abs(flow.params:item() - math.exp(-1)) < 1e-5)
---```
---@class flow
eb.flow = {}

---@class FlowOptions
---@field params table|Tensor Where it starts.
---@field loss function `loss(p, x, y)` -> scalar; `loss(p)` without data.
---@field data? table `{x, y}` or a dataset, all of which counts.
---@field dtype? "float32"|"float64" What it is computed in; that of the parameters unless given.
---@field compile? boolean Whether right-hand sides run as plans (default true).
---@field lr? number The step size η of the descent that it is compared with.
---@field time? number Goes on for this time at once.
---@field steps? integer The same in steps of descent, each `lr` of a gradient flow's time; instead of `time`.
---@field at? number[]|Tensor Times to have in the log and to keep the parameters of, hit exactly; the log then has these alone.
---@field every? number The log has an entry each such time; each step unless given.
---@field track? table<string, fun(flow: Flow): number|Tensor> More quantities for the log.
---@field events? table<string, function|table> `f(p, t)` whose zeros are located, or `{f, terminal = true, direction = 1}`: the flow ends there; only those where f grows (−1: falls).

---A flow, made by a constructor of `eb.flow`. In the examples here it is ẋ = −x from 1.
---```lua
---local flow = eb.flow.gradient_flow{params = eb.tensor{1}, loss = function(p) return (p ^ 2):sum() / 2 end, step = 0.5, time = 0}
---print(flow)  --> gradient_flow: t = 0, 0 steps, loss 0.5
---```
---@class Flow
local Flow = {}

---The time: that of ṗ = −∇L of gradient and modified flows, steps of the optimizer of stable and central ones.
---@type number
Flow.t = nil

---The parameters now.
---@type table|Tensor
Flow.params = nil

---The loss now.
---@type number
Flow.loss = nil

---How many steps were taken; `rejected` and `evaluations` (of gradients, a product with the Hessian being two) say at what cost.
---@type integer
Flow.steps = nil

---The certificate of the local error: estimates of ‖error‖₂ of a step, `last` and `largest`, and their sum over all steps `total`. dopri5: the difference of
---its two orders, at each step. rk4 and euler: a step against two of half its length, at every 16th step, which stands for the 16.
---```lua
---local flow = eb.flow.gradient_flow{params = eb.tensor({1}, {dtype = "float64"}), loss = function(p) return (p ^ 2):sum() / 2 end, step = 0.1, time = 1}
---assert(flow.error.total > 1e-8 and flow.error.total < 1e-5)
---```
---@type { last: number?, largest: number, total: number }
Flow.error = nil

---What was written down: a series for `loss`, for what the flow itself knows (`sharpness`, `predicted`, …) and for what is tracked, each with `t` and
---`value` (tensors) and `:at(t)`. `log.t` are all times.
---```lua
---local flow = eb.flow.gradient_flow{params = eb.tensor{1}, loss = function(p) return (p ^ 2):sum() / 2 end, every = 0.5, time = 2}
---print(flow.log.loss.value.shape[1], flow.log.loss:at(0))  --> 5  0.5
---```
---@type table
Flow.log = nil

---The events so far: a list of { name =, t =, params = }.
---```lua
---local flow = eb.flow.gradient_flow{
---  params = eb.tensor({1}, {dtype = "float64"}), loss = function(p) return (p ^ 2):sum() / 2 end, time = 2,
---  events = {half = {function(p, t) return p:item() - 0.5 end, terminal = true}},
---}
---assert(math.abs(flow.events[1].t - math.log(2)) < 1e-8 and flow.stopped == "event 'half'")
---```
---@type table[]
Flow.events = nil

---Why the flow ended before it was asked to, or nil.
---@type string?
Flow.stopped = nil

---Goes on for a time. Raises where the flow diverges, and is then where it was last finite. Ctrl-C stops between steps.
---```lua
---local flow = eb.flow.gradient_flow{params = eb.tensor{1}, loss = function(p) return (p ^ 2):sum() / 2 end}
---print(flow:advance(1):advance(0.5).t)  --> 1.5
---```
---@param time number from 0 on
---@return Flow
function Flow:advance(time) end

---Goes on to a time.
---```lua
---local flow = eb.flow.gradient_flow{params = eb.tensor{1}, loss = function(p) return (p ^ 2):sum() / 2 end}
---print(flow:to(2).t)  --> 2.0
---```
---@param t number not before flow.t
---@return Flow
function Flow:to(t) end

---The parameters at one of the times of option `at`.
---```lua
---local flow = eb.flow.gradient_flow{params = eb.tensor{1}, loss = function(p) return (p ^ 2):sum() / 2 end, at = {0.5, 1}, time = 1}
---assert(math.abs(flow:at(0.5):item() - math.exp(-0.5)) < 1e-5)
---```
---@param t number
---@return table|Tensor
function Flow:at(t) end

---How far a run is from the flow: ‖p_run − p_flow‖₂ after the flow has gone on to where the run is, step n at time n η of gradient flows (η = `lr` of the flow
---or of the run) and at time n of others. What `run:track` takes: `run:track{ distance = function(r) return flow:distance(r) end }`.
---```lua
---local loss = function(p) return (p ^ 2):sum() / 2 end
---local run = eb.run{params = eb.tensor{1}, loss = loss, opt = eb.optim.sgd{lr = 0.1}}:advance(10)
---local flow = eb.flow.gradient_flow{params = eb.tensor{1}, loss = loss, lr = 0.1}
---print(("%.4f"):format(flow:distance(run)))  --> 0.0192
---```
---@param run Run
---@return number
function Flow:distance(run) end

---@class GradientFlowOptions: FlowOptions
---@field method? "dopri5"|"rk4"|"euler" rk4 if `step` or `limit` is given, else dopri5.
---@field step? number The step of rk4 and euler; the first of dopri5.
---@field limit? number Steps of limit/λ of rk4 and euler, λ the largest eigenvalue of the Hessian, taken anew every `refresh` steps (default 10). rk4 is stable below 2.78, euler below 2.
---@field refresh? integer
---@field max_step? number The longest step.
---@field tol? number Of dopri5: local errors stay below tol (1 + |p|) in the mean square; 1e-9 in float64, 1e-5 in float32.

---Gradient flow ṗ = −∇L(p), by the method of Dormand & Prince 1980 with steps chosen by their error, by Kutta's method of order 4 or by Euler's. Six,
---four and one gradients a step, which are one plan. With `lr`, time t is step t/lr of descent.
---
---Raises for options that are missing or don't go together, and where the loss stops being finite.
---```lua
---local D = {dtype = "float64"}
---local p = {a = eb.tensor(0.01, D), b = eb.tensor(0.01, D)}
---local flow = eb.flow.gradient_flow{params = p, loss = function(p) return (1 - p.a * p.b) ^ 2 / 2 end, tol = 1e-10, time = 4}
---assert(math.abs((flow.params.a * flow.params.b):item() - eb.theory.saxe(1, 1e-4, 4)) < 1e-8)
---```
---@param options GradientFlowOptions
---@return Flow
function eb.flow.gradient_flow(options) end

---The gradient flow of the modified loss L + η/4 ‖∇L‖², η = `lr`, which gradient descent follows up to O(η²) in a given time, where it follows the
---flow of L up to O(η) (Barrett & Dherin 2021, arXiv 2009.11162). Options of `gradient_flow`; its time too. The log's `loss` is L. A gradient costs
---about three.
---```lua
---local loss = function(p) return (p ^ 2):sum() / 2 end
---local run = eb.run{params = eb.tensor{1}, loss = loss, opt = eb.optim.sgd{lr = 0.1}}:advance(10)
---local flow = eb.flow.modified{params = eb.tensor{1}, loss = loss, lr = 0.1}
---print(("%.4f"):format(flow:distance(run)))  --> 0.0013
---```
---@param options GradientFlowOptions
---@return Flow
function eb.flow.modified(options) end

---The flow ṗ = −η ∇L(p), in steps, by Euler's method with max(4, ⌈2 S η⌉) substeps a step, S the sharpness, as the reference beside central flows
---(Cohen et al. 2025, arXiv 2410.24206). It ends where S η > 100. The log has `sharpness`.
---```lua
---local flow = eb.flow.stable_flow{params = eb.tensor{1}, loss = function(p) return (p ^ 2):sum() / 2 end, lr = 0.1, time = 10}
---print(("%.4f"):format(flow.params:item()))  --> 0.3632
---```
---@param options FlowOptions `lr` is needed
---@return Flow
function eb.flow.stable_flow(options) end

---@class CentralFlowOptions: FlowOptions
---@field opt? Optimizer sgd, rmsprop or adam with their options, instead of `lr` for gradient descent.
---@field substeps? integer Steps of the flow for one of the optimizer; 4, and more with momentum.
---@field critical? number Eigenvalues above this share of the threshold are held at it (default 0.975).
---@field tracked? number Eigenvalues above this share are followed (default 0.75).
---@field most? integer How many may be followed (default 10).
---@field tol? number Relative accuracy of eigenvalues (default 1e-4).
---@field warmup? integer Steps of rmsprop or adam before the flow begins (default 5, none with `state`); its time begins there.
---@field state? table The optimizer's state to begin with, such as run.opt_state.

---The central flow of an optimizer at the edge of stability (Cohen, Damian, Talwalkar, Kolter & Lee 2025, arXiv 2410.24206): where it is on average over its
---oscillations, which have covariance Σ. In steps
---
---ẇ = −P⁻¹ (∇L + ½ ∇⟨H, Σ⟩),   ν̇ = (1 − β)/β (∇L² + diag(H Σ H) − ν),
---
---P = 1/η for descent and (√ν̂ + ε)/η for rmsprop (ν̂ = ν) and adam (ν̂ = ν/(1 − β₂^(t+1))). Σ = U X Uᵀ on the critical eigenvectors H u = λ P u, Uᵀ P U = I,
---is what keeps their λ at or below the threshold τ = 2: X ⪰ 0 solves a semidefinite complementarity problem at each substep, whose
---`certificate` the flow shows. For one critical eigenvalue of descent Σ = σ² u uᵀ, σ² = max(0, −2⟨∇S, ∇L⟩/‖∇S‖²), S = 2/η. Without critical ones it is
---gradient flow, by Kutta's method.
---
---Momentum counts by its threshold and rate alone (heavy ball τ = 2 + 2β, rate 1/(1 − β); adam τ = (2 + 2β₁)/(1 − β₁)); its inertia is no part of the flow.
---
---The log has `loss`, `predicted` (the loss averaged over the oscillation, L + τ/2 tr X, for descent L + tr Σ/η), `sharpness` (the largest eigenvalue of P⁻¹H / η,
---for descent of H), `critical` (how many) and `variance` (tr Σ); the flow has `threshold`, `eigenvalues`, `predicted`, `variance` and `certificate` of now. A
---substep costs five gradients, some products with the Hessian, and a third derivative for each pair of critical eigenvectors.
---
---Raises where a complementarity problem has no solution, and where more eigenvalues are large than `most`.
---```lua
---local D = {dtype = "float64"}
---local x = eb.tensor({1, 2}, D)
---local loss = function(w) return ((w ^ 2):dot(x) - 1) ^ 2 / 2 end
---local flow = eb.flow.central{params = eb.full({2}, 0.1, D), loss = loss, lr = 0.3, time = 200}
---local sharpness = eb.curv.hessian(loss, flow.params):eigs{}.values[1]:item()
---assert(math.abs(sharpness - 2 / 0.3) < 0.02)  -- gradient flow ends at 7.7
---```
---@param options CentralFlowOptions
---@return Flow
function eb.flow.central(options) end

---The X with X ⪰ 0, Y = A + B[X] ⪰ 0 and ⟨X, Y⟩ = 0 for symmetric k × k matrices and a self-adjoint B ⪰ 0, B[X]_ij = Σ B_ijkl X_kl: the conditions of
---min ½⟨X, B[X]⟩ + ⟨A, X⟩ over X ⪰ 0. By equations on the directions that are active, and where those aren't found soon by a primal-dual
---interior-point method (Helmberg, Rendl, Vanderbei & Wolkowicz 1996). For k up to 10 some milliseconds.
---
---The certificate has `complementarity` = |⟨X, Y⟩|/(‖X‖ ‖Y or A‖), `primal` and `dual` (negative eigenvalues of X and Y, relatively), `Y`, `iterations`, and
---`converged`: all three are at most 1e-8. It is false where there is no solution.
---```lua
---local X, certificate = eb.flow.complementarity({{-2}}, eb.full({1, 1, 1, 1}, 4))
---print(X:item(), certificate.converged)  --> 0.5  true
---```
---@param A Tensor|number[][] [k, k]
---@param B Tensor [k, k, k, k]
---@return Tensor X  # float64 [k, k]
---@return { complementarity: number, primal: number, dual: number, converged: boolean, iterations: integer, Y: Tensor } certificate
function eb.flow.complementarity(A, B) end

---(x_{t−1} + 2 x_t + x_{t+1}) / 4 of a series, without its ends: oscillations of period 2 are gone (Cohen et al. 2025).
---```lua
---print(eb.flow.midpoints(eb.tensor{1, -1, 1, -1}):totable()[1])  --> 0.0
---print(#eb.flow.midpoints{ {w = eb.ones{2}}, {w = eb.zeros{2}}, {w = eb.ones{2}} })  --> 1
---```
---@param series Tensor|table a tensor [T, ...], a list of T trees or tensors, or a series of a log without gaps, such as run.log.loss
---@return Tensor|table  # T − 2 of them
function eb.flow.midpoints(series) end

---Advances a run beside flows and writes down how far they are from each other.
---
---`step` [n] are the steps; `distance[name]` [n] is ‖w − p_flow‖₂ with w the run's parameters, or with `midpoints` (the default) (w_{t−1} + 2 w_t + w_{t+1})/4, which
---leaves out step 0; `loss.run` and `loss[name]` [n] are losses, `predicted[name]` [n] the averaged loss of a central flow. Ends early where the run
---diverges, and says so in `stopped`.
---```lua
---local loss = function(p) return (p ^ 2):sum() / 2 end
---local run = eb.run{params = eb.tensor{1}, loss = loss, opt = eb.optim.sgd{lr = 0.1}}
---local flows = {
---  gradient = eb.flow.gradient_flow{params = eb.tensor{1}, loss = loss, lr = 0.1},
---  modified = eb.flow.modified{params = eb.tensor{1}, loss = loss, lr = 0.1},
---}
---local seen = eb.flow.compare(run, flows, {steps = 20, every = 5, midpoints = false})
---assert(seen.distance.modified[4]:item() < 0.1 * seen.distance.gradient[4]:item())
---```
---@param run Run
---@param flows Flow|table<string, Flow>
---@param options { steps: integer, every?: integer, midpoints?: boolean }
---@return { step: Tensor, distance: table<string, Tensor>, loss: table<string, Tensor>, predicted: table<string, Tensor>, stopped?: string }
function eb.flow.compare(run, flows, options) end
