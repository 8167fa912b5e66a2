import Autodiff
import LuaHost

/// Sorting and what follows from it: positions in the order, the k largest, medians and quantiles.
extension Library {
  func installOrdering() throws {
    try defineMember("sort") { [unowned self] call in
      let (values, positions) = try sorted(call)
      return try call.push(values, self) + call.push(positions.countedFromOne(), self)
    }
    try defineMember("argsort") { [unowned self] call in
      try call.push(sorted(call).positions.countedFromOne(), self)
    }
    try defineMember("topk") { [unowned self] call in
      let given = try call.tensor(1, self)
      let x = try given.countable()
      let k = try call.integer(2)
      let (axis, options) = try axisAndOptions(call, 3, of: x, known: ["largest"])
      guard (0...x.shape[axis]).contains(k) else {
        throw call.error("\(k) elements of dimension \(axis + 1), which has size \(x.shape[axis])", .argument)
      }
      let (values, positions) = try x.sorted(axis, descending: options.bool("largest") ?? true)
      return try call.push(values.slice(axis, from: 0, count: k).cast(to: given.dtype), self)
        + call.push(positions.slice(axis, from: 0, count: k).countedFromOne(), self)
    }
    try defineMember("median") { [unowned self] call in
      let x = try call.tensor(1, self)
      let axes = try ReducedAxes(call, at: 2, of: x, self)
      let (values, positions) = try x.median(axes.axes)
      let count = try call.push(axes.finished(values), self)
      return try axes.isSingle ? count + call.push(axes.finished(positions).countedFromOne(), self) : count
    }
    try defineMember("quantile") { [unowned self] call in
      let x = try call.tensor(1, self)
      let (fractions, isOne) = try fractions(call, 2)
      let axes = try ReducedAxes(call, at: 3, of: x, known: ["method"], self)
      let method = try axes.options.choice("method", ["linear", "nearest"]) ?? "linear"
      let results = try x.quantiles(fractions, axes.axes, nearest: method == "nearest").map { try axes.finished($0) }
      return try call.push(isOne ? results[0] : stack(results, axis: 0), self)
    }
  }

  // x:sort(), x:sort(dimension), x:sort({descending = true}), x:sort(dimension, {descending = true})
  private func sorted(_ call: LuaCall) throws -> (values: Tensor, positions: Tensor) {
    let x = try call.tensor(1, self)
    let (axis, options) = try axisAndOptions(call, 2, of: x, known: ["descending"])
    let (values, positions) = try x.countable().sorted(axis, descending: options.bool("descending") ?? false)
    return (try values.cast(to: x.dtype), positions)
  }

  private func axisAndOptions(_ call: LuaCall, _ index: Int, of x: Tensor, known: [String]) throws -> (Int, Options) {
    let hasOptions = call.isOptions(index)
    try call.expect(1...(hasOptions ? index : index + 1))
    let options = try Options(call, hasOptions ? index : index + 1, known: known, self)
    return (try hasOptions ? call.axis(-1, rank: x.rank) : call.axis(at: index, of: x, absent: -1), options)
  }

  // One fraction, or several in a table or a tensor.
  private func fractions(_ call: LuaCall, _ index: Int) throws -> ([Double], isOne: Bool) {
    var fractions: [Double]
    var isOne = false
    if let tensor = tensors.value(on: call.stack, at: index) {
      fractions = try tensor.numbers(for: call.name).doubles()
      isOne = tensor.rank == 0
    } else if call.type(index) == .table {
      fractions = try call.read(index, as: [Double].self)
    } else {
      fractions = [try call.number(index)]
      isOne = true
    }
    guard !fractions.isEmpty else { throw call.error("expected at least one fraction", .argument) }
    if let wrong = fractions.first(where: { !(0...1).contains($0) }) {
      throw call.error("a fraction must be between 0 and 1, got \(wrong)", .argument)
    }
    return (fractions, isOne)
  }
}
