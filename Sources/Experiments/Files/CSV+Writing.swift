import Arrays

extension CSV {
  /// A column to write.
  public enum Source: Sendable {
    /// A tensor of one dimension: floats with as few digits as bring them back, bool as 1 and 0.
    case tensor(NDArray)
    /// Texts.
    case texts([String])

    var count: Int {
      switch self {
      case .tensor(let array): array.count
      case .texts(let texts): texts.count
      }
    }
  }

  /// The text of a table with a header.
  /// - Throws: `DataError.unsuitable` when the columns differ in length.
  public static func encode(
    _ columns: [(name: String, source: Source)], separator: UInt8 = UInt8(ascii: ",")
  ) throws(DataError) -> [UInt8] {
    let count = columns.first?.source.count ?? 0
    var bytes: [UInt8] = []
    var entries: [[String]] = []
    for (i, column) in columns.enumerated() {
      guard column.source.count == count else {
        throw .unsuitable(
          "csv", "the column '\(columns[0].name)' has \(count) entries and '\(column.name)' has \(column.source.count)")
      }
      append(column.name, to: &bytes, separator, isFirst: i == 0)
      entries.append(try texts(column.source))
    }
    bytes.append(UInt8(ascii: "\n"))
    for row in 0..<count {
      for i in columns.indices { append(entries[i][row], to: &bytes, separator, isFirst: i == 0) }
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  /// The text of a matrix, a row a line, or of a vector, an element a line, without a header.
  /// - Throws: `DataError.unsuitable` for a tensor of another rank.
  public static func encode(_ matrix: NDArray, separator: UInt8 = UInt8(ascii: ",")) throws(DataError) -> [UInt8] {
    guard matrix.rank == 1 || matrix.rank == 2 else {
      throw .unsuitable("csv", "a tensor must be a vector or a matrix, got the shape \(matrix.shape); reshape it, or use .npy")
    }
    let entries = try texts(.tensor(matrix))
    let width = matrix.rank == 1 ? 1 : matrix.shape[1]
    var bytes: [UInt8] = []
    for row in 0..<matrix.shape[0] where width > 0 {
      for i in 0..<width { append(entries[row * width + i], to: &bytes, separator, isFirst: i == 0) }
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  private static func texts(_ source: Source) throws(DataError) -> [String] {
    switch source {
    case .texts(let texts): return texts
    case .tensor(let array):
      do {
        switch array.dtype {
        case .float32: return try array.elements(of: Float.self).map { "\($0)" }
        case .float64: return try array.elements(of: Double.self).map { "\($0)" }
        case .int32: return try array.elements(of: Int32.self).map { "\($0)" }
        case .bool: return try array.elements(of: Bool.self).map { $0 ? "1" : "0" }
        }
      } catch {
        throw .tensor(error)
      }
    }
  }

  private static func append(_ text: String, to bytes: inout [UInt8], _ separator: UInt8, isFirst: Bool) {
    if !isFirst { bytes.append(separator) }
    let special: Set<UInt8> = [separator, UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    guard text.utf8.contains(where: special.contains) || (text.isEmpty && isFirst) else {
      bytes += text.utf8
      return
    }
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
