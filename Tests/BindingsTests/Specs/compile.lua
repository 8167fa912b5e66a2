-- eb.compile: the bits of a plain call, at every call, whatever changed in between.
eb.default_dtype "float64"
local x, y = eb.tensor { 1, 2, 3 }, eb.tensor { 0.5, -1, 2 }
local W = eb.tensor { { 1, -2, 0.5 }, { 0.25, 3, -1 } }

-- Compiled and plain calls agree bit for bit, also at a second call on other numbers.
local function same(f, ...)
  local compiled = eb.compile(f)
  for _ = 1, 2 do equal({ compiled(...) }, { f(...) }) end
  return compiled
end

test("trees, several results, constants and views", function()
  same(function(a) return a * 2 + 1 end, x)
  same(function(a, b) return a * b, { a + b, "text", { n = b:sum() } }, nil, true end, x, y)
  same(function(p) return { w = p.w:t(), b = p[1] } end, { x, w = W, name = "net" })
  same(function(a) return a end, x)
  same(function() return eb.ones { 2 } end)
  same(function(a) return a:t():mm(a), a:t():sum(), a[2]:sum() end, W:t())
  same(function(a) return a:t() end, W)
  local f = eb.compile(function(a) return (a * a):sum() end)
  equal(f(x), 14)
  equal(f(x:cast "float32"):item(), 14)
  equal(f(W), (W * W):sum())
  equal(f(W:t()), (W * W):sum())
end)

test("derivatives of compiled functions and compiled derivatives", function()
  local function loss(p, x) return ((W:mm(x) + p.b):tanh() * p.s):sum() end
  local p = { b = eb.tensor { 0.1, -0.3 }, s = eb.tensor { 2, -1 } }
  same(eb.value_and_grad(loss), p, x)
  same(eb.grad(loss, 2), p, x)
  same(eb.hvp(loss), p, { b = eb.tensor { 1, 2 }, s = eb.tensor { -1, 1 } }, x)
  same(function(p, x) return eb.grad(function(x) return (eb.grad(loss, 2)(p, x) * x):sum() end)(x) end, p, x)
  equal(eb.grad(eb.compile(loss))(p, x), eb.grad(loss)(p, x))
  equal(eb.grad(eb.compile(loss), 2)(p, x), eb.grad(loss, 2)(p, x))
  equal({ eb.jvp(eb.compile(function(x) return loss(p, x) end), { x }, { y }) }, { eb.jvp(function(x) return loss(p, x) end, { x }, { y }) })
  equal(eb.vmap(eb.compile(function(a) return (a * a):sum() end))(W), (W * W):sum(2))
  same(eb.vmap(function(a) return (a * x):sum() end), W)
  same(eb.jacobian(function(a) return W:mm(a):exp() end), x)
  local inner = eb.compile(function(a) return a * a end)
  same(function(a) return inner(a) + inner(a + 1) end, x)
end)

test("under vmap the plan has all lanes", function()
  local k = eb.tensor { 1, -1, 2 }
  local f = function(a, s) return { (a * k):tanh() * s, n = a:sum() }, s end
  local compiled = eb.compile(f)
  for _ = 1, 2 do
    equal({ eb.vmap(compiled)(W, eb.tensor { 2, 3 }) }, { eb.vmap(f)(W, eb.tensor { 2, 3 }) })
    equal({ eb.vmap(compiled, { 2, false })(W:t(), eb.tensor(2)) }, { eb.vmap(f, { 2, false })(W:t(), eb.tensor(2)) })
    k = k * 2
  end
  assert(tostring(compiled):find("2 plans, recorded 2 times"), tostring(compiled))
  local train = function(lr)
    local w = eb.ones { 3 }
    for _ = 1, 3 do w = w - lr * eb.grad(function(w) return ((W:mm(w)) ^ 2):sum() end)(w) end
    return w
  end
  local rates = eb.tensor { 0.1, 0.01, 0.001 }
  equal(eb.vmap(eb.compile(train))(rates), eb.vmap(train)(rates))
  equal(eb.compile(eb.vmap(train))(rates), eb.vmap(train)(rates))
  equal(eb.vmap(eb.vmap(eb.compile(train)))(eb.ones { 2, 2 } * 0.1), eb.vmap(eb.vmap(train))(eb.ones { 2, 2 } * 0.1))
  equal(eb.grad(function(r) return eb.vmap(eb.compile(train))(r):sum() end)(rates), eb.grad(function(r) return eb.vmap(train)(r):sum() end)(rates))
end)

