/// Bytes taken from the front under a bound that is never passed: a reader asks for what a header promises, gets it or nil, and
/// allocates nothing for a promise that the file can't keep.
struct ByteReader {
  private let bytes: [UInt8]
  /// The position of the next byte.
  private(set) var position: Int
  /// Where reading ends.
  let end: Int

  init(_ bytes: [UInt8], from start: Int = 0, to end: Int? = nil) {
    self.bytes = bytes
    self.end = min(max(end ?? bytes.count, 0), bytes.count)
    position = min(max(start, 0), self.end)
  }

  /// How many bytes are left.
  var rest: Int { end - position }

  /// The next byte.
  mutating func byte() -> UInt8? {
    guard position < end else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  /// The next `count` bytes, without a copy.
  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= rest else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// Goes over `count` bytes; false when there are fewer.
  mutating func skip(_ count: Int) -> Bool { take(count) != nil }

  /// A whole number in little-endian order.
  mutating func little<Word: FixedWidthInteger>(_ type: Word.Type = Word.self) -> Word? {
    word(type).map { Word(littleEndian: $0) }
  }

  /// A whole number in big-endian order.
  mutating func big<Word: FixedWidthInteger>(_ type: Word.Type = Word.self) -> Word? {
    word(type).map { Word(bigEndian: $0) }
  }

  private mutating func word<Word: FixedWidthInteger>(_ type: Word.Type) -> Word? {
    guard MemoryLayout<Word>.size <= rest else { return nil }
    defer { position += MemoryLayout<Word>.size }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: Word.self) }
  }
}

extension [UInt8] {
  /// Appends a whole number in little-endian order.
  mutating func append<Word: FixedWidthInteger>(little word: Word) {
    Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) }
  }

  /// Appends a whole number in big-endian order.
  mutating func append<Word: FixedWidthInteger>(big word: Word) {
    Swift.withUnsafeBytes(of: word.bigEndian) { append(contentsOf: $0) }
  }
}
