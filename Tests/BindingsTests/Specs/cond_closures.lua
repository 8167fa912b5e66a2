-- Branches of eb.cond that close over watched values, in every nesting: each function is written once and run with its values closed over,
-- passed as operands, and with both branches computed and selected by eb.where.
eb.default_dtype "float64"

local function pick(p, a, b)
  if type(a) ~= "table" then return eb.where(p, a, b) end
  local picked = {}
  for k in pairs(a) do picked[k] = pick(p, a[k], b[k]) end
  return picked
end

local ways = {
  closed = function(p, f, g, ...)
    local values = { ... }
    return eb.cond(p, function() return f(table.unpack(values)) end, function() return g(table.unpack(values)) end)
  end,
  passed = eb.cond,
  selected = function(p, f, g, ...) return pick(p, f(...), g(...)) end,
}

-- Functions of parameters and an example; `cond` is one of the ways.
local cases = {
  ["over the mapped value"] = function(cond, p, x)
    local s = p:dot(p)
    return s * cond(x:sum():gt(0), function(x) return x:sum() end, function(x) return (x ^ 2):dot(x) end, x)
  end,
  ["over the differentiated value"] = function(cond, p, x)
    local c = cond(x:sum():gt(0), function(p) return p ^ 3 end, function(p) return p ^ 2 end, p)
    return c:dot(x)
  end,
  ["over both"] = function(cond, p, x)
    return cond(x:sum():gt(0), function(p, x) return (p ^ 3):dot(x) end, function(p, x) return (p ^ 2):dot(x) + x[1] end, p, x)
  end,
  ["over values made of them outside"] = function(cond, p, x)
    local y, z = p * x, p:sin()
    return cond(x:sum():gt(0), function(y, z) return (y * z):sum() end, function(y) return y:exp():sum() end, y, z)
  end,
  ["a predicate that is not mapped"] = function(cond, p, x)
    return cond(p:sum():gt(1), function(p, x) return (p ^ 3):dot(x) end, function(p, x) return (p * x):tanh():sum() end, p, x)
  end,
  ["branches that return what they close over"] = function(cond, p, x)
    return cond(x:sum():gt(0), function(_, x) return x end, function(p) return p end, p, x):dot(p)
  end,
  ["one branch alone closes over"] = function(cond, p, x)
    return cond(x:sum():gt(0), function(p) return p:prod() end, function() return 1.5 end, p)
  end,
  ["trees and constants"] = function(cond, p, x)
    local t = cond(x:sum():gt(0), function(p, x) return { a = p * x, b = { 2, x } } end, function(p, x) return { a = x, b = { -1, eb.ones { 3 } } } end, p, x)
    return t.a:dot(p) * t.b[1] + t.b[2]:dot(p ^ 2)
  end,
  ["cond in cond"] = function(cond, p, x)
    return cond(x:sum():gt(0), function(p, x)
      local y = p * x
      return cond(p[1]:gt(x[1]), function(y, p) return (y * p):sum() end, function(y) return y:sin():sum() end, y, p)
    end, function(p, x)
      return cond(x[2]:gt(-1.5), function(p) return (p ^ 3):sum() end, function(p, x) return (p ^ 2):dot(x) end, p, x)
    end, p, x)
  end,
  ["the state of a loop"] = function(cond, p, x)
    local h = eb.loop(3, function(h, i)
      local y = h * 0.5
      return cond(h:sum():gt(0), function(h, y, p) return y * p - 1 end, function(h, y, p) return h + p:sin() - y end, h, y, p)
    end, x)
    return h:dot(p)
  end,
  ["a state that becomes what is closed over"] = function(cond, p, x)
    local q = p * x
    local h = eb.loop(2, function(h) return cond(h:sum():gt(0), function(_, q) return q end, function(h, q) return h - q end, h, q) end, x)
    return h:dot(p)
  end,
  ["state and rows of a scan"] = function(cond, p, x)
    local h, ys = eb.scan(function(h, row)
      local y = row * h
      return cond(h:gt(row), function(h, y) return h - 0.3 end, function(h, y) return h + y:abs() end, h, y), cond(row:gt(0), function(y, p) return y * p end, function(y, p) return p end, y, p)
    end, p[1], x)
    return h + (ys ^ 2):sum()
  end,
  ["a loop in segments"] = function(cond, p, x)
    local h = eb.loop(5, function(h) return cond(h:sum():gt(0), function(h, p) return h * p - 1 end, function(h, p) return h + p end, h, p) end, x, { checkpoint = 2 })
    return h:sum()
  end,
  ["a loop in a branch"] = function(cond, p, x)
    return cond(x:sum():gt(0), function(p, x) return eb.loop(3, function(h) return h * p + x end, x):sum() end, function(p, x) return eb.loop(2, function(h) return h:sin() end, p):dot(x) end, p, x)
  end,
  ["transforms in a branch"] = function(cond, p, x)
    return cond(x:sum():gt(0), function(p, x)
      return eb.grad(function(q) return (q ^ 3):dot(x * p) end)(p):sum()
    end, function(p, x)
      return eb.vmap(function(q) return q * (p * x):sum() end)(p):sum()
    end, p, x)
  end,
  ["checkpoint in a branch"] = function(cond, p, x)
    return cond(x:sum():gt(0), function(p, x) return eb.checkpoint(function(q) return (q * x):sin():sum() end)(p) end, function(p, x) return eb.checkpoint(function(q) return (q ^ 2):dot(x * p) end)(p) end, p, x)
  end,
}

