import Arrays

/// A value of JSON (RFC 8259). Whole numbers are told from others by how they are written: 3 is an integer, 3.0 and 3e0 are not.
public indirect enum JSON: Sendable {
  /// `null`
  case null
  /// `true` and `false`
  case bool(Bool)
  /// A number without fraction and exponent that fits 64 bits.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// A string.
  case string(String)
  /// Values in order.
  case array([JSON])
  /// Members in order.
  case object([Member])
  /// A tensor, written as arrays within arrays; never comes out of the parser.
  case tensor(NDArray)

  /// A name in an object and its value.
  public struct Member: Sendable {
    /// The name.
    public var name: String
    /// The value.
    public var value: JSON

    /// A member.
    public init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  /// How deep arrays and objects may be nested, the outermost counted as 1.
  public static let maximumDepth = 200

  /// The value of a text; `path` is for messages.
  /// - Throws: `DataError.format` with line and column where the text is not one value of RFC 8259: a number beyond the doubles, a name
  ///   that comes twice in an object and nesting beyond `maximumDepth` count as errors.
  public static func decode(_ bytes: [UInt8], path: String) throws(DataError) -> JSON {
    try decode(bytes[...], path: path, format: "json", firstLine: 1)
  }

  /// The values of a text with one a line (jsonlines.org); lines of spaces are passed over.
  /// - Throws: as `decode`.
  public static func decodeLines(_ bytes: [UInt8], path: String) throws(DataError) -> [JSON] {
    var values: [JSON] = []
    for (line, text) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      guard text.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d }) else { continue }
      values.append(try decode(text, path: path, format: "jsonl", firstLine: line + 1))
    }
    return values
  }

  static func decode(_ bytes: ArraySlice<UInt8>, path: String, format: String, firstLine: Int) throws(DataError) -> JSON {
    var parser = Parser(bytes: bytes, place: bytes.startIndex, path: path, format: format, firstLine: firstLine)
    let value = try parser.value(depth: 0)
    parser.skipSpaces()
    guard parser.place == bytes.endIndex else { throw parser.wrong("goes on after its value") }
    return value
  }
}

/// Descends through a text once.
private struct Parser {
  let bytes: ArraySlice<UInt8>
  var place: Int
  let path: String
  let format: String
  let firstLine: Int

  func wrong(_ sentence: String) -> DataError {
    let before = bytes[..<place]
    let line = before.reduce(firstLine) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.startIndex
    return .format(format, path: path, "\(sentence) (line \(line), byte \(place - start + 1))")
  }

  var next: UInt8? { place < bytes.endIndex ? bytes[place] : nil }

  mutating func skipSpaces() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { place += 1 }
  }

  mutating func comes(_ mark: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: mark) else { return false }
    place += 1
    return true
  }

  mutating func value(depth: Int) throws(DataError) -> JSON {
    skipSpaces()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return try number()
    case nil: throw wrong("ends where a value is expected")
    default: throw wrong("has no value of JSON")
    }
  }

  private mutating func word(_ text: String, _ value: JSON) throws(DataError) -> JSON {
    guard bytes[place...].starts(with: text.utf8) else { throw wrong("has no value of JSON") }
    place += text.utf8.count
    return value
  }

  private mutating func deeper(_ depth: Int) throws(DataError) {
    guard depth < JSON.maximumDepth else { throw wrong("is nested more than \(JSON.maximumDepth) deep") }
    place += 1
    skipSpaces()
  }

  private mutating func array(depth: Int) throws(DataError) -> JSON {
    try deeper(depth)
    var elements: [JSON] = []
    if comes("]") { return .array([]) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpaces()
      if comes("]") { return .array(elements) }
      guard comes(",") else { throw wrong("lacks a ',' or ']' in an array") }
    }
  }

  private mutating func object(depth: Int) throws(DataError) -> JSON {
    try deeper(depth)
    var members: [JSON.Member] = []
    var names: Set<String> = []
    if comes("}") { return .object([]) }
    while true {
      skipSpaces()
      guard next == UInt8(ascii: "\"") else { throw wrong("lacks a name in an object") }
      let name = try string()
      guard names.insert(name).inserted else { throw wrong("has the name \"\(name)\" twice in an object") }
      skipSpaces()
      guard comes(":") else { throw wrong("lacks a ':' after a name") }
      members.append(JSON.Member(name, try value(depth: depth + 1)))
      skipSpaces()
      if comes("}") { return .object(members) }
      guard comes(",") else { throw wrong("lacks a ',' or '}' in an object") }
    }
  }

  private mutating func digits() -> Int {
    let start = place
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { place += 1 }
    return place - start
  }

  private mutating func number() throws(DataError) -> JSON {
    let start = place
    _ = comes("-")
    if comes("0") {
      if let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { throw wrong("has a number that begins with 0") }
    } else if digits() == 0 {
      throw wrong("has a '-' without a number")
    }
    var isWhole = true
    if comes(".") {
      isWhole = false
      guard digits() > 0 else { throw wrong("lacks digits after a '.'") }
    }
    if comes("e") || comes("E") {
      isWhole = false
      if !comes("+") { _ = comes("-") }
      guard digits() > 0 else { throw wrong("lacks digits of an exponent") }
    }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    if isWhole, let integer = Int(text), text != "-0" { return .integer(integer) }
    guard let number = Double(text), number.isFinite else { throw wrong("has a number beyond the range of doubles") }
    return .number(number)
  }

  private mutating func string() throws(DataError) -> String {
    place += 1
    var text: [UInt8] = []
    while true {
      let plain = bytes[place...].prefix { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
      text += plain
      place = plain.endIndex
      guard let byte = next else { throw wrong("ends in a string") }
      guard byte >= 0x20 else { throw wrong("has a control character in a string, expected \\u and its code") }
      place += 1
      if byte == UInt8(ascii: "\"") { break }
      try appendEscape(to: &text)
    }
    guard let valid = String(validating: text, as: UTF8.self) else { throw wrong("has a string that is not UTF-8") }
    return valid
  }

  private mutating func appendEscape(to text: inout [UInt8]) throws(DataError) {
    guard let byte = next else { throw wrong("ends in a string") }
    place += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "u"):
      var code = try unit()
      if (0xd800..<0xdc00).contains(code) {
        guard comes("\\"), comes("u") else { throw wrong("has half a pair of surrogates") }
        let low = try unit()
        guard (0xdc00..<0xe000).contains(low) else { throw wrong("has half a pair of surrogates") }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw wrong("has half a pair of surrogates") }
      text += UTF8.encode(scalar)!
    default: throw wrong("has an unknown escape in a string")
    }
  }

  private mutating func unit() throws(DataError) -> UInt32 {
    let text = bytes[place...].prefix(4)
    guard text.count == 4, text.allSatisfy({ isHexadecimal($0) }),
      let code = UInt32(String(decoding: text, as: UTF8.self), radix: 16)
    else { throw wrong("lacks the four hexadecimal digits of \\u") }
    place += 4
    return code
  }

  private func isHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }
}
