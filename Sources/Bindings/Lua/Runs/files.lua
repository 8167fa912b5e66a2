-- Runs in files. Runs once in every state, after history.lua.
--
-- A file holds the state, the numbers of the settings, the log, the snapshots and the events. Functions, data and the kind of the
-- optimizer are given anew when it is read. What came before an edit that changed one of those can't be had again from a file, so the
-- history in it begins there.
local eb, native, parts = ...
local rules, methods, core_of, make, fail = parts.rules, parts.methods, parts.core_of, parts.make, parts.fail

local format, version = "ebbtide run", 1

-- The numbers of settings.
local function numbers_of(settings)
  local h = {}
  for key, value in pairs(settings.h) do if type(value) == "number" then h[key] = value end end
  return { h = h, seed = settings.seed, metrics = settings.metrics }
end

local function is_alike(a, b)
  for _, name in ipairs { "loss", "data", "transforms", "aggregate" } do if a[name] ~= b[name] then return false end end
  return a.optimizer.rule == b.optimizer.rule
end

-- run:save(path): the whole file or none, also when the program is stopped in the middle.
function methods.save(self, path)
  local core = core_of(self, "save")
  if type(path) ~= "string" then fail("save: argument 1: expected a path, got %s", native.type(path)) end
  if not path:find("%.ebt$") then fail("save: '%s' must end in .ebt", path) end
  local loop, settings = core.loop, core.settings
  local first = 0
  for _, event in ipairs(core.events) do if not is_alike(event.settings, settings) then first = event.t + 1 end end
  local saved = {
    format = format, version = version, t = loop.t, params = loop.params, opt_state = loop.opt_state, model_state = loop.model_state,
    settings = numbers_of(settings), interval = core.interval, optimizer = settings.optimizer.rule.name,
    examples = settings.data.count, size = settings.data.size, snapshots = {}, events = {}, log = {}, latest = core.latest,
  }
  local function state(at, t)
    return { t = t or at.t, params = at.params, opt_state = at.opt_state, model_state = at.model_state, settings = at.settings and numbers_of(at.settings) }
  end
  for _, snapshot in ipairs(core.snapshots) do
    if snapshot.t >= first and is_alike(snapshot.settings, settings) then saved.snapshots[#saved.snapshots + 1] = state(snapshot) end
  end
  if #saved.snapshots == 0 then
    saved.snapshots[1] = state(loop, loop.t)
    saved.snapshots[1].settings = saved.settings
  end
  for _, event in ipairs(core.events) do
    if event.t >= saved.snapshots[1].t and is_alike(event.settings, settings) then saved.events[#saved.events + 1] = state(event) end
  end
  for _, name in ipairs(loop.log:names()) do
    local series = loop.log[name]
    saved.log[#saved.log + 1] = { name = name, step = series.step, value = series.value }
  end
  eb.io.save(path, saved)
  return self
end

-- Settings like others with the numbers of a file.
local function with_numbers(settings, saved)
  local new = {}
  for name, value in pairs(settings) do new[name] = value end
  local known = {}
  for _, slot in ipairs(rules.slots(settings.optimizer)) do
    -- A schedule that is given anew stays one.
    if saved.h[slot.key] ~= nil and type(settings.h[slot.key]) == "number" then known[slot.key] = saved.h[slot.key] end
  end
  new.optimizer, new.seed, new.metrics = rules.with_values(settings.optimizer, known), saved.seed, saved.metrics
  return parts.settings(new, settings)
end

-- eb.load_run(path, { loss =, opt =, data =, aggregate = }): goes on where the saved run was, bit for bit.
function eb.load_run(path, options)
  if type(options) ~= "table" then fail("load_run: argument 2: expected { loss =, opt =, data = } as for eb.run, got %s", native.type(options)) end
  native.check("load_run", options, { loss = "callable", opt = "any", data = "any", aggregate = "any", compile = "boolean" })
  local saved = eb.io.load(path)
  if type(saved) ~= "table" or saved.format ~= format then fail("load_run: '%s' holds no run", path) end
  if saved.version ~= version then fail("load_run: '%s' is of version %s; this program reads version %d", path, tostring(saved.version), version) end
  local given = { params = saved.params, seed = saved.settings.seed, state = saved.model_state }
  for name, value in pairs(options) do given[name] = value end
  local run = eb.run(given)
  local core = core_of(run, "load_run")
  local settings = core.settings
  if settings.optimizer.rule.name ~= saved.optimizer then
    fail("load_run: '%s' was trained with %s, and opt is %s", path, saved.optimizer, settings.optimizer.rule.name)
  end
  if settings.data.count ~= saved.examples or settings.data.size ~= saved.size then
    fail("load_run: '%s' was trained on %s examples in batches of %s, and data has %s in batches of %s", path, tostring(saved.examples),
      tostring(saved.size or saved.examples), tostring(settings.data.count), tostring(settings.data.size or settings.data.count))
  end
  core.settings = with_numbers(settings, saved.settings)
  for _, column in ipairs(saved.log) do core.loop:set_column(column.name, column.step, column.value) end
  core.loop:restore(saved.t, saved.params, saved.opt_state, saved.model_state)
  core.interval, core.latest, core.snapshots, core.events = saved.interval, saved.latest, {}, {}
  for _, list in ipairs { "snapshots", "events" } do
    for i, state in ipairs(saved[list]) do
      state.settings = with_numbers(settings, state.settings)
      core[list][i] = state
    end
  end
  parts.configure(core)
  return run
end
