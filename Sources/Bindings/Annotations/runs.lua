---@meta ebbtide.runs

-- Training trajectories.

local eb = require "ebbtide"

---@class RunOptions
---@field params table|Tensor Where it starts: a tree of float32 or float64 tensors.
---@field loss function `loss(p, x, y, ctx)` -> scalar, or scalar and new model state; without data `loss(p, nil, nil, ctx)`. ctx has `t`, `rng` (a fresh stream each step), `train`, `index` (which examples, from 1), `state`, and the other fields of the data.
---@field opt Optimizer
---@field data? table `eb.batches(...)`, or a dataset or `{x, y}` for full batches; absent when the loss takes the parameters alone. Shuffling follows the run's seed.
---@field aggregate? function One of `eb.agg`: how per-example gradients become one; the loss is then applied to batches of one.
---@field seed? integer Names all random streams of the run (default 0).
---@field state? any The model state to start from, such as that of batch norm.
---@field compile? boolean Whether steps run as a plan (default true).

---A training trajectory as a value. Nothing happens until `run:advance(n)`. The step (loss, gradient, update) is compiled and repeated inside the
---engine as long as nothing in Lua is due; a step that can't be compiled runs as it is, which is said once. Raises for options that
---are missing, unknown or of another type.
---```lua
---local X = eb.randn{50, 3, rng = eb.rng(1)}
---local y = X:mm(eb.tensor{{1}, {-2}, {0.5}})
---local run = eb.run{
---  params = {w = eb.zeros{3, 1}}, loss = function(p, x, y) return ((x:mm(p.w) - y) ^ 2):mean() end,
---  data = {X, y}, opt = eb.optim.sgd{lr = 0.1},
---}
---run:advance(200)
---assert(run.t == 200 and run.log.loss:at(200) < 1e-6)
---```
---@param options RunOptions
---@return Run
function eb.run(options) end

---A run, made by `eb.run`. In the examples here f is `loss = x²/2` from x = 1 with step size 0.1, so that x is 0.9^t.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.1}}
---print(run)  --> run: step 0, sgd: lr 0.1, momentum 0.0, weight decay 0.0
---```
---@class Run
local Run = {}

---How many steps were taken.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.1}}
---print(run:advance(3).t)  --> 3
---```
---@type integer
Run.t = nil

---The parameters. Assigning a tree like them is an edit, which replay repeats.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---run:advance(1)
---print(run.params:item())  --> 0.5
---run.params = eb.tensor{8}
---print(run:advance(1).params:item())  --> 4.0
---```
---@type table|Tensor
Run.params = nil

---The model state that the loss returned last, nil if it returns none. Assigning is an edit.
---```lua
---local run = eb.run{params = eb.tensor{1}, state = {n = 0}, opt = eb.optim.sgd{lr = 0.1},
---  loss = function(x, _, _, ctx) return (x ^ 2):sum(), {n = ctx.state.n + 1} end}
---print(run:advance(5).state.n)  --> 5
---```
---@type any
Run.state = nil

---The optimizer's state, as `opt:step` gives it.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.1, momentum = 0.5}}
---print(run:advance(1).opt_state.momentum:item())  --> 1.0
---```
---@type table
Run.opt_state = nil

---The seed of all random streams.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() end, opt = eb.optim.sgd{}, seed = 7}
---print(run.seed)  --> 7
---```
---@type integer
Run.seed = nil

---The examples as a dataset, nil for a loss of the parameters alone. Assigning is an edit: batches go on with the size and shuffling they had.
---```lua
---local run = eb.run{params = eb.tensor{0}, loss = function(p, x) return ((x - p) ^ 2):mean() / 2 end, data = {eb.tensor{1, 3}}, opt = eb.optim.sgd{lr = 1}}
---print(run:advance(1).params:item())  --> 2.0
---run.data = {eb.tensor{5}}
---print(run:advance(1).params:item())  --> 5.0
---```
---@type Dataset
Run.data = nil

---The hyper-parameters as the next step takes them. Assigning a number, a schedule or a function of t is an edit, which replay repeats. In a
---chain, where two members have the same name, that of the optimizer; `run.h["3.weight_decay"]` names any.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.1}}
---run:advance(10)
---run.h.lr = 0.05
---run:advance(10)
---print(run.log.lr:at(10), run.log.lr:at(11), run:replay(0, 20))  --> 0.1  0.05  true
---```
---@type table<string, number>
Run.h = nil

