import CKernels

/// What becomes of the values v₀ ≤ … ≤ v₍ₘ₋₁₎ that m examples have in one coordinate. Ranks count from 0; a NaN among them gives NaN.
public enum ExampleStatistic: Hashable, Sendable {
  /// The mean of the values clipped to those at two ranks.
  case winsorized(low: Int, high: Int)
  /// The mean of the values from one rank to another.
  case trimmed(low: Int, high: Int)
  /// The mean of the values at two ranks.
  case midpoint(low: Int, high: Int)
  /// Between the values at two ranks, `share` of the way.
  case between(low: Int, high: Int, share: Double)
  /// Σ sign v.
  case signs
  /// The mean of (v − mean)².
  case spread
}

/// A term of the gradients of m examples in a matrix [k, n].
public enum ExampleTerm {
  /// Example e has Σ over r positions of xᵀ δ: x is [m, r, k], δ is [m, r, n].
  case outer(x: NDArray, delta: NDArray)
  /// Example e has the matrix e of [m, k, n].
  case rows(NDArray)
}

/// Statistics over examples whose values exist for a few coordinates at a time.
extension NDArray {
  /// The statistic of every coordinate over the m examples of the sum of `terms`, [k, n]. Costs O(m) for signs and spread, O(m log² m) for
  /// ranks in the middle and less for the outermost; memory for O(m) numbers a thread. There is at least one example and one term, all
  /// of one float type; shapes are checked by the caller.
  public static func aggregated(
    _ statistic: ExampleStatistic, of terms: [ExampleTerm], examples m: Int, rows k: Int, columns n: Int
  ) throws(TensorError) -> NDArray {
    // Lanes are columns: a matrix with few of them is taken by its rows.
    if n < 16, k > n, let transposed = terms.transposed {
      return try aggregated(statistic, of: transposed, examples: m, rows: n, columns: k).permuted([1, 0]).contiguous()
    }
    var arrays: [NDArray] = []
    var kernelTerms: [ebb_gradient_term] = []
    for term in terms {
      var kernelTerm = ebb_gradient_term()
      switch term {
      case .outer(let x, let delta):
        let (inputs, delta) = (try x.permuted([2, 0, 1]).contiguous(), try delta.contiguous())
        (kernelTerm.x, kernelTerm.delta) = (UnsafeRawPointer(inputs.pointer), UnsafeRawPointer(delta.pointer))
        kernelTerm.positions = Int64(delta.shape[1])
        arrays += [inputs, delta]
      case .rows(let rows):
        let rows = try rows.contiguous()
        kernelTerm.delta = UnsafeRawPointer(rows.pointer)
        kernelTerm.stride = Int64(k * n)
        arrays.append(rows)
      }
      kernelTerms.append(kernelTerm)
    }
    let result = try NDArray(uninitialized: [k, n], arrays[0].dtype)
    var aggregation = ebb_aggregation()
    aggregation.dtype = result.dtype.kernel
    (aggregation.examples, aggregation.rows, aggregation.columns) = (Int64(m), Int64(k), Int64(n))
    aggregation.set(statistic)
    aggregation.out = result.storage.base
    aggregation.term_count = Int64(kernelTerms.count)
    let status = withExtendedLifetime(arrays) {
      kernelTerms.withUnsafeBufferPointer { terms in
        aggregation.terms = terms.baseAddress
        return ebb_aggregate(&aggregation, Engine.current.control)
      }
    }
    if status != EBB_OK { throw .interrupted }
    return result
  }
}

extension [ExampleTerm] {
  // The terms of the transposed matrix, if that is free.
  fileprivate var transposed: [ExampleTerm]? {
    var terms: [ExampleTerm] = []
    for term in self {
      guard case .outer(let x, let delta) = term else { return nil }
      terms.append(.outer(x: delta, delta: x))
    }
    return terms
  }
}

extension ebb_aggregation {
  fileprivate mutating func set(_ statistic: ExampleStatistic) {
    func ranks(_ kind: ebb_statistic, _ low: Int, _ high: Int) {
      self.statistic = kind
      (self.low, self.high) = (Int64(low), Int64(high))
    }
    switch statistic {
    case .winsorized(let low, let high): ranks(.winsorized, low, high)
    case .trimmed(let low, let high): ranks(.trimmed, low, high)
    case .midpoint(let low, let high): ranks(.midpoint, low, high)
    case .between(let low, let high, let share):
      ranks(.between, low, high)
      self.share = share
    case .signs: self.statistic = .signs
    case .spread: self.statistic = .spread
    }
  }
}
