eb.default_dtype "float64"

local rng = eb.rng(3)
local W = { rng:randn { 4, 4 } * 0.5, rng:randn { 4, 4 } * 0.5, rng:randn { 4, 4 } * 0.5 }
local x = rng:randn { 5, 4 }

-- Three segments of two layers with shared weights, and a residual.
local function net(wrap)
  local segment = wrap(function(p, h)
    h = (h:mm(p[1])):tanh() + h
    return (h:mm(p[2]) + h:mm(p[1])):sin()
  end)
  return function(p, h)
    for _ = 1, 3 do h = segment(p, h) end
    return (h ^ 2):sum()
  end
end
local plain, recomputed = net(function(f) return f end), net(eb.checkpoint)

test("values and gradients have the same bits", function()
  assert(eb.tree.equal(plain(W, x), recomputed(W, x)))
  for argnum = 1, 2 do
    assert(eb.tree.equal(eb.grad(plain, argnum)(W, x), eb.grad(recomputed, argnum)(W, x)))
  end
  -- Also where the weights come from outside.
  local function closing(wrap)
    return function(p)
      local segment = wrap(function(h) return (h:mm(p[1]) + h:mm(p[1] * 2)):tanh() end)
      local h = x
      for _ = 1, 4 do h = segment(h) end
      return (h:mm(p[2])):sum()
    end
  end
  local direct = closing(function(f) return f end)
  close(eb.grad(closing(eb.checkpoint))(W), eb.grad(direct)(W), 1e-14)
end)

test("every nesting", function()
  local v, u = eb.tree.randn_like(W, { rng = rng }), eb.tree.randn_like(W, { rng = rng })
  local function both(f) close(f(recomputed), f(plain), 1e-12) end
  both(function(f) return select(2, eb.jvp(function(p) return f(p, x) end, { W }, { v })) end)
  both(function(f) return eb.hvp(f)(W, v, x) end)
  -- grad of grad, forward of reverse of reverse, reverse of forward
  local function slope(f) return function(p) return eb.tree.dot(eb.grad(f)(p, x), v) end end
  both(function(f) return eb.grad(slope(f))(W) end)
  both(function(f) return eb.hvp(slope(f))(W, u) end)
  both(function(f) return eb.grad(function(p) return eb.tree.dot(eb.grad(slope(f))(p), u) end)(W) end)
  both(function(f) return eb.grad(function(p) return select(2, eb.jvp(function(p) return f(p, x) end, { p }, { v })) end)(W) end)
  -- vmap outside, inside and both
  both(function(f) return eb.vmap(eb.grad(f), { false, 1 })(W, x:reshape { 5, 1, 4 }) end)
  both(function(f) return eb.grad(function(p) return eb.vmap(f, { false, 1 })(p, x:reshape { 5, 1, 4 }):sum() end)(W) end)
  both(function(f) return eb.vmap(eb.hvp(f), { false, false, 1 })(W, v, x:reshape { 5, 1, 4 }) end)
  both(function(f)
    return eb.vmap(function(w) return eb.vmap(function(r) return eb.grad(f)({ w, W[2] }, r)[1] end)(x:reshape { 5, 1, 4 }) end)(eb.stack({ W[1], W[3] }, 1))
  end)
  both(function(f) return eb.hessian(function(t) return f({ W[1] * t[1], W[2] * t[2] }, x) end)(eb.ones { 2 }) end)
  assert(eb.check_grad(recomputed, W, x) < 1e-5)
end)

test("lanes and reverse mode in both orders keep the bits", function()
  local lanes = x:reshape { 5, 1, 4 }
  local function all(f) return eb.vmap(eb.grad(f), { false, 1 })(W, lanes) end
  assert(eb.tree.equal(all(plain), all(recomputed)))
  local function sum(f) return eb.grad(function(p) return eb.vmap(f, { false, 1 })(p, lanes):sum() end)(W) end
  assert(eb.tree.equal(sum(plain), sum(recomputed)))
end)

