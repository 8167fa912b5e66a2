-- What the files of theory share: their arguments as float64, and closed forms over modes and times. Runs once in every state, first.
local eb, native, parts = ...
local D = { dtype = "float64" }

local function fail(text, ...) native.fail(text:format(...)) end

local theory = { fail = fail }

-- A tensor in float64, of a tensor, a number or a table of numbers.
function theory.tensor(operation, what, value)
  if native.is_tensor(value) then return value:cast("float64") end
  local kind = native.type(value)
  if kind == "number" or native.is_number(value) then return eb.tensor(value, D) end
  if kind ~= "table" then fail("%s: %s: expected a tensor, a number or a table of numbers, got %s", operation, what, kind) end
  local good, result = pcall(eb.tensor, value, D)
  if not good then fail("%s: %s: expected a tensor, a number or a table of numbers, got a table of something else", operation, what) end
  return result
end

local function shape(x) return "[" .. table.concat(x.shape, ", ") .. "]" end
theory.shape = shape

function theory.matrix(operation, what, value)
  local m = theory.tensor(operation, what, value)
  if m.ndim ~= 2 then fail("%s: %s: expected a matrix, got shape %s", operation, what, shape(m)) end
  return m
end

-- X: [n, d] and y: [n], or [n, p] where `wide`; one target of each example makes a column.
function theory.examples(operation, x, y, wide)
  x, y = theory.matrix(operation, "X", x), theory.tensor(operation, wide and "Y" or "y", y)
  if not wide and y.ndim == 2 and y.shape[2] == 1 then y = y:flatten() end
  if wide and y.ndim == 1 then y = y:unsqueeze(2) end
  if y.ndim ~= (wide and 2 or 1) or #y ~= #x then
    fail("%s: X is %s; expected %s with %d entries along dimension 1, got %s", operation, shape(x), wide and "Y" or "y", #x, shape(y))
  end
  return x, y
end

function theory.whole(operation, what, value, least)
  local number = math.tointeger(value)
  if not number or number < least then fail("%s: %s: expected a whole number from %d on, got %s", operation, what, least, native.text(value)) end
  return number
end

function theory.positive(operation, what, value)
  if type(value) ~= "number" or not (value > 0) then fail("%s: %s: expected a number above 0, got %s", operation, what, native.text(value)) end
  return value
end

-- A formula of modes and times, `formula(t, mode…)` of tensors that broadcast: modes [k] or single, times [T] or single, one after another
-- along dimension 1 of [T, k]. All of them numbers give a number.
function theory.over_times(operation, t, names, modes, formula)
  local numbers, lanes = type(t) == "number", false
  local values = {}
  for i, name in ipairs(names) do
    numbers = numbers and type(modes[i]) == "number"
    values[i] = theory.tensor(operation, name, modes[i])
    if values[i].ndim > 1 then fail("%s: %s: expected a number or a vector, got shape %s", operation, name, shape(values[i])) end
    lanes = lanes or values[i].ndim == 1
  end
  local times = theory.tensor(operation, "t", t)
  if times.ndim > 1 then fail("%s: t: expected a number or a vector, got shape %s", operation, shape(times)) end
  if lanes and times.ndim == 1 then times = times:unsqueeze(2) end
  local result = formula(times, table.unpack(values))
  if numbers then return result:item() end
  return result
end

-- The same for what is no formula: column(times, mode…) of Lua numbers gives the list of one mode's values at these times.
function theory.tabulate(operation, t, names, modes, column)
  local numbers, lanes, count, values = type(t) == "number", false, 1, {}
  for i, name in ipairs(names) do
    numbers = numbers and type(modes[i]) == "number"
    local value = theory.tensor(operation, name, modes[i])
    if value.ndim > 1 then fail("%s: %s: expected a number or a vector, got shape %s", operation, name, shape(value)) end
    values[i] = value:flatten():totable()
    lanes = lanes or value.ndim == 1
    if #values[i] ~= 1 and count ~= 1 and #values[i] ~= count then fail("%s: %s: expected %d modes, got %d", operation, name, count, #values[i]) end
    count = math.max(count, #values[i])
  end
  local times = theory.tensor(operation, "t", t)
  if times.ndim > 1 then fail("%s: t: expected a number or a vector, got shape %s", operation, shape(times)) end
  local list, columns = times:flatten():totable(), {}
  for mode = 1, count do
    local own = {}
    for i, value in ipairs(values) do own[i] = value[mode] or value[1] end
    columns[mode] = column(list, table.unpack(own))
  end
  if numbers then return columns[1][1] end
  local result = eb.tensor(columns, D):t()
  if not lanes then result = result[{ {}, 1 }] end
  if times.ndim == 0 then result = result[1] end
  return result
end

-- X = U diag(s) Vᵀ with the singular values above rounding: U [n, r], s [r], Vᵀ [r, d].
function theory.thin_svd(x)
  local u, s, vt = eb.linalg.svd(x)
  local limit = #s > 0 and s[1]:item() * math.max(x.shape[1], x.shape[2]) * 2 ^ -52 or 0
  local rank = 0
  for i = 1, #s do if s[i]:item() > limit then rank = i end end
  return u[{ {}, { 1, rank } }], s[{ { 1, rank } }], vt[{ { 1, rank }, {} }], rank
end

parts.theory = theory
