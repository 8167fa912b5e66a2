-- eb.compile with donate: arguments that a call may write over, and that are gone afterwards.
eb.default_dtype "float64"

local function adam(p, g, m, v, t)
  m = 0.9 * m + 0.1 * g
  v = 0.999 * v + 0.001 * g * g
  return p - 1e-3 * (m / (1 - 0.9 ^ t)) / ((v / (1 - 0.999 ^ t)):sqrt() + 1e-8), m, v
end

local function normal(n, seed) return eb.randn({ n }, { rng = eb.rng(seed) }) end

local function peak(body)
  collectgarbage()
  collectgarbage()
  eb.memory { reset_peak = true }
  body()
  return eb.memory().peak
end

test("the bits are those of a call that gives nothing away", function()
  local plain, given = eb.compile(adam), eb.compile(adam, { donate = { 1, 3, 4 } })
  local g = normal(1000, 1)
  local p, m, v = normal(1000, 2), eb.zeros { 1000 }, eb.zeros { 1000 }
  local q, mq, vq = p * 1, m * 1, v * 1
  for t = 1, 5 do
    q, mq, vq = given(q, g, mq, vq, t)
    p, m, v = plain(p, g, m, v, t)
    equal({ q, mq, vq }, { p, m, v })
  end
  assert(tostring(given):find("float64%[1000%] donated, float64%[1000%], float64%[1000%] donated, float64%[1000%] donated, number"), tostring(given))
  assert(tostring(given):find("r3 in %1 ←", 1, true), tostring(given))
  assert(not tostring(plain):find("donated"))
end)

test("trees, and all arguments at once", function()
  local x, y = eb.randn({ 20, 5 }, { rng = eb.rng(3) }), normal(20, 4)
  local function loss(p) return ((x:mm(p.w) + p.b - y) ^ 2):mean() end
  local opt = eb.optim.adam { lr = 0.01 }
  local function step(p, state)
    local value, g = eb.value_and_grad(loss)(p)
    p, state = opt:step(p, g, state)
    return p, state, value
  end
  local compiled = eb.compile(step, { donate = true })
  local p, q = { w = normal(5, 5), b = eb.tensor(0.5) }, { w = normal(5, 5), b = eb.tensor(0.5) }
  local s, t = opt:init(p), opt:init(q)
  for _ = 1, 4 do
    local v, w
    local before = q
    p, s, v = step(p, s)
    q, t, w = compiled(q, t)
    equal({ p, s, v }, { q, t, w })
    raises(function() return before.w:sum() end, "argument 1, donated")
  end
  assert(tostring(compiled):find("recorded 1 time"), tostring(compiled))
end)

test("memory: no second copy of p, m and v, and nothing new in the steady state", function()
  -- 10^6 numbers of float64 take a block of 8 MB.
  local n, block = 1000000, 8 << 20
  local step = eb.compile(adam, { donate = { 1, 3, 4 } })
  local p, g, m, v = normal(n, 1), normal(n, 2), eb.zeros { n }, eb.zeros { n }
  local function run(first, last) for t = first, last do p, m, v = step(p, g, m, v, t) end end
  run(1, 2)
  assert(peak(function() run(3, 12) end) <= 4 * block + (1 << 16), eb.memory().peak)
  local memory = eb.memory()
  run(13, 40)
  collectgarbage()
  equal(eb.memory().live + eb.memory().cached, memory.live + memory.cached)

  -- Momentum with the gradient inside the plan: that is all there is besides p and m.
  local x, y = eb.randn({ 4, 1000 }, { rng = eb.rng(3) }), eb.randn({ 4, 1000 }, { rng = eb.rng(4) })
  local function loss(w) return ((x:mm(w) - y) ^ 2):sum() end
  local descend = eb.compile(function(w, u)
    local g = eb.grad(loss)(w)
    u = 0.9 * u + g
    return w - 1e-6 * u, u
  end, { donate = true })
  p, g, m, v = nil, nil, nil, nil
  local w, u = eb.randn({ 1000, 1000 }, { rng = eb.rng(5) }), eb.zeros { 1000, 1000 }
  local function descent() for _ = 1, 5 do w, u = descend(w, u) end end
  descent()
  assert(peak(descent) <= 3 * block + (1 << 18), eb.memory().peak)
end)

