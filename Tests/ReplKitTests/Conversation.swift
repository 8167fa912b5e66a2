import LuaHost

@testable import ReplKit

/// A session whose output is collected.
final class Conversation {
  let state: LuaState
  let repl: Repl
  private let log: Log

  private final class Log {
    var output = ""
    var errors = ""
  }

  init(width: Int = 80, annotations: String = "") throws {
    let log = Log()
    self.log = log
    state = try LuaState()
    let screen = Screen(width: { width }, write: { log.output += $0 }, writeError: { log.errors += $0 })
    repl = try Repl(state, screen: screen, annotations: annotations.isEmpty ? [] : [("test.lua", annotations)])
  }

  /// What an input shows: results, then errors.
  @discardableResult
  func say(_ text: String) -> String {
    (log.output, log.errors) = ("", "")
    repl.enter(text)
    return log.output + log.errors
  }

  /// The candidates at the end of a text.
  func tab(_ text: String) -> [String] { repl.completions(in: text, at: text.utf8.count).candidates.map(\.label) }
}
