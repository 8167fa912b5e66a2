import Autodiff

/// log Σⱼ exp(zⱼ) − z_y: the negative log-likelihood of the label under softmax, stable for logits of any size.
///
/// - Parameters:
///   - logits: z, [..., C].
///   - target: labels 1..C, [...], of any number type; or a distribution over the classes, [..., C].
///   - smoothing: ε in [0, 1): the target becomes (1 − ε) target + ε/C (Szegedy et al. 2016).
/// - Throws: `TensorError.invalid` for shapes that do not fit and labels outside 1..C.
public func crossEntropy(_ logits: Tensor, _ target: Tensor, smoothing: Double = 0, _ reduction: LossReduction = .mean)
  throws(TensorError) -> Tensor
{
  let name = "cross_entropy"
  guard logits.rank > 0 else { throw .invalid(name, "expected logits [..., classes], got a scalar") }
  let last = logits.rank - 1
  let classes = logits.shape[last]
  // Taken after the largest logit was subtracted, so that a constant in all logits costs no digits.
  let logs = try logits.logSoftmax(last)
  var losses: Tensor
  if target.shape == logits.shape {
    // A class that can't be, with logit −∞, costs nothing where it is not asked for.
    let zero = try Tensor.scalar(0, target.dtype)
    let isAbsent = try and(equal(target, zero), equal(logs, .scalar(-.infinity, logs.dtype)))
    losses = try -(target * select(isAbsent, .scalar(0, logs.dtype), logs)).sum([last])
  } else {
    guard target.shape == logits.shape.removing(last) else {
      throw .invalid(
        name, "expected labels of shape \(logits.shape.removing(last)) for logits \(logits.shape), got \(target.shape)")
    }
    let labels = try classLabels(target, classes: classes, operation: name)
    let positions = try labels.reshaped(labels.shape.inserting(1, at: last)) - .scalar(1, .int32)
    losses = try -logs.taking(positions).reshaped(target.shape)
  }
  if smoothing > 0 {
    let (kept, spread) = (try Tensor.scalar(1 - smoothing, logs.dtype), try Tensor.scalar(smoothing, logs.dtype))
    losses = try kept * losses - spread * logs.mean([last])
  }
  return try reduction(losses)
}

/// Labels of any number type as int32, checked to be whole numbers in 1...classes wherever their values are known, under vmap those of all
/// lanes. Where the number of classes is not known (nil) they are whole numbers from 1 on.
public func classLabels(_ labels: Tensor, classes: Int?, operation: String) throws(TensorError) -> Tensor {
  let largest = Double(classes ?? Int(Int32.max))
  if let values = try labels.numbersOfAllLanes()?.doubles(),
    let wrong = values.firstIndex(where: { !($0 >= 1 && $0 <= largest && $0 == $0.rounded()) })
  {
    let expected = classes.map { "one of 1..\($0)" } ?? "a whole number from 1 on"
    throw .invalid(operation, "label \(values[wrong]) at position \(wrong + 1) is not \(expected)")
  }
  return try labels.cast(to: .int32)
}
