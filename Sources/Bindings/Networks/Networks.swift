import Autodiff
import Dynamics
import LuaHost

/// A model as Lua holds it: `net:init{…}` gives parameters, `net(p, x)` is a pure function of parameters and input.
final class ModelBox {
  let layer: any Layer
  let name: String

  init(_ layer: any Layer, name: String) {
    self.layer = layer
    self.name = name
  }
}

/// `eb.nn`: models and layers.
extension Library {
  func installNetworks() throws {
    let models = try state.registerBox("model", of: ModelBox.self)
    try suggestMembers(of: models)
    let module = try module("nn")

    try define("mlp", in: module) { [unowned self] call in
      let options = try Options(call, 1, known: ["act", "bias"], self)
      try call.expectTable(1)
      let sizes = try positionalSizes(call, 1)
      guard sizes.count >= 2, !sizes.contains(0) else {
        let got = sizes.map(String.init).joined(separator: ", ")
        throw call.error("expected at least an input and an output width, all positive, got {\(got)}", .argument)
      }
      let activation = try activation(options.choice("act", Activation.allCases.map(\.rawValue)) ?? "relu")
      let net = MultilayerPerceptron(sizes, activation: activation, bias: try options.bool("bias") ?? true)
      return try call.push(ModelBox(net, name: "mlp"), as: models)
    }
    try define("linear", in: module) { [unowned self] call in
      let (inputs, outputs) = (try call.integer(1), try call.integer(2))
      guard inputs > 0, outputs > 0 else { throw call.error("expected positive widths, got \(inputs) and \(outputs)", .argument) }
      let options = try Options(call, 3, known: ["bias"], self, allNamed: true)
      return try call.push(ModelBox(Linear(inputs, outputs, bias: try options.bool("bias") ?? true), name: "linear"), as: models)
    }
    try define("sequential", in: module) { [unowned self] call in
      _ = try Options(call, 1, known: [], self)
      try call.expectTable(1)
      var layers: [any Layer] = []
      for i in 0..<call.stack.rawLength(at: 1) {
        try call.stack.rawGet(i + 1, from: 1)
        guard let model = models.value(on: call.stack, at: -1) else {
          throw call.error(
            "layer \(i + 1): expected a layer such as eb.nn.linear(2, 3), got \(call.stack.typeName(at: -1))", .argument)
        }
        layers.append(model.layer)
        call.stack.pop()
      }
      guard !layers.isEmpty else { throw call.error("expected at least one layer, got none", .argument) }
      return try call.push(ModelBox(Sequential(layers), name: "sequential"), as: models)
    }
    for activation in Activation.allCases {
      try define(activation.rawValue, in: module) { call in
        guard call.count == 0 else {
          throw call.error("makes a layer and takes no arguments; apply it as eb.nn.\(call.name)()({}, x)", .argument)
        }
        return try call.push(ModelBox(activation, name: activation.rawValue), as: models)
      }
    }

    try models.method("init") { [unowned self] call in
      let model = try call.box(1, of: models)
      return try push(startingParameters(of: model.layer, call), from: call)
    }
    try models.metamethod(.call, label: "model") { [unowned self] call in
      let model = try call.box(1, of: models)
      if call.count == 2, let function = model.layer as? any ParameterFunction {
        return try call.push(function(parameters(of: model, call, 2)[...]), self)
      }
      guard call.count == 3 else {
        throw LuaError(
          .argument,
          "\(model.name): expected parameters and an input, net(p, x), got \(call.count - 1) "
            + "argument\(call.count == 2 ? "" : "s")")
      }
      let parameters = try parameters(of: model, call, 2)
      return try call.push(model.layer(parameters[...], call.tensor(3, self)), self)
    }
    try models.metamethod(.toString) { call in
      let model = try call.box(1, of: models)
      let parameters = model.layer.structure.parameters
      let count = parameters.reduce(0) { $0 + $1.shape.elementCount }
      return try call.push("\(model.name): \(count) parameters in \(parameters.count) tensors")
    }
    try models.property("parameters") { call in
      try call.push(call.box(1, of: models).layer.structure.parameters.reduce(0) { $0 + $1.shape.elementCount })
    }
  }

  private func activation(_ name: String) -> Activation { Activation(rawValue: name)! }

  // The leaves of a parameter tree, checked against the model's structure.
  func parameters(of model: ModelBox, _ call: LuaCall, _ index: Int) throws -> [Tensor] {
    let tree = try tree(call.stack, at: index)
    let structure = model.layer.structure
    let expected = TreeShape(structure)
    var isTensor = false
    if case .parameter = structure { isTensor = true }
    if (call.type(index) == .table) == isTensor, !structure.parameters.isEmpty {
      if isTensor {
        let got = call.stack.typeName(at: index)
        throw LuaError(.argument, "\(model.name): expected one tensor as parameters, m(p), got a \(got)")
      }
      let got = call.stack.typeName(at: index)
      throw LuaError(.argument, "\(model.name): expected parameters and an input, net(p, x), got a \(got) as parameters")
    }
    guard tree.shape.matches(expected) else {
      let (wanted, got) = (expected.paths(), tree.shape.paths())
      let missing = wanted.first { !got.contains($0) }
      let extra = got.first { !wanted.contains($0) }
      let detail = missing.map { "'\($0)' is missing" } ?? extra.map { "'\($0)' is not one of them" } ?? "the nesting differs"
      throw LuaError(.argument, "\(model.name): the parameters do not fit the model: \(detail) (net:init() makes a fitting tree)")
    }
    for (index, parameter) in structure.parameters.enumerated() where tree.leaves[index].shape != parameter.shape {
      throw LuaError(
        .argument,
        "\(model.name): \(isTensor ? "the parameter" : "parameter '\(expected.paths()[index])'") has shape \(tree.leaves[index].shape), expected \(parameter.shape)"
      )
    }
    return tree.leaves
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

extension TreeShape {
  /// The tree in which a model's parameters nest.
  init(_ structure: ParameterStructure) {
    switch structure {
    case .parameter: self = .leaf
    case .named(let parts): self = .table(parts.map { (.string($0.name), TreeShape($0.part)) })
    case .list(let parts): self = .table(parts.enumerated().map { (.integer($0.offset + 1), TreeShape($0.element)) })
    }
  }
}
