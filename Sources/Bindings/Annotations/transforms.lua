---@meta ebbtide.transforms

-- Functions to functions, in any order and nesting.

local eb = require "ebbtide"

---The gradient of a scalar f as a function of the same arguments. The gradient is taken for one argument, the first unless
---`argnum` says otherwise; for a tree it is a tree of the same keys that carries arithmetic. Values are known inside f, so that
---branches on `x:item()` work. f must return a tensor with one element first. Tensors can't be written inside (`eb.where` and `x:put` give
---new ones), and a coroutine can't be left from there; the same holds for all transforms. Costs about three evaluations of f.
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
---arguments. false stands for zero in any part of a tree.
---```lua
---local y, pull = eb.vjp(function(x) return x * x end, eb.tensor{1, 2})
---print(pull(eb.tensor{1, 10})[2]:item())  --> 40.0
---```
---@param f function
---@param ... Tensor|table the arguments of f
---@return any results of f
---@return function pullback
function eb.vjp(f, ...) end

---The results of f and how they move when the arguments move along the tangents; false stands for an argument, or a leaf of a
---tree, that does not move. Costs about two evaluations of f.
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

---The results of f and its derivative as a linear function, computed once and applied as often as you like, also under `eb.vmap`, which
---applies it to many directions at once. It takes a tangent for each argument; false stands for zero.
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
---like p, in which false stands for zero) and further arguments of f.
---```lua
---local product = eb.hvp(function(x) return (x ^ 3):sum() end)
---print(product(eb.tensor{1, 2}, eb.tensor{0, 1})[2]:item())  --> 12.0
---```
---@param f function
---@return function
function eb.hvp(f) end

---The dense Jacobian of f by its first argument: [result dimensions…, argument dimensions…]; trees, of arguments or results, count
---as one vector in key order. Pushes or pulls all basis vectors at once, whichever are fewer.
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
---unless given; false: shared by all), `out_axes` where the examples of the results go. Negative ones count from the end. One entry serves
---a whole tree, or is a table with an entry for each key of the tree. A table of generators is mapped one a lane. A value that differs from lane to lane can't be read: use `eb.where`.
---```lua
---local rows = eb.tensor{{1, 2}, {3, 4}}
---print(eb.vmap(function(r) return r:sum() end)(rows)[2]:item())  --> 7.0
---local g = eb.vmap(eb.grad(function(w, x) return (w * x):sum() ^ 2 end), {false, 1})(eb.ones{2}, rows)
---print(g[2][1]:item())  --> 42.0
---local f = eb.vmap(function(p) return p.w * p.x:sum() end, { { w = false, x = 2 } })
---print(f({ w = eb.tensor(2), x = rows })[1]:item())  --> 8.0
---```
---@param f function
---@param axes? integer|(integer|false|table)[]
---@param out_axes? integer|(integer|table)[]
---@return function
function eb.vmap(f, axes, out_axes) end

---The value with no derivative; of a tree every leaf.
---```lua
---print(eb.grad(function(x) return x * eb.stop_gradient(x) end)(eb.tensor(3)):item())  --> 3.0
---```
---@param x Tensor|table
---@return Tensor|table
function eb.stop_gradient(x) end

---f with its own rule for derivatives. `forward(x, …)` returns one tensor or tree; the rule takes the place of its derivative, on every
---order, in both modes and under every transform, and is itself differentiated for higher orders. One of:
---
---- `jvp(primals, tangents, output)` returns the tangent of the output, a tree like it. `primals` and `tangents` are tables with one
---  entry an argument; tangents of arguments that don't move are zeros. It must be linear in the tangents.
---- `vjp(cotangent, primals, output)` returns a cotangent for each argument, like the argument: as several results or in one table;
---  for a single argument the tree itself. nil or false stands for zero. It runs once, while the derivative is recorded, so that
---  the cotangent has no numbers that could be read. Forward mode (also in `eb.hvp` and `eb.check_grad`) transposes it and needs it
---  to be linear in the cotangent; for reverse mode alone it may be anything, such as a clipped cotangent.
---
---Arguments that hold no tensors (numbers, strings, booleans) are passed on as they are; false stands in their place among
---tangents. Function and rule must get every value that is differentiated or mapped as an argument: one that comes from outside is
---an error that says so. What the rule returns is checked: structure, shapes, dtypes, and that it depends on what it is linear in.
---Whether it is right says `eb.check_grad`. `name` stands in messages.
---```lua
---local softplus = eb.custom {
---  forward = function(x) return (1 + x:exp()):log() end,
---  jvp = function(primals, tangents, y) return tangents[1] * primals[1]:sigmoid() end,
---  name = "softplus",
---}
---assert(eb.check_grad(softplus, eb.tensor{-1, 2}) < 1e-6)
---local reverse = eb.custom { forward = function(x) return x end, vjp = function(cotangent) return -cotangent end }
---print(eb.grad(function(x) return (3 * reverse(x)):sum() end)(eb.ones{2})[1]:item())  --> -3.0
---local clip = eb.custom { forward = function(x) return x end, vjp = function(cotangent) return cotangent:clamp(-1, 1) end }
---print(eb.grad(function(x) return (3 * clip(x)):sum() end)(eb.ones{2})[1]:item())  --> 1.0
---```
---@param rule {forward: function, jvp?: function, vjp?: function, name?: string}
---@return function
function eb.custom(rule) end

