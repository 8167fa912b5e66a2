// Swift values inside Lua userdata. The value lies in the userdata itself (up to 64 bytes; larger ones behind a
// pointer) and is deinitialised exactly once: when the allocator takes the block back, or by a finalizer where the
// state is somebody else's. Types are told apart by a seal and a pointer in the box, never by name.

import CLua
import CLuaShim

/// What all box types share, whatever their values are.
public class AnyLuaBoxType {
  /// The name messages use.
  public let name: String
  @usableFromInline package let type: UnsafeMutablePointer<lh_type>
  let handle: LuaHostHandle
  let methods: LuaTable
  let getters: LuaTable
  var fallback: LuaFunction?

  init(name: String, state: LuaState) throws(LuaError) {
    self.name = name
    handle = state.handle
    methods = try state.makeTable()
    getters = try state.makeTable()
    let stack = state.stack
    guard let type = lh_new_type(stack.thread, state.host, name) else {
      throw state.takeError(from: stack.thread, status: LUA_ERRRUN, traced: false)
    }
    stack.pop()
    self.type = type
    type.pointee.swift = Unmanaged.passUnretained(self).toOpaque()
  }

  func destroy(_ payload: UnsafeMutableRawPointer) {}

  func openState() throws(LuaError) -> LuaState {
    guard let state = handle.state else { throw LuaError(.runtime, "the Lua state is closed") }
    return state
  }
}

/// The boxes of one Swift type in one state: their metatable, methods and properties.
public final class LuaBoxType<Value>: AnyLuaBoxType {
  @inlinable
  static var isInline: Bool {
    MemoryLayout<Value>.size <= LH_PAYLOAD_SIZE && MemoryLayout<Value>.alignment <= LH_PAYLOAD_ALIGNMENT
  }

  override func destroy(_ payload: UnsafeMutableRawPointer) {
    let value = Self.address(payload)
    value.deinitialize(count: 1)
    if !Self.isInline { value.deallocate() }
  }

  /// Where the value of a payload lies.
  @inlinable
  package static func address(_ payload: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Value> {
    isInline ? payload.assumingMemoryBound(to: Value.self) : payload.load(as: UnsafeMutablePointer<Value>.self)
  }

  /// The value of the box at an index, or nil if something else is there. Valid while the box is on the stack.
  @inlinable
  package func pointer(on stack: LuaStack, at index: Int) -> UnsafeMutablePointer<Value>? {
    lh_payload(stack.thread, Int32(truncatingIfNeeded: index), type).map { Self.address($0) }
  }

  /// The value of the box at an index, or nil if something else is there.
  @inlinable
  public func value(on stack: LuaStack, at index: Int) -> Value? { pointer(on: stack, at: index)?.pointee }

  /// Pushes a new box with a value.
  public func push(_ value: consuming Value, to stack: LuaStack) throws(LuaError) {
    try stack.reserve(4)
    guard let payload = lh_new_box(stack.thread, type) else {
      throw stack.state.takeError(from: stack.thread, status: LUA_ERRMEM, traced: false)
    }
    if Self.isInline {
      payload.initializeMemory(as: Value.self, to: value)
    } else {
      let address = UnsafeMutablePointer<Value>.allocate(capacity: 1)
      address.initialize(to: value)
      payload.storeBytes(of: address, as: UnsafeMutablePointer<Value>.self)
    }
    lh_seal(payload)
  }

  /// Pushes a new box with a value that holds the Lua value on top beside it, which it takes. Every box of the type is made so.
  package func push(_ value: consuming Value, holdingTopOf stack: LuaStack) throws(LuaError) {
    type.pointee.user_values = 1
    let held = stack.top
    try push(value, to: stack)
    try stack.pushCopy(of: held)
    lua_setiuservalue(stack.thread, -2, 1)
    stack.remove(held)
  }

  /// Pushes the Lua value that the box at an index holds.
  package func pushHeld(by index: Int, on stack: LuaStack) throws(LuaError) {
    try stack.reserve(1)
    lua_getiuservalue(stack.thread, Int32(index), 1)
  }

  /// The value of a box that Swift holds, or nil if the reference is of something else.
  public func value(of reference: LuaReference) throws(LuaError) -> Value? {
    let stack = try openState().stack
    try stack.push(reference)
    defer { stack.pop() }
    return value(on: stack, at: -1)
  }

  /// A new box with a value, held.
  public func make(_ value: consuming Value) throws(LuaError) -> LuaReference {
    let stack = try openState().stack
    try push(value, to: stack)
    defer { stack.pop() }
    return try stack.reference(at: -1)
  }

  /// Deinitialises the value of the box at an index now. False if there is none.
  @discardableResult
  public func release(on stack: LuaStack, at index: Int) -> Bool { lh_release_box(stack.thread, Int32(index), type) }
}

// MARK: Registration

extension LuaState {
  /// Registers the boxes of a Swift type under a name. At most one registration a type.
  ///
  /// - Parameter destroy: a C function that deinitialises a value in place, for types where the generic way is too
  ///   slow; it must be equal to `deinitialize(count: 1)` and serves only values of up to 64 bytes.
  public func registerBox<Value>(
    _ name: String, of type: Value.Type, destroy: (@convention(c) (UnsafeMutableRawPointer) -> Void)? = nil
  ) throws(LuaError) -> LuaBoxType<Value> {
    let box = try LuaBoxType<Value>(name: name, state: self)
    if LuaBoxType<Value>.isInline { box.type.pointee.destroy_payload = destroy }
    boxTypes[ObjectIdentifier(type)] = box
    handle.keep(box)
    try box.installIndex()
    return box
  }

