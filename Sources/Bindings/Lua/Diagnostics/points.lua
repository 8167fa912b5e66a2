-- Where a diagnostic looks: a loss, parameters and examples, of a run or by themselves. Runs once in every state, before the other files of this
-- folder.
local eb, native, parts = ...
local runs, tree = parts.runs, eb.tree

local function fail(text, ...) native.fail(text:format(...)) end
parts.fail = fail

local Point = {}
Point.__index = Point

-- Names of fields in the order in which a loss takes them, and the fields: of a dataset, of {x, y, ...}, of eb.batches.
local function fields_of(operation, data)
  if data == nil then return {}, {} end
  if type(data) ~= "table" or native.is_tensor(data) then
    fail("%s: data: expected a dataset, {x =, y =} or {x, y}, got %s", operation, native.type(data))
  end
  if getmetatable(data) and getmetatable(data).__name == "batches" then data = data.data end
  local names, fields = {}, {}
  for name, value in pairs(data) do
    if type(name) == "string" then fields[name] = value end
  end
  local labels = { "x", "y" }
  for i = 1, math.max(#data, 2) do
    local name = labels[i] or i
    names[i] = name
    if data[i] ~= nil then fields[name] = data[i] end
  end
  if not native.is_tensor(fields.x) then fail("%s: data: expected tensors, with the examples along dimension 1, {x =, y =} or {x, y}", operation) end
  return names, fields
end

-- The fields with one entry an example, of some examples.
local function each_example(fields, count, choose)
  local result = {}
  for name, value in pairs(fields) do
    local is_one = native.is_tensor(value) and value.ndim > 0 and #value == count
    result[name] = is_one and choose(value) or value
  end
  return result
end

-- What a loss gets behind x and y.
local function context_of(fields, base)
  local context = {}
  for name, value in pairs(base) do context[name] = value end
  for name, value in pairs(fields) do if type(name) == "string" and name ~= "x" and name ~= "y" then context[name] = value end end
  return context
end

local function point(fields)
  local made = setmetatable(fields, Point)
  local x = made.fields.x
  made.count = x and x.ndim > 0 and #x or nil
  local count = made.options.examples
  if count and made.count then
    if count < 1 then fail("%s: option 'examples': expected a number from 1 on, got %d", made.name, count) end
    count = math.min(count, made.count)
    made.fields = each_example(made.fields, made.count, function(x) return x[{ { 1, count } }] end)
    made.count = count
  end
  return made
end

-- Where a run is: its loss on all of its examples and not as in training, or with `batch` the batch of the step to come as that step sees it.
local function point_of_run(name, run, options)
  local core = runs.core_of(run, name)
  local loop, settings = core.loop, core.settings
  local names, fields, base = { "x", "y" }, nil, nil
  if options.batch then
    local seed = loop:step_seed(loop.t + 1)
    fields = loop:batch(loop.t + 1) or {}
    base = runs.context({}, loop.model_state, loop.t + 1, seed)
  else
    if options.data ~= nil then
      names, fields = fields_of(name, options.data)
    else
      fields = each_example(settings.data.fields, 0, function() end)
      if settings.data.count then fields.index = eb.arange(1, settings.data.count, 1, { dtype = "int32" }) end
    end
    base = { t = loop.t, rng = eb.rng(loop:step_seed(0)), train = false, state = loop.model_state }
  end
  return point {
    name = name, run = run, core = core, options = options, names = names, fields = fields, base = base, params = run.params,
    function_of = settings.loss, t = loop.t + 1,
  }
end

local function plain_point(name, loss, params, data, options)
  if params == nil then fail("%s: expected (loss, params, data), got no parameters", name) end
  local names, fields = fields_of(name, data)
  return point {
    name = name, options = options, names = names, fields = fields, base = { train = false }, params = native.init(nil, params),
    function_of = loss, t = options.t or 1,
  }
end

-- The arguments of a loss behind the parameters.
local function arguments(self, fields)
  local list = {}
  for i, name in ipairs(self.names) do list[i] = fields[name] end
  list[#self.names + 1] = context_of(fields, self.base)
  return list, #self.names + 1
end

-- The loss of all examples.
function Point:loss(params)
  local list, n = arguments(self, self.fields)
  return (self.function_of(params, table.unpack(list, 1, n)))
end

-- The loss of the examples with these numbers, as a function of the parameters.
function Point:loss_of(ids)
  local fields = each_example(self.fields, self:examples(), function(x) return x:index(1, ids) end)
  local list, n = arguments(self, fields)
  return function(params) return (self.function_of(params, table.unpack(list, 1, n))) end
end

-- The loss of other inputs and labels, with the rest as it is.
function Point:loss_at(params, x, y) return (self.function_of(params, x, y, context_of(self.fields, self.base))) end

-- The loss as a function of the parameters alone.
function Point:as_function() return function(params) return self:loss(params) end end

function Point:gradient()
  if not self.slope then self.value, self.slope = eb.value_and_grad(self:as_function())(self.params) end
  return self.slope, self.value
end

-- How many examples there are, where they are needed.
function Point:examples()
  local count, y = self.count, self.fields.y
  if not count then fail("%s: needs the examples: data with tensors whose dimension 1 counts them", self.name) end
  if count == 0 then fail("%s: expected at least one example, got x of shape [%s]", self.name, table.concat(self.fields.x.shape, ", ")) end
  if native.is_tensor(y) and y.ndim > 0 and #y ~= count then
    fail("%s: x of shape [%s] has %d examples, y of shape [%s] has %d; there must be as many", self.name,
      table.concat(self.fields.x.shape, ", "), count, table.concat(y.shape, ", "), #y)
  end
  return count
end

-- What the model says about inputs: that of the option `model`, or else what the loss hands to eb.loss last.
function Point:prediction(params, fields)
  if self.options.model then return (self.options.model(params, fields.x)) end
  local list, n = arguments(self, fields)
  local seen = native.predictions(self.function_of, params, table.unpack(list, 1, n))
  if #seen == 0 then
    fail("%s: the loss calls none of eb.loss, so that its model is unknown; give model = net, a function of parameters and inputs", self.name)
  end
  return seen[#seen]
end

-- The gradients of f(p, fields of a batch of one) for all examples.
function Point:each(f)
  local count = self:examples()
  local names, values = {}, {}
  for name, value in pairs(self.fields) do
    if native.is_tensor(value) and value.ndim > 0 and #value == count then names[#names + 1], values[#values + 1] = name, value end
  end
  local rest = each_example(self.fields, count, function() end)
  return eb.per_example(function(p, ...)
    local one = runs.batch_of_one(names, ...)
    for name, value in pairs(rest) do if value and one[name] == nil then one[name] = value end end
    return f(p, one)
  end)(self.params, table.unpack(values))
end

-- The gradients of the losses of all examples.
function Point:per_example()
  self.gradients = self.gradients or self:each(function(p, one)
    local list, n = arguments(self, one)
    return (self.function_of(p, table.unpack(list, 1, n)))
  end)
  return self.gradients
end

-- The same place with other examples.
function Point:on(data)
  local other = {}
  for name, value in pairs(self) do other[name] = value end
  for _, name in ipairs { "gradients", "slope", "value" } do other[name] = nil end
  other.names, other.fields = fields_of(self.name, data)
  other.count = #other.fields.x
  return setmetatable(other, Point)
end

-- The same place with the examples of these numbers, and further fields.
function Point:repeated(ids, fields)
  local other = {}
  for name, value in pairs(self) do other[name] = value end
  for _, name in ipairs { "gradients", "slope", "value" } do other[name] = nil end
  other.fields, other.count = each_example(self.fields, self.count, function(x) return x:index(1, ids) end), #ids
  for name, value in pairs(fields) do other.fields[name] = value end
  return setmetatable(other, Point)
end

-- The numbers of the classes, int32 [n], or an error that says why they are needed.
function Point:labels()
  local y, n = self.fields.y, self:examples()
  if not native.is_tensor(y) or y.ndim ~= 1 then fail("%s: needs labels y that are the numbers of classes, [%d]", self.name, n) end
  return native.class_labels(self.name, y)
end

function Point:learning_rate()
  local lr = self.options.lr
  if lr == nil and self.run then lr = self.run.h.lr end
  if type(lr) ~= "number" then fail("%s: give the step size, lr = 0.1", self.name) end
  return lr
end

-- What the update of the step to come does to the parameters: that of the run's optimizer, or −lr times the gradient.
function Point:update()
  if self.run then
    local ahead = runs.copy(self.core)
    ahead.tracked, ahead.planned, ahead.watchers, ahead.is_view = {}, {}, {}, nil
    ahead = runs.make(ahead):advance(1)
    -- A step that diverges is not taken.
    if ahead.t ~= self.core.loop.t + 1 then return self.params * (0 / 0) end
    return ahead.params - self.params
  end
  return -self:learning_rate() * self:gradient()
end

-- MARK: Groups of parameters

-- The leaves of a tree by layer (the first key of their paths) or one by one: an ordered list of { name, path, leaves = positions }.
function parts.groups(operation, params, by)
  local groups, found = {}, {}
  for i, path in ipairs(native.places(params)) do
    if path == "" then fail("%s: by = \"%s\": the parameters are one tensor", operation, by) end
    local name = by == "layer" and path:match("^[^.]+") or path
    if not found[name] then
      found[name] = { name = math.tointeger(tonumber(name)) or name, path = name, leaves = {} }
      groups[#groups + 1] = found[name]
    end
    table.insert(found[name].leaves, i)
  end
  return groups
end

-- A value for the whole, or a table of them by group: measure(select), where select takes the leaves of a tree that belong there.
function parts.by_group(self, measure)
  local by = self.options.by
  if by ~= "layer" and by ~= "parameter" then return measure(function(t) return tree.leaves(t) end) end
  local result = {}
  for _, group in ipairs(parts.groups(self.name, self.params, by)) do
    result[group.name] = measure(function(t)
      local all, chosen = tree.leaves(t), {}
      for i, position in ipairs(group.leaves) do chosen[i] = all[position] end
      return chosen
    end)
  end
  return result
end

-- The same for per-example gradients.
function parts.by_gradients(self, measure)
  local by, gradients = self.options.by, self:per_example()
  if by ~= "layer" and by ~= "parameter" then return measure(gradients) end
  local result = {}
  for _, group in ipairs(parts.groups(self.name, self.params, by)) do result[group.name] = measure(gradients:restrict(group.path)) end
  return result
end

-- Masks of the examples of each class, in an ordered list of { class, mask }.
function parts.classes(self)
  local y, list = self:labels(), {}
  local largest = y:max():item()
  for class = 1, largest do
    local mask = y:eq(class)
    if mask:any():item() then list[#list + 1] = { class = class, mask = mask } end
  end
  return list, largest
end

local function scalar(x) return type(x) == "number" and x or native.number(x) end
parts.scalar = scalar
function parts.square(leaves) return scalar(tree.norm(leaves)) ^ 2 end

parts.point_of_run, parts.plain_point = point_of_run, plain_point
