-- Derivatives where mathematics leaves a choice: at kinks, at ties, at the ends of domains. The table of conventions is in
-- Sources/Autodiff/README.md; here it is what a user sees, in reverse, forward and mixed mode and lane by lane.

local nan, inf = 0 / 0, math.huge
local function f64(t) return eb.tensor(t, { dtype = "float64" }) end

-- The gradient of the sum of f at x, which forward mode and vmap must repeat.
local function slopes(f, x)
  local function total(a) return f(a):sum() end
  local g = eb.grad(total)(x)
  for i = 1, #x do
    local v = eb.zeros_like(x):put(i, 1)
    local _, tangent = eb.jvp(total, { x }, { v })
    close(tangent:item(), g[i]:item(), 1e-12)
  end
  local lanes = eb.vmap(eb.grad(total))(eb.stack { x, x })
  close(lanes, eb.stack { g, g }, 1e-12)
  return g
end

-- Second derivatives of an element-wise f, in all four nestings.
local function curvatures(f, x)
  local function forward(g) return function(t) return (select(2, eb.jvp(g, { t }, { eb.ones_like(t) }))) end end
  local function reverse(g) return function(t) return eb.grad(function(s) return g(s):sum() end)(t) end end
  local result = forward(forward(f))(x)
  for _, other in ipairs { forward(reverse(f)), reverse(forward(f)), reverse(reverse(f)) } do close(other(x), result, 1e-12) end
  return result
end

test("kinks of one operand", function()
  for _, case in ipairs {
    { "abs", { -2, 0, 3 }, { -1, 0, 1 } }, { "relu", { -2, 0, 3 }, { 0, 0, 1 } }, { "sign", { -2, 0, 3 }, { 0, 0, 0 } },
    { "floor", { -0.5, 0, 1 }, { 0, 0, 0 } }, { "ceil", { -0.5, 0, 1 }, { 0, 0, 0 } }, { "round", { -0.5, 0, 0.5 }, { 0, 0, 0 } },
  } do
    local x = f64(case[2])
    equal(slopes(eb[case[1]], x), case[3])
    equal(curvatures(eb[case[1]], x), { 0, 0, 0 })
  end
end)

test("ends of domains have infinite slopes, as the limits have", function()
  for name, expected in pairs { sqrt = inf, log = inf, rsqrt = -inf, reciprocal = -inf } do equal(slopes(eb[name], f64 { 0 }), { expected }) end
  equal(slopes(eb.log1p, f64 { -1 }), { inf })
  equal(slopes(function(x) return x ^ 0.5 end, f64 { 0 }), { inf })
  assert(slopes(eb.sqrt, f64 { -1 }):isnan():item())
  -- What is smooth stays so.
  equal(slopes(eb.atan, f64 { 0 }), { 1 })
  equal(slopes(eb.asinh, f64 { 0 }), { 1 })
  close(slopes(eb.erf, f64 { 0 }), { 2 / math.sqrt(math.pi) }, 1e-15)
  equal(slopes(eb.expm1, f64 { -inf }), { 0 })
  equal(slopes(eb.softplus, f64 { -800, 0, 800 }), { 0, 0.5, 1 })
end)

test("maximum, minimum and clamp share a tie half and half", function()
  local a, b = f64 { 1, 2, 3 }, f64 { 1, 1, 4 }
  equal(slopes(function(x) return x:maximum(b) end, a), { 0.5, 1, 0 })
  equal(slopes(function(x) return eb.maximum(a, x) end, b), { 0.5, 0, 1 })
  equal(slopes(function(x) return x:minimum(b) end, a), { 0.5, 0, 1 })
  equal(slopes(function(x) return x:maximum(x) end, a), { 1, 1, 1 })
  equal(slopes(function(x) return x:clamp(-1, 1) end, f64 { -2, -1, 0, 1, 2 }), { 0, 0.5, 1, 0.5, 0 })
  equal(slopes(function(x) return x:clamp(1, 1) end, f64 { 1 }), { 0.25 })
  equal(curvatures(function(x) return x:maximum(b) end, a), { 0, 0, 0 })
end)

test("elements that share the extreme share its slope", function()
  equal(slopes(function(x) return x:max() end, f64 { 3, 1, 3, 3 }), { 1 / 3, 0, 1 / 3, 1 / 3 })
  equal(slopes(function(x) return x:min() end, f64 { 3, 1, 1, 2 }), { 0, 0.5, 0.5, 0 })
  equal(slopes(function(x) return x:norm(inf) end, f64 { 2, -2, 1 }), { 0.5, -0.5, 0 })
  equal(slopes(function(x) return x:argmax():cast("float64") + x:argsort():sum() end, f64 { 1, 2 }), { 0, 0 })
end)

