-- What random probes tell of an operator: its trace and its diagonal, each with a standard error. Runs once in every state, after operators.lua.
local eb, native, parts = ...
local curvature = parts.curvature
local fail, methods = parts.rules.fail, curvature.methods

local D = "float64"

local function expect_positive(operation, name, value)
  if value < 1 then fail("%s: %s: expected a number from 1 on, got %d", operation, name, value) end
  return value
end

local function generator(operation, options)
  if options.rng and options.seed then fail("%s: give one of rng and seed", operation) end
  return options.rng or eb.rng(options.seed or 0)
end

-- Rows of independent signs (Rademacher), for which vᵀ A v has the least variance among independent entries.
local function signs(count, space, rng)
  return eb.where(eb.rand({ count, space.size }, { rng = rng }):lt(0.5), eb.tensor(-1, { dtype = space.dtype }), eb.tensor(1, { dtype = space.dtype }))
end

-- The mean of some numbers and how far it may be off; one number alone says nothing about that.
local function mean_of(samples)
  local count = samples.shape[1]
  local mean = samples:mean(1)
  if count == 1 then return mean, mean * -(0 / 0) end
  return mean, samples:var(1, { correction = 1 }):sqrt() / count ^ 0.5
end

-- Hutchinson 1990, doi 10.1080/03610919008812866: E vᵀ A v = tr A.
local function hutchinson(core, rng, probes)
  local v = signs(probes, core.space, rng)
  local samples = (v * curvature.rows(core.many, v)):cast(D):sum(2)
  local value, stderr = mean_of(samples)
  return value:item(), stderr:item(), probes
end

-- Meyer et al. 2021, arXiv 2010.09649: the trace in the range of A S exactly, and that of the rest by probes.
local function hutch_plus_plus(core, rng, probes)
  local n = core.space.size
  local sketch = math.min(n, probes // 3)
  local rest = probes - 2 * sketch
  local q = eb.linalg.qr(curvature.rows(core.many, signs(sketch, core.space, rng)):t())
  q = q:t():clone()
  local inside = (q * curvature.rows(core.many, q)):cast(D):sum():item()
  if sketch == n then return inside, 0, 2 * sketch end
  local v = signs(rest, core.space, rng)
  v = v - v:mm(q:t()):mm(q)
  local value, stderr = mean_of((v * curvature.rows(core.many, v)):cast(D):sum(2))
  return inside + value:item(), stderr:item(), probes
end

function methods.trace(self, options)
  local core = curvature.core_of(self, "trace")
  native.check("trace", options, { probes = "integer", method = "string", rng = "generator", seed = "integer" })
  options = options or {}
  local probes, method = expect_positive("trace", "probes", options.probes or 30), options.method or "hutchinson"
  local rng = generator("trace", options)
  local estimate
  if method == "hutchinson" then
    estimate = hutchinson
  elseif method == "hutch++" then
    if probes < 3 then fail("trace: probes: expected at least 3 for hutch++, got %d", probes) end
    estimate = hutch_plus_plus
  else
    fail("trace: method: expected \"hutchinson\" or \"hutch++\", got \"%s\"", method)
  end
  local value, stderr, matvecs = estimate(core, rng, probes)
  return { value = value, stderr = stderr, matvecs = matvecs }
end

-- Bekas, Kokiopoulou & Saad 2007, doi 10.1016/j.apnum.2007.01.003: E v ∘ A v = diag A.
function methods.diag(self, options)
  local core = curvature.core_of(self, "diag")
  native.check("diag", options, { probes = "integer", rng = "generator", seed = "integer" })
  options = options or {}
  local probes = expect_positive("diag", "probes", options.probes or 30)
  local space, rng = core.space, generator("diag", options)
  -- Sums in parts, of which all samples of a large operator need not be kept.
  local width = math.max(4, math.min(64, 2 ^ 20 // space.size))
  local sum, squares = 0, 0
  for first = 1, probes, width do
    local v = signs(math.min(width, probes - first + 1), space, rng)
    local samples = (v * core.many(v)):cast(D)
    sum, squares = sum + samples:sum(1), squares + (samples * samples):sum(1)
  end
  local mean = sum / probes
  local spread = (squares / probes - mean * mean):clamp(0, math.huge)
  local stderr = (spread / (probes - 1)):sqrt()
  local function shaped(x) return space.unflatten(x:cast(space.dtype)) end
  return { value = shaped(mean), stderr = shaped(stderr), matvecs = probes }
end

curvature.signs, curvature.generator, curvature.mean_of, curvature.expect_positive = signs, generator, mean_of, expect_positive
