// Errors as the user sees them: `error: operation: sentence`, the line with a caret, and the user's frames.

import LuaHost

/// Writes errors of scripts and inputs.
public struct ErrorReport {
  /// Texts of the chunks messages speak of.
  public var sources: SourceTexts
  /// Colours.
  public var style: Style
  /// The chunk whose name needs no mention: the input just typed.
  package var current: String?
  /// Frames shown at most.
  package var frames = 8

  /// A report with the lines it can show.
  public init(sources: SourceTexts, style: Style = Style(isEnabled: false)) {
    self.sources = sources
    self.style = style
  }

  /// The whole report, with a line end.
  ///
  /// - Parameters:
  ///   - offset: where the error stands in the text of its chunk, if that is known.
  ///   - hint: said behind the message, such as a name that was meant.
  public func text(_ error: LuaError, offset: Int? = nil, hint: String? = nil) -> String {
    let located = LocatedMessage(error.message)
    var sentence = located.sentence
    if let value = error.value, case .nil = value { sentence = "nil" }
    if let hint { sentence += " \(hint)" }
    var lines: [String] = []
    if error.kind == .interrupted || error.kind == .timeLimit {
      lines.append(style.alarm(sentence))
    } else {
      lines.append(style.alarm("error:") + " " + sentence)
    }
    if let source = located.source, let line = located.line {
      if let offset, let text = sources.text(of: source) {
        let (line, column) = position(of: offset, in: text)
        lines += place(source, line, column)
      } else {
        let text = error.kind == .interrupted ? nil : sources.line(line, of: source)
        lines += place(source, line, text.map { placeOfFailure(located.sentence, in: $0) })
      }
    }
    lines += calls(error, located)
    return lines.joined(separator: "\n") + "\n"
  }

  // Line from 1 and column in bytes from 0.
  private func position(of offset: Int, in text: String) -> (line: Int, column: Int) {
    let before = Array(text.utf8.prefix(offset))
    let start = before.lastIndex(of: 10).map { $0 + 1 } ?? 0
    return (before.count { $0 == 10 } + 1, before.count - start)
  }

  private func place(_ source: String, _ number: Int, _ column: Int?) -> [String] {
    guard let line = sources.line(number, of: source) else { return ["  at \(source):\(number)"] }
    let isOneLine = sources.text(of: source)?.contains("\n") == false
    let label = source != current ? "\(source):\(number): " : isOneLine ? "" : "\(number): "
    let shown = "  \(style.faint(label))\(line)"
    guard let column else { return [shown] }
    // Tabs are repeated, so that the caret stands right for every width of theirs.
    let before = String(decoding: line.utf8.prefix(column), as: UTF8.self)
    let margin = before.map { $0 == "\t" ? "\t" : String(repeating: " ", count: displayWidth(String($0))) }.joined()
    return [shown, "  " + String(repeating: " ", count: displayWidth(label)) + margin + style.alarm("^")]
  }

  // The frames behind the first, which the line above shows already.
  private func calls(_ error: LuaError, _ located: LocatedMessage) -> [String] {
    var calls = error.traceback.split(separator: "\n").map { Frame($0) }.filter { !$0.isSilent }
    if let first = calls.first, first.source == located.source, first.line == located.line { calls.removeFirst() }
    var lines = calls.prefix(frames).map { "  from \($0.text)" }
    if calls.count > frames { lines.append("  … \(calls.count - frames) more") }
    return lines.map { style.faint($0) }
  }
}

/// A line of a traceback.
private struct Frame {
  var source: String?
  var line: Int?
  var text: String

  init(_ frame: Substring) {
    let located = LocatedMessage(String(frame))
    (source, line) = (located.source, located.line)
    guard let source, let line else {
      text = String(frame)
      return
    }
    text = "\(source):\(line)"
    let role = located.sentence
    if role.hasPrefix("in "), role != "in main chunk", !role.hasPrefix("in function <") { text += ", " + role }
  }

  // Not a place: tail calls.
  var isSilent: Bool { text.hasPrefix("(...") }
}
