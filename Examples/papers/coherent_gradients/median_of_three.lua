-- M3 steps along the coordinatewise median of three batch gradients, RM3 at every step along that of the last three: what only one batch asks
-- for gets no step. RA3 averages the same three and is one control (Zielinski, Krishnan & Chatterjee 2020, arXiv 2003.07422). A median is shorter
-- than a gradient, and who goes slowly learns fewer wrong labels in any case: the other control is plain descent with steps as short as RM3's.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "Weak gradient directions: the median of three batches, and shorter steps"
-- Batches are small, so that an odd example weighs enough in its batch to make it the outlier of three.
local n, width, steps, lr, records = paper.choose(1000, 6000), paper.choose(128, 256), paper.choose(4000, 24000), 0.02, 60
local all, test = paper.mnist()
local data = eb.perturb.label_noise(all, 0.5, { rng = eb.rng(1) }):take(n)
local sets = { right = data:pick(data.y:eq(data.y_clean)), wrong = data:pick(data.y:ne(data.y_clean)), test = test }
local net = eb.nn.mlp { 784, width, 10, act = "relu" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
local function median(a, b, c) return a + b + c - eb.maximum(eb.maximum(a, b), c) - eb.minimum(eb.minimum(a, b), c) end
-- Besides the curves: the length of a step over one along its batch's gradient, and its largest distance from the median of three gradients.
local function train(rule, rate)
  local sgd, batches = eb.optim.sgd { lr = rate }, rule == "m3" and 3 or 1 -- M3 takes three batches for a step; all take as many steps
  local run = eb.run { params = net:init { rng = eb.rng(0), init = "glorot_normal", gain = math.sqrt(2) }, loss = loss, seed = 3,
    data = eb.batches(data, { size = 10, shuffle = true }), opt = rule and eb.optim.chain { eb.agg[rule], sgd } or sgd }
  local log, moved, plain, off = { step = {}, right = {}, wrong = {}, test = {} }, 0, 0, 0
  for k = 1, records do
    run:advance(3 * (batches * k * steps // records // 3) - 3 - run.t)
    local g, before = {}, nil
    for j = 1, 3 do
      g[j], before = eb.grad(loss)(run.params, run:batch().x, run:batch().y), run.params
      run:advance(1)
    end
    local step, along = run.params - before, eb.tree.map(median, g[1], g[2], g[3])
    moved, plain = moved + eb.tree.norm(step), plain + rate * eb.tree.norm(g[3])
    off, log.step[k] = math.max(off, eb.tree.norm(step + rate * along) / (rate * eb.tree.norm(along))), run.t // batches
    for what, set in pairs(sets) do log[what][k] = eb.metrics.accuracy(net(run.params, set.x), set.y) end
  end
  return log, moved / plain, off
end
local names, logs, length, off, common = { "SGD", "M3", "RM3", "RA3", "SGD, short steps" }, {}, {}, {}, 1
for i, rule in ipairs { false, "m3", "rm3", "ra3" } do logs[i], length[i], off[i] = train(rule or nil, lr) end
logs[5] = train(nil, lr * length[3])
for _, what in ipairs { "right", "wrong", "test" } do
  local curves = { title = what == "test" and "test accuracy" or "share of the " .. what .. " labels that are learnt", xlabel = "step" }
  for i, log in ipairs(logs) do curves[i] = { log.step, log[what], name = names[i] } end
  paper.figure(what, eb.plot.line(curves), ("Half of the labels are permuted; the short steps are %.2g times as long"):format(length[3]))
end
-- The share of wrong labels learnt when that of right ones, a mean of five records as well, first comes to `level`: on lines between the records.
local function smooth(x) local y = {} for k = 1, #x - 4 do y[k] = (x[k] + x[k + 1] + x[k + 2] + x[k + 3] + x[k + 4]) / 5 end return y end
local function wrong_at(log, level)
  local x, y = smooth(log.right), smooth(log.wrong)
  for k = 2, #x do if x[k] >= level then return y[k - 1] + (y[k] - y[k - 1]) * math.max(0, (level - x[k - 1]) / (x[k] - x[k - 1])) end end
end
for _, log in ipairs(logs) do common = math.min(common, math.max(table.unpack(smooth(log.right)))) end
local function over_sgd(list, of, what) for k, i in ipairs(list) do list[k] = of(logs[i], what) / of(logs[1], what) end return list end
local function last(log, what) return eb.tensor(log[what])[{ { -6, -1 } }]:mean():item() end -- the last tenth
local function row(kind, text, options) options.row = text paper[kind](options) end
row("expect", "M3, RM3: distance of a step from the median of three gradients, relative, largest", { at_most = 0.01, measured = { off[2], off[3] } })
row("expect", "as many steps: wrong labels learnt with RA3 over SGD", { expected = 1, within = 0.1, measured = over_sgd({ 4 }, last, "wrong") })
row("expect", "as many steps: right labels learnt with M3, RM3 over SGD", { at_least = 0.9, measured = over_sgd({ 2, 3 }, last, "right") })
row("claim", "as many steps: wrong labels with M3, RM3, short steps over SGD", { at_most = 0.75, measured = over_sgd({ 2, 3, 5 }, last, "wrong") })
for _, level in ipairs { 0.95 * common, 0.98 * common } do
  row("claim", ("the same when %.3f of right ones are learnt"):format(level), { at_most = 0.75, measured = over_sgd({ 2, 3, 5 }, wrong_at, level) })
end
paper.finish()
