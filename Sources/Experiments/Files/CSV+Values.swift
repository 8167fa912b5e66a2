import Arrays

extension CSV {
  /// The table for a program: with names a table of columns, tensors or sequences of texts; without, a matrix.
  /// - Throws: `DataError.mismatch` for texts in a table without names, `.tensor` when memory is short.
  public func value(dtype: DType) throws(DataError) -> Checkpoint.Value {
    guard let names else { return .array(try matrix(Array(columns.indices), dtype)) }
    var entries: [Checkpoint.Entry] = []
    for (name, column) in zip(names, columns) {
      switch column {
      case .numbers(let numbers): entries.append(.init(.text(name), .array(try array(numbers, [numbers.count], dtype))))
      case .texts(let texts):
        entries.append(.init(.text(name), .table(texts.enumerated().map { .init(.integer($0.offset + 1), .text($0.element)) })))
      }
    }
    return .table(entries)
  }

  /// The numbers of some columns, counted from 0, as a matrix with a row a record.
  /// - Throws: `DataError.mismatch` when one of them holds texts, `.tensor` when memory is short.
  public func matrix(_ chosen: [Int], _ dtype: DType) throws(DataError) -> NDArray {
    let count = columns.first?.count ?? 0
    var numbers = [Double](repeating: 0, count: count * chosen.count)
    for (place, index) in chosen.enumerated() {
      guard case .numbers(let column) = columns[index] else {
        throw .mismatch("csv", "column \(columnName(index)) holds texts, which no matrix does; choose others by columns or x")
      }
      for row in 0..<count { numbers[row * chosen.count + place] = column[row] }
    }
    return try array(numbers, [count, chosen.count], dtype)
  }

  /// Name or number of a column, for messages.
  public func columnName(_ index: Int) -> String { names.map { "'\($0[index])'" } ?? "\(index + 1)" }

  private func array(_ numbers: [Double], _ shape: Shape, _ dtype: DType) throws(DataError) -> NDArray {
    do {
      switch dtype {
      case .float32: return try NDArray(numbers.map { Float($0) }, shape: shape)
      case .float64: return try NDArray(numbers, shape: shape)
      case .bool: return try NDArray(numbers.map { $0 != 0 }, shape: shape)
      case .int32:
        if let odd = numbers.first(where: { Int32(exactly: $0) == nil }) {
          throw TensorError.invalid("csv", "\(odd) has no int32 value; choose dtype = \"float64\"")
        }
        return try NDArray(numbers.map { Int32($0) }, shape: shape)
      }
    } catch let error as TensorError {
      throw .tensor(error)
    } catch {
      fatalError("only tensor errors are thrown here")
    }
  }

  /// The text of a value: of a vector or matrix without names, of a table of equally long columns with them.
  /// - Throws: `DataError.unsuitable` for other values.
  static func encode(_ value: Checkpoint.Value, _ options: FileFormat.Options) throws(DataError) -> [UInt8] {
    if case .array(let array) = value { return try encode(array, separator: options.separator) }
    guard case .table(let entries) = value else {
      throw .unsuitable("csv", "expected a vector, a matrix or a table of columns, got \(value.kind)")
    }
    var columns: [(name: String, source: Source)] = []
    for entry in entries {
      guard case .string = entry.key else {
        throw .unsuitable("csv", "expected columns with names, got the key \(entry.key.text); make a tensor of rows with eb.tensor")
      }
      columns.append((entry.key.text, try source(entry.value, entry.key.text)))
    }
    if let chosen = options.columns {
      var ordered: [(name: String, source: Source)] = []
      for name in chosen {
        guard let column = columns.first(where: { $0.name == name }) else {
          throw .unsuitable("csv", "there is no column '\(name)'")
        }
        ordered.append(column)
      }
      columns = ordered
    }
    return try encode(columns, separator: options.separator)
  }

  private static func source(_ value: Checkpoint.Value, _ name: String) throws(DataError) -> Source {
    if case .array(let array) = value {
      guard array.rank == 1 else {
        throw .unsuitable("csv", "the column '\(name)' must be a vector, got the shape \(array.shape)")
      }
      return .tensor(array)
    }
    var texts: [String] = []
    for entry in value.sequence() ?? [.nil] {
      switch entry {
      case .integer(let integer): texts.append("\(integer)")
      case .number(let number): texts.append("\(number)")
      case .string(let bytes): texts.append(String(decoding: bytes, as: UTF8.self))
      default: throw .unsuitable("csv", "the column '\(name)' must be a vector, or a sequence of numbers or strings")
      }
    }
    return .texts(texts)
  }
}
