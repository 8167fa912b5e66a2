---@meta ebbtide.networks

-- Models and layers.

local eb = require "ebbtide"

---A model is a pure function of parameters and input, `net(p, x)`: it holds no numbers itself, so it differentiates, batches and forks
---like any function, and can stand where a function is expected (`eb.vmap(net, {1, false})` is an ensemble).
---
---x has the features along its last dimension, [.., in], with any number of dimensions before it, or none for a single example; the
---result is [.., out]. p is a tree as `net:init` gives it; one that does not fit (a missing or extra key, another shape) is an error that
---names its place.
---```lua
---local net = eb.nn.mlp{4, 8, 3}
---local p = net:init{rng = eb.rng(0)}
---print(net(p, eb.ones{2, 4}).shape[2], net.parameters)  --> 3  67
---local g = eb.grad(function(p) return net(p, eb.ones{2, 4}):sum() end)(p)
---print((p - 0.1 * g)[1].weight.shape[2])  --> 8
---```
---Layers that behave differently in training (dropout, batchnorm) and have a running state (batchnorm) take it explicitly:
---`net(p, x, {train = true, rng = r, state = s})` returns the output and the new state. `train` is false unless given, `rng` is asked for
---by layers that draw, `state` is the starting state unless given. `net(p, x)` is the output alone, outside training. Under vmap every
---lane gets the same draw unless the generator itself is mapped.
---```lua
---local net = eb.nn.sequential{eb.nn.linear(2, 3), eb.nn.batchnorm(3), eb.nn.dropout(0.5)}
---local p, s, r = net:init(), net:init_state(), eb.rng(1)
---local y
---y, s = net(p, eb.randn{8, 2}, {train = true, rng = r, state = s})
---print(#s, #s[2].running_mean, next(s[3]))  --> 3  3  nil
---```
---@class Model
---@operator call(table): Tensor
local Model = {}

---@class InitOptions
---@field rng? Generator Where draws come from; the session's generator by default.
---@field init? string|Initializer|(fun(shape: integer[], rng: Generator, path: string, dtype: string): Tensor)|table How weights start: a name of `eb.init`, an initialiser, a function, or a table of these (default "glorot_normal" for layers).
---@field gain? number Multiplies what `init` gives (default 1).
---@field dtype? "float32"|"float64" The session's default dtype by default.

---Parameters for the model. mlp: `p[i] = { weight = [in, out], bias = [out] }` for the i-th linear layer; sequential: one entry a
---layer, {} for one without parameters; linear: `{ weight =, bias = }`. Biases start at 0, weights as `init` says:
---
---- a name of `eb.init`, where the formulas are, or a value such as `eb.init.orthogonal{gain = 2}`;
---- a function (shape, rng, path, dtype) that answers a float tensor of that shape, called for each weight in order; the path is
---  "1.weight", and draws from the given generator follow the option `rng`;
---- a table of these by place: a path "1.weight", the beginning of one ("1", all weights of layer 1), a last name ("weight", "bias"), or
---  `default`. The longest place counts. An entry that names parameters themselves, by path or last name, serves biases too.
---
---Raises for an entry that no parameter matches, and for a function whose result has another shape or no float dtype; the message has
---the path.
---```lua
---local net = eb.nn.mlp{400, 100, 3}
---local p = net:init{rng = eb.rng(0), init = "he_normal"}
---print(p[1].weight.shape[2], #p[2].bias)  --> 100  3
---assert(math.abs(p[1].weight:var():item() * 400 / 2 - 1) < 0.05)
---local q = net:init{init = function(shape, rng, path) return path == "2.weight" and eb.zeros(shape) or rng:randn(shape) end}
---print(q[2].weight:abs():max():item())  --> 0.0
----- PyTorch's default for linear layers: U(±1/√n_in), biases too.
---local torch = eb.init.lecun_uniform{gain = 1 / math.sqrt(3)}
---local r = net:init{init = {weight = torch, bias = torch}}
---assert(r[1].bias:abs():max():item() <= 1 / 20)
---```
---@param options? InitOptions
---@return table
function Model:init(options) end

---The one quantity through which the parameters act: β of `diagonal`, W of `linear`, the product of the matrices of `deep_linear` and
---`matrix_factorization`. Derivatives go through it.
---Raises for models without one.
---```lua
---local m = eb.models.diagonal{d = 2, depth = 3}
---print(m:effective({w = eb.tensor{2, -1}})[1]:item())  --> 8.0
---```
---@param p table
---@return Tensor
function Model:effective(p) end

---The state with which training starts, nested as the parameters are, one entry a layer and {} for one without; batchnorm has
---`running_mean` = 0 and `running_var` = 1.
---```lua
---print(eb.nn.batchnorm(2):init_state().running_var[1]:item(), next(eb.nn.relu():init_state()))  --> 1.0  nil
---```
---@param options? {dtype: "float32"|"float64"} the session's default dtype unless given
---@return table
function Model:init_state(options) end

---The number of elements of all parameters.
---```lua
---print(eb.nn.linear(3, 2).parameters)  --> 8
---```
---@type integer
Model.parameters = nil

---Layers and models. A layer is a model, too: `eb.nn.tanh()({}, x)`.
---```lua
---local net = eb.nn.sequential{eb.nn.linear(3, 4), eb.nn.tanh(), eb.nn.linear(4, 1)}
---assert(net(net:init(), eb.ones{5, 3}).shape[1] == 5)
---```
---@class nn
eb.nn = {}

---A multilayer perceptron: linear layers with an activation between them, none after the last. The widths from input to output, at
---least two, and the options share one table: `act`, the name of an activation of `eb.nn` ("relu" unless given), and `bias` (true),
---whether the layers have one.
---```lua
---local net = eb.nn.mlp{784, 256, 10, act = "tanh"}
---print(net)  --> mlp: 203530 parameters in 4 tensors
---local p, x = net:init(), eb.ones{5, 784}
---local h = (x:mm(p[1].weight) + p[1].bias):tanh()
---assert((net(p, x) - (h:mm(p[2].weight) + p[2].bias)):abs():max():item() < 1e-5)
---```
---@param sizes integer[] the widths, and `act` and `bias`
---@return Model
function eb.nn.mlp(sizes) end

---Layers one after another; parameters and state have one entry a layer, {} for one without.
---```lua
---local net = eb.nn.sequential{eb.nn.linear(3, 4), eb.nn.relu()}
---local p = net:init()
---print(net.parameters, #p, next(p[2]))  --> 16  2  nil
---```
---@param layers Model[] at least one
---@return Model
function eb.nn.sequential(layers) end

---x + layer(x) (He et al. 2016); parameters and state are those of the layer, whose output must have the shape of its input.
---```lua
---local net = eb.nn.residual(eb.nn.linear(2, 2))
---print(net({weight = eb.eye(2), bias = eb.zeros{2}}, eb.tensor{1, 3})[2]:item())  --> 6.0
---```
---@param layer Model
---@return Model
function eb.nn.residual(layer) end
