-- Curvature along training: ends of spectra, traces, densities. Runs once in every state, after diagnostics.lua and the files of Lua/Curvature.
--
-- What looks for eigenvectors keeps those that it found; the next step of the same run begins with them.
local eb, native, parts = ...
local diagnostic, scalar, tree, fail = parts.diagnostic, parts.scalar, eb.tree, parts.fail

local kinds = { hessian = true, ggn = true, fisher = true, empirical_fisher = true }

local function check_kind(name, o)
  if o.of and not kinds[o.of] then
    fail("%s: option 'of': expected \"hessian\", \"ggn\", \"fisher\" or \"empirical_fisher\", got \"%s\"", name, o.of)
  end
  if o.k and o.k < 1 then fail("%s: option 'k': expected a number of eigenvalues from 1 on, got %d", name, o.k) end
end

-- The operator whose spectrum is asked for.
local function operator(self)
  local of = self.options.of or "hessian"
  if of == "hessian" then return eb.curv.hessian(self:as_function(), self.params) end
  return eb.curv[of](function(p, x, y) return self:loss_at(p, x, y) end, self.params, self.fields.x, self.fields.y)
end
parts.operator = operator

-- measure(H, memory) of the whole operator, or a table of those of its blocks on the diagonal; and the memories.
local function by_block(self, memory, measure)
  local h, by = operator(self), self.options.by
  if not by then return measure(h, memory) end
  local result, memories = {}, {}
  for i, group in ipairs(parts.groups(self.name, self.params, by)) do
    result[group.name], memories[i] = measure(h:restrict(group.path), memory and memory[i])
  end
  return result, memories
end

-- The k largest eigenpairs, warm from the vectors of the step before; as many as there are.
local function pairs_of(h, o, memory, k, which)
  return h:eigs { k = math.min(k, h.size), which = which, v0 = memory, tol = o.tol, seed = o.seed }
end
local function top(self, memory, k) return pairs_of(operator(self), self.options, memory, k) end

local blocks = { "layer", "parameter" }

local function one_or_more(values, k) return k == 1 and scalar(values[1]) or values end

-- The k largest absolute values, descending.
local function largest_sizes(values, k)
  local sizes = values:abs():sort(1, { descending = true })
  return sizes[{ { 1, math.min(k, #sizes) } }]
end

local spectral = { of = "string", k = "integer", tol = "number", seed = "integer" }
local function with(extra)
  local result = {}
  for _, list in ipairs { spectral, extra } do for name, kind in pairs(list) do result[name] = kind end end
  return result
end

diagnostic("sharpness", {
  keeps = "hint", by = blocks, options = with { norm = "boolean" }, defaults = { k = 1, tol = 1e-4, seed = 0 },
  check = function(o) check_kind("sharpness", o) end,
  measure = function(self, o, memory)
    return by_block(self, memory, function(h, vectors)
      local found = pairs_of(h, o, vectors, o.k, o.norm and "both" or "largest")
      return one_or_more(o.norm and largest_sizes(found.values, o.k) or found.values, o.k), found.vectors
    end)
  end,
})

diagnostic("eigs", {
  keeps = "hint", by = blocks, options = with { which = "string" }, defaults = { k = 1, tol = 1e-4, which = "largest", seed = 0 },
  check = function(o) check_kind("eigs", o) end,
  measure = function(self, o, memory)
    return by_block(self, memory, function(h, vectors)
      local found = pairs_of(h, o, vectors, o.k, o.which)
      return found.values, found.vectors
    end)
  end,
})

diagnostic("trace", {
  by = blocks, options = { of = "string", probes = "integer", seed = "integer", method = "string" }, defaults = { probes = 8, seed = 0 },
  check = function(o) check_kind("trace", o) end,
  measure = function(self, o)
    return (by_block(self, nil, function(h) return h:trace { probes = o.probes, seed = o.seed, method = o.method }.value end))
  end,
})

diagnostic("spectral_density", {
  by = blocks, options = { of = "string", steps = "integer", probes = "integer", seed = "integer", grid = "any", sigma = "number" },
  defaults = { steps = 32, probes = 4, seed = 0, grid = 512 },
  check = function(o) check_kind("spectral_density", o) end,
  measure = function(self, o)
    return (by_block(self, nil, function(h)
      local found = h:density { steps = o.steps, probes = o.probes, seed = o.seed, grid = o.grid, sigma = o.sigma }
      return { grid = found.grid, value = found.value, stderr = found.stderr }
    end))
  end,
})

-- MARK: The gradient in the spectrum

-- Σ ⟨uᵢ, g⟩² / ‖g‖² over the top k eigenvectors (Gur-Ari, Roberts & Dyer 2018, arXiv 1812.04754).
diagnostic("alignment", {
  keeps = "hint", options = spectral, defaults = { k = 1, tol = 1e-6, seed = 0 },
  check = function(o) check_kind("alignment", o) end,
  measure = function(self, o, memory)
    local found, g = top(self, memory, o.k), self:gradient()
    local inside = 0
    for _, u in ipairs(found.vectors) do inside = inside + scalar(tree.dot(u, g)) ^ 2 end
    return inside / scalar(tree.norm(g)) ^ 2, found.vectors
  end,
})

-- |cos(g, u₁)|; the sign of an eigenvector says nothing.
diagnostic("top_cosine", {
  keeps = "hint", options = { of = "string", tol = "number", seed = "integer" }, defaults = { tol = 1e-6, seed = 0 },
  check = function(o) check_kind("top_cosine", o) end,
  measure = function(self, o, memory)
    local found, g = top(self, memory, 1), self:gradient()
    return math.abs(scalar(tree.dot(found.vectors[1], g))) / scalar(tree.norm(g)), found.vectors
  end,
})

-- ‖UᵀV‖²/k of the top spaces now and at the step measured before, or at the first; NaN at the first.
diagnostic("subspace_overlap", {
  keeps = "history", options = with { with = "string" }, defaults = { k = 1, tol = 1e-6, with = "previous", seed = 0 },
  check = function(o)
    check_kind("subspace_overlap", o)
    if o.with ~= "previous" and o.with ~= "first" then
      fail("subspace_overlap: option 'with': expected \"previous\" or \"first\", got \"%s\"", o.with)
    end
  end,
  measure = function(self, o, memory)
    local found = top(self, memory and memory.last, o.k)
    local first = memory and memory.first or found.vectors
    if not memory then return 0 / 0, { first = first, last = found.vectors } end
    local sum = 0
    for _, u in ipairs(o.with == "first" and first or memory.last) do
      for _, v in ipairs(found.vectors) do sum = sum + scalar(tree.dot(u, v)) ^ 2 end
    end
    return sum / #found.vectors, { first = first, last = found.vectors }
  end,
})

-- ⟨∇S, −∇L⟩ with S = uᵀHu for the top eigenvector u: how fast gradient flow sharpens (Damian, Nichani & Lee 2023, arXiv 2209.15594).
diagnostic("sharpening_force", {
  keeps = "hint", options = { tol = "number", seed = "integer" }, defaults = { tol = 1e-6, seed = 0 },
  measure = function(self, o, memory)
    local found = top(self, memory, 1)
    local u, loss = found.vectors[1], self:as_function()
    u = u / scalar(tree.norm(u))
    local slope = eb.grad(function(p) return tree.dot(u, eb.hvp(loss)(p, u)) end)(self.params)
    return -scalar(tree.dot(slope, self:gradient())), found.vectors
  end,
})
