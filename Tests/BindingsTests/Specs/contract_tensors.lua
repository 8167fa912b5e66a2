-- Making, reading and writing tensors, sentence by sentence.

local function range(...) return eb.arange(1, select(1, ...) * (select(2, ...) or 1)):reshape { ... } end

test("constructors: shapes, dtypes and the empty ones", function()
  for _, shape in ipairs { {}, { 0 }, { 0, 3 }, { 3, 0 }, { 2, 3 }, { 1, 1, 1, 1, 1, 1, 1, 1 } } do
    for _, dtype in ipairs { "float32", "float64", "int32", "bool" } do
      for name, value in pairs { zeros = 0, ones = 1 } do
        local x = eb[name](shape, { dtype = dtype })
        equal(x.shape, shape)
        equal(x.dtype, dtype)
        assert(x:eq(eb.full(shape, value, { dtype = dtype })):all():item())
        equal(eb[name .. "_like"](x).dtype, dtype)
      end
    end
    for _, name in ipairs { "rand", "randn" } do equal(eb[name](shape).shape, shape) end
    equal(eb.randint(shape, 1, 3).dtype, "int32")
  end
  equal(eb.eye(0).shape, { 0, 0 })
  equal(eb.eye(3):sum():item(), 3)
  equal(eb.arange(3, 1).shape, { 0 })
  equal(eb.linspace(0, 1, 0).shape, { 0 })
  equal(eb.linspace(5, 6, 1), { 5 })
  equal(eb.permutation(0).shape, { 0 })
  close(eb.logspace(-3, 0, 4, { dtype = "float64" }), { 1e-3, 1e-2, 1e-1, 1 }, 1e-15)
  equal(eb.arange(1, 2, 0.25), { 1, 1.25, 1.5, 1.75, 2 })
  equal(eb.arange(1, 10, 4), { 1, 5, 9 })
end)

test("tensor, totable and item are inverses for every dtype and rank", function()
  local value = 1
  for _ = 0, 8 do
    equal(eb.tensor(value):totable(), value)
    value = { value, value }
  end
  for dtype, v in pairs { float32 = 0.5, float64 = 0.1, int32 = -7, bool = true } do
    local x = eb.tensor({ { v, v } }, { dtype = dtype })
    equal(x.dtype, dtype)
    equal(x:totable(), { { v, v } })
    equal(x[{ 1, 2 }]:item(), v)
    equal(x:t():expand { 2, 3 }:totable(), { { v, v, v }, { v, v, v } })
  end
  equal(eb.zeros { 2, 0 }:totable(), { {}, {} })
  equal(eb.zeros { 0, 2 }:totable(), {})
  raises(function() eb.zeros { 0 }:item() end, "item", "[0]")
  for _, bad in ipairs { { { 1, 2 }, { 3 } }, { 1, { 2 } }, { { 1 }, 2 }, { { { 1 } }, { { 1, 2 } } }, { {}, { 1 } } } do
    raises(function() eb.tensor(bad) end, "tensor: the tables are ragged")
  end
  local nine = 1
  for _ = 1, 9 do nine = { nine } end
  raises(function() eb.tensor(nine) end, "more than 8 deep")
end)

