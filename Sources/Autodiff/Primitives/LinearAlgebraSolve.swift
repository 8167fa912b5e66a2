/// Linear systems over stacks of matrices. Both solves are linear in the right-hand sides, and their derivative in the matrix is one
/// more solve: A X = B gives A dX = dB − dA X.

/// X with `A X = B`, or `Aᵀ X = B`, for `A: [batch…, n, n]` and `B: [batch…, n, k]` with equal batch dimensions.
struct Solve: SystemPrimitive {
  let transposed: Bool
  var name: String { "solve" }

  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let a = x[0]
    guard transposed else { return [try a.solve(x[1])] }
    return [try a.permuted(Array(0..<(a.rank - 2)) + [a.rank - 1, a.rank - 2]).solve(x[1])]
  }
  var adjoint: Solve { Solve(transposed: !transposed) }
  func moved(_ matrix: Tensor) throws(TensorError) -> Tensor { transposed ? try matrix.matrixTransposed() : matrix }
}

/// The same for triangular A: of the first operand only one triangle is read.
struct TriangularSolve: SystemPrimitive {
  let lower: Bool
  let transposed: Bool
  var name: String { "triangular_solve" }

  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    [try x[0].triangularSolve(x[1], lower: lower, transposed: transposed)]
  }
  var adjoint: TriangularSolve { TriangularSolve(lower: lower, transposed: !transposed) }
  func moved(_ matrix: Tensor) throws(TensorError) -> Tensor {
    let triangle = try matrix.triangle(lower: lower, offset: 0)
    return transposed ? try triangle.matrixTransposed() : triangle
  }
}

/// What the two solves share.
protocol SystemPrimitive: Primitive {
  /// The solve that is its adjoint as a map of the right-hand sides.
  var adjoint: Self { get }
  /// The change of the matrix that is solved with when the first operand changes by `matrix`.
  func moved(_ matrix: Tensor) throws(TensorError) -> Tensor
}

extension SystemPrimitive {
  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    let (a, b) = (x[0], x[1])
    let rank = a.shape.rank
    guard a.dtype == b.dtype, a.dtype.isFloat else {
      throw .invalid(name, "expected two tensors of one float type, got \(a.dtype) and \(b.dtype)")
    }
    guard rank >= 2, a.shape[rank - 1] == a.shape[rank - 2] else {
      throw .invalid(name, "expected square matrices [.., n, n], got the shape \(a.shape)")
    }
    guard b.shape.rank == rank, b.shape.dropLast(2).elementsEqual(a.shape.dropLast(2)), b.shape[rank - 2] == a.shape[rank - 2]
    else { throw .invalid(name, "the right-hand sides \(b.shape) do not fit the matrices \(a.shape)") }
    return [b]
  }

  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    var side = dx[1]
    if let da = dx[0] {
      let shift = try bind(MatrixProduct(), moved(da), y[0])
      side = try side.map { (db) throws(TensorError) in try db - shift } ?? -shift
    }
    return [try side.map { (side) throws(TensorError) in try bind(self, x[0], side) }]
  }

  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    guard let ct = ct[0] else { return [nil, nil] }
    guard let a = x[0].known else { throw .noRule(name, "is linear in the right-hand sides alone") }
    return [nil, try bind(adjoint, a, ct)]
  }

  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    let (a, b) = (x[0], x[1])
    // One matrix for all lanes: their right-hand sides stand side by side, and the matrix is factored once.
    if !isBatched[0], a.rank == 2 {
      let (n, k) = (b.shape[1], b.shape[2])
      let sides = try b.permuted([1, 0, 2]).reshaped([n, lanes * k])
      return [try bind(self, a, sides).reshaped([n, lanes, k]).permuted([1, 0, 2])]
    }
    let left = isBatched[0] ? a : try a.broadcast(to: a.shape.inserting(lanes, at: 0))
    let right = isBatched[1] ? b : try b.broadcast(to: b.shape.inserting(lanes, at: 0))
    return [try bind(self, left, right)]
  }
}

/// `det A = sign · exp(logabs)` for `A: [batch…, n, n]`, both results `[batch…]`. d logabs = tr(A⁻¹ dA); the sign does not move.
struct SignLogDeterminant: MatrixPrimitive {
  var name: String { "slogdet" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    try square(x[0])
    let result = Spec(Shape(x[0].shape.dropLast(2)), x[0].dtype)
    return [result, result]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let (sign, logabs) = try x[0].signLogDeterminant()
    return [sign, logabs]
  }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0] else { return [nil, nil] }
    let rank = da.rank
    let inverted = try failing(as: "slogdet", "there is no derivative: ") { () throws(TensorError) in try inverse(x[0]) }
    return [nil, try (inverted.matrixTransposed() * da).sum([rank - 2, rank - 1])]
  }
}

