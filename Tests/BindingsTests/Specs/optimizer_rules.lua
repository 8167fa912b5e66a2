-- Each rule against its published recursion, written once more here in scalars and float64, on ½ λ x² from x = 1.
local D = { dtype = "float64" }

local function trajectory(opt, lambda, steps)
  local x, path = eb.tensor({ 1 }, D), {}
  local state = opt:init(x)
  for t = 1, steps do
    x, state = opt:step(x, lambda * x, state)
    path[t] = x:item()
  end
  return path
end

-- rule(x, g, s, t) -> x, with s to keep what it likes.
local function recursion(rule, lambda, steps)
  local x, s, path = 1, {}, {}
  for t = 1, steps do
    x = rule(x, lambda * x, s, t)
    path[t] = x
  end
  return path
end

local function moments(g, s, b1, b2)
  s.m = b1 * (s.m or 0) + (1 - b1) * g
  s.v = b2 * (s.v or 0) + (1 - b2) * g * g
end

local function sign(x) return x > 0 and 1 or x < 0 and -1 or 0 end

local cases = {
  { "adam", { lr = 0.1, beta1 = 0.8, beta2 = 0.9, weight_decay = 0.5 }, function(x, g, s, t)
    moments(g + 0.5 * x, s, 0.8, 0.9)
    return x - 0.1 * (s.m / (1 - 0.8 ^ t)) / (math.sqrt(s.v / (1 - 0.9 ^ t)) + 1e-8)
  end },
  { "adamw", { lr = 0.1, weight_decay = 0.5 }, function(x, g, s, t)
    moments(g, s, 0.9, 0.999)
    return x - 0.1 * 0.5 * x - 0.1 * (s.m / (1 - 0.9 ^ t)) / (math.sqrt(s.v / (1 - 0.999 ^ t)) + 1e-8)
  end },
  { "amsgrad", { lr = 0.1, beta2 = 0.5 }, function(x, g, s, t)
    moments(g, s, 0.9, 0.5)
    s.w = math.max(s.w or 0, s.v)
    return x - 0.1 * (s.m / (1 - 0.9 ^ t)) / (math.sqrt(s.w / (1 - 0.5 ^ t)) + 1e-8)
  end },
  { "nadam", { lr = 0.1 }, function(x, g, s, t)
    moments(g, s, 0.9, 0.999)
    local function mu(i) return 0.9 * (1 - 0.5 * 0.96 ^ (0.004 * i)) end
    s.product = (s.product or 1) * mu(t)
    local m = mu(t + 1) * s.m / (1 - s.product * mu(t + 1)) + (1 - mu(t)) * g / (1 - s.product)
    return x - 0.1 * m / (math.sqrt(s.v / (1 - 0.999 ^ t)) + 1e-8)
  end },
  { "radam", { lr = 0.1 }, function(x, g, s, t)
    moments(g, s, 0.9, 0.999)
    local limit = 2 / (1 - 0.999) - 1
    local rho = limit - 2 * t * 0.999 ^ t / (1 - 0.999 ^ t)
    local m = s.m / (1 - 0.9 ^ t)
    if rho <= 5 then return x - 0.1 * m end
    local r = math.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))
    return x - 0.1 * r * m * math.sqrt(1 - 0.999 ^ t) / (math.sqrt(s.v) + 1e-8)
  end },
  { "adabelief", { lr = 0.1, eps = 1e-3 }, function(x, g, s, t)
    s.m = 0.9 * (s.m or 0) + 0.1 * g
    s.v = 0.999 * (s.v or 0) + 0.001 * (g - s.m) ^ 2 + 1e-3
    return x - 0.1 * (s.m / (1 - 0.9 ^ t)) / (math.sqrt(s.v / (1 - 0.999 ^ t)) + 1e-3)
  end },
  { "rmsprop", { lr = 0.1, alpha = 0.9 }, function(x, g, s)
    s.v = 0.9 * (s.v or 0) + 0.1 * g * g
    return x - 0.1 * g / (math.sqrt(s.v) + 1e-8)
  end },
  { "rmsprop", { lr = 0.01, alpha = 0.9, centered = true, momentum = 0.5, eps = 0.1 }, function(x, g, s)
    s.v, s.mean = 0.9 * (s.v or 0) + 0.1 * g * g, 0.9 * (s.mean or 0) + 0.1 * g
    s.b = 0.5 * (s.b or 0) + g / (math.sqrt(s.v - s.mean ^ 2) + 0.1)
    return x - 0.01 * s.b
  end },
  { "group_rmsprop", { lr = 0.1, alpha = 0.9 }, function(x, g, s, t)
    s.v = 0.9 * (s.v or 0) + 0.1 * g * g
    return x - 0.1 * g / (math.sqrt(s.v / (1 - 0.9 ^ t)) + 1e-4)
  end },
  { "adagrad", { lr = 0.5, lr_decay = 0.1, initial = 0.5 }, function(x, g, s, t)
    s.sum = (s.sum or 0.5) + g * g
    return x - 0.5 / (1 + (t - 1) * 0.1) * g / (math.sqrt(s.sum) + 1e-10)
  end },
  { "adadelta", { rho = 0.8, eps = 0.01 }, function(x, g, s)
    s.v = 0.8 * (s.v or 0) + 0.2 * g * g
    local d = math.sqrt((s.d or 0) + 0.01) / math.sqrt(s.v + 0.01) * g
    s.d = 0.8 * (s.d or 0) + 0.2 * d * d
    return x - d
  end },
  { "lion", { lr = 0.01, weight_decay = 0.5 }, function(x, g, s)
    local c = sign(0.9 * (s.m or 0) + 0.1 * g)
    s.m = 0.99 * (s.m or 0) + 0.01 * g
    return x - 0.01 * (c + 0.5 * x)
  end },
  { "signsgd", { lr = 0.03 }, function(x, g) return x - 0.03 * sign(g) end },
  { "signsgd", { lr = 0.03, momentum = 0.9 }, function(x, g, s)
    s.m = 0.9 * (s.m or 0) + 0.1 * g
    return x - 0.03 * sign(s.m)
  end },
  { "normalized", { lr = 0.03 }, function(x, g) return x - 0.03 * g / (math.abs(g) + 1e-12) end },
  { "lars", { lr = 0.5, trust = 0.1, weight_decay = 0.5, momentum = 0.8 }, function(x, g, s)
    local rate = 0.1 * math.abs(x) / (math.abs(g) + 0.5 * math.abs(x))
    s.v = 0.8 * (s.v or 0) + 0.5 * rate * (g + 0.5 * x)
    return x - s.v
  end },
  { "lamb", { lr = 0.1, weight_decay = 0.5 }, function(x, g, s, t)
    moments(g, s, 0.9, 0.999)
    local d = (s.m / (1 - 0.9 ^ t)) / (math.sqrt(s.v / (1 - 0.999 ^ t)) + 1e-6) + 0.5 * x
    return x - 0.1 * math.abs(x) / math.abs(d) * d
  end },
  { "shampoo", { lr = 0.1, momentum = 0.5 }, function(x, g, s)
    s.l = (s.l or 1e-4) + g * g
    s.b = 0.5 * (s.b or 0) + g / math.sqrt(s.l)
    return x - 0.1 * s.b
  end },
  { "muon", { adam_lr = 0.1, weight_decay = 0.5, lr = 0.1 }, function(x, g, s, t)
    moments(g, s, 0.9, 0.95)
    return x - 0.05 * x - 0.1 * (s.m / (1 - 0.9 ^ t)) / (math.sqrt(s.v / (1 - 0.95 ^ t)) + 1e-10)
  end },
}

