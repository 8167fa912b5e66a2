local f64 = "float64"

-- Whether two matrices agree to the rounding of a few dozen operations.
local function same(a, b, tolerance) assert((a - b):abs():max():item() <= (tolerance or 1e-14), tostring(a)) end

test("an initialiser is a value, a name and a function", function()
  local net = eb.nn.linear(4, 3)
  for name in pairs(eb.init) do
    local rule = eb.init[name] { gain = 2 }
    equal(rule.name, name)
    equal(rule.gain, 2)
    equal(eb.init[name]().gain, 1)
    local byName = net:init { rng = eb.rng(3), init = name, gain = 2, dtype = f64 }
    local byValue = net:init { rng = eb.rng(3), init = rule, dtype = f64 }
    local called = rule({ 4, 3 }, eb.rng(3), f64)
    assert(eb.tree.equal(byName, byValue) and eb.tree.equal(byName.weight, called), name)
    equal(byName.bias, { 0, 0, 0 })
    -- The session's generator and default dtype.
    eb.seed(3)
    local a = rule { 4, 3 }
    equal(a.dtype, "float32")
    eb.seed(3)
    assert(eb.tree.equal(a, rule { 4, 3 }), name)
    equal(net:init { init = rule, gain = 3, rng = eb.rng(3), dtype = f64 }.weight, eb.init[name] { gain = 6 }({ 4, 3 }, eb.rng(3), f64))
  end
  equal(tostring(eb.init.orthogonal { gain = 2 }), "initializer orthogonal: gain 2.0")
end)

test("orthogonal", function()
  for _, shape in ipairs { { 5, 5 }, { 7, 3 }, { 3, 7 }, { 1, 4 } } do
    local w = eb.init.orthogonal { gain = 1.5 } (shape, eb.rng(1), f64)
    equal(w.shape, shape)
    local product = shape[1] >= shape[2] and w:t():mm(w) or w:mm(w:t())
    same(product, 2.25 * eb.eye(math.min(shape[1], shape[2]), { dtype = f64 }))
  end
  -- float32 is the rounded float64 draw; a convolution weight is the matrix [out, in kh kw].
  equal(eb.init.orthogonal() ({ 6, 6 }, eb.rng(2)), eb.init.orthogonal() ({ 6, 6 }, eb.rng(2), f64):cast("float32"))
  local c = eb.init.orthogonal() ({ 4, 3, 2, 2 }, eb.rng(2), f64):reshape { 4, 12 }
  same(c:mm(c:t()), eb.eye(4, { dtype = f64 }))
  -- With the sign rule the first entry is as often positive as negative; LAPACK alone would prefer one sign.
  local positive = 0
  local r = eb.rng(5)
  for _ = 1, 200 do
    if eb.init.orthogonal() ({ 3, 3 }, r, f64)[{ 1, 1 }]:item() > 0 then positive = positive + 1 end
  end
  assert(positive > 65 and positive < 135, positive)
end)

test("identity", function()
  equal(eb.init.identity { gain = 2 } { 2, 3 }, { { 2, 0, 0 }, { 0, 2, 0 } })
  equal(eb.init.identity() { 3, 2 }, { { 1, 0 }, { 0, 1 }, { 0, 0 } })
  local w = eb.init.identity { gain = 2 } { 3, 2, 3, 5 }
  equal(w:sum(), 4)
  equal(w[{ 1, 1, 2, 3 }], 2)
  equal(w[{ 2, 2, 2, 3 }], 2)
  equal(eb.init.identity() { 2, 2, 2 }, { { { 0, 1 }, { 0, 0 } }, { { 0, 0 }, { 0, 1 } } })
  equal(eb.init.identity() ({ 2, 2 }, nil, f64).dtype, f64)
end)

test("spectral", function()
  for _, case in ipairs { { { 8, 2 }, 0.5 }, { { 2, 8 }, 2 }, { { 5, 5 }, 1 } } do
    local w = eb.init.spectral { gain = 3 } (case[1], eb.rng(1), f64)
    close(eb.linalg.norm(w, 2), 3 * case[2], 1e-14)
    assert(eb.linalg.matrix_rank(w):item() == math.min(table.unpack(case[1])))
  end
  local c = eb.init.spectral() ({ 2, 8, 3, 3 }, eb.rng(1), f64):reshape { 2, 72 }
  close(eb.linalg.norm(c, 2), 0.5, 1e-14)
end)

test("fans of bare shapes", function()
  -- A convolution weight {out, in, k, k}; a vector.
  local w = eb.init.lecun_uniform() ({ 64, 3, 5, 5 }, eb.rng(1), f64)
  local limit = math.sqrt(3 / 75)
  assert(w:max():item() <= limit and w:max():item() > 0.99 * limit)
  w = eb.init.glorot_uniform() ({ 64, 3, 5, 5 }, eb.rng(1), f64)
  limit = math.sqrt(6 / (67 * 25))
  assert(w:max():item() <= limit and w:max():item() > 0.99 * limit)
  w = eb.init.glorot_uniform() (500, eb.rng(1), f64)
  limit = math.sqrt(6 / 501)
  assert(w:max():item() <= limit and w:max():item() > 0.95 * limit)
end)

