-- Gradient flow ẋ = −∇L, the flow of a modified loss, and the flow that central flows are held against. Runs once in every state, after
-- methods.lua.
local eb, native, parts = ...
local flow = parts.flow
local fail = flow.fail

-- The largest eigenvalue of the Hessian where the flow is; begun with the vector of the last one.
local function sharpness(core, tol)
  local problem = core.problem
  local found = flow.hessian(problem, core.w):eigs { k = 1, v0 = problem.size > 24 and core.top or nil, tol = tol }
  core.top = found.vectors
  core.counts.evaluations = core.counts.evaluations + 2 * found.matvecs
  local value = found.values[1]:item()
  if not flow.is_finite(value) then fail("%s: the Hessian at t = %.6g is not finite", core.name, core.t) end
  core.sharpness = value
  return value
end

local kinds = flow.with { method = "string", step = "number", tol = "number", limit = "number", max_step = "number", refresh = "integer" }

-- A flow of value_and_gradient(v) with the method and the step sizes of the options.
local function follow(core, options, value_and_gradient)
  local name = core.name
  for _, each in ipairs { "step", "tol", "limit", "max_step" } do
    if options[each] and not (options[each] > 0) then fail("%s: option '%s': expected a number above 0, got %g", name, each, options[each]) end
  end
  local fixed = options.step or options.limit
  local method = options.method or (fixed and "rk4" or "dopri5")
  if not flow.methods[method] then fail("%s: option 'method': expected \"rk4\", \"dopri5\" or \"euler\", got \"%s\"", name, method) end
  if method ~= "dopri5" then
    if not fixed then fail("%s: %s: give its step = a number, or limit = a for steps of a/sharpness", name, method) end
    if options.tol then fail("%s: %s has steps of given length; tol is for dopri5", name, method) end
    core.advice = "choose a smaller step, limit = 1 for steps of 1/sharpness, or method = \"dopri5\""
  else
    core.tol = options.tol or (core.problem.dtype == "float64" and 1e-9 or 1e-5)
    if options.limit then fail("%s: dopri5 chooses its steps by their error; limit is for rk4 and euler", name) end
    core.advice = "the loss may have no flow from there on"
  end
  core.limit, core.max_step = options.limit, options.max_step
  if options.limit then
    local refresh, count, value = options.refresh or 10, 0, nil
    if refresh < 1 then fail("%s: option 'refresh': expected a number of steps from 1 on, got %d", name, refresh) end
    function core.limited()
      if count % refresh == 0 then value = sharpness(core, 1e-2) end
      count = count + 1
      if value > 0 then return options.limit / value end
      if not core.max_step then fail("%s: the sharpness at t = %.6g is %.3g, which limits no step; give max_step", name, core.t, value) end
      return core.max_step
    end
  end
  flow.install_method(core, method, value_and_gradient, options)
  return flow.make(core, options)
end

function eb.flow.gradient_flow(options)
  if type(options) ~= "table" then fail("gradient_flow: expected a table of options, got %s", native.type(options)) end
  native.check("gradient_flow", options, kinds)
  local problem = flow.problem("gradient_flow", options)
  local lr = flow.step_size("gradient_flow", options)
  local core = { name = "gradient_flow", problem = problem, lr = lr, per_step = lr, counts = {} }
  return follow(core, options, eb.value_and_grad(problem.loss))
end

-- Barrett & Dherin 2021 (arXiv 2009.11162): the flow of L + η/4 ‖∇L‖², whose gradient is ∇L + η/2 H ∇L.
function eb.flow.modified(options)
  if type(options) ~= "table" then fail("modified: expected a table of options, got %s", native.type(options)) end
  native.check("modified", options, kinds)
  local problem = flow.problem("modified", options)
  local lr = flow.step_size("modified", options)
  if not lr then fail("modified: option 'lr' is missing, the step size η in L + η/4 ‖∇L‖²") end
  local core = { name = "modified", problem = problem, lr = lr, per_step = lr, counts = {} }
  -- What is recorded captures these alone.
  local f, gradient = problem.loss, problem.gradient
  return follow(core, options, function(v)
    local loss, g = f(v), gradient(v)
    local _, curved = eb.jvp(gradient, { v }, { g })
    return loss + lr / 4 * g:dot(g), g + lr / 2 * curved, loss
  end)
end

-- Cohen et al. 2025 (arXiv 2410.24206): Euler's method with max(4, ⌈2 S η⌉) steps for each step of descent.
function eb.flow.stable_flow(options)
  if type(options) ~= "table" then fail("stable_flow: expected a table of options, got %s", native.type(options)) end
  native.check("stable_flow", options, flow.with {})
  local problem = flow.problem("stable_flow", options)
  local lr = flow.step_size("stable_flow", options)
  if not lr then fail("stable_flow: option 'lr' is missing, the step size of the descent that it is held against") end
  local core = { name = "stable_flow", problem = problem, lr = lr, per_step = 1, counts = {}, advice = "choose a smaller lr" }
  local gradient = problem.gradient
  local step = problem.plan(function(v, h) return v - h * gradient(v) end)
  function core.measure()
    core.counts.evaluations = core.counts.evaluations + 1
    local loss = problem.value_and_gradient(core.w)
    loss = loss:item()
    local value = flow.is_finite(loss) and sharpness(core, 1e-3) or 0 / 0
    return { loss = loss, sharpness = value, row = { sharpness = value } }
  end
  function core.propose() return 1 - (core.t - math.floor(core.t + 1e-9)) end
  function core.step(_, info, h)
    local count = math.ceil(math.max(4, math.ceil(2 * info.sharpness * lr)) * h - 1e-9)
    local w = core.w
    for _ = 1, count do w = step(w, lr * h / count) end
    return { w = w, evaluations = count }
  end
  function core.check(_, info)
    if info.sharpness * lr > 100 then return ("sharpness · lr = %.4g > 100"):format(info.sharpness * lr) end
  end
  core.properties = { sharpness = function(each) return each.sharpness end }
  return flow.make(core, options)
end

flow.sharpness = sharpness
