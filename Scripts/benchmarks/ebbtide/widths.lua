-- W15: a step of a 10-w-w-10 perceptron, batch 128, compiled, for growing w: the time must grow with it, whatever the number of threads.
local eb = require "ebbtide"
local measure = require "measure"

local threads = tonumber(arg[1]) or 1
local largest = tonumber(arg[2]) or 512
local x, y = eb.randn { 128, 10, rng = eb.rng(1) }, eb.randn { 128, 10, rng = eb.rng(2) }

-- Threads share the work, so the time is that of the wall: of batches of steps long enough for a clock that is a program.
local function wall()
  local pipe = assert(io.popen "date +%s.%N")
  local now = pipe:read "n"
  pipe:close()
  return now
end

local function samples(body)
  local seconds, count = tonumber(os.getenv "SAMPLE_SECONDS") or 0.05, tonumber(os.getenv "SAMPLES") or 7
  local function timed(calls)
    local start = wall()
    for _ = 1, calls do body() end
    return wall() - start
  end
  local calls, all = 16, {}
  while timed(calls) < math.max(seconds, 0.05) do calls = calls * 2 end
  for i = 1, count do all[i] = timed(calls) / calls end
  return all
end

local w = 8
while w <= largest do
  local net = eb.nn.mlp { 10, w, w, 10, act = "tanh" }
  local gradient = eb.grad(function(p) return eb.loss.mse(net(p, x), y) end)
  local step = eb.compile(function(p) return p - 0.01 * gradient(p) end)
  local p = net:init { rng = eb.rng(3) }
  local case = ("width %d, %d thread%s"):format(w, threads, threads == 1 and "" or "s")
  measure.report(case, samples(function() p = step(p) end))
  w = w * 2
end
