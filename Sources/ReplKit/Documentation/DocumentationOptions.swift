// The options a function takes in its trailing table, as its parameters' types tell: `{ lr: number, steps?: integer }`
// or the name of a class whose fields they are.

/// One option of a function.
public struct DocumentationOption: Sendable, Equatable {
  /// Its name.
  public var name: String
  /// Its LuaCATS type.
  public var type: String
  /// Its default as the text says it, or nil.
  public var defaultValue: String?
  /// What it means.
  public var text: String

  /// Type and default in a few words.
  public var detail: String { defaultValue.map { "\(type) = \($0)" } ?? type }
}

extension Documentation {
  /// The options of a documented function.
  public func options(of entry: DocumentationEntry) -> [DocumentationOption] {
    var options: [DocumentationOption] = []
    for parameter in entry.parameters { options += fields(of: parameter.type, said: parameter.text) }
    for overload in entry.overloads {
      guard let open = overload.firstIndex(of: "("), let close = overload.lastIndex(of: ")"), open < close else { continue }
      for parameter in splitTopLevel(String(overload[overload.index(after: open)..<close])) {
        if let colon = parameter.firstIndex(of: ":") {
          options += fields(of: String(parameter[parameter.index(after: colon)...]), said: "")
        }
      }
    }
    var seen: Set<String> = []
    return options.filter { seen.insert($0.name).inserted }
  }

  // `said` is the text beside a parameter, which may tell the defaults of its fields.
  private func fields(of type: String, said: String) -> [DocumentationOption] {
    splitTopLevel(type, at: UInt8(ascii: "|")).flatMap { part -> [DocumentationOption] in
      let part = part.trimmed
      if part.hasPrefix("{"), part.hasSuffix("}") { return inline(part, said: said) }
      let type = part.replacing("?", with: "")
      guard entry(named: type)?.kind == .type else { return [] }
      // Only a record of options: types with methods are values of their own.
      let members = members(of: type)
      guard members.allSatisfy({ $0.kind == .field }) else { return [] }
      return members.map { option($0.lastName, $0.type, $0.text.joined(separator: " ")) }
    }
  }

  private func inline(_ type: String, said: String) -> [DocumentationOption] {
    guard let open = type.firstIndex(of: "{"), let close = type.lastIndex(of: "}") else { return [] }
    return splitTopLevel(String(type[type.index(after: open)..<close])).compactMap { field in
      let parts = field.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      let name = parts[0].trimmed.replacing("?", with: "")
      guard isIdentifier(name) else { return nil }
      var found = option(name, parts[1].trimmed, "")
      found.defaultValue = value(of: name, in: said)
      return found
    }
  }

  private func option(_ name: String, _ type: String, _ text: String) -> DocumentationOption {
    DocumentationOption(
      name: name, type: type.hasSuffix("?") ? String(type.dropLast()) : type, defaultValue: defaultValue(in: text), text: text)
  }

  // `lower = true, transposed = false`, `correction is 0 unless given: …`
  private func value(of name: String, in text: String) -> String? {
    for sign in [" = ", " is "] {
      guard let found = (" " + text).ranges(of: " " + name + sign).first else { continue }
      let rest = (" " + text)[found.upperBound...]
      if sign == " is ", !rest.contains("unless given") { continue }
      let value = rest.prefix { !" ,;)".contains($0) }
      if !value.isEmpty { return String(value) }
    }
    return nil
  }

  // `Learning rate (default 0.1).`, `…, default: "relu"`, `Defaults to 1.`
  private func defaultValue(in text: String) -> String? {
    let lower = text.lowercased()
    guard let start = lower.ranges(of: "default").last else { return nil }
    var rest = text[text.index(text.startIndex, offsetBy: lower.distance(from: lower.startIndex, to: start.upperBound))...]
    for word in ["s to ", ":", " is ", " = ", "="] where rest.hasPrefix(word) { rest = rest.dropFirst(word.count) }
    let value = rest.drop { $0 == " " || $0 == "`" }.prefix { !" ,;)`".contains($0) }
    let trimmed = value.hasSuffix(".") ? value.dropLast() : value
    return trimmed.isEmpty ? nil : String(trimmed)
  }

  private func splitTopLevel(_ text: String, at separator: UInt8 = UInt8(ascii: ",")) -> [String] {
    var parts: [[UInt8]] = [[]]
    var depth = 0
    for byte in text.utf8 {
      if "([{<".utf8.contains(byte) { depth += 1 }
      if ")]}>".utf8.contains(byte) { depth -= 1 }
      if byte == separator, depth == 0 { parts.append([]) } else { parts[parts.count - 1].append(byte) }
    }
    return parts.map { String(decoding: $0, as: UTF8.self).trimmed }.filter { !$0.isEmpty }
  }
}
