-- Optimizers as values: rules, their hyper-parameters, and how they compose. Runs once in every state.
-- eb: the module's table; native: what Swift does for this file; rules: filled here, with what the other files of optimizers use.
--
-- A rule is { name, defaults, ranges, flags, whole, init, step | transform }:
--   init(p, h) -> state          step(p, g, s, h, t, f, rng) -> p, or p and a state
--   (of a rule of the program with `whole`: init(p, core), and step has the core as its last argument)
--   transform(u, s, p, h, t, rng) -> u, of a gradient or of a step
-- p is one leaf, or with `whole` the tree of all; s is a table that the step may fill anew; h holds the hyper-parameters at step t (the
-- first is 1) and the flags; f(p) -> loss, gradient evaluates again; rng is a fresh generator.
local eb, native, rules = ...
local optim = eb.optim

local function fail(text, ...) native.fail(text:format(...)) end

local function is_callable(value)
  if type(value) == "function" then return true end
  local metatable = getmetatable(value)
  return type(metatable) == "table" and metatable.__call ~= nil
end

-- MARK: Hyper-parameters

-- A value for a hyper-parameter: a number in range, a schedule or a function of t where the default is a number; else of the default's type.
local function checked(rule, name, value)
  local default = rule.defaults[name]
  if type(default) ~= "number" then
    if type(value) ~= type(default) then
      fail("%s: option '%s': expected %s, got %s", rule.name, name, type(default), native.type(value))
    end
    return value
  end
  if is_callable(value) then return value end
  if type(value) ~= "number" then
    fail("%s: option '%s': expected number, schedule or function of t, got %s", rule.name, name, native.type(value))
  end
  local range = rule.ranges and rule.ranges[name] or { -math.huge }
  local low, below = range[1], range[2] or math.huge
  if not (value >= low and value < below) or value == -math.huge or range.whole and value % 1 ~= 0 then
    local wanted = range[2] and ("a value in [%g, %g)"):format(low, below) or low > -math.huge
      and ("a %snumber from %g on"):format(range.whole and "whole " or "", low) or "a finite number"
    fail("%s: option '%s': expected %s, got %s", rule.name, name, wanted, tostring(value + 0.0))
  end
  return value + 0.0
end

-- What a hyper-parameter is at step t.
local function at(rule, name, value, t)
  if type(rule.defaults[name]) ~= "number" or not is_callable(value) then return value end
  local number = value(t)
  if type(number) ~= "number" and not native.is_number(number) then
    fail("%s: the schedule of '%s' gave %s at step %s; expected a number", rule.name, name, native.type(number), native.text(t))
  end
  return number
end

-- Whether a value can be other than 0.
local function is_active(value) return type(value) ~= "number" or value ~= 0 end
rules.is_active = is_active

-- The hyper-parameters of a core (and, under their numbers, of its members) at step t. `given` has the numbers that are known already,
-- by the names of `slots`.
local function evaluate(core, t, given, prefix)
  local h = {}
  for name, value in pairs(core.h) do
    local known = given and given[(prefix or "") .. name]
    if known == nil then h[name] = at(core.rule, name, value, t) else h[name] = known end
  end
  for name, flag in pairs(core.flags) do h[name] = flag end
  for i, member in ipairs(core.members or {}) do h[i] = evaluate(member, t, given, (prefix or "") .. i .. ".") end
  return h
end

