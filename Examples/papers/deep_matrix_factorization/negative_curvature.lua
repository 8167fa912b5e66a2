-- The most negative curvature at the saddles between the stages. With two factors it is −s_{k+1}: the saddles are strict. With more it is 0 at the
-- saddle itself, as every direction needs what the other factors hold, and descent, which passes at a distance, meets what they hold there.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Saddles are strict with two factors, and not with more"

local n, spectrum = paper.choose(8, 20), { 5, 2, 1, 0.5, 0.25 }
local starts = { [2] = 1e-12, [3] = paper.choose(1e-5, 1e-6), [4] = paper.choose(1e-4, 1e-5) }

-- The range of −λ_min/s_{k+1}, to first order in what factors hold of modes > k. At most (N − 1) w^(N − 2), w the largest singular value k + 1 of a
-- factor; at least that of the product of factors 2 … N − 1, which a direction of factors 1 and N has. With two factors both are 1. At the origin
-- this is the range of λ_max/s_1, too, by the same direction with the other sign.
local function range(p, N, k)
  local w, inner = 0, eb.eye(n)
  for j = 1, N do w = math.max(w, eb.linalg.svdvals(p[j])[k + 1]:item()) end
  for j = 2, N - 1 do inner = p[j]:mm(inner) end
  return eb.linalg.svdvals(inner)[k + 1]:item(), (N - 1) * w ^ (N - 2)
end

for N = 2, 4 do
  local S = N * spectrum[1] ^ (2 - 2 / N)
  local saddles, origin = { size = {}, least = {}, most = {} }, { size = {}, least = {}, most = {} }
  local function note(list, curvature, least, most)
    for name, value in pairs { size = curvature, least = curvature / least, most = curvature / most } do table.insert(list[name], value) end
  end
  for rank = 1, 5 do
    -- Starts, steps and where a saddle is are those of saddles.lua; here the run may end once the last singular value is learnt.
    local s, net = eb.cat { eb.tensor { table.unpack(spectrum, 1, rank) }, eb.zeros { n - rank } }, eb.models.matrix_factorization { n, n, depth = N }
    local function loss(p) return ((net(p) - s:diag()) ^ 2):sum() / 2 end
    local start = net:init { rng = eb.rng(7), init = eb.init.normal { gain = starts[N] ^ (1 / N) * n ^ -0.5 } }
    local run = eb.run { params = start, loss = loss, opt = eb.optim.sgd { lr = 0.4 / S } }
    run:track { gnorm = true, part = { every = 10, function(run) return net(run.params):diag() end } }
    run:advance(1000000, { until_loss = 1e-4 })
    local part, gradient, last = run.log.part.value, run.log.gnorm.value, 0
    for k = 0, rank - 1 do
      local half = part[{ {}, k + 1 }]:gt(s[k + 1] / 2):cast "float64":argmax():item() * 10 - 9
      local p = run:at(last + gradient[{ { last + 1, half } }]:argmin():item() - 1).params
      local high, low = table.unpack(eb.curv.hessian(loss, p):eigs({ which = "both", tol = 1e-6 }).values:totable())
      note(saddles, -low / spectrum[k + 1], range(p, N, k))
      if k == 0 then note(origin, high / spectrum[1], range(p, N, k)) end
      last = half
    end
  end
  local function row(text, list, options)
    options.row, options.measured = ("%d factors, rank 1 … 5: %s"):format(N, text), { math.min(table.unpack(list)), math.max(table.unpack(list)) }
    paper.expect(options)
  end
  for i, what in ipairs { "−λ_min/s_{k+1} at saddles", "λ_max/s_1 at the origin" } do
    local list = ({ saddles, origin })[i]
    row(what, list.size, N == 2 and { expected = 1, within = 0.01 } or { at_most = 0.1 }) -- a tenth of a strict saddle's
    if N > 2 then
      row(what .. " over its least value to first order", list.least, { at_least = 0.95 })
      row(what .. " over its largest value to first order", list.most, { at_most = 1.05 })
    end
  end
end
paper.finish()
