import Autodiff
import Experiments
import Glibc
import LuaHost

/// `eb.plot`: figures that draw themselves in the terminal.
///
/// A series is a tensor or table of y values, `{ x, y, name = "train" }`, or `{ x = , y = , name = }`.
extension Library {
  func installPlots() throws {
    let figures = try state.registerBox("figure", of: Figure.self)
    try suggestMembers(of: figures)
    let plots = try module("plot")
    let names = ["title", "xlabel", "ylabel", "logx", "logy", "width", "height", "unicode", "color"]
    try define("line", in: plots) { [unowned self] call in
      // A single series of numbers needs no table around it.
      if tensors.value(on: call.stack, at: 1) != nil {
        let options = try Options(call, 2, known: names, self, allNamed: true)
        return try call.push(figure([series(call, at: 1, number: 1)], options, call), as: figures)
      }
      guard call.type(1) == .table else { throw call.mismatch(1, expected: "tensor or table of series") }
      let options = try Options(call, 1, known: names, self)
      var curves: [LinePlot.Series] = []
      for i in 0..<call.stack.rawLength(at: 1) {
        try call.stack.rawGet(i + 1, from: 1)
        curves.append(try series(call, at: call.stack.top, number: i + 1))
        call.stack.pop()
      }
      guard !curves.isEmpty else { throw call.error("expected at least one series, got none", .argument) }
      return try call.push(figure(curves, options, call), as: figures)
    }
    try figures.metamethod(.toString) { call in
      let figure = try call.box(1, of: figures)
      return try call.push(figure.plot.lines(figure.style).joined(separator: "\n"))
    }
  }

  private func figure(_ series: [LinePlot.Series], _ options: Options, _ call: LuaCall) throws -> Figure {
    var plot = LinePlot(series)
    plot.title = try options.string("title") ?? ""
    plot.xLabel = try options.string("xlabel") ?? ""
    plot.yLabel = try options.string("ylabel") ?? ""
    plot.logX = try options.bool("logx") ?? false
    plot.logY = try options.bool("logy") ?? false
    var style = Figure.terminalStyle()
    func cells(_ name: String) throws -> Int? {
      guard let count = try options.integer(name) else { return nil }
      guard (1...10_000).contains(count) else {
        throw call.error("option '\(name)': expected 1 to 10000 characters, got \(count)", .argument)
      }
      return count
    }
    style.width = try cells("width") ?? style.width
    style.height = try cells("height") ?? style.height
    style.unicode = try options.bool("unicode") ?? style.unicode
    style.colour = try options.bool("color") ?? style.colour
    return Figure(plot: plot, style: style)
  }

  private func series(_ call: LuaCall, at index: Int, number: Int) throws -> LinePlot.Series {
    let stack = call.stack
    func wrong(_ sentence: String) -> LuaError { call.error("series \(number): \(sentence)", .argument) }
    func values(_ key: LuaKey) throws -> [Double]? {
      try stack.rawGet(key, from: index)
      defer { stack.pop() }
      return stack.isNil(at: -1) ? nil : try numbers(call, at: stack.top, number)
    }
    guard stack.type(at: index) == .table else { return LinePlot.Series(y: try numbers(call, at: index, number)) }

    for case .string(let key) in try stack.orderedKeys(at: index) where !["x", "y", "name"].contains(key) {
      throw wrong(Options.unknown(key, ["x", "y", "name"]))
    }
    try stack.rawGet("name", from: index)
    defer { stack.pop() }
    guard stack.isNil(at: -1) || stack.string(at: -1) != nil else {
      throw wrong("name: expected string, got \(stack.typeName(at: -1))")
    }
    let name = stack.string(at: -1) ?? ""

    var (x, y) = (try values("x"), try values("y"))
    if y == nil {
      try stack.rawGet(1, from: index)
      // Scalar tensors, such as losses, are numbers too.
      let holdsNumbers = stack.number(at: -1) != nil || tensors.value(on: stack, at: -1)?.rank == 0
      stack.pop()
      if holdsNumbers {
        y = try numbers(call, at: index, number)
      } else if let first = try values(1) {
        if let second = try values(2) { (x, y) = (first, second) } else { y = first }
      }
    }
    guard let y else { throw wrong("expected y values, got none") }
    guard x == nil || x!.count == y.count else {
      throw wrong("x has \(x!.count) values and y has \(y.count); they must be equal")
    }
    return LinePlot.Series(name: name, x: x, y: y)
  }

  private func numbers(_ call: LuaCall, at index: Int, _ number: Int) throws -> [Double] {
    if let tensor = tensors.value(on: call.stack, at: index) {
      guard tensor.rank == 1 else {
        throw call.error("series \(number): expected a tensor of one dimension, got shape \(tensor.shape)", .argument)
      }
      return try tensor.numbers(for: call.name).doubles()
    }
    guard call.stack.type(at: index) == .table else {
      throw call.error(
        "series \(number): expected a tensor or a table of numbers, got \(call.stack.typeName(at: index))", .argument)
    }
    return try (0..<call.stack.rawLength(at: index)).map { i in
      try call.stack.rawGet(i + 1, from: index)
      defer { call.stack.pop() }
      if let value = call.stack.number(at: -1) { return value }
      guard let tensor = tensors.value(on: call.stack, at: -1), tensor.count == 1 else {
        throw call.error("series \(number): value \(i + 1): expected number, got \(call.stack.typeName(at: -1))", .argument)
      }
      return try tensor.scalarValue(call.name)
    }
  }
}

/// A plot and the terminal it is meant for.
struct Figure {
  let plot: LinePlot
  let style: TextStyle

  /// What standard output can show: its width, UTF-8 by the locale, colours on a terminal unless NO_COLOR is set.
  static func terminalStyle() -> TextStyle {
    var size = winsize()
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let columns = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    let settings = ["LC_ALL", "LC_CTYPE", "LANG"].map { (name: String) in getenv(name).map { String(cString: $0) } ?? "" }
    let name = (settings.first { !$0.isEmpty } ?? "").lowercased()
    let unicode = !isTerminal || name.contains("utf-8") || name.contains("utf8")
    return TextStyle(
      width: min(columns, 100), height: 20, unicode: unicode, colour: isTerminal && getenv("NO_COLOR") == nil)
  }
}
