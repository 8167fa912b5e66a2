-- Perturbations of data: other labels, other inputs, examples dropped and repeated. Each answers new data. Runs once in every state, after
-- datasets.lua.
local eb, native = ...
local perturb, dataset = eb.perturb, native.dataset

local function fail(text, ...) native.fail(text:format(...)) end

-- The data with some fields in other ways.
local function changed(data, fields)
  local result = {}
  for key, value in pairs(data) do result[key] = value end
  for key, value in pairs(fields) do result[key] = value end
  return eb.data.dataset(result)
end

local function fraction_of(operation, fraction)
  if type(fraction) ~= "number" or not (fraction >= 0 and fraction <= 1) then
    fail("%s: argument 2: expected a fraction in [0, 1], got %s", operation, tostring(fraction))
  end
  return fraction
end

local function classes_of(operation, data)
  if data.y.ndim ~= 1 then
    fail("%s: labels must be the numbers of classes, [n], for this kind; got %s [%s]", operation, data.y.dtype, table.concat(data.y.shape, ", "))
  end
  return data.classes or native.class_labels(operation, data.y):max():item()
end

-- The labels of the chosen ones, by the kind of noise.
local kinds = {
  -- Permuted among them (Chatterjee 2020, arXiv 2002.10657).
  permute = function(data, mask, rng)
    local chosen, source = {}, {}
    for i, flag in ipairs(mask:totable()) do
      source[i] = i
      if flag then chosen[#chosen + 1] = i end
    end
    for i, from in ipairs(eb.permutation(#chosen, { rng = rng }):totable()) do source[chosen[i]] = chosen[from] end
    return data.y:index(1, source)
  end,
  -- Any class, the right one too.
  uniform = function(data, mask, rng)
    local drawn = eb.randint({ #data }, 1, classes_of("label_noise", data), { rng = rng })
    return eb.where(mask, drawn:cast(data.y.dtype), data.y)
  end,
  -- The next class, the first after the last (Han et al. 2018, arXiv 1804.06872).
  pair_flip = function(data, mask)
    return eb.where(mask, data.y % classes_of("label_noise", data) + 1, data.y)
  end,
}

local function with_noise(operation, kind, data, fraction, options)
  data = dataset(data, operation)
  if not data.y then fail("%s: argument 1: expected a dataset with labels y", operation) end
  fraction_of(operation, fraction)
  local rng = options and options.rng
  local mask = eb.rand({ #data }, { rng = rng }):lt(fraction)
  return changed(data, { y = kinds[kind](data, mask, rng), y_clean = data.y, mask = mask }), mask
end

function perturb.label_noise(data, fraction, options)
  native.check("label_noise", options, { rng = "generator", kind = "string" })
  local kind = options and options.kind or "permute"
  if not kinds[kind] then fail("label_noise: option 'kind': expected \"permute\", \"uniform\" or \"pair_flip\", got \"%s\"", kind) end
  return with_noise("label_noise", kind, data, fraction, options)
end

function perturb.permute_labels(data, fraction, options)
  native.check("permute_labels", options, { rng = "generator" })
  return with_noise("permute_labels", "permute", data, fraction, options)
end

function perturb.input_noise(data, sigma, options)
  native.check("input_noise", options, { rng = "generator", fraction = "number" })
  data = dataset(data, "input_noise")
  if type(sigma) ~= "number" or not (sigma >= 0 and sigma < math.huge) then
    fail("input_noise: argument 2: expected a number from 0 on, got %s", tostring(sigma))
  end
  local rng = options and options.rng
  local mask = eb.rand({ #data }, { rng = rng }):lt(fraction_of("input_noise", options and options.fraction or 1))
  local sizes = { #data }
  for axis = 2, data.x.ndim do sizes[axis] = 1 end
  local x = data.x + sigma * mask:reshape(sizes):cast(data.x.dtype) * eb.randn_like(data.x, { rng = rng })
  return changed(data, { x = x, x_clean = data.x, mask = mask }), mask
end

-- The numbers of examples as a mask over all.
local function mask_of(operation, data, ids)
  if native.is_tensor(ids) and ids.dtype == "bool" then
    if ids.ndim ~= 1 or #ids ~= #data then fail("%s: argument 2: expected a mask with %d entries, one an example", operation, #data) end
    return ids
  end
  if native.is_tensor(ids) then ids = ids:totable() end
  if type(ids) ~= "table" then fail("%s: argument 2: expected numbers of examples or a bool mask, got %s", operation, native.type(ids)) end
  local flags = {}
  for i = 1, #data do flags[i] = false end
  for _, id in ipairs(ids) do
    if flags[id] == nil then fail("%s: argument 2: there is no example %s among %d", operation, tostring(id), #data) end
    flags[id] = true
  end
  return eb.tensor(flags)
end

function perturb.drop_examples(data, ids)
  data = dataset(data, "drop_examples")
  local mask = mask_of("drop_examples", data, ids)
  if mask:all():item() then fail("drop_examples: no example would be left") end
  return data:pick(~mask)
end

function perturb.duplicate(data, ids, times)
  data = dataset(data, "duplicate")
  times = times or 2
  if math.type(times) ~= "integer" or times < 1 then fail("duplicate: argument 3: expected how often they are there then, from 1 on, got %s", tostring(times)) end
  local order = {}
  for i = 1, #data do order[i] = i end
  for i, flag in ipairs(mask_of("duplicate", data, ids):totable()) do
    if flag then for _ = 2, times do order[#order + 1] = i end end
  end
  local result = data:pick(order)
  result.source = eb.tensor(order, { dtype = "int32" })
  return result
end
