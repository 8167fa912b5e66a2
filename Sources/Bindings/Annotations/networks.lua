---@meta ebbtide.networks

-- Models, losses and metrics.

local eb = require "ebbtide"

---A model: `net:init{…}` gives parameters and `net(p, x)` is a pure function of parameters and input, so it differentiates, batches and
---forks like any function.
---```lua
---local net = eb.nn.mlp{4, 8, 3}
---local p = net:init{rng = eb.rng(0)}
---print(net(p, eb.ones{2, 4}).shape[2], net.parameters)  --> 3  67
---```
---@class Model
---@operator call(table): Tensor
local Model = {}

---Parameters for the model, drawn from `rng`. mlp: p[i] = { weight = [in, out], bias = [out] } for the i-th linear layer;
---sequential: one entry a layer, {} for one without parameters.
---```lua
---local p = eb.nn.mlp{4, 8, 3}:init{rng = eb.rng(0), init = "he_normal"}
---print(p[1].weight.shape[2], #p[2].bias)  --> 8  3
---```
---@param options? {rng: Generator, init: string, gain: number, dtype: Dtype} init = "glorot_normal", gain = 1 unless given
---@return table
function Model:init(options) end

---The number of elements of all parameters.
---```lua
---print(eb.nn.linear(3, 2).parameters)  --> 8
---```
---@type integer
Model.parameters = nil

---Layers and models.
---```lua
---local net = eb.nn.sequential{eb.nn.linear(3, 4), eb.nn.tanh(), eb.nn.linear(4, 1)}
---assert(net(net:init(), eb.ones{5, 3}).shape[1] == 5)
---```
---@class nn
eb.nn = {}

---A multilayer perceptron: linear layers with an activation between them. The widths and the options `act` ("relu" unless given)
---and `bias` (true) share one table.
---```lua
---print(eb.nn.mlp{784, 256, 10, act = "tanh"}.parameters)  --> 203530
---```
---@param sizes table
---@return Model
function eb.nn.mlp(sizes) end

---x W + b with weight [inputs, outputs] and bias [outputs].
---```lua
---print(eb.nn.linear(3, 2, {bias = false}).parameters)  --> 6
---```
---@param inputs integer
---@param outputs integer
---@param options? {bias: boolean}
---@return Model
function eb.nn.linear(inputs, outputs, options) end

---Layers one after another; the parameters have one entry a layer, {} for one without parameters.
---```lua
---local net = eb.nn.sequential{eb.nn.linear(3, 4), eb.nn.relu()}
---print(net.parameters)  --> 16
---```
---@param layers Model[]
---@return Model
function eb.nn.sequential(layers) end

---The activation max(x, 0) as a layer without parameters.
---```lua
---local f = eb.nn.relu()
---assert(f({}, eb.ones{2}).shape[1] == 2)
---```
---@return Model
function eb.nn.relu() end

---The activation the hyperbolic tangent as a layer without parameters.
---```lua
---local f = eb.nn.tanh()
---assert(f({}, eb.ones{2}).shape[1] == 2)
---```
---@return Model
function eb.nn.tanh() end

---The activation 1/(1 + e⁻ˣ) as a layer without parameters.
---```lua
---local f = eb.nn.sigmoid()
---assert(f({}, eb.ones{2}).shape[1] == 2)
---```
---@return Model
function eb.nn.sigmoid() end

---The activation x/2 (1 + erf(x/√2)) as a layer without parameters.
---```lua
---local f = eb.nn.gelu()
---assert(f({}, eb.ones{2}).shape[1] == 2)
---```
---@return Model
function eb.nn.gelu() end

---The activation x σ(x) as a layer without parameters.
---```lua
---local f = eb.nn.silu()
---assert(f({}, eb.ones{2}).shape[1] == 2)
---```
---@return Model
function eb.nn.silu() end

---The activation x for x > 0, else eˣ − 1 as a layer without parameters.
---```lua
---local f = eb.nn.elu()
---assert(f({}, eb.ones{2}).shape[1] == 2)
---```
---@return Model
function eb.nn.elu() end

---The activation x for x > 0, else 0.01 x as a layer without parameters.
---```lua
---local f = eb.nn.leaky_relu()
---assert(f({}, eb.ones{2}).shape[1] == 2)
---```
---@return Model
function eb.nn.leaky_relu() end

---The activation log(1 + eˣ) as a layer without parameters.
---```lua
---local f = eb.nn.softplus()
---assert(f({}, eb.ones{2}).shape[1] == 2)
---```
---@return Model
function eb.nn.softplus() end

---The activation x limited to [−1, 1] as a layer without parameters.
---```lua
---local f = eb.nn.hardtanh()
---assert(f({}, eb.ones{2}).shape[1] == 2)
---```
---@return Model
function eb.nn.hardtanh() end

---The activation x as a layer without parameters.
---```lua
---local f = eb.nn.identity()
---assert(f({}, eb.ones{2}).shape[1] == 2)
---```
---@return Model
function eb.nn.identity() end

---The activation x² as a layer without parameters.
---```lua
---local f = eb.nn.square()
---assert(f({}, eb.ones{2}).shape[1] == 2)
---```
---@return Model
function eb.nn.square() end

---The activation sin x as a layer without parameters.
---```lua
---local f = eb.nn.sin()
---assert(f({}, eb.ones{2}).shape[1] == 2)
---```
---@return Model
function eb.nn.sin() end

---Losses: (prediction, target[, {reduction = "mean"|"sum"|"none"}]); the mean unless given.
---```lua
---print(eb.loss.mse(eb.tensor{1, 3}, eb.tensor{1, 1}):item())  --> 2.0
---```
---@class loss
eb.loss = {}

---(prediction − target)² over all elements. The shapes are equal; nothing broadcasts.
---```lua
---print(eb.loss.mse(eb.tensor{1, 3}, eb.tensor{1, 1}, {reduction = "sum"}):item())  --> 4.0
---```
---@param prediction Tensor
---@param target Tensor
---@param options? {reduction: "mean"|"sum"|"none"}
---@return Tensor
function eb.loss.mse(prediction, target, options) end

---−log softmax(logits) at the target: logits [.., classes], labels [..] that count from 1, or distributions [.., classes].
---```lua
---local l = eb.loss.cross_entropy(eb.zeros{2, 4}, eb.tensor{1, 3}):item()
---assert(math.abs(l - math.log(4)) < 1e-6)
---```
---@param logits Tensor
---@param target Tensor
---@param options? {reduction: "mean"|"sum"|"none"}
---@return Tensor
function eb.loss.cross_entropy(logits, target, options) end

---Measures of predictions, as Lua numbers.
---```lua
---print(eb.metrics.accuracy(eb.tensor{{0, 1}, {1, 0}}, eb.tensor{2, 2}))  --> 0.5
---```
---@class metrics
eb.metrics = {}

---The share of examples whose largest logit is at their label, which counts from 1.
---```lua
---print(eb.metrics.accuracy(eb.eye(3), eb.tensor{1, 2, 1}) > 0.6)  --> true
---```
---@param logits Tensor [n, classes]
---@param labels Tensor [n]
---@return number
function eb.metrics.accuracy(logits, labels) end
