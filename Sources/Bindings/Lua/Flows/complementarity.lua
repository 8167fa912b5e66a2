-- The semidefinite complementarity problem X ⪰ 0, Y = A + B[X] ⪰ 0, ⟨X, Y⟩ = 0 for k × k matrices and a self-adjoint B ⪰ 0: the conditions of
-- min ½⟨X, B[X]⟩ + ⟨A, X⟩ over X ⪰ 0. Runs once in every state.
local eb, native, parts = ...
local flow = parts.flow
local fail = flow.fail
local D = { dtype = "float64" }

-- Symmetric matrices as vectors of k (k + 1)/2 numbers with the same inner product, x = Qᵀ vec X.
local bases = {}
local function basis(k)
  if bases[k] then return bases[k] end
  local q, column = eb.zeros { k * k, k * (k + 1) // 2, dtype = "float64" }, 0
  for i = 1, k do
    for j = i, k do
      column = column + 1
      if i == j then
        q[{ (i - 1) * k + i, column }] = 1
      else
        q[{ (i - 1) * k + j, column }] = 0.5 ^ 0.5
        q[{ (j - 1) * k + i, column }] = 0.5 ^ 0.5
      end
    end
  end
  bases[k] = q
  return q
end

local function smallest(x) return eb.linalg.eigh(x)[1]:item() end

-- The largest step ≤ 1 along d from x ≻ 0, a share of the way to the boundary; 0 where x is on it.
local function longest(x, d)
  local values, vectors = eb.linalg.eigh(x)
  if not (values[1]:item() > 0) then return 0 end
  local root = vectors / values:sqrt()
  local least = smallest(root:t():mm(d):mm(root))
  return least >= 0 and 1 or math.min(1, -0.98 / least)
end

-- What is nearly complementary made so: with V the directions that X has more of than Y, X = V Z Vᵀ such that Vᵀ Y V = 0; nil if Z is not ⪰ 0.
local function sharpened(a, b, k, x, y)
  local q = basis(k)
  local values, vectors = eb.linalg.eigh(x - y)
  local first = k + 1
  while first > 1 and values[first - 1]:item() > 0 do first = first - 1 end
  local rank = k + 1 - first
  if rank == 0 then return eb.zeros_like(x) end
  local v = vectors[{ {}, { first, k } }]
  local small = basis(rank)
  -- Columns: what each packed Z makes of X, packed.
  local lift = q:t():mm(eb.linalg.kron(v, v)):mm(small)
  local good, z = pcall(eb.linalg.solve, lift:t():mm(b):mm(lift), -(lift:t():mm(q:t():mm(a:flatten()))))
  if not good then return nil end
  local found = small:mm(z):reshape(rank, rank)
  if not (smallest(found) >= 0) then return nil end
  return v:mm(found):mm(v:t())
end

-- A primal-dual interior-point method along the direction of Helmberg, Rendl, Vanderbei & Wolkowicz 1996, with Mehrotra's correction; A and B
-- have size 1.
local function interior(a, b, k)
  local q = basis(k)
  local eye = eb.eye(k, D)
  local function pack(x) return q:t():mm(x:flatten()) end
  local function unpack(x) return q:mm(x):reshape(k, k) end
  local x, y = eye, eye
  local n = k * (k + 1) // 2
  for iteration = 1, 100 do
    local rest = a + unpack(b:mm(pack(x))) - y
    local mu = (x * y):sum():item() / k
    if mu <= 1e-12 and rest:norm():item() <= 1e-12 then return x, y, iteration end
    local good, inverse = pcall(eb.linalg.inv, y)
    if not good then return x, y, iteration end
    -- ΔX + sym(X B[ΔX] Y⁻¹) = σμ Y⁻¹ − X − sym(X R Y⁻¹) − sym(ΔX' ΔY' Y⁻¹).
    local pair = q:t():mm((eb.linalg.kron(x, inverse) + eb.linalg.kron(inverse, x)):mm(q)) / 2
    local system = eb.eye(n, D) + pair:mm(b)
    local function direction(target, correction)
      local right = target * inverse - x
      local moved = x:mm(rest):mm(inverse)
      right = right - (moved + moved:t()) / 2 - correction
      local dx = unpack(eb.linalg.solve(system, pack(right)))
      return dx, unpack(b:mm(pack(dx))) + rest
    end
    local dx, dy = direction(0, 0)
    local p, d = longest(x, dx), longest(y, dy)
    local after = ((x + p * dx) * (y + d * dy)):sum():item() / k
    local cross = dx:mm(dy):mm(inverse)
    dx, dy = direction(math.max(after / mu, 0) ^ 3 * mu, (cross + cross:t()) / 2)
    -- X moves Y, so that both go equally far.
    local step = math.min(longest(x, dx), longest(y, dy))
    if step < 1e-8 then return x, y, iteration end
    x, y = x + step * dx, y + step * dy
    x, y = (x + x:t()) / 2, (y + y:t()) / 2
  end
  return x, y, 100
end

-- X, Y and how far they are from the conditions; b: [n, n] acts on packed matrices.
local function solve(a, b, k)
  local size, scale = a:norm():item(), b:norm():item()
  local function certified(x, iterations)
    local q = basis(k)
    local y = a + q:mm(b:mm(q:t():mm(x:flatten()))):reshape(k, k)
    local reach = math.max(size, (y - a):norm():item())
    local length = x:norm():item()
    local gap = math.abs((x * y):sum():item())
    local certificate = {
      complementarity = length > 0 and reach > 0 and gap / (length * reach) or 0.0,
      primal = length > 0 and math.max(0, -smallest(x)) / length or 0.0, dual = reach > 0 and math.max(0, -smallest(y)) / reach or 0.0,
      iterations = iterations, Y = y,
    }
    certificate.converged = certificate.complementarity <= 1e-8 and certificate.primal <= 1e-8 and certificate.dual <= 1e-8
    return x, certificate
  end
  local none = eb.zeros { k, k, dtype = "float64" }
  if size == 0 or smallest(a) >= 0 then return certified(none, 0) end
  if scale == 0 then return certified(none, 0) end
  if k == 1 then return certified(-a / b:reshape(1, 1), 0) end
  -- Mostly the directions in which the problem is active are found from those of A by taking them again and again, as a Newton method does.
  local near, far = eb.zeros_like(a), a / size
  for round = 1, 6 do
    near = sharpened(a / size, b / scale, k, near, far)
    if not near then break end
    local found, certificate = certified(near * (size / scale), round)
    if certificate.converged then return found, certificate end
    far = certificate.Y / size
  end
  local x, y, iterations = interior(a / size, b / scale, k)
  local last, certificate = certified(x * (size / scale), iterations)
  local better = sharpened(a / size, b / scale, k, x, y)
  if better then
    local again, other = certified(better * (size / scale), iterations)
    if other.converged or not certificate.converged then return again, other end
  end
  return last, certificate
end

function eb.flow.complementarity(A, B)
  local a = parts.theory.matrix("complementarity", "A", A)
  local k = #a
  if k == 0 or a.shape[2] ~= k or (a - a:t()):abs():max():item() > 1e-9 * a:abs():max():item() then
    fail("complementarity: A: expected a symmetric matrix, got %s", parts.theory.shape(a))
  end
  local b = parts.theory.tensor("complementarity", "B", B)
  if b.ndim ~= 4 then fail("complementarity: B: expected shape [%d, %d, %d, %d], got %s", k, k, k, k, parts.theory.shape(b)) end
  for i = 1, 4 do
    if b.shape[i] ~= k then fail("complementarity: B: expected shape [%d, %d, %d, %d], got %s", k, k, k, k, parts.theory.shape(b)) end
  end
  local matrix = b:reshape(k * k, k * k)
  local packed = basis(k):t():mm(matrix:mm(basis(k)))
  if (packed - packed:t()):abs():max():item() > 1e-9 * math.max(packed:abs():max():item(), 1e-300) then
    fail("complementarity: B: expected a self-adjoint map, ⟨U, B[V]⟩ = ⟨V, B[U]⟩")
  end
  return solve((a + a:t()) / 2, (packed + packed:t()) / 2, k)
end

flow.solve_complementarity, flow.packing = solve, basis
