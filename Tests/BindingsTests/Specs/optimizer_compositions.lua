-- Chains, groups, wrappers, rules of one's own, and what holds for all optimizers.
local D = { dtype = "float64" }
local optim = eb.optim

-- Steps on ½ λ ‖p‖² from p, and the state after them.
local function train(opt, p, steps, lambda)
  local s = opt:init(p)
  local function f(q) return eb.value_and_grad(function(r) return eb.tree.dot(r, r) * ((lambda or 1) / 2) end)(q) end
  for _ = 1, steps do
    local _, g = f(p)
    p, s = opt:step(p, g, s, f)
  end
  return p, s
end

local everything = {
  optim.sgd(), optim.sgd { momentum = 0.9 }, optim.sgd { momentum = 0.9, nesterov = true, weight_decay = 0.1 }, optim.sgd { momentum = 0.9, ema = true },
  optim.adam { weight_decay = 0.1 }, optim.adamw(), optim.amsgrad(), optim.nadam(), optim.radam(), optim.adabelief(),
  optim.rmsprop(), optim.rmsprop { centered = true, momentum = 0.5 }, optim.adagrad { lr_decay = 0.1 }, optim.adadelta(),
  optim.lion { weight_decay = 0.1 }, optim.signsgd { momentum = 0.5 }, optim.lars { weight_decay = 0.1 }, optim.lamb(), optim.muon(),
  optim.muon { exact = true }, optim.shampoo { momentum = 0.5 }, optim.normalized(), optim.group_rmsprop(), optim.label_noise(), optim.anti_pgd(),
  optim.sam(), optim.sam { normalize = false }, optim.asam(), optim.lookahead { k = 2 },
  optim.lookahead { base = optim.sam { base = optim.chain { optim.clip_norm(0.5), optim.adam(), optim.weight_decay(1e-3) } }, k = 3 },
  optim.chain { optim.weight_decay(0.1), eb.agg.rm3, optim.sgd(), optim.ema { decay = 0.9 } }, optim.chain { eb.agg.m3(), optim.sgd() },
  optim.chain { eb.agg.ra3, optim.clip_value(0.1), optim.scale(2), optim.sgd(), optim.freeze { "w" } },
  optim.groups { w = optim.adam(), ["k"] = optim.freeze(), default = optim.sam() },
}

for _, dtype in ipairs { "float32", "float64" } do
  test("eager is compiled bit for bit, with one plan for every t, " .. dtype, function()
    for i, opt in ipairs(everything) do
      local rng = eb.rng(i)
      local p = {
        w = eb.randn({ 3, 4 }, { rng = rng, dtype = dtype }), b = eb.randn({ 4 }, { rng = rng, dtype = dtype }),
        s = eb.tensor(0.7, { dtype = dtype }), k = eb.randn({ 2, 3, 2, 2 }, { rng = rng, dtype = dtype }),
      }
      local function loss(q)
        local sum = 0
        for _, x in ipairs(eb.tree.leaves(q)) do sum = sum + ((x - 0.3) ^ 4):sum() / 4 + x:sin():sum() end
        return sum
      end
      local function f(q) return eb.value_and_grad(loss)(q) end
      local function step(q, s)
        local _, g = f(q)
        return opt:step(q, g, s, f)
      end
      local compiled = eb.compile(step)
      local q, s, r, u = p, opt:init(p), p, opt:init(p)
      for t = 1, 8 do
        q, s = step(q, s)
        r, u = compiled(r, u)
        assert(eb.tree.equal(q, r), ("%s: step %d differs"):format(opt.name, t))
      end
      assert(tostring(compiled):find("recorded 1 time", 1, true), opt.name .. ": " .. tostring(compiled))
      equal(u.t, 8)
      for name, x in pairs(q) do
        equal(x.dtype, dtype)
        equal(x.shape, p[name].shape)
        assert(x:isfinite():all():item(), opt.name)
      end
    end
  end)
