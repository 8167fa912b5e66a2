-- How wide the minimum is, beyond second derivatives. Runs once in every state, after diagnostics.lua.
local eb, native, parts = ...
local diagnostic, scalar, tree, fail = parts.diagnostic, parts.scalar, eb.tree, parts.fail

local function value_and_slope(self) return eb.value_and_grad(self:as_function()) end

-- The local learning coefficient n β (E L − L*) with E over Langevin dynamics held near the parameters (Lau et al. 2023, arXiv 2308.12108).
diagnostic("llc", {
  options = { steps = "integer", burn = "integer", chains = "integer", step = "number", gamma = "number", beta = "number", n = "integer", seed = "integer" },
  defaults = { steps = 200, chains = 1, step = 1e-4, gamma = 1, seed = 0 },
  check = function(o)
    if o.steps < 1 then fail("llc: option 'steps': expected a number from 1 on, got %d", o.steps) end
    if not (o.step > 0) then fail("llc: option 'step': expected a positive number, got %g", o.step) end
    if o.burn and (o.burn < 0 or o.burn >= o.steps) then fail("llc: option 'burn': expected fewer than the %d steps, got %d", o.steps, o.burn) end
  end,
  measure = function(self, o)
    local n = o.n or self:examples()
    if not o.beta and n < 2 then fail("llc: the temperature ln n needs two examples; give beta or n") end
    local scale = n * (o.beta or 1 / math.log(n))
    local burn, start = o.burn or o.steps // 5, self.params
    local differentiate = value_and_slope(self)
    local sum, count = 0, 0
    for _, rng in ipairs(eb.rng(o.seed):split(o.chains)) do
      local w = start
      for i, noise in ipairs(rng:split(o.steps)) do
        local value, g = differentiate(w)
        if i > burn then sum, count = sum + scalar(value), count + 1 end
        w = w - o.step / 2 * (scale * g + o.gamma * (w - start)) + math.sqrt(o.step) * tree.randn_like(w, { rng = noise })
      end
    end
    return scale * (sum / count - scalar(self:loss(start)))
  end,
})

-- max L(θ + δ) − L(θ) over ‖δ/|θ|‖ ≤ ρ, by ascent in δ/|θ| from the point itself or, with restarts, from random ones too: the best that was found.
diagnostic("adaptive_sharpness", {
  options = { rho = "number", p = "number", steps = "integer", adaptive = "boolean", restarts = "integer", seed = "integer" },
  defaults = { rho = 0.05, p = 2, steps = 20, adaptive = true, restarts = 0, seed = 0 },
  check = function(o)
    if o.p ~= 2 and o.p ~= math.huge then fail("adaptive_sharpness: option 'p': expected 2 or math.huge, got %g", o.p) end
    if not (o.rho >= 0) then fail("adaptive_sharpness: option 'rho': expected a radius from 0 on, got %g", o.rho) end
    if o.steps < 1 then fail("adaptive_sharpness: option 'steps': expected a number from 1 on, got %d", o.steps) end
  end,
  measure = function(self, o)
    local differentiate, at = value_and_slope(self), self.params
    local scale = o.adaptive and tree.map(function(x) return x:abs() end, at) or tree.map(function(x) return eb.ones_like(x) end, at)
    local function limited(u)
      if o.p == math.huge then return tree.map(function(x) return x:clamp(-o.rho, o.rho) end, u) end
      local size = scalar(tree.norm(u))
      return size > o.rho and (o.rho / size) * u or u
    end
    local base = scalar(self:loss(at))
    if base ~= base then return base end
    local best = 0.0
    local generators = eb.rng(o.seed):split(math.max(1, o.restarts))
    for start = 0, o.restarts do
      -- u = δ/|θ|; steps of 2.5 ρ / steps along the normalised gradient in u (Madry et al. 2018).
      local u = tree.zeros_like(at)
      if start > 0 then
        u = tree.randn_like(at, { rng = generators[start] })
        u = limited(o.rho / scalar(tree.norm(u, o.p)) * u)
      end
      local length = o.steps == 1 and o.rho or 2.5 * o.rho / o.steps
      for _ = 1, o.steps do
        local _, g = differentiate(at + scale * u)
        local slope = scale * g
        if o.p == math.huge then
          u = limited(u + length * tree.map(function(x) return x:sign() end, slope))
        else
          local size = scalar(tree.norm(slope))
          if size > 0 then u = limited(u + (length / size) * slope) end
        end
        local rise = scalar(self:loss(at + scale * u)) - base
        -- Where the loss is no number nothing is known of the largest.
        if rise ~= rise then return rise end
        best = math.max(best, rise)
      end
    end
    return best
  end,
})
