---@meta ebbtide.optimizers

-- The optimizers: rules that make the next parameters from parameters, gradient and state.

local eb = require "ebbtide"

---Optimizers: `opt:init(p)` gives a state, `opt:step(p, g, state)` the next parameters and the next state. All are values: what is
---given stays as it is, so keep what is returned. `define` makes new rules; `chain`, `groups` and the wrappers `sam`, `asam` and
---`lookahead` put them together.
---
---Every numeric hyper-parameter takes a number, a schedule (`eb.schedule`) or a Lua function of the step t, of which the first is 1. An
---unknown option, a value of another type or one that is out of range raises and names the option. The formulas write p for a parameter,
---g for its gradient, t for the step, η for `lr`, λ for `weight_decay`, and β, ε, ρ for what is called so.
---```lua
---local opt = eb.optim.sgd{lr = 0.5}
---local p = {x = eb.tensor{4}}
---local state = opt:init(p)
---p, state = opt:step(p, {x = eb.tensor{2}}, state)
---print(p.x:item(), state.t)  --> 3.0  1
---```
---@class optim
eb.optim = {}

---A rule with values for its hyper-parameters. It can't be changed; another one of the same kind goes on with the same state, which is how
---a step size changes by hand. Its hyper-parameters can be read: `opt.lr`; of a chain or wrapper also by the number of the member, `opt["2.lr"]`,
---and by the name alone where one member has it, else that of the first optimizer. A schedule reads as the schedule.
---```lua
---print(eb.optim.sgd{lr = 0.1})  --> sgd: lr 0.1, momentum 0.0, weight decay 0.0
---print(eb.optim.sgd{lr = 0.5}.lr, eb.optim.sgd().lr, eb.optim.adam().name)  --> 0.5 0.01 adam
---local opt = eb.optim.chain{eb.optim.clip_norm(1), eb.optim.adam{lr = 0.25}}
---print(opt.lr, opt["2.lr"], opt.max_norm)  --> 0.25 0.25 1.0
---```
---@class Optimizer
---@field name string
local Optimizer = {}

---The state before the first step: `{ t = 0 }` and for each field of the rule a tree like p, as `momentum` of `sgd`; a chain has the
---state of each member under its number, a wrapper that of what it wraps as `base`. Raises for parameters that are not float.
---```lua
---print(eb.optim.sgd():init{x = eb.ones{2}}.t)  --> 0
---print(eb.optim.sgd{momentum = 0.5}:init{x = eb.ones{2}}.momentum.x:sum():item())  --> 0.0
---```
---@param p table|Tensor float32 or float64 leaves
---@return table
function Optimizer:init(p) end

---The next parameters and the next state, `t` counting the steps. A step is made of ordinary operations, so training itself can be
---differentiated, mapped and compiled, one plan for all t. Raises when g or the state does not fit p, and names the place; an error inside
---a rule names the optimizer, the step and the leaf. Rules that evaluate the loss again (`sam`, `asam`, `newton_cg`, `lbfgs` with a line
---search) need f. Rules that draw (`anti_pgd`) do so from the stream of seed t.
---```lua
---local opt = eb.optim.sgd{lr = 1}
---local p = opt:step(eb.ones{2}, eb.ones{2}, opt:init(eb.ones{2}))
---print(p:sum():item())  --> 0.0
---```
---@param p table|Tensor
---@param g table|Tensor a tree like p; takes p's dtypes
---@param state table of `opt:init(p)` or the step before
---@param f? fun(p: table|Tensor): Tensor, table|Tensor loss and gradient at other parameters
---@return table|Tensor p
---@return table state
function Optimizer:step(p, g, state, f) end

---@class OptimizerRule
---@field init? fun(p: Tensor, h: table): table
---@field step fun(p: Tensor, g: Tensor, s: table, h: table, t: integer, f?: function, rng?: Generator): Tensor, table?
---@field whole? boolean p, g and s are the whole trees (default false).
---@field evaluates? boolean step needs f (default false).

