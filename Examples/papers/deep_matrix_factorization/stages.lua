-- Descent on a product of 2, 3 or 4 factors towards a matrix of rank R = 1 … 5: the loss falls in R stages, one singular value in each, and at
-- the saddle after stage k the effective rank is that of the k leading ones.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "As many stages as the rank of the target, at every depth"

local n, spectrum, r = paper.choose(10, 30), { 8, 5, 3, 1.8, 1 }, eb.rng(2)
local U, V = eb.linalg.qr(eb.randn({ n, n }, { rng = r })), eb.linalg.qr(eb.randn({ n, n }, { rng = r }))

-- Factors N(0, α^(2/N)/n), so that the product has size α; steps of a twentieth of the stable ones.
local function learn(depth, s, alpha)
  local M = (U[{ {}, { 1, #s } }] * s):mm(V[{ {}, { 1, #s } }]:t())
  local net = eb.models.matrix_factorization { n, n, depth = depth }
  local run = eb.run {
    params = net:init { rng = eb.rng(7), init = eb.init.normal { gain = alpha ^ (1 / depth) * n ^ -0.5 } },
    loss = function(p) return ((net(p) - M) ^ 2):sum() / 2 end,
    opt = eb.optim.sgd { lr = 0.1 / (depth * s[1]:item() ^ (2 - 2 / depth)) },
  }
  run:track { sigma = { every = 10, function(r) return eb.linalg.svdvals(net(r.params)) end } }
  run:advance(200000, { until_loss = 1e-4 })
  local sigma = run.log.sigma
  return sigma, run.log.loss.value:index(1, sigma.step)
end

local starts = { 1, 1e-6, paper.choose(1e-3, 1e-4), paper.choose(1e-2, 1e-3) }
for depth = 2, 4 do
  local counts, off = {}, 0 / 0
  for rank = 1, 5 do
    local s = eb.tensor { table.unpack(spectrum, 1, rank) }
    local sigma, loss = learn(depth, s, starts[depth])
    -- Stages are peaks of the speed −dL/dt; between them it falls to less than a third.
    local found = eb.diag.plateau_stages({ step = sigma.step, value = loss }, { prominence = 1 / 3 })
    counts[rank] = found.stages
    if rank == 5 then
      local curves, erank = { title = depth .. " factors: singular values of the product", xlabel = "step" }, {}
      for i = 1, #sigma do erank[i] = eb.diag.effective_rank(sigma.value[i]) end
      for k = 1, 5 do curves[k] = { sigma.step, sigma.value[{ {}, k }], name = "s = " .. spectrum[k] } end
      paper.figure("values-" .. depth, eb.plot.line(curves), ("Singular values one after another, %d factors"):format(depth))
      paper.figure("loss-" .. depth, eb.plot.grid {
        eb.plot.line { { sigma.step, loss }, title = depth .. " factors: loss", logy = true },
        eb.plot.line { { sigma.step, erank }, title = "effective rank", xlabel = "step" }, columns = 1,
      }, ("Loss and effective rank, %d factors"):format(depth))
      -- The saddle after stage k is where the loss falls least between two peaks. Without five stages these are other saddles, and off is NaN.
      if found.stages == 5 then off = 0 end
      for k = 1, found.stages == 5 and 4 or 0 do
        local first, last = (found.drops[k] + 9) // 10, (found.drops[k + 1] + 9) // 10
        local _, least = (loss[{ { first, last - 1 } }] - loss[{ { first + 1, last } }]):min(1)
        off = math.max(off, math.abs(erank[first + least:item() - 1] - eb.diag.effective_rank(s[{ { 1, k } }])))
      end
    end
  end
  paper.expect { row = ("%d factors: stages for rank 1 … 5"):format(depth), expected = "1, 2, 3, 4, 5", measured = counts,
    holds = table.concat(counts, ", ") == "1, 2, 3, 4, 5" }
  paper.expect { row = depth .. " factors: effective rank at saddles 1 … 4 less that of the k leading values", at_most = 0.2, measured = off }
end
paper.finish()