end

test("steps differentiate and map", function()
  for _, opt in ipairs { optim.adam { lr = 0.1 }, optim.rmsprop { lr = 0.1 }, optim.radam { lr = 0.1 }, optim.normalized { lr = 0.1 },
    optim.lookahead { lr = 0.1, k = 2 }, optim.chain { optim.clip_norm(0.5), optim.sgd { lr = 0.1, momentum = 0.5 } }, optim.sam { lr = 0.1 } } do
    local function after(x) return (train(opt, x, 3):sum()) end
    local x = eb.tensor({ 2, -1 }, D)
    assert(eb.check_grad(after, x) < 1e-6, opt.name)
    local rows = eb.tensor({ { 2, -1 }, { 0.5, 3 } }, D)
    local mapped = eb.vmap(function(row) return (train(opt, row, 3)) end)(rows)
    for i = 1, 2 do close(mapped[i], (train(opt, rows[i], 3)), 1e-12) end
  end
end)

test("states are fields like p", function()
  local p = { a = { eb.ones { 2 } }, b = eb.ones { 3, 1 } }
  local _, s = train(optim.adam(), p, 2)
  equal({ s.t, s.m.a[1].shape, s.v.b.shape }, { 2, { 2 }, { 3, 1 } })
  local _, one = train(optim.adam(), eb.ones { 2 }, 1)
  equal(one.m.shape, { 2 })
  local _, mixed = train(optim.muon(), { w = eb.ones { 2, 2 }, b = eb.ones { 2 } }, 1)
  equal({ mixed.momentum.b == nil, mixed.m.w == nil, mixed.momentum.w.shape }, { true, true, { 2, 2 } })
  local chain = optim.chain { optim.clip_norm(1), optim.adam() }
  equal(chain:init(p)[2].m.b, eb.zeros { 3, 1 })
  equal(optim.lookahead { base = optim.sgd { momentum = 0.5 } }:init(p).base.momentum.b, eb.zeros { 3, 1 })
end)

test("chains change gradients before and steps after the optimizer", function()
  local p, g = eb.tensor({ 2 }, D), eb.tensor({ 3 }, D)
  local function stepped(...)
    local opt = optim.chain { ... }
    return (opt:step(p, g, opt:init(p))):item()
  end
  local sgd = optim.sgd { lr = 0.1 }
  close(stepped(optim.scale(2), sgd), 2 - 0.6, 1e-15)
  close(stepped(sgd, optim.scale(2)), 2 - 0.6, 1e-15)
  close(stepped(optim.weight_decay(0.5), sgd), 2 - 0.1 * 4, 1e-15)
  close(stepped(sgd, optim.weight_decay(0.5)), 2 - 0.3 - 1, 1e-15)
  close(stepped(optim.clip_norm(1.5), sgd), 2 - 0.15, 1e-6)
  close(stepped(optim.clip_norm(15), sgd), 2 - 0.3, 1e-15)
  close(stepped(optim.clip_value(1), optim.scale(10), sgd), 1, 1e-15)
  close(stepped(optim.scale(10), optim.clip_value(1), sgd), 1.9, 1e-15)
  close(stepped(optim.chain { sgd, optim.scale(2) }, optim.scale(2)), 2 - 1.2, 1e-15)
  -- Adam's first step is lr, however small the gradient.
  close(stepped(optim.clip_norm(1e-3), optim.adam { lr = 0.5 }), 1.5, 1e-4)
  -- What changes nothing, changes no bit.
  local q = { eb.randn({ 50 }, { rng = eb.rng(2) }) }
  local plain = train(optim.adam { lr = 0.3 }, q, 5)
  assert(eb.tree.equal(plain, (train(optim.chain { optim.adam { lr = 0.3 }, optim.ema() }, q, 5))))
end)

