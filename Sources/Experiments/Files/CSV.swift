import Arrays

/// Tables in text (RFC 4180): a record a line, fields between separators, quoted where they hold separators, quotes or line ends.
///
/// Fields that are numbers become numbers, empty ones NaN where the rest of their column is numbers; a column with anything else in
/// it is texts.
public struct CSV: Sendable {
  /// One column.
  public enum Column: Sendable {
    /// Numbers, in double precision.
    case numbers([Double])
    /// Texts.
    case texts([String])

    /// How many entries there are.
    public var count: Int {
      switch self {
      case .numbers(let numbers): numbers.count
      case .texts(let texts): texts.count
      }
    }
  }

  /// The names of the columns, if the file has them; a column without one is called by its number.
  public let names: [String]?
  /// The columns, all of one length.
  public let columns: [Column]

  /// The most columns that are read.
  public static let maximumColumns = 1 << 20

  /// Reads a file.
  /// - Parameters:
  ///   - separator: what stands between fields, one byte.
  ///   - header: whether the first record names the columns; by default it does when none of its fields is a number.
  /// - Throws: `DataError` when the file can't be read, records differ in length, or a name comes twice.
  public init(path: String, separator: UInt8 = UInt8(ascii: ","), header: Bool? = nil) throws(DataError) {
    try self.init(bytes: try readFile(path), path: path, separator: separator, header: header)
  }

  init(bytes: [UInt8], path: String, separator: UInt8 = UInt8(ascii: ","), header: Bool? = nil) throws(DataError) {
    var scanner = Scanner(bytes: bytes, separator: separator, path: path)
    var fields: [Scanner.Field] = []
    guard try scanner.next(into: &fields) else {
      (names, columns) = (nil, [])
      return
    }
    guard fields.count <= CSV.maximumColumns else {
      throw .format(
        "csv", path: path, "has \(fields.count) columns, at most \(CSV.maximumColumns) are read; is the separator another one?")
    }
    let hasNames = header ?? fields.allSatisfy { scanner.number($0) == nil }
    names = hasNames ? try CSV.names(fields.map { scanner.text($0) }, path) : nil
    columns = try CSV.columns(&scanner, first: hasNames ? nil : fields, count: fields.count, path)
  }

  private init(names: [String]?, columns: [Column]) {
    self.names = names
    self.columns = columns
  }

  /// The table with some of its columns, counted from 0, in that order.
  public func choosing(_ chosen: [Int]) -> CSV {
    CSV(names: names.map { names in chosen.map { names[$0] } }, columns: chosen.map { columns[$0] })
  }

  private static func names(_ texts: [String], _ path: String) throws(DataError) -> [String] {
    var names: [String] = []
    var known: Set<String> = []
    for (i, text) in texts.enumerated() {
      let name = text.isEmpty ? "\(i + 1)" : text
      guard known.insert(name).inserted else { throw .format("csv", path: path, "has two columns '\(name)'") }
      names.append(name)
    }
    return names
  }

  // Numbers are kept as they come; a column that turns out to be texts is read once more.
  private static func columns(
    _ scanner: inout Scanner, first: [Scanner.Field]?, count: Int, _ path: String
  ) throws(DataError) -> [Column] {
    let start = scanner
    var numbers = [[Double]](repeating: [], count: count)
    var isText = [Bool](repeating: false, count: count)
    var hasNumber = isText
    var fields = first ?? []
    var more = true
    if first == nil { more = try scanner.next(into: &fields) }
    while more {
      guard fields.count == count else {
        throw .format(
          "csv", path: path, "has \(fields.count) fields in line \(scanner.recordLine), expected \(count) as in the first")
      }
      for i in 0..<count where !isText[i] {
        if let number = scanner.number(fields[i]) {
          numbers[i].append(number)
          hasNumber[i] = true
        } else if scanner.isBlank(fields[i]) {
          numbers[i].append(.nan)
        } else {
          isText[i] = true
          numbers[i] = []
        }
      }
      more = try scanner.next(into: &fields)
    }
    var columns = numbers.map { Column.numbers($0) }
    for i in 0..<count where isText[i] || (!hasNumber[i] && !numbers[i].isEmpty) {
      var (again, texts) = (start, first.map { [start.text($0[i])] } ?? [])
      while try again.next(into: &fields) { texts.append(again.text(fields[i])) }
      columns[i] = .texts(texts)
    }
    return columns
  }

