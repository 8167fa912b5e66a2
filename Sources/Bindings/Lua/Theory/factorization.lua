-- The landscape of L = ½ ‖W_N ⋯ W₁ − M‖_F² where descent from a small start waits: at the balanced factors of the best approximations of M of
-- rank 0, 1, 2, … Runs once in every state.
local eb, native, parts = ...
local theory = parts.theory
local fail = theory.fail

-- Singular values of a matrix, descending, or of a vector that has them.
local function spectrum(operation, m)
  local value = theory.tensor(operation, "M", m)
  if value.ndim == 2 then return eb.linalg.svdvals(value):totable() end
  if value.ndim ~= 1 then fail("%s: M: expected a matrix or the vector of its singular values, got shape %s", operation, theory.shape(value)) end
  local s = value:totable()
  for i, each in ipairs(s) do if each < 0 then fail("%s: M: singular value %d is %g; expected numbers from 0 on", operation, i, each) end end
  table.sort(s, function(a, b) return a > b end)
  return s
end

-- Half the squares of those after the k-th, the smallest first.
local function loss_at(s, k)
  local sum = 0
  for i = #s, k + 1, -1 do sum = sum + s[i] * s[i] end
  return sum / 2
end

function eb.theory.rank_plateaus(M, k)
  local s = spectrum("rank_plateaus", M)
  if k ~= nil then return loss_at(s, theory.whole("rank_plateaus", "k", k, 0)) end
  local losses = {}
  for each = 0, #s do losses[each + 1] = loss_at(s, each) end
  return eb.tensor(losses, { dtype = "float64" })
end

function eb.theory.deep_linear_sharpness(sigma, depth)
  local n = theory.whole("deep_linear_sharpness", "depth", depth, 1)
  return theory.over_times("deep_linear_sharpness", 0, { "sigma" }, { sigma }, function(_, s) return n * s ^ (2 - 2 / n) end)
end

-- The Hessian parts into blocks: a learned pair of modes (a, b) has the rank-one block with eigenvalue Σ_l a^(2(N−l)/N) b^(2(l−1)/N), whose
-- largest is that of a = b = s₁; the first and last layer couple a learned a with an unlearned b in a^(1−2/N) (a ± b); and for N = 2
-- hidden units without use have ± b.
function eb.theory.plateau_curvature(M, k, options)
  native.check("plateau_curvature", options, { depth = "integer" })
  local s = spectrum("plateau_curvature", M)
  k = theory.whole("plateau_curvature", "k", k, 0)
  local n = theory.whole("plateau_curvature", "depth", options and options.depth or 2, 1)
  if n == 1 then return 1.0, 1.0 end
  local first, next_one = s[1] or 0, s[k + 1] or 0
  local smallest = n == 2 and -next_one or 0
  if k == 0 then return smallest + 0.0, n == 2 and first + 0.0 or 0.0 end
  return smallest + 0.0, n * first ^ (2 - 2 / n)
end
