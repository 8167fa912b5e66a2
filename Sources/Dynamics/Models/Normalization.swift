import Autodiff

/// Layers that shift and scale to mean 0 and variance 1, then by learnt numbers. They are written with ordinary operations, so their
/// derivatives are exact to any order, also where the variance is 0.

/// What the normalisations have in common.
private enum Normalization {
  /// (x − mean) / √(variance + eps) over `axes`, with the statistics; `scale` and `shift` broadcast against x.
  static func apply(
    _ x: Tensor, over axes: [Int], eps: Double, scale: Tensor? = nil, shift: Tensor? = nil
  ) throws(TensorError) -> (value: Tensor, mean: Tensor, variance: Tensor) {
    let kept = x.shape.keeping(axes)
    let mean = try x.mean(axes)
    let centred = try x - mean.reshaped(kept)
    let variance = try square(centred).mean(axes)
    let value = try scaled(centred, by: variance.reshaped(kept), eps, scale, shift)
    return (value, mean, variance)
  }

  /// centred · scale / √(variance + eps) + shift
  static func scaled(_ centred: Tensor, by variance: Tensor, _ eps: Double, _ scale: Tensor?, _ shift: Tensor?)
    throws(TensorError) -> Tensor
  {
    let inverse = try rsqrt(variance + .number(eps, meeting: variance, in: "add"))
    let factor = try scale.map { (scale) throws(TensorError) in try inverse * scale } ?? inverse
    let value = try centred * factor
    return try shift.map { (shift) throws(TensorError) in try value + shift } ?? value
  }

  /// `{ bias =, weight = }` of a shape, or nothing.
  static func structure(_ shape: Shape, affine: Bool) -> ParameterStructure {
    let bias = Parameter(shape: shape, role: .bias), weight = Parameter(shape: shape, role: .scale)
    return .named(affine ? [("bias", .parameter(bias)), ("weight", .parameter(weight))] : [])
  }
}

/// Batch normalisation (Ioffe & Szegedy 2015) of x [n, features] or [n, features, height, width].
///
/// In training with mean and (biased) variance of the batch; the running ones move towards them by `momentum`, the variance unbiased as
/// in PyTorch. Otherwise with the running ones.
public struct BatchNorm: Layer {
  let features: Int
  let eps: Double
  let momentum: Double
  let isAffine: Bool

  /// - Parameters:
  ///   - features: size of dimension 2 of x.
  ///   - eps: what is added to the variance.
  ///   - momentum: the share of the batch in the new running statistics.
  ///   - affine: whether there are weight and bias.
  public init(_ features: Int, eps: Double = 1e-5, momentum: Double = 0.1, affine: Bool = true) {
    (self.features, self.eps, self.momentum, isAffine) = (features, eps, momentum, affine)
  }

  /// `{ bias = [features], weight = [features] }`
  public var structure: ParameterStructure { Normalization.structure([features], affine: isAffine) }

  /// `{ running_mean = [features], running_var = [features] }`, at the beginning 0 and 1.
  public var state: ParameterStructure {
    let mean = Parameter(shape: [features], role: .bias), variance = Parameter(shape: [features], role: .scale)
    return .named([("running_mean", .parameter(mean)), ("running_var", .parameter(variance))])
  }

