// Protected calls from Swift, and the way errors travel: what Swift throws becomes a Lua error, what Lua raises
// becomes a `LuaError`, and an error that crosses the border several times keeps its message, place and cause.

import CLua
import CLuaShim

extension LuaState {
  /// Calls a function in protected mode; all its results.
  @discardableResult
  public func call(_ function: LuaFunction, _ arguments: [any LuaPushable]) throws(LuaError) -> [LuaValue] {
    try withCall(function, arguments, results: nil) { (stack, count) throws(LuaError) in
      var values: [LuaValue] = []
      values.reserveCapacity(count)
      for i in 0..<count { values.append(try stack.value(at: i - count)) }
      return values
    }
  }

  /// Calls a function in protected mode; its first result by type.
  public func call<R: LuaReadable>(
    _ function: LuaFunction, _ arguments: [any LuaPushable], as type: R.Type
  ) throws(LuaError) -> R {
    try withCall(function, arguments, results: 1) { (stack, _) throws(LuaError) in
      guard let value = try R.read(from: stack, at: -1) else {
        throw LuaError(.argument, "expected \(R.luaTypeName) as result, got \(stack.typeName(at: -1))")
      }
      return value
    }
  }

  /// Calls a function in protected mode and lends its results, which are on top of the stack.
  ///
  /// - Parameters:
  ///   - results: how many results to take, nil for all.
  ///   - body: gets the stack and the count of results.
  public func withCall<R>(
    _ function: LuaFunction, _ arguments: [any LuaPushable], results: Int?,
    _ body: (LuaStack, Int) throws(LuaError) -> R
  ) throws(LuaError) -> R {
    let stack = stack
    let base = stack.top
    defer { stack.top = base }
    try stack.push(function.reference)
    for argument in arguments { try argument.push(to: stack) }
    let count = try stack.call(arguments: arguments.count, results: results)
    return try body(stack, count)
  }

  /// Runs `body`; while it runs, `observer` sees the stack of every error at its place, before anything is unwound.
  /// Index and level 0 of what it sees is the handler; the function that failed is level 1.
  public func observingFailures<R>(
    _ observer: @escaping (LuaStack) -> Void, _ body: () throws(LuaError) -> R
  ) throws(LuaError) -> R {
    let (before, observed) = (failureObserver, host.pointee.observing)
    failureObserver = observer
    host.pointee.observing = true
    defer {
      failureObserver = before
      host.pointee.observing = observed
    }
    return try body()
  }

  func callOnStack(_ thread: OpaquePointer, arguments: Int32, results: Int32) throws(LuaError) {
    callDepth += 1
    let status = lh_call(thread, host, arguments, results)
    callDepth -= 1
    if host.pointee.released_count != 0 { lh_drain(thread, host) }
    if status != LUA_OK { throw takeError(from: thread, status: status, traced: true) }
    if callDepth == 0 { lastRaised = nil }
  }
}

// MARK: Errors from Lua

extension LuaState {
  /// Pops the error value that a protected form left and describes it.
  func takeError(from thread: OpaquePointer, status: Int32, traced: Bool) -> LuaError {
    if status == LH_NO_STACK { return LuaError(.runtime, "stack overflow") }
    let stack = LuaStack(thread: thread, state: self)
    defer { stack.pop() }
    var error = LuaError(kind: kind(of: status), message: "", traceback: "", cause: nil, value: nil, isLocated: true)
    error.marker = marker
    if traced, let traceback = host.pointee.traceback { error.fullTraceback = String(cString: traceback) }
    if let message = stack.string(at: -1) {
      error.message = message
      if let raised = lastRaised, raised.value == nil, message.utf8.hasSuffix(raised.message.utf8) {
        inherit(from: raised, &error)
      }
    } else {
      error.value = try? stack.value(at: -1)
      error.message = (try? stack.describe(at: -1)) ?? stack.typeName(at: -1)
      if let raised = lastRaised, let value = raised.value, value == error.value { inherit(from: raised, &error) }
    }
    if error.kind == .runtime, error.message == "not enough memory" { error.kind = .memory }
    if callDepth == 0 { lastRaised = nil }
    return error
  }

