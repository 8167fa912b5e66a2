import Autodiff

/// A model whose parameters make up one quantity that alone decides what it computes: the vector β of a diagonal network, the product of
/// the matrices of a deep linear one.
public protocol EffectiveModel: Layer {
  /// That quantity.
  func effective(_ parameters: ArraySlice<Tensor>) throws(TensorError) -> Tensor
}

/// A model that is a function of its parameters alone.
public protocol ParameterFunction: Layer {
  /// Its value.
  func callAsFunction(_ parameters: ArraySlice<Tensor>) throws(TensorError) -> Tensor
}

/// The product of matrices as a chain, from the first on.
func chain(_ factors: ArraySlice<Tensor>, _ product: (Tensor, Tensor) throws(TensorError) -> Tensor) throws(TensorError) -> Tensor {
  var value = factors[factors.startIndex]
  for factor in factors.dropFirst() { value = try product(value, factor) }
  return value
}

/// Throws unless the last dimension of an input has the size that a model takes.
func requireWidth(_ x: Tensor, _ width: Int, _ operation: String) throws(TensorError) {
  guard x.rank > 0, x.shape[x.rank - 1] == width else {
    throw .invalid(operation, "expected an input whose last dimension is \(width), got \(x.shape)")
  }
}
