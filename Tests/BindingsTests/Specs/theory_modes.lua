-- Modes of linear networks: closed forms against their digits, their differential equations, and descent on whole networks.
local D = { dtype = "float64" }
local theory = eb.theory

local function derivative(f, t)
  local h = 2e-4
  return (8 * (f(t + h) - f(t - h)) - (f(t + 2 * h) - f(t - 2 * h))) / (12 * h)
end

test("two layers: the scalar oracle", function()
  -- a₀ = b₀ = 0.01, s = 1.
  for t, expected in pairs { [2] = 0.00543071, [4] = 0.22965852, [6] = 0.94211994 } do
    close(theory.two_layer_modes(1, 1, 1e-4, t), expected, 1e-8)
    close(theory.saxe(1, 0.01, t, { start = "layers" }), expected, 1e-8)
    close(theory.saxe(1, 1e-4, t), expected, 1e-8)
  end
  close(theory.half_time(1, 1, 1e-4), 0.5 * math.log(9999), 1e-14)
  close(theory.saxe(1, 1e-4, 4.6051202), 0.5, 1e-7)
end)

test("half-times", function()
  local times = theory.half_time({ 5, 2, 1, 0.5 }, 1, 1e-5)
  close(times, { 1.312236138, 3.051516911, 5.756457732, 10.819758284 }, 1e-9)
  for i, s in ipairs { 5, 2, 1, 0.5 } do close(theory.saxe(s, 1e-5, times[i]:item()), s / 2, 1e-12) end
end)

test("modes solve their equations", function()
  for _, case in ipairs { { 1.5, 0.7, 0.01 }, { 0.3, 2, 0.5 }, { 0, 1.3, 0.2 }, { -0.4, 0.5, 0.3 }, { 0.8, 0, 0.1 }, { 1e-9, 1, 0.4 } } do
    local s, l, w0 = table.unpack(case)
    local function two(t) return theory.two_layer_modes(s, l, w0, t) end
    local function one(t) return theory.one_layer_modes(s, l, w0, t) end
    close(two(0), w0, 1e-15)
    close(one(0), w0, 1e-15)
    for _, t in ipairs { 0.1, 0.7, 2.5 } do
      close(derivative(two, t), 2 * two(t) * (s - l * two(t)), 1e-9)
      close(derivative(one, t), s - l * one(t), 1e-9)
    end
  end
  -- Where e^(2σt) is infinite.
  equal(theory.two_layer_modes(2, 0.5, 1e-300, 1e6), 4)
  equal(theory.two_layer_modes(-2, 0.5, 1, 1e6), 0)
end)

test("times and modes make rows and columns", function()
  local number = theory.two_layer_modes(1, 1, 1e-3, 2)
  assert(math.type(number) == "float")
  equal(theory.two_layer_modes(1, 1, 1e-3, { 2, 3 }).shape, { 2 })
  equal(theory.two_layer_modes(eb.tensor { 1, 2, 3 }, 1, 1e-3, 2).shape, { 3 })
  local both = theory.two_layer_modes({ 1, 2, 3 }, { 1, 1, 2 }, 1e-3, eb.tensor { 2, 3 })
  equal(both.shape, { 2, 3 })
  equal(both.dtype, "float64")
  equal(both[{ 1, 1 }]:item(), number)
  equal(theory.deep_modes({ 1, 2 }, 0.1, { 1, 2, 3 }, { depth = 4 }).shape, { 3, 2 })
  equal(theory.two_layer_steps({ 1, 2 }, 1, 0.1, 0.1, { 5, 0, 3 }).shape, { 3, 2 })
  equal(theory.two_layer_steps(1, 1, 0.1, 0.1, { 5, 0 })[2]:item(), 0.1)
end)

test("rescaled time is a staircase", function()
  local sigma, lambda = { 2, 1, 0.4 }, { 1, 1, 0.5 }
  local limit = theory.rescaled_modes(sigma, lambda, math.huge, { 0.2, 0.25, 0.4, 0.5, 0.6, 1.25, 2 })
  close(limit, {
    { 0, 0, 0 }, { 1 / (1 + 1 / 2), 0, 0 }, { 2, 0, 0 }, { 2, 0.5, 0 }, { 2, 1, 0 }, { 2, 1, 1 / (1 + 0.5 / 0.4) }, { 2, 1, 0.8 },
  }, 1e-14)
  -- The same modes as in plain time, and nearer the limit the larger δ is.
  close(theory.rescaled_modes(sigma, lambda, 7, { 0.1, 0.3, 1 }), theory.two_layer_modes(sigma, lambda, math.exp(-7), { 0.7, 2.1, 7 }), 1e-13)
  close(theory.rescaled_modes(1, 1, 7, 0.9, { start = "layers" }), theory.two_layer_modes(1, 1, math.exp(-14), 6.3), 1e-13)
  local tau = { 0.2, 0.4, 0.6, 2 }
  local function gap(delta) return (theory.rescaled_modes(sigma, lambda, delta, tau) - theory.rescaled_modes(sigma, lambda, math.huge, tau)):abs():max():item() end
  assert(gap(20) < gap(5) and gap(100) < 1e-7 and gap(5000) < 1e-15)
  -- An autoencoder: each mode adds 1 to the trace norm.
  local auto = theory.rescaled_modes({ 2, 1, 0.4 }, { 2, 1, 0.4 }, 1000, { 0.1, 0.3, 0.7, 2 }):sum(2)
  close(auto, { 0, 1, 2, 3 }, 1e-12)
end)

