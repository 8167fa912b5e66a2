import Autodiff
import Experiments
import LuaHost

/// What a function of `eb.plot` was called with: series, and options by their names in the same table or, beside a single tensor, in a
/// second one.
///
/// A series is a tensor or table of y values, a column of a run's log, `{ x, y, name = "train" }`, or `{ x = , y = , name = }`.
struct PlotArguments {
  static let terminal = ["width", "height", "unicode", "color"]
  static let common = ["title", "xlabel", "ylabel", "logx", "logy", "xlim", "ylim", "hlines", "vlines", "legend"] + terminal

  let call: LuaCall
  let library: Library
  let options: Options
  /// Whether argument 1 is a single series, with no table of series around it.
  let isSingle: Bool

  init(_ call: LuaCall, _ library: Library, known: [String]) throws {
    self.call = call
    self.library = library
    isSingle = call.type(1) != .table && !call.isNil(1)
    if isSingle {
      guard try library.isSeries(call.stack, at: 1) else { throw call.mismatch(1, expected: "tensor or table of series") }
      options = try Options(call, 2, known: known, library, allNamed: true)
    } else {
      guard call.type(1) == .table else { throw call.mismatch(1, expected: "tensor or table of series") }
      try call.expect(1...1)
      options = try Options(call, 1, known: known, library)
    }
  }

  func wrong(_ sentence: String) -> LuaError { call.error(sentence, .argument) }

  // MARK: Options of all kinds

  func style() throws -> TextStyle { try PlotArguments.style(options, terminal: library.terminal) }

  /// What the terminal shows, changed by the options `width`, `height`, `unicode` and `color`.
  static func style(_ options: Options, terminal: TextStyle, height: Int = 20) throws -> TextStyle {
    var style = terminal
    func cells(_ name: String) throws -> Int? {
      guard let count = try options.integer(name) else { return nil }
      guard (1...10_000).contains(count) else {
        throw options.call.error("option '\(name)': expected 1 to 10000 characters, got \(count)", .argument)
      }
      return count
    }
    style.width = try cells("width") ?? style.width
    style.height = try cells("height") ?? height
    style.unicode = try options.bool("unicode") ?? style.unicode
    style.colour = try options.bool("color") ?? style.colour
    return style
  }

  /// Gives a panel what all kinds of plots take.
  func finish(_ panel: inout Panel) throws {
    panel.title = try options.string("title") ?? ""
    panel.xLabel = try options.string("xlabel") ?? ""
    panel.yLabel = try options.string("ylabel") ?? ""
    panel.logX = try isLogX()
    panel.logY = try isLogY()
    panel.xLimits = try limits("xlim", isLog: panel.logX)
    panel.yLimits = try limits("ylim", isLog: panel.logY)
    panel.horizontals = try references("hlines")
    panel.verticals = try references("vlines")
    if let place = try options.choice("legend", Panel.Legend.allCases.map(\.rawValue)) {
      panel.legend = Panel.Legend(rawValue: place)!
    }
  }

  func isLogX() throws -> Bool { try options.bool("logx") ?? false }
  func isLogY() throws -> Bool { try options.bool("logy") ?? false }

  /// An option `{ lower, upper }`.
  func limits(_ name: String, isLog: Bool) throws -> (lower: Double, upper: Double)? {
    guard let ends = try numbers(name) else { return nil }
    guard ends.count == 2, ends[0] < ends[1], ends.allSatisfy(\.isFinite) else {
      throw wrong("option '\(name)': expected {lower, upper}, got {\(ends.map { "\($0)" }.joined(separator: ", "))}")
    }
    if isLog, ends[0] <= 0 { throw wrong("option '\(name)': a logarithmic axis begins above 0, got \(ends[0])") }
    return (ends[0], ends[1])
  }

  /// An option that is a tensor or table of numbers.
  func numbers(_ name: String) throws -> [Double]? {
    try options.read(name, "tensor or table of numbers") { index in
      guard call.stack.type(at: index) == .table || library.tensors.value(on: call.stack, at: index) != nil else { return nil }
      return try library.plotNumbers(call, at: index, "option '\(name)'")
    }
  }

  // A number, or a table whose entries are numbers or { number, name }.
  private func references(_ name: String) throws -> [Panel.Reference] {
    let stack = call.stack
    func reference(_ index: Int) throws -> Panel.Reference? {
      if let value = try library.plotNumber(call, at: index) { return Panel.Reference(at: value) }
      guard stack.type(at: index) == .table else { return nil }
      try stack.rawGet(1, from: index)
      try stack.rawGet(2, from: index)
      defer { stack.pop(2) }
      guard let value = try library.plotNumber(call, at: stack.top - 1), let name = stack.string(at: -1) else { return nil }
      return Panel.Reference(name: name, at: value)
    }
    return try options.read(name, "a number or a table of numbers and {number, name}") { index in
      if let one = try reference(index) { return [one] }
      guard stack.type(at: index) == .table else { return nil }
      return try (0..<stack.rawLength(at: index)).map { i in
        try stack.rawGet(i + 1, from: index)
        defer { stack.pop() }
        guard let found = try reference(stack.top) else {
          throw wrong("option '\(name)': entry \(i + 1): expected a number or {number, name}, got \(try stack.describe(at: -1))")
        }
        return found
      }
    } ?? []
  }
}
