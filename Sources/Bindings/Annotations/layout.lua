---@meta ebbtide.layout

-- Shapes and places of elements.

local eb = require "ebbtide"

---@class Tensor
local Tensor = {}

---The same elements in row-major order under another shape; one size may be −1, which stands for what is left.
---```lua
---local x = eb.arange(1, 6):reshape{2, -1}
---print(x.shape[2], x[2][1]:item())  --> 3  4.0
---```
---@param shape integer[]|integer
---@param ... integer
---@return Tensor
function Tensor:reshape(shape, ...) end

---The same elements in row-major order under another shape; one size may be −1, which stands for what is left. Another name of
---`reshape`: storage is copied when no view can show the shape.
---```lua
---local x = eb.arange(1, 6):view{2, -1}
---print(x.shape[2], x[2][1]:item())  --> 3  4.0
---```
---@param shape integer[]|integer
---@param ... integer
---@return Tensor
function Tensor:view(shape, ...) end

---The transpose of a matrix; a vector stays as it is.
---```lua
---print(eb.zeros{2, 3}:t().shape[1])  --> 3
---```
---@return Tensor
function Tensor:t() end

---Two dimensions exchanged, the last two unless given.
---```lua
---print(eb.zeros{2, 3, 4}:transpose(1, 3).shape[1])  --> 4
---```
---@param a? integer
---@param b? integer
---@return Tensor
function Tensor:transpose(a, b) end

---Dimension i of the result is dimension order[i]; each is named once.
---```lua
---print(eb.zeros{2, 3, 4}:permute{3, 1, 2}.shape[1])  --> 4
---```
---@param order integer[]|integer
---@param ... integer
---@return Tensor
function Tensor:permute(order, ...) end

---Without the dimensions of size 1, or without the named ones, which must have size 1.
---```lua
---print(eb.zeros{1, 3, 1}:squeeze().ndim)  --> 1
---```
---@param dim? integer|integer[]
---@return Tensor
function Tensor:squeeze(dim) end

---With a new dimension of size 1 before the given one; -1 puts it last.
---```lua
---print(eb.zeros{3}:unsqueeze(-1).shape[2])  --> 1
---```
---@param dim integer
---@return Tensor
function Tensor:unsqueeze(dim) end

---Dimensions of size 1 stretched and leading ones added, without copying; -1 keeps a size.
---```lua
---print(eb.tensor{1, 2}:expand{3, 2}:sum():item())  --> 9.0
---```
---@param shape integer[]|integer
---@param ... integer
---@return Tensor
function Tensor:expand(shape, ...) end

---The dimensions from first to last as one; all unless given.
---```lua
---print(eb.zeros{2, 3, 4}:flatten(2).shape[2])  --> 12
---```
---@param first? integer
---@param last? integer
---@return Tensor
function Tensor:flatten(first, last) end

---The elements in reverse order along one dimension or several; along all unless given.
---```lua
---print(eb.tensor{1, 2, 3}:flip(1)[1]:item())  --> 3.0
---```
---@param dim? integer|integer[]
---@return Tensor
function Tensor:flip(dim) end

---Zeros, or `value`, around the elements; negative sizes cut. Flat sizes come in pairs from the last dimension, as in PyTorch:
---{left, right, top, bottom, …}. Pairs count from the first, as in NumPy: { {before, after}, … }. A number means every side.
---```lua
---local x = eb.tensor{{1, 2}, {3, 4}}
---print(x:pad{1, 0}.shape[2], x:pad{ {1, 1} }.shape[1], x:pad(1).shape[2])  --> 3  4  4
---assert(x:pad({0, 1}, {value = 9})[1][3]:item() == 9)
---```
---@param sizes integer|integer[]|integer[][]
---@param options? {value: number}
---@return Tensor
function Tensor:pad(sizes, options) end

---The lower triangle of the last two dimensions, zeros elsewhere.
---```lua
---print(eb.ones{3, 3}:tril():sum():item())  --> 6.0
---```
---@param diagonal? integer the border: 0, the main diagonal, unless given; positive ones lie above
---@return Tensor
function Tensor:tril(diagonal) end

---The upper triangle of the last two dimensions, zeros elsewhere.
---```lua
---print(eb.ones{3, 3}:triu():sum():item())  --> 6.0
---```
---@param diagonal? integer the border: 0, the main diagonal, unless given; positive ones lie above
---@return Tensor
function Tensor:triu(diagonal) end

---A diagonal of the last two dimensions; of a vector the matrix with it on that diagonal.
---```lua
---print(eb.eye(3):diag():sum():item(), eb.tensor{1, 2}:diag().ndim)  --> 3.0  2
---print(eb.arange(1, 9):reshape{3, 3}:diag(1)[2]:item(), eb.tensor{5}:diag(-1).shape[1])  --> 6.0  2
---```
---@param diagonal? integer 0, the main one, unless given; positive ones lie above
---@return Tensor
function Tensor:diag(diagonal) end

---A tensor of its own with the same elements, which may be written to. Costs nothing until one of the two is.
---```lua
---local x = eb.zeros{2, 2}
---local row = x[1]:clone()
---row[1] = 5
---print(row:sum():item(), x:sum():item())  --> 5.0  0.0
---```
---@return Tensor
function Tensor:clone() end

---The value with no derivative, as `eb.stop_gradient`.
---```lua
---print(eb.grad(function(x) return x * x:detach() end)(eb.tensor(3)):item())  --> 3.0
---```
---@return Tensor
function Tensor:detach() end

---The elements converted: floats become int32 by truncation, anything but 0 becomes true. NaN and numbers outside int32 have no
---int32 value and raise.
---```lua
---print(eb.tensor{1.7}:cast("int32"):item())  --> 1
---```
---@param dtype Dtype
---@return Tensor
function Tensor:cast(dtype) end

---Pieces of one size along a dimension, the last maybe smaller, or of the sizes in a table, which add up to the dimension.
---```lua
---local parts = eb.arange(1, 5):split(2)
---print(#parts, #parts[3])  --> 3  1
---```
---@param size integer|integer[]
---@param dim? integer 1 unless given
---@return Tensor[]
function Tensor:split(size, dim) end

---So many pieces along a dimension whose sizes differ by one at most, the larger ones first.
---```lua
---local parts = eb.arange(1, 5):chunk(2)
---print(#parts[1], #parts[2])  --> 3  2
---```
---@param count integer
---@param dim? integer 1 unless given
---@return Tensor[]
function Tensor:chunk(count, dim) end

---The tensors one after another along a dimension that exists; all other sizes are equal, dtypes are promoted.
---```lua
---print(#eb.cat({eb.zeros{2, 3}, eb.ones{1, 3}}, 1))  --> 3
---```
---@param tensors Tensor[]
---@param dim? integer 1 unless given
---@return Tensor
function eb.cat(tensors, dim) end

---The tensors, all of one shape, along a new dimension. Numbers in the table are scalars.
---```lua
---print(eb.stack({eb.zeros{3}, eb.ones{3}}, 2).shape[2])  --> 2
---```
---@param tensors (Tensor|number)[]
---@param dim? integer 1 unless given
---@return Tensor
function eb.stack(tensors, dim) end
