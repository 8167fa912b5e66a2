import Arrays

extension JSON {
  /// A value as JSON: tables with the keys 1 to n, also empty ones, are arrays, tables with texts as keys objects, tensors arrays within
  /// arrays.
  /// - Throws: `DataError.unsuitable` with the place of what JSON can't hold.
  public init(_ value: Checkpoint.Value) throws(DataError) { self = try JSON.made(of: value, []) }

  private static func made(of value: Checkpoint.Value, _ path: [String]) throws(DataError) -> JSON {
    func unsuitable(_ sentence: String) -> DataError {
      .unsuitable("json", sentence + (path.isEmpty ? "" : ", at '\(path.joined(separator: "."))'"))
    }
    func text(_ bytes: [UInt8], _ what: String) throws(DataError) -> String {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw unsuitable("\(what) is no UTF-8, which all text of JSON must be; use .ebt")
      }
      return text
    }
    switch value {
    case .nil: return .null
    case .bool(let flag): return .bool(flag)
    case .integer(let integer): return .integer(integer)
    case .number(let number): return .number(number)
    case .string(let bytes): return .string(try text(bytes, "a string"))
    case .array(let array): return .tensor(array)
    case .generator: throw unsuitable("a generator has no form in JSON; use .ebt")
    case .table(let entries):
      if let sequence = value.sequence() {
        var elements: [JSON] = []
        for (i, element) in sequence.enumerated() { elements.append(try made(of: element, path + ["\(i + 1)"])) }
        return .array(elements)
      }
      var members: [Member] = []
      for entry in entries {
        guard case .string(let bytes) = entry.key else {
          throw unsuitable("a table has the key \(entry.key.text), and its keys are neither 1 to n nor all texts; use .ebt")
        }
        let name = try text(bytes, "a key")
        members.append(Member(name, try made(of: entry.value, path + [name])))
      }
      return .object(members)
    }
  }

  /// The value for a program: arrays and objects are tables, null is nil and leaves no entry.
  public var value: Checkpoint.Value {
    switch self {
    case .null: .nil
    case .bool(let flag): .bool(flag)
    case .integer(let integer): .integer(integer)
    case .number(let number): .number(number)
    case .string(let text): .text(text)
    case .tensor(let array): .array(array)
    case .array(let elements): .table(elements.enumerated().map { .init(.integer($0.offset + 1), $0.element.value) })
    case .object(let members): .table(members.map { .init(.text($0.name), $0.value.value) })
    }
  }
}
