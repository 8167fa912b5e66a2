-- The built-in optimizers that are rules for one parameter at a time, as they were published. Runs once in every state, after optimizers.lua.
local eb, _, rules = ...
local builtin, is_active = rules.builtin, rules.is_active

local rate, fraction = { 0 }, { 0, 1 }

-- g + λ p, the gradient of the loss with λ ‖p‖²/2 added.
local function decayed(g, p, h)
  if h.decays then return g + h.weight_decay * p end
  return g
end

local function decays(h) return { decays = is_active(h.weight_decay) } end

-- Gradient descent (Cauchy 1847), heavy ball (Polyak 1964), Nesterov's momentum (Sutskever et al. 2013), as PyTorch has them, and averaged.
builtin("sgd", {
  defaults = { lr = 0.01, momentum = 0, nesterov = false, ema = false, weight_decay = 0 },
  ranges = { lr = rate, momentum = fraction, weight_decay = rate },
  flags = function(h)
    local buffered = is_active(h.momentum)
    if h.nesterov and h.ema then rules.fail("sgd: nesterov and ema are two momentum rules; choose one") end
    if not buffered and (h.nesterov or h.ema) then
      rules.fail("sgd: %s = true needs momentum > 0", h.nesterov and "nesterov" or "ema")
    end
    return { buffered = buffered, decays = is_active(h.weight_decay) }
  end,
  init = function(p, h) return h.buffered and { momentum = eb.zeros_like(p) } or {} end,
  step = function(p, g, s, h)
    g = decayed(g, p, h)
    if not h.buffered then return p - h.lr * g end
    if h.ema then
      s.momentum = h.momentum * s.momentum + (1 - h.momentum) * g
      return p - h.lr * s.momentum
    end
    s.momentum = h.momentum * s.momentum + g
    if h.nesterov then return p - h.lr * (g + h.momentum * s.momentum) end
    return p - h.lr * s.momentum
  end,
})

-- Adam (Kingma & Ba 2015, arXiv 1412.6980), and what differs from it in a line.
local adam_defaults = { lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0 }
local adam_ranges = { lr = rate, beta1 = fraction, beta2 = fraction, eps = rate, weight_decay = rate }

local function with(defaults, changes)
  local result = {}
  for name, value in pairs(defaults) do result[name] = value end
  for name, value in pairs(changes) do result[name] = value end
  return result
end

local function two_moments(p) return { m = eb.zeros_like(p), v = eb.zeros_like(p) } end

local function update_moments(g, s, h)
  s.m = h.beta1 * s.m + (1 - h.beta1) * g
  s.v = h.beta2 * s.v + (1 - h.beta2) * g * g
end

-- lr m̂ / (√v̂ + ε) with the corrected moments m / (1 − β₁ᵗ) and v / (1 − β₂ᵗ).
local function adam_step(m, v, h, t)
  return h.lr / (1 - h.beta1 ^ t) * m / ((v / (1 - h.beta2 ^ t)):sqrt() + h.eps)
end

builtin("adam", {
  defaults = adam_defaults, ranges = adam_ranges, flags = decays, init = two_moments,
  step = function(p, g, s, h, t)
    update_moments(decayed(g, p, h), s, h)
    return p - adam_step(s.m, s.v, h, t)
  end,
})

-- Decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101), scaled by the step size as in PyTorch and optax.
builtin("adamw", {
  defaults = with(adam_defaults, { weight_decay = 0.01 }), ranges = adam_ranges, init = two_moments,
  step = function(p, g, s, h, t)
    update_moments(g, s, h)
    return p - h.lr * h.weight_decay * p - adam_step(s.m, s.v, h, t)
  end,
})

-- Reddi, Kale & Kumar 2018 (arXiv 1904.09237): the largest second moment so far, corrected as in PyTorch.
builtin("amsgrad", {
  defaults = adam_defaults, ranges = adam_ranges, flags = decays,
  init = function(p) return { m = eb.zeros_like(p), v = eb.zeros_like(p), largest = eb.zeros_like(p) } end,
  step = function(p, g, s, h, t)
    update_moments(decayed(g, p, h), s, h)
    s.largest = s.largest:maximum(s.v)
    return p - adam_step(s.m, s.largest, h, t)
  end,
})

