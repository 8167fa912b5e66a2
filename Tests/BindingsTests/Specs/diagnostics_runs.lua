-- Every diagnostic in its three ways: tracked, backfilled, and as a function, on forks and after going back. One that is missing here fails.
local D = { dtype = "float64" }
local net = eb.nn.mlp { 3, 4, 3, act = "tanh" }
local start = net:init { rng = eb.rng(1), dtype = "float64" }
local data = eb.data.dataset {
  x = eb.randn({ 12, 3 }, { rng = eb.rng(2), dtype = "float64" }), y = eb.randint({ 12 }, 1, 3, { rng = eb.rng(3) }),
  mask = eb.arange(1, 12):gt(8),
}
local test_data = { eb.randn({ 3, 3 }, { rng = eb.rng(4), dtype = "float64" }), eb.tensor({ 1, 2, 3 }, { dtype = "int32" }) }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end

local function new() return eb.run { params = start, loss = loss, data = data, opt = eb.optim.sgd { lr = 0.3, momentum = 0.5 }, seed = 5 } end

-- By name the options; `plain` those that only a call without a run needs, or false where there is no such call.
local cases = {
  coherence = { { by = "layer" }, { by = "class" }, { by = "parameter" }, {} }, gradient_diversity = { {}, { by = "layer" } },
  cosine = { {}, { by = "class" } }, stiffness = { {}, { by = "layer" }, { by = "class" } }, gradient_confusion = { {}, { normalized = true } },
  gradient_disparity = { {}, { size = 3 } }, gradient_norm = { {}, { by = "parameter" }, { batch = true } },
  noise_scale = { {}, { small = 1 }, { small = 3, by = "layer" } }, normalized_variance = { { size = 4 } }, gsnr = { {}, { by = "layer" }, { each = true } },
  group_fraction = { { draws = 5 }, { by = "layer", draws = 0 }, { mask = "mask", batch = true } },
  sharpness = { { tol = 1e-9 }, { k = 3, tol = 1e-9 }, { norm = true, tol = 1e-9 }, { by = "layer", tol = 1e-9 } }, eigs = { { k = 2, which = "both", tol = 1e-9 }, { of = "ggn", tol = 1e-9 } },
  trace = { { probes = 4 }, { by = "parameter", probes = 3 }, { of = "fisher" }, { of = "empirical_fisher" } },
  spectral_density = { { steps = 8, grid = eb.linspace(-1, 2, 16):cast("float64"), sigma = 0.05 }, { steps = 8 } },
  alignment = { { k = 2, tol = 1e-9 } }, top_cosine = { { tol = 1e-9 } }, subspace_overlap = { { k = 2, tol = 1e-9 }, { with = "first", tol = 1e-9 } },
  sharpening_force = { { tol = 1e-9 } }, interaction_aware_sharpness = { {} },
  batch_sharpness = { { size = 4 } },
  singular_values = { {}, { k = 2 } }, effective_rank = { {} }, stable_rank = { {} }, nuclear_norm = { {} }, numerical_rank = { { tol = 0.3 } },
  schatten = { {} }, balancedness = { {} }, layer_alignment = { { k = 2 } },
  update_size = { { plain = { lr = 0.3 } }, { relative = true, by = "layer", plain = false } }, distance = { { plain = { from = start } }, { by = "layer", plain = false } },
  path_length = { {} }, step_cosine = { {} }, trajectory_pca = { {} }, loss_decrease = { { plain = { lr = 0.3 } } },
  critical_sharpness = { {}, { direction = "update", plain = { lr = 0.3 } } },
  learnt = { { model = net }, {} }, forgetting = { { model = net } }, margin = { { model = net }, { model = net, by = "class" } }, el2n = { { model = net } },
  grand = { {}, { by = "class" } }, tracin = { { plain = { lr = 0.3 } }, { test = test_data, plain = { lr = 0.3 } } },
  influence = { { damping = 0.5, test = test_data }, { damping = 0.5, of = "ggn", pairs = true } },
  ntk = { { model = net }, { full = true } }, kernel_alignment = { { model = net }, {} }, kernel_distance = { { model = net } },
  kernel_velocity = { { model = net } }, llc = { { steps = 10 } }, adaptive_sharpness = { { steps = 4 } }, plateau_stages = { { plain = false } },
}

