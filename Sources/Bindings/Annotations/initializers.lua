---@meta ebbtide.initializers

-- How parameters start.

local eb = require "ebbtide"

---Initialisers: `eb.init.name{gain =}` is a value for the option `init` of `net:init`, and a function: f(shape[, rng[, dtype]]) is a
---tensor drawn from rng, the session's generator unless given. `gain`, 1 unless given, multiplies what the formula says; in `net:init` the
---option `gain` multiplies that again.
---
---n_in and n_out are the numbers of inputs that one output adds up and of outputs that one input reaches. In a model each parameter
---knows its own. Of a bare shape: [n_in, n_out]; with more dimensions [out, in, kernel…] as for a convolution, n_in = in · kernel,
---n_out = out · kernel; a vector [n_in] has one output. The same seed gives the same bits.
---```lua
---local w = eb.init.orthogonal{gain = 2}({4, 4}, eb.rng(0))
---local p = eb.nn.mlp{4, 4, 1}:init{init = {["1"] = eb.init.orthogonal{gain = 2}, default = "zeros"}, rng = eb.rng(0)}
---assert(eb.tree.equal(w, p[1].weight))
---```
---@class init
eb.init = {}

---A rule for the start of a weight; what `eb.init.orthogonal{gain = 2}` gives. It is called as f(shape[, rng[, dtype]]).
---```lua
---print(eb.init.constant{gain = 2}({2}, nil, "float64").dtype)  --> float64
---```
---@class Initializer
---@operator call(integer[]): Tensor
local Initializer = {}

---The name in `eb.init`.
---```lua
---print(eb.init.zeros().name)  --> zeros
---```
---@type string
Initializer.name = nil

---What multiplies the draw.
---```lua
---print(eb.init.normal{gain = 0.1}.gain)  --> 0.1
---```
---@type number
Initializer.gain = nil

---0.
---```lua
---print(eb.init.zeros()({2, 3}):sum():item())  --> 0.0
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.zeros(options) end

---gain, everywhere.
---```lua
---print(eb.init.constant{gain = 0.5}({2})[1]:item())  --> 0.5
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.constant(options) end

---N(0, gain²).
---```lua
---local w = eb.init.normal{gain = 0.02}({200, 100}, eb.rng(0))
---assert(math.abs(w:std():item() / 0.02 - 1) < 0.03)
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.normal(options) end

---U(−gain, gain).
---```lua
---assert(eb.init.uniform{gain = 0.1}({200, 100}, eb.rng(0)):abs():max():item() <= 0.1)
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.uniform(options) end

---N(0, gain² 2/(n_in + n_out)) (Glorot & Bengio 2010, eq. 12, as a normal distribution).
---```lua
---local w = eb.init.glorot_normal()({200, 100}, eb.rng(0))
---assert(math.abs(w:var():item() * 300 / 2 - 1) < 0.05)
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.glorot_normal(options) end

---U(±gain √(6/(n_in + n_out))) (Glorot & Bengio 2010, eq. 16).
---```lua
---assert(eb.init.glorot_uniform()({4, 2}):abs():max():item() <= 1)
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.glorot_uniform(options) end

---N(0, gain² 2/n_in), which keeps the size of signals through relu (He et al. 2015, eq. 10).
---```lua
---local w = eb.init.he_normal()({200, 100}, eb.rng(0))
---assert(math.abs(w:var():item() * 200 / 2 - 1) < 0.05)
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.he_normal(options) end

---U(±gain √(6/n_in)), of the variance of he_normal.
---```lua
---assert(eb.init.he_uniform()({6, 2}):abs():max():item() <= 1)
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.he_uniform(options) end

---N(0, gain²/n_in) (LeCun, Bottou, Orr & Müller 1998, eq. 16).
---```lua
---local w = eb.init.lecun_normal()({200, 100}, eb.rng(0))
---assert(math.abs(w:var():item() * 200 - 1) < 0.05)
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.lecun_normal(options) end

---U(±gain √(3/n_in)), of the variance of lecun_normal.
---```lua
---assert(eb.init.lecun_uniform()({3, 2}):abs():max():item() <= 1)
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.lecun_uniform(options) end

---gain · Q with QᵀQ = I for a matrix at least as high as wide, else QQᵀ = I, uniform among those (Saxe, McClelland & Ganguli 2014): the Q of
---the QR decomposition of a normal matrix, its columns times the signs of R's diagonal (Mezzadri 2007). A convolution weight is the
---matrix [out, in·kh·kw]. Computed in float64 and rounded. Raises for vectors.
---```lua
---local w = eb.init.orthogonal{gain = 2}({5, 3}, eb.rng(0), "float64")
---assert((w:t():mm(w) - 4 * eb.eye(3)):abs():max():item() < 1e-14)
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.orthogonal(options) end

---gain · I; a matrix that is not square has gain on its diagonal and 0 elsewhere. Of a convolution weight [out, in, kernel…] the middle of the
---kernel from channel i to output i has gain, so that an odd kernel with padding (k − 1)/2 passes its input on; with groups, within each
---group. Nothing is drawn. Raises for vectors.
---```lua
---print(eb.init.identity{gain = 3}({2, 4}):sum():item())  --> 6.0
---print(eb.init.identity()({2, 2, 3, 3})[{1, 1, 2, 2}]:item())  --> 1.0
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.identity(options) end

---A normal matrix A scaled to the spectral norm ‖W‖₂ = gain √(n_out/n_in) exactly: W = gain √(n_out/n_in) A/‖A‖₂ (the condition of Yang,
---Simon & Bernstein 2023, under which features of every width move alike). A convolution weight is the matrix [out, in·kh·kw].
---Computed in float64 and rounded; costs a singular value decomposition. Raises for vectors.
---```lua
---local w = eb.init.spectral()({100, 25}, eb.rng(0))
---assert(math.abs(eb.linalg.norm(w, 2):item() - 0.5) < 1e-5)
---```
---@param options? {gain: number} gain = 1 unless given
---@return Initializer
function eb.init.spectral(options) end
