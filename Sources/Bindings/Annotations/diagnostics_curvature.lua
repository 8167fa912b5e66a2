---@meta ebbtide.diagnostics_curvature

-- Diagnostics of curvature along a run. They take the three forms that `eb.diag` describes; the operators behind them are those of `eb.curv`.

local eb = require "ebbtide"

---What those that look for eigenvalues take beside the common options.
---@class SpectrumOptions: DiagnosticOptions
---@field k? integer how many, 1 unless given
---@field of? "hessian"|"ggn"|"fisher"|"empirical_fisher" "hessian" unless given
---@field tol? number largest ‖Hv − λv‖ relative to the largest |λ|; unless given 1e-4, which leaves most eigenvalues far better, and 1e-6 where the vectors count
---@field seed? integer of the first vectors, 0

---The largest eigenvalue of the Hessian (of the k largest a tensor, descending), or with `norm = true` the norm ‖∇²L‖, the largest |λ| (of the k largest |λ| a tensor), which is never
---negative (Cohen et al. 2021, arXiv 2103.00065). By eb.curv's eigs; in a run from the vectors of the step before, some Hessian products a step. by: layer,
---parameter, of the block on the diagonal; so for eigs, trace and spectral_density.
---```lua
---local function loss(w) return (eb.tensor{4, 1} * w ^ 2):sum() / 2 end
---print(eb.diag.sharpness(loss, eb.tensor{1, 1}))  --> 4.0
---print(eb.diag.sharpness(function(w) return (eb.tensor{1, -4} * w ^ 2):sum() / 2 end, eb.ones{2}, nil, {norm = true}))  --> 4.0
---local run = eb.run{params = {w = eb.tensor{1, 1}}, loss = function(p) return loss(p.w) end, opt = eb.optim.sgd{lr = 0.1}}
---run:track{sharpness = eb.diag.sharpness{every = 2}}:advance(4)
---print(run.log.sharpness:at(3))  --> 4.0
---```
---@param options? SpectrumOptions|Run|function { norm = boolean }
---@return any
function eb.diag.sharpness(options, ...) end

---The k largest eigenvalues, or with which = "smallest" the smallest, with "both" k from each end: a tensor, descending.
---```lua
---local function loss(w) return (eb.tensor{4, 1, -2} * w ^ 2):sum() / 2 end
---local v = eb.diag.eigs(loss, eb.ones{3}, nil, {which = "both"})
---print(v[1]:item(), v[2]:item())  --> 4.0 -2.0
---```
---@param options? SpectrumOptions|Run|function { which = "largest" }
---@return any
function eb.diag.eigs(options, ...) end

---The trace of the Hessian by Hutchinson's estimate with `probes` random vectors (8 unless given), the same ones at every step; `method` and its
---standard error are those of `eb.curv`'s trace. Exact for a diagonal Hessian.
---```lua
---print(eb.diag.trace(function(w) return (eb.tensor{4, 1} * w ^ 2):sum() / 2 end, eb.ones{2}))  --> 5.0
---```
---@param options? DiagnosticOptions|Run|function { probes = 8, seed = 0, of = "hessian", method = string }
---@return any
function eb.diag.trace(options, ...) end

---The density of the spectrum by stochastic Lanczos quadrature (Ghorbani, Krishnan & Xiao 2019, arXiv 1901.10159) with `steps` Lanczos steps (32) for each
---of `probes` vectors (4): {grid, value, stderr} on `grid` points (512) around the spectrum. Give a tensor as
---`grid` to compare steps of a run.
---```lua
---local d = eb.diag.spectral_density(function(w) return (eb.tensor{4, 1} * w ^ 2):sum() / 2 end, eb.ones{2})
---assert(#d.grid == #d.value)
---```
---@param options? DiagnosticOptions|Run|function { steps = 32, probes = 4, grid = 512, sigma = number, seed = 0, of = "hessian" }
---@return any
function eb.diag.spectral_density(options, ...) end

---How much of the gradient lies in the top k-dimensional eigenspace, ‖P_k g‖²/‖g‖² (Gur-Ari, Roberts & Dyer 2018, arXiv 1812.04754).
---```lua
---local function loss(w) return (eb.tensor{4, 1} * w ^ 2):sum() / 2 end
---print(("%.4f"):format(eb.diag.alignment(loss, eb.ones{2})))  --> 0.9412
---```
---@param options? SpectrumOptions|Run|function
---@return any
function eb.diag.alignment(options, ...) end

---|cos(g, u₁)| of the gradient and the top eigenvector, whose sign says nothing.
---```lua
---local function loss(w) return (eb.tensor{4, 1} * w ^ 2):sum() / 2 end
---print(("%.4f"):format(eb.diag.top_cosine(loss, eb.ones{2})))  --> 0.9701
---```
---@param options? SpectrumOptions|Run|function
---@return any
function eb.diag.top_cosine(options, ...) end

---The overlap ‖UᵀV‖²/k of the top k-dimensional eigenspaces at the step measured before and now (Gur-Ari, Roberts & Dyer 2018, arXiv 1812.04754): 1 for the
---same space, NaN at the first. with = "first" compares with the first step that was measured.
---```lua
---local run = eb.run{params = {w = eb.tensor{1, 1}}, loss = function(p) return (eb.tensor{4, 1} * p.w ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.1}}
---print(("%.3f"):format(run:track{o = eb.diag.subspace_overlap}:advance(2).log.o:at(2)))  --> 1.000
---```
---@param options? SpectrumOptions|Run|function { with = "previous"|"first" }
---@return any
function eb.diag.subspace_overlap(options, ...) end

---The progressive-sharpening force ⟨∇S, −∇L⟩, S = uᵀHu with the top eigenvector u: the growth rate of the sharpness under gradient flow (Damian, Nichani &
---Lee 2023, arXiv 2209.15594). Third derivatives, about four gradients beside the eigenvector.
---```lua
----- S = 3 w², ∇L = w³: −6 w · w³.
---print(eb.diag.sharpening_force(function(w) return (w ^ 4):sum() / 4 end, eb.tensor{2}))  --> -96.0
---```
---@param options? DiagnosticOptions|Run|function { tol = 1e-6, seed = 0 }
---@return any
function eb.diag.sharpening_force(options, ...) end
