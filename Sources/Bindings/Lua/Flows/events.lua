-- Zeros of functions along a flow, located by steps that end there. Runs once in every state, after log.lua.
local _, native, parts = ...
local rules, flow = parts.rules, parts.flow
local fail = flow.fail

local function value_of(event, core, w, t)
  local value = event.f(core.problem.unflatten(w), t)
  if type(value) ~= "number" and not native.is_tensor(value) then
    fail("%s: event '%s': expected a number, got %s", core.name, event.name, native.type(value))
  end
  return native.number(value)
end

-- How long a step is at whose end an event's value is 0, by regula falsi that halves the end which stays (Illinois), with real steps.
local function located(core, info, event, h, after)
  local a, b, fa, fb, result = 0, h, event.value, after, nil
  for _ = 1, 100 do
    local c = (a * fb - b * fa) / (fb - fa)
    if not (c > a and c < b) then c = (a + b) / 2 end
    result = core.step(core, info, c, true)
    local fc = value_of(event, core, result.w, core.t + c)
    if fc == 0 or b - a <= 4e-16 * math.max(core.t + h, h) or math.abs(fc) <= 1e-14 * math.abs(event.value) then return c, result end
    if (fc > 0) == (fb > 0) then
      b, fb = c, fc
      fa = fa / 2
    else
      a, fa = c, fc
      fb = fb / 2
    end
    if math.abs(b - a) <= 1e-14 * h then return c, result end
  end
  return b, result
end

-- The events of a step; the length and the result that remain of it.
function flow.happened(core, info, h, result)
  local found, first, last = {}, nil, nil
  for _, event in ipairs(core.events) do
    event.value = event.value or value_of(event, core, core.w, core.t)
    local after = value_of(event, core, result.w, core.t + h)
    event.after = after
    local crosses = event.value ~= 0 and (after == 0 or (after > 0) ~= (event.value > 0))
    if crosses and (event.direction == 0 or event.direction * (after - event.value) > 0) then
      local length, there = located(core, info, event, h, after)
      found[#found + 1] = { event = event, length = length, result = there }
    end
  end
  table.sort(found, function(x, y) return x.length < y.length end)
  local kept = {}
  for _, each in ipairs(found) do
    kept[#kept + 1] = { name = each.event.name, t = core.t + each.length, w = each.result.w }
    if each.event.terminal then
      first, last = each, each.event
      break
    end
  end
  return kept, first, last
end

-- The events of the option of that name.
function flow.events_of(name, events)
  local list = {}
  for key, event in pairs(events or {}) do
    local f = event
    if type(event) == "table" and not rules.is_callable(event) then
      native.check(("%s: event '%s'"):format(name, tostring(key)), { terminal = event.terminal, direction = event.direction },
        { terminal = "boolean", direction = "integer" })
      f = event[1]
    else
      event = {}
    end
    if not rules.is_callable(f) then fail("%s: event '%s': expected a function of the parameters and the time, got %s", name, tostring(key), native.type(f)) end
    list[#list + 1] = { name = key, f = f, terminal = event.terminal or false, direction = event.direction or 0 }
  end
  table.sort(list, function(a, b) return tostring(a.name) < tostring(b.name) end)
  return list
end
