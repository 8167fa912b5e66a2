-- Flows as values that step: time, parameters, a log, events. How a step is taken is up to what made the flow. Runs once in every state, after
-- events.lua.
--
-- A flow is a table that holds its core: { name, problem, t, w, rows, ... } and
--   measure(core) -> info, at least { loss = number } of where the flow is; numbers and tensors in info.row are logged
--   propose(core, info) -> how long a step should be
--   step(core, info, h, given) -> { w =, state =, info =, error =, evaluations = }, or nil if a shorter step is to be proposed; `given` asks for
--     a step of this length whatever its error
--   check(core, info) -> why the flow ends here, or nil.
local eb, native, parts = ...
local tree, rules, flow = eb.tree, parts.rules, parts.flow
local fail = flow.fail

local Flow = { __name = "flow" }
local methods = {}

local function core_of(self, operation)
  if type(self) ~= "table" or getmetatable(self) ~= Flow then fail("%s: expected a flow in front, flow:%s(...) with a colon", operation, operation) end
  return rawget(self, 1)
end

-- MARK: Where the flow stops on its way

local slack = 1e-9

-- The next time at which there is something to write down.
local function next_stop(core)
  if core.at then return core.at[core.next_at] or math.huge end
  if core.every then return core.start + (math.floor((core.t - core.start) / core.every * (1 + 1e-12) + slack) + 1) * core.every end
  return math.huge
end

local function is_due(core, ends)
  local t = core.t
  if core.at then
    local due = core.at[core.next_at]
    return due and math.abs(t - due) <= slack * math.max(1, math.abs(due))
  end
  if core.every and not ends then
    local count = (t - core.start) / core.every
    return math.abs(count - math.floor(count + 0.5)) <= slack * math.max(1, count)
  end
  return true
end

