local C = 10

test("mse", function()
  local a, b = eb.tensor { { 1, 2 }, { 3, 4 } }, eb.tensor { { 1, 0 }, { 0, 0 } }
  equal(eb.loss.mse(a, b), (4 + 9 + 16) / 4)
  equal(eb.loss.mse(a, b, { reduction = "sum" }), 29)
  equal(eb.loss.mse(a, b, { reduction = "none" }), { { 0, 4 }, { 9, 16 } })
  equal(eb.loss.mse(a, b, { reduction = "mean" }), eb.loss.mse(a, b))
  close(eb.grad(eb.loss.mse)(a, b), (a - b) / 2)
  equal(eb.hessian(function(p) return eb.loss.mse(p:reshape { 2, 2 }, b) end)(a:flatten()), eb.eye(4) / 2)
  equal(eb.loss.mse(eb.tensor(3), eb.tensor(1)), 4)
end)

test("cross_entropy at zero logits is ln 10, its Hessian (I - J/10)/10", function()
  local z = eb.zeros { C, dtype = "float64" }
  local y = eb.tensor(4, { dtype = "int32" })
  close(eb.loss.cross_entropy(z, y), math.log(10), 1e-15)
  local J = eb.ones { C, C, dtype = "float64" }
  local H = eb.hessian(function(l) return eb.loss.cross_entropy(l, y) end)(z)
  close(H, (eb.eye(C, { dtype = "float64" }) - J / C) / C, 1e-15)
  local values = (eb.linalg.eigh(H))
  close(values[1], 0, 1e-15)
  close(values[{ { 2, C } }], eb.full({ C - 1 }, 0.1, { dtype = "float64" }), 1e-15)
  -- The gradient is softmax less the one at the label.
  local expected = eb.full({ C }, 0.1, { dtype = "float64" })
  expected[4] = -0.9
  close(eb.grad(eb.loss.cross_entropy)(z, y), expected, 1e-15)
end)

test("cross_entropy of a batch", function()
  local z = eb.randn { 6, 3, rng = eb.rng(1), dtype = "float64" }
  local y = eb.tensor({ 1, 2, 3, 3, 2, 1 }, { dtype = "int32" })
  local rows, values = z:totable(), {}
  for i, row in ipairs(rows) do
    local sum = 0
    for _, v in ipairs(row) do sum = sum + math.exp(v) end
    values[i] = math.log(sum) - row[y[i]:item()]
  end
  close(eb.loss.cross_entropy(z, y, { reduction = "none" }), values, 1e-14)
  local sum = 0
  for _, v in ipairs(values) do sum = sum + v end
  close(eb.loss.cross_entropy(z, y, { reduction = "sum" }), sum, 1e-14)
  close(eb.loss.cross_entropy(z, y), sum / 6, 1e-14)
  -- Labels of any number type; distributions over the classes; classes are the last dimension.
  close(eb.loss.cross_entropy(z, y:cast("float64")), sum / 6, 1e-14)
  local onehot = eb.eye(3, { dtype = "float64" }):index(1, y)
  close(eb.loss.cross_entropy(z, onehot), sum / 6, 1e-14)
  close(eb.loss.cross_entropy(z:reshape { 2, 3, 3 }, y:reshape { 2, 3 }), sum / 6, 1e-14)
  local smooth = 0.9 * onehot + 0.1 / 3
  close(eb.loss.cross_entropy(z, smooth), (-(smooth * z:log_softmax(2)):sum() / 6), 1e-14)
  close(eb.loss.cross_entropy(z[1], 1), values[1], 1e-14)
  close(eb.vmap(eb.loss.cross_entropy)(z, y), values, 1e-14)
  assert(eb.check_grad(function(l) return eb.loss.cross_entropy(l, y) end, z) < 1e-7)
end)

test("cross_entropy is stable for logits of any size", function()
  for _, dtype in ipairs { "float32", "float64" } do
    local z = eb.tensor({ { 1e4, -1e4, 0 }, { -1e4, 1e4, 0 } }, { dtype = dtype })
    equal(eb.loss.cross_entropy(z, eb.tensor { 1, 1 }, { reduction = "none" }), { 0, 2e4 })
    local g = eb.grad(function(l) return eb.loss.cross_entropy(l, eb.tensor { 1, 1 }, { reduction = "sum" }) end)(z)
    equal(g, { { 0, 0, 0 }, { -1, 1, 0 } })
    -- A common shift changes nothing.
    close(eb.loss.cross_entropy(eb.tensor({ 1e4, 1e4 + 1 }, { dtype = dtype }), 1), math.log(1 + math.exp(1)), 1e-6)
    local same = eb.hessian(function(l) return eb.loss.cross_entropy(l, 1) end)(eb.full({ 2 }, -1e4, { dtype = dtype }))
    close(same, { { 0.25, -0.25 }, { -0.25, 0.25 } }, 1e-6)
  end
  -- A logit of minus infinity is a class that can't be.
  local g = eb.grad(function(l) return eb.loss.cross_entropy(l, 1) end)(eb.tensor { 0, 0, -math.huge })
  close(g, { -0.5, 0.5, 0 })
end)

