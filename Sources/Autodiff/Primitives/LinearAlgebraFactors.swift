/// Factors of matrices, over stacks [batch…, n, m]: Cholesky, QR, eigenvalues and singular values.
///
/// The derivatives follow from differentiating the defining equations (Giles 2008, "Collected matrix derivative results"; JAX's
/// linalg.py). Those of eigenvectors and singular vectors hold 1/(λⱼ − λᵢ): for equal values the factor is taken as 0, so that
/// first derivatives of functions that do not depend on the choice of basis are right there too, and everything stays finite.
/// Second and higher derivatives need distinct values.

/// A primitive of one stack of matrices.
protocol MatrixPrimitive: Primitive {}

extension MatrixPrimitive {
  /// The shape of a stack of float matrices.
  @discardableResult
  func matrix(_ x: Spec) throws(TensorError) -> Shape {
    guard x.dtype.isFloat else { throw .dtype(name, got: x.dtype, expected: "a float32 or float64 tensor") }
    guard x.shape.rank >= 2 else {
      throw .invalid(name, "expected a matrix or a stack of matrices [.., n, m], got the shape \(x.shape)")
    }
    return x.shape
  }

  /// Refuses a stack of matrices that are not square.
  func square(_ x: Spec) throws(TensorError) {
    let shape = try matrix(x)
    guard shape[shape.rank - 1] == shape[shape.rank - 2] else {
      throw .invalid(name, "expected square matrices [.., n, n], got the shape \(shape)")
    }
  }

  /// Lanes are one more batch dimension.
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] { try bind(self, x) }
}

/// The lower triangular L with positive diagonal and `A = L Lᵀ`; the symmetric part of the operand is decomposed.
struct Cholesky: MatrixPrimitive {
  var name: String { "cholesky" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    try square(x[0])
    return x
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { [try x[0].cholesky()] }
  // dL = L Φ(L⁻¹ dA L⁻ᵀ), where Φ keeps the lower triangle and half of the diagonal.
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0] else { return [nil] }
    let l = y[0]
    let left = try bind(TriangularSolve(lower: true, transposed: false), l, symmetricPart(da))
    let both = try bind(TriangularSolve(lower: true, transposed: false), l, left.matrixTransposed())
    let halves = try both.triangle(lower: true, offset: -1) + both.triangle(lower: true, offset: 0)
    return [try 0.5 * bind(MatrixProduct(), l, halves)]
  }
}

/// The thin QR decomposition `A = Q R` of `A: [batch…, m, n]` with m ≥ n.
struct QRDecomposition: MatrixPrimitive {
  var name: String { "qr" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    let shape = try matrix(x[0])
    let (m, n) = (shape[shape.rank - 2], shape[shape.rank - 1])
    guard m >= n else { throw .invalid(name, "expected at least as many rows as columns, got the shape \(shape)") }
    return [x[0], Spec(shape.replacing(shape.rank - 2, with: n), x[0].dtype)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let (q, r) = try x[0].qrDecomposition()
    return [q, r]
  }
  // With C = Qᵀ dA R⁻¹ and the skew S = lower(C) − lower(C)ᵀ: dQ = dA R⁻¹ + Q (S − C), dR = (C − S) R.
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0] else { return [nil, nil] }
    let (q, r) = (y[0], y[1])
    let solved = try bind(TriangularSolve(lower: false, transposed: true), r, da.matrixTransposed()).matrixTransposed()
    let c = try bind(MatrixProduct(), q.matrixTransposed(), solved)
    let below = try c.triangle(lower: true, offset: -1)
    let upper = try c - (below - below.matrixTransposed())
    return [try solved - bind(MatrixProduct(), q, upper), try bind(MatrixProduct(), upper, r)]
  }
}

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
  // With M = Vᵀ dA V: dλ = diag M and dV = V (F ∘ M), Fᵢⱼ = 1/(λⱼ − λᵢ).
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0] else { return y.map { _ in nil } }
    let v = vectors ? y[1] : try bind(SymmetricEigen(vectors: true), x)[1]
    let m = try bind(MatrixProduct(), v.matrixTransposed(), bind(MatrixProduct(), symmetricPart(da), v))
    guard vectors else { return [try m.diagonal()] }
    let differences = try row(y[0]) - column(y[0])
    return [try m.diagonal(), try bind(MatrixProduct(), v, reciprocalOrZero(differences) * m)]
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
  // With M = Uᵀ dA V: ds = diag M, dU = U (F ∘ (M S + (M S)ᵀ)) + (1 − U Uᵀ) dA V S⁻¹, dV = V (F ∘ (S M + (S M)ᵀ)) +
  // (1 − V Vᵀ) dAᵀ U S⁻¹, Fᵢⱼ = 1/(sⱼ² − sᵢ²). The second terms exist for the longer side only.
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0] else { return y.map { _ in nil } }
    let factors = vectors ? y : try bind(SingularValues(vectors: true), x)
    let (u, s, vt) = (factors[0], factors[1], factors[2])
    let (ut, v) = (try u.matrixTransposed(), try vt.matrixTransposed())
    let m = try matrixProduct(ut, matrixProduct(da, v))
    let ds = try m.diagonal()
    guard vectors else { return [ds] }
    let (across, down) = (try row(s), try column(s))
    let f = try reciprocalOrZero((across + down) * (across - down))
    let ms = try m * across
    let sm = try down * m
    var du = try matrixProduct(u, f * (ms + ms.matrixTransposed()))
    var dv = try matrixProduct(v, f * (sm + sm.matrixTransposed()))
    let (rows, columns) = (da.shape[da.rank - 2], da.shape[da.rank - 1])
    let inverse = try reciprocalOrZero(across)
    if rows > columns {
      let outside = try matrixProduct(da, v)
      du = try du + (outside - matrixProduct(u, matrixProduct(ut, outside))) * inverse
    }
    if columns > rows {
      let outside = try matrixProduct(da.matrixTransposed(), u)
      dv = try dv + (outside - matrixProduct(v, matrixProduct(vt, outside))) * inverse
    }
    return [du, ds, try dv.matrixTransposed()]
  }
}

// (A + Aᵀ)/2.
private func symmetricPart(_ a: Tensor) throws(TensorError) -> Tensor { try 0.5 * (a + a.matrixTransposed()) }

// [batch…, n] as the rows, or the columns, of a stack of matrices.
private func row(_ x: Tensor) throws(TensorError) -> Tensor { try x.reshaped(x.shape.inserting(1, at: x.rank - 1)) }
private func column(_ x: Tensor) throws(TensorError) -> Tensor { try x.reshaped(x.shape.inserting(1, at: x.rank)) }

// 1/x, and 0 with zero derivatives where x is 0.
private func reciprocalOrZero(_ x: Tensor) throws(TensorError) -> Tensor {
  let isZero = try equal(x, .zero(like: x))
  return try select(isZero, .zero(like: x), reciprocal(select(isZero, .one(like: x), x)))
}
