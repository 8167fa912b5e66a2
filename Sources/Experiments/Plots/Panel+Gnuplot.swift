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

  /// The program of the panel with this number.
  func program(_ number: Int) -> Program {
    var program = Program(name: "p\(number)")
    program.commands = [
      "reset", "set border \(heat == nil ? 3 : 15) lc rgb '#555555' lw 0.8", "set tics nomirror out scale 0.5",
    ]
    if heat == nil { program.commands.append("set grid lc rgb '#dddddd' lw 0.7 dt 1") }
    for (name, text) in [("title", title), ("xlabel", xLabel), ("ylabel", yLabel)] where !text.isEmpty {
      program.commands.append("set \(name) \(Panel.quoted(text)) noenhanced")
    }
    guard let (xAxis, yAxis) = fileAxes else {
      program.commands += [
        "unset tics", "unset key", "set label \(Panel.quoted("(\(emptiness))")) at graph 0.5, graph 0.5 center noenhanced",
        "plot [0:1] [0:1] NaN notitle",
      ]
      return program
    }
    program.commands += axis("x", xAxis, categories) + axis("y", yAxis)
    if let heat, let scale = heat.scale { add(heat, scale, to: &program) }
    for (i, bar) in bars.enumerated() { add(bar, colour(curves.count + i), base: yAxis.isLog ? yAxis.lower : 0, to: &program) }
    for (i, curve) in curves.enumerated() { add(curve, colour(i), to: &program) }
    addReferences(xAxis, yAxis, to: &program)
    program.commands.append(key(xAxis, yAxis))
    program.commands.append("plot " + program.plots.joined(separator: ", \\\n     "))
    return program
  }

  // MARK: Axes

  // With a little room around the points, where limits don't say otherwise.
  private var fileAxes: (x: Axis, y: Axis)? {
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

  private func axis(_ name: String, _ axis: Axis, _ categories: [String] = []) -> [String] {
    let range = axis.isReversed ? "[\(axis.upper):\(axis.lower)]" : "[\(axis.lower):\(axis.upper)]"
    var commands = ["set \(name)range \(range)"]
    if axis.isLog { commands.append("set logscale \(name)") }
    if !categories.isEmpty {
      let ticks = categories.enumerated().map { "\(Panel.quoted($0.element)) \($0.offset + 1)" }
      commands.append("set \(name)tics (\(ticks.joined(separator: ", "))) noenhanced" + (name == "x" ? " scale 0" : ""))
      if name == "x" { commands.append("set grid noxtics") }
    } else if axis.isLog, axis.upper / axis.lower >= 100 {
      commands.append("set format \(name) '10^{%L}'")
    } else {
      let ticks = axis.ticks(name == "cb" ? 5 : 6).map { "'\($0.label)' \($0.value)" }
      commands.append("set \(name)tics (\(ticks.joined(separator: ", ")))")
    }
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

  private func add(_ curve: Curve, _ colour: String, to program: inout Program) {
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
      let style = curve.marked ? "linespoints pt 7 ps 0.5 lw 1.5" : "lines lw 1.5"
      program.plots.append("\(block) using 1:2 with \(style) lc rgb '\(colour)' \(title())")
    }
    let alone = pieces.filter { !curve.connected || $0.count == 1 }.flatMap { $0 }
    if !alone.isEmpty {
      let size = curve.connected && !curve.marked ? 0.25 : alone.count > 500 ? 0.3 : 0.5
      program.plots.append("\(program.data(alone.map(point))) using 1:2 with points pt 7 ps \(size) lc rgb '\(colour)' \(title())")
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
    for (i, line) in (horizontals + verticals).enumerated() {
      let isAcross = i < horizontals.count
      guard let position = (isAcross ? yAxis : xAxis).position(line.value), (0...1).contains(position) else { continue }
      let ends =
        isAcross
        ? ["\(xAxis.lower) \(line.value)", "\(xAxis.upper) \(line.value)"]
        : ["\(line.value) \(yAxis.lower)", "\(line.value) \(yAxis.upper)"]
      program.plots.append(
        "\(program.data(ends)) using 1:2 with lines lw 1.2 dt \(i % 4 + 2) lc rgb '#444444' \(titled(line.name))")
    }
  }

  private func add(_ heat: Heat, _ scale: Axis, to program: inout Program) {
    let colours = heat.colours.anchors.enumerated().map { "\($0.offset) '#\(hex($0.element))'" }
    program.commands.append("set palette defined (\(colours.joined(separator: ", ")))")
    program.commands += axis("cb", scale)
    if !heat.label.isEmpty { program.commands.append("set cblabel \(Panel.quoted(heat.label)) noenhanced") }
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

  private func key(_ xAxis: Axis, _ yAxis: Axis) -> String {
    let names = curves.map(\.name) + bars.map(\.name) + horizontals.map(\.name) + verticals.map(\.name)
    guard legend != .none, names.contains(where: { !$0.isEmpty }) else { return "unset key" }
    let place = legend == .automatic ? freeCorner(xAxis, yAxis) : legend
    let words = place == .below ? "outside below horizontal" : place.rawValue
    return "set key \(words) Left reverse samplen 2 noenhanced" + (place == .below ? "" : " opaque")
  }

  /// The corner with the fewest points; below the panel when all have many.
  private func freeCorner(_ xAxis: Axis, _ yAxis: Axis) -> Legend {
    var points: [(Double, Double)] = []
    for curve in curves {
      for piece in pieces(of: curve) {
        for i in piece {
          guard let x = xAxis.position(curve.x[i]), let y = yAxis.position(curve.y[i]) else { continue }
          points.append((x, y))
          // A long straight line is in the way as well.
          guard curve.connected, curve.count < 100, i + 1 < piece.upperBound, let nextX = xAxis.position(curve.x[i + 1]),
            let nextY = yAxis.position(curve.y[i + 1])
          else { continue }
          for step in 1..<10 { points.append((x + (nextX - x) * Double(step) / 10, y + (nextY - y) * Double(step) / 10)) }
        }
      }
    }
    for bar in bars {
      for (edges, height) in zip(bar.edges, bar.heights) {
        guard let x = xAxis.position((edges.left + edges.right) / 2), let y = yAxis.position(height) else { continue }
        for step in 0...10 { points.append((x, y * Double(step) / 10)) }
      }
    }
    let names = curves.count + bars.count + horizontals.count + verticals.count
    let depth = min(0.1 + 0.07 * Double(names), 0.6)
    let corners: [(Legend, right: Bool, top: Bool)] = [
      (.topRight, true, true), (.topLeft, false, true), (.bottomRight, true, false), (.bottomLeft, false, false),
    ]
    let crowds = corners.map { corner in
      points.count { (corner.right ? $0.0 > 0.55 : $0.0 < 0.45) && (corner.top ? $0.1 > 1 - depth : $0.1 < depth) }
    }
    let least = crowds.min()!
    return least > points.count / 20 ? .below : corners[crowds.firstIndex(of: least)!].0
  }

  /// A text as gnuplot takes it literally.
  static func quoted(_ text: String) -> String {
    let clean = text.map {
      $0.isNewline || TextStyle.cells(String($0)) == 0 && $0.unicodeScalars.first!.value < 0xa0 ? " " : String($0)
    }
    return "'" + clean.joined().split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
