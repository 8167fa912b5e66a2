---@meta ebbtide.schedules

-- Hyper-parameters that change with the step.

local eb = require "ebbtide"

---Schedules: values for a hyper-parameter that depend on the step t. They can be called, `schedule(t)`. The first step has t = 1 and gets the value that a
---schedule begins with; after its last step a schedule stays where it ended. A Lua function of t does as well. Each raises for arguments that are not numbers
---or too small. A run gives its plan the numbers; in a function of one's own under `eb.compile` a schedule that looks at t (all but `exponential` and
---`step`) makes a plan for each step.
---```lua
---local opt = eb.optim.adam{lr = eb.schedule.cosine(1e-3, 5000), beta1 = function(t) return t < 10 and 0.5 or 0.9 end}
---print(opt.lr(1), opt.lr)  --> 0.001 cosine 0.001 to 0 in 5000
---```
---@class schedule
eb.schedule = {}

---The same value at every step.
---```lua
---print(eb.schedule.constant(0.5)(7))  --> 0.5
---```
---@param value number
---@return fun(t: integer): number
function eb.schedule.constant(value) end

---from + (to − from) (t − 1)/steps, and `to` after these steps.
---```lua
---local s = eb.schedule.linear(1, 0, 4)
---print(s(1), s(2), s(5), s(9))  --> 1.0 0.75 0.0 0.0
---```
---@param from number
---@param to number
---@param steps number from 1 on
---@return fun(t: integer): number
function eb.schedule.linear(from, to, steps) end

---to + (from − to)(1 + cos(π (t − 1)/steps))/2, and `to` after these steps (Loshchilov & Hutter 2017, arXiv 1608.03983, without restarts).
---```lua
---local s = eb.schedule.cosine(1, 4)
---assert(s(1) == 1 and math.abs(s(3) - 0.5) < 1e-15 and s(5) == 0 and s(100) == 0)
---```
---@param from number
---@param steps number from 1 on
---@param to? number default 0
---@return fun(t: integer): number
function eb.schedule.cosine(from, steps, to) end

---from × factor^((t − 1)/steps).
---```lua
---local s = eb.schedule.exponential(1, 0.5, 2)
---print(s(1), s(3), s(5))  --> 1.0 0.5 0.25
---```
---@param from number
---@param factor number from 0 on
---@param steps? number default 1
---@return fun(t: integer): number
function eb.schedule.exponential(from, factor, steps) end

---from × factor^⌊(t − 1)/steps⌋: times the factor every so many steps.
---```lua
---local s = eb.schedule.step(1, 0.5, 10)
---print(s(1), s(10), s(11), s(21))  --> 1.0 1.0 0.5 0.25
---```
---@param from number
---@param factor number from 0 on
---@param steps number from 1 on
---@return fun(t: integer): number
function eb.schedule.step(from, factor, steps) end

---t/steps times the first value of what follows, a number or schedule, which begins at step `steps`.
---```lua
---local s = eb.schedule.warmup(4, eb.schedule.step(1, 0.5, 2))
---print(s(1), s(2), s(4), s(5), s(6))  --> 0.25 0.5 1.0 1.0 0.5
---```
---@param steps number from 1 on
---@param following number|fun(t: integer): number
---@return fun(t: integer): number
function eb.schedule.warmup(steps, following) end

---Up and down once by halves of a cosine, with the numbers of PyTorch (Smith & Topin 2019, arXiv 1708.07120): from `start` up to `most` in the share `warmup`
---of the steps, then down to `final` at step `steps`.
---```lua
---local s = eb.schedule.one_cycle(1, 100)
---assert(s(1) == 0.04 and math.abs(s(30) - 1) < 1e-12 and math.abs(s(100) - 4e-6) < 1e-12)
---```
---@param most number
---@param steps number from 2 on
---@param options? { warmup?: number, start?: number, final?: number } default 0.3, most/25, start/10⁴
---@return fun(t: integer): number
function eb.schedule.one_cycle(most, steps, options) end

---One value from each of these steps on, numbers or schedules of t; before the first step named, its value too.
---```lua
---local s = eb.schedule.piecewise{{1, 0.5}, {100, 0.25}}
---print(s(1), s(99), s(100))  --> 0.5 0.5 0.25
---```
---@param pieces table[] {first step, value}, steps ascending
---@return fun(t: integer): number
function eb.schedule.piecewise(pieces) end
