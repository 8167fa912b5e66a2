import Autodiff
import Dynamics
import LuaHost

/// `eb.loss` and `eb.metrics`: (prediction, target[, {reduction = "mean" | "sum" | "none"}]).
extension Library {
  func installLosses() throws {
    let losses = try module("loss")
    try defineLoss("mse", in: losses) { _, _ in meanSquaredError }
    try defineLoss("binary_cross_entropy", in: losses) { _, _ in binaryCrossEntropy }
    try defineLoss("logistic", in: losses) { _, _ in logisticLoss }
    try defineLoss("hinge", in: losses) { _, _ in hingeLoss }
    try defineLoss("huber", in: losses, options: ["delta"]) { call, options in
      let delta = try options.number("delta") ?? 1
      guard delta > 0, delta.isFinite else {
        throw call.error("option 'delta': expected a positive number, got \(delta)", .argument)
      }
      return { (prediction, target, reduction) throws(TensorError) in
        try huberLoss(prediction, target, delta: delta, reduction)
      }
    }
    try defineLoss("cross_entropy", in: losses, options: ["label_smoothing"]) { call, options in
      let smoothing = try options.number("label_smoothing") ?? 0
      guard smoothing >= 0, smoothing < 1 else {
        throw call.error("option 'label_smoothing': expected a number in [0, 1), got \(smoothing)", .argument)
      }
      return { (logits, target, reduction) throws(TensorError) in
        try crossEntropy(logits, target, smoothing: smoothing, reduction)
      }
    }
  }

  func installMetrics() throws {
    let metrics = try module("metrics")
    try define("accuracy", in: metrics) { [unowned self] call in
      try call.push(accuracy(call.tensor(1, self), call.tensor(2, self)))
    }
    try define("topk_accuracy", in: metrics) { [unowned self] call in
      try call.push(topAccuracy(call.tensor(1, self), call.tensor(2, self), call.integer(3)))
    }
    try define("confusion", in: metrics) { [unowned self] call in
      try call.push(confusionMatrix(call.tensor(1, self), call.tensor(2, self)), self)
    }
    try define("r2", in: metrics) { [unowned self] call in
      try call.push(determination(call.tensor(1, self), call.tensor(2, self)))
    }
  }

  private typealias Loss = (Tensor, Tensor, LossReduction) throws(TensorError) -> Tensor

  // `loss` gets the options besides `reduction`.
  private func defineLoss(
    _ name: String, in module: LuaTable, options known: [String] = [],
    _ loss: @escaping (LuaCall, Options) throws -> Loss
  ) throws {
    try define(name, in: module) { [unowned self] call in
      let options = try Options(call, 3, known: ["reduction"] + known, self, allNamed: true)
      let reduction = LossReduction(rawValue: try options.choice("reduction", LossReduction.allCases.map(\.rawValue)) ?? "mean")!
      let function = try loss(call, options)
      return try call.push(function(prediction(call, for: name), call.tensor(2, self), reduction), self)
    }
  }
}
