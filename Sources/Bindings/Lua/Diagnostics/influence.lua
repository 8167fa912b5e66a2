-- Which examples the loss of others owes itself to. Runs once in every state, after learning.lua.
local eb, native, parts = ...
local diagnostic, scalar, tree, fail = parts.diagnostic, parts.scalar, eb.tree, parts.fail

-- The point with the examples whose loss is asked for.
local function test_point(self, o) return o.test ~= nil and self:on(o.test) or self end

-- ⟨gᵢ, vⱼ⟩ for the gradient of the mean of test losses, [n], or with `pairs` for each of them, [n, test].
local function products(self, o, transform)
  local gradients, test = self:per_example(), test_point(self, o)
  if not o.pairs then return gradients:dot(transform(test:per_example():mean())):cast("float64") end
  local columns = {}
  local of_test = test:per_example()
  for j = 1, of_test.count do
    local one = eb.zeros { of_test.count }:put({ j }, 1)
    columns[j] = gradients:dot(transform(of_test:weighted_sum(one))):cast("float64")
  end
  return eb.stack(columns, 2)
end

local function same(v) return v end

diagnostic("tracin", {
  keeps = "history", options = { test = "any", pairs = "boolean", lr = "number" },
  measure = function(self, o, memory)
    local now
    if o.test == nil and not o.pairs then
      now = self:per_example():norms():cast("float64") ^ 2
    else
      now = products(self, o, same)
    end
    local total = self:learning_rate() * now
    if memory then total = total + memory end
    return total, total
  end,
})

-- −gᵢᵀ (H + λ)⁻¹ g_test (Koh & Liang 2017, arXiv 1703.04730): what one more weight on example i adds to the loss of the tests, to first order.
diagnostic("influence", {
  options = { test = "any", pairs = "boolean", damping = "number", of = "string", tol = "number" }, defaults = { damping = 0 },
  measure = function(self, o)
    local h = parts.operator(self)
    return -products(self, o, function(v) return h:solve(v, { damping = o.damping, tol = o.tol }).value end)
  end,
})
