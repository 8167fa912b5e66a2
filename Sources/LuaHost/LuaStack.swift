// The stack of the running Lua thread, by index, as the C API has it, but safe: nothing here can raise past Swift.
// Functions that may fail throw; what they were given to consume is popped either way.

import CLua
import CLuaShim

/// A view of the values a Swift function works with. Index 1 is the first argument, -1 the value on top.
public struct LuaStack {
  @usableFromInline package let thread: OpaquePointer
  /// The state it belongs to.
  public unowned(unsafe) let state: LuaState

  @usableFromInline
  package init(thread: OpaquePointer, state: LuaState) {
    self.thread = thread
    self.state = state
  }

  package var host: UnsafeMutablePointer<lh_host> { state.host }

  /// How many values are on it.
  public var top: Int {
    get { Int(lua_gettop(thread)) }
    nonmutating set { lua_settop(thread, Int32(newValue)) }
  }

  /// Removes values from the top.
  public func pop(_ count: Int = 1) { lh_pop(thread, Int32(count)) }

  /// An index that stays right when more is pushed.
  public func absolute(_ index: Int) -> Int { Int(lua_absindex(thread, Int32(index))) }

  /// Makes room for that many pushes.
  public func reserve(_ count: Int) throws(LuaError) {
    if lua_checkstack(thread, Int32(count)) == 0 { throw LuaError(.runtime, "stack overflow") }
  }

  /// Throws the error that a protected form left on top.
  package func check(_ status: Int32) throws(LuaError) {
    if status != LUA_OK { throw state.takeError(from: thread, status: status, traced: false) }
  }
}

// MARK: Reading

extension LuaStack {
  /// The type at an index.
  public func type(at index: Int) -> LuaType { LuaType(rawValue: lua_type(thread, Int32(index))) ?? .none }

  /// The type's name for messages: the box's own name if it is one.
  public func typeName(at index: Int) -> String {
    if let type = lh_box_type(thread, Int32(index), host) { return String(cString: type.pointee.name) }
    return type(at: index).name
  }

  /// Whether nothing or nil is there.
  public func isNil(at index: Int) -> Bool { lua_type(thread, Int32(index)) <= LUA_TNIL }

  /// The number there; strings are not converted.
  @inlinable
  public func number(at index: Int) -> Double? {
    lua_type(thread, Int32(truncatingIfNeeded: index)) == LUA_TNUMBER
      ? lua_tonumberx(thread, Int32(truncatingIfNeeded: index), nil) : nil
  }

  /// The integer there, also of a float with an integral value; strings are not converted.
  public func integer(at index: Int) -> Int? {
    guard lua_type(thread, Int32(index)) == LUA_TNUMBER else { return nil }
    var exact: Int32 = 0
    let value = lua_tointegerx(thread, Int32(index), &exact)
    return exact != 0 ? Int(value) : nil
  }

  /// Whether the number there has subtype integer.
  public func isInteger(at index: Int) -> Bool { lua_isinteger(thread, Int32(index)) != 0 }

  /// The boolean there; other values are not converted.
  public func bool(at index: Int) -> Bool? {
    lua_type(thread, Int32(index)) == LUA_TBOOLEAN ? lua_toboolean(thread, Int32(index)) != 0 : nil
  }

  /// Whether the value there counts as true in a condition.
  public func isTrue(at index: Int) -> Bool { lua_toboolean(thread, Int32(index)) != 0 }

