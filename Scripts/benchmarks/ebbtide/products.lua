-- W3: products of square matrices in both precisions, either operand transposed, and 64 small ones at once.
local eb = require "ebbtide"
local measure = require "measure"

local largest = tonumber(arg[1]) or 2048
local flat = { measure.input "normal-11-4194304-float64", measure.input "normal-12-4194304-float64" }

local function product(name, dtype, shape, a_transposed, b_transposed)
  local count = 1
  for _, n in ipairs(shape) do count = count * n end
  local a, b = flat[1][{ { 1, count } }]:reshape(shape):cast(dtype), flat[2][{ { 1, count } }]:reshape(shape):cast(dtype)
  local function f() return (a_transposed and a:t() or a):mm(b_transposed and b:t() or b) end
  measure.report(dtype .. " " .. name, measure.samples(f), { sum = f():cast("float64"):abs():sum() })
end

for _, dtype in ipairs { "float32", "float64" } do
  for _, n in ipairs { 16, 32, 64, 128, 256, 512, 1024, 2048 } do
    if n <= largest then
      product("NN " .. n, dtype, { n, n })
      product("TN " .. n, dtype, { n, n }, true)
      product("NT " .. n, dtype, { n, n }, false, true)
    end
  end
  product("NN 64 of 64", dtype, { 64, 64, 64 })
end