---What was written down: `run.log.loss` and other series by name, `run.log:names()`, `run.log:csv(path)`, `run.log:jsonl(path)`.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.1}}
---print(run:advance(3).log.loss:at(1))  --> 0.5
---```
---@type RunLog
Run.log = nil

---Why the last advance ended by itself: a sentence with step, loss, gradient norm and step size when the loss was no finite number; else nil.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 4):sum() end, opt = eb.optim.sgd{lr = 10}}
---run:advance(100)
---assert(run.stopped:find("diverged: step") and run.stopped:find("gradient norm") and run.t < 100)
---```
---@type string?
Run.stopped = nil

---Whether steps run as a plan.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() end, opt = eb.optim.sgd{}, compile = false}
---print(run.compiled)  --> false
---```
---@type boolean
Run.compiled = nil

---@class AdvanceOptions
---@field until_loss? number Stop after a step whose loss is at most this.
---@field stop? fun(m: table): boolean Stop after a step whose numbers m satisfy this; m has t, loss, the hyper-parameters and what is tracked. Called at every step.

---Takes n steps. Ctrl-C stops between two steps; the run stays valid and goes on when asked. A loss that is no finite number ends it before
---that step, with a line on standard error and in `run.stopped`.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---local _, why = run:advance(1000, {until_loss = 1e-3})
---print(run.t, why)  --> 6  until_loss
---```
---@param n integer
---@param options? AdvanceOptions
---@return Run
---@return string? why "until_loss", "stop" or "diverged" when it ended before
function Run:advance(n, options) end

---`for t, m in run:steps(n)`: the same a step at a time; m has t, loss, the hyper-parameters and what is tracked.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---for t, m in run:steps(1) do print(t, m.loss, m.lr) end  --> 1  0.5  0.5
---```
---@param n integer
---@param options? AdvanceOptions
---@return fun(): integer?, table
function Run:steps(n, options) end

---Has quantities written down before the update of steps 1, 1 + every, 1 + 2 every, …: functions of the run that return a number, a tensor of one
---shape, or a table of them (one series each, `name.key`); diagnostics of `eb.diag`, which know how often; or true for `gnorm` (the norm
---of the gradient), `pnorm` (of the parameters) and `update` (of the step), which cost no Lua. A function costs only when it is due. The names of series that the run writes itself, `loss` and `lr` among them, are refused.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---run:track{gnorm = true, x = {every = 2, function(run) return run.params:item() end}}
---run:advance(5)
---print(run.log.gnorm:at(3), run.log.x:at(3), #run.log.x)  --> 0.25  0.25  3
---```
---@param quantities table<string, function|table|true>
---@param options? {every: integer}
---@return Run
function Run:track(quantities, options) end

