/// Reading, accumulating and ordering by computed positions, which count from 0.

/// Rows of dimension `axis` of the first operand at the int32 positions of the second: the dimension is replaced by their shape.
struct Gather: Primitive {
  let axis: Int
  var name: String { "index" }
  var isMadeOfSteps: Bool { true }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    guard x[1].dtype == .int32 else { throw .dtype(name, got: x[1].dtype, expected: "int32 indices") }
    let sizes = Array(x[0].shape[0..<axis]) + Array(x[1].shape) + Array(x[0].shape[(axis + 1)...])
    return [Spec(try .checked(sizes, operation: name), x[0].dtype)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { [try x[0].gathered(x[1], axis: axis)] }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let dx = dx[0] else { return [nil] }
    return [try bind(self, dx, x[1])]
  }
  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    guard let ct = ct[0], let spec = x[0].unknown, let index = x[1].known else { return [nil, nil] }
    return [try bind(ScatterAdd(axis: axis, size: spec.shape[axis]), ct, index), nil]
  }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    let (values, index) = (x[0], x[1])
    switch (isBatched[0], isBatched[1]) {
    case (true, false):
      return [try bind(Gather(axis: axis + 1), values, index)]
    case (false, _):
      return [try bind(self, values, index).movingAxis(axis, to: 0)]
    default:
      // Both differ: lanes and rows become one dimension, and each lane's positions point into its own part of it.
      let rows = try values.movingAxis(axis + 1, to: 1)
      let size = rows.shape[1]
      let flat = try rows.reshaped(Shape([lanes * size] + rows.shape.dropFirst(2)))
      let picked = try bind(Gather(axis: 0), flat, index.offsetByLane(size, lanes: lanes))
      let indexRank = index.rank - 1
      // [lanes, index…, before…, after…] → [lanes, before…, index…, after…]
      let order =
        [0] + (0..<axis).map { 1 + indexRank + $0 } + (0..<indexRank).map { 1 + $0 }
        + ((1 + indexRank + axis)..<picked.rank)
      return [try picked.permuted(order)]
    }
  }
}

/// The adjoint of `Gather`: zeros with `size` rows along `axis`, to which the rows of the first operand are added at the positions of
/// the second; repeated positions accumulate.
struct ScatterAdd: Primitive {
  let axis: Int
  let size: Int
  var name: String { "scatter" }
  var isMadeOfSteps: Bool { true }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    guard x[1].dtype == .int32 else { throw .dtype(name, got: x[1].dtype, expected: "int32 indices") }
    let indexRank = x[1].shape.rank
    guard x[0].shape.rank >= axis + indexRank, x[0].shape[axis..<(axis + indexRank)].elementsEqual(x[1].shape) else {
      throw .invalid(name, "the values \(x[0].shape) do not have the shape \(x[1].shape) of the indices at dimension \(axis + 1)")
    }
    return [Spec(Shape(Array(x[0].shape[0..<axis]) + [size] + Array(x[0].shape[(axis + indexRank)...])), x[0].dtype)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { [try x[0].scattered(x[1], axis: axis, size: size)] }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let dx = dx[0] else { return [nil] }
    return [try bind(self, dx, x[1])]
  }
  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    guard let ct = ct[0], let index = x[1].known else { return [nil, nil] }
    return [try bind(Gather(axis: axis), ct, index), nil]
  }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    let (values, index) = (x[0], x[1])
    if !isBatched[1] { return [try bind(ScatterAdd(axis: axis + 1, size: size), values, index)] }
    let shape = try Shape.checked([lanes] + values.shape.dropFirst(isBatched[0] ? 1 : 0), operation: name)
    let stacked = try values.broadcast(to: shape)
    let indexRank = index.rank - 1
    // [lanes, before…, index…, after…] → [lanes, index…, before…, after…], then lanes and rows are one dimension as in Gather.
    let order = [0] + (0..<indexRank).map { 1 + axis + $0 } + (0..<axis).map { 1 + $0 } + ((1 + axis + indexRank)..<stacked.rank)
    let sum = try bind(
      ScatterAdd(axis: 0, size: lanes * size), stacked.permuted(order), index.offsetByLane(size, lanes: lanes))
    let rows = try sum.reshaped(Shape([lanes, size] + sum.shape.dropFirst()))
    return [try rows.movingAxis(1, to: axis + 1)]
  }
}

/// The last dimension in ascending or descending order, stable and with NaN last; results are the values and their int32 positions.
struct Sort: Primitive {
  let descending: Bool
  var name: String { "sort" }
  var isMadeOfSteps: Bool { true }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    guard x[0].dtype != .bool else { throw .dtype(name, got: .bool, expected: "a number type") }
    guard x[0].shape.rank > 0 else { throw .invalid(name, "expected at least one dimension, got a scalar") }
    return [x[0], Spec(x[0].shape, .int32)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let (values, positions) = try x[0].sorted(descending: descending)
    return [values, positions]
  }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let dx = dx[0] else { return [nil, nil] }
    return [try dx.taking(y[1]), nil]
  }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] { try bind(self, x) }
}

/// The operand itself, with no derivative.
struct StopGradient: ConstantPrimitive {
  var name: String { "stop_gradient" }
  var isMadeOfSteps: Bool { true }
  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] { x }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { x }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] { x }
}
