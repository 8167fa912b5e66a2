-- Every sentence of the contract about transforms, by running it.
eb.default_dtype "float64"
local x, y = eb.tensor { 1, 2, 3 }, eb.tensor { 0.5, -1, 2 }

test("grad: argnum, trees of every nesting, numbers among the leaves", function()
  local f = function(a, b, c) return (a * b * b):sum() * (c or 1) end
  equal(eb.grad(f)(x, y), y * y)
  equal(eb.grad(f, 2)(x, y), 2 * x * y)
  equal(eb.grad(f, 3)(x, y, eb.tensor(2)), (x * y * y):sum())
  equal(eb.grad(f, 3)(x, y, 2), (x * y * y):sum())
  local p = { x, { deep = { y, k = eb.tensor(2) } }, name = "net", n = eb.tensor({ 1 }, { dtype = "int32" }) }
  local g = eb.grad(function(t) return (t[1] * t[2].deep[1]):sum() * t[2].deep.k end)(p)
  equal(g[1], 2 * y)
  equal(g[2].deep.k:item(), (x * y):sum():item())
  equal({ g.name, g.n, g.n.dtype }, { "net", { 0 }, "int32" })
  raises(function() eb.grad(f, 4)(x, y) end, "grad: argument 4 is missing")
  raises(function() eb.grad(f, 0)(x, y) end, "argument number 0 does not exist")
  raises(function() eb.grad(3) end, "grad: argument 1: expected function, got number")
  raises(function() eb.grad(function(a) return a end)(x) end, "scalar", "[3]", "eb.jacobian")
  raises(function() eb.grad(function(a) return a:sum():cast "int32" end)(x) end, "float")
  -- an unused argument, and one that is no float
  equal(eb.grad(function(a, b) return a:sum() end, 2)(x, y), { 0, 0, 0 })
  -- models are functions, too
  equal(eb.grad(setmetatable({}, { __call = function(_, a) return (a * a):sum() end }))(x), 2 * x)
end)

test("grad of an argument number that is no number is refused", function()
  raises(function() eb.grad(function(a) return a:sum() end, "2")(x) end, "argument number")
  raises(function() eb.grad(function(a) return a:sum() end, 1.5)(x) end, "argument number")
  raises(function() eb.grad(function(a) return a:sum() end, { 1 })(x) end, "argument number")
end)

test("value_and_grad passes on whatever else was returned", function()
  local t = {}
  local value, g, a, b, c, d = eb.value_and_grad(function(a) return (a * a):sum(), a * 2, "text", nil, { a, t = "u" } end)(x)
  equal({ value:item(), g, a, b, d }, { 14, 2 * x, 2 * x, "text", { x, t = "u" } })
  assert(c == nil)
  assert(select("#", eb.value_and_grad(function(a) return a:sum(), nil end)(x)) == 3)
  local _, h = eb.value_and_grad(function(a, b) return (a * b):sum() end, 2)(x, y)
  equal(h, x)
end)

test("vjp: a cotangent for each result, nil for zero, cotangents of all arguments", function()
  local a, t, pull = eb.vjp(function(u, v) return u * v, { s = u:sum() } end, x, y)
  equal(a, x * y)
  equal(t.s:item(), 6)
  local du, dv = pull(eb.ones { 3 }, { s = eb.tensor(10) })
  equal(du, y + 10)
  equal(dv, x)
  du, dv = pull(nil, { s = eb.tensor(1) })
  equal({ du, dv }, { { 1, 1, 1 }, { 0, 0, 0 } })
  du, dv = pull(eb.ones { 3 })
  equal({ du, dv }, { y, x })
  raises(function() pull(eb.ones { 2 }) end, "expected shape [3]", "[2]")
  raises(function() pull { eb.ones { 3 } } end, "pullback", "table")
  -- a pullback is linear and can be mapped: the rows of the Jacobian
  local _, square = eb.vjp(function(u) return u ^ 2 end, x)
  equal(eb.vmap(square)(eb.eye(3)), (2 * x):diag())
  equal(eb.grad(function(u) local _, back = eb.vjp(function(w) return w ^ 3 end, u) return back(eb.ones { 3 }):sum() end)(x), 6 * x)
end)

