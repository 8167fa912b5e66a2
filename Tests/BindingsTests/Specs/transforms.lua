local function quadratic(x) return (x * x):sum() / 2 end

test("grad and value_and_grad", function()
  local x = eb.tensor { 1, 2, 3 }
  equal(eb.grad(quadratic)(x), x)
  equal(eb.grad(function(a, b) return (a * b):sum() end, 2)(x, 2 * x), x)
  local value, gradient, extra, count = eb.value_and_grad(function(a) return quadratic(a), a * 2, 7 end)(x)
  equal(value:item(), 7)
  equal(gradient, x)
  equal(extra, { 2, 4, 6 })
  equal(count, 7)
  raises(function() eb.grad(function(a) return a end)(x) end, "[3]")
  raises(function() eb.grad(quadratic, 2)(x) end, "argument 2 is missing")
end)

test("a tree gives a tree, which has arithmetic", function()
  local p = { w = eb.tensor { { 1, 2 } }, { bias = eb.tensor { 3 } } }
  local g = eb.grad(function(t) return (t.w ^ 2):sum() + t[1].bias:sum() * 5 end)(p)
  equal(g, { w = { { 2, 4 } }, { bias = { 5 } } })
  local q = p - 0.5 * g
  equal(q, { w = { { 0, 0 } }, { bias = { 0.5 } } })
  equal((-g / 2)[1].bias, { -2.5 })
  raises(function() return g + { w = 1 } end, "1.bias")
end)

test("vjp, jvp, linearize, hvp", function()
  local x = eb.tensor { 1, 2 }
  local y, pull = eb.vjp(function(a) return a * a end, x)
  equal(y, { 1, 4 })
  equal(pull(eb.tensor { 1, 10 }), { 2, 40 })
  local value, tangent = eb.jvp(function(a, b) return a * b end, { x, x }, { eb.ones { 2 }, false })
  equal(value, { 1, 4 })
  equal(tangent, { 1, 2 })
  local out, f = eb.linearize(function(a) return a ^ 3 end, x)
  equal(out, { 1, 8 })
  equal(f(eb.tensor { 1, 1 }), { 3, 12 })
  equal(f(eb.tensor { 2, 0 }), { 6, 0 })
  equal(eb.hvp(function(a) return (a ^ 3):sum() end)(x, eb.tensor { 1, 10 }), { 6, 120 })
  local product = eb.hvp(function(p) return (p.a * p.b):sum() end)({ a = x, b = x }, { a = eb.ones { 2 }, b = eb.zeros { 2 } })
  equal(product, { a = { 0, 0 }, b = { 1, 1 } })
end)

test("jacobian and hessian, over trees in key order", function()
  equal(eb.jacobian(function(a) return a * a end)(eb.tensor { 1, 2 }), { { 2, 0 }, { 0, 4 } })
  equal(eb.jacobian(function(a) return a:sum() end)(eb.ones { 2, 2 }).shape, { 2, 2 })
  equal(eb.hessian(function(a) return a[1] * a[2] end)(eb.tensor { 3, 4 }), { { 0, 1 }, { 1, 0 } })
  local H = eb.hessian(function(p) return (p.b * p.b):sum() * p.a:sum() end)({ b = eb.tensor { 1, 2 }, a = eb.tensor { 3 } })
  equal(H, { { 0, 2, 4 }, { 2, 6, 0 }, { 4, 0, 6 } })
end)

test("vmap in its positions", function()
  local x = eb.arange(1, 6):reshape { 2, 3 }
  equal(eb.vmap(function(r) return r:sum() end)(x), { 6, 15 })
  equal(eb.vmap(function(r) return r:sum() end, 2)(x), { 5, 7, 9 })
  equal(eb.vmap(function(r) return r * 2 end, 2, 2)(x), 2 * x)
  equal(eb.vmap(function(r) return r * 2 end, -1)(x), 2 * x:t())
  equal(eb.vmap(function(a, b) return a + b end, { 1, false })(x, eb.ones { 3 }), x + 1)
  equal(eb.vmap(function(p, r) return p.w:dot(r) end, { false, 1 })({ w = eb.ones { 3 } }, x), { 6, 15 })
  equal(eb.vmap(eb.vmap(function(a) return a * a end))(x), x * x)
  equal(eb.vmap(eb.grad(function(r) return (r ^ 3):sum() end))(x), 3 * x ^ 2)
  equal(eb.grad(function(t) return eb.vmap(quadratic)(t):sum() end)(x), x)
  equal(eb.vmap(function(r) return eb.hessian(quadratic)(r) end)(x)[2], eb.eye(3))
  raises(function() eb.vmap(function(a, b) return a + b end)(x, eb.ones { 3 }) end, "mapped sizes differ: 2 and 3")
  raises(function() eb.vmap(function(a) if a:sum():item() > 0 then return a end end)(x) end, "vmap", "eb.where")
  raises(function() eb.vmap(function(a) return a end, 3)(x) end, "dimension 3")
end)

