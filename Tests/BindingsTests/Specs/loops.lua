eb.default_dtype "float64"

local rng = eb.rng(3)
local X, y = rng:randn { 5, 4 }, rng:randn { 5 }
local function loss(w) return ((X:mm(w) - y) ^ 2):mean() end
local function gd(lr) return function(w, i) return w - lr / (1 + 0.1 * i) * eb.grad(loss)(w) end end

-- The same loop in Lua.
local function unrolled(n, f, state)
  for i = 1, n do state = f(state, i) end
  return state
end
local function unrolled_scan(f, state, xs)
  local ys = {}
  for i = 1, #xs do state, ys[i] = f(state, xs[i]) end
  return state, eb.stack(ys, 1)
end

test("a loop has the bits of the Lua loop", function()
  local w = rng:randn { 4 }
  for _, n in ipairs { 1, 2, 7, 50 } do
    assert(eb.tree.equal(eb.loop(n, gd(0.1), w), unrolled(n, gd(0.1), w)))
  end
  -- A tree with a momentum, numbers, and leaves that change places.
  local function step(s, i)
    local g = eb.grad(loss)(s.w)
    local m = 0.9 * s.m + g
    return { w = s.w - 0.05 * m, m = m, t = s.t + 1, a = s.b, b = s.a + s.t, best = eb.where(s.best:lt(loss(s.w)), s.best, loss(s.w)) }
  end
  local begin = { w = w, m = eb.zeros { 4 }, t = 0, a = eb.ones { 2 }, b = eb.zeros { 2 }, best = eb.tensor(1e9) }
  for _, n in ipairs { 1, 2, 9 } do
    local a, b = eb.loop(n, step, begin), unrolled(n, step, begin)
    close(a.t, b.t, 0)
    a.t, b.t = nil, nil
    assert(eb.tree.equal(a, b), n)
  end
  -- float32 meets numbers as everywhere.
  local w32, X32 = w:cast "float32", X:cast "float32"
  local function step32(w, i) return w - 0.1 / i * eb.grad(function(w) return (X32:mm(w)):square():mean() end)(w) end
  assert(eb.tree.equal(eb.loop(20, step32, w32), unrolled(20, step32, w32)))
  -- A state that begins as a view, and one that is a view of itself.
  local v = rng:randn { 3, 3 }
  local function turn(s) return (s:t() * 0.9 + s:sum(1)):t() end
  close(eb.loop(5, turn, v:t()), unrolled(5, turn, v:t()), 1e-14)
end)

test("closed forms", function()
  -- Gradient descent on a x²/2: (1 - lr a)^n
  local a = eb.tensor { 1, 2, 5 }
  local function step(x) return x - 0.1 * eb.grad(function(x) return (a * x * x):sum() / 2 end)(x) end
  close(eb.loop(30, step, eb.ones { 3 }), { 0.9 ^ 30, 0.8 ^ 30, 0.5 ^ 30 }, 1e-13)
  -- A geometric series and its derivative in q.
  local function series(q) return eb.loop(20, function(s) return 1 + q * s end, eb.tensor(0)) end
  close(series(eb.tensor(0.5)), 2 - 2 ^ -19, 1e-14)
  local slope = 0
  for k = 1, 19 do slope = slope + k * 0.5 ^ (k - 1) end
  close(eb.grad(series)(eb.tensor(0.5)), slope, 1e-13)
  -- i! by the counter.
  equal(eb.loop(5, function(x, i) return x * i end, eb.tensor(1)), 120)
  equal(eb.loop(4, function(x, i) return x + i end, 0), 10)
  -- Running products.
  local xs = eb.tensor { 2, 3, 4 }
  local last, products = eb.scan(function(p, x) return p * x, p * x end, eb.tensor(1), xs)
  equal({ last, products }, { 24, { 2, 6, 24 } })
  close(eb.grad(function(x) return eb.scan(function(p, x) return p * x end, eb.tensor(1), x) end)(xs), { 12, 8, 6 }, 1e-14)
end)

local function rnn(w) return function(h, x) h = (h:mm(w) + x):tanh() return h, h:sum() end end
local W, inputs = rng:randn { 3, 3 }, rng:randn { 6, 3 }
local function recurrent(scan, options)
  return function(w, h)
    local state, ys = scan(rnn(w), h or eb.ones { 3 }, inputs, options)
    return (state * state):sum() + (ys * ys * ys):sum()
  end
end