---An optimizer of your own, as fast as a built-in, most of which are written this way: `defaults` are its hyper-parameters, code.init makes
---the state of one parameter, a table (none: no state), and code.step gives the next parameter. It may fill the state s anew or return
---another one after the parameter. h has the hyper-parameters at step t. `whole = true`: p, g and s are the whole trees, for rules that
---look at all parameters. `evaluates = true`: step gets f(p) -> loss, gradient as its sixth argument, and steps without it raise.
---
---Answers the constructor, which takes the hyper-parameters as options. Raises for a default that is no name = value, and when step returns
---nothing or another shape.
---```lua
---local mine = eb.optim.define("mine", {lr = 1e-3, beta = 0.5}, {
---  init = function(p) return {m = eb.zeros_like(p)} end,
---  step = function(p, g, s, h, t)
---    s.m = h.beta * s.m + (1 - h.beta) * g:sign()
---    return p - h.lr * s.m
---  end,
---})
---local opt = mine{lr = 1}
---local p, s = opt:step(eb.tensor{3}, eb.tensor{7}, opt:init(eb.tensor{3}))
---print(p:item(), s.m:item(), s.t)  --> 2.5 0.5 1
---```
---@param name string used by errors and tostring
---@param defaults table<string, any>
---@param code OptimizerRule
---@return fun(options?: table): Optimizer
function eb.optim.define(name, defaults, code) end

---@class SgdOptions
---@field lr? number The step size η, from 0 on (default 0.01).
---@field momentum? number β in [0, 1) (default 0).
---@field nesterov? boolean Look ahead along the momentum (default false).
---@field ema? boolean Average gradients instead of adding them up (default false).
---@field weight_decay? number λ from 0 on, added as λ p to the gradient (default 0).

---Gradient descent p ← p − η g (Cauchy 1847), where weight decay makes g ← g + λ p, with momentum in one of three conventions that differ
---in the largest curvature they can stand on a quadratic (`eb.theory.stability_threshold`):
---
---plain heavy ball (Polyak 1964): v ← β v + g, p ← p − η v, stable while curvature × η < 2 + 2β;
---`nesterov = true` (Sutskever et al. 2013): v ← β v + g, p ← p − η (g + β v), while it is < (2 + 2β)/(1 + 2β);
---`ema = true`: v ← β v + (1 − β) g, p ← p − η v, while it is < (2 + 2β)/(1 − β).
---
---The first two are PyTorch's SGD, the third is Adam's first moment. With momentum the state has `momentum`, v. Raises for nesterov or ema
---without momentum or with each other.
---```lua
---local opt = eb.optim.sgd{lr = 0.1, momentum = 0.9}
---local x = eb.tensor(1)
---local state = opt:init(x)
---for i = 1, 3 do x, state = opt:step(x, x, state) end  -- on x²/2 from 1: .9, .72, .486
---assert(math.abs(x:item() - 0.486) < 1e-6)
---```
---@param options? SgdOptions
---@return Optimizer
function eb.optim.sgd(options) end

---@class AdamOptions
---@field lr? number The step size η, from 0 on (default 1e-3).
---@field beta1? number The decay β₁ of the first moment, in [0, 1) (default 0.9).
---@field beta2? number The decay β₂ of the second moment, in [0, 1) (default 0.999).
---@field eps? number ε, from 0 on (default 1e-8).
---@field weight_decay? number λ from 0 on, added as λ p to the gradient (default 0).

---Adam (Kingma & Ba 2015, arXiv 1412.6980, algorithm 1): m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², and with the corrected moments
---m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ) p ← p − η m̂/(√v̂ + ε). State: `m`, `v`.
---```lua
---local opt = eb.optim.adam{lr = 0.1}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (0.9)) < 1e-9)
---```
---@param options? AdamOptions
---@return Optimizer
function eb.optim.adam(options) end

---@class AdamwOptions
---@field lr? number The step size η, from 0 on (default 1e-3).
---@field beta1? number The decay β₁ of the first moment, in [0, 1) (default 0.9).
---@field beta2? number The decay β₂ of the second moment, in [0, 1) (default 0.999).
---@field eps? number ε, from 0 on (default 1e-8).
---@field weight_decay? number λ from 0 on, p shrinks by η λ p beside the step (default 0.01).

---Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101): p ← p − η λ p − η m̂/(√v̂ + ε), the decay scaled by η as in
---PyTorch and optax. State: `m`, `v`.
---```lua
---local opt = eb.optim.adamw{lr = 0.1, weight_decay = 0.5}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (0.85)) < 1e-9)
---```
---@param options? AdamwOptions
---@return Optimizer
function eb.optim.adamw(options) end

---@class AmsgradOptions
---@field lr? number The step size η, from 0 on (default 1e-3).
---@field beta1? number The decay β₁ of the first moment, in [0, 1) (default 0.9).
---@field beta2? number The decay β₂ of the second moment, in [0, 1) (default 0.999).
---@field eps? number ε, from 0 on (default 1e-8).
---@field weight_decay? number λ from 0 on, added as λ p to the gradient (default 0).

---Adam with the largest second moment so far (Reddi, Kale & Kumar 2018, arXiv 1904.09237): w ← max(w, v), p ← p − η m̂/(√(w/(1 − β₂ᵗ)) + ε),
---corrected as PyTorch does. State: `m`, `v`, `largest`, w.
---```lua
---local opt = eb.optim.amsgrad{lr = 0.1}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (0.9)) < 1e-9)
---```
---@param options? AmsgradOptions
---@return Optimizer
function eb.optim.amsgrad(options) end

---@class NadamOptions
---@field lr? number The step size η, from 0 on (default 2e-3).
---@field beta1? number The decay β₁ of the first moment, in [0, 1) (default 0.9).
---@field beta2? number The decay β₂ of the second moment, in [0, 1) (default 0.999).
---@field eps? number ε, from 0 on (default 1e-8).
---@field weight_decay? number λ from 0 on, added as λ p to the gradient (default 0).
---@field momentum_decay? number ψ, from 0 on (default 0.004).

---Adam with Nesterov's momentum (Dozat 2016) and PyTorch's schedule of it, μ_t = β₁ (1 − ½ 0.96^(ψ t)) with Π_t = μ_1 … μ_t:
---p ← p − η (μ_{t+1} m/(1 − Π_t μ_{t+1}) + (1 − μ_t) g/(1 − Π_t))/(√v̂ + ε). State: `m`, `v`, `product`, Π.
---```lua
---local opt = eb.optim.nadam{lr = 0.1, momentum_decay = 0}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (1 - 0.1 * (0.45 * 0.1 / (1 - 0.45 ^ 2) + 1))) < 1e-8)
---```
---@param options? NadamOptions
---@return Optimizer
function eb.optim.nadam(options) end

---@class RadamOptions
---@field lr? number The step size η, from 0 on (default 1e-3).
---@field beta1? number The decay β₁ of the first moment, in [0, 1) (default 0.9).
---@field beta2? number The decay β₂ of the second moment, in [0, 1) (default 0.999).
---@field eps? number ε, from 0 on (default 1e-8).
---@field weight_decay? number λ from 0 on, added as λ p to the gradient (default 0).

---Adam that waits until the second moment is known (Liu et al. 2020, arXiv 1908.03265): with ρ∞ = 2/(1 − β₂) − 1 and
---ρ = ρ∞ − 2 t β₂ᵗ/(1 − β₂ᵗ) the step is η m̂ while ρ ≤ 5, afterwards η r m̂ √(1 − β₂ᵗ)/(√v + ε) with
---r² = (ρ − 4)(ρ − 2) ρ∞/((ρ∞ − 4)(ρ∞ − 2) ρ). State: `m`, `v`.
---```lua
---local opt = eb.optim.radam{lr = 0.1}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (0.8)) < 1e-9)
---```
---@param options? RadamOptions
---@return Optimizer
function eb.optim.radam(options) end

---@class AdabeliefOptions
---@field lr? number The step size η, from 0 on (default 1e-3).
---@field beta1? number The decay β₁ of the first moment, in [0, 1) (default 0.9).
---@field beta2? number The decay β₂ of the second moment, in [0, 1) (default 0.999).
---@field eps? number ε, from 0 on (default 1e-16).
---@field weight_decay? number λ from 0 on, added as λ p to the gradient (default 0).

---Adam with the second moment of what the first did not foresee (Zhuang et al. 2020, arXiv 2010.07468): s ← β₂ s + (1 − β₂)(g − m)² + ε,
---p ← p − η m̂/(√ŝ + ε). State: `m`, `s`.
---```lua
---local opt = eb.optim.adabelief{lr = 0.1}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (1 - 0.1 / 0.9)) < 1e-9)
---```
---@param options? AdabeliefOptions
---@return Optimizer
function eb.optim.adabelief(options) end

