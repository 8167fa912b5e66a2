-- The spectral density of a symmetric operator, by stochastic Lanczos quadrature. Runs once in every state, after estimates.lua and bases.lua.
local eb, native, parts = ...
local curvature = parts.curvature
local fail, methods, bases = parts.rules.fail, curvature.methods, curvature.bases

local D = "float64"

-- Lanczos from each row at once, each with its own basis, to which every new vector is made orthogonal twice. Answers for each row the
-- diagonal and the off-diagonal of its tridiagonal matrix; a row whose space closes early has a smaller one.
local function tridiagonals(many, start, steps, epsilon)
  local count = start.shape[1]
  local lanes, open, matvecs = {}, {}, 0
  for i = 1, count do
    lanes[i] = { v = start[i], basis = {}, diagonal = {}, side = {}, scale = 0 }
    open[i] = lanes[i]
  end
  for step = 1, steps do
    if #open == 0 then break end
    local current = {}
    for i, lane in ipairs(open) do
      current[i] = lane.v
      bases.append(lane.basis, lane.v:unsqueeze(1))
    end
    local images = curvature.rows(many, eb.stack(current, 1))
    matvecs = matvecs + #open
    local still = {}
    for i, lane in ipairs(open) do
      local w = images[i]
      local a = w:dot(lane.v):item()
      lane.diagonal[step] = a
      w = w:unsqueeze(1)
      for _ = 1, 2 do w = w - bases.combine(lane.basis, bases.coefficients(lane.basis, w)) end
      local b = w:norm():item()
      lane.scale = math.max(lane.scale, math.abs(a), b)
      if b > 64 * epsilon * lane.scale and step < steps then
        lane.side[step] = b
        lane.v = w[1] / b
        still[#still + 1] = lane
      end
    end
    open = still
  end
  return lanes, matvecs
end

-- Whether all of an operator's images were numbers.
local function is_finite(lanes)
  local sum = 0
  for _, lane in ipairs(lanes) do
    for i, a in ipairs(lane.diagonal) do sum = sum + 0 * a + 0 * (lane.side[i] or 0) end
  end
  return sum == 0
end

-- Of an operator with an image that is infinite or no number nothing is known.
local function unknown(options, matvecs)
  local grid, nothing = options.grid, eb.full({ 1 }, 0 / 0, { dtype = D })
  if native.is_tensor(grid) then grid = grid:cast(D) else grid = eb.full({ grid or 256 }, 0 / 0, { dtype = D }) end
  local value = eb.full(grid.shape, 0 / 0, { dtype = D })
  return { nodes = nothing, weights = nothing, grid = grid, value = value, stderr = value, sigma = options.sigma or 0 / 0, matvecs = matvecs }
end

-- Nodes and weights of Gauss's quadrature: eigenvalues, and squared first components of the eigenvectors (Golub & Welsch 1969).
local function quadrature(lane)
  local m = #lane.diagonal
  local matrix = {}
  for i = 1, m do
    matrix[i] = {}
    for j = 1, m do matrix[i][j] = i == j and lane.diagonal[i] or math.abs(i - j) == 1 and lane.side[math.min(i, j)] or 0 end
  end
  local nodes, vectors = eb.linalg.eigh(eb.tensor(matrix, { dtype = D }))
  return nodes, vectors[1] * vectors[1]
end

-- Golub & Meurant 1994; Ubaru, Chen & Saad 2017; of networks: Ghorbani, Krishnan & Xiao 2019, arXiv 1901.10159.
function methods.density(self, options)
  local core = curvature.core_of(self, "density")
  native.check("density", options, {
    steps = "integer", probes = "integer", sigma = "number", grid = "any", rng = "generator", seed = "integer",
  })
  options = options or {}
  local space = core.space
  local _, many = curvature.symmetric_form(core, "density")
  local steps = math.min(space.size, curvature.expect_positive("density", "steps", options.steps or 60))
  local probes = curvature.expect_positive("density", "probes", options.probes or 8)
  if options.sigma and not (options.sigma > 0) then fail("density: sigma: expected a width above 0, got %g", options.sigma) end
  local start = curvature.signs(probes, space, curvature.generator("density", options)) / space.size ^ 0.5
  local lanes, matvecs = tridiagonals(many, start, steps, space.dtype == D and 2.2e-16 or 1.2e-7)

  local grid = options.grid
  if grid ~= nil and not native.is_tensor(grid) and math.type(grid) ~= "integer" then
    fail("density: grid: expected a number of points or a tensor of them, got %s", native.type(grid))
  end
  if not is_finite(lanes) then return unknown(options, matvecs) end
  local nodes, weights = {}, {}
  for i, lane in ipairs(lanes) do nodes[i], weights[i] = quadrature(lane) end
  local all = eb.cat(nodes, 1)
  local low, high = all:min():item(), all:max():item()
  local width = high - low
  local sigma = options.sigma or (width > 0 and 0.01 * width or 0.01 * math.max(1e-300, math.abs(high)))
  if low == 0 and high == 0 and not options.sigma then sigma = 0.01 end
  if native.is_tensor(grid) then
    grid = grid:cast(D)
  else
    -- Fine enough for the sum over it to be the integral.
    local count = grid or math.ceil(math.min(1e5, math.max(256, 3 * (width + 12 * sigma) / sigma)))
    grid = eb.linspace(low - 6 * sigma, high + 6 * sigma, count, { dtype = D })
  end
  local curves = {}
  for i = 1, probes do
    local z = (grid:unsqueeze(2) - nodes[i]) / sigma
    curves[i] = (-z * z / 2):exp():mm(weights[i]) / (sigma * (2 * math.pi) ^ 0.5)
  end
  local value, stderr = curvature.mean_of(eb.stack(curves, 1))
  local ordered, order = all:sort()
  return {
    nodes = ordered, weights = (eb.cat(weights, 1) / probes):index(1, order), grid = grid, value = value, stderr = stderr, sigma = sigma,
    matvecs = matvecs,
  }
end
