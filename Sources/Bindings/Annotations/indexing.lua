---@meta ebbtide.indexing

-- Reading and replacing parts of tensors.

local eb = require "ebbtide"

---@class Tensor
local Tensor = {}

---Elements of one dimension at positions: a table, a tensor of whole numbers of any shape, whose dimensions take the place of this
---one, a bool tensor as long as the dimension, or a number, which takes the dimension away. Positions count from 1, negative ones
---from the end; outside they raise. Differentiable in x; under vmap positions may differ from lane to lane.
---```lua
---local x = eb.tensor{{1, 2, 3}, {4, 5, 6}}
---local y = x:index(2, {3, 1})
---print(y[1][1]:item(), y[2][2]:item())  --> 3.0  4.0
---assert(x:index(1, eb.tensor{2, 2, 1}).shape[1] == 3)
---```
---@param dim integer
---@param ids integer|integer[]|Tensor
---@return Tensor
function Tensor:index(dim, ids) end

---A new tensor with v, which broadcasts, in place of the part at an index; the index is what may stand between `[` and `]`. This
---is the functional form of `x[index] = v`, differentiable in x and v and allowed inside transforms. Where positions repeat, the
---last value stays; with `accumulate = true` v is added to what is there, and repeated positions add up. v takes the dtype of x. A mask
---whose values are not known, as inside vmap, needs a v that broadcasts to the shape of x.
---```lua
---local x = eb.zeros{2, 2}
---local y = x:put({1, 2}, 5)
---print(x:sum():item(), y[1][2]:item())  --> 0.0  5.0
---local g = eb.grad(function(v) return (x:put(1, v) * 3):sum() end)(eb.ones{2})
---assert(g[2]:item() == 3)
---local counts = eb.zeros{3}:put(eb.tensor{1, 3, 3}, 1, {accumulate = true})
---print(counts[3]:item())  --> 2.0
---```
---@param index integer|table|Tensor
---@param v Tensor|number|boolean
---@param options? {accumulate: boolean} false unless given
---@return Tensor
function Tensor:put(index, v, options) end

---Single elements along one dimension: of [n, m], dimension 2, `y[i][j] = x[i][ids[i][j]]`. ids has as many dimensions as x, and the
---same sizes, or 1, in all others. Positions count from 1, negative ones from the end; outside they raise. Differentiable in x; its
---adjoint is `scatter_add`. `x:index(dim, ids)` takes whole slices.
---```lua
---local x = eb.tensor{{1, 2, 3}, {4, 5, 6}}
---local y = x:gather(2, eb.tensor{{3, 1}, {2, 2}})
---print(y[1][1]:item(), y[2][2]:item())  --> 3.0  5.0
---```
---@param dim integer
---@param ids Tensor
---@return Tensor
function Tensor:gather(dim, ids) end

---A new tensor with single values added along one dimension: of [n, m], dimension 2, `v[i][j]` is added to `x[i][ids[i][j]]`. Repeated
---positions add up, in a fixed order. ids has the sizes of x in all other dimensions, v the shape of ids, or it is a number.
---Differentiable in x and v.
---```lua
---local x = eb.zeros{2, 3}:scatter_add(2, eb.tensor{{3, 3}, {1, 2}}, eb.tensor{{1, 2}, {3, 4}})
---print(x[1][3]:item(), x[2][1]:item())  --> 3.0  3.0
---```
---@param dim integer
---@param ids Tensor
---@param v Tensor|number
---@return Tensor
function Tensor:scatter_add(dim, ids, v) end

---A new tensor with slices added along one dimension: the adjoint of `x:index(dim, ids)`, whose result v must broadcast to. Repeated
---positions add up, in a fixed order. Differentiable in x and v.
---```lua
---local x = eb.zeros{3, 2}:index_add(1, {3, 3, 1}, eb.ones{3, 2})
---print(x[3][1]:item(), x[2][1]:item())  --> 2.0  0.0
---```
---@param dim integer
---@param ids integer|integer[]|Tensor
---@param v Tensor|number
---@return Tensor
function Tensor:index_add(dim, ids, v) end

---Overwrites the elements with those of y, which broadcasts and takes the dtype of x. Answers x. No view, clone or slice sees the
---change. Results of indexing are read-only; inside transforms writing is an error.
---```lua
---local x = eb.zeros{2, 2}
---x:copy_(eb.tensor{1, 2})
---print(x:sum():item())  --> 6.0
---```
---@param y Tensor|number
---@return Tensor
function Tensor:copy_(y) end

---Overwrites every element with one value. Answers x. No view, clone or slice sees the change. Results of indexing are read-only;
---inside transforms writing is an error.
---```lua
---local x = eb.zeros{2, 2}
---local before = x:clone()
---x:fill_(3)
---print(x:sum():item(), before:sum():item())  --> 12.0  0.0
---```
---@param v number|boolean|Tensor
---@return Tensor
function Tensor:fill_(v) end

---Adds y, which broadcasts, in place. Answers x. No view, clone or slice sees the change. Results of indexing are read-only;
---inside transforms writing is an error.
---```lua
---local x = eb.ones{2}
---x:add_(2):add_(eb.tensor{1, 0})
---print(x:sum():item())  --> 7.0
---```
---@param y Tensor|number
---@return Tensor
function Tensor:add_(y) end

---Subtracts y, which broadcasts, in place. Answers x. No view, clone or slice sees the change. Results of indexing are read-only;
---inside transforms writing is an error.
---```lua
---local x = eb.ones{2}
---x:sub_(3)
---print(x:sum():item())  --> -4.0
---```
---@param y Tensor|number
---@return Tensor
function Tensor:sub_(y) end

---Multiplies by y, which broadcasts, in place. Answers x. No view, clone or slice sees the change. Results of indexing are read-
---only; inside transforms writing is an error.
---```lua
---local x = eb.ones{2}
---x:mul_(4)
---print(x:sum():item())  --> 8.0
---```
---@param y Tensor|number
---@return Tensor
function Tensor:mul_(y) end

---Divides by y, which broadcasts, in place. Answers x. No view, clone or slice sees the change. Results of indexing are read-only;
---inside transforms writing is an error.
---```lua
---local x = eb.ones{2}
---x:div_(4)
---print(x:sum():item())  --> 0.5
---```
---@param y Tensor|number
---@return Tensor
function Tensor:div_(y) end

---a where the condition is true, else b, element by element with broadcasting. A number takes the dtype of the other branch;
---tensors are promoted. Only the branch that is taken has a gradient, but both are computed, and 0 times an infinite slope is NaN: guard
---the argument as well, `eb.where(c, eb.where(c, x, 1):sqrt(), 0)`. The condition must be bool.
---```lua
---local x = eb.tensor{-1, 2}
---print(eb.where(x:gt(0), x, 0):sum():item())  --> 2.0
---```
---@param condition Tensor bool
---@param a Tensor|number
---@param b Tensor|number
---@return Tensor
function eb.where(condition, a, b) end
