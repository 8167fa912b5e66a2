import CResources
import Dynamics
import LuaHost

/// The Lua files that are part of the program, and the helpers that all of them get.
extension Library {
  /// Runs files of a folder of Lua/, in this order and each with these arguments.
  func runEmbedded(_ folder: String, _ names: [String], _ arguments: [any LuaPushable]) throws {
    for name in names {
      let path = "\(folder)/\(name).lua"
      let resource = ebb_resource_named("lua/\(path)")
      let bytes = UnsafeBufferPointer(start: resource.bytes, count: resource.size)
      let chunk = try state.load(String(decoding: bytes, as: UTF8.self), name: "=[ebbtide \(path)]")
      _ = try state.call(chunk, arguments)
    }
  }

  /// A table with what Lua can't do for itself, for one of these files to have and others to be added to.
  func embeddedHelpers() throws -> LuaTable {
    let native = try state.makeTable()
    try define("is_tensor", in: native) { [unowned self] call in
      try call.push(tensors.value(on: call.stack, at: 1) != nil)
    }
    try define("is_generator", in: native) { [unowned self] call in
      try call.push(generators.value(on: call.stack, at: 1) != nil)
    }
    // Functions, and models, which can be called like one.
    try define("is_callable", in: native) { call in try call.push(call.isCallable(1)) }
    // Whether a number of a call to come stands there.
    try define("is_number", in: native) { [unowned self] call in
      try call.push(hostNumbers.value(on: call.stack, at: 1) != nil)
    }
    try define("type", in: native) { call in try call.push(call.stack.typeName(at: 1)) }
    // A number as text, also where it is not known.
    try define("text", in: native) { [unowned self] call in
      if hostNumbers.value(on: call.stack, at: 1) != nil { return try call.push("t") }
      return try call.push(call.stack.describe(at: 1))
    }
    // The value of a scalar that may be a Lua number.
    try define("number", in: native) { [unowned self] call in
      if let number = call.stack.number(at: 1) { return try call.push(number) }
      return try call.push(call.tensor(1, self).scalarValue("item"))
    }
    // class_labels(operation, y[, classes]): labels as the losses take them, as int32, or an error.
    try define("class_labels", in: native) { [unowned self] call in
      let classes = call.isNil(3) ? nil : try call.integer(3)
      return try call.push(classLabels(call.tensor(2, self), classes: classes, operation: call.string(1)), self)
    }
    // Errors of Lua code inside the program carry the user's line only when they come from Swift.
    try define("fail", in: native) { call in throw LuaError(.argument, try call.string(1)) }
    // rethrow(prefix, error): the error of the user's code with words in front.
    try define("rethrow", in: native) { call in
      guard let message = call.stack.string(at: 2) else {
        throw LuaError(.runtime, "\(try call.string(1)): an error that is a \(call.stack.typeName(at: 2))")
      }
      throw LuaError(.runtime, "\(try call.string(1)): \(message)")
    }
    try define("no_member", in: native) { call in
      let (type, name, known) = (try call.string(1), try call.string(2), try call.read(3, as: [String].self))
      throw LuaError(.runtime, "\(type) has no member '\(name)'" + suggestion(for: name, among: known))
    }
    // Walks over captures take it by its identity.
    try define("opaque", in: native) { [unowned self] call in
      try state.makeOpaque(call.stack.reference(at: 1))
      return 0
    }
    try define("check", in: native) { [unowned self] call in try checkOptions(call) }
    return native
  }

  // check(operation, options, { name = kind }): an unknown option is an error with a suggestion, one of another kind is refused.
  private func checkOptions(_ call: LuaCall) throws -> Int {
    let operation = try call.string(1)
    guard !call.isNil(2) else { return 0 }
    let stack = call.stack
    guard call.type(2) == .table else {
      throw LuaError(.argument, "\(operation): expected a table of options, got \(stack.typeName(at: 2))")
    }
    let kinds = try call.read(3, as: [String: String].self)
    for key in try stack.orderedKeys(at: 2) {
      guard case .string(let name) = key else {
        throw LuaError(.argument, "\(operation): options go by their names, got a value at [\(key.text)]")
      }
      guard let kind = kinds[name] else {
        throw LuaError(.argument, "\(operation): " + Options.unknown(name, kinds.keys.sorted()))
      }
      try stack.rawGet(key, from: 2)
      defer { stack.pop() }
      let fits =
        switch kind {
        case "any": true
        case "integer": stack.integer(at: -1) != nil
        case "generator": generators.value(on: stack, at: -1) != nil
        case "callable": try call.isCallable(stack.top)
        default: stack.typeName(at: -1) == kind
        }
      guard fits else {
        throw LuaError(.argument, "\(operation): option '\(name)': expected \(kind), got \(try stack.describe(at: -1))")
      }
    }
    return 0
  }
}
