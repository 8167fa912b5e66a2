-- W14: Adam over 10^7 parameters, written in Lua for one leaf, compiled: every number is read and written once. Once with fresh results, once
-- with p, m and v given to each step, which writes over them.
local eb = require "ebbtide"
local measure = require "measure"

local start, g = measure.input "normal-5-10000000-float32", measure.input "normal-6-10000000-float32"

local function adam(p, g, m, v, t)
  m = 0.9 * m + 0.1 * g
  v = 0.999 * v + 0.001 * g * g
  return p - 1e-3 * (m / (1 - 0.9 ^ t)) / ((v / (1 - 0.999 ^ t)):sqrt() + 1e-8), m, v
end

for _, variant in ipairs { "", "donated" } do
  local step = eb.compile(adam, { donate = variant == "donated" and { 1, 3, 4 } })
  local p, m, v, t = 1 * start, eb.zeros_like(start), eb.zeros_like(start), 0
  local function body()
    t = t + 1
    p, m, v = step(p, g, m, v, t)
  end
  for _ = 1, 3 do body() end
  local moved = ((p:cast "float64" - start:cast "float64") * g:cast "float64"):mean():item()
  measure.report("adam", measure.samples(body), { moved = moved }, { variant = variant })
end