test("jvp: tables of arguments and tangents, false is not moved", function()
  local value, t = eb.jvp(function(a, b) return a * b end, { x, y }, { false, eb.ones { 3 } })
  equal({ value, t }, { x * y, x })
  value, t = eb.jvp(function(a, b) return a * b end, { x, y }, { false, false })
  equal(t, { 0, 0, 0 })
  local v1, v2, t1, t2 = eb.jvp(function(p) return p.a * 2, { p.b } end, { { a = x, b = y } }, { { a = y, b = x } })
  equal({ v1, v2, t1, t2 }, { 2 * x, { y }, 2 * y, { x } })
  -- one leaf that does not move
  local _, part = eb.jvp(function(p) return p.a * p.b end, { { a = x, b = y } }, { { a = eb.ones { 3 }, b = false } })
  equal(part, y)
  equal(select(2, eb.jvp(function(a, s) return a * s end, { x, 2 }, { x, 3 })), 2 * x + 3 * x)
  raises(function() eb.jvp(function(a) return a end, { x }, { eb.ones { 2 } }) end, "jvp", "expected shape [3]", "[2]")
  raises(function() eb.jvp(function(a) return a end, x, x) end, "jvp: argument 2: expected table, got tensor")
  raises(function() eb.jvp(function(a, b) return a end, { x, y }, { x }) end, "jvp", "2 arguments", "1 tangent", "false")
  raises(function() eb.jvp(function(a) return a end, { x }, { x, x }) end, "jvp", "1 argument", "2 tangents")
end)

test("linearize: a value and a linear function, used many times and mapped", function()
  local calls = 0
  local value, map = eb.linearize(function(a, b) calls = calls + 1; return a * b, { a:sum() } end, x, y)
  equal(value, x * y)
  local _, _, linear = eb.linearize(function(a, b) calls = calls + 1; return a * b, { a:sum() } end, x, y)
  for i = 1, 5 do
    local d, s = linear(i * x, y)
    equal({ d, s }, { i * x * y + x * y, { eb.tensor(6 * i) } })
  end
  assert(calls == 2)
  local rows, sums = eb.vmap(linear)(eb.eye(3), eb.zeros { 3, 3 })
  equal({ rows, sums }, { y:diag(), { { 1, 1, 1 } } })
  equal(linear(x, false), x * y)
  equal(eb.grad(function(v) return linear(v, y):sum() end)(x), y)
  raises(function() linear(x) end, "argument 2")
  raises(function() linear(eb.ones { 2 }, y) end, "expected shape [3]")
end)

test("hvp: point, direction, further arguments", function()
  local f = function(p, s, k) return (p.w ^ 3):sum() * s + (p.b * p.w):sum(), "more" end
  local p, v = { w = x, b = y }, { w = eb.ones { 3 }, b = 2 * x }
  equal(eb.hvp(f)(p, v, 2), { w = 12 * x + 2 * x, b = eb.ones { 3 } })
  raises(function() eb.hvp(f)(p) end, "the point and the direction")
  raises(function() eb.hvp(f)(p, { w = x }, 2) end, "hvp", "b")
  raises(function() eb.hvp(f)(p, { w = x, b = eb.ones { 2 } }, 2) end, "expected shape [3] at 'b', got [2]")
end)

