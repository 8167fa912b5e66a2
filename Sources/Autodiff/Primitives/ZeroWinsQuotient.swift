/// `a / b` of two tensors of one shape, where 0/0 is 0 and any other number over 0 is NaN: the quotient of a rule whose divisor vanishes
/// where the derivative does not exist. What is not asked for stays 0, what is not known becomes NaN, and never something finite.
///
/// Linear in `a`; its adjoint is itself. Derivatives of any order are made of the same quotient, so NaN stays NaN in them.
struct ZeroWinsQuotient: Primitive {
  var name: String { "zero_wins_quotient" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    guard x[0] == x[1], x[0].dtype.isFloat else {
      throw .invalid(name, "expected two tensors of one shape and float type, got \(x[0]) and \(x[1])")
    }
    return [x[0]]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let (a, b) = (Tensor(x[0]), Tensor(x[1]))
    let zero = try Tensor.zero(like: a)
    let divisor = try select(equal(b, zero), .scalar(.nan, a.dtype), b)
    return [try select(equal(a, zero), zero, a / divisor).numbers(for: name)]
  }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    var numerator = dx[0]
    if let db = dx[1] {
      let shift = try y[0] * db
      numerator = try numerator.map { (da) throws(TensorError) in try da - shift } ?? -shift
    }
    return [try numerator.map { (numerator) throws(TensorError) in try bind(self, numerator, x[1]) }]
  }
  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    guard let ct = ct[0] else { return [nil, nil] }
    guard let divisor = x[1].known else { throw .noRule(name, "is linear in the dividend alone") }
    return [try bind(self, ct, divisor), nil]
  }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    var aligned: [Tensor] = []
    for (operand, batched) in zip(x, isBatched) {
      aligned.append(batched ? operand : try operand.broadcast(to: operand.shape.inserting(lanes, at: 0)))
    }
    return try bind(self, aligned)
  }
}
