/// Element-wise functions in formulas. Those of real numbers take int32 and bool tensors as floats of the default dtype.

/// |x|.
public func abs(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.abs, x) }
/// −1, 0 or 1.
public func sign(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.sign, x) }
/// X².
public func square(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.square, x) }
/// √x.
public func sqrt(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.sqrt, x) }
/// 1/√x.
public func rsqrt(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.rsqrt, x) }
/// 1/x.
public func reciprocal(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.reciprocal, x) }
/// Eˣ.
public func exp(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.exp, x) }
/// Eˣ − 1, accurate near 0.
public func expm1(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.expm1, x) }
/// The natural logarithm.
public func log(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.log, x) }
/// Log(1 + x), accurate near 0.
public func log1p(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.log1p, x) }
/// Sin x.
public func sin(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.sin, x) }
/// Cos x.
public func cos(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.cos, x) }
/// Tan x.
public func tan(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.tan, x) }
/// Sinh x.
public func sinh(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.sinh, x) }
/// Cosh x.
public func cosh(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.cosh, x) }
/// Tanh x.
public func tanh(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.tanh, x) }
/// The inverse of sinh.
public func asinh(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.asinh, x) }
/// The inverse of tan, in (−π/2, π/2).
public func atan(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.atan, x) }
/// 1/(1 + e⁻ˣ).
public func sigmoid(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.sigmoid, x) }
/// Log(1 + eˣ).
public func softplus(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.softplus, x) }
/// The error function.
public func erf(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.erf, x) }
/// Max(x, 0).
public func relu(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.relu, x) }
/// The largest whole number not above x.
public func floor(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.floor, x) }
/// The smallest whole number not below x.
public func ceil(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.ceil, x) }
/// The nearest whole number, ties to even.
public func round(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.round, x) }
/// Whether x is NaN.
public func isNaN(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.isnan, x) }
/// Whether x is +∞ or −∞.
public func isInfinite(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.isinf, x) }
/// Whether x is neither NaN nor infinite.
public func isFinite(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.isfinite, x) }
/// Whether x is false.
public func not(_ x: Tensor) throws(TensorError) -> Tensor { try unary(.not, x) }
/// The larger of a and b; NaN wins, element by element.
public func maximum(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.maximum, a, b) }
/// The smaller of a and b; NaN wins, element by element.
public func minimum(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.minimum, a, b) }
/// a to the power b, element by element.
public func power(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.pow, a, b) }
/// a − b⌊a/b⌋, Lua's %, element by element.
public func modulo(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.mod, a, b) }
/// ⌊a/b⌋, element by element.
public func floorDivide(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.floordiv, a, b) }
/// a < b, element by element.
public func less(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.lt, a, b) }
/// a ≤ b, element by element.
public func lessOrEqual(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.le, a, b) }
/// a > b, element by element.
public func greater(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.gt, a, b) }
/// a ≥ b, element by element.
public func greaterOrEqual(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.ge, a, b) }
/// a = b, element by element.
public func equal(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.eq, a, b) }
/// a ≠ b, element by element.
public func notEqual(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.ne, a, b) }
/// a and b, of bools, element by element.
public func and(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.and, a, b) }
/// a or b, of bools, element by element.
public func or(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.or, a, b) }
/// Either a or b, of bools, element by element.
public func xor(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try arithmetic(.xor, a, b) }

/// `condition ? a : b`, element by element with broadcasting. The branches are promoted to one dtype; the condition is bool.
public func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
  let dtype = a.isNumber && b.dtype.isFloat ? b.dtype : b.isNumber && a.dtype.isFloat ? a.dtype : a.dtype.promoted(with: b.dtype)
  return try bind(Pointwise(.select), [condition, a.cast(to: dtype), b.cast(to: dtype)])[0]
}

/// x/2 (1 + erf(x/√2)), the exact Gaussian error linear unit (Hendrycks & Gimpel 2016).
public func gelu(_ x: Tensor) throws(TensorError) -> Tensor { try 0.5 * x * (1 + erf(0.7071067811865476 * x)) }
/// x σ(x), also called swish.
public func silu(_ x: Tensor) throws(TensorError) -> Tensor { try x * sigmoid(x) }
/// x limited to [low, high]; nil leaves that side open.
public func clamp(_ x: Tensor, low: Tensor?, high: Tensor?) throws(TensorError) -> Tensor {
  var y = x
  if let low { y = try maximum(y, low) }
  if let high { y = try minimum(y, high) }
  return y
}
/// The value with no derivative.
public func stopGradient(_ x: Tensor) throws(TensorError) -> Tensor { x.isTraced ? try bind(StopGradient(), x) : x }