test("derivatives are those of the Lua loop, in every nesting", function()
  local direct = recurrent(unrolled_scan)
  local v, h = rng:randn { 3, 3 }, rng:randn { 3 }
  for _, options in ipairs { {}, { checkpoint = true }, { checkpoint = 4 }, { checkpoint = 9 } } do
    local f = recurrent(eb.scan, options)
    local function both(g) close(g(f), g(direct), 1e-11) end
    both(function(f) return f(W, h) end)
    both(function(f) return eb.grad(f)(W, h) end)
    both(function(f) return eb.grad(f, 2)(W, h) end)
    both(function(f) return select(2, eb.jvp(f, { W, h }, { v, false })) end)
    both(function(f) return eb.hvp(f)(W, v, h) end)
    both(function(f) return eb.grad(function(w) return (eb.grad(f)(w, h) * v):sum() end)(W) end)
    both(function(f) return eb.grad(function(w) return select(2, eb.jvp(f, { w, h }, { v, h })) end)(W) end)
    both(function(f) return eb.hvp(function(w) return (eb.grad(f)(w, h) * v):sum() end)(W, v) end)
    both(function(f) return eb.vmap(eb.grad(f), { false, 1 })(W, inputs) end)
    both(function(f) return eb.grad(function(w) return eb.vmap(f, { false, 1 })(w, inputs):sum() end)(W) end)
    both(function(f) return eb.vmap(eb.hvp(f), { 1, false, false })(eb.stack({ W, v }, 1), v, h) end)
    both(function(f) return eb.hessian(f)(h:reshape { 1, 3 }:expand { 3, 3 }, h) end)
    both(function(f) return eb.grad(function(w) return eb.checkpoint(f)(w, h) end)(W) end)
    assert(eb.check_grad(f, W, h) < 1e-5)
  end
  -- A loop of gradient descent is differentiated by its rate, twice.
  local function final(loop) return function(lr) return loss(loop(8, gd(lr), eb.zeros { 4 })) end end
  local lr = eb.tensor(0.1)
  close(eb.grad(final(eb.loop))(lr), eb.grad(final(unrolled))(lr), 1e-11)
  close(eb.grad(eb.grad(final(eb.loop)))(lr), eb.grad(eb.grad(final(unrolled)))(lr), 1e-10)
end)

test("nested loops", function()
  local function outer(loop)
    return function(a)
      return loop(3, function(s, i)
        return s + loop(2, function(t, j) return t:sin() * a * (i / j) end, s * 0.1)
      end, eb.ones { 2 }):sum()
    end
  end
  local a = eb.tensor(0.7)
  assert(eb.tree.equal(outer(eb.loop)(a), outer(unrolled)(a)))
  close(eb.grad(outer(eb.loop))(a), eb.grad(outer(unrolled))(a), 1e-13)
  close(eb.grad(eb.grad(outer(eb.loop)))(a), eb.grad(eb.grad(outer(unrolled)))(a), 1e-12)
end)

test("lanes", function()
  local rates = eb.tensor { 0.01, 0.1, 0.3 }
  local all = eb.vmap(function(lr) return eb.loop(10, gd(lr), eb.zeros { 4 }) end)(rates)
  for q = 1, 3 do close(all[q], unrolled(10, gd(rates[q]), eb.zeros { 4 }), 1e-13) end
  local state, ys = eb.vmap(function(h, x) return eb.scan(rnn(W), h, x) end, { false, 1 })(eb.ones { 3 }, inputs:reshape { 2, 3, 3 })
  for k = 1, 2 do
    local s, y = unrolled_scan(rnn(W), eb.ones { 3 }, inputs:reshape { 2, 3, 3 }[k])
    close(state[k], s, 1e-13)
    close(ys[k], y, 1e-13)
  end
end)

