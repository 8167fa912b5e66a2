/// Numbers that describe a matrix, and products that are no matrix product.

/// A norm of matrices.
public enum MatrixNorm: Sendable, Hashable {
  /// √Σ aᵢⱼ².
  case frobenius
  /// The sum of the singular values.
  case nuclear
  /// The largest singular value.
  case spectral
  /// The largest column sum of |aᵢⱼ|.
  case one
  /// The largest row sum of |aᵢⱼ|.
  case infinity
}

/// A norm, `[batch…]`, of `a: [batch…, m, n]`.
///
/// The norm of a matrix without elements is 0. The gradient at A = 0 is 0 in the Frobenius, nuclear and spectral norm. Derivatives of the
/// nuclear norm are right to any order however many singular values are equal; where some are 0 its gradient is the shortest subgradient
/// and higher derivatives are NaN. Those of the spectral norm are right to any order where the largest singular value is simple, whatever
/// the others are; where several share it they share the gradient, and higher derivatives are NaN.
public func matrixNorm(_ a: Tensor, _ norm: MatrixNorm) throws(TensorError) -> Tensor {
  let a = try a.floating()
  guard a.rank >= 2 else { throw .invalid("norm", "expected a matrix or a stack of matrices [.., n, m], got the shape \(a.shape)") }
  let (rows, columns) = (a.rank - 2, a.rank - 1)
  switch norm {
  case .frobenius: return try a.norm(2, [rows, columns])
  case .nuclear: return try bind(NuclearNorm(), a)
  case .spectral: return try bind(SpectralNorm(), a)
  case .one: return try abs(a).sum([rows]).norm(.infinity, [rows])
  case .infinity: return try abs(a).sum([columns]).norm(.infinity, [rows])
  }
}

/// How many singular values of `a: [batch…, m, n]` exceed `cutoff` times the largest: int32 `[batch…]`.
/// - Parameter cutoff: by default max(m, n) times the dtype's epsilon.
public func matrixRank(_ a: Tensor, cutoff: Double? = nil) throws(TensorError) -> Tensor {
  let a = try stopGradient(a.floating())
  let s = try singularValues(a)
  let axis = s.rank - 1
  if s.shape[axis] == 0 { return try .zeros(Spec(s.shape.removing(axis), .int32)) }
  let least = try (cutoff ?? defaultCutoff(a)) * s.slice(axis, from: 0, count: 1)
  return try greater(s, least).sum([axis])
}

/// The sum of the diagonal, `[batch…]`, of `a: [batch…, m, n]`.
public func trace(_ a: Tensor) throws(TensorError) -> Tensor {
  guard a.rank >= 2 else {
    throw .invalid("trace", "expected a matrix or a stack of matrices [.., n, m], got the shape \(a.shape)")
  }
  return try a.diagonal().sum([a.rank - 2])
}

/// The Kronecker product: every element of `a` times all of `b`; sizes multiply, and missing leading dimensions count as 1.
public func kroneckerProduct(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
  let rank = max(a.rank, b.rank)
  guard 2 * rank <= Shape.maximumRank else {
    throw .invalid("kron", "at most \(Shape.maximumRank / 2) dimensions are possible, got \(a.shape) and \(b.shape)")
  }
  let left = [Int](repeating: 1, count: rank - a.rank) + a.shape
  let right = [Int](repeating: 1, count: rank - b.rank) + b.shape
  let product = try a.reshaped(Shape(left.flatMap { [$0, 1] })) * b.reshaped(Shape(right.flatMap { [1, $0] }))
  return try product.reshaped(.checked(zip(left, right).map { $0 * $1 }, operation: "kron"))
}
