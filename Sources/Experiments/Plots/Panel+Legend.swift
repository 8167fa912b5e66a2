/// The legend of a panel in files: how large it is, and which corner it leaves nothing hidden in.
///
/// What is drawn is laid on a coarse grid of cells, the way a terminal shows it, with bands filled. A corner is free when the cells below
/// the legend are empty there. Lengths are in ems, as in `Layout`.
extension Panel {
  /// The names that the legend shows.
  var legendNames: [String] {
    (curves.map(\.name) + bars.map(\.name) + horizontals.map(\.name) + verticals.map(\.name)).filter { !$0.isEmpty }
  }

  /// The line or mark before each name, with the blanks around it.
  static let legendSample = 5.0

  /// How wide the longest name is.
  var legendText: Double { legendNames.map { Layout.width($0) }.max() ?? 0 }

  /// The panel with the ends of names left out that are too long for a legend of this width.
  func withNames(within width: Double) -> Panel {
    func fitting(_ name: String) -> String {
      guard Layout.width(name) > width - Panel.legendSample else { return name }
      var kept = name
      while !kept.isEmpty, Layout.width(kept + "…") > width - Panel.legendSample { kept.removeLast() }
      return kept + "…"
    }
    var panel = self
    for i in curves.indices { panel.curves[i].name = fitting(curves[i].name) }
    for i in bars.indices { panel.bars[i].name = fitting(bars[i].name) }
    for i in horizontals.indices { panel.horizontals[i].name = fitting(horizontals[i].name) }
    for i in verticals.indices { panel.verticals[i].name = fitting(verticals[i].name) }
    return panel
  }

  /// How few rows a legend of this width can have.
  func legendRows(within width: Double) -> Int {
    let beside = max(Int(width / (Panel.legendSample + legendText)), 1)
    return (legendNames.count + beside - 1) / beside
  }

  /// The first corner of a frame where the legend hides nothing; nil when it would hide something in each, or fill more than half of the
  /// frame.
  func freeCorner(in frame: Layout.Rectangle) -> Legend? {
    // A map fills its frame.
    guard heat == nil else { return nil }
    guard let axes else { return .topRight }
    let inset = 0.4
    let size = (
      width: Panel.legendSample + legendText + 2 * inset, height: Layout.line * Double(legendNames.count) + 2 * inset
    )
    guard size.width <= frame.width, size.height <= frame.height, size.width * size.height <= frame.width * frame.height / 2 else {
      return nil
    }
    // Cells of half an em.
    var canvas = Canvas(columns: max(Int(2 * frame.width), 1), rows: max(Int(2 * frame.height), 1), grain: .marks)
    draw(axes.x, axes.y, on: &canvas)
    fillBands(axes.x, axes.y, on: &canvas)
    let across = min(Int((size.width / frame.width * Double(canvas.columns)).rounded(.up)), canvas.columns)
    let down = min(Int((size.height / frame.height * Double(canvas.rows)).rounded(.up)), canvas.rows)
    let corners: [(place: Legend, isRight: Bool, isTop: Bool)] = [
      (.topRight, true, true), (.topLeft, false, true), (.bottomRight, true, false), (.bottomLeft, false, false),
    ]
    return corners.first { corner in
      let columns = corner.isRight ? canvas.columns - across..<canvas.columns : 0..<across
      let rows = corner.isTop ? 0..<down : canvas.rows - down..<canvas.rows
      return rows.allSatisfy { row in columns.allSatisfy { !canvas.isSet($0, row) } }
    }?.place
  }

  /// All cells of bands; `draw` has their edges only.
  private func fillBands(_ xAxis: Axis, _ yAxis: Axis, on canvas: inout Canvas) {
    let grid = canvas  // for its measures
    func pixel(_ x: Double, _ y: Double) -> (x: Int, y: Int) {
      grid.pixel(across: min(max(xAxis.position(x)!, -1), 2), up: min(max(yAxis.position(y)!, -1), 2))
    }
    for (owner, curve) in curves.enumerated() {
      for piece in bandPieces(of: curve) {
        for i in piece.dropFirst() {
          let (a, b) = (pixel(curve.x[i - 1], curve.low[i - 1]), pixel(curve.x[i - 1], curve.high[i - 1]))
          let (c, d) = (pixel(curve.x[i], curve.low[i]), pixel(curve.x[i], curve.high[i]))
          let steps = max(abs(c.x - a.x), 1)
          for step in 0...steps {
            func between(_ from: Int, _ to: Int) -> Int { from + (to - from) * step / steps }
            canvas.line((between(a.x, c.x), between(a.y, c.y)), (between(a.x, c.x), between(b.y, d.y)), owner: owner)
          }
        }
      }
    }
  }
}