-- All numeric hyper-parameters of a core: { key, core, name } with keys such as "lr" or "2.lr".
local function slots(core, prefix, found)
  prefix, found = prefix or "", found or {}
  local names = {}
  for name in pairs(core.h) do if type(core.rule.defaults[name]) == "number" then names[#names + 1] = name end end
  table.sort(names)
  for _, name in ipairs(names) do found[#found + 1] = { key = prefix .. name, core = core, name = name } end
  for i, member in ipairs(core.members or {}) do slots(member, prefix .. i .. ".", found) end
  return found
end

-- The slot that a name means: its full key, or the name alone where one member has it, or the optimizer among several.
local function slot(core, key)
  local same, main = {}, nil
  for _, each in ipairs(slots(core)) do
    if each.key == key then return each end
    if each.name == key then
      same[#same + 1] = each
      if each.core.rule.step then main = main or each end
    end
  end
  return #same == 1 and same[1] or main
end

-- MARK: Cores: a rule with values for its hyper-parameters

local function make_core(rule, values, members)
  local core = { rule = rule, h = {}, members = members }
  for name, default in pairs(rule.defaults) do
    local value = values[name]
    if value == nil then value = default end
    core.h[name] = checked(rule, name, value)
  end
  core.flags = rule.flags and rule.flags(core.h) or {}
  -- Whether it evaluates the loss again, whether it looks at numbers of the state, and who changes labels.
  core.evaluates, core.looks = rule.evaluates and (rule.evaluates == true or rule.evaluates(core.h)), rule.looks
  core.targets = rule.targets and core
  for i, member in ipairs(members or {}) do
    core.evaluates, core.looks = core.evaluates or member.evaluates, core.looks or member.looks
    if member.targets then core.targets, core.targets_at = member.targets, i end
  end
  return core
end

-- A core with other values in some slots, by key.
local function with_values(core, changes, prefix)
  prefix = prefix or ""
  local values, members = {}, core.members and {}
  for name, value in pairs(core.h) do
    local change = changes[prefix .. name]
    if change == nil then values[name] = value else values[name] = change end
  end
  for i, member in ipairs(core.members or {}) do members[i] = with_values(member, changes, prefix .. i .. ".") end
  local changed = make_core(core.rule, values, members)
  if core.rule.copy then core.rule.copy(changed, core) end
  return changed
end

-- The states of single parameters as fields, each a tree like p.
local function gathered(p, parts)
  local fields = {}
  for _, part in ipairs(parts) do
    for name in pairs(part) do
      if fields[name] == nil then fields[name] = native.gather(p, parts, name) end
    end
  end
  return fields
end

-- Where an error happened: nothing for a parameter that is one tensor.
local function at_place(place) return place == "" and "" or (", '%s'"):format(place) end

local function initial(core, p)
  local rule, h = core.rule, {}
  if rule.whole and rule.builtin then return rule.init and rule.init(p, core) or {} end
  for name, value in pairs(core.h) do h[name] = value end
  for name, flag in pairs(core.flags) do h[name] = flag end
  local fields = {}
  if rule.whole then
    if not rule.init then return fields end
    local good, state = pcall(rule.init, p, h)
    if not good then native.rethrow(rule.name .. ": init", state) end
    if type(state) ~= "table" then fail("%s: init: expected a table, the state, got %s", rule.name, native.type(state)) end
    for name, value in pairs(state) do fields[name] = value end
    if fields.t ~= nil then fail("%s: init: 't' in the state is the count of steps; choose another name", rule.name) end
    return fields
  end
  if not rule.init then return fields end
  local leaves = native.spread(p, p)
  local parts = {}
  local places = native.places(p)
  for i, leaf in ipairs(leaves) do
    local place = at_place(places[i])
    local good, part = pcall(rule.init, leaf, h)
    if not good then native.rethrow(("%s: init%s"):format(rule.name, place), part) end
    if type(part) ~= "table" then
      fail("%s: init%s: expected a table, the state of one parameter, got %s", rule.name, place, native.type(part))
    end
    if part.t ~= nil then fail("%s: init%s: 't' in the state is the count of steps; choose another name", rule.name, place) end
    parts[i] = part
  end
  return gathered(p, parts)
end

-- What a step returns, at one leaf or for all. Its errors name the optimizer, the step and the leaf, unless the state is to blame.
local function guarded(rule, t, place, p, g, s, h, ...)
  local good, moved, state = pcall(rule.step, p, g, s, h, t, ...)
  local where = ("%s: step %s%s"):format(rule.name, native.text(t), at_place(place))
  if not good then
    if not rule.whole then native.expect_state(rule.name, p, s, place, rule.init, h, true) end
    native.rethrow(where, moved)
  end
  if moved == nil then fail("%s: the step must return the parameter, and returned nothing", where) end
  if state ~= nil and type(state) ~= "table" then
    fail("%s: the step must return the parameter and, if another one, the table of its state; the second was %s", where, native.type(state))
  end
  return moved, state or s
end

-- A rule for all parameters at once of the user's.
local function apply_to_all(rule, p, g, fields, h, t, f, rng)
  local copy = {}
  for name, value in pairs(fields) do if name ~= "t" then copy[name] = value end end
  local moved, state = guarded(rule, t, "", p, g, copy, h, f, rng)
  return native.like(p, moved, ("%s: step %s: the step must return parameters like those it got"):format(rule.name, native.text(t))), state
end

-- One step of a core: the next parameters and the next state, without its t.
local function apply(core, p, g, fields, h, t, f, rng)
  local rule = core.rule
  for _, name in ipairs(rule.fields and rule.fields(core) or {}) do
    if fields[name] == nil then
      fail("%s: step: argument 4: expected the state of this optimizer: of opt:init(p) or the step before; it has no '%s'", rule.name, name)
    end
  end
  if rule.whole and rule.builtin then return rule.step(p, g, fields, h, t, f, rng, core) end
  if rule.whole then return apply_to_all(rule, p, g, fields, h, t, f, rng) end
  local leaves, gradients, places = native.spread(p, p), native.spread(p, g), native.places(p)
  local parts, moved = {}, {}
  for i in ipairs(leaves) do parts[i] = {} end
  for name, field in pairs(fields) do
    if name ~= "t" then
      for i, value in pairs(native.spread(p, field)) do parts[i][name] = value end
    end
  end
  for i, leaf in ipairs(leaves) do
    native.expect_state(rule.name, leaf, parts[i], places[i], rule.init, h)
    local q
    q, parts[i] = guarded(rule, t, places[i], leaf, gradients[i], parts[i], h, f, rng)
    if not native.is_tensor(q) or not native.same_shape(q, leaf) then
      fail("%s: step %s%s: the step must return the parameter first, a tensor [%s]; got %s", rule.name, native.text(t), at_place(places[i]),
        table.concat(leaf.shape, ", "), native.is_tensor(q) and ("[%s]"):format(table.concat(q.shape, ", ")) or native.type(q))
    end
    moved[i] = { value = q:cast(leaf.dtype) }
  end
  return native.gather(p, moved, "value"), gathered(p, parts)
end

-- MARK: The objects

local Optimizer = { __name = "optimizer" }

-- The methods are outside of every walk over captures.
local methods = {}

local function make(core) return setmetatable({ core }, Optimizer) end

-- Constructors that stand for what they make without options: eb.agg.rm3 is eb.agg.rm3().
local unnamed = {}

local function constructed(value)
  if unnamed[value] then return value() end
  return value
end

local function core_of(value, operation)
  value = constructed(value)
  if type(value) ~= "table" or getmetatable(value) ~= Optimizer then
    fail("%s: expected an optimizer (eb.optim.sgd{lr = 0.1}), got %s", operation, native.type(value))
  end
  return rawget(value, 1)
end

function Optimizer.__index(self, name)
  if methods[name] then return methods[name] end
  local core = rawget(self, 1)
  if core.h[name] ~= nil then return core.h[name] end
  local found = slot(core, name)
  if found then return found.core.h[found.name] end
  if name == "name" then return core.rule.name end
  local known = { "init", "step", "name" }
  for _, each in ipairs(slots(core)) do known[#known + 1] = each.key end
  native.no_member(core.rule.name, tostring(name), known)
end

function Optimizer.__newindex(self, name)
  fail("an optimizer is a value and keeps its '%s'; make another one, which may go on with the same state", tostring(name))
end

local function described(core)
  local parts, names = {}, {}
  for name, value in pairs(core.h) do if value ~= false then names[#names + 1] = name end end
  table.sort(names, function(a, b) return (a == "lr" and "" or a) < (b == "lr" and "" or b) end)
  for _, name in ipairs(names) do
    local value = core.h[name]
    local text = type(value) == "function" and "a function of t" or tostring(value)
    if type(value) == "table" and not getmetatable(value) then text = "'" .. table.concat(value, "', '") .. "'" end
    if text ~= "''" then parts[#parts + 1] = name:gsub("_", " ") .. (value == true and "" or " " .. text) end
  end
  local head = core.rule.name .. (#parts > 0 and ": " .. table.concat(parts, ", ") or "")
  local lines = { head }
  for i, member in ipairs(core.members or {}) do lines[#lines + 1] = ("  %d %s"):format(i, (described(member):gsub("\n", "\n  "))) end
  return table.concat(lines, "\n")
end

function Optimizer.__tostring(self) return described(rawget(self, 1)) end

function methods.init(self, p)
  local core = core_of(self, "init")
  p = native.init(self, p)
  local state = initial(core, p)
  state.t = 0
  return state
end

function methods.step(self, p, g, state, f)
  local core = core_of(self, "step")
  p, g = native.step(self, p, g, state)
  if core.evaluates and f == nil then
    fail("%s: step: this rule evaluates the loss again: opt:step(p, g, state, f) with f(p) -> loss, gradient", core.rule.name)
  end
  local t = state.t + 1
  local q, fields = apply(core, p, g, state, evaluate(core, t), t, f, eb.rng(t))
  fields.t = t
  return q, fields
end

-- Makes a constructor of optimizers with a rule.
local function constructor(rule)
  local kinds = {}
  for name in pairs(rule.defaults) do kinds[name] = "any" end
  return function(options)
    native.check(rule.name, options, kinds)
    local values = {}
    for name, value in pairs(options or {}) do values[name] = value end
    return make(make_core(rule, values))
  end
end

function optim.define(name, defaults, code)
  if type(name) ~= "string" then fail("define: argument 1: expected a name, got %s", native.type(name)) end
  if type(defaults) ~= "table" then fail("define: argument 2: expected a table of hyper-parameters, got %s", native.type(defaults)) end
  if type(code) ~= "table" or type(code.step) ~= "function" then
    fail("define: argument 3: expected { init = function(p) ... end, step = function(p, g, s, h, t) ... end }")
  end
  native.check("define", code, { init = "function", step = "function", whole = "boolean", evaluates = "boolean" })
  local copy = {}
  for key, value in pairs(defaults) do
    if type(key) ~= "string" then fail("define: hyper-parameters go by their names, got a value at [%s]", tostring(key)) end
    copy[key] = value
  end
  return constructor { name = name, defaults = copy, init = code.init, step = code.step, whole = code.whole, evaluates = code.evaluates }
end

-- What is defined by the program itself: `rule` without a name, which is that of its field in eb.optim or another module.
local function builtin(name, rule, module)
  rule.name, rule.builtin = name, true
  rule.defaults = rule.defaults or {}
  for _, value in pairs(rule) do if type(value) == "function" then native.opaque(value) end end
  local make_one = rule.make or constructor(rule)
  local place = module or optim
  place[name] = make_one
  if module then unnamed[make_one] = true end
  return rule
end

rules.builtin, rules.fail, rules.core_of, rules.make, rules.make_core = builtin, fail, core_of, make, make_core
rules.initial, rules.apply, rules.evaluate, rules.slots, rules.slot = initial, apply, evaluate, slots, slot
rules.with_values, rules.checked, rules.is_callable = with_values, checked, is_callable
rules.constructed = constructed
for _, value in ipairs { native, Optimizer, methods, make, make_core, checked, core_of, constructed, initial, apply, evaluate, slots, guarded, apply_to_all, gathered, at_place, at } do native.opaque(value) end
