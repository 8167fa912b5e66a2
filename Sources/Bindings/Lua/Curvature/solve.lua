-- Systems with a symmetric operator. Runs once in every state, after operators.lua.
local eb, native, parts = ...
local curvature = parts.curvature
local fail, methods = parts.rules.fail, curvature.methods

-- MINRES for A x = b from 0 (Paige & Saunders 1975, doi 10.1137/0712047): Lanczos, and a QR of its tridiagonal matrix by rotations.
-- ‖b − A x‖ never grows, whatever the signs of A. Answers x and the number of products.
local function minres(apply, b, tolerance, most)
  local x = 0 * b
  local beta = b:norm():item()
  local limit = tolerance * beta
  if beta == 0 then return x, 0 end
  local v, before = b / beta, 0 * b
  local eta, gamma, gamma_before, sigma, sigma_before = beta, 1, 1, 0, 0
  local w, w_before = 0 * b, 0 * b
  local side, scale = 0, 0
  local epsilon = b.dtype == "float64" and 2.2e-16 or 1.2e-7
  for i = 1, most do
    local image = apply(v)
    local alpha = v:dot(image):item()
    local next_v = image - alpha * v - side * before
    local next_side = next_v:norm():item()
    -- The new column of the matrix under the last two rotations, and the rotation that clears what is left below.
    local delta = gamma * alpha - gamma_before * sigma * side
    local r1 = (delta * delta + next_side * next_side) ^ 0.5
    local r2 = sigma * alpha + gamma_before * gamma * side
    local r3 = sigma_before * side
    -- A singular matrix, and a b of which no more can be reached.
    scale = math.max(scale, math.abs(alpha), next_side)
    if r1 <= 64 * epsilon * scale then return x, i end
    gamma_before, sigma_before, gamma, sigma = gamma, sigma, delta / r1, next_side / r1
    w, w_before = (v - r3 * w_before - r2 * w) / r1, w
    x = x + gamma * eta * w
    eta = -sigma * eta
    if math.abs(eta) <= limit or next_side == 0 then return x, i end
    before, v, side = v, next_v / next_side, next_side
  end
  return x, most
end

function methods.solve(self, b, options)
  local core = curvature.core_of(self, "solve")
  native.check("solve", options, { damping = "number", tol = "number", iterations = "integer", method = "string" })
  options = options or {}
  local damping, space = options.damping or 0, core.space
  local tol = options.tol or (space.dtype == "float64" and 1e-10 or 1e-5)
  local iterations = curvature.expect_positive("solve", "iterations", options.iterations or 1000)
  if not (tol > 0) then fail("solve: tol: expected a number above 0, got %g", tol) end
  local method = options.method or "cg"
  if method ~= "cg" and method ~= "minres" then fail("solve: method: expected \"cg\" or \"minres\", got \"%s\"", method) end
  local plain, _, back, forth = curvature.symmetric_form(core, "solve")
  local rhs, shaped, are_many = curvature.read(space, b, "solve")
  if are_many then fail("solve: expected one right-hand side, a tree like the parameters or a vector [%d]", space.size) end
  rhs = forth(rhs)
  local function apply(v) return damping == 0 and plain(v) or plain(v) + damping * v end
  local size = rhs:norm():item()
  if size == 0 then return { value = shaped(0 * back(rhs)), residual = 0, matvecs = 0, converged = true, method = method } end
  local x, products, spent = nil, 0, 0
  if method == "cg" then
    local indefinite
    x, products, indefinite = parts.rules.conjugate_gradients(apply, rhs, tol, iterations)
    -- A residual that is worse than that of 0 comes from a singular matrix.
    if not indefinite and products == iterations then
      indefinite = not ((rhs - apply(x)):norm():item() < size)
      products = products + 1
    end
    if indefinite then method, spent = "minres", products end
  end
  if method == "minres" then x, products = minres(apply, rhs, tol, iterations) end
  local residual = (rhs - apply(x)):norm():item() / size
  return {
    value = shaped(back(x)), residual = residual, matvecs = spent + products + 1,
    -- What is computed differs from what the recursions believe by rounding.
    converged = residual <= 2 * tol, method = method,
  }
end
