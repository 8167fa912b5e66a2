-- Modes of linear networks whose dynamics decouple: Σ_x = U diag(λ) Uᵀ, Σ_xy = U diag(σ) Vᵀ (Saxe, McClelland & Ganguli 2014, arXiv
-- 1312.6120; Gidel, Bach & Lacoste-Julien 2019, arXiv 1904.13262), by gradient flow and by steps. Runs once in every state.
local eb, native, parts = ...
local theory = parts.theory
local fail = theory.fail

-- (1 − e^(−x)) / x, by its series where x is small: 0 counts, and so do derivatives there.
local function relaxation(x)
  local is_small = x:abs():lt(0.05)
  local one = eb.ones_like(x)
  local sum, power = one, one
  local near = eb.where(is_small, x, 0 * one)
  local factor = 1
  for j = 1, 9 do
    power, factor = power * -near, factor * (j + 1)
    sum = sum + power / factor
  end
  local far = eb.where(is_small, one, x)
  return eb.where(is_small, sum, -((-far):expm1()) / far)
end

-- ẇ = σ − λ w.
function eb.theory.one_layer_modes(sigma, lambda, w0, t)
  return theory.over_times("one_layer_modes", t, { "sigma", "lambda", "w0" }, { sigma, lambda, w0 }, function(times, s, l, w)
    return s * times * relaxation(l * times) + w * (-l * times):exp()
  end)
end

-- ẇ = 2 w (σ − λ w): w₀ / (e^(−2σt) + λ w₀ (1 − e^(−2σt))/σ), which is bounded where it should be.
local function logistic(times, s, l, w)
  local x = 2 * s * times
  return w / ((-x):exp() + 2 * l * w * times * relaxation(x))
end

function eb.theory.two_layer_modes(sigma, lambda, w0, t)
  return theory.over_times("two_layer_modes", t, { "sigma", "lambda", "w0" }, { sigma, lambda, w0 }, logistic)
end

-- Whether what is said to start is each layer or their product.
local function starts_in_layers(operation, options)
  native.check(operation, options, { start = "string" })
  local start = options and options.start or "product"
  if start ~= "product" and start ~= "layers" then fail("%s: start: expected \"product\" or \"layers\", got \"%s\"", operation, start) end
  return start == "layers"
end

function eb.theory.saxe(s, u0, t, options)
  local layers = starts_in_layers("saxe", options)
  return theory.over_times("saxe", t, { "s", "u0" }, { s, u0 }, function(times, strength, u)
    return logistic(times, strength, eb.ones_like(strength), layers and u * u or u)
  end)
end

-- When w is half of σ/λ.
function eb.theory.half_time(sigma, lambda, w0)
  return theory.over_times("half_time", 0, { "sigma", "lambda", "w0" }, { sigma, lambda, w0 }, function(_, s, l, w)
    return (s / (l * w) - 1):log() / (2 * s)
  end)
end

-- The modes at t = δ τ from e^(−δ), in which nothing overflows: 1 / (e^(δ (1 − 2στ)) + (λ/σ)(1 − e^(−2σδτ))); δ = ∞ is the staircase.
function eb.theory.rescaled_modes(sigma, lambda, delta, tau, options)
  local layers = starts_in_layers("rescaled_modes", options)
  theory.positive("rescaled_modes", "delta", delta)
  return theory.over_times("rescaled_modes", tau, { "sigma", "lambda" }, { sigma, lambda }, function(times, s, l)
    local rate = 2 * s * times - (layers and 2 or 1)
    if delta == math.huge then
      local fixed, one = s / l + 0 * rate, eb.ones_like(rate)
      return eb.where(rate:gt(0), fixed, eb.where(rate:lt(0), 0 * one, one / (1 + l / s + 0 * rate)))
    end
    local span = delta * times
    return 1 / ((-delta * rate):exp() + 2 * l * span * relaxation(2 * s * span))
  end)
end

-- MARK: Steps of descent

-- Values of w, next(w), next(next(w)), … of each mode at these counts of steps.
local function sequence(operation, sigma, lambda, w0, lr, t, next)
  theory.positive(operation, "lr", lr)
  return theory.tabulate(operation, t, { "sigma", "lambda", "w0" }, { sigma, lambda, w0 }, function(times, s, l, w)
    local order, values, done = {}, {}, 0
    for i, time in ipairs(times) do
      theory.whole(operation, "t", time, 0)
      order[i] = i
    end
    table.sort(order, function(a, b) return times[a] < times[b] end)
    for _, i in ipairs(order) do
      for _ = done + 1, times[i] do w = next(w, s, l) end
      done, values[i] = times[i], w
    end
    return values
  end)
end

-- w' = w (1 + η (σ − λ w))², that is m' = m (1 + η (σ − λ m²)) of both layers m = √w.
function eb.theory.two_layer_steps(sigma, lambda, w0, lr, t)
  return sequence("two_layer_steps", sigma, lambda, w0, lr, t, function(w, s, l) return w * (1 + lr * (s - l * w)) ^ 2 end)
end

function eb.theory.one_layer_steps(sigma, lambda, w0, lr, t)
  return sequence("one_layer_steps", sigma, lambda, w0, lr, t, function(w, s, l) return w + lr * (s - l * w) end)
end
