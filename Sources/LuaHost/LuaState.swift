// A Lua state: made by us with its own allocator and collector settings, or borrowed from a host that loads us as a
// module. Owns the C record beside it, the libraries, and what is known about the last error.

import CLua
import CLuaShim

/// A Lua state and everything of ours beside it. Not for use by two threads at a time; `interrupter` alone is.
public final class LuaState {
  /// Which of Lua's libraries a new state has.
  public enum Libraries: Sendable {
    /// None.
    case none
    /// All, as the `lua` command has them.
    case all
    /// No files, processes, machine code, bytecode or debug library; `require` finds `package.preload` only.
    case safe
  }

  /// Embedded chunks named `=[ebbtide ...]` are not frames of the user.
  public static let defaultMarker = "[ebbtide"

  package let handle: LuaHostHandle
  @usableFromInline package let host: UnsafeMutablePointer<lh_host>
  /// Chunks whose short name starts with this are not frames of the user.
  public let marker: String
  /// Whether the state is ours, or belongs to the program that loaded us.
  public let isOwned: Bool
  /// Receives warnings (`warn`, errors in finalizers) in pieces, control messages such as `@on` too. It runs inside the collector: it must not use Lua.
  public var onWarning: ((_ text: String, _ continues: Bool) -> Void)?

  /// Answers how many bytes outside Lua's heap its values hold at the moment; the collector's pace follows it. It must not use Lua.
  package var externalBytes: (() -> Int)?

  var callDepth = 0
  var isTimed = false
  var lastRaised: LuaError?
  var failureObserver: ((LuaStack) -> Void)?
  var boxTypes: [ObjectIdentifier: AnyLuaBoxType] = [:]

  /// A new state. Its collector is incremental with pause 150 and step multiplier 200.
  ///
  /// - Parameters:
  ///   - libraries: which of Lua's libraries it has, all by default.
  ///   - marker: how the short names of chunks that are not the user's begin.
  public init(libraries: Libraries = .all, marker: String = LuaState.defaultMarker) throws(LuaError) {
    let handle = LuaHostHandle()
    var callbacks = luaCallbacks
    guard let host = lh_open(&callbacks, Unmanaged.passUnretained(handle).toOpaque(), marker) else {
      throw LuaError(.memory, "not enough memory for a Lua state")
    }
    handle.host = host
    self.handle = handle
    self.host = host
    self.marker = marker
    isOwned = true
    handle.state = self
    let selection =
      switch libraries {
      case .none: LH_LIBRARIES_NONE
      case .all: LH_LIBRARIES_ALL
      case .safe: LH_LIBRARIES_SAFE
      }
    try stack.check(lh_open_libraries(thread, host, Int32(selection)))
  }

  /// A record beside a state that belongs to another program, for a loadable module. It stays alive until that state
  /// closes. Boxes get finalizers, the allocator is left alone; the collector settings are ours.
  ///
  /// - Parameter borrowed: the `lua_State` a `luaopen_` function was given.
  public init(borrowing borrowed: OpaquePointer, marker: String = LuaState.defaultMarker) throws(LuaError) {
    let handle = LuaHostHandle()
    var callbacks = luaCallbacks
    guard let host = lh_borrow(borrowed, &callbacks, Unmanaged.passUnretained(handle).toOpaque(), marker) else {
      throw LuaError(.memory, "not enough memory for the module")
    }
    handle.host = host
    handle.outlivesHandle = true
    self.handle = handle
    self.host = host
    self.marker = marker
    isOwned = false
    handle.state = self
    handle.keptState = self
  }

  deinit { close() }

  /// Closes an owned state: finalizers run, and every boxed value is deinitialised. References into it are dead from
  /// then on. Does nothing to a borrowed or closed state, or while a call into it is running.
  public func close() {
    guard isOwned, callDepth == 0, host.pointee.main != nil else { return }
    lh_close(host)
    handle.state = nil
    lastRaised = nil
    boxTypes = [:]
    handle.dropBoxTypes()
  }

  /// The Lua thread that runs now.
  @usableFromInline package var thread: OpaquePointer { lh_running(host) }

  /// The stack of the Lua thread that runs now.
  public var stack: LuaStack { LuaStack(thread: thread, state: self) }
}

// MARK: Loading and running

