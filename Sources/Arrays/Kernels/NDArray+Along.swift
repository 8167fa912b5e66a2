import CKernels

/// Positions of their own for every row of the last dimension; they count from 0.
extension NDArray {
  /// For every row of the last dimension the elements at that row's positions: [.., n] at [.., k] gives [.., k].
  public func taken(_ positions: NDArray) throws(TensorError) -> NDArray {
    let (array, index) = (try contiguous(), try positions.contiguous())
    let result = try NDArray(uninitialized: positions.shape, dtype)
    let (rows, n, k) = NDArray.rows(of: index, elements: shape[rank - 1])
    var wrong: Int64 = -1
    try finish(
      ebb_take_along(
        Int32(dtype.byteCount), rows, n, k, result.storage.base, array.pointer, index.pointer.assumingMemoryBound(to: Int32.self),
        &wrong, Engine.current.control))
    try index.refuse(wrong, n, "index")
    return result
  }

  /// The adjoint of `taken`: rows of `size` zeros, to which the elements of this array are added at their positions. Repeated ones
  /// accumulate in their order.
  public func put(at positions: NDArray, size: Int) throws(TensorError) -> NDArray {
    let (array, index) = (try contiguous(), try positions.contiguous())
    let result = try NDArray(uninitialized: shape.replacing(rank - 1, with: size), dtype)
    let (rows, n, k) = NDArray.rows(of: index, elements: size)
    var wrong: Int64 = -1
    try finish(
      ebb_add_along(
        dtype.kernel, rows, n, k, result.storage.base, array.pointer, index.pointer.assumingMemoryBound(to: Int32.self), &wrong,
        Engine.current.control))
    try index.refuse(wrong, n, "scatter")
    return result
  }

  private static func rows(of index: NDArray, elements: Int) -> (Int64, Int64, Int64) {
    let outer = index.shape.dropLast().reduce(1, *)
    return (Int64(outer), Int64(elements), Int64(index.shape[index.rank - 1]))
  }

  private func refuse(_ wrong: Int64, _ n: Int64, _ operation: String) throws(TensorError) {
    if wrong >= 0 { throw .index(operation, index: Int(double(at: Int(wrong))) + 1, size: Int(n), dimension: rank) }
  }
}
