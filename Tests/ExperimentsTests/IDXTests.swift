import Arrays
import Testing

@testable import Experiments

@Suite struct IDXTests {
  @Test func elementsOfEveryTypeAreBigEndian() throws {
    let cases: [(code: UInt8, body: [UInt8], dtype: DType, expected: [Double])] = [
      (0x08, [0, 255], .int32, [0, 255]),
      (0x09, [0x80, 127], .int32, [-128, 127]),
      (0x0b, [0xff, 0xfe, 0x01, 0x00], .int32, [-2, 256]),
      (0x0c, [0x80, 0, 0, 0, 0, 0, 0, 7], .int32, [-2_147_483_648, 7]),
      (0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0], .float32, [1, -2.5]),
      (0x0e, [0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a, 0, 0, 0, 0, 0, 0, 0, 0], .float64, [0.1, 0]),
    ]
    for (code, body, dtype, expected) in cases {
      let array = try IDXFile(bytes: idx(code, [2, 1], body), path: "x").array()
      #expect(array.dtype == dtype)
      #expect(array.shape == [2, 1])
      #expect(try array.doubles() == expected)
    }
  }

  @Test func packedAndPlainFilesAreTheSame() throws {
    let folder = try TemporaryFolder()
    let contents = idx(8, [2, 3], [1, 2, 3, 4, 5, 6])
    let plain = try folder.write(contents, to: "a")
    let packed = try folder.write(gzipped(contents), to: "a.gz")
    let first = try IDXFile(path: plain)
    #expect(first.sizes == [2, 3])
    #expect(first.bytes == [1, 2, 3, 4, 5, 6])
    #expect(try IDXFile(path: packed) == first)
  }

  @Test(
    arguments: [
      ([], "is not an IDX file: it begins with the bytes [], expected 0, 0, an element type"),
      ([80, 75, 3, 4, 0], "is not an IDX file: it begins with the bytes [80, 75, 3, 4]"),
      ([0, 0, 10, 1, 0, 0, 0, 0], "is not an IDX file: it begins with the bytes [0, 0, 10, 1]"),
      ([0, 0, 8, 0], "says 0 dimensions at byte 3, expected 1 to 8"),
      ([0, 0, 8, 9], "says 9 dimensions at byte 3, expected 1 to 8"),
      ([0, 0, 8, 2, 0, 0, 0, 1, 0], "says 2 dimensions at byte 3, but ends at byte 9, among their sizes"),
      (idx(8, [2, 2], [1, 2, 3]), "says uint8 [2, 2] in its header, which is 4 bytes, but only 3 follow"),
      (idx(8, [2, 2], [1, 2, 3, 4, 5]), "says uint8 [2, 2] in its header, which is 4 bytes, but more follow"),
      (idx(8, [1, 0x8000_0000], []), "says 2147483648 for dimension 2 at byte 8, more than fits in memory"),
      (
        idx(14, [0x7fff_ffff, 0x7fff_ffff, 0x7fff_ffff], []),
        "says 2147483647 for dimension 2 at byte 8, more than fits in memory"
      ),
      (idx(8, [0x7fff_ffff, 1000], [1]), "which is 2147483647000 bytes, but only 1 follow"),
    ] as [([UInt8], String)])
  func aWrongHeaderSaysWhatAndWhere(contents: [UInt8], sentence: String) {
    for bytes in [contents, gzipped(contents)] {
      let error = #expect(throws: DataError.self) { try IDXFile(bytes: bytes, path: "digits") }
      #expect(error?.message.hasPrefix("idx: 'digits' ") == true)
      #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "")")
    }
  }

  @Test func everyTruncationOfAPackedFileIsNoticed() throws {
    let packed = gzipped(idx(8, [4], [1, 2, 3, 4]))
    for length in 2..<packed.count {
      let error = #expect(throws: DataError.self) { try IDXFile(bytes: [UInt8](packed.prefix(length)), path: "x") }
      #expect(error?.message == "gzip: 'x' ends too early: all \(length) bytes are read and the end mark has not come")
    }
  }

  @Test func damageIsNoticedByTheChecksum() {
    let packed = gzipped(idx(8, [4], [1, 2, 3, 4]))
    for place in packed.indices.dropLast(8).suffix(4) {
      var damaged = packed
      damaged[place] ^= 1
      let error = #expect(throws: DataError.self) { try IDXFile(bytes: damaged, path: "x") }
      #expect(error?.message == "gzip: 'x' is damaged at byte \(packed.count - 4): incorrect data check")
    }
  }

  @Test func damagedFilesAreErrorsOrValues() {
    let contents = idx(14, [2, 1], [UInt8](repeating: 0x40, count: 16))
    for bytes in [contents, gzipped(contents)] {
      mutations(of: bytes, count: 5000) { damaged in
        do throws(DataError) { _ = try IDXFile(bytes: damaged, path: "a").array() } catch { #expect(error.message.contains("'a'")) }
      }
    }
  }

  @Test func membersOneAfterTheOtherAreOneFile() throws {
    let contents = idx(8, [4], [1, 2, 3, 4])
    let file = try IDXFile(bytes: gzipped([UInt8](contents.prefix(6))) + gzipped([UInt8](contents.dropFirst(6))), path: "x")
    #expect(file.bytes == [1, 2, 3, 4])
  }

  @Test func whatCannotBeReadSaysWhy() throws {
    let folder = try TemporaryFolder()
    func message(_ path: String) -> String? { #expect(throws: DataError.self) { try IDXFile(path: path) }?.message }
    #expect(message(folder.path) == "can't read '\(folder.path)': it is not a regular file")
    #expect(message("\(folder.path)/none") == "can't open '\(folder.path)/none': No such file or directory")
    let file = try folder.write([1, 2, 3], to: "three")
    let error = #expect(throws: DataError.self) { try readFile(file, limit: 2) }
    #expect(error?.message == "can't read '\(file)': it holds more than 2 bytes, the most that this reader takes")
  }
}
