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
    try finish(
      ebb_gather(
        Int32(dtype.byteCount), extents.outer, extents.n, extents.inner, Int64(index.count), result.storage.base, array.pointer,
        index.pointer.assumingMemoryBound(to: Int32.self), Engine.current.control))
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
    try finish(
      ebb_scatter_add(
        dtype.kernel, extents.outer, extents.n, extents.inner, Int64(index.count), result.storage.base, array.pointer,
        index.pointer.assumingMemoryBound(to: Int32.self), Engine.current.control))
    return result
  }

  /// The last dimension sorted stably, NaN last, and the positions (int32, from 0) the elements came from.
  public func sorted(descending: Bool) throws(TensorError) -> (values: NDArray, positions: NDArray) {
    let array = try contiguous()
    let values = try NDArray(uninitialized: shape, dtype)
    let positions = try NDArray(uninitialized: shape, .int32)
    let n = rank == 0 ? 1 : shape[rank - 1]
    try finish(
      ebb_sort(
        dtype.kernel, n == 0 ? 0 : Int64(count / n), Int64(n), descending, values.storage.base,
        positions.storage.base.assumingMemoryBound(to: Int32.self), array.pointer, Engine.current.control))
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
    let wrong = withElements(of: Int32.self) { $0.first { $0 < 0 || Int($0) >= size } }
    if let wrong { throw .index(operation, index: Int(wrong) + 1, size: size, dimension: dimension + 1) }
  }
}
