-- The semidefinite complementarity problem, and central flows beside what they describe.
local D = { dtype = "float64" }
local flow = eb.flow

-- A random self-adjoint positive B of rank r, as a tensor [k, k, k, k].
local function random_map(k, r, seed)
  local g = eb.randn({ k, k, r }, { rng = eb.rng(seed), dtype = "float64" })
  g = ((g + g:transpose(1, 2)) / 2):reshape(k * k, r)
  return g:mm(g:t()):reshape(k, k, k, k)
end

test("complementarity: one eigenvalue", function()
  for _, case in ipairs { { -2, 4, 0.5 }, { 3, 4, 0 }, { 0, 1, 0 }, { -1e-12, 1e6, 1e-18 } } do
    local X, c = flow.complementarity({ { case[1] } }, eb.full({ 1, 1, 1, 1 }, case[2], D))
    close(X:item() / math.max(case[3], 1e-300), case[3] > 0 and 1 or 0, 1e-12)
    assert(c.converged)
  end
end)

test("complementarity: commuting matrices fall apart", function()
  -- B[X] = X: the part of −A that is positive.
  local q = eb.linalg.qr(eb.randn({ 4, 4 }, { rng = eb.rng(1), dtype = "float64" }))
  local A = (q * eb.tensor({ -3, -1e-6, 0.5, 2 }, D)):mm(q:t())
  local eye = eb.eye(16, D):reshape(4, 4, 4, 4)
  local B = (eye + eye:transpose(1, 2)) / 2
  local X, c = flow.complementarity(A, B)
  close(X, (q * eb.tensor({ 3, 1e-6, 0, 0 }, D)):mm(q:t()), 1e-11)
  assert(c.converged)
end)

test("complementarity: random problems", function()
  for k = 2, 6 do
    for seed = 1, 4 do
      local B = random_map(k, k * k, 10 * k + seed)
      local A = eb.randn({ k, k }, { rng = eb.rng(seed), dtype = "float64" })
      A = (A + A:t()) / 2
      -- Nearly at the edge: one eigenvalue a little below 0.
      if seed % 2 == 0 then
        local _, u = eb.linalg.eigh(A)
        A = (u * eb.cat { eb.tensor({ -1e-7 }, D), eb.linspace(0.01, 0.03, k - 1, D) }):mm(u:t())
      end
      local X, c = flow.complementarity(A, B)
      assert(c.converged, ("k = %d, seed %d: %g %g %g"):format(k, seed, c.complementarity, c.primal, c.dual))
      local Y = A + eb.einsum("ijkl,kl->ij", B, X)
      local size = math.max(A:norm():item(), (Y - A):norm():item())
      assert(math.abs((X * Y):sum():item()) <= 1e-8 * X:norm():item() * size)
      assert(eb.linalg.eigh(X)[1]:item() >= -1e-8 * X:norm():item())
      assert(eb.linalg.eigh(Y)[1]:item() >= -1e-8 * size)
      -- No smaller value of ½⟨X, B[X]⟩ + ⟨A, X⟩ at other X ⪰ 0 nearby.
      local function value(x) return ((eb.einsum("ijkl,kl->ij", B, x) * x):sum() / 2 + (A * x):sum()):item() end
      for other = 1, 5 do
        local l = eb.linalg.cholesky(X + 1e-6 * eb.eye(k, D)) + 0.01 * eb.randn({ k, k }, { rng = eb.rng(other), dtype = "float64" })
        assert(value(l:mm(l:t())) >= value(X) - 1e-12)
      end
    end
  end
end)

test("complementarity: no solution, and bad input", function()
  local _, c = flow.complementarity({ { -1, 0 }, { 0, -1 } }, eb.zeros { 2, 2, 2, 2 })
  equal(c.converged, false)
  raises(function() flow.complementarity({ { 1, 2 }, { 0, 1 } }, eb.zeros { 2, 2, 2, 2 }) end, "complementarity: A: expected a symmetric matrix")
  raises(function() flow.complementarity({ { 1 } }, eb.zeros { 2, 2 }) end, "complementarity: B: expected shape [1, 1, 1, 1], got [2, 2]")
  raises(function() flow.complementarity(eb.eye(2), eb.rand({ 2, 2, 2, 2 }, { rng = eb.rng(1) })) end, "B: expected a self-adjoint map")
end)

