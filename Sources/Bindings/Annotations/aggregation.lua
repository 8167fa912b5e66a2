---@meta ebbtide.aggregation

-- How the gradients of the last batches become one.

local eb = require "ebbtide"

---The median of three gradients, coordinate by coordinate: one step for every three batches, at steps 3, 6, … (Zielinski, Krishnan & Chatterjee 2020,
---arXiv 2003.07422). At other steps the gradient is 0, which is no step for `sgd` without momentum. `eb.agg.m3` may stand for `eb.agg.m3()`. State: `last`,
---`before`.
---```lua
---local opt = eb.optim.chain{eb.agg.m3, eb.optim.sgd{lr = 1}}
---local x = eb.zeros{1}
---local state, path = opt:init(x), {}
---for t, g in ipairs{1, 2, 9, 3} do
---  x, state = opt:step(x, eb.tensor{g}, state)
---  path[t] = x:item()
---end
---print(path[1], path[2], path[3], path[4])  --> 0.0 0.0 -2.0 -2.0
---```
---@return Optimizer
function eb.agg.m3() end

---The running median: from step 3 on the median of the last three gradients, coordinate by coordinate; no step before (Zielinski, Krishnan & Chatterjee
---2020, arXiv 2003.07422). Weight decay belongs in front of it, momentum makes it unstable. `eb.agg.rm3` may stand for `eb.agg.rm3()`. State: `last`, `before`.
---```lua
---local opt = eb.optim.chain{eb.agg.rm3, eb.optim.sgd{lr = 1}}
---local x = eb.zeros{1}
---local state, path = opt:init(x), {}
---for t, g in ipairs{1, 2, 9, 3} do
---  x, state = opt:step(x, eb.tensor{g}, state)
---  path[t] = x:item()
---end
---print(path[1], path[2], path[3], path[4])  --> 0.0 0.0 -2.0 -5.0
---```
---@return Optimizer
function eb.agg.rm3() end

---The running average of the last three gradients from step 3 on, the control for `rm3`. `eb.agg.ra3` may stand for `eb.agg.ra3()`. State: `last`,
---`before`.
---```lua
---local opt = eb.optim.chain{eb.agg.ra3, eb.optim.sgd{lr = 1}}
---local x = eb.zeros{1}
---local state, path = opt:init(x), {}
---for t, g in ipairs{1, 2, 9, 3} do
---  x, state = opt:step(x, eb.tensor{g}, state)
---  path[t] = x:item()
---end
---assert(path[2] == 0 and math.abs(path[3] + 4) < 1e-5 and math.abs(path[4] + 26 / 3) < 1e-5)
---```
---@return Optimizer
function eb.agg.ra3() end
