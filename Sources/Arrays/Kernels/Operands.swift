extension NDArray {
  /// This array seen as [outer, n, inner] around the adjacent dimensions `axes`.
  static func extents(_ shape: Shape, around axes: Range<Int>) -> [Int] {
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
    return [outer, n, inner]
  }
}
