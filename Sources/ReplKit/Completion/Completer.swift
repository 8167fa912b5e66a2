// The completion engine: from the text before the cursor to the names that may stand there. It reads tables raw and
// boxes through their member names, so nothing of the user's runs.

import LuaHost

/// Completes names, members, keys, options, modules and files.
struct Completer {
  let names: NameResolver

  func complete(_ text: String, at point: Int) throws(LuaError) -> Completion {
    let source = LuaText(bytes: Array(text.utf8.prefix(point)))
    guard let last = source.tokens.last else { return try globals("", start: point) }
    if last.kind == .comment, last.range.upperBound == source.bytes.count { return .none(at: point) }
    var code = source.code
    if last.kind == .string, !last.isClosed {
      code.removeLast()
      return try inString(last, source, code)
    }
    var fragment = ""
    var start = point
    if last.range.upperBound == source.bytes.count {
      if last.kind == .number { return .none(at: point) }
      if last.kind == .name || last.kind == .keyword {
        fragment = source.text(last)
        start = last.range.lowerBound
        code.removeLast()
      }
    }
    if text.hasPrefix(":"), code.count == 1, source.tokens.count <= 2 { return commands(fragment, start) }
    if text.hasPrefix("?"), code.allSatisfy({ source.isSymbol($0, "?") }) { return try globals(fragment, start: start) }
    if let before = code.last {
      if source.isSymbol(before, ".") || source.isSymbol(before, ":") {
        guard let (chain, _) = Chain.ending(before: code.count - 1, in: source, code) else { return .none(at: start) }
        return try members(of: chain, fragment, start, methodsOnly: source.isSymbol(before, ":"))
      }
      let options = try options(source, code, fragment)
      if !options.isEmpty { return Completion(start: start, candidates: options) }
    }
    return try globals(fragment, start: start)
  }

  private func commands(_ fragment: String, _ start: Int) -> Completion {
    Completion(
      start: start,
      candidates: Command.all.filter { $0.name.hasPrefix(fragment) }.map { .init($0.name, detail: $0.summary) })
  }

  // MARK: Names

  private func globals(_ fragment: String, start: Int) throws(LuaError) -> Completion {
    var found: Set<String> = names.scope?.names ?? []
    let stack = names.state.stack
    let base = stack.top
    defer { stack.top = base }
    try stack.pushGlobals()
    try names.walk(stack.top, stack) { (table) throws(LuaError) in
      found.formUnion(try stringKeys(stack, table))
      return true
    }
    if !fragment.isEmpty { found.formUnion(LuaText.keywords) }
    let matching = found.filter { $0.hasPrefix(fragment) && (isIdentifier($0) || LuaText.keywords.contains($0)) }
    // Names that begin with an underscore come up when asked for.
    return Completion(
      start: start, candidates: sorted(matching.filter { fragment.hasPrefix("_") || !$0.hasPrefix("_") }).map { .init($0) })
  }