  /// The registered box type of a Swift type, if there is one.
  public func boxType<Value>(of type: Value.Type) -> LuaBoxType<Value>? {
    boxTypes[ObjectIdentifier(type)].map { unsafeDowncast($0, to: LuaBoxType<Value>.self) }
  }
}

/// The metamethods a box type can have besides `__index`.
public enum LuaMetamethod: String, CaseIterable, Sendable {
  /// `a + b`
  case add = "__add"
  /// `a - b`
  case subtract = "__sub"
  /// `a * b`
  case multiply = "__mul"
  /// `a / b`
  case divide = "__div"
  /// `a % b`
  case modulo = "__mod"
  /// `a ^ b`
  case power = "__pow"
  /// `-a`
  case negate = "__unm"
  /// `a // b`
  case floorDivide = "__idiv"
  /// `a & b`
  case and = "__band"
  /// `a | b`
  case or = "__bor"
  /// `a ~ b`
  case xor = "__bxor"
  /// `~a`
  case not = "__bnot"
  /// `a << b`
  case shiftLeft = "__shl"
  /// `a >> b`
  case shiftRight = "__shr"
  /// `a .. b`
  case concatenate = "__concat"
  /// `#a`
  case length = "__len"
  /// `a == b`
  case equal = "__eq"
  /// `a < b`
  case less = "__lt"
  /// `a <= b`
  case lessOrEqual = "__le"
  /// `a(...)`
  case call = "__call"
  /// `a[k] = v`
  case newIndex = "__newindex"
  /// `tostring(a)`
  case toString = "__tostring"
  /// `pairs(a)`
  case pairs = "__pairs"
  /// Leaving the scope of a `<close>` variable.
  case close = "__close"
}

extension AnyLuaBoxType {
  /// Adds a method: `box:name(...)`, the box being argument 1. Messages say `label`, the name by default.
  public func method(_ name: String, label: String? = nil, _ body: @escaping LuaBody) throws(LuaError) {
    try methods.set(.string(name), to: .function(try openState().makeFunction(label ?? name, body)))
  }

  /// Adds a method that is a Lua function already.
  public func method(_ name: String, _ function: LuaFunction) throws(LuaError) {
    try methods.set(.string(name), to: .function(function))
  }

  /// Adds a computed property: `box.name`, the box being argument 1.
  public func property(_ name: String, _ body: @escaping LuaBody) throws(LuaError) {
    try getters.set(.string(name), to: .function(try openState().makeFunction(name, body)))
  }

  /// Handles `box[key]` where the key is no method or property: box and key are the arguments. Without it such a
  /// read is an error.
  public func index(_ body: @escaping LuaBody) throws(LuaError) {
    fallback = try openState().makeFunction(name, body)
    try installIndex()
  }

  /// Sets a metamethod. Messages say `label`, the name of the type by default.
  public func metamethod(_ event: LuaMetamethod, label: String? = nil, _ body: @escaping LuaBody) throws(LuaError) {
    try setMetafield(event.rawValue, to: .function(try openState().makeFunction(label ?? name, body)))
  }

  /// Sets a field of the metatable.
  package func setMetafield(_ name: String, to value: LuaValue) throws(LuaError) {
    let stack = try openState().stack
    try stack.rawGet(Int(type.pointee.metatable), from: Int(lh_registry_index()))
    defer { stack.pop() }
    try stack.push(value)
    try stack.rawSet(name, in: -2)
  }

  /// The names of methods and properties, in order.
  public func memberNames() throws(LuaError) -> (methods: [String], properties: [String]) {
    (try methods.orderedKeys().map(\.text), try getters.orderedKeys().map(\.text))
  }

