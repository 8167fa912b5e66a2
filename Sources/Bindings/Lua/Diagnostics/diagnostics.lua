-- What a diagnostic is. Runs once in every state, after points.lua and before the other files of this folder.
--
-- A diagnostic is defined once and used in three ways: eb.diag.name{options} makes one for run:track and run:backfill, eb.diag.name(run[, options])
-- is its value now, and eb.diag.name(loss, params, data[, options]) its value without a run. It is a function of a *point* (points.lua). One that
-- needs what it saw before (what was learnt first, the length of a path) gets a *memory* and answers the next.
local eb, native, parts = ...
local runs, rules, fail = parts.runs, parts.rules, parts.fail
local point_of_run, plain_point = parts.point_of_run, parts.plain_point

local Diagnostic = { __name = "diagnostic" }
local common = { every = "integer", examples = "integer", batch = "boolean", data = "any", by = "string" }

-- The options with defaults, or an error.
local function checked(name, spec, given, extra)
  local kinds = {}
  for _, list in ipairs { common, spec.options or {}, extra or {} } do for option, kind in pairs(list) do kinds[option] = kind end end
  if not spec.by then kinds.by = nil end
  native.check(name, given, kinds)
  local options = {}
  for option, value in pairs(spec.defaults or {}) do options[option] = value end
  for option, value in pairs(given or {}) do options[option] = value end
  if options.by then
    local known = false
    for _, each in ipairs(spec.by) do known = known or each == options.by end
    if not known then fail("%s: option 'by': expected \"%s\", got \"%s\"", name, table.concat(spec.by, "\" or \""), options.by) end
  end
  if options.every and options.every < 1 then fail("%s: option 'every': expected a whole number from 1 on, got %d", name, options.every) end
  if spec.check then spec.check(options) end
  return options
end

-- MARK: Memories

-- A run keeps what its diagnostics left at the steps they were tracked: by series { owner, list = nodes { t, memory, size } in order }. Lists are
-- not changed but replaced, so that forks share them. Where there are too many, every other goes: the steps between are then looked at again.
local most_nodes, most_bytes = 64, 64 << 20

local function size_of(value)
  if native.is_tensor(value) then return 8 * value:numel() end
  if type(value) ~= "table" then return 0 end
  local sum = 0
  for _, child in pairs(value) do sum = sum + size_of(child) end
  return sum
end

