-- Operators on a part of the parameters or of the directions. Runs once in every state, after operators.lua.
local eb, native, parts = ...
local curvature = parts.curvature
local methods, make, core_of, space_of, read = curvature.methods, curvature.make, curvature.core_of, curvature.space_of, curvature.read
local fail = parts.rules.fail

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
