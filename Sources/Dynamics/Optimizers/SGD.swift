import Autodiff

/// Gradient descent with optional momentum, in the three conventions that differ in their stability thresholds.
///
///     plain       v ← β v + g            p ← p − η v            stable on curvature λ while η λ < 2 + 2β
///     nesterov    v ← β v + g            p ← p − η (g + β v)    while η λ < (2 + 2β)/(1 + 2β)
///     ema         m ← β m + (1 − β) g    p ← p − η m            while η λ < (2 + 2β)/(1 − β)
///
/// The first two are PyTorch's `SGD` (dampening 0); the third is Adam's first moment. With β = 0 all are p ← p − η g.
public struct SGD: Sendable {
  /// Which momentum rule applies.
  public enum Momentum: Sendable {
    case plain, nesterov, ema
  }

  /// The step size η.
  public var learningRate: Double
  /// β in [0, 1).
  public var momentum: Double
  /// The momentum rule.
  public var convention: Momentum
  /// λ of the decay that is added to the gradient: g + λ p.
  public var weightDecay: Double

  /// Plain gradient descent unless told otherwise.
  public init(learningRate: Double, momentum: Double = 0, convention: Momentum = .plain, weightDecay: Double = 0) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.convention = convention
    self.weightDecay = weightDecay
  }

  /// Whether the rule keeps a buffer for each parameter.
  public var hasBuffers: Bool { momentum != 0 }

  /// One step for one tensor: the new parameter and, with momentum, the new buffer.
  public func step(_ p: Tensor, _ gradient: Tensor, buffer v: Tensor?) throws(TensorError) -> (Tensor, Tensor?) {
    let g = weightDecay == 0 ? gradient : try gradient + weightDecay * p
    guard momentum != 0, let v else { return (try p - learningRate * g, nil) }
    switch convention {
    case .plain:
      let moved = try momentum * v + g
      return (try p - learningRate * moved, moved)
    case .nesterov:
      let moved = try momentum * v + g
      return (try p - learningRate * (g + momentum * moved), moved)
    case .ema:
      let moved = try momentum * v + (1 - momentum) * g
      return (try p - learningRate * moved, moved)
    }
  }
}
