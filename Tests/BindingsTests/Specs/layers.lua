local function randn(shape, seed) return eb.randn(shape, { rng = eb.rng(seed), dtype = "float64" }) end
-- Parameters at a general point: what starts at 0 or 1 moves away from there.
local function general(net, seed)
  local p = net:init { rng = eb.rng(seed), dtype = "float64" }
  return p + 0.3 * eb.tree.randn_like(p, { rng = eb.rng(seed + 100) })
end
local function pair(v) return type(v) == "table" and v or { v, v } end

-- The definition of a convolution, index by index.
local function convolution(x, weight, bias, o)
  local k, s, p, d, groups = pair(o.kernel), pair(o.stride or 1), pair(o.padding or 0), pair(o.dilation or 1), o.groups or 1
  local X, W = x:totable(), weight:totable()
  local height, width, per = #X[1][1], #X[1][1][1], #W // groups
  local y = {}
  for n = 1, #X do
    y[n] = {}
    for out = 1, #W do
      local g = (out - 1) // per
      y[n][out] = {}
      for u = 1, (height + 2 * p[1] - d[1] * (k[1] - 1) - 1) // s[1] + 1 do
        y[n][out][u] = {}
        for v = 1, (width + 2 * p[2] - d[2] * (k[2] - 1) - 1) // s[2] + 1 do
          local sum = bias and bias[out]:item() or 0
          for c = 1, #W[out] do
            for i = 1, k[1] do
              for j = 1, k[2] do
                local row = X[n][g * #W[out] + c][s[1] * (u - 1) + d[1] * (i - 1) - p[1] + 1]
                local value = row and row[s[2] * (v - 1) + d[2] * (j - 1) - p[2] + 1]
                if value then sum = sum + value * W[out][c][i][j] end
              end
            end
          end
          y[n][out][u][v] = sum
        end
      end
    end
  end
  return y
end

test("conv2d is the sum over indices", function()
  for seed, o in ipairs {
    { kernel = 3 }, { kernel = 1 }, { kernel = { 2, 3 }, bias = false }, { kernel = 3, padding = 1 }, { kernel = 3, stride = 2 },
    { kernel = { 3, 2 }, stride = { 2, 1 }, padding = { 0, 2 }, dilation = { 1, 2 } }, { kernel = 2, groups = 2 },
    { kernel = 3, padding = 2, stride = 3, dilation = 2, groups = 4 },
  } do
    local net = eb.nn.conv2d(4, 8, o.kernel,
      { stride = o.stride, padding = o.padding, dilation = o.dilation, groups = o.groups, bias = o.bias })
    local p, x = general(net, seed), randn({ 2, 4, 6, 7 }, seed)
    equal(p.weight.shape, { 8, 4 // (o.groups or 1), pair(o.kernel)[1], pair(o.kernel)[2] })
    equal(p.bias and p.bias.shape, o.bias ~= false and { 8 } or nil)
    close(net(p, x), convolution(x, p.weight, p.bias, o), 1e-13)
    -- One image without a batch, and lanes of images or of weights.
    close(net(p, x[2]), net(p, x)[2], 1e-13)
    close(eb.vmap(function(image) return net(p, image) end)(x), net(p, x), 1e-13)
    local q = general(net, seed + 50)
    local both = eb.tree.map(function(a, b) return eb.stack({ a, b }, 1) end, p, q)
    close(eb.vmap(net, { 1, false })(both, x), eb.stack({ net(p, x), net(q, x) }, 1), 1e-13)
    close(eb.vmap(net)(both, x), eb.stack({ net(p, x[1]), net(q, x[2]) }, 1), 1e-13)
  end
  -- "same" pads an even kernel more below and to the right.
  local net = eb.nn.conv2d(1, 1, { 2, 4 }, { padding = "same", bias = false })
  local p, x = general(net, 1), randn({ 1, 1, 3, 5 }, 2)
  local padded = eb.zeros { 1, 1, 4, 8, dtype = "float64" }:put({ {}, {}, { 1, 3 }, { 2, 6 } }, x)
  close(net(p, x), convolution(padded, p.weight, nil, { kernel = { 2, 4 } }), 1e-13)
  local wide = eb.nn.conv2d(3, 8, 5, { padding = "same", dilation = 2 })
  equal(wide(wide:init(), eb.ones { 2, 3, 4, 7 }).shape, { 2, 8, 4, 7 })
end)

test("convolution starts with its fans", function()
  local p = eb.nn.conv2d(64, 32, { 3, 5 }, { groups = 2 }):init { rng = eb.rng(1), init = "lecun_normal", dtype = "float64" }
  close(p.weight:var():item() * 32 * 15, 1, 0.05)
  local q = eb.nn.conv2d(64, 32, { 3, 5 }, { groups = 2 }):init { rng = eb.rng(1), dtype = "float64" }
  close(q.weight:var():item() * (32 + 16) * 15 / 2, 1, 0.05)
  equal(q.bias, eb.zeros { 32 })
end)

test("pooling", function()
  local x = randn({ 2, 3, 5, 6 }, 1)
  local X = x:totable()
  for _, o in ipairs {
    { k = { 2, 2 }, s = { 2, 2 }, p = { 0, 0 } }, { k = { 3, 2 }, s = { 1, 2 }, p = { 1, 1 } },
    { k = { 2, 3 }, s = { 2, 1 }, p = { 0, 2 } },
  } do
    local largest, mean = {}, {}
    for n = 1, 2 do
      largest[n], mean[n] = {}, {}
      for c = 1, 3 do
        largest[n][c], mean[n][c] = {}, {}
        for u = 1, (5 + 2 * o.p[1] - o.k[1]) // o.s[1] + 1 do
          largest[n][c][u], mean[n][c][u] = {}, {}
          for v = 1, (6 + 2 * o.p[2] - o.k[2]) // o.s[2] + 1 do
            local best, sum = -math.huge, 0
            for i = 1, o.k[1] do
              for j = 1, o.k[2] do
                local row = X[n][c][o.s[1] * (u - 1) + i - o.p[1]]
                local value = row and row[o.s[2] * (v - 1) + j - o.p[2]]
                if value then best, sum = math.max(best, value), sum + value end
              end
            end
            largest[n][c][u][v], mean[n][c][u][v] = best, sum / (o.k[1] * o.k[2])
          end
        end
      end
    end
    local options = { stride = o.s, padding = o.p }
    equal(eb.nn.maxpool2d(o.k, options)({}, x), largest)
    close(eb.nn.avgpool2d(o.k, options)({}, x), mean, 1e-14)
  end
  -- The stride is the kernel unless given, and one number serves both directions.
  equal(eb.nn.maxpool2d(2)({}, x), eb.nn.maxpool2d({ 2, 2 }, { stride = 2, padding = 0 })({}, x))
  equal(eb.nn.avgpool2d { 2, 3 }({}, x).shape, { 2, 3, 2, 2 })
  -- Padding never wins, ties go to the first, NaN wins.
  equal(eb.nn.maxpool2d(2, { padding = 1 })({}, eb.full({ 2, 2 }, -3)), eb.full({ 2, 2 }, -3))
  equal(eb.grad(function(x) return eb.nn.maxpool2d { 2, 3 }({}, x):sum() end)(eb.tensor { { 1, 7, 7 }, { 7, 7, 0 } }),
    { { 0, 1, 0 }, { 0, 0, 0 } })
  assert(eb.nn.maxpool2d(2)({}, eb.tensor { { 1, 0 / 0 }, { 9, 2 } })[1][1]:isnan():item())
end)

test("flatten", function()
  local x = eb.arange(1, 24):reshape { 2, 3, 2, 2 }
  equal(eb.nn.flatten()({}, x), x:reshape { 2, 12 })
  equal(eb.nn.flatten(3)({}, x), x:reshape { 2, 3, 4 })
  equal(eb.nn.flatten(1, 2)({}, x), x:reshape { 6, 2, 2 })
  equal(eb.nn.flatten(-3)({}, x), x:reshape { 2, 12 })
  equal(eb.nn.flatten(-3)({}, x[1]), x[1]:reshape { 12 })
end)

test("normalisations are their formulas", function()
  local function normal(x, eps, dims)
    local mean = x:mean(dims, { keepdims = true })
    return (x - mean) / (((x - mean) ^ 2):mean(dims, { keepdims = true }) + eps):sqrt()
  end
  local x = randn({ 4, 6, 3, 2 }, 1) * 3 + 1
  local net = eb.nn.layernorm({ 3, 2 }, { eps = 1e-3 })
  local p = general(net, 2)
  close(net(p, x), normal(x, 1e-3, { 3, 4 }) * p.weight + p.bias, 1e-13)
  close(eb.nn.layernorm(2, { affine = false })({}, x), normal(x, 1e-5, 4), 1e-13)
  net = eb.nn.groupnorm(2, 6)
  p = general(net, 3)
  local grouped = normal(x:reshape { 4, 2, 3, 3, 2 }, 1e-5, { 3, 4, 5 }):reshape { 4, 6, 3, 2 }
  close(net(p, x), grouped * p.weight:reshape { 6, 1, 1 } + p.bias:reshape { 6, 1, 1 }, 1e-13)
  local flat = x[{ {}, {}, 1, 1 }]
  close(net(p, flat), normal(flat:reshape { 4, 2, 3 }, 1e-5, 3):reshape { 4, 6 } * p.weight + p.bias, 1e-13)
  -- Weights start at 1 and biases at 0, whatever the initialiser of the weights is.
  equal(eb.nn.layernorm(3):init { init = "zeros", gain = 5 }, { bias = { 0, 0, 0 }, weight = { 1, 1, 1 } })
end)

test("batchnorm in training and in evaluation", function()
  for _, shape in ipairs { { 5, 3 }, { 4, 3, 2, 5 } } do
    local dims = #shape == 2 and { 1 } or { 1, 3, 4 }
    local channels = #shape == 2 and { 3 } or { 3, 1, 1 }
    local net = eb.nn.batchnorm(3, { momentum = 0.25, eps = 1e-3 })
    local p, x = general(net, 1), randn(shape, 2) * 2 + 1
    local s = net:init_state { dtype = "float64" }
    equal(s, { running_mean = { 0, 0, 0 }, running_var = { 1, 1, 1 } })
    local mean, var = x:mean(dims), x:var(dims)
    local function formula(mean, var)
      local centred = (x - mean:reshape(channels)) / (var:reshape(channels) + 1e-3):sqrt()
      return centred * p.weight:reshape(channels) + p.bias:reshape(channels)
    end
    local y, t = net(p, x, { train = true, state = s })
    close(y, formula(mean, var), 1e-13)
    close(t.running_mean, 0.25 * mean, 1e-14)
    close(t.running_var, 0.75 + 0.25 * x:var(dims, { correction = 1 }), 1e-14)
    -- The starting state is used when none is given; evaluation leaves the state alone.
    local z, u = net(p, x, { train = true })
    assert(eb.tree.equal({ y, t }, { z, u }))
    y, u = net(p, x, { state = t })
    close(y, formula(t.running_mean, t.running_var), 1e-13)
    assert(eb.tree.equal(t, u))
    close(net(p, x), formula(s.running_mean, s.running_var), 1e-13)
    equal(select("#", net(p, x)), 1)
    equal(select("#", net(p, x, {})), 2)
  end
end)

test("state nests as the layers do", function()
  local net = eb.nn.sequential {
    eb.nn.linear(2, 3), eb.nn.batchnorm(3), eb.nn.residual(eb.nn.sequential { eb.nn.batchnorm(3), eb.nn.tanh() }),
    eb.nn.mlp { 3, 4, 2 },
  }
  local p, s = net:init { rng = eb.rng(1) }, net:init_state()
  local start = { running_mean = { 0, 0, 0 }, running_var = { 1, 1, 1 } }
  equal(s, { {}, start, { start, {} }, {} })
  equal(p[3][2], {})
  local x = eb.randn { 7, 2, rng = eb.rng(2) }
  local y, t = net(p, x, { train = true, state = s })
  -- The same by hand.
  local h = eb.nn.linear(2, 3)(p[1], x)
  local a, b
  h, a = eb.nn.batchnorm(3)(p[2], h, { train = true })
  local inner
  inner, b = eb.nn.batchnorm(3)(p[3][1], h, { train = true })
  equal(y, eb.nn.mlp { 3, 4, 2 }(p[4], h + inner:tanh()))
  assert(eb.tree.equal(t, { {}, a, { b, {} }, {} }))
  -- The state goes through a loss as what it returns beside its value.
  local value, g, new = eb.value_and_grad(function(p)
    local y, t = net(p, x, { train = true, state = s })
    return (y ^ 2):sum(), t
  end)(p)
  close(value:item(), (y ^ 2):sum():item())
  assert(eb.tree.equal(new, t))
  equal(g[2].weight.shape, { 3 })
  equal(eb.nn.relu():init_state(), {})
  equal(net:init_state { dtype = "float64" }[2].running_var.dtype, "float64")
end)

test("dropout", function()
  local net = eb.nn.dropout(0.25)
  local x = eb.ones { 200, 100 } * 3
  local y, s = net({}, x, { train = true, rng = eb.rng(1) })
  equal(s, {})
  local kept = y:gt(0):cast("float32")
  close(kept:mean():item(), 0.75, 0.01)
  equal(y, kept * 4)
  equal(net({}, x), x)
  equal(net({}, x, { rng = eb.rng(1) }), x)
  equal(eb.nn.dropout(1)({}, x, { train = true, rng = eb.rng(1) }), x * 0)
  equal(eb.nn.dropout(0)({}, x, { train = true, rng = eb.rng(1) }), x)
  -- The generator advances by one draw, so the next call drops elsewhere and its copy repeats.
  local a, b = eb.rng(5), eb.rng(5)
  local first = net({}, x, { train = true, rng = a })
  assert(not eb.tree.equal(first, net({}, x, { train = true, rng = a })))
  equal(net({}, x, { train = true, rng = b }), first)
  equal(a:split(1)[1]:randn { 2 }, (function() b:rand { 1 } return b:split(1)[1]:randn { 2 } end)())
  -- Under vmap all lanes drop the same, unless the generator is mapped.
  local same = eb.vmap(function(x) return (net({}, x, { train = true, rng = eb.rng(3) })) end)(eb.ones { 4, 50 })
  equal(same[1], same[3])
  equal(same[1], net({}, eb.ones { 50 }, { train = true, rng = eb.rng(3) }))
  local lanes = eb.vmap(function(r, x) return (net({}, x, { train = true, rng = r })) end)(eb.rng(3):split(4), eb.ones { 4, 50 })
  local singles = eb.rng(3):split(4)
  for i = 1, 4 do equal(lanes[i], net({}, eb.ones { 50 }, { train = true, rng = singles[i] })) end
  assert(not eb.tree.equal(lanes[1], lanes[2]))
  -- Its derivative is the mask.
  equal(eb.grad(function(x) return net({}, x, { train = true, rng = eb.rng(1) }):sum() end)(x), kept / 0.75)
end)

test("embedding", function()
  local net = eb.nn.embedding(5, 2)
  local p = { weight = eb.arange(1, 10):reshape { 5, 2 } }
  equal(net(p, eb.tensor { { 1, 5 }, { 2, 2 } }), { { { 1, 2 }, { 9, 10 } }, { { 3, 4 }, { 3, 4 } } })
  equal(net(p, eb.tensor(4)), { 7, 8 })
  equal(eb.grad(function(p) return net(p, eb.tensor { 2, 2, 5 }):sum() end)(p).weight,
    { { 0, 0 }, { 2, 2 }, { 0, 0 }, { 0, 0 }, { 1, 1 } })
  equal(eb.vmap(function(id) return net(p, id) end)(eb.tensor({ 3, 1 }, { dtype = "int32" })), { { 5, 6 }, { 1, 2 } })
  close(eb.nn.embedding(300, 100):init { rng = eb.rng(1), gain = 2, dtype = "float64" }.weight:std():item(), 2, 0.02)
  raises(function() net(p, eb.tensor { 1, 6 }) end, "embedding: id 6.0 at position 2 is not one of 1..5")
  raises(function() net(p, eb.tensor { 0 }) end, "embedding: id 0.0")
  raises(function() eb.vmap(function(id) return net(p, id) end)(eb.tensor { 1, 2.5 }) end, "embedding: id 2.5 at position 2")
end)

test("attention, position by position", function()
  for _, o in ipairs { { heads = 1 }, { heads = 2, causal = true }, { heads = 3, bias = false } } do
    local net = eb.nn.attention(6, o.heads, { causal = o.causal, bias = o.bias })
    local p, x = general(net, 1), randn({ 2, 4, 6 }, 2)
    equal(p.query.weight.shape, { 6, 6 })
    equal(p.out.bias and p.out.bias.shape, o.bias ~= false and { 6 } or nil)
    local function map(q, x) return q.bias and x:mm(q.weight) + q.bias or x:mm(q.weight) end
    local d = 6 // o.heads
    local rows = {}
    for n = 1, 2 do
      local q, k, v = map(p.query, x[n]), map(p.key, x[n]), map(p.value, x[n])
      local heads = {}
      for h = 1, o.heads do
        local part = { {}, { (h - 1) * d + 1, h * d } }
        local mixed = {}
        for i = 1, 4 do
          local seen = o.causal and i or 4
          local scores = k[part][{ { 1, seen }, {} }]:mm(q[part][i]) / math.sqrt(d)
          mixed[i] = scores:softmax(1):mm(v[part][{ { 1, seen }, {} }])
        end
        heads[h] = eb.stack(mixed, 1)
      end
      rows[n] = map(p.out, eb.cat(heads, 2))
    end
    close(net(p, x), eb.stack(rows, 1), 1e-12)
    close(net(p, x[1]), net(p, x)[1], 1e-13)
    close(net(p, x:reshape { 2, 1, 4, 6 }), net(p, x):reshape { 2, 1, 4, 6 }, 1e-13)
  end
end)

test("softmax layers and residual", function()
  local x = randn({ 3, 4 }, 1)
  equal(eb.nn.softmax()({}, x), x:softmax(2))
  equal(eb.nn.softmax(1)({}, x), x:softmax(1))
  equal(eb.nn.log_softmax(-2)({}, x), x:log_softmax(1))
  local net = eb.nn.residual(eb.nn.linear(4, 4))
  local p = general(net, 1)
  equal(p.weight.shape, { 4, 4 })
  equal(net(p, x), x + eb.nn.linear(4, 4)(p, x))
end)

test("errors of layers say what came and what to do", function()
  local conv = eb.nn.conv2d(3, 4, 5, { stride = 2 })
  local p = conv:init()
  raises(function() conv(p, eb.ones { 2, 1, 9, 9 }) end, here(),
    "conv2d: expected images with 3 channels, [batch, 3, height, width], got [2, 1, 9, 9]")
  raises(function() conv(p, eb.ones { 9, 9 }) end, "conv2d: expected images [batch, channels, height, width]", "[9, 9]")
  raises(function() conv(p, eb.ones { 2, 3, 9, 4 }) end,
    "conv2d: the window spans 5 columns and the padded image has 4: [2, 3, 9, 4]")
  raises(function() eb.nn.conv2d(3, 4) end, "conv2d: kernel: expected a whole number from 1 or a table {rows, columns} of them")
  raises(function() eb.nn.conv2d(3, 4, 0) end, "conv2d: kernel", "got 0")
  raises(function() eb.nn.conv2d(3, 4, { 3, 3, 3 }) end, "conv2d: kernel")
  raises(function() eb.nn.conv2d(3, 4, 3, { strides = 2 }) end, "unknown option 'strides' (did you mean 'stride'?)")
  raises(function() eb.nn.conv2d(3, 4, 3, { stride = 0 }) end, "option 'stride': expected a whole number from 1", "got number")
  raises(function() eb.nn.conv2d(3, 4, 3, { padding = "valid" }) end, "option 'padding'", "or 'same'")
  raises(function() eb.nn.conv2d(3, 4, 3, { padding = "same", stride = 2 }) end, "'same' keeps the size at stride 1 alone")
  raises(function() eb.nn.conv2d(3, 4, 3, { groups = 2 }) end, "multiples of the groups", "3, 4 and 2 groups")
  raises(function() eb.nn.maxpool2d(2, { padding = 2 }) end, "maxpool2d: option 'padding': expected less than the kernel")
  raises(function() eb.nn.maxpool2d(3)({}, eb.ones { 2, 5 }) end, "maxpool2d: the window spans 3 rows and the padded image has 2")
  raises(function() eb.nn.avgpool2d(3)({}, eb.ones { 5 }) end, "avgpool2d: expected images [.., height, width], got [5]")
  raises(function() eb.nn.flatten(0) end, "flatten: dimensions count from 1")
  raises(function() eb.nn.flatten(4)({}, eb.ones { 5 }) end, "flatten: the dimensions 4 to -1 do not exist in [5]")
  raises(function() eb.nn.softmax(3)({}, eb.ones { 5 }) end, "softmax: dimension 3 does not exist in an input of shape [5]")
  local norm = eb.nn.batchnorm(3)
  raises(function() norm(norm:init(), eb.ones { 2, 4 }) end, "batchnorm: expected [n, 3] or [n, 3, height, width], got [2, 4]")
  raises(function() norm(norm:init(), eb.ones { 1, 3 }, { train = true }) end,
    "batchnorm: training needs more than one value a feature")
  raises(function() norm(norm:init(), eb.ones { 2, 3 }, { state = {} }) end, here(),
    "batchnorm: the state does not fit the model: 'running_mean' is missing (net:init_state() makes a fitting tree)")
  local wrong = { running_mean = eb.ones { 2 }, running_var = eb.ones { 3 } }
  raises(function() norm(norm:init(), eb.ones { 2, 3 }, { state = wrong }) end,
    "batchnorm: state 'running_mean' has shape [2], expected [3]")
  raises(function() norm(norm:init(), eb.ones { 2, 3 }, { state = 3 }) end, "batchnorm", "got a number as state")
  raises(function() norm(norm:init(), eb.ones { 2, 3 }, { training = true }) end,
    "unknown option 'training' (did you mean 'train'?)")
  raises(function() norm(norm:init(), eb.ones { 2, 3 }, { train = 1 }) end, "option 'train': expected boolean, got number")
  raises(function() norm(norm:init(), eb.ones { 2, 3 }, {}, 1) end,
    "batchnorm: expected parameters and an input, net(p, x), got 4 arguments")
  raises(function() norm:init_state { dtype = "int32" } end, "init_state: option 'dtype'", "int32")
  raises(function() eb.nn.batchnorm(3, { momentum = 2 }) end, "batchnorm: option 'momentum': expected a number in 0..1, got 2")
  raises(function() eb.nn.layernorm(3, { eps = -1 }) end, "layernorm: option 'eps'")
  raises(function() eb.nn.layernorm { 3, 2 }(eb.nn.layernorm { 3, 2 }:init(), eb.ones { 3 }) end,
    "layernorm: expected an input whose last sizes are [3, 2], got [3]")
  raises(function() eb.nn.groupnorm(2, 3) end, "groupnorm: expected channels that are a multiple of the groups, got 3 and 2")
  raises(function() eb.nn.dropout(1.5) end, "dropout: expected a probability in 0..1, got 1.5")
  raises(function() eb.nn.dropout(0.5)({}, eb.ones { 3 }, { train = true }) end, here(),
    "dropout: needs a generator in training", "rng = eb.rng(seed)")
  raises(function() eb.nn.dropout(0.5)({}, eb.ones { 3 }, { train = true, rng = 1 }) end, "option 'rng'", "eb.rng(seed)")
  raises(function() eb.nn.attention(6, 4) end, "attention: expected a width that is a multiple of the heads, got 6 and 4")
  raises(function() eb.nn.attention(4, 2)(eb.nn.attention(4, 2):init(), eb.ones { 3, 5 }) end,
    "attention: expected [.., length, 4], got [3, 5]")
  raises(function() eb.nn.residual(eb.nn.linear(2, 3))(eb.nn.linear(2, 3):init(), eb.ones { 2 }) end,
    "residual: the layer makes [3] of an input [2]; the shapes must be equal")
  raises(function() eb.nn.residual(3) end, "residual: argument 1: expected a layer such as eb.nn.linear(2, 3), got number")
  -- Sizes beyond every tensor end in an error, not the process.
  for _, make in ipairs {
    function(n) return eb.nn.linear(n, n) end, function(n) return eb.nn.conv2d(n, n, n) end,
    function(n) return eb.nn.conv2d(1, n, 3) end,
    function(n) return eb.nn.conv2d(1, 1, 3, { dilation = n }) end, function(n) return eb.nn.conv2d(1, 1, 2, { stride = n }) end,
    function(n) return eb.nn.maxpool2d(n) end, function(n) return eb.nn.batchnorm(n) end,
    function(n) return eb.nn.layernorm { n, n } end, function(n) return eb.nn.groupnorm(n, n) end,
    function(n) return eb.nn.embedding(n, n) end, function(n) return eb.nn.attention(n, n) end,
  } do
    for _, n in ipairs { math.maxinteger, 2 ^ 31 | 0, -1 } do raises(function() make(n) end) end
  end
  raises(function() eb.nn.mlp { 2 ^ 31 - 1 | 0, 2 ^ 31 - 1 | 0 } end, "mlp", "2^48")
  local far = eb.nn.conv2d(1, 1, 2, { dilation = 2 ^ 30 | 0, padding = 2 ^ 29 | 0, bias = false })
  equal(far({ weight = eb.ones { 1, 1, 2, 2 } }, eb.ones { 1, 1, 1 }), { { { 0 } } })
  raises(function() eb.nn.embedding(0, 3) end, "embedding: expected a positive count and width, got 0 and 3")
end)
