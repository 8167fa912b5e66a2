import Autodiff
import LuaHost

/// `eb.grad` and its kin: functions to functions. A transformed function is an ordinary Lua function that holds the original one.
extension Library {
  func installTransforms() throws {
    try installGradients()
    try installDirectional()
    try installDense()
    try installVmap()
    try installCustom()
    try installCheckpoint()
    try installLoops()
    try define("stop_gradient") { [unowned self] call in
      var tree = try tree(call.stack, at: 1)
      for i in tree.leaves.indices { tree.leaves[i] = try stopGradient(tree.leaves[i]) }
      return try push(tree, from: call)
    }
  }

  /// A function of the table `eb`.
  func define(_ name: String, in table: LuaTable? = nil, _ body: @escaping LuaBody) throws {
    try (table ?? root).set(.string(name), to: .function(try state.makeFunction(name, body)))
  }

  /// Defines `eb.name(f, …)` that returns a function; `body` runs when that one is called and finds f as capture 1.
  func defineTransform(_ name: String, in table: LuaTable? = nil, _ body: @escaping LuaBody) throws {
    try define(name, in: table) { [unowned self] call in
      let f = try call.callable(1)
      let rest = call.count > 1 ? try call.values(from: 2) : []
      return try call.push(state.makeFunction(name, captures: [f] + rest, body))
    }
  }

  // MARK: grad, value_and_grad

  private func installGradients() throws {
    try defineTransform("grad") { [unowned self] call in
      let (_, gradient, _) = try gradient(call)
      return try push(gradient, from: call)
    }
    try defineTransform("value_and_grad") { [unowned self] call in
      let (value, gradient, others) = try gradient(call)
      try push(value, to: call.stack)
      try push(gradient, to: call.stack)
      for other in others { try push(other, to: call.stack) }
      return 2 + others.count
    }
  }

  private func gradient(_ call: LuaCall) throws -> (Tensor, Tree, [Tree]) {
    let given = try call.capture(2)
    guard let argument = given.isNil ? 1 : given.asInteger else {
      throw call.error(
        "an argument number is a whole number, got \(given.asNumber.map { "\($0)" } ?? "a \(given.typeName)")", .argument)
    }
    guard argument >= 1 else { throw call.error("argument number \(argument) does not exist; arguments count from 1", .argument) }
    let callback = try LuaCallback(
      call, function: call.captureIndex(1), arguments: Array(1..<(call.count + 1)), positions: [argument - 1], expecting: .scalar,
      self)
    let (value, gradient, others) = try valueAndGradient(callback.apply, at: callback.leaves)
    let trees = LuaCallback.split([value] + others, like: callback.results)
    return (value, callback.split(gradient)[0], Array(trees.dropFirst()))
  }

  // MARK: vjp, jvp, linearize, hvp

