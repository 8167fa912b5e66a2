---@meta ebbtide.reductions

-- Combining elements along dimensions, and putting them in order. Sums run in a fixed order: the same bits on every number of threads.

local eb = require "ebbtide"

---@class Tensor
local Tensor = {}

---The sum over all elements or over some dimensions. bool counts as int32.
---```lua
---local x = eb.tensor{{1, 2}, {3, 4}}
---print(x:sum():item(), x:sum(2)[1]:item())  --> 10.0  3.0
---assert(x:sum({1, 2}, {keepdims = true}).ndim == 2)
---```
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {keepdims: boolean} keepdims leaves the dimensions with size 1; false unless given
---@return Tensor
function Tensor:sum(dim, options) end

---The mean; int32 and bool become floats of the default dtype.
---```lua
---print(eb.tensor{1, 2, 6}:mean():item())  --> 3.0
---```
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {keepdims: boolean} keepdims leaves the dimensions with size 1; false unless given
---@return Tensor
function Tensor:mean(dim, options) end

---The variance: the mean squared distance from the mean, divided by n unless `correction = 1`.
---```lua
---print(eb.tensor{1, 3}:var():item(), eb.tensor{1, 3}:var({correction = 1}):item())  --> 1.0  2.0
---```
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {keepdims: boolean, correction: number} correction is 0 unless given: the divisor is n − correction
---@return Tensor
function Tensor:var(dim, options) end

---The standard deviation, the root of `var`. Where all elements are equal its gradient is NaN: a root has no slope at 0.
---```lua
---print(eb.tensor{1, 3}:std():item())  --> 1.0
---```
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {keepdims: boolean, correction: number} correction is 0 unless given: the divisor is n − correction
---@return Tensor
function Tensor:std(dim, options) end

---The product. Exact derivatives of any order, also where elements are 0.
---```lua
---print(eb.tensor{2, 3, 4}:prod():item())  --> 24.0
---```
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {keepdims: boolean} keepdims leaves the dimensions with size 1; false unless given
---@return Tensor
function Tensor:prod(dim, options) end

---Whether every element is true, or not 0; gives bool.
---```lua
---assert(eb.tensor{1, 2}:gt(0):all():item())
---```
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {keepdims: boolean} keepdims leaves the dimensions with size 1; false unless given
---@return Tensor
function Tensor:all(dim, options) end

---Whether an element is true, or not 0; gives bool.
---```lua
---assert(not eb.tensor{1, 2}:gt(5):any():item())
---```
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {keepdims: boolean} keepdims leaves the dimensions with size 1; false unless given
---@return Tensor
function Tensor:any(dim, options) end

---log Σ exp(x), shifted so that nothing overflows. Of no elements, and of −∞ alone, it is −∞; the gradient of the latter is NaN (guard
---such rows with `eb.where` around the argument as well as the result).
---```lua
---local y = eb.tensor({1000, 1000}, {dtype = "float64"}):logsumexp():item()
---assert(math.abs(y - 1000 - math.log(2)) < 1e-12)
---```
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {keepdims: boolean} keepdims leaves the dimensions with size 1; false unless given
---@return Tensor
function Tensor:logsumexp(dim, options) end

---The largest element; along one dimension also the int32 index of the first one. NaN wins. The dtype stays. Elements that share the
---extreme share its derivative equally. Empty dimensions are errors.
---```lua
---local x = eb.tensor{{3, 1}, {2, 5}}
---local values, places = x:max(2)
---print(values[1]:item(), places[1]:item())  --> 3.0  1
---```
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {keepdims: boolean} keepdims leaves the dimensions with size 1; false unless given
---@return Tensor values
---@return Tensor? indices along one dimension, from 1
function Tensor:max(dim, options) end

---The int32 index, from 1, of the first largest element along a dimension; without one its place among all elements in row-major
---order.
---```lua
---print(eb.tensor{2, 7, 1}:argmax():item())  --> 2
---```
---@param dim? integer
---@param options? {keepdims: boolean} keepdims leaves the dimensions with size 1; false unless given
---@return Tensor
function Tensor:argmax(dim, options) end

---The smallest element; along one dimension also the int32 index of the first one. NaN wins. The dtype stays. Elements that share the
---extreme share its derivative equally. Empty dimensions are errors.
---```lua
---local x = eb.tensor{{3, 1}, {2, 5}}
---local values, places = x:min(2)
---print(values[1]:item(), places[1]:item())  --> 1.0  2
---```
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {keepdims: boolean} keepdims leaves the dimensions with size 1; false unless given
---@return Tensor values
---@return Tensor? indices along one dimension, from 1
function Tensor:min(dim, options) end

