import Autodiff

/// A convolution of images: x is [batch, channels, height, width], or one image without the batch.
public struct Convolution2D: Layer {
  let inputs: Int
  let outputs: Int
  let sliding: Sliding
  let groups: Int
  let hasBias: Bool

  /// - Parameters:
  ///   - inputs: channels of x; a multiple of `groups`.
  ///   - outputs: channels of the result; a multiple of `groups`.
  ///   - sliding: kernel, stride, padding and dilation.
  ///   - groups: outputs of one group see the inputs of that group alone.
  ///   - bias: whether a number is added to each output channel.
  public init(_ inputs: Int, _ outputs: Int, _ sliding: Sliding, groups: Int = 1, bias: Bool = true) {
    precondition(inputs % groups == 0 && outputs % groups == 0)
    (self.inputs, self.outputs, self.sliding, self.groups, hasBias) = (inputs, outputs, sliding, groups, bias)
  }

  /// `{ bias = [outputs], weight = [outputs, inputs / groups, kernel height, kernel width] }`
  public var structure: ParameterStructure {
    let receptive = sliding.kernel.reduce(1, *)
    let (fanIn, fanOut) = (inputs / groups * receptive, outputs / groups * receptive)
    let shape = Shape([outputs, inputs / groups] + sliding.kernel)
    let weight = Parameter(shape: shape, role: .weight, fanIn: fanIn, fanOut: fanOut)
    let bias = Parameter(shape: [outputs], role: .bias, fanIn: fanIn, fanOut: fanOut)
    let parts: [(String, ParameterStructure)] = [("bias", .parameter(bias)), ("weight", .parameter(weight))]
    return .named(hasBias ? parts : [parts[1]])
  }

  /// [batch, outputs, rows, columns]
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    guard x.rank == 3 || x.rank == 4 else {
      throw .invalid("conv2d", "expected images [batch, channels, height, width] or one [channels, height, width], got \(x.shape)")
    }
    let images = x.rank == 4 ? x : try x.reshaped(x.shape.inserting(1, at: 0))
    guard images.shape[1] == inputs else {
      throw .invalid("conv2d", "expected images with \(inputs) channels, [batch, \(inputs), height, width], got \(x.shape)")
    }
    var y = try convolution(images, parameters[parameters.endIndex - 1], sliding, groups: groups)
    if hasBias { y = try y + parameters[parameters.startIndex].reshaped([outputs, 1, 1]) }
    return x.rank == 4 ? y : try y.reshaped(y.shape.removing(0))
  }
}

/// The largest element or the mean of windows that slide over planes [.., height, width].
public struct Pooling2D: Layer {
  /// What is taken of a window.
  public enum Kind: String, Sendable {
    /// The largest element.
    case largest = "maxpool2d"
    /// The mean, padding as zeros.
    case mean = "avgpool2d"
  }

  let kind: Kind
  let sliding: Sliding

  /// Pooling over windows.
  public init(_ kind: Kind, _ sliding: Sliding) {
    self.kind = kind
    self.sliding = sliding
  }

  /// No parameters.
  public var structure: ParameterStructure { .named([]) }

  /// [.., rows, columns]
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    switch kind {
    case .largest: try maxPool(x, sliding)
    case .mean: try averagePool(x, sliding)
    }
  }
}

/// Dimensions merged into one.
public struct Flatten: Layer {
  let first: Int
  let last: Int

  /// Merges the dimensions `first` to `last`, from 0, negative ones from the end.
  public init(first: Int = 1, last: Int = -1) { (self.first, self.last) = (first, last) }

  /// No parameters.
  public var structure: ParameterStructure { .named([]) }

  /// The same elements with fewer dimensions.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    let (from, to) = (first < 0 ? first + x.rank : first, last < 0 ? last + x.rank : last)
    guard from >= 0, from <= to, to < x.rank else {
      // As users count.
      let names = [first, last].map { $0 < 0 ? $0 : $0 + 1 }
      throw .invalid("flatten", "the dimensions \(names[0]) to \(names[1]) do not exist in \(x.shape)")
    }
    let merged = x.shape[from...to].reduce(1, *)
    return try x.reshaped(.checked(x.shape[..<from] + [merged] + x.shape[(to + 1)...], operation: "flatten"))
  }
}