test("a tensor that was given away is refused wherever it is read", function()
  local double = eb.compile(function(x) return 2 * x end, { donate = true })
  local x = eb.tensor { 1, 2, 3 }
  equal(double(x), { 2, 4, 6 })
  local advice = "this tensor was given to a compiled call (argument 1, donated); use what the call returned, or compile without donate"
  local y = eb.tensor { 1, 1, 1 }
  for name, read in pairs {
    sum = function() return x:sum() end,
    add = function() return y + x end,
    totable = function() return x:totable() end,
    slice = function() return x[1] end,
    add_ = function() x:add_(1) end,
    copy_ = function() y:copy_(x) end,
    ["x[…] = v"] = function() x[1] = 3 end,
    ["compiled function"] = function() return double(x) end,
    mul = function() return eb.grad(function(y) return (y * x):sum() end)(y) end,
    loop = function() return eb.loop(2, function(x) return x + 1 end, x) end,
    equal = function() return eb.tree.equal({ x }, { y }) end,
    ["io.save"] = function() eb.io.save(os.tmpname() .. ".npy", x) end,
    square = function() return eb.compile(function(y) return y + x ^ 2 end)(y) end,
  } do raises(read, name .. ": " .. advice) end
  raises(function() return eb.vmap(function(y) return y * x end)(y) end, advice)
  raises(function() return eb.jvp(function(x) return x:exp() end, { x }, { y }) end, advice)
  -- what it was can still be asked
  equal(x.shape, { 3 })
  equal(x.dtype, "float64")
  equal(tostring(x), "tensor float64 [3] (given to a compiled call)")
end)

test("what others hold is not written over", function()
  local step = eb.compile(function(p) return eb.tree.map(function(w) return w * 2 end, p) end, { donate = true })
  local p = normal(6, 1)
  local numbers = p:totable()
  local view, copy = p:view(2, 3), p:clone()
  step(p)
  equal(view:view(6), numbers)
  equal(copy, numbers)
  -- the same tensor twice, of which one argument is given away
  local both = eb.compile(function(p, q) return p + q, p * q end, { donate = { 1 } })
  p = copy * 1
  local sum, product = both(p, p)
  equal({ sum, product }, { copy + copy, copy * copy })
  raises(function() return p:sum() end, "argument 1, donated")
  -- a captured tensor
  local scale = copy * 1
  local scaled = eb.compile(function(p) return p * scale end, { donate = true })
  equal(scaled(copy * 3), copy * 3 * copy)
  equal(scale, copy)
  equal(scaled(scale), copy * copy)
  raises(function() return scaled(copy * 1) end, "argument 1, donated")
  -- what is returned as it came
  local same = eb.compile(function(p) return p, 2 * p, p:view(3, 2) end, { donate = true })
  equal({ same(copy * 1) }, { copy, 2 * copy, copy:view(3, 2) })
  -- a fork of a run goes on with the numbers that the run had
  local run = eb.run { params = { w = copy * 1 }, loss = function(p) return (p.w ^ 2):sum() end, opt = eb.optim.sgd { lr = 0.1 } }
  run:advance(3)
  local expected, fork = run:fork():advance(3).params.w * 1, run:fork()
  local weights = run.params.w:clone()
  run = nil
  step({ weights })
  equal(fork:advance(3).params.w, expected)
end)

test("under transforms nothing is given away", function()
  local f = function(p, s) return (p * p * s):sum() end
  local given = eb.compile(f, { donate = true })
  local p, s = normal(3, 1), normal(3, 2)
  equal(eb.grad(given)(p, s), eb.grad(f)(p, s))
  equal({ eb.jvp(function(p) return given(p, s) end, { p }, { s }) }, { eb.jvp(function(p) return f(p, s) end, { p }, { s }) })
  local rows = eb.randn({ 4, 3 }, { rng = eb.rng(3) })
  equal(eb.vmap(given)(rows, rows), eb.vmap(f)(rows, rows))
  equal(eb.grad(function(x) return x:sum() * given(p, s) end)(s), eb.ones { 3 } * f(p, s))
  equal(eb.compile(function(p) return given(p, s) end)(p), f(p, s))
  equal(eb.loop(2, function(x) return x + given(p, s) end, s), s + f(p, s) + f(p, s))
  -- outside of them it is
  local expected = f(p, s)
  equal(given(p, s), expected)
  raises(function() return s:sum() end, "argument 2, donated")
end)

test("an error in the plan leaves them spent, one before it does not", function()
  local gather = eb.compile(function(x, i) return x:index(1, i) * 2 end, { donate = { 1 } })
  local x = eb.tensor { 1, 2, 3 }
  raises(function() return gather(x, eb.tensor({ 7 }, { dtype = "int32" })) end, "index 7")
  raises(function() return x:sum() end, "argument 1, donated")
  x = eb.tensor { 1, 2, 3 }
  raises(function() return eb.compile(function(x) error "own words" end, { donate = true })(x) end, "own words")
  equal(x, { 1, 2, 3 })
end)

test("options are checked", function()
  local f = function(x) return x end
  raises(function() eb.compile(f, { donate = 1 }) end, "compile: option 'donate': expected boolean or table of positions of arguments, got number")
  raises(function() eb.compile(f, { donate = { 0 } }) end, "arguments count from 1, got 0")
  raises(function() eb.compile(f, { donate = { 1.5 } }) end, "position 1 must be a whole number, got 1.5")
  raises(function() eb.compile(f, { donates = true }) end, "did you mean 'donate'?")
  raises(function() eb.compile(f, { donate = { 1, 2 } })(eb.ones { 2 }) end, "option 'donate' names argument 2, but the call has 1")
  equal(eb.compile(f, { donate = false })(eb.ones { 2 }), { 1, 1 })
end)
