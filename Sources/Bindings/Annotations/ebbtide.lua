---@meta ebbtide

---Gradient dynamics in Lua: tensors, transforms of functions, models, optimizers and the diagnostics of a training run.
---@class ebbtide
local eb = {}

return eb
