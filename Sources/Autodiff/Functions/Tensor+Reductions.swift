/// Combinations along dimensions. Axes count from 0 and ascend; reduced dimensions disappear, and `keeping` puts them back as 1.
extension Tensor {
  /// All axes.
  public var allAxes: [Int] { Array(0..<rank) }

  /// The sum over `axes`; bool counts as int32.
  public func sum(_ axes: [Int]) throws(TensorError) -> Tensor {
    let numbers = dtype == .bool ? try cast(to: .int32) : self
    return axes.isEmpty ? numbers : try bind(Sum(axes: axes), numbers)
  }

  /// The sum of all elements.
  public func sum() throws(TensorError) -> Tensor { try sum(allAxes) }

  /// The mean over `axes`; int32 and bool become floats of the default dtype.
  public func mean(_ axes: [Int]) throws(TensorError) -> Tensor {
    let numbers = try floating()
    return try numbers.sum(axes) / Double(extent(axes))
  }

  /// The variance over `axes`: the mean squared distance from the mean, divided by n − correction instead of n.
  public func variance(_ axes: [Int], correction: Double = 0) throws(TensorError) -> Tensor {
    let numbers = try floating()
    let centred = try numbers - numbers.mean(axes).reshaped(shape.keeping(axes))
    return try square(centred).sum(axes) / (Double(extent(axes)) - correction)
  }

  /// The largest (or smallest) element over `axes`.
  public func extremum(largest: Bool, _ axes: [Int]) throws(TensorError) -> Tensor {
    axes.isEmpty ? self : try bind(Extremum(largest: largest, axes: axes), self)
  }

  /// The position, from 0, of the first largest (or smallest) element along `axis`; int32.
  public func argExtremum(largest: Bool, axis: Int) throws(TensorError) -> Tensor {
    try bind(ArgExtremum(largest: largest, axis: axis), self)
  }

  /// The product over `axes`, as a balanced tree of products: exact derivatives of any order, also where elements are 0.
  public func product(_ axes: [Int]) throws(TensorError) -> Tensor {
    let numbers = dtype == .bool ? try cast(to: .int32) : self
    let kept = shape.indices.filter { !axes.contains($0) }
    let n = extent(axes)
    var factors = try numbers.permuted(axes + kept).reshaped(Shape([n] + kept.map { shape[$0] }))
    if n == 0 { return try Tensor(.full(shape.removing(axes), 1, factors.dtype)) }
    while factors.shape[0] > 1 {
      let half = factors.shape[0] / 2
      let paired = try factors.slice(0, from: 0, count: half) * factors.slice(0, from: half, count: half)
      let rest = factors.shape[0] - 2 * half
      factors = rest == 0 ? paired : try concatenate([paired, factors.slice(0, from: 2 * half, count: rest)], axis: 0)
    }
    return try factors.reshaped(shape.removing(axes))
  }

  /// Whether any (or, if universal, every) element along `axes` is true.
  public func quantified(universal: Bool, _ axes: [Int]) throws(TensorError) -> Tensor {
    let flags = dtype == .bool ? self : try notEqual(self, .zero(like: self))
    return try bind(Quantifier(universal: universal, axes: axes), flags)
  }

  /// Running sums along `axis`.
  public func cumulativeSum(_ axis: Int) throws(TensorError) -> Tensor {
    let numbers = dtype == .bool ? try cast(to: .int32) : self
    return try bind(CumulativeSum(axis: axis, reversed: false), numbers)
  }

  /// log Σ exp over `axes`, shifted by the largest element so that nothing overflows; −∞ everywhere gives −∞.
  public func logSumExp(_ axes: [Int]) throws(TensorError) -> Tensor {
    let (shifted, shift) = try shiftedByLargest(axes)
    return try log(exp(shifted).sum(axes)) + shift
  }

  /// exp(x) / Σ exp(x) along `axis`.
  public func softmax(_ axis: Int) throws(TensorError) -> Tensor { try exp(logSoftmax(axis)) }

  /// x − log Σ exp(x) along `axis`; its accuracy does not depend on a constant added to x.
  public func logSoftmax(_ axis: Int) throws(TensorError) -> Tensor {
    let (shifted, _) = try shiftedByLargest([axis])
    return try shifted - log(exp(shifted).sum([axis])).reshaped(shape.keeping([axis]))
  }

  // The elements less the largest over `axes` (less 0 where that is infinite), and that shift, which is a constant to derivatives.
  private func shiftedByLargest(_ axes: [Int]) throws(TensorError) -> (shifted: Tensor, shift: Tensor) {
    let numbers = try floating()
    // Nothing has no largest element, and needs no shift.
    if extent(axes) == 0 { return (numbers, try .zeros(Spec(shape.removing(axes), numbers.dtype))) }
    let top = try stopGradient(numbers.extremum(largest: true, axes))
    let shift = try select(isFinite(top), top, .zero(like: top))
    return (try numbers - shift.reshaped(shape.keeping(axes)), shift)
  }

  /// The p-norm of the elements over `axes` for p ≥ 0: (Σ|x|^p)^(1/p), p = ∞ the largest |x|, p = 0 how many elements are not 0 (no
  /// derivative). The gradient where all elements are 0 is 0. Below 1 it is no norm, and its slope at an element that is 0 is infinite.
  public func norm(_ p: Double = 2, _ axes: [Int]) throws(TensorError) -> Tensor {
    let numbers = try floating()
    switch p {
    case 0: return try notEqual(numbers, .zero(like: numbers)).sum(axes).cast(to: numbers.dtype)
    case 1: return try abs(numbers).sum(axes)
    case .infinity:
      // The largest of nothing is 0 among numbers that are not negative.
      return try extent(axes) == 0 ? numbers.sum(axes) : abs(numbers).extremum(largest: true, axes)
    default:
      // A root has no slope at 0; the sum is lifted to 1 there and the result put back, so that no 0/0 enters the derivative.
      let terms = p == 2 ? try square(numbers) : try power(abs(numbers), .number(p, meeting: numbers, in: "norm"))
      let sum = try terms.sum(axes)
      let isZero = try equal(sum, .zero(like: sum))
      let lifted = try select(isZero, .one(like: sum), sum)
      let root = p == 2 ? try sqrt(lifted) : try power(lifted, .number(1 / p, meeting: sum, in: "norm"))
      return try select(isZero, .zero(like: sum), root)
    }
  }

  /// This tensor if its elements are floats, else converted to the default float dtype.
  public func floating() throws(TensorError) -> Tensor { dtype.isFloat ? self : try cast(to: Engine.current.defaultFloat) }

  private func extent(_ axes: [Int]) -> Int { axes.reduce(1) { $0 * shape[$1] } }
}