---The int32 index, from 1, of the first smallest element along a dimension; without one its place among all elements in row-major
---order.
---```lua
---print(eb.tensor{2, 7, 1}:argmin():item())  --> 3
---```
---@param dim? integer
---@param options? {keepdims: boolean} keepdims leaves the dimensions with size 1; false unless given
---@return Tensor
function Tensor:argmin(dim, options) end

---The median; of an even count the mean of the middle two. Along one dimension also an index: where the (lower) middle element
---stands. NaN wins.
---```lua
---print(eb.tensor{4, 1, 3, 2}:median():item())  --> 2.5
---```
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {keepdims: boolean} keepdims leaves the dimensions with size 1; false unless given
---@return Tensor values
---@return Tensor? indices along one dimension, from 1
function Tensor:median(dim, options) end

---The quantile at fraction q, between neighbours by the straight line (`method = "linear"`, place q (n − 1) of the sorted
---elements) or the nearest element (`"nearest"`, ties to the even rank as in NumPy). Several fractions give a new dimension 1. NaN
---wins.
---```lua
---local x = eb.tensor{10, 20, 30, 40, 50}
---print(x:quantile(0.125):item(), x:quantile(0.1, {method = "nearest"}):item())  --> 15.0  10.0
---assert(x:quantile{0.25, 0.75}[2]:item() == 40)
---```
---@param q number|number[]|Tensor from 0 to 1
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {method: "linear"|"nearest", keepdims: boolean}
---@return Tensor
function Tensor:quantile(q, dim, options) end

---The p-norm (Σ |x|^p)^(1/p) of all elements, or over dimensions, for any p ≥ 0: 2 unless given; `math.huge` is the largest |x|, 0
---counts the elements that are not 0 and has no derivative. Of no elements it is 0. The gradient where all elements are 0 is 0; for
---p < 1 it is not defined (NaN) where one of several is.
---```lua
---print(eb.tensor{3, -4}:norm():item(), eb.tensor{3, -4}:norm(1):item())  --> 5.0  7.0
---assert(eb.ones{2, 4}:norm(2, 2)[1]:item() == 2)
---```
---@param p? number
---@param dim? integer|integer[] one dimension or several; all unless given
---@param options? {keepdims: boolean} keepdims leaves the dimensions with size 1; false unless given
---@return Tensor
function Tensor:norm(p, dim, options) end

---Running sums along a dimension.
---```lua
---print(eb.tensor{1, 2, 3}:cumsum()[3]:item())  --> 6.0
---```
---@param dim? integer the last one unless given
---@return Tensor
function Tensor:cumsum(dim) end

---exp(x) / Σ exp(x) along a dimension, without overflow.
---```lua
---assert(eb.tensor{0, 0}:softmax(1)[1]:item() == 0.5)
---```
---@param dim? integer the last one unless given
---@return Tensor
function Tensor:softmax(dim) end

---x − log Σ exp(x) along a dimension.
---```lua
---local p = eb.tensor{1, 2}:log_softmax(1):exp():sum():item()
---assert(math.abs(p - 1) < 1e-6)
---```
---@param dim? integer the last one unless given
---@return Tensor
function Tensor:log_softmax(dim) end

---The elements in ascending order along a dimension, stable and with NaN last in either direction, and the int32 indices they came from.
---The derivative is that of the stable order. Cost n for each dimension of size n: sorting is by radix.
---```lua
---local values, places = eb.tensor{3, 1, 2}:sort()
---print(values[1]:item(), places[1]:item())  --> 1.0  2
---assert(eb.tensor{3, 1, 2}:sort({descending = true})[1]:item() == 3)
---```
---@param dim? integer the last one unless given
---@param options? {descending: boolean}
---@return Tensor values
---@return Tensor indices
function Tensor:sort(dim, options) end

---The int32 indices that would put the elements in order along a dimension.
---```lua
---print(eb.tensor{3, 1, 2}:argsort()[1]:item())  --> 2
---```
---@param dim? integer the last one unless given
---@param options? {descending: boolean}
---@return Tensor
function Tensor:argsort(dim, options) end

---The k largest elements along a dimension in descending order (`largest = false`: the smallest, ascending), and their int32
---indices.
---```lua
---local values, places = eb.tensor{3, 1, 2}:topk(2)
---print(values[2]:item(), places[2]:item())  --> 2.0  3
---```
---@param k integer
---@param dim? integer the last one unless given
---@param options? {largest: boolean}
---@return Tensor values
---@return Tensor indices
function Tensor:topk(k, dim, options) end
