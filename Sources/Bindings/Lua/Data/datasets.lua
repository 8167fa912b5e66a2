-- Labelled examples and batches of them. Runs once in every state.
-- eb: the module's table; native: what Swift does for this file (loaders, option checks).
local eb, native = ...

-- A dataset is a table { x =, y =, classes =, … }; every tensor field with one entry an example travels with the examples.
local Dataset = {}
Dataset.__index = Dataset
Dataset.__name = "dataset"

local function dataset(fields) return setmetatable(fields, Dataset) end

local function is_tensor(value) return native.is_tensor(value) end

local function fail(text, ...) native.fail(text:format(...)) end

-- The dataset that an argument is, or that a table with a tensor x, and perhaps y, makes: { x =, y = } or { x, y }.
local function from_table(data, operation)
  if type(data) == "table" and data.x == nil and is_tensor(data[1]) then
    local named = {}
    for key, value in pairs(data) do named[key] = value end
    named.x, named[1] = data[1], nil
    if named.y == nil then named.y, named[2] = data[2], nil end
    data = named
  end
  if type(data) ~= "table" or not is_tensor(data.x) then
    fail("%s: argument 1: expected a dataset, a table { x =, y = } of tensors, got %s", operation,
      type(data) == "table" and "a table without a tensor x" or is_tensor(data) and "tensor" or type(data))
  end
  if data.x.ndim == 0 then fail("%s: x must have its examples along dimension 1, got a scalar", operation) end
  if data.y ~= nil then
    if not is_tensor(data.y) then fail("%s: y must be a tensor, got %s", operation, type(data.y)) end
    if data.y.ndim == 0 or #data.y ~= #data.x then
      fail("%s: x has %d examples and y has shape [%s]; their first sizes must be equal", operation, #data.x,
        table.concat(data.y.shape, ", "))
    end
  end
  if getmetatable(data) == Dataset then return data end
  local fields = {}
  for key, value in pairs(data) do fields[key] = value end
  return dataset(fields)
end

function eb.data.dataset(fields) return from_table(fields, "data.dataset") end

-- A method called with a dot gets something else as self.
local function receive(self, method)
  if getmetatable(self) ~= Dataset then fail("%s: expected a dataset in front, data:%s(...) with a colon", method, method) end
end

function Dataset:__len() return #self.x end

function Dataset:__tostring()
  local sizes = self.x.shape
  local n = table.remove(sizes, 1)
  local classes = self.classes and (", %d classes"):format(self.classes) or ""
  return ("dataset: %d examples of [%s]%s"):format(n, table.concat(sizes, ", "), classes)
end

-- The dataset whose per-example fields are what `choose` makes of them.
local function each_field(data, choose)
  local n = #data.x
  local result = {}
  for key, value in pairs(data) do
    local per_example = is_tensor(value) and value.ndim > 0 and #value == n
    if per_example then result[key] = choose(value) else result[key] = value end
  end
  return dataset(result)
end

-- The examples with the given numbers (a tensor or table of them, or a bool mask), in that order.
function Dataset:pick(ids)
  receive(self, "pick")
  if is_tensor(ids) and ids.dtype == "bool" then
    if ids.ndim ~= 1 or #ids ~= #self then
      fail("pick: expected a mask with %d entries, one an example, got bool[%s]", #self, table.concat(ids.shape, ", "))
    end
    return each_field(self, function(field) return field[ids] end)
  end
  if type(ids) ~= "table" and not is_tensor(ids) then
    fail("pick: expected the numbers of examples (a tensor or a table) or a bool mask, got %s", type(ids))
  end
  return each_field(self, function(field) return field:index(1, ids) end)
end

local function range(data, first, last)
  return each_field(data, function(field) return field[{ { first, last } }] end)
end

function Dataset:take(n)
  receive(self, "take")
  local count = math.type(n) and math.tointeger(n)
  if not count or count < 1 or count > #self then
    fail("take: expected a number of examples from 1 to %d, got %s", #self, tostring(n))
  end
  return range(self, 1, count)
end

function Dataset:split(fraction)
  receive(self, "split")
  local n = #self
  local first = math.type(fraction) and fraction > 0 and fraction < 1 and math.floor(n * fraction + 0.5) or 0
  if first < 1 or first >= n then
    fail("split: expected a fraction that leaves both parts some of the %d examples, got %s", n, tostring(fraction))
  end
  return range(self, 1, first), range(self, first + 1, n)
end

function Dataset:shuffle(rng)
  receive(self, "shuffle")
  native.check("shuffle", { rng = rng }, { rng = "generator" })
  return self:pick(eb.permutation(#self, { rng = rng }))
end

for _, name in ipairs { "mnist", "mnist_sample", "fashion_mnist", "cifar10" } do
  local load = native[name]
  eb.data[name] = function(options)
    local train, test = load(options)
    return dataset(train), dataset(test)
  end
end

-- With the option x the examples of a dataset, else columns or a matrix.
function eb.data.csv(path, options)
  local result = native.csv(path, options)
  return type(options) == "table" and options.x and dataset(result) or result
end

-- Batches: a generic for goes through one epoch, `for x, y, batch in batches do`; batch has x, y, index and the other fields of the data.
--
-- Lua calls the object with the x of the batch before, nil at the start of a loop. That tells which loop asks, so every loop is an
-- epoch of its own: one that was left with break leaves nothing behind, and loops may be nested.
local Batches = {}
Batches.__index = Batches
Batches.__name = "batches"

function Batches:__len()
  local count = #self.data / self.size
  return self.drop_last and math.floor(count) or math.ceil(count)
end

function Batches:__tostring()
  return ("batches: %d of %d examples%s"):format(#self, self.size, self.shuffled and ", shuffled" or "")
end

function Batches:__call(_, previous)
  local n = #self.data
  local epoch
  if previous == nil then
    epoch = { position = 0, order = self.shuffled and eb.permutation(n, { rng = self.rng }) or nil }
  else
    epoch = self.epochs[previous]
    if not epoch then fail("batches: expected to be called by a generic for: for x, y in batches do ... end") end
    self.epochs[previous] = nil
  end
  local first = epoch.position + 1
  local last = math.min(epoch.position + self.size, n)
  if first > n or (self.drop_last and last - first + 1 < self.size) then return nil end
  epoch.position = last
  local batch
  if epoch.order then
    local index = epoch.order[{ { first, last } }]
    batch = self.data:pick(index)
    batch.index = index
  else
    batch = range(self.data, first, last)
    batch.index = eb.arange(first, last, 1, { dtype = "int32" })
  end
  self.epochs[batch.x] = epoch
  return batch.x, batch.y, batch
end

function eb.batches(data, options)
  native.check("batches", options, { size = "integer", shuffle = "boolean", drop_last = "boolean", rng = "generator" })
  options = options or {}
  data = from_table(data, "batches")
  local size = math.tointeger(options.size or 32)
  if size < 1 then fail("batches: option 'size': expected a positive number, got %d", size) end
  if options.drop_last and size > #data then
    fail("batches: drop_last leaves no batch: size is %d and there are %d examples", size, #data)
  end
  return setmetatable({
    data = data, size = size, shuffled = options.shuffle or false, drop_last = options.drop_last or false, rng = options.rng,
    epochs = setmetatable({}, { __mode = "k" }),
  }, Batches)
end

native.dataset = from_table
