---@meta ebbtide.plots

-- Figures, in the terminal and in files.

local eb = require "ebbtide"

---Figures. They draw themselves in the terminal when they are printed, and `figure:save "name.svg"` writes them as a paper has them.
---```lua
---print(#tostring(eb.plot.line{{1, 2, 3}}) > 100)  --> true
---```
---@class plot
eb.plot = {}

---A drawing: printed at the prompt and by `print`. `tostring(figure)` is the text.
---```lua
---local figure = eb.plot.line(eb.tensor{1, 4, 9}, {unicode = false, color = false, width = 20, height = 8})
---assert(tostring(figure):find("*", 1, true))
---```
---@class Figure
local Figure = {}

---@class PageOptions
---@field width? number In cm; 12 for one panel, 8.5 for each that stand beside each other.
---@field height? number In cm; 8 for one panel, 7 for each that stand below each other, and more for a legend of more than three rows below one.
---@field font? number The size of letters in points (default 9).
---@field dpi? number Pixels an inch in a .png (default 200).

---Writes the figure to a file, in the format of its ending: .svg, .png and .pdf, drawn by gnuplot; .html, a page that holds the svg and
---needs nothing else; .gp, the script for gnuplot with the data in it, which writes the svg of the same name; .csv, every number that is
---drawn, a point a line. Texts are literal: an underscore stays one. Colours stay apart for the colour-blind (Okabe & Ito 2008), from the
---eighth series on with broken lines. The legend stands in the corner where it hides nothing, below the panel when there is none; the panels
---of a grid line up and are of one size. The file is replaced at once. Raises for another ending, without gnuplot in PATH, and with
---gnuplot's own words when it refuses the figure.
---```lua
---local path = os.tmpname() .. ".csv"
---eb.plot.line{{{0, 1, 2}, {1, 0.5, 0.25}, name = "train_loss"}}:save(path)
---local file = io.open(path)
---print(file:read "l")  --> series,x,y
---print(file:read "l")  --> train_loss,0.0,1.0
---file:close()
---os.remove(path)
---```
---@param path string
---@param options? PageOptions
function Figure:save(path, options) end

---@class PlotOptions
---@field title? string A line above.
---@field xlabel? string What the horizontal axis shows.
---@field ylabel? string What the vertical axis shows.
---@field logx? boolean Whether the horizontal axis is logarithmic (default false).
---@field logy? boolean Whether the vertical axis is logarithmic (default false).
---@field xlim? number[]|Tensor `{lower, upper}`: what the horizontal axis shows; everything by default.
---@field ylim? number[]|Tensor `{lower, upper}`: what the vertical axis shows; everything by default.
---@field hlines? number|table Lines across: a number, or a table of numbers and `{number, name}`.
---@field vlines? number|table Lines up, as `hlines`.
---@field legend? string In files: "automatic" (the corner where it hides nothing, or below), "top right", "top left", "bottom right", "bottom left", "below" or "none".
---@field width? integer Characters across in the terminal (all it has, at most 100).
---@field height? integer Lines in the terminal, title and legend included (default 20).
---@field unicode? boolean Whether the terminal gets more than ASCII (what it can show).
---@field color? boolean Whether the terminal gets colours (as `--color` says; without it on a terminal, unless NO_COLOR is set).

---Curves through points. A series is a tensor [n] or a table of y values, a column of a run's log (`run.log.loss`, drawn over its steps),
---`{ x, y, name = "train" }`, or `{ x =, y =, name = }`; without x they stand at 1, 2, …. A series may also have `error`, the half
---lengths of error bars; `low` and `high`, the edges of a band, with or without y; `marks = true` for a mark at each point,
---`line = false` for no line, `dashed = true` for a broken one; and `color = k` for the colour, in terminals without colours the mark, that
---the k-th series has by itself, so that what belongs together looks so: `color = 1` is the C0 of matplotlib. The options stand in the same
---table; a single series takes them as a second one. In the terminal one series, or several in colours, are drawn in braille, several without
---colours with a mark each. Values that are not finite, or not
---positive on a logarithmic axis, leave gaps.
---```lua
---local x = eb.linspace(-1, 1, 41)
---local figure = eb.plot.line{{x, x ^ 2, name = "square"}, title = "growth", width = 60, hlines = {{0.5, "half"}}}
---assert(tostring(figure):find("growth"))
---local seen = eb.plot.line{{x, x:exp(), name = "theory"}, {x, x:exp() + 0.1, name = "seen", line = false, marks = true, color = 1}}
---assert(tostring(seen):find "theory")
---```
---@param series table|Tensor|Series
---@param options? PlotOptions
---@return Figure
function eb.plot.line(series, options) end

