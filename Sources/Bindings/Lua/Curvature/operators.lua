-- Linear operators on parameters: what they are applied to and how they are put together. Their kinds (Hessian, ...) are made in kinds.lua; what
-- is asked of them (eigenvalues, traces, ...) in the files after it. Runs once in every state.
--
-- Inside, vectors are flat: [P] in the order of eb.tree.flatten and in the promoted dtype of the parameters, or k of them at once as rows
-- [k, P]. An operator's core is
--   { space, name, apply = function([P]) -> [P], many = function([k, P]) -> [k, P], symmetric, metric }
-- where with a metric d the operator itself is not symmetric, but d · apply(w / d) is.
local eb, native, parts = ...
local tree = eb.tree
local fail = parts.rules.fail

local Operator = { __name = "operator" }
local methods = {}
local fields = { size = true, dtype = true }

function Operator:__index(name)
  if methods[name] then return methods[name] end
  local core = rawget(self, "core")
  if fields[name] then return core.space[name] end
  local known = { "dtype", "size" }
  for each in pairs(methods) do known[#known + 1] = each end
  native.no_member("operator", tostring(name), known)
end

function Operator:__newindex(name) fail("operator: '%s' can't be set: an operator is a value", tostring(name)) end

function Operator:__tostring()
  local space = rawget(self, "core").space
  return ("operator: %s, %d × %d %s"):format(rawget(self, "core").name, space.size, space.size, space.dtype)
end

local function make(core)
  if core.symmetric == nil then core.symmetric = true end
  return setmetatable({ core = core }, Operator)
end

local function is_operator(value) return type(value) == "table" and getmetatable(value) == Operator end

-- The core of an operator, for a method called with one.
local function core_of(value, operation)
  if not is_operator(value) then
    fail("%s: argument 1: expected an operator of eb.curv (call it with a colon, H:%s()), got %s", operation, operation, native.type(value))
  end
  return rawget(value, "core")
end

-- MARK: Vectors

-- What an operator on things like p is applied to.
local function space_of(operation, p)
  local good, like = pcall(native.init, nil, p)
  if not good then native.rethrow("curv." .. operation, like) end
  local good, flat, unflatten = pcall(tree.flatten, like)
  if not good then native.rethrow("curv." .. operation, flat) end
  return {
    like = like, is_tensor = native.is_tensor(like), paths = native.places(like), flat = flat, unflatten = unflatten,
    size = flat.shape[1], dtype = flat.dtype,
  }
end

local function identity(x) return x end

-- Whether a table nests like the parameters.
local function is_like(space, v)
  if space.is_tensor or native.is_tensor(v) then return false end
  local good, paths = pcall(native.places, v)
  return good and table.concat(paths, "\0") == table.concat(space.paths, "\0")
end

local function flat_of(space, v, operation)
  return (tree.flatten(native.like(space.like, v, operation))):cast(space.dtype)
end

-- read(space, v, operation) -> the vector or rows, a function that gives a result the form of v, and whether they are rows.
local function read(space, v, operation)
  local wanted = ("a tree like the parameters, a vector [%d], rows [k, %d] or a list of such trees"):format(space.size, space.size)
  if native.is_tensor(v) then
    local shape = v.shape
    if space.is_tensor and native.same_shape(v, space.like) then
      return v:reshape { space.size }:cast(space.dtype), function(w) return w:reshape(shape) end, false
    end
    if #shape == 1 and shape[1] == space.size then return v:cast(space.dtype), identity, false end
    if #shape == 2 and shape[2] == space.size then return v:cast(space.dtype), identity, true end
    fail("%s: expected %s, got a tensor %s[%s]", operation, wanted, v.dtype, table.concat(shape, ", "))
  end
  if is_like(space, v) then return flat_of(space, v, operation), space.unflatten, false end
  if type(v) ~= "table" or is_operator(v) then fail("%s: expected %s, got %s", operation, wanted, native.type(v)) end
  if #v == 0 then
    return flat_of(space, v, operation), space.unflatten, false
  end
  local rows = {}
  for i, each in ipairs(v) do
    if not native.is_tensor(each) and not is_like(space, each) then
      -- One tree with something wrong about it, not a list of them.
      if #v == 1 or type(each) ~= "table" then flat_of(space, v, operation) end
    end
    rows[i] = native.is_tensor(each) and read(space, each, operation .. ": entry " .. i) or flat_of(space, each, operation .. ": entry " .. i)
  end
  return eb.stack(rows, 1), function(result)
    local list = {}
    for i = 1, #rows do list[i] = native.is_tensor(v[i]) and result[i]:reshape(v[i].shape) or space.unflatten(result[i]) end
    return list
  end, true
end

-- MARK: Applying

-- A linear function, run as a plan when it is wanted often enough for a plan to pay.
local function planned(f)
  local calls, plan = 0, nil
  return function(x)
    if plan then return plan(x) end
    calls = calls + 1
    if calls > 2 then plan = eb.compile(f) end
    return (plan or f)(x)
  end
end

-- An operator made of a linear function of one flat vector.
local function linear(space, name, f) return make { space = space, name = name, apply = planned(f), many = planned(eb.vmap(f)) } end

function methods.mv(self, v)
  local core = core_of(self, "mv")
  local x, back, are_many = read(core.space, v, "mv")
  return back((are_many and core.many or core.apply)(x))
end

-- Rows of the identity go through in parts, so that what a pass keeps for each of them stays small.
local function columns(core, first, last)
  local rows = eb.eye(core.space.size, { dtype = core.space.dtype })[{ { first, last }, {} }]
  return core.many(rows)
end

function methods.dense(self)
  local core = core_of(self, "dense")
  local n = core.space.size
  local bytes = n * n * (core.space.dtype == "float64" and 8 or 4)
  if bytes > 2 ^ 32 then fail("dense: %d × %d numbers are %.1f GB; use mv or eigs, or restrict the operator", n, n, bytes / 1e9) end
  local width = math.max(16, math.min(256, 2 ^ 18 // n))
  local found = {}
  for first = 1, n, width do found[#found + 1] = columns(core, first, math.min(n, first + width - 1)) end
  return eb.cat(found, 1):t():clone()
end

-- MARK: Sums and products

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

-- MARK: Parts of the parameters

-- The subtree at a path, as text with dots.
local function at(like, path)
  for key in path:gmatch "[^.]+" do
    local found = like[key]
    if found == nil and math.tointeger(tonumber(key)) then found = like[math.tointeger(tonumber(key))] end
    like = found
  end
  return like
end

-- The leaves of a tree at these paths, nested as they were.
local function pruned(like, kept, prefix)
  local result = {}
  for key, child in pairs(like) do
    local path = prefix .. tostring(key)
    if native.is_tensor(child) or type(child) == "number" then
      if kept[path] then result[key] = child end
    elseif type(child) == "table" then
      local part = pruned(child, kept, path .. ".")
      if next(part) ~= nil then result[key] = part end
    end
  end
  return native.as_tree(result)
end

-- The operator's block for some parameters: the path of one or of a group, or a list of paths; vectors are then what lies there.
function methods.restrict(self, path)
  local core = core_of(self, "restrict")
  local space = core.space
  if type(path) == "number" then path = tostring(path) end
  if type(path) ~= "string" and (type(path) ~= "table" or #path == 0) then
    fail("restrict: expected the path of parameters such as \"1.weight\" or \"1\", or a list of them, got %s", native.type(path))
  end
  if space.is_tensor then fail("restrict: the parameters are one tensor, which has no paths") end
  local places = {}
  for i, place in ipairs(type(path) == "table" and path or { path }) do places[i] = tostring(place) end
  parts.rules.expect_places("restrict", space.like, places)
  -- Runs of positions that are kept.
  local kept, runs, position = {}, {}, 1
  for i, leaf in ipairs(native.spread(space.like, space.like)) do
    local count = native.is_tensor(leaf) and leaf:numel() or 1
    if parts.rules.is_at(space.paths[i], places) then
      kept[space.paths[i]] = true
      local last = runs[#runs]
      if last and last[2] == position - 1 then last[2] = position + count - 1 else runs[#runs + 1] = { position, position + count - 1 } end
    end
    position = position + count
  end
  local part = space_of("restrict", type(path) == "string" and at(space.like, path) or pruned(space.like, kept, ""))
  local function slice(x, first, last)
    if x.ndim == 1 then return x[{ { first, last } }] end
    return x[{ {}, { first, last } }]
  end
  local function take(x)
    local found = {}
    for i, run in ipairs(runs) do found[i] = slice(x, run[1], run[2]) end
    return #found == 1 and found[1] or eb.cat(found, x.ndim)
  end
  local function embed(x)
    local found, next_position, used = {}, 1, 0
    local function zeros(count)
      if count > 0 then found[#found + 1] = eb.zeros { x.ndim == 1 and count or x.shape[1], x.ndim == 2 and count or nil, dtype = space.dtype } end
    end
    for _, run in ipairs(runs) do
      zeros(run[1] - next_position)
      local count = run[2] - run[1] + 1
      found[#found + 1] = slice(x, used + 1, used + count)
      used, next_position = used + count, run[2] + 1
    end
    zeros(space.size - next_position + 1)
    return eb.cat(found, x.ndim)
  end
  return make {
    space = part, name = ("%s at %s"):format(core.name, table.concat(places, ", ")), symmetric = core.symmetric,
    metric = core.metric and take(core.metric),
    apply = function(x) return take(core.apply(embed(x))) end, many = function(x) return take(core.many(embed(x))) end,
  }
end

-- Orthonormal rows with the span of these, by QR.
local function orthonormal_rows(rows)
  local q, r = eb.linalg.qr(rows:t())
  local size = r:diag():abs()
  if size:min():item() <= 1e-6 * size:max():item() then fail("project: the vectors are linearly dependent") end
  return q:t():clone()
end

-- The operator seen from the span of vectors, Π H Π, or with off = true from what is orthogonal to them.
function methods.project(self, vectors, options)
  local core = core_of(self, "project")
  native.check("project", options, { off = "boolean" })
  if core.metric then fail("project: %s is not symmetric; project the operator before it is preconditioned", core.name) end
  local rows, _, are_many = read(core.space, vectors, "project")
  if not are_many then rows = rows:reshape { 1, core.space.size } end
  if rows.shape[1] > core.space.size then fail("project: %d vectors of %d numbers are linearly dependent", rows.shape[1], core.space.size) end
  local basis = orthonormal_rows(rows)
  local off = options and options.off
  local function onto(x)
    local inside = (x.ndim == 1 and basis:mm(x) or x:mm(basis:t())):mm(basis)
    return off and x - inside or inside
  end
  return make {
    space = core.space, symmetric = core.symmetric,
    name = ("%s %s the span of %d vector%s"):format(core.name, off and "off" or "on", rows.shape[1], rows.shape[1] == 1 and "" or "s"),
    apply = function(x) return onto(core.apply(onto(x))) end, many = function(x) return onto(core.many(onto(x))) end,
  }
end

-- P⁻¹ H for a positive diagonal P: a tree like the parameters, or a number.
function eb.curv.preconditioned(operator, preconditioner)
  local core = core_of(operator, "preconditioned")
  local space = core.space
  local diagonal
  if type(preconditioner) == "number" then
    diagonal = eb.full({ space.size }, preconditioner, { dtype = space.dtype })
  else
    local _
    diagonal, _, _ = read(space, preconditioner, "preconditioned")
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

-- The symmetric form of a core: apply, many, and back, which turns its eigenvectors into those of the operator.
local function symmetric_form(core, operation)
  if not core.symmetric then fail("%s: needs a symmetric operator; %s is not known to be one", operation, core.name) end
  local d = core.metric
  if not d then return core.apply, core.many, identity, identity end
  return function(x) return d * core.apply(x / d) end, function(x) return d * core.many(x / d) end,
    function(x) return x / d end, function(x) return x * d end
end

parts.curvature = {
  make = make, methods = methods, core_of = core_of, space_of = space_of, read = read, linear = linear, is_operator = is_operator,
  symmetric_form = symmetric_form,
}