test("ema averages the parameters that come", function()
  local _, s = train(optim.chain { optim.sgd { lr = 0.5 }, optim.ema { decay = 0.9 } }, eb.ones({ 1 }, D), 3)
  local average, x = 1, 1
  for _ = 1, 3 do
    x = x / 2
    average = 0.9 * average + 0.1 * x
  end
  close(s[2].average, { average }, 1e-15)
  raises(function() train(optim.chain { optim.ema(), optim.sgd() }, eb.ones { 1 }, 1) end, "ema: belongs behind the optimizer")
end)

test("groups go by the longest path", function()
  local p = { { weight = eb.ones { 2 }, bias = eb.ones { 1 } }, { weight = eb.ones { 2 } }, scale = eb.ones { 1 } }
  local function sgd(lr) return optim.sgd { lr = lr } end
  local opt = optim.groups { [1] = sgd(0.5), ["1.bias"] = sgd(0.25), ["2"] = optim.freeze(), default = optim.adam { lr = 1 } }
  local q = train(opt, p, 1)
  equal({ q[1].weight, q[1].bias, q[2].weight }, { { 0.5, 0.5 }, { 0.75 }, { 1, 1 } })
  close(q.scale, { 0 }, 1e-6)
  raises(function() optim.groups { ["3"] = sgd(1), default = sgd(1) }:init(p) end, "groups: there is no parameter '3'; there are 1.bias, 1.weight, 2.weight, scale")
  raises(function() optim.groups { ["1"] = sgd(1) }:init(p) end, "groups: no optimizer for '2.weight'")
  raises(function() optim.groups { ["1"] = optim.clip_norm(1) } end, here(), "groups: '1' is a transform")
  raises(function() optim.groups {} end, "groups: expected optimizers by the paths")
  -- Everything named: the default has nothing to do. And what evaluates again sees the whole loss.
  local named = optim.groups { ["1"] = sgd(0.5), ["2"] = sgd(0.5), scale = sgd(0.5), default = optim.normalized() }
  equal(train(named, p, 1).scale, { 0.5 })
  local function f(q) return eb.value_and_grad(function(r) return (r.a * r.b * r.b):sum() end)(q) end
  local pair = { a = eb.tensor({ 2 }, D), b = eb.tensor({ 3 }, D) }
  local _, g = f(pair)
  local sharp = optim.groups { b = optim.sam { lr = 0.1, rho = 1 }, default = sgd(0.1) }
  -- The gradient at b + 1: 2 a b = 16.
  close(sharp:step(pair, g, sharp:init(pair), f).b, { 3 - 1.6 }, 1e-10)
end)

test("freeze holds bits", function()
  local p = { { weight = eb.randn({ 5 }, { rng = eb.rng(1) }) }, { weight = eb.randn({ 5 }, { rng = eb.rng(2) }) } }
  local q = train(optim.chain { optim.adamw { lr = 0.1 }, optim.freeze { 2 } }, p, 4)
  assert(eb.tree.equal(q[2], p[2]) and not eb.tree.equal(q[1], p[1]))
  raises(function() optim.chain { optim.sgd(), optim.freeze "3" }:init(p) end, "freeze: there is no parameter '3'")
  equal(tostring(optim.freeze { "1", "2.weight" }), "freeze: places '1', '2.weight'")
end)

test("sharpness-aware steps", function()
  local x = eb.tensor({ 1 }, D)
  close(train(optim.sam { lr = 0.1, rho = 0.05 }, x, 1, 2), { 0.79 }, 1e-12)
  close(train(optim.sam { lr = 0.1, rho = 0.05, normalize = false }, x, 1, 2), { 1 - 0.1 * 2 * 1.1 }, 1e-12)
  -- T = |x| + η = 1.5; ρ T² g/‖T g‖ = ρ T.
  close(train(optim.asam { lr = 0.1, rho = 0.2, eta = 0.5 }, x, 1, 2), { 1 - 0.2 * 1.3 }, 1e-12)
  close(train(optim.sam { base = optim.sgd { lr = 0.1, momentum = 0.9 }, rho = 0 }, x, 3), { 0.486 }, 1e-12)
end)

