import CKernels

/// Matrix products by the project's own kernels: one order of summation for every number of threads.
extension NDArray {
  /// `a b` for `a: [batch…, m, k]` and `b: [batch…, k, n]` with equal batch dimensions and a common float dtype; transposed views
  /// and batch dimensions of stride 0 are read where they lie.
  public static func matrixProduct(_ a: NDArray, _ b: NDArray) throws(TensorError) -> NDArray {
    let rank = a.rank
    let batch = Shape(a.shape[0..<(rank - 2)])
    let (m, k, n) = (a.shape[rank - 2], a.shape[rank - 1], b.shape[rank - 1])
    let result = try NDArray(uninitialized: Shape(Array(batch) + [m, n]), a.dtype)
    let a = try a.withUnitStride()
    let b = try b.withUnitStride()
    let aStrides = a.strides
    let bStrides = b.strides
    var product = ebb_matmul()
    product.dtype = a.dtype.kernel
    (product.m, product.n, product.k) = (Int64(m), Int64(n), Int64(k))
    (product.a_row, product.a_col) = (Int64(aStrides[rank - 2]), Int64(aStrides[rank - 1]))
    (product.b_row, product.b_col) = (Int64(bStrides[rank - 2]), Int64(bStrides[rank - 1]))
    (product.ldc, product.c_batch) = (Int64(n), Int64(m * n))

    // The innermost run of batch dimensions that both operands walk with one stride is the kernel's batch; the rest is a loop here.
    var outer = batch.indices.filter { batch[$0] != 1 }
    if let innermost = outer.last {
      (product.a_batch, product.b_batch) = (Int64(aStrides[innermost]), Int64(bStrides[innermost]))
    }
    var run = 1
    while let axis = outer.last, aStrides[axis] == Int(product.a_batch) * run, bStrides[axis] == Int(product.b_batch) * run {
      run *= batch[axis]
      outer.removeLast()
    }
    product.batch = Int64(run)
    let bytes = a.dtype.byteCount
    for position in 0..<outer.reduce(1, { $0 * batch[$1] }) {
      var (aOffset, bOffset, rest) = (0, 0, position)
      for axis in outer.reversed() {
        aOffset += rest % batch[axis] * aStrides[axis]
        bOffset += rest % batch[axis] * bStrides[axis]
        rest /= batch[axis]
      }
      var step = Step(.matmul, a.dtype)
      step.product = product
      step.in.0 = UnsafeRawPointer(a.pointer + aOffset * bytes)
      step.in.1 = UnsafeRawPointer(b.pointer + bOffset * bytes)
      step.out.0 = result.storage.base + position * run * m * n * bytes
      try Engine.current.perform(&step)
    }
    return result
  }

  // A layout the kernel reads: along one of the two matrix dimensions elements follow each other.
  private func withUnitStride() throws(TensorError) -> NDArray {
    guard let view else { return self }
    let (row, column) = (view.strides[rank - 2], view.strides[rank - 1])
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    let reads = (column == 1 || columns == 1) && (row >= 1 || rows == 1) || (row == 1 || rows == 1) && (column >= 1 || columns == 1)
    return reads ? self : try packed()
  }
}
