import Autodiff

/// The gradients of all examples' losses, kept in factors.
///
/// The loss of one example is run on all of them at once (vmap) while its derivative is recorded; the walk back over the recording stops
/// at every equation that uses a parameter directly. There the gradient of example i has a known form: for a product x W it is the outer
/// product xᵢᵀ δᵢ (Goodfellow 2015, arXiv 1510.01799), for a sum x + b it is δᵢ. Norms, inner products and weighted sums follow from the
/// factors, so nothing of size examples × weights exists unless `materialized` is asked for. The results are exact for any model:
/// parameters that are used otherwise contribute dense gradients.
public struct PerExampleGradients {
  /// The loss of every example, [m].
  public let losses: Tensor
  /// How many examples there are.
  public let count: Int
  /// The specs of the parameters.
  public let parameters: [Spec]
  /// For each parameter the terms that its gradients are sums of.
  let terms: [[GradientTerm]]

  /// - Parameters:
  ///   - loss: the loss of one example: parameters first, then what belongs to the example; returns a scalar.
  ///   - parameters: the point.
  ///   - examples: tensors with the examples along dimension 0.
  public init(
    _ loss: (_ parameters: [Tensor], _ example: [Tensor]) throws(TensorError) -> Tensor, at parameters: [Tensor],
    over examples: [Tensor]
  ) throws(TensorError) {
    guard let count = examples.first?.shape.first, examples.allSatisfy({ $0.shape.first == count }) else {
      throw .invalid("per_example", "every argument after the parameters has its examples along dimension 1, equally many")
    }
    self.count = count
    self.parameters = parameters.map(\.spec)
    (losses, terms) = try withBatch(lanes: count) { (trace) throws(TensorError) in
      let example = examples.map(trace.value)
      let linear = try linearize({ (p) throws(TensorError) in [try loss(p, example)] }, at: parameters)
      let value = linear.outputs[0]
      guard value.count == 1 else {
        throw .invalid("per_example", "the loss of one example must be a scalar, got \(value.spec)")
      }
      let seed = try Tensor(.full(value.shape, 1, value.dtype))
      return (try trace.collect(value, along: 0).reshaped([count]), try gradientTerms(of: linear.graph, seed, in: trace))
    }
  }
}

// The terms of each argument's gradient: a transposing walk that leaves products and sums with an argument in factors.
private func gradientTerms(of graph: Graph, _ seed: Tensor, in trace: BatchTrace) throws(TensorError) -> [[GradientTerm]] {
  var terms = [[GradientTerm]](repeating: [], count: graph.argumentCount)
  try graph.transpose([seed]) { (equation, cotangents, argument, operandIndex) throws(TensorError) in
    guard equation.primitive is MatrixProduct, operandIndex == 1, graph.specs[argument].shape.rank == 2, let ct = cotangents[0],
      case .known(let x) = graph.operands(of: equation).first
    else { return false }
    terms[argument].append(.outer(x: try trace.collect(x, along: 0), delta: try trace.collect(ct, along: 0)))
    return true
  } dense: { (argument, cotangent) throws(TensorError) in
    terms[argument].append(.dense(try trace.collect(cotangent, along: 0)))
  }
  return terms
}

/// One term of the gradients of a parameter, for all m examples.
enum GradientTerm {
  /// Example i contributes xᵢᵀ δᵢ: x is [m, r, k], δ is [m, r, n], the parameter [k, n]; r counts positions within an example.
  case outer(x: Tensor, delta: Tensor)
  /// Example i contributes row i: [m, parameter's shape…].
  case dense(Tensor)

  /// The gradients themselves, [m, numbers in the parameter].
  func materialized() throws(TensorError) -> Tensor {
    switch self {
    case .outer(let x, let delta):
      let product = try matrixProduct(x.matrixTransposed(), delta)
      return try product.reshaped([product.shape[0], product.shape[1] * product.shape[2]])
    case .dense(let rows):
      return try rows.reshaped([rows.shape[0], rows.count / Swift.max(1, rows.shape[0])])
    }
  }

  /// Σᵢ wᵢ gᵢ for weights [m], flat.
  func weightedSum(_ weights: Tensor) throws(TensorError) -> Tensor {
    switch self {
    case .outer(let x, let delta):
      let (m, r, k, n) = (x.shape[0], x.shape[1], x.shape[2], delta.shape[2])
      let scaled = try delta * weights.reshaped([m, 1, 1])
      return try matrixProduct(x.reshaped([m * r, k]).matrixTransposed(), scaled.reshaped([m * r, n])).reshaped([k * n])
    case .dense:
      return try matrixProduct(weights, materialized())
    }
  }

  /// ⟨gᵢ, hᵢ⟩ for every example i, [m].
  func innerProducts(_ other: GradientTerm) throws(TensorError) -> Tensor {
    switch (self, other) {
    case (.outer(let x, let delta), .outer(let y, let epsilon)):
      // ⟨Σ_r x_rᵀ δ_r, Σ_s y_sᵀ ε_s⟩ = Σ_rs (x_r · y_s)(δ_r · ε_s)
      let left = try matrixProduct(x, y.matrixTransposed())
      let right = try matrixProduct(delta, epsilon.matrixTransposed())
      return try (left * right).sum([1, 2])
    case (.outer(let x, let delta), .dense(let rows)), (.dense(let rows), .outer(let x, let delta)):
      return try (matrixProduct(x, rows) * delta).sum([1, 2])
    case (.dense, .dense):
      return try (materialized() * other.materialized()).sum([1])
    }
  }

  /// ⟨gᵢ, hⱼ⟩ for every pair of examples, [m, m].
  func gramMatrix(_ other: GradientTerm) throws(TensorError) -> Tensor {
    if case .outer(let x, let delta) = self, case .outer(let y, let epsilon) = other {
      let (m, r, s) = (x.shape[0], x.shape[1], y.shape[1])
      func products(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
        try matrixProduct(a.reshaped([m * r, a.shape[2]]), b.reshaped([m * s, b.shape[2]]).matrixTransposed())
      }
      let pairs = try products(x, y) * products(delta, epsilon)
      return r == 1 && s == 1 ? pairs : try pairs.reshaped([m, r, m, s]).sum([1, 3])
    }
    return try matrixProduct(materialized(), other.materialized().matrixTransposed())
  }
}
