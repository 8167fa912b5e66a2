import Arrays
import Foundation
import Testing

@testable import Experiments

@Suite struct CheckpointTests {
  /// A tree with every kind of value and key.
  static func everything() throws -> Checkpoint.Value {
    var generator = Generator(seed: 7)
    _ = generator.split(2)
    return .table([
      .init(.text("z before a: order is kept"), .integer(3)), .init(.text("a"), .number(3)),
      .init(.integer(-5), .bool(true)), .init(.integer(.max), .bool(false)), .init(.text(""), .nil),
      .init(.string([0, 255, 10, 13]), .string([0, 0xff, 0xfe])), .init(.text("empty"), .table([])),
      .init(.text("floats"), .array(try NDArray([Float(1), -0.0, .nan, .infinity, 1e-45, 3], shape: [2, 3]))),
      .init(.text("doubles"), .array(try NDArray([Double(bitPattern: 0x7ff0_0000_0000_0001), 5e-324], shape: [2, 1]))),
      .init(.text("ints"), .array(try NDArray([Int32.min, 0, .max], shape: [3]))),
      .init(.text("flags"), .array(try NDArray([true, false], shape: [2]))),
      .init(.text("scalar"), .array(try NDArray(Float(2)))), .init(.text("none"), .array(try NDArray([Double](), shape: [0, 4]))),
      .init(.text("generator"), .generator(generator)), .init(.text("nan"), .number(Double(bitPattern: 0x7ff8_0000_0000_0123))),
      .init(.text("deep"), .table([.init(.integer(1), .table([.init(.integer(1), .text("leaf"))]))])),
    ])
  }

  // Writes values so that they can be compared.
  static func described(_ value: Checkpoint.Value) throws -> String {
    switch value {
    case .nil: "nil"
    case .bool(let flag): "\(flag)"
    case .integer(let integer): "i\(integer)"
    case .number(let number): "f\(String(number.bitPattern, radix: 16))"
    case .string(let bytes): "s\(bytes)"
    case .array(let array): "\(array.dtype)\(array.shape)\(try array.bytes())"
    case .generator(let generator): "g\(generator.key),\(generator.draws)"
    case .table(let entries): "{" + (try entries.map { "\($0.key)=\(try described($0.value))" }.joined(separator: " ")) + "}"
    }
  }

  @Test func everyKindOfValueComesBackBitForBitAndInOrder() throws {
    let value = try Self.everything()
    let back = try Checkpoint.decode(try Checkpoint.encode(value), path: "x")
    #expect(try Self.described(back) == Self.described(value))
  }

  @Test func viewsAreSavedAsTheyLook() throws {
    let array = try NDArray([Int32](0..<6), shape: [2, 3]).permuted([1, 0])
    guard case .array(let back) = try Checkpoint.decode(try Checkpoint.encode(.array(array)), path: "x") else {
      Issue.record("no array")
      return
    }
    #expect(back.shape == [3, 2])
    #expect(try back.elements(of: Int32.self) == [0, 3, 1, 4, 2, 5])
  }

  @Test func theFormatStaysWhatItIs() throws {
    // By the letter of the description in Checkpoint.swift; the checksum is that of zlib.crc32 in Python.
    let value = Checkpoint.Value.table([.init(.text("w"), .array(try NDArray([Float(1)], shape: [1])))])
    let body: [UInt8] =
      [7, 1, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 119] + [6, 0, 1, 1, 0, 0, 0, 0, 0, 0x80, 0x3f]
    let head: [UInt8] = [0x89, 69, 66, 84, 13, 10, 26, 10, 1, 0, 0, 0, UInt8(body.count), 0, 0, 0, 0, 0, 0, 0]
    let bytes = try Checkpoint.encode(value)
    #expect(bytes.dropLast(4) == (head + body)[...])
    #expect(crc32([UInt8]("123456789".utf8)) == 0xcbf4_3926)
  }

