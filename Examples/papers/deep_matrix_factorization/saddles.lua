-- Descent on N factors rests at saddles: after stage k the product is the best one of rank k, where the loss is ½ Σ_{i>k} s_i². The largest curvature
-- there is that of the minimum, S = N s_1^(2 − 2/N). After as many stages as the rank it ends at a critical point of second order.
-- (The other end of the Hessian at the saddles, and both at the origin: negative_curvature.lua.)
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Saddles on the way: loss, gradient and largest curvature, and the end"

local n, spectrum, goal = paper.choose(8, 20), { 5, 2, 1, 0.5, 0.25 }, 1e-7
local starts = { [2] = 1e-12, [3] = paper.choose(1e-5, 1e-6), [4] = paper.choose(1e-4, 1e-5) }

for N = 2, 4 do
  local S = N * spectrum[1] ^ (2 - 2 / N)
  local saddles, ends = { loss = {}, gradient = {}, largest = {} }, { gradient = {}, largest = {}, negative = {} }
  for rank = 1, 5 do
    -- Factors N(0, α^(2/N)/n), so that the product has size α and no direction is special: M is diagonal. Steps of a fifth of 2/S.
    local s, net = eb.cat { eb.tensor { table.unpack(spectrum, 1, rank) }, eb.zeros { n - rank } }, eb.models.matrix_factorization { n, n, depth = N }
    local function loss(p) return ((net(p) - s:diag()) ^ 2):sum() / 2 end
    local function curvature(p) return table.unpack(eb.curv.hessian(loss, p):eigs({ which = "both", tol = 1e-6 }).values:totable()) end
    local start = net:init { rng = eb.rng(7), init = eb.init.normal { gain = starts[N] ^ (1 / N) * n ^ -0.5 } }
    local run = eb.run { params = start, loss = loss, opt = eb.optim.sgd { lr = 0.4 / S } }
    run:track { gnorm = true, part = { every = 10, function(run) return net(run.params):diag() end } }
    run:advance(1000000, { until_loss = goal })

    -- A stage ends where the next singular value is half learnt; its saddle is where the gradient is smallest, which is largest after it.
    local part, gradient, last = run.log.part.value, run.log.gnorm.value, 0
    for k = 0, rank - 1 do
      local half = part[{ {}, k + 1 }]:gt(s[k + 1] / 2):cast "float64":argmax():item() * 10 - 9
      local step = last + gradient[{ { last + 1, half } }]:argmin():item()
      table.insert(saddles.loss, run.log.loss:at(step) / eb.theory.rank_plateaus(s:diag(), k))
      table.insert(saddles.gradient, (gradient[step] / gradient[{ { step, half } }]:max()):item())
      if k > 0 then table.insert(saddles.largest, curvature(run:at(step - 1).params) / S) end
      last = half
    end
    local high, low = curvature(run.params)
    table.insert(ends.gradient, gradient[-1]:item())
    table.insert(ends.largest, high / S)
    table.insert(ends.negative, -low)
  end

  local function row(text, list, options)
    options.row, options.measured = ("%d factors, rank 1 … 5: %s"):format(N, text), { math.min(table.unpack(list)), math.max(table.unpack(list)) }
    paper.expect(options)
  end
  row("loss at saddles 0 … R − 1 over ½ Σ_{i>k} s_i²", saddles.loss, { expected = 1, within = 0.01 })
  row("gradient at saddles over the largest of the next stage", saddles.gradient, { at_most = 0.1 })
  row("λ_max over S at saddles from 1 on", saddles.largest, { expected = 1, within = 0.01 })
  row("λ_max over S at the end", ends.largest, { expected = 1, within = 0.01 })
  -- A loss of ε allows no larger gradient and no more negative curvature.
  row("norm of the gradient at the end", ends.gradient, { at_most = (2 * S * goal) ^ 0.5 })
  row("−λ_min at the end", ends.negative, { at_most = (N - 1) * (2 * goal) ^ 0.5 * spectrum[1] ^ (1 - 2 / N) })
end
paper.finish()
