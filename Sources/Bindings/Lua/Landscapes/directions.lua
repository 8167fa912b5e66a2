-- Directions to look in. Runs once in every state, after surfaces.lua.
local eb, native, parts = ...
local tree, landscape, fail = eb.tree, parts.landscape, parts.rules.fail
local point, like = landscape.point, landscape.like

-- Each filter of d, d ← d ‖w‖ / ‖d‖ with the filter w of p. A filter is what makes one output: a column of a matrix [inputs, outputs], an
-- entry along dimension 1 of a kernel [outputs, inputs, …].
local function normalized(d, w, dim)
  local dims = {}
  for i = 1, w.ndim do if i ~= dim then dims[#dims + 1] = i end end
  local function norm(x) return (x * x):sum(dims, { keepdims = true }):sqrt() end
  local own = norm(d)
  -- Where d is 0 it stays so.
  return d * (norm(w) / eb.where(own:gt(0), own, eb.ones_like(own)))
end

local vectors = {
  zero = function(d) return eb.zeros_like(d) end,
  keep = function(d) return d end,
  norm = function(d, w)
    local own = (d * d):sum():sqrt()
    return d * ((w * w):sum():sqrt() / eb.where(own:gt(0), own, eb.ones_like(own)))
  end,
}

-- Li et al. 2018, section 4.
function eb.landscape.filter_normalize(d, p, options)
  native.check("filter_normalize", options, { vectors = "string", dim = "integer" })
  options = options or {}
  local rule = vectors[options.vectors or "zero"]
  if not rule then fail("filter_normalize: option 'vectors': expected \"zero\", \"keep\" or \"norm\", got \"%s\"", options.vectors) end
  local dim = options.dim
  if dim and (dim < 1 or dim > 2) then fail("filter_normalize: option 'dim': expected 1 or 2, got %d", dim) end
  p = point("filter_normalize", p)
  d = like("filter_normalize", "direction", p, d)
  return tree.map(function(v, w)
    if w.ndim < 2 then return rule(v, w) end
    return normalized(v, w, dim or (w.ndim == 2 and 2 or 1))
  end, d, p)
end

-- A direction of independent normal numbers, filter-normalised unless told otherwise.
function eb.landscape.random(p, options)
  native.check("random", options, { rng = "generator", normalize = "boolean", vectors = "string", dim = "integer" })
  options = options or {}
  p = point("random", p)
  local d = tree.randn_like(p, { rng = options.rng })
  if options.normalize == false then return d end
  return eb.landscape.filter_normalize(d, p, { vectors = options.vectors, dim = options.dim })
end
