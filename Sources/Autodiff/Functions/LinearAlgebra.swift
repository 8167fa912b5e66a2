/// Linear algebra over stacks of matrices [batch…, n, m], differentiable to any order. int32 and bool tensors become floats.
///
/// Decompositions take leading batch dimensions; operands of the two-operand functions broadcast theirs. Where a derivative does not
/// exist (a singular matrix under `inverse`, equal eigenvalues under eigenvectors) the function says what it gives instead.

/// X with `A X = B` for `a: [batch…, n, n]` and `b: [batch…, n, k]`, or `[n]`, by LU with partial pivoting.
/// - Throws: `numerical` when a matrix is singular or not finite; `invalid` when the shapes do not fit.
public func solve(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
  try system("solve", a, b) { (a, b) throws(TensorError) in try bind(Solve(transposed: false), a, b) }
}

/// X with `A X = B`, or `Aᵀ X = B` when `transposed`, where A is the lower or upper triangle of `a: [batch…, n, n]`; the other
/// triangle is not read. `b: [batch…, n, k]`, or `[n]`.
/// - Throws: `numerical` when an element of a diagonal is zero; `invalid` when the shapes do not fit.
public func triangularSolve(_ a: Tensor, _ b: Tensor, lower: Bool, transposed: Bool = false) throws(TensorError) -> Tensor {
  try system("triangular_solve", a, b) { (a, b) throws(TensorError) in
    try bind(TriangularSolve(lower: lower, transposed: transposed), a, b)
  }
}

/// A⁻¹ for `a: [batch…, n, n]`. `solve` is cheaper and more accurate when the inverse is only multiplied with.
/// - Throws: `numerical` when a matrix is singular or not finite.
public func inverse(_ a: Tensor) throws(TensorError) -> Tensor {
  let a = try a.floating()
  try requireSquare("inv", a)
  return try failing(as: "inv") { () throws(TensorError) in try solve(a, .identity(a.shape[a.rank - 1], a.dtype)) }
}

/// The sign and the logarithm of the absolute value of det A, both `[batch…]`, for `a: [batch…, n, n]`; a singular matrix gives 0
/// and −∞.
/// - Throws: `numerical` for NaN or infinity, and when the derivative at a singular matrix is asked for.
public func signLogDeterminant(_ a: Tensor) throws(TensorError) -> (sign: Tensor, logabs: Tensor) {
  let results = try bind(SignLogDeterminant(), [a.floating()])
  return (results[0], results[1])
}

/// det A, `[batch…]`, for `a: [batch…, n, n]`: sign · exp(log|det|).
///
/// The first derivative is right at every matrix. Higher ones are right at regular matrices, and at singular ones of rank n − 1 whose
/// singular values are distinct; at other singular matrices they are NaN.
/// - Throws: `numerical` for NaN or infinity.
public func determinant(_ a: Tensor) throws(TensorError) -> Tensor { try bind(Determinant(), a.floating()) }

/// The lower triangular L with positive diagonal and `A = L Lᵀ`, for the symmetric part A of `a: [batch…, n, n]`.
/// - Throws: `numerical` when a matrix is not positive definite or not finite.
public func cholesky(_ a: Tensor) throws(TensorError) -> Tensor { try bind(Cholesky(), a.floating()) }

/// The spectral decomposition `A = V diag(λ) Vᵀ` of the symmetric part of `a: [batch…, n, n]`: values `[batch…, n]` ascending,
/// vectors `[batch…, n, n]`, one a column.
///
/// Signs of vectors are LAPACK's. Where eigenvalues are equal, the vectors and the single values of one group are not functions of A:
/// first derivatives of functions of the values alone are right, and second derivatives of what only holds values apart from the others;
/// everything that would need the derivative of vectors within a group is NaN.
/// - Throws: `numerical` for NaN, infinity or an iteration that does not converge.
public func symmetricEigen(_ a: Tensor) throws(TensorError) -> (values: Tensor, vectors: Tensor) {
  let results = try bind(SymmetricEigen(vectors: true), [a.floating()])
  return (results[0], results[1])
}

/// The eigenvalues alone; several times cheaper as long as no derivative is taken.
/// - Throws: as `symmetricEigen`.
public func symmetricEigenvalues(_ a: Tensor) throws(TensorError) -> Tensor {
  try bind(SymmetricEigen(vectors: false), a.floating())
}

/// The thin singular value decomposition `A = U diag(s) Vᵀ` of `a: [batch…, m, n]`, k = min(m, n): U `[batch…, m, k]`, s `[batch…, k]`
/// descending, Vᵀ `[batch…, k, n]`.
///
/// Derivatives at equal singular values as those of `symmetricEigen`; where a singular value is 0, its vectors on the longer side have
/// none, which is NaN.
/// - Throws: `numerical` for NaN, infinity or an iteration that does not converge.
public func singularValueDecomposition(_ a: Tensor) throws(TensorError) -> (u: Tensor, s: Tensor, vt: Tensor) {
  let results = try bind(SingularValues(vectors: true), [a.floating()])
  return (results[0], results[1], results[2])
}

/// The singular values alone, `[batch…, min(m, n)]`, descending; several times cheaper as long as no derivative is taken.
/// - Throws: as `singularValueDecomposition`.
public func singularValues(_ a: Tensor) throws(TensorError) -> Tensor { try bind(SingularValues(vectors: false), a.floating()) }

