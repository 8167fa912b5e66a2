---@meta ebbtide.perturbations

-- Perturbations of runs.

local eb = require "ebbtide"

---A change of a run: `perturbation(run)` makes it for good, `run:at_step(t, perturbation)` at a step, `run:perturb(perturbation)` until a scope ends.
---One of weights also maps a tree of parameters to another.
---```lua
---print(eb.perturb.lr{factor = 0.1})  --> perturbation: lr times 0.1
---```
---@class Perturbation

---Noise σ ξ with standard normal ξ on the parameters at the paths that are given, on all without any. `normalize = "filter"` gives every filter of
---ξ the norm of the parameter's filter (Li et al. 2018, arXiv 1712.09913): the columns of a dense weight [in, out], the first axis of a
---kernel; vectors do not move then. With `direction`, a tree like the parameters, p + σ d instead. Raises for paths that are not there.
---```lua
---local p = {w = eb.zeros{1000}, b = eb.zeros{3}}
---local q = eb.perturb.weight_noise{"w", sigma = 0.1, seed = 1}(p)
---assert(math.abs(q.w:std():item() - 0.1) < 0.01 and q.b:abs():max():item() == 0)
---print(eb.perturb.weight_noise{sigma = 2, direction = {w = eb.ones{1000}, b = eb.ones{3}}}(p).b[1]:item())  --> 2.0
---```
---@param options {sigma: number, seed?: integer, normalize?: string, direction?: table}
---@return Perturbation
function eb.perturb.weight_noise(options) end

---Weights moved up the loss of the run's next batch: p + ρ g/‖g‖, in `steps` equal parts with a new gradient each (1 by default); only at the
---paths that are given, if any are.
---```lua
---local run = eb.run{params = {w = eb.tensor{3, 4}}, loss = function(p) return (p.w ^ 2):sum() / 2 end, opt = eb.optim.sgd{}}
---local _ <close> = run:perturb(eb.perturb.adversarial_weights{rho = 1})
---assert(math.abs(run.params.w:norm():item() - 6) < 1e-6)
---```
---@param options {rho: number, steps?: integer}
---@return Perturbation
function eb.perturb.adversarial_weights(options) end

---Noise on the gradient of every step, before the optimizer. `kind = "isotropic"` adds σ ξ; `"anticorrelated"` adds σ (ξ_{t+1} − ξ_t) (Orvieto et al. 2022,
---arXiv 2202.02831); `"covariance"` adds σ Σ zᵢ (gᵢ − ḡ)/m over the m examples of the batch, whose covariance is σ² that of their mean, for
---about three gradients. `temperature = T` stands for σ = √(2 T/lr), so that plain descent becomes Langevin dynamics.
---```lua
---local run = eb.run{params = eb.zeros{1000}, loss = function(x) return 0 * x:sum() end, opt = eb.optim.sgd{lr = 1}}
---eb.perturb.gradient_noise{sigma = 0.5}(run)
---assert(math.abs(run:advance(1).params:std():item() - 0.5) < 0.05)
---```
---@param options {sigma?: number, temperature?: number, kind?: string, seed?: integer}
---@return Perturbation
function eb.perturb.gradient_noise(options) end

---The parameters at these paths (all without any) stay where they are; the optimizer's state goes on.
---```lua
---local run = eb.run{params = {a = eb.tensor{1}, b = eb.tensor{1}}, loss = function(p) return (p.a * p.b):sum() end, opt = eb.optim.sgd{lr = 0.5}}
---eb.perturb.freeze{"a"}(run)
---run:advance(1)
---print(run.params.a:item(), run.params.b:item())  --> 1.0  0.5
---```
---@param places? string|string[]
---@return Perturbation
function eb.perturb.freeze(places) end

---Steps only inside (`keep = "in"`, the default) or only outside (`"out"`) the span of directions, trees like the parameters, which need not be
---orthogonal: the dynamics of Song et al. 2024 (arXiv 2405.16002) with eigenvectors of the Hessian.
---```lua
---local run = eb.run{params = eb.tensor{1, 1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---eb.perturb.project{basis = {eb.tensor{2, 0}}, keep = "out"}(run)
---run:advance(1)
---print(run.params[1]:item(), run.params[2]:item())  --> 1.0  0.5
---```
---@param options {basis: table[], keep?: string}
---@return Perturbation
function eb.perturb.project(options) end

---Another step size: `factor` times what it is then, or `to` a value.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---run:at_step(2, eb.perturb.lr{factor = 0.5})
---print(run:advance(3).h.lr)  --> 0.25
---```
---@param options {factor?: number, to?: number}
---@return Perturbation
function eb.perturb.lr(options) end
