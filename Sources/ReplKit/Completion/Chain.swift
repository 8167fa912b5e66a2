// Expressions that can be looked into without running anything: a name followed by fields, keys and calls. A chain is
// read backwards from the place of the cursor.

/// `name.field["key"][1]:method(…)`, taken apart.
package struct Chain: Equatable {
  /// What the chain begins with.
  package enum Start: Equatable {
    case name(String)
    /// A string literal.
    case string
  }
  /// One access along the chain.
  package enum Step: Equatable {
    case field(String)
    case index(Int)
    /// The result of a call of what stands before.
    case call
    /// The result of a method.
    case method(String)
  }

  package var start: Start
  package var steps: [Step]

  /// Names and fields only: `eb.nn.mlp`.
  package init?(path text: String) {
    let source = LuaText(text)
    let code = source.code
    guard let (chain, first) = Chain.ending(before: code.count, in: source, code), first == 0 else { return nil }
    self = chain
  }

  private init(start: Start, steps: [Step]) {
    self.start = start
    self.steps = steps
  }

  /// As it would be documented, if it has names only: `eb.nn.mlp`.
  package var path: String? {
    guard case .name(var path) = start else { return nil }
    for step in steps {
      guard case .field(let name) = step else { return nil }
      path += "." + name
    }
    return path
  }

  /// The longest chain that ends before a token, and the number of its first token.
  package static func ending(before end: Int, in source: LuaText, _ code: [Token]) -> (chain: Chain, first: Int)? {
    var steps: [Step] = []
    var i = end - 1
    while i >= 0 {
      let token = code[i]
      switch token.kind {
      case .name:
        let name = source.text(token)
        if i > 0, source.isSymbol(code[i - 1], ".") {
          steps.append(.field(name))
          i -= 2
        } else if i > 0, source.isSymbol(code[i - 1], ":") {
          guard steps.last == .call else { return nil }
          steps[steps.count - 1] = .method(name)
          i -= 2
        } else {
          return (Chain(start: .name(name), steps: steps.reversed()), i)
        }
      case .string:
        guard token.isClosed else { return nil }
        // `f "text"` is a call, a string alone a value.
        guard i > 0, canBeCalled(code[i - 1], source) else { return (Chain(start: .string, steps: steps.reversed()), i) }
        steps.append(.call)
        i -= 1
      case .symbol:
        guard let open = opening(of: i, in: source, code) else { return nil }
        if source.isSymbol(token, "]") {
          guard let key = key(between: open, and: i, source, code) else { return nil }
          steps.append(key)
          i = open - 1
        } else if open > 0, canBeCalled(code[open - 1], source) {
          steps.append(.call)
          i = open - 1
        } else if source.isSymbol(token, ")"), i == open + 2, code[open + 1].kind == .string {
          return (Chain(start: .string, steps: steps.reversed()), open)
        } else {
          return nil
        }
      default: return nil
      }
    }
    return nil
  }

  private static func canBeCalled(_ token: Token, _ source: LuaText) -> Bool {
    token.kind == .name || source.isSymbol(token, ")") || source.isSymbol(token, "]") || source.isSymbol(token, "}")
  }

  private static func key(between open: Int, and close: Int, _ source: LuaText, _ code: [Token]) -> Step? {
    guard close == open + 2 else { return nil }
    let token = code[open + 1]
    if token.kind == .number, let i = Int(source.text(token)) { return .index(i) }
    guard token.kind == .string, token.isClosed else { return nil }
    let text = source.text(token)
    return text.contains("\\") || text.hasPrefix("[") ? nil : .field(String(text.dropFirst().dropLast()))
  }

  /// The bracket that a closing one belongs to.
  static func opening(of close: Int, in source: LuaText, _ code: [Token]) -> Int? {
    var depth = 0
    var i = close
    while i >= 0 {
      if isClosing(code[i], source) { depth += 1 }
      if isOpening(code[i], source) { depth -= 1 }
      if depth == 0 { return i == close ? nil : i }
      i -= 1
    }
    return nil
  }

  static func isOpening(_ token: Token, _ source: LuaText) -> Bool {
    source.isSymbol(token, "(") || source.isSymbol(token, "[") || source.isSymbol(token, "{")
  }

  static func isClosing(_ token: Token, _ source: LuaText) -> Bool {
    source.isSymbol(token, ")") || source.isSymbol(token, "]") || source.isSymbol(token, "}")
  }
}