test("cond", function()
  local calls = {}
  local function f(x) calls[#calls + 1] = "f" return x * 2 end
  local function g(x) calls[#calls + 1] = "g" return -x end
  equal(eb.cond(true, f, g, eb.tensor(3)), 6)
  equal(eb.cond(eb.tensor(3):lt(1), f, g, eb.tensor(3)), -3)
  equal(eb.grad(function(x) return eb.cond(x:gt(0), f, g, x) end)(eb.tensor(3)), 2)
  equal(calls, { "f", "g", "f" })
  equal({ eb.cond(false, f, function(...) return ..., "word", 7 end, 1, 2) }, { 1, "word", 7 })
  -- Inside a loop one of both runs: steps of one size, then of another.
  local function bounce(s) return eb.cond(s.x:gt(1), function(s) return { x = s.x - 1.5, n = s.n + 1 } end, function(s) return { x = s.x + 0.4, n = s.n } end, s) end
  local s = eb.loop(30, bounce, { x = eb.tensor(0), n = eb.tensor(0) })
  local x, n = 0.0, 0
  for _ = 1, 30 do if x > 1 then x, n = x - 1.5, n + 1 else x = x + 0.4 end end
  close(s, { x = x, n = n }, 1e-14)
  -- Under vmap, in a loop, with a derivative.
  local function kink(x) return eb.loop(3, function(x, i) return eb.cond((x * i):gt(1), function(x) return x:log() end, function(y) return y * y + x end, x) end, x) end
  local function plain(x) for i = 1, 3 do if (x * i):item() > 1 then x = x:log() else x = x * x + x end end return x end
  local points = eb.tensor { -0.3, 0.2, 0.7, 2.5 }
  local slopes = eb.vmap(eb.grad(kink))(points)
  for k = 1, 4 do
    close(kink(points[k]), plain(points[k]), 1e-14)
    close(eb.grad(kink)(points[k]), eb.grad(plain)(points[k]), 1e-13)
    close(slopes[k], eb.grad(plain)(points[k]), 1e-13)
    close(eb.grad(eb.grad(kink))(points[k]), eb.grad(eb.grad(plain))(points[k]), 1e-12)
  end
end)

test("rules of the user hold in loops", function()
  local straight = eb.custom { forward = function(x) return x:round() end, vjp = function(ct) return ct end }
  local function f(a) return eb.loop(3, function(x) return straight(x * a) + 0.25 * x end, eb.tensor(1.3)) end
  local function plain(a) local x = eb.tensor(1.3) for _ = 1, 3 do x = straight(x * a) + 0.25 * x end return x end
  local a = eb.tensor(1.7)
  close(f(a), plain(a), 0)
  close(eb.grad(f)(a), eb.grad(plain)(a), 1e-13)
end)

test("inside compiled functions", function()
  local f = function(w, lr, n) return eb.loop(n, gd(lr), w) end
  local g = eb.compile(f)
  for _, lr in ipairs { 0.1, 0.2 } do assert(eb.tree.equal(g(X[1], lr, 6), unrolled(6, gd(lr), X[1]))) end
  local slope = eb.grad(function(w, a) return loss(eb.loop(4, gd(a), w)) end, 2)
  close(eb.compile(slope)(X[2], eb.tensor(0.1)), slope(X[2], eb.tensor(0.1)), 1e-14)
  local h = eb.compile(function(x) return eb.cond(x:gt(0), function(x) return x:sqrt() end, function(x) return -x end, x) end)
  equal({ h(eb.tensor(4)), h(eb.tensor(-4)) }, { 2, 4 })
  local step = eb.compile(gd(0.1))
  assert(eb.tree.equal(eb.loop(5, step, X[1]), unrolled(5, gd(0.1), X[1])))
end)

test("no rounds, no state that changes, no inputs", function()
  equal(eb.loop(0, function() error "is not called" end, { eb.ones { 2 }, 3 }), { { 1, 1 }, 3 })
  local s, ys = eb.scan(function(s, x) return s, x * 2 end, eb.tensor(1), eb.zeros { 0, 3 })
  equal(s, 1)
  equal(ys.shape, { 0, 3 })
  equal(eb.loop(5, function(s) return s end, { eb.ones { 2 } }), { { 1, 1 } })
  equal({ eb.scan(function(s, i) return s + i, i * i end, 0, 3) }, { 6, { 1, 4, 9 } })
  equal(select(2, eb.scan(function(s, x) return s + x.a, { x = x, two = 2 } end, eb.tensor(0), { a = eb.arange(1, 3) })), { x = { a = { 1, 2, 3 } }, two = { 2, 2, 2 } })
  equal(select("#", eb.scan(function(s) return s end, eb.tensor(0), 3)), 2)
  equal(eb.grad(function(x) return eb.loop(0, function(s) return s * 2 end, x) end)(eb.tensor(3)), 1)
end)

test("integers and truth values are states", function()
  local s = eb.loop(4, function(s) return { k = s.k * 2, odd = s.odd:logical_not() } end, { k = eb.tensor(1, { dtype = "int32" }), odd = eb.tensor(1):gt(2) })
  equal({ s.k, s.k.dtype, s.odd }, { 16, "int32", false })
end)

test("errors say what is wrong, and leave everything usable", function()
  raises(function() eb.loop(3, function(s) return { w = s.w:sum() } end, { w = eb.ones { 2 } }) end, "loop", "'w'", "float64[2]", "float64[]")
  raises(function() eb.loop(3, function(s) return s:cast "float32" end, eb.ones { 2 }) end, "float64[2]", "float32[2]")
  raises(function() eb.loop(3, function(s) return { a = s.a } end, { a = eb.ones { 2 }, b = 1 }) end, "'b'")
  raises(function() eb.loop(3, function(s) return { a = s.a, on = false } end, { a = eb.ones { 2 }, on = true }) end, "'on'")
  raises(function() eb.loop(3, function() end, eb.ones { 2 }) end, "nothing")
  raises(function() eb.loop(3, function(s) return s, s end, eb.ones { 2 }) end, "eb.scan")
  raises(function() eb.loop(2.5, function(s) return s end, eb.ones { 2 }) end, "whole number", "2.5")
  raises(function() eb.loop(-1, function(s) return s end, eb.ones { 2 }) end, "-1")
  raises(function() eb.loop(1e12, function(s) return s end, eb.ones { 2 }) end, "2^31")
  raises(function() eb.loop(3, 7, eb.ones { 2 }) end, "function")
  raises(function() eb.loop(3, function(s) return s end, "x") end, "tree")
  raises(function() eb.loop(3, function(s) return s end, eb.ones { 2 }, { chekpoint = true }) end, "checkpoint")
  raises(function() eb.scan(function(s, x) return s end, eb.ones { 2 }, { eb.ones { 2 }, eb.ones { 3 } }) end, "2", "3", "rows")
  raises(function()
    eb.loop(3, function(s)
      if s:sum():item() > 0 then return s end
    end, eb.ones { 2 })
  end, "item", "loop", "eb.cond", here(-2))
  raises(function() eb.loop(3, function(s) return s + eb.randn { 2 } end, eb.ones { 2 }) end, "randn", "eb.scan")
  raises(function() eb.loop(3, function(s) return s + rng:randn { 2 } end, eb.ones { 2 }) end, "eb.scan")
  equal(eb.loop(2, function(s) return s + eb.rng(1):rand { 1 } * 0 end, eb.ones { 1 }), { 1 })
  raises(function() eb.loop(3, function(s) s[1] = 3 return s end, eb.ones { 2 }) end, "eb.where")
  raises(function() eb.loop(1, function(s) return eb.cond(s:gt(0), function(s) return s end, function(s) return s:reshape { 1 } end, s) end, eb.tensor(1)) end, "cond", "float64[]", "float64[1]")
  raises(function() eb.loop(1, function(s) return eb.cond(s:gt(0), function(s) return { s } end, function(s) return s end, s) end, eb.tensor(1)) end, "cond", "table")
  raises(function() eb.cond(eb.tensor(1), function() end, function() end) end, "bool")
  raises(function() eb.loop(3, function(s) error "on purpose" end, eb.ones { 2 }) end, "on purpose")
  local kept
  eb.loop(3, function(s) kept = s return s * 2 end, eb.ones { 2 })
  raises(function() return kept + 1 end, "after the transform")
  local x = eb.ones { 2 }
  x[1] = 5
  rng:randn { 2 }
  equal(eb.loop(3, function(s) return s * 2 end, x), { 40, 8 })
end)

test("a long loop in segments keeps the square root of the memory", function()
  local n = 900
  local function memory(options)
    collectgarbage() collectgarbage()
    eb.memory { reset_peak = true }
    local before = eb.memory().live
    local g = eb.grad(function(x) return eb.loop(n, function(x) return (x * 1.001):sin() end, x, options):sum() end)(eb.ones { 1000 })
    return eb.memory().peak - before, g
  end
  local stored, a = memory()
  local little, b = memory { checkpoint = true }
  assert(little * 5 < stored, little .. " bytes of " .. stored)
  close(a, b, 1e-12)
end)

test("nothing is allocated from round to round", function()
  local function allocations(n)
    collectgarbage() collectgarbage()
    eb.memory { reset_peak = true }
    local before = eb.memory().live
    eb.loop(n, gd(0.1), eb.zeros { 4 })
    return eb.memory().peak - before
  end
  assert(allocations(5000) <= allocations(5) + 8 * 5000 + 4096)
end)
