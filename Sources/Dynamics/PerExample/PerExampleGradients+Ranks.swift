import Autodiff

/// What becomes of the m values that the examples have in each coordinate, shaped like the parameters: the robust ways to make one gradient
/// of many. A coordinate with a NaN is NaN. Computed for a few coordinates at a time, O(m · block) in memory; values only, since there is
/// no derivative worth having of a choice among examples.
extension PerExampleGradients {
  /// The winsorized mean: values clipped to their percentiles c and 100 − c, by the rule `nearest` of NumPy (the rank c/100 (m − 1), a tie to
  /// the even one), then their mean (Chatterjee 2020, arXiv 2002.10657). c is between 0, which is the mean, and 50.
  public func winsorized(_ c: Double) throws(TensorError) -> [Tensor] {
    let (low, high) = (rank(c / 100), rank((100 - c) / 100))
    return try coordinates(.winsorized(low: Swift.min(low, high), high: Swift.max(low, high)))
  }

  /// The mean without the k smallest and the k largest values, k = c/100 (m − 1) to the nearest whole number (a tie to the even one), but
  /// at least one or two values are left. c is between 0, which is the mean, and 50, the median.
  public func trimmed(_ c: Double) throws(TensorError) -> [Tensor] {
    let k = Swift.min(rank(c / 100), (count - 1) / 2)
    return try coordinates(.trimmed(low: k, high: count - 1 - k))
  }

  /// The median, of an even number of examples the mean of the middle two.
  public func median() throws(TensorError) -> [Tensor] {
    try coordinates(.midpoint(low: (count - 1) / 2, high: count / 2))
  }

  /// The value at place q (m − 1) of the sorted ones, q between 0 and 1: the nearest (a tie to the even rank), or on the straight line between
  /// its neighbours.
  public func quantile(_ q: Double, nearest: Bool) throws(TensorError) -> [Tensor] {
    let place = q * Double(count - 1)
    let low = nearest ? rank(q) : Int(place.rounded(.down))
    let share = nearest ? 0 : place - Double(low)
    return try coordinates(.between(low: low, high: share > 0 ? low + 1 : low, share: share))
  }

  /// Σ sign gᵢ.
  public func signSum() throws(TensorError) -> [Tensor] { try coordinates(.signs) }

  /// The mean of (gᵢ − mean)².
  public func variance() throws(TensorError) -> [Tensor] { try coordinates(.spread) }

  private func rank(_ fraction: Double) -> Int { Int((Double(count - 1) * fraction).rounded(.toNearestOrEven)) }

  private func coordinates(_ statistic: ExampleStatistic) throws(TensorError) -> [Tensor] {
    guard count > 0 else { throw .invalid("per_example", "there are no examples to aggregate") }
    var results: [Tensor] = []
    for (parameter, spec) in parameters.enumerated() {
      results.append(try coordinates(statistic, of: parameter).reshaped(spec.shape).cast(to: spec.dtype))
    }
    return results
  }

  private func coordinates(_ statistic: ExampleStatistic, of parameter: Int) throws(TensorError) -> Tensor {
    let spec = parameters[parameter]
    let size = spec.shape.elementCount
    if isTakenInBlocks(parameter) {
      var parts: [Tensor] = []
      try forEachBlock(of: parameter) { (block) throws(TensorError) in
        let columns = block.shape[1]
        let rows = ExampleTerm.rows(try numbers(block))
        let part = try NDArray.aggregated(statistic, of: [rows], examples: count, rows: 1, columns: columns)
        parts.append(Tensor(try part.reshaped([columns])))
      }
      return try concatenate(parts, axis: 0)
    }
    var isMatrix = false
    var rows: [ExampleTerm] = []
    for term in terms[parameter] {
      switch term {
      case .outer(let x, let delta):
        // Without positions there is nothing.
        if x.shape[1] == 0 { continue }
        isMatrix = true
        rows.append(.outer(x: try numbers(x), delta: try numbers(delta)))
      case .dense, .convolution:
        rows.append(.rows(try numbers(term.materialized())))
      }
    }
    if rows.isEmpty || size == 0 { return try Tensor(.full([size], 0, spec.dtype)) }
    let columns = isMatrix ? spec.shape[1] : size
    return Tensor(try .aggregated(statistic, of: rows, examples: count, rows: size / columns, columns: columns).reshaped([size]))
  }

  // The numbers, outside every transform: of what is chosen among examples there is no derivative to take along.
  private func numbers(_ tensor: Tensor) throws(TensorError) -> NDArray {
    guard let array = tensor.array else {
      throw .noRule(
        "per_example", "ranks, signs and spread over examples are values only; call them outside grad, vmap and compile")
    }
    return array
  }
}
