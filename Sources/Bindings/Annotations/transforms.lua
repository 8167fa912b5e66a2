---@meta ebbtide.transforms

-- Functions to functions, in any order and nesting.

local eb = require "ebbtide"

---The gradient of a scalar f as a function of the same arguments. The gradient is taken for one argument, the first unless
---`argnum` says otherwise; for a tree it is a tree of the same keys that carries arithmetic. Values are known inside f, so that
---branches on `x:item()` work. f must return a tensor with one element first.
---```lua
---local g = eb.grad(function(x) return (x ^ 3):sum() end)
---print(g(eb.tensor{1, 2})[2]:item())  --> 12.0
---local p = {w = eb.tensor{1, 2}, b = eb.tensor(0)}
---p = p - 0.1 * eb.grad(function(p) return (p.w * p.w):sum() + p.b end)(p)
---assert(math.abs(p.b:item() + 0.1) < 1e-7)
---```
---@param f function
---@param argnum? integer 1 unless given
---@return function
function eb.grad(f, argnum) end

---As `eb.grad`, but the function returns the value, the gradient, and whatever else f returned after its value.
---```lua
---local value, g, extra = eb.value_and_grad(function(x) return (x * x):sum(), 2 * x end)(eb.tensor{1, 2})
---print(value:item(), g[2]:item(), extra[2]:item())  --> 5.0  4.0  4.0
---```
---@param f function
---@param argnum? integer 1 unless given
---@return function
function eb.value_and_grad(f, argnum) end

---The results of f and its pullback: a function that takes a cotangent for each result (nil: zero) and gives the cotangents of the
---arguments.
---```lua
---local y, pull = eb.vjp(function(x) return x * x end, eb.tensor{1, 2})
---print(pull(eb.tensor{1, 10})[2]:item())  --> 40.0
---```
---@param f function
---@param ... Tensor|table the arguments of f
---@return any results of f
---@return function pullback
function eb.vjp(f, ...) end

---The results of f and how they move when the arguments move along the tangents; false stands for an argument that does not move.
---```lua
---local y, dy = eb.jvp(function(x, c) return x * x * c end, {eb.tensor{3}, 2}, {eb.tensor{1}, false})
---print(y[1]:item(), dy[1]:item())  --> 18.0  12.0
---```
---@param f function
---@param args table
---@param tangents table
---@return any results of f
---@return any tangents
function eb.jvp(f, args, tangents) end

---The results of f and its derivative as a linear function, computed once and applied as often as you like.
---```lua
---local y, df = eb.linearize(function(x) return x ^ 3 end, eb.tensor{2})
---print(df(eb.tensor{1})[1]:item(), df(eb.tensor{2})[1]:item())  --> 12.0  24.0
---```
---@param f function
---@param ... Tensor|table the arguments of f
---@return any results of f
---@return function linear
function eb.linearize(f, ...) end

---The product of the Hessian of a scalar f with a vector, forward over reverse: a function of the point p, the direction v (a tree
---like p) and further arguments of f.
---```lua
---local product = eb.hvp(function(x) return (x ^ 3):sum() end)
---print(product(eb.tensor{1, 2}, eb.tensor{0, 1})[2]:item())  --> 12.0
---```
---@param f function
---@return function
function eb.hvp(f) end

---The dense Jacobian of f by its first argument: [result dimensions…, argument dimensions…]; a tree counts as one vector in key
---order.
---```lua
---local J = eb.jacobian(function(x) return x * x end)(eb.tensor{1, 2})
---print(J[1][1]:item(), J[1][2]:item())  --> 2.0  0.0
---```
---@param f function
---@return function
function eb.jacobian(f) end

---The dense Hessian of a scalar f by its first argument; a tree counts as one vector in key order.
---```lua
---local H = eb.hessian(function(x) return x[1] * x[2] end)(eb.tensor{3, 4})
---print(H[1][2]:item())  --> 1.0
---```
---@param f function
---@return function
function eb.hessian(f) end

---f, written for one example, on all examples at once. `axes` says for each argument along which dimension its examples lie (1
---unless given; false: shared by all), `out_axes` where the examples of the results go. One entry serves a whole tree. A table of
---generators is mapped one a lane. A value that differs from lane to lane can't be read: use `eb.where`.
---```lua
---local rows = eb.tensor{{1, 2}, {3, 4}}
---print(eb.vmap(function(r) return r:sum() end)(rows)[2]:item())  --> 7.0
---local g = eb.vmap(eb.grad(function(w, x) return (w * x):sum() ^ 2 end), {false, 1})(eb.ones{2}, rows)
---print(g[2][1]:item())  --> 42.0
---```
---@param f function
---@param axes? integer|(integer|false)[]
---@param out_axes? integer|integer[]
---@return function
function eb.vmap(f, axes, out_axes) end

---The value with no derivative; of a tree every leaf.
---```lua
---print(eb.grad(function(x) return x * eb.stop_gradient(x) end)(eb.tensor(3)):item())  --> 3.0
---```
---@param x Tensor|table
---@return Tensor|table
function eb.stop_gradient(x) end

---The largest relative error of the gradient, jvp and hvp of a scalar f against central differences in float64.
---```lua
---assert(eb.check_grad(function(x) return x:sin():sum() end, eb.tensor{1, 2}) < 1e-6)
---```
---@param f function
---@param ... Tensor|table the arguments of f
---@return number
function eb.check_grad(f, ...) end