  func installIndex() throws(LuaError) {
    let stack = try openState().stack
    let base = stack.top
    defer { stack.top = base }
    try stack.rawGet(Int(type.pointee.metatable), from: Int(lh_registry_index()))
    try stack.push(methods.reference)
    try stack.push(getters.reference)
    if let fallback { try stack.push(fallback.reference) } else { try stack.pushNil() }
    try stack.check(lh_push_index(stack.thread, type))
    try stack.rawSet("__index", in: -2)
  }
}

// MARK: Boxes as arguments and results

extension LuaCall {
  /// The value of a box.
  @inlinable
  public func box<Value>(_ index: Int, of type: LuaBoxType<Value>) throws(LuaError) -> Value {
    guard let pointer = type.pointer(on: stack, at: index) else { throw mismatch(index, expected: type.name) }
    return pointer.pointee
  }

  /// The value of a box of a registered type.
  public func box<Value>(_ index: Int, of type: Value.Type) throws(LuaError) -> Value {
    guard let box = state.boxType(of: type) else { throw error("no box type for \(type)") }
    return try self.box(index, of: box)
  }

  /// The value of a box, or nil where nothing or nil was given.
  public func optionalBox<Value>(_ index: Int, of type: LuaBoxType<Value>) throws(LuaError) -> Value? {
    isNil(index) ? nil : try box(index, of: type)
  }

  /// Lends the value of a box for change in place. Lua must not be entered meanwhile.
  public func withBox<Value, R>(
    _ index: Int, of type: LuaBoxType<Value>, _ body: (inout Value) throws -> R
  ) throws -> R {
    guard let pointer = type.pointer(on: stack, at: index) else { throw mismatch(index, expected: type.name) }
    return try body(&pointer.pointee)
  }

  /// Pushes a new box as result.
  @discardableResult
  public func push<Value>(_ value: consuming Value, as type: LuaBoxType<Value>) throws(LuaError) -> Int {
    try type.push(value, to: stack)
    return 1
  }
}

// MARK: Tiny operations

extension AnyLuaBoxType {
  /// A tiny operation on values in place: context, operation code, first payload or its number, second payload or its
  /// number, the payload to initialise, flags (bit 0: the first is a Lua integer, bit 1: the second). It answers
  /// `LH_TINY_DONE`, or `LH_TINY_GENERAL` to have the general function called, or `LH_TINY_FAILED` after
  /// `LuaState.fail`. Only for values of up to 64 bytes.
  package typealias Tiny =
    @convention(c) (
      UnsafeMutableRawPointer?, Int32, UnsafeMutableRawPointer?, Double, UnsafeMutableRawPointer?, Double,
      UnsafeMutableRawPointer, Int32
    ) -> Int32

  /// What a tiny operation answers.
  package enum TinyAnswer: Int32 {
    /// The result is initialised.
    case done = 0
    /// `LuaState.fail` has the error.
    case failed = 1
    /// The general function is to be called instead.
    case general = 2
  }

  /// Sets the entry of all tiny operations of this type. `context` is handed to it as it is.
  package func setTiny(context: UnsafeMutableRawPointer?, _ entry: @escaping Tiny) {
    type.pointee.context = context
    type.pointee.tiny = entry
  }

  /// A tiny operation of `arity` 1 or 2 as a Lua function. Operands are boxes of this type or numbers, at least one a
  /// box; anything else, another count of arguments too, goes to the general function, or is an error without one.
  package func tinyFunction(
    _ name: String, operation: Int32, arity: Int, general: LuaFunction? = nil
  ) throws(LuaError) -> LuaFunction {
    try makeTiny(name, operation, arity: arity, isMetamethod: false, general)
  }

  /// Makes a metamethod a tiny operation.
  package func tinyMetamethod(
    _ event: LuaMetamethod, label: String, operation: Int32, general: LuaFunction? = nil
  ) throws(LuaError) {
    let arity = event == .negate || event == .not || event == .length ? 1 : 2
    try setMetafield(
      event.rawValue, to: .function(try makeTiny(label, operation, arity: arity, isMetamethod: true, general)))
  }

  private func makeTiny(
    _ name: String, _ operation: Int32, arity: Int, isMetamethod: Bool, _ general: LuaFunction?
  ) throws(LuaError) -> LuaFunction {
    let stack = try openState().stack
    if let general { try stack.push(general.reference) } else { try stack.pushNil() }
    try stack.check(lh_push_tiny(stack.thread, type, operation, Int32(arity), isMetamethod, name))
    defer { stack.pop() }
    return LuaFunction(try stack.reference(at: -1))
  }
}
