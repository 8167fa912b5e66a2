-- How far the gradients of single examples agree while a network learns, layer by layer: m-coherence, 1 for orthogonal gradients and m
-- for identical ones (Zielinski & Chatterjee 2020, arXiv 2008.01217). With real labels they agree at once and stop when there is nothing left
-- to learn; with random ones there is nothing in common to begin with, and training makes agreement later, "out of nothing".
local eb = require "ebbtide"

local quick = os.getenv "EBBTIDE_QUICK"
local train = eb.data.mnist_sample { limit = quick and 200 or 1000 }
local shuffled = eb.perturb.label_noise(train, 1, { rng = eb.rng(1) })
local net = eb.nn.mlp { 784, 128, 64, 10, act = "relu" }
local layers, steps = 3, quick and 60 or 800

local function learn(data)
  local run = eb.run {
    params = net:init { rng = eb.rng(0) }, data = eb.batches(data, { size = 100, shuffle = true }), opt = eb.optim.sgd { lr = 0.1 },
    loss = function(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end,
  }
  -- All examples, not the batch: means of batches agree more than their examples do.
  run:track({ coherence = eb.diag.coherence { by = "layer" } }, { every = 20 })
  return run:advance(steps)
end

local runs = { { "real", learn(train) }, { "random", learn(shuffled) } }
print(("%d examples; loss at the end: real labels %.3f, random ones %.3f"):format(#train, runs[1][2]:eval().loss, runs[2][2]:eval().loss))
local curves = { title = "m-coherence", xlabel = "step", logy = true }
for _, each in ipairs(runs) do
  for layer = 1, layers do
    local series = each[2].log["coherence." .. layer]
    local values, at = series.value:max(1)
    print(("%-6s labels, layer %d: first %6.2f, highest %6.2f at step %3d, last %5.2f"):format(each[1], layer, series.value[1]:item(),
      values:item(), series.step[at:item()]:item(), series.value[-1]:item()))
    if layer ~= 2 then curves[#curves + 1] = { series.step, series.value, name = ("%s, layer %d"):format(each[1], layer) } end
  end
end
print(eb.plot.line(curves))
