---@meta ebbtide.losses

-- Losses and metrics.

local eb = require "ebbtide"

---Losses: (prediction, target[, {reduction =}]). "mean", the default, and "sum" are over the examples, of the element-wise losses (all but
---cross_entropy) over all elements; "none" gives one value an example or element. The results are tensors, as they are what one
---differentiates. Values and derivatives of any order are finite for logits of any size.
---
---Shapes are never broadcast: [n] against [n, 1] would silently be n² differences, and is an error. Targets out of range are errors too,
---wherever their values are known, under vmap and per_example as well.
---```lua
---print(eb.loss.mse(eb.tensor{1, 3}, eb.tensor{1, 1}):item())  --> 2.0
---```
---@class loss
eb.loss = {}

---The mean of (prediction − target)² over all elements.
---```lua
---print(eb.loss.mse(eb.tensor{1, 3}, eb.tensor{1, 1}, {reduction = "sum"}):item())  --> 4.0
---assert(not pcall(eb.loss.mse, eb.ones{3, 1}, eb.ones{3}))
---```
---@param prediction Tensor
---@param target Tensor of the same shape
---@param options? {reduction: "mean"|"sum"|"none"} reduction = "mean" unless given
---@return Tensor
function eb.loss.mse(prediction, target, options) end

---r²/2 for residuals r = prediction − target of |r| ≤ δ, else δ(|r| − δ/2) (Huber 1964). The first derivative is continuous; the second is
---1 up to and at |r| = δ and 0 beyond.
---```lua
---print(eb.loss.huber(eb.tensor{0.5, -3}, eb.zeros{2}, {reduction = "sum"}):item())  --> 2.625
---local g = eb.grad(function(x) return eb.loss.huber(x, eb.zeros{2}, {reduction = "sum"}) end)(eb.tensor{0.5, -3})
---print(g[1]:item(), g[2]:item())  --> 0.5  -1.0
---```
---@param prediction Tensor
---@param target Tensor of the same shape
---@param options? {reduction: "mean"|"sum"|"none", delta: number} reduction = "mean", delta = 1 (positive) unless given
---@return Tensor
function eb.loss.huber(prediction, target, options) end

---−log softmax(z)_y = log Σⱼ exp(zⱼ) − z_y for logits z [.., C] and labels y [..] in 1..C, of any number type; or, for a target
---[.., C] of distributions q such as one-hot rows, −Σⱼ qⱼ log softmax(z)ⱼ, where 0 · log 0 is 0. Stable for logits of any size. Its
---gradient is softmax(z) − e_y, at zero logits its Hessian (I − J/C)/C with J all ones. With label_smoothing ε the target is
---(1 − ε) q + ε/C (Szegedy et al. 2016).
---Raises for shapes that do not fit, and for labels that are not whole numbers in 1..C, under vmap and per_example too.
---```lua
---local l = eb.loss.cross_entropy(eb.zeros{2, 10}, eb.tensor{1, 3}):item()
---assert(math.abs(l - math.log(10)) < 1e-6)
---local good, message = pcall(eb.loss.cross_entropy, eb.zeros{2, 10}, eb.tensor{0, 3})
---assert(message:find("label 0.0 at position 1 is not one of 1..10", 1, true))
---```
---@param logits Tensor
---@param target Tensor labels, or a distribution over the classes for each example
---@param options? {reduction: "mean"|"sum"|"none", label_smoothing: number} reduction = "mean", label_smoothing = 0 (below 1) unless given
---@return Tensor
function eb.loss.cross_entropy(logits, target, options) end

---−y log σ(z) − (1 − y) log(1 − σ(z)), element by element, for logits z (before the sigmoid) and targets y in [0, 1], computed as
---y softplus(−z) + (1 − y) softplus(z), which neither cancels nor overflows. Its gradient is σ(z) − y.
---Raises for shapes that differ and targets outside [0, 1].
---```lua
---print(eb.loss.binary_cross_entropy(eb.tensor{1e4, -1e4}, eb.tensor{1, 1}, {reduction = "sum"}):item())  --> 10000.0
---assert(math.abs(eb.loss.binary_cross_entropy(eb.tensor{0}, eb.tensor{1}):item() - math.log(2)) < 1e-6)
---```
---@param logits Tensor
---@param target Tensor of the same shape
---@param options? {reduction: "mean"|"sum"|"none"} reduction = "mean" unless given
---@return Tensor
function eb.loss.binary_cross_entropy(logits, target, options) end

