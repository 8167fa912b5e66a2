import CKernels

/// Positions of their own for every row of the last dimension; they count from 0.
extension NDArray {
  /// For every row of the last dimension the elements at that row's positions: [.., n] at [.., k] gives [.., k].
  public func taken(_ positions: NDArray) throws(TensorError) -> NDArray {
    try along(.take_along, positions, size: shape[rank - 1], positions.shape, "index")
  }

  /// The adjoint of `taken`: rows of `size` zeros, to which the elements of this array are added at their positions. Repeated ones
  /// accumulate in their order.
  public func put(at positions: NDArray, size: Int) throws(TensorError) -> NDArray {
    try along(.add_along, positions, size: size, shape.replacing(rank - 1, with: size), "scatter")
  }

  private func along(_ kernel: ebb_kernel, _ positions: NDArray, size: Int, _ target: Shape, _ operation: String)
    throws(TensorError) -> NDArray
  {
    let (array, index) = (try contiguous(), try positions.contiguous())
    let result = try NDArray(uninitialized: target, dtype)
    var step = Step(kernel, dtype)
    step.setSizes([index.shape.dropLast().reduce(1, *), size, index.shape[index.rank - 1]])
    step.out.0 = result.storage.base
    (step.in.0, step.in.1) = (UnsafeRawPointer(array.pointer), UnsafeRawPointer(index.pointer))
    let rank = positions.rank
    try withExtendedLifetime((array.storage, index.storage)) { () throws(TensorError) in
      try Engine.current.perform(&step) { step in
        .index(operation, index: step.firstWrongPosition + 1, size: size, dimension: rank)
      }
    }
    return result
  }
}

extension ebb_step {
  // The first of the positions of a failed step that is outside the rows.
  fileprivate var firstWrongPosition: Int {
    let index = UnsafeBufferPointer(start: `in`.1!.assumingMemoryBound(to: Int32.self), count: Int(sizes.0 * sizes.2))
    return Int(index.first { $0 < 0 || $0 >= sizes.1 } ?? 0)
  }
}
