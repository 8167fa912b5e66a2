import Autodiff
import Dynamics
import LuaHost

/// `eb.nn`: models made of layers.
extension Library {
  func installContainers(_ models: LuaBoxType<ModelBox>, in module: LuaTable) throws {
    try define("mlp", in: module) { [unowned self] call in
      let options = try Options(call, 1, known: ["act", "bias"], self)
      try call.expectTable(1)
      let sizes = try positionalSizes(call, 1)
      guard sizes.count >= 2, !sizes.contains(0) else {
        let got = sizes.map(String.init).joined(separator: ", ")
        throw call.error("expected at least an input and an output width, all positive, got {\(got)}", .argument)
      }
      for (inputs, outputs) in zip(sizes, sizes.dropFirst()) { _ = try Shape.checked([inputs, outputs], operation: call.name) }
      let activation = Activation(rawValue: try options.choice("act", Activation.allCases.map(\.rawValue)) ?? "relu")!
      let net = MultilayerPerceptron(sizes, activation: activation, bias: try options.bool("bias") ?? true)
      return try call.push(ModelBox(net, name: "mlp"), as: models)
    }
    try define("sequential", in: module) { [unowned self] call in
      _ = try Options(call, 1, known: [], self)
      try call.expectTable(1)
      var layers: [any Layer] = []
      for i in 0..<call.stack.rawLength(at: 1) {
        try call.stack.rawGet(i + 1, from: 1)
        layers.append(try layer(call, -1, "layer \(i + 1)", models))
        call.stack.pop()
      }
      guard !layers.isEmpty else { throw call.error("expected at least one layer, got none", .argument) }
      return try call.push(ModelBox(Sequential(layers), name: "sequential"), as: models)
    }
    try define("residual", in: module) { [unowned self] call in
      try call.expect(1...1)
      return try call.push(ModelBox(Residual(layer(call, 1, "argument 1", models)), name: "residual"), as: models)
    }
  }

  private func layer(_ call: LuaCall, _ index: Int, _ place: String, _ models: LuaBoxType<ModelBox>) throws -> any Layer {
    guard let model = models.value(on: call.stack, at: index) else {
      throw call.error("\(place): expected a layer such as eb.nn.linear(2, 3), got \(call.stack.typeName(at: index))", .argument)
    }
    return model.layer
  }

  /// The positional entries of a table argument as sizes.
  func positionalSizes(_ call: LuaCall, _ index: Int) throws -> [Int] {
    var sizes: [Int] = []
    for i in 0..<call.stack.rawLength(at: index) {
      try call.stack.rawGet(i + 1, from: index)
      defer { call.stack.pop() }
      guard let size = call.stack.integer(at: -1), (0...Int(Int32.max)).contains(size) else {
        throw call.error("size \(i + 1): expected a whole number, got \(try call.stack.describe(at: -1))", .argument)
      }
      sizes.append(size)
    }
    return sizes
  }
}
