---@meta ebbtide.models

-- The models of the theory.

local eb = require "ebbtide"

---Models whose dynamics are known in closed form. They are models like those of `eb.nn`: `m:init{…}` gives parameters, `m(p, x)` is a pure
---function, differentiable to any order. `m:effective(p)` is the one quantity through which parameters act.
---```lua
---local m = eb.models.diagonal{d = 2}
---local p = m:init{gain = 0.01}
---local loss = function(p) return 0.5 * eb.loss.mse(m(p, eb.tensor{1, 2}), eb.tensor(1)) end
---for _ = 1, 500 do p = p - 0.1 * eb.grad(loss)(p) end
---assert(math.abs(m:effective(p):dot(eb.tensor{1, 2}):item() - 1) < 1e-4)
---```
---@class models
eb.models = {}

---The diagonal linear network f(x) = ⟨β, x⟩ with β = w^depth, or β = u^depth − v^depth if signed, powers element by element (Woodworth et
---al. 2020). Parameters { w = [d] }, or { u = [d], v = [d] }. x [.., d] gives [..]. They start constant unless `init` says otherwise:
---`m:init{gain = alpha}` is w = α (u = v = α, β = 0). `m:effective(p)` is β.
---```lua
---local m = eb.models.diagonal{d = 3, signed = true}
---local p = {u = eb.tensor{1, 2, 0}, v = eb.tensor{0, 1, 3}}
---print(m(p, eb.ones{3}):item(), m:effective(p)[3]:item())  --> -5.0  -9.0
---```
---@param options {d: integer, depth: integer, signed: boolean} depth = 2, signed = false unless given
---@return Model
function eb.models.diagonal(options) end

---The linear model x W without bias: parameters { W = [d, p] }; x [.., d] gives [.., p]. `m:effective(p)` is W.
---```lua
---local m = eb.models.linear{3, 2}
---print(m({W = eb.ones{3, 2}}, eb.ones{5, 3}).shape[2])  --> 2
---```
---@param sizes integer[] {d, p}
---@return Model
function eb.models.linear(sizes) end

---The deep linear network x W₁ W₂ ⋯ W_N without biases (Saxe et al. 2014; Gidel, Bach & Lacoste-Julien 2019). Widths from input to output,
---{d, h₁, …, p}; parameters p[j] = W_j of shape [width j, width j + 1]. x [.., d] gives [.., p], multiplied from the left;
---`m:effective(p)` is the product W₁ ⋯ W_N. Gradient flow keeps W_jᵀ W_j − W_{j+1} W_{j+1}ᵀ.
---```lua
---local m = eb.models.deep_linear{4, 3, 2}
---local p = m:init{init = "orthogonal", gain = 0.1}
---local x = eb.ones{5, 4}
---assert((m(p, x) - x:mm(m:effective(p))):abs():max():item() < 1e-6)
---```
---@param widths integer[] at least two
---@return Model
function eb.models.deep_linear(widths) end

---The factorisation W = W_N ⋯ W₁ of an n × m matrix (Arora, Cohen, Hu & Luo 2019): parameters p[1] = W₁ [rank, m], …, p[depth] = W_N
---[n, rank], those between [rank, rank]. `m(p)` and `m:effective(p)` are W [n, m]; `m(p, x)` is W x for each example, x [.., m] to
---[.., n]. Gradient flow keeps W_{j+1}ᵀ W_{j+1} − W_j W_jᵀ.
---
---For an end-to-end size s: `init = "lecun_normal", gain = s^(1/depth)` has entries N(0, s^(2/depth)/m) in W₁; `init = "identity"` with that
---gain starts at W = s I.
---```lua
---local m = eb.models.matrix_factorization{4, 4, depth = 3}
---local p = m:init{init = "identity", gain = 0.5}
---assert((m(p) - 0.125 * eb.eye(4)):abs():max():item() < 1e-7)
---print(eb.grad(function(p) return (m(p) - eb.eye(4)):norm() end)(p)[2].shape[1])  --> 4
---```
---@param options integer[] {n, m}, with depth (2 unless given) and rank (min(n, m) unless given)
---@return Model
function eb.models.matrix_factorization(options) end

---The loss L(x) = ½ xᵀ H x, whose parameters are the vector x [d] itself: `m(x)`. H is [d, d], of which only the symmetric part counts, or
---[d] for a diagonal one. For a symmetric H the gradient is H x, the Hessian H, and gradient descent gives (I − ηH)ᵗ x, which diverges
---where η λ > 2. x starts N(0, 1) unless `init` says otherwise. H is a constant: a traced one is an error.
---```lua
---local m = eb.models.quadratic{H = eb.tensor{{2, 1}, {1, 3}}}
---print(m(eb.tensor{1, 2}):item())  --> 9.0
---local g = eb.grad(m)(eb.tensor{1, 2})
---print(g[1]:item(), g[2]:item())  --> 4.0  7.0
---```
---@param options {H: Tensor}
---@return Model
function eb.models.quadratic(options) end