-- The series of a log that belong to a name, as { name = { step = value } }.
local function series_of(run, name)
  local found = {}
  for _, each in ipairs(run.log:names()) do
    if each == name or each:sub(1, #name + 1) == name .. "." then found[each] = { step = run.log[each].step, value = run.log[each].value } end
  end
  return found
end

local function without_plain(options)
  local rest = {}
  for name, value in pairs(options) do if name ~= "plain" then rest[name] = value end end
  return rest
end

local function entries(name, value, found)
  if type(value) == "table" then
    for key, part in pairs(value) do entries(name .. "." .. tostring(key), part, found) end
  else
    found[name] = value
  end
  return found
end

for name, list in pairs(cases) do
  for i, given in ipairs(list) do
    local options = without_plain(given)
    local make = eb.diag[name]
    test(("%s %d"):format(name, i), function()
      local tracked = new():track({ q = make(options) }, { every = 2 }):advance(7)
      local expected = series_of(tracked, "q")
      assert(next(expected), "nothing is logged")
      for _, series in pairs(expected) do assert(#series.step <= 4) end
      -- As if it had been tracked.
      local later = new():advance(7):backfill("q", make(options), { every = 2 })
      equal(series_of(later, "q"), expected)
      -- A fork goes on with what was seen before it; the run that it came from does not notice.
      local trunk = new():track({ q = make(options) }, { every = 2 }):advance(4)
      local branch = trunk:fork():advance(3)
      equal(series_of(branch, "q"), expected)
      local other = trunk:fork()
      other.h.lr = 0.01
      other:advance(3)
      equal(series_of(trunk:advance(3), "q"), expected)
      -- Back and on again.
      local back = new():track({ q = make(options) }, { every = 2 }):advance(6):rewind(2):advance(5)
      equal(series_of(back, "q"), expected)
      equal(tracked:replay(0, 7), true)
      -- Now, before the update of step 7.
      local run = new():advance(6)
      local once = {}
      for option, value in pairs(options) do once[option] = value end
      once.every = 2
      local now = entries("q", make(run, once), {})
      for series, value in pairs(now) do close(value, tracked.log[series]:at(7), 1e-6) end
      -- Nothing but the diagnostic has changed what the run does.
      assert(eb.tree.equal(tracked.params, new():advance(7).params))
      if given.plain ~= false and not once.batch then
        local alone = {}
        for _, each in ipairs { options, given.plain or {} } do for option, value in pairs(each) do alone[option] = value end end
        local value = make(loss, new().params, data, alone)
        for series, each in pairs(entries("q", value, {})) do
          if not series:find("^q%.?low$") then close(each, tracked.log[series]:at(1), 1e-6) end
        end
      end
    end)
  end
end

test("labels of the default dtype are those of int32", function()
  local numbers = eb.data.dataset { x = data.x, y = data.y:cast("float32"), mask = data.mask }
  for name, options in pairs { coherence = { by = "class" }, cosine = { by = "class" }, learnt = {}, forgetting = {}, margin = {}, el2n = { by = "class" },
    kernel_alignment = { model = net } } do
    equal(eb.diag[name](loss, start, numbers, options), (eb.diag[name](loss, start, data, options)))
  end
end)

test("stages looked for afterwards", function()
  local function modes() return eb.run { params = { a = eb.tensor(1e-3, D), c = eb.tensor(1e-3, D) }, opt = eb.optim.sgd { lr = 0.05 },
    loss = function(p) return ((2 - p.a ^ 2) ^ 2 + (1 - p.c ^ 2) ^ 2) / 2 end } end
  local tracked = modes():track({ q = eb.diag.plateau_stages, past = function(r) return r.t > 0 and r.log.loss:at(r.t) or 0 end }, { every = 100 }):advance(301)
  local later = modes():advance(301):backfill("q", eb.diag.plateau_stages, { every = 100 })
  later:backfill("past", function(r) return r.t > 0 and r.log.loss:at(r.t) or 0 end, { every = 100 })
  assert(tracked.log["q.stages"]:at(301) >= 1)
  equal(series_of(later, "q"), series_of(tracked, "q"))
  equal(series_of(later, "past"), series_of(tracked, "past"))
  -- A fork of a past step has its log.
  later:backfill("ahead", function(r) return #r:fork():advance(2).log.loss end, { every = 100 })
  equal(later.log.ahead.value, { 2, 102, 202, 302 })
  equal(#later.log.loss, 301)
end)

test("every diagnostic has a case", function()
  for name in pairs(eb.diag) do assert(cases[name], name .. " has no case") end
  for name in pairs(cases) do assert(eb.diag[name], name .. " is no diagnostic") end
end)

test("what was seen before a file was written is seen again", function()
  local path = os.tmpname() .. ".ebt"
  for _, name in ipairs { "learnt", "forgetting", "path_length", "group_fraction", "tracin" } do
    local options = (name == "learnt" or name == "forgetting") and { model = net } or {}
    local run = new():track({ q = eb.diag[name](options) }, { every = 2 }):advance(5)
    run:save(path)
    local loaded = eb.load_run(path, { loss = loss, data = data, opt = eb.optim.sgd { lr = 0.3, momentum = 0.5 } })
    loaded:track({ q = eb.diag[name](options) }, { every = 2 }):advance(4)
    equal(series_of(loaded, "q"), series_of(run:advance(4), "q"))
  end
  os.remove(path)
end)

test("going far back, to where memories have been thinned out", function()
  local function tracked()
    return new():track { learnt = eb.diag.learnt { model = net }, c = eb.diag.step_cosine, l = eb.diag.path_length { every = 3 } }
  end
  local straight, back = tracked():advance(200), tracked():advance(200)
  for _, t in ipairs { 150, 64, 65, 7, 1 } do
    back:rewind(t):advance(t == 1 and 199 or 30)
    if t ~= 1 then back:advance(200 - back.t) end
    for _, name in ipairs { "learnt", "c", "l" } do equal(series_of(back, name), series_of(straight, name)) end
  end
end)

test("memory from hand to hand, without a run", function()
  local run, memory, value = new(), nil, nil
  for _ = 1, 4 do
    value, memory = eb.diag.path_length(loss, run.params, data, { state = memory })
    run:advance(1)
  end
  local tracked = new():track { length = eb.diag.path_length }:advance(4)
  close(tracked.log.length:at(4), value, 1e-12)
  assert(value > 0)
end)

test("examples, batches and other data", function()
  local run = eb.run { params = start, loss = loss, data = eb.batches(data, { size = 4, shuffle = true }), opt = eb.optim.sgd { lr = 0.3 }, seed = 5 }
  run:advance(2)
  local batch = run:batch()
  close(eb.diag.gradient_norm(run, { batch = true }), eb.tree.norm((select(2, run:gradient()))), 1e-12)
  close(eb.diag.gradient_norm(run, { examples = 5 }), eb.diag.gradient_norm(loss, run.params, data:take(5)), 1e-12)
  close(eb.diag.gradient_norm(run, { data = test_data }), eb.diag.gradient_norm(loss, run.params, test_data), 1e-12)
  close(eb.diag.gradient_norm(run), eb.tree.norm(eb.grad(loss)(run.params, data.x, data.y)), 1e-12)
  close(eb.diag.coherence(run, { batch = true }), eb.diag.coherence(loss, run.params, { batch.x, batch.y }), 1e-12)
  -- Loss of the parameters alone, and one with three arguments.
  close(eb.diag.gradient_norm(function(w) return (w * w):sum() end, eb.tensor { 3, 4 }), 10)
  close(eb.diag.gradient_norm(function(w, a, b, c) return (w * a * b * c):sum() end, eb.tensor { 1 }, { eb.tensor { 2 }, eb.tensor { 3 }, eb.tensor { 4 } }), 24)
  -- A loss with model state and random numbers, by its context.
  local seen
  local contextual = eb.run { params = { w = eb.ones { 3 } }, data = { data.x:cast("float32") }, state = { n = 2 }, opt = eb.optim.sgd { lr = 0.1 },
    loss = function(p, x, _, ctx) seen = ctx; return (x:mm(p.w) ^ 2):mean() * ctx.state.n, ctx.state end }
  assert(eb.diag.coherence(contextual) > 0)
  equal(seen.train, false)
end)

test("labels of a tracked quantity that is a diagnostic by its bare name", function()
  local run = new():track { g = eb.diag.gradient_norm, layers = eb.diag.coherence { by = "layer", every = 3 } }:advance(4)
  equal(#run.log.g, 4)
  equal(run.log["layers.1"].step, { 1, 4 })
  equal(tostring(eb.diag.trajectory_pca { k = 2, every = 5 }), "eb.diag.trajectory_pca{every = 5, k = 2}")
end)

test("errors", function()
  raises(function() eb.diag.coherence { bye = "layer" } end, here(), "coherence: unknown option 'bye' (did you mean 'by'?)")
  raises(function() eb.diag.coherence { by = "neuron" } end, "coherence: option 'by': expected \"layer\" or \"parameter\" or \"class\", got \"neuron\"")
  raises(function() eb.diag.llc { by = "layer" } end, "llc: unknown option 'by'")
  raises(function() eb.diag.coherence(3) end, here(), "coherence: expected options, a run, or (loss, params, data), got number")
  raises(function() eb.diag.coherence(loss) end, "coherence: expected (loss, params, data), got no parameters")
  raises(function() eb.diag.coherence(loss, start) end, "coherence: needs the examples")
  raises(function() eb.diag.coherence(loss, start, eb.ones { 3 }) end, "coherence: data: expected a dataset")
  raises(function() eb.diag.coherence(function(w, x) return x:mm(w):mean() end, eb.ones { 2 }, { eb.ones { 4, 2 } }, { by = "layer" }) end,
    "coherence: by = \"layer\": the parameters are one tensor")
  raises(function() eb.diag.coherence(loss, start, { data.x, eb.full({ 12 }, 0.5) }, { by = "class" }) end,
    "coherence: label 0.5 at position 1 is not a whole number from 1 on")
  raises(function() eb.diag.margin(loss, start, { data.x, eb.full({ 12 }, 4) }, { model = net }) end, here(), "margin: label 4.0 at position 1 is not one of 1..3")
  -- Numbers of examples that differ, or none.
  local function slope(w, x) return x:mm(w):mean() end
  for _, name in ipairs { "coherence", "noise_scale" } do
    raises(function() eb.diag[name](slope, eb.ones { 2 }, { eb.ones { 3, 2 }, eb.ones { 4 } }) end, here(),
      name .. ": x of shape [3, 2] has 3 examples, y of shape [4] has 4")
  end
  for _, name in ipairs { "coherence", "noise_scale", "gsnr", "ntk", "kernel_distance", "kernel_velocity" } do
    raises(function() eb.diag[name](slope, eb.ones { 2 }, { eb.ones { 0, 2 } }) end, here(), name .. ": expected at least one example")
  end
  raises(function() eb.diag.learnt(function(p, x) return net(p, x):sum() end, start, data) end,
    "learnt: the loss calls none of eb.loss, so that its model is unknown; give model = net")
  raises(function() eb.diag.sharpness { of = "hesian" } end, "sharpness: option 'of': expected \"hessian\"")
  raises(function() eb.diag.tracin(loss, start, data) end, "tracin: give the step size, lr = 0.1")
  raises(function() eb.diag.distance(loss, start, data) end, "distance: give the parameters that it is from, from = p0")
  raises(function() eb.diag.distance(loss, start, data, { from = { eb.ones { 1 } } }) end, "distance: option 'from'")
  raises(function() eb.diag.group_fraction(loss, start, { data.x, data.y }) end, "group_fraction: the data have no field 'mask'")
  raises(function() eb.diag.group_fraction(loss, start, data, { mask = eb.ones { 12 } }) end, "group_fraction: expected a mask bool[12]", "got float32[12]")
  raises(function() eb.diag.noise_scale { small = 0 } end, "noise_scale: option 'small'")
  raises(function() eb.diag.noise_scale(loss, start, data, { small = 12 }) end, "noise_scale: option 'small': expected fewer than all 12 examples")
  raises(function() eb.diag.gradient_disparity(loss, start, data, { size = 7 }) end, "gradient_disparity: option 'size'", "two batches in 12")
  raises(function() eb.diag.coherence { every = 0 } end, "coherence: option 'every'")
  raises(function() eb.diag.effective_rank(eb.ones { 2 }, { of = 3 }) end, "effective_rank: option 'of': expected callable")
  raises(function() eb.diag.effective_rank { b = eb.ones { 2 } } end, "effective_rank: there is no matrix among the parameters")
  raises(function() eb.diag.balancedness { eb.ones { 2, 3 }, eb.ones { 4, 5 } } end, "they do not follow each other in a product")
  raises(function() eb.diag.batch_sharpness(loss, start, data) end, "batch_sharpness: give the size of the batches")
  raises(function() eb.diag.critical_sharpness(loss, start, data, { direction = "up" }) end, "critical_sharpness: option 'direction'")
  raises(function() eb.diag.llc { steps = 0 } end, "llc: option 'steps'")
  raises(function() eb.diag.adaptive_sharpness { p = 3 } end, "adaptive_sharpness: option 'p'")
  raises(function() eb.diag.plateau_stages(3) end, "plateau_stages: expected options, a run, or (loss, params, data), got number")
  raises(function() eb.diag.learnt(new(), { model = net, batch = true }) end, "learnt: follows the same examples")
end)
