-- Singular values as modes that keep their identity while they change: an analytic singular value decomposition in steps (Bunse-Gerstner,
-- Byers, Mehrmann & Nichols 1991). Runs once in every state.
local eb, native, parts = ...
local theory = parts.theory
local fail = theory.fail

-- The assignment of columns to rows of largest sum (Kuhn 1955, Munkres 1957; by shortest augmenting paths), of gain[i][j] ≥ 0: match[i] = j.
local function assignment(gain)
  local n = #gain
  local u, v, row_of = {}, {}, {}
  for i = 0, n do u[i], v[i], row_of[i] = 0, 0, 0 end
  for i = 1, n do
    row_of[0] = i
    local column, least, way, used = 0, {}, {}, {}
    for j = 0, n do least[j] = math.huge end
    repeat
      used[column] = true
      local row, delta, following = row_of[column], math.huge, nil
      for j = 1, n do
        if not used[j] then
          local reduced = -gain[row][j] - u[row] - v[j]
          if reduced < least[j] then least[j], way[j] = reduced, column end
          if least[j] < delta then delta, following = least[j], j end
        end
      end
      for j = 0, n do
        if used[j] then u[row_of[j]], v[j] = u[row_of[j]] + delta, v[j] - delta else least[j] = least[j] - delta end
      end
      column = following
    until row_of[column] == 0
    repeat
      local before = way[column]
      row_of[column] = row_of[before]
      column = before
    until column == 0
  end
  local match = {}
  for j = 1, n do match[row_of[j]] = j end
  return match
end

local function frames_of(matrices)
  if native.is_tensor(matrices) then
    if matrices.ndim ~= 3 then fail("track_modes: expected matrices one after another, [T, n, m], got shape %s", theory.shape(matrices)) end
    local list = {}
    for i = 1, #matrices do list[i] = matrices[i] end
    return list
  end
  if type(matrices) ~= "table" or #matrices == 0 then
    local got = type(matrices) == "table" and "a table without any" or native.type(matrices)
    fail("track_modes: expected matrices, a list of them or a tensor [T, n, m], got %s", got)
  end
  return matrices
end

function eb.theory.track_modes(matrices, options)
  native.check("track_modes", options, { k = "integer" })
  local frames = frames_of(matrices)
  local first = theory.matrix("track_modes", "matrix 1", frames[1])
  local most = math.min(first.shape[1], first.shape[2])
  local k = options and options.k or most
  if k < 1 or k > most then fail("track_modes: k: expected a whole number from 1 to %d, got %d", most, k) end
  local values, overlaps, u, v = {}, {}, nil, nil
  for t, frame in ipairs(frames) do
    local m = theory.matrix("track_modes", ("matrix %d"):format(t), frame)
    if m.shape[1] ~= first.shape[1] or m.shape[2] ~= first.shape[2] then
      fail("track_modes: matrix %d is %s, the first %s; expected one shape", t, theory.shape(m), theory.shape(first))
    end
    local un, sn, vt = eb.linalg.svd(m)
    local vn = vt:t()
    local worst = 1.0
    if u then
      local left, right = u:t():mm(un), v:t():mm(vn)
      local match = assignment((left * right):abs():totable())
      local ids, flips, signs = {}, {}, {}
      local l, r = left:totable(), right:totable()
      for i, j in ipairs(match) do
        ids[i], flips[i], signs[i] = j, l[i][j] < 0 and -1 or 1, l[i][j] * r[i][j] < 0 and -1 or 1
        if i <= k then worst = math.min(worst, math.abs(l[i][j] * r[i][j])) end
      end
      local order = eb.tensor(ids, { dtype = "int32" })
      local flip, sign = eb.tensor(flips, { dtype = "float64" }), eb.tensor(signs, { dtype = "float64" })
      un, sn, vn = un:index(2, order) * flip, sn:index(1, order) * sign, vn:index(2, order) * (flip * sign)
    end
    u, v = un, vn
    values[t], overlaps[t] = sn[{ { 1, k } }], worst
  end
  return { s = eb.stack(values), U = u[{ {}, { 1, k } }], V = v[{ {}, { 1, k } }], overlap = eb.tensor(overlaps, { dtype = "float64" }) }
end