---@class RmspropOptions
---@field lr? number The step size η, from 0 on (default 0.01).
---@field alpha? number The decay α of the second moment, in [0, 1) (default 0.99).
---@field eps? number ε, from 0 on (default 1e-8).
---@field momentum? number μ in [0, 1) (default 0).
---@field centered? boolean Divide by the variance instead of the second moment (default false).
---@field weight_decay? number λ from 0 on, added as λ p to the gradient (default 0).

---RMSProp (Tieleman & Hinton 2012, lecture 6.5): v ← α v + (1 − α) g², p ← p − η g/(√v + ε). `centered` keeps the mean m ← α m + (1 − α) g
---as well and takes v − m² for v (Graves 2013); with momentum b ← μ b + g/(√v + ε), p ← p − η b, as in PyTorch. State: `v`, `mean`, `momentum`.
---```lua
---local opt = eb.optim.rmsprop{lr = 0.1, alpha = 0.75}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (0.8)) < 1e-8)
---```
---@param options? RmspropOptions
---@return Optimizer
function eb.optim.rmsprop(options) end

---@class GroupRmspropOptions
---@field lr? number The step size η, from 0 on (default 1e-3).
---@field alpha? number The decay α, in [0, 1) (default 0.99).
---@field eps? number ε, from 0 on (default 1e-4).

---RMSProp with one second moment for all parameters (Arora et al. 2019, arXiv 1905.13655): v ← α v + (1 − α) ‖g‖², p ← p − η g/(√v̂ + ε)
---with v̂ = v/(1 − αᵗ). It keeps the direction of the gradient. State: `v`.
---```lua
---local opt = eb.optim.group_rmsprop{lr = 0.1, eps = 0}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (0.9)) < 1e-9)
---```
---@param options? GroupRmspropOptions
---@return Optimizer
function eb.optim.group_rmsprop(options) end

---@class AdagradOptions
---@field lr? number The step size η, from 0 on (default 0.01).
---@field lr_decay? number γ, from 0 on (default 0).
---@field eps? number ε, from 0 on (default 1e-10).
---@field weight_decay? number λ from 0 on, added as λ p to the gradient (default 0).
---@field initial? number What the sum begins with, from 0 on (default 0).

---AdaGrad (Duchi, Hazan & Singer 2011): s ← s + g², p ← p − η/(1 + (t − 1) γ) g/(√s + ε). State: `sum`, s.
---```lua
---local opt = eb.optim.adagrad{lr = 0.1}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (0.9)) < 1e-9)
---```
---@param options? AdagradOptions
---@return Optimizer
function eb.optim.adagrad(options) end

---@class AdadeltaOptions
---@field lr? number The step size η, from 0 on (default 1).
---@field rho? number The decay ρ, in [0, 1) (default 0.9).
---@field eps? number ε, from 0 on (default 1e-6).
---@field weight_decay? number λ from 0 on, added as λ p to the gradient (default 0).

---Adadelta (Zeiler 2012, arXiv 1212.5701): v ← ρ v + (1 − ρ) g², d = √(u + ε)/√(v + ε) g, u ← ρ u + (1 − ρ) d², p ← p − η d. State: `v`,
---`delta`, u.
---```lua
---local opt = eb.optim.adadelta()
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (1 - (1e-6) ^ 0.5 / (0.4 + 1e-6) ^ 0.5 * 2)) < 1e-9)
---```
---@param options? AdadeltaOptions
---@return Optimizer
function eb.optim.adadelta(options) end

---@class LionOptions
---@field lr? number The step size η, from 0 on (default 1e-4).
---@field beta1? number The decay β₁ of the first moment, in [0, 1) (default 0.9).
---@field beta2? number The decay β₂ of the momentum, in [0, 1) (default 0.99).
---@field weight_decay? number λ from 0 on, p shrinks by η λ p beside the step (default 0).

