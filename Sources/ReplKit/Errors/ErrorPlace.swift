// Where an error stands in its line. Lua gives the line only. For a syntax error the column is found by compiling
// ever longer beginnings of the text; for a failed operation the message names a variable or the operation.

import LuaHost

/// A message taken apart: `source:line: sentence`.
package struct LocatedMessage: Equatable {
  package var source: String?
  package var line: Int?
  package var sentence: String

  /// The place that a message names.
  package init(_ message: String) {
    sentence = message
    // The first `:digits: ` ends the place; a source may hold colons itself.
    var parts = message.split(separator: ":", maxSplits: 8, omittingEmptySubsequences: false)[...]
    var source = ""
    while parts.count >= 3, let first = parts.popFirst() {
      source += source.isEmpty ? first : ":" + first
      if source.contains("\n") { return }
      if let line = Int(parts[parts.startIndex]), parts[parts.startIndex + 1].first == " " {
        (self.source, self.line) = (source, line)
        sentence = String(parts.dropFirst().joined(separator: ":").dropFirst())
        return
      }
    }
  }
}

extension LuaState {
  /// Whether a syntax error means that more text is wanted.
  static func isIncomplete(_ error: LuaError) -> Bool { error.kind == .syntax && error.message.hasSuffix("<eof>") }

  /// Where the text stops being the beginning of a chunk, as an offset in bytes.
  ///
  /// - Parameter prefix: what was compiled in front of the text.
  func placeOfSyntaxError(_ error: LuaError, in text: String, prefix: String) -> Int? {
    guard let near = error.message.split(separator: "\n").joined(separator: " ").ranges(of: " near ").last else { return nil }
    let message = error.message.split(separator: "\n").joined(separator: " ")
    var token = String(message[near.upperBound...])
    if token == "<eof>" { return text.utf8.count }
    if token.hasPrefix("'"), token.hasSuffix("'"), token.utf8.count >= 2 { token = String(token.dropFirst().dropLast()) }
    let source = LuaText(text)
    for candidate in source.tokens where candidate.kind != .comment {
      let spelling = source.text(candidate).split(separator: "\n").joined(separator: " ")
      let matches = candidate.kind == .string || candidate.kind == .number ? spelling.hasPrefix(token) : spelling == token
      guard matches else { continue }
      let beginning = prefix + String(decoding: source.bytes[..<candidate.range.upperBound], as: UTF8.self) + "\n"
      do {
        _ = try load(beginning, name: "=beginning")
      } catch {
        if !Self.isIncomplete(error) { return candidate.range.lowerBound }
      }
    }
    return nil
  }
}

/// The offset in a line that a run-time message most likely speaks of, or that of the first character.
package func placeOfFailure(_ sentence: String, in line: String) -> Int {
  let text = LuaText(line)
  let code = text.code
  let first = code.first?.range.lowerBound ?? 0
  // attempt to call a nil value (global 'name'); tensor has no method or field 'name'
  for name in quotedWords(sentence) {
    let found = code.first {
      $0.kind == .name && text.text($0) == name
        || $0.kind == .string && text.text($0).dropFirst().dropLast() == name
    }
    if let found { return found.range.lowerBound }
  }
  if sentence.hasPrefix("attempt to concatenate"), let dots = code.first(where: { text.isSymbol($0, "..") }) {
    return dots.range.lowerBound
  }
  if sentence.hasPrefix("attempt to compare") {
    let sign = code.first { ["<", ">", "<=", ">="].contains(text.text($0)) && $0.kind == .symbol }
    if let sign { return sign.range.lowerBound }
  }
  // operation: sentence, where the operation may be a path such as `optim.sgd`.
  guard let colon = sentence.firstIndex(of: ":") else { return first }
  let operation = String(sentence[..<colon].split(separator: ".").last ?? "")
  if let name = code.first(where: { $0.kind == .name && text.text($0) == operation }) { return name.range.lowerBound }
  let signs = ["add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^", "mod": "%", "floordiv": "//", "neg": "-"]
  if let sign = signs[operation], let token = code.first(where: { $0.kind == .symbol && text.text($0) == sign }) {
    return token.range.lowerBound
  }
  return first
}

/// The words in single quotes, in order.
func quotedWords(_ sentence: String) -> [String] {
  let parts = sentence.split(separator: "'", omittingEmptySubsequences: false)
  return stride(from: 1, to: parts.count - 1, by: 2).map { String(parts[$0]) }.filter { isIdentifier($0) }
}
