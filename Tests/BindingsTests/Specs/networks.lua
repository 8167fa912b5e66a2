local function layer(x, p) return x:mm(p.weight) + p.bias end

test("mlp is affine maps with an activation between them", function()
  local net = eb.nn.mlp { 3, 5, 4, 2, act = "tanh" }
  local p = net:init { rng = eb.rng(1), dtype = "float64" }
  for i = 1, 3 do p[i].bias = eb.randn { #p[i].bias, rng = eb.rng(i), dtype = "float64" } end
  local x = eb.randn { 7, 3, rng = eb.rng(9), dtype = "float64" }
  local h = layer(x, p[1]):tanh()
  h = layer(h, p[2]):tanh()
  close(net(p, x), layer(h, p[3]), 1e-14)
  -- One example without a batch dimension, and more leading dimensions.
  close(net(p, x[2]), net(p, x)[2], 1e-14)
  close(net(p, x:reshape { 7, 1, 3 }), net(p, x):reshape { 7, 1, 2 }, 1e-14)
  equal(net(p, eb.zeros { 0, 3, dtype = "float64" }).shape, { 0, 2 })
end)

test("the parameters of an mlp", function()
  local net = eb.nn.mlp { 784, 256, 10 }
  local p = net:init()
  equal(#p, 2)
  equal(p[1].weight.shape, { 784, 256 })
  equal(p[1].bias.shape, { 256 })
  equal(p[2].weight.shape, { 256, 10 })
  equal(p[1].weight.dtype, "float32")
  equal(p[2].bias, eb.zeros { 10 })
  equal(net.parameters, 784 * 256 + 256 + 256 * 10 + 10)
  equal(eb.tree.count(p), net.parameters)
  equal(tostring(net), "mlp: 203530 parameters in 4 tensors")
  equal((eb.nn.mlp { 3, 2, bias = false }):init()[1].bias, nil)
  -- The default activation is relu.
  local small = eb.nn.mlp { 1, 1, 1 }
  local q = { { weight = eb.tensor { { 1 } }, bias = eb.tensor { 0 } }, { weight = eb.tensor { { 1 } }, bias = eb.tensor { 0 } } }
  equal(small(q, eb.tensor { { -2 }, { 3 } }), { { 0 }, { 3 } })
  -- Two sizes are one dense layer, without activation.
  equal(eb.nn.mlp { 1, 1 }({ q[1] }, eb.tensor { -2 }), { -2 })
end)

test("sequential has one entry a layer", function()
  local net = eb.nn.sequential { eb.nn.linear(3, 4), eb.nn.tanh(), eb.nn.linear(4, 2, { bias = false }), eb.nn.mlp { 2, 2, 2 } }
  local p = net:init { rng = eb.rng(2) }
  equal(#p, 4)
  equal(p[2], {})
  equal(p[3].bias, nil)
  equal(p[4][2].weight.shape, { 2, 2 })
  local x = eb.randn { 6, 3, rng = eb.rng(3) }
  close(net(p, x), eb.nn.mlp { 2, 2, 2 }(p[4], layer(x, p[1]):tanh():mm(p[3].weight)))
  close(eb.nn.linear(3, 4)(p[1], x), layer(x, p[1]))
end)

test("activations", function()
  local x = eb.tensor({ -30, -2, -0.5, 0, 0.5, 2, 30 }, { dtype = "float64" })
  local expected = {
    identity = function(v) return v end,
    relu = function(v) return math.max(v, 0) end,
    tanh = function(v) return 1 - 2 / (math.exp(2 * v) + 1) end,
    sigmoid = function(v) return 1 / (1 + math.exp(-v)) end,
    softplus = function(v) return v > 20 and v or math.log(1 + math.exp(v)) end,
    silu = function(v) return v / (1 + math.exp(-v)) end,
    elu = function(v) return v > 0 and v or math.exp(v) - 1 end,
    leaky_relu = function(v) return v > 0 and v or 0.01 * v end,
    hardtanh = function(v) return math.max(-1, math.min(1, v)) end,
    sin = math.sin,
    square = function(v) return v * v end,
    abs = math.abs,
    cos = math.cos,
    atan = math.atan,
    asinh = function(v) return (v < 0 and -1 or 1) * math.log(math.abs(v) + math.sqrt(v * v + 1)) end,
    relu6 = function(v) return math.max(0, math.min(6, v)) end,
    selu = function(v) return 1.0507009873554805 * (v > 0 and v or 1.6732632423543772 * (math.exp(v) - 1)) end,
    softsign = function(v) return v / (1 + math.abs(v)) end,
    mish = function(v) local s = v > 20 and v or math.log(1 + math.exp(v)) return v * (1 - 2 / (math.exp(2 * s) + 1)) end,
    log_sigmoid = function(v) return v < -20 and v or -math.log(1 + math.exp(-v)) end,
    hardsigmoid = function(v) return math.max(0, math.min(1, v / 6 + 0.5)) end,
    hardswish = function(v) return v * math.max(0, math.min(1, v / 6 + 0.5)) end,
  }
  for name, f in pairs(expected) do
    local values = {}
    for i, v in ipairs(x:totable()) do values[i] = f(v) end
    close(eb.nn[name]()({}, x), values, 1e-8)
  end
  -- gelu(x) = x Φ(x); Φ(1) = 0.8413447460685429
  close(eb.nn.gelu()({}, eb.tensor({ -1, 0, 1 }, { dtype = "float64" })), { -0.15865525393145707, 0, 0.8413447460685429 }, 1e-7)
  close(eb.nn.erf()({}, eb.tensor({ -1, 0, 1 }, { dtype = "float64" })), { -0.8427007929497149, 0, 0.8427007929497149 }, 1e-12)
  -- Every activation serves mlp too, and its derivative is finite far from 0.
  local count = 0
  for name in pairs(eb.nn) do
    local good, net = pcall(eb.nn.mlp, { 1, 1, 1, act = name, bias = false })
    if good then
      count = count + 1
      local p = { { weight = eb.tensor { { 100 } } }, { weight = eb.tensor { { 1 } } } }
      local g = eb.grad(function(z) return net(p, z):sum() end)(eb.tensor { { 50 }, { -50 }, { 0 } })
      assert(g:isfinite():all():item(), name)
    end
  end
  equal(count, 24)
end)

test("moments of the initialisers", function()
  local n_in, n_out = 300, 200
  local net = eb.nn.linear(n_in, n_out)
  local function weight(init, gain)
    return net:init { rng = eb.rng(4), init = init, gain = gain, dtype = "float64" }.weight
  end
  local variance = {
    normal = 1, uniform = 1 / 3, glorot_normal = 2 / (n_in + n_out), glorot_uniform = 2 / (n_in + n_out), he_normal = 2 / n_in,
    he_uniform = 2 / n_in, lecun_normal = 1 / n_in, lecun_uniform = 1 / n_in,
  }
  for init, v in pairs(variance) do
    for _, gain in ipairs { 1, 3 } do
      local w = weight(init, gain)
      -- 60000 draws: the relative error of the variance is about √(2/60000) = 0.6 %.
      close(w:var():item() / (gain ^ 2 * v), 1, 0.03)
      close(w:mean():item() / (gain * math.sqrt(v)), 0, 0.02)
      if init:find("uniform") then
        local limit = gain * math.sqrt(3 * v)
        assert(w:max():item() <= limit and w:max():item() > 0.999 * limit and w:min():item() >= -limit)
      else
        -- Normal draws have kurtosis 3, uniform ones 1.8.
        close((w ^ 4):mean():item() / (gain ^ 2 * v) ^ 2, 3, 0.1)
      end
    end
  end
  equal(weight("zeros", 1):abs():max():item(), 0)
  equal(weight("constant", 0.25), eb.full({ n_in, n_out }, 0.25))
  -- The default is glorot_normal with gain 1.
  equal(net:init { rng = eb.rng(4), dtype = "float64" }.weight, weight("glorot_normal", 1))
end)

test("init follows its generator", function()
  local net = eb.nn.mlp { 4, 3, 2 }
  assert(eb.tree.equal(net:init { rng = eb.rng(5) }, net:init { rng = eb.rng(5) }))
  assert(not eb.tree.equal(net:init { rng = eb.rng(5) }, net:init { rng = eb.rng(6) }))
  eb.seed(5)
  local a = net:init()
  assert(not eb.tree.equal(a, net:init()))
  eb.seed(5)
  assert(eb.tree.equal(a, net:init()))
  eb.default_dtype("float64")
  equal(net:init()[1].weight.dtype, "float64")
  eb.default_dtype("float32")
end)

test("transforms go through models", function()
  local net = eb.nn.mlp { 3, 4, 2, act = "tanh" }
  local p = net:init { rng = eb.rng(7), dtype = "float64" }
  local x = eb.randn { 5, 3, rng = eb.rng(8), dtype = "float64" }
  assert(eb.check_grad(function(q) return (net(q, x) ^ 2):sum() end, p) < 1e-6)
  close(eb.vmap(function(row) return net(p, row) end)(x), net(p, x), 1e-14)
  -- Lanes of parameters: an ensemble.
  local q = net:init { rng = eb.rng(10), dtype = "float64" }
  local both = eb.tree.map(function(a, b) return eb.stack({ a, b }, 1) end, p, q)
  local out = eb.vmap(net, { 1, false })(both, x)
  close(out[1], net(p, x), 1e-14)
  close(out[2], net(q, x), 1e-14)
end)

test("errors carry the user's line", function()
  local net = eb.nn.mlp { 3, 4, 2 }
  local p = net:init()
  local x = eb.zeros { 5, 3 }
  raises(function() eb.nn.mlp { 3 } end, here(), "mlp: expected at least an input and an output width", "{3}")
  raises(function() eb.nn.mlp { 3, 0, 2 } end, "mlp", "positive", "{3, 0, 2}")
  raises(function() eb.nn.mlp { 3, -1 } end, "mlp: size 2", "-1")
  raises(function() eb.nn.mlp { 3, 2.5 } end, "mlp: size 2", "2.5")
  raises(function() eb.nn.mlp(3, 2) end, "mlp: argument 1: expected table, got number")
  raises(function() eb.nn.mlp { 3, 2, acts = "relu" } end, "unknown option 'acts' (did you mean 'act'?)")
  raises(function() eb.nn.mlp { 3, 2, seed = 1 } end, "unknown option 'seed' (known: act, bias)")
  raises(function() eb.nn.mlp { 3, 2, act = "rellu" } end, "option 'act'", "did you mean 'relu'?")
  raises(function() eb.nn.mlp { 3, 2, bias = 1 } end, "option 'bias': expected boolean, got number")
  raises(function() eb.nn.linear(3) end, "linear: argument 2: expected integer")
  raises(function() eb.nn.linear(3, 0) end, "linear: expected positive widths, got 3 and 0")
  raises(function() eb.nn.linear(3, 2, { bais = false }) end, "did you mean 'bias'?")
  raises(function() eb.nn.sequential {} end, "sequential: expected at least one layer")
  raises(function() eb.nn.sequential { eb.nn.linear(2, 2), eb.nn.relu } end, "sequential: layer 2: expected a layer", "function")
  raises(function() eb.nn.sequential { eb.nn.linear(2, 2), act = "relu" } end, "unknown option 'act'")
  raises(function() eb.nn.relu(x) end, "relu: makes a layer and takes no arguments")
  raises(function() eb.nn.conv() end, "eb.nn.conv: no such name")
  raises(function() net:init { gian = 1 } end, here(), "init: unknown option 'gian' (did you mean 'gain'?)")
  raises(function() net:init { init = "golrot_normal" } end, "did you mean 'glorot_normal'?")
  raises(function() net:init { dtype = "int32" } end, "init: option 'dtype'", "int32")
  raises(function() net:init { rng = 7 } end, "init: option 'rng'", "eb.rng(seed)")
  raises(function() net(p, eb.zeros { 5, 4 }) end, here(), "linear: expected an input whose last dimension is 3, got [5, 4]")
  raises(function() net(p, eb.tensor(1)) end, "last dimension is 3, got []")
  raises(function() net(x) end, here(), "mlp: expected parameters and an input, net(p, x), got 1 argument")
  raises(function() net(x, p) end, "mlp: expected parameters and an input, net(p, x), got a tensor as parameters")
  raises(function() net(nil, x) end, "mlp: expected parameters and an input, net(p, x), got a nil as parameters")
  raises(function() net(p) end, "net(p, x)")
  raises(function() net({ p[1] }, x) end, "mlp: the parameters do not fit the model: '2.bias' is missing")
  raises(function() net({ p[1], p[2], p[2] }, x) end, "'3.bias' is not one of them")
  raises(function() net({ p[1], { weight = p[2].weight:t(), bias = p[2].bias } }, x) end, "'2.weight' has shape [2, 4], expected [4, 2]")
  raises(function() net.weights = 1 end, here(), "model")
  raises(function() return net.parameter end, here(), "did you mean 'parameters'?")
end)
