/// A figure: panels in a grid, as text lines, as a script for gnuplot and as numbers.
public struct Figure: Sendable {
  /// The panels, row after row.
  public var panels: [Panel]
  /// How many panels stand beside each other.
  public var columns = 1
  /// A line above all panels; empty for none. A figure with one panel has that panel's.
  public var title = ""

  /// A figure of these panels below each other.
  public init(_ panels: [Panel]) { self.panels = panels }

  /// How many panels stand below each other.
  var rows: Int { (panels.count + columns - 1) / columns }

  // MARK: In a terminal

  /// The drawing. All panels get the same size; they stand below each other where there is no room for 30 cells each.
  public func lines(_ style: TextStyle) -> [String] {
    if panels.count == 1, title.isEmpty { return panels[0].lines(style) }
    let beside = max(1, min(columns, (style.width + 2) / 32))
    let below = (panels.count + beside - 1) / beside
    var small = style
    small.width = (style.width + 2) / beside - 2
    small.height = max(8, (style.height - (title.isEmpty ? 0 : 1)) / below)
    var result = title.isEmpty ? [] : [style.centred(title, from: 0, across: style.width)]
    for start in stride(from: 0, to: panels.count, by: beside) {
      let row = panels[start..<min(start + beside, panels.count)].map { $0.lines(small) }
      for i in 0..<row.map(\.count).max()! {
        var line = ""
        var owed = 0
        for drawing in row {
          let part = i < drawing.count ? drawing[i] : ""
          if !part.isEmpty {
            line += String(repeating: " ", count: owed) + part
            owed = 0
          }
          owed += small.width - TextStyle.shown(part) + 2
        }
        result.append(line)
      }
    }
    return result
  }

  // MARK: As numbers

  /// Every number that is drawn, a point a line, under the names of the columns that the figure needs: panel, series, x, y, error, low,
  /// high, left, right, value. What a line has none of is empty.
  func table() throws(DataError) -> [UInt8] {
    let names = ["panel", "series", "x", "y", "error", "low", "high", "left", "right", "value"]
    var rows: [[String: String]] = []
    func text(_ value: Double) -> String { value.isNaN ? "nan" : "\(value)" }
    for (number, panel) in panels.enumerated() {
      var place: [String: String] = [:]
      if panels.count > 1 { place["panel"] = panel.title.isEmpty ? "\(number + 1)" : panel.title }
      func add(_ series: String, _ entries: [String: Double]) {
        var row = place
        if !series.isEmpty { row["series"] = series }
        for (name, value) in entries { row[name] = text(value) }
        rows.append(row)
      }
      if let heat = panel.heat {
        for (i, y) in heat.y.enumerated() {
          for (j, x) in heat.x.enumerated() { add("", ["x": x, "y": y, "value": heat.values[i * heat.x.count + j]]) }
        }
      }
      for curve in panel.curves {
        for i in 0..<curve.count {
          var entries = ["x": curve.x[i]]
          if !(curve.hasBand && curve.y[i].isNaN) { entries["y"] = curve.y[i] }
          if i < curve.error.count { entries["error"] = curve.error[i] }
          if curve.hasBand, i < curve.low.count { (entries["low"], entries["high"]) = (curve.low[i], curve.high[i]) }
          add(curve.name, entries)
        }
      }
      for bar in panel.bars {
        for (i, (edges, height)) in zip(bar.edges, bar.heights).enumerated() {
          var entries = ["left": edges.left, "right": edges.right, "y": height]
          if i < bar.error.count { entries["error"] = bar.error[i] }
          add(bar.name, entries)
        }
      }
      for line in panel.horizontals { add(line.name, ["y": line.value]) }
      for line in panel.verticals { add(line.name, ["x": line.value]) }
    }
    let used = names.filter { name in rows.contains { $0[name] != nil } }
    return try CSV.encode(used.map { name in (name, .texts(rows.map { $0[name] ?? "" })) })
  }
}
