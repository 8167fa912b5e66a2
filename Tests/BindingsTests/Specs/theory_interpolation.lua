-- Interpolation of least norm and entropy: certificates, oracles of one example, and descent on diagonal networks.
local D = { dtype = "float64" }
local theory = eb.theory

local function normal(seed, ...) return eb.randn({ ... }, { rng = eb.rng(seed), dtype = "float64" }) end

test("least l1: certificates prove it", function()
  for seed, sparsity in ipairs { 3, 8, 20, 60 } do
    local X, w = normal(seed, 30, 80), eb.zeros { 80, dtype = "float64" }
    for i = 1, sparsity do w[i] = (-1) ^ i * (1 + i % 3) end
    local y = X:mm(w)
    local beta, c = theory.min_l1(X, y)
    close(X:mm(beta), y, 1e-11)
    assert(c.residual < 1e-11)
    close(c.dual_norm, X:t():mm(c.dual):abs():max():item(), 1e-15)
    assert(c.dual_norm <= 1 + 1e-13)
    close(c.gap, (beta:abs():sum() - y:dot(c.dual)):item(), 1e-13)
    assert(math.abs(c.gap) < 1e-10)
    assert(c.unique)
    assert(beta:ne(0):sum():item() <= 30)
    if sparsity == 3 then close(beta, w, 1e-12) end
  end
end)

test("least l1 of systems that are not regular", function()
  -- Many solutions: still shortest, and said not to be the only one.
  local beta, c = theory.min_l1({ { 1, 1 } }, { 1 })
  close(beta:abs():sum():item(), 1, 1e-9)
  assert(not c.unique and math.abs(c.gap) < 1e-9)
  -- Equal rows.
  local X = normal(1, 10, 30)
  local y = normal(2, 10)
  local doubled, certificate = theory.min_l1(eb.cat({ X, X, 2 * X }, 1), eb.cat({ y, y, 2 * y }, 1))
  close(doubled, theory.min_l1(X, y), 1e-11)
  assert(certificate.dual_norm <= 1 + 1e-12 and math.abs(certificate.gap) < 1e-10)
  -- As many equations as unknowns, or more; nothing to reach.
  local W = normal(3, 6)
  close(theory.min_l1(normal(4, 9, 6), normal(4, 9, 6):mm(W)), W, 1e-12)
  local zero, nothing = theory.min_l1(X, eb.zeros { 10 })
  equal({ zero:abs():max():item(), nothing.gap }, { 0, 0 })
  raises(function() theory.min_l1({ { 1, 0 }, { 1, 0 } }, { 1, 2 }) end, "min_l1: there is no solution of X β = y; the least residual is")
end)

test("least l2", function()
  local X, y = normal(1, 10, 30), normal(2, 10)
  local beta, c = theory.min_l2(X, y)
  close(beta, eb.linalg.pinv(X):mm(y), 1e-12)
  close(X:t():mm(c.dual), beta, 1e-12)
  assert(c.residual < 1e-12)
  close(theory.min_l2({ { 1, 2 } }, { 1 }), { 0.2, 0.4 }, 1e-15)
end)

test("hyperbolic entropy: one example", function()
  for alpha, expected in pairs { [0.1] = { 0.0668580177, 0.4665709911 }, [1] = { 0.1992113774, 0.4003943113 }, [0.01] = { 0.0070446979, 0.4964776510 } } do
    close(theory.hypentropy_min({ { 1, 2 } }, { 1 }, alpha), expected, 1e-9)
  end
  local _, c = theory.hypentropy_min({ { 1, 2 } }, { 1 }, 0.1)
  close(c.dual, { 1.9216420749 }, 1e-10)
  close(theory.hypentropy_min({ { 1, 2 } }, { 1 }, 0.1):abs():sum():item(), 0.5334290089, 1e-9)
  -- The limits: least l1 and least l2.
  close(theory.hypentropy_min({ { 1, 2 } }, { 1 }, 1e-12), { 0, 0.5 }, 1e-11)
  close(theory.hypentropy_min({ { 1, 2 } }, { 1 }, 1e6), { 0.2, 0.4 }, 1e-11)
end)

test("hyperbolic entropy: optimality of many", function()
  local X = normal(1, 20, 60)
  local y = normal(2, 20)
  for _, alpha in ipairs { 1e-8, 1e-3, 0.3, 10 } do
    local beta, c = theory.hypentropy_min(X, y, alpha)
    assert(c.residual < 1e-11)
    close(beta, 2 * alpha ^ 2 * X:t():mm(c.dual):sinh(), 1e-10)
    assert(math.abs(c.gap) < 1e-9 * math.max(1, alpha ^ 2))
  end
  local near, far = theory.hypentropy_min(X, y, 1e-10), theory.hypentropy_min(X, y, 1e6)
  assert(near:abs():sum():item() / theory.min_l1(X, y):abs():sum():item() < 1.05)
  close(far, theory.min_l2(X, y), 1e-9)
  -- A start of its own for each coordinate.
  local alpha = eb.linspace(0.1, 1, 60, D)
  local beta, c = theory.hypentropy_min(X, y, alpha)
  close(beta, 2 * alpha ^ 2 * X:t():mm(c.dual):sinh(), 1e-11)
end)