---Lion (Chen et al. 2023, arXiv 2302.06675): p ← p − η (sign(β₁ m + (1 − β₁) g) + λ p), then m ← β₂ m + (1 − β₂) g. State: `m`.
---```lua
---local opt = eb.optim.lion{lr = 0.1}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (0.9)) < 1e-9)
---```
---@param options? LionOptions
---@return Optimizer
function eb.optim.lion(options) end

---@class SignsgdOptions
---@field lr? number The step size η, from 0 on (default 1e-3).
---@field momentum? number β in [0, 1) (default 0).
---@field weight_decay? number λ from 0 on, added as λ p to the gradient (default 0).

---Descent by signs (Bernstein et al. 2018, arXiv 1802.04434): p ← p − η sign(g), or with momentum m ← β m + (1 − β) g, p ← p − η sign(m).
---The sign of 0 is 0. State: `momentum`.
---```lua
---local opt = eb.optim.signsgd{lr = 0.1}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (0.9)) < 1e-9)
---```
---@param options? SignsgdOptions
---@return Optimizer
function eb.optim.signsgd(options) end

---@class NormalizedOptions
---@field lr? number The step size η, from 0 on (default 0.01).
---@field eps? number ε, from 0 on (default 1e-12).

---Descent with steps of length η: p ← p − η g/(‖g‖ + ε), the norm over all parameters.
---```lua
---local opt = eb.optim.normalized{lr = 0.5}
---local p = {a = eb.zeros{1}, b = eb.zeros{1}}
---p = opt:step(p, {a = eb.tensor{3}, b = eb.tensor{4}}, opt:init(p))
---assert(math.abs(p.a:item() + 0.3) < 1e-6 and math.abs(p.b:item() + 0.4) < 1e-6)
---```
---@param options? NormalizedOptions
---@return Optimizer
function eb.optim.normalized(options) end

---@class LarsOptions
---@field lr? number The step size η, from 0 on (default 0.1).
---@field momentum? number β in [0, 1) (default 0.9).
---@field trust? number The trust coefficient τ, from 0 on (default 0.001).
---@field weight_decay? number λ from 0 on, added as λ p to the gradient (default 0).

---A step size for each parameter tensor (You, Gitman & Ginsburg 2017, arXiv 1708.03888): v ← β v + η τ ‖p‖/(‖g‖ + λ ‖p‖) (g + λ p), p ← p − v;
---where ‖p‖ or ‖g‖ is 0 the factor τ‖p‖/… is 1. State: `momentum`, v.
---```lua
---local opt = eb.optim.lars{lr = 1, trust = 0.5}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (0.5)) < 1e-9)
---```
---@param options? LarsOptions
---@return Optimizer
function eb.optim.lars(options) end

---@class LambOptions
---@field lr? number The step size η, from 0 on (default 1e-3).
---@field beta1? number The decay β₁ of the first moment, in [0, 1) (default 0.9).
---@field beta2? number The decay β₂ of the second moment, in [0, 1) (default 0.999).
---@field eps? number ε, from 0 on (default 1e-6).
---@field weight_decay? number λ from 0 on, part of the direction (default 0.01).

---Adam's direction as long as the parameter (You et al. 2020, arXiv 1904.00962): d = m̂/(√v̂ + ε) + λ p, p ← p − η ‖p‖/‖d‖ d for each parameter
---tensor; where a norm is 0 the factor is 1. State: `m`, `v`.
---```lua
---local opt = eb.optim.lamb{lr = 0.1}
---local p = opt:step(eb.tensor(3, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(3, {dtype = "float64"})))
---assert(math.abs(p:item() - (2.7)) < 1e-9)
---```
---@param options? LambOptions
---@return Optimizer
function eb.optim.lamb(options) end

---@class MuonOptions
---@field lr? number The step size η, from 0 on (default 0.02).
---@field momentum? number β in [0, 1) (default 0.95).
---@field nesterov? boolean Orthogonalise g + β M instead of M (default true).
---@field exact? boolean U Vᵀ of the singular value decomposition instead of the iteration (default false).
---@field weight_decay? number λ from 0 on, p shrinks by η λ p beside the step (default 0).
---@field adam_lr? number The step size of parameters with fewer than two axes (default 3e-4).
---@field beta1? number Their β₁ (default 0.9).
---@field beta2? number Their β₂ (default 0.95).
---@field eps? number Their ε (default 1e-10).

