-- Optimizers that use curvature: limited-memory BFGS, Newton and Gauss-Newton with conjugate gradients. Their control flow depends on what
-- they compute, so a run takes their steps without a plan. Runs once in every state, after optimizers.lua.
local eb, native, rules = ...
local tree, builtin = eb.tree, rules.builtin

local rate = { 0 }

-- The curvature pairs' estimate of H⁻¹ g (Nocedal 1980): two loops over the history.
local function two_loops(g, steps, changes)
  local q, alphas = g, {}
  for i = #steps, 1, -1 do
    alphas[i] = tree.dot(steps[i], q) / tree.dot(changes[i], steps[i])
    q = q - alphas[i] * changes[i]
  end
  local last = #steps
  if last > 0 then q = tree.dot(steps[last], changes[last]) / tree.dot(changes[last], changes[last]) * q end
  for i = 1, last do
    q = q + (alphas[i] - tree.dot(changes[i], q) / tree.dot(changes[i], steps[i])) * steps[i]
  end
  return q
end

-- Nocedal 1980; Liu & Nocedal 1989. Without a line search the first step is as long as min(1, 1/‖g‖₁), as in PyTorch; with it the step is
-- halved until the loss falls by 10⁻⁴ of what the slope promises (Armijo 1966).
builtin("lbfgs", {
  defaults = { lr = 1, history = 10, line_search = false }, ranges = { lr = rate, history = { 1, whole = true } },
  whole = true, looks = true, evaluates = function(h) return h.line_search end,
  init = function() return { steps = {}, changes = {} } end, fields = function() return { "steps", "changes" } end,
  step = function(p, g, s, h, _, f)
    local steps, changes = { table.unpack(s.steps) }, { table.unpack(s.changes) }
    if s.p then
      local step, change = p - s.p, g - s.g
      if tree.dot(step, change) > 1e-10 * tree.dot(change, change) then
        steps[#steps + 1], changes[#changes + 1] = step, change
        if #steps > h.history then
          table.remove(steps, 1)
          table.remove(changes, 1)
        end
      end
    end
    local direction = two_loops(g, steps, changes)
    local slope = tree.dot(direction, g)
    if slope <= 0 then direction, slope = g, tree.dot(g, g) end
    local length = h.lr
    if #steps == 0 then length = length * math.min(1, 1 / math.max(tree.norm(g, 1), 1e-300)) end
    local q = p - length * direction
    if h.line_search then
      local before = native.number(f(p))
      for _ = 1, 30 do
        if native.number(f(q)) <= before - 1e-4 * length * slope then break end
        length = length / 2
        q = p - length * direction
      end
    end
    return q, { steps = steps, changes = changes, p = p, g = g }
  end,
})

-- Conjugate gradients for A x = b (Hestenes & Stiefel 1952) from 0, until ‖r‖ ≤ tolerance ‖b‖; stops at a direction of negative
-- curvature with what it has, or with b if that is the first (Nocedal & Wright, algorithm 7.1). Answers x, the number of products, and
-- whether there was such a direction.
local function conjugate_gradients(apply, b, tolerance, most)
  local x, r = tree.zeros_like(b), b
  local d, rr = b, tree.dot(b, b)
  local limit = tolerance ^ 2 * rr
  for i = 1, most do
    if rr <= limit then return x, i - 1, false end
    local ad = apply(d)
    local curvature = tree.dot(d, ad)
    if curvature <= 0 then return i == 1 and b or x, i, true end
    local alpha = rr / curvature
    x, r = x + alpha * d, r - alpha * ad
    local following = tree.dot(r, r)
    d, rr = r + following / rr * d, following
  end
  return x, most, false
end
rules.conjugate_gradients = conjugate_gradients

-- p − lr (H + λ)⁻¹ g, the system solved to 0.5 or √‖g‖, whichever is smaller.
builtin("newton_cg", {
  defaults = { lr = 1, damping = 0, iterations = 50 }, ranges = { lr = rate, damping = rate, iterations = { 1, whole = true } },
  whole = true, looks = true, evaluates = true,
  step = function(p, g, _, h, _, f)
    local _, hessian = eb.linearize(function(q)
      local _, gradient = f(q)
      return gradient
    end, p)
    local function damped(v) return hessian(v) + h.damping * v end
    local tolerance = math.min(0.5, tree.norm(g) ^ 0.5)
    return p - h.lr * (conjugate_gradients(damped, g, tolerance, h.iterations)), {}
  end,
})

-- Levenberg 1944 and Marquardt 1963: p − lr (Jᵀ J + λ)⁻¹ Jᵀ r for residuals r(p), whose squares' half sum is the loss.
builtin("gauss_newton", {
  defaults = {
    lr = 1, damping = 1e-3, iterations = 50, tolerance = 1e-6,
    residual = function() rules.fail("gauss_newton: needs residual = function(p, ...), the tensor whose squares are summed") end,
  },
  ranges = { lr = rate, damping = rate, iterations = { 1, whole = true }, tolerance = rate },
  whole = true, looks = true,
  step = function(p, _, _, h, _, f)
    local function residual(q) if f then return f(q, h.residual) else return h.residual(q) end end
    local r, pull = eb.vjp(residual, p)
    local _, push = eb.linearize(residual, p)
    local function damped(v) return pull(push(v)) + h.damping * v end
    return p - h.lr * (conjugate_gradients(damped, pull(r), h.tolerance, h.iterations)), {}
  end,
})