test("entropy of squares: one example", function()
  local function closed(alpha)
    local z = (-1 + math.sqrt(1 + 8 / alpha ^ 2)) / 4
    return { alpha ^ 2 * z, alpha ^ 2 * z ^ 2 }
  end
  for alpha, expected in pairs {
    [0.1] = { 0.0682548585, 0.4658725708, 7.72698057 }, [0.01] = { 0.0070461120, 0.4964769440, 7.97181555 },
  } do
    local beta = theory.entropy_min({ { 1, 2 } }, { 1 }, alpha)
    close(beta, { expected[1], expected[2] }, 1e-9)
    close(beta, closed(alpha), 1e-13)
    -- The sharpness of the network there, 4 Σ β x².
    local hessian = eb.hessian(function(w) return ((w * w):dot(eb.tensor({ 1, 2 }, D)) - 1) ^ 2 / 2 end)(beta:sqrt())
    close(eb.linalg.eigh(hessian)[-1]:item(), expected[3], 1e-8)
    close(4 * (beta[1] + 4 * beta[2]):item(), expected[3], 1e-8)
  end
  close(theory.entropy_min({ { 1, 2 } }, { 1 }, 1e-9), { 0, 0.5 }, 1e-8)
  local X, w = normal(1, 10, 30), normal(2, 30):abs()
  local beta, c = theory.entropy_min(X, X:mm(w), 0.2)
  close(beta, 0.04 * X:t():mm(c.dual):exp(), 1e-11)
  assert(c.residual < 1e-11 and math.abs(c.gap) < 1e-11)
end)

test("descent on diagonal networks ends there", function()
  local x = eb.tensor({ 1, 2 }, D)
  local function loss(p) return ((p.u ^ 2 - p.v ^ 2):dot(x) - 1) ^ 2 / 2 end
  local function train(lr, steps)
    local p = eb.loop(steps, function(q) return q - lr * eb.grad(loss)(q) end, { u = 0.1 * eb.ones { 2, dtype = "float64" }, v = 0.1 * eb.ones { 2, dtype = "float64" } })
    return p.u ^ 2 - p.v ^ 2
  end
  local closed = theory.hypentropy_min({ { 1, 2 } }, { 1 }, 0.1)
  local one, half = train(1e-3, 20000), train(5e-4, 40000)
  close(one, { 0.0669577, 0.4665212 }, 1e-7)
  -- Off by as much as the step size.
  close(((one - closed) / (half - closed)):totable()[1], 2, 2e-2)
end)

test("the effective start after finite steps", function()
  -- β = u v: in each coordinate (u² − v²) shrinks by 1 − γ² g² a step, g the gradient in β.
  local X = normal(1, 4, 8)
  local y = X:mm(eb.tensor({ 1, -1, 0, 0, 0, 0, 0, 0 }, D))
  local gamma, steps = 2e-2, 60000
  local u, v = 0.3 * eb.ones { 8, dtype = "float64" }, 0.1 * eb.ones { 8, dtype = "float64" }
  local p = eb.loop(steps, function(s)
    local g = X:t():mm(X:mm(s.u * s.v) - y) / 4
    return { u = s.u - gamma * g * s.v, v = s.v - gamma * g * s.u, log = s.log + (-(gamma * g) ^ 2):log1p() }
  end, { u = u, v = v, log = eb.zeros { 8, dtype = "float64" } })
  local measured = ((p.u ^ 2 - p.v ^ 2) / (u ^ 2 - v ^ 2)):log()
  assert((measured - p.log):abs():max():item() <= 1e-11)
  assert(p.log:max():item() < -1e-5)
  close(X:mm(p.u * p.v), y, 1e-6)
end)

test("errors", function()
  raises(function() theory.hypentropy_min({ { 1, 2 } }, { 1 }, 0) end, "hypentropy_min: alpha: expected numbers above 0, got 0")
  raises(function() theory.hypentropy_min({ { 1, 2 } }, { 1 }, { 1, 2, 3 }) end, "hypentropy_min: alpha: expected a number or a vector of 2, got shape [3]")
  raises(function() theory.entropy_min({ { 1, 2 } }, { -1 }, 0.1) end, "entropy_min: no β > 0 with X β = y was found")
  raises(function() theory.min_l2({ { 1, 2 } }, { 1, 2 }) end, "min_l2: X is [1, 2]; expected y with 1 entries along dimension 1, got [2]")
  raises(function() theory.hypentropy_min({ { 1, 0 }, { 1, 0 } }, { 1, 2 }, 1) end, "hypentropy_min: there is no solution of X β = y")
end)
