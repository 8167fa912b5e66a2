local function number(f, x) return f(eb.tensor({ x }, { dtype = "float64" })):item() end

test("values of every function, as method and in eb", function()
  local cases = {
    abs = { -2, 2 }, neg = { 3, -3 }, exp = { 1, 2.718281828459045 }, log = { 2, 0.6931471805599453 },
    log1p = { 1e-10, 9.9999999995e-11 }, expm1 = { 1e-10, 1.00000000005e-10 }, sqrt = { 2, 1.4142135623730951 },
    rsqrt = { 4, 0.5 }, square = { 3, 9 }, sign = { -7, -1 }, sin = { 1, 0.8414709848078965 }, cos = { 1, 0.5403023058681398 },
    tan = { 1, 1.557407724654902 }, tanh = { 1, 0.7615941559557649 }, sinh = { 1, 1.1752011936438014 },
    cosh = { 1, 1.543080634815244 }, asinh = { 1, 0.881373587019543 }, atan = { 1, 0.7853981633974483 },
    sigmoid = { 1, 0.7310585786300049 }, relu = { -1, 0 }, softplus = { 1, 1.3132616875182228 },
    gelu = { 1, 0.8413447460685429 }, silu = { 1, 0.7310585786300049 }, erf = { 1, 0.8427007929497149 },
    floor = { -1.5, -2 }, ceil = { -1.5, -1 }, round = { 2.5, 2 }, reciprocal = { 4, 0.25 },
  }
  for name, case in pairs(cases) do
    close(number(eb[name], case[1]), case[2], 1e-15)
    close(number(function(x) return x[name](x) end, case[1]), case[2], 1e-15)
    close(eb[name](eb.tensor(case[1])):item(), case[2], 1e-6)
  end
end)

