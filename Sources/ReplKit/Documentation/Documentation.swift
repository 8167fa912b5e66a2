// The documentation of a session: every entry of the annotation files, found by name, by type and member, or by a
// pattern. The one source for help, completion and the reference.

/// All entries, indexed.
public struct Documentation: Sendable {
  /// Every entry in the order of the files.
  public let entries: [DocumentationEntry]
  private let byName: [String: Int]
  private let byOwner: [String: [Int]]
  private let typeNames: [String: String]

  /// Reads annotation files.
  ///
  /// - Parameter files: the name and text of each.
  public init(_ files: [(name: String, text: String)]) {
    entries = files.flatMap { AnnotationParser(file: $0.name, text: $0.text).entries }
    var byName: [String: Int] = [:]
    var byOwner: [String: [Int]] = [:]
    var typeNames: [String: String] = [:]
    for (i, entry) in entries.enumerated() {
      let key = Self.key(entry.name)
      // A full entry beats the `---@field` line that announces it.
      if let old = byName[key], entries[old].kind != .field || entry.kind == .field { continue }
      if byName[key] == nil { byOwner[Self.key(entry.owner), default: []].append(i) }
      byName[key] = i
      if entry.kind == .type {
        typeNames[(entry.name.split(separator: ".").last.map(String.init) ?? entry.name).lowercased()] = entry.name
      }
    }
    self.byName = byName
    self.byOwner = byOwner.mapValues { [entries] in $0.map { byName[Self.key(entries[$0].name)] ?? $0 } }
    self.typeNames = typeNames
  }

  // `Tensor:sum` and `Tensor.sum` are one name.
  private static func key(_ name: String) -> String { name.replacing(":", with: ".") }

  /// The entry of a name as it is typed: `eb.zeros`, `Tensor:sum`, `Tensor.sum`.
  public func entry(named name: String) -> DocumentationEntry? { byName[Self.key(name)].map { entries[$0] } }

  /// The name of the documented type for a box of that name: `tensor` is `Tensor`.
  public func typeName(ofBox name: String) -> String? { typeNames[name.lowercased()] }

  /// The members of a type or table, those of its parents too.
  public func members(of owner: String) -> [DocumentationEntry] {
    var found: [DocumentationEntry] = []
    var seen: Set<String> = []
    var waiting = [owner]
    var visited: Set<String> = []
    while !waiting.isEmpty {
      let next = waiting.removeFirst()
      guard visited.insert(next).inserted else { continue }
      for i in byOwner[Self.key(next)] ?? [] where seen.insert(entries[i].lastName).inserted { found.append(entries[i]) }
      if let type = entry(named: next) {
        waiting += type.parents
        // `eb.linalg` is a value of a class that has the fields.
        if type.kind == .field, entry(named: type.type)?.kind == .type { waiting.append(type.type) }
      }
    }
    return found
  }

  /// A member of a type.
  public func member(_ name: String, of owner: String) -> DocumentationEntry? {
    members(of: owner).first { $0.lastName == name }
  }

  /// The type that a call of a function gives, if it is one of the documented ones.
  public func resultType(of entry: DocumentationEntry) -> String? {
    guard let type = entry.results.first?.type else { return nil }
    return plainType(type)
  }

  /// A type without `?` and arrays' alternatives, if it is documented or `string`.
  public func plainType(_ type: String) -> String? {
    for part in type.split(separator: "|") {
      let name = part.trimmed.replacing("?", with: "")
      if name == "string" || self.entry(named: name)?.kind == .type { return name }
    }
    return nil
  }

  /// Entries whose name matches a pattern with `*` and `?`; if none does, those whose first sentence has it.
  public func search(_ pattern: String) -> [DocumentationEntry] {
    let pattern = Array(pattern.lowercased().utf8)
    let byName = entries.filter { matches(Array($0.name.lowercased().utf8)[...], pattern[...]) }
    if !byName.isEmpty { return unique(byName) }
    let words = [UInt8(ascii: "*")] + pattern + [UInt8(ascii: "*")]
    return unique(entries.filter { matches(Array($0.summary.lowercased().utf8)[...], words[...]) })
  }

  private func unique(_ entries: [DocumentationEntry]) -> [DocumentationEntry] {
    var seen: Set<String> = []
    return entries.filter { seen.insert(Self.key($0.name)).inserted }
  }

  /// Every example with the name it belongs to.
  public var examples: [(name: String, code: String)] {
    entries.flatMap { entry in entry.examples.map { (entry.name, $0) } }
  }
}

/// Glob matching in linear space: at a mismatch the last star takes one byte more.
private func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
  var (t, p) = (text.startIndex, pattern.startIndex)
  var star: (pattern: Int, text: Int)?
  while t < text.endIndex {
    if p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") {
      star = (p, t)
      p += 1
    } else if p < pattern.endIndex, pattern[p] == text[t] || pattern[p] == UInt8(ascii: "?") {
      t += 1
      p += 1
    } else if let last = star {
      star = (last.pattern, last.text + 1)
      (t, p) = (last.text + 1, last.pattern + 1)
    } else {
      return false
    }
  }
  return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
}
