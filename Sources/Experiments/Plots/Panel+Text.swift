/// Panels in a terminal: a drawing made of text lines.
///
/// One item, or several in colours, are drawn with braille dots; several without colours with a mark each, one a cell, so that they
/// stay apart. What a heat map looks like is in `Heat+Text`.
extension Panel {
  /// The drawing: `style.height` lines of at most `style.width` cells.
  public func lines(_ style: TextStyle) -> [String] {
    var style = style
    style.width = max(style.width, 10)
    guard let xAxis, let yAxis else {
      return [title, "(\(emptiness))"].filter { !$0.isEmpty }.map { style.clipped($0, to: style.width) }
    }
    let data = curves.count + bars.count
    let references = horizontals.count + verticals.count
    let usesDots = style.unicode && heat == nil && (style.colour || data + references <= 1 || (data == 1 && references == 1))
    let legend = legendLines(style, usesDots: usesDots) + (heat?.key(style) ?? [])
    let above = [title, yLabel].count { !$0.isEmpty }
    let below = 2 + (xLabel.isEmpty ? 0 : 1) + legend.count
    let rows = max(3, style.height - above - below)

    // One number alone says nothing of the scale.
    let yTicks = (max(2, rows / 3)...max(2, rows)).lazy.map { yAxis.ticks($0) }.first { $0.count > 1 } ?? yAxis.ticks(2)
    var margin = yTicks.map(\.label.count).max() ?? 0
    if margin + 2 + 8 > style.width { margin = 0 }  // no room for labels beside a plot of 8 cells
    let columns = max(1, style.width - margin - 2)
    var canvas = Canvas(columns: columns, rows: rows, grain: usesDots ? .dots : .marks)
    draw(xAxis, yAxis, on: &canvas)

    var result: [String] = []
    if !title.isEmpty { result.append(style.centred(title, from: margin + 2, across: columns)) }
    if !yLabel.isEmpty { result.append(style.clipped(yLabel, to: style.width)) }
    var labels: [Int: String] = [:]
    for (value, label) in yTicks { labels[canvas.cell(across: 0, up: yAxis.position(value)!).row] = label }
    for row in 0..<rows {
      let label = margin > 0 ? labels[row] ?? "" : ""
      let isTick = labels[row] != nil
      let axis = style.unicode ? (isTick ? "┤" : "│") : (isTick ? "+" : "|")
      let content = heat?.text(row: row, of: canvas, xAxis, yAxis, Panel.marks, style) ?? text(canvas, row: row, style)
      result.append(String(repeating: " ", count: margin - label.count) + label + " " + axis + content)
    }
    result += horizontalAxis(xAxis, below: canvas, margin: margin, style)
    if !xLabel.isEmpty { result.append(style.centred(xLabel, from: margin + 2, across: columns)) }
    return result + legend
  }

  // MARK: What is drawn

  // Owners are numbered through curves, bars, horizontal and vertical lines, but a curve with the colour of another has that one's number;
  // curves are drawn last, to be above the others.
  func draw(_ xAxis: Axis, _ yAxis: Axis, on canvas: inout Canvas) {
    let gap = canvas.grain == .dots ? 3 : 2
    let grid = canvas  // for its measures
    func pixel(_ x: Double, _ y: Double) -> (x: Int, y: Int)? {
      guard let across = xAxis.position(x), let up = yAxis.position(y) else { return nil }
      // What lies outside is kept from being too far outside for integers.
      return grid.pixel(across: min(max(across, -100), 100), up: min(max(up, -100), 100))
    }
    let lines = curves.count + bars.count
    for (i, line) in horizontals.enumerated() {
      guard let up = yAxis.position(line.value), (0...1).contains(up) else { continue }
      canvas.line(grid.pixel(across: 0, up: up), grid.pixel(across: 1, up: up), owner: lines + i, every: gap)
    }
    for (i, line) in verticals.enumerated() {
      guard let across = xAxis.position(line.value), (0...1).contains(across) else { continue }
      canvas.line(
        grid.pixel(across: across, up: 0), grid.pixel(across: across, up: 1), owner: lines + horizontals.count + i, every: gap)
    }
    for (i, bar) in bars.enumerated() {
      draw(bar, owner: curves.count + i, base: yAxis.isLog ? yAxis.lower : 0, pixel, on: &canvas)
    }
    for (i, curve) in curves.enumerated() {
      let owner = number(of: i)
      for piece in bandPieces(of: curve) {
        for edge in [curve.low, curve.high] {
          for at in piece.dropFirst() {
            canvas.line(pixel(curve.x[at - 1], edge[at - 1])!, pixel(curve.x[at], edge[at])!, owner: owner, every: gap)
          }
        }
      }
      for at in 0..<min(curve.count, curve.error.count) {
        guard let low = pixel(curve.x[at], curve.y[at] - curve.error[at]),
          let high = pixel(curve.x[at], curve.y[at] + curve.error[at])
        else { continue }
        canvas.line(low, high, owner: owner, every: 1)
      }
      for piece in pieces(of: curve) {
        for at in piece {
          let here = pixel(curve.x[at], curve.y[at])!
          canvas.set(here.x, here.y, owner: owner)
          if curve.connected, at > piece.lowerBound {
            canvas.line(pixel(curve.x[at - 1], curve.y[at - 1])!, here, owner: owner, every: curve.dashed ? gap : 1)
          }
        }
      }
    }
  }

