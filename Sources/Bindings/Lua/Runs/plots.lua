-- Figures of what a run wrote down. Runs once in every state, after tracking.lua.
local eb, native, parts = ...
local methods, core_of, fail = parts.methods, parts.core_of, parts.fail

-- The columns of a log that a name stands for: itself, or all name.part of a quantity that gives a table.
local function columns(log, name)
  local found = {}
  for _, each in ipairs(log:names()) do
    if each == name or each:sub(1, #name + 1) == name .. "." then found[#found + 1] = log[each] end
  end
  if #found == 0 then return { log[name] } end  -- an error that says what there is
  return found
end

-- run:plot "loss", run:plot{ "loss", { "sharpness", hlines = ... }, title = ... }: a panel for each name.
function methods.plot(self, quantities, options)
  local core = core_of(self, "plot")
  if quantities == nil then quantities = "loss" end
  if type(quantities) == "string" then quantities = { quantities } end
  if type(quantities) ~= "table" then fail("plot: argument 1: expected a name or a table of names, got %s", native.type(quantities)) end
  if options ~= nil and type(options) ~= "table" then fail("plot: argument 2: expected a table of options, got %s", native.type(options)) end
  if #quantities == 0 then fail("plot: expected at least one name, got none") end
  local log, panels = core.loop.log, {}
  for i, quantity in ipairs(quantities) do
    local panel = { xlabel = "step" }
    for _, given in ipairs { options or {}, quantities, type(quantity) == "table" and quantity or {} } do
      for key, value in pairs(given) do if type(key) == "string" then panel[key] = value end end
    end
    local name = type(quantity) == "table" and quantity[1] or quantity
    if type(name) ~= "string" then fail("plot: quantity %d: expected a name, or { name, options }, got %s", i, native.type(quantity)) end
    for _, column in ipairs(columns(log, name)) do panel[#panel + 1] = column end
    if panel.ylabel == nil then panel.ylabel = name end
    panels[i] = eb.plot.line(panel)
  end
  if #panels == 1 then return panels[1] end
  local grid = { columns = 1, table.unpack(panels) }
  for _, name in ipairs { "width", "unicode", "color" } do grid[name] = quantities[name] or (options or {})[name] end
  return eb.plot.grid(grid)
end
