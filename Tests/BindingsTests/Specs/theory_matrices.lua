-- Closed forms of matrices: reduced-rank regression, plateaus of factorisations, modes followed through crossings.
local D = { dtype = "float64" }
local theory = eb.theory

local function normal(seed, ...) return eb.randn({ ... }, { rng = eb.rng(seed), dtype = "float64" }) end
local function squares(x) return (x * x):sum():item() end

test("reduced-rank regression of every rank", function()
  local mixed = normal(3, 50, 3):mm(normal(4, 3, 6))
  for _, X in ipairs { normal(1, 50, 6), mixed, normal(5, 4, 6) } do
    local Y = normal(2, #X, 5)
    local best = eb.linalg.pinv(X):mm(Y)
    local s = eb.linalg.svdvals(X:mm(best)):totable()
    for k = 0, 7 do
      local W = theory.reduced_rank_regression(X, Y, k)
      equal(W.shape, { 6, 5 })
      assert(eb.linalg.matrix_rank(W):item() <= k)
      local expected = squares(Y - X:mm(best))
      for i = k + 1, #s do expected = expected + s[i] ^ 2 end
      close(squares(Y - X:mm(W)), expected, 1e-11)
      if k >= 5 then close(W, best, 1e-11) end
    end
  end
  -- No other matrix of the rank does better: neither a perturbed one nor the truncation of W*.
  local X, Y = normal(1, 50, 6), normal(2, 50, 5)
  local W = theory.reduced_rank_regression(X, Y, 2)
  local u, s, vt = eb.linalg.svd(theory.reduced_rank_regression(X, Y, 6))
  assert(squares(Y - X:mm((u[{ {}, { 1, 2 } }] * s[{ { 1, 2 } }]):mm(vt[{ { 1, 2 }, {} }]))) > squares(Y - X:mm(W)) + 1e-6)
  local a, b = eb.linalg.svd(W)
  local left = a[{ {}, { 1, 2 } }] * b[{ { 1, 2 } }]
  assert(squares(Y - X:mm((left + 1e-3 * normal(7, 6, 2)):mm(eb.linalg.pinv(left):mm(W)))) > squares(Y - X:mm(W)))
  -- One target, and the least norm of a deficient X.
  close(theory.reduced_rank_regression({ { 1, 1 } }, { 2 }, 1), { { 1 }, { 1 } }, 1e-15)
end)

test("the order of the dynamics is not always that of regression", function()
  -- σ = 2, ½ and σ²/λ = 1, 2.25.
  local X = math.sqrt(2) * eb.tensor({ { 2, 0 }, { 0, 1 / 3 } }, D)
  local Y = X:mm(eb.tensor({ { 0.5, 0 }, { 0, 4.5 } }, D))
  local order = theory.learning_order(X, Y)
  close(order.sigma, { 2, 0.5 }, 1e-14)
  close(order.lambda, { 4, 1 / 9 }, 1e-14)
  close(order.gain, { 1, 2.25 }, 1e-13)
  equal({ order.dynamics, order.regression, order.agree }, { { 1, 2 }, { 2, 1 }, false })
  close(order.noncommuting, 0, 1e-15)
  -- So it is: rank 1 regression takes the second, descent from a small start the first.
  local W = theory.reduced_rank_regression(X, Y, 1)
  close(W, { { 0, 0 }, { 0, 4.5 } }, 1e-13)
  local p = { 1e-3 * eb.eye(2, D), 1e-3 * eb.eye(2, D) }
  p = eb.loop(5000, function(q)
    local residual = X:t():mm(Y - X:mm(q[1]:mm(q[2]))) / 2
    return { q[1] + 1e-3 * residual:mm(q[2]:t()), q[2] + 1e-3 * q[1]:t():mm(residual) }
  end, p)
  local learnt = p[1]:mm(p[2])
  assert(learnt[{ 1, 1 }]:item() > 0.45 and learnt[{ 2, 2 }]:item() < 0.1)
  -- Autoencoders and whitened inputs agree.
  local A = normal(1, 30, 4)
  equal(theory.learning_order(A, A).agree, true)
  close(theory.learning_order(A, A).noncommuting, 0, 1e-13)
  local Q = eb.linalg.qr(A) * math.sqrt(30)
  local white = theory.learning_order(Q, normal(2, 30, 4))
  equal(white.agree, true)
  close(white.lambda, { 1, 1, 1, 1 }, 1e-12)
  assert(theory.learning_order(A, normal(2, 30, 4)).noncommuting > 0.1)
end)

test("plateaus of matrix factorisation", function()
  local M = eb.tensor({ 5, 2, 1, 0.5 }, D):diag()
  close(theory.rank_plateaus(M), { 15.125, 2.625, 0.625, 0.125, 0 }, 1e-14)
  for k, loss in ipairs { 15.125, 2.625, 0.625, 0.125, 0, 0 } do close(theory.rank_plateaus(M, k - 1), loss, 1e-14) end
  close(theory.rank_plateaus({ 1, 5, 0.5, 2 }), theory.rank_plateaus(M), 1e-15)
  local smallest, largest = { -5, -2, -1, -0.5, 0 }, { 5, 10, 10, 10, 10 }
  for k = 0, 4 do close({ theory.plateau_curvature(M, k) }, { smallest[k + 1], largest[k + 1] }, 1e-14) end
  close(theory.deep_linear_sharpness({ 2, 1 }, 3), { 7.559526, 3 }, 1e-6)
  close(theory.deep_linear_sharpness(2, 4), 11.313708, 1e-7)
end)

test("Hessians at the plateaus, any depth", function()
  local s = { 3, 2, 1 }
  local M = eb.tensor(s, D):diag():pad { { 0, 1 }, { 0, 0 } } -- [4, 3]
  for depth = 1, 4 do
    for k = 0, 3 do
      if depth > 1 then
        local sizes = { 3 }
        for _ = 2, depth do sizes[#sizes + 1] = 4 end
        sizes[#sizes + 1] = 4
        local p = {}
        for j = 1, depth do
          local entries = eb.zeros { sizes[j + 1], sizes[j], dtype = "float64" }
          for i = 1, k do entries[{ i, i }] = s[i] ^ (1 / depth) end
          p[j] = entries
        end
        local function loss(q)
          local w = q[1]
          for j = 2, depth do w = q[j]:mm(w) end
          return ((w - M) ^ 2):sum() / 2
        end
        close(loss(p):item(), theory.rank_plateaus(M, k), 1e-12)
        close(eb.tree.norm(eb.grad(loss)(p)), 0, 1e-12)
        local values = eb.linalg.eigh(eb.hessian(loss)(p))
        close({ theory.plateau_curvature(M, k, { depth = depth }) }, { values[1]:item(), values[-1]:item() }, 1e-10)
      end
    end
  end
  equal({ theory.plateau_curvature(M, 1, { depth = 1 }) }, { 1.0, 1.0 })
end)

test("modes keep their numbers through crossings", function()
  local u, v = eb.linalg.qr(normal(1, 5, 5))[{ {}, { 1, 3 } }], eb.linalg.qr(normal(2, 4, 4))[{ {}, { 1, 3 } }]
  local list, expected = {}, {}
  for i = 1, 12 do
    local t = i / 10
    expected[i] = { 2 - t, 1.03, 0.41 + t }
    local turn = eb.linalg.expm(0.05 * t * eb.tensor({ { 0, 1, 0, 0, 0 }, { -1, 0, 1, 0, 0 }, { 0, -1, 0, 0, 0 }, { 0, 0, 0, 0, 0 }, { 0, 0, 0, 0, 0 } }, D))
    list[i] = turn:mm(u * eb.tensor(expected[i], D)):mm(v:t())
  end
  local tracked = theory.track_modes(list, { k = 3 })
  close(tracked.s, expected, 1e-12)
  equal(tracked.U.shape, { 5, 3 })
  equal(tracked.V.shape, { 4, 3 })
  close((tracked.U * tracked.s[12]):mm(tracked.V:t()), list[12], 1e-12)
  assert(tracked.overlap:min():item() > 0.99)
  close(theory.track_modes(eb.stack(list), { k = 2 }).s, tracked.s[{ {}, { 1, 2 } }], 1e-13)
  -- A value that passes zero goes on below it.
  local signed = {}
  for i = 1, 5 do signed[i] = (u[{ {}, { 1, 2 } }] * eb.tensor({ 3, 2.5 - i }, D)):mm(v[{ {}, { 1, 2 } }]:t()) end
  close(theory.track_modes(signed, { k = 2 }).s:t()[2], { 1.5, 0.5, -0.5, -1.5, -2.5 }, 1e-12)
end)

test("errors", function()
  raises(function() theory.reduced_rank_regression(eb.ones { 3, 2 }, eb.ones { 4, 2 }, 1) end, "reduced_rank_regression: X is [3, 2]; expected Y with 3 entries along dimension 1, got [4, 2]")
  raises(function() theory.reduced_rank_regression(eb.ones { 3 }, eb.ones { 3 }, 1) end, "reduced_rank_regression: X: expected a matrix, got shape [3]")
  raises(function() theory.reduced_rank_regression(eb.ones { 3, 2 }, eb.ones { 3 }, -1) end, "k: expected a whole number from 0 on, got -1")
  raises(function() theory.rank_plateaus(eb.ones { 2, 2, 2 }, 1) end, "rank_plateaus: M: expected a matrix or the vector of its singular values, got shape [2, 2, 2]")
  raises(function() theory.rank_plateaus({ 1, -1 }) end, "rank_plateaus: M: singular value 2 is -1")
  raises(function() theory.track_modes {} end, "track_modes: expected matrices, a list of them or a tensor [T, n, m]")
  raises(function() theory.track_modes({ eb.ones { 2, 2 }, eb.ones { 2, 3 } }) end, "track_modes: matrix 2 is [2, 3], the first [2, 2]; expected one shape")
  raises(function() theory.track_modes({ eb.ones { 2, 2 } }, { k = 3 }) end, "track_modes: k: expected a whole number from 1 to 2, got 3")
end)
