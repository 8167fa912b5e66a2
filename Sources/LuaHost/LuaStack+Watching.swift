// What runs while a host looks on: lines, calls.

import CLua
import CLuaShim

extension LuaStack {
  /// Calls `watcher` before every line that runs on this thread while `body` does; errors do not leave the watcher. Where a script
  /// has a hook of its own nothing is watched.
  package func observingLines<R>(_ watcher: @escaping (LuaStack) -> Void, _ body: () throws -> R) rethrows -> R {
    try watching(LH_WATCH_LINES, watcher, body).result
  }

  /// Runs `body`, and answers as well the identities of all functions that it called; nil if some may have been missed: they ran in a
  /// coroutine, or a script has a hook of its own.
  package func collectingCalls<R>(_ body: () throws -> R) rethrows -> (result: R, calls: Set<UInt>?) {
    var calls: Set<UInt> = []
    var isWhole = true
    let (result, wasWatched) = try watching(
      LH_WATCH_CALLS,
      { stack in
        if let function = lh_called(stack.thread) { calls.insert(UInt(bitPattern: function)) } else { isWhole = false }
      }, body)
    return (result, isWhole && wasWatched ? calls : nil)
  }

  private func watching<R>(
    _ watched: lh_watched, _ watcher: @escaping (LuaStack) -> Void, _ body: () throws -> R
  ) rethrows -> (result: R, wasWatched: Bool) {
    let box = Watcher(state: state, watcher)
    let context = Unmanaged.passUnretained(box).toOpaque()
    let began = lh_watch(thread, host, watched, context) { context, thread in
      let box = Unmanaged<Watcher>.fromOpaque(context).takeUnretainedValue()
      let stack = LuaStack(thread: thread, state: box.state)
      let top = stack.top
      box.watcher(stack)
      stack.top = top
    }
    guard began else { return (try body(), false) }
    var lasted = false
    let result = try withExtendedLifetime(box) {
      defer { lasted = lh_unwatch(thread, host) }
      return try body()
    }
    return (result, lasted)
  }
}

private final class Watcher {
  unowned let state: LuaState
  let watcher: (LuaStack) -> Void

  init(state: LuaState, _ watcher: @escaping (LuaStack) -> Void) {
    self.state = state
    self.watcher = watcher
  }
}
