import Arrays

extension JSON {
  /// What is written for NaN and the infinities, which JSON does not have.
  public enum NonFinite: String, Sendable, CaseIterable {
    /// An error.
    case error
    /// `null`.
    case null
  }

  /// The text of a value, without spaces. Floats have as few digits as bring them back, and a point or an exponent.
  /// - Throws: `DataError.unsuitable` with the place of a value that JSON does not have, or nesting beyond `maximumDepth`.
  public static func encode(_ value: JSON, nonFinite: NonFinite = .error) throws(DataError) -> [UInt8] {
    var writer = Writer(nonFinite: nonFinite)
    try writer.write(value)
    return writer.bytes
  }

  /// The text of values with one a line.
  /// - Throws: as `encode`.
  public static func encodeLines(_ values: [JSON], nonFinite: NonFinite = .error) throws(DataError) -> [UInt8] {
    var writer = Writer(nonFinite: nonFinite)
    for (i, value) in values.enumerated() {
      writer.path = ["\(i + 1)"]
      try writer.write(value)
      writer.bytes.append(UInt8(ascii: "\n"))
    }
    return writer.bytes
  }

  private struct Writer {
    let nonFinite: NonFinite
    var bytes: [UInt8] = []
    var path: [String] = []
    private var depth = 0

    init(nonFinite: NonFinite) { self.nonFinite = nonFinite }

    mutating func put(_ text: String) { bytes += text.utf8 }

    func unsuitable(_ sentence: String) -> DataError {
      .unsuitable("json", sentence + (path.isEmpty ? "" : " at '\(path.joined(separator: "."))'"))
    }

    mutating func write(_ value: JSON) throws(DataError) {
      switch value {
      case .null: put("null")
      case .bool(let flag): put(flag ? "true" : "false")
      case .integer(let integer): put("\(integer)")
      case .number(let number): try write(number, "\(number)")
      case .string(let text): write(text)
      case .array(let elements):
        try nested("[", "]", elements.count) { (writer, i) throws(DataError) in
          writer.path.append("\(i + 1)")
          try writer.write(elements[i])
          writer.path.removeLast()
        }
      case .object(let members):
        try nested("{", "}", members.count) { (writer, i) throws(DataError) in
          writer.write(members[i].name)
          writer.put(":")
          writer.path.append(members[i].name)
          try writer.write(members[i].value)
          writer.path.removeLast()
        }
      case .tensor(let array): try write(array)
      }
    }

    mutating func nested(
      _ opening: String, _ closing: String, _ count: Int, _ body: (inout Writer, Int) throws(DataError) -> Void
    ) throws(DataError) {
      guard depth < JSON.maximumDepth else {
        throw unsuitable("tables are nested more than \(JSON.maximumDepth) deep")
      }
      depth += 1
      put(opening)
      for i in 0..<count {
        if i > 0 { put(",") }
        try body(&self, i)
      }
      put(closing)
      depth -= 1
    }

    mutating func write<F: BinaryFloatingPoint>(_ number: F, _ text: String) throws(DataError) {
      if number.isFinite { return put(text) }
      guard nonFinite == .null else {
        throw unsuitable("JSON has no \(number); use another format, or null with {nonfinite = \"null\"}; it stands")
      }
      put("null")
    }

    mutating func write(_ text: String) {
      put("\"")
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""): put("\\\"")
        case UInt8(ascii: "\\"): put("\\\\")
        case 8: put("\\b")
        case 9: put("\\t")
        case 10: put("\\n")
        case 12: put("\\f")
        case 13: put("\\r")
        case 0..<0x20: put("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
        default: bytes.append(byte)
        }
      }
      put("\"")
    }

    mutating func write(_ array: NDArray) throws(DataError) {
      do {
        switch array.dtype {
        case .float32:
          let elements = try array.elements(of: Float.self)
          try write(array.shape) { (writer, i) throws(DataError) in try writer.write(elements[i], "\(elements[i])") }
        case .float64:
          let elements = try array.elements(of: Double.self)
          try write(array.shape) { (writer, i) throws(DataError) in try writer.write(elements[i], "\(elements[i])") }
        case .int32:
          let elements = try array.elements(of: Int32.self)
          try write(array.shape) { (writer, i) in writer.put("\(elements[i])") }
        case .bool:
          let elements = try array.elements(of: Bool.self)
          try write(array.shape) { (writer, i) in writer.put(elements[i] ? "true" : "false") }
        }
      } catch let error as TensorError {
        throw .tensor(error)
      } catch let error as DataError {
        throw error
      } catch {
        throw unsuitable("\(error)")
      }
    }

    // Arrays within arrays, one level a dimension, elements in row-major order.
    private mutating func write(_ shape: Shape, _ element: (inout Writer, Int) throws(DataError) -> Void) throws(DataError) {
      func level(_ writer: inout Writer, _ axis: Int, _ first: Int, _ stride: Int) throws(DataError) {
        guard axis < shape.rank else { return try element(&writer, first) }
        let inner = shape[axis] == 0 ? 0 : stride / shape[axis]
        try writer.nested("[", "]", shape[axis]) { (writer, i) throws(DataError) in
          try level(&writer, axis + 1, first + i * inner, inner)
        }
      }
      try level(&self, 0, 0, shape.elementCount)
    }
  }
}
