/// Eigenvalues of symmetric matrices and singular values of any, over stacks [batch…, n, m].
///
/// The derivatives of vectors hold 1/(λⱼ − λᵢ): at equal values the vectors are not functions of the matrix, and neither are the single
/// values of one group. What would need such a term is NaN (`ZeroWinsQuotient`, `MatrixProduct(zeroWins:)`), never a finite number that
/// is wrong; what does not need it is right: first derivatives of functions of the values alone, and second derivatives of a simple
/// value, however many of the others are equal. Values count as equal when they are closer than rounding tells apart.

/// Eigenvalues, ascending, of the symmetric part of `A: [batch…, n, n]`; with `vectors` also V with `A = V diag(λ) Vᵀ`.
struct SymmetricEigen: MatrixPrimitive {
  let vectors: Bool
  var name: String { "eigh" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    try square(x[0])
    let values = Spec(Shape(x[0].shape.dropLast()), x[0].dtype)
    return vectors ? [values, x[0]] : [values]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    guard vectors else { return [try x[0].symmetricEigenvalues()] }
    let (values, vectors) = try x[0].symmetricEigen()
    return [values, vectors]
  }
  // With M = Vᵀ dA V: dλ = diag M and dV = V Ω, Ωᵢⱼ = Mᵢⱼ/(λⱼ − λᵢ).
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0] else { return y.map { _ in nil } }
    let v = vectors ? y[1] : try bind(SymmetricEigen(vectors: true), x)[1]
    let m = try known(v.matrixTransposed(), known(symmetricPart(da), v))
    guard vectors else { return [try m.diagonal()] }
    return [try m.diagonal(), try known(v, bind(ZeroWinsQuotient(), m.withoutDiagonal(), gaps(y[0])))]
  }
}

/// Singular values, descending, of `A: [batch…, m, n]`, k = min(m, n) of them; with `vectors` the results are U `[batch…, m, k]`, s and
/// Vᵀ `[batch…, k, n]` with `A = U diag(s) Vᵀ`, else s alone.
struct SingularValues: MatrixPrimitive {
  let vectors: Bool
  var name: String { "svd" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    let shape = try matrix(x[0])
    let rank = shape.rank
    let k = min(shape[rank - 2], shape[rank - 1])
    let s = Spec(Shape(Array(shape.dropLast(2)) + [k]), x[0].dtype)
    guard vectors else { return [s] }
    return [Spec(shape.replacing(rank - 1, with: k), x[0].dtype), s, Spec(shape.replacing(rank - 2, with: k), x[0].dtype)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    guard vectors else { return [try x[0].singularValuesOnly()] }
    let (u, s, vt) = try x[0].singularValues()
    return [u, s, vt]
  }
  // With M = Uᵀ dA V, X and Y its symmetric and skew parts: ds = diag M, dU = U (P + R) + (1 − U Uᵀ) dA V S⁻¹ and dV = V (P − R) +
  // (1 − V Vᵀ) dAᵀ U S⁻¹, where Pᵢⱼ = Xᵢⱼ/(sⱼ − sᵢ) and Rᵢⱼ = Yᵢⱼ/(sⱼ + sᵢ). Of the terms with S⁻¹ only that of the longer side exists.
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0] else { return y.map { _ in nil } }
    let factors = vectors ? y : try bind(SingularValues(vectors: true), x)
    let (u, s, vt) = (factors[0], factors[1], factors[2])
    let (ut, v) = (try u.matrixTransposed(), try vt.matrixTransposed())
    let m = try known(ut, known(da, v))
    guard vectors else { return [try m.diagonal()] }
    let symmetric = try symmetricPart(m)
    let p = try bind(ZeroWinsQuotient(), symmetric.withoutDiagonal(), gaps(s))
    let r = try bind(ZeroWinsQuotient(), (m - symmetric).withoutDiagonal(), sums(s))
    var du = try known(u, p + r)
    var dv = try known(v, p - r)
    let (rows, columns) = (da.shape[da.rank - 2], da.shape[da.rank - 1])
    func outside(_ moved: Tensor, _ basis: Tensor) throws(TensorError) -> Tensor {
      let rest = try moved - known(basis, known(basis.matrixTransposed(), moved))
      return try bind(ZeroWinsQuotient(), rest, row(s.zeroed(upTo: tolerance(s))).broadcast(to: rest.shape))
    }
    if rows > columns { du = try du + outside(known(da, v), u) }
    if columns > rows { dv = try dv + outside(known(da.matrixTransposed(), u), v) }
    return [du, try m.diagonal(), try dv.matrixTransposed()]
  }
}

// The product in which what is not asked for stays 0, though it meets what is not known.
private func known(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor { try bind(MatrixProduct(zeroWins: true), a, b) }

// λⱼ − λᵢ for [batch…, n] values, and sⱼ + sᵢ: exactly 0 where rounding does not tell it from 0.
private func gaps(_ values: Tensor) throws(TensorError) -> Tensor {
  try (row(values) - column(values)).zeroed(upTo: row(tolerance(values)))
}
private func sums(_ values: Tensor) throws(TensorError) -> Tensor {
  try (row(values) + column(values)).zeroed(upTo: row(tolerance(values)))
}

/// What rounding makes of equal eigenvalues or singular values `[batch…, n]`, as `[batch…, 1]`: LAPACK leaves them apart by up to about
/// 2.5 epsilons of the matrix's Frobenius norm, whatever the size; 4 are taken.
func tolerance(_ values: Tensor) throws(TensorError) -> Tensor {
  let epsilon = values.dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
  let axis = values.rank - 1
  let known = try stopGradient(values)
  return try (4 * epsilon * known.norm(2, [axis])).reshaped(values.shape.keeping([axis]))
}

// [batch…, n] as the rows, or the columns, of a stack of matrices.
private func row(_ x: Tensor) throws(TensorError) -> Tensor { try x.reshaped(x.shape.inserting(1, at: x.rank - 1)) }
private func column(_ x: Tensor) throws(TensorError) -> Tensor { try x.reshaped(x.shape.inserting(1, at: x.rank)) }

extension Tensor {
  // Elements of at most this size replaced by exact zeros.
  fileprivate func zeroed(upTo bound: Tensor) throws(TensorError) -> Tensor {
    try select(lessOrEqual(abs(stopGradient(self)), bound), .zero(like: self), self)
  }

  // Matrices with zeros on their diagonals.
  fileprivate func withoutDiagonal() throws(TensorError) -> Tensor {
    try select(.identity(shape[rank - 1], .bool), .zero(like: self), self)
  }
}
