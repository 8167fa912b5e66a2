-- What eigs does with what it begins with: nothing, vectors of an earlier answer, vectors of the caller's.
local double = { dtype = "float64" }

-- A quadratic with these eigenvalues.
local function quadratic(d) return eb.curv.hessian(function(x) return (d * x ^ 2):sum() / 2 end, eb.zeros(d.shape, double)) end

test("from nowhere: the second of two close values is never taken for the first, whatever the random vector", function()
  local H = quadratic(eb.cat({ eb.tensor({ 1.2, 1.1 }, double), eb.linspace(-0.05, 0.05, 98, double) }, 1))
  for _, tol in ipairs { 1e-3, 1e-4 } do
    for seed = 0, 99 do
      local found = H:eigs { tol = tol, seed = seed }
      assert(found.converged and math.abs(found.values:item() - 1.2) <= tol * 1.2, ("tol %g, seed %d: %g"):format(tol, seed, found.values:item()))
    end
  end
end)

test("tol is how far values are off: outliers above a bulk, both ends", function()
  for seed = 1, 30 do
    local rng = eb.rng(seed)
    local d = eb.cat({ rng:randn({ 3 }, double), rng:randn({ 57 + seed }, double) * 0.02 }, 1)
    for _, tol in ipairs { 1e-3, 1e-6 } do
      local found = quadratic(d):eigs { which = "both", tol = tol }.values
      local scale = d:abs():max():item()
      assert(math.abs(found[1]:item() - d:max():item()) <= tol * scale and math.abs(found[2]:item() - d:min():item()) <= tol * scale, seed)
    end
  end
end)

test("a vector of the caller's is a direction, not an answer", function()
  local H = quadratic(eb.arange(1, 50, 1, double))
  close(H:eigs { v0 = eb.eye(50, double)[1] }.values, { 50 }, 1e-9)  -- an eigenvector, not the wanted one
  close(H:eigs { v0 = eb.eye(50, double)[50], which = "smallest" }.values, { 1 }, 1e-9)
  -- An eigenvector that an answer gave is known, as a list and alone.
  local found = H:eigs()
  for _, v0 in ipairs { found.vectors, found.vectors[1] } do assert(H:eigs { v0 = v0 }.matvecs == 2) end
end)

test("along a run with steps far too large every tracked sharpness is the largest eigenvalue", function()
  for _, dtype in ipairs { "float32", "float64" } do
    local x = eb.linspace(-1, 1, 20, { dtype = dtype }):unsqueeze(2)
    local y = 4 * x ^ 3 - 3 * x
    local net = eb.nn.mlp { 1, 16, 8, 1, act = "tanh" }
    local function loss(p, x, y) return eb.loss.mse(net(p, x), y) end
    for _, lr in ipairs { 0.1, 0.25 } do
      local start = eb.tree.map(function(w) return w:cast(dtype) end, net:init { rng = eb.rng(1), gain = 1.9 })
      local run = eb.run { params = start, loss = loss, data = { x, y }, opt = eb.optim.sgd { lr = lr } }
      run:track { s = eb.diag.sharpness { k = 1 } }
      run:advance(60)
      for t = 1, 60 do
        local values = eb.linalg.eigh(eb.curv.hessian(loss, run:at(t - 1).params, x, y):dense():cast "float64")
        local want, got = values[-1]:item(), run.log.s:at(t)
        assert(math.abs(got / want - 1) < 1e-3, ("%s, lr %g, step %d: %g, not %g"):format(dtype, lr, t, got, want))
      end
    end
  end
end)
