---@meta ebbtide.training

-- Optimizers and per-example gradients.

local eb = require "ebbtide"

---Optimizers: `opt:init(p)` gives a state, `opt:step(p, g, state)` the next parameters and state; all values are trees.
---```lua
---local opt = eb.optim.sgd{lr = 0.5}
---local p = {x = eb.tensor{4}}
---local state = opt:init(p)
---p, state = opt:step(p, {x = eb.tensor{2}}, state)
---print(p.x:item(), state.t)  --> 3.0  1
---```
---@class optim
eb.optim = {}

---Gradient descent p ← p − lr (g + weight_decay p), with momentum in one of three conventions: plain heavy ball v ← β v + g, p ← p
---− lr v; `nesterov = true`; or `ema = true`, v ← β v + (1 − β) g.
---```lua
---local opt = eb.optim.sgd{lr = 0.1, momentum = 0.9, nesterov = true}
---print(opt.lr, opt.momentum)  --> 0.1  0.9
---```
---@param options? {lr: number, momentum: number, nesterov: boolean, ema: boolean, weight_decay: number} lr = 0.01, the others 0 or false unless given
---@return Optimizer
function eb.optim.sgd(options) end

---A rule that makes the next parameters from parameters, gradient and state.
---```lua
---print(eb.optim.sgd{lr = 0.1})  --> sgd: lr 0.1, momentum 0.0, weight decay 0.0
---```
---@class Optimizer
local Optimizer = {}

---The state before the first step.
---```lua
---print(eb.optim.sgd():init{x = eb.ones{2}}.t)  --> 0
---```
---@param p table|Tensor
---@return table
function Optimizer:init(p) end

---The next parameters and the next state; what was given stays as it is.
---```lua
---local opt = eb.optim.sgd{lr = 1}
---local p = opt:step(eb.ones{2}, eb.ones{2}, opt:init(eb.ones{2}))
---print(p:sum():item())  --> 0.0
---```
---@param p table|Tensor
---@param g table|Tensor a tree like p
---@param state table
---@return table|Tensor p
---@return table state
function Optimizer:step(p, g, state) end

---The learning rate.
---```lua
---print(eb.optim.sgd{lr = 0.5, momentum = 0.5, weight_decay = 0.5}.lr)  --> 0.5
---```
---@type number
Optimizer.lr = nil

---The momentum β.
---```lua
---print(eb.optim.sgd{lr = 0.5, momentum = 0.5, weight_decay = 0.5}.momentum)  --> 0.5
---```
---@type number
Optimizer.momentum = nil

---The weight decay.
---```lua
---print(eb.optim.sgd{lr = 0.5, momentum = 0.5, weight_decay = 0.5}.weight_decay)  --> 0.5
---```
---@type number
Optimizer.weight_decay = nil

---Gradients of all examples' losses at once, read off without storing them. f is the loss of ONE example; the function that is
---returned takes parameters and tensors with the examples along dimension 1.
---```lua
---local g = eb.per_example(function(p, x, y) return (p.w:dot(x) - y) ^ 2 end)({w = eb.ones{2}}, eb.ones{3, 2}, eb.zeros{3})
---print(g.count, g:norms()[1]:item() > 5.6)  --> 3  true
---```
---@param f function
---@return fun(p: table, ...: Tensor): PerExampleGradients
function eb.per_example(f) end

---Per-example gradients, g_i for the i-th of n examples.
---```lua
---local g = eb.per_example(function(p, x) return (p * x):sum() end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---print(g)  --> per-example gradients of 3 examples
---```
---@class PerExampleGradients
local PerExampleGradients = {}

---The number n of examples.
---```lua
---local g = eb.per_example(function(p, x) return (p * x):sum() end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---print(g.count)  --> 3
---```
---@type integer
PerExampleGradients.count = nil

---The loss of every example, [n].
---```lua
---local g = eb.per_example(function(p, x) return (p * x):sum() end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---print(g:losses()[1]:item())  --> 1.0
---```
---@return Tensor
function PerExampleGradients:losses() end

---‖g_i‖ for every example, [n].
---```lua
---local g = eb.per_example(function(p, x) return (p * x):sum() end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---print(g:norms():sum():item())  --> 3.0
---```
---@return Tensor
function PerExampleGradients:norms() end

---The inner products ⟨g_i, g_j⟩, [n, n].
---```lua
---local g = eb.per_example(function(p, x) return (p * x):sum() end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---print(g:gram()[1][3]:item())  --> 1.0
---```
---@return Tensor
function PerExampleGradients:gram() end

---m-coherence ‖Σ g_i‖² / Σ ‖g_i‖² (Chatterjee & Zielinski, arXiv 2008.01217): 1 for orthogonal gradients, n for identical ones.
---```lua
---local g = eb.per_example(function(p, x) return (p * x):sum() end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---assert(math.abs(g:coherence() - 5 / 3) < 1e-6)
---```
---@return number
function PerExampleGradients:coherence() end

---The mean gradient, shaped like the parameters.
---```lua
---local g = eb.per_example(function(p, x) return (p * x):sum() end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---assert(math.abs(g:mean()[1]:item() - 2 / 3) < 1e-6)
---```
---@return table|Tensor
function PerExampleGradients:mean() end

---All gradients: the parameters' tree with the examples as dimension 1.
---```lua
---local g = eb.per_example(function(p, x) return (p * x):sum() end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---print(g:materialize().shape[1])  --> 3
---```
---@return table|Tensor
function PerExampleGradients:materialize() end

---The sums of the gradients of the examples where a bool mask is true, and of the others.
---```lua
---local g = eb.per_example(function(p, x) return (p * x):sum() end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---local inside, outside = g:group_sums(eb.tensor{true, false, true})
---print(inside[1]:item(), outside[2]:item())  --> 2.0  1.0
---```
---@param mask Tensor bool, [n]
---@return table|Tensor inside
---@return table|Tensor outside
function PerExampleGradients:group_sums(mask) end
