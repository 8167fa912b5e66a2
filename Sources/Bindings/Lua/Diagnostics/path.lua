-- Where the parameters go. Runs once in every state, after diagnostics.lua.
local eb, native, parts = ...
local diagnostic, scalar, tree, runs, fail = parts.diagnostic, parts.scalar, eb.tree, parts.runs, parts.fail

local parameters = { "layer", "parameter" }

local function norm(leaves, p) return scalar(tree.norm(leaves, p)) end

-- Of the step to come: its length, or that relative to the length of the parameters.
diagnostic("update_size", {
  by = parameters, options = { relative = "boolean" },
  measure = function(self, o)
    local update = self:update()
    return parts.by_group(self, function(select)
      return norm(select(update)) / (o.relative and norm(select(self.params)) or 1)
    end)
  end,
})

-- From where the run began, or from other parameters.
diagnostic("distance", {
  by = parameters, options = { from = "any", p = "number", relative = "boolean" }, defaults = { p = 2 },
  measure = function(self, o)
    local start = o.from
    if start == nil then
      if not self.run then fail("distance: give the parameters that it is from, from = p0") end
      start = self.run:at(self.core.snapshots[1].t).params
    end
    local moved = self.params - native.like(self.params, start, "distance: option 'from'")
    return parts.by_group(self, function(select)
      return norm(select(moved), o.p) / (o.relative and norm(select(start), o.p) or 1)
    end)
  end,
})

-- Σ of the distances between the points that were measured.
diagnostic("path_length", {
  by = parameters, keeps = "history",
  measure = function(self, o, memory)
    local group, lengths = 0, {}
    local moved = memory and self.params - memory.params
    local value = parts.by_group(self, function(select)
      group = group + 1
      lengths[group] = memory and memory.lengths[group] + norm(select(moved)) or 0.0
      return lengths[group]
    end)
    return value, { params = self.params, lengths = lengths }
  end,
})

-- The cosine between the last two moves; NaN while there are none.
diagnostic("step_cosine", {
  by = parameters, keeps = "history",
  measure = function(self, o, memory)
    local moved = memory and self.params - memory.params
    local before = memory and memory.moved
    local value = parts.by_group(self, function(select)
      if not before then return 0 / 0 end
      local a, b = select(moved), select(before)
      return scalar(tree.dot(a, b)) / (norm(a) * norm(b))
    end)
    return value, { params = self.params, moved = moved }
  end,
})

-- Principal components of the points so far, from the Gram matrix of the points relative to the first.
diagnostic("trajectory_pca", {
  keeps = "history", options = { k = "integer" }, defaults = { k = 2 },
  check = function(o) if o.k < 1 then fail("trajectory_pca: option 'k': expected a number of components from 1 on, got %d", o.k) end end,
  measure = function(self, o, memory)
    local flat = tree.flatten(self.params):cast("float64")
    local first = memory and memory.first or flat
    local points, gram = {}, {}
    for i, each in ipairs(memory and memory.points or {}) do points[i], gram[i] = each, memory.gram[i] end
    local n = #points + 1
    points[n] = flat - first
    local row = {}
    for i = 1, n do row[i] = scalar(points[i]:dot(points[n])) end
    gram[n] = row
    local value = { explained = eb.zeros { o.k, dtype = "float64" }, coordinates = eb.zeros { o.k, dtype = "float64" } }
    if n > 1 then
      local full = {}
      for i = 1, n do
        full[i] = {}
        for j = 1, n do full[i][j] = gram[math.max(i, j)][math.min(i, j)] end
      end
      local g = eb.tensor(full, { dtype = "float64" })
      local centred = g - g:mean(1, { keepdims = true }) - g:mean(2, { keepdims = true }) + g:mean()
      local values, vectors = eb.linalg.eigh((centred + centred:t()) / 2)
      values = values:clamp(0)
      local total, explained, coordinates = scalar(values:sum()), {}, {}
      for i = 1, o.k do
        local variance = i <= n and scalar(values[n + 1 - i]) or 0
        explained[i] = total > 0 and variance / total or 0
        -- A component's sign is that of its largest score.
        local scores = i <= n and vectors[{ {}, n + 1 - i }] or eb.zeros { n, dtype = "float64" }
        local sign = scalar(scores[scalar(scores:abs():argmax())]) < 0 and -1 or 1
        coordinates[i] = sign * math.sqrt(variance) * scalar(scores[n])
      end
      value = { explained = eb.tensor(explained, { dtype = "float64" }), coordinates = eb.tensor(coordinates, { dtype = "float64" }) }
    end
    return value, { first = first, points = points, gram = gram }
  end,
})
