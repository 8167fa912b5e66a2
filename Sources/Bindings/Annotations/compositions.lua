---@meta ebbtide.compositions

-- Optimizers made of optimizers: chains with transforms, groups of parameters, and wrappers.

local eb = require "ebbtide"

---One optimizer among transforms. Members before it change the gradient, members after it change its step, which then is added to the
---parameters; each in the order given. A chain may be a member of a chain. A step that no member changes stays as it is, bit for bit.
---State: that of each member under its number. Raises without an optimizer, or with two.
---```lua
---local opt = eb.optim.chain{eb.optim.clip_value(1), eb.optim.sgd{lr = 0.5}, eb.optim.weight_decay(0.25)}
---local p = eb.tensor{2}
---print(opt:step(p, eb.tensor{-9}, opt:init(p)):item())  --> 2.0
---```
---@param members (Optimizer|function)[]
---@return Optimizer
function eb.optim.chain(members) end

---An optimizer for each group of parameters, by the path of a parameter or of the table it lies in ("1.weight", "2"); the longest path
---decides, and `default` has the rest. `eb.optim.freeze()` leaves a group where it is. A rule for all parameters, such as `normalized` or a chain
---with `clip_norm`, sees those of its group. State: that of each group under its number in the order of the paths. Raises for a path that
---no parameter has, and for a parameter without a group.
---```lua
---local opt = eb.optim.groups{["1.weight"] = eb.optim.sgd{lr = 1}, ["2"] = eb.optim.freeze(), default = eb.optim.sgd{lr = 0.5}}
---local p = {{weight = eb.tensor{1}, bias = eb.tensor{1}}, {weight = eb.tensor{1}}}
---p = opt:step(p, p, opt:init(p))
---print(p[1].weight:item(), p[1].bias:item(), p[2].weight:item())  --> 0.0 0.5 1.0
---```
---@param members table<string|integer, Optimizer>
---@return Optimizer
function eb.optim.groups(members) end

---@class ClipNormOptions
---@field max_norm? number c, from 0 on (default 1).

---A transform: u ← u min(1, c/(‖u‖ + 10⁻⁶)), the norm over all parameters (Pascanu, Mikolov & Bengio 2013, arXiv 1211.5063; as PyTorch). The
---bound may be given alone: `clip_norm(1)`.
---```lua
---local opt = eb.optim.chain{eb.optim.clip_norm(5), eb.optim.sgd{lr = 1}}
---local p = eb.zeros{2}
---p = opt:step(p, eb.tensor{30, 40}, opt:init(p))
---assert((p + eb.tensor{3, 4}):norm():item() < 1e-5)
---```
---@param max_norm? number|ClipNormOptions|fun(t: integer): number
---@return Optimizer
function eb.optim.clip_norm(max_norm) end

---@class ClipValueOptions
---@field max_value? number c, from 0 on (default 1).

---A transform: every entry of u is brought into [−c, c]. `clip_value(1)` is short for `clip_value{max_value = 1}`.
---```lua
---local opt = eb.optim.chain{eb.optim.clip_value(0.5), eb.optim.sgd{lr = 1}}
---local p = eb.zeros{2}
---p = opt:step(p, eb.tensor{3, -0.25}, opt:init(p))
---print(p[1]:item(), p[2]:item())  --> -0.5 0.25
---```
---@param max_value? number|ClipValueOptions|fun(t: integer): number
---@return Optimizer
function eb.optim.clip_value(max_value) end

---@class WeightDecayOptions
---@field weight_decay? number λ, from 0 on (default 0.01).

---A transform: before the optimizer λ p is added to the gradient; after it p shrinks by λ p beside the step, which is not scaled by a step
---size. `weight_decay(1e-4)` is short for the option.
---```lua
---local p = eb.tensor{2}
---local before = eb.optim.chain{eb.optim.weight_decay(0.5), eb.optim.sgd{lr = 0.5}}
---local after = eb.optim.chain{eb.optim.sgd{lr = 0.5}, eb.optim.weight_decay(0.5)}
---local g = eb.zeros{1}
---print(before:step(p, g, before:init(p)):item(), after:step(p, g, after:init(p)):item())  --> 1.5 1.0
---```
---@param weight_decay? number|WeightDecayOptions|fun(t: integer): number
---@return Optimizer
function eb.optim.weight_decay(weight_decay) end

---@class ScaleOptions
---@field factor? number c (default 1).

---A transform: u ← c u, of a gradient or a step. `scale(0.1)` is short for the option; with a schedule it scales a step over time.
---```lua
---local opt = eb.optim.chain{eb.optim.sgd{lr = 1}, eb.optim.scale(0.5)}
---local p = eb.tensor{2}
---print(opt:step(p, p, opt:init(p)):item())  --> 1.0
---```
---@param factor? number|ScaleOptions|fun(t: integer): number
---@return Optimizer
function eb.optim.scale(factor) end

