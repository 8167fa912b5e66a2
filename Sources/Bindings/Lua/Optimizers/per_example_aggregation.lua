-- How per-example gradients become one: values that are called on them. Runs once in every state, after optimizers.lua.
local eb, native, rules = ...
local tree = eb.tree

local function fail(text, ...) native.fail(text:format(...)) end

local metatable = { __name = "aggregate" }

-- aggregate(g[, { rng = generator }]) -> a tree like the parameters
function metatable.__call(self, g, options)
  if native.type(g) ~= "per-example gradients" then
    fail("%s: argument 1: expected per-example gradients (eb.per_example(f)(p, X, ...)), got %s", self.name, native.type(g))
  end
  native.check(self.name, options, { rng = "generator" })
  return self.combine(g, self.h, options and options.rng)
end

function metatable.__tostring(self)
  local parts = {}
  for i, name in ipairs(self.order) do
    local value = self.h[name]
    if value ~= nil then parts[i] = ("%s = %s"):format(name, native.is_generator(value) and "generator" or ("%g"):format(value)) end
  end
  return ("eb.agg.%s{%s}"):format(self.name, table.concat(parts, ", "))
end

-- eb.agg[name](options): `wanted` is a list of { option, default or nil, least, most, is_positive = whether the least is excluded }.
local function define(name, wanted, combine)
  local kinds, order = {}, {}
  for i, each in ipairs(wanted) do kinds[each[1]], order[i] = each.kind or "number", each[1] end
  eb.agg[name] = function(options, ...)
    -- Where all options have defaults, the name alone is an aggregate, too.
    if native.type(options) == "per-example gradients" then return eb.agg[name]()(options, ...) end
    native.check(name, options, kinds)
    local h = {}
    for _, each in ipairs(wanted) do
      local option, default, low, high = each[1], each[2], each[3], each[4]
      local value = options and options[option]
      if value == nil then value = default end
      if value == nil and not each.is_optional then fail("%s: option '%s' is missing", name, option) end
      if low and value ~= nil and not (value >= low and value <= high and value < math.huge and not (each.is_positive and value == low)) then
        local range = each.is_positive and "a positive number" or high < math.huge and ("a number from %g to %g"):format(low, high)
          or ("a number from %g on"):format(low)
        fail("%s: option '%s': expected %s, got %s", name, option, range, tostring(value))
      end
      h[option] = value
    end
    return setmetatable({ name = name, h = h, order = order, combine = combine }, metatable)
  end
end

define("mean", {}, function(g) return g:mean() end)

local percentile = { "c", nil, 0, 50 }
define("winsorized", { percentile }, function(g, h) return g:winsorized { c = h.c } end)
define("trimmed", { percentile }, function(g, h) return g:trimmed { c = h.c } end)
define("median", {}, function(g) return g:median() end)

local scale = { "scale", 0.001, 0, math.huge }
define("sum_sign", { scale }, function(g, h) return h.scale * g:sign_sum() end)
define("sign_sum", { scale }, function(g, h) return tree.map(function(x) return h.scale * x:sign() end, g:mean()) end)

define("and_mask", { { "tau", nil, 0, 1 } }, function(g, h)
  return tree.map(function(signs, mean)
    return eb.where(signs:abs():ge(h.tau * g.count), mean, eb.zeros_like(mean))
  end, g:sign_sum(), g:mean())
end)

-- Differentially private SGD (Abadi et al. 2016): mean of gᵢ min(1, C/‖gᵢ‖), and normal noise of deviation σ C on their sum.
define("clip", {
  { "max_norm", nil, 0, math.huge, is_positive = true }, { "sigma", 0, 0, math.huge }, { "rng", nil, kind = "generator", is_optional = true },
}, function(g, h, rng)
  local norms = g:norms()
  local clipped = g:weighted_sum(h.max_norm / g.count / norms:clamp(h.max_norm))
  if h.sigma == 0 then return clipped end
  local noise = tree.randn_like(clipped, { rng = rng or h.rng })
  return tree.map(function(x, xi) return x + h.sigma * h.max_norm / g.count * xi end, clipped, noise)
end)

define("geometric_median", {
  { "iterations", 1000, 1, math.huge, kind = "integer" }, { "tolerance", 1e-12, 0, 1 },
}, function(g, h) return g:geometric_median { iterations = h.iterations, tolerance = h.tolerance } end)
