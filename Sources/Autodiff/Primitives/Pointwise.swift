/// Every element-wise operation, as one primitive over the list the kernels are made from. Operands broadcast by NumPy's rule.
struct Pointwise: Primitive {
  let code: PointwiseCode

  init(_ code: PointwiseCode) { self.code = code }

  var name: String { code.name }
  var isMadeOfSteps: Bool { true }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    let pairs = x.map { ($0.shape, $0.dtype) }
    let (shape, dtype) = try code.outcome(pairs[0], pairs.count > 1 ? pairs[1] : nil, pairs.count > 2 ? pairs[2] : nil)
    return [Spec(shape, dtype)]
  }

  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    switch x.count {
    case 1: [try .pointwise(code, x[0])]
    case 2: [try .pointwise(code, x[0], x[1])]
    default: [try .select(x[0], x[1], x[2])]
    }
  }

  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    // select is linear in its branches as a pair, which no partial derivative can say.
    if code == .select {
      if dx[1] == nil, dx[2] == nil { return [nil] }
      return [try select(x[0], dx[1] ?? .zeros(x[1].spec), dx[2] ?? .zeros(x[2].spec)).broadcast(to: y[0].shape)]
    }
    return [try Pointwise.tangent(code, x[0], x[x.count - 1], dx[0], dx.count > 1 ? dx[1] : nil, y[0])]
  }

  /// The tangent of `y = code(a, b)`, or of `code(a)`, where b is not read.
  static func tangent(
    _ code: PointwiseCode, _ a: Tensor, _ b: Tensor, _ da: Tensor?, _ db: Tensor?, _ y: Tensor
  ) throws(TensorError) -> Tensor? {
    let shape = y.shape
    var sum: Tensor?
    if let da { sum = try Partial.of(code, 0, a, b, y).applied(to: da)?.broadcast(to: shape) }
    guard let db, let term = try Partial.of(code, 1, a, b, y).applied(to: db)?.broadcast(to: shape) else { return sum }
    guard let first = sum else { return term }
    return try first + term
  }

  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    guard let ct = ct[0] else { return x.map { _ in nil } }
    var cotangents: [Tensor?] = []
    cotangents.reserveCapacity(x.count)
    for (i, operand) in x.enumerated() {
      guard let spec = operand.unknown else {
        cotangents.append(nil)
        continue
      }
      cotangents.append(try adjoint(ct, of: i, x).summed(to: spec.shape))
    }
    return cotangents
  }

  // The cotangent of operand i before the sum over the dimensions along which it was broadcast.
  private func adjoint(_ ct: Tensor, of i: Int, _ x: [LinearOperand]) throws(TensorError) -> Tensor {
    switch (code, i) {
    case (.add, _), (.sub, 0): return ct
    case (.neg, _), (.sub, 1): return try -ct
    case (.mul, 0): if let factor = x[1].known { return try ct * factor }
    case (.mul, 1): if let factor = x[0].known { return try factor * ct }
    case (.div, 0): if let divisor = x[1].known { return try ct / divisor }
    case (.select, 1): if let condition = x[0].known { return try Autodiff.select(condition, ct, .zero(like: ct)) }
    case (.select, 2): if let condition = x[0].known { return try Autodiff.select(condition, .zero(like: ct), ct) }
    default: break
    }
    throw .noRule(name, "is not linear in operand \(i + 1)")
  }

  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    // Lanes are axis 0 and shapes align at the end, so a batched operand gets ones between its lanes and its own dimensions.
    var rank = 0
    for (operand, batched) in zip(x, isBatched) { rank = max(rank, operand.rank - (batched ? 1 : 0)) }
    var aligned: [Tensor] = []
    for (operand, batched) in zip(x, isBatched) {
      let missing = batched ? rank - (operand.rank - 1) : 0
      let sizes = [operand.shape.first ?? 1] + [Int](repeating: 1, count: missing) + operand.shape.dropFirst()
      aligned.append(missing > 0 ? try operand.reshaped(Shape(sizes)) : operand)
    }
    return try bind(self, aligned)
  }
}

extension Pointwise: CustomStringConvertible {
  var description: String { code.name }
}