---f with the same values and derivatives, which keep its arguments alone and compute the rest again on the way back: in a chain of n
---layers wrapped in segments of √n the memory of a gradient falls from O(n) to O(√n), for one more evaluation of f. The gradient has
---the same bits as without; where f also computes from outside values alone, their sums may be rounded in another order. f runs once, when it is called; later the recorded operations are repeated, so that random draws and
---branches stay the same. Values from outside, such as parameters, may be used and are differentiated; what f computes from them
---alone, without its arguments, is kept. Segments may be nested. Forward mode evaluates f twice.
---```lua
---local w = eb.randn({8, 8}, {rng = eb.rng(1)})
---local segment = eb.checkpoint(function(h) for i = 1, 5 do h = h:mm(w):tanh() end return h end)
---local function chain(f) return function(x) return f(f(x)):sum() end end
---local plain = function(h) for i = 1, 5 do h = h:mm(w):tanh() end return h end
---local x = eb.ones{2, 8}
---assert(eb.tree.equal(eb.grad(chain(segment))(x), eb.grad(chain(plain))(x)))
---```
---@param f function
---@return function
function eb.checkpoint(f) end

---The state after `state = f(state, i)` n times, i = 1, …, n, inside the engine: f is called once, on unknown values, and what it computed is
---run n times without Lua in between, element-wise chains fused, without allocation from step to step. The same bits as
---`for i = 1, n do state = f(state, i) end`.
---
--- - `state`: any tree of tensors and numbers. Its keys, shapes and dtypes must not change. A number is a number inside f, and comes back as
---   a 0-d tensor of the default dtype; where f makes a tensor of it, it has that tensor's dtype from the start.
--- - i, and numbers of the state, are 0-d tensors inside f that behave as Lua numbers do: they compute in float64 among themselves and
---   with Lua numbers, and take the dtype of a tensor they meet (`lr / (1 + 0.1 * i)`, `beta ^ i`). Powers may differ from Lua's in the last bit.
---   A loop that uses i keeps 8 bytes a round.
--- - f may use any tensor from outside; derivatives and `eb.vmap` go through it as through the state. Lua variables are read when f is
---   called, that is once. Values can't be read inside (`:item()`, `if`): use `eb.where`, or `eb.cond` to compute only one side. Draws from
---   a generator made outside are an error: draw before the loop, with a leading dimension, and use `eb.scan`.
--- - Derivatives of any order: forward mode runs a loop of values and tangents, reverse mode keeps what the way back needs of every
---   round, n times the memory of one. `checkpoint = true` keeps the state of every √n-th round alone and runs the others again; a
---   number keeps every so many.
--- - `eb.vmap` runs one loop for all lanes; only what differs from lane to lane has lanes.
--- - Ctrl-C stops between rounds.
---```lua
---local function step(p, i) return p - 0.1 / (1 + 0.01 * i) * eb.grad(function(p) return (p * p):sum() end)(p) end
---print(eb.loop(100, step, eb.ones{2}).shape[1])  --> 2
---local rates = eb.vmap(function(lr) return eb.loop(10, function(x) return x - lr * x end, eb.tensor(1)) end)(eb.tensor{0, 0.5, 1})
---print(rates[1]:item(), rates[2]:item() == 0.5 ^ 10, rates[3]:item())  --> 1.0  true  0.0
---print(eb.grad(function(a) return eb.loop(3, function(x) return a * x end, eb.tensor(1)) end)(eb.tensor(2)):item())  --> 12.0
---```
---@param n integer from 0 to 2^31 - 1
---@param f fun(state: any, i: Tensor): any
---@param state Tensor|number|table
---@param options? {checkpoint?: boolean|integer}
---@return Tensor|table state
function eb.loop(n, f, state, options) end

---As `eb.loop`, with a row of the inputs each time and outputs that are collected: f(state, x) returns the next state and one output, a
---tensor or a tree (nil for none). `xs` is a tensor or a tree whose dimension 1 counts the rounds; x is one row of all its leaves. A number
---instead is the number of rounds, and f gets i = 1, 2, …. Returns the final state, and the outputs along a new dimension 1.
---```lua
---local total, sums = eb.scan(function(s, x) return s + x, s + x end, eb.tensor(0), eb.tensor{1, 2, 3})
---print(total:item(), sums[2]:item())  --> 6.0  3.0
---local losses = select(2, eb.scan(function(w, i)
---  local value, g = eb.value_and_grad(function(w) return (w * w):sum() end)(w)
---  return w - 0.1 * g, value
---end, eb.ones{3}, 50))
---print(losses.shape[1], losses[1]:item())  --> 50  3.0
---```
---@param f fun(state: any, x: any): any, any
---@param state Tensor|number|table
---@param xs Tensor|table|integer
---@param options? {checkpoint?: boolean|integer}
---@return Tensor|table state
---@return Tensor|table|nil outputs
function eb.scan(f, state, xs, options) end

