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
      let x = try call.tensor(1, self).countable()
      let k = try call.integer(2)
      let (axis, options) = try axisAndOptions(call, 3, of: x, known: ["largest"])
      guard (0...x.shape[axis]).contains(k) else {
        throw call.error("\(k) elements of dimension \(axis + 1), which has size \(x.shape[axis])", .argument)
      }
      let (values, positions) = try x.sorted(axis, descending: options.bool("largest") ?? true)
      return try call.push(values.slice(axis, from: 0, count: k), self)
        + call.push(positions.slice(axis, from: 0, count: k).countedFromOne(), self)
    }
    try defineMember("median") { [unowned self] call in
      let x = try call.tensor(1, self)
      let axes = try ReducedAxes(call, at: 2, of: x, self)
      let rows = try x.countable().gatheringRows(axes.axes)
      guard rows.shape[0] > 0 else { throw call.error("no elements in a tensor of shape \(x.shape)", .argument) }
      let (values, positions) = try rows.floating().sorted(0, descending: false)
      let (low, high) = ((rows.shape[0] - 1) / 2, rows.shape[0] / 2)
      let lower = try values.selecting(low, axis: 0)
      let middle = try low == high ? lower : 0.5 * (lower + values.selecting(high, axis: 0))
      let count = try call.push(axes.finished(middle.poisoned(by: values)), self)
      guard axes.isSingle else { return count }
      return try count + call.push(axes.finished(positions.selecting(low, axis: 0)).countedFromOne(), self)
    }
    try defineMember("quantile") { [unowned self] call in
      let x = try call.tensor(1, self)
      let (fractions, isOne) = try fractions(call, 2)
      let axes = try ReducedAxes(call, at: 3, of: x, known: ["method"], self)
      let method = try axes.options.choice("method", ["linear", "nearest"]) ?? "linear"
      let rows = try x.countable().gatheringRows(axes.axes)
      guard rows.shape[0] > 0 else { throw call.error("no elements in a tensor of shape \(x.shape)", .argument) }
      let (values, _) = try rows.floating().sorted(0, descending: false)
      var results: [Tensor] = []
      for fraction in fractions {
        results.append(try axes.finished(values.quantile(fraction, nearest: method == "nearest").poisoned(by: values)))
      }
      return try call.push(isOne ? results[0] : stack(results, axis: 0), self)
    }
  }

  // x:sort(), x:sort(dimension), x:sort({descending = true}), x:sort(dimension, {descending = true})
  private func sorted(_ call: LuaCall) throws -> (values: Tensor, positions: Tensor) {
    let x = try call.tensor(1, self).countable()
    let (axis, options) = try axisAndOptions(call, 2, of: x, known: ["descending"])
    return try x.sorted(axis, descending: options.bool("descending") ?? false)
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

extension Tensor {
  /// The elements of `axes` as rows of one leading dimension: [n, remaining dimensions…].
  fileprivate func gatheringRows(_ axes: [Int]) throws(TensorError) -> Tensor {
    let kept = shape.indices.filter { !axes.contains($0) }
    let n = axes.reduce(1) { $0 * shape[$1] }
    return try permuted(axes + kept).reshaped(Shape([n] + kept.map { shape[$0] }))
  }

  /// Of sorted rows the one at fraction q: between neighbours by the straight line, or the nearest (ties to the even rank, as NumPy).
  fileprivate func quantile(_ q: Double, nearest: Bool) throws(TensorError) -> Tensor {
    let place = q * Double(shape[0] - 1)
    if nearest { return try selecting(Int(place.rounded(.toNearestOrEven)), axis: 0) }
    let low = Int(place.rounded(.down))
    let share = place - Double(low)
    let lower = try selecting(low, axis: 0)
    if share == 0 { return lower }
    return try lower + share * (selecting(low + 1, axis: 0) - lower)
  }

  /// NaN where the sorted rows end in one: they stand last and would go unnoticed.
  fileprivate func poisoned(by rows: Tensor) throws(TensorError) -> Tensor {
    let last = try rows.selecting(rows.shape[0] - 1, axis: 0)
    return try select(isNaN(last), last, self)
  }
}
