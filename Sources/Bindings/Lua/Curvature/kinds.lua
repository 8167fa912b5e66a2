-- The operators of a loss at a point: its Hessian, and what is made of first derivatives. Runs once in every state, after operators.lua.
local eb, native, parts = ...
local tree, curv, curvature = eb.tree, eb.curv, parts.curvature
local fail = parts.rules.fail

local function expect_callable(operation, f, what)
  if not parts.rules.is_callable(f) then fail("curv.%s: argument 1: expected %s, got %s", operation, what, native.type(f)) end
end

-- The gradient is linearized once; each product is its linear part alone (Pearlmutter 1994, doi 10.1162/neco.1994.6.1.147).
function curv.hessian(loss, p, ...)
  expect_callable("hessian", loss, "a loss function of the parameters")
  local space = curvature.space_of("hessian", p)
  local rest = table.pack(...)
  local gradient = eb.grad(function(q) return (loss(q, table.unpack(rest, 1, rest.n))) end)
  local _, product = eb.linearize(function(q) return (tree.flatten(gradient(space.unflatten(q)))) end, space.flat)
  return curvature.linear(space, "Hessian", product)
end
