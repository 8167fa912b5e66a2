-- One start, many step sizes: full-batch descent of small networks on pictures, with squares, until the loss is at most ε. Dense and convolutional,
-- tanh and ReLU, digits of 14 × 14 pixels and grey CIFAR-10 of 16 × 16; `../sweeps.lua` has the method.
local here = arg[0]:match "^.*/" or "./"
local paper, sweeps = dofile(here .. "../paper.lua"), dofile(here .. "../sweeps.lua")
paper.title "Squares: up to 2/s_GF the step size does not matter, above it sharpness follows 2/lr and the norm rises"

local function judge(expect, claim, set)
  -- Below: all descend along one curve, so that S and norm differ by what small steps differ.
  expect("S at 3/4 η_c over that at 1/2", { expected = 1, within = 0.05 }, function(r) return (r.S[2] / r.S[1]):item() end)
  local function early(r) return ((r.l1[2] - r.l1[1]) / (r.l1[-1] - r.l1[1])):abs():item() end
  expect("change of the 1-norm from 1/2 to 3/4 η_c, over that to the largest step size", { at_most = 0.2 }, early)
  -- S of the flow rises to the end, so that its end is stable up to η_c and not above. Step sizes have gaps of a third.
  expect("elbow over η_c", { at_least = 0.75, at_most = 1.34 }, function(r) return r.elbow / r.eta_c end)
  expect("slope beyond the elbow: the edge has 1", { at_least = 0.5, at_most = 1.5 }, function(r) return r.slope end)
  -- Above: S of one iterate, which oscillates about the edge.
  local function above(r) return (r.S * r.lr / 2)[r.factor:gt(1.2)] end
  expect("S over 2/lr above η_c, least", { at_least = 0.8 }, function(r) return above(r):min():item() end)
  claim("S over 2/lr above η_c, largest", { at_most = 1.5 }, function(r) return above(r):max():item() end)
  expect("1-norm at the largest step size over that at the smallest", { at_least = 1 }, function(r) return (r.l1[-1] / r.l1[1]):item() end)
  local function linear(r) -- the correlation of norm and step size from η_c on
    local x, y = r.factor[r.factor:ge(1)], r.l1[r.factor:ge(1)]
    x, y = x - x:mean(), y - y:mean()
    return ((x * y):sum() / ((x ^ 2):sum() * (y ^ 2):sum()):sqrt()):item()
  end
  claim("correlation of 1-norm and step size from η_c on: the paper has it rise along a line", { at_least = 0.95 }, linear)
  if set == "digits" then
    claim("test loss at the lower end of the sweep over the least: U-shaped, as the paper has it for digits", { at_least = 1.01 }, sweeps.u_shape)
  else
    claim("the same of CIFAR-10, where the paper does not have it U-shaped", { at_most = 1.01 }, sweeps.u_shape)
  end
end

sweeps.studies(paper, {
  loss = "mse", until_loss = { digits = { dense = 0.03, conv = 0.1 }, CIFAR = { dense = 0.1, conv = 0.25 } },
  factors = paper.choose({ 0.5, 0.75, 1, 1.33, 2, 4 }, { 0.5, 0.75, 1, 1.33, 2, 3, 4, 6 }), thrown = 2, judge = judge,
})
paper.finish()
