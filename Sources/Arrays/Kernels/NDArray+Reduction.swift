import CKernels

/// A way to combine the elements along dimensions.
public enum Reduction: UInt8, Hashable, Sendable, CaseIterable {
  case sum, prod, max, min, any, all

  var kernel: ebb_reduction {
    switch self {
    case .sum: .reduce_sum
    case .prod: .reduce_prod
    case .max: .reduce_max
    case .min: .reduce_min
    case .any: .reduce_any
    case .all: .reduce_all
    }
  }

  /// The operation's name in error messages.
  public var name: String { "\(self)" }

  /// Whether arrays of this type can be combined so.
  public func supports(_ dtype: DType) -> Bool { (self == .any || self == .all) == (dtype == .bool) }
}

/// Reductions in a fixed order: the same bits for every number of threads.
extension NDArray {
  /// The elements combined over `axes` (counted from 0, ascending), which disappear from the shape.
  ///
  /// Sums and products are those of the dtype (int32 wraps around); max and min propagate NaN. Over zero elements the neutral value.
  public func reduced(_ reduction: Reduction, over axes: [Int]) throws(TensorError) -> NDArray {
    if axes.isEmpty { return self }
    // Any order of the dimensions gives the same groups, so elements are visited as they lie in memory and nothing is copied when
    // the array is a permutation of a packed one.
    let (array, order) = try inMemoryOrder()
    var reduced = axes.map { order.firstIndex(of: $0)! }.sorted()
    var result = array
    var remaining = order
    while let last = reduced.last {
      var first = last
      while let next = reduced.dropLast().last, next == first - 1 {
        reduced.removeLast()
        first = next
      }
      reduced.removeLast()
      let extents = NDArray.extents(result.shape, around: first..<(last + 1))
      let smaller = try NDArray(uninitialized: result.shape.removing(Array(first...last)), dtype)
      var step = Step(.reduce, dtype)
      step.op = reduction.kernel.rawValue
      step.setSizes(extents)
      (step.out.0, step.in.0) = (smaller.storage.base, UnsafeRawPointer(result.pointer))
      try Engine.current.perform(&step)
      remaining.removeSubrange(first...last)
      result = smaller
    }
    let ranks = remaining.sorted()
    return result.permuted(ranks.map { remaining.firstIndex(of: $0)! })
  }

  /// The index, from 0, of the first largest or smallest element along a dimension, which disappears; int32. NaN counts as extreme.
  public func argReduced(largest: Bool, axis: Int) throws(TensorError) -> NDArray {
    let array = try contiguous()
    let extents = NDArray.extents(shape, around: axis..<(axis + 1))
    let result = try NDArray(uninitialized: shape.removing(axis), .int32)
    var step = Step(.arg_reduce, dtype)
    step.flag = largest
    step.setSizes(extents)
    (step.out.0, step.in.0) = (result.storage.base, UnsafeRawPointer(array.pointer))
    try Engine.current.perform(&step)
    return result
  }

  /// Running sums or products along a dimension; the shape stays.
  public func scanned(_ reduction: Reduction, axis: Int) throws(TensorError) -> NDArray {
    let array = try contiguous()
    let extents = NDArray.extents(shape, around: axis..<(axis + 1))
    let result = try NDArray(uninitialized: shape, dtype)
    var step = Step(.scan, dtype)
    step.op = reduction.kernel.rawValue
    step.setSizes(extents)
    (step.out.0, step.in.0) = (result.storage.base, UnsafeRawPointer(array.pointer))
    try Engine.current.perform(&step)
    return result
  }

  // A packed array that holds this one's elements with its dimensions in the order they have in memory, and that order.
  private func inMemoryOrder() throws(TensorError) -> (NDArray, [Int]) {
    let identity = Array(0..<rank)
    if isContiguous { return (self, identity) }
    let strides = strides
    let order = identity.sorted { abs(strides[$0]) != abs(strides[$1]) ? abs(strides[$0]) > abs(strides[$1]) : $0 < $1 }
    let ordered = permuted(order)
    let packed = zip(ordered.strides, ordered.shape.contiguousStrides)
    let isPacked = zip(packed, ordered.shape).allSatisfy { $0.0 == $0.1 || $1 == 1 }
    return isPacked ? (ordered, order) : (try contiguous(), identity)
  }
}
