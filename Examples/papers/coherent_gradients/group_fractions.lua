-- Whose gradients do the work? With g the sum of all gradients and g_p that of the pristine examples, f_p = ⟨g, g_p⟩/⟨g, g⟩ is their share of
-- what a small step gains, and i_p sums ⟨g, g_p⟩ for one of them over the steps; f_c and i_c are the same of corrupt examples. In a null
-- world the names pristine and corrupt are dealt out at random, as many of each (Chatterjee 2020, arXiv 2002.10657).
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "Group fractions: pristine examples gain first, corrupt ones later"

local n, width, steps = paper.choose(1000, 6000), paper.choose(128, 256), paper.choose(1000, 6000)
local all = paper.mnist()
local net = eb.nn.mlp { 784, width, 10, act = "relu" }
local function loss(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end
local early, late, first_share, in_batches, crossing, outside, exact = { p = {}, c = {} }, { p = {}, c = {} }, {}, {}, {}, {}, {}
for i, noise in ipairs { 0.25, 0.5, 0.75 } do
  local data = eb.perturb.label_noise(all, noise, { rng = eb.rng(1) }):take(n)
  local start, batches = net:init { rng = eb.rng(0), init = "glorot_normal", gain = math.sqrt(2) }, eb.batches(data, { size = 100, shuffle = true })
  local function new() return eb.run { params = start, loss = loss, seed = 3, data = batches, opt = eb.optim.sgd { lr = 0.1 } } end
  -- The paper takes the gradients of the batch of each step; here over the first twenty.
  local own, run = new(), new()
  own:track({ of = eb.diag.group_fraction { batch = true, every = 1, draws = 40, seed = 5 } }):advance(20)
  in_batches[i] = (own.log["of.f_p"].value - own.log["of.f_p_high"].value):mean():item()
  -- The gradients of a fixed probe, at every fifth step; 40 null worlds, of which the bands hold 95 %.
  run:track { of = eb.diag.group_fraction { examples = 1000, every = 5, draws = 40, seed = 5 } }
  run:advance(steps)
  local function value(key) return run.log["of." .. key].value end
  local at = run.log["of.f_p"].step
  -- After 16 steps and at the end: what one of a group has gained, over the end of the null band that it should lie beyond.
  local function beyond(key, edge, k) return (value(key)[k] / value(key .. edge)[k]):item() end
  early.p[i], early.c[i] = beyond("i_p", "_high", 4), beyond("i_c", "_low", 4)
  late.p[i], late.c[i] = beyond("i_p", "_low", -1), beyond("i_c", "_high", -1)
  first_share[i] = (value("f_p") - value("f_p_high"))[{ { 1, 4 } }]:mean():item()
  -- The last measured step at which a pristine example is still ahead.
  crossing[i] = (value("i_p"):gt(value("i_c")):cast("int32") * at:cast("int32")):max():item()
  -- ⟨g, g⟩ is dealt out among both groups, so that i_p − i_c rises with i_p, and its band ends where theirs do.
  local low, high, real = value("i_p_low") - value("i_c_high"), value("i_p_high") - value("i_c_low"), value("i_p") - value("i_c")
  outside[i] = real:lt(low):logical_or(real:gt(high)):cast("float64"):mean():item()
  local probe = data:take(1000)
  local corrupt, pristine = eb.per_example(loss)(run.params, probe.x, probe.y):group_sums(probe.mask)
  local g, now = corrupt + pristine, eb.diag.group_fraction(loss, run.params, probe, { draws = 0 })
  exact[i] = math.abs(eb.tree.dot(g, pristine) / eb.tree.dot(g, g) - now.f_p)
  local function draw(name, what, letter, logy)
    local band = { x = at, low = value(letter .. "_p_low"), high = value(letter .. "_p_high"), name = "null worlds of pristine, 95 %", color = 1 }
    paper.figure(("%s-%g"):format(name, 100 * noise), eb.plot.line { { at, value(letter .. "_p"), name = "pristine" }, { at, value(letter .. "_c"), name = "corrupt" },
      band, title = ("%s, noise %g"):format(what, noise), xlabel = "step", logx = true, logy = logy },
      ("%s_p and %s_c, and the band of %s_p when the names are dealt out at random"):format(letter, letter, letter))
  end
  draw("fractions", "shares of the decrease", "f", false)
  draw("gains", "gain of one example", "i", true)
end
local function row(text, options) options.row = text paper.expect(options) end
row("f_p is that of two group sums (float32)", { at_most = 1e-3, measured = exact })
row("steps 1–16, noise 25, 50, 75 %: f_p minus the top of its null band, mean", { at_least = 0, measured = first_share })
row("step 16: i_p over the top of its null band", { at_least = 1, measured = early.p })
row("step 16: i_c over the bottom of its null band", { at_most = 1, measured = early.c })
row("the end: i_p over the bottom of its null band", { at_most = 1, measured = late.p })
row("the end: i_c over the top of its null band", { at_least = 1, measured = late.c })
row("i_p and i_c cross: the last step where i_p leads, of " .. steps, { at_least = 20, at_most = steps - 10, measured = crossing })
paper.claim { row = "steps 1–20, of the steps' own batches: f_p minus the top of its null band, mean", at_least = 0, measured = in_batches }
paper.claim { row = "i_p − i_c is outside of its null band, share of the steps", at_least = 0.5, measured = outside }
paper.finish()
