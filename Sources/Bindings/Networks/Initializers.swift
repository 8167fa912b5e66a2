import Autodiff
import Dynamics
import LuaHost

/// An initialiser as Lua holds it: `eb.init.orthogonal{gain = 2}`.
struct InitializerBox {
  let rule: Initializer
  let gain: Double
}

/// `eb.init`, and the parameters that `net:init{…}` makes with it.
extension Library {
  func installInitializers() throws {
    let boxes = try state.registerBox("initializer", of: InitializerBox.self)
    try suggestMembers(of: boxes)
    let module = try module("init")
    for rule in Initializer.allCases {
      try define(rule.rawValue, in: module) { [unowned self] call in
        try call.expect(0...1)
        let gain = try Options(call, 1, known: ["gain"], self, allNamed: true).number("gain") ?? 1
        return try call.push(InitializerBox(rule: rule, gain: gain), as: boxes)
      }
    }
    // f(shape[, rng[, dtype]]): the call that a Lua function in its place would get.
    try boxes.metamethod(.call) { [unowned self] call in
      let box = try call.box(1, of: boxes)
      func refuse(_ expected: String, _ index: Int) throws -> Never {
        let got = try call.stack.describe(at: index)
        throw LuaError(.argument, "\(box.rule.rawValue): expected \(expected), got \(got); the call is f(shape[, rng[, dtype]])")
      }
      guard call.type(2) == .table || call.type(2) == .number else { try refuse("a shape", 2) }
      let shape = try leadingShape(call, 2)
      let given = generators.value(on: call.stack, at: 3)
      guard let generator = call.isNil(3) ? self.generator : given else { try refuse("a generator (eb.rng(seed))", 3) }
      let named = call.stack.string(at: 4).flatMap { DType(name: $0) }
      guard let dtype = call.isNil(4) ? engine.defaultFloat : named, dtype.isFloat else {
        try refuse("\"float32\" or \"float64\"", 4)
      }
      return try call.push(box.rule.drawn(Parameter(weight: shape), gain: box.gain, dtype, drawable(generator, call.name)), self)
    }
    try boxes.property("name") { call in try call.push(call.box(1, of: boxes).rule.rawValue) }
    try boxes.property("gain") { call in try call.push(call.box(1, of: boxes).gain) }
    try boxes.metamethod(.toString) { call in
      let box = try call.box(1, of: boxes)
      return try call.push("initializer \(box.rule.rawValue): gain \(box.gain)")
    }
  }

  /// The tree that `net:init{rng =, init =, gain =, dtype =}` answers.
  func startingParameters(of layer: any Layer, _ call: LuaCall) throws -> Tree {
    let options = try Options(call, 2, known: ["rng", "init", "gain", "dtype"], self, allNamed: true)
    let structure = layer.structure
    let shape = TreeShape(structure)
    let starts = try Starts(options, paths: shape.paths(), call, self)
    let (gain, dtype, generator) = (try options.number("gain") ?? 1, try options.dtype(), try options.generator())
    guard dtype.isFloat else {
      throw call.error("option 'dtype': parameters are 'float32' or 'float64', got '\(dtype)'", .argument)
    }
    var leaves: [Tensor] = []
    for (path, parameter) in zip(shape.paths(), structure.parameters) {
      let place = path.isEmpty ? "" : "'\(path)': "
      switch starts.rule(for: path, parameter) {
      case .standing(let rule):
        leaves.append(
          try generator.draw { (stream) throws(TensorError) in
            try rule(parameter, gain: gain, dtype, &stream).numbers(for: "init")
          })
      case .drawn(let rule, let own):
        if rule.needsMatrix, parameter.shape.rank < 2 {
          throw call.error(
            "\(place)\(rule.rawValue) is for weights with at least two dimensions, got \(parameter.shape)", .argument)
        }
        leaves.append(try rule.drawn(parameter, gain: gain * own, dtype, generator))
      case .function(let function):
        let start = try result(of: function, parameter, path: path, dtype, generator, call)
        leaves.append(gain == 1 ? start : try gain * start)
      }
    }
    return Tree(leaves: leaves, shape: shape)
  }

