/// Zip archives as far as `.npz` needs them (PKWARE's APPNOTE 6.3): reads stored and deflated entries with or without the 64-bit
/// fields, writes stored ones.
enum Zip {
  /// A file in an archive, unpacked and with its checksum verified.
  struct Entry {
    var name: String
    var bytes: [UInt8]
  }

  private static let local: UInt32 = 0x0403_4b50
  private static let central: UInt32 = 0x0201_4b50
  private static let end: UInt32 = 0x0605_4b50
  private static let end64: UInt32 = 0x0606_4b50
  private static let locator64: UInt32 = 0x0706_4b50

  // What the directory says about an entry.
  private struct Record {
    var name: String
    var method: UInt16
    var checksum: UInt32
    var packed: UInt64
    var unpacked: UInt64
    var offset: UInt64
  }

  /// All entries, in the order of the directory; `path` is for messages.
  static func decode(_ bytes: [UInt8], path: String) throws(DataError) -> [Entry] {
    let records = try directory(bytes, path)
    // Entries that share bytes could promise any amount of contents.
    var total: UInt64 = 0
    for record in records { total = total.addingReportingOverflow(record.packed).partialValue }
    guard total <= UInt64(bytes.count) else { throw wrong(path, "promises more packed bytes than it has") }
    var entries: [Entry] = []
    var names: Set<String> = []
    for record in records {
      guard names.insert(record.name).inserted else { throw wrong(path, "has two entries '\(record.name)'") }
      entries.append(Entry(name: record.name, bytes: try contents(record, bytes, path)))
    }
    return entries
  }