for _, case in ipairs(cases) do
  local name, options, rule = case[1], case[2], case[3]
  test(name .. " follows its recursion", function()
    for _, lambda in ipairs { 0.3, 2 } do
      close(trajectory(eb.optim[name](options), lambda, 25), recursion(rule, lambda, 25), 1e-11)
    end
  end)
end

test("radam waits for the variance, then rectifies", function()
  -- With β₂ = .999 ρ passes 5 at t = 6: the steps on a constant gradient before are η.
  local opt, x = eb.optim.radam { lr = 1 }, eb.zeros({ 1 }, D)
  local state, before = opt:init(x), 0
  for t = 1, 6 do
    x, state = opt:step(x, eb.tensor({ 3 }, D), state)
    local step = before - x:item()
    if t <= 5 then close(step, 3, 1e-12) else assert(step < 0.1, step) end
    before = x:item()
  end
end)

test("centered rmsprop stays finite where gradients don't vary", function()
  local opt, x = eb.optim.rmsprop { lr = 1e-9, centered = true, alpha = 0.5 }, eb.tensor { 1, 2, 3 }
  local state = opt:init(x)
  for _ = 1, 200 do x, state = opt:step(x, eb.tensor { 0.1, 0.7, 1.3 }, state) end
  assert(x:isfinite():all():item())
end)

test("lars and lamb step with factor 1 where a norm is 0", function()
  local lars, lamb, zero = eb.optim.lars { lr = 0.5, momentum = 0 }, eb.optim.lamb { lr = 0.5, weight_decay = 0 }, eb.zeros({ 1 }, D)
  equal(lars:step(zero, eb.tensor({ 2 }, D), lars:init(zero)), { -1 })
  close(lamb:step(zero, eb.tensor({ 2 }, D), lamb:init(zero)), { -0.5 }, 1e-6)
  local one = eb.ones({ 1 }, D)
  equal(lars:step(one, zero, lars:init(one)), { 1 })
end)

