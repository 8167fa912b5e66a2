---@meta ebbtide.diagnostics_learning

-- Diagnostics of what single examples do, and of the tangent kernel. They take the three forms that `eb.diag` describes. `model` is the network, or a function of
-- parameters and inputs that gives the scores: [n, classes] with labels [n] as the losses take them (or targets [n, classes]), or [n] for two classes by sign. Without it
-- scores are what the loss hands to `eb.loss` as predictions.

local eb = require "ebbtide"

---When each example is learnt (Chatterjee 2020, arXiv 2002.10657), over the steps at which it is measured: {first = the first at which it is
---predicted right, last = that since when it is right without interruption, fraction = the share that is right now}, first and last [n] with 0 for none.
---With a `mask` of the corrupt examples (or a field `mask` of the data) fraction_p and fraction_c are the shares of the pristine and the corrupt ones.
---`correct = function(p, x, y)` gives a bool tensor [n] instead of `model`.
---```lua
---local net = eb.nn.mlp{2, 2}
---local data = {x = eb.tensor{{1, 0}, {0, 1}}, y = eb.tensor({1, 2}, {dtype = "int32"})}
---local run = eb.run{params = {{weight = eb.tensor{{-0.1, 0}, {0, 0.1}}, bias = eb.zeros{2}}}, data = data, opt = eb.optim.sgd{lr = 1},
---  loss = function(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end}
---run:track{learnt = eb.diag.learnt{model = net}}:advance(5)
---local first = run.log["learnt.first"]:at(5)
---print(first[1]:item(), first[2]:item(), run.log["learnt.fraction"]:at(1))  --> 2.0 1.0 0.5
---```
---@param options? DiagnosticOptions|Run|function { model = , mask = , correct = }
---@return any
function eb.diag.learnt(options, ...) end

---Forgetting (Toneva et al. 2019, arXiv 1812.05159), over the steps at which it is measured: {count = how often each example went from right to wrong, [n], mean,
---unforgettable = the share that was learnt and never forgotten, never = the share that was never right}, with `_p` and `_c` behind the last two where
---a mask is known. Options as for `learnt`.
---```lua
---local data = {eb.zeros{2, 1}, eb.tensor({1, 1}, {dtype = "int32"})}
---local function model(p) return eb.tensor{{p:item(), 0}, {1, 0}} end  -- the first is right while p > 0
---local memory, v
---for _, p in ipairs{1, -1, 1, -1} do v, memory = eb.diag.forgetting(function(q) return q end, eb.tensor(p), data, {model = model, state = memory}) end
---print(v.count[1]:item(), v.unforgettable)  --> 2.0 0.5
---```
---@param options? DiagnosticOptions|Run|function { model = , mask = , correct = }
---@return any
function eb.diag.forgetting(options, ...) end

---The margin of each example, its score minus the best of the others, [n]; for two classes y times the score. by: class (means).
---```lua
---local data = {eb.zeros{1, 1}, eb.tensor({1}, {dtype = "int32"})}
---local m = eb.diag.margin(function(w) return w end, eb.tensor(0), data, {model = function() return eb.tensor{{2, 0, 1}} end})
---print(m[1]:item())  --> 1.0
---```
---@param options? DiagnosticOptions|Run|function { model = }
---@return any
function eb.diag.margin(options, ...) end

---EL2N, ‖softmax(scores) − onehot(y)‖ of each example, [n] (Paul, Ganguli & Dziugaite 2021, arXiv 2107.07075). by: class (means).
---```lua
---local data = {eb.zeros{1, 1}, eb.tensor({1}, {dtype = "int32"})}
---local e = eb.diag.el2n(function(w) return w end, eb.tensor(0), data, {model = function() return eb.zeros{1, 2} end})
---print(("%.4f"):format(e[1]:item()))  --> 0.7071
---```
---@param options? DiagnosticOptions|Run|function { model = }
---@return any
function eb.diag.el2n(options, ...) end

---GraNd, ‖gᵢ‖ of each example, [n] (Paul, Ganguli & Dziugaite 2021, arXiv 2107.07075). by: class (means).
---```lua
---local g = eb.diag.grand(function(w, x) return x:mm(w):mean() end, eb.zeros{2}, {eb.tensor{{3, 4}, {0, 1}}})
---print(g[1]:item(), g[2]:item())  --> 5.0 1.0
---```
---@param options? DiagnosticOptions|Run|function
---@return any
function eb.diag.grand(options, ...) end

---TracIn, Σ_t η ⟨gᵢ, g_test⟩ over the measured steps (Pruthi et al. 2020, arXiv 2002.08484): what descending for example i has done for the mean loss of
---the examples `test`, [n]; with `pairs` for each of them, [n, tests]; without `test` for itself, Σ η ‖gᵢ‖². η is the run's lr, or `lr`.
---```lua
---local data, test = {eb.tensor{{1, 0}, {0, 1}}}, {eb.tensor{{2, 3}}}
---local v = eb.diag.tracin(function(w, x) return x:mm(w):mean() end, eb.zeros{2}, data, {test = test, lr = 0.5})
---print(v[1]:item(), v[2]:item())  --> 1.0 1.5
---```
---@param options? DiagnosticOptions|Run|function { test = data, pairs = boolean, lr = number }
---@return any
function eb.diag.tracin(options, ...) end