test("labels outside 1..C are refused, inside transforms too", function()
  local z = eb.zeros { 3, C }
  local function loss(l, y)
    local value = eb.loss.cross_entropy(l, y)
    return value
  end
  local line = here(-3)
  for _, case in ipairs { { 0, "0.0" }, { 11, "11.0" }, { 2.5, "2.5" }, { -1, "-1.0" }, { 0 / 0, "nan" } } do
    local wrong, text = case[1], case[2]
    local y = eb.tensor { 1, wrong, 10 }
    local what = "cross_entropy: label"
    local place = "is not one of 1..10"
    raises(function() loss(z, y) end, line, what, text, "position 2", place)
    raises(function() eb.grad(loss)(z, y) end, line, what, text, "position 2", place)
    raises(function() eb.vmap(loss)(z, y) end, line, what, text, "position 2", place)
    raises(function() eb.vmap(eb.grad(loss))(z, y) end, line, what, text, "position 2", place)
    raises(function() eb.vmap(function(t) return loss(z[1], t) end)(y) end, what, text, place)
    raises(function() eb.per_example(loss)(z[1], y) end, line, what, text, "position 2", place)
    raises(function() eb.jvp(loss, { z, y }, { z, false }) end, what, text)
    raises(function() eb.hvp(loss)(z, z, y) end, what, text)
  end
  local whole = eb.tensor({ 1, 0, 11 }, { dtype = "int32" })
  raises(function() loss(z, whole) end, "label 0.0 at position 2")
  raises(function() eb.vmap(loss)(z, whole) end, "label 0.0 at position 2")
end)

test("errors", function()
  local z, y = eb.zeros { 3, C }, eb.tensor { 1, 2, 3 }
  raises(function() eb.loss.mse(z, eb.zeros { 3 }) end, here(), "mse: the prediction has shape [3, 10] and the target [3]")
  raises(function() eb.loss.mse(eb.zeros { 3, 1 }, eb.zeros { 3 }) end, "[3, 1]", "[3]")
  raises(function() eb.loss.mse(z, 0) end, "mse", "[]")
  raises(function() eb.loss.mse(z) end, "mse: argument 2: expected tensor")
  raises(function() eb.loss.mse(z, z, "sum") end, "mse: argument 3: expected table, got string")
  raises(function() eb.loss.mse(z, z, { reducton = "sum" }) end, "did you mean 'reduction'?")
  raises(function() eb.loss.mse(z, z, { reduction = "avg" }) end, "option 'reduction'", "'mean', 'sum', 'none'", "got 'avg'")
  raises(function() eb.loss.cross_entropy(z, eb.tensor { 1, 2 }) end, here(), "expected labels of shape [3]", "got [2]")
  raises(function() eb.loss.cross_entropy(z, y:reshape { 3, 1 }) end, "expected labels of shape [3]", "got [3, 1]")
  raises(function() eb.loss.cross_entropy(y, z) end, "cross_entropy", "[3, 10]")
  raises(function() eb.loss.cross_entropy(eb.tensor(1), 1) end, "expected logits [..., classes]")
  raises(function() eb.loss.cross_entropy(z, y, { reduction = 1 }) end, "option 'reduction': expected string, got number")
  raises(function() eb.loss.cross_entropy(z, "1") end, "cross_entropy: argument 2: expected tensor, got string")
  raises(function() eb.loss.crossentropy(z, y) end, "did you mean 'cross_entropy'?")
end)

-- Element by element: its name, its value at prediction z and target y, and targets it takes.
local elementwise = {
  mse = { function(z, y) return (z - y) ^ 2 end, { 1, -2, 0.5 } },
  huber = { function(z, y) local r = math.abs(z - y) return r <= 1 and r * r / 2 or r - 0.5 end, { 1, -2, 0.5 } },
  logistic = { function(z, y) return math.log(1 + math.exp(-y * z)) end, { 1, -1, 1 } },
  hinge = { function(z, y) return math.max(0, 1 - y * z) end, { 1, -1, 1 } },
  binary_cross_entropy = {
    function(z, y) return y * math.log(1 + math.exp(-z)) + (1 - y) * math.log(1 + math.exp(z)) end, { 1, 0, 0.25 },
  },
}

