-- Descent on N factors rests at saddles: after stage k the product is the best one of rank k, where the loss is ½ Σ_{i>k} s_i². The largest curvature
-- there is that of the minimum, S = N s_1^(2 − 2/N). The smallest is −s_{k+1} with two factors, 0 with more: these saddles are not strict. At the
-- origin the two ends are ±s_1, or 0. How near a saddle descent comes depends on α, the size of the start.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Saddles on the way: loss, gradient and both ends of the Hessian"

local n, spectrum, goal = paper.choose(8, 20), { 5, 2, 1, 0.5, 0.25 }, 1e-7
for N = 2, 4 do
  local alpha, S = ({ 1, 1e-12, paper.choose(1e-5, 1e-6), paper.choose(1e-4, 1e-5) })[N], N * spectrum[1] ^ (2 - 2 / N)
  local found = { loss = {}, high = {}, low = {}, bound = {}, rest = {}, gradient = {}, final = {} }
  local function note(name, value) table.insert(found[name], value) end
  for rank = 1, 5 do
    -- Factors N(0, α^(2/N)/n), so that the product has size α and no direction is special: M is diagonal. Steps of a fifth of 2/S.
    local s, net = eb.cat { eb.tensor { table.unpack(spectrum, 1, rank) }, eb.zeros { n - rank } }, eb.models.matrix_factorization { n, n, depth = N }
    local function loss(p) return ((net(p) - s:diag()) ^ 2):sum() / 2 end
    local start = net:init { rng = eb.rng(7), init = eb.init.normal { gain = alpha ^ (1 / N) * n ^ -0.5 } }
    local run = eb.run { params = start, loss = loss, opt = eb.optim.sgd { lr = 0.4 / S } }
    run:track { gnorm = true, part = { every = 10, function(run) return net(run.params):diag() end } }
    run:advance(1000000, { until_loss = goal })
    -- A stage ends where the next singular value is half learnt; its saddle is where the gradient is smallest, which is largest after it.
    local part, gradient, last = run.log.part.value, run.log.gnorm.value, 0
    for k = 0, rank do
      local half = k < rank and part[{ {}, k + 1 }]:gt(s[k + 1] / 2):cast "float64":argmax():item() * 10 - 9 or run.t
      local step = last + gradient[{ { last + 1, half } }]:argmin():item()
      local p, g, peak = run:at(step - 1).params, gradient[step]:item(), gradient[{ { step, half } }]:max():item()
      local high, low = table.unpack(eb.curv.hessian(loss, p):eigs({ which = "both", tol = 1e-6 }).values:totable())
      note(k > 0 and "high" or "low", high / (k > 0 and S or spectrum[1]))
      if k < rank then
        local x, w = spectrum[k + 1], 0
        for j = 1, N do w = math.max(w, eb.linalg.svdvals(p[j])[k + 1]:item()) end
        note("loss", run.log.loss:at(step) / eb.theory.rank_plateaus(s:diag(), k))
        note("low", -low / x)
        note("bound", -low / ((N - 1) * x * w ^ (N - 2)))
        note("rest", g / peak)
      else
        note("gradient", g)
        note("final", -low)
      end
      last = half
    end
  end
  local function row(name, text, options)
    local list = found[name]
    options.row, options.measured = ("%d factors, rank 1 … 5: %s"):format(N, text), { math.min(table.unpack(list)), math.max(table.unpack(list)) }
    paper.expect(options)
  end
  row("loss", "loss at saddles 0 … R − 1 over ½ Σ_{i>k} s_i²", { expected = 1, within = 0.01 })
  row("rest", "gradient at saddles over the largest of the next stage", { at_most = 0.1 })
  row("high", "λ_max over S at saddles from 1 on and the end", { expected = 1, within = 0.01 })
  -- Of the next mode the factors have w at a saddle: 2 α^(1/N) as random matrices do, and at most twice as much by then, as s_{k+1} ≤ s_k/2.
  row("low", "−λ_min over s_{k+1} at saddles, λ_max over s_1 at the origin",
    N == 2 and { expected = 1, within = 0.01 } or { at_most = (N - 1) * (4 * alpha ^ (1 / N)) ^ (N - 2) })
  row("bound", "−λ_min over (N − 1) s_{k+1} w^(N − 2), its largest value to first order", { at_most = 1.05 })
  -- A loss of ε allows no larger gradient and no more negative curvature.
  row("gradient", "norm of the gradient at the end", { at_most = (2 * S * goal) ^ 0.5 })
  row("final", "−λ_min at the end", { at_most = (N - 1) * (2 * goal) ^ 0.5 * spectrum[1] ^ (1 - 2 / N) })
end
paper.finish()