-- Dozat 2016, with PyTorch's schedule of the momentum: μ_t = β₁ (1 − ½ 0.96^(0.004 t)).
builtin("nadam", {
  defaults = with(adam_defaults, { lr = 2e-3, momentum_decay = 0.004 }), ranges = with(adam_ranges, { momentum_decay = rate }), flags = decays,
  init = function(p) return { m = eb.zeros_like(p), v = eb.zeros_like(p), product = 1.0 } end,
  step = function(p, g, s, h, t)
    g = decayed(g, p, h)
    update_moments(g, s, h)
    local now = h.beta1 * (1 - 0.5 * 0.96 ^ (t * h.momentum_decay))
    local following = h.beta1 * (1 - 0.5 * 0.96 ^ ((t + 1) * h.momentum_decay))
    s.product = s.product * now
    local mean = following / (1 - s.product * following) * s.m + (1 - now) / (1 - s.product) * g
    return p - h.lr * mean / ((s.v / (1 - h.beta2 ^ t)):sqrt() + h.eps)
  end,
})

-- Liu et al. 2020 (arXiv 1908.03265): while the variance of the second moment is unbounded (ρ ≤ 5) a step of momentum.
builtin("radam", {
  defaults = adam_defaults, ranges = adam_ranges, flags = decays, init = two_moments,
  step = function(p, g, s, h, t)
    update_moments(decayed(g, p, h), s, h)
    local limit = 2 / (1 - h.beta2) - 1
    local correction = 1 - h.beta2 ^ t
    local rho = limit - 2 * t * h.beta2 ^ t / correction
    local square = (rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho)
    -- What depends on t is computed on tensors without axes, so that one plan serves every t.
    local zero = eb.zeros({}, { dtype = p.dtype })
    local rectified = (zero + square):relu():sqrt() * correction ^ 0.5 / (s.v:sqrt() + h.eps)
    return p - h.lr / (1 - h.beta1 ^ t) * s.m * eb.where((zero + rho):gt(5), rectified, eb.ones_like(p))
  end,
})

-- Zhuang et al. 2020 (arXiv 2010.07468): the second moment of what the first did not foresee.
builtin("adabelief", {
  defaults = with(adam_defaults, { eps = 1e-16 }), ranges = adam_ranges, flags = decays,
  init = function(p) return { m = eb.zeros_like(p), s = eb.zeros_like(p) } end,
  step = function(p, g, s, h, t)
    g = decayed(g, p, h)
    s.m = h.beta1 * s.m + (1 - h.beta1) * g
    local surprise = g - s.m
    s.s = h.beta2 * s.s + (1 - h.beta2) * surprise * surprise + h.eps
    return p - adam_step(s.m, s.s, h, t)
  end,
})

-- Tieleman & Hinton 2012 (lecture 6.5), with momentum and centering as in PyTorch.
builtin("rmsprop", {
  defaults = { lr = 0.01, alpha = 0.99, eps = 1e-8, momentum = 0, centered = false, weight_decay = 0 },
  ranges = { lr = rate, alpha = fraction, eps = rate, momentum = fraction, weight_decay = rate },
  flags = function(h) return { decays = is_active(h.weight_decay), buffered = is_active(h.momentum) } end,
  init = function(p, h)
    return {
      v = eb.zeros_like(p), mean = h.centered and eb.zeros_like(p) or nil, momentum = h.buffered and eb.zeros_like(p) or nil,
    }
  end,
  step = function(p, g, s, h)
    g = decayed(g, p, h)
    s.v = h.alpha * s.v + (1 - h.alpha) * g * g
    local v = s.v
    if h.centered then
      s.mean = h.alpha * s.mean + (1 - h.alpha) * g
      -- Rounding must not make a variance negative.
      v = (v - s.mean * s.mean):relu()
    end
    local scaled = g / (v:sqrt() + h.eps)
    if not h.buffered then return p - h.lr * scaled end
    s.momentum = h.momentum * s.momentum + scaled
    return p - h.lr * s.momentum
  end,
})

