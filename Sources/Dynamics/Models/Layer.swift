import Autodiff

/// A pure function of parameters, an input, and what the context gives: whether this is training, random draws, a running state.
///
/// Parameters are a flat list in the order of the layer's `structure`, which is the order in which a tree of tables is flattened:
/// positions first, then names in byte order.
public protocol Layer: Sendable {
  /// How the parameters nest, with shape and role of each.
  var structure: ParameterStructure { get }

  /// How the running state nests, with how each part starts; containers have one entry a layer, as in `structure`. None by default.
  var state: ParameterStructure { get }

  /// The output for an input; `x` has examples along its leading dimensions, or is one example without them. A layer with a state takes
  /// it from the context and leaves the new one there.
  func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError) -> Tensor
}

extension Layer {
  /// No state.
  public var state: ParameterStructure { .named([]) }

  /// The output outside training, with the starting state.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor) throws(TensorError) -> Tensor {
    var context = LayerContext()
    return try self(parameters, x, &context)
  }
}

/// The parameters of a model as a tree.
public indirect enum ParameterStructure: Sendable {
  /// A single tensor.
  case parameter(Parameter)
  /// Named parts; the names ascend in byte order.
  case named([(name: String, part: ParameterStructure)])
  /// Parts by position.
  case list([ParameterStructure])

  /// All parameters in the order of the flat list.
  public var parameters: [Parameter] {
    switch self {
    case .parameter(let parameter): [parameter]
    case .named(let parts): parts.flatMap(\.part.parameters)
    case .list(let parts): parts.flatMap(\.parameters)
    }
  }
}

/// Shape and role of one parameter tensor.
public struct Parameter: Sendable {
  /// What an initialiser does with a parameter.
  public enum Role: Sendable {
    /// Drawn by the chosen initialiser.
    case weight
    /// Starts at 0.
    case bias
    /// Starts at 1.
    case scale
  }

  /// The sizes.
  public let shape: Shape
  /// What initialisers do with it.
  public let role: Role
  /// How many inputs one output of the weight adds up.
  public let fanIn: Int
  /// To how many outputs one input goes.
  public let fanOut: Int
  /// How it starts when nothing else is said.
  public let standard: Initializer

  /// A parameter of a layer.
  public init(shape: Shape, role: Role, fanIn: Int = 1, fanOut: Int = 1, standard: Initializer = .glorotNormal) {
    self.shape = shape
    self.role = role
    self.fanIn = fanIn
    self.fanOut = fanOut
    self.standard = standard
  }
}
