-- How a run advances. Runs once in every state, after tracking.lua.
local eb, native, parts = ...
local rules, methods, core_of, fail, tree = parts.rules, parts.methods, parts.core_of, parts.fail, eb.tree

local function fire_planned(self, core)
  local t = core.loop.t
  local rest, due = {}, {}
  for _, plan in ipairs(core.planned) do
    local list = plan.t == t and due or rest
    list[#list + 1] = plan
  end
  if #due == 0 then return end
  core.planned = rest
  for _, plan in ipairs(due) do plan.action(self) end
end

-- The numbers of the last step: t, loss, the hyper-parameters, and what is tracked, as known last.
local function numbers(core)
  local m = {}
  for name, value in pairs(core.latest) do m[name] = value end
  local log, t = core.loop.log, core.loop.t
  for _, name in ipairs(core.settings.metrics) do m[name] = log[name]:at(t) end
  for _, slot in ipairs(rules.slots(core.settings.optimizer)) do
    local value = parts.value_at(core, slot, t)
    m[slot.key] = value
    if rules.slot(core.settings.optimizer, slot.name).key == slot.key then m[slot.name] = value end
  end
  m.t, m.loss = t, core.loop.loss
  return m
end

local function is_due(core, t)
  for _, quantity in ipairs(core.tracked) do if (t - 1) % quantity.every == 0 then return true end end
  return false
end

-- How many steps can be taken from here before something in Lua is due.
local function free_steps(core, last)
  local t = core.loop.t
  local limit = last
  for _, quantity in ipairs(core.tracked) do
    -- The next step at which it is due follows on a multiple of `every`.
    limit = math.min(limit, (t + quantity.every) // quantity.every * quantity.every)
  end
  for _, plan in ipairs(core.planned) do if plan.t > t then limit = math.min(limit, plan.t) end end
  limit = math.min(limit, (t // core.interval + 1) * core.interval)
  return limit - t
end

local function explain_divergence(core, loss)
  local t = core.loop.t + 1
  local text = ("diverged: step %d has loss %s"):format(t, tostring(loss))
  local good, value, g = pcall(parts.gradient, core)
  if good then text = text .. (", gradient norm %.4g"):format(tree.norm(g)) end
  local slot = rules.slot(core.settings.optimizer, "lr")
  local lr = slot and parts.value_at(core, slot, t)
  if lr then text = text .. (", lr %.4g"):format(lr) end
  local sharpness = core.latest.sharpness
  if native.is_tensor(sharpness) then sharpness = sharpness:max():item() end
  if lr and type(sharpness) == "number" then
    text = text .. (" %s 2/sharpness %.4g"):format(lr > 2 / sharpness and ">" or "<", 2 / sharpness)
  end
  return text .. (" (the run is at step %d)"):format(core.loop.t)
end

local function tell_obstacle(core)
  local obstacle = core.loop.obstacle
  if obstacle and not core.told then
    core.told = true
    native.tell("run: the steps run without a plan: " .. obstacle)
  end
end

-- What is tracked at step t. A fork that a quantity makes to look ahead does not measure in its turn.
local function measured(self, core, t)
  local row = {}
  core.is_measured = true
  local good, message = pcall(function()
    for _, quantity in ipairs(core.tracked) do
      if (t - 1) % quantity.every == 0 then parts.entries(quantity.name, quantity.measure(self, quantity.name), row) end
    end
  end)
  core.is_measured = nil
  if not good then error(message, 0) end
  return row
end

-- Takes steps up to `last`; the reason if it ends before.
local function go(self, core, last, options, shows)
  local bound = options and options.until_loss or -math.huge
  local stop = options and options.stop
  core.stopped = nil
  while true do
    fire_planned(self, core)
    local loop = core.loop
    if loop.t >= last then return nil end
    parts.keep(core)
    local watches = stop or #core.watchers > 0
    local t, row = loop.t + 1, nil
    if is_due(core, t) then
      row = measured(self, core, t)
      for name, value in pairs(row) do core.latest[name] = native.is_tensor(value) and value.ndim == 0 and value:item() or value end
    end
    local count = (row or watches) and 1 or math.max(1, free_steps(core, last))
    local reason, loss = loop:advance(count, bound, true, shows and last or nil)
    tell_obstacle(core)
    if reason == "divergence" then
      core.stopped = explain_divergence(core, loss)
      native.tell("run: " .. core.stopped)
      return "diverged"
    end
    if row then parts.record(loop, t, row) end
    if watches then
      local m = numbers(core)
      local rest = {}
      for _, watcher in ipairs(core.watchers) do
        local holds = watcher.predicate(m)
        if holds then watcher.action(self) end
        if not (holds and watcher.once) then rest[#rest + 1] = watcher end
      end
      core.watchers = rest
      if stop and stop(m) then
        fire_planned(self, core)
        return "stop"
      end
    end
    if reason then
      fire_planned(self, core)
      return "until_loss"
    end
  end
end

local function steps_of(operation, core, n)
  if math.type(n) ~= "integer" and not (type(n) == "number" and n == math.floor(n)) or n < 0 then
    fail("%s: argument 1: expected a number of steps, got %s", operation, tostring(n))
  end
  return core.loop.t + math.tointeger(n)
end

-- Takes n steps; returns the run and, if it ended before, why: "until_loss", "stop" or "diverged".
function methods.advance(self, n, options)
  local core = core_of(self, "advance", true)
  local last = steps_of("advance", core, n)
  native.check("advance", options, { until_loss = "number", stop = "callable" })
  native.progress(core.loop.t)
  local good, reason = pcall(go, self, core, last, options, true)
  native.progress()
  if not good then error(reason, 0) end
  if reason then return self, reason end
  return self
end

-- for t, m in run:steps(n): a step at a time, with its numbers.
function methods.steps(self, n, options)
  local core = core_of(self, "steps", true)
  local last = steps_of("steps", core, n)
  native.check("steps", options, { until_loss = "number", stop = "callable" })
  local over = false
  return function()
    if over or core.loop.t >= last then return nil end
    local reason = go(self, core, core.loop.t + 1, options)
    if reason == "diverged" then return nil end
    over = reason ~= nil
    return core.loop.t, numbers(core)
  end
end
