-- Both ends of the Hessian on the way past the saddles, for a target of rank 5. The largest eigenvalue is S = N s_1^(2 − 2/N) from the first saddle
-- on. The smallest is −s_{k+1} at saddles of two factors. With more it is next to 0 there and far below on the way out: one mode σ = w^N has the
-- curvature N w^(2N − 2) − (N − 1)(s − σ) w^(N − 2), least at σ = s (N − 2)/(4N − 2): −(N/2) s^(2 − 2/N) ((N − 2)/(4N − 2))^(1 − 2/N).
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Both ends of the Hessian on the way past the saddles"

local n, s, points = paper.choose(8, 12), { 5, 2, 1, 0.5, 0.25 }, paper.choose(120, 240)
local M, plateaus = eb.cat { eb.tensor(s), eb.zeros { n - #s } }:diag(), {}
for k = 0, #s - 1 do plateaus[k + 1] = eb.theory.rank_plateaus(M, k) end
for N = 2, 4 do
  local alpha, S = ({ 1, 1e-12, paper.choose(1e-5, 1e-6), paper.choose(1e-4, 1e-5) })[N], N * s[1] ^ (2 - 2 / N)
  local net = eb.models.matrix_factorization { n, n, depth = N }
  local function loss(p) return ((net(p) - M) ^ 2):sum() / 2 end
  local run = eb.run {
    params = net:init { rng = eb.rng(7), init = eb.init.normal { gain = alpha ^ (1 / N) * n ^ -0.5 } },
    loss = loss, opt = eb.optim.sgd { lr = 0.4 / S },
  }
  local again = run:fork()
  run:track { gnorm = true }
  run:advance(1000000, { until_loss = 1e-7 })

  -- The Hessian where the same steps lead again, at points that are even in the number of steps and in the length of the way together.
  local gradient, at = run.log.gnorm, { step = {}, largest = {}, smallest = {} }
  local clock = gradient.step:cast "float64" / run.t + gradient.value:cumsum(1) / gradient.value:sum()
  for i = 1, points do
    local step = clock:ge(2 * i / points * 0.999):cast "float64":argmax():item()
    again:advance(step - 1 - again.t)
    local values = eb.linalg.eigvalsh(eb.curv.hessian(loss, again.params):dense())
    at.step[i], at.smallest[i], at.largest[i] = step, values[1]:item(), values[-1]:item()
  end
  paper.csv(("%d-factors-ends"):format(N), at, { "step", "largest", "smallest" })
  paper.figure(("%d-factors"):format(N), eb.plot.grid {
    eb.plot.line {
      { run.log.loss.step, run.log.loss.value }, title = N .. " factors: loss", logy = true, ylim = { 1e-3, 100 }, hlines = plateaus,
    },
    eb.plot.line { { gradient.step, gradient.value }, title = "norm of the gradient", logy = true },
    eb.plot.line { { at.step, at.largest }, title = "largest eigenvalue", xlabel = "step", hlines = S },
    eb.plot.line { { at.step, at.smallest }, title = "smallest eigenvalue", xlabel = "step", hlines = N == 2 and { -5, -2, -1, -0.5, -0.25 } or 0 },
    columns = 2,
  }, ("Loss, gradient and both ends of the Hessian with %d factors and rank 5; dashed: what is expected at the saddles"):format(N))

  local function row(text, within, measured) paper.expect { row = N .. " factors: " .. text, expected = 1, within = within, measured = measured } end
  row("largest curvature on the way over S", 0.01, math.max(table.unpack(at.largest)) / S)
  row("most negative curvature on the way over that of one mode", 0.05,
    -math.min(table.unpack(at.smallest)) / (N / 2 * s[1] ^ (2 - 2 / N) * ((N - 2) / (4 * N - 2)) ^ (1 - 2 / N)))
end
paper.finish()
