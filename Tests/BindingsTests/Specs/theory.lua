local D = { dtype = "float64" }
local threshold, optim = eb.theory.stability_threshold, eb.optim

test("thresholds to their digits", function()
  close(threshold(optim.sgd { lr = 0.01 }), 200, 1e-13)
  close(threshold(optim.sgd { lr = 0.01, momentum = 0.9 }), 380, 1e-13)
  close(threshold(optim.sgd { lr = 0.01, momentum = 0.9, nesterov = true }), 135.714285714286, 1e-13)
  close(threshold(optim.sgd { lr = 0.01, momentum = 0.9, ema = true }), 3800, 1e-13)
  close(threshold(optim.adam { lr = 0.01 }), 3800, 1e-13)
  close(threshold(optim.rmsprop { lr = 0.01 }), 200, 1e-13)
  close(threshold("rk4", { step = 1 }), 2.785293563, 1e-9)
  close(threshold("euler", { step = 0.5 }), 4)
  close(threshold(optim.sam { lr = 0.1, rho = 0.1 }, { grad_norm = 0.5 }), 7.80776406, 1e-9)
  close(threshold(optim.sam { lr = 0.1, rho = 0 }, { grad_norm = 0.5 }), 20, 1e-13)
  close(threshold(optim.sgd { lr = eb.schedule.step(1, 0.5, 1) }, { t = 2 }), 4)
end)

-- |x| after steps on ½ λ x² from 1e-3, by an optimizer.
local function after(opt, lambda, steps)
  local x = eb.tensor({ 1e-3 }, D)
  local s = opt:init(x)
  local function f(p) return lambda * (p * p):sum() / 2, lambda * p end
  for _ = 1, steps do x, s = opt:step(x, lambda * x, s, f) end
  return math.abs(x:item())
end

test("stable just below, unstable just above", function()
  for _, opt in ipairs {
    optim.sgd { lr = 0.1 }, optim.sgd { lr = 0.1, weight_decay = 3 }, optim.sgd { lr = 0.1, momentum = 0.9, weight_decay = 3 },
    optim.sgd { lr = 0.1, momentum = 0.8, nesterov = true, weight_decay = 1 }, optim.sgd { lr = 0.1, momentum = 0.5, ema = true, weight_decay = 1 },
    optim.sam { lr = 0.1, rho = 0.05, normalize = false },
  } do
    local limit = threshold(opt)
    assert(after(opt, 0.99 * limit, 2000) < 1e-5, tostring(opt))
    assert(after(opt, 1.01 * limit, 2000) > 1, tostring(opt))
  end
end)

-- The preconditioned curvature is what ε makes it when gradients are far below: P = ε.
test("preconditioned curvature, with P held by a large ε", function()
  local eps = 1e6
  for _, opt in ipairs {
    optim.adam { lr = 0.1, eps = eps }, optim.adamw { lr = 0.1, eps = eps, weight_decay = 4 }, optim.amsgrad { lr = 0.1, eps = eps },
    optim.rmsprop { lr = 0.1, eps = eps }, optim.rmsprop { lr = 0.1, momentum = 0.9, eps = eps }, optim.nadam { lr = 0.1, eps = eps, momentum_decay = 1 },
    optim.adagrad { lr = 0.1, eps = eps }, optim.group_rmsprop { lr = 0.1, eps = eps },
  } do
    -- Gradients so small that their moments are nothing beside ε; what the first corrected steps do is left out.
    local limit = threshold(opt)
    local function growth(share)
      local x, lambda, middle = eb.tensor({ 1e-100 }, D), share * limit * eps, nil
      local s = opt:init(x)
      for t = 1, 600 do
        x, s = opt:step(x, lambda * x, s)
        if t == 300 then middle = x:item() end
      end
      return math.abs(x:item() / middle)
    end
    assert(growth(0.99) < 0.1, tostring(opt))
    assert(growth(1.01) > 10, tostring(opt))
  end
end)

test("rk4's growth is 1 at its threshold", function()
  local z = threshold("rk4", { step = 1 })
  close(1 - z + z ^ 2 / 2 - z ^ 3 / 6 + z ^ 4 / 24, 1, 1e-14)
end)

test("errors", function()
  raises(function() threshold(optim.lion()) end, here(), "stability_threshold: there is no formula for lion; there are formulas for adabelief, adagrad,")
  raises(function() threshold(optim.chain { optim.sgd() }) end, "there is no formula for chain")
  raises(function() threshold(optim.adam { weight_decay = 1 }) end, "adam: there is no formula with weight decay")
  raises(function() threshold(optim.sam()) end, "sam: it depends on the norm of the gradient; give grad_norm")
  raises(function() threshold(optim.sam { base = optim.adam() }) end, "sam: there is a formula for a base of sgd")
  raises(function() threshold(optim.sgd { lr = eb.schedule.constant(1) }) end, "sgd has a schedule; say at which step")
  raises(function() threshold("rk5", { step = 1 }) end, "there is no flow 'rk5'")
  raises(function() threshold("rk4") end, "rk4: give its step")
  raises(function() threshold(3) end, "stability_threshold: expected an optimizer", "got number")
  raises(function() threshold(optim.sgd(), { stpe = 1 }) end, "unknown option 'stpe' (did you mean 'step'?)")
  local mine = optim.define("sgd", { lr = 1 }, { step = function(p) return p end })
  raises(function() threshold(mine()) end, "there is no formula for sgd")
end)
