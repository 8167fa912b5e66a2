---@meta ebbtide.curvature

-- Curvature: linear operators on parameters.

local eb = require "ebbtide"

---Curvature of a loss as operators that are applied to vectors and never stored.
---```lua
---local H = eb.curv.hessian(function(p) return 2 * p.a ^ 2 + p.a * p.b end, {a = eb.tensor(1), b = eb.tensor(3)})
---print(H:mv({a = eb.tensor(1), b = eb.tensor(0)}).a:item())  --> 4.0
---```
---@class curv
eb.curv = {}

---A linear operator on trees like some parameters. `H.size` is their number P, `H.dtype` their promoted dtype. `2 * H`, `H / 2`, `-H`, `A + B`, `A - B` and
---`A * B` (also `A:compose(B)`) are operators, too; in a sum a number stands for that many times the identity: `H + 0.1`. Symmetric are
---all kinds of `eb.curv`, their sums, and products that read the same backwards (`A * B * A`); `eigs` and `solve` need a symmetric one.
---```lua
---local H = eb.curv.hessian(function(p) return (p ^ 4):sum() end, eb.tensor{1, 2})
---print(H)  --> operator: Hessian, 2 × 2 float32
---print((H / 12 - 1):mv(eb.ones{2})[2]:item())  --> 3.0
---```
---@class Operator
---@field size integer
---@field dtype string
---@operator add(Operator|number): Operator
---@operator sub(Operator|number): Operator
---@operator mul(Operator|number): Operator
---@operator div(number): Operator
---@operator unm: Operator
local Operator = {}

---The Hessian of loss(p, …) in p. The gradient is linearized once, at about 1.4 gradients; a product is then its linear part alone (Pearlmutter 1994,
---doi 10.1162/neco.1994.6.1.147), about 1.3 gradients on a perceptron, and runs as a plan from the third on.
---```lua
---local X = eb.tensor{{1, 2}, {3, 4}, {5, 6}}
---local H = eb.curv.hessian(function(w, X) return (X:mm(w) ^ 2):sum() / 6 end, eb.zeros{2}, X)
---assert((H:dense() - X:t():mm(X) / 3):abs():max():item() < 1e-5)
---```
---@param loss function of the parameters, then of whatever follows
---@param p Tensor|table
---@param ... any
---@return Operator
function eb.curv.hessian(loss, p, ...) end

---The generalised Gauss-Newton matrix Jᵀ ∇²h J of a loss h(z(p)) with the Jacobian J of z (Schraudolph 2002, doi 10.1162/08997660260028683): what remains of the
---Hessian when the model is linearized; never with negative eigenvalues where h is convex in z. z is what the function gives to the losses
---of `eb.loss` as predictions, of one call or several; what else is in the loss, such as a penalty on p, is left out (`G + 0.1` adds one).
---A loss that is written otherwise is given in two parts, {model = f, loss = h}: f(p, ...) gives z, a tensor or a tree, and h(z, ...) the loss, both with
---everything that follows p. Costs about as much as the Hessian.
---```lua
---local x, y = eb.tensor{{1, 2}, {3, 4}}, eb.tensor{1, 2}
---local G = eb.curv.ggn(function(w) return eb.loss.cross_entropy(x:mm(w), y) end, eb.zeros{2, 2})
---print(G)  --> operator: generalised Gauss-Newton matrix, 4 × 4 float32
---local half = eb.curv.ggn({model = function(w) return x:mm(w) end, loss = function(z) return (z ^ 2):sum() / 2 end}, eb.zeros{2})
---print(half:dense()[1][1]:item())  --> 10.0
---```
---@param loss function|{model: function, loss: function}
---@param p Tensor|table
---@param ... any
---@return Operator
function eb.curv.ggn(loss, p, ...) end

---The Fisher information of the model's predictive distribution, in the scale of the loss: E[g gᵀ] over labels that the model itself draws, averaged as the
---loss averages examples. `eb.loss` cross_entropy, binary_cross_entropy, logistic and mse (a Gaussian) are negative log-likelihoods in a natural
---parameter; for those it equals `eb.curv.ggn` and does not depend on the targets (Martens 2020, arXiv 1412.1193, section 9.2). Raises for other losses.
---```lua
---local x = eb.tensor{{1}, {2}}
---local F = eb.curv.fisher(function(w) return eb.loss.binary_cross_entropy(x:mm(w), eb.tensor{0, 1}) end, eb.zeros{1})
---print(F:dense()[1][1]:item())  --> 0.625
---```
---@param loss function
---@param p Tensor|table
---@param ... any
---@return Operator
function eb.curv.fisher(loss, p, ...) end

