---@meta ebbtide.tensors

-- Tensors: what they are, how they are made, and their way back to Lua.

local eb = require "ebbtide"

---@alias Dtype "float32"|"float64"|"int32"|"bool"

---A tensor: numbers of one dtype under a shape of up to 8 dimensions. A value: operations give new tensors, and a write (`x[i] = v`,
---`x:fill_(v)`) changes this tensor and nothing else. Indices and dimensions count from 1, or from the end when negative. Operators
---`+ - * / ^ % //` and unary `-` are element-wise with NumPy broadcasting; a Lua number takes the tensor's dtype. `==` is identity, `<` is
---an error: compare with `x:eq(y)`, `x:lt(y)`. `#x` is the size of dimension 1. `x & y`, `x | y`, `x ~ y`, `~x` combine bool tensors.
---
---Reading: `x[i]`, `x[{i, j}]`, `x[{ {1, 3}, {} }]` (ranges with both ends, `{}` for all, `{1, 9, 2}` with a step), `x[mask]`, `x[ids]`. Several
---tensors of positions go together element by element, as in NumPy. Results of indexing are read-only.
---```lua
---local x = eb.tensor{{1, 2, 3}, {4, 5, 6}}
---print(x[2][3]:item(), x[{-1, 1}]:item())  --> 6.0  4.0
---assert((x + 1)[{ {}, {1, 2} }]:sum():item() == 16)
---x[{1, 2}] = 9
---x[x:gt(4)] = 0
---print(x:sum():item())  --> 8.0
---```
---@class Tensor
---@field shape integer[] The sizes of the dimensions, outermost first.
---@field dtype Dtype The element type.
---@field ndim integer The number of dimensions.
---@operator add(Tensor|number): Tensor
---@operator sub(Tensor|number): Tensor
---@operator mul(Tensor|number): Tensor
---@operator div(Tensor|number): Tensor
---@operator pow(Tensor|number): Tensor
---@operator mod(Tensor|number): Tensor
---@operator idiv(Tensor|number): Tensor
---@operator unm: Tensor
---@operator band(Tensor): Tensor
---@operator bor(Tensor): Tensor
---@operator bxor(Tensor): Tensor
---@operator bnot: Tensor
---@operator len: integer
local Tensor = {}

---A tensor from a number, a boolean, nested tables of them, or another tensor, which is copied. Booleans give bool, numbers the
---default dtype, also when they are Lua integers. Tensors in a table are stacked, so that results of a computation can be put
---together and differentiated. Ragged tables and mixed entries are errors that name the place; numbers without a value in the
---dtype (NaN or 1.5 for int32) too.
---```lua
---local x = eb.tensor{{1, 2}, {3, 4}}
---print(x.dtype, x:sum():item())  --> float32  10.0
---local n = eb.tensor({1, 2}, {dtype = "int32"})
---print(n.dtype, n[2]:item())  --> int32  2
---assert(not pcall(eb.tensor, {{1, 2}, {3}}))
---```
---@param values number|boolean|table|Tensor
---@param options? {dtype: Dtype}
---@return Tensor
function eb.tensor(values, options) end

---A tensor of zeros. The shape stands in a table, together with the options if you like, or as numbers; `{}` gives a scalar. Sizes
---must be whole numbers from 0 to 2^31 − 1, at most 8 of them.
---```lua
---local x = eb.zeros{2, 3, dtype = "float64"}
---assert(x.shape[2] == 3 and x.dtype == "float64")
---assert(eb.zeros(4):sum():item() == 0 * 4)
---```
---@param shape integer[]|integer the sizes, and `dtype`
---@param ... integer|{dtype: Dtype}
---@return Tensor
function eb.zeros(shape, ...) end

---A tensor of ones. The shape stands in a table, together with the options if you like, or as numbers; `{}` gives a scalar. Sizes
---must be whole numbers from 0 to 2^31 − 1, at most 8 of them.
---```lua
---local x = eb.ones{2, 3, dtype = "float64"}
---assert(x.shape[2] == 3 and x.dtype == "float64")
---assert(eb.ones(4):sum():item() == 1 * 4)
---```
---@param shape integer[]|integer the sizes, and `dtype`
---@param ... integer|{dtype: Dtype}
---@return Tensor
function eb.ones(shape, ...) end

---A tensor filled with one number, or with a boolean, which gives bool.
---```lua
---print(eb.full({2, 2}, 7):sum():item())  --> 28.0
---assert(eb.full({3}, true).dtype == "bool")
---```
---@param shape integer[]
---@param value number|boolean
---@param options? {dtype: Dtype}
---@return Tensor
function eb.full(shape, value, options) end

---A tensor of zeros with the shape and dtype of another; of a tree the tree of such tensors.
---```lua
---local x = eb.tensor({1, 2}, {dtype = "float64"})
---assert(eb.zeros_like(x).dtype == "float64")
---assert(#eb.zeros_like{w = x, b = x}.w == 2)
---```
---@param x Tensor|table
---@param options? {dtype: Dtype}
---@return Tensor|table
function eb.zeros_like(x, options) end

