-- What flows write down, as series. Runs once in every state, after problem.lua.
local eb, native, parts = ...
local flow = parts.flow
local fail = flow.fail

local Series = { __name = "series of a flow" }
Series.__index = Series

-- The value at a time of the log.
function Series:at(t)
  for i, each in ipairs(self.times) do
    if math.abs(each - t) <= 1e-9 * math.max(1, math.abs(t)) then return self.list[i] end
  end
  fail("at: the log has no entry at t = %g; option 'at' or 'every' of the flow says where it has them", t)
end

function Series:__tostring() return ("series of %d values, t = %g to %g"):format(#self.list, self.times[1] or 0 / 0, self.times[#self.times] or 0 / 0) end

local function series(core, name)
  local times, list = {}, {}
  for _, row in ipairs(core.rows) do
    local value = row.values[name]
    if value ~= nil then times[#times + 1], list[#list + 1] = row.t, value end
  end
  if #list == 0 then return nil end
  local value = native.is_tensor(list[1]) and eb.stack(list) or eb.tensor(list, { dtype = "float64" })
  return setmetatable({ times = times, list = list, t = eb.tensor(times, { dtype = "float64" }), value = value }, Series)
end

local Log = { __name = "log of a flow" }

function Log:__index(name)
  local core = rawget(self, 1)
  if name == "t" then
    local times = {}
    for i, row in ipairs(core.rows) do times[i] = row.t end
    return eb.tensor(times, { dtype = "float64" })
  end
  local found = series(core, name)
  if found then return found end
  local known, seen = { "t" }, {}
  for _, row in ipairs(core.rows) do
    for each in pairs(row.values) do if not seen[each] then seen[each], known[#known + 1] = true, each end end
  end
  native.no_member("log", tostring(name), known)
end

function Log:__tostring()
  local rows = rawget(self, 1).rows
  local names = {}
  if #rows > 0 then for name in pairs(rows[#rows].values) do names[#names + 1] = name end end
  table.sort(names)
  return ("log of a flow: %d times; t, %s"):format(#rows, table.concat(names, ", "))
end

function flow.log_of(core) return setmetatable({ core }, Log) end
