import Foundation
import Testing

@testable import Experiments

@Suite struct EventFileTests {
  @Test func theChecksumIsThatOfTheStandard() {
    // RFC 3720, B.4: 32 bytes of zeros, of ones, ascending, descending; and the usual check word.
    #expect(crc32c([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(crc32c([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(crc32c([UInt8](0..<32)) == 0x46dd_794e)
    #expect(crc32c([UInt8]((0..<32).reversed())) == 0x113f_db5c)
    #expect(crc32c(Array("123456789".utf8)) == 0xe306_9283)
  }

  @Test func theFrameIsTensorFlows() {
    // The first record of every event file that TensorFlow wrote at time 0: brain.Event:2.
    let contents: [UInt8] = [9, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 13] + Array("brain.Event:2".utf8)
    let record = EventFile.record(contents)
    #expect(record.prefix(8) == [24, 0, 0, 0, 0, 0, 0, 0])
    #expect(record.count == 8 + 4 + 24 + 4)
    func unmasked(_ bytes: ArraySlice<UInt8>) -> UInt32 {
      let masked = bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } &- 0xa282_ead8
      return masked << 15 | masked >> 17
    }
    #expect(unmasked(record[8..<12]) == crc32c([UInt8](record.prefix(8))))
    #expect(unmasked(record[36..<40]) == crc32c(contents))
  }

  /// The contents of the records of a file.
  private func records(_ path: String) throws -> [[UInt8]] {
    var reader = ByteReader(try readFile(path))
    var records: [[UInt8]] = []
    while reader.rest > 0 {
      let (length, isWhole) = (reader.little(UInt64.self), reader.skip(4))
      let body = reader.take(Int(try #require(length)))
      let contents = [UInt8](try #require(body))
      let whole = EventFile.record(contents)
      let checksum = reader.little(UInt32.self)
      #expect(isWhole && checksum == ByteReader(whole, from: whole.count - 4).first)
      records.append(contents)
    }
    return records
  }

  @Test func scalarsAreEvents() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(directory: folder.path + "/a/b")
    try file.add(tag: "loss", value: 0.5, step: 300, wallTime: 1.0)
    try file.add(tag: "loss", value: -1, step: -1, wallTime: 2.0)
    let name = try #require(file.path.split(separator: "/").last)
    #expect(name.hasPrefix("events.out.tfevents."))
    let records = try records(file.path)
    #expect(records.count == 3)
    #expect(records[0].dropFirst(9) == ([0x1a, 13] + Array("brain.Event:2".utf8))[...])
    // wall_time, step 300 as a varint, summary { value { tag, simple_value } }
    #expect(
      records[1]
        == [9, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0xac, 2, 0x2a, 13, 0x0a, 11, 0x0a, 4] + Array("loss".utf8) + [
          0x15, 0, 0, 0, 0x3f,
        ])
    #expect(records[2][9...].prefix(11) == [0x10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1])
    file.close()
    file.close()
    let error = #expect(throws: DataError.self) { try file.add(tag: "x", value: 1, step: 1) }
    #expect(error?.message == "can't write '\(file.path)': it was closed")
  }

  @Test func twoFilesOfOneSecondHaveTwoNames() throws {
    let folder = try TemporaryFolder()
    let files = try (0..<3).map { _ in try EventFile(directory: folder.path) }
    #expect(Set(files.map(\.path)).count == 3)
    #expect(throws: DataError.self) { try EventFile(directory: files[0].path) }
  }

  @Test func histogramsCountEveryFiniteValueOnce() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(directory: folder.path)
    for values in [
      [1, 2, 3, 4], [5, 5], [], [.nan, 1], [-Double.greatestFiniteMagnitude, .greatestFiniteMagnitude], [0, 5e-324],
    ] {
      try file.add(tag: "w", histogram: values, step: 1)
    }
    let records = try records(file.path)
    #expect(records.count == 7)
    // The counts are the last field of the message: 30 doubles, 240 bytes, or one.
    func counts(_ record: [UInt8], _ count: Int) -> [Double] {
      var reader = ByteReader(record, from: record.count - 8 * count)
      return (0..<count).compactMap { _ in reader.little(UInt64.self).map { Double(bitPattern: $0) } }
    }
    #expect(counts(records[1], 30).reduce(0, +) == 4)
    #expect(counts(records[1], 30)[0] == 1)
    #expect(counts(records[1], 30)[29] == 1)
    #expect(counts(records[2], 1) == [2])
    #expect(counts(records[3], 1) == [0])
    #expect(counts(records[4], 1) == [1])
    #expect(counts(records[5], 30).reduce(0, +) == 2)
  }
}

extension ByteReader {
  fileprivate var first: UInt32? {
    var copy = self
    return copy.little(UInt32.self)
  }
}
