import Arrays

/// The element types that files have, and how their bytes become tensors: floats of 16 bits become float32, integers int32 where all
/// values fit, everything else keeps its type.
enum StoredElement: String, CaseIterable, CustomStringConvertible {
  case bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, bfloat16, float32, float64

  /// The order of the bytes of an element.
  enum ByteOrder { case little, big }

  /// The element type that holds a tensor's elements as they are.
  init(_ dtype: DType) {
    switch dtype {
    case .float32: self = .float32
    case .float64: self = .float64
    case .int32: self = .int32
    case .bool: self = .bool
    }
  }

  var description: String { rawValue }

  var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// The array of these elements, which must be as many as the shape has places.
  /// - Throws: `DataError.format` for an integer that no int32 holds, `.tensor` when memory is short.
  func array(
    _ bytes: ArraySlice<UInt8>, _ shape: Shape, order: ByteOrder = .little, format: String, path: String
  ) throws(DataError) -> NDArray {
    precondition(bytes.count == shape.elementCount * byteCount, "as many elements as the shape has places")
    switch self {
    case .bool: return try converted(bytes, shape, order) { (word: UInt8) in word != 0 }
    case .int8: return try converted(bytes, shape, order) { (word: UInt8) in Int32(Int8(bitPattern: word)) }
    case .uint8: return try converted(bytes, shape, order) { (word: UInt8) in Int32(word) }
    case .int16: return try converted(bytes, shape, order) { (word: UInt16) in Int32(Int16(bitPattern: word)) }
    case .uint16: return try converted(bytes, shape, order) { (word: UInt16) in Int32(word) }
    case .int32: return try converted(bytes, shape, order) { (word: UInt32) in Int32(bitPattern: word) }
    case .float32: return try converted(bytes, shape, order) { (word: UInt32) in Float(bitPattern: word) }
    case .float64: return try converted(bytes, shape, order) { (word: UInt64) in Double(bitPattern: word) }
    case .bfloat16: return try converted(bytes, shape, order) { (word: UInt16) in Float(bitPattern: UInt32(word) << 16) }
    case .float16: return try converted(bytes, shape, order) { (word: UInt16) in float(half: word) }
    case .uint32:
      return try narrowed(bytes, shape, order, format, path) { (word: UInt32) in (Int32(exactly: word), "\(word)") }
    case .uint64:
      return try narrowed(bytes, shape, order, format, path) { (word: UInt64) in (Int32(exactly: word), "\(word)") }
    case .int64:
      return try narrowed(bytes, shape, order, format, path) { (word: UInt64) in
        (Int32(exactly: Int64(bitPattern: word)), "\(Int64(bitPattern: word))")
      }
    }
  }

  private func converted<Word: FixedWidthInteger, E: Element>(
    _ bytes: ArraySlice<UInt8>, _ shape: Shape, _ order: ByteOrder, _ element: (Word) -> E
  ) throws(DataError) -> NDArray {
    do {
      return try NDArray(shape: shape, of: E.self) { target in
        bytes.withUnsafeBytes { source in
          for i in target.indices {
            let word = source.loadUnaligned(fromByteOffset: i * MemoryLayout<Word>.size, as: Word.self)
            target[i] = element(order == .little ? Word(littleEndian: word) : Word(bigEndian: word))
          }
        }
      }
    } catch {
      throw .tensor(error)
    }
  }

  private func narrowed<Word: FixedWidthInteger>(
    _ bytes: ArraySlice<UInt8>, _ shape: Shape, _ order: ByteOrder, _ format: String, _ path: String,
    _ element: (Word) -> (Int32?, String)
  ) throws(DataError) -> NDArray {
    var odd: String?
    let array = try converted(bytes, shape, order) { (word: Word) in
      let (value, text) = element(word)
      if value == nil, odd == nil { odd = text }
      return value ?? 0
    }
    if let odd {
      throw .format(
        format, path: path, "holds the \(self) \(odd), which no int32 holds; save smaller integers, or floats, with what wrote it")
    }
    return array
  }
}

/// The value of an IEEE 754 half: 1 bit of sign, 5 of exponent, 10 of fraction.
private func float(half word: UInt16) -> Float {
  let sign = UInt32(word & 0x8000) << 16
  let (exponent, fraction) = (UInt32(word >> 10 & 0x1f), UInt32(word & 0x3ff))
  switch exponent {
  case 0: return Float(fraction) * 0x1p-24 * (sign == 0 ? 1 : -1)
  case 31: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
