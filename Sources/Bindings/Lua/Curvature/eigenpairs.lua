-- Eigenvalues at either end of a symmetric operator, or at both, and their vectors. Runs once in every state, after operators.lua.
--
-- Block Lanczos in the form of Rayleigh and Ritz: an orthonormal basis Q grows by the residuals of the pairs that are wanted and not good yet,
-- which span the same Krylov spaces, and A Q is kept beside it, so that residuals are those of the operator itself and not of a recursion
-- (Golub & Underwood 1977; Saad, Numerical Methods for Large Eigenvalue Problems, 2011, chapter 6). Every new vector is made orthogonal to
-- all others twice (Giraud et al. 2005). When the basis is full it starts again from the best vectors in it (Wu & Simon 2000, thick
-- restart). A block of k finds eigenvalues of multiplicity up to k.
local eb, native, parts = ...
local curvature = parts.curvature
local fail, methods = parts.rules.fail, curvature.methods

local bases = curvature.bases
local append, coefficients, combine, orthonormalized = bases.append, bases.coefficients, bases.combine, bases.orthonormalized

local D = "float64"

-- Which of m ascending values are wanted, in descending order.
local function wanted_of(m, k, which)
  local list = {}
  if which ~= "smallest" then for i = m, math.max(1, m - k + 1), -1 do list[#list + 1] = i end end
  if which ~= "largest" then
    local last = math.min(k, m)
    if which == "both" then last = math.min(k, m - #list) end
    for i = last, 1, -1 do list[#list + 1] = i end
  end
  return list
end

-- For the vectors of an answer what the next ones at its ends looked like. An eigenvector that a later call begins with may have been overtaken
-- by its neighbour, which is almost orthogonal to it, and would not be missed: residuals can't tell that there is a larger eigenvalue.
local neighbours = setmetatable({}, { __mode = "k" })

local function answer(core, back, values, vectors, residuals, matvecs, converged, next_ones)
  local list = {}
  for i = 1, vectors.shape[1] do list[i] = core.space.unflatten(back(vectors[i])) end
  neighbours[list] = next_ones and { size = core.space.size, rows = next_ones }
  if #list == 1 and type(list[1]) ~= "number" then neighbours[list[1]] = neighbours[list] end
  return { values = values, vectors = list, residuals = residuals, matvecs = matvecs, converged = converged }
end

-- How far each wanted value may be off: ‖r‖, or ‖r‖²/gap if that is less, where gap is the distance to the other values in the basis
-- (Kato 1949; Parlett, The Symmetric Eigenvalue Problem, 1998, theorem 11.7.1). Values within 3 ‖r‖ count as the same, since a group
-- moves by no more than its own gap allows. The other values are estimates as well: value i may be slack[i] nearer.
local function doubt(values, lambda, r, slack)
  local gap = math.huge
  for i, value in ipairs(values) do
    local distance = math.abs(value - lambda)
    if distance > 3 * r then gap = math.min(gap, distance - math.max(r, slack[i] or 0)) end
  end
  return gap > 0 and gap < math.huge and math.min(r, r * r / gap) or r
end

-- Residuals as parts of the largest |λ|: of earlier vectors from where on they say little about this operator, and of a neighbour that is known
-- well enough to be no rival.
local moved, rough = 0.5, 0.2

local function columns_of(matrix, ids) return matrix:index(2, eb.tensor(ids, { dtype = "int32" })) end

-- All of a small operator at once.
local function dense(core, many, back, k, which)
  local n = core.space.size
  local rows = many(eb.eye(n, { dtype = core.space.dtype })):cast(D)
  if not rows:isfinite():all():item() then
    local count = #wanted_of(n, k, which)
    local none = eb.full({ count }, 0 / 0, { dtype = D })
    return answer(core, back, none, eb.eye(n, { dtype = core.space.dtype })[{ { 1, count }, {} }], none, n, false)
  end
  local values, vectors = eb.linalg.eigh((rows + rows:t()) / 2)
  local ids = wanted_of(n, k, which)
  local chosen = columns_of(vectors, ids)
  local lambda = values:index(1, eb.tensor(ids, { dtype = "int32" }))
  local residuals = (rows:mm(chosen) - chosen * lambda):norm(2, 1)
  return answer(core, back, lambda, chosen:t():cast(core.space.dtype), residuals, n, true)
end

local kinds = { k = "integer", which = "string", v0 = "any", tol = "number", iterations = "integer", block = "integer", seed = "integer" }

function methods.eigs(self, options)
  local core = curvature.core_of(self, "eigs")
  native.check("eigs", options, kinds)
  options = options or {}
  local space, n = core.space, core.space.size
  local k, which = options.k or 1, options.which or "largest"
  if k < 1 or k > n then fail("eigs: k: expected a number of eigenvalues from 1 to %d, the size of the operator, got %d", n, k) end
  if which ~= "largest" and which ~= "smallest" and which ~= "both" then
    fail("eigs: which: expected \"largest\", \"smallest\" or \"both\", got \"%s\"", which)
  end
  local epsilon = space.dtype == D and 2.2e-16 or 1.2e-7
  local tol = options.tol or (space.dtype == D and 1e-12 or 1e-7)
  if not (tol >= 0) then fail("eigs: tol: expected a number from 0 on, got %g", tol) end
  local iterations = options.iterations or 300
  if iterations < 1 then fail("eigs: iterations: expected a number from 1 on, got %d", iterations) end
  local block = options.block or k
  if block < 1 then fail("eigs: block: expected a number from 1 on, got %d", block) end
  local apply, many, back, forth = curvature.symmetric_form(core, "eigs")
  local total = which == "both" and math.min(n, 2 * k) or k
  if not options.v0 and not options.iterations and n <= math.max(24, 2 * total) then return dense(core, many, back, k, which) end

  local rng = eb.rng(options.seed or 0)
  local function random(count) return eb.randn({ count, n }, { dtype = space.dtype, rng = rng }) end
  -- Values that nobody has seen have no gap: r²/gap counts only where an earlier answer has seen the neighbours and the operator has
  -- changed little since. Otherwise the next value after the wanted ones has to be found roughly as well, and where vectors were given, which may
  -- have no part in what is wanted, a random one goes along.
  local start, is_known, is_doubtful = nil, false, tol > 0
  if options.v0 then
    local rows, _, are_many = curvature.read(space, options.v0, "eigs: v0")
    rows = are_many and rows or rows:reshape { 1, n }
    local more = neighbours[options.v0]
    is_known = more and more.size == n
    is_doubtful = is_doubtful and not is_known
    if is_known then rows = eb.cat({ rows, more.rows }, 1) end
    start = forth(rows)
    if not start:isfinite():all():item() then fail("eigs: v0: expected vectors of finite numbers") end
    if start.shape[1] < block then start = eb.cat({ start, random(block - start.shape[1]) }, 1) end
  else
    -- That one random vector has next to no part in an eigenvector happens, that none of two has hardly.
    start = random(options.block or block + 1)
  end

  local most = math.min(n, math.max(48, 6 * math.max(block, total)))
  local basis, images, ritz = {}, {}, nil
  local size, matvecs = 0, 0
  local fresh = orthonormalized(start, basis, epsilon) or orthonormalized(random(block), basis, epsilon)
  local lambda, chosen, vectors, norms, done, neighbour
  -- Pairs in the basis by their columns: vectors, residuals, and their norms.
  local function pairs_of(c, lambda)
    local v = combine(basis, c)
    local r = combine(images, c) - lambda:cast(space.dtype):unsqueeze(2) * v
    return v, r, r:norm(2, 2):cast(D)
  end
  local function pairs_at(first, last) return pairs_of(chosen[{ {}, { first, last } }], lambda[{ { first, last } }]) end
  for iteration = 1, iterations do
    -- The new vectors and their images.
    local count = fresh.shape[1]
    local made = count == 1 and apply(fresh[1]):unsqueeze(1) or many(fresh)
    matvecs = matvecs + count
    local corner = fresh:mm(made:t()):cast(D)
    if not corner:isfinite():all():item() then
      local none = eb.full({ math.min(total, count) }, 0 / 0, { dtype = D })
      return answer(core, back, none, fresh[{ { 1, math.min(total, count) }, {} }], none, matvecs, false)
    end
    corner = (corner + corner:t()) / 2
    if size > 0 then
      local side = coefficients(basis, made):cast(D)
      ritz = eb.cat({ eb.cat({ ritz, side }, 2), eb.cat({ side:t(), corner }, 2) }, 1)
    else
      ritz = corner
    end
    append(basis, fresh)
    append(images, made)
    size = size + count
    -- The pairs in the basis, and how good they are.
    local values, s = eb.linalg.eigh(ritz)
    local ids = wanted_of(size, k, which)
    lambda = values:index(1, eb.tensor(ids, { dtype = "int32" }))
    chosen = columns_of(s, ids):cast(space.dtype)
    local all = values:totable()
    local scale = math.max(math.abs(all[1]), math.abs(all[size]))
    local next_ids, slack = {}, nil
    if which ~= "smallest" and size > total then next_ids[1] = size - k end
    if which ~= "largest" and size > total then next_ids[#next_ids + 1] = k + 1 end
    neighbour = #next_ids > 0 and columns_of(s, next_ids):cast(space.dtype) or nil
    local function next_pairs() return pairs_of(neighbour, values:index(1, eb.tensor(next_ids, { dtype = "int32" }))) end
    -- Whether a pair is not good yet. How good its neighbours are is found out when that decides.
    local function is_open(value, r)
      -- Below the rounding of the products nothing can be asked for.
      if r <= (tol > 0 and 16 * epsilon * scale or 0) then return false end
      if r <= tol * scale then return false end
      if not is_known or doubt(all, value, r, {}) > tol * scale then return true end
      if not slack then
        slack = {}
        if neighbour then
          local _, _, rs = next_pairs()
          for i, id in ipairs(next_ids) do slack[id] = doubt(all, all[id], rs[i]:item(), {}) end
        end
      end
      return doubt(all, value, r, slack) > tol * scale
    end
    -- A block of residuals of those that are not good yet is all that the next products need: the pairs after them can wait.
    local open, looked_at = {}, 0
    while looked_at < #ids and #open < block do
      local first, last = looked_at + 1, math.min(#ids, looked_at + block)
      local residuals
      vectors, residuals, norms = pairs_at(first, last)
      for i, r in ipairs(norms:totable()) do
        if is_open(all[ids[first + i - 1]], r) then open[#open + 1] = residuals[{ { i, i }, {} }] end
      end
      looked_at = last
    end
    if iteration == 1 and is_known and norms:max():item() > moved * scale then is_known, is_doubtful = false, tol > 0 end
    local most_open = block
    if is_doubtful then
      if iteration == 1 and options.v0 then
        open[#open + 1] = random(1)
      elseif neighbour then
        local _, r, rs = next_pairs()
        for i = 1, #next_ids do if rs[i]:item() > rough * scale then open[#open + 1] = r[{ { i, i }, {} }] end end
      end
      most_open = options.block or block + 2
    end
    done = #ids >= total and #open == 0
    if done or size >= n or iteration == iterations then break end
    -- Where to look next. A space that is closed tells nothing of what is outside.
    fresh = nil
    if #open > 0 then
      while #open > most_open do table.remove(open) end
      fresh = orthonormalized(eb.cat(open, 1), basis, epsilon)
    end
    if not fresh then
      if #ids >= total and #open > 0 then break end
      fresh = orthonormalized(random(math.min(block, n - size)), basis, epsilon)
      if not fresh then break end
    end
    if fresh.shape[1] > n - size then fresh = fresh[{ { 1, n - size }, {} }] end
    if size + fresh.shape[1] > most and size < n then
      local kept = {}
      local room = most // 2
      local from_top = which == "largest" and room or which == "smallest" and 0 or room // 2
      for i = size, size - from_top + 1, -1 do kept[#kept + 1] = i end
      for i = 1, room - from_top do kept[#kept + 1] = i end
      local c = columns_of(s, kept):cast(space.dtype)
      basis, images = { combine(basis, c) }, { combine(images, c) }
      ritz = values:index(1, eb.tensor(kept, { dtype = "int32" })):diag()
      size = #kept
    end
  end
  if block < lambda.shape[1] then
    local _
    vectors, _, norms = pairs_at(1, lambda.shape[1])
  end
  local next_ones = neighbour and back(combine(basis, neighbour))
  return answer(core, back, lambda, vectors, norms, matvecs, done or size >= n, next_ones)
end