---Momentum made orthogonal, for matrices (Jordan et al. 2024, kellerjordan.github.io/posts/muon): M ← β M + g, X = (g + β M)/‖·‖_F, five times
---X ← a X + (b X Xᵀ + c (X Xᵀ)²) X with (a, b, c) = (3.4445, −4.7750, 2.0315), which brings the singular values near 1, and
---p ← p − η √max(1, out/in) X. A dense layer's weight is [in, out]; kernels of convolutions count as [out, in · k · k]. Parameters with fewer
---than two axes take steps of Adam. In the parameter's dtype (PyTorch's iterates in bfloat16). About ten products of matrices a step.
---State: `momentum` or `m`, `v`.
---```lua
---local opt = eb.optim.muon{lr = 1, exact = true}
---local w = eb.zeros{2, 2}
---local moved = opt:step(w, eb.tensor{{0, 3}, {2, 0}}, opt:init(w))
---assert((moved + eb.tensor{{0, 1}, {1, 0}}):norm():item() < 1e-5)
---```
---@param options? MuonOptions
---@return Optimizer
function eb.optim.muon(options) end

---@class ShampooOptions
---@field lr? number The step size η, from 0 on (default 0.1).
---@field momentum? number μ in [0, 1) (default 0).
---@field eps? number ε, what L and R begin with on the diagonal, from 0 on (default 1e-4).
---@field weight_decay? number λ from 0 on, added as λ p to the gradient (default 0).

---Preconditioning from both sides (Gupta, Koren & Singer 2018, arXiv 1802.09568): L ← L + G Gᵀ, R ← R + Gᵀ G, p ← p − η L^(−1/4) G R^(−1/4), for a
---vector L ← L + g gᵀ, p ← p − η L^(−1/2) g; more than two axes count as [first, rest]. With momentum b ← μ b + direction. The roots are taken
---anew at every step by eigenvalues: n³ for each side, also of long vectors. State: `left`, `right`, `momentum`.
---```lua
---local opt = eb.optim.shampoo{lr = 0.1, eps = 0}
---local p = opt:step(eb.tensor({1}, {dtype = "float64"}), eb.tensor({2}, {dtype = "float64"}), opt:init(eb.tensor({1}, {dtype = "float64"})))
---assert(math.abs(p:item() - (0.9)) < 1e-6)
---```
---@param options? ShampooOptions
---@return Optimizer
function eb.optim.shampoo(options) end

---@class LabelNoiseOptions
---@field lr? number The step size η, from 0 on (default 0.01).
---@field sigma? number σ, from 0 on (default 0.1).

---Descent p ← p − η g on labels y + σ ξ with normal ξ, drawn anew at each step (Blanc et al. 2020, arXiv 1904.09080; Damian, Ma & Lee 2021,
---arXiv 2106.06530). A run adds the noise to its labels, which must be float; by hand the labels are the caller's.
---```lua
---local opt = eb.optim.label_noise{lr = 0.1}
---local p = opt:step(eb.tensor(1, {dtype = "float64"}), eb.tensor(2, {dtype = "float64"}), opt:init(eb.tensor(1, {dtype = "float64"})))
---assert(math.abs(p:item() - (0.8)) < 1e-9)
---```
---@param options? LabelNoiseOptions
---@return Optimizer
function eb.optim.label_noise(options) end

---@class AntiPgdOptions
---@field lr? number The step size η, from 0 on (default 0.01).
---@field sigma? number σ, from 0 on (default 0.01).

---Descent with anticorrelated noise (Orvieto et al. 2022, arXiv 2202.02831): p ← p − η g + σ (ξ_t − ξ_{t−1}) with normal ξ_t and ξ_0 = 0, which
---adds up to σ ξ_t. State: `noise`.
---```lua
---local opt = eb.optim.anti_pgd{lr = 0, sigma = 0.5}
---local x = eb.zeros{3}
---local state = opt:init(x)
---for i = 1, 4 do x, state = opt:step(x, x, state) end
---assert((x - state.noise):norm():item() < 1e-5)
---```
---@param options? AntiPgdOptions
---@return Optimizer
function eb.optim.anti_pgd(options) end