test("lookahead goes back half the way every k steps", function()
  local x = eb.tensor({ 1 }, D)
  local opt = optim.lookahead { base = optim.sgd { lr = 0.5 }, k = 2, alpha = 0.5 }
  equal(train(opt, x, 1), { 0.5 })
  equal(train(opt, x, 2), { 0.625 })
  equal(train(opt, x, 3), { 0.3125 })
  equal(train(opt, x, 4), { 0.625 ^ 2 })
end)

test("median, running median and running average of three", function()
  local function path(member, gradients)
    local opt, x, list = optim.chain { member, optim.sgd { lr = 1 } }, eb.zeros({ 2 }, D), {}
    local s = opt:init(x)
    for t, g in ipairs(gradients) do
      x, s = opt:step(x, eb.tensor({ g, -g }, D), s)
      assert(x[1]:item() == -x[2]:item())
      list[t] = x[1]:item()
    end
    return list
  end
  local g = { 1, 5, 2, 4, 9, 0, 7 }
  equal(path(eb.agg.rm3, g), { 0, 0, -2, -6, -10, -14, -21 })
  equal(path(eb.agg.m3(), g), { 0, 0, -2, -2, -2, -6, -6 })
  close(path(eb.agg.ra3, g), { 0, 0, -8 / 3, -19 / 3, -34 / 3, -47 / 3, -21 }, 1e-14)
  -- On constant gradients the running median is descent from step 3.
  local constant = path(eb.agg.rm3, { 0.1, 0.1, 0.1, 0.1, 0.1 })
  local descent = path(optim.scale(1), { 0, 0, 0.1, 0.1, 0.1 })
  equal(constant, descent)
  -- Weight decay goes in front of the buffer.
  local opt, x = optim.chain { optim.weight_decay(0.5), eb.agg.rm3, optim.sgd { lr = 1 } }, eb.tensor({ 2 }, D)
  equal(train(opt, x, 2), { 2 })
  equal(train(opt, x, 3), { -1 })
end)

test("a run aggregates by them, in a plan and on replay", function()
  local p = { w = eb.ones({ 3 }, D) }
  local function run(opt, aggregate)
    return eb.run { params = p, loss = function(q) return (q.w ^ 2):sum() / 2 end, opt = opt, aggregate = aggregate, seed = 1 }
  end
  local a = run(optim.sgd { lr = 0.1 }, eb.agg.rm3):advance(12)
  local b = run(optim.chain { eb.agg.rm3(), optim.sgd { lr = 0.1 } }):advance(12)
  assert(eb.tree.equal(a.params, b.params) and a:replay(0, 12) == true)
  equal(a:at(2).params.w, { 1, 1, 1 })
  close(a:at(3).params.w, { 0.9, 0.9, 0.9 }, 1e-15)
  -- One step for every three batches, with the gradient at the same place.
  close(run(optim.sgd { lr = 0.1 }, eb.agg.m3()):advance(9).params.w, { 0.9 ^ 3, 0.9 ^ 3, 0.9 ^ 3 }, 1e-15)
  raises(function() run(optim.sgd(), optim.adam()) end, "run: option 'aggregate': expected one of eb.agg, got an optimizer")
end)

test("a compiled function notices what a rule captures", function()
  local factor = 1
  local mine = optim.define("mine", { lr = 1 }, { step = function(p, g, _, h) return p - factor * h.lr * g end })
  local step = eb.compile(function(x, s) return mine():step(x, x, s) end)
  local x = eb.ones({ 1 }, D)
  equal((step(x, mine():init(x))), { 0 })
  factor = 0.25
  equal((step(x, mine():init(x))), { 0.75 })
end)

