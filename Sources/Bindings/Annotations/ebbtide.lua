---@meta ebbtide

---Gradient dynamics in Lua: tensors, transforms of functions, models, optimizers and the diagnostics of a training run. Indices, dimensions
---and class labels count from 1, ranges have both ends, negative indices count from the end, options are one trailing table.
---```lua
---local eb = require "ebbtide"
---print(eb.grad(function(x) return x * x end)(eb.tensor(3)):item())  --> 6.0
---```
---@class ebbtide
local eb = {}

---Shows the source of a demonstration and runs it: "edge" trains a network to the edge of stability, within seconds. Without a name it says which
---there are. Answers what the demonstration returns, such as its run. `ebbtide demo edge` does the same from the shell.
---```lua
---local _, message = pcall(eb.demo, "egde")
---print(message:match "did you mean 'edge'")  --> did you mean 'edge'
---```
---@param name? string
---@return any
function eb.demo(name) end

return eb