test("nested, and around rules", function()
  local inner = eb.checkpoint(function(h, w) return (h:mm(w)):tanh() end)
  local outer = eb.checkpoint(function(h, w) return inner(inner(h, w), w) end)
  local function f(h, w) return ((h:mm(w)):tanh():mm(w)):tanh() end
  local function loss(g) return function(w) return (g(g(x, w), w) ^ 2):sum() end end
  assert(eb.tree.equal(eb.grad(loss(outer))(W[1]), eb.grad(loss(f))(W[1])))
  close(eb.hvp(loss(outer))(W[1], W[2]), eb.hvp(loss(f))(W[1], W[2]), 1e-12)
  for _, rule in ipairs { { forward = function(a) return a:sin() end, jvp = function(p, t) return 3 * t[1] * p[1]:cos() end },
    { forward = function(a) return a:sin() end, vjp = function(ct, p) return 3 * ct * p[1]:cos() end } } do
    local sine = eb.custom(rule)
    local g = eb.checkpoint(function(a) return sine(a * 2):exp() end)
    local h = function(a) return sine(a * 2):exp() end
    local function total(k) return function(a) return k(a):sum() end end
    assert(eb.tree.equal(eb.grad(total(g))(x), eb.grad(total(h))(x)))
    close(eb.hvp(total(g))(x, x), eb.hvp(total(h))(x, x), 1e-12)
    close(eb.vmap(eb.grad(total(g)))(x), eb.grad(total(h))(x), 1e-12)
  end
end)

test("results and arguments of all kinds pass through", function()
  local f = eb.checkpoint(function(p, flag, text)
    assert(flag == true and text == "t")
    if p.a:sum():item() > 0 then return { y = p.a * 2, n = 3 }, "word", p.a end
    return p.a
  end)
  local out, word, same = f({ a = eb.ones { 2 }, k = eb.tensor({ 1 }, { dtype = "int32" }) }, true, "t")
  equal({ out, word, same }, { { y = { 2, 2 }, n = 3 }, "word", { 1, 1 } })
  equal(eb.grad(function(a) return f({ a = a }, true, "t").y:sum() end)(eb.ones { 2 }), { 2, 2 })
  equal(eb.grad(function(a) return f({ a = a }, true, "t"):sum() end)(-eb.ones { 2 }), { 1, 1 })
  equal(select("#", eb.checkpoint(function() end)(x)), 0)
  -- draws are not repeated
  local noisy = eb.checkpoint(function(a, r) return (a * r:randn { 3 }):sin():sum() end)
  local r1, r2 = eb.rng(5), eb.rng(5)
  local a = eb.ones { 3 }
  equal(eb.grad(noisy)(a, r1), eb.grad(function(a, r) return (a * r:randn { 3 }):sin():sum() end)(a, r2))
  equal(r1:randn { 2 }, r2:randn { 2 })
end)

test("a long chain in segments takes the square root of the memory", function()
  -- So large that the few megabytes of garbage the collector may leave are small beside it.
  local width = 192
  local w, h0 = rng:randn { width, width } / width ^ 0.5, rng:randn { width, width }
  local function layers(count) return function(h, w) for _ = 1, count do h = (h:mm(w)):tanh() end return h end end
  local function gradient(segment, count)
    collectgarbage() collectgarbage()
    eb.memory { reset_peak = true }
    local before = eb.memory().live
    local g = eb.grad(function(w) local h = h0 for _ = 1, count do h = segment(h, w) end return h:sum() end)(w)
    return eb.memory().peak - before, g
  end
  local stored, g = gradient(layers(10), 20)
  local little, same = gradient(eb.checkpoint(layers(14)), 14)
  assert(little < stored / 6, little .. " bytes of " .. stored)
  assert(eb.tree.equal(select(2, gradient(layers(14), 14)), same))
  -- Four times the layers: about twice the memory, not four times.
  local more = gradient(eb.checkpoint(layers(28)), 28)
  assert(more < 2.5 * little, more .. " bytes, not " .. little)
end)

test("an error inside leaves everything usable", function()
  local f = eb.checkpoint(function(a) if a:sum():item() > 5 then error "too large" end return a + eb.ones { 3 } end)
  raises(function() eb.vmap(eb.grad(function(a) return f(a):sum() end))(eb.ones { 2, 3 }) end, "item", "vmap")
  raises(function() eb.grad(function(a) return f(a):sum() end)(10 * eb.ones { 3 }) end, "too large", here(-2))
  raises(function() eb.grad(function(a) return f(a):sum() end)(eb.ones { 2 }) end, "add", "[2]", "[3]")
  local kept
  eb.checkpoint(function(a) kept = a * 2 return a * 3 end)(x)
  raises(function() return kept + 1 end, "after the transform")
  x[{ 1, 1 }] = 1
end)
