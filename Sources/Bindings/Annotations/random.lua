---@meta ebbtide.random

-- Random tensors.

local eb = require "ebbtide"

---A stream of random numbers, Philox4x32-10: a draw depends on the seed and on how many draws this generator made before, never on who
---else drew or on threads. Under vmap all lanes get the same draw, unless the generator itself is mapped (an array from `split`).
---```lua
---local a, b = eb.rng(7), eb.rng(7)
---assert(a:randn{3}:eq(b:randn{3}):all():item())
---```
---@class Generator
local Generator = {}

---Standard normal values. `rng` is the generator to draw from, the session's unless given.
---```lua
---local x = eb.randn{1000, rng = eb.rng(1)}
---assert(math.abs(x:mean():item()) < 0.2)
---```
---@param shape integer[] the sizes, and `dtype` ("float32" or "float64") and `rng`
---@return Tensor
function eb.randn(shape) end

---As `eb.randn`, drawn from this generator.
---```lua
---assert(#eb.rng(1):randn{3} == 3)
---```
---@param shape integer[] the sizes, and `dtype`
---@return Tensor
function Generator:randn(shape) end

---Values uniform in [0, 1).
---```lua
---local x = eb.rand{1000, rng = eb.rng(1)}
---assert(x:min():item() >= 0 and x:max():item() < 1)
---```
---@param shape integer[] the sizes, and `dtype` ("float32" or "float64") and `rng`
---@return Tensor
function eb.rand(shape) end

---As `eb.rand`, drawn from this generator.
---```lua
---assert(eb.rng(1):rand{2, 2, dtype = "float64"}.dtype == "float64")
---```
---@param shape integer[] the sizes, and `dtype`
---@return Tensor
function Generator:rand(shape) end

---Whole numbers from low to high, both included; int32 unless `dtype` says otherwise.
---```lua
---local x = eb.randint({100}, 1, 6, {rng = eb.rng(1)})
---assert(x:min():item() >= 1 and x:max():item() <= 6)
---```
---@param shape integer[]
---@param low integer
---@param high integer
---@param options? {dtype: Dtype, rng: Generator}
---@return Tensor
function eb.randint(shape, low, high, options) end

---As `eb.randint`, drawn from this generator.
---```lua
---assert(eb.rng(1):randint({5}, 2, 2):sum():item() == 10)
---```
---@param shape integer[]
---@param low integer
---@param high integer
---@param options? {dtype: Dtype}
---@return Tensor
function Generator:randint(shape, low, high, options) end

---The numbers 1, …, n in random order; int32 unless `dtype` says otherwise.
---```lua
---local p = eb.permutation(5, {rng = eb.rng(1)})
---assert(p:sum():item() == 15)
---```
---@param n integer
---@param options? {dtype: Dtype, rng: Generator}
---@return Tensor
function eb.permutation(n, options) end

---As `eb.permutation`, drawn from this generator.
---```lua
---assert(#eb.rng(1):permutation(5) == 5)
---```
---@param n integer
---@param options? {dtype: Dtype}
---@return Tensor
function Generator:permutation(n, options) end

---Standard normal values with the shape and dtype of a tensor; of a tree the tree of such tensors.
---```lua
---assert(eb.randn_like(eb.zeros{2, 3}).shape[2] == 3)
---```
---@param x Tensor|table
---@param options? {dtype: Dtype, rng: Generator}
---@return Tensor
function eb.randn_like(x, options) end

---As `eb.randn_like`, drawn from this generator.
---```lua
---assert(#eb.rng(1):randn_like(eb.zeros{4}) == 4)
---```
---@param x Tensor|table
---@param options? {dtype: Dtype}
---@return Tensor
function Generator:randn_like(x, options) end

---Values uniform in [0, 1) with the shape and dtype of a tensor; of a tree the tree of such tensors.
---```lua
---assert(eb.rand_like(eb.zeros{2, 3}).shape[2] == 3)
---```
---@param x Tensor|table
---@param options? {dtype: Dtype, rng: Generator}
---@return Tensor
function eb.rand_like(x, options) end

---As `eb.rand_like`, drawn from this generator.
---```lua
---assert(#eb.rng(1):rand_like(eb.zeros{4}) == 4)
---```
---@param x Tensor|table
---@param options? {dtype: Dtype}
---@return Tensor
function Generator:rand_like(x, options) end

---n independent generators in a table. A second split gives others.
---```lua
---local streams = eb.rng(7):split(4)
---local x = eb.vmap(function(g) return g:randn{2} end)(streams)
---assert(x.shape[1] == 4)
---```
---@param n integer
---@return Generator[]
function Generator:split(n) end

---A generator. Nearby seeds give unrelated streams.
---```lua
---local r = eb.rng(7)
---assert(#r:randn{3} == 3)
---```
---@param seed integer
---@return Generator
function eb.rng(seed) end

---Reseeds the session's generator, from which draws without `rng` come. A session starts with seed 0.
---```lua
---eb.seed(7)
---local a = eb.randn{3}
---eb.seed(7)
---assert(a:eq(eb.randn{3}):all():item())
---```
---@param seed integer
function eb.seed(seed) end
