import Autodiff
import LuaHost

/// The trailing table of a call: options by name, read by type; a name that is not known is an error with a suggestion.
///
/// The table may also hold positional values (`eb.zeros{3, 4, dtype = "float64"}`), which the caller reads.
struct Options {
  let call: LuaCall
  private let library: Library
  private let index: Int?

  /// - Parameters:
  ///   - index: the argument that may be the table; nil or absent gives the defaults everywhere.
  ///   - known: all option names of this operation, in the order of its documentation.
  ///   - allNamed: whether positional values are refused, because the caller reads none.
  init(_ call: LuaCall, _ index: Int, known: [String], _ library: Library, allNamed: Bool = false) throws {
    self.call = call
    self.library = library
    guard !call.isNil(index) else {
      self.index = nil
      return
    }
    try call.expectTable(index)
    self.index = index
    for key in try call.stack.orderedKeys(at: index) {
      guard case .string(let name) = key else {
        if allNamed { throw call.error("options go by their names, got a value at [\(key.text)]", .argument) }
        continue
      }
      if !known.contains(name) { throw call.error(Options.unknown(name, known), .argument) }
    }
  }

  /// The sentence for an option that an operation does not take: the nearest right one, or all of them.
  static func unknown(_ key: String, _ known: [String]) -> String {
    let near = suggestion(for: key, among: known)
    let all = known.isEmpty ? " (there are none here)" : " (known: \(known.joined(separator: ", ")))"
    return "unknown option '\(key)'" + (near.isEmpty ? all : near)
  }

  // Reads one option while its value is on the stack.
  func read<T>(_ name: String, _ expected: String, _ body: (Int) throws -> T?) throws -> T? {
    guard let index else { return nil }
    try call.stack.rawGet(name, from: index)
    defer { call.stack.pop() }
    if call.stack.isNil(at: -1) { return nil }
    guard let value = try body(call.stack.top) else {
      throw call.error("option '\(name)': expected \(expected), got \(call.stack.typeName(at: -1))", .argument)
    }
    return value
  }

  func number(_ name: String) throws -> Double? { try read(name, "number") { call.stack.number(at: $0) } }
  func integer(_ name: String) throws -> Int? { try read(name, "integer") { call.stack.integer(at: $0) } }
  func bool(_ name: String) throws -> Bool? { try read(name, "boolean") { call.stack.bool(at: $0) } }
  func string(_ name: String) throws -> String? { try read(name, "string") { call.stack.string(at: $0) } }

  /// An option that is a tensor.
  func tensor(_ name: String) throws -> Tensor? { try read(name, "tensor") { library.tensors.value(on: call.stack, at: $0) } }

  /// An option of any type.
  func value(_ name: String) throws -> LuaValue? { try read(name, "value") { try call.stack.value(at: $0) } }

  /// An option that is a function, or can be called like one.
  func callable(_ name: String) throws -> LuaValue? {
    try read(name, "function") { try call.isCallable($0) ? call.value($0) : nil }
  }

  /// An option with one of a few values.
  func choice(_ name: String, _ choices: [String]) throws -> String? {
    guard let text = try string(name) else { return nil }
    return try chosen(text, of: name, choices)
  }

  /// The text given for an option with one of a few values.
  /// - Throws: an error with all values and the nearest one if it is none of them.
  func chosen(_ text: String, of name: String, _ choices: [String]) throws -> String {
    guard choices.contains(text) else {
      let list = choices.map { "'\($0)'" }.joined(separator: ", ")
      throw call.error(
        "option '\(name)': expected one of \(list), got '\(text)'" + suggestion(for: text, among: choices), .argument)
    }
    return text
  }

  /// The option `dtype`, or the session's default float type.
  func dtype() throws -> DType {
    guard let name = try choice("dtype", DType.allCases.map(\.description)) else { return library.engine.defaultFloat }
    return DType(name: name)!
  }

  /// The option `rng`, or the session's generator.
  func generator() throws -> GeneratorBox { try generatorIfGiven() ?? library.drawable(library.generator, call.name) }

  /// The option `rng`, if it is there.
  func generatorIfGiven() throws -> GeneratorBox? {
    try read("rng", "generator (eb.rng(seed))") { library.generators.value(on: call.stack, at: $0) }
      .map { try library.drawable($0, call.name) }
  }
}