local function with_node(list, node)
  local new = { table.unpack(list) }
  new[#new + 1] = node
  local function bytes()
    local sum = 0
    for _, each in ipairs(new) do sum = sum + each.size end
    return sum
  end
  while #new > most_nodes or #new > 4 and bytes() > most_bytes do
    local rest = {}
    for i, each in ipairs(new) do if (#new - i) % 2 == 0 then rest[#rest + 1] = each end end
    new = rest
  end
  return new
end

-- The memory after measuring at some past steps as well.
local function followed(self, core, steps, memory)
  runs.revisit(core, steps, function(view) _, memory = self.spec.measure(point_of_run(self.name, view, self.options), self.options, memory) end)
  return memory
end

-- The memory of a diagnostic at step t of a run, and the nodes before t. Where the last node is not that of the step measured before (after
-- going back, or in a run of a file), the steps in its series are looked at again; one that a memory only helps begins without.
local function memory_of(self, core, series, t)
  local known = core.memories[series]
  local list, is_whole = {}, false
  if known and known.owner == self then
    for _, node in ipairs(known.list) do if node.t < t then list[#list + 1] = node end end
    is_whole = #list > 0 and #list == #known.list
  end
  local last = list[#list]
  if is_whole or not last and self.spec.keeps == "hint" then return last and last.memory, list end
  local steps, log = {}, core.loop.log
  for _, name in ipairs(log:names()) do
    if #steps == 0 and (name == series or name:sub(1, #series + 1) == series .. ".") then
      for _, step in ipairs(log[name].step:totable()) do if step < t and step > (last and last.t or 0) then steps[#steps + 1] = step end end
    end
  end
  return followed(self, core, steps, last and last.memory), list
end

-- diagnostic(run): its value now. track and backfill give the name of the series as well: then it remembers.
function Diagnostic.__call(self, run, series, ...)
  if rules.is_callable(run) then return eb.diag[self.name](run, series, ...) end
  local core = runs.core_of(run, self.name)
  local spec, options, t = self.spec, self.options, core.loop.t + 1
  local function measured(memory) return spec.measure(point_of_run(self.name, run, options), options, memory) end
  if spec.keeps and type(series) == "string" then
    local before, list = memory_of(self, core, series, t)
    local value, memory = measured(before)
    core.memories[series] = { owner = self, list = with_node(list, { t = t, memory = memory, size = size_of(memory) }) }
    return value
  end
  -- As if it had been tracked from the beginning.
  if spec.keeps == "history" and (options.every or not spec.stands_alone) then
    local steps, every, first = {}, options.every or 1, core.snapshots[1].t
    for step = (first + every - 1) // every * every + 1, core.loop.t, every do steps[#steps + 1] = step end
    return (measured(followed(self, core, steps)))
  end
  return (measured())
end

function Diagnostic.__tostring(self)
  local words = {}
  for name, value in pairs(self.given) do
    words[#words + 1] = ("%s = %s"):format(name, type(value) == "string" and ("%q"):format(value) or type(value) == "number" and ("%g"):format(value)
      or type(value) == "boolean" and tostring(value) or native.type(value))
  end
  table.sort(words)
  return ("eb.diag.%s{%s}"):format(self.name, table.concat(words, ", "))
end

local function make(name, spec, given)
  given = given or {}
  local options = checked(name, spec, given)
  return setmetatable({ name = name, spec = spec, options = options, given = given, every = options.every }, Diagnostic)
end

local function is_run(value) return getmetatable(value) == runs.Run end

-- Whether a table is parameters or numbers and not options.
local function has_tensors(value, depth)
  if native.is_tensor(value) then return true end
  if type(value) ~= "table" or rules.is_callable(value) or (depth or 0) > 8 then return false end
  for _, child in pairs(value) do if has_tensors(child, (depth or 0) + 1) then return true end end
  return false
end

-- A series, tensors or numbers, or the numbers of a series as { step =, value = }.
local function is_value(value)
  if native.type(value) == "series" or has_tensors(value) then return true end
  return type(value) == "table" and (type(value[1]) == "number" or type(value.value) == "table")
end

-- Defines eb.diag[name]. spec: { measure = function(point, options, memory) -> value, memory; options = kinds, defaults =, by = groups it knows,
-- check = function(options); keeps = "history" for one that needs its memory, "hint" for one that is helped by it; stands_alone = whether the value of one
-- step means something by itself;
-- plain = function(name, options, ...) -> value for what else it may be called with, of parameters alone for one }.
function parts.diagnostic(name, spec)
  local default
  local function diagnostic(first, second, ...)
    if is_run(first) then
      -- Tracked by its bare name, it comes with that of a series.
      if type(second) == "string" then
        default = default or make(name, spec)
        return default(first, second)
      end
      return make(name, spec, second)(first)
    end
    if spec.plain and is_value(first) then
      return spec.plain(name, first, second, ...)
    end
    if first == nil or type(first) == "table" and getmetatable(first) == nil then return make(name, spec, first) end
    if not rules.is_callable(first) then
      fail("%s: expected options, a run, or (loss, params, data), got %s", name, native.type(first))
    end
    local data, given = ...
    local remembers = spec.keeps == "history"
    local options = checked(name, spec, given, { t = "integer", lr = "number", state = remembers and "any" or nil })
    local value, memory = spec.measure(plain_point(name, first, second, data, options), options, options.state)
    if remembers then return value, memory end
    return value
  end
  eb.diag[name] = diagnostic
  native.opaque(diagnostic)
end
