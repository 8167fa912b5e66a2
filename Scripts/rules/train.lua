-- What follows cases, x, y, start and steps (run.py): trains each case and prints its parameters, a line for each tensor.
local function loss(p)
  local out = ((x:mm(p.w1) + p.b1):tanh()):mm(p.w2) + p.b2
  return ((out - y) ^ 2):sum() / 16
end
local function f(p) return eb.value_and_grad(loss)(p) end

for name, case in pairs(cases) do
  local opt, p = case(), start
  local state = opt:init(p)
  for _ = 1, steps do
    local _, g = f(p)
    p, state = opt:step(p, g, state, f)
  end
  for key, tensor in pairs(p) do
    local values = {}
    for i, value in ipairs(tensor:flatten():totable()) do values[i] = ("%.17g"):format(value) end
    print(table.concat({ name, key, table.unpack(values) }, "\t"))
  end
end
