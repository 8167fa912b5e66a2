-- Schedules: a hyper-parameter as a function of the step t, of which the first is 1 and gets the value that a schedule begins with. Runs
-- once in every state, after optimizers.lua.
local eb, native, rules = ...
local fail = rules.fail

local Schedule = { __name = "schedule" }
function Schedule.__tostring(self) return rawget(self, "text") end
function Schedule.__call(self, t) return rawget(self, "value")(t) + 0.0 end
function Schedule.__newindex() fail("a schedule is a value; make another one") end

local function schedule(value, text, ...) return setmetatable({ value = value, text = text:format(...) }, Schedule) end

local function number(operation, position, value, least)
  if type(value) ~= "number" or value ~= value or (least and value < least) then
    fail("schedule.%s: argument %d: expected a number%s, got %s", operation, position, least and (" from %g on"):format(least) or "",
      type(value) == "number" and tostring(value) or native.type(value))
  end
  return value
end

-- The share of a schedule of so many steps that lies behind before step t: 0 at the first, 1 when all are done.
local function passed(t, steps) return math.max(0, math.min(1, (t - 1) / steps)) end

function eb.schedule.constant(value)
  number("constant", 1, value)
  return schedule(function() return value end, "constant %g", value)
end

function eb.schedule.linear(from, to, steps)
  number("linear", 1, from) number("linear", 2, to) number("linear", 3, steps, 1)
  return schedule(function(t) return from + (to - from) * passed(t, steps) end, "linear %g to %g in %g", from, to, steps)
end

-- Loshchilov & Hutter 2017 (arXiv 1608.03983), without restarts.
function eb.schedule.cosine(from, steps, to)
  to = to or 0
  number("cosine", 1, from) number("cosine", 2, steps, 1) number("cosine", 3, to)
  return schedule(function(t) return to + (from - to) * (1 + math.cos(math.pi * passed(t, steps))) / 2 end, "cosine %g to %g in %g", from, to, steps)
end

function eb.schedule.exponential(from, factor, steps)
  steps = steps or 1
  number("exponential", 1, from) number("exponential", 2, factor, 0) number("exponential", 3, steps, 1)
  return schedule(function(t) return from * factor ^ ((t - 1) / steps) end, "exponential %g by %g every %g", from, factor, steps)
end

function eb.schedule.step(from, factor, steps)
  number("step", 1, from) number("step", 2, factor, 0) number("step", 3, steps, 1)
  return schedule(function(t) return from * factor ^ ((t - 1) // steps) end, "step %g by %g every %g", from, factor, steps)
end

-- The value at t, of a number or a schedule.
local function at(value, t) if type(value) == "number" then return value end return value(t) end

-- Up to the first value of what follows, which step `steps` is the first to have.
function eb.schedule.warmup(steps, following)
  number("warmup", 1, steps, 1)
  if type(following) ~= "number" and not rules.is_callable(following) then
    fail("schedule.warmup: argument 2: expected a number or a schedule for what follows, got %s", native.type(following))
  end
  return schedule(function(t)
    if t < steps then return at(following, 1) * t / steps end
    return at(following, t - steps + 1)
  end, "warmup in %g, then %s", steps, tostring(following))
end

-- Smith & Topin 2019 (arXiv 1708.07120) with cosines and the numbers of PyTorch: from most/25 up to `most` in the first 30 % of the steps,
-- then down to most/(25 · 10⁴) at the last.
function eb.schedule.one_cycle(most, steps, options)
  number("one_cycle", 1, most) number("one_cycle", 2, steps, 2)
  native.check("schedule.one_cycle", options, { warmup = "number", start = "number", final = "number" })
  options = options or {}
  local share = options.warmup or 0.3
  if not (share >= 0 and share < 1) then fail("schedule.one_cycle: option 'warmup': expected a value in [0, 1), got %s", tostring(share)) end
  local first = options.start or most / 25
  local last = options.final or first / 1e4
  local rise = math.max(0, share * steps - 1)
  local function between(a, b, part) return a + (b - a) * (1 - math.cos(math.pi * part)) / 2 end
  return schedule(function(t)
    local u = math.max(0, t - 1)
    if u < rise then return between(first, most, u / rise) end
    return between(most, last, math.min(1, (u - rise) / (steps - 1 - rise)))
  end, "one cycle up to %g in %g", most, steps)
end

-- piecewise{ {0, a}, {1000, b} }: a until step 1000, from there b, numbers or schedules of t.
function eb.schedule.piecewise(pieces)
  if type(pieces) ~= "table" or #pieces == 0 then fail("schedule.piecewise: expected { {first step, value}, ... }, got %s", native.type(pieces)) end
  for i, piece in ipairs(pieces) do
    if type(piece) ~= "table" or type(piece[1]) ~= "number" or not (type(piece[2]) == "number" or rules.is_callable(piece[2])) then
      fail("schedule.piecewise: entry %d: expected {first step, number or schedule}", i)
    end
    if i > 1 and piece[1] <= pieces[i - 1][1] then fail("schedule.piecewise: entry %d: the first steps must ascend", i) end
  end
  return schedule(function(t)
    local value = pieces[1][2]
    for _, piece in ipairs(pieces) do if t >= piece[1] then value = piece[2] end end
    return at(value, t)
  end, "piecewise, %d pieces", #pieces)
end

native.opaque(Schedule)
