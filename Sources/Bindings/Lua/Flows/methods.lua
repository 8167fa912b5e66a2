-- Steps of ordinary differential equations ẋ = field(x), each a plan with all its stages. Runs once in every state, after flow.lua.
--
-- `rate` is the factor of −∇L. The stages use the gradient that is known where the step starts and end with loss and gradient where it ends,
-- so that a step of Runge and Kutta's method costs four gradients and one of Dormand and Prince's six.
local eb, _, parts = ...
local flow = parts.flow

-- Kutta 1901.
local function rk4(value_and_gradient, gradient, rate)
  return function(v, g, h)
    local s = -rate * h
    local g2 = gradient(v + s / 2 * g)
    local g3 = gradient(v + s / 2 * g2)
    local g4 = gradient(v + s * g3)
    local w = v + s / 6 * (g + 2 * g2 + 2 * g3 + g4)
    return w, value_and_gradient(w)
  end
end

local function euler(value_and_gradient, _, rate)
  return function(v, g, h)
    local w = v - rate * h * g
    return w, value_and_gradient(w)
  end
end

-- Dormand & Prince 1980, RK5(4)7M: the result has order 5, and its difference to the embedded order 4 is the estimate of the local error.
local function dopri5(value_and_gradient, gradient, rate)
  return function(v, g, h, tol)
    local s = -rate * h
    local g2 = gradient(v + s * (1 / 5) * g)
    local g3 = gradient(v + s * (3 / 40 * g + 9 / 40 * g2))
    local g4 = gradient(v + s * (44 / 45 * g - 56 / 15 * g2 + 32 / 9 * g3))
    local g5 = gradient(v + s * (19372 / 6561 * g - 25360 / 2187 * g2 + 64448 / 6561 * g3 - 212 / 729 * g4))
    local g6 = gradient(v + s * (9017 / 3168 * g - 355 / 33 * g2 + 46732 / 5247 * g3 + 49 / 176 * g4 - 5103 / 18656 * g5))
    local w = v + s * (35 / 384 * g + 500 / 1113 * g3 + 125 / 192 * g4 - 2187 / 6784 * g5 + 11 / 84 * g6)
    local loss, g7, extra = value_and_gradient(w)
    local e = s * (71 / 57600 * g - 71 / 16695 * g3 + 71 / 1920 * g4 - 17253 / 339200 * g5 + 22 / 525 * g6 - 1 / 40 * g7)
    local scaled = e / (tol * (1 + v:abs():maximum(w:abs())))
    return w, loss, g7, extra, e:norm(), (scaled * scaled):mean():sqrt()
  end
end

local orders = { euler = 1, rk4 = 4, dopri5 = 5 }
local stages = { euler = 1, rk4 = 4, dopri5 = 6 }
local makers = { euler = euler, rk4 = rk4, dopri5 = dopri5 }

-- Between two estimates of a fixed step's error by two halves of it.
local interval = 16

-- core.step and core.propose for a method; value_and_gradient(v) -> loss, gradient, and if it likes what else is to be known of the loss.
function flow.install_method(core, method, value_and_gradient, options)
  local problem = core.problem
  local function gradient(v)
    local _, g = value_and_gradient(v)
    return g
  end
  local plan = problem.plan(makers[method](value_and_gradient, gradient, core.rate or 1))
  local evaluate = problem.plan(value_and_gradient)
  local function known(loss, g, extra)
    local value = (extra or loss):item()
    return { loss = value, gradient = g, row = core.limit and { sharpness = core.sharpness } or nil }
  end
  function core.measure(_)
    core.counts.evaluations = core.counts.evaluations + 1
    return known(evaluate(core.w))
  end
  if method == "dopri5" then
    core.h = options.step
    function core.step(_, info, h, given)
      local w, loss, g, extra, error, scaled = plan(core.w, info.gradient, h, core.tol)
      scaled = scaled:item()
      core.counts.evaluations = core.counts.evaluations + 6
      if not given then
        if not (scaled <= 1) then
          core.h = h * (scaled < math.huge and math.max(0.1, 0.9 * scaled ^ -0.2) or 0.1)
          return nil
        end
        -- Proportional and integral control (Gustafsson 1991). A step that was cut short says nothing about longer ones.
        local factor = 0.9 * math.max(scaled, 1e-10) ^ -0.17 * (core.last_scaled or 1) ^ 0.04
        core.last_scaled = math.max(scaled, 1e-4)
        core.h = math.max(math.min(5, math.max(0.2, factor)) * h, h < core.h and math.min(core.h, 5 * h) or 0)
      end
      return { w = w, info = known(loss, g, extra), error = error:item(), state = nil }
    end
    function core.propose(_, info)
      if not core.h then
        -- A hundredth of the time in which the parameters would change by themselves (Hairer, Nørsett & Wanner 1993, II.4).
        local slope = info.gradient:norm():item() * (core.rate or 1)
        core.h = slope > 0 and 0.01 * (core.w:norm():item() + core.tol) / slope or 1
      end
      return math.min(core.h, core.max_step or math.huge)
    end
  else
    local count, order = 0, orders[method]
    function core.step(_, info, h, given)
      local w, loss, g, extra = plan(core.w, info.gradient, h)
      core.counts.evaluations = core.counts.evaluations + stages[method]
      local result = { w = w, info = known(loss, g, extra) }
      if not flow.is_finite(result.info.loss) then
        core.info = result.info
        return result
      end
      if not given and count % interval == 0 then
        local half, _, slope = plan(core.w, info.gradient, h / 2)
        local twice = plan(half, slope, h / 2)
        result.error, result.stands_for = (twice - w):norm():item() * 2 ^ order / (2 ^ order - 1), interval
      end
      if not given then count = count + 1 end
      return result
    end
    function core.propose() return math.min(core.limited and core.limited() or options.step, core.max_step or math.huge) end
  end
end
flow.methods = makers
