import CKernels

/// Moving and converting elements: packing views, casting, joining, padding, writing in place.
extension NDArray {
  /// The same elements packed in row-major order; this array itself when it is so already.
  public func contiguous() throws(TensorError) -> NDArray {
    isContiguous ? self : try packed()
  }

  /// A packed copy in storage of its own.
  public func packed() throws(TensorError) -> NDArray {
    let result = try NDArray(uninitialized: shape, dtype)
    try result.write(self, strides: shape.contiguousStrides, at: result.storage.base)
    return result
  }

  /// Elements converted to another type; floats become int32 by truncation, anything non-zero becomes true.
  /// - Throws: `TensorError.invalid` when a float that becomes int32 is NaN or out of range.
  public func cast(to target: DType) throws(TensorError) -> NDArray {
    if target == dtype { return self }
    let result = try NDArray(uninitialized: shape, target)
    var step = Step(.cast, dtype)
    step.to = target.kernel
    step.setSizes(shape)
    step.setOperand(0, self, broadcastTo: shape)
    step.out.0 = result.storage.base
    let count = count
    try Engine.current.perform(&step) { step in
      .invalid("cast", "\(step.valuesWithoutInteger) of \(count) values are NaN or outside int32's range and have no int32 value")
    }
    return result
  }

  /// The arrays one after another along dimension `axis`; all other sizes and the dtype are equal.
  public static func concatenated(_ parts: [NDArray], axis: Int) throws(TensorError) -> NDArray {
    var shape = parts[0].shape
    shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    let result = try NDArray(uninitialized: shape, parts[0].dtype)
    let strides = shape.contiguousStrides
    var position = 0
    for part in parts {
      try result.write(part, strides: strides, at: result.storage.base + position * strides[axis] * result.dtype.byteCount)
      position += part.shape[axis]
    }
    return result
  }

  /// The array with `low` zeros before, `high` after and `interior` between the elements of every dimension. Negative `low` and
  /// `high` crop.
  public func padded(low: [Int], high: [Int], interior: [Int]) throws(TensorError) -> NDArray {
    let spread = shape.indices.map { shape[$0] == 0 ? 0 : shape[$0] + (shape[$0] - 1) * interior[$0] }
    let target = Shape(shape.indices.map { max(0, spread[$0] + low[$0] + high[$0]) })
    let result = try NDArray.full(target, 0, dtype)
    var starts = [Int](repeating: 0, count: rank)
    var counts = starts
    var firsts = starts
    for axis in 0..<rank {
      // Keep the elements whose place low + i (interior + 1) lies inside the result.
      let step = interior[axis] + 1
      let first = low[axis] >= 0 ? 0 : (-low[axis] + step - 1) / step
      let end = min(shape[axis], (target[axis] - low[axis] + step - 1) / step)
      starts[axis] = first
      counts[axis] = max(0, end - first)
      firsts[axis] = low[axis] + first * step
    }
    if counts.contains(0) { return result }
    let kept = sliced(starts: starts, counts: counts, steps: [Int](repeating: 1, count: rank))
    let place = result.sliced(starts: firsts, counts: counts, steps: interior.map { $0 + 1 })
    try place.write(kept, strides: place.strides, at: place.pointer)
    return result
  }

  /// Writes `value`, broadcast, over the elements that `region` selects. Nobody else sees the change: a shared or viewed storage is
  /// copied first.
  /// - Parameter region: maps this array to the view that is to be written.
  public mutating func assign(_ value: NDArray, to region: (NDArray) -> NDArray) throws(TensorError) {
    // The value may share this very storage (x[{ {2, 3} }] = x[{ {1, 2} }]); it is packed before anything is overwritten.
    let source = value.storage === storage ? try value.packed() : value
    if view != nil || !isKnownUniquelyReferenced(&storage) { self = try packed() }
    let place = region(self)
    try place.write(source.broadcast(to: place.shape), strides: place.strides, at: place.pointer)
  }

  func write(_ source: NDArray, strides: [Int], at target: UnsafeMutableRawPointer) throws(TensorError) {
    var step = Step(.copy, dtype)
    step.setSizes(source.shape)
    step.setOperand(0, source, broadcastTo: source.shape)
    step.setStrides(1, strides)
    step.out.0 = target
    try Engine.current.perform(&step)
  }
}

extension ebb_step {
  // How many elements the cast of a failed step could not represent; it wrote 0 for them.
  fileprivate var valuesWithoutInteger: Int64 {
    var operand = ebb_operand(data: `in`.0, strides: strides.0)
    var (bad, sizes): (Int64, _) = (0, sizes)
    withUnsafeMutableBytes(of: &sizes) { sizes in
      _ = ebb_cast(dtype, to, rank, sizes.assumingMemoryBound(to: Int64.self).baseAddress, out.0, &operand, &bad, nil)
    }
    return bad
  }
}
