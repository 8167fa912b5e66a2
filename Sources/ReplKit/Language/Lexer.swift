// Lua's tokens with their places, for everything the prompt has to know about a text without running it: whether it
// ends in `;`, where an error stands, what is being completed. It never fails: unfinished strings and comments are
// tokens that say so, and bytes that belong nowhere are symbols.

/// One token of a Lua text; the range counts bytes.
package struct Token: Equatable, Sendable {
  /// What a token is.
  package enum Kind: Sendable { case name, keyword, number, string, comment, symbol }

  package var kind: Kind
  package var range: Range<Int>
  /// False for strings and comments whose end is missing.
  package var isClosed = true
}

/// A Lua text cut into tokens.
package struct LuaText: Sendable {
  package let bytes: [UInt8]
  /// All tokens in order, comments too.
  package let tokens: [Token]

  /// The tokens of a text.
  package init(_ text: String) { self.init(bytes: Array(text.utf8)) }

  /// The tokens of bytes, which need not be UTF-8.
  package init(bytes: [UInt8]) {
    self.bytes = bytes
    var scanner = Scanner(bytes: bytes)
    tokens = scanner.scan()
  }

  /// The text of a token.
  package func text(_ token: Token) -> String { String(decoding: bytes[token.range], as: UTF8.self) }

  /// Whether a token is this symbol or keyword.
  package func isSymbol(_ token: Token, _ text: StaticString) -> Bool {
    (token.kind == .symbol || token.kind == .keyword) && token.range.count == text.utf8CodeUnitCount
      && text.withUTF8Buffer { $0.elementsEqual(bytes[token.range]) }
  }

  /// The tokens without comments.
  package var code: [Token] { tokens.filter { $0.kind != .comment } }

  package static let keywords: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not", "or",
    "repeat", "return", "then", "true", "until", "while",
  ]
}

extension UInt8 {
  /// Whether it may stand in a name. Bytes outside ASCII count as letters here, so that a word stays whole.
  var isWord: Bool { isWordStart || isDigit }
  var isWordStart: Bool { (97...122).contains(self | 32) || self == 95 || self >= 128 }
  var isDigit: Bool { (48...57).contains(self) }
  var isSpace: Bool { self == 32 || (9...13).contains(self) }
}

private struct Scanner {
  let bytes: [UInt8]
  var at = 0

  func byte(_ offset: Int = 0) -> UInt8 { at + offset < bytes.count ? bytes[at + offset] : 0 }

  mutating func scan() -> [Token] {
    var tokens: [Token] = []
    if byte() == UInt8(ascii: "#") { skipLine() }  // `#!` of a script
    while true {
      while at < bytes.count, byte().isSpace { at += 1 }
      guard at < bytes.count else { return tokens }
      tokens.append(token())
    }
  }

  mutating func skipLine() {
    while at < bytes.count, byte() != 10 { at += 1 }
  }

  mutating func token() -> Token {
    let start = at
    let first = byte()
    if first.isWordStart {
      while at < bytes.count, byte().isWord { at += 1 }
      let isKeyword = LuaText.keywords.contains(String(decoding: bytes[start..<at], as: UTF8.self))
      return Token(kind: isKeyword ? .keyword : .name, range: start..<at)
    }
    if first.isDigit || (first == UInt8(ascii: ".") && byte(1).isDigit) {
      skipNumber()
      return Token(kind: .number, range: start..<at)
    }
    if first == UInt8(ascii: "-"), byte(1) == UInt8(ascii: "-") {
      at += 2
      if let level = longBracket() {
        let isClosed = closeLong(level, start)
        return Token(kind: .comment, range: start..<at, isClosed: isClosed)
      }
      skipLine()
      return Token(kind: .comment, range: start..<at)
    }
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
      let isClosed = closeShort(first)
      return Token(kind: .string, range: start..<at, isClosed: isClosed)
    }
    if first == UInt8(ascii: "["), let level = longBracket() {
      let isClosed = closeLong(level, start)
      return Token(kind: .string, range: start..<at, isClosed: isClosed)
    }
    at += symbolLength()
    return Token(kind: .symbol, range: start..<at)
  }

  mutating func skipNumber() {
    let isHexadecimal = byte() == 48 && byte(1) | 32 == UInt8(ascii: "x")
    while at < bytes.count {
      let exponent = byte() | 32 == (isHexadecimal ? UInt8(ascii: "p") : UInt8(ascii: "e"))
      if exponent, byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-") {
        at += 2
      } else if byte().isWord || byte() == UInt8(ascii: ".") {
        at += 1
      } else {
        return
      }
    }
  }

  // The level of a long bracket that opens here, which is then consumed.
  mutating func longBracket() -> Int? {
    guard byte() == UInt8(ascii: "[") else { return nil }
    var level = 0
    while byte(1 + level) == UInt8(ascii: "=") { level += 1 }
    guard byte(1 + level) == UInt8(ascii: "[") else { return nil }
    at += level + 2
    return level
  }

  mutating func closeLong(_ level: Int, _ start: Int) -> Bool {
    while at < bytes.count {
      if byte() == UInt8(ascii: "]") {
        var count = 0
        while byte(1 + count) == UInt8(ascii: "=") { count += 1 }
        if count == level, byte(1 + count) == UInt8(ascii: "]") {
          at += level + 2
          return true
        }
      }
      at += 1
    }
    return false
  }

  mutating func closeShort(_ quote: UInt8) -> Bool {
    at += 1
    while at < bytes.count {
      let next = byte()
      if next == 10 { return false }
      at += 1
      if next == quote { return true }
      guard next == UInt8(ascii: "\\"), at < bytes.count else { continue }
      if byte() == UInt8(ascii: "z") {
        at += 1
        while at < bytes.count, byte().isSpace { at += 1 }
      } else {
        at += 1  // an escaped quote, backslash or line break
      }
    }
    return false
  }

  func symbolLength() -> Int {
    let (a, b, c) = (byte(), byte(1), byte(2))
    if a == UInt8(ascii: "."), b == a { return c == a ? 3 : 2 }
    if b == UInt8(ascii: "="), [UInt8(ascii: "="), UInt8(ascii: "~"), UInt8(ascii: "<"), UInt8(ascii: ">")].contains(a) {
      return 2
    }
    if a == b, [UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "<"), UInt8(ascii: ">")].contains(a) { return 2 }
    return 1
  }
}
