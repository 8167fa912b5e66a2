import Autodiff

/// What is read off the per-example gradients g₁ … g_m. Costs are in matrix products of the size of one backward pass.
extension PerExampleGradients {
  /// ‖gᵢ‖² over all parameters, [m]. About one pass.
  public func squaredNorms() throws(TensorError) -> Tensor {
    var sum = try Tensor(.full([count], 0, dtype))
    for parameter in terms.indices {
      if isTakenInBlocks(parameter) {
        try forEachBlock(of: parameter) { (block) throws(TensorError) in sum = try sum + square(block).sum([1]) }
        continue
      }
      for (position, term) in terms[parameter].enumerated() {
        sum = try sum + term.innerProducts(term)
        for other in terms[parameter][(position + 1)...] { sum = try sum + 2 * term.innerProducts(other) }
      }
    }
    return sum
  }

  /// ⟨gᵢ, gⱼ⟩ for all pairs over all parameters, [m, m].
  public func gramMatrix() throws(TensorError) -> Tensor {
    var sum = try Tensor(.full([count, count], 0, dtype))
    for parameter in terms.indices {
      if isTakenInBlocks(parameter) {
        try forEachBlock(of: parameter) { (block) throws(TensorError) in
          sum = try sum + matrixProduct(block, block.matrixTransposed())
        }
        continue
      }
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

  /// ⟨gᵢ, v⟩ for every example and a direction v shaped like the parameters, [m]. One pass.
  public func innerProducts(_ direction: [Tensor]) throws(TensorError) -> Tensor {
    var sum = try Tensor(.full([count], 0, dtype))
    for (parameter, v) in direction.enumerated() {
      let v = try v.cast(to: dtype)
      if isTakenInBlocks(parameter) {
        let flat = try v.reshaped([v.count])
        var first = 0
        try forEachBlock(of: parameter) { (block) throws(TensorError) in
          let size = block.shape[1]
          sum = try sum + matrixProduct(block, flat.slice(0, from: first, count: size))
          first += size
        }
        continue
      }
      for term in terms[parameter] { sum = try sum + term.innerProducts(direction: v) }
    }
    return sum
  }

  /// The mean gradient, shaped like the parameters.
  public func mean() throws(TensorError) -> [Tensor] {
    try weightedSum(Tensor(.full([count], 1 / Double(count), dtype)))
  }

  /// ‖Σ gᵢ‖² / Σ ‖gᵢ‖² (m-coherence; Zielinski & Chatterjee 2020, arXiv 2008.01217): 1 for orthogonal gradients, m for identical
  /// ones, 0 when they cancel. NaN when all are zero.
  public func coherence() throws(TensorError) -> Tensor {
    var square = try Tensor.scalar(0, dtype)
    for sum in try weightedSum(Tensor(.full([count], 1, dtype))) { square = try square + Autodiff.square(sum).sum() }
    return try square / squaredNorms().sum()
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

/// Parameters of convolutions: their gradients are made for a few output channels at a time.
extension PerExampleGradients {
  // Numbers in a block of gradients, about.
  private static var blockSize: Int { 1 << 20 }

  /// Whether a term of the parameter's gradients is a convolution's.
  func isTakenInBlocks(_ parameter: Int) -> Bool {
    terms[parameter].contains { if case .convolution = $0 { true } else { false } }
  }

  /// Calls `body` with the gradients in one range of rows of the parameter's first dimension after another, [m, numbers].
  func forEachBlock(of parameter: Int, _ body: (Tensor) throws(TensorError) -> Void) throws(TensorError) {
    let shape = parameters[parameter].shape
    let rows = shape[0]
    let step = Swift.max(1, Self.blockSize / Swift.max(1, count * shape.elementCount / Swift.max(1, rows)))
    for first in stride(from: 0, to: rows, by: step) {
      let range = first..<Swift.min(first + step, rows)
      var block = try terms[parameter][0].block(range, of: rows)
      for term in terms[parameter].dropFirst() { block = try block + term.block(range, of: rows) }
      try body(block)
    }
  }
}
