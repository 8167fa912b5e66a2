/// `a b` for `a: [batch…, m, k]` and `b: [batch…, k, n]` with equal batch dimensions.
package struct MatrixProduct: Primitive {
  /// Whether 0 · NaN is 0: for factors in which NaN stands for "not known" and a zero for "not asked for".
  package let zeroWins: Bool

  /// The product, by IEEE arithmetic unless `zeroWins`.
  package init(zeroWins: Bool = false) { self.zeroWins = zeroWins }

  package var name: String { "mm" }
  /// It only makes steps, unless it has to look for NaN.
  package var isMadeOfSteps: Bool { !zeroWins }

  /// [batch…, m, n], or which sizes differ.
  package func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    let (a, b) = (x[0], x[1])
    let rank = a.shape.rank
    guard a.dtype == b.dtype, a.dtype.isFloat else {
      throw .invalid(name, "expected two tensors of one float type, got \(a.dtype) and \(b.dtype)")
    }
    guard rank >= 2, b.shape.rank == rank, a.shape[0..<(rank - 2)].elementsEqual(b.shape[0..<(rank - 2)]) else {
      throw .invalid(name, "batch dimensions differ: a is \(a.shape), b is \(b.shape)")
    }
    let (inner, other) = (a.shape[rank - 1], b.shape[rank - 2])
    guard inner == other else {
      throw .invalid(name, "inner sizes differ: a is \(a.shape), b is \(b.shape) (\(inner) ≠ \(other))")
    }
    return [Spec(a.shape.replacing(rank - 1, with: b.shape[rank - 1]), a.dtype)]
  }

  /// The product of numbers.
  package func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    var hasUnknown = false
    if zeroWins { for factor in x { hasUnknown = try hasUnknown ? true : factor.hasNaN() } }
    guard hasUnknown else { return [try .matrixProduct(x[0], x[1])] }
    let (a, b) = (Tensor(x[0]), Tensor(x[1]))
    let zero = try Tensor.zero(like: a)
    func known(_ x: Tensor) throws(TensorError) -> Tensor { try select(isNaN(x), zero, x) }
    func counted(_ flags: Tensor) throws(TensorError) -> Tensor { try flags.cast(to: a.dtype) }
    // A term is unknown when one factor is NaN and the other is not 0.
    let unknown =
      try matrixProduct(counted(isNaN(a)), counted(notEqual(b, zero)))
      + matrixProduct(counted(notEqual(a, zero)), counted(isNaN(b)))
    let product = try matrixProduct(known(a), known(b))
    return [try select(greater(unknown, zero), .scalar(.nan, a.dtype), product).numbers(for: name)]
  }

  /// da b + a db.
  package func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    let left = try dx[0].map { (da) throws(TensorError) in try bind(self, da, x[1]) }
    let right = try dx[1].map { (db) throws(TensorError) in try bind(self, x[0], db) }
    guard let left, let right else { return [left ?? right] }
    return [try left + right]
  }

  /// ct bᵀ for an unknown a, aᵀ ct for an unknown b.
  package func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    guard let ct = ct[0] else { return [nil, nil] }
    switch (x[0], x[1]) {
    case (.unknown, .known(let b)): return [try bind(self, ct, b.matrixTransposed()), nil]
    case (.known(let a), .unknown): return [nil, try bind(self, a.matrixTransposed(), ct)]
    default: throw .noRule(name, "is linear in one operand at a time")
    }
  }

  /// All lanes in one product where one matrix serves them, else in a batch of products.
  package func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    let (a, b) = (x[0], x[1])
    // One matrix for all lanes: the lanes are more rows of a single product.
    if !isBatched[1], b.rank == 2 {
      let (m, k, n) = (a.shape[1], a.shape[2], b.shape[1])
      return [try bind(self, a.reshaped([lanes * m, k]), b).reshaped([lanes, m, n])]
    }
    // One matrix times a vector for each lane: the vectors are the rows of a single product with its transpose, which is read where it lies.
    if !isBatched[0], a.rank == 2, b.shape[2] == 1 {
      let (m, k) = (a.shape[0], a.shape[1])
      return [try bind(self, b.reshaped([lanes, k]), a.matrixTransposed()).reshaped([lanes, m, 1])]
    }
    let left = isBatched[0] ? a : try a.broadcast(to: a.shape.inserting(lanes, at: 0))
    let right = isBatched[1] ? b : try b.broadcast(to: b.shape.inserting(lanes, at: 0))
    return [try bind(self, left, right)]
  }
}

extension NDArray {
  fileprivate func hasNaN() throws(TensorError) -> Bool {
    try NDArray.pointwise(.isnan, self).reduced(.any, over: Array(0..<rank)).double(at: 0) != 0
  }
}
