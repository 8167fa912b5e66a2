// A running call of a Swift function from Lua: typed readers for its arguments, whose errors name the operation and
// the argument, and pushes for its results.

import CLua
import CLuaShim

/// The arguments and results of one call. Valid while the function runs.
public struct LuaCall {
  /// The stack: the arguments first, then what the function pushes.
  public let stack: LuaStack
  /// How many arguments were given.
  public let count: Int
  unowned(unsafe) let record: LuaFunctionRecord

  init(thread: OpaquePointer, record: LuaFunctionRecord) {
    stack = LuaStack(thread: thread, state: record.state)
    count = Int(lua_gettop(thread))
    self.record = record
  }

  /// The state the function belongs to.
  public var state: LuaState { record.state }
  /// The name of the function, as messages show it.
  public var name: String { record.name }

  /// An error about this call: `name: sentence`.
  public func error(_ sentence: String, _ kind: LuaError.Kind = .runtime) -> LuaError {
    LuaError(kind, "\(name): \(sentence)")
  }

  /// `name: argument i: expected …, got …`.
  public func mismatch(_ index: Int, expected: String) -> LuaError {
    error("argument \(index): expected \(expected), got \(stack.typeName(at: index))", .argument)
  }

  /// Throws unless the number of arguments is in range.
  public func expect(_ range: ClosedRange<Int>) throws(LuaError) {
    if range.contains(count) { return }
    let (low, high) = (range.lowerBound, range.upperBound)
    let expected = low == high ? "\(low) argument\(low == 1 ? "" : "s")" : "\(low) to \(high) arguments"
    throw error("expected \(expected), got \(count)", .argument)
  }
}

// MARK: Arguments

extension LuaCall {
  /// The type of an argument, `.none` beyond the last one.
  public func type(_ index: Int) -> LuaType { stack.type(at: index) }

  /// Whether an argument is absent or nil.
  public func isNil(_ index: Int) -> Bool { stack.isNil(at: index) }

  /// A number; strings are not converted.
  @inlinable
  public func number(_ index: Int) throws(LuaError) -> Double {
    guard let value = stack.number(at: index) else { throw mismatch(index, expected: "number") }
    return value
  }

  /// A number with an integral value.
  public func integer(_ index: Int) throws(LuaError) -> Int {
    if let value = stack.integer(at: index) { return value }
    if let value = stack.number(at: index) { throw error("argument \(index): expected integer, got \(value)", .argument) }
    throw mismatch(index, expected: "integer")
  }

  /// A boolean; other values are not converted.
  public func bool(_ index: Int) throws(LuaError) -> Bool {
    guard let value = stack.bool(at: index) else { throw mismatch(index, expected: "boolean") }
    return value
  }

  /// A string; numbers are not converted.
  public func string(_ index: Int) throws(LuaError) -> String {
    guard let value = stack.string(at: index) else { throw mismatch(index, expected: "string") }
    return value
  }

  /// The bytes of a string.
  public func bytes(_ index: Int) throws(LuaError) -> [UInt8] {
    guard let value = stack.bytes(at: index) else { throw mismatch(index, expected: "string") }
    return value
  }

  /// A table, held. To walk over it once, `expectTable` and the stack are cheaper.
  public func table(_ index: Int) throws(LuaError) -> LuaTable {
    guard let value = try stack.table(at: index) else { throw mismatch(index, expected: "table") }
    return value
  }

  /// Throws unless the argument is a table.
  public func expectTable(_ index: Int) throws(LuaError) {
    if stack.type(at: index) != .table { throw mismatch(index, expected: "table") }
  }

  /// A function, held.
  public func function(_ index: Int) throws(LuaError) -> LuaFunction {
    guard let value = try stack.function(at: index) else { throw mismatch(index, expected: "function") }
    return value
  }

  /// Any value.
  public func value(_ index: Int) throws(LuaError) -> LuaValue { try stack.value(at: index) }

  /// All arguments from one on.
  public func values(from index: Int) throws(LuaError) -> [LuaValue] {
    var values: [LuaValue] = []
    var i = index
    while i <= count {
      values.append(try stack.value(at: i))
      i += 1
    }
    return values
  }

  /// A value by type.
  public func read<T: LuaReadable>(_ index: Int, as type: T.Type = T.self) throws(LuaError) -> T {
    guard let value = try T.read(from: stack, at: index) else { throw mismatch(index, expected: T.luaTypeName) }
    return value
  }

  /// A value by type, or nil where nothing or nil was given.
  public func optional<T: LuaReadable>(_ index: Int, as type: T.Type = T.self) throws(LuaError) -> T? {
    stack.isNil(at: index) ? nil : try read(index, as: type)
  }

  /// A number, or nil where none was given.
  public func optionalNumber(_ index: Int) throws(LuaError) -> Double? { isNil(index) ? nil : try number(index) }
  /// An integer, or nil where none was given.
  public func optionalInteger(_ index: Int) throws(LuaError) -> Int? { isNil(index) ? nil : try integer(index) }
  /// A boolean, or nil where none was given.
  public func optionalBool(_ index: Int) throws(LuaError) -> Bool? { isNil(index) ? nil : try bool(index) }
  /// A string, or nil where none was given.
  public func optionalString(_ index: Int) throws(LuaError) -> String? { isNil(index) ? nil : try string(index) }
  /// A table, or nil where none was given.
  public func optionalTable(_ index: Int) throws(LuaError) -> LuaTable? { isNil(index) ? nil : try table(index) }
  /// A function, or nil where none was given.
  public func optionalFunction(_ index: Int) throws(LuaError) -> LuaFunction? { isNil(index) ? nil : try function(index) }

  /// The stack index of a capture, counted from 1.
  public func captureIndex(_ capture: Int) -> Int { Int(lh_capture_index(Int32(capture))) }

  /// A capture of the function, counted from 1.
  public func capture(_ capture: Int) throws(LuaError) -> LuaValue { try stack.value(at: captureIndex(capture)) }
}

// MARK: Results

extension LuaCall {
  /// Pushes a result; answers 1, so that `return try call.push(x)` reads well.
  @discardableResult
  public func push(_ value: any LuaPushable) throws(LuaError) -> Int {
    try value.push(to: stack)
    return 1
  }

  /// Pushes a number as result.
  @discardableResult
  @inlinable
  public func push(_ number: Double) throws(LuaError) -> Int {
    try stack.push(number)
    return 1
  }

  /// Pushes an integer as result.
  @discardableResult
  @inlinable
  public func push(_ integer: Int) throws(LuaError) -> Int {
    try stack.push(integer)
    return 1
  }

  /// Pushes a boolean as result.
  @discardableResult
  @inlinable
  public func push(_ flag: Bool) throws(LuaError) -> Int {
    try stack.push(flag)
    return 1
  }

  /// Pushes a string as result.
  @discardableResult
  public func push(_ text: String) throws(LuaError) -> Int {
    try stack.push(text)
    return 1
  }

  /// Pushes nil as result.
  @discardableResult
  public func pushNil() throws(LuaError) -> Int {
    try stack.pushNil()
    return 1
  }

  /// Pushes several results and answers their count.
  public func results(_ values: any LuaPushable...) throws(LuaError) -> Int {
    for value in values { try value.push(to: stack) }
    return values.count
  }
}
