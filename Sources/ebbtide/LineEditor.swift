// readline with the state machine behind its keys.

import CReadline
import Ebbtide
import Glibc
import ReplKit

/// Reads lines and blocks from the terminal. One at a time in a program.
final class LineEditor {
  enum Answer {
    case line(String)
    case interrupted
    case end
  }

  private let repl: Repl

  init(_ repl: Repl) {
    self.repl = repl
    var callbacks = ebb_line_callbacks(
      context: Unmanaged.passUnretained(self).toOpaque(),
      is_complete: { context, text in LineEditor.from(context).repl.isComplete(String(cString: text)) },
      is_interrupted: { context in LineEditor.from(context).repl.state.isInterrupted },
      complete: { context, text, point, candidates in
        LineEditor.from(context).complete(String(cString: text), Int(point), candidates)
      })
    ebb_line_start(&callbacks)
    let file = Environment.historyFile
    if let file { Environment.makeFolder(of: file) }
    ebb_history_open(file, 5000)
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> LineEditor {
    Unmanaged<LineEditor>.fromOpaque(context!).takeUnretainedValue()
  }

  private func complete(_ text: String, _ point: Int, _ candidates: OpaquePointer) {
    let completion = repl.completions(in: text, at: point)
    ebb_complete_from(candidates, completion.start)
    for candidate in completion.candidates { ebb_add_candidate(candidates, candidate.text, candidate.label, candidate.detail) }
  }

  func read(prompt: String) -> Answer {
    var text: UnsafeMutablePointer<CChar>?
    switch Int(ebb_read_line(prompt, &text)) {
    case EBB_LINE:
      defer { free(text) }
      return .line(text.map { String(cString: $0) } ?? "")
    case EBB_LINE_INTERRUPTED: return .interrupted
    default: return .end
    }
  }
}
