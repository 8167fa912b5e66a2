local f64 = "float64"

-- Gradient descent until the loss is below `least`, or for `steps` steps.
local function descend(loss, p, rate, steps, least)
  local step = eb.value_and_grad(loss)
  for _ = 1, steps do
    local value, g = step(p)
    if value:item() < least then break end
    p = p - rate * g
  end
  return p
end

test("diagonal networks", function()
  local m = eb.models.diagonal { d = 3 }
  equal(tostring(m), "diagonal: 3 parameters in 1 tensors")
  equal(m:effective { w = eb.tensor { 1, -2, 3 } }, { 1, 4, 9 })
  equal(m({ w = eb.tensor { 1, -2, 3 } }, eb.tensor { { 1, 1, 1 }, { 1, 0, -1 } }), { 14, -8 })
  equal(m({ w = eb.tensor { 1, -2, 3 } }, eb.tensor { 1, 1, 1 }), 14)
  local signed = eb.models.diagonal { d = 2, depth = 3, signed = true }
  equal(signed:effective { u = eb.tensor { 2, -1 }, v = eb.tensor { 1, 2 } }, { 7, -9 })
  -- They start constant: w = alpha, beta = 0 when signed.
  equal(m:init { gain = 0.5 }.w, { 0.5, 0.5, 0.5 })
  local p = signed:init { gain = 0.1, dtype = f64 }
  equal(p, { u = { 0.1, 0.1 }, v = { 0.1, 0.1 } })
  equal(signed:effective(p), { 0, 0 })
  assert(m:init { init = "normal", rng = eb.rng(1) }.w[1]:item() ~= m:init { init = "normal", rng = eb.rng(2) }.w[1]:item())
end)

test("one data point: the end of gradient descent by step size", function()
  -- x = (1, 2), y = 1, w = 0.01: sharpness 4 sum(beta x^2), norm |w|^2, |w|_1 at the end, flat below the edge 2/7.97, then 2/eta.
  local m = eb.models.diagonal { d = 2 }
  local x, y = eb.tensor({ 1, 2 }, { dtype = f64 }), eb.tensor(1, { dtype = f64 })
  local expected = {
    { 0.1, 7.961, 0.505, 0.802 }, { 0.2, 7.950, 0.506, 0.815 }, { 0.28, 7.090, 0.614, 1.098 }, { 0.3, 6.587, 0.677, 1.163 },
    { 0.4, 4.860, 0.893, 1.214 },
  }
  for _, row in ipairs(expected) do
    local p = descend(function(q) return 0.5 * eb.loss.mse(m(q, x), y) end, m:init { gain = 0.01, dtype = f64 }, row[1], 40000, 1e-24)
    local beta = m:effective(p)
    close((4 * beta * x * x):sum(), row[2], 6e-4)
    close(beta:sum(), row[3], 6e-4)
    close(p.w:norm(1), row[4], 6e-4)
  end
end)

test("the signed network ends at the hypentropy minimiser", function()
  -- beta = u^2 - v^2 from alpha = 0.1: flow (0.0668580, 0.4665710); descent with 1e-3 is O(eta) off.
  local m = eb.models.diagonal { d = 2, signed = true }
  local x, y = eb.tensor({ 1, 2 }, { dtype = f64 }), eb.tensor(1, { dtype = f64 })
  local p = descend(function(q) return 0.5 * eb.loss.mse(m(q, x), y) end, m:init { gain = 0.1, dtype = f64 }, 1e-3, 30000, 1e-20)
  close(m:effective(p), { 0.0669577, 0.4665212 }, 6e-8)
end)

test("quadratic", function()
  local H = eb.tensor({ { 2, 1 }, { 1, 3 } }, { dtype = f64 })
  local m = eb.models.quadratic { H = H }
  local x = eb.tensor({ 1, 2 }, { dtype = f64 })
  equal(m(x), 9)
  equal(eb.grad(m)(x), { 4, 7 })
  equal(eb.hessian(m)(x), H)
  equal(eb.hvp(m)(x, eb.tensor { 1, 0 }), { 2, 1 })
  equal(eb.vmap(m)(eb.stack({ x, 2 * x }, 1)), { 9, 36 })
  equal(eb.models.quadratic { H = eb.tensor { 1, 4 } }(eb.tensor { 2, 3 }), 20)
  equal(m:init { init = "constant", gain = 3 }, { 3, 3 })
  equal(m.parameters, 2)
  equal(m:init { rng = eb.rng(1), gain = 2, init = function(shape, rng, path) equal(path, "") return eb.ones(shape) end }, { 2, 2 })
  local opt = eb.optim.sgd { lr = 0.1 }
  equal((opt:step(x, eb.grad(m)(x), opt:init(x))), x - 0.1 * eb.grad(m)(x))
  raises(function() m { x } end, here(), "quadratic: expected one tensor as parameters, m(p), got a table")
  raises(function() m(eb.ones { 3 }) end, "quadratic: the parameter has shape [3], expected [2]")
  raises(function() m(x, x) end, "quadratic: is a loss of its parameters alone and takes no input; call it as m(p)")
  raises(function() m:effective(x) end, "effective: a model 'quadratic' has no effective weights")
  raises(function() eb.models.quadratic { H = eb.ones { 2, 3 } } end, "quadratic: expected H of shape [d, d]", "float32[2, 3]")
  raises(function() eb.models.quadratic { H = eb.ones { 2, dtype = "int32" } } end, "int32[2]")
  raises(function() eb.models.quadratic { H = 2 } end, "quadratic: option 'H': expected tensor, got number")
  raises(function() eb.models.quadratic {} end, "quadratic: option 'H', the matrix of the form, is missing")
  raises(function() eb.grad(function(h) return eb.models.quadratic { H = h }(x) end)(H) end, here(), "H is a constant of the model")
end)