test("a Lua function", function()
  local net = eb.nn.mlp { 3, 4, 2 }
  local seen = {}
  local p = net:init { rng = eb.rng(1), dtype = f64, gain = 2, init = function(shape, rng, path, dtype)
    seen[#seen + 1] = path .. " " .. table.concat(shape, "x") .. " " .. dtype
    return rng:randn(shape, { dtype = dtype })
  end }
  equal(seen, { "1.weight 3x4 float64", "2.weight 4x2 float64" })
  local r = eb.rng(1)
  equal(p[1].weight, 2 * r:randn({ 3, 4 }, { dtype = f64 }))
  equal(p[2].weight, 2 * r:randn({ 4, 2 }, { dtype = f64 }))
  equal(p[1].bias, { 0, 0, 0, 0 })
  -- Another precision is converted.
  equal(net:init { dtype = f64, init = function(shape) return eb.ones(shape) end }[1].weight.dtype, f64)
  -- Derivatives with respect to what the function used.
  local slope = eb.grad(function(s)
    local q = net:init { init = function(shape) return s * eb.ones(shape) end }
    return q[1].weight:sum() + q[2].weight:sum()
  end)(eb.tensor(1))
  equal(slope, 20)
  -- A generator for each lane.
  local lanes = eb.vmap(function(rng) return net:init { rng = rng, init = function(shape, g) return g:randn(shape) end }[1].weight end)(eb.rng(2):split(3))
  equal(lanes.shape, { 3, 3, 4 })
  assert(not eb.tree.equal(lanes[1], lanes[2]))
  local rows = eb.vmap(function(rng) return eb.init.orthogonal() ({ 3, 3 }, rng, f64) end)(eb.rng(2):split(2))
  same(rows:mm(rows:transpose(2, 3)), eb.eye(3, { dtype = f64 }))
end)

test("a table by place", function()
  local net = eb.nn.sequential { eb.nn.linear(2, 2), eb.nn.mlp { 2, 2, 2 }, eb.nn.linear(2, 2) }
  local function fill(value) return eb.init.constant { gain = value } end
  local function values(init, gain)
    local p, list = net:init { init = init, gain = gain }, {}
    for i, leaf in ipairs(eb.tree.leaves(p)) do list[i] = leaf:flatten()[1]:item() end
    return list
  end
  -- Leaves: 1.bias 1.weight 2.1.bias 2.1.weight 2.2.bias 2.2.weight 3.bias 3.weight
  equal(values { default = fill(1) }, { 0, 1, 0, 1, 0, 1, 0, 1 })
  equal(values { weight = fill(1), bias = fill(2) }, { 2, 1, 2, 1, 2, 1, 2, 1 })
  equal(values { default = fill(1), ["2"] = fill(2) }, { 0, 1, 0, 2, 0, 2, 0, 1 })
  equal(values { default = fill(1), ["2"] = fill(2), ["2.1"] = fill(3) }, { 0, 1, 0, 3, 0, 2, 0, 1 })
  equal(values { weight = fill(1), ["2"] = fill(2), ["2.1.bias"] = fill(3) }, { 0, 1, 3, 2, 0, 2, 0, 1 })
  equal(values { fill(1), fill(2), "zeros" }, { 0, 1, 0, 2, 0, 2, 0, 0 })
  equal(values({ default = fill(1), ["3.bias"] = function(shape) return eb.ones(shape) end }, 5), { 0, 5, 0, 5, 0, 5, 5, 5 })
  -- What no entry meets starts as without the option.
  equal(net:init { rng = eb.rng(1), init = { bias = "zeros" } }[1].weight, net:init { rng = eb.rng(1) }[1].weight)
end)

test("errors", function()
  local net = eb.nn.mlp { 3, 4, 2 }
  local function start(init) return function() net:init { init = init } end end
  raises(start "orthogonl", "init: option 'init': expected one of", "did you mean 'orthogonal'?")
  raises(start(3), "init: option 'init': expected a name, an initialiser of eb.init, a function or a table of them, got number")
  raises(start { ["3"] = "zeros" }, "init: option 'init': no parameter is called '3'")
  raises(start { ["1.wieght"] = "zeros" }, "did you mean '1.weight'?")
  raises(start { ["1"] = 2 }, "option 'init', entry '1': expected a name", "got number")
  raises(start { ["1"] = "zero" }, "option 'init.1'", "did you mean 'zeros'?")
  raises(start { bias = "orthogonal" }, "init: '1.bias': orthogonal is for weights with at least two dimensions, got [4]")
  raises(start(function() return 1 end), "init: the function given as 'init' must return a tensor of shape [3, 4] for '1.weight', got number")
  raises(start(function() return eb.ones { 3 } end), "of shape [3, 4] for '1.weight', got float32[3]")
  raises(start(function(s) return eb.ones(s, { dtype = "int32" }) end), "must return a float tensor of shape [3, 4] for '1.weight', got int32[3, 4]")
  raises(start(function() error("own") end), here() .. " own")
  raises(function() eb.init.orthogonal { gian = 2 } end, here(), "orthogonal: unknown option 'gian' (did you mean 'gain'?)")
  raises(function() eb.init.orthogonal({}, 3) end, "orthogonal: expected 0 to 1 arguments, got 2")
  raises(function() eb.init.orthogonal() (3) end, here(), "orthogonal: expected a weight with at least two dimensions, got the shape [3]")
  raises(function() eb.init.zeros() () end, "zeros: expected a shape, got", "f(shape[, rng[, dtype]])")
  raises(function() eb.init.zeros() ({ 2 }, 7) end, "zeros: expected a generator (eb.rng(seed)), got")
  raises(function() eb.init.zeros() ({ 2 }, nil, "int32") end, "zeros: expected \"float32\" or \"float64\", got")
  raises(function() eb.init.zeros() { 2, -1 } end, here(), "-1")
  raises(function() return eb.init.glorot end, "eb.init.glorot: no such name")
end)
