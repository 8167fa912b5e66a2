-- The loss around a point of parameter space: along lines, on planes, between two points. Runs once in every state.
local eb, native, parts = ...
local tree = eb.tree
local landscape = {}
parts.landscape = landscape

local fail = parts.rules.fail

-- A kind of result: a table with these methods, whose other names are known when it is made.
function landscape.kind(name)
  local kind, methods = { __name = name }, {}
  function kind.__index(_, key)
    if methods[key] or key == "path" then return methods[key] end
    local known = {}
    for each in pairs(methods) do known[#known + 1] = each end
    native.no_member(name, tostring(key), known)
  end
  return kind, methods
end

-- MARK: Arguments

-- What the loss gets after the parameters: option `data` is a dataset {x =, y =}, a table of tensors, a tensor, or absent.
local function arguments(operation, data)
  if data == nil then return {} end
  if native.is_tensor(data) then return { data } end
  if type(data) == "table" then
    if native.is_tensor(data.x) then return { data.x, data.y } end
    local list = {}
    for i, each in ipairs(data) do list[i] = each end
    if #list > 0 then return list end
  end
  fail("%s: option 'data': expected a dataset, {x, y} or a tensor, got %s", operation, native.type(data))
end

-- A tree of float tensors, and a direction like it.
local function point(operation, p)
  if p == nil then fail("%s: argument 2: expected parameters, got nil", operation) end
  local q = native.init(nil, p)
  for _, leaf in ipairs(tree.leaves(q)) do
    if leaf.dtype ~= "float32" and leaf.dtype ~= "float64" then
      fail("%s: argument 2: expected parameters of float32 or float64, got a tensor of %s", operation, leaf.dtype)
    end
  end
  return q
end
landscape.point = point

local function like(operation, what, p, d)
  if d == nil then fail("%s: %s: expected a tree like the parameters, got nil", operation, what) end
  return native.like(p, d, ("%s: %s"):format(operation, what))
end
landscape.like = like

-- The values of an axis: option `at`, or `points` from `from` to `to`. Each may be a pair, one for each axis of a plane.
local function axis(operation, options, number, defaults)
  local function one(name)
    local value = options[name]
    if type(value) == "table" and not native.is_tensor(value) and name ~= "at" then value = value[number] end
    if value == nil then return defaults[name] end
    return value
  end
  local at = options.at
  if number > 1 or (type(at) == "table" and type(at[1]) ~= "number") then at = type(at) == "table" and at[number] or nil end
  if at ~= nil then
    at = native.is_tensor(at) and at:cast "float64" or eb.tensor(at, { dtype = "float64" })
    if at.ndim ~= 1 or #at == 0 then fail("%s: option 'at': expected a list of numbers, got shape [%s]", operation, table.concat(at.shape, ", ")) end
    return at
  end
  local from, to, points = one "from", one "to", one "points"
  for name, value in pairs { from = from, to = to } do
    if type(value) ~= "number" or value ~= value or math.abs(value) == math.huge then
      fail("%s: option '%s': expected a number, got %s", operation, name, tostring(value))
    end
  end
  if from >= to then fail("%s: expected from < to, got %g and %g", operation, from, to) end
  if math.type(points) ~= "integer" or points < 2 then
    fail("%s: option 'points': expected a whole number from 2 on, got %s", operation, tostring(points))
  end
  return eb.linspace(from, to, points, { dtype = "float64" })
end

-- MARK: Evaluating

-- Lanes side by side pay while their numbers stay in the cache; beyond, one after another is faster, as the kernels fill the machine.
local lane_bytes, tile_bytes = 64 << 10, 4 << 20

-- p + Σ cₖ dₖ.
local function moved(p, directions, c)
  local q = p
  for k, d in ipairs(directions) do
    local coefficient = c[k]
    q = tree.map(function(w, v) return w + coefficient:cast(w.dtype) * v end, q, d)
  end
  return q
end

-- The losses [n] at p + Σ cₖ dₖ for the rows c of a matrix [n, k], by one compiled program for all of them.
local function losses(operation, loss, p, directions, c, data)
  local function value(row) return (loss(moved(p, directions, row), table.unpack(data))) end
  -- Once as it is: errors are those of the loss, and the memory that a point takes is known.
  local before = eb.memory { reset_peak = true }.live
  local first = value(c[1])
  if type(first) == "number" then first = eb.tensor(first, { dtype = "float64" }) end
  if not native.is_tensor(first) or first.ndim ~= 0 then
    fail("%s: the loss: expected a scalar, got %s", operation, native.is_tensor(first) and ("shape [%s]"):format(table.concat(first.shape, ", ")) or native.type(first))
  end
  local bytes = math.max(eb.memory().peak - before, 1)
  local count, result = #c, {}
  local function all(program, size)
    for start = 1, count, size do
      local last = math.min(start + size - 1, count)
      -- A shorter last tile would need a program of its own.
      local rows = last - start + 1 == size and c[{ { start, last } }] or eb.cat { c[{ { start, last } }], c[count]:reshape(1, #c[count]):expand(size - (last - start + 1), #c[count]) }
      local values = program(rows)
      result[#result + 1] = last - start + 1 == size and values or values[{ { 1, last - start + 1 } }]
    end
    return eb.cat(result)
  end
  local good, found
  if bytes <= lane_bytes and count > 1 then
    good, found = pcall(all, eb.compile(eb.vmap(value)), math.min(count, math.max(1, tile_bytes // bytes)))
    if good then return found end
    result = {}
  end
  -- What can't be recorded is evaluated as it is.
  local one = eb.compile(value)
  local plain
  for i = 1, count do
    local row, answer = c[i], nil
    if not plain then
      good, answer = pcall(one, row)
      plain = not good
    end
    if plain then answer = value(row) end
    result[i] = native.is_tensor(answer) and answer or eb.tensor(answer, { dtype = "float64" })
  end
  return eb.stack(result)
end
landscape.losses = losses

-- MARK: Lines

local Line, line = landscape.kind "loss line"

local kinds = { data = "any", from = "any", to = "any", points = "any", at = "any" }
landscape.kinds = kinds

local function callable(operation, loss)
  if not parts.rules.is_callable(loss) then fail("%s: argument 1: expected the loss, a function, got %s", operation, native.type(loss)) end
end
landscape.callable = callable

-- L(p + a d) at the values a.
function eb.landscape.line(loss, p, d, options)
  callable("line", loss)
  native.check("line", options, kinds)
  options = options or {}
  p = point("line", p)
  d = like("line", "direction", p, d)
  local a = axis("line", options, 1, { from = -1, to = 1, points = 51 })
  return setmetatable({ a = a, loss = losses("line", loss, p, { d }, a:reshape(#a, 1), arguments("line", options.data)) }, Line)
end

-- Options of a figure with defaults under them.
local function figure(options, defaults)
  for name, value in pairs(options or {}) do defaults[name] = value end
  return defaults
end

function line:plot(options)
  return eb.plot.line(figure(options, { { self.a, self.loss }, xlabel = "a", ylabel = "loss" }))
end

function Line:__tostring()
  local least = self.loss:argmin():item()
  return ("loss line: %d points, a from %.6g to %.6g, smallest loss %.6g at a = %.6g"):format(
    #self.a, self.a[1]:item(), self.a[#self.a]:item(), self.loss[least]:item(), self.a[least]:item())
end

-- MARK: Planes

local Plane, plane = landscape.kind "loss plane"

-- L(p + a d1 + b d2) at all pairs of the values a and b.
local function on_plane(operation, loss, p, directions, a, b, data)
  local n, m = #a, #b
  local grid = eb.stack({ a:reshape(n, 1):expand(n, m), b:reshape(1, m):expand(n, m) }, 3):reshape(n * m, 2)
  return setmetatable({ a = a, b = b, loss = losses(operation, loss, p, directions, grid, data):reshape(n, m) }, Plane)
end

function eb.landscape.plane(loss, p, d1, d2, options)
  callable("plane", loss)
  native.check("plane", options, kinds)
  options = options or {}
  p = point("plane", p)
  d1, d2 = like("plane", "first direction", p, d1), like("plane", "second direction", p, d2)
  local defaults = { from = -1, to = 1, points = 25 }
  local a, b = axis("plane", options, 1, defaults), axis("plane", options, 2, defaults)
  return on_plane("plane", loss, p, { d1, d2 }, a, b, arguments("plane", options.data))
end
landscape.on_plane, landscape.axis, landscape.arguments = on_plane, axis, arguments

function plane:plot(options)
  local defaults = { self.loss:t(), x = self.a, y = self.b, xlabel = "a", ylabel = "b", zlabel = "loss" }
  local path = self.path
  if path then
    defaults.xlabel, defaults.ylabel = path:label(1), path:label(2)
    defaults.title = ("distance of the path from the plane up to %.3g"):format(path.residual:max():item())
    defaults.series = { { path.path[{ {}, 1 }], path.path[{ {}, 2 }], name = "path", marks = true } }
  end
  return eb.plot.heat(figure(options, defaults))
end

function Plane:__tostring()
  local n, m = #self.a, #self.b
  local place = self.loss:reshape(n * m):argmin():item() - 1
  local text = ("loss plane: %d × %d points, a from %.6g to %.6g, b from %.6g to %.6g, smallest loss %.6g at (%.6g, %.6g)"):format(
    n, m, self.a[1]:item(), self.a[n]:item(), self.b[1]:item(), self.b[m]:item(), self.loss:min():item(),
    self.a[place // m + 1]:item(), self.b[place % m + 1]:item())
  return self.path and text .. "\n" .. tostring(self.path) or text
end

-- MARK: Between two points

-- n trees at equal distances from p to q, both included.
function eb.landscape.interpolate(p, q, n)
  p = point("interpolate", p)
  q = like("interpolate", "argument 2", p, q)
  if math.type(n) ~= "integer" or n < 2 then fail("interpolate: argument 3: expected a whole number from 2 on, got %s", tostring(n)) end
  local list = {}
  for i = 1, n do
    local a = (i - 1) / (n - 1)
    -- The ends are what was given, bit for bit.
    list[i] = i == 1 and p or i == n and q or (1 - a) * p + a * q
  end
  return list
end

-- How far the loss rises between p and q above the straight line between their losses, and where it was looked.
function eb.landscape.barrier(loss, p, q, options)
  callable("barrier", loss)
  native.check("barrier", options, { data = "any", points = "any" })
  options = options or {}
  p = point("barrier", p)
  q = like("barrier", "argument 3", p, q)
  local a = axis("barrier", { points = options.points }, 1, { from = 0, to = 1, points = 25 })
  local looked = setmetatable({ a = a, loss = losses("barrier", loss, p, { q - p }, a:reshape(#a, 1), arguments("barrier", options.data)) }, Line)
  local chord = (1 - a) * looked.loss[1] + a * looked.loss[#a]
  return native.number((looked.loss:cast "float64" - chord):max()), looked
end
