-- What theory says about optimizers. Runs once in every state.
local eb, native, parts = ...
local rules = parts.rules
local fail = rules.fail

-- The largest curvatures at which x ← x − step is stable on a quadratic, from the roots of the recursions at −1.
local function plain(h) return 2 / h.lr end
local function heavy_ball(h) return (2 + 2 * h.momentum) / h.lr end
local function averaged(h) return (2 + 2 * h.beta1) / ((1 - h.beta1) * h.lr) end

local thresholds = {
  sgd = function(h)
    -- Weight decay adds λ to each curvature.
    local b, lambda = h.momentum, h.weight_decay
    if h.nesterov then return (2 + 2 * b) / ((1 + 2 * b) * h.lr) - lambda end
    if h.ema then return (2 + 2 * b) / ((1 - b) * h.lr) - lambda end
    return heavy_ball(h) - lambda
  end,
  label_noise = plain, anti_pgd = plain, group_rmsprop = plain,
  adagrad = function(h, t) return 2 * (1 + (t - 1) * h.lr_decay) / h.lr end,
  rmsprop = heavy_ball,
  adam = averaged, amsgrad = averaged, adabelief = averaged, radam = averaged,
  -- Decoupled decay shrinks x by ηλ beside the step.
  adamw = function(h) return (2 - h.lr * h.weight_decay) * (1 + h.beta1) / ((1 - h.beta1) * h.lr) end,
  nadam = function(h) return (2 + 2 * h.beta1) / ((1 - h.beta1) * (1 + 2 * h.beta1) * h.lr) end,
}

-- Those whose weight decay is not part of a formula.
local coupled = { adagrad = true, rmsprop = true, adam = true, amsgrad = true, adabelief = true, radam = true, nadam = true }

-- The positive root of λ (1 + r λ) = 2/η (Long & Bartlett 2024, arXiv 2309.12488): r = ρ/‖g‖, or ρ for the ascent that is not normalised.
local function sharpness_aware(core, h, options)
  local base = core.members[1]
  if base.rule.name ~= "sgd" or h[1].momentum ~= 0 or h[1].weight_decay ~= 0 then
    fail("stability_threshold: sam: there is a formula for a base of sgd without momentum and weight decay")
  end
  local r = h.rho
  if h.normalize then
    if not (type(options.grad_norm) == "number" and options.grad_norm > 0) then
      fail("stability_threshold: sam: it depends on the norm of the gradient; give grad_norm = a number above 0")
    end
    r = h.rho / options.grad_norm
  end
  -- (√(1 + 8 r/η) − 1) / 2r in the form that has a limit at r = 0.
  return 4 / h[1].lr / (math.sqrt(1 + 8 * r / h[1].lr) + 1)
end

-- Flows: the largest z with |R(−z)| ≤ 1 for the growth R of a step; of Runge and Kutta's the real root of z³ − 4 z² + 12 z = 24.
local flows = { euler = 2, rk4 = 2.7852935634052818 }

local function has_schedule(core)
  for _, slot in ipairs(rules.slots(core)) do if rules.is_callable(slot.core.h[slot.name]) then return true end end
  return false
end

function eb.theory.stability_threshold(optimizer, options)
  native.check("stability_threshold", options, { grad_norm = "number", step = "number", t = "integer" })
  options = options or {}
  if type(optimizer) == "string" then
    local limit = flows[optimizer]
    if not limit then fail("stability_threshold: there is no flow '%s'; expected \"rk4\", \"euler\" or an optimizer", optimizer) end
    if not (options.step and options.step > 0) then fail("stability_threshold: %s: give its step = a number above 0", optimizer) end
    return limit / options.step
  end
  local core = rules.core_of(optimizer, "stability_threshold")
  if has_schedule(core) and not options.t then
    fail("stability_threshold: %s has a schedule; say at which step: {t = 100}", core.rule.name)
  end
  local name, t = core.rule.name, options.t or 1
  local h = rules.evaluate(core, t)
  if name == "sam" and core.rule.builtin then return sharpness_aware(core, h, options) end
  local formula = core.rule.builtin and thresholds[name]
  if not formula then
    local known = { "sam" }
    for each in pairs(thresholds) do known[#known + 1] = each end
    table.sort(known)
    fail("stability_threshold: there is no formula for %s; there are formulas for %s", name, table.concat(known, ", "))
  end
  if coupled[name] and h.weight_decay ~= 0 then
    fail("stability_threshold: %s: there is no formula with weight decay, which is preconditioned as well; adamw and sgd have one", name)
  end
  return formula(h, t)
end
