---@meta ebbtide.per_example_aggregation

local eb = require "ebbtide"

---How the gradients of single examples become one. Each constructor gives a value that is called on per-example gradients,
---`eb.agg.winsorized{c = 2}(eb.per_example(f)(p, X, y))`, and gives a tree like the parameters; `eb.run` takes it as `aggregate`, and so
---does it any function of your own that takes per-example gradients and `{rng = generator}`. Where all options have defaults,
---`eb.agg.median` may stand for `eb.agg.median()`. Order statistics, signs and spread exist
---for a few coordinates at a time, never examples × parameters, for linear layers, convolutions, and everything else that enters a model
---linearly; they are values only, without a derivative. A coordinate in which an example has NaN becomes NaN. m is the number of
---examples, g_i the gradient of one.
---
---`m3`, `rm3` and `ra3` work on the gradients of batches instead; they are also members of a chain before the optimizer.
---```lua
---local net = eb.nn.mlp{4, 8, 3}
---local p, X, y = net:init{rng = eb.rng(1)}, eb.randn{6, 4, rng = eb.rng(2)}, eb.tensor{1, 2, 3, 1, 2, 3}
---local g = eb.per_example(function(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end)(p, X, y)
---assert(eb.tree.norm(eb.agg.winsorized{c = 0}(g) - g:mean()) < 1e-6)
---```
---@class agg
eb.agg = {}

---@class Aggregate
---@overload fun(g: PerExampleGradients, options?: {rng: Generator}): table|Tensor

---The mean of the gradients: what a backward pass over the batch gives.
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{1, 0}, {0, 1}, {1, 0}, {0, 0}})
---print(eb.agg.mean()(g)[1]:item())  --> 0.5
---```
---@return Aggregate
function eb.agg.mean() end

---The winsorized mean (Chatterjee 2020, arXiv 2002.10657): in each coordinate values outside the percentiles c and 100 − c are
---pulled to these, then averaged. Percentiles are elements by NumPy's rule `nearest`: rank c/100 (m − 1), ties to the even rank.
---Directions that few examples ask for lose their weight. c = 0 is the mean, bit for bit up to the order of summation. Costs O(m) a
---coordinate for ranks below 16, else O(m log² m); coordinates of inputs that are 0 in all examples cost nothing.
---```lua
---local rows = {}
---for k = 1, 10 do rows[k] = {k == 1 and -100 or k == 10 and 55 or 1} end
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{1}, eb.tensor(rows))
---print(g:mean():item() < -3, eb.agg.winsorized{c = 10}(g):item())  --> true  1.0
---print(eb.agg.winsorized{c = 2})  --> eb.agg.winsorized{c = 2}
---```
---@param options {c: number} a percentage from 0 to 50
---@return Aggregate
function eb.agg.winsorized(options) end

---The mean without the k smallest and the k largest values of each coordinate, k = c/100 (m − 1) to the nearest whole number (ties
---to the even one), but the middle one or two stay. O(m log² m) a coordinate.
---```lua
---local g = eb.per_example(function(p, x) return p * x end)(eb.ones(1)[1], eb.tensor{1, 2, 3, 4, 100})
---print(eb.agg.trimmed{c = 25}(g):item())  --> 3.0
---```
---@param options {c: number} a percentage from 0, the mean, to 50, the median
---@return Aggregate
function eb.agg.trimmed(options) end

---The median of each coordinate, of an even number of examples the mean of the middle two. O(m log² m) a coordinate.
---```lua
---local g = eb.per_example(function(p, x) return p * x end)(eb.ones(1)[1], eb.tensor{1, 2, 4, 100})
---print(eb.agg.median()(g):item())  --> 3.0
---```
---@return Aggregate
function eb.agg.median() end

---scale · Σ sign g_i: each example has one vote in each coordinate.
---```lua
---local g = eb.per_example(function(p, x) return p * x end)(eb.ones(1)[1], eb.tensor{1, 2, 4, -100})
---print(eb.agg.sum_sign{scale = 0.5}(g):item())  --> 1.0
---```
---@param options? {scale: number} 0.001 unless given
---@return Aggregate
function eb.agg.sum_sign(options) end

---scale · sign Σ g_i.
---```lua
---local g = eb.per_example(function(p, x) return p * x end)(eb.ones(1)[1], eb.tensor{1, 2, 4, -100})
---print(eb.agg.sign_sum{scale = 0.5}(g):item())  --> -0.5
---```
---@param options? {scale: number} 0.001 unless given
---@return Aggregate
function eb.agg.sign_sum(options) end

---The mean, but 0 in coordinates where signs disagree: where |Σ sign g_i| < τ m (the AND-mask of Parascandolo et al. 2021,
---arXiv 2009.00329, with examples as environments).
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{1, 1}, {2, -1}, {3, 3}})
---print(eb.agg.and_mask{tau = 0.5}(g)[1]:item(), eb.agg.and_mask{tau = 0.5}(g)[2]:item())  --> 2.0  0.0
---```
---@param options {tau: number} from 0, the mean, to 1
---@return Aggregate
function eb.agg.and_mask(options) end

---The mean of g_i · min(1, C/‖g_i‖) with C = `max_norm`, the norm taken over all parameters. With `sigma` normal noise of standard
---deviation σ C is added to the sum before it is divided by m, as in differentially private SGD (Abadi et al. 2016,
---arXiv 1607.00133). In a run the noise follows the run's seed, elsewhere `rng` or the session's generator. Two passes.
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{3, 4}, {0.6, 0.8}})
---local clipped = eb.agg.clip{max_norm = 1}(g)
---assert(math.abs(clipped[1]:item() - 0.6) < 1e-6 and math.abs(clipped[2]:item() - 0.8) < 1e-6)
---local noisy = eb.agg.clip{max_norm = 1, sigma = 0.5}(g, {rng = eb.rng(1)})
---assert(noisy[1]:item() ~= clipped[1]:item())
---```
---@param options {max_norm: number, sigma?: number, rng?: Generator} sigma is 0 unless given
---@return Aggregate
function eb.agg.clip(options) end

---The point with the least sum of distances to the gradients, over all parameters at once, by Weiszfeld's iteration (with the step of
---Vardi & Zhang 2000 at an example) on the Gram matrix: O(m²) an iteration beside the Gram matrix and one weighted sum. In float32
---distances are known to about 3e-4 of the norms of the two; what is nearer counts as met.
---```lua
---local g = eb.per_example(function(p, x) return p:dot(x) end)(eb.ones{2}, eb.tensor{{1, 0}, {-1, 0}, {0, 0}, {0, 0}, {0, 50}})
---local z = eb.agg.geometric_median()(g)
---assert(math.abs(z[1]:item()) < 1e-3 and math.abs(z[2]:item()) < 1e-3)
---```
---@param options? {iterations: integer, tolerance: number} 1000; 1e-12, of the sum of distances
---@return Aggregate
function eb.agg.geometric_median(options) end
