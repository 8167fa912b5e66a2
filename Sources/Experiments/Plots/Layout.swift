/// Where the parts of a figure stand on a page.
///
/// Owns the rectangles between the axes, so that the panels of a grid line up and are of one size, and the room around them: for ticks, the
/// texts beside the axes and legends. Lengths are in ems, the size of the letters; x goes from the left, y from the bottom. How wide letters
/// are is an estimate for sans-serif fonts on the safe side, since each viewer of a file has its own.
struct Layout {
  struct Rectangle {
    var left = 0.0
    var right = 0.0
    var bottom = 0.0
    var top = 0.0

    var width: Double { right - left }
    var height: Double { top - bottom }
    var middle: (x: Double, y: Double) { ((left + right) / 2, (bottom + top) / 2) }
  }

  /// What a panel gets.
  struct Place {
    /// All of it.
    var cell = Rectangle()
    /// What lies between its axes.
    var frame = Rectangle()
    /// Where its legend stands; not automatic.
    var legend: Panel.Legend
    /// How many rows a legend below it has.
    var legendRows = 0
    /// The texts around it in lines that have room.
    var title: [String] = []
    var xLabel: [String] = []
    var yLabel: [String] = []
    /// Ticks that have room.
    var xTicks: [Tick] = []
    var yTicks: [Tick] = []
  }

  /// As the page has it, or more where that is too small: then everything stands closer on the page.
  let width: Double
  let height: Double
  /// One for each panel.
  let places: [Place]

  /// The layout of a figure on a page of this size.
  init(_ figure: Figure, width: Double, height: Double) {
    func arranged(_ legends: [Panel.Legend]) -> (places: [Place], width: Double, height: Double) {
      Layout.arranged(figure, legends, width: width, height: height)
    }
    let given = figure.panels.map { $0.legendNames.isEmpty ? Panel.Legend.none : $0.legend }
    // What the corners have room for is seen without legends below, which only make panels smaller when there is no such room.
    let open = arranged(given.map { $0 == .automatic ? .none : $0 }).places
    let found = figure.panels.indices.map { i in
      given[i] == .automatic ? figure.panels[i].freeCorner(in: open[i].frame) ?? .below : given[i]
    }
    (places, self.width, self.height) = arranged(found)
  }

  // MARK: Lengths

  /// The distance between two lines of text.
  static let line = 1.3
  /// Where ticks of the horizontal axis have the middle of their labels, below it.
  static let tickLabels = 1.15
  private static let edge = 0.45

  /// How wide a text is, by the kinds of its letters in DejaVu Sans, which is wider than most.
  static func width(_ text: some StringProtocol) -> Double {
    text.reduce(0) { sum, letter in
      let cells = Double(TextStyle.cells(String(letter)))
      let each =
        "ijltfr.,:;'|!()[]-/ ".contains(letter) ? 0.38 : "mwMW=+−×%@".contains(letter) ? 0.88 : letter.isUppercase ? 0.7 : 0.62
      return sum + (cells > 1 ? 0.5 * cells : cells * each)
    }
  }

  /// A text in lines that are no wider than that, as far as its blanks allow.
  static func lines(_ text: String, within width: Double) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, Layout.width(last) + Layout.width(" " + word) <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  /// What a panel of a page has before more is known: columns differ by the numbers beside their axes.
  static func cellWidth(_ width: Double, _ columns: Int) -> Double { (columns == 1 ? 1 : 0.9) * width / Double(columns) }

  // MARK: Margins

