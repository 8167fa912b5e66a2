-- Runs: training trajectories as values. Runs once in every state.
-- eb: the module's table; native: what Swift does, with `native.loop` for the steps; parts: what the files of runs share.
--
-- A run is a table that holds its core: the loop that steps, the settings that apply now, and its history. Settings are never changed: an
-- edit makes new ones, so that every moment of the history can keep its own.
local eb, native, parts = ...

local Run = { __name = "run" }
local methods = {}

local function fail(text, ...) native.fail(text:format(...)) end

-- The core of a run; with `writes` one of a past step is refused.
local function core_of(run, operation, writes)
  if type(run) ~= "table" or getmetatable(run) ~= Run then fail("%s: expected a run in front, run:%s(...) with a colon", operation, operation) end
  local core = rawget(run, 1)
  if writes and core.is_view then fail("%s: this is step %d as it was, to be read; run:rewind(%d) goes back there", operation, core.loop.t, core.loop.t) end
  return core
end

local function make(core) return setmetatable({ core }, Run) end

-- MARK: Data

-- What the option `data` is: { fields = tensors with one entry an example, count, size, shuffle, drop_last }.
local function source(data)
  if data == nil then return { fields = {} } end
  if type(data) ~= "table" then fail("run: option 'data': expected eb.batches(...), a dataset or {x, y}, got %s", native.type(data)) end
  local batches = getmetatable(data) and getmetatable(data).__name == "batches" and data or nil
  local set = batches and data.data or data
  local x, y = set.x or set[1], set.y or set[2]
  if not native.is_tensor(x) or x.ndim == 0 then fail("run: option 'data': expected tensors with the examples along dimension 1, {x, y} or {x =, y =}") end
  local fields, count = { x = x, y = y }, #x
  if y ~= nil and (not native.is_tensor(y) or y.ndim == 0 or #y ~= count) then
    fail("run: option 'data': x has %d examples; y must have as many", count)
  end
  for name, value in pairs(set) do
    if type(name) == "string" and native.is_tensor(value) and value.ndim > 0 and #value == count then fields[name] = value end
  end
  if fields.index then fail("run: option 'data': a field 'index' would hide the numbers of the examples; choose another name") end
  return {
    fields = fields, count = count, size = batches and batches.size, shuffle = batches and batches.shuffled or false,
    drop_last = batches and batches.drop_last or false,
  }
end
parts.source = source

-- MARK: Making a run

local kinds = {
  params = "any", loss = "callable", data = "any", opt = "any", aggregate = "any", seed = "integer", state = "any", compile = "boolean",
}

function eb.run(options)
  if type(options) ~= "table" then fail("run: expected a table of options, eb.run{ params =, loss =, opt = }, got %s", native.type(options)) end
  native.check("run", options, kinds)
  for _, name in ipairs { "params", "loss", "opt" } do
    if options[name] == nil then fail("run: option '%s' is missing", name) end
  end
  local optimizer = parts.rules.core_of(options.opt, "run: option 'opt'")
  local p = native.init(nil, options.params)
  local settings = parts.settings {
    loss = options.loss, optimizer = optimizer, aggregate = parts.aggregation(options.aggregate), data = source(options.data),
    seed = options.seed or 0, compiles = options.compile ~= false, transforms = {}, metrics = {},
  }
  local state = { opt = parts.rules.initial(optimizer, p), agg = settings.aggregate and settings.aggregate.initial(p) or nil }
  local core = {
    loop = native.loop(p, state, options.state, settings.program.step, settings.seed), settings = settings,
    events = {}, snapshots = {}, interval = 16, tracked = {}, planned = {}, watchers = {}, latest = {}, memories = {},
  }
  parts.configure(core)
  parts.keep(core)
  return make(core)
end

-- MARK: Reading and editing

local hyper = { __name = "hyper-parameters" }

local function slot(core, key)
  local found = parts.rules.slot(core.settings.optimizer, key)
  if found then return found end
  local known = {}
  for _, each in ipairs(parts.rules.slots(core.settings.optimizer)) do known[#known + 1] = each.key end
  native.no_member("run.h", tostring(key), known)
end

-- The value of a hyper-parameter at a step.
local function value_at(core, found, t)
  local value = core.settings.h[found.key]
  if parts.rules.is_callable(value) then return value(t) end
  return value
end

function hyper.__index(self, key)
  local core = rawget(self, 1)
  return value_at(core, slot(core, key), core.loop.t + 1)
end

function hyper.__newindex(self, key, value)
  local core = rawget(self, 1)
  local run = rawget(self, 2)
  core_of(run, "h", true)
  local found = slot(core, key)
  parts.edit(core, { h = { [found.key] = parts.rules.checked(found.core.rule, found.name, value) } })
end

function hyper.__pairs(self)
  local core, values = rawget(self, 1), {}
  for _, each in ipairs(parts.rules.slots(core.settings.optimizer)) do values[each.key] = value_at(core, each, core.loop.t + 1) end
  return next, values
end

function hyper.__tostring(self)
  local lines = {}
  for key, value in pairs(self) do lines[#lines + 1] = ("%s = %.6g"):format(key, value) end
  table.sort(lines)
  return table.concat(lines, ", ")
end

local properties = {
  t = function(core) return core.loop.t end,
  params = function(core) return native.init(nil, core.loop.params) end,
  state = function(core) return core.loop.model_state end,
  opt_state = function(core)
    local state = { t = core.loop.t }
    for name, field in pairs(core.loop.opt_state.opt) do state[name] = field end
    return state
  end,
  seed = function(core) return core.settings.seed end,
  data = function(core)
    local fields = {}
    for name, field in pairs(core.settings.data.fields) do fields[name] = field end
    return fields.x and eb.data.dataset(fields) or nil
  end,
  log = function(core)
    if core.catch_up then core.catch_up() end
    return core.loop.log
  end,
  h = function(core, run) return setmetatable({ core, run }, hyper) end,
  stopped = function(core) return core.stopped end,
  compiled = function(core) return core.settings.program.compiled ~= nil and core.loop.obstacle == nil end,
}

function Run.__index(self, name)
  if methods[name] then return methods[name] end
  local property = properties[name]
  if property then return property(rawget(self, 1), self) end
  local known = {}
  for _, list in ipairs { methods, properties } do for each in pairs(list) do known[#known + 1] = each end end
  native.no_member("run", tostring(name), known)
end

local edits = {
  params = function(core, value) return { params = native.like(core.loop.params, value, "run.params") } end,
  state = function(_, value) return { model_state = value } end,
  -- Other examples come in batches as those before did.
  data = function(core, value)
    local new, before = source(value), core.settings.data
    if not new.size and new.count and before.size then
      new.size, new.shuffle, new.drop_last = math.min(before.size, new.count), before.shuffle, before.drop_last
    end
    return { data = new }
  end,
}

function Run.__newindex(self, name, value)
  local core = core_of(self, tostring(name), true)
  if not edits[name] then fail("run.%s can't be set; run.h.lr, run.params, run.state and run.data can", tostring(name)) end
  parts.edit(core, edits[name](core, value))
end

function Run.__tostring(self)
  local core = rawget(self, 1)
  local text = ("run: step %d"):format(core.loop.t)
  if core.loop.t > 0 then text = text .. (", loss %.6g"):format(core.loop.loss) end
  if core.is_view then text = text .. ", as it was" end
  return text .. ", " .. tostring(parts.rules.make(core.settings.optimizer)):gsub("\n%s*", "; ")
end

-- MARK: Evaluating

-- The loss of other examples (all of the run's own, unless given) with the parameters of now, not as in training: { loss = number }.
function methods.eval(self, data)
  local core = core_of(self, "eval")
  local examples = data == nil and core.settings.data or source(data)
  local context = { t = core.loop.t, rng = eb.rng(core.loop:step_seed(0)), train = false, state = core.loop.model_state }
  for name, field in pairs(examples.fields) do if name ~= "x" and name ~= "y" then context[name] = field end end
  if examples.count then context.index = eb.arange(1, examples.count, 1, { dtype = "int32" }) end
  local loss = core.settings.loss(self.params, examples.fields.x, examples.fields.y, context)
  return { loss = native.number(loss) }
end

-- The batch of the step to come, { x =, y =, index =, ... }; nil for a run without data.
function methods.batch(self)
  local core = core_of(self, "batch")
  return core.loop:batch(core.loop.t + 1)
end

-- Loss and gradient of the step to come: of its batch, with its random numbers.
function methods.gradient(self)
  local core = core_of(self, "gradient")
  return parts.gradient(core)
end

parts.Run, parts.methods, parts.core_of, parts.make, parts.fail, parts.value_at = Run, methods, core_of, make, fail, value_at