test("indices from 1 and from the end, inclusive ranges, and nothing outside", function()
  local x = range(4, 3)
  for i = 1, 4 do
    equal(x[i], x[i - 5])
    for j = 1, 3 do
      equal(x[{ i, j }]:item(), 3 * (i - 1) + j)
      equal(x[{ i, j }], x[i][j])
      equal(x[{ i - 5, j - 4 }], x[{ i, j }])
    end
  end
  -- A range is Lua's numeric for.
  for first = 1, 4 do
    for last = 1, 4 do
      for _, step in ipairs { 1, 2, 3, -1, -2 } do
        local rows = {}
        for i = first, last, step do rows[#rows + 1] = i end
        equal(x[{ { first, last, step } }].shape, { #rows, 3 })
        for k, i in ipairs(rows) do equal(x[{ { first, last, step } }][k], x[i]) end
      end
    end
  end
  equal(x[{ {}, -1 }], { 3, 6, 9, 12 })
  equal(x[{ { 1, 3 }, {} }].shape, { 3, 3 })
  equal(x[{ {}, { -2, -1 } }].shape, { 4, 2 })
  equal(x[{}], x)
  equal(eb.tensor(3)[{}]:item(), 3)
  for _, index in ipairs { 0, 5, -5, { 1, 4 }, { 1, 0 }, { { 0, 2 } }, { { 1, 5 } }, { { -5, 2 } } } do
    raises(function() return x[index] end, "index", "outside dimension")
    raises(function() x[index] = 0 end, "outside dimension")
    raises(function() x:put(index, 0) end, "outside dimension")
  end
  raises(function() return x[{ 1, 2, 3 }] end, "3 entries")
  raises(function() return x[nil] end, "index")
  raises(function() return eb.zeros { 0, 2 }[1] end, "index 1 into dimension 1, which is empty")
  equal(eb.zeros { 0, 2 }[{ { 1, 0 } }].shape, { 0, 2 })
end)

test("rows in a loop, by iter and by pairs", function()
  local x = range(3, 2)
  for _, loop in ipairs { function() return x:iter() end, function() return pairs(x) end } do
    local count = 0
    for i, row in loop() do
      count = count + 1
      equal(i, count)
      equal(row, x[i])
      raises(function() row[1] = 0 end, "read-only")
    end
    equal(count, 3)
  end
  for _ in eb.zeros { 0, 2 }:iter() do error("there are no rows") end
  raises(function() pairs(eb.tensor(1)) end, "scalar")
  -- Nested; the row at hand does not see that the loop's tensor is written, the next ones are read then.
  local sum = 0
  for _, row in pairs(x) do
    for _, entry in pairs(row) do sum = sum + entry:item() end
    x:fill_(0)
  end
  equal(sum, 3)
end)

test("masks of every rank", function()
  local x = range(2, 3)
  equal(x[x:gt(3)], { 4, 5, 6 })
  equal(x[eb.tensor { false, true }], { { 4, 5, 6 } })
  equal(x[eb.zeros({ 2, 3 }, { dtype = "bool" })].shape, { 0 })
  equal(x[eb.zeros({ 2 }, { dtype = "bool" })].shape, { 0, 3 })
  equal(eb.zeros { 0, 3 }[eb.zeros({ 0 }, { dtype = "bool" })].shape, { 0, 3 })
  equal(x:t()[x:t():gt(3)], { 4, 5, 6 })
  for _, mask in ipairs { eb.ones({ 3 }, { dtype = "bool" }), eb.ones({ 2, 2 }, { dtype = "bool" }), eb.ones({ 2, 3, 1 }, { dtype = "bool" }) } do
    raises(function() return x[mask] end, "mask", "[2, 3]")
  end
end)

test("writes change one tensor and nothing that shares its storage", function()
  local writes = {
    function(x) x[1] = 9 end, function(x) x[{ 1, 2 }] = 9 end, function(x) x[{ {}, { 1, 2 } }] = 9 end,
    function(x) x[x:gt(2)] = 9 end, function(x) x[eb.tensor { 2, 1 }] = 9 end, function(x) x[{ {}, eb.tensor { 3 } }] = 9 end,
    function(x) x[{ { 2, 1, -1 } }] = eb.tensor { { 9, 8, 7 }, { 6, 5, 4 } } end,
    function(x) x:copy_(eb.tensor { 7, 8, 9 }) end, function(x) x:fill_(9) end, function(x) x:add_(1) end, function(x) x:sub_(1) end,
    function(x) x:mul_(2) end, function(x) x:div_(2) end, function(x) x:add_(x) end, function(x) x:copy_(x:flip()) end,
  }
  for i, write in ipairs(writes) do
    for name, make in pairs {
      whole = function() return range(2, 3) end, transposed = function() return range(3, 2):t() end,
      sliced = function() return range(4, 3):split(2)[2] end, expanded = function() return range(3):expand { 2, 3 } end,
      reshaped = function() return range(6):reshape { 2, 3 } end,
    } do
      local x = make()
      local before = x:totable()
      local views = { x[1], x[{ {}, 2 }], x:reshape { 3, 2 }, x:t(), x:expand { 2, 2, 3 }, x:clone(), x:detach(), x:flatten(), x:split(1)[1], x:unsqueeze(1), eb.tensor(x) }
      local contents = {}
      for k, view in ipairs(views) do contents[k] = view:totable() end
      write(x)
      assert(not eb.tree.equal(x, eb.tensor(before)), "nothing was written by " .. i .. " " .. name)
      for k, view in ipairs(views) do
        if not eb.tree.equal(view, eb.tensor(contents[k])) then error(("view %d saw write %d of %s"):format(k, i, name)) end
      end
      -- And the writer's views stay its own.
      local y = x:reshape { 6 }
      local after = x:totable()
      y:fill_(-1)
      equal(x, after)
    end
  end
end)

test("a written value takes the dtype, or does not fit", function()
  for dtype, v in pairs { float32 = 0.5, float64 = 0.1, int32 = 3, bool = true } do
    local x = eb.zeros({ 2 }, { dtype = dtype })
    x[1] = v
    equal(x[1]:item(), v)
    x:fill_(v)
    equal(x:totable(), { v, v })
    equal(x.dtype, dtype)
  end
  local x = eb.zeros({ 2 }, { dtype = "int32" })
  raises(function() x[1] = 0.5 end, "0.5")
  raises(function() x[1] = eb.tensor(0.5) end, "float32", "int32")
  raises(function() x:mul_(0.5) end, "0.5")
  raises(function() x:div_(2) end, "int32")
  raises(function() x[1] = "a" end, "string")
  raises(function() x[1] = {} end, "table")
  raises(function() x[1] = eb.zeros({ 3 }, { dtype = "int32" }) end, "[3]")
  equal(x, { 0, 0 })
end)

test("what a transform watches is not written", function()
  local x = eb.ones { 2 }
  local writes = {
    function(a) a[1] = 0 end, function(a) a[{ 1 }] = 0 end, function(a) a[a:gt(0)] = 0 end, function(a) a:fill_(0) end, function(a) a:copy_(x) end,
    function(a) a:add_(1) end, function(a) a:sub_(1) end, function(a) a:mul_(1) end, function(a) a:div_(1) end,
  }
  for _, write in ipairs(writes) do
    for _, transform in ipairs { eb.grad, eb.vmap, eb.hessian, eb.jacobian } do
      raises(function() transform(function(a) write(a); return a:sum() end)(eb.ones { 2, 2 }) end, "transform", "eb.where", "x:put(index, v)")
      raises(function() transform(function(a) write(x); return a:sum() end)(eb.ones { 2, 2 }) end, "transform", "x:put(index, v)")
    end
  end
  equal(x, { 1, 1 })
end)

test("put in every form, and accumulating", function()
  local x = range(2, 3)
  equal(x:put(eb.tensor { 1, 1, 2 }, 1, { accumulate = true }), { { 3, 4, 5 }, { 5, 6, 7 } })
  equal(x:put(1, 10, { accumulate = true }), { { 11, 12, 13 }, { 4, 5, 6 } })
  equal(x:put({ {}, { 3, 1, -2 } }, eb.tensor { 10, 20 }, { accumulate = true }), { { 21, 2, 13 }, { 24, 5, 16 } })
  equal(x:put(x:gt(4), 10, { accumulate = true }), { { 1, 2, 3 }, { 4, 15, 16 } })
  equal(x:put(x:gt(4), eb.tensor { 10, 20 }, { accumulate = true }), { { 1, 2, 3 }, { 4, 15, 26 } })
  local i, j = eb.tensor { 1, 1, 2 }, eb.tensor { 2, 2, 3 }
  equal(x:put({ i, j }, eb.tensor { 1, 2, 3 }, { accumulate = true }), { { 1, 5, 3 }, { 4, 5, 9 } })
  equal(x:put({ i, j }, eb.tensor { 1, 2, 3 }), { { 1, 2, 3 }, { 4, 5, 3 } })
  equal(x, range(2, 3))
  raises(function() x:put(1, eb.ones { 2 }, { accumulate = true }) end, "[2]", "[3]")
  raises(function() x:gt(0):put(1, true, { accumulate = true }) end, "bool")
  equal(eb.grad(function(v) return (x:put({ i, j }, v, { accumulate = true }) * x):sum() end)(eb.ones { 3 }), { 2, 2, 6 })
  equal(eb.grad(function(a) return (a:put({ i, j }, 1, { accumulate = true }) * x):sum() end)(x), x)
end)

test("gather, scatter_add and index_add, which are each other's adjoints", function()
  local x = range(2, 3)
  local ids = eb.tensor({ { 3, 3, 1, -1 }, { 1, 2, 2, 2 } }, { dtype = "int32" })
  equal(x:gather(2, ids), { { 3, 3, 1, 3 }, { 4, 5, 5, 5 } })
  equal(x:gather(1, eb.tensor { { 2, 1, 2 } }), { { 4, 2, 6 } })
  equal(x:gather(1, eb.tensor { { 2 } }), { { 4, 5, 6 } })
  equal(x:gather(-1, eb.tensor { { 1 } }), { { 1 }, { 4 } })
  equal(eb.zeros { 2, 3 }:scatter_add(2, ids, eb.ones { 2, 4 }), { { 1, 0, 3 }, { 1, 3, 0 } })
  equal(eb.zeros { 2, 3 }:scatter_add(1, eb.tensor { { 1, 2, 1 }, { 1, 1, 1 } }, x), { { 5, 5, 9 }, { 0, 2, 0 } })
  equal(x:scatter_add(2, ids, 1), { { 2, 2, 6 }, { 5, 8, 6 } })
  equal(x:index_add(1, { 2, 2, 1 }, 1), { { 2, 3, 4 }, { 6, 7, 8 } })
  equal(x:index_add(2, eb.tensor { 1, 1 }, eb.tensor { { 1, 2 }, { 3, 4 } }), { { 4, 2, 3 }, { 11, 5, 6 } })
  equal(x:index_add(2, 3, eb.tensor { 10, 20 }), { { 1, 2, 13 }, { 4, 5, 26 } })
  -- ⟨gather(x), w⟩ = ⟨x, scatter_add(w)⟩, index and index_add alike.
  local w = eb.randn({ 2, 4 }, { rng = eb.rng(1) })
  close((x:gather(2, ids) * w):sum(), (x * eb.zeros { 2, 3 }:scatter_add(2, ids, w)):sum(), 1e-5)
  equal(eb.grad(function(a) return (a:gather(2, ids) * w):sum() end)(x), eb.zeros { 2, 3 }:scatter_add(2, ids, w))
  equal(eb.grad(function(v) return (eb.zeros { 2, 3 }:scatter_add(2, ids, v) * x):sum() end)(w), x:gather(2, ids))
  equal(eb.grad(function(v) return (eb.zeros { 2, 3 }:index_add(2, { 3, 1, 1, 2 }, v) * x):sum() end)(w), x:index(2, { 3, 1, 1, 2 }))
  -- Of any size, zero included, and lane by lane.
  equal(eb.zeros { 2, 3 }:gather(2, eb.zeros { 2, 0 }).shape, { 2, 0 })
  equal(eb.zeros { 0, 3 }:gather(2, eb.zeros { 0, 5 }).shape, { 0, 5 })
  equal(eb.ones { 2, 3 }:scatter_add(2, eb.zeros { 2, 0 }, eb.zeros { 2, 0 }), eb.ones { 2, 3 })
  equal(eb.vmap(function(a, i) return a:gather(1, i) end)(x, ids), x:gather(2, ids))
  equal(eb.vmap(function(a, i, v) return a:scatter_add(1, i, v) end)(x, ids, w), x:scatter_add(2, ids, w))
  equal(eb.vmap(function(i, v) return x[1]:index_add(1, i, v) end)(ids, w)[2], x[1]:index_add(1, ids[2], w[2]))
  assert(eb.check_grad(function(a, v) return (a:scatter_add(2, ids, v) ^ 2):sum() end, x, w) < 1e-6)
  for _, f in ipairs {
    function() x:gather(2, eb.tensor { 1 }) end, function() x:gather(1, eb.tensor { { 1, 1 } }) end, function() x:scatter_add(2, ids, eb.ones { 2, 3 }) end,
    function() x:index_add(1, { 1 }, eb.ones { 2, 2 }) end,
  } do raises(f, "shape") end
  raises(function() x:gather(2, eb.tensor { { 4 }, { 1 } }) end, "index 4 is outside dimension 2")
  raises(function() x:gather(2, eb.tensor { { 0 }, { 1 } }) end, "index 0")
  raises(function() x:gather(3, ids) end, "dimension 3 does not exist")
  raises(function() x:index_add(1, { 3 }, 1) end, "index 3 is outside dimension 1")
  raises(function() x:gt(0):scatter_add(2, ids, true) end, "bool")
end)

test("layout functions on empty, single and full shapes", function()
  local empty = eb.zeros { 0, 3 }
  equal(empty:t().shape, { 3, 0 })
  equal(empty:reshape { 3, 0, 2 }.shape, { 3, 0, 2 })
  equal(empty:reshape { -1, 3 }.shape, { 0, 3 })
  equal(empty:flatten().shape, { 0 })
  equal(empty:expand { 2, 0, 3 }.shape, { 2, 0, 3 })
  equal(empty:flip().shape, { 0, 3 })
  equal(empty:pad(1).shape, { 2, 5 })
  equal(empty:tril().shape, { 0, 3 })
  equal(empty:diag().shape, { 0 })
  equal(eb.zeros { 0 }:diag().shape, { 0, 0 })
  equal(eb.cat({ empty, eb.ones { 2, 3 } }, 1).shape, { 2, 3 })
  equal(#eb.zeros { 0, 2 }:split(2), 0)
  equal(#eb.ones { 2 }:chunk(3), 3)
  equal(empty:squeeze().shape, { 0, 3 })
  equal(eb.zeros { 1, 2, 1, 1 }:squeeze { 1, -1 }.shape, { 2, 1 })
  raises(function() eb.zeros { 1, 2 }:squeeze { 1, 2 } end, "dimension 2", "not 1")
  local scalar = eb.tensor(2)
  for _, f in ipairs { function() return scalar:t() end, function() return scalar:flip() end, function() return scalar:squeeze() end, function() return scalar:reshape {} end } do equal(f().shape, {}) end
  equal(scalar:flatten().shape, { 1 })
  equal(scalar:expand { 2, 2 }, { { 2, 2 }, { 2, 2 } })
  local x = range(3, 3)
  equal(x:diag(1), { 2, 6 })
  equal(x:diag(-2), { 7 })
  equal(x:diag(3).shape, { 0 })
  equal(x:diag(-5).shape, { 0 })
  equal(eb.tensor { 1, 2 }:diag(1), { { 0, 1, 0 }, { 0, 0, 2 }, { 0, 0, 0 } })
  equal(eb.tensor { 1, 2 }:diag(-1), { { 0, 0, 0 }, { 1, 0, 0 }, { 0, 2, 0 } })
  equal(eb.tensor { 1 / 0, 1 }:diag(), { { 1 / 0, 0 }, { 0, 1 } })
  equal(eb.tensor { true, true }:diag().dtype, "bool")
  for _, dtype in ipairs { "int32", "bool", "float64" } do
    local y = eb.ones({ 2, 2 }, { dtype = dtype })
    for _, f in ipairs { "tril", "triu", "t", "flip", "diag", "flatten", "clone", "detach", "squeeze" } do equal(y[f](y).dtype, dtype) end
    equal(y:pad(1).dtype, dtype)
    equal(eb.cat { y, y }.dtype, dtype)
  end
end)

test("numbers beyond every size are errors or nothing, never the end of the process", function()
  local x = range(3, 3)
  local least, most = math.mininteger, math.maxinteger
  for _, far in ipairs { 2 ^ 31 | 0, 2 ^ 62 | 0, most } do
    equal(x:tril(far), x)
    equal(x:triu(-far), x)
    equal(x:triu(far), eb.zeros { 3, 3 })
    equal(x:tril(-far), eb.zeros { 3, 3 })
    equal(x:diag(far).shape, { 0 })
    equal(x:diag(-far).shape, { 0 })
    equal(x[{ { far, 1 } }].shape, { 0, 3 })
    equal(x[{ { 1, -far } }].shape, { 0, 3 })
    for _, f in ipairs {
      function() return x[far] end, function() return x[-far] end, function() return x[{ { 1, far } }] end, function() return x[{ { -far, 1 } }] end,
      function() return x[{ { far, 1, -1 } }] end, function() return x:index(1, { far }) end, function() return x:index(1, eb.tensor { far }) end,
      function() return x:pad(far) end, function() return x:pad { -far, 1 } end, function() return x:chunk(far) end, function() return x:sum(far) end,
      function() return eb.tensor { 1 }:diag(far) end, function() return x:unsqueeze(far) end, function() return x:topk(far) end,
      function() return x:reshape { far } end, function() return x:expand { far, 3, 3 } end, function() return eb.zeros { far, far } end,
      function() return eb.arange(1, far) end, function() return eb.linspace(0, 1, far) end, function() return eb.eye(far) end,
      function() return eb.permutation(far) end, function() return eb.randint({ 1 }, 1, far) end, function() return eb.nn.mlp { far, 2 } end,
      function() return eb.models.deep_linear { far, 2, 2 } end,
    } do raises(f) end
  end
  equal(x[{ { 1, 3, most } }], x[{ { 1, 1 } }])
  equal(x[{ { 3, 1, least } }], x[{ { 3, 3 } }])
  equal(#x:split(most), 1)
end)

test("bytes: equality and hashing follow contents, dtype and shape, never layout", function()
  local x = range(2, 3)
  assert(eb.tree.equal(x, range(3, 2):reshape { 2, 3 }) and eb.tree.equal(x:t(), x:t():clone()))
  equal(eb.tree.hash(x:t()), eb.tree.hash(x:t():clone()))
  equal(eb.tree.hash(x[{ {}, { 1, 3, 2 } }]), eb.tree.hash(eb.tensor { { 1, 3 }, { 4, 6 } }))
  for _, other in ipairs { x + 1, x:t(), x:reshape { 3, 2 }, x:cast("float64"), x:cast("int32"), x:flatten() } do
    assert(not eb.tree.equal(x, other))
    assert(eb.tree.hash(x) ~= eb.tree.hash(other))
  end
  -- Bitwise: −0 is not 0, and a NaN is itself.
  assert(not eb.tree.equal(eb.tensor { 0.0 }, eb.tensor { -0.0 }))
  local nan = eb.tensor { 0 / 0 }
  assert(eb.tree.equal(nan, nan:clone()))
end)
