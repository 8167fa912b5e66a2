-- The operators of a loss at a point: its Hessian, and what is made of first derivatives. Runs once in every state, after operators.lua.
local eb, native, parts = ...
local tree, curv, curvature = eb.tree, eb.curv, parts.curvature
local fail = parts.rules.fail

local function expect_callable(operation, f, what)
  if not native.is_callable(f) then fail("curv.%s: argument 1: expected %s, got %s", operation, what, native.type(f)) end
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

-- A loss h(z(p)) in two: model(q) -> z as one vector, outer(z) -> h, and losses() -> the names of the losses of eb.loss that h consists of.
-- What eb.loss is given counts as z; elsewhere h(z, ...) is told.
local function parted(operation, loss, space, rest)
  local model, outer, shape, names
  if type(loss) == "table" and not native.is_callable(loss) then
    native.check("curv." .. operation, loss, { model = "callable", loss = "callable" })
    if not (loss.model and loss.loss) then
      fail("curv.%s: expected both model(p, ...) -> z and loss(z, ...) -> h, or a loss function that calls eb.loss", operation)
    end
    model = function(q) return loss.model(space.unflatten(q), table.unpack(rest, 1, rest.n)) end
    outer = function(z) return (loss.loss(z, table.unpack(rest, 1, rest.n))) end
    names = {}
  else
    expect_callable(operation, loss, "a loss function of the parameters, or {model = f, loss = h}")
    model = function(q)
      local seen
      seen, names = native.predictions(loss, space.unflatten(q), table.unpack(rest, 1, rest.n))
      if #seen == 0 then
        fail("curv.%s: the function calls no loss of eb.loss, so that it is unknown where the model ends; give {model = function(p, ...) ... end, "
          .. "loss = function(prediction, ...) ... end}", operation)
      end
      return seen
    end
    outer = function(z) return native.with_predictions(z, loss, space.like, table.unpack(rest, 1, rest.n)) end
  end
  return function(q)
    local z
    z, shape = tree.flatten(model(q))
    return z
  end, function(z) return outer(shape(z)) end, function() return names end
end

-- Jᵀ ∇²h J: the derivative in q of Jᵀ ∇h(z(q)), Jᵀ being that of the point.
local function gauss_newton(operation, loss, p, ...)
  local space = curvature.space_of(operation, p)
  local model, outer, names = parted(operation, loss, space, table.pack(...))
  local _, pull = eb.vjp(model, space.flat)
  local slope = eb.grad(outer)
  local _, product = eb.linearize(function(q) return (pull(slope(model(q)))) end, space.flat)
  return space, product, names()
end

-- Schraudolph 2002, doi 10.1162/08997660260028683.
function curv.ggn(loss, p, ...)
  local space, product = gauss_newton("ggn", loss, p, ...)
  return curvature.linear(space, "generalised Gauss-Newton matrix", product)
end

-- Those whose second derivative in the prediction is the Fisher information of the distribution whose log-likelihood they are.
local likelihoods = { cross_entropy = true, binary_cross_entropy = true, logistic = true, mse = true }

-- In a natural parameter z the expectation of the outer product of slopes is the second derivative, which does not depend on the
-- target (Martens 2020, arXiv 1412.1193, section 9.2).
function curv.fisher(loss, p, ...)
  local space, product, names = gauss_newton("fisher", loss, p, ...)
  if #names == 0 then fail("curv.fisher: the distribution is unknown; write the loss with eb.loss, or use ggn") end
  for _, name in ipairs(names) do
    if not likelihoods[name] then
      fail("curv.fisher: %s is not the log-likelihood of a distribution in its natural parameter; those are binary_cross_entropy, cross_entropy, "
        .. "logistic and mse; use ggn", name)
    end
  end
  return curvature.linear(space, "Fisher information", product)
end

-- Whether examples lie along dimension 1 of an argument.
local function has_examples(x) return native.is_tensor(x) or type(x) == "table" and pcall(native.places, x) and #native.places(x) > 0 end

-- Jᵀ J / n for the losses of all examples, each that of a batch of one.
function curv.empirical_fisher(loss, p, ...)
  expect_callable("empirical_fisher", loss, "a loss function of the parameters and examples")
  local space = curvature.space_of("empirical_fisher", p)
  local given, axes, count = table.pack(...), {}, nil
  for i = 1, given.n do
    axes[i] = has_examples(given[i]) and 1 or false
    if axes[i] then
      for _, leaf in ipairs(tree.leaves(given[i])) do
        local n = leaf.shape[1]
        if not n or count and n ~= count then
          fail("curv.empirical_fisher: argument %d: expected examples along dimension 1, as many in every argument, got %s and %s", i + 2,
            tostring(count), tostring(n))
        end
        count = n
      end
    end
  end
  if not count then fail("curv.empirical_fisher: there are no examples; give tensors with examples along dimension 1 after the parameters") end
  local function alone(x) return x:unsqueeze(1) end
  local function losses(q)
    local each = eb.vmap(function(...)
      local batch = table.pack(...)
      for i = 1, given.n do if axes[i] then batch[i] = tree.map(alone, batch[i]) end end
      return (loss(space.unflatten(q), table.unpack(batch, 1, given.n)))
    end, axes)
    return each(table.unpack(given, 1, given.n)):reshape { count }
  end
  local _, pull = eb.vjp(losses, space.flat)
  local _, product = eb.linearize(function(q) return (pull(losses(q) / count)) end, space.flat)
  return curvature.linear(space, ("empirical Fisher information of %d examples"):format(count), product)
end

-- K = J Jᵀ on the outputs (Jacot, Gabriel & Hongler 2018, arXiv 1806.07572).
function curv.ntk(f, p, ...)
  expect_callable("ntk", f, "a function of the parameters and inputs that gives outputs")
  local inner = curvature.space_of("ntk", p)
  local rest = table.pack(...)
  local shape
  local function outputs(q)
    local z
    z, shape = tree.flatten(f(inner.unflatten(q), table.unpack(rest, 1, rest.n)))
    return z
  end
  local z, pull = eb.vjp(outputs, inner.flat)
  local _, push = eb.linearize(outputs, inner.flat)
  local space = curvature.space_of("ntk", shape(z))
  local _, product = eb.linearize(function(u) return (push((pull(u)))) end, space.flat)
  return curvature.linear(space, ("tangent kernel of %d parameters"):format(inner.size), product)
end
