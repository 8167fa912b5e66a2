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
    let plots = try module("plot")
    let names = ["title", "xlabel", "ylabel", "logx", "logy", "width", "height"]
    try define("line", in: plots) { [unowned self] call in
      let options = try Options(call, 1, known: names, self)
      guard call.type(1) == .table else { throw call.mismatch(1, expected: "table of series") }
      var series: [LinePlot.Series] = []
      for i in 0..<call.stack.rawLength(at: 1) {
        try call.stack.rawGet(i + 1, from: 1)
        series.append(try self.series(call, at: call.stack.top, number: i + 1))
        call.stack.pop()
      }
      guard !series.isEmpty else { throw call.error("expected at least one series, got none", .argument) }
      var plot = LinePlot(series)
      plot.title = try options.string("title") ?? ""
      plot.xLabel = try options.string("xlabel") ?? ""
      plot.yLabel = try options.string("ylabel") ?? ""
      plot.logX = try options.bool("logx") ?? false
      plot.logY = try options.bool("logy") ?? false
      let style = Figure.terminalStyle(width: try options.integer("width"), height: try options.integer("height"))
      return try call.push(Figure(plot: plot, style: style), as: figures)
    }
    try figures.metamethod(.toString) { call in
      let figure = try call.box(1, of: figures)
      return try call.push(figure.plot.lines(figure.style).joined(separator: "\n"))
    }
  }

  private func series(_ call: LuaCall, at index: Int, number: Int) throws -> LinePlot.Series {
    let stack = call.stack
    func values(_ key: LuaKey) throws -> [Double]? {
      try stack.rawGet(key, from: index)
      defer { stack.pop() }
      return stack.isNil(at: -1) ? nil : try numbers(call, at: stack.top, number)
    }
    guard stack.type(at: index) == .table else { return LinePlot.Series(y: try numbers(call, at: index, number)) }
    try stack.rawGet("name", from: index)
    let name = stack.string(at: -1) ?? ""
    stack.pop()
    if let y = try values("y") { return LinePlot.Series(name: name, x: try values("x"), y: y) }
    try stack.rawGet(1, from: index)
    let holdsNumbers = stack.number(at: -1) != nil
    stack.pop()
    if holdsNumbers { return LinePlot.Series(name: name, y: try numbers(call, at: index, number)) }
    guard let first = try values(1) else { throw call.error("series \(number): expected y values, got an empty table", .argument) }
    guard let second = try values(2) else { return LinePlot.Series(name: name, y: first) }
    guard first.count == second.count else {
      throw call.error("series \(number): x has \(first.count) values and y has \(second.count); they must be equal", .argument)
    }
    return LinePlot.Series(name: name, x: first, y: second)
  }

  private func numbers(_ call: LuaCall, at index: Int, _ number: Int) throws -> [Double] {
    if let tensor = tensors.value(on: call.stack, at: index) { return try tensor.numbers(for: call.name).doubles() }
    guard let values = try [Double].read(from: call.stack, at: index) else {
      throw call.error(
        "series \(number): expected a tensor or a table of numbers, got \(call.stack.typeName(at: index))", .argument)
    }
    return values
  }
}

/// A plot and the terminal it is meant for.
struct Figure {
  let plot: LinePlot
  let style: TextStyle

  /// What standard output can show: its width, UTF-8 by the locale, colours on a terminal unless NO_COLOR is set.
  static func terminalStyle(width: Int?, height: Int?) -> TextStyle {
    var size = winsize()
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let columns = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    let settings = ["LC_ALL", "LC_CTYPE", "LANG"].map { (name: String) in getenv(name).map { String(cString: $0) } ?? "" }
    let name = (settings.first { !$0.isEmpty } ?? "").lowercased()
    let unicode = !isTerminal || name.contains("utf-8") || name.contains("utf8")
    return TextStyle(
      width: width ?? min(columns, 100), height: height ?? 20, unicode: unicode, colour: isTerminal && getenv("NO_COLOR") == nil)
  }
}