-- Duchi, Hazan & Singer 2011.
builtin("adagrad", {
  defaults = { lr = 0.01, lr_decay = 0, eps = 1e-10, weight_decay = 0, initial = 0 },
  ranges = { lr = rate, lr_decay = rate, eps = rate, weight_decay = rate, initial = rate }, flags = decays,
  init = function(p, h) return { sum = eb.full_like(p, h.initial) } end,
  step = function(p, g, s, h, t)
    g = decayed(g, p, h)
    s.sum = s.sum + g * g
    return p - h.lr / (1 + (t - 1) * h.lr_decay) * g / (s.sum:sqrt() + h.eps)
  end,
})

-- Zeiler 2012 (arXiv 1212.5701).
builtin("adadelta", {
  defaults = { lr = 1, rho = 0.9, eps = 1e-6, weight_decay = 0 },
  ranges = { lr = rate, rho = fraction, eps = rate, weight_decay = rate }, flags = decays,
  init = function(p) return { v = eb.zeros_like(p), delta = eb.zeros_like(p) } end,
  step = function(p, g, s, h)
    g = decayed(g, p, h)
    s.v = h.rho * s.v + (1 - h.rho) * g * g
    local delta = (s.delta + h.eps):sqrt() / (s.v + h.eps):sqrt() * g
    s.delta = h.rho * s.delta + (1 - h.rho) * delta * delta
    return p - h.lr * delta
  end,
})

-- Chen et al. 2023 (arXiv 2302.06675).
builtin("lion", {
  defaults = { lr = 1e-4, beta1 = 0.9, beta2 = 0.99, weight_decay = 0 },
  ranges = { lr = rate, beta1 = fraction, beta2 = fraction, weight_decay = rate }, flags = decays,
  init = function(p) return { m = eb.zeros_like(p) } end,
  step = function(p, g, s, h)
    local direction = (h.beta1 * s.m + (1 - h.beta1) * g):sign()
    s.m = h.beta2 * s.m + (1 - h.beta2) * g
    return p - h.lr * decayed(direction, p, h)
  end,
})

-- Bernstein et al. 2018 (arXiv 1802.04434): the sign of the gradient, or of its running mean.
builtin("signsgd", {
  defaults = { lr = 1e-3, momentum = 0, weight_decay = 0 },
  ranges = { lr = rate, momentum = fraction, weight_decay = rate },
  flags = function(h) return { decays = is_active(h.weight_decay), buffered = is_active(h.momentum) } end,
  init = function(p, h) return h.buffered and { momentum = eb.zeros_like(p) } or {} end,
  step = function(p, g, s, h)
    g = decayed(g, p, h)
    if h.buffered then
      s.momentum = h.momentum * s.momentum + (1 - h.momentum) * g
      g = s.momentum
    end
    return p - h.lr * g:sign()
  end,
})

-- factor a / b, or 1 where a or b is 0.
local function ratio_or_one(a, b, factor)
  local one = eb.ones_like(a)
  local known = a:gt(0):logical_and(b:gt(0))
  return eb.where(known, factor * a / eb.where(known, b, one), one)
end

-- You, Gitman & Ginsburg 2017 (arXiv 1708.03888): a step size for each parameter, `trust` ‖p‖ / (‖g‖ + λ ‖p‖).
builtin("lars", {
  defaults = { lr = 0.1, momentum = 0.9, trust = 0.001, weight_decay = 0 },
  ranges = { lr = rate, momentum = fraction, trust = rate, weight_decay = rate }, flags = decays,
  init = function(p) return { momentum = eb.zeros_like(p) } end,
  step = function(p, g, s, h)
    local size, slope = p:norm(), g:norm()
    if h.decays then slope = slope + h.weight_decay * size end
    s.momentum = h.momentum * s.momentum + h.lr * ratio_or_one(size, slope, h.trust) * decayed(g, p, h)
    return p - s.momentum
  end,
})

-- You et al. 2020 (arXiv 1904.00962): Adam's direction with the norm of the parameter.
builtin("lamb", {
  defaults = with(adam_defaults, { eps = 1e-6, weight_decay = 0.01 }), ranges = adam_ranges, flags = decays, init = two_moments,
  step = function(p, g, s, h, t)
    update_moments(g, s, h)
    local direction = 1 / (1 - h.beta1 ^ t) * s.m / ((s.v / (1 - h.beta2 ^ t)):sqrt() + h.eps)
    direction = decayed(direction, p, h)
    return p - h.lr * ratio_or_one(p:norm(), direction:norm(), 1) * direction
  end,
})

