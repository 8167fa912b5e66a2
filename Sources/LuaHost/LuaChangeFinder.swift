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