-- One example of a diagonal network: loss ½ (⟨w², x⟩ − 1)².
local x = eb.tensor({ 1, 2 }, D)
local function diagonal(w) return ((w ^ 2):dot(x) - 1) ^ 2 / 2 end
local start = eb.full({ 2 }, 0.1, D)

test("without critical eigenvalues it is gradient flow", function()
  local central = flow.central { params = start, loss = diagonal, lr = 0.1, time = 100 }
  local gradient = flow.gradient_flow { params = start, loss = diagonal, lr = 0.1, tol = 1e-11, steps = 100 }
  close(central.params, gradient.params, 1e-5)
  equal(central.log.critical.value:max():item(), 0)
  -- Its steps are of order 4.
  local finer = flow.central { params = start, loss = diagonal, lr = 0.1, time = 100, substeps = 8 }
  assert((finer.params - gradient.params):norm():item() < (central.params - gradient.params):norm():item() / 8)
end)

local function sharpness_of(w) return eb.linalg.eigh(eb.hessian(diagonal)(w))[-1] end

test("one critical eigenvalue: its variance, and a projection", function()
  local lr = 0.3
  local f = flow.central { params = start, loss = diagonal, lr = lr, substeps = 64, tol = 1e-10 }
  repeat f:advance(1) until f.variance > 0 or f.t > 100
  f:advance(1)
  local w = f.params
  close(sharpness_of(w):item(), 2 / lr, 1e-3)
  local slope, g = eb.grad(sharpness_of)(w), eb.grad(diagonal)(w)
  local variance = -2 * (slope:dot(g) / slope:dot(slope)):item()
  assert(variance > 1e-5)
  close(f.variance / variance, 1, 0.05)
  close(f.predicted - f.loss, f.variance / lr, 1e-10)
  -- The velocity is −η times the gradient without its part along ∇S.
  local before = w
  f:advance(1 / 64)
  local projected = -lr * (g - slope:dot(g) / slope:dot(slope) * slope)
  close((((f.params - before) * 64 - projected):norm() / projected:norm()):item(), 0, 0.05)
  -- At the end of the segment with this sharpness: β₁ = 2 − 1/(2η).
  f:advance(150)
  close(sharpness_of(f.params):item(), 2 / lr, 1e-2)
  close((f.params ^ 2)[1]:item(), 2 - 1 / (2 * lr), 1e-2)
end)

-- 20 Chebyshev points, a net of tanh.
local function chebyshev()
  local t = ((2 * eb.arange(1, 20, 1, D) - 1) * (math.pi / 40)):cos():reshape(20, 1)
  local net = eb.nn.mlp { 1, 40, 1, act = "tanh" }
  local p = eb.tree.map(function(v) return v:cast("float64") end, net:init { rng = eb.rng(0) })
  return p, function(q, a, b) return ((net(q, a) - b) ^ 2):mean() / 2 end, { t, 4 * t ^ 3 - 3 * t }
end

test("descent at the edge of stability", function()
  local p, loss, data = chebyshev()
  local lr, steps = 0.8, 260
  local run = eb.run { params = p, loss = loss, data = data, opt = eb.optim.sgd { lr = lr } }
  local flows = {
    central = flow.central { params = p, loss = loss, data = data, lr = lr, every = 1 },
    gradient = flow.gradient_flow { params = p, loss = loss, data = data, lr = lr, tol = 1e-6, every = 50 },
  }
  local seen = flow.compare(run, flows, { steps = steps, every = 4 })
  -- Pinned once it has got there.
  local late = seen.step:ge(200)
  for _, t in ipairs { 200, 232, 256 } do close(flows.central.log.sharpness:at(t), 2 / lr, 2e-3) end
  assert(eb.curv.hessian(loss, flows.gradient.params, data[1], data[2]):eigs {}.values[1]:item() > 1.5 * (2 / lr))
  local function mean(values) return (values * late):sum():item() / late:sum():item() end
  assert(mean(seen.distance.central) < 0.25 * mean(seen.distance.gradient))
  assert(flows.central.log.critical.value:max():item() >= 1)
end)

