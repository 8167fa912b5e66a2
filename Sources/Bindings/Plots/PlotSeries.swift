import Autodiff
import Experiments
import LuaHost

/// Reading series and numbers for plots.
extension PlotArguments {
  /// A series as it was given.
  struct Series {
    var name = ""
    var x: [Double]?
    var y: [Double]
    var error: [Double] = []
    var low: [Double] = []
    var high: [Double] = []
    var line: Bool?
    var marks: Bool?
    var dashed = false
    var colour: Int?
  }

  /// What a series of points may have beside y values and a name.
  static let curveKeys = ["x", "error", "low", "high", "line", "marks", "dashed", "color"]

  /// All series, at least one.
  /// - Parameter keys: what a series may have beside y values and a name.
  func series(keys: [String]) throws -> [Series] {
    if isSingle { return try series(at: 1, number: 1, keys) }
    var result: [Series] = []
    for i in 0..<call.stack.rawLength(at: 1) {
      try call.stack.rawGet(i + 1, from: 1)
      defer { call.stack.pop() }
      result += try series(at: call.stack.top, number: i + 1, keys)
    }
    guard !result.isEmpty else { throw wrong("expected at least one series, got none") }
    return result
  }

  /// The series in an option's table; none without it.
  func series(in option: String, keys: [String]) throws -> [Series] {
    try options.read(option, "a table of series") { index in
      guard call.stack.type(at: index) == .table else { return nil }
      return try (0..<call.stack.rawLength(at: index)).flatMap { i in
        try call.stack.rawGet(i + 1, from: index)
        defer { call.stack.pop() }
        return try series(at: call.stack.top, number: i + 1, keys)
      }
    } ?? []
  }

  func curves(connected: Bool) throws -> [Panel.Curve] {
    try series(keys: PlotArguments.curveKeys).map { curve($0, connected: connected) }
  }

  func curve(_ series: Series, connected: Bool) -> Panel.Curve {
    var curve = Panel.Curve(
      name: series.name, x: series.x, y: series.y, connected: series.line ?? connected, marked: series.marks)
    (curve.error, curve.low, curve.high) = (series.error, series.low, series.high)
    (curve.dashed, curve.colour) = (series.dashed, series.colour)
    return curve
  }

  // A column of a log with several values a step is as many series.
  private func series(at index: Int, number: Int, _ keys: [String]) throws -> [Series] {
    let stack = call.stack
    let place = "series \(number)"
    if let column = library.column(stack, at: index) {
      return PlotArguments.series(of: column, named: nil).map { keys.contains("x") ? $0 : Series(name: $0.name, y: $0.y) }
    }
    guard stack.type(at: index) == .table else { return [Series(y: try library.plotNumbers(call, at: index, place))] }

    for case .string(let key) in try stack.orderedKeys(at: index) where key != "y" && key != "name" && !keys.contains(key) {
      throw wrong(
        "\(place): "
          + Options.unknown(key, ["x", "y", "name"].filter { $0 != "x" || keys.contains("x") } + keys.filter { $0 != "x" }))
    }
    func values(_ key: LuaKey) throws -> [Double]? {
      try stack.rawGet(key, from: index)
      defer { stack.pop() }
      return stack.isNil(at: -1) ? nil : try library.plotNumbers(call, at: stack.top, place)
    }
    func flag(_ key: String) throws -> Bool? {
      try stack.rawGet(.string(key), from: index)
      defer { stack.pop() }
      guard stack.isNil(at: -1) || stack.bool(at: -1) != nil else {
        throw wrong("\(place): \(key): expected boolean, got \(stack.typeName(at: -1))")
      }
      return stack.bool(at: -1)
    }
    // Colours are numbered like series.
    func colour(_ key: String) throws -> Int? {
      try stack.rawGet(.string(key), from: index)
      defer { stack.pop() }
      guard !stack.isNil(at: -1) else { return nil }
      guard let value = stack.integer(at: -1), (1...1000).contains(value) else {
        throw wrong("\(place): \(key): expected the number of a series, 1 to 1000, got \(try stack.describe(at: -1))")
      }
      return value
    }
    try stack.rawGet("name", from: index)
    defer { stack.pop() }
    guard stack.isNil(at: -1) || stack.string(at: -1) != nil else {
      throw wrong("\(place): name: expected string, got \(stack.typeName(at: -1))")
    }
    let name = stack.string(at: -1)

    // { run.log.loss, name = "train" }
    try stack.rawGet(1, from: index)
    let column = library.column(stack, at: -1)
    stack.pop()
    var found: [Series]
    if let column {
      found = PlotArguments.series(of: column, named: name)
      if !keys.contains("x") { found = found.map { Series(name: $0.name, y: $0.y) } }
    } else {
      var (x, y) = (try values("x"), try values("y"))
      if y == nil {
        try stack.rawGet(1, from: index)
        // Scalar tensors, such as losses, are numbers too.
        let holdsNumbers = try library.plotNumber(call, at: stack.top) != nil
        stack.pop()
        if holdsNumbers {
          y = try library.plotNumbers(call, at: index, place)
        } else if let first = try values(1) {
          if keys.contains("x"), let second = try values(2) { (x, y) = (first, second) } else { y = first }
        }
      }
      // A band needs no line in it.
      if y == nil, keys.contains("low"), let low = try values("low") { y = low.map { _ in .nan } }
      guard let y else { throw wrong("\(place): expected y values, got none") }
      guard x == nil || x!.count == y.count else {
        throw wrong("\(place): x has \(x!.count) values and y has \(y.count); they must be equal")
      }
      found = [Series(name: name ?? "", x: x, y: y)]
    }
    for i in found.indices {
      func extent(_ key: String) throws -> [Double] {
        guard keys.contains(key), let values = try values(.string(key)) else { return [] }
        guard values.count == found[i].y.count else {
          throw wrong("\(place): \(key) has \(values.count) values and y has \(found[i].y.count); they must be equal")
        }
        return values
      }
      found[i].error = try extent("error")
      (found[i].low, found[i].high) = (try extent("low"), try extent("high"))
      guard found[i].low.isEmpty == found[i].high.isEmpty else { throw wrong("\(place): a band needs both low and high") }
      guard keys.contains("line") else { continue }
      (found[i].line, found[i].marks, found[i].dashed) = (try flag("line"), try flag("marks"), try flag("dashed") ?? false)
      found[i].colour = try colour("color").map { $0 - 1 }
    }
    return found
  }

