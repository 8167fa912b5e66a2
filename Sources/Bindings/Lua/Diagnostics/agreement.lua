-- How far the gradients of single examples agree: m-coherence and its kin. Runs once in every state, after diagnostics.lua.
local eb, native, parts = ...
local diagnostic, scalar, square, tree, fail = parts.diagnostic, parts.scalar, parts.square, eb.tree, parts.fail

-- MARK: The sum against its parts

-- ‖Σ gᵢ‖² / Σ ‖gᵢ‖² over the examples in a mask.
local function coherence_within(gradients, mask)
  local squares = gradients:norms():cast("float64") ^ 2
  return square(tree.leaves(gradients:weighted_sum(mask))) / scalar((squares * mask:cast("float64")):sum())
end

local function of_coherence(result)
  return function(self, o)
    if o.by ~= "class" then return parts.by_gradients(self, function(g) return result(g:coherence()) end) end
    local found = {}
    for _, each in ipairs((parts.classes(self))) do found[each.class] = result(coherence_within(self:per_example(), each.mask)) end
    return found
  end
end

local every_group = { "layer", "parameter", "class" }
diagnostic("coherence", { by = every_group, measure = of_coherence(function(c) return c end) })
diagnostic("gradient_diversity", { by = every_group, measure = of_coherence(function(c) return 1 / c end) })

-- MARK: Pairs

-- The Gram matrix and that of the directions gᵢ/‖gᵢ‖ (0 where gᵢ is), in float64.
local function pairs_of(gradients)
  local gram = gradients:gram():cast("float64")
  local norms = gram:diag():clamp(0):sqrt()
  local inverse = eb.where(norms:gt(0), 1 / eb.where(norms:gt(0), norms, eb.ones_like(norms)), eb.zeros_like(norms))
  return gram, (gram * inverse * inverse:unsqueeze(2)):clamp(-1, 1)
end

local function expect_pairs(self)
  if self:examples() < 2 then fail("%s: needs at least two examples", self.name) end
end

-- The mean over pairs i ≠ j.
local function mean_of_pairs(matrix)
  local m = #matrix
  return scalar(matrix:sum() - matrix:diag():sum()) / (m * (m - 1))
end

-- Means of a matrix of pairs over pairs within a class, over pairs of two classes, and by pair of classes [classes, classes] (NaN for none).
local function by_class(self, matrix)
  local y = self:labels()
  local _, classes = parts.classes(self)
  local member = y:unsqueeze(2):eq(eb.arange(1, classes, 1, { dtype = "int32" })):cast("float64")
  local sizes = member:sum(1)
  local total = member:t():mm((matrix - matrix:diag():diag()):mm(member))
  local counts = sizes:outer(sizes) - sizes:diag()
  local same = eb.eye(classes, { dtype = "float64" })
  local function mean(weights) return scalar((total * weights):sum()) / scalar((counts * weights):sum()) end
  return { within = mean(same), between = mean(1 - same), classes = total / counts }
end

diagnostic("cosine", {
  by = every_group,
  measure = function(self, o)
    expect_pairs(self)
    if o.by == "class" then
      local _, cosines = pairs_of(self:per_example())
      return by_class(self, cosines)
    end
    return parts.by_gradients(self, function(g)
      local _, cosines = pairs_of(g)
      return mean_of_pairs(cosines)
    end)
  end,
  -- Of two trees, not of examples.
  plain = function(name, a, b)
    if b == nil then fail("%s: of two trees: expected two of them, %s(a, b)", name, name) end
    return scalar(tree.dot(a, b)) / (scalar(tree.norm(a)) * scalar(tree.norm(b)))
  end,
})

diagnostic("stiffness", {
  by = every_group,
  measure = function(self, o)
    expect_pairs(self)
    if o.by == "class" then
      local _, cosines = pairs_of(self:per_example())
      local sign, cosine = by_class(self, cosines:sign()), by_class(self, cosines)
      return { within = { sign = sign.within, cosine = cosine.within }, between = { sign = sign.between, cosine = cosine.between },
        classes = { sign = sign.classes, cosine = cosine.classes } }
    end
    return parts.by_gradients(self, function(g)
      local _, cosines = pairs_of(g)
      return { sign = mean_of_pairs(cosines:sign()), cosine = mean_of_pairs(cosines) }
    end)
  end,
})

diagnostic("gradient_confusion", {
  by = { "layer", "parameter" }, options = { normalized = "boolean" },
  measure = function(self, o)
    expect_pairs(self)
    return parts.by_gradients(self, function(g)
      local gram, cosines = pairs_of(g)
      local chosen = o.normalized and cosines or gram
      return scalar(eb.where(eb.eye(#chosen):gt(0), eb.full({}, math.huge, { dtype = "float64" }), chosen):min())
    end)
  end,
})

-- MARK: Batches

-- Splits the examples, shuffled by a seed, into batches of a size; the weights of their means, [batches, m].
function parts.batches(self, size, seed)
  local m = self:examples()
  local count = m // size
  if size < 1 or count < 2 then fail("%s: option 'size': expected a number of examples of which there are two batches in %d, got %d", self.name, m, size) end
  local order = eb.permutation(m, { rng = eb.rng(seed) })[{ { 1, count * size } }]
  local rows = eb.arange(0, count * size - 1, 1, { dtype = "float64" }) / size
  local weights = eb.zeros { count * m, dtype = "float64" }
  local places = (rows:floor() * m):cast("int32") + order
  return weights:put({ places }, eb.full({ count * size }, 1 / size, { dtype = "float64" })):reshape(count, m), count
end

diagnostic("gradient_disparity", {
  by = { "layer", "parameter" }, options = { size = "integer", seed = "integer" }, defaults = { seed = 0 },
  measure = function(self, o)
    local weights, count = parts.batches(self, o.size or math.max(1, self:examples() // 2), o.seed)
    return parts.by_gradients(self, function(g)
      -- ‖g_A − g_B‖² = aᵀGa + bᵀGb − 2 aᵀGb for the weights a and b of two batches.
      local gram = weights:mm(g:gram():cast("float64")):mm(weights:t())
      local own = gram:diag()
      local distances = (own + own:unsqueeze(2) - 2 * gram):clamp(0):sqrt()
      return scalar((distances - distances:diag():diag()):sum()) / (count * (count - 1))
    end)
  end,
})
