-- Linear operators on parameters: what they are applied to, and how. They are put together in algebra.lua and blocks.lua; their kinds (Hessian, ...)
-- are made in kinds.lua; what is asked of them (eigenvalues, traces, ...) is in the files after it. Runs once in every state.
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

-- A tree like the parameters as a vector, or nil and what is wrong about it.
local function flat_of(space, v, operation)
  local good, tree_of_v = pcall(native.like, space.like, v, operation)
  if not good then return nil, tree_of_v end
  local x = tree.flatten(tree_of_v)
  return x.dtype == space.dtype and x or x:cast(space.dtype)
end

-- A tensor as the vector or rows that it stands for, and what gives a result its form; nil if it has another shape.
local function flat_tensor(space, v)
  local ndim = v.ndim
  local x = v.dtype == space.dtype and v or v:cast(space.dtype)
  if space.is_tensor and native.same_shape(v, space.like) then
    if ndim == 1 then return x, identity, false end
    local shape = v.shape
    return x:reshape { space.size }, function(w) return w:reshape(shape) end, false
  end
  if ndim == 1 and #v == space.size then return x, identity, false end
  if ndim == 2 and v.shape[2] == space.size then return x, identity, true end
end

local function refuse(space, v, operation)
  local got = native.is_tensor(v) and ("a tensor %s[%s]"):format(v.dtype, table.concat(v.shape, ", ")) or native.type(v)
  fail("%s: expected a tree like the parameters, a vector [%d], rows [k, %d] or a list of such trees, got %s", operation, space.size, space.size, got)
end

-- Several trees at once as rows.
local function rows_of_list(space, list, operation)
  local found, backs = {}, {}
  for i, v in ipairs(list) do
    local place = ("%s: entry %d"):format(operation, i)
    if native.is_tensor(v) then
      local are_many
      found[i], backs[i], are_many = flat_tensor(space, v)
      if not found[i] or are_many then refuse(space, v, place) end
    else
      local message
      found[i], message = flat_of(space, v, place)
      if not found[i] then error(message, 0) end
      backs[i] = space.unflatten
    end
  end
  return eb.stack(found, 1), function(rows)
    local results = {}
    for i, back in ipairs(backs) do results[i] = back(rows[i]) end
    return results
  end, true
end

-- read(space, v, operation) -> the vector or rows, a function that gives a result the form of v, and whether they are rows.
local function read(space, v, operation)
  if native.is_tensor(v) then
    local x, back, are_many = flat_tensor(space, v)
    if not x then refuse(space, v, operation) end
    return x, back, are_many
  end
  if type(v) ~= "table" or is_operator(v) then refuse(space, v, operation) end
  local x, message
  if not space.is_tensor then
    x, message = flat_of(space, v, operation)
    if x then return x, space.unflatten, false end
  end
  local first = v[1]
  if first == nil then
    if message then error(message, 0) end
    refuse(space, v, operation)
  end
  -- What is no list of vectors is one vector with something wrong about it.
  local is_list = native.is_tensor(first) and flat_tensor(space, first) or type(first) == "table" and flat_of(space, first, operation)
  if not is_list and message then error(message, 0) end
  return rows_of_list(space, v, operation)
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

-- Many rows in parts, so that what a pass keeps for each of them stays small.
local function rows(many, x, width)
  local count, size = x.shape[1], x.shape[2]
  width = width or math.max(4, math.min(64, 2 ^ 20 // size))
  if count <= width then return many(x) end
  local found = {}
  for first = 1, count, width do found[#found + 1] = many(x[{ { first, math.min(count, first + width - 1) }, {} }]) end
  return eb.cat(found, 1)
end

function methods.dense(self)
  local core = core_of(self, "dense")
  local n, dtype = core.space.size, core.space.dtype
  local bytes = n * n * (dtype == "float64" and 8 or 4)
  if bytes > 2 ^ 32 then fail("dense: %d × %d numbers are %.1f GB; use mv or eigs, or restrict the operator", n, n, bytes / 1e9) end
  local width = math.max(16, math.min(256, 2 ^ 18 // n))
  local places, found = eb.arange(1, n), {}
  for first = 1, n, width do
    local units = eb.arange(first, math.min(n, first + width - 1)):unsqueeze(2):eq(places)
    found[#found + 1] = core.many(units:cast(dtype))
  end
  return eb.cat(found, 1):t():clone()
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
  Operator = Operator, methods = methods, make = make, core_of = core_of, is_operator = is_operator, space_of = space_of, read = read,
  rows = rows, linear = linear, symmetric_form = symmetric_form,
}