  private static func series(of column: (name: String, column: RunLog.Column), named: String?) -> [Series] {
    let name = named ?? column.name
    let steps = column.column.steps.map { Double($0) }
    let width = column.column.shape.elementCount
    let numbers = column.column.numbers
    if column.column.shape.rank == 0 { return [Series(name: name, x: steps, y: numbers)] }
    return (0..<width).map { k in
      Series(name: "\(name) \(k + 1)", x: steps, y: steps.indices.map { numbers[$0 * width + k] })
    }
  }
}

extension Library {
  /// The column of a log at an index.
  func column(_ stack: LuaStack, at index: Int) -> (name: String, column: RunLog.Column)? {
    state.boxType(of: SeriesBox.self)?.value(on: stack, at: index).map { ($0.name, $0.column) }
  }

  /// Whether a single series, without a table around it, is at an index.
  func isSeries(_ stack: LuaStack, at index: Int) throws -> Bool {
    tensors.value(on: stack, at: index) != nil || column(stack, at: index) != nil
  }

  /// The value of a number or a scalar tensor; nil for anything else.
  func plotNumber(_ call: LuaCall, at index: Int) throws -> Double? {
    if let value = call.stack.number(at: index) { return value }
    guard let tensor = tensors.value(on: call.stack, at: index), tensor.rank == 0 else { return nil }
    return try tensor.scalarValue(call.name)
  }

  /// The numbers of a tensor with one dimension or of a table; `place` is for messages.
  func plotNumbers(_ call: LuaCall, at index: Int, _ place: String) throws -> [Double] {
    if let tensor = tensors.value(on: call.stack, at: index) {
      guard tensor.rank == 1 else {
        throw call.error("\(place): expected a tensor of one dimension, got shape \(tensor.shape)", .argument)
      }
      return try tensor.numbers(for: call.name).doubles()
    }
    guard call.stack.type(at: index) == .table else {
      throw call.error("\(place): expected a tensor or a table of numbers, got \(call.stack.typeName(at: index))", .argument)
    }
    return try (0..<call.stack.rawLength(at: index)).map { i in
      try call.stack.rawGet(i + 1, from: index)
      defer { call.stack.pop() }
      if let value = call.stack.number(at: -1) { return value }
      guard let tensor = tensors.value(on: call.stack, at: -1), tensor.count == 1 else {
        throw call.error("\(place): value \(i + 1): expected number, got \(call.stack.typeName(at: -1))", .argument)
      }
      return try tensor.scalarValue(call.name)
    }
  }
}