  /// The shape of x.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    guard x.rank >= 2, x.shape[1] == features else {
      throw .invalid("batchnorm", "expected [n, \(features)] or [n, \(features), height, width], got \(x.shape)")
    }
    let x = try x.floating()
    var sizes = [Int](repeating: 1, count: x.rank - 1)
    sizes[0] = features
    let channels = Shape(sizes)
    let scale = try isAffine ? parameters[parameters.startIndex + 1].reshaped(channels) : nil
    let shift = try isAffine ? parameters[parameters.startIndex].reshaped(channels) : nil
    let running = try context.takeState(state, x.dtype)
    guard context.isTraining else {
      context.leaveState(running)
      let centred = try x - running[0].reshaped(channels)
      return try Normalization.scaled(centred, by: running[1].reshaped(channels), eps, scale, shift)
    }
    let count = features == 0 ? 0 : x.count / features
    guard count > 1 else {
      throw .invalid("batchnorm", "training needs more than one value a feature to have a variance, got \(x.shape)")
    }
    let axes = x.allAxes.filter { $0 != 1 }
    let (value, mean, variance) = try Normalization.apply(x, over: axes, eps: eps, scale: scale, shift: shift)
    let unbiased = momentum * Double(count) / Double(count - 1)
    func moved(_ old: Tensor, _ new: Tensor, _ share: Double) throws(TensorError) -> Tensor {
      let kept = try old * .number(1 - momentum, meeting: old, in: "mul")
      return try (kept + new * .number(share, meeting: new, in: "mul")).cast(to: old.dtype)
    }
    context.leaveState([try moved(running[0], mean, momentum), try moved(running[1], variance, unbiased)])
    return value
  }
}

/// Layer normalisation (Ba, Kiros & Hinton 2016) over the last dimensions, which have the sizes `shape`.
public struct LayerNorm: Layer {
  let shape: Shape
  let eps: Double
  let isAffine: Bool

  /// - Parameters:
  ///   - shape: sizes of the dimensions over which mean and variance are taken.
  ///   - eps: what is added to the variance.
  ///   - affine: whether there are weight and bias.
  public init(_ shape: Shape, eps: Double = 1e-5, affine: Bool = true) {
    (self.shape, self.eps, isAffine) = (shape, eps, affine)
  }

  /// `{ bias = shape, weight = shape }`
  public var structure: ParameterStructure { Normalization.structure(shape, affine: isAffine) }

  /// The shape of x.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    guard x.rank >= shape.rank, x.shape.suffix(shape.rank).elementsEqual(shape) else {
      throw .invalid("layernorm", "expected an input whose last sizes are \(shape), got \(x.shape)")
    }
    let axes = Array((x.rank - shape.rank)..<x.rank)
    return try Normalization.apply(
      x.floating(), over: axes, eps: eps, scale: isAffine ? parameters[parameters.startIndex + 1] : nil,
      shift: isAffine ? parameters[parameters.startIndex] : nil
    ).value
  }
}

/// Group normalisation (Wu & He 2018) of x [n, channels, ..]: over the channels of one group and all places, for each example.
public struct GroupNorm: Layer {
  let groups: Int
  let channels: Int
  let eps: Double
  let isAffine: Bool

  /// - Parameters:
  ///   - groups: how many groups; divides `channels`.
  ///   - channels: size of dimension 2 of x.
  ///   - eps: what is added to the variance.
  ///   - affine: whether there are weight and bias, one number a channel.
  public init(_ groups: Int, _ channels: Int, eps: Double = 1e-5, affine: Bool = true) {
    precondition(channels % groups == 0)
    (self.groups, self.channels, self.eps, isAffine) = (groups, channels, eps, affine)
  }

  /// `{ bias = [channels], weight = [channels] }`
  public var structure: ParameterStructure { Normalization.structure([channels], affine: isAffine) }

  /// The shape of x.
  public func callAsFunction(_ parameters: ArraySlice<Tensor>, _ x: Tensor, _ context: inout LayerContext) throws(TensorError)
    -> Tensor
  {
    guard x.rank >= 2, x.shape[1] == channels else {
      throw .invalid("groupnorm", "expected [n, \(channels), ..], got \(x.shape)")
    }
    let places = x.shape.dropFirst(2).reduce(1, *)
    let grouped = try x.floating().reshaped([x.shape[0], groups, channels / groups, places])
    func perChannel(_ place: Int) throws(TensorError) -> Tensor? {
      guard isAffine else { return nil }
      return try parameters[parameters.startIndex + place].reshaped([1, groups, channels / groups, 1])
    }
    return try Normalization.apply(grouped, over: [2, 3], eps: eps, scale: perChannel(1), shift: perChannel(0)).value
      .reshaped(x.shape)
  }
}