test("schedules give the same under compile", function()
  for _, lr in ipairs { eb.schedule.step(1, 0.5, 2), eb.schedule.exponential(1, 0.9), eb.schedule.cosine(1, 4), eb.schedule.warmup(2, 1) } do
    local opt, x = optim.sgd { lr = lr }, eb.ones({ 1 }, D)
    local compiled = eb.compile(function(p, s) return opt:step(p, eb.ones_like(p), s) end)
    local p, s, q, u = x, opt:init(x), x, opt:init(x)
    for _ = 1, 5 do
      p, s = opt:step(p, eb.ones_like(p), s)
      q, u = compiled(q, u)
      equal(q, p)
    end
  end
end)

test("a rule of one's own is like a built-in", function()
  local heavy = optim.define("heavy", { lr = 0.1, beta = 0.9 }, {
    init = function(p) return { v = eb.zeros_like(p) } end,
    step = function(p, g, s, h)
      s.v = h.beta * s.v + g
      return p - h.lr * s.v
    end,
  })
  local p = { w = eb.randn({ 4, 2 }, { rng = eb.rng(1) }) }
  local q, s = train(heavy { lr = 0.2 }, p, 6)
  local r, u = train(optim.sgd { lr = 0.2, momentum = 0.9 }, p, 6)
  assert(eb.tree.equal(q, r) and eb.tree.equal(s.v, u.momentum))
  equal(tostring(heavy { lr = eb.schedule.constant(2) }), "heavy: lr constant 2, beta 0.9")
  equal({ heavy().lr, heavy().beta, heavy().name }, { 0.1, 0.9, "heavy" })
  raises(function() heavy { betta = 1 } end, here(), "heavy: unknown option 'betta' (did you mean 'beta'?)")
  raises(function() heavy { lr = 0 / 0 } end, "heavy: option 'lr': expected a finite number")
  -- In all compositions, and in one plan.
  local chained = optim.chain { optim.clip_norm(1), heavy { lr = function(t) return 1 / t end } }
  train(optim.groups { default = optim.lookahead { base = chained } }, p, 7)
  local compiled = eb.compile(function(x, state) return heavy():step(x, x, state) end)
  local c, state = p, heavy():init(p)
  for _ = 1, 5 do c, state = compiled(c, state) end
  assert(tostring(compiled):find("recorded 1 time", 1, true))
  -- A whole tree, a state that is returned, t and f.
  local whole = optim.define("whole", {}, {
    whole = true, evaluates = true,
    init = function(x) return { first = x } end,
    step = function(x, _, s, _, t, f)
      local loss, g = f(x)
      return x - (1 / t) * g, { first = s.first, loss = loss }
    end,
  })
  local y, last = train(whole(), { a = eb.ones { 2 }, b = { eb.ones { 1 } } }, 1)
  equal({ y.a, y.b[1], last.first.a, last.t }, { { 0, 0 }, { 0 }, { 1, 1 }, 1 })
  raises(function()
    local opt = whole()
    opt:step(p, p, opt:init(p))
  end, here(-1), "whole: step: this rule evaluates the loss again: opt:step(p, g, state, f)")
end)

