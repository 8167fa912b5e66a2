-- What a run writes down, and what happens at its steps. Runs once in every state, after program.lua.
local _, native, parts = ...
local rules, methods, core_of, fail, metrics = parts.rules, parts.methods, parts.core_of, parts.fail, parts.step_metrics

-- Refuses a name whose series the run itself writes.
function parts.expect_free(core, operation, name)
  local is_own = name == "loss" or name == "t"
  for _, metric in ipairs(core.settings.metrics) do is_own = is_own or name == metric end
  for _, series in pairs(parts.logged(core.settings)) do is_own = is_own or name == series end
  if is_own then fail("%s: '%s' is there already; the run writes this series itself, choose another name", operation, name) end
end

-- run:track{ gnorm = true, name = function(run) ... end, other = { every = 10, function(run) ... end } }
function methods.track(self, quantities, options)
  local core = core_of(self, "track", true)
  if type(quantities) ~= "table" then fail("track: expected a table { name = quantity }, got %s", native.type(quantities)) end
  native.check("track", options, { every = "integer" })
  local built = { table.unpack(core.settings.metrics) }
  local names = {}
  for name in pairs(quantities) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do
    local quantity = quantities[name]
    if type(name) ~= "string" then fail("track: quantities go by their names, got a value at [%s]", tostring(name)) end
    if quantity == true then
      if not metrics[name] then
        local known = {}
        for each in pairs(metrics) do known[#known + 1] = each end
        table.sort(known)
        fail("track: '%s' = true: the quantities that need no function are %s", name, table.concat(known, ", "))
      end
      for _, each in ipairs(core.tracked) do
        if each.name == name then fail("track: '%s' is there already, as a function; choose another name", name) end
      end
      for i = #built, 1, -1 do if built[i] == name then table.remove(built, i) end end
      built[#built + 1] = name
    else
      parts.expect_free(core, "track", name)
      parts.add_tracked(core, name, quantity, options and options.every)
    end
  end
  if table.concat(built, " ") ~= table.concat(core.settings.metrics, " ") then parts.edit(core, { metrics = built }) end
  return self
end

-- A quantity as { name, every, measure(run, name) }: a function, or a table with `every` and the function at [1] or behind __call.
function parts.quantity(operation, name, quantity, every)
  local measure = quantity
  if type(quantity) == "table" and not native.is_tensor(quantity) then
    every = every or quantity.every
    if not rules.is_callable(quantity) then measure = quantity[1] end
  end
  if not rules.is_callable(measure) then
    fail("%s: '%s': expected true, a function of the run, or a diagnostic, got %s", operation, name, native.type(quantity))
  end
  every = every or 1
  if math.type(every) ~= "integer" or every < 1 then fail("%s: '%s': every: expected a whole number from 1 on, got %s", operation, name, tostring(every)) end
  return { name = name, every = every, measure = measure }
end

function parts.add_tracked(core, name, quantity, every)
  local list = { parts.quantity("track", name, quantity, every) }
  for _, each in ipairs(core.tracked) do if each.name ~= name then table.insert(list, #list, each) end end
  core.tracked = list
end

-- A value as entries of a log: a table of numbers makes one for each name.
local function entries(name, value, found)
  if type(value) == "table" and not native.is_tensor(value) then
    for key, part in pairs(value) do entries(name .. "." .. tostring(key), part, found) end
  elseif value ~= nil then
    found[name] = value
  end
  return found
end
parts.entries = entries

-- Writes entries down by name, so that new series come in the same order in every process.
function parts.record(loop, t, row)
  local names = {}
  for name in pairs(row) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do loop:record(name, t, row[name]) end
end

-- MARK: Interventions

-- Calls action(run) when the run has taken t steps.
function methods.at_step(self, t, action)
  local core = core_of(self, "at_step", true)
  if math.type(t) ~= "integer" or t < core.loop.t then
    fail("at_step: argument 1: expected a step from %d on, where the run is, got %s", core.loop.t, tostring(t))
  end
  if not rules.is_callable(action) then fail("at_step: argument 2: expected a function of the run or a perturbation, got %s", native.type(action)) end
  core.planned = { table.unpack(core.planned) }
  table.insert(core.planned, { t = t, action = action })
  return self
end

-- Calls action(run) after each step whose numbers m satisfy predicate(m); with once = true after the first such step only.
function methods.when(self, predicate, action, options)
  local core = core_of(self, "when", true)
  if not rules.is_callable(predicate) then fail("when: argument 1: expected a function of m, got %s", native.type(predicate)) end
  if not rules.is_callable(action) then fail("when: argument 2: expected a function of the run or a perturbation, got %s", native.type(action)) end
  native.check("when", options, { once = "boolean" })
  core.watchers = { table.unpack(core.watchers) }
  table.insert(core.watchers, { predicate = predicate, action = action, once = options and options.once })
  return self
end