test("sorting follows the stable order", function()
  local w = f64 { 1, 2, 3 }
  equal(slopes(function(x) return (x:sort()) * w end, f64 { 5, 1, 1 }), { 3, 1, 2 })
  equal(slopes(function(x) return x:sort { descending = true } * w end, f64 { 1, 5, 1 }), { 2, 1, 3 })
  equal(slopes(function(x) return (x:topk(2)) * w[{ { 1, 2 } }] end, f64 { 1, 1, 0 }), { 1, 2, 0 })
  equal(slopes(function(x) return (x:median()) end, f64 { 2, 2, 1 }), { 1, 0, 0 })
  equal(slopes(function(x) return (x:median()) end, f64 { 4, 1, 3, 2 }), { 0, 0, 0.5, 0.5 })
  close(slopes(function(x) return x:quantile(0.4) end, f64 { 0, 3, 1, 2 }), { 0, 0, 0.8, 0.2 }, 1e-14)
  equal(slopes(function(x) return x:quantile(0.4, { method = "nearest" }) end, f64 { 0, 3, 1, 2 }), { 0, 0, 1, 0 })
end)

test("powers at zero", function()
  for n = 0, 4 do
    local function power(x) return x ^ n end
    equal(slopes(power, f64 { 0 }), { n == 1 and 1 or 0 })
    equal(curvatures(power, f64 { 0 }), { n == 2 and 2 or 0 })
    -- The exponent as a tensor, whether it moves or not.
    local function general(x, b) return (x ^ b):sum() end
    equal(eb.grad(general)(f64 { 0 }, f64 { n }), { n == 1 and 1 or 0 })
    equal(eb.grad(general, 2)(f64 { 0 }, f64 { n }), { 0 })
  end
  equal(eb.grad(function(x) return (x ^ 3):sum() end)(f64 { -2 }), { 12 })
  assert(eb.grad(function(b) return (f64 { -2 } ^ b):sum() end)(f64 { 3 }):isnan():item(), "a negative base has no slope in the exponent")
end)

test("norms at zero", function()
  for _, p in ipairs { 1, 1.5, 2, 3, inf } do
    equal(slopes(function(x) return x:norm(p) end, f64 { 0, 0 }), { 0, 0 })
    if p > 1 then close(slopes(function(x) return x:norm(p) end, f64 { 0, -2 }), { 0, -1 }, 1e-15) end
  end
  equal(eb.hessian(function(x) return x:norm() end)(f64 { 0, 0 }), { { 0, 0 }, { 0, 0 } })
  close(eb.hessian(function(x) return x:norm() end)(f64 { 3, 4 }), { { 16 / 125, -12 / 125 }, { -12 / 125, 9 / 125 } }, 1e-15)
  equal(slopes(function(x) return x:norm(0) end, f64 { 0, 1 }), { 0, 0 })
  -- The root of a variance that is 0 has no slope, and no rule hides it.
  assert(slopes(function(x) return x:std() end, f64 { 2, 2 }):isnan():all():item())
end)

test("products with zeros, of every order", function()
  equal(slopes(function(x) return x:prod() end, f64 { 2, 0, 3 }), { 0, 6, 0 })
  equal(slopes(function(x) return x:prod() end, f64 { 0, 0, 3 }), { 0, 0, 0 })
  equal(eb.hessian(function(x) return x:prod() end)(f64 { 0, 0, 3 }), { { 0, 3, 0 }, { 3, 0, 0 }, { 0, 0, 0 } })
  local third = eb.jacobian(eb.hessian(function(x) return x:prod() end))(f64 { 0, 0, 0 })
  equal(third[{ 1, 2, 3 }]:item(), 1)
  equal(third:sum():item(), 6)
end)

test("logsumexp and softmax with infinities", function()
  equal(slopes(function(x) return x:logsumexp() end, f64 { -inf, 0, 0 }), { 0, 0.5, 0.5 })
  equal(slopes(function(x) return x:logsumexp() end, f64 { 1e4, -1e4, 1e4 }), { 0.5, 0, 0.5 })
  equal(slopes(function(x) return x:softmax()[2] end, f64 { -inf, 0, 0 }), { 0, 0.25, -0.25 })
  -- A row of −∞ alone is log 0: it has no direction to grow in. Guard such rows as in the next test.
  assert(slopes(function(x) return x:logsumexp() end, f64 { -inf, -inf }):isnan():all():item())
end)

