---@meta ebbtide.activations

-- The layers of eb.nn that act element by element.

local eb = require "ebbtide"

---The layer max(x, 0), with slope 0 at 0, element by element, without parameters.
---```lua
---local y = eb.nn.relu()({}, eb.tensor{-2, 3})
---assert((y - eb.tensor{0, 3}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.relu() end

---The layer tanh x, element by element, without parameters.
---```lua
---local y = eb.nn.tanh()({}, eb.tensor{0})
---assert((y - eb.tensor{0}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.tanh() end

---The layer 1/(1 + e⁻ˣ), element by element, without parameters.
---```lua
---local y = eb.nn.sigmoid()({}, eb.tensor{0})
---assert((y - eb.tensor{0.5}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.sigmoid() end

---The layer x/2 (1 + erf(x/√2)), element by element, without parameters.
---```lua
---local y = eb.nn.gelu()({}, eb.tensor{0, 1})
---assert((y - eb.tensor{0, 0.8413447}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.gelu() end

---The layer x/(1 + e⁻ˣ), element by element, without parameters.
---```lua
---local y = eb.nn.silu()({}, eb.tensor{0, 1})
---assert((y - eb.tensor{0, 0.7310586}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.silu() end

---The layer x for x > 0, else eˣ − 1, element by element, without parameters.
---```lua
---local y = eb.nn.elu()({}, eb.tensor{2, -1})
---assert((y - eb.tensor{2, -0.6321206}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.elu() end

---The layer λ x for x > 0, else λ α (eˣ − 1) with λ = 1.0507 and α = 1.6733 (Klambauer et al. 2017), element by element, without
---parameters.
---```lua
---local y = eb.nn.selu()({}, eb.tensor{1, -1})
---assert((y - eb.tensor{1.0507010, -1.1113307}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.selu() end

---The layer x for x > 0, else 0.01 x, element by element, without parameters.
---```lua
---local y = eb.nn.leaky_relu()({}, eb.tensor{2, -1})
---assert((y - eb.tensor{2, -0.01}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.leaky_relu() end

---The layer x limited to [0, 6], element by element, without parameters.
---```lua
---local y = eb.nn.relu6()({}, eb.tensor{-3, 2, 9})
---assert((y - eb.tensor{0, 2, 6}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.relu6() end

---The layer log(1 + eˣ), which does not overflow, element by element, without parameters.
---```lua
---local y = eb.nn.softplus()({}, eb.tensor{0, 1000})
---assert((y - eb.tensor{0.6931472, 1000}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.softplus() end

---The layer −log(1 + e⁻ˣ), the logarithm of the sigmoid, which does not overflow, element by element, without parameters.
---```lua
---local y = eb.nn.log_sigmoid()({}, eb.tensor{0, -1000})
---assert((y - eb.tensor{-0.6931472, -1000}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.log_sigmoid() end

---The layer x tanh(log(1 + eˣ)) (Misra 2019), element by element, without parameters.
---```lua
---local y = eb.nn.mish()({}, eb.tensor{0, 1})
---assert((y - eb.tensor{0, 0.8650984}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.mish() end

---The layer x/(1 + |x|), element by element, without parameters.
---```lua
---local y = eb.nn.softsign()({}, eb.tensor{-3, 1})
---assert((y - eb.tensor{-0.75, 0.5}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.softsign() end

---The layer x limited to [−1, 1], element by element, without parameters.
---```lua
---local y = eb.nn.hardtanh()({}, eb.tensor{-3, 0.5})
---assert((y - eb.tensor{-1, 0.5}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.hardtanh() end

---The layer x/6 + 1/2 limited to [0, 1], element by element, without parameters.
---```lua
---local y = eb.nn.hardsigmoid()({}, eb.tensor{-4, 0, 1.5})
---assert((y - eb.tensor{0, 0.5, 0.75}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.hardsigmoid() end

---The layer x times (x/6 + 1/2 limited to [0, 1]), element by element, without parameters.
---```lua
---local y = eb.nn.hardswish()({}, eb.tensor{-4, 3, 1.5})
---assert((y - eb.tensor{0, 3, 1.125}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.hardswish() end

---The layer x, element by element, without parameters.
---```lua
---local y = eb.nn.identity()({}, eb.tensor{-3, 0.5})
---assert((y - eb.tensor{-3, 0.5}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.identity() end

---The layer |x|, with slope 0 at 0, element by element, without parameters.
---```lua
---local y = eb.nn.abs()({}, eb.tensor{-3, 0.5})
---assert((y - eb.tensor{3, 0.5}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.abs() end

---The layer x², element by element, without parameters.
---```lua
---local y = eb.nn.square()({}, eb.tensor{-3})
---assert((y - eb.tensor{9}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.square() end

---The layer sin x, element by element, without parameters.
---```lua
---local y = eb.nn.sin()({}, eb.tensor{0})
---assert((y - eb.tensor{0}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.sin() end

---The layer cos x, element by element, without parameters.
---```lua
---local y = eb.nn.cos()({}, eb.tensor{0})
---assert((y - eb.tensor{1}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.cos() end

---The layer arctan x, element by element, without parameters.
---```lua
---local y = eb.nn.atan()({}, eb.tensor{0, 1})
---assert((y - eb.tensor{0, 0.7853982}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.atan() end

---The layer arsinh x = log(x + √(x² + 1)), element by element, without parameters.
---```lua
---local y = eb.nn.asinh()({}, eb.tensor{0, 1})
---assert((y - eb.tensor{0, 0.8813736}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.asinh() end

---The layer the error function of x, element by element, without parameters.
---```lua
---local y = eb.nn.erf()({}, eb.tensor{0, 1})
---assert((y - eb.tensor{0, 0.8427008}):abs():max():item() < 1e-6)
---```
---@return Model
function eb.nn.erf() end
