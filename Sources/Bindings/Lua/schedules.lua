-- Schedules: a hyper-parameter as a function of the step t, of which the first is 1. Runs once in every state.
local eb, native, rules = ...
local fail = rules.fail

local Schedule = { __name = "schedule" }
function Schedule.__tostring(self) return rawget(self, "text") end
function Schedule.__call(self, t) return rawget(self, "value")(t) end
function Schedule.__newindex() fail("a schedule is a value; make another one") end

local function schedule(value, text, ...) return setmetatable({ value = value, text = text:format(...) }, Schedule) end

local function number(operation, position, value, least)
  if type(value) ~= "number" or value ~= value or (least and value < least) then
    fail("schedule.%s: argument %d: expected a number%s, got %s", operation, position, least and (" from %g on"):format(least) or "",
      type(value) == "number" and tostring(value) or native.type(value))
  end
  return value
end

-- The share of a schedule of so many steps that lies behind step t: 0 before it begins, 1 from its end on.
local function passed(t, steps) return math.max(0, math.min(1, t / steps)) end

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
  return schedule(function(t) return from * factor ^ (t / steps) end, "exponential %g by %g every %g", from, factor, steps)
end

function eb.schedule.step(from, factor, steps)
  number("step", 1, from) number("step", 2, factor, 0) number("step", 3, steps, 1)
  return schedule(function(t) return from * factor ^ (t // steps) end, "step %g by %g every %g", from, factor, steps)
end

-- The value at t, of a number or a schedule.
local function at(value, t) if type(value) == "number" then return value end return value(t) end

function eb.schedule.warmup(steps, following)
  number("warmup", 1, steps, 1)
  if type(following) ~= "number" and not rules.is_callable(following) then
    fail("schedule.warmup: argument 2: expected a number or a schedule for what follows, got %s", native.type(following))
  end
  return schedule(function(t)
    if t < steps then return at(following, 0) * t / steps end
    return at(following, t - steps)
  end, "warmup in %g, then %s", steps, tostring(following))
end

-- Smith & Topin 2019 (arXiv 1708.07120) with cosines: up to `most` in the first 30 %, then down to most/10⁴.
function eb.schedule.one_cycle(most, steps, options)
  number("one_cycle", 1, most) number("one_cycle", 2, steps, 1)
  native.check("schedule.one_cycle", options, { warmup = "number", start = "number", final = "number" })
  options = options or {}
  local first, last = options.start or most / 25, options.final or most / 25 / 1e4
  local rise = math.max(1, (options.warmup or 0.3) * steps)
  local function between(a, b, share) return b + (a - b) * (1 + math.cos(math.pi * share)) / 2 end
  return schedule(function(t)
    if t < rise then return between(first, most, passed(t, rise)) end
    return between(most, last, passed(t - rise, steps - rise))
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
