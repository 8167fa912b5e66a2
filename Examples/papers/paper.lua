-- What the scripts of these folders share: the setting, the folder of the results, and three ways to write down a result: a figure, a file of
-- numbers, and a row of the table of expected against measured. All of it goes to `FOLDER/SCRIPT.*` in the folder that EBBTIDE_PAPERS names
-- (the project's .build/papers unless given), the rows and captions as `SCRIPT.json`, from which `Scripts/papers` makes the summary.
local eb = require "ebbtide"

local here = arg[0]:match "^.*/" or "./"
local script = arg[0]:match "([^/]*)%.lua$"
local folder = here:match "([^/.]+)/$" or os.getenv "PWD":match "[^/]*$"

-- `paper.quick` is true in the setting for tests, which EBBTIDE_QUICK asks for: sizes that take seconds, and the digits inside the program.
local paper = { quick = (os.getenv "EBBTIDE_QUICK" or "") ~= "" }
local out = (os.getenv "EBBTIDE_PAPERS" or here .. "../../../.build/papers") .. "/" .. folder
local record = { folder = folder, script = script, quick = paper.quick, title = script, rows = {}, figures = {}, tables = {}, errors = {}, finished = false }
local verdicts, failures = 0, 0
os.execute("mkdir -p '" .. out:gsub("'", "'\\''") .. "'")

local function path(name, ending) return ("%s/%s%s%s"):format(out, script, name and "-" .. name or "", ending) end

-- Written anew with each result, so that a script that fails half-way leaves what it had.
local function keep() eb.io.save(path(nil, ".json"), record, { nonfinite = "null" }) end

local function text(value)
  if type(value) == "table" then
    local parts = {}
    for i, x in ipairs(value) do parts[i] = text(x) end
    return table.concat(parts, ", ")
  elseif type(value) == "number" then
    return value ~= value and "NaN" or math.type(value) == "integer" and tostring(value) or ("%.4g"):format(value)
  end
  return tostring(value)
end

-- A bound in as many digits as it takes to tell it from others, four if it is no short number.
local function bound(x)
  for digits = 4, 12 do
    local short = ("%%.%dg"):format(digits):format(x)
    if tonumber(short) == x then return short end
  end
  return text(x)
end

-- The value for the quick setting, or the one for the full setting.
function paper.choose(quick, full)
  if paper.quick then return quick end
  return full
end

-- What the script shows, for the head of its part of the summary.
function paper.title(title)
  record.title = title
  keep()
  print("# " .. title)
end

-- A row of the table: `row` says what, `measured` is a number, a list of numbers or a text. Whether it holds is computed from
--   expected = number or list, within = part   |measured − expected| ≤ part · |expected|, each number with its own or with the one
--   at_most = number, at_least = number        each number
--   expected = "in words", holds = boolean     anything else; the condition stands in the script
-- NaN never holds, neither as what is measured nor in what is expected of it.
local function judge(options)
  local expected, measured, holds = options.expected, options.measured, options.holds
  assert(measured ~= nil, "expect: measured is missing")
  if holds == nil then
    assert(options.within or options.at_most or options.at_least, "expect: give within, at_most, at_least or holds")
    local numbers = type(measured) == "table" and measured or { measured }
    holds = #numbers > 0 and (type(expected) ~= "table" or #expected == #numbers)
    for i, x in ipairs(numbers) do
      local goal = type(expected) == "table" and expected[i] or expected
      holds = holds and x == x and (not options.within or math.abs(goal) < math.huge and math.abs(x - goal) <= options.within * math.abs(goal))
        and (not options.at_most or x <= options.at_most) and (not options.at_least or x >= options.at_least)
    end
    local parts = {}
    if options.within then parts[1] = ("%s ± %.4g %%"):format(text(expected), 100 * options.within) end
    if options.at_least then parts[#parts + 1] = "≥ " .. bound(options.at_least) end
    if options.at_most then parts[#parts + 1] = "≤ " .. bound(options.at_most) end
    expected = table.concat(parts, ", ")
  end
  return { row = options.row, expected = text(expected), measured = text(measured), holds = holds and true or false }
end

local function enter(row, verdict)
  row.verdict = verdict
  record.rows[#record.rows + 1] = row
  keep()
  print(("%-13s %s: expected %s, measured %s"):format(verdict, row.row, row.expected, row.measured))
  return row.holds
end

-- What must come out: theory, or what the scale is large enough for. The script fails when it does not hold; the answer is whether it does.
function paper.expect(options)
  local row = judge(options)
  verdicts, failures = verdicts + 1, failures + (row.holds and 0 or 1)
  return enter(row, row.holds and "holds" or "FAILS")
end

-- What a paper says of its own networks and sizes, with the same options. Whether it shows here stands in the table and decides nothing.
function paper.claim(options)
  local row = judge(options)
  row.claim = true
  return enter(row, row.holds and "shows" or "does not show")
end

-- A figure of eb.plot in files: csv with every number that is drawn, svg, and png; the caption is for the summary. A picture that cannot be
-- drawn, as without gnuplot, makes the script fail at its end and not before: its numbers and the rows to come are kept.
function paper.figure(name, figure, caption)
  assert(caption and caption ~= "", "figure: give a caption")
  figure:save(path(name, ".csv"))
  for _, ending in ipairs { ".svg", ".png" } do
    local drawn, message = pcall(figure.save, figure, path(name, ending))
    if not drawn then
      record.errors[#record.errors + 1] = ("%s: %s"):format(path(name, ending):match "[^/]*$", message)
      print("ERROR " .. record.errors[#record.errors])
    end
  end
  record.figures[#record.figures + 1] = { file = path(name, ""):match "[^/]*$", caption = caption }
  keep()
  print("figure " .. path(name, ".svg"))
end

-- Other numbers, in a file of comma-separated values: named columns, { t = …, loss = … }, in the order given.
function paper.csv(name, columns, order)
  eb.io.save(path(name, ".csv"), columns, { columns = order })
  record.tables[#record.tables + 1] = { file = path(name, ".csv"):match "[^/]*$" }
  keep()
end

-- MNIST: the digits inside the program in the quick setting, all of it from the folder EBBTIDE_DATA in the full one.
function paper.mnist(options) return (paper.quick and eb.data.mnist_sample or eb.data.mnist)(options or {}) end

-- The last line of a script: the exit code is 1 when a verdict does not hold or a figure was not drawn.
function paper.finish()
  record.finished = true
  keep()
  print(("%d of %d verdicts hold"):format(verdicts - failures, verdicts))
  os.exit(failures == 0 and #record.errors == 0 and 0 or 1, true)
end

return paper
