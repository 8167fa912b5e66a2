import Autodiff

/// What a layer is given besides parameters and input: whether this is training, where random draws come from, and the running state of
/// layers that have one.
///
/// The state is a flat list in the order of the model's `state`. Layers take theirs in the order in which they are applied and leave the
/// new one, so the context of a whole model is handed from layer to layer.
public struct LayerContext {
  /// Applies a draw to the generator (under vmap over generators, to that of every lane).
  public typealias Draw = (@escaping (inout Generator) throws(TensorError) -> NDArray) throws(TensorError) -> Tensor

  /// Whether layers behave as in training: dropout drops, batchnorm takes the statistics of the batch.
  public let isTraining: Bool
  private let generator: Draw?
  private var state: ArraySlice<Tensor>?
  /// The state after the layers that were applied.
  public private(set) var newState: [Tensor] = []

  /// - Parameters:
  ///   - isTraining: false by default.
  ///   - generator: where draws come from; a layer that needs one throws without it.
  ///   - state: the state before; nil is the starting state.
  public init(isTraining: Bool = false, generator: Draw? = nil, state: [Tensor]? = nil) {
    self.isTraining = isTraining
    self.generator = generator
    self.state = state.map { $0[...] }
  }

  /// Uniform numbers in [0, 1).
  /// - Throws: `TensorError.invalid` when there is no generator.
  func uniform(_ shape: Shape, _ dtype: DType, for layer: String) throws(TensorError) -> Tensor {
    guard let generator else {
      throw .invalid(layer, "needs a generator in training: net(p, x, {train = true, rng = eb.rng(seed)})")
    }
    return try generator { (stream) throws(TensorError) in try stream.uniform(shape, dtype) }
  }

  /// The next layer's state: what was given, else how it starts, in `dtype`.
  mutating func takeState(_ structure: ParameterStructure, _ dtype: DType) throws(TensorError) -> [Tensor] {
    guard let rest = state else { return try structure.starts(dtype) }
    let count = structure.parameters.count
    state = rest.dropFirst(count)
    return Array(rest.prefix(count))
  }

  /// Leaves the layer's new state behind.
  mutating func leaveState(_ state: [Tensor]) { newState += state }
}

extension ParameterStructure {
  /// The values of parameters that are not drawn: 0 for a bias or a mean, 1 for a scale or a variance.
  public func starts(_ dtype: DType) throws(TensorError) -> [Tensor] {
    var values: [Tensor] = []
    for parameter in parameters { values.append(try Tensor(.full(parameter.shape, parameter.role == .scale ? 1 : 0, dtype))) }
    return values
  }
}
