import Autodiff

/// An element-wise nonlinearity without parameters.
public enum Activation: String, Layer, CaseIterable {
  case identity, relu, tanh, sigmoid, softplus, gelu, silu, elu, leakyRelu = "leaky_relu", hardtanh, sin, square
  case abs, cos, erf, atan, asinh, relu6, selu, softsign, mish, logSigmoid = "log_sigmoid", hardsigmoid, hardswish

  /// No parameters.
  public var structure: ParameterStructure { .named([]) }

  /// The function, element by element.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    switch self {
    case .identity: return x
    case .relu: return try Autodiff.relu(x)
    case .tanh: return try Autodiff.tanh(x)
    case .sigmoid: return try Autodiff.sigmoid(x)
    case .softplus: return try Autodiff.softplus(x)
    case .gelu: return try Autodiff.gelu(x)
    case .silu: return try Autodiff.silu(x)
    case .elu: return try exponentialLinear(x, scale: 1, slope: 1)
    case .leakyRelu: return try select(greater(x, .scalar(0, x.dtype)), x, 0.01 * x)
    case .hardtanh: return try clamp(x, low: .scalar(-1, x.dtype), high: .scalar(1, x.dtype))
    case .sin: return try Autodiff.sin(x)
    case .square: return try Autodiff.square(x)
    case .abs: return try Autodiff.abs(x)
    case .cos: return try Autodiff.cos(x)
    case .erf: return try Autodiff.erf(x)
    case .atan: return try Autodiff.atan(x)
    case .asinh: return try Autodiff.asinh(x)
    case .relu6: return try clamp(x, low: .scalar(0, x.dtype), high: .scalar(6, x.dtype))
    case .selu:
      // The fixed point of mean 0 and variance 1 (Klambauer et al. 2017).
      return try exponentialLinear(x, scale: 1.0507009873554805, slope: 1.0507009873554805 * 1.6732632423543772)
    case .softsign: return try x / (Autodiff.abs(x) + .scalar(1, x.dtype))
    case .mish: return try x * Autodiff.tanh(Autodiff.softplus(x))
    case .logSigmoid: return try -Autodiff.softplus(-x)
    case .hardsigmoid: return try hardSigmoid(x)
    case .hardswish: return try x * hardSigmoid(x)
    }
  }

  // scale x for x > 0, else slope (eˣ − 1). The exponential branch sees no positive argument, so it cannot overflow into the derivative.
  private func exponentialLinear(_ x: Tensor, scale: Double, slope: Double) throws(TensorError) -> Tensor {
    let zero = try Tensor.scalar(0, x.dtype)
    let (line, curve) = (try scale == 1 ? x : scale * x, try expm1(minimum(x, zero)))
    return try select(greater(x, zero), line, slope == 1 ? curve : slope * curve)
  }

  // x/6 + 1/2 limited to [0, 1]
  private func hardSigmoid(_ x: Tensor) throws(TensorError) -> Tensor {
    try clamp((1.0 / 6) * x + .scalar(0.5, x.dtype), low: .scalar(0, x.dtype), high: .scalar(1, x.dtype))
  }
}

/// exp(x) / Σ exp(x) along one dimension, or its logarithm.
public struct Softmax: Layer {
  let axis: Int
  let isLogarithm: Bool

  /// Along `axis`, from 0, a negative one from the end.
  public init(_ axis: Int = -1, logarithm: Bool) { (self.axis, isLogarithm) = (axis, logarithm) }

  /// No parameters.
  public var structure: ParameterStructure { .named([]) }

  /// The shape of x.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    let place = axis < 0 ? axis + x.rank : axis
    guard x.shape.indices.contains(place) else {
      let name = isLogarithm ? "log_softmax" : "softmax"
      throw .invalid(name, "dimension \(axis < 0 ? axis : axis + 1) does not exist in an input of shape \(x.shape)")
    }
    return try isLogarithm ? x.logSoftmax(place) : x.softmax(place)
  }
}
