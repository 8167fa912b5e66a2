---@meta ebbtide.diagnostics

-- What is seen in a run, from the gradients of its examples. Curvature, weights and learning have files of their own.

local eb = require "ebbtide"

---Diagnostics: each is used in three ways, which give the same numbers.
---
---`eb.diag.name{options}` is what `run:track` and `run:backfill` take; `every` in the options says how often. `eb.diag.name(run[, options])` is
---the value now, before the update of the step to come. `eb.diag.name(loss, params, data[, options])` is its value without a run, for a loss as
---`eb.run` takes it and data as a dataset, {x =, y =}, {x, y, …} or `eb.batches(…)` (all of it); without data for a loss of the parameters alone.
---
---In a run they look at all its examples, as `run:eval` does; with `batch = true` at the batch of the step to come; `examples = n` takes the
---first n, `data` others. Gradients of examples come from the loss of batches of one. `by = "layer"` gives a table of values by the first key of
---the parameters' paths, "parameter" by path, "class" by the labels; in a log they are series `name.1`, `name.2`, ….
---
---Those that need what they saw before (learnt, forgetting, group_fraction, tracin, path_length, step_cosine, trajectory_pca, subspace_overlap,
---kernel_distance, kernel_velocity) remember the steps at which they were tracked. That is part of the run: forks go on from it, `rewind` goes
---back in it, and after `eb.load_run` the logged steps are looked at again. eb.diag.name(run, {every = k}) gives what tracking since the
---beginning of the history would have given. Without a run they answer their memory as a second value, to be given as
---`state` next time; `t` is then the step. Those that look for eigenvectors begin with the ones they found before; track, backfill at the same steps, forks and rewound
---runs have the same bits; without the vectors from before they agree to the tolerance of the eigenvalues.
---```lua
---local net = eb.nn.mlp{4, 8, 3}
---local data = {x = eb.randn{20, 4, rng = eb.rng(1)}, y = eb.randint({20}, 1, 3, {rng = eb.rng(2)})}
---local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
---local run = eb.run{params = net:init{rng = eb.rng(3)}, loss = loss, data = data, opt = eb.optim.sgd{lr = 0.5}}
---run:track{coherence = eb.diag.coherence{by = "layer", every = 10}}:advance(20)
---print(#run.log["coherence.1"], #run.log["coherence.2"])  --> 2  2
---run:backfill("spread", eb.diag.noise_scale, {every = 5})
---print(#run.log.spread)  --> 4
---assert(eb.diag.gradient_norm(run) == eb.diag.gradient_norm(loss, run.params, data))
---```
---@class diag
eb.diag = {}

---What every diagnostic takes.
---@class DiagnosticOptions
---@field every? integer how often it is tracked: at the steps 1, 1 + every, …; 1 unless given
---@field examples? integer only the first so many
---@field batch? boolean the batch of the step to come instead of all examples
---@field data? table other examples
---@field by? string groups: "layer", "parameter", "class", where it knows them

---m-coherence ‖Σ gᵢ‖² / Σ ‖gᵢ‖² (Zielinski & Chatterjee 2020, arXiv 2008.01217): 1 for orthogonal gradients, m for identical ones, 0 for
---those that cancel. Two passes over the examples. by: layer, parameter, class.
---```lua
---local function coherence(rows)
---  return eb.diag.coherence(function(w, x) return x:mm(w):mean() end, eb.zeros{2}, {eb.tensor(rows)})
---end
---print(coherence{{1, 0}, {0, 1}}, coherence{{1, 2}, {1, 2}}, coherence{{1, 0}, {-1, 0}}, coherence{{1, 0}, {0, 1}, {1, 1}})  --> 1.0  2.0  0.0  2.0
---```
---@param options? DiagnosticOptions|Run|function
---@return any
function eb.diag.coherence(options, ...) end

---Gradient diversity Σ ‖gᵢ‖² / ‖Σ gᵢ‖² (Yin et al. 2018, arXiv 1706.05699), one over the m-coherence. by: layer, parameter, class.
---```lua
---print(eb.diag.gradient_diversity(function(w, x) return x:mm(w):mean() end, eb.zeros{2}, {eb.tensor{{1, 0}, {0, 1}, {1, 1}}}))  --> 0.5
---```
---@param options? DiagnosticOptions|Run|function
---@return any
function eb.diag.gradient_diversity(options, ...) end

---The mean cosine of pairs of gradients, E cos(gᵢ, gⱼ) over i ≠ j; gradients that are 0 have cosine 0. by: layer, parameter; class gives
---{within, between, classes = [classes, classes]} (NaN where there are no pairs). One Gram matrix. Of two trees, cosine(a, b), it is theirs.
---```lua
---print(("%.4f"):format(eb.diag.cosine(function(w, x) return x:mm(w):mean() end, eb.zeros{2}, {eb.tensor{{1, 0}, {1, 1}}})))  --> 0.7071
---print(("%.1f"):format(eb.diag.cosine(eb.tensor{3, 4}, eb.tensor{1, 0})))  --> 0.6
---```
---@param options? DiagnosticOptions|Run|function|table
---@return any
function eb.diag.cosine(options, ...) end

---Stiffness (Fort et al. 2019, arXiv 1901.09491): {sign = E sign⟨gᵢ, gⱼ⟩, cosine = E cos(gᵢ, gⱼ)} over pairs i ≠ j: whether a step for one example
---helps another. by: layer, parameter; class gives {within, between, classes}, each with sign and cosine. One Gram matrix.
---```lua
---local s = eb.diag.stiffness(function(w, x) return x:mm(w):mean() end, eb.zeros{2}, {eb.tensor{{1, 0}, {2, 0}, {-1, 0}}})
---print(("%.3f %.3f"):format(s.sign, s.cosine))  --> -0.333 -0.333
---```
---@param options? DiagnosticOptions|Run|function
---@return any
function eb.diag.stiffness(options, ...) end

