---@meta ebbtide.io

-- Values in files.

local eb = require "ebbtide"

---Files of tensors and other values. The ending of a path says the format:
---
---`.ebt` is Ebbtide's own: any tree of tensors, numbers, strings, booleans, generators and tables with integer and string keys, bit for
---bit: dtypes and shapes are kept, and integers stay told from floats. A checksum guards its contents. Metatables are not kept: a dataset
---comes back as a plain table, which `eb.data.dataset` takes. A table that is reached twice is saved twice.
---
---`.npy` is one array of NumPy, `.npz` a table of names and arrays, `.safetensors` likewise, with texts beside them. Elements come as
---float32 (16 bits wide ones too), float64, bool and int32; an integer beyond int32 is an error.
---
---`.csv` is a table of columns by name, vectors or sequences of strings, or a matrix without names: `eb.data.csv` says more.
---
---`.json` is any value of RFC 8259, `.jsonl` a sequence of them, one a line. Tables with the keys 1 to n are arrays (also empty ones),
---those with strings objects, tensors arrays within arrays; arrays come back as tables, which `eb.tensor` takes. Integers stay told from
---floats. null is nil: an entry that is not there.
---
---Tables that hold tensors come back with the arithmetic of trees.
---```lua
---local path = os.tmpname() .. ".ebt"
---eb.io.save(path, {step = 300, p = eb.ones{2, 3}, rng = eb.rng(7)})
---local saved = eb.io.load(path)
---print(saved.step, saved.p.shape[2], eb.tree.equal(saved.rng:randn{3}, eb.rng(7):randn{3}))  --> 300  3  true
---os.remove(path)
---```
---@class io
eb.io = {}

---The value in a file, in the format of its ending: .npy .npz .safetensors .csv .json .jsonl .ebt. Raises when the file can't be read,
---is damaged, or holds what has no place here.
---```lua
---local path = os.tmpname() .. ".npz"
---eb.io.save(path, {w = eb.eye(2), b = eb.zeros{2}})
---print(eb.linalg.trace(eb.io.load(path).w):item())  --> 2.0
---os.remove(path)
---local good, message = pcall(eb.io.load, "nowhere.ebt")
---assert(message:find("io.load: can't open 'nowhere.ebt'", 1, true))
---```
---@param path string
---@return any value
---@return table<string, string>? metadata of .safetensors, if there is some
function eb.io.load(path) end

---@class SaveOptions
---@field metadata? table<string, string> .safetensors: texts beside the tensors.
---@field separator? string .csv: one character between fields (default ",").
---@field columns? string[] .csv: the columns to write, in order; by default all, in the order of their names.
---@field nonfinite? string .json, .jsonl: what stands for NaN and the infinities, which JSON does not have: "error" (default) or "null".

---Writes a value to a file, in the format of its ending: .npy .npz .safetensors .csv .json .jsonl .ebt. The file is replaced at once: a
---reader, or a process after a crash or a kill, finds the old contents or the new ones and never a part of them. Raises when the format
---can't hold the value, naming what in it and where, and when the system refuses.
---```lua
---local path = os.tmpname() .. ".json"
---eb.io.save(path, {lr = 0.1, sizes = {784, 10}, loss = eb.tensor{2, 1}})
---print(io.open(path):read())  --> {"loss":[2.0,1.0],"lr":0.1,"sizes":[784,10]}
---os.remove(path)
---```
---@param path string
---@param value any
---@param options? SaveOptions
function eb.io.save(path, value, options) end

---A new file of events for TensorBoard in a folder, which is made if it is not there; `tensorboard --logdir` of the folder, or of one
---above it, shows it while it is written.
---```lua
---local dir = os.tmpname() .. ".d"
---local w <close> = eb.io.tensorboard(dir)
---for t = 1, 3 do w:scalar("loss", 1 / t, t) end
---w:histogram("weights", eb.randn{100}, 3)
---assert(w.path:find("events.out.tfevents", 1, true))
---os.remove(w.path)
---os.remove(dir)
---```
---@param dir string
---@return EventFile
function eb.io.tensorboard(dir) end

---A file of events for TensorBoard. What is added is in the file at once. It is closed by `close`, at the end of the scope of a `<close>`
---variable, and by the collector.
---```lua
---local dir = os.tmpname() .. ".d"
---local w <close> = eb.io.tensorboard(dir)
---print(tostring(w):sub(1, 10))  --> event file
---os.remove(w.path)
---os.remove(dir)
---```
---@class EventFile
---@field path string The path of the file.
local EventFile = {}

---Adds a number, or a tensor of one element, under a tag and a step. TensorBoard keeps it in float32.
---```lua
---local dir = os.tmpname() .. ".d"
---local w <close> = eb.io.tensorboard(dir)
---w:scalar("train/loss", eb.tensor(0.5), 1)
---os.remove(w.path)
---os.remove(dir)
---```
---@param tag string
---@param value number|Tensor
---@param step integer
function EventFile:scalar(tag, value, step) end

---Adds how often the elements of a tensor, or of all tensors of a tree, lie in 30 equal parts of their range. Those that are not finite are
---left out.
---```lua
---local dir = os.tmpname() .. ".d"
---local w <close> = eb.io.tensorboard(dir)
---w:histogram("gradients", {eb.randn{3, 4}, eb.randn{4}}, 1)
---os.remove(w.path)
---os.remove(dir)
---```
---@param tag string
---@param values Tensor|table
---@param step integer
function EventFile:histogram(tag, values, step) end

---Closes the file; a second time does nothing. What is added afterwards is an error.
---```lua
---local dir = os.tmpname() .. ".d"
---local w = eb.io.tensorboard(dir)
---w:close()
---assert(not pcall(w.scalar, w, "loss", 1, 1))
---os.remove(w.path)
---os.remove(dir)
---```
function EventFile:close() end

---The path of the file.
---```lua
---local dir = os.tmpname() .. ".d"
---local w <close> = eb.io.tensorboard(dir)
---assert(w.path:sub(1, #dir) == dir)
---os.remove(w.path)
---os.remove(dir)
---```
EventFile.path = nil
