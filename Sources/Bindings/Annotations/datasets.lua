---@meta ebbtide.data

-- Data sets that are read from files or made by formulas.

local eb = require "ebbtide"

---@class MnistOptions
---@field dir? string The folder with the four files, or one that holds `mnist/` (`fashion_mnist/`); by default those of the variable EBBTIDE_DATA, then the cache of downloads, `ebbtide` in XDG_CACHE_HOME or ~/.cache.
---@field flatten? boolean Whether x is [n, 784] instead of [n, 28, 28] (default true).
---@field limit? integer The most examples of each set, from its beginning; all by default.
---@field download? boolean Whether files that are missing or damaged are fetched with the program curl (default false).
---@field url? string The address of a folder with the files, in place of the known ones.
---@field sha256? table<string, string> Digests of other files of the same form, by file name.

---MNIST, 60000 and 10000 images as in `mnist_sample`, from the four files of its authors, plain or packed with gzip. Raises when they
---are not found, naming the places where it looked, and when one is damaged or does not belong to the others.
---
---With `download` missing and damaged files are fetched first, into `dir`, where the set was found, or the first folder of the search
---(`mnist/` in it). A file gets its name only when all of it has come and its digest is right (MD5 as known for the set, or the one given
---as sha256); otherwise an error says what every address answered, and nothing is left.
---```lua
---local good, message = pcall(eb.data.mnist, {dir = "no/such/folder"})
---assert(message:find("train%-images%-idx3%-ubyte.gz not found"))
---```
---@param options? MnistOptions
---@return Dataset train
---@return Dataset test
function eb.data.mnist(options) end

---Fashion-MNIST (Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747): pictures of clothing in the form of MNIST, with the same options. It is
---looked for in `fashion_mnist/` or `fashion-mnist/`, since its files have the names of MNIST's.
---```lua
---local good, message = pcall(eb.data.fashion_mnist, {dir = "no/such/folder"})
---assert(message:find("data.fashion_mnist: train-images-idx3-ubyte.gz not found", 1, true))
---```
---@param options? MnistOptions
---@return Dataset train
---@return Dataset test
function eb.data.fashion_mnist(options) end

---@class CifarOptions
---@field dir? string The folder with the files, or one that holds `cifar10/` or `cifar-10-batches-bin/`; by default as for `mnist`.
---@field flatten? boolean Whether x is [n, 3072] instead of [n, 3, 32, 32] (default false: pictures stay pictures).
---@field limit? integer The most examples of each set, from its beginning; all by default.

---CIFAR-10 (Krizhevsky 2009) in its binary form: `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, or one file a set whose
---names begin with train and test, such as train5k.bin.gz; plain or packed with gzip. x is float32 [n, 3, 32, 32] in [0, 1] (red, green,
---blue), y int32 [n], the label plus 1, classes 10. Raises when the files are not found or damaged.
---```lua
---local dir = os.tmpname()
---os.remove(dir)
---os.execute("mkdir " .. dir)
---for _, name in ipairs {"train.bin", "test.bin"} do
---  local file = io.open(dir .. "/" .. name, "wb")
---  file:write("\3", ("\255"):rep(1024), ("\0"):rep(2048))  -- one red picture of class 4
---  file:close()
---end
---local train, test = eb.data.cifar10{dir = dir}
---print(train.y[1]:item(), train.x[{1, 1}]:mean():item(), train.x[{1, 3}]:mean():item())  --> 4  1.0  0.0
---os.execute("rm -r " .. dir)
---```
---@param options? CifarOptions
---@return Dataset train
---@return Dataset test
function eb.data.cifar10(options) end

---@class SyntheticOptions
---@field kind string "regression", "classification", "teacher", "spirals", "chebyshev" or "low_rank".
---@field n? integer Examples (default 100; chebyshev 20; low_rank all entries).
---@field dtype? string "float32" or "float64" (the default float type).
---@field rng? Generator The session's unless given.
---@field noise? number Standard deviation of normal noise: on y, for classification (default 1) and spirals on x; 0 for the others.
---@field d? integer Inputs: regression, teacher (default 10), classification (2).
---@field outputs? integer Targets an example: regression (y is [n] without it), teacher (1).
---@field sparsity? integer regression: how many entries of each column of w are not zero.
---@field whitened? boolean regression: whether x:t():mm(x) / n is the identity (default false).
---@field classes? integer classification, spirals: as many examples of each as possible (default 2).
---@field separation? number classification: distance of the centers from the origin (default 3).
---@field hidden? integer teacher: its hidden units (default 4).
---@field act? string teacher: its activation (default "relu").
---@field turns? number spirals: from the middle to the rim (default 1.5).
---@field degree? integer chebyshev (default 3).
---@field rows? integer low_rank (default 20).
---@field columns? integer low_rank (default: rows).
---@field rank? integer low_rank (default 2).

---Data made by a formula, as a dataset with the truth behind it in further fields. ε is normal noise.
---
---- regression: y = x w + ε with normal x [n, d]; `w` [d] (or [d, outputs]) is normal / √d, or with `sparsity` k has k entries 1/√k.
---- classification: x = center + ε, labels y in random order; `centers` [classes, d] in random directions.
---- teacher: y [n, outputs] = teacher(x) + ε, a net of one hidden layer without biases; `teacher` are its parameters, `network` the net.
---- spirals: points at radius r (r² uniform in [0, 1]) and angle 2π (turns r + (y − 1) / classes); x is [n, 2].
---- chebyshev: x [n, 1] at equal distances in [−1, 1], y = T_degree(x) + ε (Cohen et al. 2021, arXiv 2103.00065).
---- low_rank: entries of a random `matrix` [rows, columns] of that `rank`, mean square 1; x int32 [n, 2] has rows and columns, y the values.
---```lua
---local data = eb.data.synthetic{kind = "regression", n = 50, d = 30, sparsity = 3, rng = eb.rng(1)}
---print(data, data.w:ne(0):sum():item())  --> dataset: 50 examples of [30]  3
---local toy = eb.data.synthetic{kind = "chebyshev", degree = 2}
---print(toy.y[{1, 1}]:item(), #toy)  --> 1.0  20
---```
---@param options SyntheticOptions
---@return Dataset
function eb.data.synthetic(options) end
