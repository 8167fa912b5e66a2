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

test("accuracy", function()
  local z = eb.tensor { { 1, 5, 2 }, { 3, 1, 2 }, { 0, 0, 9 }, { 4, 4, 1 } }
  -- Among equals the first counts.
  equal(eb.metrics.accuracy(z, eb.tensor({ 2, 1, 1, 1 }, { dtype = "int32" })), 0.75)
  equal(math.type(eb.metrics.accuracy(z, eb.tensor { 2, 1, 3, 2 })), "float")
  equal(eb.metrics.accuracy(z, eb.tensor { 1, 2, 1, 3 }), 0)
  raises(function() eb.metrics.accuracy(z, eb.tensor { 0, 1, 1, 1 }) end, here(), "accuracy: label 0", "1..3")
  raises(function() eb.metrics.accuracy(z, eb.tensor { 1, 1 }) end, "accuracy: expected logits [n, classes] and labels [n]", "[4, 3]", "[2]")
  raises(function() eb.metrics.acuracy(z) end, "did you mean 'accuracy'?")
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
