// Interrupts and limits of time: a sticky flag that any thread or signal handler may raise, after which every further
// Lua instruction raises an error until the flag is cleared.

import CLuaShim

/// A handle for interrupting a state from any thread. It may outlive the state.
public struct LuaInterrupter: @unchecked Sendable {
  let handle: LuaHostHandle

  /// Interrupts what runs now, or the next call.
  public func interrupt() { lh_interrupt(handle.host, Int32(LH_INTERRUPTED)) }

  /// Whether an interrupt is waiting to be cleared.
  public var isRaised: Bool { lh_interrupted(handle.host) != 0 }
}

extension LuaState {
  /// What other threads interrupt this state with.
  public var interrupter: LuaInterrupter { LuaInterrupter(handle: handle) }

  /// Interrupts what runs now, or the next call: Lua loops, coroutines, `pcall` loops, and Swift functions that look
  /// at `isInterrupted`. `__close` variables still run, for a bounded number of instructions. A single call of a C
  /// function of Lua's libraries, such as a pattern match, is finished first.
  public func interrupt() { lh_interrupt(host, Int32(LH_INTERRUPTED)) }

  /// Ends the interrupt: calls work again.
  public func clearInterrupt() { lh_clear_interrupt(host) }

  /// Whether an interrupt is waiting to be cleared. Swift loops look at it between steps.
  public var isInterrupted: Bool { lh_interrupted(host) != 0 }

  /// Throws if an interrupt is waiting to be cleared.
  public func checkInterrupt() throws(LuaError) {
    switch lh_interrupted(host) {
    case 0: return
    case Int32(LH_TIME_LIMIT): throw LuaError(.timeLimit, "time limit reached")
    default: throw .interrupted
    }
  }

  /// The flag for kernels to poll: not 0 while an interrupt waits. Written atomically from other threads, so it must
  /// be read atomically or as volatile.
  package var interruptFlag: UnsafePointer<Int32> { lh_interrupt_flag(host) }

  /// Directs a signal of the process at this state, for programs that own the process.
  package func takeSignal(_ signal: Int32) { lh_take_signal(host, signal) }

  /// Gives a signal back to the system.
  package static func leaveSignal(_ signal: Int32) { lh_take_signal(nil, signal) }

  /// Runs `body` with a limit of time, after which it is interrupted with an error of kind `timeLimit`. Inside another
  /// limit it has no effect: the outer one holds.
  public func withTimeLimit<R>(seconds: Double, _ body: () throws(LuaError) -> R) throws(LuaError) -> R {
    if isTimed { return try body() }
    guard lh_arm_watchdog(host, seconds) else { throw LuaError(.runtime, "no thread for the time limit") }
    isTimed = true
    defer {
      isTimed = false
      lh_disarm_watchdog(host)
      if lh_interrupted(host) == Int32(LH_TIME_LIMIT) { lh_clear_interrupt(host) }
    }
    return try body()
  }
}
