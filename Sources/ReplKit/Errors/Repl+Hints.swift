// `(did you mean 'x'?)` behind messages about names that lead nowhere.

import LuaHost

extension Repl {
  /// What may have been meant, when an error is about a name of the user's line.
  func hint(for error: LuaError) -> String? {
    let located = LocatedMessage(error.message)
    let sentence = located.sentence
    guard let name = quotedWords(sentence).last, !sentence.contains("did you mean") else { return nil }
    let isAboutNil = sentence.hasPrefix("attempt to") && sentence.contains("a nil value")
    let known: [String]
    if isAboutNil, sentence.hasSuffix("(global '\(name)')") {
      known = completions(in: "", at: 0).candidates.map(\.text)
    } else if isAboutNil || sentence.hasSuffix("has no method or field '\(name)'") {
      guard let source = located.source, let number = located.line, let line = sources.line(number, of: source) else { return nil }
      known = siblings(of: name, in: line)
    } else {
      return nil
    }
    return nearest(to: name, among: known).map { "(did you mean '\($0)'?)" }
  }

  // The members of what stands before `.name` or `:name` in the line.
  private func siblings(of name: String, in line: String) -> [String] {
    let text = LuaText(line)
    for token in text.code where token.kind == .name && text.text(token) == name {
      let found = completions(in: line, at: token.range.lowerBound).candidates.map(\.text)
      let before = text.code.last { $0.range.upperBound <= token.range.lowerBound }
      if let before, text.isSymbol(before, ".") || text.isSymbol(before, ":"), !found.isEmpty { return found }
    }
    return []
  }
}
