import Arrays

/// A log as text for other programs. Numbers are written with as many digits as tell them from their neighbours.
extension RunLog {
  /// One row a step with at least one value, one column a number; values that are no scalars are spread over columns `name[1]`, …
  public func csv() -> String {
    var header = ["step"]
    for (name, column) in columns {
      if column.shape.rank == 0 {
        header.append(RunLog.quoted(name))
      } else {
        for i in 0..<column.width { header.append(RunLog.quoted("\(name)[\(i + 1)]")) }
      }
    }
    var lines = [header.joined(separator: ",")]
    forEachStep { step, values in
      var cells = ["\(step)"]
      for (value, column) in zip(values, columns) {
        cells += value.map { $0.map(RunLog.text) } ?? [String](repeating: "", count: column.column.width)
      }
      lines.append(cells.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// One JSON object a step: `{"step":1,"loss":0.5}`. What JSON has no number for is null.
  public func jsonLines() -> String {
    var lines = ""
    forEachStep { step, values in
      lines += "{\"step\":\(step)"
      for (value, column) in zip(values, columns) {
        guard let value else { continue }
        let numbers = value.map { $0.isFinite ? RunLog.text($0) : "null" }
        lines += ",\(RunLog.jsonString(column.name)):"
        lines += column.column.shape.rank == 0 ? numbers[0] : "[\(numbers.joined(separator: ","))]"
      }
      lines += "}\n"
    }
    return lines
  }

  // Every step that some column has, with the value of each column there.
  private func forEachStep(_ body: (Int, [ArraySlice<Double>?]) -> Void) {
    var places = columns.map { _ in 0 }
    while true {
      var step = Int.max
      for (i, column) in columns.enumerated() where places[i] < column.column.steps.count {
        step = min(step, column.column.steps[places[i]])
      }
      if step == .max { return }
      var values: [ArraySlice<Double>?] = []
      for (i, column) in columns.enumerated() {
        let (column, place) = (column.column, places[i])
        if place < column.steps.count, column.steps[place] == step {
          values.append(column.numbers[place * column.width..<(place + 1) * column.width])
          places[i] += 1
        } else {
          values.append(nil)
        }
      }
      body(step, values)
    }
  }

  private static func text(_ number: Double) -> String {
    if number.isNaN { return "nan" }
    return number.isInfinite ? (number > 0 ? "inf" : "-inf") : "\(number)"
  }

  // RFC 4180.
  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  private static func jsonString(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20: result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
