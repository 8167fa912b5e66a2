import Autodiff

/// `x W + b` with W of shape [inputs, outputs] and b of shape [outputs]; x is [..., inputs].
public struct Linear: Layer {
  let inputs: Int
  let outputs: Int
  let hasBias: Bool

  /// A dense layer.
  /// - Parameter bias: whether b is there; true by default.
  public init(_ inputs: Int, _ outputs: Int, bias: Bool = true) {
    self.inputs = inputs
    self.outputs = outputs
    hasBias = bias
  }

  /// `{ bias = [outputs], weight = [inputs, outputs] }`
  public var structure: ParameterStructure {
    let weight = Parameter(shape: [inputs, outputs], role: .weight, fanIn: inputs, fanOut: outputs)
    let bias = Parameter(shape: [outputs], role: .bias, fanIn: inputs, fanOut: outputs)
    let parts: [(String, ParameterStructure)] = [("bias", .parameter(bias)), ("weight", .parameter(weight))]
    return .named(hasBias ? parts : [parts[1]])
  }

  /// `x W + b`
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    guard x.rank > 0, x.shape[x.rank - 1] == inputs else {
      throw .invalid("linear", "expected an input whose last dimension is \(inputs), got \(x.shape)")
    }
    let weight = parameters[parameters.endIndex - 1]
    let product = try matrixProduct(x, weight)
    return hasBias ? try product + parameters[parameters.startIndex] : product
  }
}
