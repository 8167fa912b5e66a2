local function gradient(p, lambda) return eb.tree.map(function(x) return lambda * x end, p) end

-- Gradient descent on ½ λ x², x₀ = 1, in float64: all iterates up to `steps`, and the state.
local function descend(options, lambda, steps)
  local opt = eb.optim.sgd(options)
  local p = { x = eb.ones { 1, dtype = "float64" } }
  local state = opt:init(p)
  local path = {}
  for i = 1, steps do
    p, state = opt:step(p, gradient(p, lambda), state)
    path[i] = p.x:item()
  end
  return path, state
end

-- The same with a scalar recursion: x, v -> x, v.
local function recursion(rule, steps)
  local x, v, path = 1, 0, {}
  for i = 1, steps do
    x, v = rule(x, v)
    path[i] = x
  end
  return path
end

test("plain descent on a quadratic", function()
  local path = descend({ lr = 2 }, 1, 5)
  equal(path, { -1, 1, -1, 1, -1 })
  close(descend({ lr = 2.1 }, 1, 100)[100], 13780.612339822, 1e-10)
  close(descend({ lr = 0.1 }, 3, 20)[20], 0.7 ^ 20, 1e-14)
  equal(select(2, descend({ lr = 0.1 }, 1, 7)).t, 7)
  -- The default step size is 0.01, without momentum and decay.
  close(descend({}, 1, 1)[1], 0.99, 1e-15)
  equal(eb.optim.sgd().lr, 0.01)
  equal(eb.optim.sgd().momentum, 0)
  equal(eb.optim.sgd().weight_decay, 0)
end)

test("heavy ball: .9, .72, .486", function()
  close(descend({ lr = 0.1, momentum = 0.9 }, 1, 3), { 0.9, 0.72, 0.486 }, 1e-15)
end)

test("three momentum rules, each as its recursion", function()
  local lr, b, l = 0.07, 0.8, 3
  local rules = {
    { { momentum = b }, function(x, v) v = b * v + l * x return x - lr * v, v end },
    { { momentum = b, nesterov = true }, function(x, v) v = b * v + l * x return x - lr * (l * x + b * v), v end },
    { { momentum = b, ema = true }, function(x, v) v = b * v + (1 - b) * l * x return x - lr * v, v end },
  }
  for _, rule in ipairs(rules) do
    rule[1].lr = lr
    close(descend(rule[1], l, 30), recursion(rule[2], 30), 1e-13)
  end
end)

test("stability thresholds at lr = .01 and momentum .9", function()
  local thresholds = {
    { { lr = 0.01 }, 200 },
    { { lr = 0.01, momentum = 0.9 }, 380 },
    { { lr = 0.01, momentum = 0.9, nesterov = true }, 135.7142857 },
    { { lr = 0.01, momentum = 0.9, ema = true }, 3800 },
  }
  for _, case in ipairs(thresholds) do
    local below = descend(case[1], 0.99 * case[2], 1500)
    local above = descend(case[1], 1.01 * case[2], 1500)
    assert(math.abs(below[1500]) < 1e-3, case[2])
    assert(math.abs(above[1500]) > 1e3, case[2])
  end
end)

test("weight decay is added to the gradient", function()
  close(descend({ lr = 0.1, weight_decay = 0.5 }, 1, 10)[10], (1 - 0.1 * 1.5) ^ 10, 1e-14)
  local path = descend({ lr = 0.1, momentum = 0.9, weight_decay = 0.5 }, 0.5, 3)
  close(path, { 0.9, 0.72, 0.486 }, 1e-15)
end)

test("values stay what they were", function()
  local opt = eb.optim.sgd { lr = 0.5, momentum = 0.5 }
  local p = { { weight = eb.ones { 2, 2 } }, scale = 3, name = "net" }
  local g = { { weight = eb.ones { 2, 2 } }, scale = 1, name = "net" }
  local s0 = opt:init(p)
  equal(s0.t, 0)
  equal(s0.momentum[1].weight, eb.zeros { 2, 2 })
  local q, s1 = opt:step(p, g, s0)
  equal(q[1].weight, eb.full({ 2, 2 }, 0.5))
  equal(q.scale, 2.5)
  equal(q.name, "net")
  equal(p[1].weight, eb.ones { 2, 2 })
  equal(s0.t, 0)
  equal(s0.momentum[1].weight, eb.zeros { 2, 2 })
  equal(s1.t, 1)
  -- The same step again gives the same bits.
  local again, state = opt:step(p, g, s0)
  assert(eb.tree.equal(q, again) and eb.tree.equal(s1, state))
  -- The dtype of a parameter stays.
  local x = opt:step(eb.ones { 2 }, eb.ones { 2, dtype = "float64" }, opt:init(eb.ones { 2 }))
  equal(x.dtype, "float32")
  equal(tostring(opt), "sgd: lr 0.5, momentum 0.5, weight decay 0.0")
end)

test("another step size goes on with the same state", function()
  local p = { x = eb.ones { 1, dtype = "float64" } }
  local a, b = eb.optim.sgd { lr = 0.1, momentum = 0.9 }, eb.optim.sgd { lr = 0.05, momentum = 0.9 }
  local s = a:init(p)
  p, s = a:step(p, gradient(p, 1), s)
  p, s = b:step(p, gradient(p, 1), s)
  close(p.x, { 0.9 - 0.05 * (0.9 * 1 + 0.9) }, 1e-15)
  equal(s.t, 2)
end)

