import Autodiff
import Experiments
import Glibc
import LuaHost

/// `eb.plot`: figures, which draw themselves in the terminal when they are printed and save themselves to files.
extension Library {
  func installPlots() throws {
    let figures = try state.registerBox("figure", of: FigureBox.self)
    let plots = try module("plot")
    func kind(_ name: String, _ body: @escaping (PlotArguments) throws -> Panel, options: [String] = []) throws {
      try define(name, in: plots) { [unowned self] call in
        let arguments = try PlotArguments(call, self, known: options + PlotArguments.common)
        var panel = try body(arguments)
        try arguments.finish(&panel)
        return try call.push(FigureBox(figure: Figure([panel]), style: arguments.style()), as: figures)
      }
    }
    try kind("line", { Panel(try $0.curves(connected: true)) })
    try kind("scatter", { Panel(try $0.curves(connected: false)) })
    try kind("hist", { try $0.histogram() }, options: ["bins", "density"])
    try kind("bar", { try $0.bars() }, options: ["labels"])
    try kind("heat", { try $0.heat() }, options: ["x", "y", "zlabel", "logz", "zlim", "colors", "series", "top"])
    try define("grid", in: plots) { [unowned self] call in
      try call.expectTable(1)
      let options = try Options(call, 1, known: ["columns", "title"] + PlotArguments.terminal, self)
      let count = call.stack.rawLength(at: 1)
      let boxes = try (0..<count).map { i in
        try call.stack.rawGet(i + 1, from: 1)
        defer { call.stack.pop() }
        guard let box = figures.value(on: call.stack, at: -1) else {
          throw call.error(
            "figure \(i + 1): expected a figure such as eb.plot.line gives, got \(call.stack.typeName(at: -1))", .argument)
        }
        return box
      }
      guard !boxes.isEmpty else { throw call.error("expected at least one figure, got none", .argument) }
      var figure = Figure(boxes.flatMap(\.figure.panels))
      figure.columns = try options.integer("columns") ?? min(figure.panels.count, 2)
      guard (1...20).contains(figure.columns) else {
        throw call.error("option 'columns': expected 1 to 20, got \(figure.columns)", .argument)
      }
      figure.title = try options.string("title") ?? ""
      let rows = (figure.panels.count + figure.columns - 1) / figure.columns
      let style = try PlotArguments.style(options, terminal: terminal, height: rows == 1 ? 20 : 14 * rows)
      return try call.push(FigureBox(figure: figure, style: style), as: figures)
    }
    try figures.metamethod(.toString) { call in
      let box = try call.box(1, of: figures)
      return try call.push(box.figure.lines(box.style).joined(separator: "\n"))
    }
    try figures.method("save") { [unowned self] call in try save(call.box(1, of: figures).figure, call) }
    try suggestMembers(of: figures)
  }

  // figure:save(path, { width =, height =, font =, dpi = })
  private func save(_ figure: Figure, _ call: LuaCall) throws -> Int {
    try expectFiles("figure:save")
    try expectNoRecording("figure:save")
    try call.expect(2...3)
    let path = try call.string(2)
    let ending = FileFormat.ending(of: path)
    guard let format = Figure.Format(rawValue: (ending ?? "").lowercased()) else {
      let known = Figure.Format.allCases.map { ".\($0.rawValue)" }
      let near = ending.map { suggestion(for: ".\($0)", among: known) } ?? ""
      throw LuaError(
        .argument,
        "figure:save: '\(path)' has \(ending.map { "the unknown ending .\($0)" } ?? "no ending")\(near); expected one of "
          + known.joined(separator: " "))
    }
    let options = try Options(call, 3, known: ["width", "height", "font", "dpi"], self, allNamed: true)
    func number(_ name: String, _ range: ClosedRange<Double>, _ unit: String) throws -> Double? {
      guard let value = try options.number(name) else { return nil }
      guard range.contains(value) else {
        throw call.error("option '\(name)': expected \(range.lowerBound) to \(range.upperBound) \(unit), got \(value)", .argument)
      }
      return value
    }
    var page = Figure.Page()
    page.width = try number("width", 1...200, "cm")
    page.height = try number("height", 1...200, "cm")
    page.font = try number("font", 1...200, "points") ?? page.font
    page.dpi = try number("dpi", 10...1200, "pixels an inch") ?? page.dpi
    do { try figure.write(format, to: path, page) } catch {
      throw LuaError(.runtime, "figure:save: \(error.message)", cause: error)
    }
    return 0
  }
}

/// A figure and the terminal it is meant for.
struct FigureBox {
  let figure: Figure
  let style: TextStyle
}

extension Library {
  /// What standard output can show: its width, UTF-8 by the locale, and colours as the host says, else on a terminal unless NO_COLOR is set.
  var terminal: TextStyle {
    var size = winsize()
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let columns = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    let settings = ["LC_ALL", "LC_CTYPE", "LANG"].map { (name: String) in getenv(name).map { String(cString: $0) } ?? "" }
    let name = (settings.first { !$0.isEmpty } ?? "").lowercased()
    let unicode = !isTerminal || name.contains("utf-8") || name.contains("utf8")
    let colour = coloursFigures ?? (isTerminal && getenv("NO_COLOR") == nil)
    return TextStyle(width: min(columns, 100), height: 20, unicode: unicode, colour: colour)
  }
}
