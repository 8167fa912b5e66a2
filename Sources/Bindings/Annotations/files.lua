---@meta ebbtide.io

-- Values in files.

local eb = require "ebbtide"

---Files of tensors and other values. The ending of a path says the format.
---
---`.ebt` is Ebbtide's own: any tree of tensors, numbers, strings, booleans, generators and tables with integer and string keys, bit for
---bit: dtypes and shapes are kept, and integers stay told from floats. A checksum guards its contents. Metatables are not kept: a dataset
---comes back as a plain table, which `eb.data.dataset` takes; tables that hold tensors carry the arithmetic of trees. A table that is
---reached twice is saved twice.
---```lua
---local path = os.tmpname() .. ".ebt"
---eb.io.save(path, {step = 300, p = eb.ones{2, 3}, rng = eb.rng(7)})
---local saved = eb.io.load(path)
---print(saved.step, saved.p.shape[2], eb.tree.equal(saved.rng:randn{3}, eb.rng(7):randn{3}))  --> 300  3  true
---os.remove(path)
---```
---@class io
eb.io = {}

---The value in a file, in the format of its ending. Raises when the file can't be read, is damaged, or holds what has no place here.
---```lua
---local good, message = pcall(eb.io.load, "nowhere.ebt")
---assert(message:find("io.load: can't open 'nowhere.ebt'", 1, true))
---```
---@param path string
---@return any
function eb.io.load(path) end

---Writes a value to a file, in the format of its ending. The file is replaced at once: a reader, or a process after a crash or a kill,
---finds the old contents or the new ones and never a part of them. Raises when the format can't hold the value, naming what in it and
---where, and when the system refuses.
---```lua
---local path = os.tmpname() .. ".ebt"
---eb.io.save(path, {1, 2.5, "three"})
---print(math.type(eb.io.load(path)[1]), eb.io.load(path)[3])  --> integer  three
---os.remove(path)
---```
---@param path string
---@param value any
function eb.io.save(path, value) end
