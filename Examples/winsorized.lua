-- Half of the labels are permuted. A net learns the right ones first and then the wrong ones by heart, unless each coordinate of a step
-- is kept from following a few examples: the c most extreme of 100 gradients on either side are pulled in (Chatterjee 2020,
-- arXiv 2002.10657; sizes are smaller here). Train accuracy then stops near the share of labels that are right.
local eb = require "ebbtide"

local quick = os.getenv "EBBTIDE_QUICK"
local train, test = eb.data.mnist_sample()
train = train:take(quick and 300 or 1000)
local noisy = eb.perturb.label_noise(train, 0.5, { rng = eb.rng(1) })
local proper = noisy.y:eq(train.y):cast("float32"):mean():item()
local net = eb.nn.mlp { 784, 64, 64, 64, 10, act = "relu" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
local function accuracy(p, data) return eb.metrics.accuracy(net(p, data.x), data.y) end

print(("%.3f of the labels are right"):format(proper))
local curves = { title = "train accuracy on the noisy labels", xlabel = "step" }
for _, c in ipairs { 0, 1, 2, 4, 8 } do
  local run = eb.run {
    params = net:init { rng = eb.rng(0) }, loss = loss, data = eb.batches(noisy, { size = 100, shuffle = true }),
    opt = eb.optim.sgd { lr = 0.1 }, aggregate = eb.agg.winsorized { c = c },
  }
  run:track({
    fit = function(r) return accuracy(r.params, noisy) end, test = function(r) return accuracy(r.params, test) end,
  }, { every = 10 })
  run:advance(quick and 50 or 800)
  local function last(series) return series.value[{ { -5, -1 } }]:mean():item() end
  local fit, right = last(run.log.fit), last(run.log.test)
  -- What fitting would give without memorising: half of the labels are those of the test, a tenth of the rest agree by chance.
  print(("c = %d: train %.3f, test %.3f, overfit %.3f"):format(c, fit, right, fit - (0.5 * 0.1 + 0.5 * right)))
  curves[#curves + 1] = { run.log.fit.step, run.log.fit.value, name = "c = " .. c }
end
print(eb.plot.line(curves))
