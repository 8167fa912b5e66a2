---@meta ebbtide.trees

-- Trees of tensors: parameters, gradients and states.

local eb = require "ebbtide"

---Functions of whole trees: any nesting of tables whose leaves are tensors (or numbers). Keys go in one order: integers ascending,
---then strings in byte order. Trees that the library returns carry arithmetic: `p - 0.1 * g` works leaf by leaf, with trees of the
---same keys, tensors and numbers.
---```lua
---local p = eb.tree.map(function(x) return 2 * x end, {w = eb.ones{2}, b = 3})
---print((p - 1).b:item(), eb.tree.count(p))  --> 5.0  3
---```
---@class tree
eb.tree = {}

---The tree of f applied to each leaf, or to the leaves of several trees of the same keys.
---```lua
---local s = eb.tree.map(function(a, b) return a + b end, {x = 1}, {x = eb.tensor{1, 2}})
---print(s.x[2]:item())  --> 3.0
---```
---@param f function
---@param t table|Tensor
---@param ... table|Tensor
---@return table|Tensor
function eb.tree.map(f, t, ...) end

---The leaves in key order, in a table.
---```lua
---print(#eb.tree.leaves{b = 1, a = {2, 3}})  --> 3
---```
---@param t table|Tensor
---@return Tensor[]
function eb.tree.leaves(t) end

---All leaves in key order as one vector, and the function that makes a tree of such a vector again.
---```lua
---local v, unflatten = eb.tree.flatten{w = eb.ones{2, 2}, b = eb.zeros{1}}
---print(#v, unflatten(v).w.shape[1])  --> 5  2
---```
---@param t table|Tensor
---@return Tensor vector
---@return fun(v: Tensor): table unflatten
function eb.tree.flatten(t) end

---The sum of the products of all elements of two trees of the same keys: a Lua number, or a scalar tensor where a transform is
---watching.
---```lua
---print(eb.tree.dot({x = eb.ones{3}}, {x = eb.ones{3}}))  --> 3.0
---```
---@param a table|Tensor
---@param b table|Tensor
---@return number|Tensor
function eb.tree.dot(a, b) end

---The p-norm of all elements of a tree: a Lua number, or a scalar tensor where a transform is watching.
---```lua
---print(eb.tree.norm{x = eb.tensor{3}, y = eb.tensor{4}})  --> 5.0
---```
---@param t table|Tensor
---@param p? number 2 unless given; math.huge is the largest |x|
---@return number|Tensor
function eb.tree.norm(t, p) end

---The tree of zeros with the same shapes and dtypes.
---```lua
---print(eb.tree.zeros_like{x = eb.ones{3}}.x:sum():item())  --> 0.0
---```
---@param t table|Tensor
---@return table|Tensor
function eb.tree.zeros_like(t) end

---The tree of standard normal values with the same shapes and dtypes.
---```lua
---print(#eb.tree.randn_like({x = eb.ones{3}}, {rng = eb.rng(1)}).x)  --> 3
---```
---@param t table|Tensor
---@param options? {rng: Generator}
---@return table|Tensor
function eb.tree.randn_like(t, options) end

---The number of elements of all leaves.
---```lua
---print(eb.tree.count{w = eb.ones{2, 3}, b = eb.ones{3}})  --> 9
---```
---@param t table|Tensor
---@return integer
function eb.tree.count(t) end

---Whether two trees have the same keys, shapes, dtypes and bits.
---```lua
---assert(eb.tree.equal({x = eb.ones{2}}, {x = eb.ones{2}}))
---assert(not eb.tree.equal({x = eb.ones{2}}, {x = eb.zeros{2}}))
---```
---@param a table|Tensor
---@param b table|Tensor
---@return boolean
function eb.tree.equal(a, b) end

---A text of 16 digits that depends on keys, shapes, dtypes and bits: the 64-bit FNV-1a hash.
---```lua
---assert(eb.tree.hash{x = eb.ones{2}} == eb.tree.hash{x = eb.ones{2}})
---```
---@param t table|Tensor
---@return string
function eb.tree.hash(t) end
