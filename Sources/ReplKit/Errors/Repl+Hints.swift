// `(did you mean 'x'?)` behind messages about names that lead nowhere.

import LuaHost

extension Repl {
  /// What may have been meant, when an error is about a name of the user's line.
  func hint(for error: LuaError) -> String? {
    let located = LocatedMessage(error.message)
    // attempt to call a nil value (global 'name')
    guard located.sentence.hasPrefix("attempt to"), located.sentence.contains("a nil value"), located.sentence.hasSuffix("')"),
      let open = located.sentence.lastIndex(of: "(")
    else { return nil }
    let about = located.sentence[located.sentence.index(after: open)...].dropLast(2).split(separator: " '", maxSplits: 1)
    guard about.count == 2 else { return nil }
    let (role, name) = (String(about[0]), String(about[1]))
    let known: [String]
    switch role {
    case "global": known = completions(in: "", at: 0).candidates.map(\.text)
    case "field", "method":
      guard let line = located.source.flatMap({ source in located.line.flatMap { sources.line($0, of: source) } }) else {
        return nil
      }
      known = siblings(of: name, in: line)
    default: return nil
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