---A transform that makes zero what is at these paths, all without any: after the optimizer these parameters stay exactly where they are; before
---it they get no gradient, but momentum and decay go on. `freeze()` alone is a group of `groups`. Raises at init for a path that no
---parameter has.
---```lua
---local opt = eb.optim.chain{eb.optim.adam{lr = 1}, eb.optim.freeze{"2"}}
---local p = {{weight = eb.tensor{1}}, {weight = eb.tensor{1}}}
---p = opt:step(p, p, opt:init(p))
---assert(p[2].weight:item() == 1 and p[1].weight:item() < 1e-6)
---```
---@param places? string|(string|integer)[] paths such as "2" or "1.weight"
---@return Optimizer
function eb.optim.freeze(places) end

---@class EmaOptions
---@field decay? number d in [0, 1) (default 0.999).

---A transform behind the optimizer that changes nothing: it keeps `average` ← d average + (1 − d) p in its state, from the parameters at init on
---(Polyak & Juditsky 1992; Tarvainen & Valpola 2017). Raises in front of the optimizer.
---```lua
---local opt = eb.optim.chain{eb.optim.sgd{lr = 0.5}, eb.optim.ema{decay = 0.5}}
---local p = eb.tensor{2}
---local p, state = opt:step(p, p, opt:init(p))
---print(p:item(), state[2].average:item())  --> 1.0 1.5
---```
---@param options? EmaOptions
---@return Optimizer
function eb.optim.ema(options) end

---@class SamOptions
---@field base? Optimizer What takes the step (default `sgd` with `lr`).
---@field lr? number The step size η, from 0 on (default 0.01) of the default base.
---@field rho? number ρ, from 0 on (default 0.05).
---@field normalize? boolean false: the ascent is ρ g (USAM) (default true).

---Sharpness-aware minimisation (Foret et al. 2021, arXiv 2010.01412): the base's step with the gradient at p + ρ g/‖g‖, the norm over all
---parameters (10⁻¹² is added to it). Needs f; two gradients a step. State: `base`.
---```lua
---local function f(x) return eb.value_and_grad(function(x) return x * x end)(x) end
---local opt, x = eb.optim.sam{base = eb.optim.sgd{lr = 0.1}, rho = 0.05}, eb.tensor(1)
---local _, g = f(x)
---x = opt:step(x, g, opt:init(x), f)
---assert(math.abs(x:item() - 0.79) < 1e-6)
---```
---@param options? SamOptions
---@return Optimizer
function eb.optim.sam(options) end

---@class AsamOptions
---@field base? Optimizer What takes the step (default `sgd` with `lr`).
---@field lr? number The step size η, from 0 on (default 0.01) of the default base.
---@field rho? number ρ, from 0 on (default 0.5).
---@field eta? number η₀, from 0 on (default 0.01).

---Adaptive sharpness-aware minimisation (Kwon et al. 2021, arXiv 2102.11600): the base's step with the gradient at p + ρ T² g/‖T g‖ with
---T = |p| + η₀, which does not change when layers are rescaled. Needs f; two gradients a step. State: `base`.
---```lua
---local function f(x) return eb.value_and_grad(function(x) return x * x end)(x) end
---local opt, x = eb.optim.asam{lr = 0.1, rho = 0.5, eta = 0}, eb.tensor(1)
---local _, g = f(x)
---x = opt:step(x, g, opt:init(x), f)
---assert(math.abs(x:item() - 0.7) < 1e-6)
---```
---@param options? AsamOptions
---@return Optimizer
function eb.optim.asam(options) end

---@class LookaheadOptions
---@field base? Optimizer What takes the fast steps (default `sgd` with `lr`).
---@field lr? number The step size η, from 0 on (default 0.01) of the default base.
---@field k? integer Steps between two of the slow weights, from 1 on (default 5).
---@field alpha? number α, from 0 on (default 0.5).

---Slow and fast weights (Zhang et al. 2019, arXiv 1907.08610): the base steps; at every k-th step slow ← slow + α (p − slow), and p goes on from
---there. State: `base`, `slow`.
---```lua
---local opt, x = eb.optim.lookahead{base = eb.optim.sgd{lr = 0.5}, k = 2, alpha = 0.5}, eb.tensor(4)
---local state = opt:init(x)
---for i = 1, 2 do x, state = opt:step(x, x, state) end  -- 4, 2, 1, half the way back to 4
---print(x:item())  --> 2.5
---```
---@param options? LookaheadOptions
---@return Optimizer
function eb.optim.lookahead(options) end
