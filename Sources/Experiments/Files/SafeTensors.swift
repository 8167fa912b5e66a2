import Arrays

/// Files of named tensors as Hugging Face defines them, `.safetensors` (github.com/huggingface/safetensors, "Format"): the length of the
/// header (u64, little-endian), the header in JSON, and the elements of all tensors without gaps.
public struct SafeTensors: Sendable {
  /// The tensors, in the order of their names' bytes when they come from a file.
  public var tensors: [NamedArray]
  /// The texts under `__metadata__`, by name.
  public var metadata: [String: String]

  /// Tensors and texts about them.
  public init(_ tensors: [NamedArray], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  // The element types by their names in the header.
  static let elements: [String: StoredElement] = [
    "BOOL": .bool, "I8": .int8, "U8": .uint8, "I16": .int16, "U16": .uint16, "I32": .int32, "U32": .uint32, "I64": .int64,
    "U64": .uint64, "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64,
  ]

  /// The tensors in a file: F16, BF16 and F32 as float32, F64 as float64, BOOL as bool, integers as int32 where all values fit.
  /// - Throws: `DataError` when the file can't be read, is damaged, or has tensors of other types.
  public static func read(from path: String) throws(DataError) -> SafeTensors { try decode(try readFile(path), path: path) }

  /// Writes the tensors to a file.
  /// - Throws: `DataError` when the system refuses, or two have one name.
  public func write(to path: String) throws(DataError) { try WholeFile.write(try encode(), to: path) }

  func encode() throws(DataError) -> [UInt8] {
    // The widest elements come first, as the reference writes them: every tensor then begins at a multiple of its elements' size.
    let ordered = tensors.sorted { a, b in
      let (x, y) = (a.array.dtype.byteCount, b.array.dtype.byteCount)
      return x != y ? x > y : a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
    }
    var members: [JSON.Member] = []
    if !metadata.isEmpty {
      members.append(.init("__metadata__", .object(metadata.keys.sorted().map { .init($0, .string(metadata[$0]!)) })))
    }
    var data: [UInt8] = []
    var names: Set<String> = ["__metadata__"]
    for tensor in ordered {
      guard names.insert(tensor.name).inserted else {
        throw .unsuitable("safetensors", "the name '\(tensor.name)' comes twice or is the format's own")
      }
      let element = SafeTensors.elements.first { $0.value == StoredElement(tensor.array.dtype) }!.key
      let start = data.count
      do { data += try tensor.array.bytes() } catch { throw .tensor(error) }
      members.append(
        .init(
          tensor.name,
          .object([
            .init("dtype", .string(element)), .init("shape", .array(tensor.array.shape.map { .integer($0) })),
            .init("data_offsets", .array([.integer(start), .integer(data.count)])),
          ])))
    }
    var header = try JSON.encode(.object(members))
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + data.count)
    bytes.append(little: UInt64(header.count))
    return bytes + header + data
  }

  static func decode(_ bytes: [UInt8], path: String) throws(DataError) -> SafeTensors {
    func wrong(_ sentence: String) -> DataError { .format("safetensors", path: path, sentence) }
    var reader = ByteReader(bytes)
    guard let length = reader.little(UInt64.self), length <= 100_000_000, let text = reader.take(Int(length)) else {
      throw wrong("does not begin with the length of a header that it holds: it is no file of safetensors, or was cut")
    }
    let data = bytes[reader.position...]
    guard case .object(let members) = try JSON.decode(text, path: path, format: "safetensors", firstLine: 1) else {
      throw wrong("has a header that is no object")
    }
    var result = SafeTensors([])
    var places: [Place] = []
    for member in members {
      if member.name == "__metadata__" {
        result.metadata = try texts(member.value, path)
      } else {
        places.append(try place(member, in: data, path))
      }
    }
    // No byte belongs to two tensors: what is made below is no more than the file.
    var end = 0
    for span in places.map(\.span).sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
      guard span.lowerBound == end else { throw wrong("has a gap or an overlap at byte \(end) of its elements") }
      end = span.upperBound
    }
    guard end == data.count else { throw wrong("has \(data.count) bytes of elements, and its header tells of \(end)") }
    for place in places.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      let body = data[data.startIndex + place.span.lowerBound..<data.startIndex + place.span.upperBound]
      let array = try place.element.array(body, place.shape, format: "safetensors", path: path)
      result.tensors.append(NamedArray(place.name, array))
    }
    return result
  }

  // What the header says of a tensor.
  private struct Place {
    var name: String
    var element: StoredElement
    var shape: Shape
    var span: Range<Int>
  }

  private static func texts(_ value: JSON, _ path: String) throws(DataError) -> [String: String] {
    var texts: [String: String] = [:]
    guard case .object(let members) = value else {
      throw .format("safetensors", path: path, "has a __metadata__ that is no object")
    }
    for member in members {
      guard case .string(let text) = member.value else {
        throw .format("safetensors", path: path, "has the metadata '\(member.name)', which is no string")
      }
      texts[member.name] = text
    }
    return texts
  }

  private static func place(_ member: JSON.Member, in data: ArraySlice<UInt8>, _ path: String) throws(DataError) -> Place {
    func wrong(_ sentence: String) -> DataError { .format("safetensors", path: path, "says of '\(member.name)' \(sentence)") }
    guard case .object(let fields) = member.value else { throw wrong("no object") }
    var (code, sizes, offsets): (String?, [Int]?, [Int]?)
    for field in fields {
      switch (field.name, field.value) {
      case ("dtype", .string(let text)): code = text
      case ("shape", .array(let list)): sizes = integers(list)
      case ("data_offsets", .array(let list)): offsets = integers(list)
      default: throw wrong("something wrong or unknown: \(field.name)")
      }
    }
    guard let code, let sizes, let offsets, offsets.count == 2 else {
      throw wrong("too little, expected dtype, shape and two data_offsets")
    }
    guard let element = elements[code] else {
      throw wrong("the dtype \(code), expected one of \(elements.keys.sorted().joined(separator: " "))")
    }
    guard let shape = try? Shape.checked(sizes, operation: "") else { throw wrong("the shape \(sizes), which no tensor has") }
    guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= data.count,
      offsets[1] - offsets[0] == shape.elementCount * element.byteCount
    else {
      throw wrong("\(code) \(shape) at bytes \(offsets[0]) to \(offsets[1]), another size, or beyond its \(data.count) bytes")
    }
    return Place(name: member.name, element: element, shape: shape, span: offsets[0]..<offsets[1])
  }

  private static func integers(_ values: [JSON]) -> [Int]? {
    var result: [Int] = []
    for value in values {
      guard case .integer(let integer) = value else { return nil }
      result.append(integer)
    }
    return result
  }
}
