// Lua values that Swift holds on to: references in the registry. Releasing one only queues it, because the last owner
// may go away inside the collector; the queue is emptied when a Swift function next returns to Lua.

import CLuaShim

/// The C record beside a state, shared by the state and everything that refers into it.
package final class LuaHostHandle {
  package var host: UnsafeMutablePointer<lh_host>!
  /// The state while it is open.
  package unowned(unsafe) var state: LuaState?
  /// A borrowed state lives until its Lua state closes.
  var keptState: LuaState?
  /// Finalizers that run late in a borrowed state may still read the record.
  var outlivesHandle = false
  /// Boxes may be deinitialised as late as the record exists.
  private var boxTypes: [AnyLuaBoxType] = []

  func keep(_ type: AnyLuaBoxType) { boxTypes.append(type) }
  /// Once no box is left: the types hold references, and those hold this.
  func dropBoxTypes() { boxTypes = [] }

  deinit {
    if let host, !outlivesHandle { lh_free(host) }
  }
}

/// A Lua value kept alive from Swift: a table, function, userdata or thread.
public final class LuaReference: @unchecked Sendable {
  let handle: LuaHostHandle
  let key: Int32
  /// The address of the object, which identifies it while it lives.
  package let identity: UInt

  init(handle: LuaHostHandle, key: Int32, identity: UInt) {
    self.handle = handle
    self.key = key
    self.identity = identity
  }

  deinit {
    if handle.host.pointee.main != nil { lh_release(handle.host, key) }
  }

  /// The state it belongs to. Throws if that is closed.
  public func state() throws(LuaError) -> LuaState {
    guard let state = handle.state else { throw LuaError(.runtime, "the Lua state is closed") }
    return state
  }
}

/// A Lua table held from Swift. Access is raw: no metamethod runs.
public struct LuaTable: Sendable {
  /// The reference that keeps it alive.
  public let reference: LuaReference

  /// The table that a reference holds.
  package init(_ reference: LuaReference) { self.reference = reference }

  /// The border of its sequence part, as `rawlen` gives it.
  public var count: Int {
    get throws(LuaError) {
      let stack = try reference.state().stack
      try stack.push(reference)
      defer { stack.pop() }
      return stack.rawLength(at: -1)
    }
  }

  /// The value at a key.
  public func get(_ key: LuaKey) throws(LuaError) -> LuaValue {
    let stack = try reference.state().stack
    try stack.push(reference)
    defer { stack.pop() }
    try stack.rawGet(key, from: -1)
    defer { stack.pop() }
    return try stack.value(at: -1)
  }

  /// Sets the value at a key; `.nil` removes it.
  public func set(_ key: LuaKey, to value: LuaValue) throws(LuaError) {
    let stack = try reference.state().stack
    try stack.push(reference)
    defer { stack.pop() }
    try stack.push(value)
    try stack.rawSet(key, in: -2)
  }

  /// Its keys: integers ascending, then strings in byte order. Throws if it has keys of other types.
  public func orderedKeys() throws(LuaError) -> [LuaKey] {
    let stack = try reference.state().stack
    try stack.push(reference)
    defer { stack.pop() }
    return try stack.orderedKeys(at: -1)
  }
}

/// A Lua function held from Swift.
public struct LuaFunction: Sendable {
  /// The reference that keeps it alive.
  public let reference: LuaReference

  /// The function that a reference holds.
  package init(_ reference: LuaReference) { self.reference = reference }

  /// Calls it in protected mode; all its results.
  @discardableResult
  public func call(_ arguments: any LuaPushable...) throws(LuaError) -> [LuaValue] {
    try reference.state().call(self, arguments)
  }

  /// The name and value of an upvalue, counted from 1, or nil if there is none. Upvalues of stripped chunks and of
  /// C functions have no names.
  public func upvalue(_ index: Int) throws(LuaError) -> (name: String, value: LuaValue)? {
    let stack = try reference.state().stack
    try stack.push(reference)
    defer { stack.pop() }
    try stack.reserve(2)
    guard let name = lua_getupvalue(stack.thread, -1, Int32(index)) else { return nil }
    defer { stack.pop() }
    return (String(cString: name), try stack.value(at: -1))
  }

  /// Sets an upvalue. False if there is none of that index.
  @discardableResult
  public func setUpvalue(_ index: Int, to value: LuaValue) throws(LuaError) -> Bool {
    let stack = try reference.state().stack
    try stack.push(reference)
    defer { stack.pop() }
    try stack.push(value)
    if lua_setupvalue(stack.thread, -2, Int32(index)) != nil { return true }
    stack.pop()
    return false
  }

  /// What identifies an upvalue: closures that share it have the same. Nil if there is none of that index.
  public func upvalueIdentity(_ index: Int) throws(LuaError) -> UInt? {
    let stack = try reference.state().stack
    try stack.push(reference)
    defer { stack.pop() }
    return UInt(bitPattern: lua_upvalueid(stack.thread, -1, Int32(index))).nonZero
  }

  /// Whether it is written in C or Swift.
  public var isNative: Bool {
    get throws(LuaError) {
      let stack = try reference.state().stack
      try stack.push(reference)
      defer { stack.pop() }
      return lua_iscfunction(stack.thread, -1) != 0
    }
  }
}

extension UInt {
  var nonZero: UInt? { self == 0 ? nil : self }
}
