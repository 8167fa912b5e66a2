import Autodiff
import LuaHost

/// `eb.optim` and `eb.schedule`: an optimizer has `opt:init(p) -> state` and `opt:step(p, g, state) -> p, state`; all values are trees.
///
/// The rules are Lua, in Lua/Optimizers, and so is how they compose; what takes trees apart is here.
extension Library {
  func installOptimizers() throws {
    _ = try module("optim")
    _ = try module("schedule")
    _ = try module("agg")
    let native = try embeddedHelpers()
    try installTreeParts(native)
    try define("init", in: native) { [unowned self] call in try push(floatTree(call, 2), from: call) }
    // step(opt, p, g, state) -> p, g, where g has the dtypes of p.
    try define("step", in: native) { [unowned self] call in
      let parameters = try floatTree(call, 2)
      _ = try tree(call, 3)
      let gradients = try like(parameters, call, 3)
      try expectState(call, 4)
      try push(parameters, to: call.stack)
      try push(gradients, to: call.stack)
      return 2
    }
    try define("expect_state", in: native) { [unowned self] call in try expectStateOfLeaf(call) }
    let rules = try state.makeTable()
    let files = ["optimizers", "rules", "compositions", "second_order", "schedules", "aggregation"]
    try runEmbedded("Optimizers", files, [root, native, rules])
    let parts = try installRuns(native, rules)
    try runEmbedded("Optimizers", ["per_example_aggregation"], [root, native, rules])
    try installAnalysis(native, rules, parts)
    try installDemos(native)
  }

  // Parameters move by fractions, so whole numbers can't be parameters.
  private func floatTree(_ call: LuaCall, _ index: Int) throws -> Tree {
    let tree = try tree(call, index)
    for (path, leaf) in zip(tree.shape.paths(), tree.leaves) where !leaf.dtype.isFloat {
      throw call.error("parameters are float32 or float64, got \(leaf.spec)" + (path.isEmpty ? "" : " at '\(path)'"), .argument)
    }
    return tree
  }

  private func expectState(_ call: LuaCall, _ index: Int) throws {
    guard call.type(index) == .table else { throw call.mismatch(index, expected: "state (of opt:init(p) or the step before)") }
    try call.stack.rawGet("t", from: index)
    defer { call.stack.pop() }
    guard call.stack.integer(at: -1) != nil || hostNumbers.value(on: call.stack, at: -1) != nil else {
      throw call.error("argument \(index): expected the state of this optimizer: of opt:init(p) or the step before", .argument)
    }
  }

  // expect_state(optimizer, p, s, place, init, h, thoroughly): the state of one parameter has the fields and shapes with which it began.
  // What it began with is looked up only where there is a doubt: no fields at all, another shape than p's, or a step that failed.
  private func expectStateOfLeaf(_ call: LuaCall) throws -> Int {
    let stack = call.stack
    let (name, place) = (try call.string(1), try call.string(4))
    let where_ = place.isEmpty ? "" : " at '\(place)'"
    let p = try call.tensor(2, self)
    let keys = try stack.orderedKeys(at: 3)
    var isSuspect = keys.isEmpty || call.stack.bool(at: 7) == true
    for key in keys where !isSuspect {
      try stack.rawGet(key, from: 3)
      if let value = tensors.value(on: stack, at: -1) { isSuspect = value.shape != p.shape }
      stack.pop()
    }
    guard isSuspect, !call.isNil(5) else { return 0 }
    for index in [5, 2, 6] { try stack.pushCopy(of: index) }
    try stack.call(arguments: 2, results: 1)
    let start = stack.top
    let wanted = "the state of this optimizer: of opt:init(p) or the step before"
    for key in try stack.orderedKeys(at: start) {
      try stack.rawGet(key, from: start)
      try stack.rawGet(key, from: 3)
      defer { stack.pop(2) }
      if stack.isNil(at: -1) {
        throw LuaError(.argument, "\(name): step: argument 4: expected \(wanted); it has no '\(key.text)'\(where_)")
      }
      guard let first = tensors.value(on: stack, at: -2) else { continue }
      guard let value = tensors.value(on: stack, at: -1), value.shape == first.shape else {
        let got = tensors.value(on: stack, at: -1).map { "\($0.shape)" } ?? stack.typeName(at: -1)
        throw LuaError(
          .argument, "\(name): step: the \(key.text) in argument 4: expected shape \(first.shape)\(where_), got \(got)")
      }
    }
    return 0
  }
}
