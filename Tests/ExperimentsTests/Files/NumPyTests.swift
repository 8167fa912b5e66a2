import Arrays
import Testing

@testable import Experiments

/// A file of NumPy with this header, by the letter of numpy.lib.format.
private func npy(_ dictionary: String, _ body: [UInt8], version: UInt8 = 1) -> [UInt8] {
  let header = Array((dictionary + "\n").utf8)
  var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
  if version == 1 { bytes.append(little: UInt16(header.count)) } else { bytes.append(little: UInt32(header.count)) }
  return bytes + header + body
}

private func header(_ code: String, _ shape: String, fortran: Bool = false) -> String {
  "{'descr': '\(code)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }"
}

@Suite struct NPYTests {
  @Test func everyElementTypeInBothOrders() throws {
    let cases: [(code: String, body: [UInt8], dtype: DType, expected: [Double])] = [
      ("|b1", [1, 0], .bool, [1, 0]), ("|i1", [0x80, 127], .int32, [-128, 127]), ("|u1", [0, 255], .int32, [0, 255]),
      ("<i2", [0xfe, 0xff, 0, 1], .int32, [-2, 256]), (">i2", [0xff, 0xfe, 1, 0], .int32, [-2, 256]),
      ("<u2", [0xff, 0xff, 1, 0], .int32, [65535, 1]), ("<i4", [0, 0, 0, 0x80, 7, 0, 0, 0], .int32, [-2_147_483_648, 7]),
      (">i4", [0x80, 0, 0, 0, 0, 0, 0, 7], .int32, [-2_147_483_648, 7]),
      ("<u4", [0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0], .int32, [2_147_483_647, 0]),
      ("<i8", [255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0], .int32, [-1, 1]),
      (">u8", [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 1, 0], .int32, [5, 256]),
      // 1.5, the least subnormal, 65504, −infinity
      ("<f2", [0x00, 0x3e, 0x01, 0x00], .float32, [1.5, 0x1p-24]),
      (">f2", [0x7b, 0xff, 0xfc, 0x00], .float32, [65504, -.infinity]),
      ("<f4", [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0], .float32, [1, -2.5]),
      ("=f4", [0, 0, 0x80, 0x3f, 0, 0, 0, 0], .float32, [1, 0]),
      (">f8", [0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a, 0, 0, 0, 0, 0, 0, 0, 0], .float64, [0.1, 0]),
    ]
    for (code, body, dtype, expected) in cases {
      let array = try NPY.decode(npy(header(code, "(2,)"), body), path: "x")
      #expect(array.dtype == dtype, "\(code)")
      #expect(array.shape == [2])
      #expect(try array.doubles() == expected, "\(code)")
    }
    #expect(try NPY.decode(npy(header("<f2", "()"), [0x01, 0x7e]), path: "x").doubles()[0].isNaN)
  }

  @Test(arguments: [1, 2, 3] as [UInt8])
  func versionsShapesAndFortranOrder(version: UInt8) throws {
    let body: [UInt8] = [1, 2, 3, 4, 5, 6]
    let c = try NPY.decode(npy(header("|u1", "(2, 3)"), body, version: version), path: "x")
    #expect(try c.doubles() == [1, 2, 3, 4, 5, 6])
    let f = try NPY.decode(npy(header("|u1", "(2, 3)", fortran: true), body, version: version), path: "x")
    #expect(f.shape == [2, 3])
    #expect(f.isContiguous)
    #expect(try f.doubles() == [1, 3, 5, 2, 4, 6])
    #expect(try NPY.decode(npy(header("|u1", "()"), [9], version: version), path: "x").shape == .scalar)
    #expect(try NPY.decode(npy(header("<f4", "(0, 3)"), [], version: version), path: "x").shape == [0, 3])
  }