---log(1 + exp(−y z)), element by element, for predictions z and labels y = −1 or 1. With labels (y + 1)/2 it is binary_cross_entropy.
---Raises for shapes that differ and other labels.
---```lua
---print(eb.loss.logistic(eb.tensor{-1e4, 1e4}, eb.tensor{1, 1}, {reduction = "sum"}):item())  --> 10000.0
---```
---@param prediction Tensor
---@param target Tensor of the same shape
---@param options? {reduction: "mean"|"sum"|"none"} reduction = "mean" unless given
---@return Tensor
function eb.loss.logistic(prediction, target, options) end

---max(0, 1 − y z), element by element, for predictions z and labels y = −1 or 1 (Cortes & Vapnik 1995). At the margin y z = 1 its
---slope is 0.
---Raises for shapes that differ and other labels.
---```lua
---print(eb.loss.hinge(eb.tensor{0.5, 2}, eb.tensor{1, -1}, {reduction = "sum"}):item())  --> 3.5
---print(eb.grad(eb.loss.hinge)(eb.tensor{1}, eb.tensor{1})[1]:item() == 0)  --> true
---```
---@param prediction Tensor
---@param target Tensor of the same shape
---@param options? {reduction: "mean"|"sum"|"none"} reduction = "mean" unless given
---@return Tensor
function eb.loss.hinge(prediction, target, options) end

---Measures of predictions, as Lua numbers; none is differentiated.
---```lua
---print(eb.metrics.accuracy(eb.tensor{{0, 1}, {1, 0}}, eb.tensor{2, 2}))  --> 0.5
---```
---@class metrics
eb.metrics = {}

---The share of examples whose largest logit is at their label; the first of equal ones counts, a NaN is never right. Raises for labels
---outside 1..classes.
---```lua
---print(eb.metrics.accuracy(eb.eye(4), eb.tensor{1, 2, 3, 1}))  --> 0.75
---```
---@param logits Tensor [n, classes]
---@param labels Tensor [n], from 1
---@return number
function eb.metrics.accuracy(logits, labels) end

---The share of examples whose label is among the k largest logits; of equal ones the first count, a NaN is never right. With k = 1 it is
---the accuracy. Raises for labels and a k outside 1..classes.
---```lua
---local z = eb.tensor{{3, 2, 1}, {3, 2, 1}}
---print(eb.metrics.topk_accuracy(z, eb.tensor{2, 3}, 2))  --> 0.5
---```
---@param logits Tensor [n, classes]
---@param labels Tensor [n], from 1
---@param k integer
---@return number
function eb.metrics.topk_accuracy(logits, labels, k) end

---How many examples of class i (row) have their first largest logit at class j (column), as an int32 tensor [classes, classes].
---Raises for labels outside 1..classes.
---```lua
---local counts = eb.metrics.confusion(eb.tensor{{1, 0}, {0, 1}, {0, 1}}, eb.tensor{1, 1, 2})
---print(counts[{1, 2}]:item(), counts:sum():item())  --> 1  3
---```
---@param logits Tensor [n, classes]
---@param labels Tensor [n], from 1
---@return Tensor
function eb.metrics.confusion(logits, labels) end

---The coefficient of determination 1 − Σ(y − ŷ)²/Σ(y − ȳ)², ȳ the mean over the examples, which are dimension 1; both sums are over all
---elements, in float64. 1 is exact, 0 no better than the mean. For a constant target it is 1 if exact, else −∞.
---Raises for shapes that differ, and without examples.
---```lua
---print(eb.metrics.r2(eb.tensor{1, 2, 4}, eb.tensor{1, 2, 3}))  --> 0.5
---```
---@param prediction Tensor [n, ..]
---@param target Tensor of the same shape
---@return number
function eb.metrics.r2(prediction, target) end
