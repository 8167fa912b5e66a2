local schedule = eb.schedule

local function values(s, steps)
  local list = {}
  for i, t in ipairs(steps) do list[i] = s(t) end
  return list
end

test("schedules begin at the first step", function()
  close(values(schedule.constant(0.5), { 1, 10 }), { 0.5, 0.5 })
  close(values(schedule.linear(1, 3, 4), { 1, 2, 5, 50 }), { 1, 1.5, 3, 3 }, 1e-15)
  close(values(schedule.cosine(2, 4, 1), { 1, 2, 3, 5, 9 }), { 2, 1.5 + 0.5 * 0.5 ^ 0.5, 1.5, 1, 1 }, 1e-15)
  close(values(schedule.exponential(2, 0.5), { 1, 2, 4 }), { 2, 1, 0.25 }, 1e-15)
  close(values(schedule.exponential(2, 0.25, 2), { 1, 2, 3 }), { 2, 1, 0.5 }, 1e-15)
  close(values(schedule.step(2, 0.1, 3), { 1, 3, 4, 6, 7 }), { 2, 2, 0.2, 0.2, 0.02 }, 1e-15)
  close(values(schedule.warmup(4, 2), { 1, 2, 3, 4, 5 }), { 0.5, 1, 1.5, 2, 2 }, 1e-15)
  close(values(schedule.warmup(2, schedule.linear(1, 0, 2)), { 1, 2, 3, 4, 5 }), { 0.5, 1, 0.5, 0, 0 }, 1e-15)
  close(values(schedule.piecewise { { 1, 3 }, { 5, schedule.linear(0, 8, 8) } }, { 1, 4, 5, 9 }), { 3, 3, 4, 8 }, 1e-15)
  close(values(schedule.one_cycle(1, 100), { 1, 30, 100, 500 }), { 0.04, 1, 4e-6, 4e-6 }, 1e-12)
  close(values(schedule.one_cycle(1, 11, { warmup = 0, start = 0.5, final = 0 }), { 1, 6, 11 }), { 1, 0.5, 0 }, 1e-12)
end)

test("every hyper-parameter takes one, or a function of t", function()
  local seen = {}
  local opt = eb.optim.sgd { lr = schedule.step(1, 0.5, 1), momentum = function(t) seen[#seen + 1] = t return t == 1 and 0.5 or 0 end }
  local x = eb.tensor({ 0 }, { dtype = "float64" })
  local s = opt:init(x)
  x, s = opt:step(x, eb.ones { 1 }, s)
  equal(x, { -1 })
  x, s = opt:step(x, eb.ones { 1 }, s)
  equal(x, { -1.5 })
  equal(seen, { 1, 2 })
  equal(opt.lr(2), 0.5)
  equal(tostring(opt), "sgd: lr step 1 by 0.5 every 1, momentum a function of t, weight decay 0.0")
  local chain = eb.optim.chain { eb.optim.clip_value(schedule.linear(1, 0, 2)), eb.optim.sgd { lr = 1 } }
  x = eb.zeros { 1 }
  s = chain:init(x)
  for _ = 1, 3 do x, s = chain:step(x, eb.tensor { -9 }, s) end
  equal(x, { 1.5 })
end)

test("errors", function()
  raises(function() schedule.linear(1, 2) end, "schedule.linear: argument 3: expected a number from 1 on, got nil")
  raises(function() schedule.cosine(1, 0) end, here(), "schedule.cosine: argument 2: expected a number from 1 on, got 0")
  raises(function() schedule.warmup(3) end, "schedule.warmup: argument 2", "got nil")
  raises(function() schedule.one_cycle(1, 10, { warmpu = 1 }) end, "unknown option 'warmpu' (did you mean 'warmup'?)")
  raises(function() schedule.one_cycle(1, 10, { warmup = 1 }) end, "option 'warmup': expected a value in [0, 1), got 1")
  raises(function() schedule.piecewise {} end, "schedule.piecewise: expected")
  raises(function() schedule.piecewise { { 5, 1 }, { 5, 2 } } end, "entry 2: the first steps must ascend")
  raises(function() schedule.piecewise { { 5, "x" } } end, "entry 1: expected {first step, number or schedule}")
  raises(function() schedule.cosin(1, 2) end, "did you mean 'cosine'?")
  raises(function() schedule.constant(1).x = 2 end, "a schedule is a value")
  local opt = eb.optim.sgd { lr = function() return "fast" end }
  raises(function() opt:step(eb.ones { 1 }, eb.ones { 1 }, opt:init(eb.ones { 1 })) end, "sgd: the schedule of 'lr' gave string at step 1; expected a number")
end)