  private func draw(
    _ bar: Bars, owner: Int, base: Double, _ pixel: (Double, Double) -> (x: Int, y: Int)?, on canvas: inout Canvas
  ) {
    var before: (x: Int, y: Int)?  // where the outline ended
    let floor = pixel(bar.edges.first?.left ?? 0, base)?.y ?? 0
    for (at, (edges, height)) in zip(bar.edges, bar.heights).enumerated() {
      guard let low = pixel(edges.left, base), let high = pixel(edges.right, height) else { continue }
      if !bar.filled {
        canvas.line((low.x, before?.x == low.x ? before!.y : floor), (low.x, high.y), owner: owner)
        canvas.line((low.x, high.y), high, owner: owner)
        before = high
      } else if height != base {
        // Neighbours share a border, whose pixel belongs to the right one.
        canvas.fill(low, (max(low.x, high.x - 1), high.y), owner: owner)
      }
      let middle = edges.left / 2 + edges.right / 2
      if at < bar.error.count, let a = pixel(middle, height - bar.error[at]), let b = pixel(middle, height + bar.error[at]) {
        canvas.line(a, b, owner: owner)
      }
    }
    if let before { canvas.line(before, (before.x, floor), owner: owner) }
  }

  /// A row of the canvas, neighbours of one colour painted together, without trailing blanks.
  private func text(_ canvas: Canvas, row: Int, _ style: TextStyle) -> String {
    let cells = canvas.row(row, marks: Panel.marks)
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

  // MARK: What stands around

  /// The line of the axis with its ticks, and below it their labels, as many as have room.
  private func horizontalAxis(_ axis: Axis, below canvas: Canvas, margin: Int, _ style: TextStyle) -> [String] {
    let (corner, tick, dash) = style.unicode ? ("└", "┬", "─") : ("+", "+", "-")
    var rule = [String](repeating: dash, count: canvas.columns)
    var labels = ""
    var free = 0
    let ticks =
      categories.isEmpty
      ? axis.ticks(max(2, canvas.columns / 9)) : categories.enumerated().map { (Double($0.offset + 1), $0.element) }
    for (value, label) in ticks {
      guard let across = axis.position(value), (0...1).contains(across) else { continue }
      // A name is rather shortened than left out.
      let room = categories.isEmpty ? style.width : max(canvas.columns / categories.count - 1, 3)
      let text = style.clipped(label, to: min(room, style.width))
      let size = TextStyle.cells(text)
      let column = canvas.cell(across: across, up: 0).column
      let start = min(max(margin + 2 + column - size / 2, 0), style.width - size)
      guard start >= free else { continue }
      rule[column] = tick
      labels += String(repeating: " ", count: start - max(free - 1, 0)) + text
      free = start + size + 1
    }
    return [String(repeating: " ", count: margin + 1) + corner + rule.joined(), labels]
  }

  private static let marks = [Character]("*+ox#@%&ABCDEFGHIJKLMNPQRSTUVWXYZ")

  /// The named items beside each other, in as many lines as they need.
  private func legendLines(_ style: TextStyle, usesDots: Bool) -> [String] {
    let references = horizontals.count + verticals.count
    let names = curves.map(\.name) + bars.map(\.name) + horizontals.map(\.name) + verticals.map(\.name)
    var lines: [String] = []
    var used = style.width
    for (index, text) in names.enumerated() where !text.isEmpty && legend != .none {
      let dots = index < names.count - references ? "⠒⠒" : "⠂⠂"
      let mark = usesDots ? dots : String(Panel.marks[number(of: index) % Panel.marks.count])
      let name = style.clipped(text, to: style.width - mark.count - 1)
      let size = mark.count + 1 + TextStyle.cells(name)
      let entry = style.painted(mark, series: number(of: index)) + " " + name
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
}
