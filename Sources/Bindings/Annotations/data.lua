---@meta ebbtide.data

-- Data, perturbations of it, and plots.

local eb = require "ebbtide"

---Data to learn from: datasets `{ x =, y =, classes = }` with labels from 1.
---```lua
---local train, test = eb.data.mnist_sample()
---assert(train.x.ndim == 2 and train.classes == 10)
---```
---@class data
eb.data = {}

---The part of MNIST that is inside the program: training and test set, pixels as float32 in [0, 1].
---```lua
---local train, test = eb.data.mnist_sample{limit = 100}
---print(#train, train.x.shape[2])  --> 100  784
---```
---@param options? {flatten: boolean, limit: integer} flatten = true unless given
---@return Dataset train
---@return Dataset test
function eb.data.mnist_sample(options) end

---MNIST from a folder with its four files, packed or not: `dir`, or else the folders of EBBTIDE_DATA.
---```lua
---assert(not pcall(eb.data.mnist, {dir = "no/such/folder"}))
---```
---@param options? {dir: string, flatten: boolean, limit: integer}
---@return Dataset train
---@return Dataset test
function eb.data.mnist(options) end

---The tensor in an IDX file, also in one packed with gzip.
---```lua
---assert(not pcall(eb.data.idx, "no-such-file"))
---```
---@param path string
---@return Tensor
function eb.data.idx(path) end

---Labelled examples: a table whose tensor fields with one entry an example travel together. `#data` is the number of examples.
---```lua
---local train = eb.data.mnist_sample{limit = 10}
---print(train)  --> dataset: 10 examples of [784], 10 classes
---```
---@class Dataset
---@field x Tensor The inputs, examples along dimension 1.
---@field y Tensor The labels, from 1.
---@field classes? integer The number of classes.
local Dataset = {}

---The first n examples.
---```lua
---local data = eb.data.mnist_sample{limit = 10}
---print(#data:take(3))  --> 3
---```
---@param n integer
---@return Dataset
function Dataset:take(n) end

---The examples with the given numbers, in that order.
---```lua
---local data = eb.data.mnist_sample{limit = 10}
---print(#data:pick{1, 1, 2})  --> 3
---```
---@param ids integer[]|Tensor
---@return Dataset
function Dataset:pick(ids) end

---The first part with that fraction of the examples, and the rest.
---```lua
---local data = eb.data.mnist_sample{limit = 10}
---local a, b = data:split(0.7)
---print(#a, #b)  --> 7  3
---```
---@param fraction number
---@return Dataset
---@return Dataset
function Dataset:split(fraction) end

---The examples in random order.
---```lua
---local data = eb.data.mnist_sample{limit = 10}
---print(#data:shuffle(eb.rng(1)))  --> 10
---```
---@param rng? Generator the session's unless given
---@return Dataset
function Dataset:shuffle(rng) end

---Minibatches of a dataset (or `{ x =, y = }`): `for x, y, batch in batches do` goes through one epoch; batch has the other
---fields, too, and `index`, which examples it has.
---```lua
---local batches = eb.batches({x = eb.ones{10, 2}, y = eb.ones{10}}, {size = 4})
---local sizes = {}
---for x, y, batch in batches do sizes[#sizes + 1] = #x end
---print(#batches, sizes[1], sizes[3])  --> 3  4  2
---```
---@param data Dataset|table
---@param options? {size: integer, shuffle: boolean, drop_last: boolean, rng: Generator} size = 32, shuffle and drop_last = false unless given
---@return function
function eb.batches(data, options) end

---Perturbations of data.
---```lua
---assert(eb.perturb.label_noise)
---```
---@class perturb
eb.perturb = {}

---Every example is chosen with probability `fraction`, and the labels of the chosen ones are permuted among them (Chatterjee 2020,
---arXiv 2002.10657), so that about a tenth of them keep a right label by chance. The data gets `mask` (true: chosen) and
---`y_clean`.
---```lua
---local data = eb.data.mnist_sample{limit = 10}
---local noisy, mask = eb.perturb.label_noise(data, 0.5, {rng = eb.rng(1)})
---assert(noisy.y_clean:eq(data.y):all():item() and mask.dtype == "bool")
---```
---@param data Dataset|table
---@param fraction number
---@param options? {rng: Generator}
---@return Dataset
---@return Tensor mask
function eb.perturb.label_noise(data, fraction, options) end

---Figures that draw themselves in the terminal when they are printed.
---```lua
---assert(#tostring(eb.plot.line{{1, 2, 3}}) > 100)
---```
---@class plot
eb.plot = {}

---Curves. A series is a tensor or table of y values, `{ x, y, name = "train" }`, or `{ x =, y =, name = }`; the options stand in
---the same table: title, xlabel, ylabel, logx, logy, width, height.
---```lua
---local figure = eb.plot.line{{eb.arange(1, 9), eb.arange(1, 9) ^ 2, name = "square"}, title = "growth", width = 60}
---assert(tostring(figure):find("growth"))
---```
---@param series table
---@return Figure
function eb.plot.line(series) end
