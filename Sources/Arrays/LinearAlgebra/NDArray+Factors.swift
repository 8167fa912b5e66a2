import CLapack

/// QR and Cholesky factors over stacks of matrices [batch…, n, m].
extension NDArray {
  /// The thin QR decomposition `A = Q R` of `A: [batch…, m, n]`, with k = min(m, n), by Householder reflections.
  ///
  /// - Returns: Q `[batch…, m, k]` with orthonormal columns and R `[batch…, k, n]` upper triangular. The diagonal of R may be
  ///   negative.
  /// - Throws: `numerical` for NaN or infinity.
  public func qrDecomposition() throws(TensorError) -> (q: NDArray, r: NDArray) {
    let (batch, rows, columns) = try matrixExtents("qr")
    let k = Int(min(rows, columns))
    let matrices = try contiguous()
    let q = try NDArray(uninitialized: Shape(Array(batch) + [Int(rows), k]), dtype)
    let r = try NDArray(uninitialized: Shape(Array(batch) + [k, Int(columns)]), dtype)
    try Lapack.run("qr", dtype, batch: batch, failure: { _ in "has no QR decomposition" }) {
      ebb_lapack_qr($0, rows, columns, matrices.pointer, q.pointer, r.pointer)
    }
    return (q, r)
  }

  /// The lower triangular L with positive diagonal and `A = L Lᵀ`, for symmetric positive definite `A: [batch…, n, n]`.
  ///
  /// The symmetric part (A + Aᵀ)/2 is decomposed.
  /// - Throws: `numerical` when a matrix is not positive definite, naming it and its first leading minor that is not positive; and
  ///   for NaN or infinity.
  public func cholesky() throws(TensorError) -> NDArray {
    let (batch, n) = try squareExtents("cholesky")
    let matrices = try contiguous()
    let factor = try NDArray(uninitialized: shape, dtype)
    try Lapack.run(
      "cholesky", dtype, batch: batch,
      failure: { "is not positive definite (pivot \($0) of \(n) is not positive); add a multiple of the identity to it" }
    ) {
      ebb_lapack_cholesky($0, n, matrices.pointer, factor.pointer)
    }
    return factor
  }
}
