---@meta ebbtide.diagnostics_weights

-- Diagnostics of weights, of the path they take, and of series. Beside the three forms that `eb.diag` describes, those of weights take a matrix, where it
-- makes sense a vector of singular values, or a tree: name(W[, options]). Of trees and runs they give a table of values by the path of each matrix; a
-- kernel of a convolution counts as [out, rest]. `of = function(p) ... end` names another matrix or tree, such as the product of all layers.

local eb = require "ebbtide"

---The singular values, descending, float64; with `k` the largest k.
---```lua
---local s = eb.diag.singular_values({w = eb.tensor{{3, 0}, {0, 4}}, b = eb.ones{2}}, {k = 1})
---print(s.w[1]:item())  --> 4.0
---local model = eb.models.deep_linear{2, 2, 2}
---local p = {eb.tensor{{2, 0}, {0, 1}}, eb.tensor{{3, 0}, {0, 1}}}
---print(eb.diag.singular_values(p, {of = function(q) return model:effective(q) end})[1]:item())  --> 6.0
---```
---@param weights table|Tensor|Run|function { k = integer, of = function }
---@return any
function eb.diag.singular_values(weights, ...) end

---The effective rank exp(−Σ pᵢ ln pᵢ), pᵢ = sᵢ/Σs (Roy & Vetterli 2007); 0 for a matrix of zeros.
---```lua
---print(eb.diag.effective_rank(eb.tensor{1, 1, 1, 1}))  --> 4.0
---print(("%.7f"):format(eb.diag.effective_rank(eb.tensor{4, 2, 1, 1})))  --> 3.3635857
---```
---@param weights table|Tensor|Run|function { of = function }
---@return any
function eb.diag.effective_rank(weights, ...) end

---The stable rank ‖W‖_F²/‖W‖₂² (Rudelson & Vershynin 2007, arXiv math/0503442); 0 for a matrix of zeros.
---```lua
---print(eb.diag.stable_rank(eb.tensor{{3, 0}, {0, 4}}))  --> 1.5625
---```
---@param weights table|Tensor|Run|function { of = function }
---@return any
function eb.diag.stable_rank(weights, ...) end

---The nuclear norm Σ sᵢ.
---```lua
---print(eb.diag.nuclear_norm(eb.tensor{{3, 0}, {0, 4}}))  --> 7.0
---```
---@param weights table|Tensor|Run|function { of = function }
---@return any
function eb.diag.nuclear_norm(weights, ...) end

---How many singular values are above `tol` (1e-3 unless given) times the largest.
---```lua
---print(eb.diag.numerical_rank(eb.tensor{10, 1, 1e-5}))  --> 2.0
---```
---@param weights table|Tensor|Run|function { tol = 1e-3, of = function }
---@return any
function eb.diag.numerical_rank(weights, ...) end

---Σ sᵢ^p, the Schatten quasi-norm of deep matrix factorization with p = 2/depth (Arora et al. 2019, arXiv 1905.13655); p is 2/3 unless given.
---```lua
---print(eb.diag.schatten(eb.tensor{{1, 0}, {0, 8}}))  --> 5.0
---```
---@param weights table|Tensor|Run|function { p = 2/3, of = function }
---@return any
function eb.diag.schatten(weights, ...) end

---How far neighbouring layers are from balanced, by the path of the first: ‖W₁ᵀW₁ − W₂W₂ᵀ‖_F for x W₁ W₂, which gradient flow keeps in linear networks
---(Arora, Cohen & Hazan 2018, arXiv 1802.06509), or ‖W₁W₁ᵀ − W₂ᵀW₂‖_F for W₂ W₁ x. Which of the two it is, order = "rows" or "columns", follows from the
---shapes; square matrices count as rows unless it is given.
---```lua
---print(eb.diag.balancedness{eb.tensor{{2, 0}, {0, 1}}, eb.tensor{{2, 0}, {0, 3}}}[1])  --> 8.0
---```
---@param weights table|Run|function { order = "rows"|"columns", of = function }
---@return any
function eb.diag.balancedness(weights, ...) end

---How far the top k singular spaces of neighbours agree, ‖UᵀV‖²/k for the output vectors V of a layer and the input vectors U of the next (Ji &
---Telgarsky 2019, arXiv 1810.02032: 1 at the end in linear networks); by the path of the first. `order` as for `balancedness`.
---```lua
---print(eb.diag.layer_alignment{eb.tensor{{2, 0}, {0, 1}}, eb.tensor{{5, 0}, {0, 3}}}[1])  --> 1.0
---```
---@param weights table|Run|function { k = 1, order = "rows"|"columns", of = function }
---@return any
function eb.diag.layer_alignment(weights, ...) end