test("jacobian and hessian: tensors, trees in key order, further arguments", function()
  local A = eb.tensor { { 1, 2, 3 }, { 4, 5, 6 } }
  equal(eb.jacobian(function(a) return A:mm(a) end)(x), A)
  equal(eb.jacobian(function(a, b) return a * b end)(x, y), y:diag())
  equal(eb.jacobian(function(a) return a:outer(a) end)(x).shape, { 3, 3, 3 })
  equal(eb.jacobian(function(a) return a end)(eb.tensor(2)), eb.tensor(1))
  local J = eb.jacobian(function(p, s) return p.b * s + p.a:sum() end)({ b = x, a = A }, 2)
  equal(J.shape, { 3, 9 })
  equal(J, eb.cat({ eb.ones { 3, 6 }, 2 * eb.eye(3) }, 2))
  local H = eb.hessian(function(p, s) return (p[2] * p[1]):sum() * s end)({ x, y }, 3)
  equal(H, 3 * eb.cat({ eb.cat({ eb.zeros { 3, 3 }, eb.eye(3) }, 2), eb.cat({ eb.eye(3), eb.zeros { 3, 3 } }, 2) }, 1))
  raises(function() eb.hessian(function(a) return a end)(x) end, "hessian: the function must return a scalar, got float64[3]")
  raises(function() eb.hvp(function(a) return a end)(x, x) end, "hvp: the function must return a scalar, got float64[3]")
  raises(function() eb.jacobian(function(a) return a end)({}) end, "jacobian", "no tensors")
  raises(function() eb.jacobian(function(a) return a end)() end, "jacobian: argument 1 is missing")
  -- a result that is a tree counts as one vector, too
  equal(eb.jacobian(function(a) return { p = a:sum(), [1] = 2 * a } end)(x), eb.cat({ 2 * eb.eye(3), eb.ones { 1, 3 } }, 1))
end)

test("vmap: axes for each argument, negative, shared, trees, out_axes, generators", function()
  local m = eb.arange(1, 6):reshape { 2, 3 }
  equal(eb.vmap(function(r) return r end, 2)(m), m:t())
  equal(eb.vmap(function(r) return r end, { -1 })(m), m:t())
  equal(eb.vmap(function(r, s) return r * s end, { 1, false })(m, x), m * x)
  equal(eb.vmap(function(p, s) return { out = p.a + s, twice = { 2 * p.b } } end, { 2, 1 }, { 1 })({ a = m, b = m }, x),
    { out = m:t() + x:reshape { 3, 1 }, twice = { 2 * m:t() } })
  equal(eb.vmap(function(r) return r, r:sum() end, 1, { 2, 1 })(m), m:t())
  equal(eb.vmap(function(r) return r end, 1, -1)(m), m:t())
  equal(eb.vmap(function(r) return 7 end)(m), { 7, 7 })
  local p = eb.vmap(function(t) return t.a * t.b:sum() end, { { a = 2, b = false } })({ a = m, b = x })
  equal(p, 6 * m:t())
  raises(function() eb.vmap(function(r) return r end, 3)(m) end, "dimension 3 does not exist", "[2, 3]")
  raises(function() eb.vmap(function(r) return r end, false)(m) end, "no argument is mapped")
  raises(function() eb.vmap(function(r) return r end, { 1 })(m, m) end, "axes", "entry 2 is missing")
  raises(function() eb.vmap(function(r) return r end, "1")(m) end, "an axis is a dimension")
  raises(function() eb.vmap(function(r) return r end, 0)(m) end, "an axis is a dimension")
  raises(function() eb.vmap(function(a, b) return a + b end)(m, x) end, "mapped sizes differ: 2 and 3")
  raises(function() eb.vmap(function(r) return r end, 1, 3)(m) end, "vmap")
  raises(function() eb.vmap(function(r) return r end, 1, -3)(m) end, "vmap")
  raises(function() eb.vmap(function(r) return r end)() end, "no argument is mapped")
  local draws = eb.vmap(function(r) return r:randn { 2 } end)(eb.rng(1):split(3))
  equal(draws.shape, { 3, 2 })
  local same = eb.vmap(function(r, g) return g:randn { 2 } end, { 1, false })(m, eb.rng(1))
  equal(same[1], same[2])
end)

test("stop_gradient of trees, whose other entries stay", function()
  local t = eb.stop_gradient { a = x, b = { y, "text" } }
  equal(t, { a = x, b = { y, "text" } })
  equal(eb.grad(function(p) local q = eb.stop_gradient(p) return (p.a * q.a):sum() end)({ a = x }), { a = x })
  equal(select(2, eb.jvp(eb.stop_gradient, { x }, { x })), { 0, 0, 0 })
  equal(eb.vmap(eb.stop_gradient)(x), x)
end)