/// det A for `A: [batch…, n, n]`, `[batch…]`. Its gradient is the matrix of cofactors.
struct Determinant: MatrixPrimitive {
  var name: String { "det" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    try square(x[0])
    return [Spec(Shape(x[0].shape.dropLast(2)), x[0].dtype)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let (sign, logabs) = try x[0].signLogDeterminant()
    return [try (Tensor(sign) * exp(Tensor(logabs))).numbers(for: name)]
  }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0] else { return [nil] }
    return [try (cofactors(x[0], determinant: y[0]) * da).sum([da.rank - 2, da.rank - 1])]
  }

  // det A · A⁻ᵀ. At a singular matrix, det U det V · U diag(Πⱼ≠ᵢ sⱼ) Vᵀ of A = U S Vᵀ, which is right for any rank; its derivatives are
  // those of the singular vectors, so NaN at equal singular values.
  private func cofactors(_ a: Tensor, determinant: Tensor) throws(TensorError) -> Tensor {
    let matrices = determinant.shape.inserting(1, at: determinant.rank).inserting(1, at: determinant.rank)
    let factor = try determinant.reshaped(matrices)
    let sign = try bind(SignLogDeterminant(), [stopGradient(a)])[0]
    let isSingular = try equal(sign, .zero(like: sign)).reshaped(matrices)
    if let known = isSingular.numbersOfAllLanes(), try known.doubles().allSatisfy({ $0 == 0 }) {
      return try factor * inverse(a).matrixTransposed()
    }
    // Each way gets a matrix it can do, lest the one that is not taken bring NaN or an error into the derivative.
    let n = a.shape[a.rank - 1]
    let one = try Tensor.identity(n, a.dtype)
    let regular = try factor * inverse(select(isSingular, one, a)).matrixTransposed()
    let distinct = try Tensor(.sequence(n, from: 1, by: 1, a.dtype)).diagonalMatrix()
    let (u, s, vt) = try singularValueDecomposition(select(isSingular, a, distinct))
    let others = try select(.identity(n, .bool), .one(like: s), s.reshaped(s.shape.inserting(1, at: s.rank - 1)))
    let products = try others.product([s.rank])
    let signs = try stopGradient(signLogDeterminant(u).sign * signLogDeterminant(vt).sign).reshaped(matrices)
    let singular = try signs * matrixProduct(u * products.reshaped(s.shape.inserting(1, at: s.rank - 1)), vt)
    return try select(isSingular, singular, regular)
  }
}

/// The Moore–Penrose inverse `A⁺: [batch…, n, m]` of `A: [batch…, m, n]`: singular values at most `cutoff` times the largest count as
/// zero.
///
/// The derivative, for a rank that does not change, is that of Golub & Pereyra (1973, eq. 4.12):
/// dA⁺ = −A⁺ dA A⁺ + A⁺ A⁺ᵀ dAᵀ (1 − A A⁺) + (1 − A⁺ A) dAᵀ A⁺ᵀ A⁺. It needs no gaps between singular values.
struct PseudoInverse: MatrixPrimitive {
  let cutoff: Double
  var name: String { "pinv" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    let shape = try matrix(x[0])
    let rank = shape.rank
    return [Spec(Shape(Array(shape.dropLast(2)) + [shape[rank - 1], shape[rank - 2]]), x[0].dtype)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    // V s⁺ Uᵀ in ordinary operations on numbers.
    let (u, s, vt) = try x[0].singularValues()
    let (left, values) = (Tensor(u), Tensor(s))
    let k = s.rank - 1
    if s.shape[k] == 0 { return [try .full(outcome(x.map { Spec($0.shape, $0.dtype) })[0].shape, 0, s.dtype)] }
    let least = try cutoff * values.slice(k, from: 0, count: 1)
    let inverses = try select(greater(values, least), reciprocal(values), .zero(like: values))
    let scaled = try left * inverses.reshaped(s.shape.inserting(1, at: k))
    return [try matrixProduct(scaled, Tensor(vt)).matrixTransposed().packed().numbers(for: name)]
  }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0] else { return [nil] }
    let (a, p) = (x[0], y[0])
    let (pt, dat) = (try p.matrixTransposed(), try da.matrixTransposed())
    let inner = try matrixProduct(p, matrixProduct(da, p))
    let ppt = try matrixProduct(p, matrixProduct(pt, dat))
    let ptp = try matrixProduct(matrixProduct(dat, pt), p)
    let left = try ppt - matrixProduct(matrixProduct(ppt, a), p)
    let right = try ptp - matrixProduct(p, matrixProduct(a, ptp))
    return [try left + right - inner]
  }
}
