---@meta ebbtide.elementwise

-- Functions applied element by element. Those of real numbers take int32 and bool tensors as floats of the default dtype; two
-- operands broadcast, and a Lua number takes the tensor's dtype.

local eb = require "ebbtide"

---@class Tensor
local Tensor = {}

---|x|. The gradient at 0 is 0.
---```lua
---assert(eb.tensor{-2}:abs():item() == 2)
---```
---@return Tensor
function Tensor:abs() end

---−x, as `-x`.
---```lua
---assert(eb.tensor{2}:neg():item() == -2)
---```
---@return Tensor
function Tensor:neg() end

---−1, 0 or 1; its derivative is 0.
---```lua
---assert(eb.tensor{-7}:sign():item() == -1)
---```
---@return Tensor
function Tensor:sign() end

---x².
---```lua
---assert(eb.tensor{3}:square():item() == 9)
---```
---@return Tensor
function Tensor:square() end

---1/x.
---```lua
---assert(eb.tensor{4}:reciprocal():item() == 0.25)
---```
---@return Tensor
function Tensor:reciprocal() end

---√x; NaN for negative numbers.
---```lua
---assert(eb.tensor{9}:sqrt():item() == 3)
---```
---@return Tensor
function Tensor:sqrt() end

---1/√x.
---```lua
---assert(eb.tensor{4}:rsqrt():item() == 0.5)
---```
---@return Tensor
function Tensor:rsqrt() end

---eˣ.
---```lua
---assert(eb.tensor{0}:exp():item() == 1)
---```
---@return Tensor
function Tensor:exp() end

---eˣ − 1, accurate near 0.
---```lua
---assert(eb.tensor{0}:expm1():item() == 0)
---```
---@return Tensor
function Tensor:expm1() end

---The natural logarithm; −∞ at 0, NaN below.
---```lua
---assert(eb.tensor{1}:log():item() == 0)
---```
---@return Tensor
function Tensor:log() end

---log(1 + x), accurate near 0.
---```lua
---assert(eb.tensor{0}:log1p():item() == 0)
---```
---@return Tensor
function Tensor:log1p() end

---sin x, x in radians.
---```lua
---assert(eb.tensor{0}:sin():item() == 0)
---```
---@return Tensor
function Tensor:sin() end

---cos x, x in radians.
---```lua
---assert(eb.tensor{0}:cos():item() == 1)
---```
---@return Tensor
function Tensor:cos() end

---tan x, x in radians.
---```lua
---assert(eb.tensor{0}:tan():item() == 0)
---```
---@return Tensor
function Tensor:tan() end

---The hyperbolic sine.
---```lua
---assert(eb.tensor{0}:sinh():item() == 0)
---```
---@return Tensor
function Tensor:sinh() end

---The hyperbolic cosine.
---```lua
---assert(eb.tensor{0}:cosh():item() == 1)
---```
---@return Tensor
function Tensor:cosh() end

---The hyperbolic tangent; its derivative keeps its digits when saturated.
---```lua
---assert(eb.tensor{0}:tanh():item() == 0)
---```
---@return Tensor
function Tensor:tanh() end

---The inverse of sinh.
---```lua
---assert(eb.tensor{0}:asinh():item() == 0)
---```
---@return Tensor
function Tensor:asinh() end

---The inverse of tan, in (−π/2, π/2).
---```lua
---assert(eb.tensor{0}:atan():item() == 0)
---```
---@return Tensor
function Tensor:atan() end

---1/(1 + e⁻ˣ).
---```lua
---assert(eb.tensor{0}:sigmoid():item() == 0.5)
---```
---@return Tensor
function Tensor:sigmoid() end

---log(1 + eˣ), without overflow.
---```lua
---assert(eb.tensor{1000}:softplus():item() == 1000)
---```
---@return Tensor
function Tensor:softplus() end

---The error function 2/√π ∫₀ˣ exp(−t²) dt.
---```lua
---assert(eb.tensor{0}:erf():item() == 0)
---```
---@return Tensor
function Tensor:erf() end

---max(x, 0); the gradient at 0 is 0.
---```lua
---assert(eb.tensor{-3}:relu():item() == 0)
---```
---@return Tensor
function Tensor:relu() end

---x/2 (1 + erf(x/√2)), the exact Gaussian error linear unit (Hendrycks & Gimpel 2016).
---```lua
---assert(eb.tensor{0}:gelu():item() == 0)
---```
---@return Tensor
function Tensor:gelu() end

---x σ(x), also called swish.
---```lua
---assert(eb.tensor{0}:silu():item() == 0)
---```
---@return Tensor
function Tensor:silu() end