test("linear and deep_linear", function()
  local x = eb.randn { 5, 4, rng = eb.rng(1), dtype = f64 }
  local m = eb.models.linear { 4, 2 }
  local p = m:init { rng = eb.rng(2), dtype = f64 }
  equal(p.W.shape, { 4, 2 })
  close(m(p, x), x:mm(p.W), 1e-15)
  equal(m:effective(p), p.W)
  local deep = eb.models.deep_linear { 4, 3, 6, 2 }
  local q = deep:init { rng = eb.rng(3), dtype = f64 }
  equal(#q, 3)
  equal(q[2].shape, { 3, 6 })
  local product = q[1]:mm(q[2]):mm(q[3])
  close(deep:effective(q), product, 1e-14)
  close(deep(q, x), x:mm(product), 1e-14)
  close(deep(q, x[1]), x[1]:mm(product), 1e-14)
  -- dL/dW_j = (W_1 .. W_{j-1})^T G (W_{j+1} .. W_N)^T with G = dL/dW.
  local y = eb.randn { 5, 2, rng = eb.rng(4), dtype = f64 }
  local g = eb.grad(function(t) return eb.loss.mse(deep(t, x), y, { reduction = "sum" }) end)(q)
  local G = x:t():mm(2 * (x:mm(product) - y))
  close(g[2], q[1]:t():mm(G):mm(q[3]:t()), 1e-12)
  assert(eb.check_grad(function(t) return eb.loss.mse(deep(t, x), y) end, q) < 1e-6)
  local ensemble = eb.tree.map(function(a) return eb.stack({ a, 2 * a }, 1) end, q)
  close(eb.vmap(deep, { 1, false })(ensemble, x)[2], 8 * x:mm(product), 1e-13)
  -- Inside a net of layers it is a layer.
  local net = eb.nn.sequential { deep, eb.nn.tanh(), eb.models.linear { 2, 1 } }
  equal(net(net:init(), eb.ones { 3, 4 }).shape, { 3, 1 })
end)

test("matrix_factorization", function()
  local m = eb.models.matrix_factorization { 3, 5, depth = 3, rank = 2 }
  local p = m:init { rng = eb.rng(1), dtype = f64 }
  equal({ p[1].shape, p[2].shape, p[3].shape }, { { 2, 5 }, { 2, 2 }, { 3, 2 } })
  local W = p[3]:mm(p[2]):mm(p[1])
  close(m(p), W, 1e-14)
  equal(m:effective(p), m(p))
  local x = eb.randn { 4, 5, rng = eb.rng(2), dtype = f64 }
  close(m(p, x), x:mm(W:t()), 1e-14)
  equal(eb.linalg.matrix_rank(m(p)), 2)
  -- Defaults: two factors of full inner size.
  local q = eb.models.matrix_factorization { 3, 5 }:init()
  equal({ q[1].shape, q[2].shape }, { { 3, 5 }, { 3, 3 } })
  equal(#eb.models.matrix_factorization { 3, 5, depth = 1 }:init(), 1)
  -- Starts of the theory: identity of a given end-to-end size, and its fans.
  local s = eb.models.matrix_factorization { 4, 4, depth = 3 }
  close(s(s:init { init = "identity", gain = 0.1 ^ (1 / 3), dtype = f64 }), 0.1 * eb.eye(4, { dtype = f64 }), 1e-15)
  local wide = eb.models.matrix_factorization { 200, 300, rank = 100 }:init { init = "lecun_normal", rng = eb.rng(1) }
  close(wide[1]:var():item() * 300, 1, 0.03)
  close(wide[2]:var():item() * 100, 1, 0.04)
end)

test("errors", function()
  local m = eb.models.diagonal { d = 3 }
  raises(function() eb.models.diagonal { 3 } end, here(), "diagonal: options go by their names")
  raises(function() eb.models.diagonal {} end, "diagonal: option 'd', the size of an input, is missing")
  raises(function() eb.models.diagonal { d = 0 } end, "option 'd': expected a positive whole number, got 0")
  raises(function() eb.models.diagonal { d = 2, depth = 0 } end, "option 'depth': expected a positive whole number, got 0")
  raises(function() eb.models.diagonal { d = 2, dept = 3 } end, "did you mean 'depth'?")
  raises(function() m(m:init()) end, "diagonal: expected parameters and an input, net(p, x), got 1 argument")
  raises(function() m(m:init(), eb.ones { 2, 4 }) end, "diagonal: expected an input whose last dimension is 3, got [2, 4]")
  raises(function() m:effective { u = eb.ones { 3 } } end, "diagonal: the parameters do not fit the model: 'w' is missing")
  raises(function() m:init { init = "orthogonal" } end, "init: 'w': orthogonal is for weights with at least two dimensions, got [3]")
  raises(function() eb.models.linear { 3 } end, "linear: expected {d, p}, all positive, got {3}")
  raises(function() eb.models.linear { 3, 2, bias = true } end, "unknown option 'bias'")
  raises(function() eb.models.deep_linear { 3 } end, "deep_linear: expected widths from input to output, at least two, all positive, got {3}")
  raises(function() eb.models.matrix_factorization { 3, 0 } end, "matrix_factorization: expected {n, m}, all positive, got {3, 0}")
  raises(function() eb.models.matrix_factorization { 3, 3, depth = 1, rank = 2 } end, "a single factor has no inner rank")
  raises(function() eb.models.matrix_factorization { 3, 3, rank = 1.5 } end, "option 'rank': expected integer")
  raises(function() eb.nn.linear(2, 2):effective {} end, "effective: a model 'linear' has no effective weights")
  raises(function() return eb.models.diagonl end, "did you mean 'diagonal'?")
end)
