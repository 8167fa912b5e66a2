-- Sums, multiples and products of operators, and what a preconditioner makes of one. Runs once in every state, after operators.lua.
local eb, native, parts = ...
local curvature = parts.curvature
local Operator, methods, make = curvature.Operator, curvature.methods, curvature.make
local core_of, is_operator, fail = curvature.core_of, curvature.is_operator, parts.rules.fail

local function expect_same_space(operation, a, b)
  local x, y = a.space, b.space
  if x.size ~= y.size or table.concat(x.paths, "\0") ~= table.concat(y.paths, "\0") then
    fail("%s: the operators are of different parameters: %s of size %d, %s of size %d", operation, a.name, x.size, b.name, y.size)
  end
  if x.dtype ~= y.dtype then fail("%s: the operators have different dtypes: %s is %s, %s is %s", operation, a.name, x.dtype, b.name, y.dtype) end
end

local function scaled(core, c)
  return make {
    space = core.space, name = ("%g · (%s)"):format(c, core.name), symmetric = core.symmetric, metric = core.metric,
    apply = function(x) return c * core.apply(x) end, many = function(x) return c * core.many(x) end,
  }
end

-- A number stands for that many times the identity.
local function multiple(c, core)
  local function apply(x) return c * x end
  return { space = core.space, name = ("%g · identity"):format(c), symmetric = true, metric = core.metric, apply = apply, many = apply }
end

local function added(a, b, sign, word)
  if type(a) == "number" then a = multiple(a, rawget(b, "core")) else a = core_of(a, word) end
  if type(b) == "number" then b = multiple(b, a) else b = core_of(b, word) end
  expect_same_space(word, a, b)
  return make {
    space = a.space, name = ("%s %s %s"):format(a.name, sign > 0 and "+" or "−", b.name),
    symmetric = a.symmetric and b.symmetric and a.metric == b.metric, metric = a.metric == b.metric and a.metric or nil,
    apply = function(x) return a.apply(x) + sign * b.apply(x) end, many = function(x) return a.many(x) + sign * b.many(x) end,
  }
end

function Operator.__add(a, b) return added(a, b, 1, "add") end
function Operator.__sub(a, b) return added(a, b, -1, "sub") end
function Operator.__unm(a) return scaled(rawget(a, "core"), -1) end

-- A B x = A (B x). The product is symmetric when it reads the same backwards.
function methods.compose(self, other)
  local a, b = core_of(self, "compose"), is_operator(other) and rawget(other, "core")
  if not b then fail("compose: argument 2: expected an operator of eb.curv, got %s", native.type(other)) end
  expect_same_space("compose", a, b)
  local factors = { table.unpack(a.factors or { a }) }
  for _, each in ipairs(b.factors or { b }) do factors[#factors + 1] = each end
  local symmetric = true
  for i, each in ipairs(factors) do
    symmetric = symmetric and each == factors[#factors + 1 - i] and each.symmetric and not each.metric
  end
  return make {
    space = a.space, name = ("(%s) (%s)"):format(a.name, b.name), symmetric = symmetric, factors = factors,
    apply = function(x) return a.apply(b.apply(x)) end, many = function(x) return a.many(b.many(x)) end,
  }
end

function Operator.__mul(a, b)
  if type(a) == "number" then return scaled(rawget(b, "core"), a) end
  if type(b) == "number" then return scaled(rawget(a, "core"), b) end
  if not is_operator(b) then fail("mul: operators take numbers and operators; for a vector write H:mv(v), got %s", native.type(b)) end
  if not is_operator(a) then fail("mul: operators take numbers and operators, got %s", native.type(a)) end
  return methods.compose(a, b)
end

function Operator.__div(a, c)
  if not is_operator(a) or type(c) ~= "number" then fail("div: an operator can be divided by a number, got %s", native.type(c)) end
  return scaled(rawget(a, "core"), 1 / c)
end

-- P⁻¹ H for a positive diagonal P: a tree like the parameters, or a number.
function eb.curv.preconditioned(operator, preconditioner)
  local core = core_of(operator, "preconditioned")
  local space = core.space
  local diagonal
  if type(preconditioner) == "number" then
    diagonal = eb.full({ space.size }, preconditioner, { dtype = space.dtype })
  else
    diagonal = curvature.read(space, preconditioner, "preconditioned")
  end
  if diagonal.ndim ~= 1 or not diagonal:gt(0):all():item() then
    fail("preconditioned: expected a diagonal of positive numbers, shaped like the parameters")
  end
  if not core.symmetric then fail("preconditioned: expected a symmetric operator, got %s", core.name) end
  local root = diagonal:sqrt()
  return make {
    space = space, name = ("preconditioned %s"):format(core.name), metric = core.metric and core.metric * root or root,
    apply = function(x) return core.apply(x) / diagonal end, many = function(x) return core.many(x) / diagonal end,
  }
end