---(1/n) Σ gᵢ gᵢᵀ with the gradients gᵢ of the losses of n batches of one; examples lie along dimension 1 of the tensors after p. Their gradients
---are not stored: a product is one pass forward and one back. Of the labels of the data, so it is not the Fisher information (Kunstner, Balles & Hennig 2019,
---arXiv 1905.12558).
---```lua
---local x, y = eb.tensor{{1}, {3}}, eb.tensor{1, 1}
---local E = eb.curv.empirical_fisher(function(w, x, y) return eb.loss.mse(x:mm(w), y) end, eb.zeros{1}, x, y)
---print(E:dense()[1][1]:item())  --> 20.0
---```
---@param loss function of the parameters and a batch
---@param p Tensor|table
---@param ... any the examples
---@return Operator
function eb.curv.empirical_fisher(loss, p, ...) end

---The tangent kernel J Jᵀ of the outputs f(p, …), for all examples and outputs (Jacot, Gabriel & Hongler 2018, arXiv 1806.07572): an operator on things
---shaped like the outputs. `H.size` is the number of outputs.
---```lua
---local x = eb.tensor{{1, 0}, {2, 2}}
---print(eb.curv.ntk(function(w, x) return x:mm(w) end, eb.zeros{2}, x):dense()[2][1]:item())  --> 2.0
---```
---@param f function
---@param p Tensor|table
---@param ... any
---@return Operator
function eb.curv.ntk(f, p, ...) end

---P⁻¹ H for a positive diagonal P, a tree like the parameters or a number: the curvature that a preconditioned step meets, as Adam's with P = √v̂ + ε (Cohen
---et al. 2022, arXiv 2207.14484). It has the eigenvalues of P^(-1/2) H P^(-1/2); its eigenvectors u are scaled to uᵀ P u = 1.
---```lua
---local H = eb.curv.hessian(function(p) return (p ^ 2):sum() end, eb.zeros{2})
---print(eb.curv.preconditioned(H, eb.tensor{1, 4}):eigs{k = 2}.values[2]:item())  --> 0.5
---```
---@param H Operator
---@param P Tensor|table|number
---@return Operator
function eb.curv.preconditioned(H, P) end

---The product with a vector. A tree like the parameters gives a tree, a vector [P] in the order of `eb.tree.flatten` a vector; rows [k, P] or a list
---of k trees go through at once, in one batched pass.
---```lua
---local H = eb.curv.hessian(function(p) return (p.w ^ 2):sum() end, {w = eb.zeros{3}})
---print(H:mv({w = eb.ones{3}}).w[1]:item(), H:mv(eb.ones{3})[1]:item(), H:mv(eb.ones{5, 3})[5][1]:item())  --> 2.0 2.0 2.0
---```
---@param v Tensor|table
---@return Tensor|table
function Operator:mv(v) end

---The matrix [P, P]. Costs P products, in batches; raises above 4 GB.
---```lua
---print(eb.curv.hessian(function(x) return x[1] * x[2] end, eb.tensor{3, 4}):dense()[1][2]:item())  --> 1.0
---```
---@return Tensor
function Operator:dense() end

---A * B.
---```lua
---local H = eb.curv.hessian(function(x) return (x ^ 2):sum() end, eb.zeros{2})
---print(H:compose(H):mv(eb.ones{2})[1]:item())  --> 4.0
---```
---@param other Operator
---@return Operator
function Operator:compose(other) end

---The block of some parameters, those of others held fixed. A path such as `"1.weight"` or a group `"1"` gives an operator on what lies there; a list
---of paths one on the tree with these leaves alone. Paths are as in `eb.optim.groups`.
---```lua
---local H = eb.curv.hessian(function(p) return (p.a ^ 2):sum() + p.a[1] * p.b end, {a = eb.zeros{2}, b = eb.tensor(0)})
---print(H:restrict("a"))  --> operator: Hessian at a, 2 × 2 float32
---```
---@param path string|string[]
---@return Operator
function Operator:restrict(path) end