test("check_grad gives the largest relative error", function()
  assert(eb.check_grad(function(a) return a:sin():sum() end, x) < 1e-8)
  assert(eb.check_grad(function(p, s) return (p.a * p.b[1]):exp():sum() * s end, { a = x, b = { y } }, 0.5) < 1e-8)
  assert(eb.check_grad(function(a) return a:softmax(1) end, x) < 1e-8)
  assert(math.type(eb.check_grad(function(a) return a:sum() end, x)) == "float")
  -- float32 points are checked in float64
  assert(eb.check_grad(function(a) return a:sin():sum() end, x:cast "float32") < 1e-8)
  local wrong = eb.custom { forward = function(a) return a:sin() end, jvp = function(p, t) return 1.001 * t[1] * p[1]:cos() end }
  local e = eb.check_grad(function(a) return wrong(a):sum() end, x)
  assert(e > 5e-4 and e < 2e-3, e)
  -- At a kink differences see both sides, so points have to lie beside it.
  assert(eb.check_grad(function(a) return a:abs():sum() end, eb.tensor { 0, 1 }) > 0.01)
  assert(eb.check_grad(function(a) return a:abs():sum() end, eb.tensor { 0.1, 1 }) < 1e-8)
  assert(eb.check_grad(function(a) return a:relu():sum() end, eb.tensor { 0, 1 }) > 0.01)
end)

