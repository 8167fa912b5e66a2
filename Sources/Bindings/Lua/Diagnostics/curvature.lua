-- Curvature along training: the ends of spectra. Runs once in every state, after diagnostics.lua and the files of Lua/Curvature.
--
-- What looks for eigenvectors keeps those that it found; the next step of the same run begins with them.
local eb, native, parts = ...
local diagnostic, scalar, tree, fail = parts.diagnostic, parts.scalar, eb.tree, parts.fail

local function check_count(name, o)
  if o.k and o.k < 1 then fail("%s: option 'k': expected a number of eigenvalues from 1 on, got %d", name, o.k) end
end

-- The operator whose spectrum is asked for.
local function operator(self) return eb.curv.hessian(self:as_function(), self.params) end
parts.operator = operator

-- The k largest eigenpairs, warm from the vectors of the step before; as many as there are.
local function top(self, memory, k, which)
  local o = self.options
  local size = tree.count(self.params)
  return operator(self):eigs { k = math.min(k, size), which = which, v0 = memory, tol = o.tol, seed = o.seed }
end
parts.top = top

local function one_or_more(values, k) return k == 1 and scalar(values[1]) or values end

-- The vectors of this eigs with the largest of their values in size, k of them in descending order of size.
local function largest_in_size(values, k)
  local _, order = values:abs():sort(1, { descending = true })
  return values:index(1, order[{ { 1, math.min(k, #values) } }])
end

local spectral = { k = "integer", tol = "number", seed = "integer" }
local function with(extra)
  local result = {}
  for _, list in ipairs { spectral, extra } do for name, kind in pairs(list) do result[name] = kind end end
  return result
end

diagnostic("sharpness", {
  keeps = "hint", options = with { norm = "boolean" }, defaults = { k = 1, tol = 1e-4, seed = 0 },
  check = function(o) check_count("sharpness", o) end,
  measure = function(self, o, memory)
    local found = top(self, memory, o.k, o.norm and "both" or "largest")
    return one_or_more(o.norm and largest_in_size(found.values, o.k) or found.values, o.k), found.vectors
  end,
})

diagnostic("eigs", {
  keeps = "hint", options = with { which = "string" }, defaults = { k = 1, tol = 1e-4, which = "largest", seed = 0 },
  check = function(o) check_count("eigs", o) end,
  measure = function(self, o, memory)
    local found = top(self, memory, o.k, o.which)
    return found.values, found.vectors
  end,
})

-- MARK: The gradient in the spectrum

-- Σ ⟨uᵢ, g⟩² / ‖g‖² over the top k eigenvectors (Gur-Ari, Roberts & Dyer 2018, arXiv 1812.04754).
diagnostic("alignment", {
  keeps = "hint", options = spectral, defaults = { k = 1, tol = 1e-6, seed = 0 },
  check = function(o) check_count("alignment", o) end,
  measure = function(self, o, memory)
    local found, g = top(self, memory, o.k), self:gradient()
    local inside = 0
    for _, u in ipairs(found.vectors) do inside = inside + scalar(tree.dot(u, g)) ^ 2 end
    return inside / scalar(tree.norm(g)) ^ 2, found.vectors
  end,
})

-- |cos(g, u₁)|; the sign of an eigenvector says nothing.
diagnostic("top_cosine", {
  keeps = "hint", options = { tol = "number", seed = "integer" }, defaults = { tol = 1e-6, seed = 0 },
  check = function(o) check_count("top_cosine", o) end,
  measure = function(self, o, memory)
    local found, g = top(self, memory, 1), self:gradient()
    return math.abs(scalar(tree.dot(found.vectors[1], g))) / scalar(tree.norm(g)), found.vectors
  end,
})

-- ‖UᵀV‖²/k of the top spaces now and at the step measured before, or at the first; NaN at the first.
diagnostic("subspace_overlap", {
  keeps = "history", options = with { with = "string" }, defaults = { k = 1, tol = 1e-6, with = "previous", seed = 0 },
  check = function(o)
    check_count("subspace_overlap", o)
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