test("rmsprop: the averaged loss", function()
  local p, loss, data = chebyshev()
  local opt = eb.optim.rmsprop { lr = 2e-3, alpha = 0.99, eps = 1e-7 }
  local run = eb.run { params = p, loss = loss, data = data, opt = opt }:advance(20)
  local central = flow.central { params = p, loss = loss, data = data, opt = opt, warmup = 20 }
  equal(central.t, 20.0)
  equal(central.threshold, 1000)
  local seen = flow.compare(run, { central = central }, { steps = 200, every = 1 })
  close(central.log.sharpness.value[-1]:item(), 1000, 1e-2)
  assert(central.log.critical.value[-1]:item() >= 2)
  assert(central.certificate.complementarity <= 1e-8)
  -- Over the last steps: the mean loss of the run is the predicted one, to a hundredth of what was learnt.
  local last = { { 151, 199 } }
  local gap = (seen.loss.run[last] - seen.predicted.central[last]):mean():item()
  assert(math.abs(gap) < 0.01 * 0.25, gap)
  assert(seen.distance.central[last]:max():item() < 0.06)
  -- Begun at a state of the run itself.
  local other = flow.central { params = run.params, loss = loss, data = data, opt = opt, state = run.opt_state, time = 1 }
  equal(other.t, run.t + 1.0)
  close(other.log.sharpness.value[1]:item(), 1000, 0.05)
end)

test("adam without momentum", function()
  local p, loss, data = chebyshev()
  local opt = eb.optim.adam { lr = 4e-3, beta1 = 0, beta2 = 0.99, eps = 1e-7 }
  local run = eb.run { params = p, loss = loss, data = data, opt = opt }:advance(20)
  local central = flow.central { params = p, loss = loss, data = data, opt = opt, warmup = 20 }
  local seen = flow.compare(run, central, { steps = 120, every = 1 })
  close(central.log.sharpness.value[-1]:item(), 500, 2e-3)
  assert(seen.distance.central:max():item() < 0.1)
end)

test("errors", function()
  raises(function() flow.central { params = start, loss = diagonal } end, "central: give lr for gradient descent, or opt = an optimizer")
  raises(function() flow.central { params = start, loss = diagonal, lr = 0.1, opt = eb.optim.sgd() } end, "central: give lr for gradient descent, or opt")
  raises(function() flow.central { params = start, loss = diagonal, lr = -1 } end, "central: option 'lr': expected a number above 0, got -1")
  raises(function() flow.central { params = start, loss = diagonal, opt = eb.optim.lion() } end, "there are central flows for sgd, rmsprop and adam, got lion")
  raises(function() flow.central { params = start, loss = diagonal, opt = eb.optim.sgd { lr = 1, weight_decay = 1 } } end, "to the loss instead of weight_decay")
  raises(function() flow.central { params = start, loss = diagonal, opt = eb.optim.sgd { lr = eb.schedule.constant(1) } } end, "sgd has a schedule for lr")
  raises(function() flow.central { params = start, loss = diagonal, opt = eb.optim.rmsprop { lr = 1 }, warmup = 0 } end, "before its first step the rule has no average of squares")
  raises(function() flow.central { params = start, loss = diagonal, lr = 0.1, warmup = 3 } end, "option 'warmup' is for rmsprop and adam")
  raises(function() flow.central { params = start, loss = diagonal, lr = 0.1, critical = 0.5 } end, "expected 0 < tracked ≤ critical ≤ 1")
  -- More curvature than any oscillation can lower: it is the same everywhere.
  raises(function() flow.central { params = start, loss = function(w) return 30 * (w ^ 2):sum() end, lr = 0.1, time = 1 } end, "central: at t = 0 there is no oscillation that keeps the 2 critical eigenvalues at the threshold")
end)
