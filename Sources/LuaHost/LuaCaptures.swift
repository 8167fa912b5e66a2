// What a function can reach, as a fingerprint and a list of boxes: with it a host that has worked a function out once finds
// out whether the result still holds.

import CLua
import CLuaShim

/// A walk over what functions reach: upvalues, and from there through Lua functions and plain tables.
///
/// The fingerprint has all numbers, strings, booleans and the identities of functions and objects, in one fixed order; boxes of
/// one type are not part of it but listed. Environments are not walked: say which of their names count. Objects marked with
/// `LuaState.makeOpaque` count by identity alone.
package final class LuaCaptures {
  /// Equal for equal captures.
  package struct Mark: Equatable {
    let low, high: UInt64
  }

  private let walk: OpaquePointer
  private let handle: LuaHostHandle
  private let boxType: AnyLuaBoxType

  /// A walk that lists the boxes of a type.
  package init(of boxType: AnyLuaBoxType, in state: LuaState) throws(LuaError) {
    guard let walk = lh_new_walk(state.host, boxType.type) else { throw LuaError(.memory, "not enough memory") }
    self.walk = walk
    self.boxType = boxType
    handle = state.handle
  }

  deinit { lh_free_walk(walk) }

  /// Forgets what was found.
  package func begin() { lh_begin_walk(walk) }

  /// Goes on with the value at an index.
  ///
  /// - Parameters:
  ///   - anchors: the index of a table that takes what counts by identity: as long as it lives no other object is mistaken for it.
  ///   - functions: the index of a list that takes function, number of the upvalue and environment for each Lua function; 0 and
  ///     false for one without an environment.
  package func add(_ stack: LuaStack, at index: Int, anchors: Int? = nil, functions: Int? = nil) throws(LuaError) {
    let (value, kept, found) = (stack.absolute(index), anchors.map(stack.absolute), functions.map(stack.absolute))
    try stack.pushCopy(of: value)
    for table in [kept, found] {
      if let table { try stack.pushCopy(of: table) } else { try stack.pushNil() }
    }
    try stack.check(lh_walk_value(stack.thread, walk))
  }

  /// Walks anew over the function at an index, and over what a list of environment, name, environment, name, … stands for.
  package func walk(_ stack: LuaStack, function: Int, names: LuaReference) throws(LuaError) {
    try stack.pushCopy(of: function)
    try stack.push(names)
    try stack.check(lh_walk_all(stack.thread, walk))
  }

  /// The fingerprint so far.
  package var mark: Mark {
    let result = lh_walk_so_far(walk)
    return Mark(low: result.mark.0, high: result.mark.1)
  }

  /// The payloads of the boxes found so far, in order.
  package var boxes: UnsafeBufferPointer<UnsafeMutableRawPointer?> {
    let result = lh_walk_so_far(walk)
    return UnsafeBufferPointer(start: result.boxes, count: Int(result.box_count))
  }
}

extension LuaState {
  /// Makes walks over captures take an object by its identity, without looking into it: for libraries.
  package func makeOpaque(_ reference: LuaReference) throws(LuaError) {
    try stack.push(reference)
    try stack.check(lh_make_opaque(stack.thread, host))
  }
}

extension LuaStack {
  /// Whether the code of the function at an index may test numbers for equality, or take them as keys of tables: there an object that
  /// stands for a number would silently do something else.
  package func looksAtNumbers(at index: Int) throws(LuaError) -> Bool {
    var answer = false
    try check(lh_looks_at_numbers(thread, Int32(index), &answer))
    return answer
  }

  /// Arithmetic of Lua on two numbers on top, which the result replaces; `operation` as in `lua_arith`.
  package func arithmetic(_ operation: LuaArithmetic) throws(LuaError) { try check(lh_arith(thread, operation.rawValue)) }
}

/// The arithmetic operators, numbered as `lua_arith` takes them.
package enum LuaArithmetic: Int32, CaseIterable, Sendable {
  case add, subtract, multiply, modulo, power, divide, floorDivide
  case negate = 12
}

extension AnyLuaBoxType {
  /// What is told of reads: its context, the thread and the index that was read, and the payload there.
  package typealias ReadWatcher =
    @convention(c) (UnsafeMutableRawPointer, OpaquePointer, Int32, UnsafeMutableRawPointer) -> Void

  /// Has every read of a value of this type reported to a function while `body` runs.
  package func watchingReads<R>(
    _ context: UnsafeMutableRawPointer, _ watcher: @escaping ReadWatcher,
    _ body: () throws -> R
  ) rethrows -> R {
    let (outer, outerContext) = (type.pointee.on_read, type.pointee.read_context)
    type.pointee.on_read = watcher
    type.pointee.read_context = context
    defer {
      type.pointee.on_read = outer
      type.pointee.read_context = outerContext
    }
    return try body()
  }
}