  // What a Lua function (shape, rng, path, dtype) gives for a parameter.
  private func result(
    of function: LuaValue, _ parameter: Parameter, path: String, _ dtype: DType, _ generator: GeneratorBox, _ call: LuaCall
  ) throws -> Tensor {
    let stack = call.stack
    try stack.push(function)
    try call.push(Array(parameter.shape))
    try generators.push(generator, to: stack)
    try stack.push(path)
    try stack.push(dtype.description)
    try stack.call(arguments: 4, results: 1)
    defer { stack.pop() }
    let place = path.isEmpty ? "" : " for '\(path)'"
    guard let start = tensors.value(on: stack, at: -1) else {
      throw call.error(
        "the function given as 'init' must return a tensor of shape \(parameter.shape)\(place), got \(stack.typeName(at: -1))")
    }
    guard start.shape == parameter.shape, start.dtype.isFloat else {
      throw call.error(
        "the function given as 'init' must return a float tensor of shape \(parameter.shape)\(place), got \(start.spec)")
    }
    return try start.cast(to: dtype)
  }
}

extension Initializer {
  /// A draw from a generator of Lua; under a mapped one every lane has its own.
  fileprivate func drawn(_ parameter: Parameter, gain: Double, _ dtype: DType, _ generator: GeneratorBox) throws(TensorError)
    -> Tensor
  {
    try generator.draw { (stream) throws(TensorError) in
      try draw(parameter, gain: gain, dtype, &stream).numbers(for: "init")
    }
  }
}

/// What the option `init` says: one rule for all weights, or a table of rules by the places of parameters.
private struct Starts {
  /// How one parameter starts.
  enum Rule {
    /// Where its role says, weights by this rule.
    case standing(Initializer)
    /// By this rule and gain.
    case drawn(Initializer, Double)
    /// As a Lua function says.
    case function(LuaValue)
  }

  private var all: Rule?
  private var entries: [String: Rule] = [:]

  init(_ options: Options, paths: [String], _ call: LuaCall, _ library: Library) throws {
    guard let value = try options.value("init") else { return }
    if let rule = try Starts.rule(value, "init", options, call) {
      all = rule
      return
    }
    guard case .table(let table) = value else {
      throw call.error(
        "option 'init': expected \(Starts.expected) or a table of them, got \(try Starts.typeName(value, call))", .argument)
    }
    for key in try table.orderedKeys() {
      let entry = try table.get(key)
      guard let rule = try Starts.rule(entry, "init.\(key.text)", options, call) else {
        throw call.error(
          "option 'init', entry '\(key.text)': expected \(Starts.expected), got \(try Starts.typeName(entry, call))", .argument)
      }
      if key.text == "default" {
        all = rule
        continue
      }
      guard paths.contains(where: { Starts.places(of: $0).contains(key.text) }) else {
        let known = Set(paths.flatMap(Starts.places)).sorted()
        throw call.error(
          "option 'init': no parameter is called '\(key.text)'" + suggestion(for: key.text, among: known + ["default"]), .argument)
      }
      entries[key.text] = rule
    }
  }

  private static let expected = "a name, an initialiser of eb.init, a function"

  // The whole path, what it begins with from the longest on, and its last name.
  private static func places(of path: String) -> [String] {
    let names = path.split(separator: ".")
    return names.indices.reversed().map { names[...$0].joined(separator: ".") } + (names.last.map { [String($0)] } ?? [])
  }

  // A rule for a parameter itself, by its path or its last name, serves any role; others serve weights.
  func rule(for path: String, _ parameter: Parameter) -> Rule {
    let places = Starts.places(of: path)
    let own = [places.first, places.last].compactMap { $0 }
    for place in places where parameter.role == .weight || own.contains(place) {
      if let rule = entries[place] { return rule }
    }
    guard parameter.role == .weight, let all else { return .standing(parameter.standard) }
    return all
  }

  private static func rule(_ value: LuaValue, _ option: String, _ options: Options, _ call: LuaCall) throws -> Rule? {
    if case .string(let text) = value {
      return .drawn(Initializer(rawValue: try options.chosen(text, of: option, Initializer.allCases.map(\.rawValue)))!, 1)
    }
    try call.stack.push(value)
    defer { call.stack.pop() }
    if let box = call.state.boxType(of: InitializerBox.self)?.value(on: call.stack, at: -1) { return .drawn(box.rule, box.gain) }
    return try call.isCallable(call.stack.top) ? .function(value) : nil
  }

  private static func typeName(_ value: LuaValue, _ call: LuaCall) throws -> String {
    try call.stack.push(value)
    defer { call.stack.pop() }
    return call.stack.typeName(at: -1)
  }
}
