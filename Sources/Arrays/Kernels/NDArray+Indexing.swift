import CKernels

/// Reading and accumulating at computed positions, and sorting. Indices count from 0 here; Lua's 1 is taken off where it enters.
extension NDArray {
  /// Rows of dimension `axis` at `index` (int32 of any shape, all within range): that dimension is replaced by the index's shape.
  public func gathered(_ index: NDArray, axis: Int) throws(TensorError) -> NDArray {
    let array = try contiguous()
    let index = try index.contiguous()
    try index.checkIndices(below: shape[axis], operation: "index", dimension: axis)
    let extents = NDArray.extents(shape, around: axis..<(axis + 1))
    let sizes = Array(shape[0..<axis]) + Array(index.shape) + Array(shape[(axis + 1)...])
    let result = try NDArray(uninitialized: try .checked(sizes, operation: "index"), dtype)
    var step = Step(.gather, dtype)
    step.setSizes(extents + [index.count])
    (step.out.0, step.in.0, step.in.1) = (result.storage.base, UnsafeRawPointer(array.pointer), UnsafeRawPointer(index.pointer))
    try Engine.current.perform(&step)
    return result
  }

  /// The adjoint of `gathered`: zeros with `size` rows along `axis`, to which the rows of this array are added at `index`. Repeated
  /// indices accumulate in their order.
  public func scattered(_ index: NDArray, axis: Int, size: Int) throws(TensorError) -> NDArray {
    let array = try contiguous()
    let index = try index.contiguous()
    try index.checkIndices(below: size, operation: "scatter", dimension: axis)
    let sizes = Array(shape[0..<axis]) + [size] + Array(shape[(axis + index.rank)...])
    let result = try NDArray.full(Shape(sizes), 0, dtype)
    let extents = NDArray.extents(result.shape, around: axis..<(axis + 1))
    var step = Step(.scatter_add, dtype)
    step.setSizes(extents + [index.count])
    (step.out.0, step.in.0, step.in.1) = (result.storage.base, UnsafeRawPointer(array.pointer), UnsafeRawPointer(index.pointer))
    try Engine.current.perform(&step)
    return result
  }

  /// The last dimension sorted stably, NaN last, and the positions (int32, from 0) the elements came from.
  public func sorted(descending: Bool) throws(TensorError) -> (values: NDArray, positions: NDArray) {
    let array = try contiguous()
    let values = try NDArray(uninitialized: shape, dtype)
    let positions = try NDArray(uninitialized: shape, .int32)
    let n = rank == 0 ? 1 : shape[rank - 1]
    var step = Step(.sort, dtype)
    step.flag = descending
    step.setSizes([n == 0 ? 0 : count / n, n])
    (step.out.0, step.out.1, step.in.0) = (values.storage.base, positions.storage.base, UnsafeRawPointer(array.pointer))
    try Engine.current.perform(&step)
    return (values, positions)
  }

  /// The row-major positions (int32, from 0) of the true elements of a bool array.
  public func positionsOfTrue() throws(TensorError) -> NDArray {
    let flags = try elements(of: Bool.self)
    var positions: [Int32] = []
    for (position, flag) in flags.enumerated() where flag { positions.append(Int32(position)) }
    return try NDArray(positions, shape: [positions.count])
  }

  private func checkIndices(below size: Int, operation: String, dimension: Int) throws(TensorError) {
    guard dtype == .int32 else { throw .dtype(operation, got: dtype, expected: "int32 indices") }
    var step = Step(.check_index)
    step.setSizes([count, size])
    step.in.0 = UnsafeRawPointer(pointer)
    try Engine.current.perform(&step) { step in
      let index = UnsafeBufferPointer(start: step.in.0?.assumingMemoryBound(to: Int32.self), count: Int(step.sizes.0))
      let wrong = index.first { $0 < 0 || Int($0) >= size } ?? 0
      return .index(operation, index: Int(wrong) + 1, size: size, dimension: dimension + 1)
    }
  }
}
