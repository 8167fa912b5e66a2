import Autodiff
import LuaHost

/// Combining elements: over all of them (`x:sum()`), along one dimension (`x:sum(2)`) or several (`x:sum({1, 2})`).
extension Library {
  func installReductions() throws {
    try defineReduction("sum") { x, axes in try x.sum(axes.axes) }
    try defineReduction("mean") { x, axes in try x.mean(axes.axes) }
    try defineReduction("prod") { x, axes in try x.product(axes.axes) }
    try defineReduction("all") { x, axes in try x.quantified(universal: true, axes.axes) }
    try defineReduction("any") { x, axes in try x.quantified(universal: false, axes.axes) }
    try defineReduction("logsumexp") { x, axes in try x.logSumExp(axes.axes) }
    try defineReduction("var", ["correction"]) { x, axes in
      try x.variance(axes.axes, correction: axes.options.number("correction") ?? 0)
    }
    try defineReduction("std", ["correction"]) { x, axes in
      try sqrt(x.variance(axes.axes, correction: axes.options.number("correction") ?? 0))
    }
    try defineExtremum("max", largest: true)
    try defineExtremum("min", largest: false)
    try installNorm()
    try installScans()
  }

  private func defineReduction(
    _ name: String, _ known: [String] = [], _ body: @escaping (Tensor, ReducedAxes) throws -> Tensor
  ) throws {
    try defineMember(name) { [unowned self] call in
      let x = try call.tensor(1, self)
      let axes = try ReducedAxes(call, at: 2, of: x, known: known, self)
      return try call.push(axes.finished(body(x, axes)), self)
    }
  }

  // max and min give the values, and along one dimension also where they stand; argmax and argmin only that.
  private func defineExtremum(_ name: String, largest: Bool) throws {
    try defineMember(name) { [unowned self] call in
      let given = try call.tensor(1, self)
      let x = try given.countable()
      if tensors.value(on: call.stack, at: 2) != nil {
        throw call.error(
          "expected a dimension, got a tensor (use \(name)imum for the \(name == "max" ? "larger" : "smaller") of two)", .argument)
      }
      let axes = try ReducedAxes(call, at: 2, of: x, self)
      let values = try axes.finished(x.extremum(largest: largest, axes.axes)).cast(to: given.dtype)
      guard axes.isSingle else { return try call.push(values, self) }
      let positions = try axes.finished(x.argExtremum(largest: largest, axis: axes.axes[0]))
      return try call.push(values, self) + call.push(positions.countedFromOne(), self)
    }
    try defineMember("arg" + name) { [unowned self] call in
      let x = try call.tensor(1, self).countable()
      if call.isNil(2), call.count < 3 {
        return try call.push(x.reshaped([x.count]).argExtremum(largest: largest, axis: 0).countedFromOne(), self)
      }
      let axes = try ReducedAxes(call, at: 2, of: x, self)
      guard axes.axes.count == 1 else { throw call.error("expected one dimension, or none for all elements", .argument) }
      return try call.push(axes.finished(x.argExtremum(largest: largest, axis: axes.axes[0])).countedFromOne(), self)
    }
  }

  // norm(), norm(p), norm(p, dimension, {keepdims = true})
  private func installNorm() throws {
    try defineMember("norm") { [unowned self] call in
      let x = try call.tensor(1, self)
      let hasOptions = call.isOptions(2)
      let p = try hasOptions ? 2 : call.optionalNumber(2) ?? 2
      guard p >= 0 else { throw call.error("p must not be negative (math.huge for the largest |x|), got \(p)", .argument) }
      let axes = try ReducedAxes(call, at: hasOptions ? 2 : 3, of: x, self)
      return try call.push(axes.finished(x.norm(p, axes.axes)), self)
    }
  }

  // Functions that keep the shape and run along one dimension, the last by default.
  private func installScans() throws {
    let scans: [(String, (Tensor, Int) throws(TensorError) -> Tensor)] = [
      ("cumsum", { (x, axis) throws(TensorError) in try x.cumulativeSum(axis) }),
      ("softmax", { (x, axis) throws(TensorError) in try x.softmax(axis) }),
      ("log_softmax", { (x, axis) throws(TensorError) in try x.logSoftmax(axis) }),
    ]
    for (name, body) in scans {
      try defineMember(name, upTo: 2) { x, call in try body(x, call.axis(at: 2, of: x, absent: -1)) }
    }
  }
}

extension Tensor {
  /// Positions from 0 as users count them.
  func countedFromOne() throws(TensorError) -> Tensor { try self + Tensor.scalar(1, .int32) }

  /// This tensor, or int32 instead of bool: an order needs numbers.
  func countable() throws(TensorError) -> Tensor { dtype == .bool ? try cast(to: .int32) : self }
}
