// Lua values as Swift sees them, and the keys of ordinary tables in the order every walk over a table uses.

/// A Lua value. Tables, functions, userdata and threads are references that keep the object alive.
public enum LuaValue: Sendable {
  /// `nil`.
  case `nil`
  /// A boolean.
  case bool(Bool)
  /// A number of subtype integer.
  case integer(Int)
  /// A number of subtype float.
  case number(Double)
  /// A string that is valid UTF-8.
  case string(String)
  /// Any other string.
  case bytes([UInt8])
  /// A table.
  case table(LuaTable)
  /// A function.
  case function(LuaFunction)
  /// A full userdata: a boxed Swift value or an object of another library.
  case userdata(LuaReference)
  /// A coroutine.
  case thread(LuaReference)
  /// A light userdata.
  case address(UInt)

  /// Whether it is nil.
  public var isNil: Bool { if case .nil = self { true } else { false } }

  /// The number, of either subtype.
  public var asNumber: Double? {
    switch self {
    case .number(let x): x
    case .integer(let i): Double(i)
    default: nil
    }
  }

  /// The integer, also of a float with an integral value.
  public var asInteger: Int? {
    switch self {
    case .integer(let i): i
    case .number(let x) where x >= -0x1p63 && x < 0x1p63 && Double(Int(x)) == x: Int(x)
    default: nil
    }
  }

  /// The string if it is valid UTF-8.
  public var asString: String? { if case .string(let text) = self { text } else { nil } }
  /// The boolean.
  public var asBool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  /// The table.
  public var asTable: LuaTable? { if case .table(let table) = self { table } else { nil } }
  /// The function.
  public var asFunction: LuaFunction? { if case .function(let function) = self { function } else { nil } }

  /// The reference of an object, nil for plain values.
  public var reference: LuaReference? {
    switch self {
    case .table(let table): table.reference
    case .function(let function): function.reference
    case .userdata(let reference), .thread(let reference): reference
    default: nil
    }
  }
}

extension LuaValue: Equatable {
  /// Equality of meaning for plain values (1 equals 1.0), identity for objects.
  public static func == (a: LuaValue, b: LuaValue) -> Bool {
    switch (a, b) {
    case (.nil, .nil): true
    case (.bool(let x), .bool(let y)): x == y
    case (.integer(let x), .integer(let y)): x == y
    case (.integer, .number), (.number, .integer), (.number, .number):
      a.asInteger.map { $0 == b.asInteger } ?? (a.asNumber == b.asNumber)
    case (.string(let x), .string(let y)): x.utf8.elementsEqual(y.utf8)
    case (.bytes(let x), .bytes(let y)): x == y
    case (.address(let x), .address(let y)): x == y
    default: a.reference.flatMap { x in b.reference.map { $0.identity == x.identity } } ?? false
    }
  }
}

/// The type of a Lua value.
public enum LuaType: Int32, Sendable {
  /// No value at all: beyond the arguments.
  case none = -1
  /// `nil`.
  case `nil`
  /// A boolean.
  case bool
  /// An address.
  case lightUserdata
  /// A number of either subtype.
  case number
  /// A string.
  case string
  /// A table.
  case table
  /// A function.
  case function
  /// A userdata.
  case userdata
  /// A coroutine.
  case thread

  /// Lua's own name for it, for messages.
  public var name: String {
    switch self {
    case .none: "no value"
    case .nil: "nil"
    case .bool: "boolean"
    case .lightUserdata, .userdata: "userdata"
    case .number: "number"
    case .string: "string"
    case .table: "table"
    case .function: "function"
    case .thread: "thread"
    }
  }
}

/// A key of a table that Swift walks over. Integers come before strings, strings stand in byte order.
public enum LuaKey: Hashable, Comparable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  /// An integer key, counted from 1 in sequences.
  case integer(Int)
  /// A string key.
  case string(String)

  /// A string key.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An integer key.
  public init(integerLiteral value: Int) { self = .integer(value) }

  /// Integers ascending, then strings by their bytes.
  public static func < (a: LuaKey, b: LuaKey) -> Bool {
    switch (a, b) {
    case (.integer(let x), .integer(let y)): x < y
    case (.integer, .string): true
    case (.string, .integer): false
    case (.string(let x), .string(let y)): x.utf8.lexicographicallyPrecedes(y.utf8)
    }
  }

  /// The key as it would stand in a path: `weight`, `2`.
  public var text: String {
    switch self {
    case .integer(let i): String(i)
    case .string(let text): text
    }
  }
}
