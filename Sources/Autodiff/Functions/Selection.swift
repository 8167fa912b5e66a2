/// Parts of tensors named dimension by dimension: reading them and putting values in their place, both differentiable. Positions count
/// from 0 and are checked by the caller; user numbering ends in Bindings.

/// What is taken along one dimension.
public enum Selection {
  /// One element; the dimension disappears.
  case position(Int)
  /// `count` elements from `start` in steps of `step`, which may be negative.
  case range(start: Int, count: Int, step: Int)
  /// Elements at computed positions (int32 of any shape, whose dimensions take the place of this one). Several such parts go together,
  /// element by element, as in NumPy.
  case positions(Tensor)
}

extension Tensor {
  /// The part that `parts`, one a dimension, name.
  public func selecting(_ parts: [Selection]) throws(TensorError) -> Tensor {
    let box = Box(parts, of: shape)
    let sliced = try box.isWhole ? self : sliced(starts: box.starts, counts: box.counts, steps: box.steps)
    let turned = try box.flipped.isEmpty ? sliced : sliced.flipped(box.flipped)
    let region = try turned.reshaped(box.result)
    return try region.gathering(box.positions)
  }

  /// This tensor with `value`, which broadcasts to the shape of the part, in place of the part that `parts` name. Where positions
  /// repeat, the last value stays.
  public func replacing(_ parts: [Selection], with value: Tensor) throws(TensorError) -> Tensor {
    let box = Box(parts, of: shape)
    guard box.positions.isEmpty else {
      let all = try Tensor(.sequence(count, from: 0, by: 1, .int32)).reshaped(shape)
      let places = try all.selecting(parts)
      try expect(value.shape, toFit: places.shape)
      return try reshaped([count]).replacing(rows: places, with: value.broadcast(to: places.shape)).reshaped(shape)
    }
    try expect(value.shape, toFit: box.result)
    let region = try value.broadcast(to: box.result).reshaped(Shape(box.counts))
    let turned = try box.flipped.isEmpty ? region : region.flipped(box.flipped)
    if box.isWhole { return turned }
    if box.counts.contains(0) { return self }
    let spread = try bind(box.pad(in: shape), turned)
    let isReplaced = try bind(box.pad(in: shape), Tensor(.full(Shape(box.counts), 1, .bool)))
    return try select(isReplaced, spread, self)
  }

  /// This tensor with `value`, which broadcasts to the shape of the part, added to the part that `parts` name: the adjoint of
  /// `selecting`. Where positions repeat, the values accumulate.
  public func adding(_ value: Tensor, to parts: [Selection]) throws(TensorError) -> Tensor {
    let all = try Tensor(.sequence(count, from: 0, by: 1, .int32)).reshaped(shape)
    let places = try all.selecting(parts)
    try expect(value.shape, toFit: places.shape)
    let values = try value.broadcast(to: places.shape)
    return try self + values.scattered(places, axis: 0, size: count).reshaped(shape)
  }

  /// This tensor with `value` added where `mask`, whose dimensions are the first ones of this tensor, is true.
  /// - Parameter value: as in `replacing(where:with:)`.
  public func adding(_ value: Tensor, where mask: Tensor) throws(TensorError) -> Tensor {
    try self + Tensor.zeros(spec).replacing(where: mask, with: value)
  }

  /// This tensor with `value` where `mask`, whose dimensions are the first ones of this tensor, is true.
  /// - Parameter value: broadcasts to this tensor's shape, or to [number of true elements, remaining dimensions…]; that form needs a
  ///   mask whose values are known.
  public func replacing(where mask: Tensor, with value: Tensor) throws(TensorError) -> Tensor {
    let rest = shape.dropFirst(mask.rank)
    if value.rank <= rest.count || value.shape == shape {
      try expect(value.shape, toFit: shape)
      let wide = try mask.reshaped(Shape(Array(mask.shape) + rest.map { _ in 1 }))
      return try select(wide, value, self).broadcast(to: shape)
    }
    let places = try Tensor(mask.numbers(for: "mask").positionsOfTrue())
    let part = Shape([places.count] + rest)
    try expect(value.shape, toFit: part)
    let rows = try reshaped(Shape([mask.count] + rest))
    return try rows.replacing(rows: places, with: value.broadcast(to: part)).reshaped(shape)
  }

  /// The rows at which `mask`, whose dimensions are the first ones of this tensor, is true: [number of true elements, remaining
  /// dimensions…].
  /// - Throws: `unknownValue` where the mask's values are not known, inside vmap and compile: the shape depends on them.
  public func selecting(where mask: Tensor) throws(TensorError) -> Tensor {
    let places = try Tensor(mask.numbers(for: "mask").positionsOfTrue())
    return try reshaped(Shape([mask.count] + shape.dropFirst(mask.rank))).gathered(places, axis: 0)
  }

  /// The part at `index` of the first dimension, which disappears.
  public func row(_ index: Int) throws(TensorError) -> Tensor {
    if let array { return Tensor(array.row(index)) }
    return try selecting(index, axis: 0)
  }

  // Parts at computed positions along one or several axes of this tensor.
  private func gathering(_ positions: [(axis: Int, at: Tensor)]) throws(TensorError) -> Tensor {
    guard let first = positions.first else { return self }
    if positions.count == 1 { return try gathered(first.at, axis: first.axis) }
    // Several axes become one whose positions count through all of them. Neighbours stay where they are, others come first.
    let axes = positions.map(\.axis)
    let place = axes.last! - axes[0] == axes.count - 1 ? axes[0] : 0
    var order = Array(0..<rank).filter { !axes.contains($0) }
    order.insert(contentsOf: axes, at: place)
    let sizes = axes.map { shape[$0] }
    let moved = try permuted(order)
    let merged = try moved.reshaped(
      Shape(moved.shape[0..<place] + [sizes.reduce(1, *)] + moved.shape[(place + axes.count)...]))
    var flat = first.at
    for (size, next) in zip(sizes, positions).dropFirst() { flat = try flat * Tensor.scalar(Double(size), .int32) + next.at }
    return try merged.gathered(flat, axis: place)
  }

