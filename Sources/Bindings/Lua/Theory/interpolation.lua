-- Interpolation X β = y of least norm, with certificates: of ℓ2 by the singular value decomposition, of ℓ1 by a primal-dual interior-point
-- method (Mehrotra 1992) on the linear program, begun at the least squares and ended on the support. Runs once in every state.
local eb, _, parts = ...
local theory = parts.theory
local fail = theory.fail

-- The system as A β = b with orthonormal rows A [r, d], and lift: multipliers of it as those of X β = y.
local function row_space(operation, x, y)
  local u, s, vt, rank = theory.thin_svd(x)
  local size = y:norm():item()
  local image = u:t():mm(y)
  local rest = rank == 0 and size or (y - u:mm(image)):norm():item()
  if rest > 1e-9 * size then
    fail("%s: there is no solution of X β = y; the least residual is %.3g of ‖y‖ = %.6g", operation, rest / size, size)
  end
  return { rows = vt, target = image / s, rank = rank, lift = function(nu) return u:mm(nu / s) end }
end
theory.row_space = row_space

local function residual(x, beta, y) return (x:mm(beta) - y):abs():max():item() end

function eb.theory.min_l2(X, y)
  local x, target = theory.examples("min_l2", X, y)
  local system = row_space("min_l2", x, target)
  if system.rank == 0 then return eb.zeros { x.shape[2], dtype = "float64" }, { dual = eb.zeros_like(target), residual = 0.0 } end
  local beta = system.rows:t():mm(system.target)
  return beta, { dual = system.lift(system.target), residual = residual(x, beta, target) }
end

-- The longest step ≤ 1 that keeps values positive: the largest share of the way to the boundary.
local function longest(value, change)
  local ratio = (-change / value):max():item()
  return ratio <= 0 and 1 or math.min(1, 0.9995 / ratio)
end

-- β = p − q with p, q ≥ 0 and multipliers 1 ∓ Aᵀν of their signs.
local function interior(a, b)
  local least = a:t():mm(b)
  local shift = math.max(least:abs():mean():item(), 1e-300)
  local p, q, nu = least:relu() + shift, (-least):relu() + shift, eb.zeros_like(b)
  local slope = eb.zeros_like(least)
  local n = 2 * #least
  for _ = 1, 100 do
    local sp, sq = 1 - slope, 1 + slope
    local gap = (p:dot(sp) + q:dot(sq)):item()
    if gap <= 1e-13 * (p + q):sum():item() then break end
    local missing = b - a:mm(p - q)
    local normal = (a * (p / sp + q / sq)):mm(a:t())
    local function direction(cp, cq)
      local good, dn = pcall(eb.linalg.solve, normal, missing - a:mm(cp / sp - cq / sq))
      if not good then return nil end
      local ds = a:t():mm(dn)
      return dn, ds, (cp + p * ds) / sp, (cq - q * ds) / sq
    end
    local dn, ds, dp, dq = direction(-p * sp, -q * sq)
    if not dn then break end
    local primal, dual = math.min(longest(p, dp), longest(q, dq)), math.min(longest(sp, -ds), longest(sq, ds))
    local after = ((p + primal * dp):dot(sp - dual * ds) + (q + primal * dq):dot(sq + dual * ds)):item()
    local mu = (after / gap) ^ 3 * gap / n
    dn, ds, dp, dq = direction(mu - p * sp + dp * ds, mu - q * sq - dq * ds)
    if not dn or (dn * 0):sum():item() ~= 0 then break end
    primal, dual = math.min(longest(p, dp), longest(q, dq)), math.min(longest(sp, -ds), longest(sq, ds))
    p, q, nu = p + primal * dp, q + primal * dq, nu + dual * dn
    slope = a:t():mm(nu)
  end
  return p, q, nu, slope
end

-- The solution and its multipliers once more from the equations on the support, where those are enough; nil where not.
local function on_support(a, b, p, q, nu, slope)
  local beta, ids, signs = p - q, {}, {}
  local plus, minus = p:gt(1 - slope):totable(), q:gt(1 + slope):totable()
  for i in ipairs(plus) do
    if plus[i] ~= minus[i] then
      ids[#ids + 1] = i
      signs[#signs + 1] = plus[i] and 1 or -1
    end
  end
  if #ids == 0 or #ids > #b then return nil end
  local support = eb.tensor(ids, { dtype = "int32" })
  local columns = a:index(2, support)
  local values = eb.linalg.svdvals(columns)
  if values[-1]:item() < 1e-10 * values[1]:item() then return nil end
  local solved = eb.linalg.lstsq(columns, b)
  local sign = eb.tensor(signs, { dtype = "float64" })
  if (columns:mm(solved) - b):norm():item() > 1e-12 * b:norm():item() or (solved * sign):min():item() < 0 then return nil end
  nu = nu + eb.linalg.pinv(columns:t()):mm(sign - columns:t():mm(nu))
  return eb.zeros_like(beta):index_add(1, support, solved), nu, support
end

function eb.theory.min_l1(X, y)
  local x, target = theory.examples("min_l1", X, y)
  local system = row_space("min_l1", x, target)
  local a, b = system.rows, system.target
  if system.rank == 0 or b:norm():item() == 0 then
    return eb.zeros { x.shape[2], dtype = "float64" }, { dual = eb.zeros_like(target), gap = 0.0, residual = 0.0, dual_norm = 0.0, unique = true }
  end
  local p, q, inner, slope = interior(a, b)
  local beta, nu, unique = p - q, inner, false
  beta = beta + a:t():mm(b - a:mm(beta))
  local solved, multiplier, support = on_support(a, b, p, q, inner, slope)
  if solved then
    beta, nu = solved, multiplier
    -- Strictly inside away from a support of independent columns, no other solution is as short.
    local outside = eb.zeros_like(beta):index_add(1, support, eb.ones_like(support):cast("float64")):eq(0)
    unique = eb.where(outside, a:t():mm(nu):abs(), 0 * beta):max():item() < 1 - 1e-9
  end
  nu = nu / math.max(1, a:t():mm(nu):abs():max():item())
  local dual = system.lift(nu)
  return beta, {
    dual = dual, gap = beta:abs():sum():item() - target:dot(dual):item(), residual = residual(x, beta, target),
    dual_norm = x:t():mm(dual):abs():max():item(), unique = unique,
  }
end
