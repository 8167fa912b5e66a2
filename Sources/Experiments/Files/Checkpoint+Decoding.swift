import Arrays

extension Checkpoint {
  /// The value in the contents of a file; `path` is for messages.
  /// - Throws: `DataError.format` when they are no checkpoint, are damaged, or of a later version.
  public static func decode(_ bytes: [UInt8], path: String) throws(DataError) -> Value {
    func wrong(_ sentence: String) -> DataError { .format("ebt", path: path, sentence) }
    var header = ByteReader(bytes)
    guard let start = header.take(magic.count), start.elementsEqual(magic) else {
      throw wrong("is not a checkpoint of Ebbtide: it begins with the bytes \([UInt8](bytes.prefix(magic.count)))")
    }
    guard let found = header.little(UInt32.self), let length = header.little(UInt64.self) else {
      throw wrong("ends at byte \(bytes.count), in its header")
    }
    guard found == version else {
      throw wrong("is of version \(found), this program reads version \(version); a newer Ebbtide wrote it, or it is damaged")
    }
    guard header.rest >= 4, length == header.rest - 4 else {
      throw wrong("says that \(length) bytes and 4 of a checksum follow its header, but \(header.rest) do: it was cut or changed")
    }
    var tail = ByteReader(bytes, from: bytes.count - 4)
    guard let checksum = tail.little(UInt32.self), checksum == crc32(bytes.dropLast(4)) else {
      throw wrong("is damaged: its checksum differs from that of its contents")
    }
    var decoder = Decoder(reader: ByteReader(bytes, from: header.position, to: bytes.count - 4), path: path)
    let value = try decoder.value(depth: 0)
    guard decoder.reader.rest == 0 else { throw wrong("has \(decoder.reader.rest) bytes after its value") }
    return value
  }

  private struct Decoder {
    var reader: ByteReader
    let path: String

    // The checksum held, so what follows is about files that a program made by mistake or malice.
    func wrong(_ sentence: String) -> DataError {
      .format("ebt", path: path, "is malformed at byte \(reader.position): \(sentence)")
    }

    mutating func value(depth: Int) throws(DataError) -> Value {
      switch try kind() {
      case .nil: return .nil
      case .false: return .bool(false)
      case .true: return .bool(true)
      case .integer: return .integer(try integer())
      case .number:
        guard let bits = reader.little(UInt64.self) else { throw wrong("a number is cut off") }
        return .number(Double(bitPattern: bits))
      case .string: return .string(try string())
      case .array: return .array(try array())
      case .table: return .table(try table(depth: depth))
      case .generator:
        guard let key = reader.little(UInt64.self), let draws = reader.little(UInt64.self) else {
          throw wrong("a generator is cut off")
        }
        return .generator(Generator(key: key, draws: draws))
      }
    }

    mutating func kind() throws(DataError) -> Kind {
      guard let code = reader.byte() else { throw wrong("a value is missing") }
      guard let kind = Kind(rawValue: code) else { throw wrong("there is no kind of value \(code)") }
      return kind
    }

    mutating func integer() throws(DataError) -> Int {
      guard let word = reader.little(Int64.self) else { throw wrong("an integer is cut off") }
      return Int(word)
    }

    mutating func string() throws(DataError) -> [UInt8] {
      guard let length = reader.little(UInt64.self), let count = Int(exactly: length), let bytes = reader.take(count) else {
        throw wrong("a string is longer than the file")
      }
      return [UInt8](bytes)
    }

    mutating func array() throws(DataError) -> NDArray {
      guard let code = reader.byte(), code < elements.count else { throw wrong("an array has no known element type") }
      let element = elements[Int(code)]
      guard let rank = reader.byte(), rank <= Shape.maximumRank else { throw wrong("an array has too many dimensions") }
      var sizes: [Int] = []
      for _ in 0..<rank {
        guard let size = reader.little(UInt32.self) else { throw wrong("the sizes of an array are cut off") }
        sizes.append(Int(size))
      }
      guard let shape = try? Shape.checked(sizes, operation: "ebt"),
        let bytes = reader.take(shape.elementCount * element.byteCount)
      else { throw wrong("an array \(sizes) of \(element) is longer than the file") }
      return try element.array(bytes, shape, format: "ebt", path: path)
    }

    mutating func table(depth: Int) throws(DataError) -> [Entry] {
      guard depth < maximumDepth else { throw wrong("tables are nested more than \(maximumDepth) deep") }
      guard let count = reader.little(UInt64.self), count <= reader.rest else { throw wrong("a table is longer than the file") }
      var entries: [Entry] = []
      for _ in 0..<count {
        let key: Key
        switch try kind() {
        case .integer: key = .integer(try integer())
        case .string: key = .string(try string())
        default: throw wrong("a key is neither integer nor string")
        }
        entries.append(Entry(key, try value(depth: depth + 1)))
      }
      return entries
    }
  }
}
