-- What Scripts/bench times on Ebbtide's side: plain user code. Prints one line a workload: name, median, unit, and a number that
-- identifies the result, so that peers can show that they did the same work.
local eb = require "ebbtide"

local function median(values)
  table.sort(values)
  return values[(#values + 1) // 2]
end

-- The median over samples of at least 50 ms of CPU time each, in seconds a call.
local function time(body)
  local calls = 1
  while true do
    local start = os.clock()
    for _ = 1, calls do body() end
    if os.clock() - start >= 0.05 then break end
    calls = calls * 2
  end
  local samples = {}
  for i = 1, 9 do
    local start = os.clock()
    for _ = 1, calls do body() end
    samples[i] = (os.clock() - start) / calls
  end
  return median(samples)
end

local function report(name, value, unit, check) print(("%s\t%.6g\t%s\t%.8g"):format(name, value, unit, check)) end

-- SplitMix64 and Box-Muller, the inputs that every language can make again.
local function randn(seed, n)
  local state, values = seed, {}
  local function uniform()
    state = state + 0x9E3779B97F4A7C15
    local z = state
    z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ~ (z >> 27)) * 0x94D049BB133111EB
    z = z ~ (z >> 31)
    return ((z >> 11) + 0.5) * 2.0 ^ -53
  end
  for i = 1, n, 2 do
    local a, b = uniform(), uniform()
    local radius = math.sqrt(-2 * math.log(a))
    values[i], values[i + 1] = radius * math.cos(2 * math.pi * b), radius * math.sin(2 * math.pi * b)
  end
  values[n + 1] = nil
  return values
end

local workloads = {}

function workloads.add()
  local a, b = eb.tensor(randn(1, 8)), eb.tensor(randn(2, 8))
  local function thousand()
    for _ = 1, 1000 do local c = a + b end
  end
  report("add", time(thousand) / 1000 * 1e9, "ns", (a + b):sum():item())
end

function workloads.chain()
  local x = eb.randn { 10000000, rng = eb.rng(5) }
  local a, b = 0.7, 0.3
  report("chain", time(function() local y = (a * x + b):tanh() * x end) * 1e3, "ms", ((a * x + b):tanh() * x):mean():item())
end

function workloads.epoch()
  -- The data have MNIST's size and the shapes of its classes; what they are does not change the time.
  local n = 60000
  local rng = eb.rng(1001)
  local means = 0.05 * eb.randn { 10, 784, rng = rng }
  local y = eb.arange(0, n - 1, 1, { dtype = "int32" }) % 10 + 1
  local x = (means:index(1, y) + 0.5 * eb.randn { n, 784, rng = rng }):clamp(0, 1)
  local net = eb.nn.mlp { 784, 256, 256, 10, act = "relu" }
  local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
  local step = eb.value_and_grad(loss)
  local opt = eb.optim.sgd { lr = 0.01, momentum = 0.9 }
  local samples, mean = {}, 0
  for i = 1, 3 do
    local p = net:init { rng = eb.rng(7), init = "lecun_normal" }
    local state = opt:init(p)
    local total, count = 0, 0
    local start = os.clock()
    for x, y in eb.batches({ x = x, y = y }, { size = 128, shuffle = true, drop_last = true, rng = eb.rng(51) }) do
      local value, gradient = step(p, x, y)
      p, state = opt:step(p, gradient, state)
      total, count = total + value:item(), count + 1
    end
    samples[i], mean = os.clock() - start, total / count
  end
  report("epoch", median(samples), "s", mean)
end

for _, name in ipairs(arg) do
  if not workloads[name] then error("there is no workload '" .. name .. "'", 0) end
  workloads[name]()
end
