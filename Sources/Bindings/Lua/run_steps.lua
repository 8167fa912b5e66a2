-- What a step of a run does, and how a run advances. Runs once in every state, after runs.lua.
local eb, native, parts = ...
local rules, methods, core_of, fail, tree = parts.rules, parts.methods, parts.core_of, parts.fail, eb.tree

-- MARK: Settings and their program

-- Numbers that a step can write down beside the loss, by name.
local metrics = {
  gnorm = function(_, g) return tree.norm(g) end,
  pnorm = function(p) return tree.norm(p) end,
  update = function(p, _, q) return tree.norm(q - p) end,
}
parts.step_metrics = metrics

-- How per-example gradients, or those of the last batches, become one: { per_example = function, transform, initial }.
function parts.aggregation(aggregate)
  if aggregate == nil then return nil end
  aggregate = rules.constructed(aggregate)
  if type(aggregate) == "table" and getmetatable(aggregate) and getmetatable(aggregate).__name == "optimizer" then
    local core = rules.core_of(aggregate, "run: option 'aggregate'")
    if not core.rule.transform then fail("run: option 'aggregate': expected one of eb.agg, got an optimizer") end
    return { core = core, initial = function(p) return rules.initial(core, p) end }
  end
  if not rules.is_callable(aggregate) then fail("run: option 'aggregate': expected one of eb.agg, got %s", native.type(aggregate)) end
  return { per_example = aggregate, initial = function() return nil end }
end

-- What belongs to the step with this seed: generators for the loss, the optimizer, the labels and perturbations.
local function stream(seed, number) return eb.rng(seed):split(4)[number] end

-- The context that a loss gets.
local function context(batch, m, t, seed)
  local ctx = { t = t, rng = stream(seed, 1), train = true, state = m }
  for name, field in pairs(batch) do if name ~= "x" and name ~= "y" then ctx[name] = field end end
  return ctx
end

