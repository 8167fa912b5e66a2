eb.default_dtype "float64"

-- log(1 + eˣ) with the stable derivative, in both forms of rule.
local function value(x) return (1 + x:exp()):log() end
local byJvp = eb.custom { forward = value, jvp = function(p, t, y) return t[1] * p[1]:sigmoid() end, name = "softplus" }
local byVjp = eb.custom { forward = value, vjp = function(ct, p, y) return ct * p[1]:sigmoid() end, name = "softplus" }
local points = eb.tensor { -1.3, 0.4, 2 }

-- Every word over forward and reverse mode up to order 3, as a derivative along ones of the sum.
local function words(order)
  if order == 0 then return { "" } end
  local list = {}
  for _, rest in ipairs(words(order - 1)) do list[#list + 1] = "f" .. rest; list[#list + 1] = "r" .. rest end
  return list
end

local function derivative(word, f)
  if word == "" then return f end
  local inner = derivative(word:sub(2), f)
  if word:sub(1, 1) == "r" then
    local g = eb.grad(function(x) return inner(x) end)
    return function(x) return g(x):sum() end
  end
  return function(x)
    local _, tangent = eb.jvp(inner, { x }, { eb.ones_like(x) })
    return tangent
  end
end

test("rules serve every nesting of forward and reverse mode, alone and under vmap", function()
  for order = 0, 4 do
    for _, word in ipairs(words(order)) do
      local expected = derivative(word, function(x) return x:softplus():sum() end)
      for name, f in pairs { jvp = byJvp, vjp = byVjp } do
        local got = derivative(word, function(x) return f(x):sum() end)
        close(got(points), expected(points), 1e-12)
        local lanes = eb.stack({ points, 2 * points, -points }, 1)
        close(eb.vmap(got)(lanes), eb.vmap(expected)(lanes), 1e-12)
        -- vmap inside the derivatives
        local inside = derivative(word, function(x) return eb.vmap(function(e) return f(e) end)(x):sum() end)
        close(inside(points), expected(points), 1e-12)
      end
    end
  end
end)

test("the rule replaces the derivative", function()
  local doubled = eb.custom { forward = function(x) return x * 1 end, jvp = function(p, t) return 2 * t[1] end }
  equal(eb.grad(function(x) return doubled(x):sum() end)(points), { 2, 2, 2 })
  local reversed = eb.custom { forward = function(x) return x end, vjp = function(ct) return -ct end }
  equal(eb.grad(function(x) return reversed(x):sum() end)(points), { -1, -1, -1 })
  local _, t = eb.jvp(reversed, { points }, { eb.tensor { 1, 2, 3 } })
  equal(t, { -1, -2, -3 })
  -- A pullback that is not linear serves reverse mode; forward mode can't have it.
  local clipped = eb.custom { forward = function(x) return x end, vjp = function(ct) return ct:clamp(-1, 1) end, name = "clip" }
  equal(eb.grad(function(x) return (clipped(x) * eb.tensor { 5, 0.5, -7 }):sum() end)(points), { 1, 0.5, -1 })
  raises(function() eb.jvp(clipped, { points }, { points }) end, "custom 'clip'", "not linear in the cotangent", "give a jvp")
end)

test("arguments and results are trees", function()
  local f = eb.custom {
    forward = function(p, x, scale, how)
      assert(how == "sum" and math.type(scale) == "integer")
      return { y = p.w * x * scale, [1] = p.b[1]:sum() + x:sum() }
    end,
    jvp = function(p, t, y)
      assert(y.y.shape[1] == 3 and t[3] == false and t[4] == false)
      return { y = (t[1].w * p[2] + p[1].w * t[2]) * p[3], [1] = t[1].b[1]:sum() + t[2]:sum() }
    end,
  }
  local g = eb.custom {
    forward = function(p, x, scale) return { y = p.w * x * scale, [1] = p.b[1]:sum() + x:sum() } end,
    vjp = function(ct, p)
      local ones = eb.ones_like(p[2])
      return { w = ct.y * p[2] * p[3], b = { ct[1] * ones } }, ct.y * p[1].w * p[3] + ct[1] * ones
    end,
  }
  local p, x = { w = points, b = { eb.ones { 3 } } }, 2 * points
  local function plain(p, x) return { y = p.w * x * 3, [1] = p.b[1]:sum() + x:sum() } end
  local function loss(h) return function(p, x) local r = h(p, x, 3, "sum"); return (r.y ^ 2):sum() * r[1] end end
  for _, h in ipairs { f, g } do
    for argnum = 1, 2 do close(eb.grad(loss(h), argnum)(p, x), eb.grad(loss(plain), argnum)(p, x), 1e-12) end
    close(eb.hvp(loss(h))(p, p, x), eb.hvp(loss(plain))(p, p, x), 1e-12)
    assert(eb.check_grad(loss(h), p, x) < 1e-6)
  end
end)

test("shared arguments under vmap get the sum of the lanes' cotangents", function()
  local xs = eb.randn({ 4, 3 }, { rng = eb.rng(1) })
  local f = eb.custom { forward = function(w, x) return (w * x):sum() end,
    vjp = function(ct, p) return ct * p[2], ct * p[1] end }
  local function loss(h) return function(w) return (eb.vmap(h, { false, 1 })(w, xs) ^ 2):sum() end end
  close(eb.grad(loss(f))(points), eb.grad(loss(function(w, x) return (w * x):sum() end))(points), 1e-12)
  close(eb.hessian(loss(f))(points), eb.hessian(loss(function(w, x) return (w * x):sum() end))(points), 1e-12)
end)

test("inside each other, and in terms of themselves", function()
  local exp
  exp = eb.custom { forward = function(x) return x:exp() end, jvp = function(p, t, y) return t[1] * exp(p[1]) end }
  for _, word in ipairs { "rrr", "frf", "ff", "rf" } do
    close(derivative(word, function(x) return exp(x):sum() end)(points), points:exp():sum(), 1e-12)
  end
  local outer = eb.custom { forward = function(x) return byVjp(exp(x)) end,
    jvp = function(p, t) local _, d = eb.jvp(function(x) return byVjp(exp(x)) end, p, t); return d end }
  local plain = function(x) return x:exp():softplus():sum() end
  for _, word in ipairs { "r", "f", "rr", "rf", "fr", "rfr" } do
    close(derivative(word, function(x) return outer(x):sum() end)(points), derivative(word, plain)(points), 1e-12)
  end
end)

test("linearize, jacobian and hessian", function()
  local value, map = eb.linearize(byVjp, points)
  close(value, points:softplus(), 1e-15)
  close(map(eb.ones { 3 }), points:sigmoid(), 1e-15)
  close(eb.vmap(map)(eb.eye(3)), points:sigmoid():diag(), 1e-15)
  close(eb.jacobian(byVjp)(points), points:sigmoid():diag(), 1e-15)
  local expected = eb.hessian(function(x) return x:softplus():sum() end)(points)
  for _, f in ipairs { byJvp, byVjp } do close(eb.hessian(function(x) return f(x):sum() end)(points), expected, 1e-12) end
end)

test("values from outside have to be arguments", function()
  local message = "pass it as an argument"
  raises(function()
    eb.grad(function(c)
      local f = eb.custom { forward = function(x) return x * c end, jvp = function(p, t) return t[1] * c end }
      return f(c):sum()
    end)(points)
  end, "custom", "grad", message)
  raises(function()
    eb.grad(function(c)
      local f = eb.custom { forward = function(x) return x * c end, jvp = function(p, t) return t[1] end }
      return f(points):sum()
    end)(points)
  end, message)
  raises(function()
    eb.grad(function(c)
      local f = eb.custom { forward = function(x) return x * 2 end, jvp = function(p, t) return t[1] * c end }
      return f(c):sum()
    end)(points)
  end, message)
  raises(function()
    eb.grad(function(c)
      local f = eb.custom { forward = function(x) return x * 2 end, vjp = function(ct) return ct * c end }
      return f(c):sum()
    end)(points)
  end, message)
  raises(function()
    eb.vmap(function(c)
      local f = eb.custom { forward = function(x) return x * c end, vjp = function(ct) return ct * c end }
      return f(c)
    end)(points)
  end, "vmap", message)
end)

test("what a rule returns is checked, and named", function()
  local x = eb.ones { 2 }
  local function jvp(rule) return function() eb.jvp(eb.custom { forward = function(x) return { a = x } end, jvp = rule, name = "f" }, { x }, { x }) end end
  raises(jvp(function() end), "custom 'f': jvp returned nothing")
  raises(jvp(function() return 1, 2 end), "2 values")
  raises(jvp(function(p, t) return t[1] end), "custom 'f'", "float64[2]", "the output", "table")
  raises(jvp(function(p, t) return { a = t[1]:sum() } end), "'a' of the output", "float64[]", "expected float64[2]")
  raises(jvp(function(p, t) return { a = t[1]:cast "float32" } end), "float32[2]", "expected float64[2]")
  raises(jvp(function(p, t) return { a = t[1], b = 1 } end), "'b'")
  raises(jvp(function(p, t) return {} end), "'a'", "nothing")
  raises(jvp(function(p, t) return { a = "zero" } end), "string")
  local function vjp(rule, ...)
    local arguments = { ... }
    return function()
      eb.vjp(eb.custom { forward = function(x, y) return x * (y or 1) end, vjp = rule }, table.unpack(arguments))
    end
  end
  raises(vjp(function(ct) return ct end, x, x), "1 value", "each of 2 arguments")
  raises(vjp(function(ct) end, x), "vjp returned nothing")
  raises(vjp(function(ct) return ct, ct, ct end, x, x), "3 values")
  raises(vjp(function(ct) return ct:sum() end, x), "argument 1", "float64[]", "expected float64[2]")
  raises(vjp(function(ct) return { ct, ct, ct } end, x, x), "2 arguments")
  -- A derivative is linear in what it gets; a constant is the slope without the factor.
  raises(vjp(function(ct, p) return p[1] end, x), "does not depend on that of the result")
  raises(function() eb.grad(function(x) return eb.custom { forward = function(x) return x end, jvp = function(p) return p[1] end }(x):sum() end)(x) end,
    "does not depend on the tangents")
  -- Zeros are linear, as tensors, false or nil.
  equal(select(2, eb.jvp(eb.custom { forward = function(x, y) return x + y end, vjp = function(ct) return ct, nil end }, { x, x }, { x, x })), x)
  equal(eb.grad(function(x) return eb.custom { forward = function(x) return x end, jvp = function(p) return eb.zeros { 2 } end }(x):sum() end)(x), { 0, 0 })
  equal(eb.grad(function(x) return eb.custom { forward = function(x) return x end, vjp = function(p) return false end }(x):sum() end)(x), { 0, 0 })
  -- Two arguments' cotangents may also come in one table.
  equal(eb.grad(function(x) return eb.custom { forward = function(x, y) return x * y end, vjp = function(ct, p) return { ct * p[2], ct * p[1] } end }(x, x):sum() end)(x), { 2, 2 })
end)

test("options are checked", function()
  local f = function(x) return x end
  raises(function() eb.custom { jvp = f } end, "custom: 'forward' is missing")
  raises(function() eb.custom { forward = f } end, "a rule is missing")
  raises(function() eb.custom { forward = f, jvp = f, vjp = f } end, "one of 'jvp' and 'vjp'")
  raises(function() eb.custom { forward = f, jpv = f } end, "'jvp'")
  raises(function() eb.custom { forward = 3, jvp = f } end, "expected function, got number")
  raises(function() eb.custom(f) end, "expected table")
  raises(function() eb.custom { forward = function() end, jvp = f }(points) end, "forward returned nothing")
  raises(function() eb.custom { forward = function() return 1, 2 end, jvp = f }(points) end, "2 values")
  raises(function() eb.custom { forward = function() return "s" end, jvp = f }(points) end, "forward returned a string")
end)

test("an error inside a rule has its line, and leaves everything usable", function()
  local line = debug.getinfo(1, "l").currentline
  local f = eb.custom { forward = function(x) return x end, vjp = function(ct)
    error "my own failure"
  end }
  local message = raises(function() eb.vmap(eb.grad(function(x) return f(x):sum() end))(eb.ones { 2, 2 }) end, "my own failure")
  assert(message:find(":" .. line + 2 .. ":", 1, true), message)
  raises(function()
    eb.grad(function(x) return eb.custom { forward = function(x) return x end, vjp = function(ct) if ct:sum():item() > 0 then return ct end end }(x):sum() end)(points)
  end, "item", "the vjp of custom", "eb.where")
  local x = eb.ones { 2 }
  x[1] = 5
  equal(x, { 5, 1 })
  raises(function() eb.custom { forward = function(y) x[1] = 3; return y end, jvp = function(p, t) return t[1] end }(x) end, "inside a transform", "eb.where")
end)