test("operators and dtypes", function()
  local a, b = eb.tensor { 1, 2 }, eb.tensor { 3, 5 }
  equal(a + b, { 4, 7 })
  equal(b - a, { 2, 3 })
  equal(a * b, { 3, 10 })
  equal(b / a, { 3, 2.5 })
  equal(b ^ a, { 3, 25 })
  equal(b % 2, { 1, 1 })
  equal(b // 2, { 1, 2 })
  equal(-a, { -1, -2 })
  equal(2 - a, { 1, 0 })
  equal(2 ^ a, { 2, 4 })
  equal((a + a:cast("float64")).dtype, "float64")
  local n = eb.tensor({ 1, 2 }, { dtype = "int32" })
  equal((n + 1).dtype, "int32")
  equal((n / 2).dtype, "float32")
  equal((n + a).dtype, "float32")
  equal((n:gt(1) * a), { 0, 2 })
  equal(n:exp().dtype, "float32")
  raises(function() return n + 0.5 end, here(), "0.5 has no int32 value", "cast")
  equal(a:reshape { 2, 1 } + b, { { 4, 6 }, { 5, 7 } })
end)

test("shapes that do not broadcast", function()
  raises(function() return eb.ones { 2, 3 } + eb.ones { 4 } end, here(), "add", "[2, 3]", "[4]")
  raises(function() eb.ones { 2 }:maximum(eb.ones { 3 }) end, "maximum", "[2]", "[3]")
  raises(function() eb.exp("a") end, "exp: argument 1: expected tensor, got string")
  raises(function() eb.maximum(eb.ones { 2 }) end, "maximum: argument 2")
end)

test("comparisons are methods", function()
  local a, b = eb.tensor { 1, 2, 3 }, eb.tensor { 3, 2, 1 }
  equal(a:lt(b), { true, false, false })
  equal(a:le(2), { true, true, false })
  equal(a:gt(b), { false, false, true })
  equal(a:ge(b), { false, true, true })
  equal(a:eq(b), { false, true, false })
  equal(eb.ne(a, b), { true, false, true })
  equal(a:lt(b).dtype, "bool")
  raises(function() return a < b end, here(), "x:lt")
  raises(function() return a <= 1 end, "x:le")
  equal(a == a, true)
  equal(a == eb.tensor { 1, 2, 3 }, false)
end)

test("maximum, minimum, clamp, where", function()
  local a = eb.tensor { -2, 0.5, 3 }
  equal(a:maximum(0), { 0, 0.5, 3 })
  equal(eb.minimum(a, eb.tensor { 1, 0, 1 }), { -2, 0, 1 })
  equal(a:clamp(-1, 1), { -1, 0.5, 1 })
  equal(a:clamp(nil, 1), { -2, 0.5, 1 })
  equal(a:clamp(0), { 0, 0.5, 3 })
  raises(function() a:clamp() end, "clamp", "bound")
  equal(eb.where(a:gt(0), a, 0), { 0, 0.5, 3 })
  equal(eb.where(a:gt(0), 1, -a), { 2, 1, 1 })
  equal(eb.where(a:gt(0), 1, 0), { 0, 1, 1 })
  equal(eb.where(eb.tensor(true), a, 0), a)
  raises(function() eb.where(a, a, a) end, "where", "bool", "float32")
  equal(a:pow(2), { 4, 0.25, 9 })
end)

test("logic and special values", function()
  local x = eb.tensor { 1, 0 / 0, 1 / 0, -1 / 0 }
  equal(x:isnan(), { false, true, false, false })
  equal(x:isinf(), { false, false, true, true })
  equal(x:isfinite(), { true, false, false, false })
  local a, b = eb.tensor { true, true, false }, eb.tensor { true, false, false }
  equal(a:logical_and(b), { true, false, false })
  equal(a | b, { true, true, false })
  equal(a & b, { true, false, false })
  equal(a ~ b, { false, true, false })
  equal(~a, { false, false, true })
  equal(eb.logical_or(eb.tensor { 0, 2 }, eb.tensor { 0, 0 }), { false, true })
  equal(eb.logical_xor(a, b):logical_not(), { true, false, true })
end)

test("gradients of the functions without a kernel of their own", function()
  local x = eb.tensor({ -1.3, 0.2, 2.1 }, { dtype = "float64" })
  for _, f in ipairs { eb.gelu, eb.silu, function(a) return a:clamp(-1, 1) end, function(a) return eb.where(a:gt(0), a ^ 2, a) end } do
    assert(eb.check_grad(function(a) return f(a):sum() end, x) < 1e-6)
  end
end)

test("casts", function()
  equal(eb.tensor { 1.7, -1.7 }:cast("int32"), { 1, -1 })
  equal(eb.tensor { 0, 2 }:cast("bool"), { false, true })
  equal(eb.tensor { 1 }:cast("float64").dtype, "float64")
  raises(function() eb.tensor { 0 / 0 }:cast("int32") end, here(), "cast: 1 of 1 values are NaN")
  raises(function() eb.tensor { 1 }:cast("float16") end, "cast", "'float16'", "did you mean 'float32'?")
  equal(eb.tensor { 1 }:detach(), { 1 })
  equal(eb.grad(function(x) return (x:detach() * x):sum() end)(eb.tensor { 3 }), { 3 })
end)

test("printing is a bounded summary", function()
  local text = tostring(eb.arange(1, 10000):reshape { 100, 100 })
  assert(text:find("tensor float32 [100, 100]", 1, true), text)
  assert(#text < 1500, #text)
  assert(tostring(eb.tensor { 0 / 0, 1 }):lower():find("nan"))
  eb.grad(function(x)
    assert(tostring(x):find("3.5"), tostring(x))
    return x
  end)(eb.tensor(3.5))
  eb.vmap(function(x)
    assert(tostring(x):find("float32 [2]", 1, true), tostring(x))
    return x
  end)(eb.ones { 3, 2 })
end)

test("item and totable", function()
  equal(eb.tensor { true }:item(), true)
  raises(function() eb.ones { 2 }:item() end, here(), "item", "[2]")
  equal(eb.arange(1, 4):reshape { 2, 2 }:t():totable(), { { 1, 3 }, { 2, 4 } })
  equal(eb.tensor(4):totable(), 4.0)
  raises(function() eb.vmap(function(x) return x:item() end)(eb.ones { 3 }) end, "item", "vmap")
  equal(eb.value_and_grad(function(x) return x * x:item() end)(eb.tensor(3)), 9)
  raises(function() return #eb.tensor(1) end, "scalar")
end)
