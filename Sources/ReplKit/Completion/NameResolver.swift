// What a chain of names means, found without running anything of the user's: raw reads, `__index` tables, the
// members of boxes, and where values end, the documented types.

import LuaHost

/// Looks names up in a session.
struct NameResolver {
  /// What a chain leads to.
  enum Meaning {
    /// A value, which is on top of the stack.
    case value
    /// Something of a documented type (or a string).
    case type(String)
    case unknown
  }

  let state: LuaState
  let scope: LocalScope?
  let documentation: Documentation

  /// Follows a chain and lends its meaning; the stack is as before when this returns.
  func resolve<R>(_ chain: Chain, _ body: (Meaning, LuaStack) throws(LuaError) -> R) throws(LuaError) -> R {
    let stack = state.stack
    let base = stack.top
    defer { stack.top = base }
    try stack.reserve(20)
    let meaning = try follow(chain, stack)
    return try body(meaning, stack)
  }

  private func follow(_ chain: Chain, _ stack: LuaStack) throws(LuaError) -> Meaning {
    var meaning: Meaning
    // What the names lead to in the documentation, as long as they do.
    var entry: DocumentationEntry?
    var path: String?
    switch chain.start {
    case .string: meaning = .type("string")
    case .name(let name):
      try pushName(name, stack)
      path = name
      entry = documentation.entry(named: name)
      meaning = stack.isNil(at: -1) ? .unknown : .value
    }
    for step in chain.steps {
      switch step {
      case .field(let name), .method(let name):
        let owner = try typeName(meaning, stack)
        path = path.map { $0 + "." + name }
        entry = owner.flatMap { documentation.member(name, of: $0) } ?? path.flatMap { documentation.entry(named: $0) }
        meaning = try member(name, meaning, entry, stack)
        if case .method = step { meaning = result(entry) }
      case .index(let i):
        (path, entry) = (nil, nil)
        guard case .value = meaning, stack.type(at: -1) == .table else { return .unknown }
        try stack.rawGet(i, from: -1)
        meaning = stack.isNil(at: -1) ? .unknown : .value
      case .call:
        if case .value = meaning, entry == nil { entry = try documentationOfFunction(at: -1, stack) }
        meaning = result(entry)
        path = nil
      }
    }
    return meaning
  }

  private func result(_ entry: DocumentationEntry?) -> Meaning {
    entry.flatMap { documentation.resultType(of: $0) }.map { .type($0) } ?? .unknown
  }

  private func member(
    _ name: String, _ meaning: Meaning, _ entry: DocumentationEntry?, _ stack: LuaStack
  ) throws(LuaError) -> Meaning {
    if case .value = meaning, try pushMember(name, of: stack.top, stack) { return .value }
    guard let entry, entry.kind == .field, let type = documentation.plainType(entry.type) else { return .unknown }
    return .type(type)
  }

  /// Pushes a session local or global, without metamethods.
  func pushName(_ name: String, _ stack: LuaStack) throws(LuaError) {
    if let scope, scope.names.contains(name) || ["_", "__"].contains(name) {
      return try stack.push(try scope.get(name))
    }
    try stack.pushGlobals()
    try stack.rawGet(name, from: -1)
  }

  /// Pushes `value.name` of a table, following `__index` tables, or a method of a box or string. False: nothing is there.
  func pushMember(_ name: String, of index: Int, _ stack: LuaStack) throws(LuaError) -> Bool {
    if let box = stack.boxType(at: index) {
      guard let method = try box.method(named: name) else { return false }
      try stack.push(method.reference)
      return true
    }
    let base = stack.top
    var found = false
    try walk(index, stack) { (table) throws(LuaError) in
      try stack.rawGet(name, from: table)
      found = !stack.isNil(at: -1)
      return !found
    }
    if !found { stack.top = base }
    return found
  }

  /// Calls `body` with a table and the tables its metatables lead to, while it answers true.
  func walk(_ index: Int, _ stack: LuaStack, _ body: (Int) throws(LuaError) -> Bool) throws(LuaError) {
    try stack.reserve(60)
    try stack.pushCopy(of: index)
    for _ in 0..<10 {
      let here = stack.top
      if stack.type(at: here) == .table, !(try body(here)) { return }
      stack.top = here
      guard try stack.pushMetatable(of: here), stack.type(at: -1) == .table else { return }
      try stack.rawGet("__index", from: -1)
      guard stack.type(at: -1) == .table else { return }
    }
  }

  /// The documented type of a meaning: that of a box, or the table's own name.
  func typeName(_ meaning: Meaning, _ stack: LuaStack) throws(LuaError) -> String? {
    switch meaning {
    case .type(let name): return name
    case .unknown: return nil
    case .value:
      if stack.type(at: -1) == .string { return "string" }
      if let box = stack.boxType(at: -1) { return documentation.typeName(ofBox: box.name) }
      // A table that carries the name of a type, as classes in Lua do.
      guard stack.type(at: -1) == .table, try stack.pushMetatable(of: -1) else { return nil }
      defer { stack.pop() }
      guard stack.type(at: -1) == .table else { return nil }
      try stack.rawGet("__name", from: -1)
      defer { stack.pop() }
      // The class comes before a function of the same name: what `eb.run` gives is a Run.
      return stack.string(at: -1).map { documentation.typeName(ofBox: $0) ?? $0 }
    }
  }

  /// The documentation of the function at an index, by its identity.
  func documentationOfFunction(at index: Int, _ stack: LuaStack) throws(LuaError) -> DocumentationEntry? {
    guard stack.type(at: index) == .function else { return nil }
    let identity = stack.identity(at: index)
    for entry in documentation.entries where entry.kind == .function {
      if try self.identity(ofDocumented: entry.name, stack) == identity { return entry }
    }
    return nil
  }

  /// The identity of what a documented path leads to now, 0 if nothing.
  func identity(ofDocumented path: String, _ stack: LuaStack) throws(LuaError) -> UInt {
    let base = stack.top
    defer { stack.top = base }
    try stack.reserve(20)
    let names = path.split(separator: ".")
    try stack.pushGlobals()
    for name in names {
      guard stack.type(at: -1) == .table else { return 0 }
      try stack.rawGet(String(name), from: -1)
    }
    return stack.identity(at: -1)
  }
}