  private func sorted(_ names: some Sequence<String>) -> [String] {
    names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func stringKeys(_ stack: LuaStack, _ table: Int) throws(LuaError) -> [String] {
    var keys: [String] = []
    try stack.forEach(at: table) { () throws(LuaError) in
      if let key = stack.string(at: -2) { keys.append(key) }
    }
    return keys
  }

  // MARK: Members

  private func members(
    of chain: Chain, _ fragment: String, _ start: Int, methodsOnly: Bool
  ) throws(LuaError) -> Completion {
    let found = try names.resolve(chain) { (meaning, stack) throws(LuaError) -> Set<String> in
      var found: Set<String> = []
      if case .value = meaning { found = try members(ofValue: stack, methodsOnly: methodsOnly) }
      if let type = try names.typeName(meaning, stack) {
        if type == "string" { found.formUnion(try stringMembers(stack)) }
        for entry in names.documentation.members(of: type) where !methodsOnly || entry.kind == .method {
          found.insert(entry.lastName)
        }
      }
      // A documented table that is not there, or whose members are made on first use.
      if let path = chain.path, !methodsOnly {
        for entry in names.documentation.members(of: path) where entry.kind != .method { found.insert(entry.lastName) }
      }
      return found
    }
    let matching = found.filter { $0.hasPrefix(fragment) && isIdentifier($0) && (fragment.hasPrefix("_") || !$0.hasPrefix("_")) }
    return Completion(start: start, candidates: sorted(matching).map { .init($0) })
  }

  private func members(ofValue stack: LuaStack, methodsOnly: Bool) throws(LuaError) -> Set<String> {
    if let box = stack.boxType(at: -1) {
      let (methods, properties) = try box.memberNames()
      return Set(methodsOnly ? methods : methods + properties)
    }
    var found: Set<String> = []
    let base = stack.top
    defer { stack.top = base }
    try names.walk(base, stack) { (table) throws(LuaError) in
      try stack.forEach(at: table) { () throws(LuaError) in
        guard let key = stack.string(at: -2) else { return }
        if !methodsOnly || stack.type(at: -1) == .function { found.insert(key) }
      }
      return true
    }
    return found
  }

  private func stringMembers(_ stack: LuaStack) throws(LuaError) -> [String] {
    let base = stack.top
    defer { stack.top = base }
    try stack.pushGlobals()
    try stack.rawGet("string", from: -1)
    return stack.type(at: -1) == .table ? try stringKeys(stack, stack.top) : []
  }

  // MARK: Options

  // The cursor stands where a key may: behind `{`, `,` or `;` of a table that is an argument.
  private func options(_ source: LuaText, _ code: [Token], _ fragment: String) throws(LuaError) -> [Completion.Candidate] {
    guard let before = code.last else { return [] }
    guard source.isSymbol(before, "{") || source.isSymbol(before, ",") || source.isSymbol(before, ";") else { return [] }
    guard let brace = openBrace(source, code), let callee = callee(ofTableAt: brace, source, code) else { return [] }
    var entry = try names.resolve(callee) { (meaning, stack) throws(LuaError) -> DocumentationEntry? in
      if case .value = meaning, let entry = try names.documentationOfFunction(at: -1, stack) { return entry }
      return nil
    }
    if entry == nil { entry = try documented(callee) }
    guard let entry else { return [] }
    let given = keys(after: brace, source, code)
    return names.documentation.options(of: entry).filter { $0.name.hasPrefix(fragment) && !given.contains($0.name) }.map {
      .init($0.name + " = ", label: $0.name, detail: $0.detail)
    }
  }

  // By its name, or as a member of the documented type before it.
  private func documented(_ chain: Chain) throws(LuaError) -> DocumentationEntry? {
    if let path = chain.path, let entry = names.documentation.entry(named: path) { return entry }
    var owner = chain
    guard case .field(let name)? = owner.steps.popLast() else { return nil }
    return try names.resolve(owner) { (meaning, stack) throws(LuaError) -> DocumentationEntry? in
      try names.typeName(meaning, stack).flatMap { names.documentation.member(name, of: $0) }
    }
  }

  private func openBrace(_ source: LuaText, _ code: [Token]) -> Int? {
    var depth = 0
    for i in code.indices.reversed() {
      if Chain.isClosing(code[i], source) { depth += 1 }
      if Chain.isOpening(code[i], source) {
        if depth == 0 { return source.isSymbol(code[i], "{") ? i : nil }
        depth -= 1
      }
    }
    return nil
  }

  // `f{`, `f(a, {`, `x:f{`, `x:f(a, {`.
  private func callee(ofTableAt brace: Int, _ source: LuaText, _ code: [Token]) -> Chain? {
    var end = brace
    if brace > 0, source.isSymbol(code[brace - 1], "(") || source.isSymbol(code[brace - 1], ",") {
      var depth = 0
      var i = brace - 1
      while i >= 0 {
        if Chain.isClosing(code[i], source) { depth += 1 }
        if Chain.isOpening(code[i], source) {
          if depth == 0 { break }
          depth -= 1
        }
        i -= 1
      }
      guard i >= 0, source.isSymbol(code[i], "(") else { return nil }
      end = i
    }
    guard end > 0, code[end - 1].kind == .name else { return nil }
    if end > 1, source.isSymbol(code[end - 2], ":"), var (chain, _) = Chain.ending(before: end - 2, in: source, code) {
      chain.steps.append(.field(source.text(code[end - 1])))
      return chain
    }
    return Chain.ending(before: end, in: source, code)?.chain
  }

  private func keys(after brace: Int, _ source: LuaText, _ code: [Token]) -> Set<String> {
    var found: Set<String> = []
    for i in code.indices.dropFirst(brace + 1)
    where i + 1 < code.count && code[i].kind == .name && source.isSymbol(code[i + 1], "=") {
      found.insert(source.text(code[i]))
    }
    return found
  }
}

// MARK: Inside strings

extension Completer {
  private func inString(_ string: Token, _ source: LuaText, _ code: [Token]) throws(LuaError) -> Completion {
    let quote = source.bytes[string.range.lowerBound]
    guard quote != UInt8(ascii: "[") else { return .none(at: string.range.upperBound) }
    let start = string.range.lowerBound + 1
    let fragment = String(decoding: source.bytes[start...], as: UTF8.self)
    let closing = String(UnicodeScalar(quote))
    guard let before = code.last else { return files(fragment, start) }
    if source.isSymbol(before, "["), let (chain, _) = Chain.ending(before: code.count - 1, in: source, code) {
      return try keys(of: chain, fragment, start, closing: closing + "]")
    }
    let caller = source.isSymbol(before, "(") ? code.dropLast().last : before
    if let caller, caller.kind == .name, source.text(caller) == "require" {
      let modules = try ModuleNames(names.state).matching(fragment)
      return Completion(start: start, candidates: modules.map { .init($0 + closing, label: $0) })
    }
    return files(fragment, start)
  }

  private func keys(of chain: Chain, _ fragment: String, _ start: Int, closing: String) throws(LuaError) -> Completion {
    let keys = try names.resolve(chain) { (meaning, stack) throws(LuaError) -> [String] in
      guard case .value = meaning, stack.type(at: -1) == .table else { return [] }
      return try stringKeys(stack, stack.top)
    }
    // Only keys that stand in a string as they are.
    let plain = keys.filter { key in key.hasPrefix(fragment) && key.utf8.allSatisfy { $0 >= 32 && !"\\\"'".utf8.contains($0) } }
    return Completion(start: start, candidates: sorted(plain).map { .init($0 + closing, label: $0) })
  }

  private func files(_ fragment: String, _ start: Int) -> Completion {
    let folderEnd = fragment.lastIndex(of: "/").map { fragment.index(after: $0) } ?? fragment.startIndex
    let folder = String(fragment[..<folderEnd])
    let name = fragment[folderEnd...]
    let entries = folderEntries(folder.isEmpty ? "." : folder).filter { entry in
      entry.name.hasPrefix(name) && (name.hasPrefix(".") || !entry.name.hasPrefix("."))
    }
    return Completion(
      start: start + folder.utf8.count, candidates: entries.map { .init($0.isFolder ? $0.name + "/" : $0.name) })
  }
}
