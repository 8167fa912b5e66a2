-- What a step of a run does: settings and their program. Runs once in every state, after runs.lua.
local eb, native, parts = ...
local rules, methods, core_of, fail, tree = parts.rules, parts.methods, parts.core_of, parts.fail, eb.tree

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

-- A batch as the names of its fields and their tensors, with other labels.
local function columns(batch, y)
  local names, values = {}, {}
  for name, field in pairs(batch) do
    names[#names + 1] = name
    values[#values + 1] = name == "y" and y or field
  end
  return names, values
end

-- The fields of one example as a batch.
local function batch_of_one(names, ...)
  local one = {}
  for i, field in ipairs { ... } do one[names[i]] = field:reshape(1, table.unpack(field.shape)) end
  return one
end

-- Loss, gradient and new model state of a batch, by one backward pass or from the gradients of its examples.
local function gradient(loss, per_example, p, m, batch, y, t, seed)
  local ctx = context(batch, m, t, seed)
  if not per_example then
    return eb.value_and_grad(function(q) return loss(q, batch.x, y, ctx) end)(p)
  end
  local names, values = columns(batch, y)
  -- The loss sees batches of one.
  local gradients = eb.per_example(function(q, ...)
    local one = batch_of_one(names, ...)
    return (loss(q, one.x, one.y, context(one, m, t, seed)))
  end)(p, table.unpack(values))
  return gradients:losses():mean(), per_example(gradients, { rng = eb.rng(seed):split(5)[5] }), nil
end

-- Σ wᵢ ∇ℓᵢ over the examples of a batch.
local function weighted_gradient(loss, p, m, batch, y, t, seed, weights)
  local names, values = columns(batch, y)
  return eb.grad(function(q)
    local losses = eb.vmap(function(...)
      local one = batch_of_one(names, ...)
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

for _, value in ipairs { stream, context, columns, batch_of_one, gradient, weighted_gradient, labels, changed, moved } do native.opaque(value) end
for _, measure in pairs(metrics) do native.opaque(measure) end

parts.context, parts.batch_of_one = context, batch_of_one

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

-- By key of a hyper-parameter that is written down the name of its series: its own where that says which is meant.
function parts.logged(settings)
  local logged = {}
  for _, slot in ipairs(rules.slots(settings.optimizer)) do
    if settings.dynamic[slot.key] ~= nil then
      logged[slot.key] = rules.slot(settings.optimizer, slot.name).key == slot.key and slot.name or slot.key
    end
  end
  return logged
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
    loop:set_hyper(settings.dynamic, parts.logged(settings))
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
