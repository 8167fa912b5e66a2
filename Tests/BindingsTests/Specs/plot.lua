local function plain(figure) return tostring(figure):gsub("\27%[%d*m", "") end

test("golden: a parabola", function()
  local x = eb.linspace(-1, 1, 41)
  local figure = eb.plot.line { { x, x ^ 2 }, title = "x²", width = 30, height = 8, unicode = true, color = false }
  equal(tostring(figure), [[
                x²
  1 ┤⠱⡀                      ⡜
    │ ⠑⢢                   ⡰⠉
0.5 ┤   ⠱⣀               ⡠⠜
    │     ⠑⢄          ⢀⡠⠊
  0 ┤       ⠉⠒⠤⢄⣀⣀⣀⡠⠤⠒⠁
    └┬───────────┬───────────┬
    -1           0           1]])
end)

test("golden: two series without Unicode", function()
  local figure = eb.plot.line {
    { { 1, 2, 3 }, { 1, 2, 3 }, name = "up" }, { y = { 3, 2, 1 }, name = "down" }, xlabel = "step", width = 24, height = 9,
    unicode = false, color = false,
  }
  equal(tostring(figure), [[
3 ++++               ***
  |   +++++     *****
2 +        +++++
  |   *****     +++++
1 +***               +++
  ++---------+---------+
   1         2         3
           step
* up   + down]])
end)

test("the forms of a series draw the same", function()
  local size = { width = 40, height = 10 }
  local function draw(series)
    return tostring(eb.plot.line { series, width = 40, height = 10 })
  end
  local expected = draw { 1, 4, 9 }
  equal(draw(eb.tensor { 1, 4, 9 }), expected)
  equal(draw(eb.tensor({ 1, 4, 9 }, { dtype = "int32" })), expected)
  equal(draw { y = { 1, 4, 9 } }, expected)
  equal(draw { eb.tensor { 1, 4, 9 } }, expected)
  equal(draw { { 1, 2, 3 }, { 1, 4, 9 } }, expected)
  equal(draw { x = eb.arange(1, 3), y = eb.tensor { 1, 4, 9 } }, expected)
  equal(draw { eb.tensor(1), eb.tensor(4), eb.tensor(9) }, expected)
  equal(tostring(eb.plot.line(eb.tensor { 1, 4, 9 }, size)), expected)
end)