---The length ‖θ' − θ‖ of the step to come, with `relative` divided by ‖θ‖; in a run the step of its optimizer, which is looked ahead at, without one −lr g. In a
---run `track{update = true}` has it for nothing. by: layer, parameter.
---```lua
---print(eb.diag.update_size(function(w) return (w ^ 2):sum() / 2 end, eb.tensor{3, 4}, nil, {lr = 0.1}))  --> 0.5
---```
---@param options? DiagnosticOptions|Run|function { relative = boolean, lr = number }
---@return any
function eb.diag.update_size(options, ...) end

---‖θ − θ₀‖_p with θ₀ where the run's history begins, or `from`; p is 2 unless given; with `relative` divided by ‖θ₀‖_p. by: layer, parameter.
---```lua
---print(eb.diag.distance(function(w) return w:sum() end, eb.tensor{3, 4}, nil, {from = eb.zeros{2}}))  --> 5.0
---```
---@param options? DiagnosticOptions|Run|function { from = tree, p = 2, relative = boolean }
---@return any
function eb.diag.distance(options, ...) end

---The length Σ ‖θ_t − θ_s‖ of the path through the measured points; with every = 1 that of all steps before this one. by: layer, parameter.
---```lua
---local run = eb.run{params = {w = eb.tensor{1}}, loss = function(p) return (p.w ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 1.5}}
---print(run:track{length = eb.diag.path_length}:advance(3).log.length:at(3))  --> 2.25
---```
---@param options? DiagnosticOptions|Run|function
---@return any
function eb.diag.path_length(options, ...) end

---The cosine of the last two moves between measured points; NaN while there are fewer. At the edge of stability it is near −1. by: layer, parameter.
---```lua
---local run = eb.run{params = {w = eb.tensor{1}}, loss = function(p) return (p.w ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 1.5}}
---print(run:track{c = eb.diag.step_cosine}:advance(3).log.c:at(3))  --> -1.0
---```
---@param options? DiagnosticOptions|Run|function
---@return any
function eb.diag.step_cosine(options, ...) end

---Principal components of the measured points so far: {explained = the shares of the first k components in the variance, coordinates = where the point
---is along them}, tensors [k]; k is 2 unless given. Keeps a vector of all parameters for each measured point.
---```lua
---local run = eb.run{params = {w = eb.tensor{1, 2}}, loss = function(p) return (p.w ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.5}}
---print(("%.4f"):format(run:track{pca = eb.diag.trajectory_pca}:advance(5).log["pca.explained"]:at(5)[1]:item()))  --> 1.0000
---```
---@param options? DiagnosticOptions|Run|function { k = 2 }
---@return any
function eb.diag.trajectory_pca(options, ...) end

---Plateaus and stages of a loss: plateau_stages(series[, options]) of a series of a log, {step =, value =}, a vector or numbers; of a run its series so far
---("loss" unless `series` names another).
---
---{stages = how many times it falls, drops = the steps at which it falls fastest, plateaus = {{first, last, at = where it is flattest, value = the loss
---there}, …}}. A stage is a maximum of −dL/dt, perhaps at an end of the series, beside which the speed sinks below `prominence` (0.8) times it, over which the loss falls by at least
---`drop` (1e-3) of its range. A plateau is the longest stretch between two of them, before the first or after the last, where −d ln L/dt is below `fraction`
---(0.1) of its largest value in the stage before. `window` values (1) are averaged first, for losses with noise.
---```lua
----- Two modes of a matrix factorization, s = 2 and 1, that grow from 1e-6: u = s / (1 + (s/u₀ − 1) e^(−2st)).
---local t = eb.linspace(0, 15, 300)
---local function rest(s) return (s - s / (1 + (s * 1e6 - 1) * (-2 * s * t):exp())) ^ 2 / 2 end
---local found = eb.diag.plateau_stages{step = t, value = rest(2) + rest(1)}
---print(found.stages, ("%.1f %.1f"):format(found.plateaus[1].value, found.plateaus[2].value))  --> 2 2.5 0.5
---```
---@param series Series|table|Tensor|Run
---@param options? { fraction: number, prominence: number, drop: number, window: integer, series: string }
---@return { stages: integer, drops: number[], plateaus: table[] }
function eb.diag.plateau_stages(series, options) end
