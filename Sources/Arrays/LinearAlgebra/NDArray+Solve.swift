import CLapack

/// Linear systems over stacks of matrices: solutions, inverses, determinants and least squares. Batch dimensions of the matrix and
/// the right-hand sides broadcast.
extension NDArray {
  /// X with `A X = B` for this `A: [batch…, n, n]` and `B: [batch…, n, k]`, by LU with partial pivoting.
  /// - Throws: `numerical` when a pivot is exactly zero, and for NaN or infinity.
  public func solve(_ b: NDArray) throws(TensorError) -> NDArray {
    _ = try squareExtents("solve")
    let (a, b, batch, n, _, k) = try NDArray.system("solve", self, b)
    let x = try NDArray(uninitialized: b.shape, dtype)
    try Lapack.run("solve", dtype, batch: batch, hasSides: true, failure: { NDArray.singular(pivot: $0, of: n) }) {
      ebb_lapack_solve($0, n, k, a.pointer, b.pointer, x.pointer)
    }
    return x
  }

  /// X with `A X = B`, or `Aᵀ X = B`, for triangular `A: [batch…, n, n]` and `B: [batch…, n, k]`.
  ///
  /// This is plain arithmetic: NaN and infinity propagate.
  /// - Parameters:
  ///   - lower: which triangle of this array is A; the other is not read.
  ///   - transposed: solve with Aᵀ.
  ///   - unitDiagonal: take the diagonal as ones without reading it.
  /// - Throws: `numerical` when an element of the diagonal is zero.
  public func triangularSolve(_ b: NDArray, lower: Bool, transposed: Bool = false, unitDiagonal: Bool = false)
    throws(TensorError) -> NDArray
  {
    _ = try squareExtents("triangular_solve")
    let (a, b, batch, n, _, k) = try NDArray.system("triangular_solve", self, b)
    let x = try NDArray(uninitialized: b.shape, dtype)
    try Lapack.run(
      "triangular_solve", dtype, batch: batch, failure: { "is singular: element \($0) of its diagonal is zero" }
    ) {
      ebb_lapack_triangular_solve($0, n, k, lower, transposed, unitDiagonal, a.pointer, b.pointer, x.pointer)
    }
    return x
  }

  /// The inverses of `[batch…, n, n]`. `solve` is cheaper and more accurate when the inverse is only multiplied with.
  /// - Throws: `numerical` when a pivot is exactly zero, and for NaN or infinity.
  public func inverse() throws(TensorError) -> NDArray {
    let (batch, n) = try squareExtents("inv")
    let matrices = try contiguous()
    let x = try NDArray(uninitialized: shape, dtype)
    try Lapack.run("inv", dtype, batch: batch, failure: { NDArray.singular(pivot: $0, of: n) }) {
      ebb_lapack_inverse($0, n, matrices.pointer, x.pointer)
    }
    return x
  }

  /// `det A = sign · exp(logabs)` for `A: [batch…, n, n]`, both `[batch…]`; a singular matrix gives 0 and −∞, an empty one 1 and 0.
  /// - Throws: `numerical` for NaN or infinity.
  public func signLogDeterminant() throws(TensorError) -> (sign: NDArray, logabs: NDArray) {
    let (batch, n) = try squareExtents("slogdet")
    let matrices = try contiguous()
    let sign = try NDArray(uninitialized: batch, dtype)
    let logabs = try NDArray(uninitialized: batch, dtype)
    try Lapack.run("slogdet", dtype, batch: batch, failure: { NDArray.singular(pivot: $0, of: n) }) {
      ebb_lapack_slogdet($0, n, matrices.pointer, sign.pointer, logabs.pointer)
    }
    return (sign, logabs)
  }

  /// The X of least norm among those that minimize ‖A X − B‖, for this `A: [batch…, m, n]` and `B: [batch…, m, k]`, by singular
  /// values.
  ///
  /// - Parameter cutoff: singular values at most `cutoff` times the largest count as zero; by default max(m, n) times the
  ///   dtype's epsilon.
  /// - Returns: X `[batch…, n, k]`, the rank of each matrix (int32 `[batch…]`) and singular values `[batch…, min(m, n)]`.
  /// - Throws: `numerical` for NaN, infinity or an iteration that does not converge.
  public func leastSquares(_ b: NDArray, cutoff: Double? = nil) throws(TensorError) -> (
    x: NDArray, rank: NDArray, singularValues: NDArray
  ) {
    let (a, b, batch, m, n, k) = try NDArray.system("lstsq", self, b)
    let epsilon = dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let cutoff = cutoff ?? Double(max(m, n)) * epsilon
    let x = try NDArray(uninitialized: Shape(Array(batch) + [Int(n), Int(k)]), dtype)
    let ranks = try NDArray(uninitialized: batch, .int32)
    let s = try NDArray(uninitialized: Shape(Array(batch) + [Int(min(m, n))]), dtype)
    try Lapack.run("lstsq", dtype, batch: batch, hasSides: true, failure: { _ in Lapack.notConverged(dtype) }) {
      ebb_lapack_least_squares(
        $0, m, n, k, cutoff, a.pointer, b.pointer, x.pointer, ranks.pointer.assumingMemoryBound(to: Int32.self), s.pointer)
    }
    return (x, ranks, s)
  }

  private static func singular(pivot: Int, of n: Int32) -> String {
    "is singular (pivot \(pivot) of \(n) is zero); use lstsq or pinv, or add a multiple of the identity to it"
  }
}