test("captured tensors, numbers, tables and functions are read again", function()
  local scale, k, t = eb.tensor { 1, 1, 1 }, 2, { deep = { y }, "mode" }
  local helper = function(a) return a * scale end
  local calls = 0
  local function f(a)
    local b = helper(a) * k + t.deep[1]
    if t[1] == "mode" then return b end
    return -b
  end
  local compiled = eb.compile(f)
  local function check() equal(compiled(x), f(x)) end
  check()
  scale = eb.tensor { 2, 3, 4 }
  check()
  scale[1] = 7
  check()
  k = 3
  check()
  k = 3.5
  check()
  t.deep[1] = eb.tensor { 9, 9, 9 }
  check()
  t.deep = { eb.tensor { { 1 }, { 2 } } }
  check()
  t[1] = "other"
  check()
  helper = function(a) return a - scale end
  check()
  t = { deep = { 4 } }
  check()
  k = eb.tensor(5)
  check()
end)

test("globals are noticed", function()
  global_weight, global_rate = eb.tensor { 1, 2, 3 }, 0.5
  function global_helper(a) return a * global_rate end
  local f = function(a) return global_helper(a) + global_weight end
  local compiled = eb.compile(f)
  equal(compiled(x), f(x))
  global_weight = global_weight * 3
  equal(compiled(x), f(x))
  global_rate = 0.25
  equal(compiled(x), f(x))
  function global_helper(a) return a - global_rate end
  equal(compiled(x), f(x))
  global_weight, global_rate, global_helper = nil, nil, nil
end)

test("signs move into numbers: −(2x) is the x · −2 that is there already, to the bit, and only where types stay", function()
  local x = eb.tensor { -1.5, 0, -0.0, 2, 1 / 0, -1 / 0, 0 / 0 }
  local function f(x) return -(2 * x), -(x * -3), -(-x), -(-(x * 0)), -(-(-(2 * x))), -(-x:gt(0)), -(x:gt(0) * 2), -(x:gt(0) * true), 1 / -(x * 0) end
  local compiled = eb.compile(f)
  for i, result in ipairs { compiled(x) } do
    local plain = select(i, f(x))
    assert(result.dtype == plain.dtype, i)
    equal(result, plain)
  end
  -- tanh' = 4 σ(2x) σ(−2x): the second derivative needs no other σ.
  local function slope(x) return eb.grad(function(x) return eb.tanh(x):sum() end)(x):sum() end
  local second = eb.compile(eb.grad(slope))
  equal(second(x), eb.grad(slope)(x))
  assert(select(2, tostring(second):gsub("sigmoid", "")) == 2, tostring(second))
end)

