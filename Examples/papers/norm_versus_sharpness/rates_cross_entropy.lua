-- The sweeps of rates_squares.lua with cross entropy. Here S of the flow rises and falls again when the network grows sure, so that the largest S on
-- the way and S at the end, which decides whether that end is stable, are two numbers. Descent does not stay at the edge: it passes it in few steps,
-- and with twice η_c and more is soon thrown to a loss above that of the start, from where chance decides. So step sizes are close, and end at 2 η_c.
local here = arg[0]:match "^.*/" or "./"
local paper, sweeps = dofile(here .. "../paper.lua"), dofile(here .. "../sweeps.lua")
paper.title "Cross entropy: up to 2/s_GF the step size does not matter, above it sharpness at the end falls"

local function judge(expect, claim)
  -- Below: all descend along one curve, so that S and norm differ by what small steps differ.
  expect("S at 3/4 η_c over that at 1/2", { expected = 1, within = 0.05 }, function(r) return (r.S[2] / r.S[1]):item() end)
  expect("1-norm at 3/4 η_c over that at 1/2", { expected = 1, within = 0.005 }, function(r) return (r.l1[2] / r.l1[1]):item() end)
  -- Up to 2/s_GF the flow is stable all the way; above it not, where it is sharpest. How far above descent notices depends on how long it is there.
  -- A threshold that is wrong by a factor of two is outside these bounds, or has no fall beyond its kink.
  expect("elbow over η_c = 2/s_GF", { at_least = 0.75, at_most = 1.5 }, function(r) return r.elbow / r.eta_c end)
  expect("slope beyond the elbow: S falls like a power of the step size", { at_least = 0.3 }, function(r) return r.slope end)
  expect("misfit of the elbow, root mean square of ln S", { at_most = 0.1 }, function(r) return r.misfit end)
  claim("elbow over 2/S at the end of the flow: the largest S on the way decides, not the last", { at_most = 0.75 }, function(r) return r.elbow * r.final / 2 end)
  local function above(r) return (r.S * r.lr / 2)[r.factor:gt(1.2)]:median():item() end
  claim("S over 2/lr above η_c, median: the paper has it at 1", { at_least = 0.8, at_most = 1.25 }, above)
  local function rise(r) return (r.l1[-1] - r.l1[1]):item() / (r.l1[3] - r.l1[1]):abs():item() end
  claim("rise of the 1-norm to the largest step size over the drift up to η_c: it rises above", { at_least = 3 }, rise)
  claim("test loss at the lower end of the sweep over the least: U-shaped", { at_least = 1.01 }, sweeps.u_shape)
end

sweeps.studies(paper, {
  loss = "ce", until_loss = { digits = { dense = 0.01, conv = 0.03 }, CIFAR = { dense = 0.1, conv = 0.5 } },
  factors = { 0.5, 0.75, 1, 1.2, 1.33, 1.5, 1.75, 2 }, thrown = 1, judge = judge,
})
paper.finish()
