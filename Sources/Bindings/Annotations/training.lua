---@meta ebbtide.training

-- Per-example gradients.

local eb = require "ebbtide"

---The gradients of all examples' losses at once. f is the loss of ONE example, a scalar; the function that is returned takes the
---parameters, then tensors (or trees) with the examples along dimension 1, equally many, and runs f on all of them together.
---
---Gradients are kept in factors: where a weight multiplies, the gradient of example i is the outer product xᵢᵀ δᵢ (Goodfellow 2015,
---arXiv 1510.01799), so nothing of size examples × parameters exists unless `materialize` is asked for. That holds for dense layers, also
---with several rows an example or shared; a parameter that is used otherwise gets a gradient for each example, and results are exact
---for any f. The cost is that of one backward pass over the batch; norms, sums and coherence cost about one more each.
---```lua
---local net = eb.nn.mlp{4, 8, 3}
---local p, X, y = net:init{rng = eb.rng(1)}, eb.randn{6, 4, rng = eb.rng(2)}, eb.tensor{1, 2, 3, 1, 2, 3}
---local g = eb.per_example(function(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end)(p, X, y)
---local whole = eb.grad(function(p) return eb.loss.cross_entropy(net(p, X), y) end)(p)
---assert(g.count == 6 and eb.tree.norm(g:mean() - whole) < 1e-5)
---```
---@param f function loss of one example
---@return fun(p: table, ...: Tensor): PerExampleGradients
function eb.per_example(f) end

---Per-example gradients, g_i for the i-th of n examples. In the examples here g_i is the i-th row of X.
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---print(g)  --> per-example gradients of 3 examples
---```
---@class PerExampleGradients
local PerExampleGradients = {}

---The number n of examples.
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---print(g.count)  --> 3
---```
---@type integer
PerExampleGradients.count = nil

---The loss of every example, [n].
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---print(g:losses()[1]:item())  --> 1.0
---```
---@return Tensor
function PerExampleGradients:losses() end

---‖g_i‖ over all parameters for every example, [n].
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{3, 4}, {0, 1}})
---print(g:norms()[1]:item(), g:norms()[2]:item())  --> 5.0  1.0
---```
---@return Tensor
function PerExampleGradients:norms() end

---The inner products ⟨g_i, g_j⟩ of all pairs, [n, n].
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---print(g:gram()[1][3]:item(), g:gram()[1][2]:item())  --> 1.0  0.0
---```
---@return Tensor
function PerExampleGradients:gram() end

---m-coherence ‖Σ g_i‖² / Σ ‖g_i‖² (Zielinski & Chatterjee 2020, arXiv 2008.01217): 1 for orthogonal gradients, n for identical ones,
---0 for those that cancel, NaN when all are zero. A Lua number, or a 0-d tensor where a transform is watching.
---```lua
---local function coherence(X) return eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor(X)):coherence() end
---print(coherence{{1, 0}, {0, 1}}, coherence{{1, 2}, {1, 2}}, coherence{{1, 0}, {-1, 0}})  --> 1.0  2.0  0.0
---print(coherence{{1, 0}, {0, 1}, {1, 1}})  --> 2.0
---```
---@return number|Tensor
function PerExampleGradients:coherence() end

---The mean gradient, shaped like the parameters.
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}, {0, 0}})
---print(g:mean()[1]:item(), g:mean()[2]:item())  --> 0.5  0.25
---```
---@return table|Tensor
function PerExampleGradients:mean() end

---All gradients: the parameters' tree with the examples as dimension 1. The only method that stores examples × parameters.
---```lua
---local g = eb.per_example(function(p, x) return p.w:dot(x) end)({w = eb.ones{2}}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---print(g:materialize().w.shape[1])  --> 3
---```
---@return table|Tensor
function PerExampleGradients:materialize() end

