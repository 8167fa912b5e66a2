---@meta ebbtide.data

-- Data, and perturbations of it.

local eb = require "ebbtide"

---Data to learn from: datasets with the examples along dimension 1 and labels from 1.
---```lua
---local train, test = eb.data.mnist_sample()
---assert(train.x.ndim == 2 and train.classes == 10)
---```
---@class data
eb.data = {}

---@class SampleOptions
---@field flatten? boolean Whether x is [n, 784] instead of [n, 28, 28] (default true).
---@field limit? integer The most examples of each set, from its beginning; all by default.

---The part of MNIST that is inside the program: 200 training and 100 test images of each digit. x is float32 [n, 784] in [0, 1], y
---int32 [n], the digit plus 1, classes 10.
---```lua
---local train, test = eb.data.mnist_sample()
---print(#train, #test, train.x.shape[2])  --> 2000  1000  784
---print(train.y:eq(10):sum():item())  --> 200
---```
---@param options? SampleOptions
---@return Dataset train
---@return Dataset test
function eb.data.mnist_sample(options) end

---The tensor in an IDX file, the format of MNIST, plain or packed with gzip: integers as int32, floats in their own dtype. Raises when the
---file can't be read, is damaged, or holds more or less than its header says.
---```lua
---local path = os.tmpname()
---local file = io.open(path, "wb")
---file:write("\0\0\8\2", "\0\0\0\1", "\0\0\0\3", "\7\8\9")  -- bytes, two dimensions of 1 and 3
---file:close()
---print(eb.data.idx(path)[{1, 3}]:item())  --> 9
---os.remove(path)
---```
---@param path string
---@return Tensor
function eb.data.idx(path) end

---@class CsvOptions
---@field header? boolean Whether the first record names the columns; by default it does when none of its fields is a number.
---@field separator? string One character between fields (default ",").
---@field dtype? string The dtype of numbers (the default float type).
---@field columns? (string|integer)[] The columns to keep, in order, by name or number; all by default.
---@field x? (string|integer)[] The columns of the inputs of a dataset.
---@field y? string|integer The column of its targets.