/// The thin QR decomposition `A = Q R` of `a: [batch…, m, n]`, k = min(m, n): Q `[batch…, m, k]` with orthonormal columns and R
/// `[batch…, k, n]` upper triangular, whose diagonal may be negative.
///
/// Derivatives exist where the first k columns are linearly independent.
/// - Throws: `numerical` for NaN or infinity.
public func qrDecomposition(_ a: Tensor) throws(TensorError) -> (q: Tensor, r: Tensor) {
  let a = try a.floating()
  guard a.rank >= 2, a.shape[a.rank - 1] > a.shape[a.rank - 2] else {
    let results = try bind(QRDecomposition(), [a])
    return (results[0], results[1])
  }
  // A wide matrix: the first m columns give Q, the others are seen from it.
  let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
  let results = try bind(QRDecomposition(), [a.slice(a.rank - 1, from: 0, count: m)])
  let rest = try matrixProduct(results[0].matrixTransposed(), a.slice(a.rank - 1, from: m, count: n - m))
  return (results[0], try concatenate([results[1], rest], axis: a.rank - 1))
}

/// The Moore–Penrose inverse `[batch…, n, m]` of `a: [batch…, m, n]`.
///
/// Its derivative is that for a rank which does not change.
/// - Parameter cutoff: singular values at most `cutoff` times the largest count as zero; by default max(m, n) times the dtype's
///   epsilon.
/// - Throws: `numerical` for NaN, infinity or an iteration that does not converge.
public func pseudoInverse(_ a: Tensor, cutoff: Double? = nil) throws(TensorError) -> Tensor {
  let a = try a.floating()
  return try bind(PseudoInverse(cutoff: cutoff ?? defaultCutoff(a)), a)
}

/// The X `[batch…, n, k]` of least norm among those that minimize ‖A X − B‖ for `a: [batch…, m, n]` and `b: [batch…, m, k]`, or `[m]`:
/// A⁺ B.
/// - Parameter cutoff: as in `pseudoInverse`.
/// - Throws: as `pseudoInverse`; `invalid` when the shapes do not fit.
public func leastSquares(_ a: Tensor, _ b: Tensor, cutoff: Double? = nil) throws(TensorError) -> Tensor {
  let (a, b) = try floats(a, b)
  guard a.rank >= 2, b.rank >= 1 else {
    throw .invalid("lstsq", "expected a matrix [.., m, n] and a vector or matrix, got \(a.shape) and \(b.shape)")
  }
  let rows = b.shape[b.rank == 1 ? 0 : b.rank - 2]
  guard rows == a.shape[a.rank - 2] else {
    throw .invalid("lstsq", "row counts differ: a is \(a.shape), b is \(b.shape) (\(a.shape[a.rank - 2]) ≠ \(rows))")
  }
  return try matrixProduct(pseudoInverse(a, cutoff: cutoff), b)
}

/// What `body` gives; its numerical failures are told as those of another operation, whose part it is, after some words of explanation.
func failing(as operation: String, _ explanation: String = "", _ body: () throws(TensorError) -> Tensor) throws(TensorError)
  -> Tensor
{
  do throws(TensorError) {
    return try body()
  } catch {
    if case .numerical(_, let reason) = error { throw .numerical(operation, explanation + reason) }
    throw error
  }
}

// The singular values of a matrix are known up to about this fraction of the largest.
func defaultCutoff(_ a: Tensor) -> Double {
  guard a.rank >= 2 else { return 0 }
  let epsilon = a.dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
  return Double(max(a.shape[a.rank - 2], a.shape[a.rank - 1])) * epsilon
}

func requireSquare(_ operation: String, _ a: Tensor) throws(TensorError) {
  guard a.rank >= 2, a.shape[a.rank - 1] == a.shape[a.rank - 2] else {
    throw .invalid(operation, "expected square matrices [.., n, n], got the shape \(a.shape)")
  }
}

// Both operands as floats of one dtype.
private func floats(_ a: Tensor, _ b: Tensor) throws(TensorError) -> (Tensor, Tensor) {
  let dtype = a.dtype.promoted(with: b.dtype)
  let float = dtype.isFloat ? dtype : Engine.current.defaultFloat
  return (try a.cast(to: float), try b.cast(to: float))
}

// Gives the primitive a matrix and right-hand sides with equal batch dimensions, and takes off again what that added.
private func system(
  _ operation: String, _ a: Tensor, _ b: Tensor, _ body: (Tensor, Tensor) throws(TensorError) -> Tensor
) throws(TensorError) -> Tensor {
  let (a, b) = try floats(a, b)
  try requireSquare(operation, a)
  let n = a.shape[a.rank - 1]
  guard b.rank >= 1, b.shape[b.rank == 1 ? 0 : b.rank - 2] == n else {
    throw .invalid(operation, "row counts differ: a is \(a.shape), b is \(b.shape)")
  }
  if b.rank == 1 {
    let x = try system(operation, a, b.reshaped([n, 1]), body)
    return try x.reshaped(Shape(x.shape.dropLast()))
  }
  let k = b.shape[b.rank - 1]
  if a.rank == 2, b.rank > 2 {
    // One matrix for many right-hand sides is factored once: all of them stand side by side.
    let sides = try b.movingAxis(b.rank - 2, to: 0)
    return try body(a, sides.reshaped([n, b.count / max(n, 1)])).reshaped(sides.shape).movingAxis(0, to: b.rank - 2)
  }
  let batch = try Shape(a.shape.dropLast(2)).broadcast(with: Shape(b.shape.dropLast(2)), operation: operation)
  guard batch.rank + 2 <= Shape.maximumRank else {
    throw .invalid(operation, "at most \(Shape.maximumRank) dimensions are possible, got \(batch.rank + 2)")
  }
  return try body(a.broadcast(to: Shape(Array(batch) + [n, n])), b.broadcast(to: Shape(Array(batch) + [n, k])))
}
