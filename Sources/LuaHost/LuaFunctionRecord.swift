// Swift functions as Lua functions. Each is a C closure whose first upvalue is a box that owns a record with the Swift
// closure, so a function made at run time dies with its Lua closure.

import CLua
import CLuaShim

/// A function Lua can call: it reads its arguments, pushes its results and answers how many there are.
public typealias LuaBody = (inout LuaCall) throws -> Int

/// What a C closure enters.
final class LuaFunctionRecord {
  unowned(unsafe) let state: LuaState
  let name: String
  let body: LuaBody

  init(state: LuaState, name: String, body: @escaping LuaBody) {
    self.state = state
    self.name = name
    self.body = body
  }

  func enter(_ thread: OpaquePointer) -> Int32 {
    var call = LuaCall(thread: thread, record: self)
    do {
      return Int32(truncatingIfNeeded: try body(&call))
    } catch {
      return state.prepare(error, on: call.stack)
    }
  }
}

extension LuaStack {
  /// Pushes a Lua function that enters Swift.
  ///
  /// - Parameters:
  ///   - name: stands in front of messages about its arguments.
  ///   - captures: how many values on top become captures of the function, seen by the collector (a Swift closure
  ///     that holds a `LuaReference` instead keeps a cycle through the function alive).
  ///   - body: reads arguments and pushes results.
  public func pushFunction(_ name: String, captures: Int = 0, _ body: @escaping LuaBody) throws(LuaError) {
    let record = Unmanaged.passRetained(LuaFunctionRecord(state: state, name: name, body: body))
    let status = lh_push_function(thread, host, record.toOpaque(), Int32(captures))
    if status != LUA_OK {
      record.release()
      try check(status)
    }
  }
}

extension LuaState {
  /// A Lua function that enters Swift. `captures` are values it keeps alive and reads with `LuaCall.capture`.
  public func makeFunction(
    _ name: String, captures: [LuaValue] = [], _ body: @escaping LuaBody
  ) throws(LuaError) -> LuaFunction {
    let stack = stack
    let base = stack.top
    defer { stack.top = base }
    for capture in captures { try stack.push(capture) }
    try stack.pushFunction(name, captures: captures.count, body)
    return LuaFunction(try stack.reference(at: -1))
  }

  /// Sets a global function.
  public func register(_ name: String, _ body: @escaping LuaBody) throws(LuaError) {
    try setGlobal(name, to: try makeFunction(name, body))
  }
}

extension LuaTable {
  /// Sets a function as a field; `label` stands in front of its messages, the key by default.
  public func setFunction(_ key: String, label: String? = nil, _ body: @escaping LuaBody) throws(LuaError) {
    try set(.string(key), to: .function(try reference.state().makeFunction(label ?? key, body)))
  }
}
