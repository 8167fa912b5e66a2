// Swift types that cross the border: what can be pushed, and what can be read back by type.

/// A value that can be handed to Lua.
public protocol LuaPushable {
  /// Pushes exactly one value.
  func push(to stack: LuaStack) throws(LuaError)
}

/// A type whose values can be read from Lua.
public protocol LuaReadable {
  /// What messages call it, as in `expected number`.
  static var luaTypeName: String { get }
  /// The value at an index, or nil if something else is there.
  static func read(from stack: LuaStack, at index: Int) throws(LuaError) -> Self?
}

/// A type that goes both ways.
public typealias LuaConvertible = LuaPushable & LuaReadable

extension Bool: LuaPushable, LuaReadable {
  /// Pushes a boolean.
  public func push(to stack: LuaStack) throws(LuaError) { try stack.push(self) }
  /// `boolean`.
  public static var luaTypeName: String { "boolean" }
  /// Reads a boolean; other values are not converted.
  public static func read(from stack: LuaStack, at index: Int) -> Bool? { stack.bool(at: index) }
}

extension Int: LuaPushable, LuaReadable {
  /// Pushes an integer.
  public func push(to stack: LuaStack) throws(LuaError) { try stack.push(self) }
  /// `integer`.
  public static var luaTypeName: String { "integer" }
  /// Reads a number with an integral value.
  public static func read(from stack: LuaStack, at index: Int) -> Int? { stack.integer(at: index) }
}

extension Double: LuaPushable, LuaReadable {
  /// Pushes a float.
  public func push(to stack: LuaStack) throws(LuaError) { try stack.push(self) }
  /// `number`.
  public static var luaTypeName: String { "number" }
  /// Reads a number.
  public static func read(from stack: LuaStack, at index: Int) -> Double? { stack.number(at: index) }
}

extension String: LuaPushable, LuaReadable {
  /// Pushes a string.
  public func push(to stack: LuaStack) throws(LuaError) { try stack.push(self) }
  /// `string`.
  public static var luaTypeName: String { "string" }
  /// Reads a string; numbers are not converted, invalid UTF-8 is repaired.
  public static func read(from stack: LuaStack, at index: Int) -> String? { stack.string(at: index) }
}

extension LuaValue: LuaPushable, LuaReadable {
  /// Pushes the value.
  public func push(to stack: LuaStack) throws(LuaError) { try stack.push(self) }
  /// `value`.
  public static var luaTypeName: String { "value" }
  /// Reads whatever is there.
  public static func read(from stack: LuaStack, at index: Int) throws(LuaError) -> LuaValue? { try stack.value(at: index) }
}

extension LuaReference: LuaPushable {
  /// Pushes the object.
  public func push(to stack: LuaStack) throws(LuaError) { try stack.push(self) }
}

extension LuaTable: LuaPushable, LuaReadable {
  /// Pushes the table.
  public func push(to stack: LuaStack) throws(LuaError) { try stack.push(reference) }
  /// `table`.
  public static var luaTypeName: String { "table" }
  /// Reads a table.
  public static func read(from stack: LuaStack, at index: Int) throws(LuaError) -> LuaTable? { try stack.table(at: index) }
}

extension LuaFunction: LuaPushable, LuaReadable {
  /// Pushes the function.
  public func push(to stack: LuaStack) throws(LuaError) { try stack.push(reference) }
  /// `function`.
  public static var luaTypeName: String { "function" }
  /// Reads a function.
  public static func read(from stack: LuaStack, at index: Int) throws(LuaError) -> LuaFunction? {
    try stack.function(at: index)
  }
}

extension Optional: LuaPushable where Wrapped: LuaPushable {
  /// Pushes the value, or nil.
  public func push(to stack: LuaStack) throws(LuaError) {
    if let self { try self.push(to: stack) } else { try stack.pushNil() }
  }
}

extension Optional: LuaReadable where Wrapped: LuaReadable {
  /// The name of what is wrapped.
  public static var luaTypeName: String { Wrapped.luaTypeName + " or nil" }
  /// Reads nil as no value.
  public static func read(from stack: LuaStack, at index: Int) throws(LuaError) -> Wrapped?? {
    if stack.isNil(at: index) { return .some(nil) }
    return try Wrapped.read(from: stack, at: index).map { .some($0) }
  }
}

extension Array: LuaPushable where Element: LuaPushable {
  /// Pushes a sequence.
  public func push(to stack: LuaStack) throws(LuaError) {
    let base = stack.top
    do {
      try stack.pushTable(array: count)
      for i in indices {
        try self[i].push(to: stack)
        try stack.rawSet(i + 1, in: -2)
      }
    } catch {
      stack.top = base
      throw error
    }
  }
}

extension Array: LuaReadable where Element: LuaReadable {
  /// `table of` the elements' name.
  public static var luaTypeName: String { "table of \(Element.luaTypeName)s" }
  /// Reads the sequence part; nil if an element is of another type.
  public static func read(from stack: LuaStack, at index: Int) throws(LuaError) -> [Element]? {
    guard stack.type(at: index) == .table else { return nil }
    let table = stack.absolute(index)
    var elements: [Element] = []
    let count = stack.rawLength(at: table)
    elements.reserveCapacity(count)
    for i in 0..<count {
      try stack.rawGet(i + 1, from: table)
      defer { stack.pop() }
      guard let element = try Element.read(from: stack, at: -1) else { return nil }
      elements.append(element)
    }
    return elements
  }
}

extension Dictionary: LuaPushable where Key == String, Value: LuaPushable {
  /// Pushes a table with these fields.
  public func push(to stack: LuaStack) throws(LuaError) {
    let base = stack.top
    do {
      try stack.pushTable(fields: count)
      for key in keys.sorted() {
        try self[key].push(to: stack)
        try stack.rawSet(key, in: -2)
      }
    } catch {
      stack.top = base
      throw error
    }
  }
}

extension Dictionary: LuaReadable where Key == String, Value: LuaReadable {
  /// `table of` the values' name.
  public static var luaTypeName: String { "table of \(Value.luaTypeName)s" }
  /// Reads the string keys; nil if there are others or a value is of another type.
  public static func read(from stack: LuaStack, at index: Int) throws(LuaError) -> [String: Value]? {
    guard stack.type(at: index) == .table else { return nil }
    let table = stack.absolute(index)
    var fields: [String: Value] = [:]
    for key in try stack.orderedKeys(at: table) {
      guard case .string(let name) = key else { return nil }
      try stack.rawGet(name, from: table)
      defer { stack.pop() }
      guard let value = try Value.read(from: stack, at: -1) else { return nil }
      fields[name] = value
    }
    return fields
  }
}

/// A type whose values cross the border in boxes of the type registered for it.
public protocol LuaBoxed: LuaPushable, LuaReadable {}

extension LuaBoxed {
  /// The Swift name of the type.
  public static var luaTypeName: String { "\(Self.self)" }

  /// Pushes a new box. Throws if no box type is registered for this type.
  public func push(to stack: LuaStack) throws(LuaError) {
    guard let type = stack.state.boxType(of: Self.self) else {
      throw LuaError(.runtime, "no box type is registered for \(Self.luaTypeName)")
    }
    try type.push(self, to: stack)
  }

  /// Reads the value of a box.
  public static func read(from stack: LuaStack, at index: Int) -> Self? {
    stack.state.boxType(of: Self.self)?.value(on: stack, at: index)
  }
}
