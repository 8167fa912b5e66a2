-- What a flow is made of: a loss at flat parameters with its gradient, products with its Hessian and third derivatives, each recorded once
-- and run as a plan. Runs once in every state, first of the files of flows.
local eb, native, parts = ...
local tree, rules = eb.tree, parts.rules

local function fail(text, ...) native.fail(text:format(...)) end

-- What follows the parameters in a call of the loss.
local function arguments(operation, data)
  if data == nil then return {}, 0 end
  if type(data) ~= "table" or native.is_tensor(data) then
    fail("%s: option 'data': expected {x, y}, a dataset or nothing, got %s", operation, native.type(data))
  end
  if getmetatable(data) and getmetatable(data).__name == "batches" then
    fail("%s: option 'data': a flow follows the gradient of all examples; give the dataset itself, not its batches", operation)
  end
  local x = data.x or data[1]
  if not native.is_tensor(x) then fail("%s: option 'data': expected tensors, {x, y} or {x =, y =}", operation) end
  local list = { x, data.y or data[2] }
  local count = #list
  for i = 3, #data do list[i], count = data[i], i end
  return list, count
end

-- A function recorded at its first call; one that can't be recorded, since it looks at its numbers, runs as it is.
local function planned(f, compiles)
  if not compiles then return f end
  local plan, known = eb.compile(f), false
  return function(...)
    if known then return plan(...) end
    known = true
    local results = table.pack(pcall(plan, ...))
    if results[1] then return table.unpack(results, 2, results.n) end
    plan = f
    return f(...)
  end
end

local function problem(operation, options)
  for _, name in ipairs { "params", "loss" } do
    if options[name] == nil then fail("%s: option '%s' is missing", operation, name) end
  end
  if not rules.is_callable(options.loss) then fail("%s: option 'loss': expected a function of the parameters, got %s", operation, native.type(options.loss)) end
  if options.dtype and options.dtype ~= "float32" and options.dtype ~= "float64" then
    fail("%s: option 'dtype': expected \"float32\" or \"float64\", got \"%s\"", operation, options.dtype)
  end
  local good, p = pcall(native.init, nil, options.params)
  if not good then native.rethrow(operation .. ": option 'params'", p) end
  if options.dtype then p = tree.map(function(x) return x:cast(options.dtype) end, p) end
  local flat, unflatten = tree.flatten(p)
  local rest, count = arguments(operation, options.data)
  local loss = options.loss
  local function f(v) return (loss(unflatten(v), table.unpack(rest, 1, count))) end
  local compiles = options.compile ~= false
  local gradient = eb.grad(f)
  local function product(v, x)
    local _, result = eb.jvp(gradient, { v }, { x })
    return result
  end
  -- ∇_w aᵀ H(w) b is the derivative of the gradient along a and b, by the symmetry of third derivatives.
  local function third(v, a, b)
    local _, result = eb.jvp(function(w) return product(w, b) end, { v }, { a })
    return result
  end
  return {
    operation = operation, flat = flat, unflatten = unflatten, dtype = flat.dtype, size = #flat, loss = f, gradient = gradient,
    plan = function(g) return planned(g, compiles) end,
    value_and_gradient = planned(function(v) return eb.value_and_grad(f)(v) end, compiles),
    product = planned(product, compiles),
    products = planned(function(v, rows) return eb.vmap(function(x) return product(v, x) end)(rows) end, compiles),
    thirds = planned(function(v, a, b) return eb.vmap(function(x, y) return third(v, x, y) end)(a, b) end, compiles),
  }
end

-- The Hessian at v as an operator of eb.curv on flat vectors.
local function hessian(self, v)
  self.space = self.space or parts.curvature.space_of(self.operation, self.flat)
  return parts.curvature.make {
    space = self.space, name = "Hessian",
    apply = function(x) return self.product(v, x) end, many = function(rows) return self.products(v, rows) end,
  }
end

-- The step size that an option or an optimizer gives; a flow has one for all times.
local function step_size(operation, options)
  local lr = options.lr
  if lr ~= nil and not (lr > 0 and lr < math.huge) then fail("%s: option 'lr': expected a number above 0, got %g", operation, lr) end
  return lr
end

parts.flow = { fail = fail, problem = problem, hessian = hessian, step_size = step_size }
