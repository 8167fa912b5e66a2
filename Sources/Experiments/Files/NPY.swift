import Arrays

/// NumPy's file of one array, `.npy`, versions 1 to 3 (numpy.org/doc/stable/reference/generated/numpy.lib.format.html): a magic word,
/// a version, the length of the header, the header as the text of a Python dictionary, and the elements.
public enum NPY {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  // The element types by their codes in `descr`.
  static let codes: [String: StoredElement] = [
    "b1": .bool, "i1": .int8, "u1": .uint8, "i2": .int16, "u2": .uint16, "i4": .int32, "u4": .uint32, "i8": .int64, "u8": .uint64,
    "f2": .float16, "f4": .float32, "f8": .float64,
  ]

  /// The array in a file: b1 as bool, integers as int32 where all values fit, f2 and f4 as float32, f8 as float64; either byte order,
  /// in C or Fortran order.
  /// - Throws: `DataError` when the file can't be read, is damaged, or holds other elements.
  public static func read(from path: String) throws(DataError) -> NDArray { try decode(try readFile(path), path: path) }

  /// Writes an array to a file, in version 1 and C order.
  /// - Throws: `DataError` when the system refuses.
  public static func write(_ array: NDArray, to path: String) throws(DataError) {
    try WholeFile.write(try encode(array), to: path)
  }

  /// The contents of a file with this array.
  static func encode(_ array: NDArray) throws(DataError) -> [UInt8] {
    let code =
      switch array.dtype {
      case .float32: "<f4"
      case .float64: "<f8"
      case .int32: "<i4"
      case .bool: "|b1"
      }
    let sizes = array.shape.map(String.init).joined(separator: ", ") + (array.rank == 1 ? "," : "")
    let dictionary = "{'descr': '\(code)', 'fortran_order': False, 'shape': (\(sizes)), }"
    // The header is filled up with spaces and ends in a line feed, so that the elements begin at a multiple of 64.
    let padding = 63 - (magic.count + 4 + dictionary.utf8.count) % 64
    let header = Array(dictionary.utf8) + [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    var bytes = magic + [1, 0]
    bytes.append(little: UInt16(header.count))
    bytes += header
    do { bytes += try array.bytes() } catch { throw .tensor(error) }
    return bytes
  }

  /// The array in the contents of a file; `path` is for messages.
  static func decode(_ bytes: [UInt8], path: String) throws(DataError) -> NDArray {
    func wrong(_ sentence: String) -> DataError { .format("npy", path: path, sentence) }
    var reader = ByteReader(bytes)
    guard let start = reader.take(magic.count), start.elementsEqual(magic) else {
      throw wrong("is not a file of NumPy: it begins with the bytes \([UInt8](bytes.prefix(magic.count)))")
    }
    guard let major = reader.byte(), reader.byte() != nil, (1...3).contains(major) else {
      throw wrong("has no version from 1 to 3 at byte \(magic.count)")
    }
    let length = major == 1 ? reader.little(UInt16.self).map(Int.init) : reader.little(UInt32.self).map(Int.init)
    guard let length, let text = reader.take(length) else { throw wrong("ends at byte \(bytes.count), in its header") }
    let header = try PythonHeader(text, path: path)
    guard let element = codes[header.code] else {
      let known = codes.keys.sorted().joined(separator: " ")
      throw wrong("has elements of type '\(header.code)', expected one of \(known); convert them in NumPy with .astype")
    }

    let shape: Shape
    do {
      shape = try Shape.checked(header.shape, operation: "npy")
    } catch {
      throw wrong("has the shape \(header.shape): \(error)")
    }
    let size = shape.elementCount * element.byteCount
    let promise = "says \(element) \(shape) in its header, which is \(size) bytes"
    guard let body = reader.take(size) else { throw wrong("\(promise), but only \(reader.rest) follow") }
    guard reader.rest == 0 else {
      throw wrong("\(promise), but \(size + reader.rest) follow; files with several arrays in a row are not read, use .npz")
    }
    let order: StoredElement.ByteOrder = header.isBig ? .big : .little
    guard header.isFortran, shape.rank > 1 else {
      return try element.array(body, shape, order: order, format: "npy", path: path)
    }
    let turned = try element.array(body, Shape(shape.reversed()), order: order, format: "npy", path: path)
    do { return try turned.permuted(Array((0..<shape.rank).reversed())).contiguous() } catch { throw .tensor(error) }
  }
}

/// What the header of an npy file says: the dictionary of a subset of Python with the keys descr, fortran_order and shape.
private struct PythonHeader {
  private(set) var code = ""
  private(set) var isBig = false
  private(set) var isFortran = false
  private(set) var shape: [Int] = []