local P = eb.tensor { 0.9, -0.4, 1.3 }
local X = eb.tensor { { 1, 0.5, 1 }, { -1, -2, 0.3 }, { 2, -1, 0.2 }, { 0.3, -0.6, -1 } }
local V = eb.tensor { 0.5, -1, 2 }
local all = #X

local function each(f)
  local rows = {}
  for k = 1, all do rows[k] = f(X[k]) end
  return rows
end

-- What is done with a function; every one gives one result for each example, or one for all.
local nestings = {
  values = function(f) return each(function(x) return f(P, x) end) end,
  compiled = function(f)
    local g = eb.compile(f)
    return each(function(x) return g(P, x) end)
  end,
  mapped = function(f) return eb.vmap(f, { false, 1 })(P, X) end,
  ["mapped over the parameters"] = function(f) return eb.vmap(f, { 1, false })(X, P) end,
  ["mapped over both"] = function(f) return eb.vmap(f)(X * 0.5, X) end,
  gradient = function(f) return each(function(x) return eb.grad(f)(P, x) end) end,
  ["gradient in the example"] = function(f) return eb.vmap(eb.grad(f, 2), { false, 1 })(P, X) end,
  ["compiled gradient"] = function(f)
    local g = eb.compile(eb.grad(f))
    return each(function(x) return g(P, x) end)
  end,
  ["mapped gradient"] = function(f) return eb.vmap(eb.grad(f), { false, 1 })(P, X) end,
  ["compiled mapped gradient"] = function(f) return eb.compile(eb.vmap(eb.grad(f), { false, 1 }))(P, X) end,
  ["gradient of mapped"] = function(f) return eb.grad(function(p) return (eb.vmap(f, { false, 1 })(p, X) ^ 2):sum() end)(P) end,
  ["per example"] = function(f)
    local g = eb.per_example(f)(P, X)
    return { g:norms(), g:mean() }
  end,
  jvp = function(f)
    return eb.vmap(function(x)
      local _, t = eb.jvp(function(p) return f(p, x) end, { P }, { V })
      return t
    end)(X)
  end,
  ["gradient of a compiled function"] = function(f)
    local g = eb.compile(f)
    return each(function(x) return eb.grad(g)(P, x) end)
  end,
  ["Hessian product"] = function(f) return each(function(x) return eb.hvp(function(p) return f(p, x) end)(P, V) end) end,
  ["compiled Hessian product"] = function(f)
    local g = eb.compile(function(p, x) return eb.hvp(function(p) return f(p, x) end)(p, V) end)
    return each(function(x) return g(P, x) end)
  end,
  ["mapped Hessian"] = function(f) return eb.vmap(function(x) return eb.hessian(function(p) return f(p, x) end)(P) end)(X) end,
  ["gradient of a gradient of mapped"] = function(f)
    local g = eb.grad(function(p) return eb.vmap(f, { false, 1 })(p, X):sum() end)
    return eb.grad(function(p) return g(p):dot(V) end)(P)
  end,
  checkpoint = function(f)
    return eb.vmap(eb.grad(function(p, x) return eb.checkpoint(function(p) return f(p * 2, x) end)(p) end), { false, 1 })(P, X)
  end,
  ["rounds of a loop"] = function(f)
    local g = eb.grad(function(p) return eb.loop(2, function(p) return p - 0.1 * eb.vmap(eb.grad(f), { false, 1 })(p, X):mean(1) end, p):dot(V) end)
    return { g(P), eb.compile(g)(P) }
  end,
  ["rows of a scan"] = function(f)
    return eb.grad(function(p) return (eb.scan(function(s, x) return s + f(p, x) * s:cos() end, eb.tensor(0.5), X)) end)(P)
  end,
  ["loss of a run"] = function(f)
    local run = eb.run { params = P, loss = function(p, x) return eb.vmap(f, { false, 1 })(p, x):mean() + f(p, x[2]) end, data = { X }, opt = eb.optim.sgd { lr = 0.01 } }
    run:advance(3)
    return run.params
  end,
}

