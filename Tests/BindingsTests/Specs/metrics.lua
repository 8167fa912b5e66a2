local z = eb.tensor { { 1, 5, 2 }, { 3, 1, 2 }, { 0, 0, 9 }, { 4, 4, 1 } }

test("accuracy", function()
  -- Among equals the first counts.
  equal(eb.metrics.accuracy(z, eb.tensor({ 2, 1, 1, 1 }, { dtype = "int32" })), 0.75)
  equal(math.type(eb.metrics.accuracy(z, eb.tensor { 2, 1, 3, 2 })), "float")
  equal(eb.metrics.accuracy(z, eb.tensor { 1, 2, 1, 3 }), 0)
  equal(eb.metrics.accuracy(z[{ { 1, 3 } }], eb.tensor { 2, 1, 1 }), 2 / 3)
  -- A diverged model is right nowhere.
  equal(eb.metrics.accuracy(eb.full({ 4, 3 }, 0 / 0), eb.ones { 4 }), 0)
end)

test("topk_accuracy", function()
  local y = eb.tensor { 3, 2, 1, 2 }
  equal(eb.metrics.topk_accuracy(z, y, 1), eb.metrics.accuracy(z, y))
  -- Places of the labels: 2, 3, 1 (of equal ones the first), 2.
  equal(eb.metrics.topk_accuracy(z, y, 1), 0)
  equal(eb.metrics.topk_accuracy(z, y, 2), 0.75)
  equal(eb.metrics.topk_accuracy(z, y, 3), 1)
  equal(math.type(eb.metrics.topk_accuracy(z, y, 2)), "float")
  raises(function() eb.metrics.topk_accuracy(z, y) end, here(), "topk_accuracy: argument 3: expected integer")
  raises(function() eb.metrics.topk_accuracy(z, y, 0) end, "topk_accuracy: k is 0, expected one of 1..3")
  raises(function() eb.metrics.topk_accuracy(z, y, 4) end, "topk_accuracy: k is 4, expected one of 1..3")
end)

test("confusion", function()
  local counts = eb.metrics.confusion(z, eb.tensor { 2, 1, 1, 1 })
  equal(counts.dtype, "int32")
  equal(counts, { { 2, 0, 1 }, { 0, 1, 0 }, { 0, 0, 0 } })
  equal(counts:diag():sum():item() / 4, eb.metrics.accuracy(z, eb.tensor { 2, 1, 1, 1 }))
end)

test("r2", function()
  local y = eb.tensor { 1, 2, 3 }
  equal(eb.metrics.r2(y, y), 1)
  equal(eb.metrics.r2(eb.tensor { 1, 2, 4 }, y), 0.5)
  equal(eb.metrics.r2(eb.full({ 3 }, 2), y), 0)
  equal(eb.metrics.r2(eb.tensor { 5, 6 }, eb.tensor { 5, 5 }), -math.huge)
  equal(math.type(eb.metrics.r2(y, y)), "float")
  raises(function() eb.metrics.r2(y, y:reshape { 3, 1 }) end, here(), "r2: the prediction has shape [3] and the target [3, 1]")
  raises(function() eb.metrics.r2(eb.tensor(1), eb.tensor(1)) end, "r2: expected examples along the first dimension")
end)

test("errors", function()
  for _, name in ipairs { "accuracy", "topk_accuracy", "confusion" } do
    local f = eb.metrics[name]
    raises(function() f(z, eb.tensor { 0, 1, 1, 1 }, 1) end, here(), name .. ": label 0.0 at position 1", "1..3")
    raises(function() f(z, eb.tensor { 1, 1, 2.5, 1 }, 1) end, name .. ": label 2.5 at position 3")
    raises(function() f(z, eb.tensor { 1, 1 }, 1) end, name .. ": expected logits [n, classes] and labels [n]", "[4, 3]", "[2]")
    raises(function() f(z) end, name .. ": argument 2: expected tensor")
  end
  raises(function() eb.metrics.acuracy(z) end, "did you mean 'accuracy'?")
end)
