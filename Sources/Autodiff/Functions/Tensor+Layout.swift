/// Shapes and places of elements. Axes count from 0 and are valid here; user numbering ends in Bindings.
extension Tensor {
  /// The same elements in row-major order under another shape.
  public func reshaped(_ target: Shape) throws(TensorError) -> Tensor {
    target == shape ? self : try bind(Reshape(shape: target), self)
  }

  /// Dimension i of the result is dimension `order[i]`.
  public func permuted(_ order: [Int]) throws(TensorError) -> Tensor {
    order.elementsEqual(0..<order.count) && order.count == rank ? self : try bind(Permute(order: order), self)
  }

  /// The last two dimensions exchanged.
  public func matrixTransposed() throws(TensorError) -> Tensor {
    var order = Array(0..<rank)
    order.swapAt(rank - 1, rank - 2)
    return try permuted(order)
  }

  /// One dimension moved to another place; the others keep their order.
  public func movingAxis(_ from: Int, to: Int) throws(TensorError) -> Tensor {
    var order = Array(0..<rank)
    order.insert(order.remove(at: from), at: to)
    return try permuted(order)
  }

  /// Dimensions of size 1 stretched and leading ones added, up to `target`.
  public func broadcast(to target: Shape) throws(TensorError) -> Tensor {
    target == shape ? self : try bind(Broadcast(shape: target), self)
  }

  /// The sum over the dimensions along which `target` would broadcast to this shape: the adjoint of `broadcast(to:)`.
  public func summed(to target: Shape) throws(TensorError) -> Tensor {
    if target == shape { return self }
    let shift = rank - target.rank
    let axes = shape.indices.filter { $0 < shift || target[$0 - shift] != shape[$0] }
    return try sum(axes).reshaped(target)
  }

  /// `count` elements of one dimension from `start` in steps of `step` ≥ 1; the others whole.
  public func slice(_ axis: Int, from start: Int, count: Int, step: Int = 1) throws(TensorError) -> Tensor {
    var starts = [Int](repeating: 0, count: rank)
    var counts = Array(shape)
    var steps = [Int](repeating: 1, count: rank)
    (starts[axis], counts[axis], steps[axis]) = (start, count, step)
    return try sliced(starts: starts, counts: counts, steps: steps)
  }

  /// Along every dimension `counts` elements from `starts` in steps of `steps` ≥ 1.
  public func sliced(starts: [Int], counts: [Int], steps: [Int]) throws(TensorError) -> Tensor {
    try bind(Slice(starts: starts, counts: counts, steps: steps), self)
  }

  /// The element of one dimension, which disappears.
  public func selecting(_ index: Int, axis: Int) throws(TensorError) -> Tensor {
    try slice(axis, from: index, count: 1).reshaped(shape.removing(axis))
  }

  /// Zeros before and after the elements of every dimension; negative numbers crop.
  public func padded(low: [Int], high: [Int]) throws(TensorError) -> Tensor {
    try bind(Pad(low: low, high: high, interior: [Int](repeating: 0, count: rank)), self)
  }

  /// The elements along `axes` in reverse order.
  public func flipped(_ axes: [Int]) throws(TensorError) -> Tensor { try bind(Flip(axes: axes), self) }

  /// The elements converted to another dtype.
  public func cast(to dtype: DType) throws(TensorError) -> Tensor {
    dtype == self.dtype ? self : try bind(Cast(dtype: dtype), self)
  }

  /// A tensor in storage of its own, so that in-place writes to one are not paid for by the other.
  public func packed() throws(TensorError) -> Tensor { try array.map { (a) throws(TensorError) in Tensor(try a.packed()) } ?? self }

  /// The lower triangle (`lower`) or the upper one of the last two dimensions: diagonals beyond `offset` become 0.
  public func triangle(lower: Bool, offset: Int) throws(TensorError) -> Tensor {
    let rows = try Tensor(.sequence(shape[rank - 2], from: Double(offset), by: 1, .int32)).reshaped([shape[rank - 2], 1])
    let columns = try Tensor(.sequence(shape[rank - 1], from: 0, by: 1, .int32))
    let keep = lower ? try lessOrEqual(columns, rows) : try greaterOrEqual(columns, rows)
    return try select(keep, self, .zero(like: self))
  }

  /// A diagonal of the last two dimensions, `[batch…, length]`: the main one, or the one `offset` columns to the right of it.
  public func diagonal(offset: Int = 0) throws(TensorError) -> Tensor {
    let (m, n) = (shape[rank - 2], shape[rank - 1])
    let flat = try reshaped(Shape(Array(shape[0..<(rank - 2)]) + [m * n]))
    let (row, column) = (max(0, -offset), max(0, offset))
    let count = max(0, min(m - row, n - column))
    return try flat.slice(rank - 2, from: count == 0 ? 0 : row * n + column, count: count, step: n + 1)
  }

  /// Square matrices with the last dimension on their diagonal, zeros elsewhere.
  public func diagonalMatrix() throws(TensorError) -> Tensor {
    let n = shape[rank - 1]
    let spread = try reshaped(shape.inserting(1, at: rank)).broadcast(to: shape.inserting(n, at: rank))
    return try select(.identity(n, .bool), spread, .zero(like: self))
  }

  /// The n × n identity.
  public static func identity(_ n: Int, _ dtype: DType) throws(TensorError) -> Tensor {
    let positions = try Tensor(.sequence(n, from: 0, by: 1, .int32))
    return try equal(positions.reshaped([n, 1]), positions).cast(to: dtype)
  }
}

/// The tensors one after another along an existing dimension; dtypes are promoted.
public func concatenate(_ parts: [Tensor], axis: Int) throws(TensorError) -> Tensor {
  let dtype = parts.dropFirst().reduce(parts[0].dtype) { $0.promoted(with: $1.dtype) }
  var same: [Tensor] = []
  for part in parts { same.append(try part.cast(to: dtype)) }
  return same.count == 1 ? same[0] : try bind(Concatenate(axis: axis), same)[0]
}

/// The tensors, of one shape, along a new dimension.
public func stack(_ parts: [Tensor], axis: Int) throws(TensorError) -> Tensor {
  var rows: [Tensor] = []
  for part in parts {
    guard part.shape == parts[0].shape else {
      throw .invalid("stack", "shapes differ: \(parts[0].shape) and \(part.shape); all must be equal")
    }
    var sizes = Array(part.shape)
    sizes.insert(1, at: axis)
    rows.append(try part.reshaped(.checked(sizes, operation: "stack")))
  }
  return try concatenate(rows, axis: axis)
}
