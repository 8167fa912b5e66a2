-- Whose gradients do the work: the shares of pristine and corrupt examples, and what they would be for groups drawn at random (Chatterjee
-- 2020, arXiv 2002.10657). Runs once in every state, after diagnostics.lua.
--
-- The share of any group A is ⟨g, Σ_A gᵢ⟩/⟨g, g⟩ = Σ_A dᵢ / Σ dᵢ with dᵢ = ⟨g, gᵢ⟩. These m numbers cost one pass; a null world then costs m
-- additions, however many are drawn.
local eb, native, parts = ...
local diagnostic, scalar, tree, fail = parts.diagnostic, parts.scalar, eb.tree, parts.fail

-- Which examples are corrupt, of all there are and of those at the point.
local function masks(self, o)
  local mask, inside = o.mask, nil
  if mask == nil or type(mask) == "string" then
    local name = mask or "mask"
    inside = self.fields[name]
    if not native.is_tensor(inside) then
      fail("%s: the data have no field '%s'; give the mask of the corrupt examples, mask = a bool tensor, or the name of its field", self.name, name)
    end
    mask = inside
    if self.options.batch and self.run then mask = self.core.settings.data.fields[name] end
  elseif not native.is_tensor(mask) then
    fail("%s: option 'mask': expected a bool tensor or the name of a field of the data, got %s", self.name, native.type(mask))
  elseif self.options.batch and self.fields.index then
    inside = mask:index(1, self.fields.index)
  else
    inside = #mask > self:examples() and mask[{ { 1, self.count } }] or mask
    mask = inside
  end
  if inside.dtype ~= "bool" or inside.ndim ~= 1 or #inside ~= self:examples() then
    fail("%s: expected a mask bool[%d], one entry an example, got %s[%s]", self.name, self:examples(), inside.dtype, table.concat(inside.shape, ", "))
  end
  return mask, inside
end
parts.masks = masks

-- Masks with the same count, one in each row [draws, n].
local function null_worlds(mask, draws, seed)
  local rows = {}
  for i, rng in ipairs(eb.rng(seed):split(draws)) do rows[i] = mask:index(1, eb.permutation(#mask, { rng = rng })) end
  return eb.stack(rows, 1):cast("float64")
end

local function band(values, width)
  return scalar(values:quantile((1 - width) / 2)), scalar(values:quantile((1 + width) / 2))
end

diagnostic("group_fraction", {
  by = { "layer", "parameter" }, keeps = "history", stands_alone = true,
  options = { mask = "any", draws = "integer", band = "number", seed = "integer" }, defaults = { draws = 32, band = 0.95, seed = 0 },
  check = function(o)
    if o.draws < 0 then fail("group_fraction: option 'draws': expected a number of null worlds from 0 on, got %d", o.draws) end
    if not (o.band > 0 and o.band <= 1) then fail("group_fraction: option 'band': expected a share of the null worlds in (0, 1], got %g", o.band) end
  end,
  measure = function(self, o, memory)
    local mask, inside = masks(self, o)
    local corrupt = mask:cast("float64")
    local count_c = scalar(corrupt:sum())
    local count_p = #mask - count_c
    local null = memory and memory.null or o.draws > 0 and null_worlds(mask, o.draws, o.seed) or nil
    local worlds = null
    if null and self.options.batch and self.fields.index then worlds = null:index(2, self.fields.index) end
    local next_memory, group = { null = null }, 0
    local value = parts.by_gradients(self, function(g)
      local d = g:dot(g:weighted_sum(eb.ones { g.count })):cast("float64")
      local total, of_c = scalar(d:sum()), scalar((d * inside:cast("float64")):sum())
      group = group + 1
      local before = memory and memory[group] or { p = 0, c = 0 }
      local now = { p = before.p + (total - of_c) / count_p, c = before.c + of_c / count_c }
      local result = { f_p = (total - of_c) / total, f_c = of_c / total, i_p = now.p, i_c = now.c }
      if worlds then
        local drawn = worlds:mm(d)
        now.null_p = (before.null_p or 0) + (total - drawn) / count_p
        now.null_c = (before.null_c or 0) + drawn / count_c
        result.f_p_low, result.f_p_high = band((total - drawn) / total, o.band)
        result.f_c_low, result.f_c_high = band(drawn / total, o.band)
        result.i_p_low, result.i_p_high = band(now.null_p, o.band)
        result.i_c_low, result.i_c_high = band(now.null_c, o.band)
      end
      next_memory[group] = now
      return result
    end)
    return value, next_memory
  end,
})
