import Arrays
import Testing

@testable import Experiments

/// A file with this header and these elements.
private func file(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.append(little: length ?? UInt64(header.utf8.count))
  return bytes + header.utf8 + data
}

private func entry(_ name: String, _ dtype: String, _ shape: String, _ start: Int, _ end: Int) -> String {
  #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[\#(start),\#(end)]}"#
}

@Suite struct SafeTensorsTests {
  @Test func elementTypesComeAsTensorsHaveThem() throws {
    let parts: [(String, [UInt8], DType, [Double])] = [
      ("BOOL", [1, 0], .bool, [1, 0]), ("U8", [255], .int32, [255]), ("I8", [255], .int32, [-1]),
      ("I16", [0, 0x80], .int32, [-32768]),
      ("U16", [255, 255], .int32, [65535]), ("I32", [1, 0, 0, 0], .int32, [1]), ("U32", [2, 0, 0, 0], .int32, [2]),
      ("I64", [255, 255, 255, 255, 255, 255, 255, 255], .int32, [-1]), ("U64", [3, 0, 0, 0, 0, 0, 0, 0], .int32, [3]),
      ("F16", [0, 0x3c], .float32, [1]), ("BF16", [0x80, 0x3f], .float32, [1]), ("F32", [0, 0, 0x20, 0xc0], .float32, [-2.5]),
      ("F64", [0, 0, 0, 0, 0, 0, 0xf0, 0x3f], .float64, [1]),
    ]
    var (header, data): ([String], [UInt8]) = ([], [])
    for (i, part) in parts.enumerated() {
      let count = part.3.count
      header.append(entry("t\(10 + i)", part.0, "[\(count)]", data.count, data.count + part.1.count))
      data += part.1
    }
    let read = try SafeTensors.decode(file("{" + header.joined(separator: ",") + "} ", data), path: "x")
    #expect(read.tensors.count == parts.count)
    for (tensor, part) in zip(read.tensors, parts) {
      #expect(tensor.array.dtype == part.2, "\(part.0)")
      #expect(try tensor.array.doubles() == part.3, "\(part.0)")
    }
  }

  static func sample() throws -> SafeTensors {
    SafeTensors(
      [
        NamedArray("b", try NDArray([true, false, true], shape: [3])),
        NamedArray("a.weight", try NDArray([Float(1), 2], shape: [1, 2])),
        NamedArray("z", try NDArray([Double.pi], shape: [])), NamedArray("e", try NDArray([Int32](), shape: [0, 2])),
      ], metadata: ["format": "pt", "note": "\"ü\""])
  }

  @Test func whatIsWrittenIsRead() throws {
    let sample = try Self.sample()
    let bytes = try sample.encode()
    let read = try SafeTensors.decode(bytes, path: "x")
    #expect(read.metadata == sample.metadata)
    #expect(read.tensors.map(\.name) == ["a.weight", "b", "e", "z"])
    for tensor in read.tensors {
      let origin = try #require(sample.tensors.first { $0.name == tensor.name })
      #expect(tensor.array.shape == origin.array.shape)
      #expect(try tensor.array.bytes() == origin.array.bytes())
    }
    // The header ends at a multiple of 8, and the widest elements come first.
    #expect(bytes[0] % 8 == 0)
    #expect(
      bytes[(8 + Int(bytes[0]) + 256 * Int(bytes[1]))...].prefix(8).elementsEqual(withUnsafeBytes(of: Double.pi) { [UInt8]($0) }))
    let error = #expect(throws: DataError.self) { try SafeTensors(sample.tensors + sample.tensors).encode() }
    #expect(error?.message == "safetensors: the name 'z' comes twice or is the format's own")
  }

  @Test(
    arguments: [
      ([1, 2, 3], "does not begin with the length of a header"),
      (file("{}", length: 3), "does not begin with the length of a header"),
      (file("{}", length: .max), "does not begin with the length of a header"), (file("[]"), "has a header that is no object"),
      (file("{"), "lacks a name in an object (line 1, byte 2)"), (file(#"{"a":1}"#), "says of 'a' no object"),
      (file("{\(entry("a", "F32", "[1]", 0, 4))}", [0, 0, 0]), "F32 [1] at bytes 0 to 4, another size, or beyond its 3 bytes"),
      (file("{\(entry("a", "F32", "[2]", 0, 4))}", [0, 0, 0, 0]), "F32 [2] at bytes 0 to 4, another size"),
      (file("{\(entry("a", "F32", "[1]", 4, 8))}", [UInt8](repeating: 0, count: 8)), "has a gap or an overlap at byte 0"),
      (
        file("{\(entry("a", "U8", "[2]", 0, 2)),\(entry("b", "U8", "[2]", 1, 3))}", [0, 0, 0]), "has a gap or an overlap at byte 2"
      ),
      (file("{\(entry("a", "U8", "[1]", 0, 1))}", [0, 0]), "has 2 bytes of elements, and its header tells of 1"),
      (file("{\(entry("a", "U8", "[1]", -1, 0))}", [0]), "says of 'a' U8 [1] at bytes -1 to 0"),
      (file("{\(entry("a", "F8_E4M3", "[1]", 0, 1))}", [0]), "says of 'a' the dtype F8_E4M3, expected one of BF16 BOOL F16"),
      (file("{\(entry("a", "U8", "[-1]", 0, 1))}", [0]), "the shape [-1], which no tensor has"),
      (file("{\(entry("a", "U8", "[1.5]", 0, 1))}", [0]), "too little, expected dtype, shape and two data_offsets"),
      (file("{\(entry("a", "U8", "[2147483647, 2147483647]", 0, 1))}", [0]), "which no tensor has"),
      (file(#"{"__metadata__":{"a":1}}"#), "has the metadata 'a', which is no string"),
      (file("{\(entry("a", "U8", "[1]", 0, 1)),\(entry("a", "U8", "[1]", 0, 1))}", [0]), "has the name \"a\" twice"),
      (
        file("{\(entry("a", "I64", "[1]", 0, 8))}", [0, 0, 0, 0, 0, 0, 0, 1]),
        "holds the int64 72057594037927936, which no int32 holds"
      ),
    ] as [([UInt8], String)])
  func errorsSayWhatIsWrong(bytes: [UInt8], sentence: String) {
    let error = #expect(throws: DataError.self) { try SafeTensors.decode(bytes, path: "a") }
    #expect(error?.message.hasPrefix("safetensors: 'a' ") == true)
    #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "")")
  }

  @Test func damagedFilesAreErrorsOrValues() throws {
    mutations(of: try Self.sample().encode(), count: 10000) { damaged in
      do throws(DataError) { _ = try SafeTensors.decode(damaged, path: "a") } catch {
        #expect(error.message.hasPrefix("safetensors: 'a' "))
      }
    }
  }
}
