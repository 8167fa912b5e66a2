---@meta ebbtide.landscapes

-- The loss around a point of parameter space.

local eb = require "ebbtide"

---The loss along lines, on planes and between two points of parameter space.
---```lua
---local f = function(x) return (x ^ 2):sum() end
---local line = eb.landscape.line(f, eb.tensor{0, 0}, eb.tensor{1, 0}, {points = 3})
---print(line.loss[1]:item(), line.loss[2]:item())  --> 1.0  0.0
---```
---@class landscape
eb.landscape = {}

---@class LineOptions
---@field data? table|Tensor What the loss gets after the parameters: a dataset (its x and y), `{x, y}` or another list of tensors, or a tensor.
---@field from? number The smallest a (default -1).
---@field to? number The largest a (default 1).
---@field points? integer How many (default 51).
---@field at? number[]|Tensor The values of a themselves, in place of the three before.

---@class LossLine
---@field a Tensor float64 [n]
---@field loss Tensor [n]

---L(p + a d) at values a. All points go through one compiled program: those of a small problem side by side, in tiles, those of a large
---one after another; a loss that can't be recorded is called as it is. n evaluations of the loss. The result prints its smallest value,
---and `line:plot(options)` is a figure that takes the options of `eb.plot.line`.
---```lua
---local net = eb.nn.mlp{2, 8, 2}
---local p = net:init{rng = eb.rng(0)}
---local x, y = eb.randn{20, 2, rng = eb.rng(1)}, (eb.arange(1, 20) % 2 + 1):cast "int32"
---local loss = function(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
---local g = eb.grad(loss)(p, x, y)
---local line = eb.landscape.line(loss, p, -1 * g, {data = {x, y}, from = 0, to = 2, points = 21})
---assert(line.loss[2]:item() < line.loss[1]:item())
---assert(tostring(line:plot{title = "along the gradient"}):find "gradient")
---```
---@param loss function `loss(p, ...)` -> scalar
---@param p table|Tensor
---@param d table|Tensor like p
---@param options? LineOptions
---@return LossLine
function eb.landscape.line(loss, p, d, options) end

---@class PlaneOptions
---@field data? table|Tensor As in `LineOptions`.
---@field from? number|number[] The smallest a and b, one number or a pair (default -1).
---@field to? number|number[] The largest (default 1).
---@field points? integer|integer[] How many (default 25).
---@field at? table `{values of a, values of b}`, in place of the three before.

---@class LossPlane
---@field a Tensor float64 [n]
---@field b Tensor float64 [m]
---@field loss Tensor [n, m], loss[i][j] at (a[i], b[j])

---L(p + a d1 + b d2) at all pairs of values, computed as `eb.landscape.line` does: n·m evaluations. `plane:plot(options)` is a heat map
---that takes the options of `eb.plot.heat`.
---```lua
---local f = function(x) return x[1] ^ 2 + 3 * x[2] ^ 2 end
---local plane = eb.landscape.plane(f, eb.tensor{0, 0}, eb.tensor{1, 0}, eb.tensor{0, 1}, {points = {3, 5}})
---print(plane.loss[1][5]:item())  --> 4.0
---print(plane)  --> loss plane: 3 × 5 points, a from -1 to 1, b from -1 to 1, smallest loss 0 at (0, 0)
---```
---@param loss function `loss(p, ...)` -> scalar
---@param p table|Tensor
---@param d1 table|Tensor like p
---@param d2 table|Tensor like p
---@param options? PlaneOptions
---@return LossPlane
function eb.landscape.plane(loss, p, d1, d2, options) end

---n trees (1 - a) p + a q at equal distances from p to q, both included.
---```lua
---local list = eb.landscape.interpolate(eb.tensor{0}, eb.tensor{4}, 3)
---print(#list, list[2]:item())  --> 3  2.0
---```
---@param p table|Tensor
---@param q table|Tensor like p
---@param n integer from 2 on
---@return table[]
function eb.landscape.interpolate(p, q, n) end

