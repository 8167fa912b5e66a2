import Autodiff

/// Layers one after another. The parameters are a list with one entry a layer; a layer without parameters has an empty one.
public struct Sequential: Layer {
  let layers: [any Layer]

  /// The layers in the order in which they are applied.
  public init(_ layers: [any Layer]) { self.layers = layers }

  /// One entry a layer.
  public var structure: ParameterStructure { .list(layers.map(\.structure)) }

  /// One entry a layer.
  public var state: ParameterStructure { .list(layers.map(\.state)) }

  /// The last layer's output.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    var value = x
    var rest = parameters
    for layer in layers {
      let count = layer.structure.parameters.count
      value = try layer(rest.prefix(count), value, &context)
      rest = rest.dropFirst(count)
    }
    return value
  }
}

/// x plus a layer of x (He et al. 2016). Parameters and state are those of the layer.
public struct Residual: Layer {
  let layer: any Layer

  /// A layer whose output has the shape of its input.
  public init(_ layer: any Layer) { self.layer = layer }

  /// The layer's.
  public var structure: ParameterStructure { layer.structure }

  /// The layer's.
  public var state: ParameterStructure { layer.state }

  /// x + layer(x)
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    let y = try layer(parameters, x, &context)
    guard y.shape == x.shape else {
      throw .invalid("residual", "the layer makes \(y.shape) of an input \(x.shape); the shapes must be equal")
    }
    return try x + y
  }
}

/// A multilayer perceptron: dense layers with an activation between them, none after the last. The parameters are a list with one entry
/// a dense layer.
public struct MultilayerPerceptron: Layer {
  let layers: [Linear]
  let activation: Activation

  /// - Parameters:
  ///   - sizes: the widths from input to output; at least two.
  ///   - activation: what stands between the layers.
  ///   - bias: whether the layers have biases.
  public init(_ sizes: [Int], activation: Activation = .relu, bias: Bool = true) {
    layers = zip(sizes, sizes.dropFirst()).map { Linear($0, $1, bias: bias) }
    self.activation = activation
  }

  /// One entry a dense layer.
  public var structure: ParameterStructure { .list(layers.map(\.structure)) }

  /// The last layer's output: [..., sizes.last].
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    var value = x
    var rest = parameters
    for (index, layer) in layers.enumerated() {
      let count = layer.structure.parameters.count
      value = try layer(rest.prefix(count), value)
      rest = rest.dropFirst(count)
      if index < layers.count - 1 { value = try activation([], value) }
    }
    return value
  }
}