local function sorted(t)
  local names = {}
  for name in pairs(t) do names[#names + 1] = name end
  table.sort(names)
  return names
end

for _, case in ipairs(sorted(cases)) do
  for _, nesting in ipairs(sorted(nestings)) do
    test(case .. ": " .. nesting, function()
      local function result(way) return nestings[nesting](function(p, x) return cases[case](ways[way], p, x) end) end
      local closed = result "closed"
      close(closed, result "passed", 1e-12)
      close(closed, result "selected", 1e-11)
    end)
  end
end

test("what a branch makes of values from outside happens only if it is chosen", function()
  local function root(cond) return function(x) return cond(x:gt(0), function(x) return x:sqrt() end, function(x) return -x end, x) end end
  for _, way in ipairs { "closed", "passed" } do
    -- The derivative of the root is infinite at 0, and 0 times that is no number.
    local slope = eb.compile(eb.grad(root(ways[way])))
    equal({ slope(eb.tensor(0)), slope(eb.tensor(4)) }, { -1, 0.25 })
    equal(eb.grad(function(x) return eb.loop(2, function(h) return root(ways[way])(h) end, x) end)(eb.tensor(0)), 1)
  end
  -- One branch would be an error.
  local function factor(h)
    local A = h * eb.eye(2)
    return eb.cond(h:gt(0), function() return eb.linalg.cholesky(A):sum() end, function() return h end)
  end
  local f = eb.compile(factor)
  close({ f(eb.tensor(4)), f(eb.tensor(-4)) }, { 4, -4 })
  close(eb.compile(eb.grad(factor))(eb.tensor(-4)), 1)
end)

test("a loop that returns a watched value from outside", function()
  local function f(p) return eb.loop(3, function() return p end, eb.tensor(1)) ^ 2 end
  local function g(p) return select(2, eb.scan(function(s) return s + 1, p end, eb.tensor(1), 3)):square():sum() end
  for value, h in pairs { [6] = f, [18] = g } do
    close(eb.grad(h)(eb.tensor(3)), value)
    close(eb.compile(eb.grad(h))(eb.tensor(3)), value)
    close(eb.vmap(eb.grad(h))(eb.tensor { 3, 6 }), { value, 2 * value })
  end
end)

test("a value whose transform has ended is refused, not used", function()
  local kept
  eb.grad(function(x) kept = x return x end)(eb.tensor(1))
  local function f(h) return eb.cond(h:gt(0), function() return kept end, function() return h end) end
  local function g(h) return eb.cond(h:gt(0), function() return kept * 2 + h end, function() return h end) end
  for _, f in ipairs { f, g } do
    raises(function() return eb.loop(2, f, eb.tensor(1)) end, "after the transform")
    raises(function() return eb.vmap(f)(eb.tensor { 1, -1 }) end, "after the transform")
  end
  raises(function() return eb.compile(g)(eb.tensor(1)) end, "after the transform")
  raises(function() return eb.compile(eb.grad(g))(eb.tensor(1)) end, "after the transform")
  -- So is what leaves a branch by another way than its results.
  local inside
  local function leak(x) return eb.cond(x:gt(0), function() inside = x * 2 return x end, function() return x end) + inside end
  raises(function() return eb.compile(leak)(eb.tensor(1)) end, "after the transform")
end)

test("a number of the host's language stays one through a choice, as an argument and as a result", function()
  local start = eb.tensor(2, { dtype = "float32" })
  local function both(i) return i end
  local rounds = {
    -- What a round makes of state, counter and the choice; and what it is.
    { function(h, i) return eb.cond(h:gt(0), function(a, j) return a * j end, function(a) return a end, h, i) end, function(h, i) return h * i end },
    { function(h, i) return h * eb.cond(h:gt(0), both, function(j) return 2 * j end, i) end, function(h, i) return h * i end },
    { function(h, i) return h * eb.cond(h:lt(0), function() return i end, function() return 2 * i end) end, function(h, i) return 2 * h * i end },
    { function(h, i) return h * eb.cond(h:gt(0), function() return i end, function() return 2.5 end) end, function(h, i) return h * i end },
    { function(h, i) return h * eb.cond(h:lt(0), function() return i end, function() return 2.5 end) end, function(h) return 2.5 * h end },
    { function(h, i) return h * eb.cond(h:gt(0), function() return 2.5 end, function() return i end) end, function(h) return 2.5 * h end },
    { function(h, i) return eb.cond(h:gt(0), function() return i end, function() return h end) * h end, function(h, i) return h * i end },
  }
  for _, round in ipairs(rounds) do
    local h = start
    for i = 1, 3 do h = round[2](h, i) end
    local looped = eb.loop(3, round[1], start)
    equal(looped.dtype, "float32")
    equal(looped, h)
    equal(eb.compile(function(h) return eb.loop(3, round[1], h) end)(start), h)
    close(eb.grad(function(h) return eb.loop(3, round[1], h) end)(start), h / start)
  end
  -- In lanes it is a tensor of the default dtype.
  eb.default_dtype "float32"
  local lanes = eb.loop(3, function(h, i) return h + eb.vmap(function() return i end)(h) end, eb.zeros(2))
  eb.default_dtype "float64"
  equal(lanes, 6 * eb.ones { 2, dtype = "float32" })
  -- Among themselves they are computed in float64, as Lua does.
  local fine = eb.loop(1, function(h, i) return h + ((eb.cond(h:gt(0), function(j) return j + 1e-9 end, both, i) - 1) * 1e9) end, start)
  close(fine, 3, 1e-6)
end)