  /// Finds records and their fields.
  struct Scanner {
    /// Where a field's contents are, without its quotes.
    struct Field {
      var range: Range<Int>
      /// Whether quotes inside are doubled.
      var hasQuotes = false
    }

    let bytes: [UInt8]
    let separator: UInt8
    let path: String
    private var place = 0
    private var line = 1
    /// The line in which the last record begins.
    private(set) var recordLine = 1

    init(bytes: [UInt8], separator: UInt8, path: String) {
      (self.bytes, self.separator, self.path) = (bytes, separator, path)
      if bytes.starts(with: [0xef, 0xbb, 0xbf]) { place = 3 }  // a mark that some programs write in front of UTF-8
    }

    /// The fields of the next record that is not an empty line; false at the end.
    mutating func next(into fields: inout [Field]) throws(DataError) -> Bool {
      while place < bytes.count, bytes[place] == UInt8(ascii: "\n") || bytes[place] == UInt8(ascii: "\r") {
        if bytes[place] == UInt8(ascii: "\n") { line += 1 }
        place += 1
      }
      fields.removeAll(keepingCapacity: true)
      recordLine = line
      guard place < bytes.count else { return false }
      while true {
        fields.append(try field())
        guard place < bytes.count, bytes[place] == separator else { break }
        place += 1
      }
      return true
    }

    private mutating func field() throws(DataError) -> Field {
      guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
        let start = place
        while place < bytes.count, !endsField(bytes[place]) { place += 1 }
        return Field(range: start..<place)
      }
      var field = Field(range: place + 1..<place + 1)
      place += 1
      while true {
        guard place < bytes.count else {
          throw .format("csv", path: path, "has a quoted field without end, in the record of line \(recordLine)")
        }
        if bytes[place] == UInt8(ascii: "\n") { line += 1 }
        if bytes[place] == UInt8(ascii: "\"") {
          guard place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "\"") else { break }
          field.hasQuotes = true
          place += 1
        }
        place += 1
      }
      field.range = field.range.lowerBound..<place
      place += 1
      guard place == bytes.count || endsField(bytes[place]) else {
        throw .format("csv", path: path, "has text after a quoted field in line \(line)")
      }
      return field
    }

    private func endsField(_ byte: UInt8) -> Bool {
      byte == separator || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    /// The field's text.
    func text(_ field: Field) -> String {
      let text = String(decoding: bytes[field.range], as: UTF8.self)
      guard field.hasQuotes else { return text }
      var result = ""
      var isSecond = false
      for character in text.unicodeScalars {
        isSecond = character == "\"" && !isSecond
        if !isSecond { result.unicodeScalars.append(character) }
      }
      return result
    }

    // Without the spaces around it.
    private func trimmed(_ field: Field) -> ArraySlice<UInt8> {
      var range = field.range
      while let first = range.first, bytes[first] == 0x20 || bytes[first] == 0x09 { range = range.dropFirst() }
      while let last = range.last, bytes[last] == 0x20 || bytes[last] == 0x09 { range = range.dropLast() }
      return bytes[range]
    }

    func isBlank(_ field: Field) -> Bool { trimmed(field).isEmpty }

    /// The number in a field, also nan and inf; nil for anything else.
    func number(_ field: Field) -> Double? {
      let text = trimmed(field)
      guard !text.isEmpty else { return nil }
      return exact(text) ?? Double(String(decoding: text, as: UTF8.self))
    }

    // Up to 15 digits with at most 22 places after the point: an exact integer over an exact power of ten rounds once (Clinger 1990).
    private func exact(_ text: ArraySlice<UInt8>) -> Double? {
      var digits = text
      let isNegative = digits.first == UInt8(ascii: "-")
      if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
      var (whole, places, count) = (0, -1, 0)
      for byte in digits {
        if byte == UInt8(ascii: "."), places < 0 {
          places = 0
        } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), count < 15 {
          whole = 10 * whole + Int(byte - UInt8(ascii: "0"))
          count += 1
          if places >= 0 { places += 1 }
        } else {
          return nil
        }
      }
      guard count > 0 else { return nil }
      var power = 1.0
      for _ in 0..<max(places, 0) { power *= 10 }
      let value = Double(whole) / power
      return isNegative ? -value : value
    }
  }
}
