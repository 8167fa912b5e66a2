-- What every workload needs on Ebbtide's side: the inputs, a clock, and the lines that Scripts/bench reads.
local eb = require "ebbtide"
local measure = {}

local count = tonumber(os.getenv "SAMPLES") or 7
local shortest = tonumber(os.getenv "SAMPLE_SECONDS") or 0.05

---The tensor in an input, an IDX file, perhaps in another dtype.
function measure.input(name, dtype)
  local x = eb.data.idx(("%s/%s.idx"):format(os.getenv "INPUTS" or ".", name))
  return dtype and x:cast(dtype) or x
end

-- Seconds for which the program was ready to run and something else had the core, where Linux tells.
local function waited()
  local file = io.open "/proc/self/schedstat"
  if not file then return 0 end
  local ran, waiting = file:read("n", "n")
  file:close()
  return waiting / 1e9
end

local function timed(body, calls)
  local waiting, start = waited(), os.clock()
  for _ = 1, calls do body() end
  local processor = os.clock() - start
  return processor, waited() - waiting
end

---Seconds of the processor a call: samples of at least SAMPLE_SECONDS each, after a warm-up. One in which the program got less than
---97 % of its core is taken again, at most three times as often as there are samples. Calls of a second and more get five samples.
function measure.samples(body)
  local calls = 1
  local first = timed(body, calls)
  while first < shortest do
    calls = calls * 2
    first = timed(body, calls)
  end
  local wanted = first < 1 and count or math.min(count, 5)
  local samples, again = {}, 3 * wanted
  while #samples < wanted do
    local processor, waiting = timed(body, calls)
    if processor < 0.97 * (processor + waiting) and again > 0 then
      again = again - 1
    else
      samples[#samples + 1] = processor / calls
    end
  end
  return samples
end

---One line: case, peer, variant, the samples over `calls`, and numbers that identify the result.
function measure.report(case, samples, numbers, options)
  options = options or {}
  local parts, times = { case, "Ebbtide", options.variant or "" }, {}
  for i, s in ipairs(samples) do times[i] = ("%.6g"):format(s / (options.calls or 1)) end
  parts[4] = table.concat(times, ",")
  local names = {}
  for name in pairs(numbers or {}) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local x = numbers[name]
    parts[#parts + 1] = ("%s=%.12g"):format(name, type(x) == "number" and x or x:item())
  end
  print(table.concat(parts, "\t"))
end

return measure