  // Rows of dimension 1 replaced: the values' first dimensions are those of `places`.
  private func replacing(rows places: Tensor, with values: Tensor) throws(TensorError) -> Tensor {
    let size = shape[0]
    let flat = try places.reshaped([places.count])
    if flat.count == 0 { return self }
    let rows = try values.reshaped(Shape([places.count] + shape.dropFirst()))
    let (source, isReplaced) = try lastWriter(flat, size)
    let spread = try rows.gathered(source, axis: 0)
    return try select(isReplaced.reshaped(Shape([size] + shape.dropFirst().map { _ in 1 })), spread, self)
  }

  // For each of `size` places which entry of `places` names it last, and whether one does.
  private func lastWriter(_ places: Tensor, _ size: Int) throws(TensorError) -> (source: Tensor, isReplaced: Tensor) {
    if let known = places.array {
      var source = [Int32](repeating: 0, count: size)
      var isReplaced = [Bool](repeating: false, count: size)
      for (entry, place) in try known.elements(of: Int32.self).enumerated() {
        source[Int(place)] = Int32(entry)
        isReplaced[Int(place)] = true
      }
      return (try Tensor(NDArray(source, shape: [size])), try Tensor(NDArray(isReplaced, shape: [size])))
    }
    // Positions that a transform watches are compared with every place; the largest entry number is the last writer's.
    let entries = try Tensor(.sequence(places.count, from: 1, by: 1, .int32))
    let hits = try equal(places, Tensor(.sequence(size, from: 0, by: 1, .int32)).reshaped([size, 1])).cast(to: .int32) * entries
    return (try hits.argExtremum(largest: true, axis: 1), try hits.quantified(universal: false, [1]))
  }
}

// Throws unless a value broadcasts to the part it is to replace.
private func expect(_ value: Shape, toFit part: Shape) throws(TensorError) {
  let shift = part.rank - value.rank
  guard shift >= 0, value.indices.allSatisfy({ value[$0] == 1 || value[$0] == part[$0 + shift] }) else {
    throw .invalid("index", "a value of shape \(value) does not fit the part of the tensor, which has shape \(part)")
  }
}

/// The slices among the parts: what they take of a tensor before positions are looked up.
private struct Box {
  var starts: [Int] = []
  var counts: [Int] = []
  var steps: [Int] = []
  var flipped: [Int] = []
  var positions: [(axis: Int, at: Tensor)] = []
  /// The shape without the dimensions that single elements take away.
  var result = Shape.scalar
  var isWhole = true

  init(_ parts: [Selection], of shape: Shape) {
    var kept: [Int] = []
    for (axis, part) in parts.enumerated() {
      switch part {
      case .position(let position):
        add(position, 1, 1)
        isWhole = isWhole && shape[axis] == 1
      case .range(let start, let count, let step):
        if step < 0 { flipped.append(axis) }
        add(step < 0 && count > 0 ? start + (count - 1) * step : start, count, abs(step))
        isWhole = isWhole && count == shape[axis]
        kept.append(count)
      case .positions(let at):
        positions.append((kept.count, at))
        add(0, shape[axis], 1)
        kept.append(shape[axis])
      }
    }
    result = Shape(kept)
  }

  private mutating func add(_ start: Int, _ count: Int, _ step: Int) {
    starts.append(start)
    counts.append(count)
    steps.append(step)
  }

  /// Puts the slice back where it was, zeros around it.
  func pad(in shape: Shape) -> Pad {
    let ends = shape.indices.map { shape[$0] - (starts[$0] + (counts[$0] - 1) * steps[$0] + 1) }
    return Pad(low: starts, high: ends, interior: steps.map { $0 - 1 })
  }
}

// MARK: Writing

extension Tensor {
  /// Whether in-place methods refuse this tensor.
  package var isReadOnly: Bool { array?.isReadOnly ?? false }

  /// The same numbers, refused by in-place methods.
  package func asReadOnly() -> Tensor {
    guard var array else { return self }
    array.isReadOnly = true
    return Tensor(array)
  }

  /// The same numbers for writing: a view gets storage of its own, other storage is shared until somebody writes.
  package func cloned() throws(TensorError) -> Tensor {
    guard var array else { return self }
    array = try array.contiguous()
    array.isReadOnly = false
    return Tensor(array)
  }
}

extension NDArray {
  /// Writes `value`, which broadcasts to the shape of the part, over the part that `parts` name; no part at computed positions.
  package mutating func assign(_ value: NDArray, to parts: [Selection]) throws(TensorError) {
    let box = Box(parts, of: shape)
    try expect(value.shape, toFit: box.result)
    let source = try value.broadcast(to: box.result).reshaped(Shape(box.counts))
    try assign(source) { array in
      let region = array.sliced(starts: box.starts, counts: box.counts, steps: box.steps)
      guard !box.flipped.isEmpty else { return region }
      let turned = region.shape.indices.map { box.flipped.contains($0) }
      return region.sliced(
        starts: turned.indices.map { turned[$0] ? Swift.max(0, region.shape[$0] - 1) : 0 }, counts: Array(region.shape),
        steps: turned.map { $0 ? -1 : 1 })
    }
  }
}
