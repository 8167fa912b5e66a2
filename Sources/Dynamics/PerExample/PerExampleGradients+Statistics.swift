import Autodiff

/// What is read off the per-example gradients g₁ … g_m. Costs are in matrix products of the size of one backward pass.
extension PerExampleGradients {
  /// ‖gᵢ‖² over all parameters (or those in `subset`), [m]. About one pass.
  public func squaredNorms(_ subset: [Int]? = nil) throws(TensorError) -> Tensor {
    var sum = try Tensor(.full([count], 0, dtype))
    for parameter in subset ?? Array(terms.indices) {
      for (position, term) in terms[parameter].enumerated() {
        sum = try sum + term.innerProducts(term)
        for other in terms[parameter][(position + 1)...] { sum = try sum + 2 * term.innerProducts(other) }
      }
    }
    return sum
  }

  /// ⟨gᵢ, gⱼ⟩ for all pairs over all parameters (or those in `subset`), [m, m].
  public func gramMatrix(_ subset: [Int]? = nil) throws(TensorError) -> Tensor {
    var sum = try Tensor(.full([count, count], 0, dtype))
    for parameter in subset ?? Array(terms.indices) {
      for term in terms[parameter] {
        for other in terms[parameter] { sum = try sum + term.gramMatrix(other) }
      }
    }
    return sum
  }

  /// Σᵢ wᵢ gᵢ for weights [m], shaped like the parameters. One pass.
  public func weightedSum(_ weights: Tensor) throws(TensorError) -> [Tensor] {
    guard weights.shape == [count] else {
      throw .invalid("per_example", "expected one weight for each of \(count) examples, got shape \(weights.shape)")
    }
    let weights = try weights.cast(to: dtype)
    var sums: [Tensor] = []
    for (parameter, spec) in zip(terms, parameters) {
      var sum = try Tensor(.full([spec.shape.elementCount], 0, spec.dtype))
      for term in parameter { sum = try sum + term.weightedSum(weights) }
      sums.append(try sum.reshaped(spec.shape).cast(to: spec.dtype))
    }
    return sums
  }

  /// The mean gradient, shaped like the parameters.
  public func mean() throws(TensorError) -> [Tensor] {
    try weightedSum(Tensor(.full([count], 1 / Double(count), dtype)))
  }

  /// ‖Σ gᵢ‖² / Σ ‖gᵢ‖² (m-coherence; Zielinski & Chatterjee 2020, arXiv 2008.01217): 1 for orthogonal gradients, m for identical
  /// ones, 0 when they cancel. NaN when all are zero.
  public func coherence(_ subset: [Int]? = nil) throws(TensorError) -> Tensor {
    let sum = try weightedSum(Tensor(.full([count], 1, dtype)))
    var square = try Tensor.scalar(0, dtype)
    for parameter in subset ?? Array(sum.indices) { square = try square + Autodiff.square(sum[parameter]).sum() }
    return try square / squaredNorms(subset).sum()
  }

  /// All gradients: for each parameter [m, its shape…]. The only operation that stores examples × parameters.
  public func materialized() throws(TensorError) -> [Tensor] {
    var gradients: [Tensor] = []
    for (parameter, spec) in zip(terms, parameters) {
      var sum = try Tensor(.full([count, spec.shape.elementCount], 0, spec.dtype))
      for term in parameter { sum = try sum + term.materialized() }
      gradients.append(try sum.reshaped(spec.shape.inserting(count, at: 0)).cast(to: spec.dtype))
    }
    return gradients
  }

  private var dtype: DType { losses.dtype }
}