-- Descent on W₁ W₂ [8, 8] with whitened inputs, from balanced layers whose product is u₀ I in the frame of the modes: the product's modes at
-- every step.
local function descend(lr, steps)
  local s = eb.tensor({ 5, 2, 1, 0.5, 0, 0, 0, 0 }, D)
  local u = eb.linalg.qr(eb.randn({ 8, 8 }, { rng = eb.rng(1), dtype = "float64" }))
  local v = eb.linalg.qr(eb.randn({ 8, 8 }, { rng = eb.rng(2), dtype = "float64" }))
  local target = (u * s):mm(v:t())
  local start = math.sqrt(1e-5)
  local _, modes = eb.scan(function(p)
    local residual = target - p[1]:mm(p[2])
    local q = { p[1] + lr * residual:mm(p[2]:t()), p[2] + lr * p[1]:t():mm(residual) }
    return q, (u:t():mm(q[1]:mm(q[2])) * v:t()):sum(2)
  end, { u * start, start * v:t() }, eb.zeros { steps })
  return modes
end

test("descent follows the modes, up to its step size", function()
  local gaps = {}
  for i, lr in ipairs { 1e-3, 5e-4 } do
    local steps = math.floor(12 / lr + 0.5)
    local modes = descend(lr, steps)[{ {}, { 1, 4 } }]
    local s = eb.tensor({ 5, 2, 1, 0.5 }, D)
    local closed = theory.saxe(s, 1e-5, lr * eb.arange(1, steps, 1, D))
    gaps[i] = ((modes - closed):abs() / s):max():item()
    -- Balanced layers in the frame of the modes are exactly the recursion of steps.
    close(theory.two_layer_steps(s, 1, 1e-5, lr, { 100, steps // 2, steps }), eb.stack { modes[100], modes[steps // 2], modes[steps] }, 1e-10)
  end
  assert(gaps[1] / gaps[2] > 1.8 and gaps[1] / gaps[2] < 2.2)
  -- At a small step size, by the recursion: the largest gap, and when each mode is half learned.
  local lr = 5e-5
  local fast = eb.arange(1, 40000, 1, D)
  close(((theory.two_layer_steps(5, 1, 1e-5, lr, fast) - theory.saxe(5, 1e-5, lr * fast)) / 5):abs():max():item(), 3.5e-4, 1e-5)
  for s, half in pairs { [5] = 1.3124, [2] = 3.0516, [1] = 5.7566, [0.5] = 10.8199 } do
    local before = math.floor((half - 1e-4) / lr)
    local w = theory.two_layer_steps(s, 1, 1e-5, lr, { before, before + math.ceil(2e-4 / lr) }):totable()
    assert(w[1] < s / 2 and w[2] >= s / 2)
  end
end)

test("steps: stable below 1, monotone below a half", function()
  local function path(lr) return theory.two_layer_steps(1, 1, 0.01, lr, eb.arange(1, 400)):totable() end
  local function is_monotone(values)
    for i = 2, #values do if values[i] < values[i - 1] - 1e-12 then return false end end
    return true
  end
  assert(is_monotone(path(0.49)) and not is_monotone(path(0.55)))
  close(path(0.99)[400], 1, 1e-3)
  assert(math.abs(path(1.02)[399] - 1) > 0.1 or math.abs(path(1.02)[400] - 1) > 0.1)
  -- From e^(−δ) about δ/(2ησ) steps.
  local count, lr, delta = 0, 1e-3, 30
  for i, w in ipairs(theory.two_layer_steps(1, 1, math.exp(-delta), lr, eb.arange(1, 20000)):totable()) do
    if w < 0.5 then count = i end
  end
  close(count / (delta / (2 * lr)), 1, 2e-3)
  close(theory.one_layer_steps(2, 0.5, 0.3, 0.1, 20), 4 + (0.3 - 4) * 0.95 ^ 20, 1e-12)
end)

test("depth: the flow's equation and the times of escape", function()
  for depth = 1, 7 do
    for _, case in ipairs { { 2, 0.05 }, { 2, 5 }, { 0.7, 0.3 }, { 0, 0.5 } } do
      local s, u0 = table.unpack(case)
      local function u(t) return theory.deep_modes(s, u0, t, { depth = depth }) end
      close(u(0), u0, 1e-14)
      for _, t in ipairs { 0.02, 0.3, 1.5 } do
        close(derivative(u, t), depth * u(t) ^ (2 - 2 / depth) * (s - u(t)), 1e-6)
      end
    end
    local u0 = 1e-4
    close(theory.deep_modes(1, u0, theory.escape_time(depth, u0), { depth = depth }), 0.5, 1e-11)
  end
  close(theory.deep_modes(2, 0.05, 1e4, { depth = 5 }), 2, 1e-14)
  equal(theory.deep_modes(2, 0, 3, { depth = 3 }), 0)
  close(theory.escape_time(2, 1e-4), theory.half_time(1, 1, 1e-4), 1e-14)
  -- Of the order of u₀^(−(1−2/N)) for three layers and more.
  for depth = 3, 5 do
    local ratio = theory.escape_time(depth, 1e-12) / theory.escape_time(depth, 1e-9)
    close(ratio, 10 ^ (3 * (1 - 2 / depth)), 2e-2)
  end
end)

test("the discrete imbalance of two scalars", function()
  -- a' b' and a'² − b'² of one step on ½ (1 − ab)².
  local a, b, lr = 1.3, 0.4, 0.3
  local loss = function(p) return (1 - p.a * p.b) ^ 2 / 2 end
  local p = { a = eb.tensor(a, D), b = eb.tensor(b, D) }
  local g = eb.grad(loss)(p)
  local a2, b2 = (p.a - lr * g.a):item(), (p.b - lr * g.b):item()
  close({ a2, b2, a2 ^ 2 - b2 ^ 2, a2 * b2 }, { 1.3576, 0.5872, 1.49827392, 0.79718272 }, 1e-12)
  local r = a * b - 1
  close(a2 ^ 2 - b2 ^ 2, (a ^ 2 - b ^ 2) * (1 - lr ^ 2 * r ^ 2), 1e-14)
  close(a2 * b2, a * b * (1 + lr ^ 2 * r ^ 2) - lr * r * (a ^ 2 + b ^ 2), 1e-14)
end)

test("modes are differentiable", function()
  for _, s in ipairs { 0, 1e-7, 0.8, 6 } do
    local x = eb.tensor({ s, 0.9, 0.1, 0.4 }, D)
    assert(eb.check_grad(function(p) return theory.two_layer_modes(p[1], p[2], p[3], p[4]) end, x) < 1e-6)
    assert(eb.check_grad(function(p) return theory.one_layer_modes(p[2], p[1], p[3], p[4]) end, x) < 1e-6)
  end
end)

test("errors", function()
  raises(function() theory.saxe(1, 1e-3, 1, { start = "layer" }) end, 'saxe: start: expected "product" or "layers", got "layer"')
  raises(function() theory.saxe(1, 1e-3, 1, { begin = "layer" }) end, "saxe: unknown option 'begin'")
  raises(function() theory.two_layer_modes("a", 1, 1, 1) end, "two_layer_modes: sigma: expected a tensor, a number or a table of numbers, got string")
  raises(function() theory.two_layer_modes(1, 1, 1, eb.ones { 2, 2 }) end, "two_layer_modes: t: expected a number or a vector, got shape [2, 2]")
  raises(function() theory.two_layer_steps(1, 1, 1, 0.1, 1.5) end, "two_layer_steps: t: expected a whole number from 0 on, got 1.5")
  raises(function() theory.two_layer_steps(1, 1, 1, -1, 1) end, "two_layer_steps: lr: expected a number above 0, got -1")
  raises(function() theory.two_layer_steps({ 1, 2 }, { 1, 2, 3 }, 1, 1, 1) end, "two_layer_steps: lambda: expected 2 modes, got 3")
  raises(function() theory.rescaled_modes(1, 1, 0, 1) end, "rescaled_modes: delta: expected a number above 0")
  raises(function() theory.escape_time(0, 0.1) end, "escape_time: depth: expected a whole number from 1 on, got 0")
  raises(function() theory.escape_time(2, 1) end, "escape_time: u0: expected a number between 0 and 1, got 1")
  raises(function() theory.deep_modes(-1, 0.1, 1) end, "deep_modes: expected s, u0 and t from 0 on")
end)
