-- A matrix of low rank from some of its entries, by factorisations of depth 2, 3 and 4 from a small start, and by the least nuclear norm. With
-- many entries all recover it; with few the deeper ones do and the nuclear norm does not: depth strengthens the bias to low rank.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
local nuclear_norm = dofile((arg[0]:match "^.*/" or "./") .. "../nuclear_norm.lua")
eb.default_dtype "float64"
paper.title "Completion: depth against the nuclear norm"

local n, rank, r = paper.choose(40, 100), paper.choose(3, 5), eb.rng(5)
local entries = paper.choose({ 300, 500, 900 }, { 1000, 1500, 2000, 3000, 5000 })
local M = eb.randn({ n, rank }, { rng = r }):mm(eb.randn({ rank, n }, { rng = r }))
M = M * (n / M:norm())
local own, order = eb.diag.effective_rank(M), eb.permutation(n * n, { rng = r })

local function factored(mask, depth, count)
  local net = eb.models.matrix_factorization { n, n, depth = depth }
  local run = eb.run {
    params = net:init { rng = eb.rng(7), init = eb.init.normal { gain = 1e-3 ^ (1 / depth) * n ^ -0.5 } },
    loss = function(p) return (mask * (net(p) - M) ^ 2):sum() / count end, opt = eb.optim.group_rmsprop { lr = 3e-3 },
  }
  run:advance(paper.choose(10000, 30000), { until_loss = 1e-6 })
  return net(run.params)
end

-- errors[method][i]: root mean square over the entries that were not given, for entries[i]; method 1 is the nuclear norm.
local errors, ranks, misses, gaps, names = {}, {}, {}, {}, { "least nuclear norm", "2 factors", "3 factors", "4 factors" }
local curves = { title = "error on the other entries", xlabel = "known entries", ylabel = "root mean square", logy = true }
for method, name in ipairs(names) do
  errors[method], ranks[method] = {}, {}
  for i, count in ipairs(entries) do
    local mask = eb.zeros { n * n }:put(order[{ { 1, count } }], 1):reshape { n, n }
    local W
    if method == 1 then
      W, misses[i], gaps[i] = nuclear_norm(M, mask, paper.choose(100, 150), 1e-3)
    else
      W = factored(mask, method, count)
    end
    errors[method][i] = (((1 - mask) * (W - M) ^ 2):sum() / (n * n - count)):sqrt():item()
    ranks[method][i] = eb.diag.effective_rank(W)
  end
  curves[method] = { entries, errors[method], name = name, marks = true }
end
paper.figure("error", eb.plot.line(curves), "Error on entries that were not given")

paper.expect { row = "least nuclear norm: largest error on known entries", at_most = 1e-3, measured = misses }
paper.expect { row = "least nuclear norm: value over its dual bound, entries within 1e-3", at_least = 1, at_most = 1.01, measured = gaps }
local few, many = paper.choose(2, 3), #entries -- which counts of entries are called so
local function row(i, text, options) options.row = ("%d entries: %s"):format(entries[i], text) paper.expect(options) end
local last = { errors[1][many], errors[2][many], errors[3][many], errors[4][many] }
row(many, "error of nuclear norm, 2, 3, 4 factors", { at_most = 0.02, measured = last })
row(few, "error of nuclear norm and 2 factors", { at_least = 0.05, measured = { errors[1][few], errors[2][few] } })
row(few, "error of 3 and 4 factors", { at_most = 0.02, measured = { errors[3][few], errors[4][few] } })
row(few, "effective rank of nuclear norm and 2 factors", { at_least = 1.05 * own, measured = { ranks[1][few], ranks[2][few] } })
row(few, "effective rank of 3 and 4 factors", { expected = own, within = 0.02, measured = { ranks[3][few], ranks[4][few] } })
paper.finish()