---Points that are not connected; series and options as those of `eb.plot.line`.
---```lua
---local figure = eb.plot.scatter{{eb.randn{50}, eb.randn{50}, name = "a"}, {{0, 1}, {1, 0}, error = {0.1, 0.2}}}
---assert(#tostring(figure) > 100)
---```
---@param series table|Tensor|Series
---@param options? PlotOptions
---@return Figure
function eb.plot.scatter(series, options) end

---@class HistogramOptions: PlotOptions
---@field bins? integer|number[]|Tensor How many, or their borders, ascending. By default of the width 2·IQR/n^⅓ (Freedman & Diaconis 1981), between log₂ n + 1 and 100 of them.
---@field density? boolean Whether the area is 1 instead of heights that are counts (default false).

---How often values lie where. A series is a tensor of any shape, a table of numbers, a column of a run's log, or one of these with a
---name, `{ values, name = }`; all series have the same bins. A bin holds its left border, the last one both; values that are not
---finite are left out.
---```lua
---local figure = eb.plot.hist(eb.tensor{1, 2, 2, 3, 3, 3}, {bins = {0.5, 1.5, 2.5, 3.5}, height = 8})
---assert(tostring(figure):find "3")
---```
---@param series table|Tensor|Series
---@param options? HistogramOptions
---@return Figure
function eb.plot.hist(series, options) end

---@class BarOptions: PlotOptions
---@field labels? string[] What stands below the bars; 1, 2, … by default.

---Bars that stand on 0, those of several series in groups. A series is a tensor or table of heights, or `{ heights, name =, error = }`.
---```lua
---print(#tostring(eb.plot.bar{{{0.9, 0.7}, name = "train"}, {{0.8, 0.6}, name = "test"}, labels = {"sgd", "adam"}}) > 100)  --> true
---```
---@param series table|Tensor
---@param options? BarOptions
---@return Figure
function eb.plot.bar(series, options) end

---@class HeatOptions: PlotOptions
---@field x? number[]|Tensor Where the columns stand, ascending (default 1, 2, …).
---@field y? number[]|Tensor Where the rows stand, ascending (default 1, 2, …).
---@field top? boolean Whether the first row is at the top, as matrices are written (default: when `y` is absent).
---@field zlabel? string What the colours show.
---@field logz? boolean Whether colours go by the logarithm (default false).
---@field zlim? number[]|Tensor `{lower, upper}`: the values of the first and the last colour; those there are by default.
---@field colors? string "viridis" (default), "grey" or "diverging".
---@field series? table Curves drawn over it, as `eb.plot.line` takes them.

---A matrix [rows, columns] as colours; in the terminal as shades where there are no colours, with several values in one cell as their
---mean. Values that are not finite, or not positive with `logz`, are left blank.
---```lua
---local a = eb.linspace(-1, 1, 21)
---local figure = eb.plot.heat{a:reshape{21, 1} ^ 2 + a ^ 2, x = a, y = a, zlabel = "loss", series = {{{-1, 0}, {1, 0}, marks = true}}}
---assert(tostring(figure):find "loss")
---```
---@param matrix table|Tensor
---@param options? HeatOptions
---@return Figure
function eb.plot.heat(matrix, options) end

---@class GridOptions
---@field columns? integer How many stand beside each other (default 2).
---@field title? string A line above all of them.
---@field width? integer As in `PlotOptions`.
---@field height? integer Lines of the whole in the terminal (default 20 for one row, 14 a row for more).
---@field unicode? boolean As in `PlotOptions`.
---@field color? boolean As in `PlotOptions`.

---Figures as the panels of one. In a terminal that is too narrow they stand below each other.
---```lua
---local loss = eb.plot.line{{1, 0.5, 0.25}, title = "loss", logy = true}
---local figure = eb.plot.grid{loss, eb.plot.bar{{1, 2}, title = "counts"}, title = "both"}
---assert(tostring(figure):find "both")
---```
---@param figures table
---@return Figure
function eb.plot.grid(figures) end

---@type Run
local Run

---What the run wrote down, drawn over its steps: a panel for each name, below each other. A name of a quantity that gives a table stands
---for all its parts. In place of a name may stand a table with the name and options of its own.
---```lua
---local run = eb.run{params = eb.tensor{1}, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd{lr = 0.1}}
---run:track{gnorm = true}
---run:advance(20)
---assert(tostring(run:plot "loss"):find "step")
---assert(tostring(run:plot{"loss", {"gnorm", hlines = {{0.5, "half"}}}, logy = true}):find "half")
---```
---@param quantities? string|table Names; "loss" by default. Options of all panels may stand in the same table.
---@param options? PlotOptions
---@return Figure
function Run:plot(quantities, options) end
