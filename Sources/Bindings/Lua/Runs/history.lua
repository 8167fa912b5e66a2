-- What was: edits as events, sparse snapshots, and everything that takes steps again. Runs once in every state, after steps.lua.
--
-- The steps of a run are functions of its state, its settings and the number of the step, so a past state is had by going to the last
-- snapshot before it and taking the steps again, events included.
local eb, native, parts = ...
local rules, methods, core_of, make, fail, tree = parts.rules, parts.methods, parts.core_of, parts.make, parts.fail, eb.tree

-- MARK: Snapshots and events

local most_snapshots, most_bytes = 64, 256 << 20

local function bytes_of(loop)
  local count = 0
  for _, part in ipairs { loop.params, loop.opt_state } do count = count + 8 * tree.count(part) end
  return count
end

-- Keeps the state that the run is in now, if a snapshot is due, at first every 16 steps; where there are too many, every other goes.
function parts.keep(core)
  local loop = core.loop
  local last = core.snapshots[#core.snapshots]
  if loop.t % core.interval ~= 0 or (last and last.t >= loop.t) then return end
  local list = { table.unpack(core.snapshots) }
  list[#list + 1] = { t = loop.t, params = loop.params, opt_state = loop.opt_state, model_state = loop.model_state, settings = core.settings }
  core.bytes = core.bytes or bytes_of(loop)
  if #list > 8 and (#list > most_snapshots or #list * core.bytes > most_bytes) then
    core.interval = core.interval * 2
    local rest = {}
    for _, snapshot in ipairs(list) do if snapshot.t % core.interval == 0 then rest[#rest + 1] = snapshot end end
    list = rest
  end
  core.snapshots = list
end

-- What an optimizer's state lacks, from its beginning.
local function completed(state, fresh)
  if type(state) ~= "table" or type(fresh) ~= "table" or native.is_tensor(state) then return state end
  local result = {}
  for key, value in pairs(state) do result[key] = value end
  for key, value in pairs(fresh) do
    if result[key] == nil then result[key] = value else result[key] = completed(result[key], value) end
  end
  return native.as_tree(result)
end

-- An edit: settings (h: values of hyper-parameters by key, data, metrics, transforms, loss, optimizer, seed) or state (params, model_state) as
-- they are from this step on.
function parts.edit(core, change)
  local before, loop = core.settings, core.loop
  local settings = {}
  for name, value in pairs(before) do settings[name] = value end
  for _, name in ipairs { "data", "metrics", "transforms", "loss", "optimizer", "seed", "aggregate" } do
    if change[name] ~= nil then settings[name] = change[name] end
  end
  if change.h then settings.optimizer = rules.with_values(before.optimizer, change.h) end
  settings = parts.settings(settings, before)
  local event = { t = loop.t, settings = settings, params = change.params, model_state = change.model_state }
  if settings.optimizer ~= before.optimizer and settings.program ~= before.program then
    local state = loop.opt_state
    event.opt_state = native.as_tree { opt = completed(state.opt, rules.initial(settings.optimizer, loop.params)), agg = state.agg }
  end
  if change.restart then
    event.opt_state = native.as_tree { opt = rules.initial(settings.optimizer, loop.params), agg = loop.opt_state.agg }
  end
  core.events = { table.unpack(core.events) }
  core.events[#core.events + 1] = event
  parts.take(core, event)
end

-- Has an event happen.
function parts.take(core, event)
  local loop = core.loop
  core.settings = event.settings
  parts.configure(core)
  if event.params or event.opt_state or event.model_state ~= nil then
    local m = event.model_state
    if m == nil then m = loop.model_state end
    loop:restore(loop.t, event.params or loop.params, event.opt_state or loop.opt_state, m)
  end
end

-- MARK: Copies

-- A core that goes on by itself; all that does not change is shared.
local function copy(core)
  if core.catch_up then core.catch_up() end
  local new = {}
  for name, value in pairs(core) do new[name] = value end
  new.loop, new.catch_up = core.loop:fork(), nil
  new.latest = {}
  for name, value in pairs(core.latest) do new.latest[name] = value end
  new.memories = {}
  for name, memory in pairs(core.memories) do new.memories[name] = memory end
  if core.is_measured then new.tracked, new.planned, new.watchers, new.is_measured = {}, {}, {}, nil end
  return new
end
parts.copy = copy

-- A run that goes on from here by itself, with other settings if some are given: opt (its state begins anew), data, loss, seed.
function methods.fork(self, options)
  local core = core_of(self, "fork")
  native.check("fork", options, { opt = "any", data = "any", loss = "callable", seed = "integer" })
  local new = copy(core)
  new.is_view, new.told = nil, nil
  if options then
    parts.edit(new, {
      optimizer = options.opt and rules.core_of(options.opt, "fork: option 'opt'"), restart = options.opt ~= nil,
      data = options.data ~= nil and parts.source(options.data) or nil, loss = options.loss, seed = options.seed,
    })
  end
  return make(new)
end

-- MARK: Going back

local function expect_past(operation, core, position, t)
  local first = core.snapshots[1].t
  if math.type(t) ~= "integer" or t < first or t > core.loop.t then
    fail("%s: argument %d: expected a step from %d, where its history begins, to %d, where the run is, got %s", operation, position, first,
      core.loop.t, tostring(t))
  end
end

-- Takes the steps of the core up to t again, with the events between; nothing that Lua watches is called. After an event at step t it stops.
local function again(core, events, t, is_logged)
  local place = 1
  while events[place] and events[place].t < core.loop.t do place = place + 1 end
  while true do
    while events[place] and events[place].t == core.loop.t do
      parts.take(core, events[place])
      place = place + 1
    end
    if core.loop.t >= t then return end
    local limit = t
    if events[place] then limit = math.min(limit, events[place].t) end
    if core.loop:advance(limit - core.loop.t, -math.huge, is_logged or false) then return end
  end
end

-- A copy of the core as it was at step t.
local function as_it_was(core, t, is_logged)
  local snapshot = core.snapshots[1]
  for _, each in ipairs(core.snapshots) do if each.t <= t then snapshot = each end end
  local past = copy(core)
  if t == core.loop.t and not is_logged then return past end
  past.loop:restore(snapshot.t, snapshot.params, snapshot.opt_state, snapshot.model_state)
  past.loop:truncate(t)
  past.settings = snapshot.settings
  parts.configure(past)
  again(past, core.events, t, is_logged)
  return past
end

-- What a past step was, to be read: run:at(234).params.
function methods.at(self, t)
  local core = core_of(self, "at")
  expect_past("at", core, 1, t)
  local past = as_it_was(core, t)
  past.is_view = true
  return make(past)
end

local function kept(list, t)
  local rest = {}
  for _, each in ipairs(list) do if each.t <= t then rest[#rest + 1] = each end end
  return rest
end

-- Everything as it was after t steps; what came after is forgotten.
function methods.rewind(self, t)
  local core = core_of(self, "rewind", true)
  expect_past("rewind", core, 1, t)
  local past = as_it_was(core, t)
  local loop = past.loop
  core.loop:restore(t, loop.params, loop.opt_state, loop.model_state)
  core.loop:truncate(t)
  core.settings = past.settings
  parts.configure(core)
  core.events, core.snapshots = kept(core.events, t), kept(core.snapshots, t)
  core.latest, core.stopped = {}, nil
  for _, quantity in ipairs(core.tracked) do
    local log = core.loop.log
    for _, name in ipairs(log:names()) do
      if name == quantity.name or name:sub(1, #quantity.name + 1) == quantity.name .. "." then
        local steps = log[name].step
        if #steps > 0 then core.latest[name] = log[name]:at(steps[#steps]:item()) end
      end
    end
  end
  return self
end

-- Takes the steps from `first` to `last` again and compares: true, or the first step that differs in its loss or another number of its own,
-- or in the state it leaves where that was kept.
function methods.replay(self, first, last)
  local core = core_of(self, "replay")
  first, last = first or core.snapshots[1].t, last or core.loop.t
  expect_past("replay", core, 2, last)
  expect_past("replay", core, 1, first)
  if first > last then fail("replay: expected first <= last, got %d and %d", first, last) end
  local past = as_it_was(core, first)
  past.loop:truncate(first)
  local function same(state) return tree.equal(past.loop.params, state.params) and tree.equal(past.loop.opt_state, state.opt_state) end
  local marks = {}
  for _, snapshot in ipairs(core.snapshots) do
    if snapshot.t > first and snapshot.t < last then marks[#marks + 1] = snapshot end
  end
  if last == core.loop.t then marks[#marks + 1] = core.loop end
  if #marks == 0 or marks[#marks].t < last then marks[#marks + 1] = { t = last } end
  for _, mark in ipairs(marks) do
    again(past, core.events, mark.t, true)
    local differs = core.loop:first_difference(past.loop, first, mark.t)
    if differs then return differs end
    if mark.params and not same(mark) then return mark.t end
  end
  return true
end

-- Calls visit(run as it was, t) as before the update of each of these steps, which ascend; those before the history begins are left out. What
-- was logged by then is looked up in `logged`, a loop like the run's own, when somebody asks for it.
function parts.revisit(core, steps, visit, logged)
  logged = logged or core.loop
  local past, view
  for _, t in ipairs(steps) do
    if t > core.snapshots[1].t then
      if not past then
        past = as_it_was(core, t - 1)
        -- Its forks look ahead and measure nothing.
        past.is_view, past.is_measured = true, true
        past.catch_up = function() past.loop:take_log(logged, past.loop.t) end
        view = make(past)
      end
      again(past, core.events, t - 1)
      visit(view, t)
    end
  end
end

-- A quantity at the steps 1, 1 + every, ... that were taken, as if it had been tracked: all of it, or with an error nothing.
function methods.backfill(self, name, quantity, options)
  local core = core_of(self, "backfill", true)
  if type(name) ~= "string" then fail("backfill: argument 1: expected a name, got %s", native.type(name)) end
  parts.expect_free(core, "backfill", name)
  native.check("backfill", options, { every = "integer" })
  local made = parts.quantity("backfill", name, quantity, options and options.every)
  local steps, first = {}, core.snapshots[1].t
  for t = (first + made.every - 1) // made.every * made.every + 1, core.loop.t, made.every do steps[#steps + 1] = t end
  local filled = core.loop:fork()
  parts.revisit(core, steps, function(view, t)
    parts.record(filled, t, parts.entries(name, made.measure(view, name), {}))
  end, filled)
  core.loop:take_log(filled, core.loop.t)
  return self
end

-- MARK: Pairs

local Pair = { __name = "pair" }
Pair.__index = Pair

-- Two runs side by side on the same random numbers: those of a.
function eb.pair(a, b)
  local first, second = core_of(a, "pair"), core_of(b, "pair", true)
  if first == second then fail("pair: expected two runs; fork one") end
  if second.settings.seed ~= first.settings.seed then parts.edit(second, { seed = first.settings.seed }) end
  local pair = setmetatable({ a = a, b = b, steps = {}, distances = {} }, Pair)
  pair:distance()
  return pair
end

-- ‖p_a − p_b‖ now, over all parameters.
function Pair:distance()
  local distance = native.number(tree.norm(self.a.params - self.b.params))
  if self.steps[#self.steps] ~= self.a.t then
    self.steps[#self.steps + 1], self.distances[#self.steps + 1] = self.a.t, distance
  end
  return distance
end

function Pair:advance(n, options)
  native.check("advance", options, { every = "integer" })
  local every = options and options.every or 1
  for first = 1, n, every do
    local count = math.min(every, n - first + 1)
    local _, reason = self.a:advance(count)
    local _, other = self.b:advance(count)
    self:distance()
    if reason or other then break end
  end
  return self
end

-- The distances so far: tensors step and value.
function Pair:series()
  return { step = eb.tensor(self.steps, { dtype = "int32" }), value = eb.tensor(self.distances, { dtype = "float64" }) }
end

-- The growth rate of the distance, per step: the slope of ln ‖p_a − p_b‖ by least squares over the steps from `first` on, where it is not 0.
function Pair:growth(first)
  local n, st, sy, stt, sty = 0, 0, 0, 0, 0
  for i, t in ipairs(self.steps) do
    local d = self.distances[i]
    if t >= (first or 0) and d > 0 then
      local y = math.log(d)
      n, st, sy, stt, sty = n + 1, st + t, sy + y, stt + t * t, sty + t * y
    end
  end
  if n < 2 then return nil end
  return (n * sty - st * sy) / (n * stt - st * st)
end

function Pair:__tostring()
  return ("pair: steps %d and %d, distance %.6g"):format(self.a.t, self.b.t, self.distances[#self.distances])
end
