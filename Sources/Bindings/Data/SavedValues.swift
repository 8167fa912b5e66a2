import Autodiff
import Experiments
import LuaHost

/// Lua values as checkpoints hold them, and back.
///
/// Tables are copied with their integer and string keys, without metatables; a table that is reached twice is saved twice. What comes
/// back with a tensor in it carries the arithmetic of trees.
extension Library {
  /// The value at an index of the stack for a checkpoint: integers and floats told apart, strings byte by byte, tensors and generators
  /// as they are now.
  /// - Throws: an error that names the place of what can't be saved: functions, coroutines, objects of other kinds, keys that are
  ///   neither integers nor strings, and tensors whose values a transform doesn't know.
  func saved(_ stack: LuaStack, at index: Int, operation: String) throws(LuaError) -> Checkpoint.Value {
    try saved(stack, at: stack.absolute(index), operation, path: [])
  }

  private func saved(_ stack: LuaStack, at index: Int, _ operation: String, path: [String]) throws(LuaError) -> Checkpoint.Value {
    func refuse(_ what: String) -> LuaError {
      let place = path.isEmpty ? "" : " at '\(path.joined(separator: "."))'"
      return LuaError(
        .argument,
        "\(operation): can't save \(what)\(place); expected tensors, numbers, strings, booleans, generators and tables of them")
    }
    switch stack.type(at: index) {
    case .nil: return .nil
    case .bool: return .bool(stack.isTrue(at: index))
    case .number:
      if stack.isInteger(at: index), let integer = stack.integer(at: index) { return .integer(integer) }
      return .number(stack.number(at: index) ?? 0)
    case .string: return .string(stack.bytes(at: index) ?? [])
    case .table:
      guard path.count < 100 else {
        throw LuaError(.runtime, "\(operation): tables are nested more than 100 deep; does a table contain itself?")
      }
      var entries: [Checkpoint.Entry] = []
      try stack.forEach(at: index) { () throws(LuaError) in
        let key: Checkpoint.Key
        if stack.isInteger(at: -2), let integer = stack.integer(at: -2) {
          key = .integer(integer)
        } else if let bytes = stack.bytes(at: -2) {
          key = .string(bytes)
        } else {
          throw refuse("a key of type \(stack.typeName(at: -2))")
        }
        entries.append(.init(key, try saved(stack, at: stack.top, operation, path: path + [key.text])))
      }
      return .table(entries.sorted { $0.key < $1.key })
    default:
      if let tensor = tensors.value(on: stack, at: index) {
        do { return .array(try tensor.numbers(for: operation)) } catch { throw LuaError(.runtime, error.message, cause: error) }
      }
      if let box = generators.value(on: stack, at: index) {
        if box.isMapped { throw refuse("a generator that vmap maps") }
        return .generator(box.generator)
      }
      throw refuse("a \(stack.typeName(at: index))")
    }
  }

  /// Pushes the value of a checkpoint.
  func push(_ value: Checkpoint.Value, to stack: LuaStack) throws(LuaError) {
    _ = try pushed(value, stack)
  }

  // Whether a tensor is in it.
  private func pushed(_ value: Checkpoint.Value, _ stack: LuaStack) throws(LuaError) -> Bool {
    switch value {
    case .nil: try stack.pushNil()
    case .bool(let flag): try stack.push(flag)
    case .integer(let integer): try stack.push(integer)
    case .number(let number): try stack.push(number)
    case .string(let bytes): try stack.push(bytes: bytes)
    case .array(let array):
      try push(Tensor(array), to: stack)
      return true
    case .generator(let generator): try generators.push(GeneratorBox(generator), to: stack)
    case .table(let entries):
      var hasTensor = false
      let isSequence = entries.first?.key == .integer(1)
      try stack.pushTable(array: isSequence ? entries.count : 0, fields: isSequence ? 0 : entries.count)
      for entry in entries {
        hasTensor = try pushed(entry.value, stack) || hasTensor
        switch entry.key {
        case .integer(let integer): try stack.rawSet(integer, in: -2)
        case .string(let bytes): try stack.set(.bytes(bytes), in: -2)
        }
      }
      if hasTensor {
        try stack.push(treeMetatable.reference)
        stack.setMetatable(of: -2)
      }
      return hasTensor
    }
    return false
  }
}
