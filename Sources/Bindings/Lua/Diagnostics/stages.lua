-- Plateaus and stages of a series: training that goes from saddle to saddle. Runs once in every state, after diagnostics.lua.
--
-- A stage is a peak of −dL/dt that stands out: on either side the speed falls below a part of it, or the series ends, before a faster stage
-- begins. A plateau is where −d log L/dt is below a fraction of its largest value in the stage before (of the first stage, at the beginning).
local eb, native, parts = ...
local diagnostic, fail = parts.diagnostic, parts.fail

local function numbers_of(value, what)
  if native.is_tensor(value) then
    if value.ndim ~= 1 then fail("plateau_stages: expected a series of numbers, got shape [%s]", table.concat(value.shape, ", ")) end
    return value:cast("float64"):totable()
  end
  if type(value) ~= "table" then fail("plateau_stages: %ss: expected a vector or a table of numbers, got %s", what, native.type(value)) end
  for i = 1, #value do
    if type(value[i]) ~= "number" then fail("plateau_stages: %s %d: expected a number, got %s", what, i, native.type(value[i])) end
  end
  return value
end

-- Steps and values, as arrays, of a logged series, { step =, value = }, a vector, or numbers.
local function points_of(series)
  if native.type(series) == "series" or type(series) == "table" and series.value ~= nil then
    local values = numbers_of(series.value, "value")
    local steps = series.step and numbers_of(series.step, "step")
    if steps and #steps ~= #values then fail("plateau_stages: %d steps and %d values", #steps, #values) end
    return steps, values
  end
  if native.is_tensor(series) or type(series) == "table" then return nil, numbers_of(series, "value") end
  fail("plateau_stages: expected a series of a log, { step =, value = }, a vector or numbers, got %s", native.type(series))
end

-- The mean over a window around each place.
local function smoothed(values, width)
  if width <= 1 then return values end
  local sums, result = { [0] = 0 }, {}
  for i, value in ipairs(values) do sums[i] = sums[i - 1] + value end
  for i = 1, #values do
    local reach = math.min((width - 1) // 2, i - 1, #values - i)
    result[i] = (sums[i + reach] - sums[i - reach - 1]) / (2 * reach + 1)
  end
  return result
end

-- The peaks of a speed beside which it falls to less than a share of them, and where each begins and ends: at the valleys between.
local function peaks_of(speed, share)
  local peaks, n = {}, #speed
  -- A peak is closed when the speed has fallen far enough; the next one opens when it has risen far enough from the valley.
  -- A series may begin with its fastest fall.
  local top, valley = speed[1] > 0 and 1 or nil, 1
  local first = 1
  for i = 2, n do
    if top then
      if speed[i] > speed[top] then top = i end
      if speed[i] < share * speed[top] then
        peaks[#peaks + 1] = { at = top, first = first }
        top, valley = nil, i
      end
    else
      if speed[i] < speed[valley] then valley = i end
      if speed[i] > 0 and speed[valley] < share * speed[i] then
        if #peaks > 0 then peaks[#peaks].last = valley end
        top, first = i, valley
      end
    end
  end
  if top then peaks[#peaks + 1] = { at = top, first = first } end
  if #peaks > 0 then peaks[#peaks].last = peaks[#peaks].last or n end
  return peaks
end

local function stages_of(steps, values, o)
  local n = #values
  for i, value in ipairs(values) do
    if value ~= value or value == math.huge then fail("plateau_stages: value %d is %g; cut the series before it", i, value) end
  end
  local result = { stages = 0, drops = {}, plateaus = {} }
  if n < 3 then return result end
  local t = steps or {}
  if not steps then for i = 1, n do t[i] = i end end
  local level = smoothed(values, o.window)
  -- Speeds between neighbours; the logarithm sees values from the least positive on.
  local speed, rate, floor = {}, {}, math.huge
  for _, value in ipairs(level) do if value > 0 then floor = math.min(floor, value) end end
  for i = 1, n - 1 do
    local dt = t[i + 1] - t[i]
    if dt <= 0 then fail("plateau_stages: steps must ascend, got %g after %g", t[i + 1], t[i]) end
    speed[i] = (level[i] - level[i + 1]) / dt
    rate[i] = (math.log(math.max(level[i], floor)) - math.log(math.max(level[i + 1], floor))) / dt
  end
  local highest, lowest = -math.huge, math.huge
  for _, value in ipairs(values) do highest, lowest = math.max(highest, value), math.min(lowest, value) end
  local peaks = {}
  for _, peak in ipairs(peaks_of(speed, o.prominence)) do
    if level[peak.first] - level[math.min(peak.last + 1, n)] > o.drop * (highest - lowest) then peaks[#peaks + 1] = peak end
  end
  result.stages = #peaks
  -- The longest run in a range where the rate is below a limit.
  local function plateau(first, last, limit)
    local best, begin
    for i = first, last + 1 do
      if i <= last and rate[i] < limit then
        begin = begin or i
      elseif begin then
        if not best or i - begin > best.last - best.first then best = { first = begin, last = i } end
        begin = nil
      end
    end
    if not best then return end
    local flattest = best.first
    for i = best.first, best.last - 1 do if math.abs(rate[i]) < math.abs(rate[flattest]) then flattest = i end end
    table.insert(result.plateaus, { first = t[best.first], last = t[best.last], at = t[flattest], value = values[flattest] })
  end
  for i, peak in ipairs(peaks) do
    local fastest = 0
    for j = peak.first, math.min(peak.last, n - 1) do fastest = math.max(fastest, rate[j]) end
    result.drops[i] = t[peak.at]
    if i == 1 then plateau(1, peak.at - 1, o.fraction * fastest) end
    plateau(peak.at + 1, peaks[i + 1] and peaks[i + 1].at - 1 or n - 1, o.fraction * fastest)
  end
  return result
end

local kinds = { fraction = "number", prominence = "number", window = "integer", drop = "number", series = "string" }
local defaults = { fraction = 0.1, prominence = 0.8, window = 1, drop = 1e-3, series = "loss" }

local function check(o)
  if not (o.fraction > 0 and o.fraction < 1) then fail("plateau_stages: option 'fraction': expected a number in (0, 1), got %g", o.fraction) end
  if not (o.prominence > 0 and o.prominence < 1) then fail("plateau_stages: option 'prominence': expected a number in (0, 1), got %g", o.prominence) end
  if o.window < 1 then fail("plateau_stages: option 'window': expected a number of values from 1 on, got %d", o.window) end
  if not (o.drop >= 0 and o.drop < 1) then fail("plateau_stages: option 'drop': expected a number in [0, 1), got %g", o.drop) end
end

local function plain(_, series, given)
  native.check("plateau_stages", given, kinds)
  local o = {}
  for _, list in ipairs { defaults, given or {} } do for option, value in pairs(list) do o[option] = value end end
  check(o)
  local steps, values = points_of(series)
  return stages_of(steps, values, o)
end

diagnostic("plateau_stages", {
  options = kinds, defaults = defaults, check = check, plain = plain,
  measure = function(self, o)
    if not self.run then fail("plateau_stages: expected a series, or a run") end
    local log, found = self.run.log, false
    for _, name in ipairs(log:names()) do found = found or name == o.series end
    if not found then return { stages = 0, drops = {}, plateaus = {} } end
    return plain(nil, log[o.series], { fraction = o.fraction, prominence = o.prominence, window = o.window, drop = o.drop })
  end,
})
