-- The central flow of Cohen, Damian, Talwalkar, Kolter & Lee 2025 (arXiv 2410.24206): where an optimizer at the edge of stability is on average
-- over its oscillation w + δ, E δδᵀ = Σ. Runs once in every state, after preconditioners.lua.
--
-- In steps, ẇ = −c P⁻¹ (∇L + ½ ∇⟨H, Σ⟩) and ν̇ = (1 − β)/β (∇L² + diag(H Σ H) − ν). Σ = U X Uᵀ on the critical vectors, H u = λ P u with Uᵀ P U = I
-- and λ near the threshold τ, is what keeps Uᵀ (τ P − H) U ⪰ 0: over a step dt that matrix becomes A + B[X], linear in X, and X solves the
-- complementarity problem. Without oscillation the step is one of Runge and Kutta's method, so that only Σ is of first order in dt.
local eb, native, parts = ...
local flow = parts.flow
local fail = flow.fail

-- P at ν (of descent without), with the correction of t + 1 steps.
local function preconditioner_at(lr, adaptive, nu, t)
  if not adaptive then return 1 / lr end
  if adaptive.corrected then nu = nu / (1 - adaptive.beta ^ (t + 1)) end
  return (nu:sqrt() + adaptive.eps) / lr
end

-- Whether there may be more large eigenvalues than are followed, and what they are: generalised, descending, with vectors as rows.
local function spectrum(core, p)
  local problem, known = core.problem, core.preconditioner
  local operator = eb.curv.preconditioned(flow.hessian(problem, core.w), p)
  local least, most = core.tracked * known.threshold, math.min(core.most, problem.size)
  local k = math.min(most, math.max(1, core.count or 1))
  while true do
    local found = operator:eigs { k = k, v0 = problem.size > 24 and core.vectors or nil, tol = core.tol }
    core.counts.evaluations = core.counts.evaluations + 2 * found.matvecs
    core.vectors = found.vectors
    local values = found.values:totable()
    if not flow.is_finite(values[1]) then fail("central: the Hessian at t = %.6g is not finite", core.t) end
    local large = 0
    for _, value in ipairs(values) do if value > least then large = large + 1 end end
    if large < k or k == most then
      if large == k and k == core.most and k < problem.size then
        fail("central: at t = %.6g there are %d eigenvalues above %g of the threshold; follow more with option 'most'", core.t, k, core.tracked)
      end
      -- The next time one more than are large.
      core.count = large + 1
      return values, found.vectors
    end
    k = math.min(most, 2 * k)
  end
end

