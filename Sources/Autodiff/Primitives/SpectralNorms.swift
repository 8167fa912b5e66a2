/// Norms of matrices by their singular values, over stacks [batch…, m, n]. Their derivatives go through what is a function of the matrix
/// however many singular values are equal, so every order is right there, where derivatives of single singular vectors do not exist.

/// The nuclear norm ‖A‖_* = Σ sᵢ. Its gradient is the polar factor.
struct NuclearNorm: MatrixPrimitive {
  var name: String { "norm" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] { [Spec(Shape(try matrix(x[0]).dropLast(2)), x[0].dtype)] }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let s = try x[0].singularValuesOnly()
    return [try s.reduced(.sum, over: [s.rank - 1])]
  }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0] else { return [nil] }
    return [try (polarFactor(x[0]) * da).sum([da.rank - 2, da.rank - 1])]
  }
}

/// Q = U Vᵀ over the singular values that are not 0: the partial isometry of `A = Q P` with P = (AᵀA)^½, for `A: [batch…, m, n]` with
/// m ≥ n. It depends on no choice of vectors.
///
/// dQ = Q Ω + (1 − Q Qᵀ) dA P⁻¹ with the skew Ω that solves P Ω + Ω P = Qᵀ dA − dAᵀ Q (Higham 2008, "Functions of Matrices", section
/// 8.1): it divides by sums of singular values alone. Where one of them is 0 the derivative does not exist and is NaN.
struct PolarFactor: MatrixPrimitive {
  var name: String { "polar" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    try matrix(x[0])
    return x
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let (u, s, vt) = try x[0].singularValues()
    let kept = try greater(Tensor(s), tolerance(Tensor(s))).cast(to: s.dtype)
    return [try matrixProduct(Tensor(u) * kept.reshaped(s.shape.inserting(1, at: s.rank - 1)), Tensor(vt)).numbers(for: name)]
  }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0] else { return [nil] }
    let (q, qt) = (y[0], try y[0].matrixTransposed())
    let p = try matrixProduct(qt, x[0])
    let inside = try matrixProduct(qt, da)
    let turn = try bind(PositiveSolve(sides: .both), p, inside - inside.matrixTransposed())
    let turned = try matrixProduct(q, turn)
    if da.shape[da.rank - 2] == da.shape[da.rank - 1] { return [turned] }
    return [try turned + bind(PositiveSolve(sides: .right), p, da - matrixProduct(q, inside))]
  }
}

// The polar factor of matrices of any shape.
private func polarFactor(_ a: Tensor) throws(TensorError) -> Tensor {
  if a.shape[a.rank - 2] >= a.shape[a.rank - 1] { return try bind(PolarFactor(), a) }
  return try bind(PolarFactor(), a.matrixTransposed()).matrixTransposed()
}

/// X with `P X + X P = C`, or `X P = C`, for the symmetric part P of the first operand, which must be positive definite, and C the second
/// one, of equal batch dimensions. NaN where P is singular.
struct PositiveSolve: Primitive {
  enum Sides: Hashable { case both, right }
  let sides: Sides
  var name: String { "positive_solve" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    let (p, c) = (x[0].shape, x[1].shape)
    let rank = p.rank
    guard rank >= 2, c.rank == rank, p.dropLast(2).elementsEqual(c.dropLast(2)), p[rank - 1] == p[rank - 2],
      c[rank - 1] == p[rank - 1]
    else { throw .invalid(name, "the right-hand sides \(c) do not fit the matrices \(p)") }
    return [x[1]]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let (values, vectors) = try x[0].symmetricEigen()
    let (l, v, c) = (Tensor(values), Tensor(vectors), Tensor(x[1]))
    let axis = l.rank - 1
    let isPositive = try greater(l, tolerance(l)).quantified(universal: true, [axis])
    let across = try l.reshaped(l.shape.inserting(1, at: axis))
    let solution: Tensor
    switch sides {
    case .right: solution = try matrixProduct(matrixProduct(c, v) / across, v.matrixTransposed())
    case .both:
      let inside = try matrixProduct(v.matrixTransposed(), matrixProduct(c, v)) / (across + across.matrixTransposed())
      solution = try matrixProduct(matrixProduct(v, inside), v.matrixTransposed())
    }
    let wide = try isPositive.reshaped(l.shape.keeping([axis]).inserting(1, at: axis))
    return [try select(wide, solution, .scalar(.nan, c.dtype)).numbers(for: name)]
  }
  // P dX + dX P = dC − dP X − X dP.
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    var side = dx[1]
    if let dp = dx[0] {
      let moved = try symmetricPart(dp)
      var shift = try matrixProduct(y[0], moved)
      if sides == .both { shift = try shift + matrixProduct(moved, y[0]) }
      side = try side.map { (dc) throws(TensorError) in try dc - shift } ?? -shift
    }
    return [try side.map { (side) throws(TensorError) in try bind(self, x[0], side) }]
  }
  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    guard let ct = ct[0] else { return [nil, nil] }
    guard let p = x[0].known else { throw .noRule(name, "is linear in the right-hand sides alone") }
    return [nil, try bind(self, p, ct)]
  }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    var aligned: [Tensor] = []
    for (operand, batched) in zip(x, isBatched) {
      aligned.append(batched ? operand : try operand.broadcast(to: operand.shape.inserting(lanes, at: 0)))
    }
    return try bind(self, aligned)
  }
}

