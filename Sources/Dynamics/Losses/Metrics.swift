import Autodiff

/// Measures of predictions; none is differentiated.

/// The share of examples whose largest logit is at the label: logits [n, C], labels 1..C of shape [n]. The first of equal ones counts; a
/// NaN is never at its place.
public func accuracy(_ logits: Tensor, _ labels: Tensor) throws(TensorError) -> Double {
  try share(of: correctness(logits, labels), "accuracy")
}

/// Which examples have their largest logit at the label: bool [n].
public func correctness(_ logits: Tensor, _ labels: Tensor) throws(TensorError) -> Tensor {
  try isAmongLargest(1, logits, positions(logits, labels, "accuracy"))
}

/// The share of examples whose label is among the k largest logits; of equal ones the first count, a NaN never does.
/// - Throws: `TensorError.invalid` unless k is in 1..C.
public func topAccuracy(_ logits: Tensor, _ labels: Tensor, _ k: Int) throws(TensorError) -> Double {
  let name = "topk_accuracy"
  let known = try positions(logits, labels, name)
  guard k >= 1, k <= logits.shape[1] else {
    throw .invalid(name, "k is \(k), expected one of 1..\(logits.shape[1]), the number of classes")
  }
  return try share(of: isAmongLargest(k, logits, known), name)
}

// Fewer than k logits stand before the one at the position: larger ones, equal ones further left, and NaNs, whose place is unknown.
private func isAmongLargest(_ k: Int, _ logits: Tensor, _ positions: Tensor) throws(TensorError) -> Tensor {
  let columns = try positions.reshaped([positions.count, 1])
  let own = try logits.taking(columns)
  let order = try Tensor(.sequence(logits.shape[1], from: 0, by: 1, .int32))
  let before = try or(not(lessOrEqual(logits, own)), and(equal(logits, own), less(order, columns)))
  return try less(before.sum([1]), .scalar(Double(k), .int32))
}

private func share(of flags: Tensor, _ operation: String) throws(TensorError) -> Double {
  try flags.cast(to: .float64).mean([0]).numbers(for: operation).double(at: 0)
}

/// How many examples of class i are predicted as class j, the first of their largest logits: int32 [C, C], rows true.
public func confusionMatrix(_ logits: Tensor, _ labels: Tensor) throws(TensorError) -> Tensor {
  let name = "confusion"
  let known = try positions(logits, labels, name)
  let classes = logits.shape[1]
  let guessed = try logits.argExtremum(largest: true, axis: 1)
  let cells = try known * .scalar(Double(classes), .int32) + guessed
  let counts = try Tensor(.full(known.shape, 1, .int32)).scattered(cells, axis: 0, size: classes * classes)
  return Tensor(try counts.reshaped([classes, classes]).numbers(for: name))
}

/// The coefficient of determination R² = 1 − Σ(y − ŷ)²/Σ(y − ȳ)², ȳ the mean over the examples, which are the first dimension; both sums
/// are over all elements, in float64. Where the target is constant it is 1 for an exact prediction and −∞ for others.
/// - Throws: `TensorError.invalid` when the shapes differ, or without examples.
public func determination(_ prediction: Tensor, _ target: Tensor) throws(TensorError) -> Double {
  let name = "r2"
  try requireEqualShapes(prediction, target, name)
  guard target.rank > 0, target.shape[0] > 0 else {
    throw .invalid(name, "expected examples along the first dimension, got the shape \(target.shape)")
  }
  let (y, guess) = (try target.cast(to: .float64), try prediction.cast(to: .float64))
  let residual = try square(y - guess).sum().numbers(for: name).double(at: 0)
  let spread = try square(y - y.mean([0])).sum().numbers(for: name).double(at: 0)
  return residual == 0 ? 1 : 1 - residual / spread
}

// Labels as positions from 0.
private func positions(_ logits: Tensor, _ labels: Tensor, _ operation: String) throws(TensorError) -> Tensor {
  guard logits.rank == 2, labels.shape == logits.shape.removing(1) else {
    throw .invalid(operation, "expected logits [n, classes] and labels [n], got \(logits.shape) and \(labels.shape)")
  }
  return try classLabels(labels, classes: logits.shape[1], operation: operation) - .scalar(1, .int32)
}
