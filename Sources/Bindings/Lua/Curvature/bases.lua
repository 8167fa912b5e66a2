-- Bases of Krylov spaces: rows [m, P] that grow, and vectors made orthogonal to them. Runs once in every state, after operators.lua.
local eb, _, parts = ...

local D = "float64"

-- Rows that grow: a list of tensors [rows, P]; single ones are joined now and then, so that a product with all is few products.
local function append(list, rows)
  list[#list + 1] = rows
  while #list > 1 and list[#list].shape[1] * 2 > list[#list - 1].shape[1] and list[#list].shape[1] + list[#list - 1].shape[1] <= 16 do
    list[#list - 1] = eb.cat({ list[#list - 1], list[#list] }, 1)
    list[#list] = nil
  end
end

-- Q xᵀ for rows x [b, P]: [m, b].
local function coefficients(list, x)
  local found = {}
  for i, rows in ipairs(list) do found[i] = rows:mm(x:t()) end
  return #found == 1 and found[1] or eb.cat(found, 1)
end

-- cᵀ Q for c [m, b]: [b, P].
local function combine(list, c)
  local sum, first = nil, 1
  for _, rows in ipairs(list) do
    local count = rows.shape[1]
    local part = c[{ { first, first + count - 1 }, {} }]:t():mm(rows)
    sum, first = sum and sum + part or part, first + count
  end
  return sum
end

-- Orthonormal rows with the span of x, orthogonal to Q: by the eigenvectors of the Gram matrix (Stathopoulos & Wu 2002), twice. Directions
-- that are nothing but rounding beside Q and each other are left out; nil if none remains.
local function orthonormalized(x, list, epsilon)
  for round = 1, 2 do
    local norms = x:norm(2, 2):cast(D)
    -- A row of the first round may be of any length; one of the second that has shrunk was rounding.
    local keep = {}
    for i = 1, x.shape[1] do
      local n = norms[i]:item()
      if n > 0 and n < math.huge and (round == 1 or n > 0.5) then keep[#keep + 1] = i end
    end
    if #keep == 0 then return nil end
    if #keep < x.shape[1] then
      local ids = eb.tensor(keep, { dtype = "int32" })
      x, norms = x:index(1, ids), norms:index(1, ids)
    end
    x = x / norms:cast(x.dtype):unsqueeze(2)
    for _ = 1, round == 1 and 2 or 1 do if #list > 0 then x = x - combine(list, coefficients(list, x)) end end
    local gram = x:mm(x:t()):cast(D)
    if x.shape[1] == 1 then
      local n = gram:item() ^ 0.5
      if not (n > 64 * epsilon) then return nil end
      x = x / n
    else
      local values, vectors = eb.linalg.eigh(gram)
      local columns = {}
      for i = 1, x.shape[1] do
        local value = values[i]:item()
        if value > (64 * epsilon) ^ 2 and value > 64 * epsilon * values[-1]:item() then
          columns[#columns + 1] = vectors[{ {}, i }] / value ^ 0.5
        end
      end
      if #columns == 0 then return nil end
      x = eb.stack(columns, 1):cast(x.dtype):mm(x)
    end
  end
  return x
end

parts.curvature.bases = { append = append, coefficients = coefficients, combine = combine, orthonormalized = orthonormalized }
