import Autodiff
import Dynamics
import LuaHost

/// `eb.optim`: an optimizer has `opt:init(p) -> state` and `opt:step(p, g, state) -> p, state`; all values are trees.
extension Library {
  func installOptimizers() throws {
    let optimizers = try state.registerBox("optimizer", of: SGD.self)
    let module = try module("optim")
    let names = ["lr", "momentum", "nesterov", "ema", "weight_decay"]
    try define("sgd", in: module) { [unowned self] call in
      let options = try Options(call, 1, known: names, self)
      let rate = try options.number("lr") ?? 0.01
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
        learningRate: rate, momentum: momentum, convention: nesterov ? .nesterov : ema ? .ema : .plain,
        weightDecay: try options.number("weight_decay") ?? 0)
      return try call.push(rule, as: optimizers)
    }
    try optimizers.property("lr") { call in try call.push(call.box(1, of: optimizers).learningRate) }
    try optimizers.property("momentum") { call in try call.push(call.box(1, of: optimizers).momentum) }
    try optimizers.property("weight_decay") { call in try call.push(call.box(1, of: optimizers).weightDecay) }
    try optimizers.metamethod(.toString) { call in
      let rule = try call.box(1, of: optimizers)
      return try call.push("sgd: lr \(rule.learningRate), momentum \(rule.momentum), weight decay \(rule.weightDecay)")
    }

    // The state is { t = steps taken } and, with momentum, { momentum = buffers shaped like the parameters }.
    try optimizers.method("init") { [unowned self] call in
      let rule = try call.box(1, of: optimizers)
      let parameters = try tree(call.stack, at: 2)
      try pushState(
        steps: 0, buffers: rule.hasBuffers ? parameters.mapLeaves { (p) throws(TensorError) in try .zeros(p.spec) } : nil, call)
      return 1
    }
    try optimizers.method("step") { [unowned self] call in
      let rule = try call.box(1, of: optimizers)
      let parameters = try tree(call.stack, at: 2)
      let gradients = try like(parameters, call, 3)
      try call.expectTable(4)
      try call.stack.rawGet("t", from: 4)
      guard let steps = call.stack.integer(at: -1) else {
        throw call.error("argument 4: expected the state of opt:init(p)", .argument)
      }
      call.stack.pop()
      var buffers: Tree?
      if rule.hasBuffers {
        try call.stack.rawGet("momentum", from: 4)
        buffers = try like(parameters, call, call.stack.top)
      }
      var updated = parameters
      for i in parameters.leaves.indices {
        let (p, v) = try rule.step(parameters.leaves[i], gradients.leaves[i], buffer: buffers?.leaves[i])
        updated.leaves[i] = p
        if let v { buffers?.leaves[i] = v }
      }
      try push(updated, to: call.stack)
      try pushState(steps: steps + 1, buffers: buffers, call)
      return 2
    }
  }

  private func pushState(steps: Int, buffers: Tree?, _ call: LuaCall) throws {
    try call.stack.pushTable(fields: 2)
    try call.stack.push(steps)
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
    var copy = self
    for i in leaves.indices { copy.leaves[i] = try body(leaves[i]) }
    return copy
  }
}
