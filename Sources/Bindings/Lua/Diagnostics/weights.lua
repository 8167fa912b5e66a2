-- Spectra of weights. Runs once in every state, after diagnostics.lua.
--
-- Each works on a matrix, where it makes sense on a vector of singular values, on a tree (its matrices, by path), and on the parameters of a run;
-- `of = function(p) ... end` gives another matrix or tree, such as the product of all layers. A kernel of a convolution counts as [out, rest].
local eb, native, parts = ...
local diagnostic, scalar, tree, fail = parts.diagnostic, parts.scalar, eb.tree, parts.fail

-- The matrices among the parameters, in an ordered list of { path, matrix }.
local function matrices(name, t)
  if native.is_tensor(t) then
    if t.ndim < 2 then fail("%s: expected a matrix, or a tree with matrices, got shape [%s]", name, table.concat(t.shape, ", ")) end
    return { { path = "", matrix = t:reshape(t.shape[1], -1) } }
  end
  local leaves, list = tree.leaves(t), {}
  for i, path in ipairs(native.places(t)) do
    local leaf = leaves[i]
    if leaf.ndim >= 2 then list[#list + 1] = { path = math.tointeger(tonumber(path)) or path, matrix = leaf:reshape(leaf.shape[1], -1) } end
  end
  if #list == 0 then fail("%s: there is no matrix among the parameters", name) end
  return list
end

local function spectrum(matrix)
  local _, values = eb.linalg.svd(matrix:cast("float64"))
  return values
end

-- A number of a spectrum whose sum is positive; 0 of one that vanishes, and NaN of one that is no number.
local function unless_zero(s, value)
  local sum = scalar(s:sum())
  if sum ~= sum then return sum end
  return sum > 0 and value or 0.0
end

-- eb.diag[name] of singular values s (descending, float64): a value for the one matrix, or a table by path.
local function of_spectrum(name, measure, options, defaults)
  local function of_tree(t, o)
    if type(t) == "table" and type(t[1]) == "number" then t = eb.tensor(t, { dtype = "float64" }) end
    if native.is_tensor(t) and t.ndim == 1 then return measure(t:cast("float64"):sort(1, { descending = true }), o) end
    local list = matrices(name, t)
    if native.is_tensor(t) then return measure(spectrum(list[1].matrix), o) end
    local result = {}
    for _, each in ipairs(list) do result[each.path] = measure(spectrum(each.matrix), o) end
    return result
  end
  local kinds = { of = "callable" }
  for option, kind in pairs(options or {}) do kinds[option] = kind end
  diagnostic(name, {
    options = kinds, defaults = defaults,
    measure = function(self, o)
      local t = self.params
      if o.of then t = o.of(t) end
      return of_tree(t, o)
    end,
    plain = function(_, t, given)
      native.check(name, given, kinds)
      local o = {}
      for _, list in ipairs { defaults or {}, given or {} } do for option, value in pairs(list) do o[option] = value end end
      if o.of then t = o.of(t) end
      return of_tree(t, o)
    end,
  })
end

of_spectrum("singular_values", function(s, o)
  if not o.k then return s end
  return s[{ { 1, math.min(o.k, #s) } }]
end, { k = "integer" })

-- Roy & Vetterli 2007: the exponential of the entropy of s/Σs.
of_spectrum("effective_rank", function(s)
  local share = s / s:sum()
  local positive = share:gt(0)
  local entropy = -eb.where(positive, share * eb.where(positive, share, eb.ones_like(share)):log(), eb.zeros_like(share)):sum()
  return unless_zero(s, math.exp(scalar(entropy)))
end)

of_spectrum("stable_rank", function(s)
  return unless_zero(s, scalar((s * s):sum()) / scalar(s:max()) ^ 2)
end)

of_spectrum("nuclear_norm", function(s) return scalar(s:sum()) end)

of_spectrum("numerical_rank", function(s, o)
  return unless_zero(s, scalar(s:gt(o.tol * scalar(s:max())):cast("float64"):sum()))
end, { tol = "number" }, { tol = 1e-3 })

of_spectrum("schatten", function(s, o) return scalar((s ^ o.p):sum()) end, { p = "number" }, { p = 2 / 3 })

-- MARK: Neighbours

-- Pairs of matrices that follow each other in a product, by the path of the first: each with the Gram matrices on the side they share. With
-- rows as inputs (x W₁ W₂) these are W₁ᵀW₁ and W₂W₂ᵀ, with columns (W₂ W₁ x) W₁W₁ᵀ and W₂ᵀW₂.
local function neighbours(name, t, order)
  local list, result = matrices(name, t), {}
  local function fits(a, b, by_rows) return by_rows and a.shape[2] == b.shape[1] or not by_rows and a.shape[1] == b.shape[2] end
  local by_rows = order ~= "columns"
  if order == nil then
    for i = 1, #list - 1 do by_rows = by_rows and fits(list[i].matrix, list[i + 1].matrix, true) end
  end
  for i = 1, #list - 1 do
    local a, b = list[i].matrix:cast("float64"), list[i + 1].matrix:cast("float64")
    if not fits(a, b, by_rows) then
      fail("%s: '%s' is [%d, %d] and '%s' [%d, %d]; they do not follow each other in a product", name, tostring(list[i].path), a.shape[1], a.shape[2],
        tostring(list[i + 1].path), b.shape[1], b.shape[2])
    end
    if not by_rows then a, b = a:t(), b:t() end
    result[i] = { path = list[i].path, before = a, after = b }
  end
  if #result == 0 then fail("%s: needs two matrices that follow each other", name) end
  return result
end

local function of_neighbours(name, measure, options, defaults)
  local kinds = { of = "callable", order = "string" }
  for option, kind in pairs(options or {}) do kinds[option] = kind end
  local function check(o)
    if o.order and o.order ~= "rows" and o.order ~= "columns" then
      fail("%s: option 'order': expected \"rows\" (x W₁ W₂) or \"columns\" (W₂ W₁ x), got \"%s\"", name, o.order)
    end
  end
  local function of_tree(t, o)
    local result = {}
    for _, pair in ipairs(neighbours(name, o.of and o.of(t) or t, o.order)) do result[pair.path] = measure(pair.before, pair.after, o) end
    return result
  end
  diagnostic(name, {
    options = kinds, defaults = defaults, check = check, measure = function(self, o) return of_tree(self.params, o) end,
    plain = function(_, t, given)
      native.check(name, given, kinds)
      local o = {}
      for _, list in ipairs { defaults or {}, given or {} } do for option, value in pairs(list) do o[option] = value end end
      check(o)
      return of_tree(t, o)
    end,
  })
end

of_neighbours("balancedness", function(a, b) return scalar((a:t():mm(a) - b:mm(b:t())):norm()) end)

-- The share of the top-k singular space of a layer's outputs in that of the next layer's inputs, ‖UᵀV‖²/k: 1 where they are the same.
of_neighbours("layer_alignment", function(a, b, o)
  local _, _, right = eb.linalg.svd(a)
  local left = eb.linalg.svd(b)
  local k = math.min(o.k, #right, left.shape[2])
  return scalar((right[{ { 1, k } }]:mm(left[{ {}, { 1, k } }]) ^ 2):sum()) / k
end, { k = "integer" }, { k = 1 })
