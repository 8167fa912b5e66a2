import Autodiff

/// An element-wise nonlinearity without parameters.
public enum Activation: String, Layer, CaseIterable {
  case identity, relu, tanh, sigmoid, softplus, gelu, silu, elu, leakyRelu = "leaky_relu", hardtanh, sin, square

  /// No parameters.
  public var structure: ParameterStructure { .named([]) }

  /// The function, element by element.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor) throws(TensorError) -> Tensor {
    switch self {
    case .identity: return x
    case .relu: return try Autodiff.relu(x)
    case .tanh: return try Autodiff.tanh(x)
    case .sigmoid: return try Autodiff.sigmoid(x)
    case .softplus: return try Autodiff.softplus(x)
    case .gelu: return try Autodiff.gelu(x)
    case .silu: return try Autodiff.silu(x)
    case .elu:
      // The exponential branch sees no positive argument, so it cannot overflow into the derivative.
      let zero = try Tensor.scalar(0, x.dtype)
      return try select(greater(x, zero), x, expm1(minimum(x, zero)))
    case .leakyRelu: return try select(greater(x, .scalar(0, x.dtype)), x, 0.01 * x)
    case .hardtanh: return try clamp(x, low: .scalar(-1, x.dtype), high: .scalar(1, x.dtype))
    case .sin: return try Autodiff.sin(x)
    case .square: return try Autodiff.square(x)
    }
  }
}
