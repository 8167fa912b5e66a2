import Arrays

/// An IDX file, the format of MNIST: two zero bytes, an element type, the number of dimensions, their sizes, and the elements, all
/// big-endian (http://yann.lecun.com/exdb/mnist). May be packed with gzip.
public struct IDXFile: Sendable, Equatable {
  /// The element types of the format, by their code.
  public enum Element: UInt8, Sendable, CaseIterable {
    case uint8 = 0x08
    case int8 = 0x09
    case int16 = 0x0b
    case int32 = 0x0c
    case float32 = 0x0d
    case float64 = 0x0e

    var stored: StoredElement {
      switch self {
      case .uint8: .uint8
      case .int8: .int8
      case .int16: .int16
      case .int32: .int32
      case .float32: .float32
      case .float64: .float64
      }
    }
  }

  /// The element type.
  public let element: Element
  /// The sizes of the dimensions, outermost first.
  public let sizes: [Int]
  /// The elements in row-major order, big-endian.
  public let bytes: [UInt8]

  /// Reads a file.
  /// - Throws: `DataError` when the file can't be read, is damaged, or holds more or less than its header says.
  public init(path: String) throws(DataError) {
    try self.init(bytes: try readFile(path), path: path)
  }

  /// Reads a file's contents; `path` is for messages.
  /// - Throws: `DataError.format` when they are damaged or hold more or less than their header says.
  public init(bytes: [UInt8], path: String) throws(DataError) {
    func wrong(_ sentence: String) -> DataError { .format("idx", path: path, sentence) }
    var source = try source(of: bytes, path: path)

    let start = try source.next(4)
    guard start.count == 4, start[0] == 0, start[1] == 0, let element = Element(rawValue: start[2]) else {
      let codes = "an element type (8, 9, 11 to 14) and the number of dimensions"
      throw wrong("is not an IDX file: it begins with the bytes \(start), expected 0, 0, \(codes)")
    }
    let rank = Int(start[3])
    guard (1...Shape.maximumRank).contains(rank) else {
      throw wrong("says \(rank) dimensions at byte 3, expected 1 to \(Shape.maximumRank)")
    }
    let header = try source.next(4 * rank)
    guard header.count == 4 * rank else {
      throw wrong("says \(rank) dimensions at byte 3, but ends at byte \(4 + header.count), among their sizes")
    }

    let sizes = (0..<rank).map { axis in header[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) } }
    var size = element.stored.byteCount
    for (axis, extent) in sizes.enumerated() {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard extent <= Int(Int32.max), !overflow else {
        throw wrong("says \(extent) for dimension \(axis + 1) at byte \(4 + 4 * axis), more than fits in memory")
      }
      size = product
    }
    let promise = "says \(summary(element, sizes)) in its header, which is \(size) bytes"
    let body = try source.next(size)
    guard body.count == size else { throw wrong("\(promise), but only \(body.count) follow") }
    guard try source.next(1).isEmpty else { throw wrong("\(promise), but more follow") }
    self.element = element
    self.sizes = sizes
    self.bytes = body
  }

  /// Element type and sizes for messages.
  var described: String { summary(element, sizes) }

  /// The elements as an array of the same sizes: integers as int32, floats in their own type.
  /// - Throws: `DataError.tensor` when memory is short.
  public func array() throws(DataError) -> NDArray {
    try element.stored.array(bytes[...], Shape(sizes), order: .big, format: "idx", path: "")
  }
}

private func summary(_ element: IDXFile.Element, _ sizes: [Int]) -> String { "\(element) \(sizes)" }
