/// Panels for gnuplot: blocks of data, and the commands that draw them.
///
/// Texts of users are literal (`noenhanced`), so that an underscore stays one. Axes, ticks and the place of the legend are found here and
/// not by gnuplot, so that files and the terminal show the same.
extension Panel {
  /// Colours that stay apart for the colour-blind (Okabe & Ito 2008), darkest first where it matters.
  private static let palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]

  /// What gnuplot needs to draw this panel.
  struct Program {
    /// Definitions of data, which begin with the panel's name.
    var blocks: [String] = []
    var commands: [String] = []
    fileprivate let name: String
    fileprivate var plots: [String] = []

    fileprivate init(name: String) { self.name = name }

    // A new block; answers its name.
    fileprivate mutating func data(_ lines: [String]) -> String {
      let block = "$\(name)d\(blocks.count + 1)"
      blocks.append("\(block) << EOD\n" + lines.joined(separator: "\n") + "\nEOD")
      return block
    }
  }

  /// The program of the panel with this number, which stands there.
  func program(_ number: Int, at place: Layout.Place, in layout: Layout, _ letters: Letters) -> Program {
    var program = Program(name: "p\(number)")
    let frame = place.frame
    let sides = [
      ("l", frame.left, layout.width), ("r", frame.right, layout.width), ("b", frame.bottom, layout.height),
      ("t", frame.top, layout.height),
    ]
    program.commands = ["reset"] + sides.map { "set \($0)margin at screen \(Panel.share($1, of: $2))" }
    program.commands += texts(at: place, in: layout)
    guard let axes else {
      let middle = layout.point(frame.middle.x, frame.middle.y)
      program.commands += [
        "unset tics", "unset border", "unset key", "set label \(Panel.quoted("(\(emptiness))")) at \(middle) center noenhanced",
        "plot [0:1] [0:1] NaN notitle",
      ]
      return program
    }
    program.commands += ["set border \(heat == nil ? 3 : 15) lc rgb '#555555' lw 0.8", "set tics nomirror out scale 0.5"]
    if heat == nil { program.commands.append("set grid lc rgb '#dddddd' lw 0.7 dt 1") }
    program.commands += axis("x", axes.x, place.xTicks) + axis("y", axes.y, place.yTicks)
    let raised = "set xtics offset 0,\(Panel.rounded(1 - (Layout.tickLabels - 0.3) / letters.height))"
    program.commands.append(hasTiltedCategories(along: frame.width) ? "set xtics rotate by 45 right offset 0,0" : raised)
    if let heat, let scale = heat.scale { add(heat, scale, at: place, in: layout, to: &program) }
    for (i, bar) in bars.enumerated() { add(bar, colour(curves.count + i), base: axes.y.isLog ? axes.y.lower : 0, to: &program) }
    for (i, curve) in curves.enumerated() { add(curve, i, to: &program) }
    addReferences(axes.x, axes.y, to: &program)
    program.commands.append(key(at: place, in: layout, letters))
    program.commands.append("plot " + program.plots.joined(separator: ", \\\n     "))
    return program
  }

  // MARK: Around the frame

  /// How gnuplot measures letters for a kind of file, in ems.
  struct Letters {
    let width: Double
    let height: Double
  }

  // Labels at places of their own, since gnuplot's titles stand differently far away in each kind of file.
  private func texts(at place: Layout.Place, in layout: Layout) -> [String] {
    var commands: [String] = []
    let (cell, frame) = (place.cell, place.frame)
    func label(_ text: String, _ x: Double, _ y: Double, _ turn: String = "") {
      commands.append("set label \(Panel.quoted(text)) at \(layout.point(x, y)) center\(turn) noenhanced")
    }
    // In the middle of the frame, or where it does not leave the cell.
    func across(_ text: String) -> Double {
      let half = Layout.width(text) / 2
      return half * 2 > cell.width ? cell.middle.x : min(max(frame.middle.x, cell.left + half), cell.right - half)
    }
    for (i, line) in place.title.reversed().enumerated() {
      label(line, across(line), frame.top + 1.05 + Layout.line * Double(i))
    }
    let tilt = hasTiltedCategories(along: frame.width) ? 0.7 * (place.xTicks.map(\.width).max() ?? 0) : 0
    for (i, line) in place.xLabel.enumerated() {
      label(line, across(line), frame.bottom - tilt - Layout.tickLabels - Layout.line * (Double(i) + 1))
    }
    for (i, line) in place.yLabel.enumerated() {
      let half = min(Layout.width(line), cell.height) / 2
      let up = min(max(frame.middle.y, cell.bottom + half), max(cell.top - half, cell.bottom + half))
      label(line, cell.left + 1 + Layout.line * Double(i), up, " rotate by 90")
    }
    return commands
  }

  // With a little room around the points, where limits don't say otherwise.
  var axes: (x: Axis, y: Axis)? {
    guard var xAxis, var yAxis else { return nil }
    if heat == nil {
      if xLimits == nil, !curves.isEmpty { xAxis = xAxis.padded(0.02, 0.02) }
      if yLimits == nil {
        let standsOnZero = !bars.isEmpty && !logY
        yAxis = yAxis.padded(standsOnZero && yAxis.lower == 0 ? 0 : 0.04, standsOnZero && yAxis.upper == 0 ? 0 : 0.04)
      }
    }
    return (xAxis, yAxis)
  }

  private func axis(_ name: String, _ axis: Axis, _ ticks: [Tick]) -> [String] {
    let range = axis.isReversed ? "[\(axis.upper):\(axis.lower)]" : "[\(axis.lower):\(axis.upper)]"
    var commands = ["set \(name)range \(range)"]
    if axis.isLog { commands.append("set logscale \(name)") }
    let isNamed = name == "x" && !categories.isEmpty
    let list = ticks.map { tick in
      let (label, level) = tick.label.map { (Panel.quoted($0), "") } ?? ("''", " 1")
      return "\(label) \(tick.value)\(level)"
    }
    commands.append("set \(name)tics (\(list.joined(separator: ", ")))" + (isNamed ? " noenhanced scale 0" : ""))
    if isNamed { commands.append("set grid noxtics") }
    return commands
  }

  // MARK: What is drawn

  // Over a map, colours that it does not have.
  private func colour(_ index: Int) -> String {
    let palette =
      heat.map { $0.colours == .diverging ? ["#000000", "#009e73"] : ["#ff4b33", "#ffffff", "#56b4e9"] } ?? Panel.palette
    return palette[index % palette.count]
  }

  private func titled(_ name: String) -> String { name.isEmpty ? "notitle" : "title \(Panel.quoted(name)) noenhanced" }

  private func add(_ curve: Curve, _ index: Int, to program: inout Program) {
    let colour = colour(number(of: index))
    // Colours that come again have other lines and marks.
    let cycle = number(of: index) / Panel.palette.count
    let (dash, mark) = ([curve.dashed ? " dt (6,3)" : "", " dt (6,3)", " dt (1.5,2)"][cycle % 3], [7, 6, 2][cycle % 3])
    var name = curve.name
    // The first of a curve's parts has its name.
    func title() -> String {
      defer { name = "" }
      return titled(name)
    }
    let pieces = pieces(of: curve)
    let bands = bandPieces(of: curve)
    if !bands.isEmpty {
      let block = program.data(
        bands.map { $0.map { "\(curve.x[$0]) \(curve.low[$0]) \(curve.high[$0])" }.joined(separator: "\n") + "\n\n" })
      for index in bands.indices {
        let title = pieces.isEmpty ? title() : "notitle"
        program.plots.append(
          "\(block) index \(index) using 1:2:3 with filledcurves fs transparent solid 0.2 noborder lc rgb '\(colour)' \(title)")
      }
    }
    func point(_ i: Int) -> String { "\(curve.x[i]) \(curve.y[i])" }
    let lines = curve.connected ? pieces.filter { $0.count > 1 } : []
    if !lines.isEmpty {
      let shown = lines.map { curve.marked ? Array($0) : thinned($0, of: curve) }
      let block = program.data([shown.map { $0.map(point).joined(separator: "\n") }.joined(separator: "\n\n")])
      let style = curve.marked ? "linespoints pt \(mark) ps 0.5 lw 1.5" : "lines lw 1.5"
      program.plots.append("\(block) using 1:2 with \(style) lc rgb '\(colour)'\(dash) \(title())")
    }
    let alone = pieces.filter { !curve.connected || $0.count == 1 }.flatMap { $0 }
    if !alone.isEmpty {
      let size = curve.connected && !curve.marked ? 0.25 : alone.count > 500 ? 0.3 : 0.5
      program.plots.append(
        "\(program.data(alone.map(point))) using 1:2 with points pt \(mark) ps \(size) lc rgb '\(colour)' \(title())")
    }
    addErrors(
      pieces.joined().filter { $0 < curve.error.count }.map { (curve.x[$0], curve.y[$0], curve.error[$0]) }, colour, to: &program)
  }

  // Of a curve with very many points those that can be seen: of each slice, thinner than a pixel, the first, lowest, highest and last.
  private func thinned(_ piece: Range<Int>, of curve: Curve) -> [Int] {
    let slices = 2500
    let ascends = piece.dropFirst().allSatisfy { curve.x[$0 - 1] <= curve.x[$0] }
    guard piece.count > 4 * slices, ascends, let axis = Axis(showing: curve.x[piece], isLog: logX) else { return Array(piece) }
    var result: [Int] = []
    var start = piece.lowerBound
    while start < piece.upperBound {
      func slice(_ i: Int) -> Int { Int(axis.position(curve.x[i])! * Double(slices)) }
      let number = slice(start)
      var (end, low, high) = (start, start, start)
      while end < piece.upperBound, slice(end) == number {
        if curve.y[end] < curve.y[low] { low = end }
        if curve.y[end] > curve.y[high] { high = end }
        end += 1
      }
      for i in [start, min(low, high), max(low, high), end - 1] where result.last.map({ $0 < i }) ?? true { result.append(i) }
      start = end
    }
    return result
  }

  // gnuplot's own error bars cut a hole into what lies below them, so these are arrows with flat heads.
  private func addErrors(_ bars: [(x: Double, y: Double, error: Double)], _ colour: String, to program: inout Program) {
    let shown = bars.filter { $0.error.isFinite && $0.error > 0 && (!logY || $0.y > $0.error) }
    guard !shown.isEmpty else { return }
    let block = program.data(shown.map { "\($0.x) \($0.y - $0.error) 0 \(2 * $0.error)" })
    program.plots.append("\(block) using 1:2:3:4 with vectors heads size screen 0.006,90 lw 1 lc rgb '\(colour)' notitle")
  }

  private func add(_ bar: Bars, _ colour: String, base: Double, to program: inout Program) {
    let shown = bar.heights.indices.filter { bar.heights[$0].isFinite && (!logY || bar.heights[$0] > 0) }
    guard !shown.isEmpty else { return }
    if bar.filled {
      let block = program.data(
        shown.map { i in
          let (left, right) = bar.edges[i]
          return "\(left / 2 + right / 2) \(bar.heights[i]) \(left) \(right) \(base) \(bar.heights[i])"
        })
      program.plots.append(
        "\(block) using 1:2:3:4:5:6 with boxxyerror fc rgb '\(colour)' fs solid 0.8 noborder \(titled(bar.name))")
    } else {
      var outline: [String] = []
      for i in shown {
        let (left, right) = bar.edges[i]
        if i == 0 || !shown.contains(i - 1) { outline.append("\(left) \(base)") }
        outline += ["\(left) \(bar.heights[i])", "\(right) \(bar.heights[i])"]
        if !shown.contains(i + 1) { outline += ["\(right) \(base)", ""] }
      }
      program.plots.append("\(program.data(outline)) using 1:2 with lines lw 1.5 lc rgb '\(colour)' \(titled(bar.name))")
    }
    addErrors(
      shown.filter { $0 < bar.error.count }.map { i in
        (bar.edges[i].left / 2 + bar.edges[i].right / 2, bar.heights[i], bar.error[i])
      }, "#333333", to: &program)
  }

  private func addReferences(_ xAxis: Axis, _ yAxis: Axis, to program: inout Program) {
    // Lines without a name are of one kind.
    let dashes = ["(1.5,3)", "(6,4)", "(8,3,1.5,3)", "(8,3,1.5,3,1.5,3)"]
    var named = 0
    for (i, line) in (horizontals + verticals).enumerated() {
      if !line.name.isEmpty { named += 1 }
      let dash = line.name.isEmpty ? dashes[0] : dashes[(named - 1) % 3 + 1]
      let isAcross = i < horizontals.count
      guard let position = (isAcross ? yAxis : xAxis).position(line.value), (0...1).contains(position) else { continue }
      let ends =
        isAcross
        ? ["\(xAxis.lower) \(line.value)", "\(xAxis.upper) \(line.value)"]
        : ["\(line.value) \(yAxis.lower)", "\(line.value) \(yAxis.upper)"]
      program.plots.append(
        "\(program.data(ends)) using 1:2 with lines lw 1.2 dt \(dash) lc rgb '#444444' \(titled(line.name))")
    }
  }

  private func add(_ heat: Heat, _ scale: Axis, at place: Layout.Place, in layout: Layout, to program: inout Program) {
    let colours = heat.colours.anchors.enumerated().map { "\($0.offset) '#\(hex($0.element))'" }
    program.commands.append("set palette defined (\(colours.joined(separator: ", ")))")
    program.commands += axis("cb", scale, scale.ticks(along: place.frame.height, isAcross: false))
    let bar = place.frame.right + Layout.colourBar - 1
    program.commands.append(
      "set colorbox user origin \(layout.point(bar, place.frame.bottom)) "
        + "size \(layout.point(1, place.frame.height))")
    if !heat.label.isEmpty {
      program.commands.append(
        "set label \(Panel.quoted(heat.label)) at \(layout.point(place.cell.right - 0.9, place.frame.middle.y)) center rotate by 90 noenhanced"
      )
    }
    let asImage = heat.isUniform && !logX && !logY && heat.x.count > 1 && heat.y.count > 1
    var lines: [String] = []
    for (i, y) in heat.y.enumerated() {
      for (j, x) in heat.x.enumerated() {
        let value = heat.values[i * heat.x.count + j]
        let isShown = scale.position(value) != nil
        if asImage {
          lines.append("\(x) \(y) \(isShown ? "\(value)" : "NaN")")
        } else if isShown {
          lines.append("\(x) \(y) \(heat.xEdges[j]) \(heat.xEdges[j + 1]) \(heat.yEdges[i]) \(heat.yEdges[i + 1]) \(value)")
        }
      }
    }
    let block = program.data(lines)
    program.plots.append(
      asImage
        ? "\(block) using 1:2:3 with image notitle"
        : "\(block) using 1:2:3:4:5:6:7 with boxxyerror fs solid noborder fc palette notitle")
  }

  private func hex(_ colour: Int) -> String {
    let digits = String(colour, radix: 16)
    return String(repeating: "0", count: 6 - digits.count) + digits
  }

  // MARK: The legend

  private func key(at place: Layout.Place, in layout: Layout, _ letters: Letters) -> String {
    let names = legendNames
    guard place.legend != .none, !names.isEmpty else { return "unset key" }
    // gnuplot counts letters; what it adds makes columns as wide as the layout has them, with a sample of 2 ems.
    let longest = names.map(\.unicodeScalars.count).max()!
    let excess = (Panel.legendSample + legendText - 2) / letters.width - 4 - Double(longest)
    let form =
      "Left reverse samplen \(Panel.rounded(2 / letters.width)) width \(Panel.rounded(excess)) "
      + "spacing \(Panel.rounded(Layout.line / letters.height)) noenhanced"
    guard place.legend == .below else { return "set key \(place.legend.rawValue) \(form) opaque" }
    let top = place.cell.bottom + 0.45 + Layout.line * Double(place.legendRows)
    return "set key at screen \(Panel.share(place.cell.middle.x, of: layout.width)),"
      + "\(Panel.share(top, of: layout.height)) center top vertical maxrows \(place.legendRows) \(form)"
  }

  fileprivate static func share(_ length: Double, of whole: Double) -> Double { (length / whole * 1e5).rounded() / 1e5 }

  fileprivate static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

  /// A text as gnuplot takes it literally.
  static func quoted(_ text: String) -> String {
    let clean = text.map {
      $0.isNewline || TextStyle.cells(String($0)) == 0 && $0.unicodeScalars.first!.value < 0xa0 ? " " : String($0)
    }
    return "'" + clean.joined().split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}

extension Layout {
  /// A place as gnuplot takes it.
  func point(_ x: Double, _ y: Double) -> String { "screen \(Panel.share(x, of: width)), screen \(Panel.share(y, of: height))" }
}
