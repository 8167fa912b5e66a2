import Autodiff
import Dynamics
import LuaHost

/// `eb.loss` and `eb.metrics`: (prediction, target[, {reduction = "mean" | "sum" | "none"}]).
extension Library {
  func installLosses() throws {
    let losses = try module("loss")
    try defineLoss("mse", in: losses, meanSquaredError)
    try defineLoss("cross_entropy", in: losses, crossEntropy)
    let metrics = try module("metrics")
    try define("accuracy", in: metrics) { [unowned self] call in
      try call.push(accuracy(call.tensor(1, self), call.tensor(2, self)))
    }
  }

  private func defineLoss(
    _ name: String, in module: LuaTable,
    _ loss: @escaping (Tensor, Tensor, LossReduction) throws(TensorError) -> Tensor
  ) throws {
    try define(name, in: module) { [unowned self] call in
      let options = try Options(call, 3, known: ["reduction"], self, allNamed: true)
      let reduction = LossReduction(rawValue: try options.choice("reduction", LossReduction.allCases.map(\.rawValue)) ?? "mean")!
      return try call.push(loss(call.tensor(1, self), call.tensor(2, self), reduction), self)
    }
  }
}
