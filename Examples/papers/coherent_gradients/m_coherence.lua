-- m-coherence ‖Σ g_i‖²/Σ ‖g_i‖² says how many examples the gradient of one helps: 1 for orthogonal gradients, m for equal ones. It is high while
-- a net learns what many examples share; with random labels there is nothing to share, and yet it rises as they are learnt by heart
-- (Chatterjee & Zielinski 2020, arXiv 2008.01217, Making Coherence Out of Nothing At All).
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "m-coherence along training: real and random labels, layer by layer"
local n, width, steps, every = paper.choose(1000, 4000), paper.choose(128, 256), paper.choose(1200, 5000), paper.choose(5, 20)
local all = paper.mnist()
local net = eb.nn.mlp { 784, width, width, 10, act = "relu" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
local function row(text, options) options.row = text paper.expect(options) end
local function of_rows(rows) return eb.per_example(function(p, x) return p:dot(x) end)(eb.ones { #rows[1] }, eb.tensor(rows)):coherence() end
row("of (1, 0), (0, 1), (1, 1); of (1, 0), (−1, 0); of three equal rows", { expected = { 2, 0, 3 }, within = 1e-6,
  measured = { of_rows { { 1, 0 }, { 0, 1 }, { 1, 1 } }, of_rows { { 1, 0 }, { -1, 0 } }, of_rows { { 1, 2 }, { 1, 2 }, { 1, 2 } } } })

local whole, layers, series, above = { title = "m-coherence", xlabel = "step", logx = true, logy = true }, {}, {}, {}
for i, noise in ipairs { 0, 0.5, 1 } do
  local data = eb.perturb.label_noise(all, noise, { rng = eb.rng(1) }):take(n)
  local run = eb.run {
    params = net:init { rng = eb.rng(0), init = "glorot_normal", gain = math.sqrt(2) }, loss = loss, seed = 3,
    data = eb.batches(data, { size = 100, shuffle = true }), opt = eb.optim.sgd { lr = 0.1 },
  }
  local probe = data:take(1000)
  run:track { m = { every = every, function(r)
    local g = eb.per_example(loss)(r.params, probe.x, probe.y)
    local function of(layer) return g:restrict(layer):coherence() end
    return { whole = g:coherence(), first = of "1", middle = of "2", last = of "3" }
  end } }
  run:advance(steps)
  whole[i] = { run.log["m.whole"].step, run.log["m.whole"].value, name = ("noise %g"):format(noise) }
  layers[i] = { title = ("m-coherence by layer, noise %g"):format(noise), xlabel = "step", logx = true, logy = true }
  for j, layer in ipairs { "first", "middle", "last" } do
    layers[i][j] = { run.log["m." .. layer].step, run.log["m." .. layer].value, name = layer .. " layer" }
  end
  paper.figure(("layers-%g"):format(100 * noise), eb.plot.line(layers[i]), ("Of 1000 examples, by layer, noise %g"):format(noise))
  series[i], above[i] = run.log["m.whole"], run.log["m.last"].value:gt(run.log["m.first"].value):cast("float64"):mean():item()
end
paper.figure("whole", eb.plot.line(whole), "Of 1000 examples: random labels rise out of nothing as they are learnt by heart")
-- The median of the values at the steps from a to b; the largest median of five values in a row.
local function median(i, a, b)
  local s = series[i]
  return s.value[s.step:ge(a):logical_and(s.step:le(b))]:median():item()
end
local function peak(i, after)
  local largest = 0
  for k = 1, #series[i] - 4 do
    local five = series[i].value[{ { k, k + 4 } }]:median():item()
    if series[i].step[k]:item() > (after or steps / 20) then largest = math.max(largest, five) end
  end
  return largest
end
local early, start = { median(1, 2, steps / 20), median(2, 2, steps / 20), median(3, 2, steps / 20) }, series[3].value[1]:item()
row("early (steps 2 … " .. steps // 20 .. "), noise 0, 50, 100 %: less with more noise", { expected = "falls", measured = early, holds = early[1] > early[2] and early[2] > early[3] })
row("real labels: the end over early", { at_most = 0.5, measured = median(1, steps * 0.95, steps) / early[1] })
row("random labels: the first step, where outputs are nearly the same for all, over early", { at_least = 2, measured = start / early[3] })
row("random labels: coherence out of nothing, the later peak over early", { at_least = 2, measured = peak(3) / early[3] })
row("random labels: the end over that peak", { at_most = 0.5, measured = median(3, steps * 0.95, steps) / peak(3) })
paper.claim { row = "noise 0, 50, 100 %: share of the records in which the last layer is above the first", at_least = 0.9, measured = above }
paper.claim { row = "random labels: that peak over the one of real labels after the first step", at_most = 1, measured = peak(3) / peak(1, 1) }
paper.finish()
