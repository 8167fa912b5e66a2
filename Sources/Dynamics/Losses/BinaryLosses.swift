import Autodiff

/// Losses of two classes, from one number a prediction: the larger, the more the first class is believed. Element by element; prediction
/// and target have the same shape, and targets are checked wherever their values are known, under vmap those of all lanes.

/// −y log σ(z) − (1 − y) log(1 − σ(z)) for logits z and targets y in [0, 1], as y softplus(−z) + (1 − y) softplus(z): nothing cancels or
/// overflows, whatever the size of z.
/// - Throws: `TensorError.invalid` when the shapes differ or a target is outside [0, 1].
public func binaryCrossEntropy(_ logits: Tensor, _ target: Tensor, _ reduction: LossReduction = .mean) throws(TensorError) -> Tensor
{
  let name = "binary_cross_entropy"
  try requireEqualShapes(logits, target, name)
  try requireTargets(target, name, "in 0..1 (labels -1 and 1 are for logistic)") { (y) throws(TensorError) in
    try and(greaterOrEqual(y, .scalar(0, .float64)), lessOrEqual(y, .scalar(1, .float64)))
  }
  let z = try logits.floating()
  let y = target.dtype.isFloat ? target : try target.cast(to: z.dtype)
  return try reduction(y * softplus(-z) + (.scalar(1, y.dtype) - y) * softplus(z))
}

/// log(1 + exp(−y z)) for predictions z and labels y = ±1.
/// - Throws: `TensorError.invalid` when the shapes differ or a label is neither −1 nor 1.
public func logisticLoss(_ prediction: Tensor, _ target: Tensor, _ reduction: LossReduction = .mean) throws(TensorError) -> Tensor {
  try reduction(softplus(-margins(prediction, target, "logistic")))
}

/// max(0, 1 − y z) for predictions z and labels y = ±1 (Cortes & Vapnik 1995). Its slope at the margin y z = 1 is 0.
/// - Throws: `TensorError.invalid` when the shapes differ or a label is neither −1 nor 1.
public func hingeLoss(_ prediction: Tensor, _ target: Tensor, _ reduction: LossReduction = .mean) throws(TensorError) -> Tensor {
  let margin = try margins(prediction, target, "hinge")
  return try reduction(relu(.scalar(1, margin.dtype) - margin))
}

// y z.
private func margins(_ prediction: Tensor, _ target: Tensor, _ name: String) throws(TensorError) -> Tensor {
  try requireEqualShapes(prediction, target, name)
  try requireTargets(target, name, "-1 or 1 (targets 0..1 are for binary_cross_entropy)") { (y) throws(TensorError) in
    try equal(abs(y), .scalar(1, .float64))
  }
  return try target * prediction.floating()
}

private func requireTargets(
  _ target: Tensor, _ operation: String, _ expected: String, _ isGood: (Tensor) throws(TensorError) -> Tensor
) throws(TensorError) {
  guard let known = target.numbersOfAllLanes() else { return }
  let good = try isGood(Tensor(known))
  if try good.quantified(universal: true, good.allAxes).numbers(for: operation).double(at: 0) == 1 { return }
  let wrong = try good.numbers(for: operation).doubles().firstIndex(of: 0)!
  throw .invalid(operation, "target \(try known.doubles()[wrong]) at position \(wrong + 1) is not \(expected)")
}