---The sums of the gradients of the examples where a bool mask is true, and of the others, each shaped like the parameters. With
---g their sum, the shares ⟨g, inside⟩/⟨g, g⟩ and ⟨g, outside⟩/⟨g, g⟩ add up to 1 (Chatterjee 2020, arXiv 2002.10657).
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}})
---local inside, outside = g:group_sums(eb.tensor{true, false, true})
---print(inside[1]:item(), outside[2]:item())  --> 2.0  1.0
---local whole = inside + outside
---print(eb.tree.dot(whole, inside) / eb.tree.dot(whole, whole))  --> 0.8
---```
---@param mask Tensor bool, [n]
---@return table|Tensor inside
---@return table|Tensor outside
function PerExampleGradients:group_sums(mask) end

---The winsorized mean, see `eb.agg.winsorized`.
---```lua
---local g = eb.per_example(function(p, x) return p * x end)(eb.ones(1)[1], eb.tensor{1, 2, 3, 4, 100})
---print(g:winsorized{c = 25}:item())  --> 3.0
---```
---@param options {c: number} a percentage from 0 to 50
---@return table|Tensor
function PerExampleGradients:winsorized(options) end

---The mean without the extremes, see `eb.agg.trimmed`.
---```lua
---local g = eb.per_example(function(p, x) return p * x end)(eb.ones(1)[1], eb.tensor{1, 2, 3, 4, 100})
---print(g:trimmed{c = 25}:item())  --> 3.0
---```
---@param options {c: number} a percentage from 0 to 50
---@return table|Tensor
function PerExampleGradients:trimmed(options) end

---The median of each coordinate; of an even number of examples the mean of the middle two.
---```lua
---local g = eb.per_example(function(p, x) return p * x end)(eb.ones(1)[1], eb.tensor{5, 1, 2})
---print(g:median():item())  --> 2.0
---```
---@return table|Tensor
function PerExampleGradients:median() end

---The q-quantile of each coordinate: at place q (m − 1) of the sorted values, between neighbours on the straight line or, with
---method "nearest", the nearest one (ties to the even rank, as NumPy).
---```lua
---local g = eb.per_example(function(p, x) return p * x end)(eb.ones(1)[1], eb.tensor{1, 2, 3, 4})
---print(g:quantile(0.5):item(), g:quantile(0.5, {method = "nearest"}):item())  --> 2.5  3.0
---```
---@param q number from 0 to 1
---@param options? {method: "linear"|"nearest"} linear unless given
---@return table|Tensor
function PerExampleGradients:quantile(q, options) end

---The variance of each coordinate, the mean of (g_i − mean)².
---```lua
---local g = eb.per_example(function(p, x) return p * x end)(eb.ones(1)[1], eb.tensor{1, 2, 3, 4})
---print(g:var():item())  --> 1.25
---```
---@return table|Tensor
function PerExampleGradients:var() end

---Σ sign g_i in each coordinate.
---```lua
---local g = eb.per_example(function(p, x) return p * x end)(eb.ones(1)[1], eb.tensor{1, -2, 0, 4})
---print(g:sign_sum():item())  --> 1.0
---```
---@return table|Tensor
function PerExampleGradients:sign_sum() end

---Σ w_i g_i for weights [m], in one pass.
---```lua
---local g = eb.per_example(function(p, x) return p * x end)(eb.ones(1)[1], eb.tensor{1, 2, 3})
---print(g:weighted_sum(eb.tensor{1, 0, 2}):item())  --> 7.0
---```
---@param weights Tensor [m]
---@return table|Tensor
function PerExampleGradients:weighted_sum(weights) end

---⟨g_i, v⟩ for every example and a direction v: how much each loses or gains when the parameters move along v. One pass.
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {2, 3}})
---print(g:dot(eb.tensor{1, 10})[3]:item())  --> 32.0
---```
---@param v table|Tensor like the parameters
---@return Tensor [n]
function PerExampleGradients:dot(v) end

---The gradients in some of the parameters alone, with the same methods: in what lies at a path, "2" or "2.weight", or at each of a list of
---paths; trees then have that part's shape, or for a list the nesting that they had.
---```lua
---local net = eb.nn.mlp{4, 8, 3}
---local p, X = net:init{rng = eb.rng(1)}, eb.randn{6, 4, rng = eb.rng(2)}
---local g = eb.per_example(function(p, x) return (net(p, x) ^ 2):sum() end)(p, X)
---print(g:restrict("2"):mean().weight.shape[1], g:restrict{"1.bias", "2"}:mean()[1].weight)  --> 8  nil
---```
---@param paths string|string[]
---@return PerExampleGradients
function PerExampleGradients:restrict(paths) end

---The point with the least sum of distances to the gradients, see `eb.agg.geometric_median`.
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{1, 0}, {-1, 0}, {0, 0}})
---assert(eb.tree.norm(g:geometric_median()) < 1e-3)
---```
---@param options? {iterations: integer, tolerance: number}
---@return table|Tensor
function PerExampleGradients:geometric_median(options) end