---Influence −gᵢᵀ (H + λ)⁻¹ g_test (Koh & Liang 2017, arXiv 1703.04730): what a little more weight on example i adds to the mean loss of the examples `test` (its own
---unless given) at the minimum, [n]; with `pairs` for each of them, [n, tests]. λ is `damping`, 0 unless given. By eb.curv's solve; `of = "ggn"` takes
---the Gauss-Newton matrix.
---```lua
---local X, y = eb.tensor{{1, 0}, {0, 2}}, eb.tensor{1, 2}
---local function loss(w, x, t) return ((x:mm(w) - t) ^ 2):mean() / 2 end
---local v = eb.diag.influence(loss, eb.zeros{2}, {X, y}, {test = {eb.tensor{{1, 0}}, eb.tensor{1}}})
---assert(math.abs(v[1]:item() + 2) < 1e-4 and math.abs(v[2]:item()) < 1e-4)  -- H = diag(½, 2), g = (−1, 0), (0, −4)
---```
---@param options? DiagnosticOptions|Run|function { test = data, pairs = boolean, damping = 0, of = "hessian", tol = number }
---@return any
function eb.diag.influence(options, ...) end

---The tangent kernel ⟨∂f(xᵢ), ∂f(xⱼ)⟩ of the model on the examples (Jacot, Gabriel & Hongler 2018, arXiv 1806.07572), summed over its outputs: [n, n], float64;
---with `full` [n c, n c] for c outputs, those of an example side by side. A Gram matrix for each output, or one of n c examples.
---```lua
---local X = eb.tensor{{1, 0}, {1, 1}}
---local K = eb.diag.ntk(function(w, x) return x:mm(w):mean() end, eb.ones{2}, {X}, {model = function(w, x) return x:mm(w) end})
---print(K[1][2]:item(), K[2][2]:item())  --> 1.0 2.0
---```
---@param options? DiagnosticOptions|Run|function { model = , full = boolean }
---@return any
function eb.diag.ntk(options, ...) end

---Kernel-target alignment ⟨K, YYᵀ⟩/(‖K‖ ‖YYᵀ‖) of the tangent kernel and the targets, one-hot for labels (y [n] next to several outputs, or int32 from 1 on; Cristianini et al. 2001); with `centered` both are
---centred first (Cortes, Mohri & Rostamizadeh 2012, arXiv 1203.0550).
---```lua
---local X, y = eb.tensor{{1, 0}, {0, 1}}, eb.tensor({1, 2}, {dtype = "int32"})
---print(eb.diag.kernel_alignment(function(w, x) return x:mm(w):mean() end, eb.ones{2}, {X, y}, {model = function(w, x) return x:mm(w) end}))  --> 1.0
---```
---@param options? DiagnosticOptions|Run|function { model = , centered = boolean }
---@return any
function eb.diag.kernel_alignment(options, ...) end

---The distance 1 − ⟨K_t, K_s⟩/(‖K_t‖ ‖K_s‖) of the tangent kernel from the first one that was measured (Fort et al. 2020, arXiv 2010.15110).
---```lua
---local net = eb.nn.mlp{2, 4, 1, act = "tanh"}
---local data = {eb.randn{6, 2, rng = eb.rng(1)}, eb.randn{6, 1, rng = eb.rng(2)}}
---local run = eb.run{params = net:init{rng = eb.rng(3)}, data = data, loss = function(p, x, y) return eb.loss.mse(net(p, x), y) end, opt = eb.optim.sgd{lr = 0.1}}
---run:track{moved = eb.diag.kernel_distance{model = net}}:advance(10)
---assert(run.log.moved:at(1) == 0 and run.log.moved:at(10) > 0)
---```
---@param options? DiagnosticOptions|Run|function { model = }
---@return any
function eb.diag.kernel_distance(options, ...) end

---Kernel velocity: the distance 1 − ⟨K_t, K_s⟩/(‖K_t‖ ‖K_s‖) of the tangent kernels at the step measured before and now, per step (Fort et al. 2020,
---arXiv 2010.15110); NaN at the first.
---```lua
---local net = eb.nn.mlp{2, 4, 1, act = "tanh"}
---local data = {eb.randn{6, 2, rng = eb.rng(1)}, eb.randn{6, 1, rng = eb.rng(2)}}
---local run = eb.run{params = net:init{rng = eb.rng(3)}, data = data, loss = function(p, x, y) return eb.loss.mse(net(p, x), y) end, opt = eb.optim.sgd{lr = 0.1}}
---run:track{speed = eb.diag.kernel_velocity{model = net, every = 5}}:advance(10)
---assert(run.log.speed:at(6) > 0)
---```
---@param options? DiagnosticOptions|Run|function { model = }
---@return any
function eb.diag.kernel_velocity(options, ...) end
