-- Least squares by linear maps: reduced-rank regression (Izenman 1975), and in which order modes come. Runs once in every state.
local eb, native, parts = ...
local theory = parts.theory

-- With X = U diag(s) Vᵀ the fit of all ranks is W* = V diag(1/s) Uᵀ Y, and X W* = U (Uᵀ Y) has the singular vectors of Uᵀ Y.
function eb.theory.reduced_rank_regression(X, Y, k)
  local x, y = theory.examples("reduced_rank_regression", X, Y, true)
  k = theory.whole("reduced_rank_regression", "k", k, 0)
  local u, s, vt, rank = theory.thin_svd(x)
  if rank == 0 or k == 0 then return eb.zeros { x.shape[2], y.shape[2], dtype = "float64" } end
  local a, c, bt = eb.linalg.svd(u:t():mm(y))
  local most = math.min(k, #c)
  local fitted = (a[{ {}, { 1, most } }] * c[{ { 1, most } }]):mm(bt[{ { 1, most }, {} }])
  return vt:t():mm(fitted / s:unsqueeze(2))
end

-- Σ_x and Σ_xy from data; modes are the singular vectors of Σ_xy, and λ_i = u_iᵀ Σ_x u_i.
function eb.theory.learning_order(X, Y)
  local x, y = theory.examples("learning_order", X, Y, true)
  local n = #x
  local u, sigma = eb.linalg.svd(x:t():mm(y) / n)
  local pushed = x:t():mm(x:mm(u)) / n
  local lambda = (u * pushed):sum(1)
  local rest = (pushed - u * lambda):norm():item()
  local order, gain = {}, {}
  local values, curvatures = sigma:totable(), lambda:totable()
  for i, s in ipairs(values) do order[i], gain[i] = i, s == 0 and 0 or s * s / curvatures[i] end
  local dynamics = { table.unpack(order) }
  local function by(list) return function(a, b) if list[a] ~= list[b] then return list[a] > list[b] end return a < b end end
  table.sort(order, by(gain))
  local agree = true
  for i, mode in ipairs(order) do agree = agree and (mode == dynamics[i] or gain[mode] == gain[dynamics[i]]) end
  return {
    sigma = sigma, lambda = lambda, gain = eb.tensor(gain, { dtype = "float64" }), dynamics = dynamics, regression = order, agree = agree,
    noncommuting = rest == 0 and 0.0 or rest / pushed:norm():item(),
  }
end