---Gradient confusion min ⟨gᵢ, gⱼ⟩ over i ≠ j (Sankararaman et al. 2020, arXiv 1904.06963: η-confusion is its negative); with `normalized` the
---least cosine. by: layer, parameter. One Gram matrix.
---```lua
---print(eb.diag.gradient_confusion(function(w, x) return x:mm(w):mean() end, eb.zeros{2}, {eb.tensor{{1, 0}, {2, 0}, {-1, 0}}}))  --> -2.0
---```
---@param options? DiagnosticOptions|Run|function { normalized = boolean }
---@return any
function eb.diag.gradient_confusion(options, ...) end

---Gradient disparity E ‖g_A − g_B‖ (Forouzesh & Thiran 2021, arXiv 2107.06665): the mean distance of the mean gradients of disjoint batches of
---`size` examples (half of them unless given), shuffled by `seed`, over all pairs of batches. by: layer, parameter. One Gram matrix.
---```lua
---print(eb.diag.gradient_disparity(function(w, x) return x:mm(w):mean() end, eb.zeros{2}, {eb.tensor{{1, 0}, {4, 4}}}))  --> 5.0
---```
---@param options? DiagnosticOptions|Run|function { size = integer, seed = 0 }
---@return any
function eb.diag.gradient_disparity(options, ...) end

---The p-norm of the gradient, 2 unless given. by: layer, parameter. One backward pass. In a run `track{gnorm = true}` has the norm of the step's own
---gradient for nothing.
---```lua
---print(eb.diag.gradient_norm(function(w) return (w ^ 2):sum() / 2 end, eb.tensor{3, 4}))  --> 5.0
---```
---@param options? DiagnosticOptions|Run|function { p = 2 }
---@return any
function eb.diag.gradient_norm(options, ...) end

---The simple noise scale tr Cov(g) / ‖ḡ‖² (McCandlish et al. 2018, arXiv 1812.06162), with the examples as all there are. With `small` = B_s both are
---unbiased estimates from batches of two sizes, B_s and all m: (‖g_s‖² − ‖g_b‖²)/(1/B_s − 1/m) over (m ‖g_b‖² − B_s ‖g_s‖²)/(m − B_s), ‖g_s‖² the mean
---over disjoint batches. by: layer, parameter. Two passes, with small > 1 a Gram matrix.
---```lua
---local X = eb.tensor{{1, 0}, {3, 0}, {2, 1}, {2, -1}}
---print(("%.4f"):format(eb.diag.noise_scale(function(w, x) return x:mm(w):mean() end, eb.zeros{2}, {X})))  --> 0.2500
---```
---@param options? DiagnosticOptions|Run|function { small = integer }
---@return any
function eb.diag.noise_scale(options, ...) end

---The normalized variance of the mean gradient of batches, tr Cov(g) / (size ‖ḡ‖²) (Faghri et al. 2020, arXiv 2007.04532); size is 1 unless given.
---by: layer, parameter. Two passes.
---```lua
---local X = eb.tensor{{1, 0}, {3, 0}, {2, 1}, {2, -1}}
---print(("%.4f"):format(eb.diag.normalized_variance(function(w, x) return x:mm(w):mean() end, eb.zeros{2}, {X}, {size = 2})))  --> 0.1250
---```
---@param options? DiagnosticOptions|Run|function { size = 1 }
---@return any
function eb.diag.normalized_variance(options, ...) end

---The gradient's signal-to-noise ratio E[g]²/Var[g] (Liu et al. 2020, arXiv 2001.07384): the mean over the coordinates in which the examples
---differ, or with `each` that of every coordinate, a tree like the parameters with 0 where they do not. by: layer, parameter.
---```lua
---local X = eb.tensor{{1, 0}, {3, 0}, {2, 1}, {2, -1}}
---print(eb.diag.gsnr(function(w, x) return x:mm(w):mean() end, eb.zeros{2}, {X}))  --> 4.0
---```
---@param options? DiagnosticOptions|Run|function { each = boolean }
---@return any
function eb.diag.gsnr(options, ...) end

---Whose gradients do the work (Chatterjee 2020, arXiv 2002.10657). `mask` is a bool tensor [n] that is true for the corrupt examples, or the name of
---such a field of the data ("mask" unless given; `eb.perturb.label_noise` makes one). With g = Σ gᵢ:
---
---f_p = ⟨g, Σ_pristine gᵢ⟩/⟨g, g⟩ and f_c, which add up to 1; i_p = Σ_t ⟨g_t, Σ_pristine gᵢ⟩ / number of pristine examples, over the measured
---steps, and i_c. f_p_low, f_p_high and so on for all four enclose the share `band` (0.95 unless given) of `draws` (32) null worlds, in which as many
---examples are called corrupt at random (by `seed`), the same ones at all steps. draws = 0 leaves them out. Of a run, without `every`, i_p and
---i_c are those of this step alone. With `batch` groups are those of all the
---data, as they meet the batch. by: layer, parameter. Three passes, whatever the number of draws.
---```lua
---local data = {x = eb.tensor{{1, 0}, {1, 0}, {0, 1}}, mask = eb.tensor{false, false, true}}
---local v = eb.diag.group_fraction(function(w, x) return x:mm(w):mean() end, eb.zeros{2}, data)
---print(("%.1f %.1f %.1f"):format(v.f_p, v.f_c, v.f_p_low))  --> 0.8 0.2 0.6
---```
---@param options? DiagnosticOptions|Run|function { mask = , draws = 32, band = 0.95, seed = 0 }
---@return any
function eb.diag.group_fraction(options, ...) end
