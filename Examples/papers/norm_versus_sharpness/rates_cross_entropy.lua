-- The sweeps of rates_squares.lua with cross entropy. Here S of the flow rises and falls again when the network grows sure, so that the largest S on
-- the way and S at the end, which decides whether that end is stable, are two numbers.
local here = arg[0]:match "^.*/" or "./"
local paper, sweeps = dofile(here .. "../paper.lua"), dofile(here .. "../sweeps.lua")
paper.title "Cross entropy: up to 2/s_GF the step size does not matter, above it the norm rises"

sweeps.studies(paper, "ce", { digits = { dense = 0.01, conv = 0.03 }, CIFAR = { dense = 0.1, conv = 0.5 } }, function(expect, claim)
  -- Below: all descend along one curve, so that S and norm differ by what small steps differ.
  expect("S at 3/4 η_c over that at 1/2", { expected = 1, within = 0.05 }, function(r) return (r.S[2] / r.S[1]):item() end)
  local function early(r) return ((r.l1[2] - r.l1[1]) / (r.l1[-1] - r.l1[1])):abs():item() end
  expect("change of the 1-norm from 1/2 to 3/4 η_c, over that to the largest step size", { at_most = 0.2 }, early)
  -- Up to 2/s_GF the flow is stable all the way, above 2/S of its end not even there, if descent takes long enough to notice. Step sizes have
  -- gaps of a third.
  expect("elbow over 2/s_GF", { at_least = 0.75 }, function(r) return r.elbow / r.eta_c end)
  claim("elbow over 2/s_GF: the paper has it at 1", { at_most = 1.34 }, function(r) return r.elbow / r.eta_c end)
  claim("elbow over 2/S at the end of the flow", { at_most = 1.34 }, function(r) return r.elbow * r.final / 2 end)
  local function above(r) return (r.S * r.lr / 2)[r.factor:gt(1.2)]:median():item() end
  claim("S over 2/lr above η_c, median: the paper has it at 1", { at_least = 0.8, at_most = 1.25 }, above)
  -- At 2 η_c, since larger steps may throw a network far away before they settle.
  expect("1-norm at 2 η_c over that at the smallest step size", { at_least = 1 }, function(r) return (r.l1[r.factor:le(2)][-1] / r.l1[1]):item() end)
end)
paper.finish()