---A table in text (RFC 4180: fields in quotes may hold separators, line ends and doubled quotes). With names it is a table of columns:
---tensors [n] where all fields are numbers, empty ones NaN, else sequences of strings. Without names it is a matrix [n, columns].
---
---With `x` it is a dataset: x is [n, #x], and y [n] the column of that name as it is when it holds numbers; texts become classes in the
---order of their bytes, labels from 1, with `classes` and `names`. Raises with the line where records differ in length or a quote has no
---end.
---```lua
---local path = os.tmpname()
---local file = io.open(path, "w")
---file:write("height,width,kind\n1.5,2,small\n3,4.5,large\n1,1,small\n")
---file:close()
---print(eb.data.csv(path).width:sum():item(), eb.data.csv(path).kind[2])  --> 7.5  large
---local data = eb.data.csv(path, {x = {"height", "width"}, y = "kind"})
---print(data, data.names[data.y[1]:item()])  --> dataset: 3 examples of [2], 2 classes  small
---os.remove(path)
---```
---@param path string
---@param options? CsvOptions
---@return table|Tensor|Dataset
function eb.data.csv(path, options) end

---A dataset of your own tensors, {x =, y =} or {x, y}: a copy of the table, with the methods of datasets. Raises unless x has examples along dimension 1 and
---y, which may be missing, equally many.
---```lua
---local data = eb.data.dataset{x = eb.randn{10, 2}, y = eb.ones{10}, source = "noise"}
---print(#data:take(3), data:take(3).source)  --> 3  noise
---```
---@param fields {x: Tensor, y: Tensor, classes: integer}
---@return Dataset
function eb.data.dataset(fields) end

---Labelled examples: a table in which every tensor field with one entry an example travels with the examples through all methods;
---other fields stay. `#data` is the number of examples. Methods give new datasets.
---```lua
---local train = eb.data.mnist_sample{limit = 10}
---print(train)  --> dataset: 10 examples of [784], 10 classes
---train.weight = eb.arange(1, 10)
---print(train:take(3).weight:sum():item())  --> 6.0
---```
---@class Dataset
---@field x Tensor The inputs, examples along dimension 1.
---@field y Tensor The labels, from 1.
---@field classes? integer The number of classes.
local Dataset = {}

---The first n examples, n from 1 to all.
---```lua
---local data = eb.data.mnist_sample{limit = 10}
---print(#data:take(3))  --> 3
---```
---@param n integer
---@return Dataset
function Dataset:take(n) end

---The examples with the given numbers, in that order, repeated as often as they are named; or those where a bool mask is true.
---```lua
---local data = eb.data.mnist_sample{limit = 10}
---print(#data:pick{1, 1, 2})  --> 3
---print(data:pick(data.y:eq(1)).y:ne(1):any():item())  --> false
---```
---@param ids integer[]|Tensor
---@return Dataset
function Dataset:pick(ids) end

---The first part with that fraction of the examples, rounded to the nearest count, and the rest; the order stays. Raises when a part
---would be empty.
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
---local a, b = data:shuffle(eb.rng(1)), data:shuffle(eb.rng(1))
---assert(eb.tree.equal(a.y, b.y))
---```
---@param rng? Generator the session's unless given
---@return Dataset
function Dataset:shuffle(rng) end

---@class BatchOptions
---@field size? integer Examples a batch (default 32); the last batch may have fewer.
---@field shuffle? boolean Whether every epoch has its own random order (default false).
---@field drop_last? boolean Whether a last batch with fewer examples is left out (default false).
---@field rng? Generator Where the orders come from; the session's generator by default.

---Minibatches of a dataset, or of a table `{ x =, y = }`: `for x, y, batch in batches do` goes through one epoch, and every loop is a
---new one, also after a break and within another loop. batch has x, y, `index` (int32, which examples these are) and the other fields
---of the data. `#batches` is the number of batches in an epoch.
---```lua
---local batches = eb.batches({x = eb.ones{10, 2}, y = eb.ones{10}}, {size = 4})
---local sizes = {}
---for x, y, batch in batches do sizes[#sizes + 1] = #x end
---print(#batches, sizes[1], sizes[3])  --> 3  4  2
---```
---@param data Dataset|table
---@param options? BatchOptions
---@return fun(): Tensor, Tensor, table
function eb.batches(data, options) end

---Perturbations of data.
---```lua
---local noisy, mask = eb.perturb.label_noise(eb.data.mnist_sample(), 0.5, {rng = eb.rng(1)})
---assert(math.abs(mask:sum():item() - 1000) < 150)
---```
---@class perturb
eb.perturb = {}

---Every example is chosen with probability `fraction`, and the labels of the chosen ones change. `kind = "permute"` (the default) permutes
---them among the chosen (Chatterjee 2020, arXiv 2002.10657): the labels stay the same multiset, and a chosen example keeps a right label with probability Σ q², q the
---frequencies of the classes, so that a share 1 − fraction (1 − Σ q²) of all is right. `"uniform"` draws any class, the right one too;
---`"pair_flip"` takes the next class, the first after the last (Han et al. 2018, arXiv 1804.06872). The data gets `mask` (bool [n], true: chosen) and
---`y_clean`, the labels before.
---```lua
---local data = eb.data.mnist_sample()
---local noisy, mask = eb.perturb.label_noise(data, 0.5, {rng = eb.rng(1)})
---assert(noisy.y_clean:eq(data.y):all():item() and mask.dtype == "bool")
---assert(math.abs(noisy.y:eq(data.y):cast("float32"):mean():item() - 0.55) < 0.05)
---```
---@param data Dataset|table
---@param fraction number in [0, 1]
---@param options? {rng: Generator, kind: string} the session's generator unless given
---@return Dataset
---@return Tensor mask
function eb.perturb.label_noise(data, fraction, options) end

---Every example is chosen with probability `fraction`, and the labels of the chosen ones are permuted among them: `label_noise` of kind "permute".
---```lua
---local data = {x = eb.zeros{6, 1}, y = eb.tensor{1, 2, 3, 1, 2, 3}}
---local permuted, mask = eb.perturb.permute_labels(data, 1, {rng = eb.rng(1)})
---print((permuted.y:sort():totable())[2], mask:all():item())  --> 1.0  true
---```
---@param data Dataset|table
---@param fraction number in [0, 1]
---@param options? {rng: Generator} the session's generator unless given
---@return Dataset
---@return Tensor mask
function eb.perturb.permute_labels(data, fraction, options) end

---Normal noise σ ξ on the inputs of every example, or of those chosen with probability `fraction`. The data gets `mask` and `x_clean`.
---```lua
---local noisy, mask = eb.perturb.input_noise({x = eb.zeros{1000, 4}}, 0.5, {rng = eb.rng(1), fraction = 0.5})
---assert(math.abs(noisy.x[mask]:std():item() - 0.5) < 0.05 and noisy.x[~mask]:abs():max():item() == 0)
---```
---@param data Dataset|table
---@param sigma number from 0 on
---@param options? {rng: Generator, fraction: number} the session's generator and 1 unless given
---@return Dataset
---@return Tensor mask
function eb.perturb.input_noise(data, sigma, options) end

---The data without some examples. Raises when none would be left.
---```lua
---print(#eb.perturb.drop_examples({x = eb.arange(1, 5)}, {2, 3}), eb.perturb.drop_examples({x = eb.arange(1, 5)}, {2, 3}).x[2]:item())  --> 3  4.0
---```
---@param data Dataset|table
---@param ids integer[]|Tensor numbers of examples, or a bool mask
---@return Dataset
function eb.perturb.drop_examples(data, ids) end

---The data with some examples there so many times; the copies come last. It gets `source`, which example each one is.
---```lua
---local data = eb.perturb.duplicate({x = eb.arange(1, 5)}, {2}, 3)
---print(#data, data.x[7]:item(), data.source[6]:item())  --> 7  2.0  2
---```
---@param data Dataset|table
---@param ids integer[]|Tensor numbers of examples, or a bool mask
---@param times? integer 2 unless given
---@return Dataset
function eb.perturb.duplicate(data, ids, times) end
