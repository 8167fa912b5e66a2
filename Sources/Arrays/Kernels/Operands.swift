import CKernels

/// The bridge between arrays and C: shapes and strides as the kernels take them.
struct KernelShape {
  var sizes: (Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64) = (0, 0, 0, 0, 0, 0, 0, 0)

  init(_ values: some Collection<Int>) {
    withUnsafeMutableBytes(of: &sizes) { bytes in
      let buffer = bytes.assumingMemoryBound(to: Int64.self)
      for (axis, value) in values.enumerated() { buffer[axis] = Int64(value) }
    }
  }

  mutating func withPointer<R>(_ body: (UnsafeMutablePointer<Int64>) -> R) -> R {
    withUnsafeMutableBytes(of: &sizes) { body($0.baseAddress!.assumingMemoryBound(to: Int64.self)) }
  }
}

extension NDArray {
  /// This array as an operand of a result of shape `target`, to which it broadcasts.
  func operand(of target: Shape) -> ebb_operand {
    var operand = ebb_operand()
    operand.data = UnsafeRawPointer(pointer)
    let shift = target.rank - rank
    withUnsafeMutableBytes(of: &operand.strides) { bytes in
      let out = bytes.assumingMemoryBound(to: Int64.self)
      if let view {
        for axis in 0..<rank where shape[axis] == target[axis + shift] { out[axis + shift] = Int64(view.strides[axis]) }
      } else {
        var step = 1
        for axis in stride(from: rank - 1, through: 0, by: -1) {
          if shape[axis] == target[axis + shift] { out[axis + shift] = Int64(step) }
          step *= shape[axis]
        }
      }
    }
    return operand
  }

  /// This array seen as [outer, n, inner] around the adjacent dimensions `axes`.
  static func extents(_ shape: Shape, around axes: Range<Int>) -> (outer: Int64, n: Int64, inner: Int64) {
    var outer = 1
    var n = 1
    var inner = 1
    for axis in 0..<shape.rank {
      // Wrapping is harmless: an array whose sizes overflow is empty or can't be allocated.
      if axis < axes.lowerBound {
        outer &*= shape[axis]
      } else if axis < axes.upperBound {
        n &*= shape[axis]
      } else {
        inner &*= shape[axis]
      }
    }
    return (Int64(outer), Int64(n), Int64(inner))
  }
}
