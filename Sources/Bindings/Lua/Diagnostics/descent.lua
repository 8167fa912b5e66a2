-- Curvature as a step of descent meets it. Runs once in every state, after diagnostics.lua.
local eb, native, parts = ...
local diagnostic, scalar, tree, fail = parts.diagnostic, parts.scalar, eb.tree, parts.fail

-- gᵀHg/‖g‖² of a loss at a point.
local function along_gradient(loss, p)
  local g = eb.grad(loss)(p)
  return scalar(tree.dot(g, eb.hvp(loss)(p, g))) / scalar(tree.norm(g)) ^ 2
end

diagnostic("interaction_aware_sharpness", { measure = function(self) return along_gradient(self:as_function(), self.params) end })

-- The mean of g_Bᵀ H_B g_B/‖g_B‖² over batches B drawn anew (Andreyev & Beneventano 2024, arXiv 2412.20553).
diagnostic("batch_sharpness", {
  options = { size = "integer", batches = "integer", seed = "integer" }, defaults = { batches = 8, seed = 0 },
  check = function(o) if o.batches < 1 then fail("batch_sharpness: option 'batches': expected a number from 1 on, got %d", o.batches) end end,
  measure = function(self, o)
    local m = self:examples()
    local size = o.size or self.run and self.core.settings.data.size
    if not size then fail("batch_sharpness: give the size of the batches, size = 128") end
    if size < 1 or size > m then fail("batch_sharpness: option 'size': expected a number from 1 to %d, got %d", m, size) end
    local sum = 0
    for _, rng in ipairs(eb.rng(o.seed):split(o.batches)) do
      sum = sum + along_gradient(self:loss_of(eb.permutation(m, { rng = rng })[{ { 1, size } }]), self.params)
    end
    return sum / o.batches
  end,
})

-- 2/η for the smallest η > 0 at which L(θ − η d) is above L(θ), by doubling and bisection, whose start is what the second derivative says.
diagnostic("critical_sharpness", {
  options = { direction = "any", tol = "number" }, defaults = { tol = 1e-4 },
  check = function(o) if not (o.tol > 0) then fail("critical_sharpness: option 'tol': expected a positive number, got %g", o.tol) end end,
  measure = function(self, o)
    local d = o.direction or "gradient"
    if d == "gradient" then
      d = self:gradient()
    elseif d == "update" then
      d = -1 / self:learning_rate() * self:update()
    elseif type(d) == "string" then
      fail("critical_sharpness: option 'direction': expected \"gradient\", \"update\" or a tree like the parameters, got \"%s\"", d)
    else
      d = native.like(self.params, d, "critical_sharpness: option 'direction'")
    end
    local base = scalar(self:loss(self.params))
    local function rises(step)
      local value = scalar(self:loss(self.params - step * d))
      return not (value <= base)
    end
    local slope = scalar(tree.dot(self:gradient(), d))
    if slope ~= slope or base ~= base then return 0 / 0 end
    -- Where d does not descend, every step is too long.
    if not (slope > 0) then return math.huge end
    local curved = scalar(tree.dot(d, eb.hvp(self:as_function())(self.params, d)))
    local guess = curved > 0 and 2 * slope / curved or 1
    -- The first rise among steps that double, from far below the guess on.
    local low, high = 0, guess / 16
    while not rises(high) do
      low, high = high, 2 * high
      if high > 2 ^ 40 * guess then return 0.0 end
    end
    while low == 0 and high > 0 and rises(high / 2) do
      high = high / 2
      if high < 2 ^ -40 * guess then return math.huge end
    end
    if low == 0 then low = high / 2 end
    while high - low > o.tol * high do
      local middle = (low + high) / 2
      if rises(middle) then high = middle else low = middle end
    end
    return 4 / (low + high)
  end,
})

-- What a step did to the loss against what its Taylor series to second order says: ΔL and ⟨g, d⟩ + ½ dᵀHd for the update d.
diagnostic("loss_decrease", {
  measure = function(self, o)
    local d = self:update()
    local g, value = self:gradient()
    local slope = scalar(tree.dot(g, d))
    local curved = scalar(tree.dot(d, eb.hvp(self:as_function())(self.params, d)))
    local actual = scalar(self:loss(self.params + d)) - scalar(value)
    local predicted = slope + curved / 2
    return { actual = actual, predicted = predicted, ratio = actual / predicted }
  end,
})
