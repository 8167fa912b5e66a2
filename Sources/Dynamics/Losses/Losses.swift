import Autodiff

/// How the losses of the examples become one number.
public enum LossReduction: String, CaseIterable, Sendable {
  /// Their mean; the default everywhere.
  case mean
  /// Their sum.
  case sum
  /// None: one value an example (mse: one an element).
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
  guard prediction.shape == target.shape else {
    throw .invalid("mse", "the prediction has shape \(prediction.shape) and the target \(target.shape); they must be equal")
  }
  return try reduction(square(prediction - target))
}

/// log Σⱼ exp(zⱼ) − z_y: the negative log-likelihood of the label under softmax, stable for logits of any size.
///
/// - Parameters:
///   - logits: z, [..., C].
///   - target: labels 1..C, [...], of any number type; or a distribution over the classes, [..., C].
/// - Throws: `TensorError.invalid` for shapes that do not fit and labels outside 1..C.
public func crossEntropy(_ logits: Tensor, _ target: Tensor, _ reduction: LossReduction = .mean) throws(TensorError) -> Tensor {
  let name = "cross_entropy"
  guard logits.rank > 0 else { throw .invalid(name, "expected logits [..., classes], got a scalar") }
  let last = logits.rank - 1
  let classes = logits.shape[last]
  if target.shape == logits.shape {
    return try reduction(-(target * logits.logSoftmax(last)).sum([last]))
  }
  guard target.shape == logits.shape.removing(last) else {
    throw .invalid(name, "expected labels of shape \(logits.shape.removing(last)) for logits \(logits.shape), got \(target.shape)")
  }
  let labels = try classLabels(target, classes: classes, operation: name)
  let positions = try labels.reshaped(labels.shape.inserting(1, at: last)) - .scalar(1, .int32)
  // Taken after the largest logit was subtracted, so that a constant in all logits costs no digits.
  return try reduction(-logits.logSoftmax(last).taking(positions).reshaped(target.shape))
}

/// Labels as int32, checked to be whole numbers in 1...classes wherever their values are known, under vmap those of all lanes.
func classLabels(_ labels: Tensor, classes: Int, operation: String) throws(TensorError) -> Tensor {
  if let values = try labels.numbersOfAllLanes()?.doubles(),
    let wrong = values.firstIndex(where: { !($0 >= 1 && $0 <= Double(classes) && $0 == $0.rounded()) })
  {
    throw .invalid(operation, "label \(values[wrong]) at position \(wrong + 1) is not one of 1..\(classes)")
  }
  return try labels.cast(to: .int32)
}
