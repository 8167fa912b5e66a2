-- Perturbations of runs: of weights, gradients, steps and step sizes. Those of data are in Lua/Data. Runs once in every state, after history.lua.
--
-- A perturbation changes a run by edits: perturbation(run) for good, run:at_step(t, perturbation) at a step, run:perturb(perturbation) until
-- the scope that holds the result is left. run:lift(perturbation) ends one of gradients or steps.
local eb, native, parts = ...
local perturb, tree, fail, rules, methods, core_of = eb.perturb, eb.tree, parts.fail, parts.rules, parts.methods, parts.core_of

local Perturbation = { __name = "perturbation" }
function Perturbation.__tostring(self) return "perturbation: " .. self.text end
function Perturbation.__call(self, target)
  if getmetatable(target) == parts.Run then
    self.change(target, core_of(target, "perturb", true), self)
    return target
  end
  if self.weights then return self.weights(native.init(nil, target)) end
  fail("%s: expected a run, got %s", self.text, native.type(target))
end

local function perturbation(text, fields) fields.text = text return setmetatable(fields, Perturbation) end

-- One that changes gradients (before the optimizer) or parameters after its step.
local function transforming(text, transform)
  return perturbation(text, {
    transform = transform,
    change = function(_, core, self)
      local list = { table.unpack(core.settings.transforms) }
      list[#list + 1] = self.transform
      parts.edit(core, { transforms = list })
    end,
  })
end

-- One that changes parameters once.
local function weighing(text, weights)
  return perturbation(text, {
    weights = weights,
    change = function(run, core) parts.edit(core, { params = weights(run.params, run) }) end,
  })
end

-- MARK: Scopes

local Scope = { __name = "perturbed run" }
function Scope:__index(name) if name == "close" then return Scope.__close end end

-- The run is what it was, whatever happened since.
function Scope:__close()
  local core, saved = rawget(self, "core"), rawget(self, "saved")
  if not saved then return end
  rawset(self, "saved", nil)
  for name in pairs(core) do core[name] = nil end
  for name, value in pairs(saved) do core[name] = value end
end

function Scope:__tostring() return rawget(self, "saved") and "perturbed run, until it is closed" or "perturbed run, undone" end

local places_of

-- local _ <close> = run:perturb(...): a perturbation, a function of the run, or options of perturb.weight_noise. All is undone on leaving the scope.
function methods.perturb(self, change)
  local core = core_of(self, "perturb", true)
  if type(change) == "table" and getmetatable(change) == nil then change = perturb.weight_noise(change) end
  if not rules.is_callable(change) then
    fail("perturb: expected a perturbation, a function of the run, or { \"w1\", sigma = 0.01 }, got %s", native.type(change))
  end
  local scope = setmetatable({ core = core, saved = parts.copy(core) }, Scope)
  local good, message = pcall(change, self)
  if not good then
    Scope.__close(scope)
    error(message, 0)
  end
  return scope
end

-- Ends a perturbation of gradients or steps.
function methods.lift(self, change)
  local core = core_of(self, "lift", true)
  if getmetatable(change) ~= Perturbation or not change.transform then fail("lift: expected a perturbation of gradients or steps, got %s", native.type(change)) end
  local list, found = {}, false
  for _, each in ipairs(core.settings.transforms) do
    if each == change.transform then found = true else list[#list + 1] = each end
  end
  if not found then fail("lift: the run has no such %s", tostring(change)) end
  parts.edit(core, { transforms = list })
  return self
end

-- MARK: Weights

-- Positional values of options as places, and the rest.
function places_of(operation, options, kinds)
  if type(options) ~= "table" then fail("%s: expected a table of options, got %s", operation, native.type(options)) end
  local places, rest = {}, {}
  for key, value in pairs(options) do
    if math.type(key) == "integer" then
      if type(value) ~= "string" and math.type(value) ~= "integer" then fail("%s: expected paths of parameters such as \"1.weight\", got %s", operation, native.type(value)) end
      places[key] = tostring(value)
    else
      rest[key] = value
    end
  end
  native.check(operation, rest, kinds)
  return places, rest
end

-- The tree with change(leaf, path) at the places.
local function at_places(p, places, change)
  rules.expect_places("perturb", p, places)
  local paths, list = native.places(p), {}
  for i, leaf in ipairs(native.spread(p, p)) do
    list[i] = { value = rules.is_at(paths[i], places) and change(leaf, paths[i], i) or leaf }
  end
  return native.gather(p, list, "value")
end

-- A direction scaled so that each filter has the norm of the parameter's filter (Li et al. 2018, arXiv 1712.09913): the columns of a dense
-- weight [in, out], the first axis of a kernel [out, in, k, k]. Vectors and scalars do not move, as in the paper.
local function filter_normalised(d, w)
  if w.ndim < 2 then return eb.zeros_like(w) end
  local axes = {}
  for axis = 1, w.ndim do if axis ~= (w.ndim == 2 and 2 or 1) then axes[#axes + 1] = axis end end
  local function norms(x) return (x * x):sum(axes, { keepdims = true }):sqrt() end
  return d * (norms(w) / (norms(d) + 1e-10))
end

-- Noise σ ξ on the weights at some places (all, unless paths are given); with normalize = "filter" ξ has the norms of the filters. With
-- `direction`, a tree like the parameters, p + σ d instead.
function perturb.weight_noise(options)
  local places, rest = places_of("perturb.weight_noise", options, {
    sigma = "number", seed = "integer", normalize = "string", direction = "any",
  })
  if not rest.sigma then fail("perturb.weight_noise: option 'sigma' is missing") end
  if rest.normalize and rest.normalize ~= "filter" then fail("perturb.weight_noise: option 'normalize': expected \"filter\", got \"%s\"", rest.normalize) end
  return weighing(("weights %+g %s"):format(rest.sigma, rest.direction and "along a direction" or "noise"), function(p)
    local rng = eb.rng(rest.seed or 0)
    local directions = rest.direction and native.spread(p, native.like(p, rest.direction, "perturb.weight_noise"))
    return at_places(p, places, function(leaf, _, i)
      local d = directions and directions[i] or eb.randn_like(leaf, { rng = rng })
      if rest.normalize then d = filter_normalised(d, leaf) end
      return leaf + rest.sigma * d
    end)
  end)
end

-- Weights moved up the loss: p + ρ g/‖g‖ with the gradient of the run's next batch, in `steps` equal parts.
function perturb.adversarial_weights(options)
  local places, rest = places_of("perturb.adversarial_weights", options, { rho = "number", steps = "integer" })
  if not rest.rho then fail("perturb.adversarial_weights: option 'rho' is missing") end
  return perturbation(("adversarial weights, rho %g"):format(rest.rho), {
    change = function(run, core)
      local steps = rest.steps or 1
      for _ = 1, steps do
        local _, g = run:gradient()
        rules.expect_places("perturb.adversarial_weights", g, places)
        local paths, kept = native.places(g), {}
        for i, leaf in ipairs(native.spread(g, g)) do kept[i] = { value = rules.is_at(paths[i], places) and leaf or eb.zeros_like(leaf) } end
        local direction = native.gather(g, kept, "value")
        local size = native.number(tree.norm(direction))
        if size > 0 then parts.edit(core, { params = run.params + rest.rho / steps / size * direction }) end
      end
    end,
  })
end

-- MARK: Gradients and steps

-- Noise on the gradient of every step: isotropic σ ξ; anticorrelated σ (ξ_{t+1} − ξ_t); covariance: σ Σ zᵢ (gᵢ − ḡ)/m, whose covariance is that
-- of the mean of a batch times σ². `temperature` T stands for σ = √(2 T/lr), as in Langevin dynamics.
function perturb.gradient_noise(options)
  native.check("perturb.gradient_noise", options, { sigma = "number", temperature = "number", kind = "string", seed = "integer" })
  options = options or {}
  local kind, seed = options.kind or "isotropic", options.seed or 0
  if (options.sigma == nil) == (options.temperature == nil) then fail("perturb.gradient_noise: expected either sigma or temperature") end
  local function scale(h)
    if options.sigma then return options.sigma end
    return (2 * options.temperature / h.lr) ^ 0.5
  end
  local kinds = {
    isotropic = function(g, p, h, _, rng) return g + scale(h) * tree.randn_like(p, { rng = rng }) end,
    anticorrelated = function(g, p, h, t)
      local function noise(at) return tree.randn_like(p, { rng = eb.rng(seed + at) }) end
      return g + scale(h) * (noise(t + 1) - noise(t))
    end,
    covariance = function(g, p, h, _, rng, weighted, count)
      local z = eb.randn(count, { rng = rng })
      return g + scale(h) / count * weighted(z - z:mean())
    end,
  }
  if not kinds[kind] then fail("perturb.gradient_noise: option 'kind': expected \"isotropic\", \"anticorrelated\" or \"covariance\", got \"%s\"", kind) end
  return transforming(("%s gradient noise"):format(kind), { before = kinds[kind] })
end

-- The parameters at these places (all, if none are given) stay where they are.
function perturb.freeze(options)
  local places = places_of("perturb.freeze", type(options) == "string" and { options } or options or {}, {})
  return transforming("frozen " .. (#places > 0 and table.concat(places, ", ") or "parameters"), {
    after = function(q, p)
      local before, list, paths = native.spread(p, p), {}, native.places(p)
      for i, leaf in ipairs(native.spread(q, q)) do list[i] = { value = rules.is_at(paths[i], places) and before[i] or leaf } end
      return native.gather(p, list, "value")
    end,
  })
end

-- Steps only in (keep = "in") or only out of the span of directions, trees like the parameters, which need not be orthogonal.
function perturb.project(options)
  native.check("perturb.project", options, { basis = "table", keep = "string" })
  if not options or not options.basis or #options.basis == 0 then fail("perturb.project: option 'basis': expected a list of directions") end
  local keep = options.keep or "in"
  if keep ~= "in" and keep ~= "out" then fail("perturb.project: option 'keep': expected \"in\" or \"out\", got \"%s\"", keep) end
  -- Gram and Schmidt, twice.
  local basis = {}
  for _, direction in ipairs(options.basis) do
    local d = native.init(nil, direction)
    for _ = 1, 2 do for _, u in ipairs(basis) do d = d - native.number(tree.dot(u, d)) * u end end
    local size = native.number(tree.norm(d))
    if size > 1e-12 then basis[#basis + 1] = 1 / size * d end
  end
  return transforming(("steps %s of %d directions"):format(keep == "in" and "inside" or "outside", #basis), {
    after = function(q, p)
      local step = q - p
      local inside = tree.zeros_like(p)
      for _, u in ipairs(basis) do
        local share = tree.dot(u, step)
        inside = inside + tree.map(function(x) return native.is_tensor(share) and share:cast(x.dtype) * x or share * x end, u)
      end
      if keep == "in" then return p + inside end
      return p + (step - inside)
    end,
  })
end

-- Another step size: { factor = 0.1 } of what it is, or { to = 0.01 }.
function perturb.lr(options)
  native.check("perturb.lr", options, { factor = "number", to = "number" })
  options = options or {}
  if (options.factor == nil) == (options.to == nil) then fail("perturb.lr: expected either factor or to") end
  return perturbation("lr " .. (options.to and tostring(options.to) or "times " .. options.factor), {
    change = function(run) run.h.lr = options.to or options.factor * run.h.lr end,
  })
end
