---@meta ebbtide

---Gradient dynamics in Lua: tensors, transforms of functions, models, optimizers and the diagnostics of a training run. Indices, dimensions
---and class labels count from 1, ranges have both ends, negative indices count from the end, options are one trailing table.
---```lua
---local eb = require "ebbtide"
---print(eb.grad(function(x) return x * x end)(eb.tensor(3)):item())  --> 6.0
---```
---@class ebbtide
local eb = {}

return eb
