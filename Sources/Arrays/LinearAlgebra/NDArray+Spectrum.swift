import CLapack

/// Eigenvalues of symmetric matrices and singular values of any, over stacks of matrices [batch…, n, m], by LAPACK's
/// divide-and-conquer drivers (syevd, gesdd). Results repeat bit for bit; the signs of vectors are LAPACK's.
extension NDArray {
  /// The spectral decomposition of symmetric matrices: `A = V diag(λ) Vᵀ` for `A: [batch…, n, n]`.
  ///
  /// The symmetric part (A + Aᵀ)/2 is decomposed, so that the result depends on every entry alike.
  /// - Returns: values λ `[batch…, n]`, ascending, and vectors V `[batch…, n, n]`, one a column.
  /// - Throws: `numerical` for NaN, infinity or an iteration that does not converge.
  public func symmetricEigen() throws(TensorError) -> (values: NDArray, vectors: NDArray) {
    let vectors = try NDArray(uninitialized: shape, dtype)
    return (try eigenvalues(into: vectors), vectors)
  }

  /// The eigenvalues alone, `[batch…, n]`, ascending; several times cheaper than with the vectors.
  /// - Throws: as `symmetricEigen`.
  public func symmetricEigenvalues() throws(TensorError) -> NDArray { try eigenvalues(into: nil) }

  private func eigenvalues(into vectors: NDArray?) throws(TensorError) -> NDArray {
    let (batch, n) = try squareExtents("eigh")
    let matrices = try contiguous()
    let values = try NDArray(uninitialized: Shape(Array(batch) + [Int(n)]), dtype)
    try Lapack.run("eigh", dtype, batch: batch, failure: { _ in Lapack.notConverged(dtype) }) {
      ebb_lapack_eigh($0, n, matrices.pointer, values.pointer, vectors?.pointer)
    }
    return values
  }

  /// The singular value decomposition `A = U diag(s) Vᵀ` of `A: [batch…, m, n]`, with k = min(m, n).
  ///
  /// - Parameter full: square U `[batch…, m, m]` and Vᵀ `[batch…, n, n]`; by default only the k columns and rows that matter.
  /// - Returns: U `[batch…, m, k]`, s `[batch…, k]` descending, Vᵀ `[batch…, k, n]`.
  /// - Throws: `numerical` for NaN, infinity or an iteration that does not converge.
  public func singularValues(full: Bool = false) throws(TensorError) -> (u: NDArray, s: NDArray, vt: NDArray) {
    let (batch, rows, columns) = try matrixExtents("svd")
    let (m, n) = (Int(rows), Int(columns))
    let k = min(m, n)
    guard !full || max(m, n) <= 20_000 else {
      throw .invalid("svd", "full vectors of a \(m) by \(n) matrix are too large; leave out full")
    }
    let matrices = try contiguous()
    let u = try NDArray(uninitialized: Shape(Array(batch) + [m, full ? m : k]), dtype)
    let s = try NDArray(uninitialized: Shape(Array(batch) + [k]), dtype)
    let vt = try NDArray(uninitialized: Shape(Array(batch) + [full ? n : k, n]), dtype)
    try Lapack.run("svd", dtype, batch: batch, failure: { _ in Lapack.notConverged(dtype) }) {
      ebb_lapack_svd($0, rows, columns, full, matrices.pointer, u.pointer, s.pointer, vt.pointer)
    }
    return (u, s, vt)
  }

  /// The singular values alone, `[batch…, min(m, n)]`, descending.
  /// - Throws: as `singularValues`.
  public func singularValuesOnly() throws(TensorError) -> NDArray {
    let (batch, rows, columns) = try matrixExtents("svd")
    let matrices = try contiguous()
    let s = try NDArray(uninitialized: Shape(Array(batch) + [Int(min(rows, columns))]), dtype)
    try Lapack.run("svd", dtype, batch: batch, failure: { _ in Lapack.notConverged(dtype) }) {
      ebb_lapack_svd($0, rows, columns, false, matrices.pointer, nil, s.pointer, nil)
    }
    return s
  }
}
