-- A small net on data of its own, with shuffled batches that do not divide it.
local X = eb.randn { 50, 4, rng = eb.rng(1) }
local Y = (X:mm(eb.randn { 4, 3, rng = eb.rng(2) }) + 0.1 * eb.randn { 50, 3, rng = eb.rng(3) })
local net = eb.nn.mlp { 4, 8, 3, act = "tanh" }
local start = net:init { rng = eb.rng(4) }
local function loss(p, x, y) return ((net(p, x) - y) ^ 2):mean() end

local function new(options)
  options = options or {}
  return eb.run {
    params = start, loss = options.loss or loss, data = options.data or eb.batches({ x = X, y = Y }, { size = 16, shuffle = true }),
    opt = options.opt or eb.optim.sgd { lr = 0.05, momentum = 0.9 }, seed = options.seed or 5, state = options.state,
    aggregate = options.aggregate, compile = options.compile,
  }
end

-- x²/2 in float64: x ← (1 − lr) x.
local function halving(opt) return eb.run {
  params = eb.tensor({ 1 }, { dtype = "float64" }), loss = function(x) return (x ^ 2):sum() / 2 end, opt = opt or eb.optim.sgd { lr = 0.5 },
} end

test("a run takes the steps of a loop written out", function()
  local opt = eb.optim.sgd { lr = 0.1, momentum = 0.5 }
  local run = eb.run { params = start, loss = loss, data = { X, Y }, opt = opt }
  run:advance(20)
  local p, state, losses = start, opt:init(start), {}
  for t = 1, 20 do
    local value, g = eb.value_and_grad(loss)(p, X, Y)
    losses[t] = value:item()
    p, state = opt:step(p, g, state)
  end
  assert(eb.tree.equal(run.params, p))
  equal(run.log.loss.value, losses)
  equal(run.log.loss.step, eb.arange(1, 20, 1, { dtype = "int32" }))
  assert(eb.tree.equal(run.opt_state.momentum, state.momentum))
  assert(run.compiled)
end)