local function record(core, info, ends)
  if not is_due(core, ends) then return end
  local last = core.rows[#core.rows]
  if last and last.t == core.t then return end
  local values = { loss = info.loss }
  for name, value in pairs(info.row or {}) do values[name] = value end
  for name, quantity in pairs(core.track) do
    local value = quantity(core.self)
    if native.is_tensor(value) and value.ndim == 0 then value = value:item() end
    values[name] = value
  end
  core.rows[#core.rows + 1] = { t = core.t, values = values }
  if core.at then
    core.kept[#core.kept + 1] = { t = core.t, w = core.w }
    core.next_at = core.next_at + 1
  end
end

-- MARK: Steps

local function is_finite(x) return x == x and math.abs(x) < math.huge end

local function diverged(core, h)
  fail("%s: diverged: the loss at t = %.6g is %s%s; %s", core.name, core.t, core.info and tostring(core.info.loss) or "not finite",
    h and (" and no step from there is finite, down to %.3g"):format(h) or "", core.advice)
end

local function commit(core, t, result)
  core.counts.steps = core.counts.steps + 1
  core.counts.evaluations = core.counts.evaluations + (result.evaluations or 0)
  if result.error then
    local certificate = core.certificate
    certificate.last = result.error
    certificate.largest = math.max(certificate.largest, result.error)
    certificate.total = certificate.total + result.error * (result.stands_for or 1)
  end
  core.t, core.w, core.state, core.info = t, result.w, result.state, result.info
end

local function measured(core)
  if not core.info then core.info = core.measure(core) end
  if not is_finite(core.info.loss) then diverged(core) end
  return core.info
end

local function go(core, stop)
  while core.t < stop and not core.stopped do
    local info = measured(core)
    record(core, info)
    core.stopped = core.check and core.check(core, info)
    if core.stopped then break end
    local target = math.min(stop, next_stop(core))
    local left = target - core.t
    local h, result, reaches = nil, nil, nil
    repeat
      h = core.propose(core, info)
      if not (h > 1e-14 * math.max(1, math.abs(core.t))) then diverged(core, h) end
      reaches = h >= left * (1 - slack)
      if reaches then h = left end
      result = core.step(core, info, h)
      if not result then core.counts.rejected = core.counts.rejected + 1 end
    until result
    local found, cut, event
    if #core.events > 0 then found, cut, event = flow.happened(core, info, h, result) end
    if cut then
      commit(core, core.t + cut.length, cut.result)
      core.stopped = ("event '%s'"):format(event.name)
    else
      commit(core, reaches and target or core.t + h, result)
    end
    for _, each in ipairs(found or {}) do core.happened[#core.happened + 1] = each end
    for _, each in ipairs(core.events) do each.value = not cut and each.after or nil end
  end
  record(core, measured(core), true)
end

-- Goes on for a time.
function methods.advance(self, time)
  local core = core_of(self, "advance")
  if type(time) ~= "number" or not (time >= 0 and time < math.huge) then fail("advance: argument 1: expected a time from 0 on, got %s", tostring(time)) end
  go(core, core.t + time)
  return self
end

-- Goes on to a time.
function methods.to(self, t)
  local core = core_of(self, "to")
  if type(t) ~= "number" or not (t >= core.t - slack * math.max(1, math.abs(core.t))) then
    fail("to: the flow is at t = %g and does not go back; got %s", core.t, tostring(t))
  end
  go(core, t + 0.0)
  return self
end

-- The parameters at one of the times `at`.
function methods.at(self, t)
  local core = core_of(self, "at")
  for _, each in ipairs(core.kept) do
    if math.abs(each.t - t) <= slack * math.max(1, math.abs(t)) then return core.problem.unflatten(each.w) end
  end
  fail("at: parameters are kept at the times of option 'at' alone, and t = %g is none that was reached", t)
end

-- The time at which the flow is where a run is after n steps.
local function time_of(core, run, n)
  local scale = core.per_step
  if scale == nil then scale = run.h.lr end
  return n * scale
end

function methods.distance(self, run)
  local core = core_of(self, "distance")
  if type(run) ~= "table" or getmetatable(run) ~= parts.runs.Run then fail("distance: argument 1: expected a run, got %s", native.type(run)) end
  methods.to(self, time_of(core, run, run.t))
  return tree.norm(run.params - core.problem.unflatten(core.w))
end

local properties = {
  t = function(core) return core.t end,
  params = function(core) return core.problem.unflatten(core.w) end,
  loss = function(core) return measured(core).loss end,
  lr = function(core) return core.lr end,
  steps = function(core) return core.counts.steps end,
  rejected = function(core) return core.counts.rejected end,
  evaluations = function(core) return core.counts.evaluations end,
  error = function(core)
    return { last = core.certificate.last, largest = core.certificate.largest, total = core.certificate.total }
  end,
  log = flow.log_of,
  events = function(core)
    local list = {}
    for i, each in ipairs(core.happened) do list[i] = { name = each.name, t = each.t, params = core.problem.unflatten(each.w) } end
    return list
  end,
  stopped = function(core) return core.stopped end,
}

function Flow.__index(self, name)
  if methods[name] then return methods[name] end
  local core = rawget(self, 1)
  local property = properties[name] or core.properties and core.properties[name]
  if property then return property(core) end
  local known = {}
  for _, list in ipairs { methods, properties, core.properties or {} } do for each in pairs(list) do known[#known + 1] = each end end
  native.no_member("flow", tostring(name), known)
end

function Flow.__newindex(_, name) fail("flow.%s can't be set; make another flow from flow.params", tostring(name)) end

function Flow.__tostring(self)
  local core = rawget(self, 1)
  local text = ("%s: t = %.6g, %d steps"):format(core.name, core.t, core.counts.steps)
  if core.info then text = text .. (", loss %.6g"):format(core.info.loss) end
  return text .. (core.stopped and ", stopped: " .. core.stopped or "")
end

-- MARK: Making one

-- Options that all flows have.
local kinds = {
  params = "any", loss = "callable", data = "any", dtype = "string", compile = "boolean", lr = "number", time = "number", steps = "integer",
  at = "any", every = "number", track = "table", events = "table",
}

local function with(more)
  local all = {}
  for name, kind in pairs(kinds) do all[name] = kind end
  for name, kind in pairs(more) do all[name] = kind end
  return all
end

-- A flow of a core, advanced by what options say.
local function make(core, options)
  local name = core.name
  core.t, core.w = core.t or 0.0, core.w or core.problem.flat
  core.start = core.t
  core.rows, core.kept, core.happened, core.next_at = {}, {}, {}, 1
  core.counts = { steps = 0, rejected = 0, evaluations = 0 }
  core.certificate = { largest = 0.0, total = 0.0 }
  core.track, core.events, core.every = options.track or {}, flow.events_of(name, options.events), options.every
  for key, quantity in pairs(core.track) do
    if not rules.is_callable(quantity) then fail("%s: track: '%s': expected a function of the flow, got %s", name, tostring(key), native.type(quantity)) end
  end
  if core.every and not (core.every > 0) then fail("%s: option 'every': expected a time above 0, got %g", name, core.every) end
  if options.at then
    local good, list = pcall(function() return (native.is_tensor(options.at) and options.at or eb.tensor(options.at, { dtype = "float64" })):flatten():totable() end)
    if not good then fail("%s: option 'at': expected times, got %s", name, native.type(options.at)) end
    table.sort(list)
    core.at = {}
    for _, t in ipairs(list) do
      if t < core.t then fail("%s: option 'at': the flow starts at t = %g; got %g", name, core.t, t) end
      if t ~= core.at[#core.at] then core.at[#core.at + 1] = t end
    end
  end
  if options.time and options.steps then fail("%s: options 'time' and 'steps' both say how long; choose one", name) end
  local time = options.time
  if options.steps then
    if not core.per_step then fail("%s: option 'steps' counts steps of gradient descent; give their size, lr", name) end
    time = options.steps * core.per_step
  end
  core.self = setmetatable({ core }, Flow)
  if time then core.self:advance(time) end
  return core.self
end

flow.Flow, flow.core_of, flow.make, flow.with, flow.time_of, flow.is_finite = Flow, core_of, make, with, time_of, is_finite
