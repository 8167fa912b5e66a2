-- Descent on a factorised matrix of rank 4 rests at saddles: after stage k the product is the best one of rank k, where the loss is
-- ½ Σ_{i>k} s_i². With two factors the most negative curvature there is −s_{k+1}, with more it is nearly none: such saddles are not strict.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Saddles on the way: loss, gradient and both ends of the Hessian"

local n, s, r = paper.choose(8, 20), eb.tensor { 5, 2, 1, 0.5 }, eb.rng(2)
local rank = #s
local function orthogonal() return (eb.linalg.qr(eb.randn({ n, n }, { rng = r })))[{ {}, { 1, rank } }] end
local U, V = orthogonal(), orthogonal()
local M = (U * s):mm(V:t())

for depth = 2, paper.choose(3, 4) do
  local net = eb.models.matrix_factorization { n, n, depth = depth }
  local function loss(p) return ((net(p) - M) ^ 2):sum() / 2 end
  local function ends(p) return eb.curv.hessian(loss, p):eigs({ which = "both", tol = 1e-6 }).values end
  -- Factors N(0, α^(2/N)/n): the product has size α. The steps are a tenth of 2/S at the minimum, S = N s_1^(2 − 2/N).
  local alpha = ({ 1, 1e-8, paper.choose(1e-4, 1e-5), 1e-4 })[depth]
  local sharpest = depth * s[1]:item() ^ (2 - 2 / depth)
  local run = eb.run {
    params = net:init { rng = eb.rng(7), init = eb.init.normal { gain = alpha ^ (1 / depth) * n ^ -0.5 } },
    loss = loss, opt = eb.optim.sgd { lr = 0.2 / sharpest },
  }
  run:track({ part = function(run) return (U * net(run.params):mm(V)):sum(1) end }, { every = 10 })
  run:track({ gnorm = true, ends = { every = depth == 2 and 20 or 100, function(run) return ends(run.params) end } })
  run:advance(200000, { until_loss = 1e-7 })
  local log = run.log

  -- A stage ends where the next singular value is half learnt; its saddle is where the gradient is smallest.
  local last, at = 0, { loss = {}, gradient = {}, low = {}, high = {}, plateau = {} }
  for k = 0, rank do
    local halfway = k < rank and log.part.value[{ {}, k + 1 }]:gt(s[k + 1] / 2):cast "float64":argmax():item() * 10 - 9 or run.t
    local step = last + select(2, log.gnorm.value[{ { last + 1, halfway } }]:min(1)):item()
    at.gradient[k + 1], at.high[k + 1], at.low[k + 1] = log.gnorm:at(step), table.unpack(ends(run:at(step - 1).params):totable())
    if k < rank then at.loss[k + 1], at.plateau[k + 1] = log.loss:at(step), eb.theory.rank_plateaus(M, k) end
    last = halfway
  end
  paper.figure(("%d-factors"):format(depth), eb.plot.grid {
    eb.plot.line { { log.loss.step, log.loss.value, name = "loss" }, { log.gnorm.step, log.gnorm.value, name = "norm of the gradient" },
      title = depth .. " factors", logy = true, hlines = at.plateau },
    eb.plot.line { { log.ends.step, log.ends.value[{ {}, 1 }], name = "largest eigenvalue" },
      { log.ends.step, log.ends.value[{ {}, 2 }], name = "smallest" }, title = "ends of the Hessian", xlabel = "step" },
    columns = 1,
  }, ("Loss, gradient and curvature with %d factors"):format(depth))

  local function row(text, options) options.row = ("%d factors: %s"):format(depth, text) paper.expect(options) end
  row("loss at saddles 0 … 3", { expected = at.plateau, within = 0.01, measured = at.loss })
  if depth == 2 then
    row("most negative curvature at saddles 0 … 3", { expected = (-s):totable(), within = 0.01, measured = { table.unpack(at.low, 1, rank) } })
    row("largest curvature at saddles and the end", { expected = { 5, 10, 10, 10, 10 }, within = 0.01, measured = at.high })
  else
    row("largest curvature at saddles 1 … 3 and the end", { expected = sharpest, within = 0.01, measured = { table.unpack(at.high, 2) } })
    row("−λ_min/S at saddles 1 … 3: not strict", { at_most = 0.02, measured = (-eb.tensor(at.low)[{ { 2, rank } }] / sharpest):totable() })
  end
  row("the end is a minimum: norm of the gradient, −λ_min", { at_most = 1e-3, measured = { at.gradient[rank + 1], -at.low[rank + 1] } })
end
paper.finish()
