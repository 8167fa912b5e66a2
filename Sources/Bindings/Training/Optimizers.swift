import Autodiff
import Dynamics
import LuaHost

/// `eb.optim`: an optimizer has `opt:init(p) -> state` and `opt:step(p, g, state) -> p, state`; all values are trees.
extension Library {
  func installOptimizers() throws {
    let optimizers = try state.registerBox("optimizer", of: SGD.self)
    try suggestMembers(of: optimizers)
    let module = try module("optim")
    let names = ["lr", "momentum", "nesterov", "ema", "weight_decay"]
    try define("sgd", in: module) { [unowned self] call in
      let options = try Options(call, 1, known: names, self, allNamed: true)
      func rate(_ name: String, default value: Double) throws -> Double {
        let rate = try options.number(name) ?? value
        guard rate >= 0, rate.isFinite else {
          throw call.error("option '\(name)': expected a number from 0 on, got \(rate)", .argument)
        }
        return rate
      }
      let (nesterov, ema) = (try options.bool("nesterov") ?? false, try options.bool("ema") ?? false)
      let momentum = try options.number("momentum") ?? 0
      guard momentum >= 0, momentum < 1 else {
        throw call.error("option 'momentum': expected a value in [0, 1), got \(momentum)", .argument)
      }
      guard !(nesterov && ema) else { throw call.error("nesterov and ema are two momentum rules; choose one", .argument) }
      guard momentum > 0 || !(nesterov || ema) else {
        throw call.error("\(nesterov ? "nesterov" : "ema") = true needs momentum > 0", .argument)
      }
      let rule = SGD(
        learningRate: try rate("lr", default: 0.01), momentum: momentum, convention: nesterov ? .nesterov : ema ? .ema : .plain,
        weightDecay: try rate("weight_decay", default: 0))
      return try call.push(rule, as: optimizers)
    }
    try optimizers.property("lr") { call in try call.push(call.box(1, of: optimizers).learningRate) }
    try optimizers.property("momentum") { call in try call.push(call.box(1, of: optimizers).momentum) }
    try optimizers.property("weight_decay") { call in try call.push(call.box(1, of: optimizers).weightDecay) }
    try optimizers.metamethod(.newIndex) { call in
      let name = call.stack.string(at: 2) ?? "…"
      throw LuaError(
        .runtime, "an optimizer is a value and keeps its '\(name)'; make another one, which may go on with the same state")
    }
    try optimizers.metamethod(.toString) { call in
      let rule = try call.box(1, of: optimizers)
      return try call.push("sgd: lr \(rule.learningRate), momentum \(rule.momentum), weight decay \(rule.weightDecay)")
    }

    // The state is { t = steps taken } and, with momentum, { momentum = buffers shaped like the parameters }.
    try optimizers.method("init") { [unowned self] call in
      let rule = try call.box(1, of: optimizers)
      let parameters = try floatTree(call, 2)
      let buffers = rule.hasBuffers ? try parameters.mapLeaves { (p) throws(TensorError) in try .zeros(p.spec) } : nil
      try pushState(buffers: buffers, call) { try call.stack.push(0) }
      return 1
    }
    try optimizers.method("step") { [unowned self] call in
      let rule = try call.box(1, of: optimizers)
      let parameters = try floatTree(call, 2)
      _ = try tree(call, 3)
      let gradients = try like(parameters, call, 3)
      let buffers = try readBuffers(call, 4, of: rule, parameters)
      var (updated, moved) = (parameters, buffers)
      for i in parameters.leaves.indices {
        let (p, v) = try rule.step(parameters.leaves[i], gradients.leaves[i], buffer: buffers?.leaves[i])
        updated.leaves[i] = p
        if let v { moved?.leaves[i] = v }
      }
      try push(updated, to: call.stack)
      try pushState(buffers: moved, call) {
        // The count is a number of Lua, or what stands for one while a function is recorded.
        try call.stack.rawGet("t", from: 4)
        try call.stack.push(1)
        try call.stack.arithmetic(.add)
      }
      return 2
    }
  }

  // Parameters move by fractions, so whole numbers can't be parameters.
  private func floatTree(_ call: LuaCall, _ index: Int) throws -> Tree {
    let tree = try tree(call, index)
    for (path, leaf) in zip(tree.shape.paths(), tree.leaves) where !leaf.dtype.isFloat {
      throw call.error("parameters are float32 or float64, got \(leaf.spec)" + (path.isEmpty ? "" : " at '\(path)'"), .argument)
    }
    return tree
  }

  private func readBuffers(_ call: LuaCall, _ index: Int, of rule: SGD, _ parameters: Tree) throws -> Tree? {
    guard call.type(index) == .table else { throw call.mismatch(index, expected: "state (of opt:init(p) or the step before)") }
    try call.stack.rawGet("t", from: index)
    try call.stack.rawGet("momentum", from: index)
    defer { call.stack.pop(2) }
    let isCount = call.stack.integer(at: -2) != nil || hostNumbers.value(on: call.stack, at: -2) != nil
    guard isCount, call.stack.isNil(at: -1) != rule.hasBuffers else {
      throw call.error("argument \(index): expected the state of this optimizer: of opt:init(p) or the step before", .argument)
    }
    return rule.hasBuffers ? try like(parameters, call, call.stack.top, "the momentum in argument \(index)") : nil
  }

  private func pushState(buffers: Tree?, _ call: LuaCall, pushSteps: () throws -> Void) throws {
    try call.stack.pushTable(fields: 2)
    try pushSteps()
    try call.stack.rawSet("t", in: -2)
    if let buffers {
      try push(buffers, to: call.stack)
      try call.stack.rawSet("momentum", in: -2)
    }
  }
}

extension Tree {
  /// The tree with every leaf replaced.
  func mapLeaves(_ body: (Tensor) throws(TensorError) -> Tensor) throws(TensorError) -> Tree {
    var copy = Tree(leaves: leaves, shape: shape)
    for i in leaves.indices { copy.leaves[i] = try body(leaves[i]) }
    return copy
  }
}