  private var text: ArraySlice<UInt8>
  private let path: String

  init(_ text: ArraySlice<UInt8>, path: String) throws(DataError) {
    self.text = text
    self.path = path
    var missing: Set = ["descr", "fortran_order", "shape"]
    try expect("{")
    while !comes("}") {
      let key = try string()
      guard missing.remove(key) != nil else { throw wrong("has the key '\(key)' twice, or besides descr, fortran_order and shape") }
      try expect(":")
      switch key {
      case "descr": try readDescription()
      case "fortran_order": isFortran = try truth()
      default: shape = try sizes()
      }
      if !comes(",") {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard self.text.isEmpty else { throw wrong("goes on after its dictionary") }
    if let key = missing.sorted().first { throw wrong("has no \(key)") }
  }

  private func wrong(_ sentence: String) -> DataError { .format("npy", path: path, "has a wrong header: it \(sentence)") }

  private mutating func readDescription() throws(DataError) {
    skipSpaces()
    if text.first == UInt8(ascii: "[") { throw wrong("describes records with fields; save each field as an array of its own") }
    let description = try string()
    let mark = description.first
    guard let mark, "<>|=".contains(mark) else { throw wrong("has the element type '\(description)', expected one such as '<f4'") }
    isBig = mark == ">"
    code = String(description.dropFirst())
  }

  private mutating func skipSpaces() { text = text.drop { $0 == 0x20 || (9...13).contains($0) } }

  private mutating func comes(_ mark: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard text.first == UInt8(ascii: mark) else { return false }
    text = text.dropFirst()
    return true
  }

  private mutating func expect(_ mark: Unicode.Scalar) throws(DataError) {
    guard comes(mark) else { throw wrong("lacks a '\(mark)'") }
  }

  private mutating func string() throws(DataError) -> String {
    skipSpaces()
    guard let quote = text.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { throw wrong("lacks a string") }
    let body = text.dropFirst().prefix { $0 != quote && $0 != UInt8(ascii: "\\") }
    guard body.endIndex < text.endIndex, text[body.endIndex] == quote else { throw wrong("has a string without end") }
    text = text[(body.endIndex + 1)...]
    return String(decoding: body, as: UTF8.self)
  }

  private mutating func word() -> String {
    skipSpaces()
    let letters = text.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
    text = text[letters.endIndex...]
    return String(decoding: letters, as: UTF8.self)
  }

  private mutating func truth() throws(DataError) -> Bool {
    switch word() {
    case "True": return true
    case "False": return false
    default: throw wrong("has a fortran_order that is neither True nor False")
    }
  }

  private mutating func sizes() throws(DataError) -> [Int] {
    try expect("(")
    var sizes: [Int] = []
    while !comes(")") {
      skipSpaces()
      let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      text = text[digits.endIndex...]
      guard let size = Int(String(decoding: digits, as: UTF8.self)) else { throw wrong("has a shape that is no tuple of sizes") }
      _ = comes("L")  // of Python 2
      sizes.append(size)
      if !comes(",") {
        try expect(")")
        break
      }
    }
    return sizes
  }
}