  @Test func aGeneratorGoesOnWhereItStood() throws {
    var generator = Generator(seed: 3)
    _ = try generator.normal([5], .float64)
    guard case .generator(var back) = try Checkpoint.decode(try Checkpoint.encode(.generator(generator)), path: "x") else {
      Issue.record("no generator")
      return
    }
    #expect(try back.normal([4], .float64).bytes() == generator.normal([4], .float64).bytes())
  }

  @Test func damageIsNoticed() throws {
    let bytes = try Checkpoint.encode(Self.everything())
    for length in bytes.indices {
      let error = #expect(throws: DataError.self) { try Checkpoint.decode([UInt8](bytes.prefix(length)), path: "a.ebt") }
      #expect(error?.message.hasPrefix("ebt: 'a.ebt' ") == true)
    }
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 1 << (place % 8)
      #expect(throws: DataError.self) { try Checkpoint.decode(damaged, path: "a.ebt") }
    }
    #expect(throws: DataError.self) { try Checkpoint.decode(bytes + [0], path: "a.ebt") }
  }

  @Test func errorsSayWhatIsWrong() throws {
    func message(_ bytes: [UInt8]) -> String? {
      #expect(throws: DataError.self) { try Checkpoint.decode(bytes, path: "a") }?.message
    }
    var bytes = try Checkpoint.encode(.text("text"))
    #expect(message([1, 2, 3]) == "ebt: 'a' is not a checkpoint of Ebbtide: it begins with the bytes [1, 2, 3]")
    #expect(message([UInt8](bytes.dropLast(6)))?.contains("it was cut or changed") == true)
    bytes[25] ^= 1
    #expect(message(bytes) == "ebt: 'a' is damaged: its checksum differs from that of its contents")
    bytes[8] = 2
    #expect(message(bytes)?.contains("is of version 2, this program reads version 1") == true)
  }

  /// A file with this body and a checksum that holds.
  static func file(_ body: [UInt8]) -> [UInt8] {
    var bytes = Checkpoint.magic
    bytes.append(little: Checkpoint.version)
    bytes.append(little: UInt64(body.count))
    bytes += body
    bytes.append(little: crc32(bytes))
    return bytes
  }

  @Test func liesUnderAGoodChecksumAreErrors() throws {
    let huge = [UInt8](repeating: 0xff, count: 8)
    let bodies: [[UInt8]] = [
      [], [9], [3, 1], [4], [5] + huge, [5, 5, 0, 0, 0, 0, 0, 0, 0, 1], [6, 4, 0], [6, 0, 9], [6, 0, 2, 1, 0], [7] + huge,
      [6, 0, 8] + [UInt8](repeating: 0xff, count: 32), [6, 1, 1, 0xff, 0xff, 0xff, 0x7f],
      [7, 1, 0, 0, 0, 0, 0, 0, 0, 0], [7, 1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0], [8, 1, 2], [0, 0],
      Array((0..<129).map { _ in [7, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0] as [UInt8] }.joined()) + [0],
    ]
    for body in bodies {
      let error = #expect(throws: DataError.self, "\(body)") { try Checkpoint.decode(Self.file(body), path: "a") }
      #expect(error?.message.hasPrefix("ebt: 'a' ") == true)
    }
  }

  /// Random changes under a checksum that is made to hold: an error or a value, and nothing else.
  @Test func randomBodiesNeverCrash() throws {
    let good = try Checkpoint.encode(Self.everything()).dropFirst(20).dropLast(4)
    try mutations(of: [UInt8](good), count: 4000) { body in
      do { _ = try Checkpoint.decode(Self.file(body), path: "a") } catch let error as DataError {
        #expect(error.message.hasPrefix("ebt: 'a' "))
      }
    }
  }

  @Test func nestingHasALimitOnTheWayOut() throws {
    var value = Checkpoint.Value.nil
    for _ in 0..<Checkpoint.maximumDepth { value = .table([.init(.integer(1), value)]) }
    _ = try Checkpoint.decode(try Checkpoint.encode(value), path: "x")
    let error = #expect(throws: DataError.self) { try Checkpoint.encode(.table([.init(.integer(1), value)])) }
    #expect(error?.message == "ebt: tables are nested more than 128 deep; does a table contain itself?")
  }
}