test("branches on values work under grad", function()
  local f = function(a) if a:sum():item() > 0 then return (a * 2):sum() else return (a * 3):sum() end end
  equal(eb.grad(f)(eb.ones { 2 }), { 2, 2 })
  equal(eb.grad(f)(-eb.ones { 2 }), { 3, 3 })
end)

test("stop_gradient and check_grad", function()
  equal(eb.grad(function(a) return (a * eb.stop_gradient(a)):sum() end)(eb.tensor { 3 }), { 3 })
  assert(eb.check_grad(function(a) return a:sin():sum() end, eb.tensor { 1, 2 }) < 1e-6)
end)

test("an error deep inside leaves everything usable", function()
  local x = eb.ones { 3, 2 }
  local line = debug.getinfo(1, "l").currentline
  local message = raises(function()
    eb.vmap(eb.grad(function(a)
      error("my own failure")
    end))(x)
  end, "my own failure")
  assert(message:find(":" .. line + 3 .. ":", 1, true), message)
  raises(function() eb.vmap(eb.grad(function(a) return (a + eb.ones { 5 }):sum() end))(x) end, "add", "[2]", "[5]")
  local value = { code = 7 }
  local good, e = pcall(function() eb.grad(function(a) error(value) end)(x) end)
  assert(not good and e == value)
  for _ = 1, 3 do equal(eb.vmap(eb.grad(quadratic))(x), x) end
  x[1] = 5
  equal(x[1], { 5, 5 })
end)

test("a value that escaped is refused", function()
  local kept
  eb.grad(function(a) kept = a * 2; return a:sum() end)(eb.ones { 2 })
  raises(function() return kept + 1 end, "after the transform")
end)

test("coroutines inside a transform", function()
  local g = eb.grad(function(a)
    local each = coroutine.wrap(function() for i = 1, #a do coroutine.yield(a[i] * i) end end)
    return each() + each()
  end)(eb.ones { 2 })
  equal(g, { 1, 2 })
end)

test("what a function returned is said when it is not what a transform needs", function()
  local x = eb.ones { 2 }
  local returned = {
    { function() end, "the function returned nothing" }, { function() return "loss" end, "the function returned a string" },
    { function() return nil end, "the function returned nil" }, { function() return true end, "the function returned a boolean" },
    { function() return {} end, "the function returned a table without tensors" },
    { function() return print end, "the function returned a function" },
  }
  for _, case in ipairs(returned) do
    local f, text = table.unpack(case)
    for name, scalar in pairs { grad = eb.grad, value_and_grad = eb.value_and_grad, hessian = eb.hessian } do
      raises(function() scalar(f)(x) end, name .. ": " .. text .. "; expected a tensor with one element")
    end
    raises(function() eb.jacobian(f)(x) end, "jacobian: " .. text .. "; expected a tensor")
    raises(function() eb.hvp(f)(x, x) end, "hvp: " .. text)
    raises(function() eb.per_example(f)(x, eb.ones { 3, 2 }) end, "per_example: " .. text)
    raises(function() eb.vmap(f)(x) end, "vmap: " .. text .. "; expected a tensor or a tree of tensors")
    raises(function() eb.vjp(f, x) end, "vjp: " .. text)
    raises(function() eb.jvp(f, { x }, { x }) end, "jvp: " .. text)
    raises(function() eb.linearize(f, x) end, "linearize: " .. text)
    raises(function() eb.check_grad(f, x) end, "check_grad: " .. text)
  end
  raises(function() eb.grad(function(a) return { loss = a:sum() } end)(x) end, "returned a table of tensors", "expected a tensor with one element")
  raises(function() eb.vmap(function(a) return a, "word" end)(x) end, "returned a string as result 2")
end)