---Π H Π with the projection Π onto the span of the vectors, or with `off = true` onto what is orthogonal to them. Raises for vectors that are linearly
---dependent.
---```lua
---local H = eb.curv.hessian(function(x) return x[1] ^ 2 + 3 * x[2] ^ 2 end, eb.zeros{2})
---print(H:project(H:eigs().vectors, {off = true}):eigs().values:item())  --> 2.0
---```
---@param vectors Tensor|table one or a list, as `mv` takes them
---@param options? {off?: boolean}
---@return Operator
function Operator:project(vectors, options) end

---@class EigsOptions
---@field k? integer how many eigenvalues, 1 unless given; with "both" from each end
---@field which? "largest"|"smallest"|"both" by value, "largest" unless given
---@field v0? Tensor|table a vector or several to begin with, such as `vectors` of an earlier answer
---@field tol? number how far the values may be off, relative to the largest |λ|; 1e-12, in float32 1e-7 unless given; 0 asks for all the iterations
---@field iterations? integer the most rounds of products, 300 unless given
---@field block? integer products a round; unless given k, and up to 2 more while something may be hidden
---@field seed? integer of the random vectors to begin with, 0 unless given

---Eigenvalues at the ends of a symmetric operator and their eigenvectors, by block Lanczos with full re-orthogonalisation and restarts (Golub & Underwood
---1977; Wu & Simon 2000): `values` [k] float64 in descending order; `vectors`, a list of k trees like the parameters (tensors where they are one), of norm 1;
---`residuals` [k], ‖H v − λ v‖ by explicit products; `matvecs`, how many products it took; `converged`. Some eigenvalue lies within the
---residual of each value, whatever happened. A pair is good when its residual r is at most `tol` times the largest |λ|, or at the rounding of the products, and
---the next value after the wanted ones is found to a fifth; what isn't after `iterations` rounds is returned as it is, with `converged = false`. It begins with
---`block` + 1 random vectors (with `block` of them if that is given). What differs by a few `tol` |λ| from a crowd is not told from it: a slightly
---negative curvature beside many zeros needs a smaller `tol` (of S = 44.7 and −0.107, 1e-3 finds −0.002, and 1e-4 the right one).
---
---A block of k finds eigenvalues of multiplicity up to k; `block = 1` takes fewer products where they are simple. Operators of up to 24 parameters are
---solved densely.
---
---**Warm start**: with `v0` = the `vectors` of the answer a step before, the largest eigenvalue to 1e-3 costs two to four products a step. The list, or its
---only vector, brings along what the next neighbours looked like (one product more at each end). A pair is then good as well when r²/gap is at most `tol` |λ|, with the gap
---to the other values found (Kato 1949) less what the next one may be off itself; if the operator has changed so much that the vectors' residuals are above half of
---|λ|, the search begins anew beside them. An eigenvalue that overtakes can still be missed where values are close: along a float32 run at the edge of stability with
---the second value within a few percent (4.0 products a step), 1 to 3 of 100 answers at tol = 1e-3 were off by more, up to 7e-3. Other vectors as `v0` only give a direction: a random one goes along.
---
---Values that are not finite are NaN with `converged = false`. Deterministic.
---```lua
---local H = eb.curv.hessian(function(x) return (eb.arange(1, 50) * x ^ 2):sum() / 2 end, eb.zeros{50})
---local top = H:eigs{k = 2, which = "both"}
---print(("%.3f %.3f %.3f %.3f"):format(table.unpack(top.values:totable())))  --> 50.000 49.000 2.000 1.000
---print(top.converged, H:eigs{v0 = H:eigs().vectors}.matvecs)  --> true 2
---```
---@param options? EigsOptions
---@return {values: Tensor, vectors: table, residuals: Tensor, matvecs: integer, converged: boolean}
function Operator:eigs(options) end

---@class TraceOptions
---@field probes? integer products to spend, 30 unless given
---@field method? "hutchinson"|"hutch++" "hutchinson" unless given
---@field seed? integer of the probes, 0 unless given
---@field rng? Generator instead of a seed

