/// Curves in a terminal: a drawing made of text lines, from series of numbers and nothing else.
///
/// One series, or several in colours, are drawn with braille dots; several without colours with a mark each, one a cell, so that they
/// stay apart. Values that are not finite leave a gap, on a logarithmic axis those that are not positive do too.
public struct LinePlot: Sendable {
  /// A curve.
  public struct Series: Sendable {
    /// Its name in the legend; empty leaves it out.
    public var name: String
    /// The coordinates of its points; extra ones of the longer array are left out.
    public var x: [Double]
    /// See `x`.
    public var y: [Double]
    /// Whether neighbouring points are connected.
    public var connected: Bool

    /// A curve through points; without `x` they are 1, 2, … apart.
    public init(name: String = "", x: [Double]? = nil, y: [Double], connected: Bool = true) {
      self.name = name
      self.x = x ?? y.indices.map { Double($0 + 1) }
      self.y = y
      self.connected = connected
    }
  }

  /// The curves, in the order of the legend; later ones are drawn over earlier ones.
  public var series: [Series]
  /// A line above the drawing; empty for none.
  public var title = ""
  /// What the horizontal axis shows; empty for none.
  public var xLabel = ""
  /// What the vertical axis shows; empty for none.
  public var yLabel = ""
  /// Whether the horizontal axis is logarithmic.
  public var logX = false
  /// Whether the vertical axis is logarithmic.
  public var logY = false

  /// A plot of these curves on linear axes, without title and labels.
  public init(_ series: [Series]) { self.series = series }

  /// The drawing: `style.height` lines of at most `style.width` cells.
  public func lines(_ style: TextStyle) -> [String] {
    var style = style
    style.width = max(style.width, 10)
    guard
      let xAxis = Axis(showing: series.lazy.flatMap { $0.x.prefix($0.y.count) }, isLog: logX),
      let yAxis = Axis(showing: series.lazy.flatMap { $0.y.prefix($0.x.count) }, isLog: logY)
    else {
      let reason = logX || logY ? "no finite positive values" : "no finite values"
      return [title, "(nothing to draw: \(reason))"].filter { !$0.isEmpty }.map { style.clipped($0, to: style.width) }
    }
    let usesDots = style.unicode && (style.colour || series.count == 1)
    let legend = legend(style, usesDots: usesDots)
    let above = [title, yLabel].count { !$0.isEmpty }
    let below = 2 + (xLabel.isEmpty ? 0 : 1) + legend.count
    let rows = max(3, style.height - above - below)

    let yTicks = yAxis.ticks(max(2, rows / 3))
    var margin = yTicks.map(\.label.count).max() ?? 0
    if margin + 2 + 8 > style.width { margin = 0 }  // no room for labels beside a plot of 8 cells
    let columns = max(1, style.width - margin - 2)
    var canvas = Canvas(columns: columns, rows: rows, grain: usesDots ? .dots : .marks)
    for (index, curve) in series.enumerated() { draw(curve, owner: index, xAxis, yAxis, on: &canvas) }

    var result: [String] = []
    if !title.isEmpty { result.append(centred(title, from: margin + 2, across: columns, style)) }
    if !yLabel.isEmpty { result.append(style.clipped(yLabel, to: style.width)) }
    var labels: [Int: String] = [:]
    for (value, label) in yTicks { labels[canvas.cell(across: 0, up: yAxis.position(value)!).row] = label }
    for row in 0..<rows {
      let label = margin > 0 ? labels[row] ?? "" : ""
      let isTick = labels[row] != nil
      let axis = style.unicode ? (isTick ? "┤" : "│") : (isTick ? "+" : "|")
      result.append(String(repeating: " ", count: margin - label.count) + label + " " + axis + text(canvas, row: row, style))
    }
    result += horizontalAxis(xAxis, below: canvas, margin: margin, style)
    if !xLabel.isEmpty { result.append(centred(xLabel, from: margin + 2, across: columns, style)) }
    return result + legend
  }

  private func draw(_ curve: Series, owner: Int, _ xAxis: Axis, _ yAxis: Axis, on canvas: inout Canvas) {
    var last: (x: Int, y: Int)?
    for (x, y) in zip(curve.x, curve.y) {
      guard let across = xAxis.position(x), let up = yAxis.position(y) else {
        last = nil
        continue
      }
      let pixel = canvas.pixel(across: across, up: up)
      if let last, curve.connected {
        canvas.line(last.x, last.y, pixel.x, pixel.y, owner: owner)
      } else {
        canvas.set(pixel.x, pixel.y, owner: owner)
      }
      last = pixel
    }
  }

  /// A row of the canvas, neighbours of one colour painted together, without trailing blanks.
  private func text(_ canvas: Canvas, row: Int, _ style: TextStyle) -> String {
    let cells = canvas.row(row, marks: LinePlot.marks)
    let used = cells.lastIndex { $0.owner != nil }.map { $0 + 1 } ?? 0
    var result = ""
    var start = 0
    while start < used {
      let owner = cells[start].owner
      let end = cells[start..<used].firstIndex { $0.owner != owner } ?? used
      let run = String(cells[start..<end].map(\.character))
      result += owner.map { style.painted(run, series: $0) } ?? run
      start = end
    }
    return result
  }

  /// The line of the axis with its ticks, and below it their labels, as many as have room.
  private func horizontalAxis(_ axis: Axis, below canvas: Canvas, margin: Int, _ style: TextStyle) -> [String] {
    let (corner, tick, dash) = style.unicode ? ("└", "┬", "─") : ("+", "+", "-")
    var rule = [String](repeating: dash, count: canvas.columns)
    var labels = [Character](repeating: " ", count: style.width)
    var free = 0
    for (value, label) in axis.ticks(max(2, canvas.columns / 9)) {
      let column = canvas.cell(across: axis.position(value)!, up: 0).column
      let start = min(max(margin + 2 + column - label.count / 2, 0), style.width - label.count)
      guard start >= free else { continue }
      rule[column] = tick
      labels.replaceSubrange(start..<start + label.count, with: label)
      free = start + label.count + 1
    }
    let written = labels.lastIndex { $0 != " " }.map { $0 + 1 } ?? 0
    return [String(repeating: " ", count: margin + 1) + corner + rule.joined(), String(labels[..<written])]
  }

  private static let marks: [Character] = ["*", "+", "o", "x", "#", "@", "%", "&"]

  /// The named series beside each other, in as many lines as they need.
  private func legend(_ style: TextStyle, usesDots: Bool) -> [String] {
    var lines: [String] = []
    var used = style.width
    for (index, curve) in series.enumerated() where !curve.name.isEmpty {
      let mark = usesDots ? "⠒⠒" : String(LinePlot.marks[index % LinePlot.marks.count])
      let name = style.clipped(curve.name, to: style.width - mark.count - 1)
      let size = mark.count + 1 + TextStyle.cells(name)
      let entry = style.painted(mark, series: index) + " " + name
      if used + 3 + size <= style.width {
        lines[lines.count - 1] += "   " + entry
        used += 3 + size
      } else {
        lines.append(entry)
        used = size
      }
    }
    return lines
  }

  private func centred(_ text: String, from start: Int, across columns: Int, _ style: TextStyle) -> String {
    let shown = style.clipped(text, to: style.width)
    let cells = TextStyle.cells(shown)
    let indent = min(max(start + (columns - cells) / 2, 0), max(style.width - cells, 0))
    return String(repeating: " ", count: indent) + shown
  }
}
