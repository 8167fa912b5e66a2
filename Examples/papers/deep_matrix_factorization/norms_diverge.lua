-- No norm explains the bias (Razin & Cohen 2020): of [[?, 1], [1, 0]] every completion of rank one is at infinity. A product of 3 factors that
-- starts with positive determinant fits the known entries, and as it does the open entry grows without bound while the rank tends to one.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Norms diverge while the effective rank falls to one"

local known = eb.tensor { { 0, 1 }, { 1, 1 } }
local M = eb.tensor { { 0, 1 }, { 1, 0 } }
local net = eb.models.matrix_factorization { 2, 2, depth = 3 }
local run = eb.run {
  params = net:init { init = "identity", gain = 0.1 }, opt = eb.optim.sgd { lr = 0.02 },
  loss = function(p) return (known * (net(p) - M) ^ 2):sum() / 2 end,
}
run:track({
  open = function(r) return net(r.params)[{ 1, 1 }] end, nuclear = function(r) return eb.linalg.norm(net(r.params), "nuc") end,
  erank = function(r) return eb.diag.effective_rank(net(r.params)) end,
}, { every = 50 })
run:advance(paper.choose(20000, 40000))
local log = run.log

paper.figure("norms", eb.plot.line {
  { log.open.step, log.open.value, name = "open entry" }, { log.nuclear.step, log.nuclear.value, name = "nuclear norm" },
  { log.loss.step, log.loss.value, name = "loss" }, { log.erank.step, log.erank.value, name = "effective rank" },
  title = "completing [[?, 1], [1, 0]]", xlabel = "step", logx = true, logy = true,
}, "The loss falls, all norms grow, and the effective rank tends to one")
-- From where the first entries are fitted on.
local fitted = log.loss.value:index(1, log.open.step):lt(0.1)
local function all(series, sign)
  local value = series.value[fitted]
  return (sign * (value[{ { 2, -1 } }] - value[{ { 1, -2 } }])):min():gt(0):item()
end
paper.expect { row = "loss at the end", at_most = 0.01, measured = log.loss.value[-1]:item() }
paper.expect { row = "the open entry grows", expected = "always, above 10", measured = log.open.value[-1]:item(),
  holds = all(log.open, 1) and log.open.value[-1]:item() > 10 }
paper.expect { row = "the nuclear norm grows", expected = "always", measured = log.nuclear.value[-1]:item(), holds = all(log.nuclear, 1) }
paper.expect { row = "the effective rank falls", expected = "always, below 1.001", measured = log.erank.value[-1]:item(),
  holds = all(log.erank, -1) and log.erank.value[-1]:item() < 1.001 }
paper.finish()