  private func kind(of status: Int32) -> LuaError.Kind {
    switch lh_interrupted(host) {
    case Int32(LH_INTERRUPTED): .interrupted
    case Int32(LH_TIME_LIMIT): .timeLimit
    default: status == LUA_ERRMEM ? .memory : status == LUA_ERRSYNTAX ? .syntax : .runtime
    }
  }

  // The traceback of the place where the error was first seen is the complete one.
  private func inherit(from raised: LuaError, _ error: inout LuaError) {
    error.cause = raised.cause
    if error.kind == .runtime { error.kind = raised.kind }
    if !raised.fullTraceback.isEmpty { error.fullTraceback = raised.fullTraceback }
  }
}

extension String.UTF8View {
  fileprivate func hasSuffix(_ other: String.UTF8View) -> Bool { count >= other.count && suffix(other.count).elementsEqual(other) }
}

// MARK: Errors from Swift

extension LuaState {
  /// Prepares an error of a Swift function for C to raise.
  func prepare(_ error: any Error, on stack: LuaStack) -> Int32 {
    let passed = (error as? LuaError) ?? (error as? any LuaErrorCarrier)?.carriedLuaError
    let raised = passed ?? LuaError(.runtime, String(describing: error), cause: error)
    lastRaised = raised
    if let value = raised.value, (try? stack.push(value)) != nil { return Int32(LH_RAISE_VALUE) }
    store(raised.message)
    return Int32(raised.isLocated ? LH_RAISE_LOCATED : LH_RAISE_MESSAGE)
  }

  private func store(_ message: String) {
    var message = message
    message.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) { lh_store_message(host, $0.baseAddress, $0.count) }
    }
  }

  /// Stores the error of a tiny operation, which then answers `LH_TINY_FAILED`. The position is added in front.
  package func fail(_ error: any Error) {
    host.pointee.failure = prepare(error, on: stack)
  }
}

// MARK: Entries from C

// C gives back the handle as `state`; records and box types are their own pointers.
let luaCallbacks = lh_callbacks(
  call: { record, thread in
    Unmanaged<LuaFunctionRecord>.fromOpaque(record)._withUnsafeGuaranteedRef { $0.enter(thread) }
  },
  destroy: { type, payload in
    Unmanaged<AnyLuaBoxType>.fromOpaque(type.pointee.swift!)._withUnsafeGuaranteedRef { $0.destroy(payload) }
  },
  release_function: { _, payload in
    Unmanaged<LuaFunctionRecord>.fromOpaque(payload.load(as: UnsafeRawPointer.self)).release()
  },
  warn: { context, text, continues in
    let handle = Unmanaged<LuaHostHandle>.fromOpaque(context).takeUnretainedValue()
    handle.state?.onWarning?(String(cString: text), continues != 0)
  },
  observe: { context, thread in
    let handle = Unmanaged<LuaHostHandle>.fromOpaque(context).takeUnretainedValue()
    guard let state = handle.state, let observer = state.failureObserver else { return }
    let stack = LuaStack(thread: thread, state: state)
    let top = stack.top
    observer(stack)
    stack.top = top
  },
  closed: { context in
    let handle = Unmanaged<LuaHostHandle>.fromOpaque(context).takeUnretainedValue()
    let state = handle.keptState
    handle.state = nil
    handle.keptState = nil
    state?.lastRaised = nil
    state?.boxTypes = [:]
    handle.dropBoxTypes()
  },
  external_bytes: { context in
    let handle = Unmanaged<LuaHostHandle>.fromOpaque(context).takeUnretainedValue()
    return Int64(handle.state?.externalBytes?() ?? 0)
  })