extension LuaState {
  /// Compiles a chunk without running it.
  ///
  /// - Parameters:
  ///   - source: Lua text.
  ///   - name: as Lua wants it: `=name` shows as it is, `@file` as a file, anything else as the text itself.
  ///   - environment: its globals, if not the state's own.
  /// - Throws: `LuaError` of kind `syntax` with Lua's message.
  public func load(_ source: String, name: String, environment: LuaTable? = nil) throws(LuaError) -> LuaFunction {
    try load(bytes: Array(source.utf8), name: name, environment: environment)
  }

  /// Compiles a chunk of any bytes. Bytecode is refused unless `binary` allows it: it can crash the program.
  public func load(
    bytes: [UInt8], name: String, environment: LuaTable? = nil, binary: Bool = false
  ) throws(LuaError) -> LuaFunction {
    let status = bytes.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { text in
        lh_load(thread, text.baseAddress, text.count, name, binary ? "bt" : "t")
      }
    }
    return try finishLoading(status, environment)
  }

  /// Compiles a file; a first line that starts with `#` is skipped.
  public func load(file path: String, environment: LuaTable? = nil) throws(LuaError) -> LuaFunction {
    try finishLoading(lh_load_file(thread, path, "t"), environment)
  }

  private func finishLoading(_ status: Int32, _ environment: LuaTable?) throws(LuaError) -> LuaFunction {
    let stack = stack
    do {
      try stack.check(status)
    } catch {
      var error = error
      if error.kind == .runtime { error.kind = .syntax }
      throw error
    }
    defer { stack.pop() }
    if let environment {
      try stack.push(environment.reference)
      if lua_setupvalue(stack.thread, -2, 1) == nil { stack.pop() }
    }
    return LuaFunction(try stack.reference(at: -1))
  }

  /// Compiles and runs a chunk; all its results.
  @discardableResult
  public func run(_ source: String, name: String = "=chunk") throws(LuaError) -> [LuaValue] {
    try call(try load(source, name: name), [])
  }

  /// Compiles and runs a chunk; its first result by type.
  public func run<R: LuaReadable>(_ source: String, name: String = "=chunk", as type: R.Type) throws(LuaError) -> R {
    try call(try load(source, name: name), [], as: type)
  }
}

// MARK: Globals

extension LuaState {
  /// The table of globals.
  public func globals() throws(LuaError) -> LuaTable {
    let stack = stack
    try stack.pushGlobals()
    defer { stack.pop() }
    return LuaTable(try stack.reference(at: -1))
  }

  /// A new table.
  public func makeTable(array: Int = 0, fields: Int = 0) throws(LuaError) -> LuaTable {
    let stack = stack
    try stack.pushTable(array: array, fields: fields)
    defer { stack.pop() }
    return LuaTable(try stack.reference(at: -1))
  }

  /// The value of a global, without metamethods.
  public func global(_ name: String) throws(LuaError) -> LuaValue {
    let stack = stack
    try stack.pushGlobals()
    defer { stack.pop() }
    try stack.rawGet(name, from: -1)
    defer { stack.pop() }
    return try stack.value(at: -1)
  }

  /// Sets a global, without metamethods.
  public func setGlobal(_ name: String, to value: any LuaPushable) throws(LuaError) {
    let stack = stack
    try stack.pushGlobals()
    defer { stack.pop() }
    try value.push(to: stack)
    try stack.rawSet(name, in: -2)
  }

  /// Makes `require(name)` call a function the first time.
  public func preload(_ name: String, _ loader: LuaFunction) throws(LuaError) {
    let stack = stack
    try stack.rawGet("_PRELOAD", from: Int(lh_registry_index()))
    defer { stack.pop() }
    guard stack.type(at: -1) == .table else { throw LuaError(.runtime, "the package library is not open") }
    try stack.push(loader.reference)
    try stack.rawSet(name, in: -2)
  }
}

extension LuaState {
  /// Leaves a message on a stack for C to raise and answers −1, what a failed entry of a loadable module returns.
  public static func pushMessage(_ message: String, to thread: OpaquePointer) -> Int32 {
    var message = message
    message.withUTF8 { bytes in
      _ = bytes.withMemoryRebound(to: CChar.self) { lh_push_string(thread, $0.baseAddress, $0.count) }
    }
    return -1
  }
}