---How far the loss rises on the way from p to q: the maximum over a in [0, 1] of L((1 - a) p + a q) - [(1 - a) L(p) + a L(q)], at `points`
---values of a, the ends included, so that it is never below 0 (Frankle et al. 2020, arXiv 1912.05671). A convex loss has none. Also answers
---the line that was looked at, as `eb.landscape.line` does.
---```lua
---local wells = function(x) return ((x ^ 2 - 1) ^ 2):sum() end
---local height, line = eb.landscape.barrier(wells, eb.tensor{-1}, eb.tensor{1})
---print(height, #line.a)  --> 1.0  25
---```
---@param loss function `loss(p, ...)` -> scalar
---@param p table|Tensor
---@param q table|Tensor like p
---@param options? {data: table|Tensor, points: integer}
---@return number
---@return LossLine
function eb.landscape.barrier(loss, p, q, options) end

---@class FilterOptions
---@field vectors? string What leaves of fewer than two dimensions become: "zero" (default, as in the paper), "keep", or "norm", the norm of the parameter as one filter.
---@field dim? integer Along which dimension filters are counted; by default 2 for matrices [inputs, outputs], 1 for kernels [outputs, inputs, …].

---A direction with the scale of the parameters: each filter of d gets the norm of the same filter of p, d ← d ‖w‖/‖d‖ (Li et al. 2018,
---arXiv 1712.09913, section 4). Filters are what makes one output. What is drawn along such a direction does not change when a layer is
---multiplied by a number that the next one takes back.
---```lua
---local p = {weight = eb.tensor{{3, 0}, {4, 1}}, bias = eb.ones{2}}
---local d = eb.landscape.filter_normalize({weight = eb.tensor{{1, 2}, {0, 0}}, bias = eb.ones{2}}, p)
---print(d.weight[1][1]:item(), d.weight[1][2]:item(), d.bias[1]:item())  --> 5.0  1.0  0.0
---```
---@param d table|Tensor like p
---@param p table|Tensor
---@param options? FilterOptions
---@return table|Tensor
function eb.landscape.filter_normalize(d, p, options) end

---@class DirectionOptions: FilterOptions
---@field rng? Generator The session's unless given.
---@field normalize? boolean Whether the direction is filter-normalised (default true).

---A direction of independent standard normal numbers, filter-normalised.
---```lua
---local p = {eb.randn{4, 3}, eb.randn{3}}
---local d = eb.landscape.random(p, {rng = eb.rng(0)})
---assert(math.abs(eb.tree.norm(d[1]) / eb.tree.norm(p[1]) - 1) < 1e-5)
---```
---@param p table|Tensor
---@param options? DirectionOptions
---@return table|Tensor
function eb.landscape.random(p, options) end

---@class TrajectoryOptions
---@field k? integer How many directions (default 2).
---@field points? integer At how many steps a run is looked at, its first and last among them (default 25).
---@field steps? integer[]|Tensor At which steps instead; of a list the steps that its points are from.
---@field origin? string Through which point the plane goes: "last" (default), "first" or "mean".

---@class Trajectory
---@field origin table|Tensor The point of the plane with the coordinates 0.
---@field directions table[] Principal directions, trees of norm 1, by variance.
---@field explained Tensor float64 [k]: the share of the variance along each.
---@field path Tensor [n, k]: the coordinates of the points.
---@field residual Tensor [n]: the distances of the points from the plane.
---@field steps table|Tensor From which steps they are, 1, 2, … for a list without them.

---The principal directions of a path through parameter space: of a run's parameters at some steps, which replays it, or of a list of
---trees. With the points as rows of X, less their mean, they are the right singular vectors of X, found through the eigenvectors of X Xᵀ;
---n·P numbers are held for n points of P parameters. Their plane hides whatever the path does off it, so `residual` says how far that is, and
---figures say it as well. Raises when the path has fewer than k directions.
---
---`trajectory:plane(loss, {data =, points =, margin =})` is the plane as far as the path goes and a margin, a share of that (0.2), more, with
---the path drawn into its figure; `trajectory:plot(options)` is the path alone.
---```lua
---local loss = function(x) return (x ^ 2 * eb.tensor{1, 4, 9}):sum() / 2 end
---local run = eb.run{params = eb.tensor{1, 1, 1}, loss = loss, opt = eb.optim.sgd{lr = 0.1}}
---local path = eb.landscape.trajectory(run:advance(30))
---assert(path.explained:sum():item() > 0.98 and path.residual:max():item() < 0.2)
---assert(tostring(path:plane(loss):plot()):find "distance of the path from the plane")
---```
---@param path Run|table[]
---@param options? TrajectoryOptions
---@return Trajectory
function eb.landscape.trajectory(path, options) end
