-- What a network learns first when a quarter of its labels are wrong (Chatterjee, Coherent Gradients, ICLR 2020).
--
-- Trains a multilayer perceptron on MNIST with 25 % of the training labels permuted. At log-spaced steps it shows how much of the right
-- and of the wrong labels is learnt, and which examples the gradient comes from: f_p and f_c are the shares of pristine and corrupt
-- examples in |g|², m-coherence tells how many examples one example's gradient helps.
--
-- Runs on the sample inside the program; with EBBTIDE_DATA naming a folder that holds mnist/, on all 60,000 images.
local eb = require "ebbtide"

local quick = os.getenv "EBBTIDE_QUICK"
local full = os.getenv "EBBTIDE_DATA"
local load = full and eb.data.mnist or eb.data.mnist_sample
local train, test = load {}
local steps = quick and 300 or 3000

train = eb.perturb.label_noise(train, 0.25, { rng = eb.rng(1) })
local wrong = train.y:ne(train.y_clean)
print(("%s, %d test; %d labels permuted, %d of them wrong now"):format(
  train, #test, train.mask:sum():item(), wrong:sum():item()))

local net = eb.nn.mlp { 784, 256, 10, act = "relu" }
local p = net:init { rng = eb.rng(2), init = "glorot_normal" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end

local opt = eb.optim.sgd { lr = 0.1 }
local state = opt:init(p)
local step_gradient = eb.value_and_grad(loss)
local per_example = eb.per_example(loss)

-- A fixed probe of the training set for what is measured on per-example gradients.
local probe = train:take(1000)

local function share_right(data, which)
  local right = net(p, data.x):argmax(2):eq(data.y)
  return which and right[which]:mean():item() or right:mean():item()
end

local rows = {}
local function measure(t)
  local gradients = per_example(p, probe.x, probe.y)
  local corrupt, pristine = gradients:group_sums(probe.mask)
  local g = corrupt + pristine
  local size = eb.tree.dot(g, g)
  local row = {
    t = t, right = share_right(train, wrong:logical_not()), wrong = share_right(train, wrong), test = share_right(test),
    fp = eb.tree.dot(g, pristine) / size, fc = eb.tree.dot(g, corrupt) / size, coherence = gradients:coherence(),
  }
  rows[#rows + 1] = row
  print(("%6d  %11.3f  %11.3f  %8.3f  %6.3f  %6.3f  %11.1f"):format(
    t, row.right, row.wrong, row.test, row.fp, row.fc, row.coherence))
end

print(("%6s  %11s  %11s  %8s  %6s  %6s  %11s"):format("step", "right label", "wrong label", "test", "f_p", "f_c", "m-coherence"))
local t, next_row = 0, 1
measure(0)
local batches = eb.batches(train, { size = 100, shuffle = true, rng = eb.rng(3) })
while t < steps do
  for x, y in batches do
    t = t + 1
    local _, gradient = step_gradient(p, x, y)
    p, state = opt:step(p, gradient, state)
    if t == next_row or t == steps then
      measure(t)
      next_row = math.ceil(next_row * 1.78)
    end
    if t == steps then break end
  end
end

local function curve(name, key)
  local xs, ys = {}, {}
  for i, row in ipairs(rows) do xs[i], ys[i] = math.max(row.t, 0.5), row[key] end
  return { xs, ys, name = name }
end
print()
print(eb.plot.line {
  curve("right labels", "right"), curve("wrong labels", "wrong"),
  title = "share of the training labels that the network gives", xlabel = "step", logx = true, height = 18,
})
