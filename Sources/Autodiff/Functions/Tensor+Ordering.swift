/// Elements in order, and what follows from it. Axes and positions count from 0; NaN is last in either direction.
extension Tensor {
  /// The elements in order along `axis`, and their positions before.
  public func sorted(_ axis: Int, descending: Bool) throws(TensorError) -> (values: Tensor, positions: Tensor) {
    let last = rank - 1
    let sorted = try bind(Sort(descending: descending), [movingAxis(axis, to: last)])
    return (try sorted[0].movingAxis(last, to: axis), try sorted[1].movingAxis(last, to: axis))
  }

  /// The median over `axes`, of an even count the mean of the middle two, and where among those elements the (lower) middle one stands.
  /// NaN among them gives NaN. int32 and bool become floats of the default dtype.
  /// - Throws: `invalid` when there are no elements.
  public func median(_ axes: [Int]) throws(TensorError) -> (values: Tensor, positions: Tensor) {
    let (values, positions) = try sortedRows("median", axes)
    let n = values.shape[values.rank - 1]
    let (low, high) = ((n - 1) / 2, n / 2)
    let lower = try values.selecting(low, axis: values.rank - 1)
    let middle = try low == high ? lower : 0.5 * (lower + values.selecting(high, axis: values.rank - 1))
    return (try middle.poisoned(by: values), try positions.selecting(low, axis: values.rank - 1))
  }

  /// The quantiles over `axes` at fractions between 0 and 1: at place q (n − 1) of the sorted elements, between neighbours by the straight
  /// line or the `nearest` (ties to the even rank, as NumPy). NaN among the elements gives NaN.
  /// - Throws: `invalid` when there are no elements.
  public func quantiles(_ fractions: [Double], _ axes: [Int], nearest: Bool) throws(TensorError) -> [Tensor] {
    let (values, _) = try sortedRows("quantile", axes)
    let axis = values.rank - 1
    var results: [Tensor] = []
    for q in fractions {
      let place = q * Double(values.shape[axis] - 1)
      let low = Int(place.rounded(nearest ? .toNearestOrEven : .down))
      let share = nearest ? 0 : place - Double(low)
      var result = try values.selecting(low, axis: axis)
      if share > 0 { result = try result + share * (values.selecting(low + 1, axis: axis) - result) }
      results.append(try result.poisoned(by: values))
    }
    return results
  }

  // The elements of `axes`, ascending, as rows of one last dimension: [remaining dimensions…, n].
  private func sortedRows(_ operation: String, _ axes: [Int]) throws(TensorError) -> (values: Tensor, positions: Tensor) {
    let n = axes.reduce(1) { $0 * shape[$1] }
    guard n > 0 else { throw .invalid(operation, "no elements in a tensor of shape \(shape)") }
    let kept = shape.indices.filter { !axes.contains($0) }
    let rows = try floating().permuted(kept + axes).reshaped(Shape(kept.map { shape[$0] } + [n]))
    let sorted = try bind(Sort(descending: false), [rows])
    return (sorted[0], sorted[1])
  }

  // NaN where the sorted rows end in one: they stand last and would go unnoticed.
  private func poisoned(by rows: Tensor) throws(TensorError) -> Tensor {
    let last = try rows.selecting(rows.shape[rows.rank - 1] - 1, axis: rows.rank - 1)
    return try select(isNaN(last), last, self)
  }
}
