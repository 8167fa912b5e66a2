-- Gradients of the last three batches made one: transforms of gradients for chains, or what a run aggregates by. Runs once in every state,
-- after optimizers.lua.
local eb, native, rules = ...
local tree, builtin = eb.tree, rules.builtin

-- Zielinski, Krishnan & Chatterjee 2020 (arXiv 2003.07422): the median of three gradients, coordinate by coordinate, keeps what two of three
-- batches agree on. By choices alone, so that three equal gradients come out as they went in.
local function median_of_three(a, b, c)
  return tree.map(function(x, y, z) return x:minimum(y):maximum(x:maximum(y):minimum(z)) end, a, b, c)
end

local function mean_of_three(a, b, c) return (1 / 3) * (a + b + c) end

-- `combined` of the last three gradients where share(t) is 1; no step where it is 0. Arithmetic instead of branches: one plan serves every t.
local function of_the_last_three(name, combined, share)
  for _, value in ipairs { combined, share } do native.opaque(value) end
  builtin(name, {
    whole = true,
    init = function(p) return { last = tree.zeros_like(p), before = tree.zeros_like(p) } end,
    fields = function() return { "last", "before" } end,
    transform = function(u, s, _, _, t) return share(t) * combined(u, s.last, s.before), { last = u, before = s.last } end,
  }, eb.agg)
end

-- 1 from step 3 on.
local function filled(t) return 1 // (1 + 2 // t) end

-- 1 at every third step.
local function third(t) return 1 // (1 + t % 3) end

of_the_last_three("m3", median_of_three, third)
of_the_last_three("rm3", median_of_three, filled)
of_the_last_three("ra3", mean_of_three, filled)