  /// The string there, with invalid UTF-8 repaired; numbers are not converted.
  public func string(at index: Int) -> String? {
    withBytes(at: index) { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of the string there.
  public func bytes(at index: Int) -> [UInt8]? { withBytes(at: index) { Array($0) } }

  /// Lends the bytes of the string there without a copy.
  public func withBytes<R>(at index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R? {
    var length = 0
    guard let text = lh_string(thread, Int32(index), &length) else { return nil }
    return try body(UnsafeRawBufferPointer(start: text, count: length))
  }

  /// The function there, held.
  public func function(at index: Int) throws(LuaError) -> LuaFunction? {
    type(at: index) == .function ? LuaFunction(try reference(at: index)) : nil
  }

  /// The table there, held.
  public func table(at index: Int) throws(LuaError) -> LuaTable? {
    type(at: index) == .table ? LuaTable(try reference(at: index)) : nil
  }

  /// Holds the object at an index.
  public func reference(at index: Int) throws(LuaError) -> LuaReference {
    if host.pointee.released_count >= 64 { lh_drain(thread, host) }
    try reserve(1)
    let identity = UInt(bitPattern: lua_topointer(thread, Int32(index)))
    lua_pushvalue(thread, Int32(index))
    var key: Int32 = 0
    try check(lh_reference(thread, &key))
    return LuaReference(handle: state.handle, key: key, identity: identity)
  }

  /// Takes the value at an index out; those above it come down.
  public func remove(_ index: Int) { lh_remove(thread, Int32(index)) }

  /// What identifies the object at an index while it lives; 0 for plain values.
  public func identity(at index: Int) -> UInt { UInt(bitPattern: lua_topointer(thread, Int32(index))) }

  /// The value at an index.
  public func value(at index: Int) throws(LuaError) -> LuaValue {
    switch type(at: index) {
    case .none, .nil: return .nil
    case .bool: return .bool(isTrue(at: index))
    case .lightUserdata: return .address(identity(at: index))
    case .number:
      let i = Int32(index)
      return lua_isinteger(thread, i) != 0 ? .integer(Int(lua_tointegerx(thread, i, nil))) : .number(lua_tonumberx(thread, i, nil))
    case .string:
      let bytes = bytes(at: index) ?? []
      return String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(bytes)
    case .table: return .table(LuaTable(try reference(at: index)))
    case .function: return .function(LuaFunction(try reference(at: index)))
    case .userdata: return .userdata(try reference(at: index))
    case .thread: return .thread(try reference(at: index))
    }
  }

  /// `tostring` of the value there, with its metamethods.
  public func describe(at index: Int) throws(LuaError) -> String {
    try check(lh_to_string(thread, Int32(index)))
    defer { pop() }
    return string(at: -1) ?? ""
  }
}

// MARK: Pushing

extension LuaStack {
  /// Pushes nil.
  public func pushNil() throws(LuaError) {
    try reserve(1)
    lua_pushnil(thread)
  }

  /// Pushes a copy of the value at an index.
  public func pushCopy(of index: Int) throws(LuaError) {
    try reserve(1)
    lua_pushvalue(thread, Int32(index))
  }

  /// Pushes a boolean.
  public func push(_ flag: Bool) throws(LuaError) {
    try reserve(1)
    lua_pushboolean(thread, flag ? 1 : 0)
  }

  /// Pushes an integer.
  public func push(_ integer: Int) throws(LuaError) {
    try reserve(1)
    lua_pushinteger(thread, lua_Integer(integer))
  }

  /// Pushes a float.
  public func push(_ number: Double) throws(LuaError) {
    try reserve(1)
    lua_pushnumber(thread, number)
  }

  /// Pushes a string.
  public func push(_ text: String) throws(LuaError) {
    var text = text
    let status = text.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) { lh_push_string(thread, $0.baseAddress, $0.count) }
    }
    try check(status)
  }

  /// Pushes a string of any bytes.
  public func push(bytes: [UInt8]) throws(LuaError) {
    let status = bytes.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { lh_push_string(thread, $0.baseAddress, $0.count) }
    }
    try check(status)
  }

  /// Pushes the object a reference holds. Throws if it belongs to another state or a closed one.
  public func push(_ reference: LuaReference) throws(LuaError) {
    guard reference.handle === state.handle else { throw LuaError(.runtime, "the value belongs to another Lua state") }
    try reserve(1)
    lua_rawgeti(thread, lh_registry_index(), lua_Integer(reference.key))
  }

  /// Pushes any value.
  public func push(_ value: LuaValue) throws(LuaError) {
    switch value {
    case .nil: try pushNil()
    case .bool(let flag): try push(flag)
    case .integer(let integer): try push(integer)
    case .number(let number): try push(number)
    case .string(let text): try push(text)
    case .bytes(let bytes): try push(bytes: bytes)
    case .table(let table): try push(table.reference)
    case .function(let function): try push(function.reference)
    case .userdata(let reference), .thread(let reference): try push(reference)
    case .address(let address):
      try reserve(1)
      lua_pushlightuserdata(thread, UnsafeMutableRawPointer(bitPattern: address))
    }
  }

  /// Pushes a new table with room for that many entries.
  public func pushTable(array: Int = 0, fields: Int = 0) throws(LuaError) {
    try check(lh_new_table(thread, Int32(clamping: array), Int32(clamping: fields)))
  }

  /// Pushes the table of globals.
  public func pushGlobals() throws(LuaError) {
    try reserve(1)
    lh_push_globals(thread)
  }
}

// MARK: Calling

extension LuaStack {
  /// Calls the function under the `arguments` values on top, in protected mode; the results replace them.
  ///
  /// - Parameter results: how many results to leave, or nil for all of them.
  /// - Returns: how many results there are.
  @discardableResult
  public func call(arguments: Int, results: Int? = nil) throws(LuaError) -> Int {
    let base = top - arguments - 1
    try state.callOnStack(thread, arguments: Int32(arguments), results: results.map { Int32($0) } ?? LUA_MULTRET)
    return top - base
  }
}