test("element-wise losses", function()
  local z = eb.tensor({ 1.25, -0.5, 2 }, { dtype = "float64" })
  for name, case in pairs(elementwise) do
    local loss, values, sum = eb.loss[name], {}, 0
    local y = eb.tensor(case[2], { dtype = "float64" })
    for i = 1, 3 do
      values[i] = case[1](z[i]:item(), case[2][i])
      sum = sum + values[i]
    end
    close(loss(z, y, { reduction = "none" }), values, 1e-15)
    close(loss(z, y, { reduction = "sum" }), sum, 1e-15)
    close(loss(z, y), sum / 3, 1e-15)
    close(loss(z[1], case[2][1]), values[1], 1e-15)
    assert(eb.check_grad(function(x) return loss(x, y) end, z) < 1e-6, name)
    close(eb.vmap(loss)(z, y), values, 1e-15)
    -- Nothing broadcasts, in either direction.
    raises(function() loss(z, y:reshape { 3, 1 }) end, here(), name .. ": the prediction has shape [3] and the target [3, 1]")
    raises(function() loss(z:reshape { 3, 1 }, y) end, "[3, 1]")
    raises(function() loss(z, 1) end, name, "[]")
    raises(function() loss(z, y, { reduction = "man" }) end, "did you mean 'mean'?")
    raises(function() loss(z) end, here(), name .. ": argument 2: expected tensor")
    if name ~= "huber" then raises(function() loss(z, y, { delta = 1 }) end, "unknown option 'delta'") end
  end
end)

test("huber's delta", function()
  local z = eb.tensor { 0, 1, 2, 3, -4 }
  equal(eb.loss.huber(z, eb.zeros { 5 }, { delta = 2, reduction = "none" }), { 0, 0.5, 2, 4, 6 })
  equal(eb.grad(function(x) return eb.loss.huber(x, eb.zeros { 5 }, { delta = 2, reduction = "sum" }) end)(z), { 0, 1, 2, 2, -2 })
  for _, delta in ipairs { 0, -1, 0 / 0, math.huge } do
    raises(function() eb.loss.huber(z, z, { delta = delta }) end, "huber: option 'delta': expected a positive number")
  end
end)

test("targets of two classes", function()
  local z = eb.zeros { 3 }
  raises(function() eb.loss.logistic(z, eb.tensor { 1, 0, 1 }) end, here(), "logistic: target 0.0 at position 2 is not -1 or 1")
  raises(function() eb.loss.hinge(z, eb.tensor { 1, 2, 1 }) end, "hinge: target 2.0 at position 2 is not -1 or 1")
  raises(function() eb.loss.binary_cross_entropy(z, eb.tensor { 0, 1, -1 }) end, "target -1.0 at position 3 is not in 0..1")
  raises(function() eb.grad(eb.loss.logistic)(z, eb.tensor { 1, 1, 0 }) end, "logistic: target 0.0 at position 3")
  raises(function() eb.vmap(eb.loss.hinge)(z, eb.tensor { 1, 1, 0 }) end, "hinge: target 0.0 at position 3")
  equal(eb.loss.binary_cross_entropy(z, eb.tensor { 1, 0, 1 }:gt(0), { reduction = "sum" }).dtype, "float32")
end)

test("every derivative up to order 4 is finite for logits of any size", function()
  for _, dtype in ipairs { "float32", "float64" } do
    local z = eb.tensor({ 0, 1e4, -1e4, 30, -30 }, { dtype = dtype })
    for name, case in pairs(elementwise) do
      for _, target in ipairs(name == "binary_cross_entropy" and { 0, 1, 0.5 } or { 1, -1 }) do
        local f = function(x) return eb.loss[name](x, eb.full({ 5 }, target), { reduction = "sum" }) end
        for order = 0, 4 do
          assert(f(z):isfinite():all():item(), name .. order)
          local before, g = f, eb.grad(f)
          assert(g(z):isfinite():all():item(), name .. order)
          f = order % 2 == 0 and function(x) return g(x):sum() end
            or function(x) return (select(2, eb.jvp(before, { x }, { eb.ones_like(x) }))) end
        end
      end
    end
  end
end)

test("label smoothing", function()
  local z, y = eb.randn { 5, 3, rng = eb.rng(1), dtype = "float64" }, eb.tensor { 1, 2, 3, 3, 1 }
  local onehot = eb.eye(3, { dtype = "float64" }):index(1, y:cast("int32"))
  local expected = eb.loss.cross_entropy(z, 0.7 * onehot + 0.3 / 3)
  close(eb.loss.cross_entropy(z, y, { label_smoothing = 0.3 }), expected, 1e-14)
  close(eb.loss.cross_entropy(z, onehot, { label_smoothing = 0.3 }), expected, 1e-14)
  equal(eb.loss.cross_entropy(z, y, { label_smoothing = 0 }), eb.loss.cross_entropy(z, y))
  for _, wrong in ipairs { -0.1, 1, 0 / 0 } do
    raises(function() eb.loss.cross_entropy(z, y, { label_smoothing = wrong }) end, "option 'label_smoothing': expected a number in [0, 1)")
  end
  raises(function() eb.loss.cross_entropy(z, y, { smoothing = 0.1 }) end, "unknown option 'smoothing' (known: reduction, label_smoothing)")
end)