  @Test func whatIsWrittenIsReadBitForBit() throws {
    for array in [
      try NDArray([Float(1.5), .nan, -0.0, 1e-45, 2, 3], shape: [2, 3]), try NDArray([Double.pi], shape: [1, 1, 1]),
      try NDArray([Int32.min, .max], shape: [2]), try NDArray([true, false, true], shape: [3]), try NDArray(Float(7)),
      try NDArray([Float](), shape: [3, 0]), try NDArray([Int32](0..<6), shape: [2, 3]).permuted([1, 0]),
    ] {
      let bytes = try NPY.encode(array)
      let back = try NPY.decode(bytes, path: "x")
      #expect(back.shape == array.shape)
      #expect(back.dtype == array.dtype)
      #expect(try back.bytes() == array.bytes())
      #expect((bytes.count - array.count * array.dtype.byteCount) % 64 == 0, "the elements are aligned")
    }
    #expect(
      String(decoding: try NPY.encode(NDArray([Float](repeating: 0, count: 12), shape: [3, 4]))[10..<71], as: UTF8.self)
        == "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }  ")
  }

  @Test(
    arguments: [
      ([80, 75, 3, 4, 5, 6, 7, 8], "is not a file of NumPy: it begins with the bytes [80, 75, 3, 4, 5, 6]"),
      (npy(header("<f4", "(2,)"), [0, 0, 0, 0], version: 4), "has no version from 1 to 3 at byte 6"),
      (npy(header("<f4", "(2,)"), [0, 0, 0, 0]), "says float32 [2] in its header, which is 8 bytes, but only 4 follow"),
      (
        npy(header("|u1", "(2,)"), [1, 2, 3]),
        "which is 2 bytes, but 3 follow; files with several arrays in a row are not read, use .npz"
      ),
      (npy(header("<c8", "(1,)"), []), "has elements of type 'c8', expected one of b1 f2 f4 f8 i1"),
      (npy(header("|O", "(1,)"), []), "has elements of type 'O', expected one of"),
      (npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", []), "describes records with fields"),
      (npy("{'descr': '<f4', 'fortran_order': False}", []), "has a wrong header: it has no shape"),
      (npy("{'descr': '<f4', 'fortran_order': maybe, 'shape': ()}", []), "neither True nor False"),
      (npy(header("<f4", "(-1,)"), []), "has a shape that is no tuple of sizes"),
      (npy(header("<f4", "(1, 2"), []), "has a wrong header"),
      (npy(header("<f4", "(1,1,1,1,1,1,1,1,1)"), []), "at most 8 dimensions are possible, got 9"),
      (npy(header("<f4", "(99999999999,)"), []), "size 99999999999 of dimension 1 must be between 0 and 2^31 - 1"),
      (npy(header("<f8", "(2147483647, 2147483647)"), []), "has more than 2^48 elements"),
      (npy(header("<f8", "(2147483647, 1000)"), [1]), "which is 17179869176000 bytes, but only 1 follow"),
      (npy(header("<i8", "(1,)"), [0, 0, 0, 0, 1, 0, 0, 0]), "holds the int64 4294967296, which no int32 holds"),
    ] as [([UInt8], String)])
  func errorsSayWhatIsWrong(bytes: [UInt8], sentence: String) {
    let error = #expect(throws: DataError.self) { try NPY.decode(bytes, path: "a.npy") }
    #expect(error?.message.hasPrefix("npy: 'a.npy' ") == true, "\(error?.message ?? "")")
    #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "")")
  }

  @Test func damagedFilesAreErrorsOrValues() throws {
    for bytes in [
      try NPY.encode(NDArray([Float](repeating: 1, count: 6), shape: [2, 3])),
      npy(header(">i8", "(2,)", fortran: true), [UInt8](0..<16)),
    ] {
      mutations(of: bytes, count: 5000) { damaged in
        do throws(DataError) { _ = try NPY.decode(damaged, path: "a") } catch { #expect(error.message.hasPrefix("npy: 'a' ")) }
      }
    }
  }
}

@Suite struct NPZTests {
  static func sample() throws -> [NamedArray] {
    [
      NamedArray("w", try NDArray([Float(1), 2, 3], shape: [3])), NamedArray("ünïcode/β", try NDArray([true], shape: [])),
      NamedArray("empty", try NDArray([Double](), shape: [0])),
    ]
  }

  @Test func whatIsWrittenIsReadInOrder() throws {
    let arrays = try Self.sample()
    let back = try NPZ.decode(try NPZ.encode(arrays), path: "x")
    #expect(back.map(\.name) == arrays.map(\.name))
    for (a, b) in zip(back, arrays) {
      #expect(a.array.shape == b.array.shape)
      #expect(try a.array.bytes() == b.array.bytes())
    }
    #expect(try NPZ.decode(try NPZ.encode([]), path: "x").isEmpty)
  }

  /// What numpy.savez_compressed(file, d = numpy.arange(8, dtype = "float32")) of NumPy 2.4 writes: deflated, with 64-bit sizes.
  static let deflated: [UInt8] = [
    0x50, 0x4b, 0x3, 0x4, 0x2d, 0x0, 0x0, 0x0, 0x8, 0x0, 0x0, 0x0, 0x21, 0x0, 0xfd, 0xd, 0xb, 0x14, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0x5, 0x0, 0x14, 0x0, 0x64, 0x2e, 0x6e, 0x70, 0x79, 0x1, 0x0, 0x10, 0x0, 0xa0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0,
    0x0, 0x58, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x9b, 0xec, 0x17, 0xea, 0x1b, 0x10, 0xc9, 0xc8, 0x50, 0xc6, 0x50, 0xad, 0x9e,
    0x92, 0x5a, 0x9c, 0x5c, 0xa4, 0x6e, 0xa5, 0xa0, 0x6e, 0x93, 0x66, 0xa2, 0xae, 0xa3, 0xa0, 0x9e, 0x96, 0x5f, 0x54, 0x52, 0x94,
    0x98, 0x17, 0x9f, 0x5f, 0x94, 0x92, 0xa, 0x12, 0x77, 0x4b, 0xcc, 0x29, 0x4e, 0x5, 0x8a, 0x17, 0x67, 0x24, 0x16, 0xa4, 0x2,
    0xf9, 0x1a, 0x16, 0x3a, 0x9a, 0x3a, 0xa, 0xb5, 0xa, 0x14, 0x0, 0x2e, 0x6, 0x30, 0x68, 0xb0, 0x7, 0x12, 0xe, 0x40, 0x4, 0xc4,
    0xd, 0x40, 0xbc, 0x0, 0x88, 0xf, 0x0, 0xf1, 0x3, 0x7, 0x0, 0x50, 0x4b, 0x1, 0x2, 0x2d, 0x3, 0x2d, 0x0, 0x0, 0x0, 0x8, 0x0,
    0x0, 0x0, 0x21, 0x0, 0xfd, 0xd, 0xb, 0x14, 0x58, 0x0, 0x0, 0x0, 0xa0, 0x0, 0x0, 0x0, 0x5, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0,
    0x0, 0x0, 0x0, 0x0, 0x80, 0x1, 0x0, 0x0, 0x0, 0x0, 0x64, 0x2e, 0x6e, 0x70, 0x79, 0x50, 0x4b, 0x5, 0x6, 0x0, 0x0, 0x0, 0x0,
    0x1, 0x0, 0x1, 0x0, 0x33, 0x0, 0x0, 0x0, 0x8f, 0x0, 0x0, 0x0, 0x0, 0x0,
  ]

  @Test func deflatedEntriesAreRead() throws {
    let arrays = try NPZ.decode(Self.deflated, path: "x")
    #expect(arrays.map(\.name) == ["d"])
    #expect(try arrays[0].array.elements(of: Float.self) == [0, 1, 2, 3, 4, 5, 6, 7])
    mutations(of: Self.deflated, count: 5000) { damaged in
      do throws(DataError) { _ = try NPZ.decode(damaged, path: "a") } catch { #expect(error.message.contains("'a'")) }
    }
  }

  @Test func errorsSayWhatIsWrong() throws {
    func message(_ bytes: [UInt8]) -> String? { #expect(throws: DataError.self) { try NPZ.decode(bytes, path: "a") }?.message }
    let good = try NPZ.encode(Self.sample())
    #expect(message([1, 2, 3]) == "zip: 'a' is not a zip archive, or was cut: it has no directory at its end")
    #expect(message([UInt8](good.dropLast(1)))?.contains("has no directory at its end") == true)
    var damaged = good
    damaged[4 + 26 + 5 + 130] ^= 1
    #expect(message(damaged) == "zip: 'a' is damaged: the checksum differs for 'w.npy'")
    #expect(
      message(try Zip.encode([.init(name: "notes.txt", bytes: [])]))
        == "npz: 'a' has the entry 'notes.txt', expected arrays alone, whose names end in .npy")
    #expect(
      message(try Zip.encode([.init(name: "a.npy", bytes: [1]), .init(name: "a.npy", bytes: [2])]))
        == "zip: 'a' has two entries 'a.npy'")
    #expect(
      message(try Zip.encode([.init(name: "b.npy", bytes: [1])]))?.hasPrefix("npy: 'a' entry 'b.npy' is not a file of NumPy")
        == true)
    let error = #expect(throws: DataError.self) { try NPZ.encode([NamedArray("", try NDArray(Float(0)))]) }
    #expect(error?.message == "npz: a name must have from 1 to 65279 bytes, got 0")
  }

  @Test func damagedArchivesAreErrorsOrValues() throws {
    mutations(of: try NPZ.encode(Self.sample()), count: 5000) { damaged in
      do throws(DataError) { _ = try NPZ.decode(damaged, path: "a") } catch { #expect(error.message.contains("'a'")) }
    }
  }

  /// Sizes and places in the directory that lie, one at a time, also those that only the 64-bit fields hold.
  @Test func liesInTheDirectoryAreErrors() throws {
    let good = try NPZ.encode([NamedArray("w", try NDArray([Float(1), 2, 3], shape: [3]))])
    let directory = good.count - 22 - 46 - 5
    // Places in the entry of the directory: checksum, packed size, unpacked size, length of the name, of extra and comment, offset.
    for field in [16, 20, 24, 28, 30, 32, 42] {
      for lie in [[0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], [1, 0, 0, 0]] as [[UInt8]] {
        var bytes = good
        let width = (28...32).contains(field) ? 2 : 4
        bytes.replaceSubrange(directory + field..<directory + field + width, with: lie.prefix(width))
        #expect(throws: DataError.self, "\(field) \(lie)") { try NPZ.decode(bytes, path: "a") }
      }
    }
    for field in [8, 10, 12, 16] {
      var bytes = good
      bytes.replaceSubrange(good.count - 22 + field..<good.count - 22 + field + 2, with: [0xff, 0xff])
      if field == 10 || field == 16 { #expect(throws: DataError.self) { try NPZ.decode(bytes, path: "a") } }
    }
  }
}
