// Values as the prompt shows them: tables with sorted keys, cut at a depth and a number of items, cycles marked,
// strings in quotes, everything else through its own `__tostring`. Works on the stack, holds nothing.

import LuaHost

/// Prints values of one state.
package struct ValuePrinter {
  /// Nested tables beyond this depth are `{…}`.
  package var depth = 5
  /// Entries shown of one table, and of all together.
  package var items = 100
  package var totalItems = 1000
  /// Columns to use.
  package var width = 80
  /// What a builtin function is called, by its identity.
  package var name: (_ identity: UInt) -> String? = { _ in nil }
  /// Parameters and place of a Lua function that stands at an index of the stack.
  package var describeFunction: (LuaStack, Int) -> String? = { _, _ in nil }

  /// A printer with the usual limits.
  package init() {}

  /// The value at an index as a result of the prompt.
  package func show(_ stack: LuaStack, _ index: Int) throws(LuaError) -> String {
    var walk = Walk(printer: self, stack: stack, left: totalItems)
    return try walk.render(stack.absolute(index), depth: 0, indent: 0)
  }

  /// The value on one line of at most that many columns.
  package func brief(_ stack: LuaStack, _ index: Int, columns: Int) throws(LuaError) -> String {
    var printer = self
    (printer.depth, printer.items, printer.totalItems, printer.width) = (2, 10, 30, .max)
    let text = try printer.show(stack, index).split(separator: "\n", omittingEmptySubsequences: false)
    let line = text.count > 1 ? text[0] + " …" : text.first ?? ""
    return displayWidth(line) <= columns ? String(line) : String(line.prefix(max(1, columns - 1))) + "…"
  }

  /// Several results: side by side as `lua` has them if each is one line and all fit, else one below the other.
  package func show(_ stack: LuaStack, results count: Int) throws(LuaError) -> String {
    var texts: [String] = []
    for i in 0..<count { texts.append(try show(stack, stack.top - count + 1 + i)) }
    let line = texts.joined(separator: "\t")
    let isLine = !line.contains("\n") && texts.reduce(0) { ($0 / 8 + 1) * 8 + displayWidth($1) } <= width
    return isLine ? line : texts.joined(separator: "\n")
  }
}

private struct Walk {
  let printer: ValuePrinter
  let stack: LuaStack
  var left: Int
  var open: [UInt] = []

  mutating func render(_ index: Int, depth: Int, indent: Int) throws(LuaError) -> String {
    switch stack.type(at: index) {
    case .string: return quoted(stack.bytes(at: index) ?? [], limit: depth == 0 ? 2000 : 200)
    case .table: return try table(index, depth: depth, indent: indent)
    case .function:
      let place = printer.describeFunction(stack, index)
      let name = printer.name(stack.identity(at: index))
      return "<function\(place ?? name.map { " " + $0 } ?? " builtin")>"
    case .thread: return "<coroutine>"
    case .userdata:
      let text = try described(index)
      guard depth > 0, let end = text.firstIndex(of: "\n") else { return text }
      return text[..<end] + " …"
    default: return try described(index)
    }
  }

  // A `__tostring` that fails must not hide the value.
  private func described(_ index: Int) throws(LuaError) -> String {
    do {
      return try stack.describe(at: index)
    } catch {
      if error.kind == .interrupted || error.kind == .timeLimit { throw error }
      return "<\(stack.typeName(at: index)): its __tostring failed: \(error.message)>"
    }
  }

  private func hasToString(_ index: Int) throws(LuaError) -> Bool {
    guard try stack.pushMetatable(of: index) else { return false }
    defer { stack.pop() }
    guard stack.type(at: -1) == .table else { return false }
    try stack.rawGet("__tostring", from: -1)
    defer { stack.pop() }
    return !stack.isNil(at: -1)
  }

  private mutating func table(_ index: Int, depth: Int, indent: Int) throws(LuaError) -> String {
    try stack.state.checkInterrupt()
    if try hasToString(index) {
      let text = try described(index)
      guard depth > 0, let end = text.firstIndex(of: "\n") else { return text }
      return text[..<end] + " …"
    }
    let identity = stack.identity(at: index)
    if let place = open.lastIndex(of: identity) { return "<cycle: \(open.count - place) up>" }
    let keys = try Keys(stack, index, limit: printer.items)
    if keys.isEmpty { return "{}" }
    if depth >= printer.depth || left <= 0 { return "{…}" }
    open.append(identity)
    defer { open.removeLast() }
    try stack.reserve(8)

    var entries: [String] = []
    for i in 0..<min(keys.sequence, printer.items) where left > 0 {
      left -= 1
      try stack.rawGet(i + 1, from: index)
      defer { stack.pop() }
      entries.append(try render(stack.top, depth: depth + 1, indent: indent + 2))
    }
    for key in keys.others where entries.count < printer.items && left > 0 {
      left -= 1
      let label = label(key)
      try stack.push(key.value)
      try stack.rawGetTop(from: index)
      defer { stack.pop() }
      entries.append(label + " = " + (try render(stack.top, depth: depth + 1, indent: indent + 2)))
    }
    let hidden = keys.count - entries.count
    if hidden > 0 { entries.append("… \(hidden)\(keys.isComplete ? "" : " or more") more") }
    return layOut(entries, indent)
  }