-- Jordan et al. 2024 (kellerjordan.github.io/posts/muon): momentum, orthogonalised by five steps of Newton and Schulz, for matrices; the
-- kernels of convolutions count as matrices [out, in · k · k]. `exact` takes U Vᵀ of the singular value decomposition instead. Other
-- parameters take steps of Adam with `adam_lr`.
local function orthogonalised(m, exact)
  if exact then
    local u, _, vt = eb.linalg.svd(m)
    return u:mm(vt)
  end
  local wide = m.shape[1] <= m.shape[2]
  local x = wide and m or m:t()
  x = x / (x:norm() + 1e-7)
  for _ = 1, 5 do
    local a = x:mm(x:t())
    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a:mm(a)):mm(x)
  end
  return wide and x or x:t()
end

builtin("muon", {
  defaults = { lr = 0.02, momentum = 0.95, nesterov = true, exact = false, weight_decay = 0, adam_lr = 3e-4, beta1 = 0.9, beta2 = 0.95,
    eps = 1e-10 },
  ranges = { lr = rate, momentum = fraction, weight_decay = rate, adam_lr = rate, beta1 = fraction, beta2 = fraction, eps = rate },
  flags = decays,
  init = function(p) return p.ndim >= 2 and { momentum = eb.zeros_like(p) } or two_moments(p) end,
  step = function(p, g, s, h, t)
    local kept = p
    if h.decays then kept = p - h.lr * h.weight_decay * p end
    if p.ndim < 2 then
      update_moments(g, s, h)
      return kept - h.adam_lr / (1 - h.beta1 ^ t) * s.m / ((s.v / (1 - h.beta2 ^ t)):sqrt() + h.eps)
    end
    s.momentum = h.momentum * s.momentum + g
    local m = s.momentum
    if h.nesterov then m = g + h.momentum * m end
    local rows = p.shape[1]
    local o = orthogonalised(m:reshape(rows, -1), h.exact):reshape(p.shape)
    -- A dense layer's weight is [in, out], a kernel [out, in, …].
    local inputs, outputs = rows, p.shape[2]
    if p.ndim > 2 then inputs, outputs = #p:reshape(rows, -1)[1], rows end
    return kept - h.lr * math.max(1, outputs / inputs) ^ 0.5 * o
  end,
})

-- Gupta, Koren & Singer 2018 (arXiv 1802.09568): p − lr L^(−1/4) G R^(−1/4), L and R the sums of G Gᵀ and Gᵀ G, begun with ε; for a vector
-- (Σ g gᵀ)^(−1/2). More than two axes count as [first, rest]. The roots are taken anew at every step.
local function inverse_root(m, order)
  local values, vectors = eb.linalg.eigh(m)
  return (vectors * values:relu():pow(-1 / order)):mm(vectors:t())
end

builtin("shampoo", {
  defaults = { lr = 0.1, momentum = 0, eps = 1e-4, weight_decay = 0 },
  ranges = { lr = rate, momentum = fraction, eps = rate, weight_decay = rate },
  flags = function(h) return { decays = is_active(h.weight_decay), buffered = is_active(h.momentum) } end,
  init = function(p, h)
    local function start(n) return h.eps * eb.eye(n, { dtype = p.dtype }) end
    local rows = p.ndim == 0 and 1 or p.shape[1]
    return {
      left = start(rows), right = p.ndim >= 2 and start(#p:reshape(rows, -1)[1]) or nil,
      momentum = h.buffered and eb.zeros_like(p) or nil,
    }
  end,
  step = function(p, g, s, h)
    g = decayed(g, p, h)
    local matrix = g:reshape(p.ndim == 0 and 1 or p.shape[1], -1)
    s.left = s.left + matrix:mm(matrix:t())
    local direction
    if s.right then
      s.right = s.right + matrix:t():mm(matrix)
      direction = inverse_root(s.left, 4):mm(matrix):mm(inverse_root(s.right, 4))
    else
      direction = inverse_root(s.left, 2):mm(matrix)
    end
    direction = direction:reshape(p.shape)
    if h.buffered then
      s.momentum = h.momentum * s.momentum + direction
      direction = s.momentum
    end
    return p - h.lr * direction
  end,
})
