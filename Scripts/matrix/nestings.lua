-- Every nesting of grad and jvp over one case of the matrix, in the program that is tested.
--
--   ebbtide nestings.lua JOB      JOB: a Lua file that returns the case with its numbers (program.py writes it)
--
-- Prints one line a result: mode, dtype, word, then the numbers (one a lane) or "error" and the message, with tabs between.
local eb = require "ebbtide"
local job = dofile(arg[1])

local function tensor(leaf, dtype)
  if #leaf.shape == 0 then return eb.tensor(leaf.values[1], { dtype = dtype }) end
  return eb.tensor(leaf.values, { dtype = dtype }):reshape(leaf.shape)
end

local function tensors(leaves, dtype)
  local result = {}
  for i, leaf in ipairs(leaves) do result[i] = tensor(leaf, dtype) end
  return result
end

-- A letter makes of a scalar function of a tree its derivative along v: r by reverse mode, f by forward mode.
local letters = {
  r = function(h, v) return function(x) return eb.tree.dot(eb.grad(h)(x), v) end end,
  f = function(h, v) return function(x) return (select(2, eb.jvp(h, { x }, { v }))) end end,
}

local function nested(word, scalar, v)
  for i = #word, 1, -1 do scalar = letters[word:sub(i, i)](scalar, v[i]) end
  return scalar
end

-- <w, op(x)> with every shape checked: broadcasting must not hide a wrong one.
local function contraction(operation, weights)
  return function(x)
    local results = table.pack(operation(table.unpack(x)))
    if results.n == 1 and type(results[1]) == "table" then results = table.pack(table.unpack(results[1])) end
    assert(results.n == #weights, ("%d results instead of %d"):format(results.n, #weights))
    local sum
    for i, w in ipairs(weights) do
      -- Outside transforms some scalars are Lua numbers.
      local result = type(results[i]) == "number" and eb.tensor(results[i]) or results[i]
      local got, wanted = table.concat(result.shape, ", "), table.concat(w.shape, ", ")
      assert(got == wanted, ("result %d is [%s], expected [%s]"):format(i, got, wanted))
      assert(result.dtype == w.dtype, ("result %d is %s, expected %s"):format(i, result.dtype, w.dtype))
      local term = (w * result):sum()
      sum = sum and sum + term or term
    end
    return sum
  end
end

local function number(x) return type(x) == "number" and x or x:item() end

-- Each mode gives the word's numbers for the lanes.
local modes = {}

function modes.plain(word, scalar, lanes)
  return { number(nested(word, scalar, lanes[1].v)(lanes[1].x)) }
end

function modes.vmapped(word, scalar, lanes, stacked)
  local values = eb.vmap(function(x, v) return nested(word, scalar, v)(x) end)(stacked.x, stacked.v)
  return values:totable()
end

-- vmap innermost: the nesting differentiates the sum of the lanes.
function modes.inside(word, scalar, lanes, stacked)
  local function summed(x) return eb.vmap(scalar)(x):sum() end
  return { number(nested(word, summed, stacked.v)(stacked.x)) }
end

local function stack(trees)
  if type(trees[1]) ~= "table" then return eb.stack(trees) end
  local result = {}
  for i in ipairs(trees[1]) do
    local parts = {}
    for lane, tree in ipairs(trees) do parts[lane] = tree[i] end
    result[i] = stack(parts)
  end
  return result
end

for _, dtype in ipairs(job.dtypes) do
  eb.default_dtype(dtype)
  local good, operation = pcall(function() return assert(load(job.source, "=case"))(eb) end)
  local scalar = good and contraction(operation, tensors(job.weights, dtype))
  local lanes, xs, vs = {}, {}, {}
  for i, lane in ipairs(job.lanes) do
    local v = {}
    for k, direction in ipairs(lane.v) do v[k] = tensors(direction, dtype) end
    lanes[i] = { x = tensors(lane.x, dtype), v = v }
    xs[i], vs[i] = lanes[i].x, v
  end
  local stacked = { x = stack(xs), v = stack(vs) }
  for _, mode in ipairs(job.modes) do
    for _, word in ipairs(job.words) do
      local fine, values = good, operation
      if fine then fine, values = pcall(modes[mode], word, scalar, lanes, stacked) end
      if fine then
        for i, value in ipairs(values) do values[i] = ("%.17g"):format(value) end
        print(mode, dtype, word, table.concat(values, "\t"))
      else
        print(mode, dtype, word, "error", (tostring(values):gsub("%s+", " ")))
      end
    end
  end
end
