-- One start, many step sizes: full-batch descent of small networks on pictures, with squares, until the loss is at most ε. Dense and convolutional,
-- tanh and ReLU, digits of 14 × 14 pixels and grey CIFAR-10 of 16 × 16; `../sweeps.lua` has the method.
local here = arg[0]:match "^.*/" or "./"
local paper, sweeps = dofile(here .. "../paper.lua"), dofile(here .. "../sweeps.lua")
paper.title "Squares: up to 2/s_GF the step size does not matter, above it sharpness follows 2/lr and the norm rises"

sweeps.studies(paper, "mse", { digits = { dense = 0.03, conv = 0.1 }, CIFAR = { dense = 0.1, conv = 0.25 } }, function(expect, claim)
  -- Below: all descend along one curve, so that S and norm differ by what small steps differ.
  expect("S at 3/4 η_c over that at 1/2", { expected = 1, within = 0.05 }, function(r) return (r.S[2] / r.S[1]):item() end)
  local function early(r) return ((r.l1[2] - r.l1[1]) / (r.l1[-1] - r.l1[1])):abs():item() end
  expect("change of the 1-norm from 1/2 to 3/4 η_c, over that to the largest step size", { at_most = 0.2 }, early)
  -- S of the flow rises to the end, so that its end is stable up to η_c and not above. Step sizes have gaps of a third.
  expect("elbow over η_c", { at_least = 0.75, at_most = 1.34 }, function(r) return r.elbow / r.eta_c end)
  -- Above: S of one iterate, which oscillates about the edge.
  local function above(r) return (r.S * r.lr / 2)[r.factor:gt(1.2)] end
  expect("S over 2/lr above η_c, least", { at_least = 0.8 }, function(r) return above(r):min():item() end)
  claim("S over 2/lr above η_c, largest", { at_most = 1.5 }, function(r) return above(r):max():item() end)
  expect("1-norm at the largest step size over that at the smallest", { at_least = 1 }, function(r) return (r.l1[-1] / r.l1[1]):item() end)
end)
paper.finish()
