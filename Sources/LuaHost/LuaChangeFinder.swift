// Finds the line at which what a function can reach changes.

import CLua
import CLuaShim

/// Looks at a fingerprint before every line and keeps the line after which it was first another one.
package final class LuaChangeFinder {
  private let mark: () throws -> LuaCaptures.Mark
  private var before: LuaCaptures.Mark?
  private var last: String?
  /// `file:line` of the change, once there was one.
  package private(set) var place: String?

  /// A finder that asks `mark` for the fingerprint of now.
  package init(_ mark: @escaping () throws -> LuaCaptures.Mark) { self.mark = mark }

  /// Looks before a line runs; level 0 is its function.
  package func look(_ stack: LuaStack) {
    guard place == nil, let now = try? mark() else { return }
    if let before, before != now { place = last }
    before = now
    if let frame = try? stack.frame(0), let line = frame.line { last = "\(frame.source):\(line)" }
  }
}

extension LuaStack {
  /// Calls `watcher` before every line that runs on this thread while `body` does; errors do not leave the watcher.
  package func observingLines<R>(_ watcher: @escaping (LuaStack) -> Void, _ body: () throws -> R) rethrows -> R {
    let box = LineWatcher(state: state, watcher)
    lh_watch_lines(thread, host, Unmanaged.passUnretained(box).toOpaque()) { context, thread in
      let box = Unmanaged<LineWatcher>.fromOpaque(context).takeUnretainedValue()
      let stack = LuaStack(thread: thread, state: box.state)
      let top = stack.top
      box.watcher(stack)
      stack.top = top
    }
    defer { lh_unwatch_lines(thread, host) }
    return try withExtendedLifetime(box) { try body() }
  }
}

private final class LineWatcher {
  unowned let state: LuaState
  let watcher: (LuaStack) -> Void

  init(state: LuaState, _ watcher: @escaping (LuaStack) -> Void) {
    self.state = state
    self.watcher = watcher
  }
}
