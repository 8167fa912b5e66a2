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
  raises(function() eb.plot.line { { 1, 2, label = "a" } } end, "series 1: unknown option 'label' (known: x, y, name)")
  raises(function() eb.plot.line { { 1, 2, name = 3 } } end, "series 1: name: expected string, got number")
  raises(function() eb.plot.line { { 1, "2" } } end, "series 1: value 2: expected number, got string")
  raises(function() eb.plot.line { eb.ones { 2, 2 } } end, "series 1: expected a tensor of one dimension, got shape [2, 2]")
  raises(function() eb.plot.line(eb.ones { 2 }, { title = 3 }) end, here(), "option 'title': expected string, got number")
  raises(function() eb.plot.line { { 1, 2 }, width = -5 } end, "option 'width': expected 1 to 10000 characters, got -5")
  raises(function() eb.plot.line { { 1, 2 }, height = 2.5 } end, "option 'height': expected integer")
  raises(function() eb.plot.line { { 1, 2 }, logy = "yes" } end, "option 'logy': expected boolean")
  raises(function() eb.plot.lines { { 1, 2 } } end, "did you mean 'line'?")
  raises(function() eb.vmap(function(x) eb.plot.line { x } return x end)(eb.ones { 2, 3 }) end, here(), "vmap")
end)