/// The spectral norm ‖A‖₂, the largest singular value. Where several share it they share the gradient, which is 0 at A = 0.
struct SpectralNorm: MatrixPrimitive {
  var name: String { "norm" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] { [Spec(Shape(try matrix(x[0]).dropLast(2)), x[0].dtype)] }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let s = try x[0].singularValuesOnly()
    let axis = s.rank - 1
    // Nothing is taken by no matrix farther than 0.
    return [try s.shape[axis] == 0 ? s.reduced(.sum, over: [axis]) : s.reduced(.max, over: [axis])]
  }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0], da.count > 0 else { return [nil] }
    let axes = [da.rank - 2, da.rank - 1]
    if da.shape[axes[0]] >= da.shape[axes[1]] { return [try (bind(LargestSingularVectors(), x)[0] * da).sum(axes)] }
    let direction = try bind(LargestSingularVectors(), [x[0].matrixTransposed()])[0]
    return [try (direction.matrixTransposed() * da).sum(axes)]
  }
}

/// Where the largest singular value s of `A: [batch…, m, n]`, m ≥ n ≥ 1, is taken. The results are G `[batch…, m, n]`, the mean of u vᵀ
/// over all pairs of vectors of s (0 where A is), one pair u `[batch…, m, 1]` and v `[batch…, n, 1]`, and `[batch…, 1, 1]` the factor 1,
/// or NaN where s is not simple or 0 and G has no derivative.
///
/// dv solves (s² − AᵀA + s² v vᵀ) dv = s dAᵀ u + Aᵀ dA v − 2 s ds v, which is regular whenever s is simple, whatever the other singular
/// values are; then s du = dA v + A dv − ds u.
struct LargestSingularVectors: MatrixPrimitive {
  var name: String { "norm" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    let shape = try matrix(x[0])
    let rank = shape.rank
    let (u, v) = (shape.replacing(rank - 1, with: 1), shape.removing(rank - 2).inserting(1, at: rank - 1))
    return [x[0]] + [u, v, v.replacing(rank - 2, with: 1)].map { Spec($0, x[0].dtype) }
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let (u, s, vt) = try x[0].singularValues()
    let (left, values, right) = (Tensor(u), Tensor(s), Tensor(vt))
    let axis = values.rank - 1
    let largest = try values.slice(axis, from: 0, count: 1)
    let isZero = try equal(largest, .zero(like: largest))
    let shared = try greaterOrEqual(values, largest - tolerance(values)).cast(to: s.dtype)
    let count = try shared.sum([axis]).reshaped(largest.shape)
    let shares = try select(isZero, .zero(like: values), shared / count)
    let mean = try matrixProduct(left * shares.reshaped(s.shape.inserting(1, at: axis)), right)
    let isSimple = try and(equal(count, .one(like: count)), not(isZero))
    let factor = try select(isSimple, .one(like: count), .scalar(.nan, s.dtype))
    var results: [NDArray] = []
    for result in [
      mean, try left.slice(axis + 1, from: 0, count: 1), try right.slice(axis, from: 0, count: 1).matrixTransposed(),
      try factor.reshaped(largest.shape.inserting(1, at: axis)),
    ] { results.append(try result.packed().numbers(for: name)) }
    return results
  }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let da = dx[0] else { return [nil, nil, nil, nil] }
    let (a, u, v, factor) = (x[0], y[1], y[2], y[3])
    let (at, ut, vt) = (try a.matrixTransposed(), try u.matrixTransposed(), try v.matrixTransposed())
    let s = try matrixProduct(ut, matrixProduct(a, v))
    let moved = try matrixProduct(da, v)
    let ds = try matrixProduct(ut, moved)
    let one = try Tensor.identity(a.shape[a.rank - 1], a.dtype)
    let system = try s * s * (one + matrixProduct(v, vt)) - matrixProduct(at, a)
    let side = try s * matrixProduct(da.matrixTransposed(), u) + matrixProduct(at, moved) - 2 * s * ds * v
    // The system is symmetric and positive, and where s is not simple its solution is NaN as it should be.
    let dv = try factor * bind(PositiveSolve(sides: .right), system, side.matrixTransposed()).matrixTransposed()
    let du = try factor * (moved + matrixProduct(a, dv) - ds * u) / s
    return [try matrixProduct(du, vt) + matrixProduct(u, dv.matrixTransposed()), du, dv, nil]
  }
}
