import Autodiff

/// The share of examples whose largest logit is at the label: logits [n, C], labels 1..C of shape [n].
public func accuracy(_ logits: Tensor, _ labels: Tensor) throws(TensorError) -> Double {
  let right = try correctness(logits, labels)
  return try right.mean(right.allAxes).numbers(for: "accuracy").double(at: 0)
}

/// Which examples have their largest logit at the label: bool [n].
public func correctness(_ logits: Tensor, _ labels: Tensor) throws(TensorError) -> Tensor {
  guard logits.rank == 2, labels.shape == logits.shape.removing(1) else {
    throw .invalid("accuracy", "expected logits [n, classes] and labels [n], got \(logits.shape) and \(labels.shape)")
  }
  let known = try classLabels(labels, classes: logits.shape[1], operation: "accuracy")
  return try equal(logits.argExtremum(largest: true, axis: 1), known - .scalar(1, .int32))
}