  /// An archive with these entries, stored.
  /// - Throws: `DataError.unsuitable` for more than 4 GB or 65534 entries, which need another form of the format.
  static func encode(_ entries: [Entry]) throws(DataError) -> [UInt8] {
    let total = entries.reduce(22) { $0 + $1.bytes.count + 2 * $1.name.utf8.count + 76 }
    guard total < 0xffff_ffff, entries.count < 0xffff else {
      throw .unsuitable("npz", "\(entries.count) arrays of \(total) bytes are more than 4 GB or 65534 entries; use .safetensors")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(total)
    var directory: [UInt8] = []
    for entry in entries {
      let offset = UInt32(bytes.count)
      let name = Array(entry.name.utf8)
      // Needed version 2.0, names in UTF-8, stored, 1 January 1980: an archive depends on its contents alone.
      var common: [UInt8] = [20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0]
      common.append(little: crc32(entry.bytes))
      common.append(little: UInt32(entry.bytes.count))
      common.append(little: UInt32(entry.bytes.count))
      common.append(little: UInt16(name.count))
      common.append(little: UInt16(0))
      bytes.append(little: local)
      bytes += common + name + entry.bytes
      directory.append(little: central)
      directory += [20, 0] + common + [UInt8](repeating: 0, count: 10)
      directory.append(little: offset)
      directory += name
    }
    let start = UInt32(bytes.count)
    bytes += directory
    bytes.append(little: end)
    bytes.append(little: UInt32(0))
    bytes.append(little: UInt16(entries.count))
    bytes.append(little: UInt16(entries.count))
    bytes.append(little: UInt32(directory.count))
    bytes.append(little: start)
    bytes.append(little: UInt16(0))
    return bytes
  }

  private static func wrong(_ path: String, _ sentence: String) -> DataError { .format("zip", path: path, sentence) }

  // The record at the end says where the directory is; a comment of up to 65535 bytes may follow it.
  private static func directory(_ bytes: [UInt8], _ path: String) throws(DataError) -> [Record] {
    var place = bytes.count - 22
    let last = max(0, place - 0xffff)
    while place >= last, !bytes[place..<place + 4].elementsEqual([0x50, 0x4b, 5, 6]) { place -= 1 }
    guard place >= last, place >= 0 else { throw wrong(path, "is not a zip archive, or was cut: it has no directory at its end") }
    var tail = ByteReader(bytes, from: place + 10)
    guard let shortCount = tail.little(UInt16.self), tail.skip(4), let shortOffset = tail.little(UInt32.self) else {
      throw wrong(path, "ends in its last record")
    }
    var (count, offset) = (UInt64(shortCount), UInt64(shortOffset))
    if shortCount == 0xffff || shortOffset == 0xffff_ffff {
      var locator = ByteReader(bytes, from: place - 20)
      guard place >= 20, locator.little(UInt32.self) == locator64, locator.skip(4), let at = locator.little(UInt64.self),
        let start = Int(exactly: at), start <= bytes.count
      else { throw wrong(path, "says that its directory is a 64-bit one, which is not there") }
      var record = ByteReader(bytes, from: start)
      guard record.little(UInt32.self) == end64, record.skip(28), let longCount = record.little(UInt64.self), record.skip(8),
        let longOffset = record.little(UInt64.self)
      else { throw wrong(path, "says that its directory is a 64-bit one, which is not there") }
      (count, offset) = (longCount, longOffset)
    }
    guard let start = Int(exactly: offset), start <= place, count <= (place - start) / 46 else {
      throw wrong(path, "says \(count) entries in a directory at byte \(offset), more than it can hold")
    }
    var reader = ByteReader(bytes, from: start, to: place)
    var records: [Record] = []
    for _ in 0..<count { records.append(try record(&reader, path)) }
    return records
  }

  private static func record(_ reader: inout ByteReader, _ path: String) throws(DataError) -> Record {
    let place = reader.position
    guard reader.little(UInt32.self) == central, reader.skip(4), let flags = reader.little(UInt16.self),
      let method = reader.little(UInt16.self), reader.skip(4), let checksum = reader.little(UInt32.self),
      let packed = reader.little(UInt32.self), let unpacked = reader.little(UInt32.self),
      let nameLength = reader.little(UInt16.self), let extraLength = reader.little(UInt16.self),
      let commentLength = reader.little(UInt16.self), reader.skip(8), let offset = reader.little(UInt32.self),
      let name = reader.take(Int(nameLength)), let extra = reader.take(Int(extraLength)), reader.skip(Int(commentLength))
    else { throw wrong(path, "has a damaged entry in its directory at byte \(place)") }
    let text = String(decoding: name, as: UTF8.self)
    guard flags & 1 == 0 else { throw wrong(path, "has the encrypted entry '\(text)', which is not read") }
    var record = Record(
      name: text, method: method, checksum: checksum, packed: UInt64(packed), unpacked: UInt64(unpacked), offset: UInt64(offset))
    try widen(&record, extra, path)
    return record
  }

  // Fields that are all ones stand in the extra field 1, in this order.
  private static func widen(_ record: inout Record, _ extra: ArraySlice<UInt8>, _ path: String) throws(DataError) {
    let ones: UInt64 = 0xffff_ffff
    guard record.packed == ones || record.unpacked == ones || record.offset == ones else { return }
    var reader = ByteReader([UInt8](extra))
    while let kind = reader.little(UInt16.self), let length = reader.little(UInt16.self), let body = reader.take(Int(length)) {
      guard kind == 1 else { continue }
      var fields = ByteReader([UInt8](body))
      func widened(_ field: UInt64, _ fields: inout ByteReader) throws(DataError) -> UInt64 {
        guard field == ones else { return field }
        guard let wide = fields.little(UInt64.self) else { throw wrong(path, "has damaged sizes of '\(record.name)'") }
        return wide
      }
      record.unpacked = try widened(record.unpacked, &fields)
      record.packed = try widened(record.packed, &fields)
      record.offset = try widened(record.offset, &fields)
      return
    }
    throw wrong(path, "lacks the 64-bit sizes of '\(record.name)'")
  }

  private static func contents(_ record: Record, _ bytes: [UInt8], _ path: String) throws(DataError) -> [UInt8] {
    func wrong(_ sentence: String) -> DataError { Zip.wrong(path, "\(sentence) '\(record.name)'") }
    guard let offset = Int(exactly: record.offset), offset <= bytes.count, let packed = Int(exactly: record.packed),
      let unpacked = Int(exactly: record.unpacked)
    else { throw wrong("is shorter than the place of") }
    var reader = ByteReader(bytes, from: offset)
    guard reader.little(UInt32.self) == local, reader.skip(22), let nameLength = reader.little(UInt16.self),
      let extraLength = reader.little(UInt16.self), reader.skip(Int(nameLength) + Int(extraLength))
    else { throw wrong("has no header of") }
    guard let body = reader.take(packed) else { throw wrong("ends in the contents of") }
    let result: [UInt8]
    switch record.method {
    case 0:
      guard packed == unpacked else { throw wrong("has two sizes for the stored entry") }
      result = [UInt8](body)
    case 8:
      let source = try InflatedBytes([UInt8](body), .plain, format: "zip", path: path)
      result = try source.next(unpacked)
      guard result.count == unpacked, try source.next(1).isEmpty else { throw wrong("has another size than it says for") }
    default: throw wrong("is packed by method \(record.method), expected 0 or 8 (stored or deflated), in")
    }
    guard crc32(result) == record.checksum else { throw wrong("is damaged: the checksum differs for") }
    return result
  }
}
