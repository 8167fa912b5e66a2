-- How long the origin holds a mode: a product of N factors that starts at α I learns a singular value s along u̇ = N u^(2 − 2/N)(s − u). With
-- two factors the time grows as ln(1/α), with more as α^−(1 − 2/N); deeper products wait longer and then learn faster.
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
eb.default_dtype "float64"
paper.title "Escape from the origin: start and depth"

local s = eb.tensor { 2, 1, 0.5 }
local M, n, lr = s:diag(), #s, 0.01
local alphas = eb.logspace(-1, paper.choose(-4, -6), paper.choose(4, 6)):totable()

-- When each singular value passes a share of its end, in time; the network is on its balanced, aligned path from the start.
local function learn(depth, alpha)
  local net = eb.models.matrix_factorization { n, n, depth = depth }
  local horizon = 1.5 * eb.theory.escape_time(depth, alpha / s[n]:item()) / s[n]:item() ^ (2 - 2 / depth) + 5
  local run = eb.run {
    params = net:init { init = "identity", gain = alpha ^ (1 / depth) }, opt = eb.optim.sgd { lr = lr },
    loss = function(p) return ((net(p) - M) ^ 2):sum() / 2 end,
  }
  run:track { value = { every = 5, function(r) return net(r.params):diag() end } }
  local value = run:advance(math.ceil(horizon / lr)).log.value
  local function passes(share) return (value.value:gt(share * s):cast "float64":argmax(1):cast "float64" * 5 - 5) * lr end
  return passes(0.5), passes(0.9) - passes(0.1), value
end

local worst, exponents, times, sharpness = 0, {}, {}, {}
local curves = { title = "time to half of s = 2", xlabel = "α", ylabel = "time", logx = true, logy = true }
local spread = { title = "u/s of s = 1 from α = 1e-3", xlabel = "time" }
for depth = 2, 4 do
  times[depth] = {}
  for i, alpha in ipairs(alphas) do
    local half, rise, value = learn(depth, alpha)
    times[depth][i] = half[1]:item()
    for k = 1, n do
      local exact = eb.theory.escape_time(depth, alpha / s[k]:item()) / s[k]:item() ^ (2 - 2 / depth)
      worst = math.max(worst, (math.abs(half[k]:item() - exact) - 5 * lr) / exact) -- steps are looked at every 5 η
    end
    if math.abs(alpha - 1e-3) < 1e-9 then
      sharpness[depth] = (half[2] / rise[2]):item()
      spread[#spread + 1] = { (value.step:cast "float64" - 1) * lr, value.value[{ {}, 2 }], name = depth .. " factors" }
    end
  end
  curves[#curves + 1] = { alphas, times[depth], name = depth .. " factors" }
  exponents[depth] = math.log(times[depth][#alphas] / times[depth][#alphas - 1]) / math.log(alphas[#alphas - 1] / alphas[#alphas])
end
paper.figure("time", eb.plot.line(curves), "The wait at the origin against the size of the start")
paper.figure("rise", eb.plot.line(spread), "The same singular value with 2, 3 and 4 factors")
paper.expect { row = "half-times against the closed form: largest relative deviation, ηs_1/2", at_most = lr, measured = worst }
local slope = (times[2][#alphas] - times[2][1]) / math.log(alphas[1] / alphas[#alphas])
paper.expect { row = "2 factors: growth of the time with ln(1/α): 1/(2s)", expected = 0.25, within = 0.05, measured = slope }
for depth = 3, 4 do
  paper.expect { row = depth .. " factors: exponent of 1/α", expected = 1 - 2 / depth, within = 0.15, measured = exponents[depth] }
end
paper.expect { row = "s = 1: wait over length of the rise (10 % to 90 %), 2, 3, 4 factors", expected = "increases",
  measured = { sharpness[2], sharpness[3], sharpness[4] }, holds = sharpness[2] < sharpness[3] and sharpness[3] < sharpness[4] }
paper.finish()
