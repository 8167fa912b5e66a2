@testable import Autodiff

/// Comparing tensors. Errors are relative to the largest number among those compared, so that a small wrong entry beside large
/// right ones is still seen at 10⁻¹², and a tensor of zeros must be met exactly.

/// max |a − b| / max(|a|, |b|, scale); NaN or infinity anywhere, or different specs, count as infinitely far.
func distance(_ a: Tensor, _ b: Tensor, scale: Double = 0) throws -> Double {
  guard a.spec == b.spec else { return .infinity }
  let (x, y) = (try a.doubles(), try b.doubles())
  var size = scale
  var error = 0.0
  for (p, q) in zip(x, y) {
    guard p.isFinite, q.isFinite else { return .infinity }
    size = max(size, Swift.abs(p), Swift.abs(q))
    error = max(error, Swift.abs(p - q))
  }
  return error == 0 ? 0 : error / size
}

/// The largest distance between corresponding tensors of two lists.
func distance(_ a: [Tensor], _ b: [Tensor], scale: Double = 0) throws -> Double {
  guard a.count == b.count else { return .infinity }
  return try zip(a, b).map { try distance($0, $1, scale: scale) }.max() ?? 0
}

/// Whether specs and every bit agree.
func identical(_ a: [Tensor], _ b: [Tensor]) throws -> Bool {
  guard a.count == b.count else { return false }
  return try zip(a, b).allSatisfy { a, b in
    let bits = { (x: Tensor) in try x.doubles().map(\.bitPattern) }
    return try a.spec == b.spec && bits(a) == bits(b)
  }
}

/// Σ ⟨aᵢ, bᵢ⟩ over the floats of two lists, and Σ of the absolute values of its terms: the scale of its rounding.
func dot(_ a: [Tensor], _ b: [Tensor]) throws -> (value: Double, size: Double) {
  var (value, size) = (0.0, 0.0)
  for (x, y) in zip(a, b) where x.dtype.isFloat {
    for (p, q) in zip(try x.doubles(), try y.doubles()) {
      value += p * q
      size += Swift.abs(p * q)
    }
  }
  return (value, size)
}

extension Tensor {
  /// The elements in row-major order.
  func doubles() throws(TensorError) -> [Double] { try numbers(for: "test").doubles() }

  /// The only element.
  func double() throws(TensorError) -> Double { try numbers(for: "test").double(at: 0) }

  /// A float64 tensor.
  init(_ values: [Double], _ shape: Shape) throws(TensorError) { self.init(try NDArray(values, shape: shape)) }

  /// A float64 vector.
  init(_ values: [Double]) throws(TensorError) { try self.init(values, [values.count]) }

  /// A float64 scalar.
  init(_ value: Double) throws(TensorError) { self.init(try NDArray(value)) }
}
