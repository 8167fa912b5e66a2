-- Modes of deep linear networks and matrix factorisations of any depth N, balanced and with whitened inputs: u̇ = N u^(2−2/N) (s − u) (Arora,
-- Cohen & Hazan 2018, arXiv 1802.06509; Arora, Cohen, Hu & Luo 2019, arXiv 1905.13655). Runs once in every state.
local eb, native, parts = ...
local theory = parts.theory
local fail = theory.fail

-- With u = s xᴺ the flow is ẋ = s^(2−2/N) x^(N−1) (1 − xᴺ), and 1 / (x^(N−1) (1 − xᴺ)) = x^(1−N) + x/(1 − xᴺ). The second term without its pole,
-- x/(1 − xᴺ) − 1/(N (1 − x)), is smooth.
local function smooth(n, x)
  local y = 1 - x
  if math.abs(y) > 1e-2 then return x / (1 - x ^ n) - 1 / (n * y) end
  -- 1 − (1 − y)ᴺ = N y p with p = 1 − (N−1)/2 y + …, so that it is (1 − y − p) / (N y p).
  local p, rest, c = 1, 0, 1
  for j = 1, 12 do
    c = -c * (n - j) / (j + 1)
    rest = rest + c * y ^ (j - 1)
  end
  p = 1 + y * rest
  return (-1 - rest) / (n * p)
end

-- Gauss and Legendre's rule with 10 nodes.
local nodes = { 0.1488743389816312, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845, 0.9739065285171717 }
local weights = { 0.2955242247147529, 0.2692667193099963, 0.2190863625159820, 0.1494513491505806, 0.0666713443086881 }

local function integral(n, a, b)
  local panels = math.max(2, math.ceil(n * math.abs(b - a)))
  local sum, half = 0, (b - a) / panels / 2
  for i = 1, panels do
    local middle = a + (2 * i - 1) * half
    for j, node in ipairs(nodes) do
      sum = sum + weights[j] * (smooth(n, middle - half * node) + smooth(n, middle + half * node))
    end
  end
  return half * sum
end

-- The time from x0 to x1, both on one side of 1; `gap` is 1 − x1 where it is known better. s = 1.
local function time_between(n, x0, x1, gap)
  local first
  if n == 2 then first = math.log(x1 / x0) else first = (x0 ^ (2 - n) - x1 ^ (2 - n)) / (n - 2) end
  return first + integral(n, x0, x1) - math.log((gap or 1 - x1) / (1 - x0)) / n
end

function eb.theory.escape_time(depth, u0)
  local n = theory.whole("escape_time", "depth", depth, 1)
  if type(u0) ~= "number" or not (u0 > 0 and u0 < 1) then fail("escape_time: u0: expected a number between 0 and 1, got %s", tostring(u0)) end
  if n == 1 then return math.log(2 * (1 - u0)) end
  if n == 2 then return math.log((1 - u0) / u0) / 2 end
  return time_between(n, u0 ^ (1 / n), 0.5 ^ (1 / n))
end

-- u(t), t ≥ 0, by safeguarded Newton steps on ln(1 − x) ↦ time above the middle and on the time itself below.
local function deep_mode(n, s, u0, t)
  if s == 0 then
    -- u̇ = −N u^(3−2/N).
    local power = 2 - 2 / n
    if u0 == 0 then return 0 end
    return (u0 ^ -power + n * power * t) ^ (-1 / power)
  end
  if u0 == 0 or u0 == s or t == 0 then return u0 end
  local x0 = (u0 / s) ^ (1 / n)
  local target = t * s ^ (2 - 2 / n)
  -- The unknown is z = ln|1 − x|, which falls in time without an end.
  local sign = x0 < 1 and 1 or -1
  local high = math.log(math.abs(1 - x0))
  local low = high
  local function elapsed(z)
    local gap = sign * math.exp(z)
    return time_between(n, x0, 1 - gap, gap)
  end
  repeat low = low - 1 until elapsed(low) >= target
  local z = low
  for _ = 1, 200 do
    local x = 1 - sign * math.exp(z)
    local error = elapsed(z) - target
    if error > 0 then low = z else high = z end
    -- dT/dz = −(1 − x) / (x^(N−1) (1 − xᴺ)).
    local following = z + error * x ^ (n - 1) * (1 - x ^ n) / (1 - x)
    if not (following > low and following < high) then following = (low + high) / 2 end
    if math.abs(following - z) <= 1e-15 * math.max(1, math.abs(z)) then break end
    z = following
  end
  return s * (1 - sign * math.exp(z)) ^ n
end

function eb.theory.deep_modes(s, u0, t, options)
  native.check("deep_modes", options, { depth = "integer" })
  local n = theory.whole("deep_modes", "depth", options and options.depth or 3, 1)
  if n == 1 then return eb.theory.one_layer_modes(s, 1, u0, t) end
  if n == 2 then return eb.theory.saxe(s, u0, t) end
  return theory.tabulate("deep_modes", t, { "s", "u0" }, { s, u0 }, function(times, strength, start)
    local values = {}
    for i, time in ipairs(times) do
      if not (strength >= 0 and start >= 0 and time >= 0) then
        fail("deep_modes: expected s, u0 and t from 0 on, got %g, %g and %g", strength, start, time)
      end
      values[i] = deep_mode(n, strength, start, time)
    end
    return values
  end)
end