  private static func arranged(
    _ figure: Figure, _ legends: [Panel.Legend], width: Double, height: Double
  ) -> (places: [Place], width: Double, height: Double) {
    let (columns, rows) = (min(figure.columns, figure.panels.count), figure.rows)
    guard columns > 0 else { return ([], width, height) }
    let cellWidth = Layout.cellWidth(width, columns)
    var places = zip(figure.panels, legends).map { panel, legend in
      Place(
        legend: legend, legendRows: legend == .below ? panel.legendRows(within: cellWidth) : 0,
        title: lines(panel.title, within: cellWidth), xLabel: lines(panel.xLabel, within: cellWidth))
    }

    // From the top down. Each row of a grid has the margins that its panel with the most to say needs, and all frames are of one height.
    var above = [Double](repeating: 0, count: rows)
    var below = above
    for (i, panel) in figure.panels.enumerated() {
      let row = i / columns
      let needed = margins(panel, places[i], cellWidth)
      (above[row], below[row]) = (max(above[row], needed.above), max(below[row], needed.below))
    }
    let heading = figure.title.isEmpty ? 0 : 1.9
    let frameHeight = max((height - heading - (above + below).reduce(0, +)) / Double(rows), 2)
    let height = heading + (above + below).reduce(0, +) + Double(rows) * frameHeight
    var top = height - heading
    for row in 0..<rows {
      for i in row * columns..<min((row + 1) * columns, places.count) {
        places[i].cell.top = top
        places[i].frame.top = top - above[row]
        places[i].frame.bottom = top - above[row] - frameHeight
        places[i].cell.bottom = places[i].frame.bottom - below[row]
        places[i].yLabel = lines(figure.panels[i].yLabel, within: frameHeight)
        places[i].yTicks = figure.panels[i].axes?.y.ticks(along: frameHeight, isAcross: false) ?? []
      }
      top -= above[row] + frameHeight + below[row]
    }

    // From the left to the right, the same for columns, now that the widths of the numbers beside the axes are known.
    var before = [Double](repeating: 0, count: columns)
    var after = before
    for (i, panel) in figure.panels.enumerated() {
      let needed = sides(panel, places[i])
      (before[i % columns], after[i % columns]) = (max(before[i % columns], needed.left), max(after[i % columns], needed.right))
    }
    let frameWidth = max((width - (before + after).reduce(0, +)) / Double(columns), 2)
    for i in places.indices {
      let column = i % columns
      let left = zip(before, after).prefix(column).map { $0 + $1 + frameWidth }.reduce(0, +)
      places[i].cell.left = left
      places[i].frame.left = left + before[column]
      places[i].frame.right = left + before[column] + frameWidth
      places[i].cell.right = places[i].frame.right + after[column]
      places[i].xTicks = figure.panels[i].xTicks(along: frameWidth)
    }
    return (places, (before + after).reduce(0, +) + Double(columns) * frameWidth, height)
  }

  private static func margins(_ panel: Panel, _ place: Place, _ cell: Double) -> (above: Double, below: Double) {
    let above = edge + 0.5 + Layout.line * Double(place.title.count)
    var below = tickLabels + 0.6 + edge + Layout.line * Double(place.xLabel.count)
    if panel.hasTiltedCategories(along: cell - 5) { below += 0.7 * (panel.categories.map { Layout.width($0) }.max() ?? 0) }
    if place.legendRows > 0 { below += 0.3 + Layout.line * Double(place.legendRows) }
    return (above, below)
  }

  private static func sides(_ panel: Panel, _ place: Place) -> (left: Double, right: Double) {
    func room(_ ticks: [Tick]) -> Double { 1.2 + (ticks.map(\.width).max() ?? 0) }
    let left = edge + room(place.yTicks) + Layout.line * Double(place.yLabel.count)
    guard let heat = panel.heat, let scale = heat.scale else { return (left, edge + 1) }
    return (
      left,
      edge + colourBar + room(scale.ticks(along: place.frame.height, isAcross: false)) + Layout.line * (heat.label.isEmpty ? 0 : 1)
    )
  }

  /// From the frame of a heat map to the far side of the bar of its colours, which is 1 wide.
  static let colourBar = 1.7
}

extension Panel {
  /// Names stand at an angle where they would run into each other.
  func hasTiltedCategories(along length: Double) -> Bool {
    let widest = categories.map { Layout.width($0) }.max() ?? 0
    return widest + 0.6 > length / Double(max(categories.count, 1))
  }

  fileprivate func xTicks(along length: Double) -> [Tick] {
    guard categories.isEmpty else {
      return categories.enumerated().map { Tick(value: Double($0.offset + 1), label: $0.element, width: Layout.width($0.element)) }
    }
    return axes?.x.ticks(along: length, isAcross: true) ?? []
  }
}
