-- Where gradient flow on diagonal linear networks ends: the interpolation X β = y of least (hyperbolic) entropy relative to the start
-- (Woodworth et al. 2020, arXiv 2002.09277; Azulay et al. 2021, arXiv 2102.09769), by Newton's method on the dual. Runs once in every state.
local eb, native, parts = ...
local theory = parts.theory
local fail = theory.fail

-- min Σ φ(β_i) s.t. A β = b is the ν that minimises Σ φ*(z_i) − ⟨b, ν⟩, z = Aᵀν, and β = φ*′(z). All of these φ* grow like e^|z|, so that a
-- Newton step shortened to ln(1 + d)/d, d = ‖AᵀΔν‖_∞, always descends and is a full one in the end (Sun & Tran-Dinh 2019, arXiv
-- 1703.04599).
local function newton(operation, a, b, slope, curvature, impossible)
  local nu = eb.zeros_like(b)
  local size, last = b:norm():item(), math.huge
  for step = 1, 500 do
    local z = a:t():mm(nu)
    local missing = b - a:mm(slope(z))
    local error = missing:norm():item()
    -- Close enough to be as good as it gets: one more step, unless the last one did not help.
    if error <= 1e-15 * size or (error <= 1e-11 * size and error >= last / 2) then return nu end
    last = error
    local weights = curvature(z)
    local good, change = pcall(function() return eb.linalg.solve((a * weights):mm(a:t()), missing) end)
    if not good then break end
    local longest = a:t():mm(change):abs():max():item()
    if not (longest < math.huge) or nu:abs():max():item() > 1e6 then break end
    nu = nu + (longest > 0.1 and math.log(1 + longest) / longest or 1) * change
    if step == 500 and error < 1e-8 * size then return nu end
  end
  fail("%s: %s", operation, impossible)
end

-- α² of each coordinate.
local function squares(operation, alpha, d)
  local scale = theory.tensor(operation, "alpha", alpha)
  if scale.ndim > 1 or (scale.ndim == 1 and #scale ~= d) then
    fail("%s: alpha: expected a number or a vector of %d, got shape %s", operation, d, theory.shape(scale))
  end
  if not (scale:min():item() > 0 and scale:max():item() < math.huge) then
    fail("%s: alpha: expected numbers above 0, got %s", operation, scale.ndim == 0 and ("%g"):format(scale:item()) or "one that is not")
  end
  return scale * scale + eb.zeros { d, dtype = "float64" }
end

local function minimum(operation, X, y, alpha, impossible, formulas)
  local x, target = theory.examples(operation, X, y)
  local square = squares(operation, alpha, x.shape[2])
  local f = formulas(square)
  local system = theory.row_space(operation, x, target)
  local z, dual = eb.zeros_like(square), eb.zeros_like(target)
  if system.rank > 0 then
    local nu = newton(operation, system.rows, system.target, f.slope, f.curvature, impossible)
    z, dual = system.rows:t():mm(nu), system.lift(nu)
  end
  local beta = f.slope(z)
  return beta, {
    dual = dual, residual = (x:mm(beta) - target):abs():max():item(),
    gap = (f.primal(beta):sum() + f.conjugate(z):sum() - target:dot(dual)):item(),
  }
end

function eb.theory.hypentropy_min(X, y, alpha)
  local impossible = "Newton's method on the dual did not converge; scale X or choose a larger alpha"
  return minimum("hypentropy_min", X, y, alpha, impossible, function(s)
    return {
      slope = function(z) return 2 * s * z:sinh() end,
      curvature = function(z) return 2 * s * z:cosh() end,
      -- α² q(β/α²), q(v) = 2 − √(4 + v²) + v asinh(v/2), in the form that does not cancel at 0.
      primal = function(beta)
        local v = beta / s
        local root = (4 + v * v):sqrt()
        return s * (v * (v / 2):asinh() - v * v / (2 + root))
      end,
      conjugate = function(z) return 4 * s * (z / 2):sinh():square() end,
    }
  end)
end

function eb.theory.entropy_min(X, y, alpha)
  local impossible = "no β > 0 with X β = y was found: Newton's method on the dual diverges; if there is one, choose a larger alpha"
  return minimum("entropy_min", X, y, alpha, impossible, function(s)
    return {
      slope = function(z) return s * z:exp() end,
      curvature = function(z) return s * z:exp() end,
      primal = function(beta) return beta * (beta / s):log() - beta + s end,
      conjugate = function(z) return s * z:expm1() end,
    }
  end)
end
