-- Discrete runs beside flows. Runs once in every state, after central.lua.
local eb, native, parts = ...
local tree, flow = eb.tree, parts.flow
local fail = flow.fail

local function middle(a, b, c) return 0.25 * (a + 2 * b + c) end

-- (x_{t−1} + 2 x_t + x_{t+1}) / 4, without the ends: an oscillation of period 2 is gone.
function eb.flow.midpoints(series)
  if native.is_tensor(series) then
    if series.ndim == 0 or #series < 3 then fail("midpoints: expected a series of at least 3 along dimension 1, got shape %s", parts.theory.shape(series)) end
    return middle(series[{ { 1, -3 } }], series[{ { 2, -2 } }], series[{ { 3, -1 } }])
  end
  local value, step = nil, nil
  if native.type(series) ~= "table" or getmetatable(series) ~= nil then
    local good
    good, value, step = pcall(function() return series.value, series.step end)
    if not good or not native.is_tensor(value) then
      fail("midpoints: expected a tensor, a list of trees or a series of a log, got %s", native.type(series))
    end
    if step and #step > 1 and (step[{ { 2, -1 } }] - step[{ { 1, -2 } }]):ne(1):any():item() then
      fail("midpoints: the series has gaps; track it at every step")
    end
    return eb.flow.midpoints(value)
  end
  if #series < 3 then fail("midpoints: expected a list of at least 3, got %d", #series) end
  local list = {}
  for i = 2, #series - 1 do
    local a, b, c = series[i - 1], series[i], series[i + 1]
    if type(a) == "table" then list[i - 1] = tree.map(middle, a, b, c) else list[i - 1] = middle(a, b, c) end
  end
  return list
end

function eb.flow.compare(run, flows, options)
  if type(run) ~= "table" or getmetatable(run) ~= parts.runs.Run then fail("compare: argument 1: expected a run, got %s", native.type(run)) end
  local single = type(flows) == "table" and getmetatable(flows) == flow.Flow
  if type(flows) ~= "table" then fail("compare: argument 2: expected a flow or a table of flows by name, got %s", native.type(flows)) end
  native.check("compare", options, { steps = "integer", every = "integer", midpoints = "boolean" })
  options = options or {}
  local named, names = single and { [rawget(flows, 1).name] = flows } or flows, {}
  for name, each in pairs(named) do
    if getmetatable(each) ~= flow.Flow then fail("compare: '%s': expected a flow, got %s", tostring(name), native.type(each)) end
    names[#names + 1] = name
  end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  local count, every, midpoints = options.steps, options.every or 1, options.midpoints ~= false
  if not count or count < 1 then fail("compare: option 'steps': expected how many steps to compare, from 1 on, got %s", tostring(count)) end
  if every < 1 then fail("compare: option 'every': expected a whole number from 1 on, got %d", every) end
  local steps, losses, distances, predicted = {}, { run = {} }, {}, {}
  for _, name in ipairs(names) do losses[name], distances[name] = {}, {} end
  local start, over = run.t, nil
  local before, now = nil, run.params
  for i = 0, count - 1 do
    local _, reason = run:advance(1)
    if reason == "diverged" then
      over = ("the run diverged after %d steps"):format(run.t)
      break
    end
    local after, t = run.params, start + i
    if i % every == 0 and (before or not midpoints) then
      local place = midpoints and 0.25 * (before + 2 * now + after) or now
      local row = {}
      for _, name in ipairs(names) do
        local core = rawget(named[name], 1)
        named[name]:to(flow.time_of(core, run, t))
        row[name] = { tree.norm(place - core.problem.unflatten(core.w)), named[name].loss, core.info.row and core.info.row.predicted }
      end
      steps[#steps + 1] = t
      losses.run[#steps] = run.log.loss:at(t + 1)
      for _, name in ipairs(names) do
        distances[name][#steps], losses[name][#steps] = row[name][1], row[name][2]
        if row[name][3] then
          predicted[name] = predicted[name] or {}
          predicted[name][#steps] = row[name][3]
        end
      end
    end
    before, now = now, after
  end
  local D = { dtype = "float64" }
  local function tensors(lists)
    local made = {}
    for name, list in pairs(lists) do made[name] = eb.tensor(list, D) end
    return made
  end
  return { step = eb.tensor(steps, D), loss = tensors(losses), distance = tensors(distances), predicted = tensors(predicted), stopped = over }
end