test("number arguments: one plan for all of them, unless control flow needs one", function()
  local f = function(a, t, lr) return a * (1 - 0.9 ^ t) / (1 + lr * t), t + 1, -t, t // 2, t % 3, t / 2 end
  local compiled = eb.compile(f)
  for t = 1, 5 do
    equal({ compiled(x, t, 0.1 * t) }, { f(x, t, 0.1 * t) })
    equal({ math.type(select(2, compiled(x, t, 0.5))) }, { "integer" })
  end
  assert(tostring(compiled):find("1 plan"), tostring(compiled))
  local powers = function(a, n) for _ = 1, n do a = a * a end return a end
  compiled = eb.compile(powers)
  for n = 0, 3 do equal(compiled(x, n), powers(x, n)) end
  local cases = function(a, n) if n == 2 then return a end if n > 3 then return a * 2 end return -a end
  compiled = eb.compile(cases)
  for n = 1, 5 do equal(compiled(x, n), cases(x, n)) end
  local keyed = function(a, n) local names = { "one", "two" } return a * #(names[n] or "") end
  compiled = eb.compile(keyed)
  for n = 1, 2 do equal(compiled(x, n), keyed(x, n)) end
  -- a number in a tree, a number that meets another dtype
  local state = function(s, a) return { t = s.t + 1, m = s.m * 0.5 + a }, a * s.t end
  compiled = eb.compile(state)
  local s, r = { t = 0, m = x }, nil
  for _ = 1, 3 do
    local expected = { state(s, x:cast "float32") }
    s, r = compiled(s, x:cast "float32")
    equal({ s, r }, expected)
  end
end)

test("draws are made anew at every call, from seeds and generators among the arguments", function()
  local function noisy(y, seed)
    local r = eb.rng(seed)
    return y + r:randn(3, { dtype = "float64" }), r:split(2)[2]:rand(2)
  end
  local compiled = eb.compile(noisy)
  for seed = 1, 4 do equal({ compiled(x, seed) }, { noisy(x, seed) }) end
  assert(tostring(compiled):find("recorded 1 time"), tostring(compiled))
  -- A generator among the arguments goes on as without compile, and any other takes its place.
  local function dropped(y, r) return eb.where(r:rand(3):lt(0.5), y, 0 * y), r:permutation(5) end
  compiled = eb.compile(dropped)
  for seed = 1, 2 do
    local a, b = eb.rng(seed), eb.rng(seed)
    for _ = 1, 3 do equal({ compiled(x, a) }, { dropped(x, b) }) end
    equal(a:rand(2), b:rand(2))
  end
  assert(tostring(compiled):find("recorded 1 time"), tostring(compiled))
  local kept
  pcall(eb.compile(function(y, r) kept = r return y end), x, eb.rng(1))
  raises(function() return kept:rand(2) end, "after the recording")
end)

test("a function that a compiled one reaches may test a number for equality", function()
  local function factor(t) if t == 2 then return 10 end return 1 end
  local compiled = eb.compile(function(y, t) return factor(t) * y end)
  for t = 1, 3 do equal(compiled(x, t), factor(t) * x) end
  -- However long the code is, it is read to its end.
  local lines = {}
  for i = 1, 400 do lines[i] = ("local a%d = y * %d"):format(i % 100, i) end
  local long = load("local y, t = ... do " .. table.concat(lines, " end do ") .. " end return y * t")
  compiled = eb.compile(long)
  for t = 1, 3 do equal(compiled(x, t), t * x) end
  assert(tostring(compiled):find("recorded 1 time"), tostring(compiled))
end)