test("width, height, names and labels", function()
  local figure = eb.plot.line { { 1, 2, name = "first" }, { 2, 1, name = "second" }, title = "T", xlabel = "X", ylabel = "Y", width = 50, height = 12 }
  local text = plain(figure)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\n") do lines[#lines + 1] = line end
  equal(#lines, 12)
  for _, line in ipairs(lines) do assert(utf8.len(line) <= 50, line) end
  for _, word in ipairs { "T", "X", "Y", "first", "second" } do assert(text:find(word, 1, true), word) end
end)

test("values that can't be drawn leave gaps", function()
  assert(plain(eb.plot.line { { 1, 0 / 0, 3, math.huge } }):find("3"))
  assert(plain(eb.plot.line { { 0 / 0 } }):find("nothing to draw: no finite values", 1, true))
  assert(plain(eb.plot.line { { -1, -2 }, logy = true }):find("nothing to draw: no finite positive values", 1, true))
  assert(plain(eb.plot.line { { 1, 10, 100, 1000 }, logy = true, height = 12 }):find("100", 1, true))
  assert(plain(eb.plot.line { { 1, 10, 100 }, logx = true }))
end)

test("columns of a log are series", function()
  local run = eb.run { params = eb.tensor { 1 }, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd { lr = 0.1 } }
  run:track { pair = { every = 2, function(r) return eb.tensor { r.t, 2 } end }, parts = function() return { a = 1, b = 2 } end }
  run:advance(6)
  local size = { width = 50, height = 9 }
  local loss = run.log.loss
  local expected = tostring(eb.plot.line { { loss.step, loss.value, name = "loss" }, width = 50, height = 9 })
  equal(tostring(eb.plot.line(loss, size)), expected)
  equal(tostring(eb.plot.line { loss, width = 50, height = 9 }), expected)
  assert(plain(eb.plot.line { { loss, name = "train" }, width = 50 }):find "train")
  assert(plain(eb.plot.line { run.log.pair }):find "pair 1 .* pair 2")
  assert(plain(eb.plot.hist { loss, { loss, name = "again" } }):find "loss .* again")
  assert(plain(eb.plot.bar { loss }):find "6")

  equal(tostring(run:plot()), tostring(run:plot "loss"))
  local both = plain(run:plot { "loss", { "pair", title = "two", hlines = 1 }, logy = true, xlabel = "t" })
  for _, word in ipairs { "loss", "two", "pair 2", "t" } do assert(both:find(word, 1, true), word) end
  local lines = plain(run:plot("parts", { height = 10 }))
  assert(lines:find "parts.a .* parts.b" and lines:find "step")
  raises(function() run:plot "los" end, here(), "run.log: there is no 'los' (did you mean 'loss'?)")
  raises(function() run:plot {} end, here(), "plot: expected at least one name")
  raises(function() run:plot(3) end, here(), "plot: argument 1: expected a name or a table of names, got number")
  raises(function() run:plot { "loss", 3 } end, here(), "plot: quantity 2: expected a name")
  raises(function() run:plot { "loss", tilte = "x" } end, here(), "unknown option 'tilte'")
end)

test("bands, error bars and references", function()
  local x = eb.linspace(0, 1, 5)
  local figure = eb.plot.line {
    { x = x, low = x - 1, high = x + 1, name = "null" }, { x, x, error = 0.1 * eb.ones { 5 }, marks = true, name = "seen" },
    hlines = { 0.5, { eb.tensor(0.2), "two" } }, vlines = { { 0.3, "three" } }, xlim = { 0, 1 }, ylim = eb.tensor { -1, 2 }, legend = "below",
  }
  for _, word in ipairs { "null", "seen", "two", "three" } do assert(plain(figure):find(word, 1, true), word) end
  assert(plain(eb.plot.line { { 1, 2 }, hlines = { { 1.5, "one" } } }):find "one")
  assert(plain(eb.plot.line { { 1, 2 }, hlines = { 1.5, "one" } }):find "one")
end)

test("series that belong together share a mark and a colour", function()
  local figure = eb.plot.line {
    { { 1, 2 }, { 1, 2 }, name = "theory" }, { { 1, 2 }, { 2, 1 }, dashed = true }, { { 1, 1.5, 2 }, { 2, 1.8, 1.9 }, line = false, color = 1 },
    width = 24, height = 6, unicode = false, color = false,
  }
  equal(tostring(figure), [[
  2 +* + +    *    *****
1.5 +     *+*+*+*+*
  1 +*****         + + +
    ++--------+--------+
     1       1.5       2
* theory]])
  local name = os.tmpname()
  figure:save(name .. ".gp")
  local file = assert(io.open(name .. ".gp"))
  local script = file:read "a"
  file:close()
  os.remove(name .. ".gp")
  os.remove(name)
  equal(select(2, script:gsub("lc rgb '#0072b2'", "")), 2)
  assert(script:find("lc rgb '#d55e00' dt (6,3)", 1, true))
end)

test("histograms count, bars stand beside each other", function()
  local options = { width = 40, height = 8, unicode = false, color = false, bins = { 0, 1, 2, 3 } }
  equal(tostring(eb.plot.hist(eb.tensor { { 0, 1, 1 }, { 2, 2.5, 3 } }, options)), [[
  |                        ************
  |                        ************
2 +            ************************
  |************************************
  |************************************
0 +************************************
  ++-----------+-----------+-----------+
   0           1           2           3]])
  equal(tostring(eb.plot.bar { { 1, 2, name = "a" }, { { 2, -1 }, name = "b" }, labels = { "left", "right" }, width = 40, height = 9, unicode = false, color = false }), [[
2 +        ++++++++    ********
  |        ++++++++    ********
  |********++++++++    ********
0 +********++++++++    ********++++++++
  |                            ++++++++
  |                            ++++++++
  +--------+-------------------+--------
         left                right
* a   + b]])
end)

test("a matrix as shades", function()
  equal(tostring(eb.plot.heat(eb.tensor { { 0, 1 }, { 2, 3 } }, { width = 20, height = 7, color = false })), [[
  │        ░░░░░░░░░
1 ┤        ░░░░░░░░░
2 ┤▓▓▓▓▓▓▓▓█████████
  │▓▓▓▓▓▓▓▓█████████
  └────┬───────┬────
       1       2
0  ░▒▒▓█ 3]])
  local figure = eb.plot.heat {
    eb.ones { 2, 3 }, x = { 1, 10, 100 }, y = eb.tensor { 0, 1 }, logx = true, logz = true, zlabel = "loss", colors = "grey", top = true,
    series = { { { 1, 10 }, { 0, 1 }, name = "path" } },
  }
  assert(plain(figure):find "path" and plain(figure):find "loss")
end)

test("figures beside each other", function()
  local a, b = eb.plot.line { { 1, 2 }, title = "A" }, eb.plot.scatter { { 1, 2 }, title = "B" }
  local text = plain(eb.plot.grid { a, b, a, title = "all", width = 80, height = 21 })
  assert(text:find "all" and text:find "A +B")
  equal(select(2, text:gsub("\n", "\n")) + 1, 21)
  assert(not plain(eb.plot.grid { a, b, columns = 1, width = 80 }):find "A +B")
  raises(function() eb.plot.grid {} end, here(), "grid: expected at least one figure, got none")
  raises(function() eb.plot.grid { a, 3 } end, here(), "grid: figure 2: expected a figure such as eb.plot.line gives, got number")
  raises(function() eb.plot.grid { a, columns = 0 } end, here(), "grid: option 'columns': expected 1 to 20, got 0")
end)

test("files", function()
  local name = os.tmpname()
  local figure = eb.plot.line { { { 1, 2 }, { 0.5, 0.25 }, name = "a_b" }, title = "T" }
  local function saved(ending, options)
    equal(select("#", figure:save(name .. ending, options)), 0)
    local file = assert(io.open(name .. ending, "rb"))
    local text = file:read "a"
    file:close()
    os.remove(name .. ending)
    return text
  end
  equal(saved ".csv", "series,x,y\na_b,1.0,0.5\na_b,2.0,0.25\n")
  assert(saved(".svg", { width = 10, height = 6, font = 8 }):find 'width="378" height="227"')
  assert(saved ".SVG":find "a_b")
  assert(saved ".html":find "<!DOCTYPE html>.*<svg.*a_b.*</svg>")
  assert(saved ".gp":find "title 'a_b' noenhanced")
  equal(saved(".png", { dpi = 50 }):sub(2, 4), "PNG")
  equal(saved ".pdf":sub(1, 4), "%PDF")
  os.remove(name)
  raises(function() figure:save(name .. ".sgv") end, here(), "figure:save: '" .. name .. ".sgv' has the unknown ending .sgv (did you mean '.svg'?)")
  raises(function() figure:save "figure" end, here(), "figure:save: 'figure' has no ending; expected one of .svg .png .pdf .html .gp .csv")
  raises(function() figure:save() end, here(), "save: expected 2 to 3 arguments, got 1")
  raises(function() figure:save("x.svg", { widht = 3 }) end, here(), "unknown option 'widht' (did you mean 'width'?)")
  raises(function() figure:save("x.svg", { width = 0 }) end, here(), "option 'width': expected 1.0 to 200.0 cm, got 0.0")
  raises(function() figure:save "/nowhere/at/all.svg" end, here(), "figure:save: can't write '/nowhere/at/all.svg'")
  raises(function() figure.sav() end, "did you mean 'save'?")
  raises(function() eb.compile(function(x) figure:save "x.csv" return x end)(eb.tensor { 1 }) end, "figure:save would run once")
end)

test("errors", function()
  raises(function() eb.plot.line() end, here(), "line: argument 1: expected tensor or table of series, got no value")
  raises(function() eb.plot.line {} end, here(), "line: expected at least one series, got none")
  raises(function() eb.plot.line { title = "x" } end, "expected at least one series")
  raises(function() eb.plot.line { { 1, 2 }, tilte = "x" } end, here(), "line: unknown option 'tilte' (did you mean 'title'?)")
  raises(function() eb.plot.line { 1, 2, 3 } end, here(), "line: series 1: expected a tensor or a table of numbers, got number")
  raises(function() eb.plot.line { { 1, 2 }, "x" } end, "series 2", "got string")
  raises(function() eb.plot.line { { { 1, 2, 3 }, { 1, 2 } } } end, here(), "series 1: x has 3 values and y has 2; they must be equal")
  raises(function() eb.plot.line { { x = { 1, 2, 3 }, y = { 1, 2 } } } end, "x has 3 values and y has 2")
  raises(function() eb.plot.line { { x = { 1, 2, 3 } } } end, "series 1: expected y values, got none")
  raises(function() eb.plot.line { {} } end, "series 1: expected y values, got none")
  raises(function() eb.plot.line { { 1, 2, label = "a" } } end, "series 1: unknown option 'label' (known: x, y, name, error, low, high, line, marks, dashed, color)")
  raises(function() eb.plot.line { { 1, 2, name = 3 } } end, "series 1: name: expected string, got number")
  raises(function() eb.plot.line { { 1, "2" } } end, "series 1: value 2: expected number, got string")
  raises(function() eb.plot.line { eb.ones { 2, 2 } } end, "series 1: expected a tensor of one dimension, got shape [2, 2]")
  raises(function() eb.plot.line(eb.ones { 2 }, { title = 3 }) end, here(), "option 'title': expected string, got number")
  raises(function() eb.plot.line { { 1, 2 }, width = -5 } end, "option 'width': expected 1 to 10000 characters, got -5")
  raises(function() eb.plot.line { { 1, 2 }, height = 2.5 } end, "option 'height': expected integer")
  raises(function() eb.plot.line { { 1, 2 }, logy = "yes" } end, "option 'logy': expected boolean")
  raises(function() eb.plot.lines { { 1, 2 } } end, "did you mean 'line'?")
  raises(function() eb.vmap(function(x) eb.plot.line { x } return x end)(eb.ones { 2, 3 }) end, here(), "vmap")
  raises(function() eb.plot.line({ { 1, 2 } }, { title = "x" }) end, here(), "line: expected 1 argument, got 2")
  raises(function() eb.plot.line { { y = { 1, 2 }, error = { 1 } } } end, here(), "series 1: error has 1 values and y has 2; they must be equal")
  raises(function() eb.plot.line { { y = { 1, 2 }, low = { 1, 2 } } } end, here(), "series 1: a band needs both low and high")
  raises(function() eb.plot.line { { y = { 1 }, marks = 1 } } end, here(), "series 1: marks: expected boolean, got number")
  raises(function() eb.plot.line { { y = { 1 }, dashed = "--" } } end, here(), "series 1: dashed: expected boolean, got string")
  raises(function() eb.plot.line { { y = { 1 }, color = "red" } } end, here(), "series 1: color: expected the number of a series, 1 to 1000, got")
  raises(function() eb.plot.line { { y = { 1 }, color = 0 } } end, here(), "series 1: color: expected the number of a series, 1 to 1000, got 0")
  raises(function() eb.plot.bar { { { 1 }, color = 1 } } end, here(), "series 1: unknown option 'color'")
  raises(function() eb.plot.line { { 1, 2 }, hlines = { "x" } } end, here(), "option 'hlines': entry 1: expected a number or {number, name}, got")
  raises(function() eb.plot.line { { 1, 2 }, xlim = { 2, 1 } } end, here(), "option 'xlim': expected {lower, upper}, got {2.0, 1.0}")
  raises(function() eb.plot.line { { 1, 2 }, ylim = { 0, 1 }, logy = true } end, here(), "option 'ylim': a logarithmic axis begins above 0, got 0.0")
  raises(function() eb.plot.line { { 1, 2 }, legend = "left" } end, here(), "option 'legend': expected one of")
  raises(function() eb.plot.hist(eb.ones { 3 }, { bins = 0 }) end, here(), "option 'bins': expected 1 to 10000, got 0")
  raises(function() eb.plot.hist(eb.ones { 3 }, { bins = { 2, 1 } }) end, here(), "option 'bins': expected a number of bins, or at least two borders")
  raises(function() eb.plot.bar { { 1, 2 }, labels = { "a" } } end, here(), "option 'labels': 1 labels for 2 bars; they must be equal")
  raises(function() eb.plot.bar { { x = { 1 }, y = { 2 } } } end, here(), "series 1: unknown option 'x'")
  raises(function() eb.plot.heat { 3 } end, here(), "heat: expected a tensor [rows, columns]")
  raises(function() eb.plot.heat(eb.ones { 3 }) end, here(), "heat: expected a tensor [rows, columns] with at least one element, got shape [3]")
  raises(function() eb.plot.heat(eb.ones { 2, 2 }, { x = { 1 } }) end, here(), "option 'x': 1 values for 2 columns; they must be equal")
  raises(function() eb.plot.heat(eb.ones { 2, 2 }, { y = { 2, 1 } }) end, here(), "option 'y': expected finite values that ascend")
  raises(function() eb.plot.heat(eb.ones { 2, 2 }, { logx = true }) end, here(), "a logarithmic axis needs the option 'x'")
  raises(function() eb.plot.heat(eb.ones { 2, 2 }, { colors = "virdis" }) end, here(), "did you mean 'viridis'?")
end)
