---@meta ebbtide.trees

-- Trees of tensors: parameters, gradients and states.

local eb = require "ebbtide"

---Functions of whole trees: any nesting of tables whose leaves are tensors or numbers (0-d tensors of the default dtype, or of the dtype of
---the tensor they meet in arithmetic, dot and flatten);
---strings, booleans and functions in between stay as they are. A tensor is a tree of one leaf. Keys go in one order: integers
---ascending, then strings by their bytes; a message names a leaf by its path, "1.weight".
---
---Trees that the library returns (from `init`, `grad`, `map`, …) carry `+ - * / ^` and unary `-`, leaf by leaf with NumPy
---broadcasting: with trees of the same keys, plain tables too, with tensors and with numbers. Nothing is changed in place.
---```lua
---local p = eb.tree.map(function(x) return 2 * x end, {w = eb.ones{2}, b = 3})
---print((p - 1).b:item(), eb.tree.count(p))  --> 5.0  3
---local q = p - 0.1 * eb.tree.zeros_like(p)
---assert(eb.tree.equal(p, q))
---```
---@class tree
eb.tree = {}

---The tree of f applied to each leaf, or to the leaves of several trees of the same keys. f returns a tensor or a number; what is no
---leaf is taken from the first tree. f may be anything that can be called, a model too.
---Raises when the keys differ, and names the first that is in only one of the trees.
---```lua
---local s = eb.tree.map(function(a, b) return a + b end, {x = 1, name = "s"}, {x = eb.tensor{1, 2}, name = "t"})
---print(s.x[2]:item(), s.name)  --> 3.0  s
---local good, message = pcall(eb.tree.map, math.max, {x = 1}, {y = 1})
---assert(message:find("'x' is in only one of them"))
---```
---@param f fun(...: Tensor): Tensor|number
---@param t table|Tensor
---@param ... table|Tensor more trees of the same keys
---@return table|Tensor
function eb.tree.map(f, t, ...) end

---The leaves in key order, in a table.
---```lua
---local leaves = eb.tree.leaves{b = 1, a = {2, 3}}
---print(#leaves, leaves[1]:item(), leaves[3]:item())  --> 3  2.0  1.0
---```
---@param t table|Tensor
---@return Tensor[]
function eb.tree.leaves(t) end

---All leaves in key order as one vector [count], and the function that makes a tree like t of such a vector, each leaf with its shape
---and dtype. Leaves of different dtypes meet in the one that holds them all. Derivatives go through both.
---Raises for a tree without leaves; `unflatten` for a vector of another size.
---```lua
---local v, unflatten = eb.tree.flatten{w = eb.ones{2, 2}, b = eb.zeros{1}}
---print(#v, unflatten(v).w.shape[1])  --> 5  2
---assert(eb.tree.equal(unflatten(10 * v), {w = eb.full({2, 2}, 10), b = eb.zeros{1}}))
---```
---@param t table|Tensor
---@return Tensor vector
---@return fun(v: Tensor): table unflatten
function eb.tree.flatten(t) end

---⟨a, b⟩ = Σ aᵢ bᵢ over all elements of two trees of the same keys and shapes (nothing broadcasts): a Lua number, or a 0-d tensor
---where a transform is watching, so that it can be differentiated.
---```lua
---print(eb.tree.dot({x = eb.ones{3}}, {x = eb.ones{3}}))  --> 3.0
---local g = eb.grad(function(p) return eb.tree.dot(p, p) end)({x = eb.ones{3}})
---print(g.x[1]:item())  --> 2.0
---```
---@param a table|Tensor
---@param b table|Tensor
---@return number|Tensor
function eb.tree.dot(a, b) end

---(Σ |xᵢ|^p)^(1/p) over all elements: a Lua number, or a 0-d tensor where a transform is watching. The gradient of leaves that are
---all zero is zero.
---```lua
---local t = {x = eb.tensor{3}, y = eb.tensor{-4}}
---print(eb.tree.norm(t), eb.tree.norm(t, 1), eb.tree.norm(t, math.huge))  --> 5.0  7.0  4.0
---```
---@param t table|Tensor
---@param p? number 2 unless given; math.huge is the largest |x|
---@return number|Tensor
function eb.tree.norm(t, p) end

---The tree of zeros with the same keys, shapes and dtypes.
---```lua
---print(eb.tree.zeros_like{x = eb.ones{3}}.x:sum():item())  --> 0.0
---```
---@param t table|Tensor
---@return table|Tensor
function eb.tree.zeros_like(t) end

---The tree of standard normal values with the same keys, shapes and dtypes (the default dtype in place of int32 and bool).
---```lua
---local d = eb.tree.randn_like({w = eb.ones{3, 2}, b = eb.ones{2}}, {rng = eb.rng(1)})
---d = d / eb.tree.norm(d)  -- a random direction
---assert(math.abs(eb.tree.norm(d) - 1) < 1e-6)
---```
---@param t table|Tensor
---@param options? {rng: Generator} the session's generator unless given
---@return table|Tensor
function eb.tree.randn_like(t, options) end

---The number of elements of all leaves.
---```lua
---print(eb.tree.count{w = eb.ones{2, 3}, b = eb.ones{3}})  --> 9
---```
---@param t table|Tensor
---@return integer
function eb.tree.count(t) end

---Whether two trees have the same keys, shapes, dtypes and bits: −0 is not 0 here, and a NaN is equal to one of the same bits; what
---strings, booleans and functions between the leaves are does not count. To compare within a tolerance, look at `eb.tree.norm(a - b)`.
---```lua
---assert(eb.tree.equal({x = eb.ones{2}}, {x = eb.ones{2}}))
---assert(not eb.tree.equal({x = eb.ones{2}}, {x = eb.ones{2, dtype = "float64"}}))
---```
---@param a table|Tensor
---@param b table|Tensor
---@return boolean
function eb.tree.equal(a, b) end

---16 hexadecimal digits that depend on paths, shapes, dtypes and bits: the 64-bit FNV-1a hash, the same on every machine. It tells
---whether two runs are the same without keeping both.
---```lua
---assert(eb.tree.hash{x = eb.ones{2}} == eb.tree.hash{x = eb.ones{2}})
---assert(eb.tree.hash{x = eb.ones{2}} ~= eb.tree.hash{y = eb.ones{2}})
---```
---@param t table|Tensor
---@return string
function eb.tree.hash(t) end
