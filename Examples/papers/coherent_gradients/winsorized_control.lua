-- Is it pulling in that keeps wrong labels from being learnt, or that pulled-in steps are shorter? Half of the labels are permuted; beside plain
-- and winsorized descent goes plain descent with steps as short as the winsorized ones. Right and wrong labels are looked at separately, since
-- train accuracy is also near the share of right labels when some right ones are forgotten and as many wrong ones learnt.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "Winsorized descent beside descent in shorter steps"
local n, steps, lr, records, c = paper.choose(2000, 3000), paper.choose(4000, 6000), 0.03, 40, 8
local all, test = paper.mnist()
local data = eb.perturb.label_noise(all, 0.5, { rng = eb.rng(1) }):take(n)
local right = data.y:eq(data.y_clean)
local sets = { train = data, test = test, right = data:pick(right), wrong = data:pick(~right) }
local share, net = #sets.right / n, eb.nn.mlp { 784, 64, 64, 64, 10, act = "relu" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
-- Curves of the accuracy on each set, and how long a step is beside one of lr along the mean gradient of its batch.
local function train(rate, aggregate)
  local run = eb.run { params = net:init { rng = eb.rng(0), init = "glorot_normal", gain = math.sqrt(2) }, loss = loss, seed = 3,
    data = eb.batches(data, { size = 100, shuffle = true }), opt = eb.optim.sgd { lr = rate }, aggregate = aggregate }
  local r, moved, plain = { step = {}, train = {}, test = {}, right = {}, wrong = {} }, 0, 0
  for k = 1, records do
    run:advance(k * steps // records - 1 - run.t)
    local before, g = run.params, eb.grad(loss)(run.params, run:batch().x, run:batch().y)
    run:advance(1)
    moved, plain, r.step[k] = moved + eb.tree.norm(run.params - before), plain + lr * eb.tree.norm(g), run.t
    for what, set in pairs(sets) do r[what][k] = eb.metrics.accuracy(net(run.params, set.x), set.y) end
  end
  return r, moved / plain
end
local plain, pulled, length, short = train(lr), train(lr, eb.agg.winsorized { c = c })
short = train(lr * length)
for _, what in ipairs { "train", "test", "right", "wrong" } do
  local title = (what == "right" or what == "wrong") and "share of the " .. what .. " labels that are learnt" or what .. " accuracy"
  paper.figure(what, eb.plot.line { { plain.step, plain[what], name = "plain" }, { pulled.step, pulled[what], name = "winsorized, c = " .. c },
    { short.step, short[what], name = "plain, short steps" }, title = title, xlabel = "step" },
    ("Half of the labels permuted; the short steps are %.2g times as long"):format(length))
end
-- A step may lead uphill: a quarter of the run is its median. `a_at(a, b, level)`: a where b first comes to level, on lines between the records.
local function quarter(values, q) return eb.tensor(values)[{ { q * records // 4 - records // 4 + 1, q * records // 4 } }]:median():item() end
local function a_at(a, b, level)
  for k = 2, records do if b[k] >= level then return a[k - 1] + (a[k] - a[k - 1]) * math.max(0, (level - b[k - 1]) / (b[k] - b[k - 1])) end end
  return 0 / 0
end
local wrong, level = quarter(pulled.wrong, 4), 0.98 * math.min(math.max(table.unpack(plain.right)), math.max(table.unpack(pulled.right)))
paper.expect { row = "plain: wrong labels learnt, last quarter", at_least = 0.9, measured = quarter(plain.wrong, 4) }
paper.expect { row = ("winsorized: wrong labels learnt over those with steps as short (%.2g times)"):format(length), at_most = 0.5,
  measured = wrong / quarter(short.wrong, 4) }
local function both(text, options, of) -- a claim about winsorized descent, and whether steps as short meet it as well
  for _, r in ipairs { { "winsorized", pulled }, { "short steps", short } } do
    paper.claim { row = r[1] .. ": " .. text, measured = of(r[2]), at_least = options.at_least, at_most = options.at_most }
  end
end
both("train accuracy near the share of right labels", { at_least = share - 0.1, at_most = share + 0.1 }, function(r) return quarter(r.train, 4) end)
both("right labels known, last quarter", { at_least = 0.95 }, function(r) return quarter(r.right, 4) end)
-- Learning stops when as many steps again add less than the 0.1 that "near" allows.
both("wrong labels learnt, last quarter minus the third", { at_most = 0.025 }, function(r) return quarter(r.wrong, 4) - quarter(r.wrong, 3) end)
local first = a_at(plain.wrong, plain.right, level)
both(("wrong labels learnt when %.3f of right ones are, over plain"):format(level), { at_most = 0.75 },
  function(r) return a_at(r.wrong, r.right, level) / first end)
paper.claim { row = "winsorized at the end minus plain when it has learnt as many wrong labels: right labels known, test accuracy", at_least = 0,
  measured = { quarter(pulled.right, 4) - a_at(plain.right, plain.wrong, wrong), quarter(pulled.test, 4) - a_at(plain.test, plain.wrong, wrong) } }
paper.finish()
