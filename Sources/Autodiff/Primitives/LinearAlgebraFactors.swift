/// Factors of matrices, over stacks [batch…, n, m]: Cholesky and QR. Eigenvalues and singular values are in LinearAlgebraSpectra.
///
/// The derivatives follow from differentiating the defining equations (Giles 2008, "Collected matrix derivative results"; JAX's
/// linalg.py).

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
    if let known = try r.diagonal().numbersOfAllLanes(), try known.doubles().contains(0) {
      throw .numerical(name, "there is no derivative where columns depend on each other; the diagonal of R has a zero")
    }
    let solved = try bind(TriangularSolve(lower: false, transposed: true), r, da.matrixTransposed()).matrixTransposed()
    let c = try bind(MatrixProduct(), q.matrixTransposed(), solved)
    let below = try c.triangle(lower: true, offset: -1)
    let upper = try c - (below - below.matrixTransposed())
    return [try solved - bind(MatrixProduct(), q, upper), try bind(MatrixProduct(), upper, r)]
  }
}

// (A + Aᵀ)/2.
func symmetricPart(_ a: Tensor) throws(TensorError) -> Tensor { try 0.5 * (a + a.matrixTransposed()) }