-- The critical ones among them: their values, U as rows, the derivatives ∇(uᵢᵀ H uⱼ) of all pairs i ≤ j as rows [n, P].
local function critical(core, values, vectors)
  local found = {}
  for i, value in ipairs(values) do if value > core.critical * core.preconditioner.threshold then found[i] = vectors[i] end end
  local k = #found
  if k == 0 then return 0 end
  local u, left, right = eb.stack(found), {}, {}
  for i = 1, k do for j = i, k do left[#left + 1], right[#right + 1] = found[i], found[j] end end
  local thirds = core.problem.thirds(core.w, eb.stack(left), eb.stack(right))
  core.counts.evaluations = core.counts.evaluations + 4 * #left
  return k, u, thirds, eb.stack(left) * eb.stack(right)
end

-- How rows of pairs i ≤ j are packed: off the diagonal with √2, so that inner products of packed matrices are those of the matrices.
local function packed(rows, k)
  local factors = {}
  for i = 1, k do for j = i, k do factors[#factors + 1] = i == j and 1 or 2 ^ 0.5 end end
  return rows:cast("float64") * eb.tensor(factors, { dtype = "float64" }):unsqueeze(2)
end

-- Σ where the flow is, over a step dt: X, its certificate, and what X does to w and ν.
local function oscillation(core, info, dt)
  local known, k = core.preconditioner, info.count
  if k == 0 then return nil end
  local p, tau, c = info.P, known.threshold, known.rate
  local d, pairs_ = packed(info.thirds, k), nil
  local q = flow.packing(k)
  local values = eb.tensor(info.values, { dtype = "float64" })[{ { 1, k } }]
  local base = info.base
  local a = tau * eb.eye(k, { dtype = "float64" }) - values:diag()
  local function matrix(vector) return q:mm(vector):reshape(k, k) end
  -- Over dt: H gains D·Δw, with Δw₀ of the flow without oscillation, and −½ c dt P⁻¹ Dᵀ x of Σ.
  a = a - matrix(d:mm((base.w - core.w):cast("float64")))
  local scaled = native.is_tensor(p) and d / p:cast("float64") or d / p
  local b = c * dt / 2 * d:mm(scaled:t())
  if known.adaptive then
    -- P gains P′(ν) Δν, and Σ feeds ν by diag(H Σ H) = τ² (P u)(P u) at the edge.
    pairs_ = packed(info.products, k)
    local wide = p:cast("float64")
    local slope = core.slope(info.nu, core.t):cast("float64")
    a = a + tau * matrix(pairs_:mm(slope * (base.nu - info.nu):cast("float64")))
    local feed = (1 - known.adaptive.beta) / known.adaptive.beta * tau * tau * wide * wide * pairs_
    b = b + tau * dt * (pairs_ * slope):mm(feed:t())
    pairs_ = feed
  end
  a = (a + a:t()) / 2
  local x, certificate = flow.solve_complementarity(a, (b + b:t()) / 2, k)
  if not certificate.converged then
    fail("central: at t = %.6g there is no oscillation that keeps the %d critical eigenvalues at the threshold (complementarity %.2g, violated by %.2g)",
      core.t, k, certificate.complementarity, math.max(certificate.primal, certificate.dual))
  end
  local vector = q:t():mm(x:flatten())
  local push = vector:mm(scaled):cast(core.problem.dtype)
  return {
    X = x, certificate = certificate, trace = x:diag():sum():item(), w = -c * dt / 2 * push,
    nu = pairs_ and dt * vector:mm(pairs_):cast(core.problem.dtype) or nil,
    spread = vector:dot(packed(info.products:sum(2):unsqueeze(2), k):flatten()):item(),
  }
end

local kinds = flow.with {
  opt = "any", substeps = "integer", critical = "number", tracked = "number", most = "integer", tol = "number", warmup = "integer", state = "any",
}

function eb.flow.central(options)
  if type(options) ~= "table" then fail("central: expected a table of options, got %s", native.type(options)) end
  native.check("central", options, kinds)
  local problem = flow.problem("central", options)
  local preconditioner = flow.preconditioner("central", options)
  -- At the threshold Runge and Kutta's steps are stable up to 2.78 / (c τ).
  local substeps = options.substeps or math.max(4, math.ceil(preconditioner.rate * preconditioner.threshold / 2))
  if substeps < 1 then fail("central: option 'substeps': expected a whole number from 1 on, got %d", substeps) end
  local core = {
    name = "central", problem = problem, preconditioner = preconditioner, lr = preconditioner.lr, per_step = 1, counts = {},
    critical = options.critical or 0.975, tracked = options.tracked or 0.75, most = options.most or 10, tol = options.tol or 1e-4,
    advice = "choose a smaller lr, or more substeps",
  }
  if not (core.tracked > 0 and core.tracked <= core.critical and core.critical <= 1) then
    fail("central: expected 0 < tracked ≤ critical ≤ 1, shares of the threshold, got %g and %g", core.tracked, core.critical)
  end
  if core.most < 1 then fail("central: option 'most': expected a whole number from 1 on, got %d", core.most) end
  local w, nu, t = flow.warm_start("central", preconditioner, problem, options)
  core.w, core.state, core.t = w, nu, t + 0.0
  local adaptive, rate, lr, gradient = preconditioner.adaptive, preconditioner.rate, preconditioner.lr, problem.gradient
  -- ẇ and ν̇ without oscillation.
  local function field(v, n, time)
    local g = gradient(v)
    local p = preconditioner_at(lr, adaptive, n, time)
    if not adaptive then return -rate / p * g end
    return -rate * g / p, (1 - adaptive.beta) / adaptive.beta * (g * g - n)
  end
  local flowing = problem.plan(function(v, n, time, h)
    local w1, n1 = field(v, n, time)
    local w2, n2 = field(v + h / 2 * w1, n and n + h / 2 * n1, time + h / 2)
    local w3, n3 = field(v + h / 2 * w2, n and n + h / 2 * n2, time + h / 2)
    local w4, n4 = field(v + h * w3, n and n + h * n3, time + h)
    return v + h / 6 * (w1 + 2 * w2 + 2 * w3 + w4), n and n + h / 6 * (n1 + 2 * n2 + 2 * n3 + n4)
  end)
  -- ∂P/∂ν.
  if adaptive then
    function core.slope(n, time)
      local correction = adaptive.corrected and 1 - adaptive.beta ^ (time + 1) or 1
      return 1 / (2 * lr * (n * correction):sqrt())
    end
  end
  function core.measure()
    local loss = problem.value_and_gradient(core.w):item()
    if not flow.is_finite(loss) then return { loss = loss } end
    local p = preconditioner_at(lr, adaptive, core.state, core.t)
    local values, vectors = spectrum(core, p)
    local k, u, thirds, products = critical(core, values, vectors)
    local info = { loss = loss, P = p, nu = core.state, values = values, count = k, U = u, thirds = thirds, products = products }
    core.counts.evaluations = core.counts.evaluations + 5
    local function base(dt)
      local v, n = flowing(core.w, core.state or false, core.t, dt)
      return { w = v, nu = n }
    end
    info.dt, info.flowing = 1 / substeps, base
    info.base = base(info.dt)
    info.oscillation = oscillation(core, info, info.dt)
    local found = info.oscillation
    info.row = {
      sharpness = values[1] / preconditioner.lr, critical = k, variance = found and found.spread or 0.0,
      predicted = loss + (found and preconditioner.threshold / 2 * found.trace or 0),
    }
    return info
  end
  function core.propose() return 1 / substeps end
  function core.step(_, info, h)
    local found, at = info.oscillation, info.base
    if h < info.dt * (1 - 1e-9) then
      -- Σ is that of a whole substep: the shorter one is on its way.
      at = info.flowing(h)
      if found then found = { w = h / info.dt * found.w, nu = found.nu and h / info.dt * found.nu } end
    end
    return { w = found and at.w + found.w or at.w, state = found and found.nu and at.nu + found.nu or at.nu or nil }
  end
  local function current(each)
    each.info = each.info or each.measure(each)
    return each.info
  end
  core.properties = {
    threshold = function(each) return each.preconditioner.threshold / each.lr end,
    eigenvalues = function(each) return eb.tensor(current(each).values, { dtype = "float64" }) / each.lr end,
    predicted = function(each) return current(each).row.predicted end,
    variance = function(each) return current(each).row.variance end,
    certificate = function(each)
      local found = current(each).oscillation
      return found and found.certificate or nil
    end,
  }
  return flow.make(core, options)
end