---A quantity at the steps that were taken already, as if it had been tracked: the steps are taken again on a copy, and the values have
---the same bits. `run.log` is then what it was before the step. If the quantity fails at a step, nothing is written; the run's own series, such as
---`loss`, are not replaced.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---run:advance(100)
---run:backfill("x", function(run) return run.params:item() end, {every = 50})
---print(#run.log.x, run.log.x:at(1))  --> 2  1.0
---```
---@param name string
---@param quantity function|table
---@param options? {every: integer}
---@return Run
function Run:backfill(name, quantity, options) end

---Another run that goes on by itself from here, with its own log and history; all tensors are shared until a step makes new ones. Options
---give it another optimizer (whose state begins anew), loss, data or seed.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---local other = run:advance(2):fork()
---other:advance(1)
---print(run.t, other.t, other.params:item())  --> 2  3  0.125
---```
---@param options? {opt: Optimizer, loss: function, data: table, seed: integer}
---@return Run
function Run:fork(options) end

---Everything as it was after t steps, hyper-parameters too; what came after is forgotten. Past states come from sparse snapshots (at most 64,
---and 256 MB) and steps that are taken again, bit for bit.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---run:advance(10):rewind(2)
---print(run.t, run.params:item(), #run.log.loss)  --> 2  0.25  2
---```
---@param t integer
---@return Run
function Run:rewind(t) end

---The run as it was after t steps, to be read: `params`, `state`, `h`, `log`, `eval`. Changing it is an error.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(run:advance(10):at(3).params:item(), run.t)  --> 0.125  10
---```
---@param t integer
---@return Run
function Run:at(t) end

---Takes the steps from `first` to `last` again, edits included, and compares the numbers of each, and the states that were kept: true, or the first
---step that differs, which means that the loss depends on something outside the run.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(run:advance(10):replay(0, 10))  --> true
---```
---@param first? integer where the history begins by default
---@param last? integer where the run is by default
---@return true|integer
function Run:replay(first, last) end

---Calls `action(run)` when the run has taken t steps, before the next; a perturbation is such an action. At a step in the past it raises.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---run:at_step(3, function(r) r.h.lr = 0.1 end)
---run:advance(5)
---print(run.log.lr:at(3), run.log.lr:at(4))  --> 0.5  0.1
---```
---@param t integer
---@param action function
---@return Run
function Run:at_step(t, action) end

---Calls `action(run)` after every step whose numbers satisfy `predicate(m)`, or after the first of them with `once = true`. m has t, loss, the
---hyper-parameters, and what is tracked, as known last.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---run:when(function(m) return m.loss < 0.1 end, function(r) r.h.lr = r.h.lr / 2 end, {once = true})
---run:advance(5)
---print(run.h.lr)  --> 0.25
---```
---@param predicate fun(m: table): boolean
---@param action function
---@param options? {once: boolean}
---@return Run
function Run:when(predicate, action, options) end

---Changes the run until the result is closed, on any way out of its scope: `local _ <close> = run:perturb(...)`. The change is a perturbation of
---`eb.perturb`, a function of the run that makes edits, or options of `eb.perturb.weight_noise`. Afterwards everything is as before: parameters,
---step, log, hyper-parameters.
---```lua
---local run = eb.run{params = {w = eb.tensor{1}}, loss = function(p) return (p.w ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---do
---  local _ <close> = run:perturb{"w", sigma = 0.1, seed = 3}
---  assert(run.params.w:item() ~= 1)
---  run:advance(5)
---end
---print(run.params.w:item(), run.t)  --> 1.0  0
---```
---@param change table|function
---@return table scope
function Run:perturb(change) end

---Ends a perturbation of gradients or steps that was applied with `perturbation(run)`.
---```lua
---local run = eb.run{params = {w = eb.tensor{1}}, loss = function(p) return (p.w ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---local frozen = eb.perturb.freeze{"w"}
---frozen(run)
---print(run:advance(1).params.w:item(), run:lift(frozen):advance(1).params.w:item())  --> 1.0  0.5
---```
---@param perturbation Perturbation
---@return Run
function Run:lift(perturbation) end

---The loss of other examples with the parameters of now and `ctx.train = false`, all at once; of the run's own without an argument.
---```lua
---local run = eb.run{params = eb.tensor{0}, loss = function(p, x) return ((x - p) ^ 2):mean() end, data = {eb.tensor{1, 3}}, opt = eb.optim.sgd{}}
---print(run:eval().loss, run:eval{eb.tensor{2}}.loss)  --> 5.0  4.0
---```
---@param data? table as the option `data` of `eb.run`
---@return {loss: number}
function Run:eval(data) end

---The batch of the step to come: `x`, `y`, `index` and the other fields; nil without data.
---```lua
---local run = eb.run{params = eb.tensor{0}, loss = function(p, x) return ((x - p) ^ 2):mean() end, opt = eb.optim.sgd{},
---  data = eb.batches({x = eb.arange(1, 10)}, {size = 4})}
---print(#run:batch().x, run:batch().index[1]:item())  --> 4  1
---```
---@return table?
function Run:batch() end

---Loss and gradient of the step to come: of its batch, with its random numbers.
---```lua
---local run = eb.run{params = eb.tensor{3}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{}}
---local loss, g = run:gradient()
---print(loss:item(), g:item())  --> 4.5  3.0
---```
---@return Tensor loss
---@return table|Tensor gradient
function Run:gradient() end

---Writes the run to a file whose name ends in .ebt, as a whole or, if the program is stopped in the middle, not at all: state, log, snapshots and
---edits. Functions, data and the kind of the optimizer are given anew to `eb.load_run`.
---```lua
---local function loss(x) return (x ^ 2):sum() / 2 end
---local run = eb.run{params = eb.tensor{1}, loss = loss, opt = eb.optim.sgd{lr = 0.5}}
---local path = os.tmpname() .. ".ebt"
---run:advance(3):save(path)
---print(eb.load_run(path, {loss = loss, opt = eb.optim.sgd{lr = 0.5}}):advance(1).params:item())  --> 0.0625
---os.remove(path)
---```
---@param path string
---@return Run
function Run:save(path) end

---The run of a file that `run:save` wrote, which goes on bit for bit, in any process. Loss, optimizer and data are given as for `eb.run`; the
---hyper-parameters are those that were saved, except schedules, which come with the optimizer. Raises when the file holds no run, or the
---optimizer or the data are of another kind or size.
---```lua
---local good, message = pcall(eb.load_run, "no such file.ebt", {})
---assert(message:find("no such file"))
---```
---@param path string
---@param options {loss: function, opt: Optimizer, data?: table, aggregate?: function}
---@return Run
function eb.load_run(path, options) end

---Two runs side by side on the same random numbers, those of a.
---```lua
---local function start(lr) return eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = lr}} end
---local pair = eb.pair(start(0.5), start(0.25))
---print(pair:advance(2):distance())  --> 0.3125
---```
---@param a Run
---@param b Run
---@return Pair
function eb.pair(a, b) end

---Two runs, made by `eb.pair`: fields `a` and `b`.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(eb.pair(run, run:fork()))  --> pair: steps 0 and 0, distance 0
---```
---@class Pair
local Pair = {}

---Takes n steps of both, and writes the distance down every so many (1 unless given). Ends when one of them does.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(#eb.pair(run, run:fork()):advance(10, {every = 5}):series().step)  --> 3
---```
---@param n integer
---@param options? {every: integer}
---@return Pair
function Pair:advance(n, options) end

---‖p_a − p_b‖ now, over all parameters.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(eb.pair(run, run:fork()):advance(10):distance())  --> 0.0
---```
---@return number
function Pair:distance() end

---The distances so far, as tensors `step` and `value`.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(eb.pair(run, run:fork()):advance(2):series().value:sum():item())  --> 0.0
---```
---@return {step: Tensor, value: Tensor}
function Pair:series() end

---The growth rate of the distance a step: the slope of ln ‖p_a − p_b‖ by least squares over the steps from `first` on, where it is not 0 (a finite-time
---Lyapunov exponent); nil with fewer than two such steps.
---```lua
---local run = eb.run{params = {w = eb.tensor{1}}, loss = function(p) return -(p.w ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.1}}
---local other = run:fork()
---other.params = {w = eb.tensor{1.001}}
---assert(math.abs(eb.pair(run, other):advance(20):growth() - math.log(1.1)) < 1e-3)
---```
---@param first? integer
---@return number?
function Pair:growth(first) end

---The log of a run: series by name. Reading one that is not there raises and names those that are.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---local steps = run:advance(3).log.loss.step
---print(#steps)  --> 3
---```
---@class RunLog
local RunLog = {}

---The names of all series.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(table.unpack(run:advance(1).log:names()))  --> loss  lr
---```
---@return string[]
function RunLog:names() end

---Writes all series to a file of comma-separated values: a row for each step that has one, empty cells where there is none, and columns
---`name[1]`, … for tensors.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---local path = os.tmpname()
---run:advance(1).log:csv(path)
---local file = io.open(path)
---print(file:read("l"))  --> step,loss,lr
---print(file:read("l"))  --> 1,0.5,0.5
---file:close()
---os.remove(path)
---```
---@param path string
function RunLog:csv(path) end

---Writes all series to a file with one JSON object a step; what is no finite number is null.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---local path = os.tmpname()
---run:advance(1).log:jsonl(path)
---for line in io.lines(path) do print(line) end  --> {"step":1,"loss":0.5,"lr":0.5}
---os.remove(path)
---```
---@param path string
function RunLog:jsonl(path) end

---Writes all series as scalars to a file of events in a folder, which is made: `tensorboard --logdir folder` shows them.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---local folder = os.tmpname() .. ".d"
---local path = run:advance(3).log:tensorboard(folder)
---assert(path:find("events.out.tfevents"))
---os.remove(path)
---os.remove(folder)
---```
---@param folder string
---@return string path of the file
function RunLog:tensorboard(folder) end

---One quantity along the steps; `#series` counts its values.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(run:advance(3).log.loss)  --> series loss: 3 values, steps 1 to 3, last 0.03125
---```
---@class Series
local Series = {}

---Its name.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(run:advance(1).log.loss.name)  --> loss
---```
---@type string
Series.name = nil

---The steps at which it has a value, int32 [n].
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(run:advance(3).log.loss.step[-1]:item())  --> 3
---```
---@type Tensor
Series.step = nil

---The values, float64 [n], or [n, …] where the quantity is a tensor.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(run:advance(3).log.loss.value[1]:item())  --> 0.5
---```
---@type Tensor
Series.value = nil

---The value at step t: a number, or a tensor; nil where there is none.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(run:advance(3).log.loss:at(2), run.log.loss:at(9))  --> 0.125  nil
---```
---@param t integer
---@return number|Tensor|nil
function Series:at(t) end