test("what tests numbers counts where it runs, not where it is only within reach", function()
  local module = { scale = function(y, t) return y * t end }
  function module.other(t) if t == 2 then return 10 end return module[t] end
  local compiled = eb.compile(function(y, t) return module.scale(y, t) end)
  for t = 1, 3 do equal(compiled(x, t), t * x) end
  assert(tostring(compiled):find("recorded 1 time"), tostring(compiled))
  -- It runs: called by name, as a tail call, by a function of the library, in a coroutine, from a function made meanwhile.
  local function factor(t) if t == 2 then return 10 end return 1 end
  local function made() return function(t) if t == 2 then return 10 end return 1 end end
  local paused = coroutine.wrap(function(t) while true do t = coroutine.yield(factor(t)) end end)
  local calls = {
    function(y, t) return y * factor(t) end,
    function(y, t) return (function() return factor(t) end)() * y end,
    function(y, t) return select(2, pcall(factor, t)) * y end,
    function(y, t) return coroutine.wrap(factor)(t) * y end,
    function(y, t) return select(2, coroutine.resume(coroutine.create(factor), t)) * y end,
    function(y, t) return paused(t) * y end,
    function(y, t) return made()(t) * y end,
    function(y, t) return eb.tree.map(function(leaf) return leaf * factor(t) end, y) end,
    function(y, t) return setmetatable({}, { __index = function() return factor(t) end }).factor * y end,
  }
  for _, f in ipairs(calls) do
    local compiled = eb.compile(f)
    for t = 1, 3 do equal(compiled(x, t), factor(t) * x) end
  end
  -- The hook is gone, also after an error.
  pcall(eb.compile(function(y, t) error "no" end), x, 1)
  assert(debug.gethook() == nil)
  -- A coroutine that began during a recording, which is refused then, and lives on can record as well.
  local later
  raises(function()
    eb.compile(function(y)
      later = coroutine.wrap(function() for i = 0, 3 do coroutine.yield(i > 0 and compiled(x, i)) end end)
      later()
      return y
    end)(x)
  end, "from outside")
  compiled = eb.compile(function(y, t) return module.scale(y, t) end)
  for t = 1, 3 do equal(later(), t * x) end
  assert(tostring(compiled):find("recorded 1 time"), tostring(compiled))
  -- With a hook of the script's own nothing is known of calls.
  local count = 0
  debug.sethook(function() count = count + 1 end, "", 1)
  local hooked = eb.compile(function(y, t) return module.scale(y, t) end)
  for t = 1, 3 do equal(hooked(x, t), t * x) end
  debug.sethook()
  assert(count > 0 and tostring(hooked):find("3 plans"), tostring(hooked))
end)

test("optimizer steps compile, and one plan serves all of them", function()
  local function loss(p) return ((W:mm(p.w)) ^ 2):sum() end
  local opt = eb.optim.sgd { lr = 0.01, momentum = 0.9 }
  local function step(p, s)
    local value, g = eb.value_and_grad(loss)(p)
    local q, t = opt:step(p, g, s)
    return q, t, value
  end
  local compiled = eb.compile(step)
  local p, q = { w = x }, { w = x }
  local s, t = opt:init(p), opt:init(q)
  for i = 1, 5 do
    local v, w
    p, s, v = compiled(p, s)
    q, t, w = step(q, t)
    equal({ p, s, v }, { q, t, w })
  end
  assert(tostring(compiled):find("recorded 1 time"), tostring(compiled))
end)

