/// Linear maps that move elements without computing: each one's transpose is another of the list.

/// The same elements in row-major order under another shape.
struct Reshape: LinearPrimitive {
  let shape: Shape
  var name: String { "reshape" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec {
    guard x.shape.elementCount == shape.elementCount else {
      let (from, to) = (x.shape.elementCount, shape.elementCount)
      throw .invalid(name, "\(x.shape) has \(from) elements and \(shape) has \(to); they must be equal")
    }
    return Spec(shape, x.dtype)
  }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray { try x.reshaped(shape) }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor { try ct.reshaped(x.shape) }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor { try x.reshaped(shape.inserting(lanes, at: 0)) }
}

/// Dimension i of the result is dimension `order[i]` of the operand.
struct Permute: LinearPrimitive {
  let order: [Int]
  var name: String { "permute" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec {
    guard order.sorted() == Array(0..<x.shape.rank) else {
      throw .invalid(name, "\(order.map { $0 + 1 }) does not name each of the \(x.shape.rank) dimensions once")
    }
    return Spec(Shape(order.map { x.shape[$0] }), x.dtype)
  }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray { x.permuted(order) }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor {
    try ct.permuted(order.indices.map { order.firstIndex(of: $0)! })
  }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor { try x.permuted([0] + order.map { $0 + 1 }) }
}

/// Stretches dimensions of size 1 and adds leading ones.
struct Broadcast: LinearPrimitive {
  let shape: Shape
  var name: String { "expand" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec {
    guard x.shape.rank <= shape.rank, try x.shape.broadcast(with: shape, operation: name) == shape else {
      throw .broadcast(name, x.shape, shape)
    }
    return Spec(shape, x.dtype)
  }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray { x.broadcast(to: shape) }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor { try ct.summed(to: x.shape) }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor {
    let ones = [Int](repeating: 1, count: shape.rank - (x.rank - 1))
    let aligned = try x.reshaped(Shape([lanes] + ones + x.shape.dropFirst()))
    return try aligned.broadcast(to: shape.inserting(lanes, at: 0))
  }
}

/// Along every dimension `counts` elements from `starts` in steps of `steps` ≥ 1.
struct Slice: LinearPrimitive {
  let starts: [Int]
  let counts: [Int]
  let steps: [Int]
  var name: String { "slice" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec {
    for axis in x.shape.indices where counts[axis] > 0 {
      let last = starts[axis] + (counts[axis] - 1) * steps[axis]
      if last >= x.shape[axis] { throw .index(name, index: last + 1, size: x.shape[axis], dimension: axis + 1) }
    }
    return Spec(Shape(counts), x.dtype)
  }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray { x.sliced(starts: starts, counts: counts, steps: steps) }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor {
    if counts.contains(0) { return try .zeros(x) }
    let ends = counts.indices.map { x.shape[$0] - (starts[$0] + (counts[$0] - 1) * steps[$0] + 1) }
    return try bind(Pad(low: starts, high: ends, interior: steps.map { $0 - 1 }), ct)
  }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor {
    try bind(Slice(starts: [0] + starts, counts: [lanes] + counts, steps: [1] + steps), x)
  }
}

/// Zeros before (`low`), after (`high`) and between (`interior`) the elements; negative `low` and `high` crop.
struct Pad: LinearPrimitive {
  let low: [Int]
  let high: [Int]
  let interior: [Int]
  var name: String { "pad" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec {
    let sizes = x.shape.indices.map { axis in
      max(0, x.shape[axis] + max(0, x.shape[axis] - 1) * interior[axis] + low[axis] + high[axis])
    }
    return Spec(try .checked(sizes, operation: name), x.dtype)
  }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray { try x.padded(low: low, high: high, interior: interior) }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor {
    if x.shape.elementCount == 0 || ct.count == 0 { return try .zeros(x) }
    // Undo the borders by cropping, then keep every (interior + 1)-th element.
    let none = [Int](repeating: 0, count: low.count)
    let cropped = try bind(Pad(low: low.map { -$0 }, high: high.map { -$0 }, interior: none), ct)
    return try bind(Slice(starts: none, counts: Array(x.shape), steps: interior.map { $0 + 1 }), cropped)
  }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor {
    try bind(Pad(low: [0] + low, high: [0] + high, interior: [0] + interior), x)
  }
}

/// The elements along `axes` in reverse order.
struct Flip: LinearPrimitive {
  let axes: [Int]
  var name: String { "flip" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec { x }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray {
    let flipped = x.shape.indices.map { axes.contains($0) }
    return x.sliced(
      starts: flipped.indices.map { flipped[$0] ? x.shape[$0] - 1 : 0 }, counts: Array(x.shape),
      steps: flipped.map { $0 ? -1 : 1 })
  }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor { try bind(self, ct) }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor { try bind(Flip(axes: axes.map { $0 + 1 }), x) }
}

/// The operands one after another along `axis`.
struct Concatenate: Primitive {
  let axis: Int
  var name: String { "cat" }
  var isMadeOfSteps: Bool { true }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    var shape = x[0].shape
    guard axis < shape.rank else { throw .invalid(name, "dimension \(axis + 1) does not exist in \(shape)") }
    for part in x.dropFirst() {
      guard part.dtype == x[0].dtype, part.shape.rank == shape.rank, part.shape.removing(axis) == shape.removing(axis) else {
        throw .invalid(name, "\(part) does not continue \(x[0]) along dimension \(axis + 1); all other sizes must be equal")
      }
      shape[axis] += part.shape[axis]
    }
    return [Spec(shape, x[0].dtype)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { [try .concatenated(x, axis: axis)] }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    var moved: [Tensor] = []
    for (value, tangent) in zip(x, dx) { moved.append(try tangent ?? .zeros(value.spec)) }
    return try bind(self, moved)
  }
  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    guard let ct = ct[0] else { return x.map { _ in nil } }
    var position = 0
    var parts: [Tensor?] = []
    for operand in x {
      let size: Int
      switch operand {
      case .unknown(let spec):
        size = spec.shape[axis]
        parts.append(try ct.slice(axis, from: position, count: size))
      case .known(let tensor):
        size = tensor.shape[axis]
        parts.append(nil)
      }
      position += size
    }
    return parts
  }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    var parts: [Tensor] = []
    for (operand, batched) in zip(x, isBatched) {
      parts.append(batched ? operand : try operand.broadcast(to: operand.shape.inserting(lanes, at: 0)))
    }
    return try bind(Concatenate(axis: axis + 1), parts)
  }
}

/// Elements converted to another dtype; linear between float types, without derivative where a type has none.
struct Cast: LinearPrimitive {
  let dtype: DType
  var name: String { "cast" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec { Spec(x.shape, dtype) }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray { try x.cast(to: dtype) }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let dx = dx[0], dtype.isFloat else { return [nil] }
    return [try dx.cast(to: dtype)]
  }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor { try ct.cast(to: x.dtype) }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor { try bind(self, x) }
}
