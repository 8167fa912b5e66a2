-- What is learnt when, example by example. Runs once in every state, after groups.lua.
local eb, native, parts = ...
local diagnostic, scalar, tree, rules, fail = parts.diagnostic, parts.scalar, eb.tree, parts.rules, parts.fail

local double = { dtype = "float64" }

-- The scores that the model gives the examples.
local function scores_of(self)
  self:examples()
  local scores = self:prediction(self.params, self.fields)
  if not native.is_tensor(scores) or scores.ndim == 0 or #scores ~= self.count then
    fail("%s: option 'model': expected scores with %d rows", self.name, self.count)
  end
  return scores
end
parts.scores_of = scores_of

-- Scores of classes as [n, classes] and the numbers of the right ones; or, for two classes, [n] and signs ±1.
local function answers(self)
  local scores, y = scores_of(self), self.fields.y
  if not native.is_tensor(y) then fail("%s: needs labels y", self.name) end
  if scores.ndim == 2 and scores.shape[2] == 1 then scores = scores:reshape(-1) end
  if scores.ndim == 1 then return scores, eb.where(y:reshape(-1):gt(0), 1, -1), true end
  if y.ndim == 2 and y.shape[2] == scores.shape[2] then y = y:argmax(2) end
  if y.ndim ~= 1 then
    fail("%s: needs labels that are the numbers of classes, [n], targets [n, classes], or two classes as signs; got y of shape [%s] and scores of [%s]",
      self.name, table.concat(y.shape, ", "), table.concat(scores.shape, ", "))
  end
  return scores, native.class_labels(self.name, y, scores.shape[2])
end

-- How much better the right answer is than the best of the others.
local function margins(self)
  local scores, y, is_binary = answers(self)
  if is_binary then return scores * y end
  local classes = scores.shape[2]
  local right = y:unsqueeze(2):eq(eb.arange(1, classes, 1, { dtype = "int32" }))
  local least = eb.full({}, -math.huge, { dtype = scores.dtype })
  return eb.where(right, scores, least):max(2) - eb.where(right, least, scores):max(2)
end

-- Which examples are predicted right: the largest score, the first of equals, is that of the label. With a score that is NaN none is.
local function correct(self)
  if self.options.correct then
    local right = self.options.correct(self.params, self.fields.x, self.fields.y)
    if not native.is_tensor(right) or right.dtype ~= "bool" or #right ~= self:examples() then
      fail("%s: option 'correct': expected a bool tensor [%d]", self.name, self.count)
    end
    return right
  end
  local scores, y, is_binary = answers(self)
  if is_binary then return (scores * y):gt(0) end
  return scores:argmax(2):eq(y):logical_and(scores:isnan():any(2):logical_not())
end

local options = { model = "callable", correct = "callable", mask = "any" }

-- Shares of the examples in a state, and of the pristine and the corrupt ones where it is known which these are.
local function shares(self, o, inside, name, result)
  result[name] = scalar(inside:cast("float64"):mean())
  local known = o.mask ~= nil or native.is_tensor(self.fields.mask) and self.fields.mask.dtype == "bool"
  if known then
    local _, corrupt = parts.masks(self, o)
    corrupt = corrupt:cast("float64")
    local chosen = inside:cast("float64")
    result[name .. "_c"] = scalar((chosen * corrupt):sum()) / scalar(corrupt:sum())
    result[name .. "_p"] = scalar((chosen * (1 - corrupt)):sum()) / scalar((1 - corrupt):sum())
  end
  return result
end

local function expect_whole(self)
  if self.options.batch then fail("%s: follows the same examples from step to step; leave 'batch' out", self.name) end
end

diagnostic("learnt", {
  keeps = "history", options = options,
  measure = function(self, o, memory)
    expect_whole(self)
    local right = correct(self)
    local zero = eb.zeros({ self.count }, double)
    local now = eb.full({ self.count }, self.t, double)
    local first, last = memory and memory.first or zero, memory and memory.last or zero
    first = eb.where(first:gt(0), first, eb.where(right, now, zero))
    last = eb.where(right, eb.where(last:gt(0), last, now), zero)
    local result = shares(self, o, right, "fraction", { first = first, last = last })
    return result, { first = first, last = last }
  end,
})

diagnostic("forgetting", {
  keeps = "history", options = options,
  measure = function(self, o, memory)
    expect_whole(self)
    local right = correct(self)
    local count = memory and memory.count or eb.zeros({ self.count }, double)
    if memory then count = count + memory.right:logical_and(right:logical_not()):cast("float64") end
    local ever = memory and memory.ever:logical_or(right) or right
    local result = { count = count, mean = scalar(count:mean()) }
    shares(self, o, ever:logical_and(count:eq(0)), "unforgettable", result)
    shares(self, o, ever:logical_not(), "never", result)
    return result, { count = count, right = right, ever = ever }
  end,
})

-- A value an example, or means over classes.
local function each_example(measure)
  return function(self, o)
    local values = measure(self, o):cast("float64")
    if o.by ~= "class" then return values end
    local result = {}
    for _, each in ipairs((parts.classes(self))) do
      local inside = each.mask:cast("float64")
      result[each.class] = scalar((values * inside):sum()) / scalar(inside:sum())
    end
    return result
  end
end

diagnostic("margin", { by = { "class" }, options = { model = "callable" }, measure = each_example(margins) })

diagnostic("el2n", {
  by = { "class" }, options = { model = "callable" },
  measure = each_example(function(self)
    local scores, y, is_binary = answers(self)
    if is_binary then return (scores:sigmoid() - y:gt(0):cast(scores.dtype)):abs() * math.sqrt(2) end
    local right = y:unsqueeze(2):eq(eb.arange(1, scores.shape[2], 1, { dtype = "int32" })):cast(scores.dtype)
    return (scores:softmax(2) - right):norm(2, 2)
  end),
})

diagnostic("grand", { by = { "class" }, measure = each_example(function(self) return self:per_example():norms() end) })
