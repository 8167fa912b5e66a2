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

/// `eb.nn`: what models are, and how they are called.
extension Library {
  func installNetworks() throws {
    let models = try state.registerBox("model", of: ModelBox.self)
    try suggestMembers(of: models)
    let module = try module("nn")
    try installContainers(models, in: module)
    try installLayers(models, in: module)

    try models.method("init") { [unowned self] call in
      let model = try call.box(1, of: models)
      return try push(startingParameters(of: model.layer, call), from: call)
    }
    try models.method("init_state") { [unowned self] call in
      let structure = try call.box(1, of: models).layer.state
      let dtype = try Options(call, 2, known: ["dtype"], self, allNamed: true).dtype()
      guard dtype.isFloat else { throw call.error("option 'dtype': a state is 'float32' or 'float64', got '\(dtype)'", .argument) }
      return try push(Tree(leaves: structure.starts(dtype), shape: TreeShape(structure)), from: call)
    }
    try models.metamethod(.call, label: "model") { [unowned self] call in try self.call(call.box(1, of: models), call) }
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

  // net(p, x) gives the output; net(p, x, {train =, rng =, state =}) also the new state.
  private func call(_ model: ModelBox, _ call: LuaCall) throws -> Int {
    if call.count == 2, let function = model.layer as? any ParameterFunction {
      return try call.push(function(parameters(of: model, call, 2)[...]), self)
    }
    guard (3...4).contains(call.count) else {
      throw LuaError(
        .argument,
        "\(model.name): expected parameters and an input, net(p, x), got \(call.count - 1) "
          + "argument\(call.count == 2 ? "" : "s")")
    }
    let parameters = try parameters(of: model, call, 2)
    let x = try call.tensor(3, self)
    if call.isNil(4) { return try call.push(model.layer(parameters[...], x), self) }
    let options = try Options(call, 4, known: ["train", "rng", "state"], self, allNamed: true)
    let structure = model.layer.state
    let state = try options.read("state", "tree") { try leaves(call, $0, of: structure, model, .state) }
    let generator = try options.generatorIfGiven()
    var context = LayerContext(
      isTraining: try options.bool("train") ?? false,
      generator: generator.map { $0.draw }, state: state)
    try call.push(model.layer(parameters[...], x, &context), self)
    try push(Tree(leaves: context.newState, shape: TreeShape(structure)), to: call.stack)
    return 2
  }

  /// The leaves of a parameter tree, checked against the model's structure.
  func parameters(of model: ModelBox, _ call: LuaCall, _ index: Int) throws -> [Tensor] {
    try leaves(call, index, of: model.layer.structure, model, .parameters)
  }

  private enum Part: String {
    case parameters, state

    var example: String { self == .parameters ? "net:init()" : "net:init_state()" }
  }

  // The leaves of a tree of parameters or states, checked against the model's structure.
  private func leaves(
    _ call: LuaCall, _ index: Int, of structure: ParameterStructure, _ model: ModelBox, _ part: Part
  ) throws -> [Tensor] {
    let tree = try tree(call.stack, at: index)
    let expected = TreeShape(structure)
    var isTensor = false
    if case .parameter = structure { isTensor = true }
    if (call.stack.type(at: index) == .table) == isTensor, !structure.parameters.isEmpty || part == .state {
      let got = call.stack.typeName(at: index)
      if isTensor { throw LuaError(.argument, "\(model.name): expected one tensor as parameters, m(p), got a \(got)") }
      throw LuaError(.argument, "\(model.name): expected parameters and an input, net(p, x), got a \(got) as \(part)")
    }
    guard tree.shape.matches(expected) else {
      let (wanted, got) = (expected.paths(), tree.shape.paths())
      let missing = wanted.first { !got.contains($0) }
      let extra = got.first { !wanted.contains($0) }
      let detail = missing.map { "'\($0)' is missing" } ?? extra.map { "'\($0)' is not one of them" } ?? "the nesting differs"
      let verb = part == .parameters ? "do" : "does"
      throw LuaError(
        .argument, "\(model.name): the \(part) \(verb) not fit the model: \(detail) (\(part.example) makes a fitting tree)")
    }
    for (index, parameter) in structure.parameters.enumerated() where tree.leaves[index].shape != parameter.shape {
      let path = expected.paths()[index]
      let name = isTensor ? "the parameter" : "\(part == .parameters ? "parameter" : "state") '\(path)'"
      throw LuaError(
        .argument, "\(model.name): \(name) has shape \(tree.leaves[index].shape), expected \(parameter.shape)")
    }
    return tree.leaves
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
