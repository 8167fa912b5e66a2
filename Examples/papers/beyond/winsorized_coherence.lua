-- What does winsorizing do to the coherence of gradients? As a net learns permuted labels by heart, the gradients of these examples become
-- coherent though they have nothing to share. A winsorized step follows less of what few examples ask for, so it should learn fewer of them,
-- and what is not learnt keeps its gradient. Whether coherence is lower for it is the question: what a step leaves out stays in the mean.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "m-coherence of the winsorized run"

-- As in coherent_gradients/winsorized.lua: steps of 0.03, with which winsorized nets keep what is right, and so many that plain ones learn all labels.
local n, steps, every, levels = paper.choose(1000, 3000), paper.choose(2000, 6000), paper.choose(40, 60), paper.choose({ 0, 8 }, { 0, 2, 8 })
local data = eb.perturb.label_noise(paper.mnist(), 0.5, { rng = eb.rng(1) }):take(n)
local probe = data:take(paper.choose(500, 1000))
local right = data.y:eq(data.y_clean):cast("float64"):mean():item()
local net = eb.nn.mlp { 784, 64, 64, 64, 10, act = "relu" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end

local function panel(title, hlines) return { title = title, xlabel = "step", hlines = hlines } end
local curves = {
  whole = panel "m-coherence", pristine = panel "m-coherence of pristine examples", corrupt = panel "m-coherence of corrupt examples",
  train = panel("train accuracy", { { right, "right labels" } }), size = panel "size of single gradients", kept = panel "|winsorized mean| / |mean|",
}
for j, c in ipairs(levels) do
  local run = eb.run {
    params = net:init { rng = eb.rng(0), init = "glorot_normal", gain = math.sqrt(2) }, loss = loss, seed = 3,
    data = eb.batches(data, { size = 100, shuffle = true }), opt = eb.optim.sgd { lr = 0.03 }, aggregate = eb.agg.winsorized { c = c },
  }
  run:track { m = { every = every, function(r)
    local g = eb.per_example(loss)(r.params, probe.x, probe.y)
    local corrupt, pristine = g:group_sums(probe.mask)
    local squares, whole = g:norms() ^ 2, corrupt + pristine
    local function coherence(sum, of) return eb.tree.dot(sum, sum) / of:sum():item() end
    return {
      whole = coherence(whole, squares), pristine = coherence(pristine, squares[~probe.mask]), corrupt = coherence(corrupt, squares[probe.mask]),
      size = squares:mean():sqrt():item(), train = eb.metrics.accuracy(net(r.params, data.x), data.y),
      kept = #probe * eb.tree.norm(g:winsorized { c = c }) / eb.tree.norm(whole),
    }
  end } }
  run:advance(steps)
  for key, list in pairs(curves) do list[j] = { run.log["m." .. key].step, run.log["m." .. key].value, name = "c = " .. c } end
end
for _, key in ipairs { "train", "whole", "pristine", "corrupt", "size", "kept" } do
  paper.figure(key, eb.plot.line(curves[key]), curves[key].title .. ", by the level c")
end
local function peak(key, j) -- the largest median of five values in a row
  local v, largest = curves[key][j][2], 0
  for k = 1, #v - 4 do largest = math.max(largest, v[{ { k, k + 4 } }]:median():item()) end
  return largest
end
local function last(key, j) return curves[key][j][2][{ { -10, -1 } }]:median():item() end -- the last ten
local function row(text, options) options.row = text paper.expect(options) end
local kept, top = curves.kept[1][2], #levels
row("c = 0 keeps the mean gradient: |winsorized mean|/|mean|, least and most", { expected = 1, within = 1e-4, measured = { kept:min():item(), kept:max():item() } })
row("c = 0: train accuracy, part of the way from the share of right labels to all", { at_least = 0.9, measured = (last("train", 1) - right) / (1 - right) })
row("c = 8 keeps less of it at the end", { at_most = 0.9, measured = last("kept", top) })
row("what is not learnt keeps its gradient: size of single ones, of all examples, at the end, c = 8 over c = 0", { at_least = 1.5, measured = last("size", top) / last("size", 1) })
paper.claim { row = "c = 8: train accuracy less the share of right labels: it stops there", at_least = -0.1, at_most = 0.1, measured = last("train", top) - right }
for _, key in ipairs { "whole", "pristine", "corrupt" } do -- would coherence be lower? A guess, not a theory: observations
  paper.claim { row = curves[key].title .. ": peak with c = 8 over that with c = 0: lower", at_most = 1, measured = peak(key, top) / peak(key, 1) }
end
paper.finish()