test("steps differentiate: the gradient of the loss after training", function()
  local opt = eb.optim.sgd { lr = 0.1, momentum = 0.5 }
  local function after(x, steps)
    local state = opt:init(x)
    for _ = 1, steps do x, state = opt:step(x, eb.grad(function(z) return (z ^ 2):sum() / 2 end)(x), state) end
    return x:sum()
  end
  -- x₃ is linear in x₀; heavy ball with λ = 1: x₁ = .9, v₁ = 1, v₂ = 1.4, x₂ = .76, v₃ = 1.46, x₃ = .614.
  close(eb.grad(after)(eb.tensor { 2 }, 3), { 0.614 }, 1e-6)
  close(eb.vmap(function(x) return after(x, 3) end)(eb.tensor { 1, 2 }), { 0.614, 1.228 }, 1e-6)
end)

test("training a small network reaches the least-squares solution", function()
  local X = eb.randn { 50, 3, rng = eb.rng(1), dtype = "float64" }
  local y = X:mm(eb.tensor({ { 1 }, { -2 }, { 0.5 } }, { dtype = "float64" })) + 0.25
  local net = eb.nn.linear(3, 1)
  local p = net:init { rng = eb.rng(2), dtype = "float64" }
  local opt = eb.optim.sgd { lr = 0.2, momentum = 0.5 }
  local s = opt:init(p)
  local loss = eb.value_and_grad(function(q) return eb.loss.mse(net(q, X), y) end)
  local value, g
  for _ = 1, 200 do
    value, g = loss(p)
    p, s = opt:step(p, g, s)
  end
  assert(value:item() < 1e-20)
  close(p.weight:flatten(), { 1, -2, 0.5 }, 1e-9)
  close(p.bias, { 0.25 }, 1e-9)
end)

test("errors", function()
  local p, g = { w = eb.ones { 2 } }, { w = eb.ones { 2 } }
  local opt, heavy = eb.optim.sgd { lr = 0.1 }, eb.optim.sgd { lr = 0.1, momentum = 0.9 }
  local s = opt:init(p)
  raises(function() eb.optim.sgd { lr = 0.1, momentun = 0.9 } end, here(), "sgd: unknown option 'momentun' (did you mean 'momentum'?)")
  raises(function() eb.optim.sgd { learning_rate = 0.1 } end, "unknown option 'learning_rate' (known: ema, lr, momentum, nesterov, weight_decay)")
  raises(function() eb.optim.sgd { 0.1 } end, here(), "sgd: options go by their names, got a value at [1]")
  raises(function() eb.optim.sgd(0.1) end, "sgd: expected a table of options, got number")
  raises(function() eb.optim.sgd { lr = "0.1" } end, "option 'lr': expected number, schedule or function of t, got string")
  raises(function() eb.optim.sgd { lr = -1 } end, "option 'lr': expected a number from 0 on, got -1.0")
  raises(function() eb.optim.sgd { lr = 0 / 0 } end, "option 'lr'", "nan")
  raises(function() eb.optim.sgd { lr = math.huge } end, "option 'lr'", "inf")
  raises(function() eb.optim.sgd { weight_decay = -1 } end, "option 'weight_decay'")
  raises(function() eb.optim.sgd { momentum = 1 } end, "option 'momentum': expected a value in [0, 1), got 1.0")
  raises(function() eb.optim.sgd { momentum = -0.1 } end, "option 'momentum'")
  raises(function() eb.optim.sgd { nesterov = true } end, "nesterov = true needs momentum > 0")
  raises(function() eb.optim.sgd { momentum = 0.9, nesterov = true, ema = true } end, "choose one")
  raises(function() eb.optim.sdg {} end, "did you mean 'sgd'?")
  raises(function() opt:setp(p, g, s) end, here(), "did you mean 'step'?")
  raises(function() opt.lr = 0.05 end, here(), "an optimizer is a value and keeps its 'lr'")
  raises(function() opt:step(p, g) end, here(), "step: argument 4: expected state", "got nil")
  raises(function() opt:step(p, g, {}) end, "step: argument 4: expected the state of this optimizer")
  raises(function() heavy:step(p, g, s) end, "sgd: step: argument 4: expected the state of this optimizer", "it has no 'momentum' at 'w'")
  raises(function() heavy:step(p, g, heavy:init { w = eb.ones { 3 } }) end, "step: the momentum in argument 4: expected shape [2] at 'w', got [3]")
  raises(function() opt:step(p, nil, s) end, "step: argument 3: expected tree", "got nil")
  raises(function() opt:step(p, { w = eb.ones { 3 } }, s) end, here(), "step: argument 3: expected shape [2] at 'w', got [3]")
  raises(function() opt:step(p, { v = eb.ones { 2 } }, s) end, "step: argument 3: expected the keys w, got an entry 'v'")
  raises(function() opt:init() end, "init: argument 2: expected tree")
  raises(function() opt:init { w = eb.arange(1, 3, 1, { dtype = "int32" }) } end, "parameters are float32 or float64, got int32[3] at 'w'")
end)
