import Arrays

/// Ebbtide's own file, `.ebt`: any tree of numbers, strings, tensors and generators, bit for bit.
///
/// A file is eight bytes that name the format, its version (u32), the length of what follows (u64), one value, and the CRC-32 of all
/// before it (u32); whole numbers are little-endian. A value is a byte that says its kind, then: an integer (i64), a float (its 64
/// bits), a string (u64 length, bytes), an array (u8 dtype, u8 rank, u32 sizes, elements in row-major order), a table (u64 count,
/// then keys, each an integer or a string, with their values), or a generator (u64 key, u64 draws).
public enum Checkpoint {
  /// What can be saved.
  public indirect enum Value: Sendable {
    /// Nothing.
    case `nil`
    /// A truth value.
    case bool(Bool)
    /// A whole number, told from a float of the same value.
    case integer(Int)
    /// A float; all its bits are kept, also those of NaN.
    case number(Double)
    /// A string, which may hold any bytes.
    case string([UInt8])
    /// The elements of a tensor with its dtype and shape.
    case array(NDArray)
    /// Entries in the order in which they are written and come back.
    case table([Entry])
    /// A stream of random numbers where it stands.
    case generator(Generator)

    /// A string of text.
    public static func text(_ text: String) -> Value { .string(Array(text.utf8)) }
  }

  /// A key of a table.
  public enum Key: Hashable, Comparable, Sendable, ExpressibleByStringLiteral {
    /// An integer.
    case integer(Int)
    /// A string, which may hold any bytes.
    case string([UInt8])

    /// A key of text.
    public static func text(_ text: String) -> Key { .string(Array(text.utf8)) }

    /// A key of text.
    public init(stringLiteral text: String) { self = .text(text) }

    /// The key as it would stand in a path: `weight`, `2`.
    public var text: String {
      switch self {
      case .integer(let integer): String(integer)
      case .string(let bytes): String(decoding: bytes, as: UTF8.self)
      }
    }

    /// Integers ascending, then strings by their bytes.
    public static func < (a: Key, b: Key) -> Bool {
      switch (a, b) {
      case (.integer(let x), .integer(let y)): x < y
      case (.integer, .string): true
      case (.string, .integer): false
      case (.string(let x), .string(let y)): x.lexicographicallyPrecedes(y)
      }
    }
  }

  /// A key and its value.
  public struct Entry: Sendable {
    /// The key.
    public var key: Key
    /// What stands under it.
    public var value: Value

    /// An entry.
    public init(_ key: Key, _ value: Value) {
      self.key = key
      self.value = value
    }
  }

  /// How deep tables may be nested, the outermost counted as 1.
  public static let maximumDepth = 128

  // \x89EBT, and line ends that a text mode would change.
  static let magic: [UInt8] = [0x89, 0x45, 0x42, 0x54, 0x0d, 0x0a, 0x1a, 0x0a]
  static let version: UInt32 = 1

  // The kinds of values in a file.
  enum Kind: UInt8 { case `nil`, `false`, `true`, integer, number, string, array, table, generator }
  // The element types in a file by their codes.
  static let elements: [StoredElement] = [.float32, .float64, .int32, .bool]

  /// Writes a value to a file at once: whoever reads the path finds the old file or the new one, also after a crash.
  /// - Throws: `DataError` when the system refuses, or tables are nested too deep.
  public static func write(_ value: Value, to path: String) throws(DataError) {
    try WholeFile.write(try encode(value), to: path)
  }

  /// The value in a file.
  /// - Throws: `DataError` when the file can't be read, is no checkpoint, is damaged, or of a later version.
  public static func read(from path: String) throws(DataError) -> Value {
    try decode(try readFile(path), path: path)
  }

  /// The contents of a file with this value.
  /// - Throws: `DataError.format` when tables are nested more than `maximumDepth` deep, `.tensor` when memory is short.
  public static func encode(_ value: Value) throws(DataError) -> [UInt8] {
    var bytes = magic
    bytes.append(little: version)
    bytes.append(little: UInt64(0))
    try append(value, to: &bytes, depth: 0)
    let start = magic.count + 4
    let length = UInt64(bytes.count - start - 8)
    for i in 0..<8 { bytes[start + i] = UInt8(truncatingIfNeeded: length >> (8 * i)) }
    bytes.append(little: crc32(bytes))
    return bytes
  }

  private static func append(_ value: Value, to bytes: inout [UInt8], depth: Int) throws(DataError) {
    switch value {
    case .nil: bytes.append(Kind.nil.rawValue)
    case .bool(let flag): bytes.append((flag ? Kind.true : Kind.false).rawValue)
    case .integer(let integer):
      bytes.append(Kind.integer.rawValue)
      bytes.append(little: Int64(integer))
    case .number(let number):
      bytes.append(Kind.number.rawValue)
      bytes.append(little: number.bitPattern)
    case .string(let string): append(string, to: &bytes)
    case .array(let array):
      let code = elements.firstIndex(of: StoredElement(array.dtype))!
      bytes += [Kind.array.rawValue, UInt8(code), UInt8(array.rank)]
      for size in array.shape { bytes.append(little: UInt32(size)) }
      do { bytes += try array.bytes() } catch { throw .tensor(error) }
    case .table(let entries):
      guard depth < maximumDepth else {
        throw .unsuitable("ebt", "tables are nested more than \(maximumDepth) deep; does a table contain itself?")
      }
      bytes.append(Kind.table.rawValue)
      bytes.append(little: UInt64(entries.count))
      for entry in entries {
        switch entry.key {
        case .integer(let integer):
          bytes.append(Kind.integer.rawValue)
          bytes.append(little: Int64(integer))
        case .string(let string): append(string, to: &bytes)
        }
        try append(entry.value, to: &bytes, depth: depth + 1)
      }
    case .generator(let generator):
      bytes.append(Kind.generator.rawValue)
      bytes.append(little: generator.key)
      bytes.append(little: generator.draws)
    }
  }

  private static func append(_ string: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(Kind.string.rawValue)
    bytes.append(little: UInt64(string.count))
    bytes += string
  }
}
