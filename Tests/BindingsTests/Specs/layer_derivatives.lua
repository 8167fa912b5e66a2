local f64 = { dtype = "float64" }
local function randn(shape, seed) return eb.randn(shape, { rng = eb.rng(seed), dtype = "float64" }) end
-- Parameters at a general point: what starts at 0 or 1 moves away from there.
local function general(net, seed)
  local p = net:init { rng = eb.rng(seed), dtype = "float64" }
  return p + 0.3 * eb.tree.randn_like(p, { rng = eb.rng(seed + 100) })
end
-- φ(t) = ⟨w, net(p + t v, x + t u)⟩ is a scalar function of a scalar: all words over {grad, jvp} of one length are the same
-- derivative, which central differences of eighth order of the next lower one approach.
local function derivative(f, word)
  for i = #word, 1, -1 do
    local inner = f
    if word:sub(i, i) == "r" then
      f = eb.grad(inner)
    else
      f = function(t) local _, d = eb.jvp(inner, { t }, { eb.ones_like(t) }) return d end
    end
  end
  return f
end

local function words(order)
  if order == 0 then return { "" } end
  local all = {}
  for _, word in ipairs(words(order - 1)) do all[#all + 1], all[#all + 2] = "f" .. word, "r" .. word end
  return all
end

local nets = {
  layernorm = { eb.nn.layernorm(4), { 3, 4 } },
  ["layernorm over two dimensions"] = { eb.nn.layernorm { 3, 2 }, { 2, 3, 2 } },
  groupnorm = { eb.nn.groupnorm(2, 4), { 2, 4, 3 } },
  batchnorm = { eb.nn.batchnorm(3), { 4, 3 }, { train = true } },
  ["batchnorm of images"] = { eb.nn.batchnorm(2), { 3, 2, 2, 2 }, { train = true } },
  ["batchnorm in evaluation"] = { eb.nn.batchnorm(3), { 2, 3 }, {} },
  attention = { eb.nn.attention(4, 2), { 3, 4 } },
  ["causal attention"] = { eb.nn.attention(4, 2, { causal = true }), { 2, 3, 4 } },
  -- The differences must not move the largest element of a window, so windows are over the input, whose elements lie apart.
  ["a convolutional net"] = {
    eb.nn.sequential {
      eb.nn.maxpool2d(2, { stride = 1, padding = 1 }), eb.nn.conv2d(2, 3, 3, { padding = 1, stride = 2 }), eb.nn.tanh(),
      eb.nn.avgpool2d(2, { stride = 1 }), eb.nn.conv2d(3, 4, 2), eb.nn.flatten(), eb.nn.linear(16, 2),
    }, { 2, 2, 6, 6 }, nil, eb.permutation(144, { rng = eb.rng(1) }):reshape { 2, 2, 6, 6 }:cast("float64") / 40,
  },
  ["a grouped, dilated convolution"] = { eb.nn.conv2d(4, 2, 2, { groups = 2, dilation = 2, padding = 1 }), { 2, 4, 3, 4 } },
  ["a net with everything"] = {
    eb.nn.sequential {
      eb.nn.conv2d(1, 4, 3), eb.nn.batchnorm(4), eb.nn.gelu(), eb.nn.groupnorm(2, 4), eb.nn.flatten(3),
      eb.nn.residual(eb.nn.sequential { eb.nn.layernorm(4), eb.nn.attention(4, 1), eb.nn.dropout(0.5) }), eb.nn.flatten(),
      eb.nn.linear(16, 1),
    }, { 3, 1, 4, 4 }, { train = true, seed = 4 },
  },
}

for name, case in pairs(nets) do
  local net, shape, options, point = table.unpack(case, 1, 4)
  test("derivatives of every order and nesting: " .. name, function()
    local p, x = general(net, 1), point or randn(shape, 2)
    local v, u = 0.1 * eb.tree.randn_like(p, { rng = eb.rng(3) }), 0.1 * randn(shape, 4)
    local function out(p, x)
      if not options then return net(p, x) end
      return (net(p, x, { train = options.train, rng = options.seed and eb.rng(options.seed) }))
    end
    local w = randn(out(p, x).shape, 5)
    local function phi(t) return (w * out(p + t * v, x + t * u)):sum() end
    local zero = eb.tensor(0, f64)
    local scale = math.abs(phi(zero):item())
    local weights, h = { 672, -168, 32, -3 }, 1 / 128
    for order = 1, 3 do
      local lower = derivative(phi, ("f"):rep(order - 1))
      local difference = 0
      for i = 1, 4 do
        difference = difference + weights[i] * (lower(eb.tensor(i * h, f64)):item() - lower(eb.tensor(-i * h, f64)):item())
      end
      difference = difference / (840 * h)
      scale = math.max(scale, math.abs(difference))
      local ts = eb.tensor({ 0, 0.25, -0.5 }, f64)
      local singles = derivative(phi, ("f"):rep(order))
      for _, word in ipairs(words(order)) do
        local value = derivative(phi, word)(zero):item()
        assert(math.abs(value - difference) <= 1e-8 * scale, ("%s: %.15g, not %.15g"):format(word, value, difference))
        local lanes = eb.vmap(derivative(phi, word))(ts)
        for i = 1, 3 do
          local single = singles(ts[i]):item()
          assert(math.abs(lanes[i]:item() - single) <= 1e-10 * math.max(scale, math.abs(single)), word .. " in lanes")
        end
      end
    end
  end)
  test("gradients and lanes: " .. name, function()
    local p, x = general(net, 6), randn(shape, 7)
    local function loss(p, x)
      if not options then return (net(p, x) ^ 2):sum() end
      return ((net(p, x, { train = options.train, rng = options.seed and eb.rng(options.seed) })) ^ 2):sum()
    end
    assert(eb.check_grad(loss, p, x) < 1e-6)
    -- A gradient per lane of parameters, of inputs, and of both.
    local q, z = general(net, 8), randn(shape, 9)
    local both = eb.tree.map(function(a, b) return eb.stack({ a, b }, 1) end, p, q)
    local inputs = eb.stack({ x, z }, 1)
    local g = eb.grad(loss)
    local function same(got, first, second)
      local expected = eb.tree.map(function(a, b) return eb.stack({ a, b }, 1) end, first, second)
      close(got, expected, 1e-11)
    end
    same(eb.vmap(g, { 1, false })(both, x), g(p, x), g(q, x))
    same(eb.vmap(g, { false, 1 })(p, inputs), g(p, x), g(p, z))
    same(eb.vmap(g)(both, inputs), g(p, x), g(q, z))
  end)
end

test("per-example gradients of a convolutional net", function()
  local net = eb.nn.sequential { eb.nn.conv2d(1, 2, 3), eb.nn.relu(), eb.nn.maxpool2d(2), eb.nn.flatten(-3), eb.nn.linear(8, 3) }
  local p, x = general(net, 1), randn({ 5, 1, 6, 6 }, 2)
  local y = eb.tensor { 1, 2, 3, 1, 2 }
  local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
  local norms = eb.per_example(loss)(p, x, y):norms()
  for i = 1, 5 do close(norms[i]:item(), eb.tree.norm(eb.grad(loss)(p, x[i], y[i])), 1e-12) end
end)

test("a layer whose variance is 0 has finite derivatives", function()
  for _, net in ipairs { eb.nn.layernorm(3), eb.nn.groupnorm(1, 3) } do
    local p, x = net:init { dtype = "float64" }, eb.ones { 2, 3, dtype = "float64" }
    local function f(x) return (net(p, x) ^ 3):sum() + net(p, x)[1][1] end
    for _, word in ipairs(words(3)) do
      local function along(t) return f(x + t * randn({ 2, 3 }, 1)) end
      assert(derivative(along, word)(eb.tensor(0, f64)):isfinite():item(), word)
    end
  end
end)
