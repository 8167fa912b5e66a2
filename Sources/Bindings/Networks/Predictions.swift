import Autodiff
import LuaHost

/// What a loss function of the user hands to the losses of `eb.loss`, as its model's predictions: seen, or replaced by others, while that
/// function runs. This parts loss(model(p)) in two without the user having to write it in two.
final class Predictions {
  /// What the losses were given, in the order of the calls.
  private(set) var seen: [Tensor] = []
  /// Which losses they were.
  private(set) var losses: [String] = []
  private let replacements: [Tensor]?

  /// - Parameter replacements: what the losses get instead; nil leaves what they were given.
  init(replacements: [Tensor]? = nil) { self.replacements = replacements }

  fileprivate func pass(_ prediction: Tensor, to loss: String) throws(TensorError) -> Tensor {
    let place = seen.count
    seen.append(prediction)
    losses.append(loss)
    guard let replacements else { return prediction }
    guard place < replacements.count, replacements[place].shape == prediction.shape else {
      throw .invalid(loss, "the function did not call the same losses of the same predictions as the first time")
    }
    return replacements[place]
  }
}

extension Library {
  /// The prediction that a loss computes with.
  func prediction(_ call: LuaCall, for loss: String) throws -> Tensor {
    let given = try call.tensor(1, self)
    return try predictions?.pass(given, to: loss) ?? given
  }

  func installPredictions(_ native: LuaTable) throws {
    // predictions(f, ...) -> the list of what f(...) gave to losses, and the list of their names.
    try define("predictions", in: native) { [unowned self] call in
      let record = Predictions()
      try observe(record, call, function: 1, arguments: 2)
      try call.stack.pushTable(array: record.seen.count)
      for (place, tensor) in record.seen.enumerated() {
        try push(tensor, to: call.stack)
        try call.stack.rawSet(place + 1, in: -2)
      }
      return 1 + (try call.push(record.losses))
    }
    // with_predictions(list, f, ...) -> the first result of f(...), whose losses are given these instead.
    try define("with_predictions", in: native) { [unowned self] call in
      let list = try tree(call, 1)
      return try push(observe(Predictions(replacements: list.leaves), call, function: 2, arguments: 3), from: call)
    }
  }

  @discardableResult
  private func observe(_ record: Predictions, _ call: LuaCall, function: Int, arguments: Int) throws -> Tree {
    let outer = predictions
    predictions = record
    defer { predictions = outer }
    return try watched(call.stack) { stack in
      let base = stack.top
      try stack.reserve(call.count + 8)
      for index in [function] + Array(arguments..<(Swift.max(arguments, call.count + 1))) { try stack.pushCopy(of: index) }
      let count = try stack.call(arguments: Swift.max(0, call.count - arguments + 1))
      guard count > 0 else { throw call.error("the function returned nothing; expected a tensor with one element") }
      return try tree(stack, at: base + 1)
    }
  }
}
