-- The matrix of least nuclear norm with given entries, with its certificate. It is the limit of min ½‖P(W − M)‖² + μ‖W‖_* as μ falls, where P keeps
-- what is known: accelerated proximal steps, each of which shrinks singular values by μ (Toh & Yun 2010), and the last W is where the next μ starts.
-- A matrix whose known entries are within `slack` of those of M has a nuclear norm of at least ⟨Y, M⟩ − slack Σ|Y_ij|, for every Y that is 0 where
-- nothing is known and has no singular value above 1. P(M − W) over its largest one is such a Y.
local eb = require "ebbtide"

-- mask is 1 where an entry of M is known, else 0. Gives W, the largest error on known entries, and ‖W‖_* over that bound.
return function(M, mask, steps, slack)
  local W, ahead = eb.zeros(M.shape), eb.zeros(M.shape)
  for k = 0, 8 do
    local mu, t = 10 / 4 ^ k, 1
    for _ = 1, steps do
      local U, s, Vt = eb.linalg.svd(ahead - mask * (ahead - M))
      local new, following = (U * (s - mu):relu()):mm(Vt), (1 + math.sqrt(1 + 4 * t * t)) / 2
      ahead, W, t = new + (t - 1) / following * (new - W), new, following
    end
  end
  local miss = mask * (M - W)
  local Y = miss / eb.linalg.svdvals(miss)[1]
  local bound = (Y * M):sum() - slack * Y:abs():sum()
  return W, miss:abs():max():item(), (eb.linalg.norm(W, "nuc") / bound):item()
end
