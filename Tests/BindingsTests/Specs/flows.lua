-- Gradient, modified and stable flows against closed forms; events, logs, and what compares them with runs.
local D = { dtype = "float64" }
local flow, theory = eb.flow, eb.theory

local function scalar(x) return eb.tensor(x, D) end
local function half_square(p) return (p ^ 2):sum() / 2 end

-- ½ (1 − ab)², balanced: ab is a logistic function.
local function product_loss(p) return (1 - p.a * p.b) ^ 2 / 2 end
local balanced = { a = scalar(0.01), b = scalar(0.01) }

local function product(f) return (f.params.a * f.params.b):item() end

test("two scalars, by steps of 0.001", function()
  local f = flow.gradient_flow { params = balanced, loss = product_loss, step = 1e-3, at = { 2, 4, 6 }, time = 6 }
  for t, digits in pairs { [2] = 0.00543071, [4] = 0.22965852, [6] = 0.94211994 } do
    local p = f:at(t)
    close((p.a * p.b):item(), theory.saxe(1, 1e-4, t), 1e-12)
    close((p.a * p.b):item(), digits, 1e-8)
  end
  equal(f.steps, 6000)
  equal(f.log.t, { 2, 4, 6 })
end)

test("two scalars: what is conserved, and where it ends", function()
  local f = flow.gradient_flow { params = { a = scalar(0.5), b = scalar(0.1) }, loss = product_loss, tol = 1e-12, every = 1,
    track = { gap = function(g) return g.params.a ^ 2 - g.params.b ^ 2 end }, time = 30 }
  assert((f.log.gap.value - 0.24):abs():max():item() < 1e-11)
  close((f.params.a ^ 2 + f.params.b ^ 2):item(), 2.01434853, 1e-8)
  close(eb.linalg.eigh(eb.hessian(product_loss)(f.params))[-1]:item(), math.sqrt(0.24 ^ 2 + 4), 1e-9)
end)

test("orders of the methods", function()
  for method, order in pairs { euler = 1, rk4 = 4 } do
    local function error_at(h) return math.abs(product(flow.gradient_flow { params = balanced, loss = product_loss, method = method, step = h, time = 5 }) - theory.saxe(1, 1e-4, 5)) end
    local h = method == "euler" and 1e-3 or 0.05
    close(math.log(error_at(h) / error_at(h / 2), 2), order, method == "euler" and 2e-2 or 1e-1)
  end
end)

test("dopri5 keeps its tolerance", function()
  local last = math.huge
  for _, tol in ipairs { 1e-4, 1e-6, 1e-8, 1e-10 } do
    local f = flow.gradient_flow { params = balanced, loss = product_loss, tol = tol, time = 6 }
    local error = math.abs(product(f) - theory.saxe(1, 1e-4, 6))
    assert(error < 10 * tol and error < last, error)
    -- The estimates bound what is seen, without being far off.
    assert(f.error.total > error / 10 and f.error.total < 1e3 * tol)
    last = error
  end
  -- rk4's estimate of its error is right where it can be known: eʰ without its last terms.
  local f = flow.gradient_flow { params = scalar(1), loss = half_square, step = 0.1, time = 0.1 }
  close(f.error.last / math.abs(f.params:item() - math.exp(-0.1)), 1, 0.05)
end)