test("where does not hide the slope of the branch that is not taken", function()
  local x = f64 { 0, 4 }
  local bare = function(a) return eb.where(a:gt(0), a:sqrt(), 0) end
  local guarded = function(a)
    local positive = a:gt(0)
    return eb.where(positive, eb.where(positive, a, 1):sqrt(), 0)
  end
  equal(bare(x), guarded(x))
  -- Reverse mode meets 0 · ∞; forward mode, which selects tangents, does not.
  assert(eb.grad(function(a) return bare(a):sum() end)(x)[1]:isnan():item())
  equal((select(2, eb.jvp(bare, { x }, { f64 { 1, 1 } }))), { 0, 0.25 })
  equal(slopes(guarded, x), { 0, 0.25 })
  equal(curvatures(guarded, x)[1]:item(), 0)
  local masked = function(a)
    local any = a:gt(-inf):any(-1, { keepdims = true })
    return eb.where(any:squeeze(-1), eb.where(any, a, 0):logsumexp(-1), -inf)
  end
  equal(eb.grad(function(a) return eb.where(masked(a):gt(-inf), masked(a), 0):sum() end)(f64 { { -inf, -inf }, { 0, 0 } }), { { 0, 0 }, { 0.5, 0.5 } })
end)

test("whole numbers, flags, stops and repeated positions", function()
  equal(slopes(function(x) return x:cast("int32"):cast("float64") * x end, f64 { 2.5 }), { 2 })
  equal(slopes(function(x) return x:gt(1):cast("float64") end, f64 { 1, 2 }), { 0, 0 })
  equal(slopes(function(x) return x:detach() * x end, f64 { 3 }), { 3 })
  equal(slopes(function(x) return x % 1 end, f64 { 2.5, 3 }), { 1, 1 })
  equal(slopes(function(x) return x // 1 end, f64 { 2.5, 3 }), { 0, 0 })
  equal(slopes(function(x) return x:index(1, { 2, 2, 1 }) end, f64 { 1, 2, 3 }), { 1, 2, 0 })
  equal(eb.grad(function(x) return x[x:gt(1)]:sum() end)(f64 { 1, 2 }), { 0, 1 })
  local g = eb.grad(function(n, x) return (n * x):sum() end)(eb.tensor({ 1, 2 }, { dtype = "int32" }), f64 { 3, 4 })
  equal({ g.dtype, g:sum():item() }, { "int32", 0 })
end)

test("matrices with equal singular values, and singular ones", function()
  local one = eb.eye(3, { dtype = "float64" })
  local function along(f, A, D) return eb.hessian(function(t) return f(A + t * D) end)(eb.tensor(0, { dtype = "float64" })):item() end
  local D = eb.randn({ 3, 3 }, { rng = eb.rng(1), dtype = "float64" })
  local nuclear = function(A) return eb.linalg.norm(A, "nuc") end
  local spectral = function(A) return eb.linalg.norm(A, 2) end
  local skew = (D - D:t()) / 2
  close(eb.grad(nuclear)(one), one, 1e-14)
  close(along(nuclear, one, D), (skew * skew):sum():item(), 1e-12)
  close(eb.grad(spectral)(one), one / 3, 1e-14)
  assert(along(spectral, one, D) ~= along(spectral, one, D))
  -- σ₁ = 2 above σ₂ = σ₃ = 1: Σⱼ (2 (x² + y²) + 2 x y) / 3 with x = D₁ⱼ and y = Dⱼ₁.
  local E = one:put({ 1, 1 }, 2)
  local expected = 0
  for j = 2, 3 do
    local x, y = D[{ 1, j }]:item(), D[{ j, 1 }]:item()
    expected = expected + (2 * (x * x + y * y) + 2 * x * y) / 3
  end
  close(along(spectral, E, D), expected, 1e-12)
  close(along(function(A) return eb.linalg.svdvals(A)[1] end, E, D), expected, 1e-12)
  close(eb.grad(function(A) return eb.linalg.eigvalsh(A):exp():sum() end)(one), one * math.exp(1), 1e-14)
  close(eb.grad(eb.linalg.det)(eb.tensor({ { 1, 2 }, { 2, 4 } }, { dtype = "float64" })), { { 4, -2 }, { -2, 1 } }, 1e-13)
  raises(function() eb.grad(function(A) return (select(2, eb.linalg.slogdet(A))) end)(eb.ones { 2, 2 }) end, "singular")
end)
