-- W16: the largest eigenvalue of the Hessian at every step of a run beyond its edge of stability, each from where the last one ended.
local eb = require "ebbtide"
local measure = require "measure"
local digits = require "digits"

local x, y = digits.first(1000)
local one_hot = eb.eye(10):index(1, y)
local net = eb.nn.mlp { 784, 32, 32, 10, act = "tanh" }
local start, lr, steps = digits.weights { 784, 32, 32, 10 }, 0.1, 100
local function loss(p) return (net(p, x) - one_hot):square():sum() / 2000 end
local step = eb.compile(function(p) return p - lr * eb.grad(loss)(p) end)

-- Where sharpness is 2/lr.
local edge = start
for _ = 1, 200 do edge = step(edge) end

local function plain()
  local p = edge
  for _ = 1, steps do p = step(p) end
  return p
end

local function warm(check)
  local p, last, products, total, off, worst = edge, nil, 0, 0, 0, 0
  for _ = 1, steps do
    p = step(p)
    local H = eb.curv.hessian(loss, p)
    last = H:eigs { tol = 1e-3, v0 = last and last.vectors }
    products, total = products + last.matvecs, total + last.values:item()
    local miss = check and math.abs(last.values:item() / H:eigs { k = 2 }.values[1]:item() - 1) or 0
    off, worst = off + (miss > 1e-3 and 1 or 0), math.max(worst, miss)
  end
  return products / steps, last.values:item() * lr, total / steps * lr, off, worst
end

measure.report("step at the edge", measure.samples(plain), { loss = loss(edge) }, { calls = steps })
local products, stability, mean, off, worst = warm(true)
io.stderr:write(("W16: %.2f products a step, sharpness at the end %.3f/lr, %d of %d off by more than 1e-3, the worst by %.1e\n"):format(products, stability, off, steps, worst))
measure.report("sharpness", measure.samples(warm), { products = products, stability = stability, mean = mean }, { calls = steps, variant = "warm start" })