---The largest whole number not above x; its derivative is 0.
---```lua
---assert(eb.tensor{-1.5}:floor():item() == -2)
---```
---@return Tensor
function Tensor:floor() end

---The smallest whole number not below x; its derivative is 0.
---```lua
---assert(eb.tensor{-1.5}:ceil():item() == -1)
---```
---@return Tensor
function Tensor:ceil() end

---The nearest whole number, ties to even; its derivative is 0.
---```lua
---assert(eb.tensor{2.5}:round():item() == 2)
---```
---@return Tensor
function Tensor:round() end

---Whether x is NaN; gives bool.
---```lua
---assert(eb.tensor{0 / 0}:isnan():item())
---```
---@return Tensor
function Tensor:isnan() end

---Whether x is +∞ or −∞; gives bool.
---```lua
---assert(eb.tensor{1 / 0}:isinf():item())
---```
---@return Tensor
function Tensor:isinf() end

---Whether x is neither NaN nor infinite; gives bool.
---```lua
---assert(not eb.tensor{1 / 0}:isfinite():item())
---```
---@return Tensor
function Tensor:isfinite() end

---Whether x is false, or 0; gives bool. Also `~x`.
---```lua
---assert(eb.tensor{false}:logical_not():item())
---```
---@return Tensor
function Tensor:logical_not() end

---The larger of x and y; NaN wins. Where they are equal each has half of the derivative.
---```lua
---assert(eb.tensor{1, 5}:maximum(3):sum():item() == 8)
---```
---@param y Tensor|number
---@return Tensor
function Tensor:maximum(y) end

---The smaller of x and y; NaN wins. Equal elements share the derivative.
---```lua
---assert(eb.tensor{1, 5}:minimum(3):sum():item() == 4)
---```
---@param y Tensor|number
---@return Tensor
function Tensor:minimum(y) end

---x to the power y, as `x ^ y`; int32 tensors become floats. x^n has its derivatives of every order at 0 (n! in order n, else 0), 0^y
---does not move with y, and a negative x has no derivative in y (NaN).
---```lua
---assert(eb.tensor{2}:pow(3):item() == 8)
---```
---@param y Tensor|number
---@return Tensor
function Tensor:pow(y) end

---Whether x < y; gives bool.
---```lua
---assert(eb.tensor{1}:lt(2):item())
---```
---@param y Tensor|number
---@return Tensor
function Tensor:lt(y) end

---Whether x ≤ y; gives bool.
---```lua
---assert(eb.tensor{2}:le(2):item())
---```
---@param y Tensor|number
---@return Tensor
function Tensor:le(y) end

---Whether x > y; gives bool.
---```lua
---assert(not eb.tensor{1}:gt(2):item())
---```
---@param y Tensor|number
---@return Tensor
function Tensor:gt(y) end

---Whether x ≥ y; gives bool.
---```lua
---assert(eb.tensor{2}:ge(2):item())
---```
---@param y Tensor|number
---@return Tensor
function Tensor:ge(y) end

---Whether x = y, element by element; gives bool. (`==` asks whether both are the same tensor.)
---```lua
---assert(eb.tensor{1, 2}:eq(eb.tensor{1, 2}):all():item())
---```
---@param y Tensor|number
---@return Tensor
function Tensor:eq(y) end

---Whether x ≠ y; gives bool.
---```lua
---assert(eb.tensor{1}:ne(2):item())
---```
---@param y Tensor|number
---@return Tensor
function Tensor:ne(y) end

---Whether both are true, or not 0; gives bool. Also `x & y`.
---```lua
---assert(not eb.tensor{true}:logical_and(eb.tensor{false}):item())
---```
---@param y Tensor|number
---@return Tensor
function Tensor:logical_and(y) end

---Whether one is true, or not 0; gives bool. Also `x | y`.
---```lua
---assert(eb.tensor{true}:logical_or(eb.tensor{false}):item())
---```
---@param y Tensor|number
---@return Tensor
function Tensor:logical_or(y) end

---Whether just one is true, or not 0; gives bool. Also `x ~ y`.
---```lua
---assert(eb.tensor{true}:logical_xor(eb.tensor{false}):item())
---```
---@param y Tensor|number
---@return Tensor
function Tensor:logical_xor(y) end

---x limited to [low, high]; nil leaves that side open. The gradient is 1 inside, 0 outside and 1/2 at a bound.
---```lua
---print(eb.tensor{-2, 0.5, 3}:clamp(-1, 1):sum():item())  --> 0.5
---assert(eb.tensor{-2}:clamp(nil, -3):item() == -3)
---```
---@param low Tensor|number|nil
---@param high? Tensor|number
---@return Tensor
function Tensor:clamp(low, high) end
