// What a typed text is, before anything runs: a command of the prompt, a question, or Lua. Here live the few
// liberties the prompt takes with Lua's grammar: pasted prompts, a leading `=`, a closing `;`.

/// What the user asks for.
package enum Request: Equatable, Sendable {
  case nothing
  /// `:name argument` at column 1.
  case command(name: String, argument: String)
  /// `?name` or `name?`.
  case explain(String)
  /// `??name`: the source.
  case source(String)
  /// `?` alone.
  case overview
  /// Lua, without pasted prompts and a leading `=`; `isSilent` when it ends in `;`.
  case lua(String, isSilent: Bool)

  /// What was typed, taken apart.
  package init(_ typed: String) {
    let text = Request.withoutPrompts(typed)
    let trimmed = text.trimmed
    if trimmed.isEmpty {
      self = .nothing
    } else if text.hasPrefix(":"), !text.hasPrefix("::") {
      let words = text.dropFirst().split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      self = .command(name: String(words[0]).trimmed, argument: words.count > 1 ? String(words[1]).trimmed : "")
    } else if let question = Request.question(trimmed) {
      self = question
    } else {
      let source = Request.withoutEqualsSign(text)
      let code = LuaText(source)
      self = .lua(source, isSilent: code.code.last.map { code.isSymbol($0, ";") } ?? false)
    }
  }

  private static func question(_ text: String) -> Request? {
    guard !text.contains("\n") else { return nil }
    if text == "?" { return .overview }
    if text.hasPrefix("??") { return .source(String(text.dropFirst(2)).trimmed) }
    if text.hasPrefix("?") { return .explain(String(text.dropFirst()).trimmed) }
    // `name?` is no Lua unless the question mark stands in a string or comment.
    guard text.hasSuffix("?"), LuaText(text).tokens.last.map({ $0.kind == .symbol }) == true else { return nil }
    if text.hasSuffix("??") { return .source(String(text.dropLast(2)).trimmed) }
    return .explain(String(text.dropLast()).trimmed)
  }

  /// Text copied from a prompt has `> ` and `>> ` in front of its lines; no Lua starts with them.
  static func withoutPrompts(_ text: String) -> String {
    let isPasted = text.hasPrefix("> ") || text.hasPrefix(">> ")
    guard isPasted else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix(">> ") ? line.dropFirst(3) : line.hasPrefix("> ") ? line.dropFirst(2) : line == ">" || line == ">>" ? "" : line
    }.joined(separator: "\n")
  }

  // Older prompts wanted `=` before an expression. A space in its place keeps every column.
  private static func withoutEqualsSign(_ text: String) -> String {
    var bytes = Array(text.utf8)
    guard let first = bytes.firstIndex(where: { !$0.isSpace }), bytes[first] == UInt8(ascii: "=") else { return text }
    if first + 1 < bytes.count, bytes[first + 1] == UInt8(ascii: "=") { return text }
    bytes[first] = UInt8(ascii: " ")
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension StringProtocol {
  /// Without white space at both ends.
  package var trimmed: String {
    let bytes = Array(utf8)
    guard let first = bytes.firstIndex(where: { !$0.isSpace }), let last = bytes.lastIndex(where: { !$0.isSpace }) else {
      return ""
    }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }
}