---f(…) where the predicate is true, else g(…); only that one is computed. A predicate whose value is known is a branch of Lua, and
---only one function is called. Inside loops, where it is unknown, both are called once to be recorded, and one of them runs each time; they
---must return the same keys, shapes and dtypes. Under `eb.vmap`, where each lane has its own predicate, both are computed and `eb.where` selects.
---Derivatives compute the chosen function again on the way back. A value that f or g take from outside counts as if it were one of their
---arguments, in derivatives and lanes, too.
---```lua
---local function halve(x) return x / 2 end
---local function collatz(x) return eb.cond((x % 2):eq(0), halve, function(x) return 3 * x + 1 end, x) end
---print(eb.loop(111, collatz, eb.tensor(27)):item())  --> 1.0
---```
---@param predicate boolean|Tensor bool, one element
---@param f function
---@param g function
---@param ... any arguments of both
---@return any results of f or g
function eb.cond(predicate, f, g, ...) end

---The largest relative error of the gradient, jvp and hvp of f against central differences, all in float64 and along one random
---direction: about 1e-9 where they are right. f may return tensors or trees, of which a random combination is taken. At a kink the
---differences see both sides, so take points beside it.
---```lua
---assert(eb.check_grad(function(x) return x:sin():sum() end, eb.tensor{1, 2}) < 1e-6)
---```
---@param f function
---@param ... Tensor|table the arguments of f
---@return number
function eb.check_grad(f, ...) end

---f as a plan: recorded once for each signature of its arguments, then run without Lua, with the bits of a plain call. Arguments and
---results are trees. The signature is the nesting, the shapes, dtypes and strides of tensors, and strings, booleans and functions by value; numbers
---do not count, so a step counter or a learning rate that is an argument does not record again, unless control flow needs its value
---(a loop up to n, a comparison, a key of a table): then it counts from there on.
---
---What f uses from outside (upvalues, globals, tables and functions reached through them) is looked at again at every call: tensors are
---read, and a number, string or function that has changed records again. Errors, with the line: reading a value that is not known
---(`x:item()`, a branch on it), printing, drawing from a generator made outside, assigning variables or tables from outside, and tensors
---that a later call could not find. Not noticed: clocks, files, and functions of metatables that answer differently.
---
---Called with values that a transform watches, as in `eb.grad(eb.compile(f))`, f simply runs; `eb.compile(eb.grad(f))` is the fast order. `tostring`
---lists the steps of each plan with places in memory, bytes and floating-point operations. Recording costs about as much as a plain
---call and some microseconds for each operation.
---
---With `donate` the caller gives tensors away, as in `p, m = step(p, m, g)`, where nobody needs the old ones: results are written into their memory
---where the plan allows it (an update reads each element before it writes it; anything else comes after the last read), so that a step over
---p, m and v allocates nothing and there is no second copy of them. The bits do not change. Afterwards reading a tensor that was given
---away is an error that names the argument, also when its memory was not used, and after an error in the middle of the plan (an interrupt, an
---index outside a tensor); an error before it, while the function is recorded, leaves the tensors alone. Memory that anybody else holds is not
---written over: a view, a clone, the same tensor among the other arguments or outside, a fork of a run. Inside transforms (`eb.grad(step)`, a
---function under `eb.vmap`, `eb.loop` or another `eb.compile`) nothing is given away, and the tensors can be used again. `tostring` shows
---`r1 in %2`: the first result lies where argument tensor 2 did.
---```lua
---local x, y = eb.tensor{{1, 2}, {3, 4}}, eb.tensor{1, -1}
---local loss = function(w) return ((x:mm(w) - y)^2):mean() end
---local step = eb.compile(function(w, lr)
---  local value, g = eb.value_and_grad(loss)(w)
---  return w - lr * g, value
---end)
---local w, value = eb.zeros{2}, nil
---for t = 1, 100 do w, value = step(w, 0.1 / (1 + 0.01 * t)) end
---assert(value:item() < 0.2)
---assert(tostring(step):find("matmul"))
---
---local descend = eb.compile(function(w, m)
---  m = 0.9 * m + eb.grad(loss)(w)
---  return w - 0.01 * m, m
---end, {donate = true})
---local old, m = w, eb.zeros{2}
---for t = 1, 10 do w, m = descend(w, m) end
---assert(not pcall(function() return old:sum() end))
---```
---@param f function
---@param options? {donate?: boolean|integer[]} the arguments that are given away at every call: all of them, or those at these positions; default none
---@return function
function eb.compile(f, options) end
