---@meta ebbtide.layers

-- The layers of eb.nn. Images are [batch, channels, height, width]; where a number may differ between rows and columns, one number
-- stands for both and {rows, columns} for each.

local eb = require "ebbtide"

---x W + b with weight [inputs, outputs] (PyTorch's is transposed) and bias [outputs].
---```lua
---print(eb.nn.linear(3, 2, {bias = false}).parameters)  --> 6
---local y = eb.nn.linear(2, 1)({weight = eb.tensor{{1}, {10}}, bias = eb.tensor{0.5}}, eb.tensor{3, 4})
---print(y[1]:item())  --> 43.5
---```
---@param inputs integer
---@param outputs integer
---@param options? {bias: boolean} bias = true unless given
---@return Model
function eb.nn.linear(inputs, outputs, options) end

---@class ConvolutionOptions
---@field stride? integer|integer[] Steps from window to window (default 1).
---@field padding? integer|integer[]|"same" Zeros around the image (default 0); "same" keeps its size, for stride 1 (an odd rest below and right).
---@field dilation? integer|integer[] Steps between the elements of a window (default 1).
---@field groups? integer The channels fall in so many groups that do not see each other (default 1).
---@field bias? boolean Whether a number is added to each output channel (default true).

---A convolution of images, in the sense of networks a cross-correlation:
---
---    y[n, o, u, v] = bias[o] + Σ x[n, c, stride (u − 1) + dilation (i − 1) − padding + 1, ..] weight[o, c, i, j]
---
---x is [batch, inputs, height, width], or one image [inputs, height, width]; y has ⌊(size + 2 padding − dilation (kernel − 1) −
---1)/stride⌋ + 1 rows and columns. Parameters: weight [outputs, inputs/groups, kernel height, kernel width] and bias [outputs],
---as in PyTorch. Output and both derivatives are matrix products with patches of a few images at a time; none is kept, and
---derivatives of any order cost a few more convolutions. Under vmap lanes of images go together; lanes of weights become
---channels, or groups where the images have lanes, too. Raises for another number of channels and for a kernel larger than the
---padded image.
---```lua
---local conv = eb.nn.conv2d(1, 1, 2, {bias = false})
---local y = conv({weight = eb.tensor{{{{1, 0}, {0, -1}}}}}, eb.arange(1, 9):reshape{1, 1, 3, 3})
---print(y[1][1][1][1]:item(), y.shape[3], y.shape[4])  --> -4.0  2  2
---print(eb.nn.conv2d(4, 8, 3, {groups = 2}):init().weight.shape[2])  --> 2
---print(eb.nn.conv2d(3, 8, {1, 5}, {padding = "same"})(eb.nn.conv2d(3, 8, {1, 5}):init(), eb.ones{3, 6, 6}).shape[3])  --> 6
---```
---@param inputs integer channels of the images
---@param outputs integer channels of the result
---@param kernel integer|integer[]
---@param options? ConvolutionOptions
---@return Model
function eb.nn.conv2d(inputs, outputs, kernel, options) end

---@class PoolingOptions
---@field stride? integer|integer[] Steps from window to window; the kernel unless given.
---@field padding? integer|integer[] Rows and columns around the image, less than the kernel (default 0).

---The largest element of every window of x [.., height, width]. Padding never wins. Of equal elements the first, in row-major
---order, has the whole derivative (as in PyTorch and JAX); NaN wins over all. Without parameters.
---```lua
---local x = eb.tensor{{1, 2, 5}, {4, 3, 6}, {0, 0, 9}}
---print(eb.nn.maxpool2d(2)({}, x)[1][1]:item())  --> 4.0
---local y = eb.nn.maxpool2d(2, {stride = 1})({}, x)
---print(y[1][1]:item(), y[1][2]:item(), y[2][2]:item())  --> 4.0  6.0  9.0
---print(eb.grad(function(x) return eb.nn.maxpool2d(2)({}, x):sum() end)(eb.ones{2, 2}):sum(2)[1]:item())  --> 1.0
---```
---@param kernel integer|integer[]
---@param options? PoolingOptions
---@return Model
function eb.nn.maxpool2d(kernel, options) end

---The mean of every window of x [.., height, width]; padding counts as zeros, so that every window divides by kernel height ×
---width (PyTorch's count_include_pad = true). Without parameters.
---```lua
---local x = eb.tensor{{1, 2}, {3, 6}}
---print(eb.nn.avgpool2d(2)({}, x)[1][1]:item())  --> 3.0
---print(eb.nn.avgpool2d({1, 2}, {padding = {0, 1}})({}, x)[1][1]:item())  --> 0.5
---```
---@param kernel integer|integer[]
---@param options? PoolingOptions
---@return Model
function eb.nn.avgpool2d(kernel, options) end

---The dimensions `first` to `last` merged into one: all but the batch unless given. `flatten(-3)` merges the last three, so it
---also serves one image without a batch, as in `eb.per_example`. Without parameters.
---```lua
---print(eb.nn.flatten()({}, eb.ones{5, 2, 3, 4}).shape[2])  --> 24
---print(#eb.nn.flatten(-3)({}, eb.ones{2, 3, 4}))  --> 24
---```
---@param first? integer dimension, 2 unless given
---@param last? integer dimension, -1 unless given
---@return Model
function eb.nn.flatten(first, last) end

---@class NormalizationOptions
---@field eps? number What is added to the variance (default 1e-5).
---@field affine? boolean Whether there are weight (starts at 1) and bias (starts at 0) (default true).

---@class BatchNormOptions: NormalizationOptions
---@field momentum? number The share of the batch in the new running statistics, in 0..1 (default 0.1).

---Batch normalisation (Ioffe & Szegedy 2015): (x − mean)/√(var + eps) · weight + bias for each feature of x [n, features] or [n,
---features, height, width]; weight and bias are [features].
---
---In training, `net(p, x, {train = true, state = s})`, mean and var are those of the batch (var divided by the count N), they
---take part in the derivatives, and the state that is returned moves towards them: running_mean by momentum, running_var with
---the unbiased var N/(N − 1), as in PyTorch. Otherwise mean and var are those of the state, at the beginning 0 and 1. Training
---raises with one value a feature.
---```lua
---local net = eb.nn.batchnorm(1)
---local p, s = net:init(), net:init_state()
---local y
---y, s = net(p, eb.tensor{{1}, {3}}, {train = true, state = s})
---print(y[2][1]:item() > 0.99, s.running_mean[1]:item() - 0.2 < 1e-6, s.running_var[1]:item() - 1.1 < 1e-6)  --> true  true  true
---print(net(p, eb.tensor{{3}}, {state = s})[1][1]:item() < 3)  --> true
---```
---@param features integer
---@param options? BatchNormOptions
---@return Model
function eb.nn.batchnorm(features, options) end

---Layer normalisation (Ba, Kiros & Hinton 2016): (x − mean)/√(var + eps) · weight + bias with mean and var (divided by the
---count) over the last dimension of size `shape`, or over the last dimensions of the sizes in a table; weight and bias have that
---shape.
---```lua
---local y = eb.nn.layernorm(2, {eps = 0})(eb.nn.layernorm(2):init(), eb.tensor{{1, 3}, {5, 1}})
---print(y[1][1]:item(), y[1][2]:item(), y[2][1]:item())  --> -1.0  1.0  1.0
---```
---@param shape integer|integer[]
---@param options? NormalizationOptions
---@return Model
function eb.nn.layernorm(shape, options) end

---Group normalisation (Wu & He 2018) of x [n, channels, ..]: mean and var over the channels of a group and all places, for each
---example alone; weight and bias are [channels]. One group is layer normalisation of the whole example, a group a channel
---instance normalisation.
---```lua
---local net = eb.nn.groupnorm(2, 4)
---local y = net(net:init(), eb.randn{3, 4, 5, 5})
---assert(y:reshape{3, 2, 50}:mean(3):abs():max():item() < 1e-5)
---```
---@param groups integer
---@param channels integer a multiple of the groups
---@param options? NormalizationOptions
---@return Model
function eb.nn.groupnorm(groups, channels, options) end

---Dropout (Srivastava et al. 2014): in training each element is 0 with probability p and else divided by 1 − p; otherwise x
---itself. Training needs a generator, `net(p, x, {train = true, rng = r})`, which advances by a draw; without one it raises.
---Under vmap all lanes drop the same places unless the generator is mapped. Without parameters.
---```lua
---local net = eb.nn.dropout(0.5)
---local y = net({}, eb.ones{1000}, {train = true, rng = eb.rng(1)})
---print(y:max():item(), math.abs(y:mean():item() - 1) < 0.1, net({}, eb.ones{3}):mean():item())  --> 2.0  true  1.0
---```
---@param p number in 0..1
---@return Model
function eb.nn.dropout(p) end

---A table of vectors: ids from 1, of any shape [..] and number type, to the rows [.., width] of weight [count, width], which
---starts with the draws N(0, gain²) unless `init` says otherwise. Raises for ids outside 1..count. The gradient of repeated ids
---adds up.
---```lua
---local net = eb.nn.embedding(3, 2)
---print(net({weight = eb.tensor{{1, 2}, {3, 4}, {5, 6}}}, eb.tensor{3, 1})[1][2]:item())  --> 6.0
---```
---@param count integer
---@param width integer
---@return Model
function eb.nn.embedding(count, width) end

---Multi-head self-attention (Vaswani et al. 2017) on x [.., length, width]. With q, k and v the linear maps query, key and value
---of x, cut into heads of d = width/heads numbers, each head is softmax(q kᵀ/√d) v along the length; the heads side by side go
---through the linear map out. With `causal` a position sees itself and those before it alone. Query, key and value all come from
---x; for attention between two sequences write it with `eb.einsum`. Parameters: query, key, value and out, each {weight =
---[width, width], bias = [width]}.
---```lua
---local net = eb.nn.attention(8, 2, {causal = true})
---local p, x = net:init{rng = eb.rng(1)}, eb.randn{3, 5, 8, rng = eb.rng(2)}
---local y = net(p, x)
---print(y.shape[1], y.shape[2], y.shape[3])  --> 3  5  8
---assert((net(p, x[{ {}, {1, 2}, {} }]) - y[{ {}, {1, 2}, {} }]):abs():max():item() < 1e-5)
---```
---@param width integer
---@param heads integer divides the width
---@param options? {causal: boolean, bias: boolean} causal = false, bias = true unless given
---@return Model
function eb.nn.attention(width, heads, options) end

---The layer softmax(x) along a dimension, the last unless given: exp(x)/Σ exp(x). Without parameters.
---```lua
---print(eb.nn.softmax()({}, eb.zeros{2, 4})[1][1]:item())  --> 0.25
---```
---@param dim? integer
---@return Model
function eb.nn.softmax(dim) end

---The layer log softmax(x) along a dimension, the last unless given: x − log Σ exp(x). Without parameters.
---```lua
---assert(math.abs(eb.nn.log_softmax()({}, eb.zeros{4})[1]:item() + math.log(4)) < 1e-6)
---```
---@param dim? integer
---@return Model
function eb.nn.log_softmax(dim) end