test("batches: every epoch has all examples once, in an order of its own that depends on the seed alone", function()
  local function orders(seed)
    local run, found = new { seed = seed }, {}
    for t = 1, 8 do
      local batch = run:batch()
      local ids = batch.index:totable()
      assert(#ids == (t % 4 == 0 and 2 or 16))
      for _, id in ipairs(ids) do
        found[#found + 1] = id
        equal(batch.x[1], X[batch.index[1]:item()])
      end
      run:advance(1)
    end
    return found
  end
  local a, b, c = orders(1), orders(1), orders(2)
  equal(a, b)
  local first, second = { table.unpack(a, 1, 50) }, { table.unpack(a, 51, 100) }
  local differ = 0
  for i = 1, 50 do if first[i] ~= second[i] then differ = differ + 1 end end
  assert(differ > 30)
  table.sort(first) table.sort(second)
  for i = 1, 50 do assert(first[i] == i and second[i] == i) end
  assert(table.concat(a, " ") ~= table.concat(c, " "))
  -- Without shuffling, as they lie; the short batch is dropped on request.
  local run = new { data = eb.batches({ x = X, y = Y }, { size = 16, drop_last = true }) }
  for _ = 1, 3 do run:advance(1) end
  equal(run:batch().index, eb.arange(1, 16, 1, { dtype = "int32" }))
end)

test("with and without a plan, in one go and step by step: the same bits", function()
  local function hash(run) return eb.tree.hash { run.params, run.opt_state } end
  for _, opt in ipairs {
    eb.optim.sgd { lr = 0.05, momentum = 0.9 }, eb.optim.adam { lr = 0.01 }, eb.optim.adamw { lr = eb.schedule.cosine(0.01, 100) },
    eb.optim.chain { eb.optim.clip_norm(0.5), eb.optim.rmsprop {}, eb.optim.ema { decay = 0.9 } }, eb.optim.sam { lr = 0.05 },
    eb.optim.sgd { lr = function(t) return 0.1 / t end },
  } do
    local a, b, c = new { opt = opt }, new { opt = opt, compile = false }, new { opt = opt }
    a:advance(30)
    b:advance(30)
    for t, m in c:steps(30) do assert(m.t == t and m.loss == a.log.loss:at(t)) end
    equal(hash(a), hash(b))
    equal(hash(a), hash(c))
    assert(a.compiled and not b.compiled, tostring(opt))
  end
end)

test("dropout, model state and the context", function()
  local seen = {}
  local layers = eb.nn.sequential { eb.nn.linear(4, 8), eb.nn.batchnorm(8), eb.nn.relu(), eb.nn.dropout(0.5), eb.nn.linear(8, 3) }
  local function noisy(p, x, y, ctx)
    local out, state = layers(p, x, { train = ctx.train, rng = ctx.rng, state = ctx.state })
    return ((out - y) ^ 2):mean(), state
  end
  local function watched(p, x, y, ctx)
    seen = ctx
    return noisy(p, x, y, ctx)
  end
  local data = { x = X, y = Y, mask = X[{ {}, 1 }]:gt(0) }
  local function make(compile) return eb.run {
    params = layers:init { rng = eb.rng(9) }, loss = compile == false and watched or noisy, data = eb.batches(data, { size = 10, shuffle = true }),
    opt = eb.optim.adam { lr = 0.01 }, seed = 3, compile = compile,
  } end
  local a, b = make(), make(false)
  a:advance(25)
  b:advance(25)
  assert(a.compiled)
  equal(eb.tree.hash { a.params, a.opt_state, a.state }, eb.tree.hash { b.params, b.opt_state, b.state })
  equal(seen.mask.dtype, "bool")
  equal(#seen.index, 10)
  equal(seen.train, true)
  equal(a:replay(0, 25), true)
  b:eval()
  equal(seen.train, false)
  equal(#seen.index, 50)
end)

test("ten thousand steps are replayed, with edits, by hash", function()
  for _, opt in ipairs { eb.optim.sgd { lr = 0.02, momentum = 0.9 }, eb.optim.adam { lr = 1e-3 } } do
    local run = new { opt = opt }
    run:at_step(2500, function(r) r.h.lr = r.h.lr / 2 end)
    run:advance(5000)
    run.h.lr = 3e-3
    run:advance(5000)
    local hash = eb.tree.hash { run.params, run.opt_state }
    equal(run:replay(0, 10000), true)
    run:rewind(2400)
    close(run.h.lr, opt.lr, 0)
    run:at_step(2500, function(r) r.h.lr = r.h.lr / 2 end)
    run:advance(2600)
    run.h.lr = 3e-3
    run:advance(5000)
    equal(eb.tree.hash { run.params, run.opt_state }, hash)
  end
end)

test("replay finds a loss that depends on something outside", function()
  local factor = eb.tensor(1)
  local run = new { loss = function(p, x, y) return factor * ((net(p, x) - y) ^ 2):mean() end }
  run:advance(10)
  equal(run:replay(0, 10), true)
  factor = eb.tensor(2)
  equal(run:replay(0, 10), 1)
  equal(run:replay(5, 10), 6)
end)

test("fork shares, and both go on", function()
  local run = new()
  run:advance(10)
  local before = eb.memory().live
  local forks = {}
  for i = 1, 20 do forks[i] = run:fork() end
  assert(eb.memory().live == before, "a fork makes no tensors")
  forks[1].h.lr = 0.01
  forks[1]:advance(10)
  forks[2]:advance(10)
  run:advance(10)
  assert(eb.tree.equal(run.params, forks[2].params) and not eb.tree.equal(run.params, forks[1].params))
  equal(run.h.lr, 0.05)
  equal(forks[1]:replay(0, 20), true)
  equal(#forks[3].log.loss, 10)
  -- Another optimizer begins anew; another seed draws other batches.
  local other = run:fork { opt = eb.optim.adam { lr = 0.01 }, seed = 99 }
  other:advance(5)
  equal(other:replay(0, 25), true)
  assert(other.opt_state.m and run.opt_state.momentum)
  equal(other:at(20).h.lr, 0.01)
  equal(other:at(19).h.lr, 0.05)
end)

test("rewind and at", function()
  local run = halving()
  run:track { x = function(r) return r.params:item() end }
  run:advance(40)
  for _, t in ipairs { 0, 1, 7, 39, 40 } do
    close(run:at(t).params:item(), 0.5 ^ t, 0)
    equal(run:at(t).t, t)
    equal(#run:at(t).log:names() > 0 and #run:at(t).log.loss or 0, t)
  end
  run:rewind(7)
  equal({ run.t, #run.log.loss, #run.log.x }, { 7, 7, 7 })
  run:advance(3)
  close(run.params:item(), 0.5 ^ 10, 0)
  raises(function() run:rewind(11) end, here(), "rewind: argument 1: expected a step from 0", "to 10", "got 11")
  raises(function() run:at(5):advance(1) end, here(), "advance: this is step 5 as it was", "run:rewind(5)")
  raises(function() run:at(5).h.lr = 1 end, "as it was")
  raises(function() run:at(5).params = eb.tensor { 1 } end, "as it was")
end)

test("tracked quantities: when they are taken, and what they may be", function()
  local calls = 0
  local run = halving()
  run:track { x = { every = 3, function(r) calls = calls + 1 return r.params:item() end }, gnorm = true, pnorm = true, update = true }
  run:track { pair = function(r) return { a = r.t, b = r.params } end }
  run:advance(10)
  equal(run.log.x.step, { 1, 4, 7, 10 })
  close(run.log.x.value, { 1, 0.5 ^ 3, 0.5 ^ 6, 0.5 ^ 9 }, 0)
  equal(calls, 4)
  close(run.log.gnorm:at(2), 0.5, 0)
  close(run.log.update:at(2), 0.25, 0)
  equal(run.log["pair.a"]:at(5), 4)
  equal(run.log["pair.b"].value.shape, { 10, 1 })
  -- A backfilled quantity has the bits of a tracked one.
  local a, b = new(), new()
  local function measure(r) return eb.tree.norm(r.params) * r.h.lr end
  a:track({ q = measure }, { every = 7 })
  for _, r in ipairs { a, b } do
    r:advance(20)
    r.h.lr = 0.01
    r:advance(13)
  end
  b:backfill("q", measure, { every = 7 })
  equal(a.log.q.step, b.log.q.step)
  equal(a.log.q.value, b.log.q.value)
  -- All of it or nothing, and never in place of what the run writes itself.
  raises(function() b:backfill("half", function(r) if r.t >= 10 then error("boom", 0) end return r.t end) end, "boom")
  raises(function() b:backfill("half", function(r) return r.t < 10 and 1 or "x" end) end, "'half' gave a string")
  for _, name in ipairs(b.log:names()) do assert(name ~= "half") end
  local losses = b.log.loss.value
  for _, name in ipairs { "loss", "lr" } do
    raises(function() b:backfill(name, measure) end, here(), ("backfill: '%s' is there already"):format(name))
    raises(function() b:track { [name] = measure } end, here(), ("track: '%s' is there already"):format(name))
  end
  raises(function() run:track { gnorm = measure } end, "track: 'gnorm' is there already")
  raises(function() new():track { gnorm = measure }:track { gnorm = true } end, "track: 'gnorm' is there already")
  equal(b.log.loss.value, losses)
  raises(function() run:track { gnrom = true } end, "track: 'gnrom' = true: the quantities that need no function are gnorm, pnorm, update")
  raises(function() run:track { q = 3 } end, here(), "track: 'q': expected true, a function of the run, or a diagnostic, got number")
  raises(function() run:track { q = function() return "x" end } run:advance(1) end, "track: 'q' gave a string at step 11")
end)

test("a tracked quantity may fork the run and look ahead", function()
  local run = halving()
  run:track { ahead = { every = 2, function(r) return r:fork():advance(3).params:item() end } }
  run:advance(5)
  close(run.log.ahead.value, { 0.5 ^ 3, 0.5 ^ 5, 0.5 ^ 7 }, 0)
  equal(run.t, 5)
  equal(#run:fork():advance(2).log.ahead, 4)
end)

test("interventions", function()
  local run, steps = halving(), {}
  run:at_step(3, function(r) steps[#steps + 1] = r.t r.h.lr = 0.25 end)
  run:when(function(m) return m.t % 4 == 0 end, function(r) steps[#steps + 1] = -r.t end)
  run:when(function(m) return m.loss < 0.2 end, function(r) steps[#steps + 1] = 100 + r.t end, { once = true })
  run:advance(9)
  equal(steps, { 102, 3, -4, -8 })
  equal({ run.log.lr:at(3), run.log.lr:at(4) }, { 0.5, 0.25 })
  equal(run:replay(), true)
  local _, why = run:advance(1000, { stop = function(m) return m.t == 20 end })
  equal({ run.t, why }, { 20, "stop" })
  _, why = run:advance(1000, { until_loss = 1e-12 })
  assert(why == "until_loss" and run.log.loss:at(run.t) <= 1e-12 and run.log.loss:at(run.t - 1) > 1e-12)
  raises(function() run:at_step(2, print) end, here(), "at_step: argument 1: expected a step from")
  -- An error inside an intervention leaves the run valid.
  local broken = halving()
  broken:at_step(2, function() error("no", 0) end)
  raises(function() broken:advance(5) end, "no")
  equal(broken.t, 2)
  equal(broken:advance(3).t, 5)
end)

test("edits of other hyper-parameters, of parameters and of data are replayed", function()
  local run = new { opt = eb.optim.sgd { lr = 0.05 } }
  run:advance(10)
  run.h.momentum = 0.5
  run:advance(10)
  run.h.weight_decay = 0.1
  run.params = eb.tree.map(function(x) return 0.5 * x end, run.params)
  run:advance(10)
  run.data = { x = X[{ { 1, 20 } }], y = Y[{ { 1, 20 } }] }
  run:advance(10)
  run.h.lr = eb.schedule.linear(0.05, 0, 100)
  run:advance(10)
  equal(#run.data.x, 20)
  equal(run:replay(0, 50), true)
  equal({ run:at(10).h.momentum, run:at(11).h.momentum, run.h.momentum }, { 0.5, 0.5, 0.5 })
  equal(run:at(9).h.momentum, 0)
  raises(function() run.h.lr = -1 end, here(), "sgd: option 'lr': expected a number from 0 on, got -1.0")
  raises(function() run.h.lrr = 1 end, "run.h has no member 'lrr' (did you mean 'lr'?)")
  raises(function() run.params = { 1 } end, "run.params")
  raises(function() run.t = 3 end, here(), "run.t can't be set")
  raises(function() run:advnce(3) end, "did you mean 'advance'?")
end)

test("perturbations are undone on any exit", function()
  local run = new()
  run:track { n = function(r) return eb.tree.norm(r.params) end }
  run:advance(10)
  local hash, size = eb.tree.hash { run.params, run.opt_state }, #run.log.loss
  do
    local _ <close> = run:perturb { "1.weight", sigma = 0.01, seed = 3 }
    assert(eb.tree.hash { run.params, run.opt_state } ~= hash)
    assert(eb.tree.equal(run.params[2], run:at(10).params[2]))
    run:advance(5)
    run.h.lr = 1
  end
  local function check()
    equal(eb.tree.hash { run.params, run.opt_state }, hash)
    equal({ run.t, #run.log.loss, run.h.lr, #run.log.n }, { 10, size, 0.05, 10 })
  end
  check()
  pcall(function()
    local _ <close> = run:perturb(function(r) r.h.lr = 10 r:advance(3) end)
    error "left"
  end)
  check()
  raises(function() run:perturb(function(r) r:advance(2) error("inside", 0) end) end, "inside")
  check()
  local scope = run:perturb(eb.perturb.lr { factor = 2 })
  equal(run.h.lr, 0.1)
  scope:close()
  scope:close()
  check()
  -- The same seed is the same noise; running on afterwards is as if nothing had been.
  local other = new()
  other:advance(20)
  equal(eb.tree.hash(run:advance(10).params), eb.tree.hash(other.params))
  raises(function() run:perturb { "3.weight", sigma = 1 } end, "there is no parameter '3.weight'; there are 1.bias, 1.weight, 2.bias, 2.weight")
  raises(function() run:perturb(3) end, here(), "perturb: expected a perturbation")
end)

test("perturbations of gradients and steps", function()
  local function flat(opt) return eb.run {
    params = eb.zeros { 4000, dtype = "float64" }, loss = function(x) return 0 * x:sum() end, opt = opt or eb.optim.sgd { lr = 1 }, seed = 2,
  } end
  local run = flat()
  eb.perturb.gradient_noise { sigma = 0.5 }(run)
  run:advance(4)
  close(run.params:std():item(), 1, 0.05)
  equal(run:replay(), true)
  assert(run.compiled)
  -- ξ_{t+1} − ξ_t telescopes: after any number of steps two noises are left.
  run = flat()
  eb.perturb.gradient_noise { sigma = 0.5, kind = "anticorrelated" }(run)
  run:advance(50)
  close(run.params:std():item(), 0.5 * 2 ^ 0.5, 0.05)
  -- Langevin: x ← x + √(2 lr T) ξ.
  run = flat(eb.optim.sgd { lr = 0.25 })
  eb.perturb.gradient_noise { temperature = 2 }(run)
  run:advance(4)
  close(run.params:std():item(), 2, 0.1)
  -- The covariance of the noise is that of the mean gradient: gᵢ = xᵢ here.
  local data = eb.randn { 8, 2, rng = eb.rng(4), dtype = "float64" } * eb.tensor({ { 1, 3 } }, { dtype = "float64" })
  local noisy = eb.run {
    params = eb.zeros { 2, dtype = "float64" }, loss = function(p, x) return x:mm(p):mean() end, data = { data }, opt = eb.optim.sgd { lr = 1 },
  }
  eb.perturb.gradient_noise { sigma = 1, kind = "covariance" }(noisy)
  noisy:track { x = function(r) return r.params end }
  noisy:advance(4001)
  local path = noisy.log.x.value
  local steps = path[{ { 2, -1 } }] - path[{ { 1, -2 } }] + data:mean(1)
  local centred = data - data:mean(1)
  local expected, got = centred:t():mm(centred) / 64, steps:t():mm(steps) / 4000
  close(got, expected, 0.1)
  -- Only in, or only out of, a subspace.
  local function bowl() return eb.run { params = { eb.ones { 3, dtype = "float64" }, eb.ones { 2, dtype = "float64" } },
    loss = function(p) return (p[1] ^ 2):sum() / 2 + (p[2] ^ 2):sum() / 2 end, opt = eb.optim.sgd { lr = 0.5 } } end
  local function unit(i, j) local d = { eb.zeros { 3, dtype = "float64" }, eb.zeros { 2, dtype = "float64" } } d[i][j] = 3 return d end
  local inside = bowl()
  local basis = { unit(1, 2), eb.tree.map(function(a, b) return a + b end, unit(1, 2), unit(2, 1)) }
  eb.perturb.project { basis = basis, keep = "in" }(inside)
  inside:advance(2)
  close(inside.params[1], { 1, 0.25, 1 }, 1e-12)
  close(inside.params[2], { 0.25, 1 }, 1e-12)
  local outside = bowl()
  local project = eb.perturb.project { basis = basis, keep = "out" }
  project(outside)
  outside:advance(2)
  close(outside.params[1], { 0.25, 1, 0.25 }, 1e-12)
  outside:lift(project):advance(1)
  close(outside.params[1], { 0.125, 0.5, 0.125 }, 1e-12)
  assert(outside.compiled)
  equal(outside:replay(), true)
  -- Filters keep their norms' proportions.
  local w = { eb.randn { 5, 4, rng = eb.rng(1) }, eb.ones { 4 } }
  local moved = eb.perturb.weight_noise { sigma = 0.1, normalize = "filter" }(w)
  local change = moved[1] - w[1]
  close((change ^ 2):sum(1):sqrt(), 0.1 * (w[1] ^ 2):sum(1):sqrt(), 1e-5)
  equal(moved[2], w[2])
end)

test("an adversarial weight raises the loss more than noise of its length", function()
  local run = eb.run { params = start, loss = loss, data = { X, Y }, opt = eb.optim.sgd { lr = 0.05 } }
  run:advance(20)
  local base, up, noise = run:eval().loss, nil, nil
  do
    local _ <close> = run:perturb(eb.perturb.adversarial_weights { rho = 0.1 })
    up = run:eval().loss
    close(eb.tree.norm(run.params - run:at(20).params), 0, 10)
  end
  do
    local direction = eb.tree.randn_like(start, { rng = eb.rng(8) })
    local _ <close> = run:perturb { sigma = 0.1 / eb.tree.norm(direction), direction = direction }
    noise = run:eval().loss
  end
  assert(up > base and up > noise)
  equal(run:eval().loss, base)
end)

test("pairs share their random numbers", function()
  local a, b = new { seed = 1 }, new { seed = 2 }
  local pair = eb.pair(a, b)
  equal(pair:advance(30):distance(), 0)
  b.params = eb.tree.map(function(x) return x + 1e-4 end, b.params)
  pair:advance(20, { every = 5 })
  equal(#pair:series().step, 1 + 30 + 4)
  assert(pair:distance() > 0)
  raises(function() eb.pair(a, a) end, here(), "pair: expected two runs")
end)

test("divergence stops the run and says where", function()
  local run = eb.run { params = eb.tensor { 1 }, loss = function(x) return (x ^ 4):sum() end, opt = eb.optim.sgd { lr = 10 } }
  run:track { sharpness = function(r) return 12 * (r.params ^ 2):item() end }
  local same, why = run:advance(100)
  assert(same == run and why == "diverged")
  assert(run.stopped:find("diverged: step " .. run.t + 1 .. " has loss"), run.stopped)
  assert(run.stopped:find("gradient norm") and run.stopped:find("> 2/sharpness"), run.stopped)
  equal(#run.log.loss, run.t)
  run:rewind(0)
  run.h.lr = 0.01
  equal(select(2, run:advance(10)), nil)
end)

test("what can't be compiled runs as it is", function()
  local count = 0
  local run = new { loss = function(p, x, y, ctx)
    count = count + 1
    local value = ((net(p, x) - y) ^ 2):mean()
    if value:item() > 1e9 then error("big") end
    return value
  end }
  run:advance(10)
  assert(not run.compiled and count >= 10)
  equal(run:replay(), true)
  -- Control flow on t: the plan would be another at each step.
  local turns = eb.run { params = eb.tensor { 1 }, loss = function(x, _, _, ctx)
    if ctx.t % 2 == 0 then return (x ^ 2):sum() end
    return (x ^ 4):sum()
  end, opt = eb.optim.sgd { lr = 0.01 } }
  turns:advance(40)
  assert(not turns.compiled)
  raises(function() new { loss = function(p, x, y) return net(p, x) end }:advance(1) end, "must return a scalar")
  raises(function() new { loss = function(p, x, y) return net(p, y):mean() end }:advance(1) end, "linear: expected an input whose last dimension is 4")
  raises(function() eb.run { params = start, loss = loss } end, here(), "run: option 'opt' is missing")
  raises(function() eb.run { params = start, loss = loss, opt = 3 } end, here(), "run: option 'opt': expected an optimizer")
  raises(function() eb.run { params = start, loss = loss, opt = eb.optim.sgd {}, dta = 1 } end, "did you mean 'data'?")
  raises(function() new { data = { X, Y[{ { 1, 3 } }] } } end, here(), "run: option 'data': x has 50 examples; y must have as many")
end)

test("saved runs go on bit for bit", function()
  local path = os.tmpname() .. ".ebt"
  for _, opt in ipairs { eb.optim.sgd { lr = 0.05, momentum = 0.9 }, eb.optim.adam { lr = eb.schedule.cosine(0.01, 80) } } do
    local run = new { opt = opt }
    run:track { gnorm = true }
    run:advance(20)
    if opt.name == "sgd" then run.h.momentum = 0.8 end
    run:advance(10)
    run:save(path)
    local other = eb.load_run(path, { loss = loss, opt = opt, data = eb.batches({ x = X, y = Y }, { size = 16, shuffle = true }) })
    equal({ other.t, other.seed }, { 30, 5 })
    for _, r in ipairs { run, other } do r:advance(25) end
    equal(eb.tree.hash { run.params, run.opt_state }, eb.tree.hash { other.params, other.opt_state })
    equal(run.log.loss.value, other.log.loss.value)
    equal(run.log.gnorm.value, other.log.gnorm.value)
    equal(other:replay(0, 55), true)
    assert(eb.tree.equal(other:at(12).params, run:at(12).params))
  end
  raises(function() eb.load_run(path, { loss = loss, opt = eb.optim.sgd {}, data = { X, Y } }) end, "was trained with adam, and opt is sgd")
  raises(function() eb.load_run(path, { loss = loss, opt = eb.optim.adam {}, data = { X, Y } }) end, "in batches of 16")
  os.remove(path)
end)

test("logs in files", function()
  local run = halving()
  run:track({ v = function(r) return r.params end }, { every = 2 })
  run:advance(3)
  local path = os.tmpname()
  run.log:csv(path)
  local lines = {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  equal(lines, { "step,loss,lr,v[1]", "1,0.5,0.5,1.0", "2,0.125,0.5,", "3,0.03125,0.5,0.25" })
  run.log:jsonl(path)
  lines = {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  equal(lines[2], '{"step":2,"loss":0.125,"lr":0.5}')
  equal(lines[3], '{"step":3,"loss":0.03125,"lr":0.5,"v":[0.25]}')
  os.remove(path)
  raises(function() return run.log.los end, here(), "run.log: there is no 'los' (did you mean 'loss'?)")
end)