test("muon makes the momentum orthogonal", function()
  local rng = eb.rng(4)
  local g = eb.randn({ 6, 3 }, { rng = rng, dtype = "float64" })
  local w = eb.zeros({ 6, 3 }, D)
  local exact = eb.optim.muon { lr = 1, exact = true, nesterov = false }
  local q = -exact:step(w, g, exact:init(w))
  close(q:t():mm(q), eb.eye(3, D), 1e-12)
  local u, _, vt = eb.linalg.svd(g)
  close(q, u:mm(vt), 1e-12)
  -- The iteration brings singular values near 1, in the same vectors; kernels count as [out, in · k · k] and out > in scales.
  local near = eb.optim.muon { lr = 1 }
  local _, s = eb.linalg.svd((near:step(w, g, near:init(w))))
  assert(s:min():item() > 0.6 and s:max():item() < 1.3)
  local kernel = g:reshape(6, 3, 1, 1)
  local k = eb.zeros({ 6, 3, 1, 1 }, D)
  close(-exact:step(k, kernel, exact:init(k)):reshape(6, 3), 2 ^ 0.5 * u:mm(vt), 1e-12)
  local wide = eb.zeros({ 3, 6 }, D)
  close(-exact:step(wide, g:t(), exact:init(wide)), 2 ^ 0.5 * u:mm(vt):t(), 1e-12)
end)

test("shampoo takes roots from both sides", function()
  local g = eb.tensor({ { 3, 0 }, { 0, 5 } }, D)
  local opt, w = eb.optim.shampoo { lr = 1, eps = 0 }, eb.zeros({ 2, 2 }, D)
  -- Diagonal: g / (g²)^¼ (g²)^¼ = 1, and after a second equal gradient 1/√2.
  local q, s = opt:step(w, g, opt:init(w))
  close(q, -eb.eye(2, D), 1e-10)
  close(opt:step(w, g, s), eb.eye(2, D) * -0.5 ^ 0.5, 1e-10)
end)

-- A quartic with its minimum elsewhere in each coordinate.
local target = eb.tensor({ 1, -2, 0.5 }, D)
local function f(p)
  return eb.value_and_grad(function(q)
    local u = q - target
    return (u * u * eb.tensor({ 1, 10, 100 }, D)):sum() / 2 + (u ^ 4):sum()
  end)(p)
end

test("rules that use curvature find the minimum", function()
  for _, opt in ipairs { eb.optim.lbfgs { line_search = true }, eb.optim.lbfgs { lr = 0.5, history = 3 }, eb.optim.newton_cg() } do
    local p = eb.zeros({ 3 }, D)
    local s = opt:init(p)
    for _ = 1, 60 do
      local _, g = f(p)
      p, s = opt:step(p, g, s, f)
    end
    close(p, target, 1e-7)
  end
end)

test("newton_cg solves a quadratic in a step, and leaves a saddle", function()
  local H = eb.tensor({ { 4, 1 }, { 1, 3 } }, D)
  local function quadratic(p) return eb.value_and_grad(function(q) return q:dot(H:mm(q)) / 2 end)(p) end
  local opt, p = eb.optim.newton_cg(), eb.tensor({ 1e-9, 2e-9 }, D)
  local _, g = quadratic(p)
  -- The tolerance √‖g‖ is small where the gradient is.
  close(opt:step(p, g, opt:init(p), quadratic) * 1e9, { 0, 0 }, 1e-3)
  local function saddle(q) return eb.value_and_grad(function(x) return x[1] ^ 2 - x[2] ^ 2 end)(q) end
  p = eb.tensor({ 0, 1 }, D)
  _, g = saddle(p)
  equal(opt:step(p, g, opt:init(p), saddle), { 0, 3 })
end)

test("gauss_newton solves a linear regression in a step, and damping shortens it", function()
  local X, y = eb.randn({ 8, 3 }, { rng = eb.rng(3), dtype = "float64" }), eb.randn({ 8 }, { rng = eb.rng(4), dtype = "float64" })
  local function residual(p) return X:mm(p) - y end
  local p = eb.zeros({ 3 }, D)
  local function stepped(damping)
    local opt = eb.optim.gauss_newton { residual = residual, damping = damping, tolerance = 1e-14 }
    return (opt:step(p, p, opt:init(p)))
  end
  close(stepped(0), eb.linalg.lstsq(X, y), 1e-10)
  close(stepped(2), eb.linalg.solve(X:t():mm(X) + 2 * eb.eye(3, D), X:t():mm(y)), 1e-10)
  raises(function()
    local opt = eb.optim.gauss_newton()
    opt:step(p, p, opt:init(p))
  end, "gauss_newton: needs residual = function")
end)

test("anti_pgd adds differences of noise", function()
  local opt, x = eb.optim.anti_pgd { lr = 0, sigma = 0.5 }, eb.zeros({ 400 }, D)
  local s = opt:init(x)
  for _ = 1, 20 do x, s = opt:step(x, x, s) end
  close(x, s.noise, 1e-12)
  assert(math.abs(x:std():item() - 0.5) < 0.08)
end)
