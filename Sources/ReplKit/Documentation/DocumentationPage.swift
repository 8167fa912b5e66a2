// Help on one name as text of the screen's width, and lists of names.

/// Lays out documentation.
struct DocumentationPage {
  let documentation: Documentation
  let style: Style
  let width: Int

  func text(_ entry: DocumentationEntry) -> String {
    var lines = [style.strong(entry.signature)]
    lines += entry.overloads.map { style.faint("  also \($0)") }
    lines += paragraphs(entry.text)
    let options = documentation.options(of: entry)
    if !entry.parameters.isEmpty {
      lines.append("")
      lines += table(entry.parameters.map { ($0.name + ($0.isOptional ? "?" : ""), withoutFields($0.type), $0.text) })
    }
    if !options.isEmpty {
      lines += ["", "options"]
      lines += table(options.map { ($0.name, $0.detail, $0.text) })
    }
    let results = entry.results.filter { !$0.text.isEmpty }
    if !results.isEmpty {
      lines += ["", "results"]
      lines += table(results.map { ($0.name, $0.type, $0.text) })
    }
    if entry.kind == .type || entry.kind == .field { lines += members(entry) }
    for example in entry.examples {
      lines.append("")
      lines += example.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + style.code(String($0)) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  // The fields of an options table are listed below the parameters.
  private func withoutFields(_ type: String) -> String {
    guard let open = type.firstIndex(of: "{"), let close = type.lastIndex(of: "}"), open < close else { return type }
    return type.replacingCharacters(from: open, through: close, with: "{…}")
  }

  private func members(_ entry: DocumentationEntry) -> [String] {
    let members = documentation.members(of: entry.name)
    guard !members.isEmpty else { return [] }
    return [""] + columns(members.map { ($0.kind == .method ? ":" : ".") + $0.lastName })
  }

  /// Names with their first sentences.
  func list(_ entries: [DocumentationEntry]) -> String {
    table(entries.map { ($0.name, "", $0.summary) }).joined(separator: "\n") + "\n"
  }

  /// Words side by side.
  func columns(_ words: [String]) -> [String] {
    let column = (words.map { displayWidth($0) }.max() ?? 0) + 2
    let count = max(1, (width - 2) / column)
    return stride(from: 0, to: words.count, by: count).map { start in
      "  " + words[start..<min(start + count, words.count)].map { $0.padded(to: column) }.joined().trimmed
    }
  }

  private func table(_ rows: [(String, String, String)]) -> [String] {
    let first = min(28, rows.map { displayWidth($0.0) }.max() ?? 0)
    let second = min(24, rows.map { displayWidth($0.1) }.max() ?? 0)
    let indent = 2 + first + 2 + (second > 0 ? second + 2 : 0)
    return rows.flatMap { name, type, text -> [String] in
      var head = "  " + name.padded(to: first) + "  "
      if second > 0 { head += style.faint(type.padded(to: second)) + "  " }
      let isLong = displayWidth(name) > first || displayWidth(type) > second
      let room = max(20, width - indent)
      let lines = wrapped(text, room)
      if lines.isEmpty { return [head.trimmedEnd] }
      let margin = String(repeating: " ", count: indent)
      if isLong { return [head.trimmedEnd] + lines.map { margin + $0 } }
      return [head + lines[0]] + lines.dropFirst().map { margin + $0 }
    }
  }

  private func paragraphs(_ text: [String]) -> [String] {
    var lines: [String] = []
    for paragraph in text.split(whereSeparator: \.isEmpty) {
      if !lines.isEmpty { lines.append("") }
      // Lists and indented lines keep their breaks.
      if paragraph.contains(where: { $0.hasPrefix("- ") || $0.hasPrefix("* ") || $0.hasPrefix("|") }) {
        lines += paragraph
      } else {
        lines += wrapped(paragraph.joined(separator: " "), width)
      }
    }
    return lines
  }

  private func wrapped(_ text: String, _ width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, displayWidth(last) + 1 + displayWidth(word) <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

extension String {
  fileprivate func replacingCharacters(from start: Index, through end: Index, with text: String) -> String {
    self[..<start] + text + self[index(after: end)...]
  }

  /// Without white space at the end.
  var trimmedEnd: String {
    var bytes = Array(utf8)
    while let last = bytes.last, last.isSpace { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
