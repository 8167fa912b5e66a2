-- Examples that a net gets right after few steps are easy. They are what gradients agree on: trained on some of the easy ones, a net knows the other
-- easy ones as well; trained on as many hard ones, it learns these too, but knows far fewer of the other hard ones (Zielinski, Krishnan &
-- Chatterjee 2020, arXiv 2003.07422).
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "Easy and hard examples"

local n, width, steps, seeds = paper.choose(2000, 20000), paper.choose(128, 256), paper.choose(600, 2000), 3
local all, test = paper.mnist()
all = all:take(n)
local net = eb.nn.mlp { 784, width, 10, act = "relu" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
local function start(data, seed)
  return eb.run {
    params = net:init { rng = eb.rng(seed), init = "glorot_normal", gain = math.sqrt(2) }, loss = loss, seed = seed,
    data = eb.batches(data, { size = 100, shuffle = true }), opt = eb.optim.sgd { lr = 0.1 },
  }
end
local function accuracy(run, data) return eb.metrics.accuracy(net(run.params, data.x), data.y) end

-- Easy: right after 60 steps. Half as many as there are of the rarer kind to learn from, as many to ask about.
local first = start(all, 0):advance(60)
local easy = net(first.params, all.x):argmax(2):eq(all.y)
local kinds = { easy = all:pick(easy):shuffle(eb.rng(1)), hard = all:pick(~easy):shuffle(eb.rng(2)) }
local size = math.min(#kinds.easy, #kinds.hard) // 2

local result, curves = {}, { title = "accuracy on others of the same kind", xlabel = "step" }
for _, kind in ipairs { "easy", "hard" } do
  local some, others = kinds[kind]:take(size), kinds[kind]:pick(eb.arange(size + 1, 2 * size))
  result[kind] = { learnt = {}, others = {}, test = {} }
  for seed = 1, seeds do
    local run = start(some, seed)
    run:track { others = { every = steps // 40, function(r) return accuracy(r, others) end } }
    run:advance(steps)
    if seed == 1 then curves[#curves + 1] = { run.log.others.step, run.log.others.value, name = kind } end
    local r = result[kind]
    r.learnt[seed], r.others[seed], r.test[seed] = accuracy(run, some), accuracy(run, others), accuracy(run, test)
  end
end
paper.figure("others", eb.plot.line(curves), ("Trained on %d examples of a kind"):format(size))

local function row(text, options) options.row = text paper.expect(options) end
local function gap(key) local list = {} for s = 1, seeds do list[s] = result.easy[key][s] - result.hard[key][s] end return list end
row(("%d easy examples are learnt, 3 seeds"):format(size), { at_least = 0.99, measured = result.easy.learnt })
row(("%d hard examples are learnt as well"):format(size), { at_least = 0.99, measured = result.hard.learnt })
-- Three standard errors of a difference of two accuracies on so many examples: each has the variance q(1 − q)/m ≤ 1/4m, both 1/2m.
row("others of the same kind known: easy minus hard", { at_least = 3 * math.sqrt(0.5 / size), measured = gap "others" })
row("test accuracy: easy minus hard", { at_least = 3 * math.sqrt(0.5 / #test), measured = gap "test" })
paper.finish()
