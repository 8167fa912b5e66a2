-- What central flows know of optimizers: the curvature P⁻¹ H at which oscillation sets in, and how P moves. Runs once in every state, after
-- complementarity.lua.
--
-- A preconditioner is { threshold = τ, rate = c, adaptive = { beta, eps, corrected } or nil }: the flow without oscillation is ẇ = −c P⁻¹ ∇L in steps,
-- and steps along u oscillate from uᵀHu = τ uᵀPu on. Of descent P = 1/η; of adaptive rules P = (√ν̂ + ε)/η, ν̇ = (1 − β)/β (∇L² − ν).
local eb, native, parts = ...
local rules, flow = parts.rules, parts.flow
local fail = flow.fail

local function heavy_ball(b) return { threshold = 2 + 2 * b, rate = 1 / (1 - b) } end

local known = {
  sgd = function(h)
    local b = h.momentum
    if h.nesterov then return { threshold = (2 + 2 * b) / (1 + 2 * b), rate = 1 / (1 - b) } end
    if h.ema then return { threshold = (2 + 2 * b) / (1 - b), rate = 1 } end
    return heavy_ball(b)
  end,
  rmsprop = function(h)
    if h.centered then fail("central: rmsprop: there is no flow for centered = true") end
    local found = heavy_ball(h.momentum)
    found.adaptive = { beta = h.alpha, eps = h.eps, corrected = false }
    return found
  end,
  adam = function(h)
    return {
      threshold = (2 + 2 * h.beta1) / (1 - h.beta1), rate = 1, adaptive = { beta = h.beta2, eps = h.eps, corrected = true },
    }
  end,
}

-- Of options `lr` or `opt`: the preconditioner, the step size and the optimizer's core.
function flow.preconditioner(operation, options)
  if (options.lr == nil) == (options.opt == nil) then
    fail("%s: give lr for gradient descent, or opt = an optimizer such as eb.optim.rmsprop{lr = 1e-4}", operation)
  end
  local lr = flow.step_size(operation, options)
  if lr then return { threshold = 2, rate = 1, lr = lr } end
  local core = rules.core_of(options.opt, operation .. ": option 'opt'")
  local name = core.rule.name
  local make = core.rule.builtin and known[name]
  if not make then fail("%s: option 'opt': there are central flows for sgd, rmsprop and adam, got %s", operation, name) end
  for _, slot in ipairs(rules.slots(core)) do
    if rules.is_callable(core.h[slot.name]) then fail("%s: option 'opt': %s has a schedule for %s; a flow needs a number", operation, name, slot.name) end
  end
  if core.h.weight_decay ~= 0 then fail("%s: option 'opt': add λ/2 ‖p‖² to the loss instead of weight_decay", operation) end
  local found = make(core.h)
  found.lr, found.optimizer = core.h.lr, core
  if not (found.lr > 0) then fail("%s: option 'opt': lr: expected a number above 0, got %g", operation, found.lr) end
  if found.adaptive and not (found.adaptive.beta > 0) then fail("%s: option 'opt': %s: the average of squares needs a factor above 0", operation, name) end
  return found
end

-- Where a flow of an adaptive rule begins: the parameters and ν after some steps of the optimizer, or at a state of it.
function flow.warm_start(operation, preconditioner, problem, options)
  if not preconditioner.adaptive then
    for _, name in ipairs { "warmup", "state" } do
      if options[name] ~= nil then fail("%s: option '%s' is for rmsprop and adam", operation, name) end
    end
    return problem.flat, nil, 0
  end
  local optimizer, beta = rules.make(preconditioner.optimizer), preconditioner.adaptive.beta
  local warmup = options.warmup or (options.state and 0 or 5)
  if warmup < 0 then fail("%s: option 'warmup': expected a number of steps from 0 on, got %d", operation, warmup) end
  if warmup == 0 and not options.state then
    fail("%s: option 'warmup': before its first step the rule has no average of squares; take 1 or more steps, or give its state", operation)
  end
  local p, state = problem.unflatten(problem.flat), options.state
  if state and not (type(state) == "table" and state.v ~= nil and math.type(state.t) == "integer") then
    fail("%s: option 'state': expected the state of this optimizer, such as run.opt_state, got %s", operation, native.type(state))
  end
  state = state or optimizer:init(p)
  local function gradient(q)
    local _, g = problem.value_and_gradient((eb.tree.flatten(q)))
    return g
  end
  for _ = 1, warmup do p, state = optimizer:step(p, problem.unflatten(gradient(p)), state) end
  -- The step that follows uses the average with its own gradient in it.
  local flat, g = eb.tree.flatten(p), gradient(p)
  return flat, beta * eb.tree.flatten(state.v) + (1 - beta) * g * g, state.t
end