  private func label(_ key: Keys.Other) -> String {
    if case .string(let text) = key.value { return isIdentifier(text) ? text : "[\(quoted(Array(text.utf8)))]" }
    return "[\(key.text)]"
  }

  // One line if it fits; else entries fill lines when all are short, and stand alone otherwise.
  private func layOut(_ entries: [String], _ indent: Int) -> String {
    let line = "{" + entries.joined(separator: ", ") + "}"
    if !line.contains("\n"), indent + displayWidth(line) <= printer.width { return line }
    let margin = String(repeating: " ", count: indent + 2)
    var lines: [String] = []
    let fills = entries.allSatisfy { !$0.contains("\n") && displayWidth($0) <= 24 }
    for entry in entries {
      if fills, let last = lines.last, displayWidth(last) + displayWidth(entry) + 2 <= printer.width {
        lines[lines.count - 1] += " \(entry),"
      } else {
        lines.append("\(margin)\(entry),")
      }
    }
    return "{\n" + lines.joined(separator: "\n") + "\n" + margin.dropLast(2) + "}"
  }
}

/// The keys of a table in the order they are shown: the sequence, other numbers ascending, strings, the rest.
private struct Keys {
  struct Other {
    var value: LuaValue
    var rank: Int
    var number: Double
    var text: String
  }

  var sequence: Int
  var others: [Other] = []
  /// Whether the walk saw all keys; a huge table is not walked to its end.
  var isComplete = true
  var isEmpty: Bool { sequence == 0 && others.isEmpty }
  var count: Int { sequence + others.count }

  private static let walked = 50_000

  init(_ stack: LuaStack, _ index: Int, limit: Int) throws(LuaError) {
    let length = stack.rawLength(at: index)
    sequence = length
    var seen = 0
    var found: [Other] = []
    var tooMany = false
    do {
      try stack.forEach(at: index) { () throws(LuaError) in
        seen += 1
        if seen > Self.walked {
          tooMany = true
          throw LuaError("enough")
        }
        if stack.isInteger(at: -2), let i = stack.integer(at: -2), i >= 1, i <= length { return }
        found.append(try Self.other(stack, -2))
      }
    } catch {
      if !tooMany { throw error }
      isComplete = false
    }
    found.sort { a, b in
      if (a.rank, a.number) != (b.rank, b.number) { return (a.rank, a.number) < (b.rank, b.number) }
      return a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }
    others = found
  }

  private static func other(_ stack: LuaStack, _ index: Int) throws(LuaError) -> Other {
    let value = try stack.value(at: index)
    switch stack.type(at: index) {
    case .number: return Other(value: value, rank: 0, number: stack.number(at: index) ?? 0, text: try stack.describe(at: index))
    case .string: return Other(value: value, rank: 1, number: 0, text: stack.string(at: index) ?? "")
    case .bool: return Other(value: value, rank: 2, number: stack.isTrue(at: index) ? 1 : 0, text: "\(stack.isTrue(at: index))")
    default: return Other(value: value, rank: 3, number: 0, text: "<\(stack.typeName(at: index))>")
    }
  }
}

extension LuaStack {
  /// Replaces the key on top by `table[key]`, without metamethods.
  func rawGetTop(from index: Int) throws(LuaError) {
    switch type(at: -1) {
    case .string, .number:
      if let key = string(at: -1), bytes(at: -1).map({ Array(key.utf8) == $0 }) == true {
        pop()
        try rawGet(key, from: index)
        return
      }
      if let key = integer(at: -1), isInteger(at: -1) {
        pop()
        try rawGet(key, from: index)
        return
      }
    default: break
    }
    try find(from: index)
  }

  // Keys of other types are rare: a walk finds them without a raw access of their own.
  private func find(from index: Int) throws(LuaError) {
    let key = try value(at: -1)
    var found: LuaValue = .nil
    let table = absolute(index)
    try forEach(at: table) { () throws(LuaError) in
      if found.isNil, try value(at: -2) == key { found = try value(at: -1) }
    }
    pop()
    try push(found)
  }
}
