test("a seed gives the same draws", function()
  local a, b = eb.rng(7), eb.rng(7)
  equal(a:randn { 3 }, b:randn { 3 })
  equal(a:rand { 2, 2 }, b:rand { 2, 2 })
  assert(not pcall(equal, a:randn { 3 }, eb.rng(8):randn { 3 }))
  eb.seed(3)
  local x = eb.randn { 4 }
  local y = eb.randn { 4 }
  eb.seed(3)
  equal(eb.randn { 4 }, x)
  equal(eb.randn { 4 }, y)
  assert(not pcall(equal, x, y))
end)

test("a stream does not depend on who else drew", function()
  local expected = eb.rng(5):randn { 3 }
  local r = eb.rng(5)
  eb.rand { 100 }
  eb.rng(6):randn { 10 }
  equal(r:randn { 3 }, expected)
  equal(eb.randn { 3, rng = eb.rng(5) }, expected)
  equal(eb.randn({ 3 }, { rng = eb.rng(5) }), expected)
end)

test("split gives independent generators", function()
  local parts = eb.rng(1):split(4)
  equal(#parts, 4)
  local again = eb.rng(1):split(4)
  equal(parts[2]:randn { 3 }, again[2]:randn { 3 })
  assert(not pcall(equal, parts[1]:randn { 3 }, parts[3]:randn { 3 }))
  local r = eb.rng(1)
  r:split(4)
  assert(not pcall(equal, r:split(4)[1]:randn { 3 }, eb.rng(1):split(4)[1]:randn { 3 }))
end)

test("moments and ranges", function()
  local r = eb.rng(11)
  local x = r:randn { 100000 }
  close(x:mean():item(), 0, 0.02)
  close(x:std():item(), 1, 0.02)
  local u = r:rand { 100000 }
  assert(u:min():item() >= 0 and u:max():item() < 1)
  close(u:mean():item(), 0.5, 0.01)
  local d = r:randint({ 10000 }, 1, 6)
  equal(d.dtype, "int32")
  equal(d:min():item(), 1)
  equal(d:max():item(), 6)
  equal(eb.randint({ 3 }, 5, 5), { 5, 5, 5 })
  equal(eb.randint(3, 5, 5), { 5, 5, 5 })
  equal(eb.randint({ 3 }, 1, 2, { dtype = "float32" }).dtype, "float32")
  equal(eb.rand { 2, dtype = "float64" }.dtype, "float64")
end)

test("a permutation has every number once", function()
  local p = eb.permutation(50, { rng = eb.rng(2) })
  equal(p.dtype, "int32")
  equal((p:sort()), eb.arange(1, 50))
  equal(eb.rng(2):permutation(50), p)
  assert(not pcall(equal, p, eb.arange(1, 50)))
end)

test("under vmap lanes share a generator, or have one each", function()
  local x = eb.zeros { 3, 2 }
  local r = eb.rng(9)
  local shared = eb.vmap(function(row) return row + r:randn { 2 } end)(x)
  equal(shared[1], shared[2])
  local own = eb.vmap(function(row, g) return row + g:randn { 2 } end)(x, eb.rng(9):split(3))
  local parts = eb.rng(9):split(3)
  for i = 1, 3 do equal(own[i], parts[i]:randn { 2 }) end
end)

test("errors", function()
  raises(function() eb.randint({ 3 }, 5, 2) end, "randint: no int32 numbers from 5 to 2")
  raises(function() eb.randn { 3, rng = 7 } end, "option 'rng'", "generator")
  raises(function() eb.randn { 3, dtype = "int32" } end, "float32")
  raises(function() eb.rng("a") end, "rng: argument 1: expected integer")
  raises(function() eb.rng(1):randn { 3, rng = eb.rng(2) } end, "unknown option 'rng'")
  raises(function() eb.permutation(-1) end, "permutation")
end)
