import Arrays

/// A log in files for other programs. Numbers have as many digits as tell them from their neighbours.
extension RunLog {
  /// Comma-separated values: a row for each step that has a value, a column for each number; values that are no scalars are spread over
  /// columns `name[1]`, …, and where a step has no value the cell is empty.
  /// - Throws: `DataError` when the file can't be written, which then is as it was.
  public func writeCSV(to path: String) throws(DataError) {
    var texts = [[String]](repeating: [], count: 1 + columns.reduce(0) { $0 + $1.column.width })
    forEachStep { step, values in
      texts[0].append("\(step)")
      var place = 1
      for (value, column) in zip(values, columns) {
        for i in 0..<column.column.width { texts[place + i].append(value.map { "\($0[$0.startIndex + i])" } ?? "") }
        place += column.column.width
      }
    }
    var names = ["step"]
    for (name, column) in columns {
      names += column.shape.rank == 0 ? [name] : (0..<column.width).map { "\(name)[\($0 + 1)]" }
    }
    try WholeFile.write(CSV.encode(zip(names, texts).map { (name: $0, source: .texts($1)) }), to: path)
  }

  /// A JSON object a line, one for each step that has a value: `{"step":1,"loss":0.5}`. What JSON has no number for is null.
  /// - Throws: `DataError` when the file can't be written, which then is as it was.
  public func writeJSONLines(to path: String) throws(DataError) {
    var lines: [JSON] = []
    forEachStep { step, values in
      var members = [JSON.Member("step", .integer(step))]
      for (value, column) in zip(values, columns) {
        guard let numbers = value?.map({ JSON.number($0) }) else { continue }
        members.append(JSON.Member(column.name, column.column.shape.rank == 0 ? numbers[0] : .array(numbers)))
      }
      lines.append(.object(members))
    }
    try WholeFile.write(JSON.encodeLines(lines, nonFinite: .null), to: path)
  }

  /// A file of events that TensorBoard shows: a scalar for each number, under `name` or `name/1`, ….
  /// - Returns: the path of the file.
  /// - Throws: `DataError` when the system refuses.
  public func writeEvents(to directory: String) throws(DataError) -> String {
    let file = try EventFile(directory: directory)
    defer { file.close() }
    for (name, column) in columns {
      for (place, step) in column.steps.enumerated() {
        for i in 0..<column.width {
          let tag = column.shape.rank == 0 ? name : "\(name)/\(i + 1)"
          try file.add(tag: tag, value: column.numbers[place * column.width + i], step: step)
        }
      }
    }
    return file.path
  }

  // Every step that some column has, with the value of each column there.
  private func forEachStep(_ body: (Int, [ArraySlice<Double>?]) -> Void) {
    for step in Set(columns.flatMap(\.column.steps)).sorted() { body(step, columns.map { $0.column.value(at: step) }) }
  }
}
