-- Optimizers made of optimizers, and rules for all parameters at once. Runs once in every state, after optimizers.lua.
local eb, native, rules = ...
local optim, tree, builtin, fail = eb.optim, eb.tree, rules.builtin, rules.fail

local rate, fraction = { 0 }, { 0, 1 }

-- MARK: Transforms of gradients and steps, for chains

-- A tree scaled by a number or by a tensor without axes; takes the tree's dtypes.
local function scaled(factor, u)
  return tree.map(function(x) return native.is_tensor(factor) and factor:cast(x.dtype) * x or factor * x end, u)
end

-- ‖u‖ over all leaves, a tensor without axes.
local function norm(u)
  local sum
  for _, x in ipairs(tree.leaves(u)) do
    local part = (x * x):sum()
    sum = sum and sum + part or part
  end
  return sum:sqrt()
end

-- Global norm clipping (Pascanu, Mikolov & Bengio 2013): u min(1, max/‖u‖). The first argument may be the bound itself.
local function positional(rule, name)
  local construct = optim[rule]
  optim[rule] = function(options)
    if type(options) == "number" or rules.is_callable(options) then options = { [name] = options } end
    return construct(options)
  end
end

builtin("clip_norm", {
  defaults = { max_norm = 1 }, ranges = { max_norm = rate }, whole = true,
  transform = function(u, s, _, h)
    local size = norm(u)
    return scaled((h.max_norm / (size + 1e-6)):clamp(nil, 1), u), s
  end,
})
positional("clip_norm", "max_norm")

builtin("clip_value", {
  defaults = { max_value = 1 }, ranges = { max_value = rate }, whole = true,
  transform = function(u, s, _, h)
    return tree.map(function(x) return x:minimum(eb.zeros_like(x) + h.max_value):maximum(eb.zeros_like(x) - h.max_value) end, u), s
  end,
})
positional("clip_value", "max_value")

-- Before the optimizer λ p is added to the gradient; after it p shrinks by λ p beside the step.
builtin("weight_decay", {
  defaults = { weight_decay = 0.01 }, ranges = { weight_decay = rate }, whole = true,
  transform = function(u, s, p, h, _, _, after)
    if after then return u - h.weight_decay * p, s end
    return u + h.weight_decay * p, s
  end,
})
positional("weight_decay", "weight_decay")

builtin("scale", {
  defaults = { factor = 1 }, whole = true,
  transform = function(u, s, _, h) return h.factor * u, s end,
})
positional("scale", "factor")

