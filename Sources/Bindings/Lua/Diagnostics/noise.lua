-- Size and noise of the gradient. Runs once in every state, after diagnostics.lua.
local eb, native, parts = ...
local diagnostic, scalar, square, tree, fail = parts.diagnostic, parts.scalar, parts.square, eb.tree, parts.fail

local parameters = { "layer", "parameter" }

diagnostic("gradient_norm", {
  by = parameters, options = { p = "number" }, defaults = { p = 2 },
  measure = function(self, o)
    local g = self:gradient()
    return parts.by_group(self, function(select) return scalar(tree.norm(select(g), o.p)) end)
  end,
})

-- Mean ‖gᵢ‖² and ‖mean gᵢ‖².
local function moments(gradients)
  local squares = gradients:norms():cast("float64") ^ 2
  return scalar(squares:mean()), square(tree.leaves(gradients:mean()))
end

-- tr Cov(g) and ‖E g‖²: of the examples as all there are, or as estimates from two sizes of batches (McCandlish et al. 2018, appendix A).
local function covariance(self, gradients, small)
  local m = self:examples()
  local single, whole = moments(gradients)
  if not small then return single - whole, whole end
  if small >= m then fail("%s: option 'small': expected fewer than all %d examples, got %d", self.name, m, small) end
  if small > 1 then
    local weights = parts.batches(self, small, 0)
    single = scalar((weights:mm(gradients:gram():cast("float64")) * weights):sum()) / #weights
  end
  return (single - whole) / (1 / small - 1 / m), (m * whole - small * single) / (m - small)
end

diagnostic("noise_scale", {
  by = parameters, options = { small = "integer" },
  check = function(o) if o.small and o.small < 1 then fail("noise_scale: option 'small': expected a size of batches from 1 on, got %d", o.small) end end,
  measure = function(self, o)
    return parts.by_gradients(self, function(g)
      local trace, mean = covariance(self, g, o.small)
      return trace / mean
    end)
  end,
})

diagnostic("normalized_variance", {
  by = parameters, options = { size = "integer" }, defaults = { size = 1 },
  check = function(o) if o.size < 1 then fail("normalized_variance: option 'size': expected a size of batches from 1 on, got %d", o.size) end end,
  measure = function(self, o)
    return parts.by_gradients(self, function(g)
      local trace, mean = covariance(self, g)
      return trace / (o.size * mean)
    end)
  end,
})

-- E[g]²/Var[g] where the examples differ, 0 elsewhere, and where that is.
local function ratios(mean, variance)
  local moves = variance:gt(0)
  return eb.where(moves, mean ^ 2 / eb.where(moves, variance, eb.ones_like(variance)), eb.zeros_like(variance)), moves
end

diagnostic("gsnr", {
  by = parameters, options = { each = "boolean" },
  measure = function(self, o)
    local gradients = self:per_example()
    local mean, variance = gradients:mean(), gradients:var()
    if o.each then return tree.map(function(a, b) return (ratios(a, b)) end, mean, variance) end
    return parts.by_group(self, function(select)
      local sum, count, variances = 0, 0, select(variance)
      for i, leaf in ipairs(select(mean)) do
        local ratio, moves = ratios(leaf:cast("float64"), variances[i]:cast("float64"))
        sum, count = sum + scalar(ratio:sum()), count + scalar(moves:cast("float64"):sum())
      end
      return sum / count
    end)
  end,
})
