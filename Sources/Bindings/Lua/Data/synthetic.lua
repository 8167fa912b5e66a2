-- Data made of formulas, with the truth behind it. Runs once in every state, after datasets.lua.
-- eb: the module's table; native: what Swift does for this file (option checks, errors with the user's line).
local eb, native = ...

local function fail(text, ...) native.fail("synthetic: " .. text:format(...)) end

-- An option that counts something, at least `least`.
local function count(options, name, default, least)
  local value = math.tointeger(options[name] or default)
  if value < least then fail("option '%s': expected at least %d, got %d", name, least, value) end
  return value
end

-- An option that is a number from 0 on.
local function amount(options, name, default)
  local value = options[name] or default
  if not (value >= 0) or value == math.huge then fail("option '%s': expected a finite number from 0 on, got %s", name, value) end
  return value
end

-- What every kind gets: its options, and draws in the dtype that was asked for.
local Source = {}
Source.__index = Source

function Source:normal(shape) return eb.randn(shape, { rng = self.rng, dtype = self.dtype }) end
function Source:uniform(shape) return eb.rand(shape, { rng = self.rng, dtype = self.dtype }) end
function Source:permutation(n) return eb.permutation(n, { rng = self.rng }) end
function Source:zeros(shape) return eb.zeros(shape, { dtype = self.dtype }) end

-- y with normal noise of this standard deviation; without noise nothing is drawn.
function Source:noisy(y, noise) return noise > 0 and y + noise * self:normal(y.shape) or y end

-- Labels 1 to `classes`, as many of each as possible, in random order.
function Source:labels(n, classes) return ((self:permutation(n) - 1) % classes + 1):cast("int32") end

local kinds = {}

kinds.regression = {
  options = { d = "integer", noise = "number", outputs = "integer", sparsity = "integer", whitened = "boolean" },
  make = function(source, n, o)
    local d, outputs = count(o, "d", 10, 1), o.outputs and count(o, "outputs", 1, 1)
    local x = source:normal { n, d }
    if o.whitened then
      if n < d then fail("whitened inputs need n >= d, got n = %d and d = %d", n, d) end
      x = eb.linalg.qr(x) * math.sqrt(n)
    end
    local w
    if o.sparsity then
      local k = count(o, "sparsity", d, 1)
      if k > d then fail("option 'sparsity': expected at most d = %d, got %d", d, k) end
      w = source:zeros { d, outputs or 1 }
      for column = 1, outputs or 1 do
        for _, row in ipairs(source:permutation(d)[{ { 1, k } }]:totable()) do w[{ math.tointeger(row), column }] = 1 / math.sqrt(k) end
      end
    else
      w = source:normal { d, outputs or 1 } / math.sqrt(d)
    end
    if not outputs then w = w:squeeze(2) end
    return { x = x, y = source:noisy(x:mm(w), amount(o, "noise", 0)), w = w }
  end,
}

kinds.classification = {
  options = { d = "integer", classes = "integer", noise = "number", separation = "number" },
  make = function(source, n, o)
    local d, classes = count(o, "d", 2, 1), count(o, "classes", 2, 2)
    local centers = source:normal { classes, d }
    centers = amount(o, "separation", 3) * centers / centers:norm(2, 2):unsqueeze(2)
    local y = source:labels(n, classes)
    return { x = source:noisy(centers:index(1, y), amount(o, "noise", 1)), y = y, classes = classes, centers = centers }
  end,
}

kinds.teacher = {
  options = { d = "integer", hidden = "integer", outputs = "integer", act = "string", noise = "number" },
  make = function(source, n, o)
    local d, hidden, outputs = count(o, "d", 10, 1), count(o, "hidden", 4, 1), count(o, "outputs", 1, 1)
    local act = o.act or "relu"
    local network = eb.nn.mlp { d, hidden, outputs, act = act }
    local teacher = {
      { weight = source:normal { d, hidden } / math.sqrt(d), bias = source:zeros { hidden } },
      { weight = source:normal { hidden, outputs } / math.sqrt(hidden), bias = source:zeros { outputs } },
    }
    local x = source:normal { n, d }
    return { x = x, y = source:noisy(network(teacher, x), amount(o, "noise", 0)), teacher = teacher, network = network }
  end,
}

kinds.spirals = {
  options = { classes = "integer", noise = "number", turns = "number" },
  make = function(source, n, o)
    local classes, turns = count(o, "classes", 2, 1), amount(o, "turns", 1.5)
    local y = source:labels(n, classes)
    -- The square root spreads the points evenly over the disc.
    local radius = source:uniform { n } ^ 0.5
    local angle = 2 * math.pi * (turns * radius + (y:cast(source.dtype) - 1) / classes)
    local x = eb.stack({ radius * angle:cos(), radius * angle:sin() }, 2)
    return { x = source:noisy(x, amount(o, "noise", 0)), y = y, classes = classes }
  end,
}

kinds.chebyshev = {
  options = { degree = "integer", noise = "number" },
  n = 20,
  make = function(source, n, o)
    local degree = count(o, "degree", 3, 0)
    local x = eb.linspace(-1, 1, n, { dtype = source.dtype }):unsqueeze(2)
    local before, y = x * 0 + 1, x
    if degree == 0 then y = before end
    for _ = 2, degree do before, y = y, 2 * x * y - before end
    return { x = x, y = source:noisy(y, amount(o, "noise", 0)), degree = degree }
  end,
}

kinds.low_rank = {
  options = { rows = "integer", columns = "integer", rank = "integer", noise = "number" },
  n = false, -- all entries unless given
  make = function(source, n, o)
    local rows = count(o, "rows", 20, 1)
    local columns, rank = count(o, "columns", rows, 1), count(o, "rank", 2, 1)
    if n and n > rows * columns then
      fail("option 'n': expected at most rows * columns = %d entries, got %d", rows * columns, n)
    end
    local matrix = source:normal { rows, rank }:mm(source:normal { columns, rank }:t())
    matrix = matrix * (math.sqrt(rows * columns) / matrix:norm():item())
    local places = n and source:permutation(rows * columns)[{ { 1, n } }] - 1 or eb.arange(0, rows * columns - 1, 1, { dtype = "int32" })
    local x = eb.stack({ (places // columns + 1):cast("int32"), (places % columns + 1):cast("int32") }, 2)
    local y = matrix:flatten():index(1, places + 1)
    return { x = x, y = source:noisy(y, amount(o, "noise", 0)), matrix = matrix, rank = rank }
  end,
}

function eb.data.synthetic(options)
  if type(options) ~= "table" then fail("expected a table of options with a kind, got %s", type(options)) end
  local kind = kinds[options.kind]
  if not kind then
    local names = {}
    for name in pairs(kinds) do names[#names + 1] = "'" .. name .. "'" end
    table.sort(names)
    fail("option 'kind': expected one of %s, got %s", table.concat(names, ", "),
      type(options.kind) == "string" and "'" .. options.kind .. "'" or tostring(options.kind))
  end
  local known = { kind = "string", n = "integer", dtype = "string", rng = "generator" }
  for name, sort in pairs(kind.options) do known[name] = sort end
  native.check("synthetic", options, known)
  local dtype = options.dtype or eb.default_dtype()
  if dtype ~= "float32" and dtype ~= "float64" then fail("option 'dtype': expected 'float32' or 'float64', got '%s'", dtype) end
  local n = (options.n or kind.n ~= false) and count(options, "n", kind.n or 100, 1) or nil
  return eb.data.dataset(kind.make(setmetatable({ rng = options.rng, dtype = dtype }, Source), n, options))
end