test("what would be lost or frozen is an error that names the line", function()
  local count, log = 0, {}
  local first = here(4)
  raises(function()
    eb.compile(function(a)
      local b = a * 2
      count = count + 1
      return b
    end)(x)
  end, first, "changes a variable")
  local second = here(3)
  raises(function()
    eb.compile(function(a)
      log[#log + 1] = 1
      return a
    end)(x)
  end, second, "changes a variable")
  raises(function() eb.compile(function(a) some_global = a return a end)(x) end, "compile.lua", "some_global")
  raises(function() eb.compile(function(a) print(a) return a end)(x) end, "compile.lua", "print")
  local print = print
  raises(function() eb.compile(function(a) print(a) return a end)(x) end, "compile.lua", "not known inside compile")
  raises(function() eb.compile(function(a) return a + eb.randn { 3 } end)(x) end, "compile.lua", "random numbers")
  local rng = eb.rng(3)
  raises(function() eb.compile(function(a) return a + eb.randn { 3, rng = rng } end)(x) end, "compile.lua", "random numbers")
  raises(function() eb.compile(function(a) return a * math.random() end)(x) end, "compile.lua", "math.random")
  raises(function() eb.compile(function(a) if a:sum():item() > 0 then return a end end)(x) end, "compile.lua", "eb.where")
  raises(function() eb.compile(function(a) return a .. "" end)(x) end)
  assert(math.random() >= 0 and _G.print == print and rawget(_G, "some_global") == nil)
  equal(x, { 1, 2, 3 })
  -- draws of a generator made inside are the same at every call, as in a plain call
  same(function(a) return a + eb.randn { 3, rng = eb.rng(7) } end, x)
end)

test("after an error everything is as before", function()
  local inside = eb.tensor { 1, 2, 3 }
  pcall(eb.compile(function(a) local b = a * inside error("own words") end), x)
  equal(inside * 2, { 2, 4, 6 })
  raises(function() eb.compile(function(a) local b = a * inside error("own words") end)(x) end, "own words")
  equal(eb.compile(function(a) return a * inside end)(x), x * inside)
  raises(function() eb.compile(3) end, "compile: argument 1")
end)

test("whatever is changed between calls, no result is stale", function()
  local random = eb.rng(11)
  local seed = 1
  local function draw(n)
    seed = (seed * 16807) % 2147483647
    return seed % n + 1
  end
  local t = { w = eb.tensor { 1, 2, 3 }, k = 2, inner = { eb.tensor { 1, 1, 1 }, 3 }, f = function(a) return a + 1 end }
  local up, number, flag = eb.tensor { 3, 2, 1 }, 1.5, true
  local nested = function(n) return function(a) return a * n + t.inner[1] end end
  local g = nested(2)
  local function f(a, s)
    local b = g(t.f(a * t.w)) * t.k + t.inner[2] * up * number
    if flag then b = -b end
    return b * s
  end
  local compiled = eb.compile(f)
  local changes = {
    function() t.w = eb.randn { 3, rng = random } end,
    function() t.w[draw(3)] = draw(100) end,
    function() t.k = draw(5) end,
    function() t.inner[1] = eb.randn { 3, rng = random } end,
    function() t.inner[2] = draw(4) end,
    function() t.inner = { eb.randn { 3, rng = random }, draw(9), extra = draw(2) } end,
    function() local c = draw(5) t.f = function(a) return a - c end end,
    function() up = eb.randn { 3, rng = random } end,
    function() number = draw(7) / 3 end,
    function() flag = not flag end,
    function() g = nested(draw(6)) end,
    function() t = { w = t.w, k = t.k, inner = t.inner, f = t.f } end,
    function() up = up:cast(draw(2) == 1 and "float32" or "float64") end,
    function() end,
  }
  for _ = 1, 400 do
    changes[draw(#changes)]()
    if draw(20) == 1 then collectgarbage() end
    local a, s = eb.randn { 3, rng = random }, draw(3) / 2
    equal(compiled(a, s), f(a, s))
  end
end)

test("memory: what has to be held and little more, and nothing new in the steady state", function()
  local dtype = eb.default_dtype()
  eb.default_dtype "float32"
  local x, labels = eb.randn({ 128, 784 }, { rng = eb.rng(1) }), eb.randint({ 128 }, 1, 10, { rng = eb.rng(2) })
  local net = eb.nn.mlp { 784, 256, 256, 10, act = "relu" }
  local p = net:init { rng = eb.rng(3) }
  collectgarbage()
  local before = eb.memory().live
  local step = eb.compile(eb.value_and_grad(function(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end))
  local value, g
  local function run(count)
    for i = 1, count do
      value, g = step(p, x, labels)
      if i % 10 == 0 then collectgarbage() end
    end
    value, g = nil, nil
    collectgarbage()
    collectgarbage()
    local memory = eb.memory()
    return memory.live + memory.cached
  end
  run(3)
  eb.memory { reset_peak = true }
  value, g = step(p, x, labels)
  -- the gradient and the activations come to what was there: parameters and data
  local gradient, activations = 784 * 256 + 256 + 256 * 256 + 256 + 256 * 10 + 10, 128 * (256 + 256 + 10)
  local held = before + 4 * (gradient + activations)
  assert(eb.memory().peak <= 1.2 * held, ("%d of %d"):format(eb.memory().peak, held))
  local bytes = run(100)
  equal(run(300), bytes)
  eb.default_dtype(dtype)
end)
