-- The plane that a path through parameter space is best seen in. Runs once in every state, after directions.lua.
local eb, native, parts = ...
local tree, landscape, fail = eb.tree, parts.landscape, parts.rules.fail
local point, like = landscape.point, landscape.like

local Trajectory, methods = landscape.kind "trajectory"

-- The parameters of a run at about `count` steps from its first to its last, or at given ones.
local function snapshots(run, options)
  local steps = options.steps
  if native.is_tensor(steps) then steps = steps:totable() end
  if steps == nil then
    local count, last = options.points or 25, run.t
    if count < 2 then fail("trajectory: option 'points': expected a whole number from 2 on, got %d", count) end
    if last < 1 then fail("trajectory: the run has taken no steps") end
    steps = {}
    for i = 0, count - 1 do
      local t = math.floor(last * i / (count - 1) + 0.5)
      if t ~= steps[#steps] then steps[#steps + 1] = t end
    end
  end
  local list = {}
  for i, t in ipairs(steps) do list[i] = run:at(math.tointeger(t) or t).params end
  return list, steps
end

-- One row of numbers for each tree; in float64 while that is small.
local function rows(list)
  local flats = {}
  local count = #list * tree.count(list[1])
  for i, each in ipairs(list) do
    local flat = tree.flatten(each)
    flats[i] = count <= 20000000 and flat:cast "float64" or flat
  end
  return eb.stack(flats)
end

-- Principal directions of the points of a path, through the eigenvectors of the small matrix of inner products.
function eb.landscape.trajectory(path, options)
  native.check("trajectory", options, { k = "integer", points = "integer", steps = "any", origin = "string" })
  options = options or {}
  local list, steps
  if type(path) == "table" and getmetatable(path) == parts.runs.Run then
    list, steps = snapshots(path, options)
  elseif type(path) == "table" and path[1] ~= nil and not native.is_tensor(path) then
    list, steps = { table.unpack(path) }, options.steps
  else
    fail("trajectory: argument 1: expected a run or a list of parameters, got %s", native.type(path))
  end
  local k = options.k or 2
  if #list < 2 then fail("trajectory: expected at least 2 points, got %d", #list) end
  if k < 1 then fail("trajectory: option 'k': expected a whole number from 1 on, got %d", k) end
  local last = point("trajectory", list[#list])
  for i, each in ipairs(list) do list[i] = like("trajectory", ("point %d"):format(i), last, each) end

  local flat, restore = tree.flatten(last)
  local points = rows(list)
  local mean = points:mean(1)
  local centred = points - mean
  local values, vectors = eb.linalg.eigh(centred:mm(centred:t()):cast "float64")
  local n, total = #list, values:sum():item()
  local directions, explained = {}, {}
  for i = 1, k do
    local value = i <= n and values[n + 1 - i]:item() or 0
    -- Below rounding there is no direction.
    if not (value > 1e-12 * math.max(total, 1e-300)) then
      fail("trajectory: the path has only %d direction%s; give k = %d", i - 1, i == 2 and "" or "s", math.max(i - 1, 1))
    end
    local weights = vectors[{ {}, n + 1 - i }]
    -- Of the two signs the one that the path goes on the whole.
    if (weights[n] - weights[1]):item() < 0 then weights = -1 * weights end
    directions[i] = weights:cast(points.dtype):reshape(1, n):mm(centred):reshape(#mean) / math.sqrt(value)
    explained[i] = value / total
  end
  local origins = { last = points[n], first = points[1], mean = mean }
  local origin = origins[options.origin or "last"]
  if not origin then fail("trajectory: option 'origin': expected \"last\", \"first\" or \"mean\", got \"%s\"", options.origin) end
  local basis = eb.stack(directions)
  local offsets = points - origin
  local coordinates = offsets:mm(basis:t())
  local rest = offsets - coordinates:mm(basis)
  for i, direction in ipairs(directions) do directions[i] = restore(direction:cast(flat.dtype)) end
  return setmetatable({
    origin = restore(origin:cast(flat.dtype)), directions = directions, explained = eb.tensor(explained, { dtype = "float64" }),
    path = coordinates, residual = (rest * rest):sum(2):sqrt(), steps = steps or eb.arange(1, n),
  }, Trajectory)
end

-- What an axis of a figure says.
function methods:label(i) return ("direction %d (%.1f %% of the variance)"):format(i, 100 * self.explained[i]:item()) end

-- The loss on the plane of the first two directions, as far as the path goes and a margin, a share of that, more.
function methods:plane(loss, options)
  landscape.callable("trajectory:plane", loss)
  native.check("trajectory:plane", options, { data = "any", points = "any", margin = "number" })
  options = options or {}
  if #self.directions < 2 then fail("trajectory:plane: there is one direction; make the trajectory with k = 2") end
  local axes = {}
  for i = 1, 2 do
    local along = self.path[{ {}, i }]
    local low, high = along:min():item(), along:max():item()
    local margin = (options.margin or 0.2) * math.max(high - low, 1e-12)
    axes[i] = landscape.axis("trajectory:plane", { points = options.points }, i, { from = low - margin, to = high + margin, points = 25 })
  end
  local plane = landscape.on_plane(
    "trajectory:plane", loss, self.origin, self.directions, axes[1], axes[2], landscape.arguments("trajectory:plane", options.data))
  plane.path = self
  return plane
end

-- The path in its plane, or along its one direction over its steps.
function methods:plot(options)
  local figure = { title = ("distance from the plane up to %.3g"):format(self.residual:max():item()), xlabel = self:label(1) }
  if #self.directions > 1 then
    figure[1] = { self.path[{ {}, 1 }], self.path[{ {}, 2 }], marks = true }
    figure.ylabel = self:label(2)
  else
    figure[1] = { self.steps, self.path[{ {}, 1 }], marks = true }
    figure.xlabel, figure.ylabel = "step", self:label(1)
  end
  for name, value in pairs(options or {}) do figure[name] = value end
  return eb.plot.line(figure)
end

function Trajectory:__tostring()
  local shares = {}
  for i = 1, #self.directions do shares[i] = ("%.1f %%"):format(100 * self.explained[i]:item()) end
  return ("trajectory: %d points, %s of the variance, distance from the plane up to %.6g"):format(
    #self.path, table.concat(shares, " + "), self.residual:max():item())
end