test("errors in a rule name the optimizer, the step and the leaf", function()
  local p = { { w = eb.ones { 2 } }, b = eb.ones { 3 } }
  local function failing(code, steps)
    return function() train(optim.define("mine", { lr = 1 }, code)(), p, steps or 1) end
  end
  raises(failing({ step = function(x, _, _, _, t) if t == 3 and #x == 3 then error("too far") end return x end }, 4), "mine: step 3, 'b':", "too far")
  raises(failing { step = function(x, g) return x + g.missing end }, "mine: step 1, '1.w':", "missing")
  raises(failing { step = function() end }, "mine: step 1, '1.w': the step must return the parameter, and returned nothing")
  raises(failing { step = function() return 5 end }, "mine: step 1, '1.w': the step must return the parameter first, a tensor [2]; got number")
  raises(failing { step = function(x) return x:sum() end }, "a tensor [2]; got []")
  raises(failing { step = function(x) return x, 7 end }, "the table of its state; the second was number")
  raises(failing { init = function(x) return x end, step = function(x) return x end }, "mine: init, '1.w': expected a table, the state of one parameter")
  raises(failing { init = function() error("no room") end, step = function(x) return x end }, "mine: init, '1.w':", "no room")
  raises(failing { init = function() return { t = 1 } end, step = function(x) return x end }, "'t' in the state is the count of steps")
  raises(failing { whole = true, step = function(x) return { x[1] } end }, "mine: step 1: the step must return parameters like those it got", "'b'")
  raises(failing { whole = true, init = function() return 1 end, step = function(x) return x end }, "mine: init: expected a table, the state, got number")
  raises(function() optim.define("x", { lr = 1 }, {}) end, here(), "define: argument 3")
  raises(function() optim.define("x", { 1 }, { step = print }) end, "define: hyper-parameters go by their names, got a value at [1]")
  raises(function() optim.define("x", {}, { step = print, inti = print }) end, "define: unknown option 'inti' (did you mean 'init'?)")
  raises(function() optim.define(3) end, "define: argument 1: expected a name, got number")
end)

test("errors of compositions", function()
  local p = { w = eb.ones { 2 } }
  local function step(opt, state, f) return function() opt:step(p, p, state, f) end end
  raises(function() optim.chain { optim.clip_norm(1) } end, here(), "chain: expected one optimizer among transforms", "got 0")
  raises(function() optim.chain { optim.sgd(), optim.adam() } end, "got 2")
  raises(function() optim.chain { optim.sgd } end, "chain: member 1: expected an optimizer", "got function")
  raises(function() optim.chain {} end, "chain: expected a list of optimizers")
  raises(function() optim.sam { base = 3 } end, "sam: expected an optimizer", "got number")
  raises(function() optim.sam { base = optim.sgd(), lr = 1 } end, "sam: lr belongs to the base")
  raises(function() optim.sam { rhoo = 1 } end, "sam: unknown option 'rhoo' (did you mean 'rho'?)")
  raises(function() optim.lookahead { k = 2.5 } end, "lookahead: option 'k': expected a whole number from 1 on, got 2.5")
  raises(function() optim.lbfgs { history = 0 } end, "lbfgs: option 'history': expected a whole number from 1 on")
  raises(function() optim.adam { beta1 = 1 } end, "adam: option 'beta1': expected a value in [0, 1), got 1.0")
  raises(step(optim.sam(), optim.sam():init(p)), "sam: step: this rule evaluates the loss again")
  raises(step(optim.sam(), optim.sam():init(p), function() return 1 end), "sam: step: f must return the loss and its gradient")
  local sgd = optim.sgd { momentum = 0.9 }
  local wrong = "expected the state of this optimizer: of opt:init(p) or the step before; it has no "
  raises(step(optim.adam(), sgd:init(p)), "adam: step: argument 4: " .. wrong .. "'m' at 'w'")
  raises(step(optim.lookahead(), sgd:init(p)), "lookahead: step: argument 4: " .. wrong .. "'base'")
  raises(step(optim.chain { optim.clip_norm(1), sgd }, sgd:init(p)), "chain: step: argument 4: " .. wrong .. "'1'")
  raises(step(optim.anti_pgd(), sgd:init(p)), "anti_pgd: step: argument 4: " .. wrong .. "'noise'")
  local chain = optim.chain { optim.clip_norm(3), optim.adam { lr = 0.5 } }
  equal({ chain.lr, chain["2.lr"], chain.max_norm }, { 0.5, 0.5, 3 })
  raises(function() return chain.momentum end, "chain has no member 'momentum'")
  equal(tostring(chain), "chain\n  1 clip_norm: max norm 3.0\n  2 adam: lr 0.5, beta1 0.9, beta2 0.999, eps 1e-08, weight decay 0.0")
end)
