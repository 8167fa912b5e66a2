-- The rules that hold everywhere, on operands of every kind: dtypes, broadcasting, layouts, empty and full shapes, dimensions, options.

local dtypes = { "float32", "float64", "int32", "bool" }
local rank = { bool = 1, int32 = 2, float32 = 3, float64 = 4 }
local function isFloat(dtype) return dtype == "float32" or dtype == "float64" end
local function number(x) return x:cast("float64") end

-- The same elements in every way they can lie in memory.
local function layouts(x)
  local all = { packed = x:clone() }
  if x.ndim >= 1 then
    all.reversed = x:flip(1):flip(1)
    all.sliced = eb.cat({ x, x }, 1):split({ #x, #x }, 1)[2]
    if x.ndim < 8 then all.strided = eb.stack({ x, x }, 2):flatten(1, 2)[{ { 1, 2 * #x, 2 } }] end
  end
  if x.ndim >= 2 then all.transposed = x:transpose(1, 2):clone():transpose(1, 2) end
  return all
end

local function sample(dtype, shape)
  local count = 1
  for _, n in ipairs(shape) do count = count * n end
  local x = eb.linspace(0.1, 0.9, count, { dtype = "float64" }):reshape(shape)
  if dtype == "bool" then return x:gt(0.5) end
  if dtype == "int32" then return (x * 10):floor():cast("int32") end
  return x:cast(dtype)
end

local shapes = { {}, { 1 }, { 4 }, { 0 }, { 0, 3 }, { 3, 0 }, { 2, 3 }, { 2, 1, 2 }, { 1, 2, 1, 2, 1, 1, 2, 1 } }

local realFunctions = {
  "exp", "log", "log1p", "expm1", "sqrt", "rsqrt", "reciprocal", "sin", "cos", "tan", "tanh", "sinh", "cosh", "asinh", "atan", "sigmoid",
  "softplus", "gelu", "silu", "erf",
}
local arithmeticFunctions = { "abs", "neg", "square", "sign", "relu", "floor", "ceil", "round" }
local predicates = { "isnan", "isinf", "isfinite" }

test("element-wise functions keep shapes and follow the dtype rules on every layout", function()
  local function check(name, result)
    for _, dtype in ipairs(dtypes) do
      for _, shape in ipairs(shapes) do
        local x = sample(dtype, shape)
        local y = eb[name](x)
        equal(y.shape, shape)
        equal(y.dtype, result(dtype))
        for layout, view in pairs(layouts(x)) do
          if not eb.tree.equal(view[name](view), y) then error(name .. " of " .. dtype .. " " .. layout) end
        end
      end
    end
  end
  for _, name in ipairs(realFunctions) do check(name, function(d) return isFloat(d) and d or "float32" end) end
  for _, name in ipairs(arithmeticFunctions) do check(name, function(d) return d == "bool" and "int32" or d end) end
  for _, name in ipairs(predicates) do check(name, function() return "bool" end) end
end)

local operators = {
  add = function(a, b) return a + b end, sub = function(a, b) return a - b end, mul = function(a, b) return a * b end,
  maximum = function(a, b) return eb.maximum(a, b) end, minimum = function(a, b) return eb.minimum(a, b) end,
}
local quotients = { div = function(a, b) return a / b end, pow = function(a, b) return a ^ b end }
local comparisons = { "lt", "le", "gt", "ge", "eq", "ne" }

test("two operands take the larger dtype", function()
  for _, p in ipairs(dtypes) do
    for _, q in ipairs(dtypes) do
      local a, b = sample(p, { 2, 3 }), sample(q, { 3 }) + (q == "bool" and 0 or 1)
      local larger = rank[a.dtype] >= rank[b.dtype] and a.dtype or b.dtype
      for name, f in pairs(operators) do
        local result = f(a, b)
        equal(result.dtype, larger == "bool" and "int32" or larger)
        equal(result.shape, { 2, 3 })
        close(number(result), f(number(a), number(b)), 1e-6)
      end
      for _, f in pairs(quotients) do
        equal(f(a, b).dtype, isFloat(larger) and larger or "float32")
        close(number(f(a, b)), f(number(a), number(b)), 1e-6)
      end
      for _, name in ipairs(comparisons) do
        equal(a[name](a, b).dtype, "bool")
        equal(a[name](a, b), number(a:cast(larger))[name](number(a:cast(larger)), number(b:cast(larger))))
      end
    end
  end
end)

test("a Lua number takes the tensor's dtype", function()
  for _, dtype in ipairs { "float32", "float64", "int32" } do
    local x = sample(dtype, { 3 })
    for _, f in pairs(operators) do
      equal(f(x, 2).dtype, dtype)
      equal(f(2, x).dtype, dtype)
    end
    equal((x % 2).dtype, dtype)
    equal((x // 2).dtype, dtype)
    equal((-x).dtype, dtype)
  end
  equal((eb.tensor { true } + 1).dtype, "int32")
  equal((eb.tensor({ 1 }, { dtype = "int32" }) / 2).dtype, "float32")
  raises(function() return eb.tensor({ 1 }, { dtype = "int32" }) + 1.5 end, "add", "1.5", "int32", ":cast(")
  raises(function() return eb.tensor({ 1 }, { dtype = "int32" }):lt(1.5) end, "lt", "1.5")
end)

test("% and // are Lua's, also for negative operands", function()
  for _, dtype in ipairs { "float32", "float64", "int32" } do
    for _, a in ipairs { 7, -7 } do
      for _, b in ipairs { 3, -3 } do
        local x = eb.tensor({ a }, { dtype = dtype })
        equal((x % b)[1]:item(), a % b)
        equal((x // b)[1]:item(), a // b)
      end
    end
  end
end)

test("broadcasting: every pair of shapes that fits, and what does not", function()
  local fits = {
    { {}, { 2, 3 }, { 2, 3 } }, { { 1 }, { 0 }, { 0 } }, { { 3 }, { 2, 3 }, { 2, 3 } }, { { 2, 1 }, { 1, 3 }, { 2, 3 } },
    { { 0, 3 }, { 3 }, { 0, 3 } }, { { 3, 0 }, { 3, 1 }, { 3, 0 } }, { { 1, 1 }, { 3 }, { 1, 3 } },
  }
  for _, case in ipairs(fits) do
    equal((eb.ones(case[1]) + eb.ones(case[2])).shape, case[3])
    equal((eb.ones(case[2]) * eb.ones(case[1])).shape, case[3])
    equal(eb.where(eb.ones(case[1]):gt(0), eb.ones(case[2]), 0).shape, case[3])
  end
  for _, case in ipairs { { { 2 }, { 3 } }, { { 0 }, { 2 } }, { { 2, 3 }, { 2 } } } do
    raises(function() return eb.ones(case[1]) + eb.ones(case[2]) end, "add")
  end
end)

test("results hold 1 from Lua whatever the source of the integers", function()
  for _, x in ipairs { eb.tensor { 1, 2 }, eb.arange(1, 2), eb.full({ 2 }, 1), eb.linspace(1, 2, 2), eb.eye(2), eb.zeros { 2 } } do
    equal(x.dtype, "float32")
  end
  eb.default_dtype("float64")
  local good, message = pcall(function()
    for _, x in ipairs {
      eb.tensor { 1, 2 }, eb.arange(1, 2), eb.full({ 2 }, 1), eb.linspace(1, 2, 2), eb.logspace(1, 2, 2), eb.eye(2), eb.zeros { 2 },
      eb.ones { 2 }, eb.randn { 2 }, eb.rand { 2 }, eb.rng(1):randn { 2 }, eb.tensor(3), eb.tensor({ 1 }, { dtype = "int32" }):exp(),
      eb.tensor { true }:mean(), eb.exp(1), eb.tensor({ { 1 } }, { dtype = "int32" }):mm(eb.tensor({ 1 }, { dtype = "int32" })),
      eb.linalg.inv(eb.ones({ 1, 1 }, { dtype = "int32" })),
    } do equal(x.dtype, "float64") end
    equal(eb.zeros_like(eb.tensor({ 1 }, { dtype = "int32" })).dtype, "int32")
  end)
  eb.default_dtype("float32")
  assert(good, message)
end)

test("dimensions count from 1 or from the end, and no others exist", function()
  local x = eb.arange(1, 24):reshape { 2, 3, 4 }
  local along = {
    sum = {}, mean = {}, var = {}, std = {}, max = {}, min = {}, argmax = {}, argmin = {}, prod = {}, logsumexp = {}, all = {}, any = {},
    median = {}, cumsum = {}, softmax = {}, log_softmax = {}, sort = {}, argsort = {}, squeeze = false, unsqueeze = false, flip = {},
  }
  for name, plain in pairs(along) do
    local function call(...)
      if name == "all" or name == "any" then return eb[name](x:gt(5), ...) end
      return (eb[name](x, ...))
    end
    if plain then for d = 1, 3 do equal(call(d), call(d - 4)) end end
    for _, d in ipairs { 0, 5, -5 } do raises(function() call(d) end, name .. ": dimension " .. d .. " does not exist") end
    raises(function() call(1.5) end, name)
    raises(function() call("a") end, name, "string")
  end
  equal((x:topk(2, 1)), (x:topk(2, -3)))
  equal(x:quantile(0.5, 1), x:quantile(0.5, -3))
  equal(x:norm(2, 2), x:norm(2, -2))
  equal(x:index(-1, { 1 }), x:index(3, { 1 }))
  equal(eb.cat({ x, x }, -1), eb.cat({ x, x }, 3))
  equal(eb.stack({ x, x }, -1), eb.stack({ x, x }, 4))
  equal(x:split(2, -1)[2], x:split(2, 3)[2])
  equal(x:chunk(2, -1)[2], x:chunk(2, 3)[2])
  equal(x:transpose(-1, 1), x:transpose(3, 1))
  equal(x:flatten(-2), x:flatten(2))
  for _, f in ipairs {
    function(d) x:topk(1, d) end, function(d) x:quantile(0.5, d) end, function(d) x:norm(2, d) end, function(d) x:index(d, { 1 }) end,
    function(d) eb.cat({ x, x }, d) end, function(d) x:split(1, d) end, function(d) x:transpose(d, 1) end, function(d) x:flatten(d) end,
  } do
    for _, d in ipairs { 0, 4, -4 } do raises(function() f(d) end, "dimension " .. d .. " does not exist", "3 dimensions") end
  end
end)

test("an unknown option names the nearest right one", function()
  local x = eb.ones { 2, 2 }
  for _, case in ipairs {
    { function() eb.zeros { 2, dtyp = "int32" } end, "zeros", "dtyp", "dtype" }, { function() eb.randn({ 2 }, { rgn = 1 }) end, "randn", "rgn", "rng" },
    { function() eb.randint({ 2 }, 1, 2, { rgn = 1 }) end, "randint", "rgn", "rng" }, { function() eb.linspace(0, 1, 2, { dtyp = 1 }) end, "linspace", "dtyp", "dtype" },
    { function() x:sum(1, { keepdim = true }) end, "sum", "keepdim", "keepdims" }, { function() x:std(1, { corection = 1 }) end, "std", "corection", "correction" },
    { function() x:sort(1, { decending = true }) end, "sort", "decending", "descending" }, { function() x:topk(1, 1, { larges = true }) end, "topk", "larges", "largest" },
    { function() x:quantile(0.5, 1, { methd = "linear" }) end, "quantile", "methd", "method" }, { function() x:pad(1, { valu = 1 }) end, "pad", "valu", "value" },
    { function() eb.linalg.pinv(x, { cutof = 1 }) end, "pinv", "cutof", "cutoff" }, { function() eb.linalg.lstsq(x, x, { cutof = 1 }) end, "lstsq", "cutof", "cutoff" },
    { function() eb.linalg.matrix_rank(x, { cutof = 1 }) end, "matrix_rank", "cutof", "cutoff" },
    { function() eb.linalg.triangular_solve(x, x, { lowr = true }) end, "triangular_solve", "lowr", "lower" },
    { function() x:put(1, 0, { acumulate = true }) end, "put", "acumulate", "accumulate" },
  } do raises(case[1], case[2], "unknown option '" .. case[3] .. "' (did you mean '" .. case[4] .. "'?)") end
  for _, name in ipairs { "keepdims", "correction", "descending", "largest" } do
    local call = { keepdims = "sum", correction = "var", descending = "sort", largest = "topk" }
    raises(function() if name == "largest" then x:topk(1, 1, { largest = "a" }) else x[call[name]](x, 1, { [name] = "a" }) end end, "option '" .. name .. "'")
  end
end)

test("the full rank of eight, and one more", function()
  local x = eb.ones { 1, 2, 1, 1, 1, 1, 1, 2 }
  equal(x:sum().shape, {})
  equal(x:permute { 8, 7, 6, 5, 4, 3, 2, 1 }.shape, { 2, 1, 1, 1, 1, 1, 2, 1 })
  equal((x + x):sum():item(), 8)
  equal(#x:totable(), 1)
  for _, f in ipairs {
    function() return x:unsqueeze(1) end, function() return eb.stack { x, x } end, function() return x:index(1, eb.ones { 1, 1 }) end,
    function() return x:reshape { 1, 1, 1, 1, 1, 1, 1, 2, 2 } end, function() return x:expand { 1, 1, 1, 1, 1, 1, 1, 1, 2 } end,
    function() return eb.zeros { 1, 1, 1, 1, 1, 1, 1, 1, 1 } end, function() return eb.linalg.kron(eb.ones { 1, 1, 1, 1, 1 }, eb.ones { 1 }) end,
    function() return eb.einsum("abcde,fghij->abcdefghij", eb.ones { 1, 1, 1, 1, 1 }, eb.ones { 1, 1, 1, 1, 1 }) end,
    function() return x:quantile({ 0.5 }, 1, { keepdims = true }) end,
  } do raises(f, "at most", "dimensions") end
end)

test("# < == and unknown names", function()
  equal(#eb.zeros { 3, 2 }, 3)
  equal(#eb.zeros { 0, 2 }, 0)
  raises(function() return #eb.tensor(1) end, "scalar")
  local x, y = eb.ones { 2 }, eb.ones { 2 }
  for _, f in ipairs { function() return x < y end, function() return 1 > x end } do raises(f, "x:lt", "bool") end
  for _, f in ipairs { function() return x <= y end, function() return x >= 1 end } do raises(f, "x:le", "bool") end
  assert(x == x and x ~= y and not (x == 1))
  raises(function() return eb.lstsq end, "eb.lstsq: no such name")
  raises(function() return eb.linalg.choleski end, "did you mean 'cholesky'?")
  raises(function() return x.sahpe end, "did you mean 'shape'?")
end)

test("the same seed gives the same bits, and drawing elsewhere changes nothing", function()
  local a = eb.rng(7)
  local first = a:randn { 3 }
  local b = eb.rng(7)
  eb.randn { 10 }
  eb.rng(7):randn { 5 }
  assert(eb.tree.equal(first, b:randn { 3 }))
  assert(not eb.tree.equal(first, a:randn { 3 }))
  eb.seed(7)
  local one = eb.randn { 3 }
  eb.seed(7)
  assert(eb.tree.equal(one, eb.randn { 3 }))
  for _, name in ipairs { "randn", "rand" } do assert(eb.tree.equal(eb[name]({ 2, 2 }, { rng = eb.rng(3) }), eb.rng(3)[name](eb.rng(3), { 2, 2 }))) end
  local dice = eb.randint({ 1000 }, 1, 6, { rng = eb.rng(1) })
  equal(dice.dtype, "int32")
  equal({ dice:min():item(), dice:max():item() }, { 1, 6 })
  equal((eb.permutation(5, { rng = eb.rng(1) }):sort()), { 1, 2, 3, 4, 5 })
  local parts = eb.rng(7):split(4)
  equal(#parts, 4)
  assert(not eb.tree.equal(parts[1]:randn { 4 }, parts[2]:randn { 4 }))
  local shared = eb.vmap(function(x) return x + eb.rand({ 2 }, { rng = eb.rng(5) }) end)(eb.zeros { 3, 2 })
  equal(shared[1], shared[3])
  local mapped = eb.vmap(function(x, r) return x + r:rand { 2 } end)(eb.zeros { 3, 2 }, eb.rng(5):split(3))
  assert(not eb.tree.equal(mapped[1]:clone(), mapped[3]:clone()))
end)