-- Loss, gradient and new model state of a batch, by one backward pass or from the gradients of its examples.
local function gradient(loss, per_example, p, m, batch, y, t, seed)
  local ctx = context(batch, m, t, seed)
  if not per_example then
    return eb.value_and_grad(function(q) return loss(q, batch.x, y, ctx) end)(p)
  end
  local names, values = {}, {}
  for name, field in pairs(batch) do
    names[#names + 1] = name
    values[#values + 1] = name == "y" and y or field
  end
  -- The loss sees batches of one.
  local gradients = eb.per_example(function(q, ...)
    local one = {}
    for i, field in ipairs { ... } do one[names[i]] = field:reshape(1, table.unpack(field.shape)) end
    return (loss(q, one.x, one.y, context(one, m, t, seed)))
  end)(p, table.unpack(values))
  return gradients:losses():mean(), per_example(gradients, { rng = eb.rng(seed):split(5)[5] }), nil
end

-- Σ wᵢ ∇ℓᵢ over the examples of a batch.
local function weighted_gradient(loss, p, m, batch, y, t, seed, weights)
  local names, values = {}, {}
  for name, field in pairs(batch) do
    names[#names + 1] = name
    values[#values + 1] = name == "y" and y or field
  end
  return eb.grad(function(q)
    local losses = eb.vmap(function(...)
      local one = {}
      for i, field in ipairs { ... } do one[names[i]] = field:reshape(1, table.unpack(field.shape)) end
      return (loss(q, one.x, one.y, context(one, m, t, seed)))
    end)(table.unpack(values))
    return (losses * weights:cast(losses.dtype)):sum()
  end)(p)
end

-- The labels of a step for an optimizer that changes them.
local function labels(optimizer, y, h, rng)
  local at = optimizer.targets_at
  return optimizer.targets.rule.targets(y, at and h[at] or h, rng)
end

-- Gradients and steps as perturbations change them.
local function changed(transforms, g, p, h, t, rng, weighted, count)
  for _, transform in ipairs(transforms) do if transform.before then g = transform.before(g, p, h, t, rng, weighted, count) end end
  return g
end

local function moved(transforms, q, p)
  for _, transform in ipairs(transforms) do if transform.after then q = transform.after(q, p) end end
  return q
end

for _, value in ipairs { stream, context, gradient, weighted_gradient, labels, changed, moved } do native.opaque(value) end
for _, measure in pairs(metrics) do native.opaque(measure) end

-- The function of a step under these settings (see TrainingLoop), and whether it can be compiled.
local function make_program(settings)
  local loss, optimizer, transforms = settings.loss, settings.optimizer, settings.transforms
  local aggregate = settings.aggregate
  local per_example, aggregation = aggregate and aggregate.per_example, aggregate and aggregate.core
  local measured = {}
  for i, name in ipairs(settings.metrics) do measured[i] = metrics[name] end
  local evaluate, apply, targets = rules.evaluate, rules.apply, optimizer.targets
  local function step(p, s, m, batch, given, t, seed)
    local h = evaluate(optimizer, t, given)
    local y = batch.y
    if targets then y = labels(optimizer, y, h, stream(seed, 3)) end
    local value, g, next_m = gradient(loss, per_example, p, m, batch, y, t, seed)
    if next_m == nil then next_m = m end
    local aggregated
    if aggregation then g, aggregated = aggregation.rule.transform(g, s.agg, p, evaluate(aggregation, t), t, nil, false) end
    g = changed(transforms, g, p, h, t, stream(seed, 4), function(w) return weighted_gradient(loss, p, m, batch, y, t, seed, w) end,
      batch.x and #batch.x)
    local function again(q, other)
      local ctx = context(batch, m, t, seed)
      if other then return other(q, batch.x, y, ctx) end
      return eb.value_and_grad(function(r) return (loss(r, batch.x, y, ctx)) end)(q)
    end
    local q, fields = apply(optimizer, p, g, s.opt, h, t, again, stream(seed, 2))
    q = moved(transforms, q, p)
    local numbers = {}
    for i, measure in ipairs(measured) do numbers[i] = measure(p, g, q) end
    return q, { opt = fields, agg = aggregated }, next_m, value, table.unpack(numbers)
  end
  local compiles = settings.compiles and not optimizer.looks and not per_example
  return { step = step, compiled = compiles and eb.compile(step) or nil }
end

-- Settings are complete with the values of the hyper-parameters, which of them steps get as numbers, and the program. `before` are those
-- that these come from: what did not change is shared.
function parts.settings(settings, before)
  local h, dynamic = {}, {}
  for _, slot in ipairs(rules.slots(settings.optimizer)) do
    local value = slot.core.h[slot.name]
    h[slot.key] = value
    if slot.name == "lr" or rules.is_callable(value) then dynamic[slot.key] = value end
  end
  settings.h, settings.dynamic = h, dynamic
  local same = before ~= nil
  for _, name in ipairs { "loss", "aggregate", "transforms", "metrics", "compiles" } do same = same and settings[name] == before[name] end
  if same and before.optimizer ~= settings.optimizer then
    -- The same program serves other values of what steps get as numbers.
    for key in pairs(h) do
      if dynamic[key] == nil or before.dynamic[key] == nil then
        same = same and h[key] == before.h[key] and dynamic[key] == before.dynamic[key]
      end
    end
    same = same and settings.optimizer.rule == before.optimizer.rule
  end
  settings.program = same and before.program or make_program(settings)
  return settings
end

-- Has the loop follow the settings.
function parts.configure(core)
  local loop, settings, before = core.loop, core.settings, core.configured
  if not before or before.program ~= settings.program or before.metrics ~= settings.metrics then
    loop:set_step(settings.program.step, settings.program.compiled, settings.metrics)
  end
  if not before or before.data ~= settings.data then
    local data = settings.data
    if data.count then
      loop:set_batches(data.fields, data.count, data.size, data.shuffle, data.drop_last)
    else
      loop:set_batches()
    end
  end
  if not before or before.dynamic ~= settings.dynamic then
    local logged = {}
    for key, value in pairs(settings.dynamic) do
      if type(value) ~= "number" or key == "lr" or key:find("%.lr$") then logged[key] = true end
    end
    loop:set_hyper(settings.dynamic, logged)
  end
  if not before or before.seed ~= settings.seed then loop:set_seed(settings.seed) end
  core.configured = settings
end

-- Loss and gradient of the step to come.
function parts.gradient(core)
  local loop, settings = core.loop, core.settings
  local batch = loop:batch(loop.t + 1) or {}
  local per_example = settings.aggregate and settings.aggregate.per_example
  local loss, g = gradient(settings.loss, per_example, native.init(nil, loop.params), loop.model_state, batch, batch.y, loop.t + 1,
    loop:step_seed(loop.t + 1))
  return loss, g
end

-- MARK: Tracking

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
    if name == "loss" or name == "t" then fail("track: '%s' is there already", name) end
    if quantity == true then
      if not metrics[name] then
        local known = {}
        for each in pairs(metrics) do known[#known + 1] = each end
        table.sort(known)
        fail("track: '%s' = true: the quantities that need no function are %s", name, table.concat(known, ", "))
      end
      for i = #built, 1, -1 do if built[i] == name then table.remove(built, i) end end
      built[#built + 1] = name
    else
      parts.add_tracked(core, name, quantity, options and options.every)
    end
  end
  if table.concat(built, " ") ~= table.concat(core.settings.metrics, " ") then parts.edit(core, { metrics = built }) end
  return self
end

-- A quantity as { name, every, measure(run) }: a function, or a table with `every` and the function at [1] or behind __call.
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

-- MARK: Advancing

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
      row = {}
      for _, quantity in ipairs(core.tracked) do
        if (t - 1) % quantity.every == 0 then entries(quantity.name, quantity.measure(self), row) end
      end
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
    if row then for name, value in pairs(row) do loop:record(name, t, value) end end
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
  return self, reason
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

parts.go, parts.numbers = go, numbers
