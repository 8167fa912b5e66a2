-- Labelled examples, batches of them, and perturbations of their labels. Runs once in every state.
-- eb: the module's table; native: what Swift does for this file (loaders, option checks).
local eb, native = ...

-- A dataset is a table { x =, y =, classes =, … }; every tensor field with one entry an example travels with the examples.
local Dataset = {}
Dataset.__index = Dataset
Dataset.__name = "dataset"

local function dataset(fields) return setmetatable(fields, Dataset) end

local function is_tensor(value) return native.is_tensor(value) end

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

-- The examples with the given numbers (an int32 tensor or a table), in that order.
function Dataset:pick(ids)
  return each_field(self, function(field) return field:index(1, ids) end)
end

local function range(data, first, last)
  return each_field(data, function(field) return field[{ { first, last } }] end)
end

function Dataset:take(n)
  if math.type(n) ~= "integer" or n < 1 or n > #self then
    error(("take: expected a number of examples from 1 to %d, got %s"):format(#self, tostring(n)), 2)
  end
  return range(self, 1, n)
end

function Dataset:split(fraction)
  local n = #self
  local first = type(fraction) == "number" and math.floor(n * fraction + 0.5) or 0
  if first < 1 or first >= n then
    error(("split: expected a fraction that leaves both parts some of the %d examples, got %s"):format(n, tostring(fraction)), 2)
  end
  return range(self, 1, first), range(self, first + 1, n)
end

function Dataset:shuffle(rng)
  return self:pick(rng and rng:permutation(#self) or eb.permutation(#self))
end

for _, name in ipairs { "mnist", "mnist_sample" } do
  local load = native[name]
  eb.data[name] = function(options)
    local train, test = load(options)
    return dataset(train), dataset(test)
  end
end

-- Batches: calling the object in a generic for goes through one epoch, `for x, y, batch in batches do`; batch has x, y, index and
-- the other fields of the data.
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

function Batches:__call()
  local n = #self.data
  if self.position == 0 and self.shuffled then
    self.order = self.rng and self.rng:permutation(n) or eb.permutation(n)
  end
  local first = self.position + 1
  local last = math.min(self.position + self.size, n)
  if first > n or (self.drop_last and last - first + 1 < self.size) then
    self.position = 0
    return nil
  end
  self.position = last
  local batch
  if self.order then
    local index = self.order[{ { first, last } }]
    batch = self.data:pick(index)
    batch.index = index
  else
    batch = range(self.data, first, last)
    batch.index = eb.arange(first, last, 1, { dtype = "int32" })
  end
  return batch.x, batch.y, batch
end

function eb.batches(data, options)
  native.check("batches", options, { "size", "shuffle", "drop_last", "rng" })
  options = options or {}
  if getmetatable(data) ~= Dataset then
    if type(data) ~= "table" or not is_tensor(data.x) then
      error("batches: argument 1: expected a dataset, a table { x =, y = }, got " .. type(data), 2)
    end
    local copy = {}
    for key, value in pairs(data) do copy[key] = value end
    data = dataset(copy)
  end
  local size = options.size or 32
  if math.type(size) ~= "integer" or size < 1 then
    error(("batches: option 'size': expected a positive whole number, got %s"):format(tostring(size)), 2)
  end
  return setmetatable({
    data = data, size = size, shuffled = options.shuffle or false, drop_last = options.drop_last or false, rng = options.rng,
    position = 0,
  }, Batches)
end

-- Every example is chosen with probability `fraction`, and the labels of the chosen ones are permuted among them (Chatterjee 2020,
-- arXiv 2002.10657), so that about a share Σ q² of them keeps a right label by chance. Returns the data with fields `mask` (true:
-- chosen) and `y_clean` (the labels before), and the mask.
function eb.perturb.label_noise(data, fraction, options)
  native.check("label_noise", options, { "rng" })
  if type(data) ~= "table" or not is_tensor(data.x) or not is_tensor(data.y) then
    error("label_noise: argument 1: expected a dataset with x and y", 2)
  end
  if type(fraction) ~= "number" or not (fraction >= 0 and fraction <= 1) then
    error(("label_noise: argument 2: expected a fraction in [0, 1], got %s"):format(tostring(fraction)), 2)
  end
  local draws = { rng = options and options.rng or nil }
  local n = #data.y
  local mask = eb.rand({ n, rng = draws.rng }):lt(fraction)
  local chosen, labels = {}, data.y:totable()
  for i, flag in ipairs(mask:totable()) do
    if flag then chosen[#chosen + 1] = i end
  end
  local noisy = table.move(labels, 1, n, 1, {})
  if #chosen > 0 then
    for i, from in ipairs(eb.permutation(#chosen, draws):totable()) do
      noisy[chosen[i]] = labels[chosen[from]]
    end
  end
  local result = {}
  for key, value in pairs(data) do result[key] = value end
  result.y = eb.tensor(noisy, { dtype = data.y.dtype })
  result.y_clean = data.y
  result.mask = mask
  return dataset(result), mask
end