test("events are located", function()
  local f = flow.gradient_flow { params = balanced, loss = product_loss, tol = 1e-12, time = 8, events = {
    half = function(p) return p.a * p.b - 0.5 end,
    never = { function(p) return p.a * p.b - 0.7 end, direction = -1 },
    late = { function(p, t) return t - 6.5 end, terminal = true },
  } }
  equal(#f.events, 2)
  equal(f.events[1].name, "half")
  close(f.events[1].t, 4.6051201834879, 1e-10)
  close((f.events[1].params.a * f.events[1].params.b):item(), 0.5, 1e-11)
  close(f.t, 6.5, 1e-12)
  equal(f.stopped, "event 'late'")
  close(product(f), theory.saxe(1, 1e-4, 6.5), 1e-10)
  -- rk4 finds them as exactly as its step is.
  local g = flow.gradient_flow { params = balanced, loss = product_loss, step = 0.01, time = 5, events = { half = function(p) return (p.a * p.b):item() - 0.5 end } }
  close(g.events[1].t, 4.6051201834879, 1e-8)
end)

test("steps limited by the sharpness", function()
  local scales = eb.tensor({ 100, 1 }, D)
  local function loss(p) return (scales * p ^ 2):sum() / 2 end
  local start = eb.tensor({ 1, 1 }, D)
  local f = flow.gradient_flow { params = start, loss = loss, limit = 1, time = 1 }
  close(f.params, { math.exp(-100), math.exp(-1) }, 1e-6)
  equal(f.steps, 100)
  close(f.log.sharpness.value[-1]:item(), 100, 1e-6)
  equal(flow.gradient_flow { params = start, loss = loss, limit = 1, max_step = 0.005, time = 1 }.steps, 200)
  raises(function() flow.gradient_flow { params = start, loss = loss, step = 0.05, time = 30 } end, "gradient_flow: diverged: the loss at t = ", "choose a smaller step")
end)

test("advancing in parts is the same", function()
  local options = { params = balanced, loss = product_loss, step = 0.01 }
  local whole = flow.gradient_flow(options):advance(2)
  local parts = flow.gradient_flow(options):advance(0.5):to(1.25):advance(0.75)
  close(product(parts), product(whole), 1e-13)
  equal(parts.t, 2.0)
  equal(#parts.log.t, 201)
  close(parts.log.loss:at(1.25), whole.log.loss:at(1.25), 1e-13)
  equal(#flow.gradient_flow { params = balanced, loss = product_loss, every = 0.5, time = 2 }.log.t, 5)
  -- float32 parameters stay what they are unless asked.
  equal(flow.gradient_flow { params = eb.ones { 2 }, loss = half_square, time = 0.1 }.params.dtype, "float32")
  equal(flow.gradient_flow { params = eb.ones { 2 }, loss = half_square, dtype = "float64", time = 0.1 }.params.dtype, "float64")
end)

-- A net on data.
local function net_problem()
  local x = eb.linspace(-1, 1, 12, D):reshape(12, 1)
  local net = eb.nn.mlp { 1, 8, 1, act = "tanh" }
  local p = eb.tree.map(function(v) return v:cast("float64") end, net:init { rng = eb.rng(3) })
  return p, function(q, a, b) return ((net(q, a) - b) ^ 2):mean() / 2 end, { x, (2 * x):sin() }
end

test("descent is nearer the modified flow, by an order", function()
  local p, loss, data = net_problem()
  local gaps = {}
  for i, lr in ipairs { 0.1, 0.05 } do
    local run = eb.run { params = p, loss = loss, data = data, opt = eb.optim.sgd { lr = lr } }:advance(math.floor(2 / lr + 0.5))
    local function gap(make) return make { params = p, loss = loss, data = data, lr = lr, tol = 1e-11 }:distance(run) end
    gaps[i] = { gap(flow.gradient_flow), gap(flow.modified) }
  end
  close(gaps[1][1] / gaps[2][1], 2, 0.15)
  close(gaps[1][2] / gaps[2][2], 4, 0.4)
  assert(gaps[1][2] < 0.2 * gaps[1][1], gaps[1][2] / gaps[1][1])
  -- One step of descent on λ x²/2 multiplies by 1 − z, z = ηλ; the modified flow by e^(−z − z²/2).
  local f = flow.modified { params = scalar(1), loss = half_square, lr = 0.1, tol = 1e-13, steps = 1 }
  close(math.log(f.params:item()), -0.105, 1e-12)
  close(f.log.loss:at(0), 0.5, 1e-15)
end)

test("the stable flow", function()
  local f = flow.stable_flow { params = scalar(1), loss = half_square, lr = 0.1, time = 10 }
  close(f.params:item(), (1 - 0.1 / 4) ^ 40, 1e-13)
  -- ⌈2 S η⌉ = 9 substeps.
  close(flow.stable_flow { params = scalar(1), loss = function(p) return 4.5 * half_square(p) end, lr = 1, time = 2 }.params:item(), 0.5 ^ 18, 1e-13)
  close(f.log.sharpness.value[1]:item(), 1, 1e-9)
  local far = flow.stable_flow { params = scalar(1), loss = function(p) return 200 * half_square(p) end, lr = 1, time = 2 }
  equal(far.t, 0.0)
  equal(far.stopped, "sharpness · lr = 200 > 100")
end)

test("midpoints", function()
  equal(flow.midpoints(eb.tensor { 1, -1, 1, 3 }), { 0, 1 })
  equal(flow.midpoints { 1, 2, 4 }, { 2.25 })
  local trees = flow.midpoints { { w = scalar(1) }, { w = scalar(2) }, { w = scalar(4) }, { w = scalar(8) } }
  equal({ #trees, trees[1].w:item(), trees[2].w:item() }, { 2, 2.25, 4.5 })
  local run = eb.run { params = scalar(1), loss = half_square, opt = eb.optim.sgd { lr = 0.1 } }:advance(5)
  local losses = run.log.loss.value:totable()
  close(flow.midpoints(run.log.loss)[1]:item(), (losses[1] + 2 * losses[2] + losses[3]) / 4, 1e-14)
  raises(function() flow.midpoints(eb.ones { 2 }) end, "midpoints: expected a series of at least 3 along dimension 1, got shape [2]")
  raises(function() flow.midpoints(3) end, "midpoints: expected a tensor, a list of trees or a series of a log, got number")
end)

test("distances between runs and flows", function()
  local function run() return eb.run { params = scalar(1), loss = half_square, opt = eb.optim.sgd { lr = 0.1 } } end
  -- 0.9ⁿ against e^(−0.1 n), also where the run's step size is the only one known.
  for _, lr in ipairs { 0.1, false } do
    local f = flow.gradient_flow { params = scalar(1), loss = half_square, lr = lr or nil, tol = 1e-12 }
    local r = run()
    r:track { distance = function(each) return f:distance(each) end }
    r:advance(5)
    for t = 1, 5 do close(r.log.distance:at(t), math.abs(0.9 ^ (t - 1) - math.exp(-0.1 * (t - 1))), 1e-10) end
  end
  local flows = { a = flow.gradient_flow { params = scalar(1), loss = half_square, lr = 0.1, tol = 1e-12 }, b = flow.stable_flow { params = scalar(1), loss = half_square, lr = 0.1 } }
  local seen = flow.compare(run(), flows, { steps = 7, every = 2 })
  equal(seen.step, { 2, 4, 6 })
  local middle = (0.9 ^ 3 + 2 * 0.9 ^ 4 + 0.9 ^ 5) / 4
  close(seen.distance.a[2]:item(), math.abs(middle - math.exp(-0.4)), 1e-10)
  close(seen.distance.b[2]:item(), math.abs(middle - 0.975 ^ 16), 1e-12)
  close(seen.loss.run[2]:item(), 0.9 ^ 8 / 2, 1e-14)
  close(seen.loss.a[2]:item(), math.exp(-0.8) / 2, 1e-10)
  equal(flow.compare(run(), flow.stable_flow { params = scalar(1), loss = half_square, lr = 0.1 }, { steps = 3, midpoints = false }).step, { 0, 1, 2 })
  raises(function() flows.a:distance(run():advance(1)) end, "to: the flow is at t = 0.6 and does not go back; got 0.1")
end)

test("losses that can't be recorded run as they are", function()
  local function looking(p) if p:item() > 0 then return p ^ 2 / 2 end return p ^ 2 end
  close(flow.gradient_flow { params = scalar(1), loss = looking, tol = 1e-10, time = 1 }.params:item(), math.exp(-1), 1e-9)
end)

test("errors", function()
  raises(function() flow.gradient_flow(3) end, "gradient_flow: expected a table of options, got number")
  raises(function() flow.gradient_flow { loss = half_square } end, "gradient_flow: option 'params' is missing")
  raises(function() flow.gradient_flow { params = scalar(1), loss = half_square, stpe = 1 } end, "unknown option 'stpe'")
  raises(function() flow.gradient_flow { params = scalar(1), loss = half_square, method = "rk5" } end, "option 'method': expected \"rk4\", \"dopri5\" or \"euler\", got \"rk5\"")
  raises(function() flow.gradient_flow { params = scalar(1), loss = half_square, method = "rk4" } end, "rk4: give its step")
  raises(function() flow.gradient_flow { params = scalar(1), loss = half_square, step = 0.1, tol = 1e-3 } end, "tol is for dopri5")
  raises(function() flow.gradient_flow { params = scalar(1), loss = half_square, step = -1 } end, "option 'step': expected a number above 0, got -1")
  raises(function() flow.gradient_flow { params = scalar(1), loss = half_square, steps = 3 } end, "option 'steps' counts steps of gradient descent; give their size, lr")
  raises(function() flow.gradient_flow { params = scalar(1), loss = half_square, data = eb.ones { 2 } } end, "option 'data': expected {x, y}, a dataset or nothing, got tensor")
  raises(function() flow.gradient_flow { params = eb.tensor({ 1 }, { dtype = "int32" }), loss = half_square } end, "gradient_flow: option 'params'", "float32 or float64")
  raises(function() flow.modified { params = scalar(1), loss = half_square } end, "modified: option 'lr' is missing")
  raises(function() flow.stable_flow { params = scalar(1), loss = half_square } end, "stable_flow: option 'lr' is missing")
  raises(function() flow.gradient_flow { params = scalar(1), loss = half_square, time = 1 }.log.los() end, "log has no member 'los' (did you mean 'loss'?)")
  raises(function() flow.gradient_flow { params = scalar(1), loss = half_square }:advance(-1) end, "advance: argument 1: expected a time from 0 on, got -1")
  raises(function() flow.gradient_flow { params = scalar(1), loss = half_square }.param() end, "flow has no member 'param' (did you mean 'params'?)")
  raises(function() flow.gradient_flow { params = scalar(1), loss = half_square }.t = 3 end, "flow.t can't be set")
  raises(function() flow.gradient_flow { params = scalar(1), loss = half_square, time = 1 }:at(0.5) end, "at: parameters are kept at the times of option 'at' alone")
  -- ẋ = −x² / … that leaves every bound in finite time.
  raises(function() flow.gradient_flow { params = scalar(1), loss = function(p) return -p ^ 3 / 3 end, time = 2 } end, "gradient_flow: diverged: the loss at t = 1")
end)
