// Reads LuaCATS annotation files (`---@meta`): `---` lines, tags, fenced examples, and the declaration they stand
// before. Tags it does not know are for editors and are passed over.

/// Turns one annotation file into entries.
struct AnnotationParser {
  private(set) var entries: [DocumentationEntry] = []
  private var pending = DocumentationEntry(kind: .function, name: "")
  private var fields: [DocumentationEntry] = []
  private var className: String?
  private var isInExample = false
  private var example: [String] = []
  private let file: String
  private var line = 0
  /// What local names of the file stand for: `local Tensor = {}` under `---@class eb.Tensor`.
  private var localNames: [String: String] = [:]

  init(file: String, text: String) {
    self.file = file
    for source in text.split(separator: "\n", omittingEmptySubsequences: false) {
      line += 1
      read(source.trimmed)
    }
    finishType()
  }

  private mutating func read(_ source: String) {
    if source.hasPrefix("---@") {
      tag(String(source.dropFirst(4)))
    } else if source.hasPrefix("---|") {
      let choice = String(source.dropFirst(4)).trimmed
      let (type, _) = splitType(choice.hasPrefix(">") || choice.hasPrefix("+") ? String(choice.dropFirst()).trimmed : choice)
      pending.type += (pending.type.isEmpty ? "" : "|") + type
    } else if source.hasPrefix("---") {
      let rest = source.dropFirst(3)
      prose(String(rest.hasPrefix(" ") ? rest.dropFirst() : rest))
    } else if source.isEmpty || source.hasPrefix("--") {
      finishType()
      pending = DocumentationEntry(kind: .function, name: "")
    } else {
      declaration(source)
    }
  }

  private mutating func prose(_ text: String) {
    if text.trimmed.hasPrefix("```") {
      if isInExample, !example.isEmpty { pending.examples.append(example.joined(separator: "\n")) }
      isInExample.toggle()
      example = []
    } else if isInExample {
      example.append(text)
    } else {
      pending.text.append(text.trimmed)
    }
  }

  private mutating func tag(_ tag: String) {
    let (name, rest) = splitWord(tag)
    switch name {
    case "param":
      let (parameter, description) = splitWord(rest)
      let (type, text) = splitType(description)
      let name = parameter.hasSuffix("?") ? String(parameter.dropLast()) : parameter
      let isOptional = parameter.hasSuffix("?") || type.hasSuffix("?")
      pending.parameters.append(.init(name: name, type: type.withoutMark, isOptional: isOptional, text: text.withoutHash))
    case "return":
      let (type, description) = splitType(rest)
      let (name, text) = description.hasPrefix("#") ? ("", description.withoutHash) : splitWord(description)
      // A word that starts a sentence is no name of a result.
      let isName = isIdentifier(name) && name.first?.isUppercase == false || name.utf8.count == 1
      pending.results.append(
        .init(
          name: isName ? name : "", type: type, isOptional: type.hasSuffix("?"),
          text: isName ? text.withoutHash : description.withoutHash))
    case "overload": pending.overloads.append(rest)
    case "class":
      finishType()
      let parts = rest.replacing("(exact) ", with: "").split(separator: ":", maxSplits: 1)
      className = parts.first.map { String($0).trimmed }
      pending.kind = .type
      pending.name = className ?? ""
      pending.parents = parts.count > 1 ? parts[1].split(separator: ",").map { $0.trimmed } : []
      (pending.file, pending.line) = (file, line)
    case "field": field(rest)
    case "alias":
      finishType()
      let (name, type) = splitWord(rest)
      (pending.kind, pending.name, pending.type, pending.file, pending.line) = (.alias, name, type, file, line)
    case "type": pending.type = splitType(rest).type
    default: break
    }
  }

  private mutating func field(_ rest: String) {
    var (name, description) = splitWord(rest)
    if ["public", "private", "protected", "package"].contains(name) { (name, description) = splitWord(description) }
    guard let className, !name.hasPrefix("[") else { return }
    var (type, text) = splitType(description)
    let isOptional = name.hasSuffix("?")
    if isOptional { name.removeLast() }
    if isOptional, !type.hasSuffix("?") { type += "?" }
    var entry = DocumentationEntry(kind: .field, name: "\(className).\(name)")
    entry.type = type
    entry.text = text.isEmpty ? [] : [text.withoutHash]
    (entry.file, entry.line) = (file, line)
    fields.append(entry)
  }

