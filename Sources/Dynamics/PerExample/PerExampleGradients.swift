import Autodiff

/// The gradients of all examples' losses, kept in factors.
///
/// The loss of one example is run on all of them at once (vmap) while its derivative is recorded; the walk back over the recording stops
/// at every equation that uses a parameter directly. There the gradient of example i has a known form: for a product x W it is the outer
/// product xᵢᵀ δᵢ (Goodfellow 2015, arXiv 1510.01799), for a convolution the correlation of the images with δᵢ, for a sum x + b it is δᵢ.
/// Norms, inner products, weighted sums and order statistics follow from the factors, at most for a block of a parameter at a time, so
/// nothing of size examples × weights exists unless `materialized` is asked for. The results are exact for any model: parameters that
/// are used otherwise contribute dense gradients.
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
    guard let first = examples.first, let count = first.shape.first, examples.allSatisfy({ $0.shape.first == count }) else {
      let expected = "every argument after the parameters has its examples along dimension 1, equally many"
      guard let first = examples.first else { throw .invalid("per_example", expected) }
      let other = first.rank == 0 ? nil : examples.first { $0.shape.first != first.shape[0] }
      let got = other.map { "shapes \(first.shape) and \($0.shape)" } ?? "shape \(first.shape)"
      throw .invalid("per_example", "\(expected); got the \(got)")
    }
    guard count > 0 else { throw .invalid("per_example", "expected at least one example, got the shape \(first.shape)") }
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

extension PerExampleGradients {
  /// The gradients in some of the parameters alone.
  public func restricted(to subset: [Int]) -> PerExampleGradients {
    PerExampleGradients(losses: losses, count: count, parameters: subset.map { parameters[$0] }, terms: subset.map { terms[$0] })
  }

  private init(losses: Tensor, count: Int, parameters: [Spec], terms: [[GradientTerm]]) {
    (self.losses, self.count, self.parameters, self.terms) = (losses, count, parameters, terms)
  }
}

// The terms of each argument's gradient: a transposing walk that leaves products and sums with an argument in factors.
private func gradientTerms(of graph: Graph, _ seed: Tensor, in trace: BatchTrace) throws(TensorError) -> [[GradientTerm]] {
  var terms = [[GradientTerm]](repeating: [], count: graph.argumentCount)
  try graph.transpose([seed]) { (equation, cotangents, argument, operandIndex) throws(TensorError) in
    guard operandIndex == 1, let ct = cotangents[0], case .known(let x) = graph.operands(of: equation).first else { return false }
    if equation.primitive is MatrixProduct, graph.specs[argument].shape.rank == 2 {
      terms[argument].append(.outer(x: try trace.collect(x, along: 0), delta: try trace.collect(ct, along: 0)))
      return true
    }
    if let convolution = equation.primitive as? Convolution, convolution.face == .output {
      let (x, delta) = (try trace.collect(x, along: 0), try trace.collect(ct, along: 0))
      terms[argument].append(.convolution(x: x, delta: delta, convolution.geometry))
      return true
    }
    return false
  } dense: { (argument, cotangent) throws(TensorError) in
    terms[argument].append(.dense(try trace.collect(cotangent, along: 0)))
  }
  return terms
}