  private func installDirectional() throws {
    try define("vjp") { [unowned self] call in
      try call.expectCallable(1)
      let (callback, linear) = try linearized(call)
      let outputs = LuaCallback.split(linear.outputs, like: callback.results)
      let (inputs, results) = (callback.inputs, callback.results)
      let pullback = try state.makeFunction("pullback") { [unowned self] call in
        var cotangents: [Tensor?] = []
        for (i, output) in results.enumerated() {
          cotangents += try movement(of: output, call, i + 1)
        }
        let pulled = try linear.pull(cotangents)
        var leaves: [Tensor] = []
        for (cotangent, leaf) in zip(pulled, inputs.flatMap(\.leaves)) { leaves.append(try cotangent ?? .zeros(leaf.spec)) }
        for tree in LuaCallback.split(leaves, like: inputs) { try push(tree, to: call.stack) }
        return inputs.count
      }
      for output in outputs { try push(output, to: call.stack) }
      return outputs.count + (try call.push(pullback))
    }
    try define("linearize") { [unowned self] call in
      try call.expectCallable(1)
      let (callback, linear) = try linearized(call)
      let outputs = LuaCallback.split(linear.outputs, like: callback.results)
      let (inputs, results) = (callback.inputs, callback.results)
      let map = try state.makeFunction("linear function") { [unowned self] call in
        var tangents: [Tensor] = []
        for (i, input) in inputs.enumerated() { tangents += try like(input, call, i + 1).leaves }
        for tree in LuaCallback.split(try linear.push(tangents), like: results) { try push(tree, to: call.stack) }
        return results.count
      }
      for output in outputs { try push(output, to: call.stack) }
      return outputs.count + (try call.push(map))
    }
    try define("jvp") { [unowned self] call in
      try call.expectCallable(1)
      try call.expectTable(2)
      try call.expectTable(3)
      let (count, given) = (call.stack.rawLength(at: 2), call.stack.rawLength(at: 3))
      guard count == given else {
        throw call.error(
          "\(count) argument\(count == 1 ? "" : "s") but \(given) tangent\(given == 1 ? "" : "s"); false stands for one that does not move",
          .argument)
      }
      let base = call.stack.top
      for i in 0..<count { try call.stack.rawGet(i + 1, from: 2) }
      let callback = try LuaCallback(
        call, function: 1, arguments: Array((base + 1)..<(base + 1 + count)), positions: Array(0..<count), expecting: .trees, self)
      var tangents: [Tensor?] = []
      for (i, input) in callback.inputs.enumerated() {
        try call.stack.rawGet(i + 1, from: 3)
        tangents += try movement(of: input, call, call.stack.top, "tangent \(i + 1)")
      }
      let (outputs, moved) = try jvp(callback.apply, callback.leaves, tangents)
      var leaves: [Tensor] = []
      for (tangent, output) in zip(moved, outputs) { leaves.append(try tangent ?? .zeros(output.spec)) }
      for tree in LuaCallback.split(outputs, like: callback.results) { try push(tree, to: call.stack) }
      for tree in LuaCallback.split(leaves, like: callback.results) { try push(tree, to: call.stack) }
      return 2 * callback.results.count
    }
    try defineTransform("hvp") { [unowned self] call in
      guard call.count >= 2 else {
        throw call.error("expected the point and the direction, got \(call.count) arguments", .argument)
      }
      let callback = try LuaCallback(
        call, function: call.captureIndex(1), arguments: [1] + Array(3..<(Swift.max(2, call.count) + 1)), positions: [0],
        expecting: .scalar,
        self)
      let direction = try like(callback.inputs[0], call, 2)
      let product = try hessianProduct(
        { (x) throws(TensorError) in Array(try callback.apply(x).prefix(1)) }, at: callback.leaves, direction.leaves)
      return try push(callback.split(product)[0], from: call)
    }
    try define("check_grad") { [unowned self] call in
      try call.expectCallable(1)
      let callback = try LuaCallback(
        call, function: 1, arguments: Array(2..<(call.count + 1)), positions: Array(0..<(call.count - 1)), expecting: .trees, self)
      return try call.push(checkGradient(callback.apply, at: callback.leaves))
    }
  }

  private func linearized(_ call: LuaCall) throws -> (LuaCallback, Linearization) {
    let callback = try LuaCallback(
      call, function: 1, arguments: Array(2..<(call.count + 1)), positions: Array(0..<(call.count - 1)), expecting: .trees, self)
    return (callback, try linearize(callback.apply, at: callback.leaves))
  }

  // MARK: jacobian, hessian

  private func installDense() throws {
    try defineTransform("jacobian") { [unowned self] call in
      let callback = try LuaCallback(
        call, function: call.captureIndex(1), arguments: Array(1..<(call.count + 1)), positions: [0],
        expecting: .trees, self)
      return try call.push(jacobian(flat(callback), at: flatten(callback.inputs[0], "the argument")), self)
    }
    try defineTransform("hessian") { [unowned self] call in
      let callback = try LuaCallback(
        call, function: call.captureIndex(1), arguments: Array(1..<(call.count + 1)), positions: [0],
        expecting: .scalar, self)
      return try call.push(hessian(flat(callback), at: flatten(callback.inputs[0], "the argument")), self)
    }
  }

  // A tensor stays as it is; a tree becomes one vector in key order.
  private func flatten(_ tree: Tree, _ what: String) throws(TensorError) -> Tensor {
    if case .leaf = tree.shape { return tree.leaves[0] }
    guard let first = tree.leaves.first else { throw .invalid("jacobian", "\(what) has no tensors") }
    let dtype = tree.leaves.dropFirst().reduce(first.dtype) { $0.promoted(with: $1.dtype) }
    return try concatenate(
      tree.leaves.map { (leaf) throws(TensorError) in try leaf.reshaped([leaf.count]).cast(to: dtype) }, axis: 0)
  }

  private func flat(_ callback: LuaCallback) -> (Tensor) throws(TensorError) -> Tensor {
    { [unowned self] (x) throws(TensorError) in
      var leaves = [x]
      if case .table = callback.inputs[0].shape {
        var position = 0
        leaves = []
        for leaf in callback.leaves {
          leaves.append(try x.slice(0, from: position, count: leaf.count).reshaped(leaf.shape).cast(to: leaf.dtype))
          position += leaf.count
        }
      }
      _ = try callback.apply(leaves)
      return try flatten(callback.results[0], "the result")
    }
  }
}