  // A class or alias may stand alone, or before the local that carries its methods.
  private mutating func finishType() {
    guard pending.kind == .type || pending.kind == .alias else { return }
    entries.append(pending)
    entries += fields
    fields = []
    className = nil
    pending = DocumentationEntry(kind: .function, name: "")
  }

  private mutating func declaration(_ source: String) {
    defer { pending = DocumentationEntry(kind: .function, name: "") }
    let text = LuaText(source)
    let words = text.code.map { text.text($0) }
    if words.first == "local", words.count > 1, pending.kind == .type {
      if isTypeName(pending.name) {
        localNames[words[1]] = pending.name
      } else {
        // The class of a module's table is known by the name users give the table.
        rename(to: words[1])
      }
      return finishType()
    }
    if pending.kind == .type, let equals = words.firstIndex(of: "="), equals > 0 {
      // `eb.linalg = {}` under a class: the type of the one table is known by the table's name.
      rename(to: resolved(words[..<equals].joined()))
      return finishType()
    }
    finishType()
    if words.first == "function", let open = words.firstIndex(of: "(") {
      let close = words.lastIndex(of: ")") ?? words.count
      pending.name = resolved(words[1..<open].joined())
      pending.kind = pending.name.contains(":") ? .method : .function
      pending.arguments = words[min(open + 1, close)..<close].filter { $0 != "," }
    } else if let equals = words.firstIndex(of: "="), equals > 0, words[0] != "local" {
      pending.name = resolved(words[..<equals].joined())
      pending.kind = .field
      if words[equals + 1..<words.count].first == "function", let open = words.firstIndex(of: "("),
        let close = words.lastIndex(of: ")")
      {
        pending.kind = .function
        pending.arguments = words[open + 1..<close].filter { $0 != "," }
      }
    } else {
      return
    }
    (pending.file, pending.line) = (file, line)
    entries.append(pending)
  }

  private mutating func rename(to name: String) {
    for i in fields.indices { fields[i].name = name + fields[i].name.dropFirst(pending.name.utf8.count) }
    pending.name = name
  }

  private func resolved(_ name: String) -> String {
    guard let end = name.firstIndex(where: { $0 == "." || $0 == ":" }) else { return name }
    let root = String(name[..<end])
    guard let meaning = localNames[root], isTypeName(meaning) else { return name }
    return meaning + name[end...]
  }

  // The module's own table keeps the name that users type; classes that begin with a capital name their methods.
  private func isTypeName(_ name: String) -> Bool {
    name.split(separator: ".").last?.first?.isUppercase ?? false
  }
}

extension String {
  fileprivate var withoutMark: String { hasSuffix("?") ? String(dropLast()) : self }
  fileprivate var withoutHash: String { hasPrefix("#") ? String(dropFirst()).trimmed : self }
}

func splitWord(_ text: String) -> (word: String, rest: String) {
  let parts = text.trimmed.split(maxSplits: 1, omittingEmptySubsequences: true) { $0 == " " || $0 == "\t" }
  return (parts.first.map(String.init) ?? "", parts.count > 1 ? String(parts[1]).trimmed : "")
}

/// A LuaCATS type at the start of a text, which may hold spaces inside brackets and around `|`, and what follows.
func splitType(_ text: String) -> (type: String, rest: String) {
  let bytes = Array(text.trimmed.utf8)
  var depth = 0
  var quote: UInt8?
  var i = 0
  func next(_ from: Int) -> UInt8 { bytes[from...].first { !$0.isSpace } ?? 0 }
  while i < bytes.count {
    let byte = bytes[i]
    if let open = quote {
      if byte == open { quote = nil }
    } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") {
      quote = byte
    } else if "([{<".utf8.contains(byte) {
      depth += 1
    } else if ")]}".utf8.contains(byte) || byte == UInt8(ascii: ">") {
      depth -= 1
    } else if byte.isSpace, depth <= 0 {
      let before = bytes[..<i].last { !$0.isSpace }
      let goesOn =
        next(i) == UInt8(ascii: "|") || before == UInt8(ascii: "|") || before == UInt8(ascii: ":") || next(i) == UInt8(ascii: ":")
      if !goesOn { break }
    }
    i += 1
  }
  return (String(decoding: bytes[..<i], as: UTF8.self), String(decoding: bytes[i...], as: UTF8.self).trimmed)
}
