import Autodiff
import Experiments
import LuaHost

/// `eb.data.csv`: tables in text as columns, as a matrix, or as the examples of a dataset.
extension Library {
  /// What the options say a table becomes: its columns or matrix, or x and perhaps y, classes and names.
  func readTable(_ call: LuaCall) throws -> Int {
    try call.expect(1...2)
    let path = try call.string(1)
    let options = try Options(
      call, 2, known: ["header", "separator", "dtype", "columns", "x", "y"], self, allNamed: true)
    let dtype = try options.dtype()
    let csv = try CSV(path: path, separator: separator(options), header: options.bool("header"))
    let chosen = try columns("columns", options, csv)
    guard let inputs = try columns("x", options, csv) else {
      if try options.value("y") != nil { throw call.error("option 'y' goes with x, the columns of the inputs", .argument) }
      guard let chosen else {
        try push(csv.value(dtype: dtype), to: call.stack)
        return 1
      }
      try push(csv.choosing(chosen).value(dtype: dtype), to: call.stack)
      return 1
    }
    if chosen != nil { throw call.error("options 'columns' and 'x' exclude each other", .argument) }
    var fields: [Checkpoint.Entry] = [.init("x", .array(try csv.matrix(inputs, dtype)))]
    if let target = try options.value("y") { fields += try targets(csv, column(target, "y", csv, call), dtype) }
    for field in fields where field.key == "x" || field.key == "y" {
      guard case .array(let array) = field.value, array.shape[0] > 0 else {
        throw call.error("'\(path)' has no examples", .argument)
      }
    }
    try push(.table(fields), to: call.stack)
    return 1
  }

  // Numbers as they are; texts as classes in the order of their bytes, counted from 1.
  private func targets(_ csv: CSV, _ index: Int, _ dtype: DType) throws -> [Checkpoint.Entry] {
    guard case .texts(let texts) = csv.columns[index] else {
      let matrix = try csv.matrix([index], dtype)
      return [.init("y", .array(try matrix.reshaped([matrix.shape[0]])))]
    }
    let names = Set(texts).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let numbers = Dictionary(uniqueKeysWithValues: zip(names, 1...))
    let labels = try NDArray(texts.map { Int32(numbers[$0] ?? 0) }, shape: [texts.count])
    let list = names.enumerated().map { Checkpoint.Entry(.integer($0.offset + 1), .text($0.element)) }
    return [.init("y", .array(labels)), .init("classes", .integer(names.count)), .init("names", .table(list))]
  }

  private func columns(_ name: String, _ options: Options, _ csv: CSV) throws -> [Int]? {
    let call = options.call
    return try options.read(name, "table of columns, names or numbers") { index in
      guard call.type(index) == .table else { return nil }
      var result: [Int] = []
      for value in try [LuaValue].read(from: call.stack, at: index) ?? [] { result.append(try column(value, name, csv, call)) }
      guard !result.isEmpty else { throw call.error("option '\(name)': expected at least one column", .argument) }
      return result
    }
  }

  // A column by its name, or by its number counted from 1 or from the end.
  private func column(_ value: LuaValue, _ option: String, _ csv: CSV, _ call: LuaCall) throws -> Int {
    let count = csv.columns.count
    if let number = value.asInteger {
      guard number != 0, (1...max(count, 1)).contains(abs(number)), count > 0 else {
        throw call.error("option '\(option)': there is no column \(number), the table has \(count)", .argument)
      }
      return number > 0 ? number - 1 : count + number
    }
    guard let name = value.asString else {
      throw call.error("option '\(option)': expected the name or the number of a column", .argument)
    }
    guard let names = csv.names else {
      throw call.error("option '\(option)': the table has no names; give the number of a column instead of '\(name)'", .argument)
    }
    guard let index = names.firstIndex(of: name) else {
      throw call.error("option '\(option)': there is no column '\(name)'" + suggestion(for: name, among: names), .argument)
    }
    return index
  }
}
