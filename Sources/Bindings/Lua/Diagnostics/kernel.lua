-- The tangent kernel of a model on the examples. Runs once in every state, after learning.lua.
local eb, native, parts = ...
local diagnostic, scalar, tree, fail = parts.diagnostic, parts.scalar, eb.tree, parts.fail

-- ⟨∂f_a(xᵢ), ∂f_b(xⱼ)⟩: [n, n] summed over outputs a = b, or [n c, n c] with the outputs of an example side by side; and the number of outputs.
local function kernel(self)
  local n = self:examples()
  local scores = self:prediction(self.params, self.fields)
  local outputs = scores:numel() // n
  local unit = eb.eye(outputs, { dtype = scores.dtype })
  if self.options.full then
    -- Every example as often as there are outputs.
    local ids = eb.arange(0, n * outputs - 1, 1, { dtype = "int32" })
    local every = self:repeated(ids // outputs + 1, { output = unit:index(1, ids % outputs + 1) })
    return every:each(function(p, one) return (self:prediction(p, one):reshape(-1) * one.output[1]):sum() end):gram():cast("float64"), outputs
  end
  local sum
  for a = 1, outputs do
    local gram = self:each(function(p, one) return self:prediction(p, one):reshape(-1)[a] end):gram():cast("float64")
    sum = sum and sum + gram or gram
  end
  return sum, outputs
end

local options = { model = "callable", full = "boolean" }

diagnostic("ntk", { options = options, measure = function(self) return (kernel(self)) end })

-- Targets [n, outputs] of labels or numbers. One number an example next to several outputs is a label, and so is an int32 that can be one.
local function targets(self, outputs)
  local y, n = self.fields.y, self:examples()
  if not native.is_tensor(y) or y.ndim == 0 then fail("%s: needs targets y", self.name) end
  local is_label = y.ndim == 1 and outputs > 1 or y.dtype == "int32" and y:numel() == n and y:min():item() >= 1
  if not is_label then return y:cast("float64"):reshape(n, -1) end
  local labels = native.class_labels(self.name, y, outputs > 1 and outputs or nil)
  return labels:reshape(-1, 1):eq(eb.arange(1, labels:max():item(), 1, { dtype = "int32" })):cast("float64")
end

local function cosine(a, b) return scalar((a * b):sum()) / (scalar(a:norm()) * scalar(b:norm())) end

-- Cristianini et al. 2001; centred as in Cortes, Mohri & Rostamizadeh 2012.
diagnostic("kernel_alignment", {
  options = { model = "callable", centered = "boolean" },
  measure = function(self, o)
    local k, outputs = kernel(self)
    local y = targets(self, outputs)
    if o.centered then
      y = y - y:mean(1, { keepdims = true })
      k = k - k:mean(1, { keepdims = true }) - k:mean(2, { keepdims = true }) + k:mean()
    end
    return cosine(k, y:mm(y:t()))
  end,
})

-- 1 − cos(K_t, K_s): against the first kernel that was measured.
diagnostic("kernel_distance", {
  keeps = "history", options = { model = "callable" },
  measure = function(self, o, memory)
    local k = kernel(self)
    local first = memory or k
    return memory and 1 - cosine(k, first) or 0.0, first
  end,
})

-- Against the one before, per step; NaN at the first.
diagnostic("kernel_velocity", {
  keeps = "history", options = { model = "callable" },
  measure = function(self, o, memory)
    local k = kernel(self)
    local speed = memory and (1 - cosine(k, memory.kernel)) / (self.t - memory.t) or 0 / 0
    return speed, { kernel = k, t = self.t }
  end,
})
