import CKernels

/// What is read off the sliding windows of planes [.., height, width], as [.., rows, columns] of windows.
extension NDArray {
  /// The largest element of every window, and its position (int32, row-major from 0) in the plane. The first of equal ones wins, NaN
  /// over all. Every window has an element inside the plane.
  public func windowMaxima(_ windows: Windows) throws(TensorError) -> (values: NDArray, positions: NDArray) {
    let array = try contiguous()
    let planes = Array(shape.dropLast(2))
    let target = Shape(planes + windows.counts)
    let (values, positions) = (try NDArray(uninitialized: target, dtype), try NDArray(uninitialized: target, .int32))
    var step = Step(.window_maxima, dtype)
    step.setSizes(CollectionOfOne(planes.reduce(1, *)))
    step.windows = windows.kernelValue
    (step.out.0, step.out.1, step.in.0) = (values.storage.base, positions.storage.base, UnsafeRawPointer(array.pointer))
    try withExtendedLifetime(array.storage) { () throws(TensorError) in try Engine.current.perform(&step) }
    return (values, positions)
  }

  /// The sum of the elements of every window; padding counts as 0.
  public func windowSums(_ windows: Windows) throws(TensorError) -> NDArray {
    try overPlanes(windows.counts, windows, .window_sums)
  }

  /// The adjoint of `windowSums`: every element of a plane is the sum over the windows that contain it.
  public func windowSpread(_ windows: Windows) throws(TensorError) -> NDArray {
    try overPlanes(windows.plane, windows, .window_spread)
  }

  /// The elements of all windows, [.., kernel height · kernel width, rows · columns]; padding reads 0.
  public func unfolded(_ windows: Windows) throws(TensorError) -> NDArray {
    try overPlanes([windows.kernel.reduce(1, *), windows.counts.reduce(1, *)], windows, .unfold)
  }

  /// The adjoint of `unfolded`: every element of a plane is the sum of its places in the windows.
  public func folded(_ windows: Windows) throws(TensorError) -> NDArray {
    try overPlanes(windows.plane, windows, .fold)
  }

  // [planes.., any two sizes] to [planes.., sizes].
  private func overPlanes(_ sizes: [Int], _ windows: Windows, _ kernel: ebb_kernel) throws(TensorError) -> NDArray {
    let array = try contiguous()
    let planes = Array(shape.dropLast(2))
    let result = try NDArray(uninitialized: .checked(planes + sizes, operation: "windows"), dtype)
    var step = Step(kernel, dtype)
    step.setSizes(CollectionOfOne(planes.reduce(1, *)))
    step.windows = windows.kernelValue
    (step.out.0, step.in.0) = (result.storage.base, UnsafeRawPointer(array.pointer))
    try withExtendedLifetime(array.storage) { () throws(TensorError) in try Engine.current.perform(&step) }
    return result
  }
}

extension Windows {
  /// The windows as the kernels take them.
  var kernelValue: ebb_windows {
    func pair(_ a: Int, _ b: Int) -> (Int64, Int64) { (Int64(a), Int64(b)) }
    return ebb_windows(
      size: pair(rows.size, columns.size), kernel: pair(rows.kernel, columns.kernel), stride: pair(rows.stride, columns.stride),
      dilation: pair(rows.dilation, columns.dilation), low: pair(rows.low, columns.low), count: pair(rows.count, columns.count))
  }
}
