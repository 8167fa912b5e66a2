local function sample()
  return { w = eb.tensor { { 1, 2 }, { 3, 4 } }, { bias = eb.tensor { 5 } }, name = "layer", on = true }
end

test("key order: integers ascending, then strings by their bytes", function()
  local order = {}
  local t = { b = 1, a = 2, Z = 3, aa = 4, [3] = 5, [1] = 6, [2] = { y = 7, x = 8 }, [-1] = 9 }
  for i, leaf in ipairs(eb.tree.leaves(t)) do order[i] = leaf:item() end
  equal(order, { 9, 6, 8, 7, 5, 3, 2, 4, 1 })
  equal(#eb.tree.leaves(sample()), 2)
  equal(eb.tree.leaves(eb.ones { 2 }), { { 1, 1 } })
  equal(eb.tree.leaves {}, {})
end)

test("arithmetic leaf by leaf", function()
  local p = eb.tree.map(function(x) return x end, sample())
  equal(p.name, "layer")
  equal(p.on, true)
  local q = p + p
  equal(q.w, { { 2, 4 }, { 6, 8 } })
  equal(q[1].bias, { 10 })
  equal(q.name, "layer")
  equal((p * p - p / 2 + 1).w, p.w * p.w - p.w / 2 + 1)
  equal((p ^ 2).w, p.w ^ 2)
  equal((2 ^ p)[1].bias, { 32 })
  equal((1 - p)[1].bias, { -4 })
  equal((-p).w, -p.w)
  -- A tensor on either side meets every leaf; a plain table of the same keys is a tree, too.
  equal((eb.tensor(0.5) * p).w, p.w / 2)
  equal((p * eb.tensor(0.5)).w, p.w / 2)
  equal((p - sample()).w, eb.zeros { 2, 2 })
  equal((sample() - p)[1].bias, { 0 })
  -- Nothing was changed.
  equal(p.w, { { 1, 2 }, { 3, 4 } })
  raises(function() return p + { w = p.w } end, here(), "add: the trees differ", "'1.bias' is in only one of them")
  raises(function() return p + { w = p.w, { bias = p[1].bias, more = 1 } } end, "'1.more' is in only one of them")
  raises(function() return p + "x" end, "add", "string")
  raises(function() return p .. p end)
  -- A table of numbers is no tensor.
  raises(function() return eb.ones { 2 } + { 1, 2 } end, "add", "table")
end)

test("a number in a tree takes the dtype of the tensor it meets", function()
  local p = eb.tree.map(function(x) return x end, { w = eb.ones { 2, dtype = "float64" }, n = 0.1 })
  equal((p * { w = 0.1, n = 1 }).w, { 0.1, 0.1 })
  equal(({ w = 0.1, n = 1 } * p).w, { 0.1, 0.1 })
  equal((p * { w = 0.1, n = 1 }).w.dtype, "float64")
  equal((p + { w = 1, n = eb.tensor(0, { dtype = "float64" }) }).w, { 2, 2 })
  equal(eb.tree.dot({ a = eb.tensor(1, { dtype = "float64" }) }, { a = 0.1 }), 0.1)
  equal(eb.tree.dot({ a = 0.1 }, { a = eb.tensor(1, { dtype = "float64" }) }), 0.1)
  equal((eb.tree.flatten { a = 0.1, b = eb.ones { 1, dtype = "float64" } })[1], 0.1)
  equal(eb.hvp(function(q) return (q.w ^ 2):sum() / 2 end)({ w = eb.tensor(1, { dtype = "float64" }) }, { w = 0.1 }).w, 0.1)
  -- Numbers among themselves are of the default dtype.
  equal(eb.tree.leaves({ 0.1 })[1].dtype, "float32")
  equal((eb.tree.flatten { 0.1, 0.2 }).dtype, "float32")
end)

test("arithmetic names the place where trees do not fit", function()
  local p = eb.tree.map(function(x) return x end, { w = eb.ones { 2 }, { bias = eb.ones { 3 } } })
  raises(function() return p - { w = eb.ones { 2 }, { bias = eb.ones { 4 } } } end, here(), "sub at '1.bias': shapes [3] and [4] do not broadcast")
  raises(function() return p * eb.ones { 3 } end, "mul at 'w': shapes [2] and [3]")
  raises(function() return p + { w = 1, { bias = {} } } end, "add: the trees differ: '1.bias' is a tensor or a number in the first and a table in the second")
  raises(function() return p + { w = "x", { bias = 1 } } end, "'w' is a tensor or a number in the first and neither tensor nor table in the second")
  raises(function() return p + { w = 1, { bias = 1 }, {} } end, "'2' is in only one of them")
  raises(function() return { w = 1, 2 } + p end, "'1' is a tensor or a number in the first and a table in the second")
  raises(function() return eb.tree.dot(p, eb.ones { 2 }) end, "dot: the trees differ: only one of them is a table")
end)

test("trees under every transform", function()
  local p = { w = eb.tensor { 1, 2 }, { bias = eb.tensor { 3 } } }
  local f = function(q) return eb.tree.dot(q, q) * eb.tree.norm(q) end
  local g = eb.grad(f)(p)
  -- n^3 with n = sqrt(14): the gradient is 3 n p.
  close(g.w, 3 * math.sqrt(14) * p.w)
  close(g[1].bias, 3 * math.sqrt(14) * p[1].bias)
  local value, tangent = eb.jvp(f, { p }, { p })
  close(value, 14 ^ 1.5)
  close(tangent, 3 * 14 ^ 1.5)
  local out, moved = eb.jvp(function(q) return 2 * eb.tree.map(function(x) return x * x end, q) end, { p }, { p })
  close(moved.w, 4 * p.w * p.w)
  close(out[1].bias, { 18 })
  close(eb.hessian(function(q) return eb.tree.dot(q, q) end)(p), 2 * eb.eye(3))
  -- Key order: 1.bias before w.
  close(eb.jacobian(function(q) return eb.cat({ q.w, 10 * q[1].bias }, 1) end)(p), { { 0, 1, 0 }, { 0, 0, 1 }, { 10, 0, 0 } })
  local lanes = eb.tree.map(function(x) return eb.stack({ x, 2 * x }, 1) end, p)
  close(eb.vmap(f)(lanes), { 14 ^ 1.5, 8 * 14 ^ 1.5 })
  local doubled = eb.vmap(function(q) return q + q end)(lanes)
  equal(doubled.w, 2 * lanes.w)
  close(eb.vmap(eb.grad(f))(lanes).w[2], 4 * g.w)
end)

test("map", function()
  local p = sample()
  local doubled = eb.tree.map(function(x) return 2 * x end, p)
  equal(doubled.w, 2 * p.w)
  equal((doubled - p).w, p.w)
  local sum = eb.tree.map(function(a, b, c) return a + b * c end, p, doubled, p)
  equal(sum.w, p.w + 2 * p.w * p.w)
  equal(eb.tree.map(eb.sum, p)[1].bias, 5)
  equal(eb.tree.map(function() return 7 end, p).w, 7)
  -- Models and other callable values are functions.
  equal(eb.tree.map(eb.nn.identity(), { {} }, { {} }), { {} })
  raises(function() eb.tree.map(p, function(x) return x end) end, here(), "map: argument 1: expected function, got table")
  raises(function() eb.tree.map(eb.exp) end, "map: expected a function and at least one tree")
  raises(function() eb.tree.map(eb.exp, nil) end, "map: argument 2: expected tree", "got nil")
  raises(function() eb.tree.map(function(a, b) return a end, p, { 1 }) end, "map: the trees differ: '1' is a table in the first and a tensor or a number in the second")
  raises(function() eb.tree.map(function() end, p) end, here(), "map: the function must return a tensor or a number (for '1.bias')", "nil")
  raises(function() eb.tree.map(function(x) error("own") end, p) end, here() .. " own")
end)

test("flatten and unflatten", function()
  local p = sample()
  local v, unflatten = eb.tree.flatten(p)
  equal(v, { 5, 1, 2, 3, 4 })
  local q = unflatten(10 * v)
  equal(q.w, { { 10, 20 }, { 30, 40 } })
  equal(q[1].bias, { 50 })
  equal(q.name, "layer")
  equal((q / 10 - p).w, eb.zeros { 2, 2 })
  assert(eb.tree.equal(unflatten(v), p))
  -- Leaves of different types share a vector that holds both, and get their types back.
  local mixed = { a = eb.ones { 2 }, b = eb.tensor({ 3 }, { dtype = "float64" }), c = eb.tensor({ 7 }, { dtype = "int32" }) }
  local flat, back = eb.tree.flatten(mixed)
  equal(flat.dtype, "float64")
  assert(eb.tree.equal(back(flat), mixed))
  equal((eb.tree.flatten(eb.ones { 2, 2 })), { 1, 1, 1, 1 })
  equal(select(2, eb.tree.flatten(3))(eb.tensor { 4 }), 4)
  raises(function() unflatten(eb.ones { 4 }) end, here(), "unflatten: expected a vector of 5 elements, got [4]")
  raises(function() eb.tree.flatten {} end, "flatten: the tree has no tensors")
  -- Derivatives go through both.
  local g = eb.grad(function(t) return ((eb.tree.flatten(t)) ^ 2):sum() end)(p)
  equal(g.w, 2 * p.w)
  equal(eb.grad(function(u) return (unflatten(u).w ^ 2):sum() end)(v), { 0, 2, 4, 6, 8 })
end)

test("dot and norm", function()
  local p = sample()
  equal(eb.tree.dot(p, p), 55)
  equal(math.type(eb.tree.dot(p, p)), "float")
  close(eb.tree.norm(p), math.sqrt(55))
  equal(eb.tree.norm(p, 1), 15)
  equal(eb.tree.norm(-1 * eb.tree.map(function(x) return x end, p), math.huge), 5)
  close(eb.tree.norm(p, 3), (125 + 1 + 8 + 27 + 64) ^ (1 / 3))
  equal(eb.tree.norm { 3, 4 }, 5)
  equal(eb.tree.dot({}, {}), 0)
  equal(eb.tree.norm {}, 0)
  close(eb.tree.norm { a = eb.ones { 2 }, b = eb.ones { 2, dtype = "float64" } }, 2)
  -- Where a transform watches they are tensors.
  equal(eb.grad(function(t) return eb.tree.dot(t, t) end)(p).w, 2 * p.w)
  close(eb.grad(function(t) return eb.tree.norm(t) end)(p).w, p.w / math.sqrt(55))
  equal(eb.vmap(function(x) return eb.tree.dot({ x }, { x }) end)(eb.tensor { { 1, 2 }, { 3, 4 } }), { 5, 25 })
  -- A leaf of zeros, as biases are at the start, does not spoil the gradient of the others.
  local g = eb.grad(function(t) return eb.tree.norm(t) end) { w = eb.tensor { 3, 4 }, b = eb.zeros { 2 } }
  close(g.w, { 0.6, 0.8 })
  equal(g.b, { 0, 0 })
  equal(eb.grad(function(t) return eb.tree.norm(t) end)(eb.zeros { 2 }), { 0, 0 })
  raises(function() eb.tree.dot(p, { w = p.w }) end, here(), "dot: the trees differ: '1.bias' is in only one of them")
  raises(function() eb.tree.dot({ w = eb.ones { 2, 3 } }, { w = eb.ones { 3 } }) end, "dot: shapes differ at 'w': [2, 3] and [3]")
  raises(function() eb.tree.dot(eb.ones { 2 }, eb.ones { 1 }) end, "dot: shapes differ: [2] and [1]")
  raises(function() eb.tree.norm(p, "fro") end, "norm: argument 2: expected number, got string")
end)

test("zeros_like, randn_like, count", function()
  local p = { a = eb.tensor({ 1, 2 }, { dtype = "float64" }), b = eb.tensor({ 3 }, { dtype = "int32" }) }
  local z = eb.tree.zeros_like(p)
  equal(z, { a = { 0, 0 }, b = { 0 } })
  equal(z.a.dtype .. z.b.dtype, "float64int32")
  equal(eb.tree.count(p), 3)
  equal(eb.tree.count(eb.ones { 2, 3 }), 6)
  equal(eb.tree.count { 1, { 2 }, "text" }, 2)
  equal(eb.tree.count {}, 0)
  local q = { a = p.a, b = eb.ones { 4 } }
  local r = eb.tree.randn_like(q, { rng = eb.rng(1) })
  equal(r.a.dtype, "float64")
  equal(r.b.shape, { 4 })
  assert(eb.tree.equal(r, eb.tree.randn_like(q, { rng = eb.rng(1) })))
  assert(not eb.tree.equal(r, eb.tree.randn_like(q, { rng = eb.rng(2) })))
  -- Whole numbers have no normal distribution; their directions are floats.
  equal(eb.tree.randn_like(p).b.dtype, "float32")
  raises(function() eb.tree.randn_like(q, { seed = 1 }) end, "unknown option 'seed' (known: rng)")
  raises(function() eb.tree.randn_like(q, { rnd = 1 }) end, "did you mean 'rng'?")
  raises(function() eb.tree.randn_like(q, eb.rng(1)) end, "expected options, got a generator; write {rng = r}")
  for _, name in ipairs { "count", "leaves", "flatten", "norm", "zeros_like", "randn_like", "hash" } do
    raises(function() eb.tree[name]() end, here(), name .. ": argument 1: expected tree", "got no value")
    raises(function() eb.tree[name]("x") end, name .. ": argument 1: expected tree", "got string")
  end
  raises(function() eb.tree.flaten(q) end, "did you mean 'flatten'?")
end)

test("equal and hash are about bits", function()
  local a = { w = eb.tensor { 1, 2 }, b = { eb.tensor { 3 } } }
  local function changed(key, value)
    local t = { w = a.w, b = a.b }
    t[key] = value
    return t
  end
  assert(eb.tree.equal(a, changed("w", eb.tensor { 1, 2 })))
  equal(eb.tree.hash(a), eb.tree.hash(changed("w", eb.tensor { 1, 2 })))
  equal(#eb.tree.hash(a), 16)
  local others = {
    changed("w", eb.tensor { 1, 2.0000002 }), changed("w", eb.tensor({ 1, 2 }, { dtype = "float64" })),
    changed("w", eb.tensor { { 1, 2 } }), changed("b", eb.tensor { 3 }), changed("c", eb.tensor { 3 }), changed("w", nil),
  }
  for _, other in ipairs(others) do
    assert(not eb.tree.equal(a, other))
    assert(eb.tree.hash(a) ~= eb.tree.hash(other))
  end
  -- Equal numbers with other bits differ, and a NaN is equal to itself.
  assert(not eb.tree.equal(eb.tensor { 0.0 }, eb.tensor { -0.0 }))
  assert(eb.tree.equal(eb.tensor { 0 / 0 }, eb.tensor { 0 / 0 }))
  -- A view has the bits of its elements.
  local x = eb.tensor { { 1, 2 }, { 3, 4 } }
  assert(eb.tree.equal(x:t(), eb.tensor { { 1, 3 }, { 2, 4 } }))
  equal(eb.tree.hash(x:t()), eb.tree.hash(eb.tensor { { 1, 3 }, { 2, 4 } }))
  -- The same on every machine: FNV-1a of the path, the spec and the bytes.
  equal(eb.tree.hash(eb.zeros { 1 }), eb.tree.hash(eb.tensor { 0 }))
end)

test("a tree prints a line for each leaf", function()
  local p = eb.tree.map(function(x) return x end, sample())
  equal(tostring(p), "tree: 2 tensors, 5 numbers\n  1.bias  tensor float32 [1] [5]\n  w       tensor float32 [2, 2]  min 1  mean 2.5  max 4")
  equal(tostring(eb.tree.map(eb.exp, {})), "tree: 0 tensors, 0 numbers")
  local many = {}
  for i = 1, 100 do many[i] = i end
  local text = tostring(eb.tree.zeros_like(many))
  assert(text:find("… and 80 more", 1, true) and select(2, text:gsub("\n", "")) == 21, text)
  eb.grad(function(q) assert(tostring(q):find("w       tensor float32 [2, 2]", 1, true)) return q.w:sum() end)(p)
end)

test("a tree that contains itself", function()
  local t = {}
  t.t = t
  raises(function() eb.tree.count(t) end, "nested more than 100 tables deep")
end)
