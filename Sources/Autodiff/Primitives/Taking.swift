/// Elements along rows of the last dimension, at int32 positions (from 0) of their own for every row.

/// The first operand's elements at the positions of the second: [.., n] at [.., k] gives [.., k].
struct TakeAlong: Primitive {
  var name: String { "index" }
  var isMadeOfSteps: Bool { true }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    try expectRows(x, name)
    return [Spec(x[1].shape, x[0].dtype)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { [try x[0].taken(x[1])] }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let dx = dx[0] else { return [nil] }
    return [try bind(self, dx, x[1])]
  }
  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    guard let ct = ct[0], let spec = x[0].unknown, let positions = x[1].known else { return [nil, nil] }
    return [try bind(PutAlong(size: spec.shape[spec.shape.rank - 1]), ct, positions), nil]
  }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    try bind(self, inLanes(x, isBatched, lanes))
  }
}

/// The adjoint of `TakeAlong`: rows of `size` zeros, to which the elements of the first operand are added at the positions of the
/// second; repeated positions accumulate.
struct PutAlong: Primitive {
  let size: Int
  var name: String { "scatter" }
  var isMadeOfSteps: Bool { true }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    try expectRows(x, name)
    guard x[0].shape == x[1].shape else {
      throw .invalid(name, "the values have shape \(x[0].shape) and the positions \(x[1].shape); they must be equal")
    }
    return [Spec(x[0].shape.replacing(x[0].shape.rank - 1, with: size), x[0].dtype)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { [try x[0].put(at: x[1], size: size)] }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let dx = dx[0] else { return [nil] }
    return [try bind(self, dx, x[1])]
  }
  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    guard let ct = ct[0], let positions = x[1].known else { return [nil, nil] }
    return [try bind(TakeAlong(), ct, positions), nil]
  }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    try bind(self, inLanes(x, isBatched, lanes))
  }
}

private func expectRows(_ x: [Spec], _ operation: String) throws(TensorError) {
  guard x[1].dtype == .int32 else { throw .dtype(operation, got: x[1].dtype, expected: "int32 positions") }
  guard x[0].shape.rank > 0, x[1].shape.rank == x[0].shape.rank, x[0].shape.dropLast().elementsEqual(x[1].shape.dropLast()) else {
    throw .invalid(operation, "rows \(x[0].shape) and positions \(x[1].shape) differ before their last dimension")
  }
}

// Rows are all that stands before the last dimension, so lanes are more of them; an operand without lanes is repeated.
private func inLanes(_ x: [Tensor], _ isBatched: [Bool], _ lanes: Int) throws(TensorError) -> [Tensor] {
  var laned: [Tensor] = []
  for (operand, batched) in zip(x, isBatched) {
    laned.append(batched ? operand : try operand.broadcast(to: operand.shape.inserting(lanes, at: 0)))
  }
  return laned
}