---A tensor of ones with the shape and dtype of another; of a tree the tree of such tensors.
---```lua
---local x = eb.tensor({1, 2}, {dtype = "float64"})
---assert(eb.ones_like(x).dtype == "float64")
---assert(#eb.ones_like{w = x, b = x}.w == 2)
---```
---@param x Tensor|table
---@param options? {dtype: Dtype}
---@return Tensor|table
function eb.ones_like(x, options) end

---A tensor of one value with the shape and dtype of another; of a tree the tree of such tensors.
---```lua
---assert(eb.full_like(eb.ones{2, 3}, 4):sum():item() == 24)
---```
---@param x Tensor|table
---@param value number|boolean
---@param options? {dtype: Dtype}
---@return Tensor|table
function eb.full_like(x, value, options) end

---The n × n identity, or n × m with ones on the main diagonal.
---```lua
---assert(eb.eye(3):sum():item() == 3)
---assert(eb.eye(2, 4).shape[2] == 4)
---```
---@param n integer
---@param m? integer n unless given
---@param options? {dtype: Dtype}
---@return Tensor
function eb.eye(n, m, options) end

---The numbers a, a + step, …, b, both ends included as in Lua's numeric `for`; `eb.arange(n)` is 1, …, n. The dtype is the default
---one, not int32. An end that the steps miss by rounding alone is reached.
---```lua
---print(#eb.arange(2, 5), eb.arange(2, 5)[-1]:item())  --> 4  5.0
---assert(#eb.arange(0, 0.3, 0.1) == 4)
---assert(eb.arange(3, 1, -1)[1]:item() == 3)
---```
---@param a number
---@param b? number
---@param step? number 1 unless given; not 0
---@param options? {dtype: Dtype}
---@return Tensor
function eb.arange(a, b, step, options) end

---n numbers evenly spaced from a to b, which are both among them.
---```lua
---local x = eb.linspace(0, 1, 5)
---assert(x[2]:item() == 0.25 and x[5]:item() == 1)
---```
---@param a number
---@param b number
---@param n integer
---@param options? {dtype: Dtype}
---@return Tensor
function eb.linspace(a, b, n, options) end

---n numbers from 10^a to 10^b in equal ratios, as NumPy's `logspace`.
---```lua
---local lr = eb.logspace(-3, 0, 4, {dtype = "float64"})
---print(lr[1]:item(), lr[3]:item(), lr[4]:item())  --> 0.001  0.1  1.0
---```
---@param a number
---@param b number
---@param n integer
---@param options? {dtype: Dtype}
---@return Tensor
function eb.logspace(a, b, n, options) end

---Sets the float type that constructors give and that int32 and bool tensors become where an operation needs floats; without an
---argument it only answers it. A session starts with "float32".
---```lua
---print(eb.default_dtype())  --> float32
---eb.default_dtype("float64")
---assert(eb.ones{2}.dtype == "float64")
---```
---@param name? "float32"|"float64"
---@return Dtype
function eb.default_dtype(name) end

---The number of elements.
---```lua
---print(eb.zeros{2, 3}:numel())  --> 6
---```
---@return integer
function Tensor:numel() end

---The only element as a Lua value: a float, an integer (int32) or a boolean (bool). Other sizes are errors. Inside grad, vjp, jvp
---and linearize the value is known; inside vmap and compile reading it is an error that says what to use instead.
---```lua
---print(eb.tensor{1, 2}:sum():item(), eb.tensor{3, 9}:argmax():item())  --> 3.0  2
---assert(eb.tensor{1, 2}:gt(0):all():item() == true)
---```
---@return number|boolean
function Tensor:item() end

---The elements as nested Lua tables; of a scalar the value itself.
---```lua
---local t = eb.tensor{{1, 2}, {3, 4}}:totable()
---print(t[2][1])  --> 3.0
---```
---@return table|number|boolean
function Tensor:totable() end

---Visits the rows along dimension 1, which are read-only. `pairs(x)` is the same.
---```lua
---local sums = {}
---for i, row in eb.tensor{{1, 2}, {3, 4}}:iter() do sums[i] = row:sum():item() end
---assert(sums[1] == 3 and sums[2] == 7)
---```
---@return fun(x: Tensor, i: integer): integer?, Tensor
---@return Tensor
---@return integer
function Tensor:iter() end

---What the tensors of this session take, in bytes: `live` now, `peak` since the session began or the peak was reset, `cached` released
---blocks that wait to be used again, and `limit`, where the session has one. With `reset_peak` the next peak is measured from
---now on. Tensors that nobody refers to count until the collector has run.
---```lua
---collectgarbage()
---local before = eb.memory{reset_peak = true}.live
---local x = eb.zeros{1024, 256}
---assert(eb.memory().live - before == 4 * 1024 * 256)
---assert(eb.memory().peak >= eb.memory().live)
---```
---@param options? {reset_peak: boolean}
---@return {live: integer, peak: integer, cached: integer, limit?: integer}
function eb.memory(options) end
