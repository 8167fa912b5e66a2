import Autodiff

/// How the losses of the examples become one number.
public enum LossReduction: String, CaseIterable, Sendable {
  /// Their mean; the default everywhere.
  case mean
  /// Their sum.
  case sum
  /// None: one value an example (of element-wise losses one an element).
  case none

  func callAsFunction(_ losses: Tensor) throws(TensorError) -> Tensor {
    switch self {
    case .mean: try losses.mean(losses.allAxes)
    case .sum: try losses.sum()
    case .none: losses
    }
  }
}

/// (prediction − target)², over all elements.
/// - Throws: `TensorError.invalid` when the shapes differ: broadcasting [n] against [n, 1] is the classic silent mistake.
public func meanSquaredError(_ prediction: Tensor, _ target: Tensor, _ reduction: LossReduction = .mean)
  throws(TensorError) -> Tensor
{
  try requireEqualShapes(prediction, target, "mse")
  return try reduction(square(prediction - target))
}

/// r²/2 for a residual r = prediction − target of |r| ≤ δ, else δ(|r| − δ/2), element by element (Huber 1964).
///
/// The first derivative is continuous; the second is 1 up to and at |r| = δ and 0 beyond.
/// - Parameter delta: δ > 0, where the parabola goes over into lines; 1 by default.
/// - Throws: `TensorError.invalid` when the shapes differ.
public func huberLoss(_ prediction: Tensor, _ target: Tensor, delta: Double = 1, _ reduction: LossReduction = .mean)
  throws(TensorError) -> Tensor
{
  try requireEqualShapes(prediction, target, "huber")
  let residual = try (prediction - target).floating()
  let size = try abs(residual)
  let isInside = try lessOrEqual(size, .scalar(delta, residual.dtype))
  // The parabola never sees a residual so large that its square overflows.
  let near = try select(isInside, residual, .scalar(0, residual.dtype))
  let line = try delta * (size - .scalar(delta / 2, residual.dtype))
  return try reduction(select(isInside, 0.5 * square(near), line))
}

/// Throws unless prediction and target of an element-wise loss have the same shape.
func requireEqualShapes(_ prediction: Tensor, _ target: Tensor, _ operation: String) throws(TensorError) {
  guard prediction.shape == target.shape else {
    throw .invalid(
      operation, "the prediction has shape \(prediction.shape) and the target \(target.shape); they must be equal")
  }
}
