/// Heat maps in a terminal: two values a cell with colours, shades without.
extension Heat {
  /// A row of cells. What is drawn over the map, in `canvas`, stands in their place.
  func text(row: Int, of canvas: Canvas, _ xAxis: Axis, _ yAxis: Axis, _ marks: [Character], _ style: TextStyle) -> String {
    guard let scale else { return "" }
    let over = canvas.row(row, marks: marks)
    func place(_ column: Int, from top: Double, to bottom: Double) -> Double? {
      func value(_ position: Double, _ axis: Axis) -> Double { axis.value(at: position) }
      let xs = (value(Double(column) / Double(canvas.columns), xAxis), value(Double(column + 1) / Double(canvas.columns), xAxis))
      let ys = (value(1 - bottom / Double(canvas.rows), yAxis), value(1 - top / Double(canvas.rows), yAxis))
      return self.place((min(xs.0, xs.1), max(xs.0, xs.1)), (min(ys.0, ys.1), max(ys.0, ys.1)), scale)
    }
    var result = ""
    var before = ""
    for column in 0..<canvas.columns {
      let (codes, character): (String, Character)
      if style.colour {
        let upper = place(column, from: Double(row), to: Double(row) + 0.5)
        let lower = place(column, from: Double(row) + 0.5, to: Double(row + 1))
        if over[column].owner != nil {
          codes = "\u{1b}[97;4\(lower.map(cube) ?? "9")m"
          character = over[column].character
        } else if style.unicode {
          codes = "\u{1b}[3\(upper.map(cube) ?? "9");4\(lower.map(cube) ?? "9")m"
          character = upper == nil ? " " : "▀"
        } else {
          codes = "\u{1b}[4\(lower.map(cube) ?? "9")m"
          character = " "
        }
      } else {
        codes = ""
        let shade = place(column, from: Double(row), to: Double(row + 1)).map { Heat.shade($0, style) }
        character = over[column].owner != nil ? over[column].character : shade ?? " "
      }
      if codes != before { result += codes }
      before = codes
      result.append(character)
    }
    guard style.colour else { return String(result.reversed().drop { $0 == " " }.reversed()) }
    return result + "\u{1b}[39;49m"
  }

  /// What the colours mean, as a line.
  func key(_ style: TextStyle) -> [String] {
    guard let scale else { return [] }
    let count = min(20, style.width / 3)
    let bar = (0..<count).map { i in
      let place = (Double(i) + 0.5) / Double(count)
      return style.colour ? "\u{1b}[4\(cube(place))m \u{1b}[49m" : String(Heat.shade(place, style))
    }.joined()
    let (low, high) = (Axis.short(scale.lower), Axis.short(scale.upper))
    let room = style.width - count - low.count - high.count - 2
    guard room >= 0 else { return [] }
    return ["\(low) \(bar) \(high)" + (label.isEmpty || room < 4 ? "" : "  " + style.clipped(label, to: room - 2))]
  }

  private static func shade(_ place: Double, _ style: TextStyle) -> Character {
    let shades: [Character] = style.unicode ? [" ", "░", "▒", "▓", "█"] : [" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"]
    return shades[min(Int(place * Double(shades.count)), shades.count - 1)]
  }

  /// The nearest of the 216 colours that terminals have in a cube, after the digit that says where it goes.
  private func cube(_ place: Double) -> String {
    let (red, green, blue) = colour(place)
    // The levels are 0, 95, 135, 175, 215 and 255.
    func level(_ value: Int) -> Int { value < 48 ? 0 : value < 115 ? 1 : min((value - 35) / 40, 5) }
    return "8;5;\(16 + 36 * level(red) + 6 * level(green) + level(blue))"
  }
}