---The trace by random probes: `value`, its standard error `stderr` (NaN from a single probe) and `matvecs`. "hutchinson" is the mean of vᵀ H v over vectors of
---random signs (Hutchinson 1990, doi 10.1080/03610919008812866), exact for a diagonal H; its variance is 2/probes Σ_{i≠j} H²ᵢⱼ. "hutch++" spends a third of the
---products on the range of H, in which it is exact, and another third in that range (Meyer et al. 2021, arXiv 2010.09649): better where few
---eigenvalues are large.
---```lua
---local H = eb.curv.hessian(function(x) return (eb.arange(1, 4) * x ^ 2):sum() end, eb.zeros{4})
---local found = H:trace{probes = 2}
---print(found.value, found.stderr, found.matvecs)  --> 20.0 0.0 2
---```
---@param options? TraceOptions
---@return {value: number, stderr: number, matvecs: integer}
function Operator:trace(options) end

---The diagonal by random probes, the mean of v ∘ H v (Bekas, Kokiopoulou & Saad 2007): `value` and `stderr`, trees like the parameters, and `matvecs`.
---```lua
---local H = eb.curv.hessian(function(p) return (p.w ^ 3):sum() end, {w = eb.tensor{1, 2}})
---print(H:diag{probes = 1}.value.w[2]:item())  --> 12.0
---```
---@param options? {probes?: integer, seed?: integer, rng?: Generator} 30 probes unless given
---@return {value: Tensor|table, stderr: Tensor|table, matvecs: integer}
function Operator:diag(options) end

---@class DensityOptions
---@field steps? integer of Lanczos, 60 unless given, at most P
---@field probes? integer vectors to begin with, 8 unless given
---@field sigma? number width of the Gaussian that each eigenvalue becomes; 0.01 of the range unless given
---@field grid? integer|Tensor how many points, or which; as many as the integral needs unless given
---@field seed? integer of the probes, 0 unless given
---@field rng? Generator instead of a seed

---The spectral density (1/P) Σ δ(λ − λᵢ) by stochastic Lanczos quadrature (Golub & Meurant 1994; Ghorbani, Krishnan & Xiao 2019, arXiv 1901.10159): `nodes`
---ascending with `weights` that sum to 1, whose moments estimate tr Hᵏ/P up to k = 2 steps − 1; on the points `grid` the density `value`, smoothed by
---a Gaussian of width `sigma`, with its standard error over the probes `stderr`; `matvecs` = steps · probes unless a space closes early. Every
---Lanczos vector is made orthogonal to all before it, so there are no ghosts.
---```lua
---local H = eb.curv.hessian(function(x) return (eb.arange(1, 4) * x ^ 2):sum() / 2 end, eb.zeros({4}, {dtype = "float64"}))
---local found = H:density{probes = 1}
---print(("%.6f %.6f"):format((found.weights * found.nodes):sum():item(), found.weights:sum():item()))  --> 2.500000 1.000000
---```
---@param options? DensityOptions
---@return {nodes: Tensor, weights: Tensor, grid: Tensor, value: Tensor, stderr: Tensor, sigma: number, matvecs: integer}
function Operator:density(options) end

---@class SolveOptions
---@field damping? number λ, 0 unless given
---@field tol? number ‖r‖ relative to ‖b‖ at which to stop; 1e-10, in float32 1e-5 unless given
---@field iterations? integer the most products, 1000 unless given
---@field method? "cg"|"minres" "cg" unless given

---The solution of (H + λ) x = b by conjugate gradients (Hestenes & Stiefel 1952); where they meet a direction of negative curvature, or H + λ is
---singular, from the start by MINRES (Paige & Saunders 1975, doi 10.1137/0712047), whose residual never grows. `value` has the form of b; `residual` is ‖b − (H + λ) x‖/‖b‖,
---computed from x; `converged`, `method` and `matvecs` say how it went.
---```lua
---local H = eb.curv.hessian(function(x) return (eb.arange(1, 4) * x ^ 2):sum() / 2 end, eb.zeros{4})
---local found = H:solve(eb.ones{4}, {damping = 1})
---print(("%.4f"):format(found.value[3]:item()), found.method)  --> 0.2500 cg
---```
---@param b Tensor|table
---@param options? SolveOptions
---@return {value: Tensor|table, residual: number, matvecs: integer, converged: boolean, method: string}
function Operator:solve(b, options) end