test("values are known under derivatives, and branches and loops work", function()
  local function f(a)
    local n = 0
    while a:norm():item() < 50 and n < 10 do a = a * 2; n = n + 1 end
    if a[1]:item() > 5 then return (a * a):sum() end
    return a:sum()
  end
  local g = eb.grad(f)(x)
  equal(g, 2 * 16 * 16 * x)
  equal(select(2, eb.jvp(f, { x }, { eb.ones { 3 } })):item(), g:sum():item())
  local _, pull = eb.vjp(f, x)
  equal(pull(1), g)
  local _, map = eb.linearize(f, x)
  equal(map(eb.ones { 3 }):item(), g:sum():item())
  equal(eb.grad(function(a) return a[math.tointeger(a:argmax():item())] * #a:totable() end)(x), { 0, 0, 3 })
  assert(tostring(eb.grad(function(a) assert(tostring(a):find "float64") return a:sum() end)(x)))
end)

test("a value that is not known inside vmap is an error with line and advice", function()
  local m = eb.ones { 2, 3 }
  for name, read in pairs {
    item = function(r) return r[1]:item() end,
    totable = function(r) return r:totable() end,
  } do
    raises(function() eb.vmap(function(r) read(r) return r end)(m) end, name .. ": the value is not known inside vmap", "eb.where")
    raises(function() eb.vmap(eb.grad(function(r) read(r) return r:sum() end))(m) end, name, "eb.where")
  end
  local line = here(2)
  raises(function()
    eb.vmap(function(r) if r:sum():item() > 0 then return r end end)(m)
  end, line)
end)

test("writes inside a transform are refused, and the functional way is named", function()
  local other = eb.ones { 3 }
  for name, write in pairs {
    ["x[…] = v"] = function(a) a[1] = 5 end, copy_ = function(a) a:copy_(x) end, fill_ = function(a) a:fill_(0) end,
    add_ = function(a) a:add_(1) end, mul_ = function(a) a:mul_(2) end, sub_ = function(a) a:sub_(2) end, div_ = function(a) a:div_(2) end,
  } do
    for transform, run in pairs {
      grad = function(f) eb.grad(f)(x) end, vmap = function(f) eb.vmap(f)(x:reshape { 1, 3 }) end,
      jvp = function(f) eb.jvp(f, { x }, { x }) end, linearize = function(f) eb.linearize(f, x) end, vjp = function(f) eb.vjp(f, x) end,
      hvp = function(f) eb.hvp(f)(x, x) end, hessian = function(f) eb.hessian(f)(x) end, check_grad = function(f) eb.check_grad(f, x) end,
      checkpoint = function(f) eb.checkpoint(f)(x) end,
    } do
      raises(function() run(function(a) write(a) return a:sum() end) end, name, "eb.where", ":put")
      raises(function() run(function(a) write(other) return a:sum() end) end, name, "eb.where", ":put")
    end
  end
  equal(other, { 1, 1, 1 })
  other[1] = 2
  equal(other, { 2, 1, 1 })
  equal(eb.grad(function(a) return (a:put(2, a[1] * 3) ^ 2):sum() end)(x), { 20, 0, 6 })
end)

-- Whatever happens inside, nothing of it remains: transforms work and tensors can be written.
local function usable()
  equal(eb.vmap(eb.grad(function(a) return (a * a):sum() end))(eb.ones { 2, 2 }), 2 * eb.ones { 2, 2 })
  equal(eb.hvp(function(a) return (a ^ 3):sum() end)(x, eb.ones { 3 }), 6 * x)
  local t = eb.zeros { 2 }
  t[1] = 1
  equal(t, { 1, 0 })
end

test("errors at every depth of every nesting leave nothing behind", function()
  local transforms = {
    function(f) return function(a) return eb.grad(f)(a):sum() end end,
    function(f) return function(a) return select(2, eb.jvp(f, { a }, { a })) end end,
    function(f) return function(a) return eb.vmap(f)(a:unsqueeze(1)):sum() end end,
    function(f) return eb.checkpoint(f) end,
    function(f) return function(a) local _, map = eb.linearize(f, a) return map(a) end end,
    function(f) return function(a) local _, pull = eb.vjp(f, a) return pull(1):sum() end end,
    function(f) return eb.custom { forward = f, jvp = function(p, t) return select(2, eb.jvp(f, p, t)) end } end,
    function(f) return eb.custom { forward = f, vjp = function(ct, p) return ct * eb.grad(f)(p[1]) end } end,
  }
  for i, outer in ipairs(transforms) do
    for j, middle in ipairs(transforms) do
      for k, inner in ipairs(transforms) do
        local line
        local function nested(body) return outer(middle(inner(body))) end
        raises(function()
          nested(function(a)
            local _ = (a * a):sum()
            line = here(1)
            error "on purpose"
          end)(x)
        end, "on purpose")
        local message = select(2, pcall(nested(function(a) line = here() local b = a * a + eb.ones { 7 } return b:sum() end), x))
        assert(tostring(message):find(line, 1, true) and message:find("add: shapes", 1, true), message)
        close(nested(function(a) return (a ^ 2):sum() / 2 end)(x):item(), nested(function(a) return (a * a):sum() / 2 end)(x):item(), 1e-12)
      end
    end
  end
  usable()
end)

test("a coroutine may run inside a transform, but not be left from there", function()
  local body = coroutine.wrap(function() return eb.grad(function(a) coroutine.yield(1) return a:sum() end)(x) end)
  raises(body, "coroutine.yield: a function under a transform can't suspend")
  raises(coroutine.wrap(function() eb.vmap(function(a) coroutine.yield(1) return a end)(x) end), "can't suspend")
  usable()
  -- A whole transform inside a coroutine, with yields between.
  local steps = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(eb.grad(function(a) return (a * a):sum() * i end)(x)) end end)
  for i = 1, 3 do equal(steps(), 2 * i * x) end
end)

test("escaped values are refused wherever they are used", function()
  local kept = {}
  eb.grad(function(a) kept[1] = a * 2 return a:sum() end)(x)
  eb.vmap(function(a) kept[2] = a * 2 return a end)(eb.ones { 2, 3 })
  eb.jvp(function(a) kept[3] = a * 2 return a end, { x }, { x })
  eb.checkpoint(function(a) kept[4] = a * 2 return a end)(x)
  for _, value in ipairs(kept) do
    for _, use in ipairs {
      function(v) return v + 1 end, function(v) return v:sort(-1) end, function(v) return v:tanh() end, function(v) return eb.stack({ v, v }, 1) end,
      function(v) return eb.grad(function(a) return (a * v):sum() end)(x) end, function(v) return eb.vmap(function(a) return a * v end)(x) end,
    } do raises(function() use(value) end, "after the transform that made it had ended") end
  end
  usable()
end)
