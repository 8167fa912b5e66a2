test("writing a part", function()
  local x = eb.zeros { 3, 2 }
  x[1] = 5
  equal(x, { { 5, 5 }, { 0, 0 }, { 0, 0 } })
  x[{ 2, 2 }] = 7
  x[{ {}, 1 }] = eb.tensor { 1, 2, 3 }
  equal(x, { { 1, 5 }, { 2, 7 }, { 3, 0 } })
  x[{ { 3, 2, -1 } }] = eb.tensor { { 10, 11 }, { 20, 21 } }
  equal(x, { { 1, 5 }, { 20, 21 }, { 10, 11 } })
  x[x:gt(15)] = 0
  equal(x, { { 1, 5 }, { 0, 0 }, { 10, 11 } })
  x[x:gt(4)] = eb.tensor { -1, -2, -3 }
  equal(x, { { 1, -1 }, { 0, 0 }, { -2, -3 } })
  x[eb.tensor { 1, 3 }] = eb.tensor { { 8, 9 }, { 6, 7 } }
  equal(x, { { 8, 9 }, { 0, 0 }, { 6, 7 } })
  x[{ { 2, 3 } }] = x[{ { 1, 2 } }]
  equal(x, { { 8, 9 }, { 8, 9 }, { 0, 0 } })
end)

test("nobody else sees a write", function()
  local x = eb.arange(1, 4)
  local y, row, view, copy = x, x[2], x:reshape { 2, 2 }, x:clone()
  local part = x[{ { 2, 3 } }]
  x[2] = 99
  equal(x, { 1, 99, 3, 4 })
  equal(y, x)
  equal(row:item(), 2)
  equal(view, { { 1, 2 }, { 3, 4 } })
  equal(copy, { 1, 2, 3, 4 })
  equal(part, { 2, 3 })
  view[1] = 0
  equal(x, { 1, 99, 3, 4 })
  equal(view, { { 0, 0 }, { 3, 4 } })
  local wide = eb.tensor { 1, 2 }:expand { 3, 2 }
  wide[{ 1, 1 }] = 5
  equal(wide, { { 5, 2 }, { 1, 2 }, { 1, 2 } })
end)

test("methods in place", function()
  local x = eb.ones { 2 }
  equal(x:fill_(3), { 3, 3 })
  equal(x:add_(1), { 4, 4 })
  equal(x:mul_(eb.tensor { 1, 2 }), { 4, 8 })
  equal(x:copy_(eb.tensor { 5, 6 }), { 5, 6 })
  equal(x:sub_(1):div_(2), { 2, 2.5 })
  equal(x, { 2, 2.5 })
  local alias = x
  alias:add_(1)
  equal(x, { 3, 3.5 })
  local n = eb.tensor({ 1, 2 }, { dtype = "int32" })
  n[1] = 7
  equal(n, { 7, 2 })
  raises(function() n[1] = 1.5 end, "1.5 has no int32 value")
  raises(function() n[1] = eb.tensor(1.0) end, "float32 value does not fit a int32 tensor")
  local flags = eb.tensor { true, false }
  flags[2] = true
  equal(flags, { true, true })
  raises(function() flags[1] = 1 end, "bool")
  raises(function() x[1] = true end, "boolean")
end)

test("results of indexing are read-only", function()
  local x = eb.zeros { 2, 2 }
  raises(function() x[1][2] = 5 end, here(), "read-only", "x[{1, 2}] = 5", ":clone()")
  raises(function() x[{ { 1, 2 } }]:fill_(1) end, "read-only")
  raises(function() x[x:eq(0)][1] = 1 end, "read-only")
  for _, row in x:iter() do raises(function() row[1] = 1 end, "read-only") end
  local row = x[1]:clone()
  row[2] = 5
  equal(row, { 0, 5 })
  equal(x, { { 0, 0 }, { 0, 0 } })
  local sum = x[1] + 1
  sum[1] = 7
  equal(sum, { 7, 1 })
end)

test("values that do not fit", function()
  local x = eb.zeros { 2, 3 }
  raises(function() x[1] = eb.ones { 2 } end, here(), "[2]", "[3]")
  raises(function() x[3] = 1 end, "index 3 is outside dimension 1, which has 1..2")
  raises(function() x[{ 1, 2 }] = "a" end, "string")
  raises(function() x:copy_(eb.ones { 4 }) end, "[4]", "[2, 3]")
  raises(function() x:add_(eb.ones { 4, 1, 3 }) end, "does not fit")
  raises(function() x:fill_(eb.ones { 2 }) end, "fill_", "one number")
  equal(x, eb.zeros { 2, 3 })
end)

test("no writes inside transforms", function()
  local x = eb.ones { 2 }
  raises(function() eb.grad(function(a) a[1] = 2; return a:sum() end)(x) end, "inside a transform", "eb.where", "x:put(index, v)")
  raises(function() eb.grad(function(a) local b = eb.zeros { 2 }; b[1] = a[1]; return b:sum() end)(x) end, "eb.where")
  raises(function() eb.vmap(function(a) a:fill_(1); return a end)(x) end, "x:put")
  raises(function() eb.grad(function(a) x:add_(1); return a:sum() end)(x) end, "inside a transform")
  equal(x, { 1, 1 })
  x[1] = 4
  equal(x, { 4, 1 })
end)
