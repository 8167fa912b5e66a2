import Autodiff

/// In training every element is 0 with probability p, else multiplied by 1/(1 − p) (Srivastava et al. 2014); otherwise the input itself.
public struct Dropout: Layer {
  let probability: Double

  /// - Parameter probability: of being dropped, in 0...1.
  public init(_ probability: Double) { self.probability = probability }

  /// No parameters.
  public var structure: ParameterStructure { .named([]) }

  /// The shape of x. Draws once, of that shape, whatever p is.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    guard context.isTraining else { return x }
    let x = try x.floating()
    let draw = try context.uniform(x.shape, x.dtype, for: "dropout")
    if probability == 1 { return try .zeros(x.spec) }
    let keeps = try greaterOrEqual(draw, .scalar(probability, x.dtype))
    return try x * (keeps.cast(to: x.dtype) * .scalar(1 / (1 - probability), x.dtype))
  }
}