-- Whether a path is one of the places or lies below one: "2" and "2.weight" are places of "2.weight".
local function is_at(path, places)
  for _, place in ipairs(places) do
    if path == place or path:sub(1, #place + 1) == place .. "." then return true end
  end
  return #places == 0
end

local function expect_places(operation, p, places)
  local paths = native.places(p)
  for _, place in ipairs(places) do
    local found = false
    for _, path in ipairs(paths) do found = found or is_at(path, { place }) end
    if not found then fail("%s: there is no parameter '%s'; there are %s", operation, place, table.concat(paths, ", ")) end
  end
end
rules.is_at, rules.expect_places = is_at, expect_places

-- The parameters at these places (all, if there are none) stay where they are.
builtin("freeze", {
  defaults = { places = {} }, whole = true,
  init = function(p, core)
    expect_places("freeze", p, core.h.places)
    return {}
  end,
  transform = function(u, s, _, h)
    local parts = {}
    local paths = native.places(u)
    for i, x in ipairs(native.spread(u, u)) do parts[i] = { value = is_at(paths[i], h.places) and eb.zeros_like(x) or x } end
    return native.gather(u, parts, "value"), s
  end,
  alone = true,
})
do
  local construct = optim.freeze
  function optim.freeze(places)
    if type(places) == "string" then places = { places } end
    if places ~= nil and type(places) ~= "table" then fail("freeze: expected paths such as \"2\" or \"1.weight\", got %s", native.type(places)) end
    local list = {}
    for i, place in ipairs(places or {}) do list[i] = tostring(place) end
    return construct { places = list }
  end
end

-- Keeps an exponential average of the parameters in its state, `average` (Polyak & Juditsky 1992; Tarvainen & Valpola 2017), and changes nothing.
builtin("ema", {
  defaults = { decay = 0.999 }, ranges = { decay = fraction }, whole = true,
  init = function(p) return { average = p } end,
  transform = function(u, s, p, h, _, _, after)
    if not after then fail("ema: belongs behind the optimizer in a chain, where it sees the parameters that come") end
    return u, { average = h.decay * s.average + (1 - h.decay) * (p + u) }
  end,
})

-- Anti-PGD (Orvieto et al. 2022, arXiv 2202.02831): p − lr g + ξ_{t+1} − ξ_t with normal ξ.
builtin("anti_pgd", {
  defaults = { lr = 0.01, sigma = 0.01 }, ranges = { lr = rate, sigma = rate }, whole = true,
  init = function(p) return { noise = tree.zeros_like(p) } end, fields = function() return { "noise" } end,
  step = function(p, g, s, h, _, _, rng)
    local noise = h.sigma * tree.randn_like(p, { rng = rng })
    return p - h.lr * g + (noise - s.noise), { noise = noise }
  end,
})

-- Descent with labels y + σ ξ, drawn anew at each step (Blanc et al. 2020, arXiv 1904.09080; Damian, Ma & Lee 2021): a run applies
-- `targets` to the labels, which must be float; alone it is descent, and the labels are the caller's.
builtin("label_noise", {
  defaults = { lr = 0.01, sigma = 0.1 }, ranges = { lr = rate, sigma = rate }, whole = true,
  step = function(p, g, _, h) return p - h.lr * g, {} end,
  targets = function(y, h, rng)
    if y.dtype ~= "float32" and y.dtype ~= "float64" then
      fail("label_noise: labels must be float, as a squared error takes them; got %s", y.dtype)
    end
    return y + h.sigma * eb.randn_like(y, { rng = rng })
  end,
})

-- p − lr g/‖g‖ over all parameters.
builtin("normalized", {
  defaults = { lr = 0.01, eps = 1e-12 }, ranges = { lr = rate, eps = rate }, whole = true,
  step = function(p, g, _, h) return p - h.lr * scaled(1 / (norm(g) + h.eps), g), {} end,
})

-- RMSProp with one second moment for all parameters (Arora et al. 2019, arXiv 1905.13655): lr / (√v̂ + ε).
builtin("group_rmsprop", {
  defaults = { lr = 1e-3, alpha = 0.99, eps = 1e-4 }, ranges = { lr = rate, alpha = fraction, eps = rate }, whole = true,
  init = function(p) return { v = eb.zeros_like(norm(p)) } end, fields = function() return { "v" } end,
  step = function(p, g, s, h, t)
    local size = norm(g)
    local v = h.alpha * s.v + (1 - h.alpha) * size * size
    return p - h.lr * scaled(1 / ((v / (1 - h.alpha ^ t)):sqrt() + h.eps), g), { v = v }
  end,
})

-- MARK: Rules that evaluate the loss again

-- The members of a wrapper: what it makes its step with.
local function base_of(name, options)
  options = options or {}
  if type(options) ~= "table" then fail("%s: argument 1: expected table, got %s", name, native.type(options)) end
  local rest, base = {}, options.base
  for key, value in pairs(options) do if key ~= "base" then rest[key] = value end end
  return rest, base
end

local function wrapper(name, rule)
  rule.whole = true
  rule.make = function(options)
    local rest, base = base_of(name, options)
    if base == nil then
      base = optim.sgd { lr = rest.lr }
      rest.lr = nil
    elseif rest.lr ~= nil then
      fail("%s: lr belongs to the base; give it there", name)
    end
    local kinds = { base = "any", lr = "any" }
    for key in pairs(rule.defaults) do kinds[key] = "any" end
    native.check(name, options, kinds)
    return rules.make(rules.make_core(rule, rest, { rules.core_of(base, name) }))
  end
  rule.init = rule.init or function(p, core) return { base = rules.initial(core.members[1], p) } end
  rule.fields = rule.fields or function() return { "base" } end
  return builtin(name, rule)
end

-- The gradient at q, of the f that a step was given.
local function gradient_at(q, f, name)
  local _, g = f(q)
  return native.like(q, g, name .. ": step: f must return the loss and its gradient")
end

-- Foret et al. 2021 (arXiv 2010.01412): the base's step with the gradient at p + ρ g/‖g‖; `normalize = false` takes p + ρ g.
wrapper("sam", {
  defaults = { rho = 0.05, normalize = true }, ranges = { rho = rate }, evaluates = true,
  step = function(p, g, s, h, t, f, rng, core)
    local ascent = h.normalize and scaled(h.rho / (norm(g) + 1e-12), g) or h.rho * g
    local steeper = gradient_at(p + ascent, f, "sam")
    local q, base = rules.apply(core.members[1], p, steeper, s.base, h[1], t, f, rng)
    return q, { base = base }
  end,
})

-- Kwon et al. 2021 (arXiv 2102.11600): ρ T² g/‖T g‖ with T = |p| + η.
wrapper("asam", {
  defaults = { rho = 0.5, eta = 0.01 }, ranges = { rho = rate, eta = rate }, evaluates = true,
  step = function(p, g, s, h, t, f, rng, core)
    local size = tree.map(function(x) return x:abs() + h.eta end, p)
    local steeper = gradient_at(p + scaled(h.rho / (norm(size * g) + 1e-12), size * size * g), f, "asam")
    local q, base = rules.apply(core.members[1], p, steeper, s.base, h[1], t, f, rng)
    return q, { base = base }
  end,
})

-- Zhang et al. 2019 (arXiv 1907.08610): every k steps the slow weights go a share alpha of the way, and the fast ones start there.
wrapper("lookahead", {
  defaults = { k = 5, alpha = 0.5 }, ranges = { k = { 1, whole = true }, alpha = rate }, fields = function() return { "base", "slow" } end,
  init = function(p, core) return { base = rules.initial(core.members[1], p), slow = p } end,
  step = function(p, g, s, h, t, f, rng, core)
    local fast, base = rules.apply(core.members[1], p, g, s.base, h[1], t, f, rng)
    -- 1 at every k-th step, else 0, by arithmetic: one plan serves every t.
    local due = 1 - (t % h.k + h.k - 1) // h.k
    local slow = s.slow + due * h.alpha * (fast - s.slow)
    return fast + due * (slow - fast), { base = base, slow = slow }
  end,
})

-- MARK: Chains and groups

-- Each member has its state under its number.
local function members_fields(core)
  local numbers = {}
  for i in ipairs(core.members) do numbers[i] = i end
  return numbers
end

local chain
chain = builtin("chain", {
  whole = true,
  make = function(members)
    if type(members) ~= "table" or #members == 0 then fail("chain: expected a list of optimizers, got %s", native.type(members)) end
    local cores, mains = {}, 0
    for i, member in ipairs(members) do
      cores[i] = rules.core_of(member, "chain: member " .. i)
      if cores[i].rule.step then mains = mains + 1 end
    end
    if mains ~= 1 then fail("chain: expected one optimizer among transforms (clip_norm, weight_decay, ...), got %d", mains) end
    return rules.make(rules.make_core(chain, {}, cores))
  end,
  init = function(p, core)
    local state = {}
    for i, member in ipairs(core.members) do state[i] = rules.initial(member, p) end
    return state
  end,
  fields = members_fields,
  step = function(p, g, s, h, t, f, rng, core)
    local state, u, moved, step = {}, g, nil, nil
    for i, member in ipairs(core.members) do
      if member.rule.transform then
        u, state[i] = member.rule.transform(u, s[i], p, h[i], t, rng, moved ~= nil)
      else
        moved, state[i] = rules.apply(member, p, u, s[i], h[i], t, f, rng)
        if i < #core.members then step = moved - p end
        u = step
      end
    end
    -- A step that nobody changed is not rounded once more.
    return rawequal(u, step) and moved or p + u, state
  end,
})

-- The group of each leaf: the longest of the paths that it lies at.
local function group_of(path, core)
  local best, length
  for i, place in ipairs(core.places) do
    if place ~= "default" and is_at(path, { place }) and (not length or #place > length) then best, length = i, #place end
    if place == "default" and not best then best = i end
  end
  if not best then fail("groups: no optimizer for '%s'; name it, or give a default", path) end
  return best
end

-- For each member the leaves of a tree that are its own, by path.
local function divided(p, u, core)
  local parts, paths = {}, native.places(p)
  for i in ipairs(core.members) do parts[i] = {} end
  for i, x in pairs(native.spread(p, u)) do parts[group_of(paths[i], core)][paths[i]] = x end
  for i in ipairs(parts) do parts[i] = native.as_tree(parts[i]) end
  return parts
end

-- A tree like p of such parts, with another one in place of the i-th.
local function united(p, parts, i, other, core)
  local values = {}
  for n, path in ipairs(native.places(p)) do
    local group = group_of(path, core)
    values[n] = { value = (group == i and other or parts[group])[path] }
  end
  return native.gather(p, values, "value")
end

local groups
groups = builtin("groups", {
  whole = true,
  make = function(members)
    if type(members) ~= "table" or next(members) == nil then
      fail("groups: expected optimizers by the paths of their parameters, groups{[\"1.weight\"] = a, default = b}, got %s", native.type(members))
    end
    local places, cores = {}, {}
    for place in pairs(members) do places[#places + 1] = place end
    table.sort(places, function(a, b) return tostring(a) < tostring(b) end)
    for i, place in ipairs(places) do
      cores[i] = rules.core_of(members[place], ("groups: '%s'"):format(place))
      if not (cores[i].rule.step or cores[i].rule.alone) then fail("groups: '%s' is a transform; make a chain of it", place) end
      places[i] = tostring(place)
    end
    local core = rules.make_core(groups, {}, cores)
    core.places = places
    return rules.make(core)
  end,
  copy = function(core, from) core.places = from.places end,
  init = function(p, core)
    local named = {}
    for _, place in ipairs(core.places) do if place ~= "default" then named[#named + 1] = place end end
    expect_places("groups", p, named)
    local state = {}
    for i, part in ipairs(divided(p, p, core)) do
      local none = core.members[i].rule.alone or next(part) == nil
      state[i] = none and {} or rules.initial(core.members[i], part)
    end
    return state
  end,
  fields = members_fields,
  step = function(p, g, s, h, t, f, rng, core)
    local ps, gs, state, moved = divided(p, p, core), divided(p, g, core), {}, {}
    for i, member in ipairs(core.members) do
      moved[i], state[i] = ps[i], {}
      if not member.rule.alone and next(ps[i]) ~= nil then
        -- What a member evaluates again is the loss as its own parameters change it.
        local function part(q, other)
          local all = united(p, ps, i, q, core)
          if other then return f(all, other) end
          local loss, gradient = f(all)
          return loss, divided(p, gradient, core)[i]
        end
        moved[i], state[i] = rules.apply(member, ps[i], gs[i], s[i], h[i], t, f and part, rng)
      end
    end
    return united(p, moved, nil, nil, core), state
  end,
})
