/// A grid of character cells to draw on, either with braille dots, 2 across and 4 down in each cell, or with one mark a cell.
///
/// Owns pixels and their text; what they mean and where axes go is the plots' matter. Braille patterns: U+2800 plus one bit a dot,
/// bits 0-2 and 6 down the left column, 3-5 and 7 down the right one (Unicode 15, chapter 21.1).
struct Canvas {
  /// How a cell shows what was drawn in it.
  enum Grain {
    case dots, marks

    /// Pixels a cell has across and down.
    var pixels: (across: Int, down: Int) { self == .dots ? (2, 4) : (1, 1) }
  }

  let columns: Int
  let rows: Int
  let grain: Grain
  private var cells: [UInt8]  // bits of the dots that are set; with marks 0 or 1
  private var owners: [Int]  // who drew last in a cell

  /// Pixels across and down.
  var width: Int { columns * grain.pixels.across }
  var height: Int { rows * grain.pixels.down }

  init(columns: Int, rows: Int, grain: Grain) {
    self.columns = columns
    self.rows = rows
    self.grain = grain
    cells = Array(repeating: 0, count: columns * rows)
    owners = Array(repeating: 0, count: columns * rows)
  }

  /// The pixel at a place between 0 and 1 from the left and from the bottom.
  func pixel(across: Double, up: Double) -> (x: Int, y: Int) {
    (Int((across * Double(width - 1)).rounded()), height - 1 - Int((up * Double(height - 1)).rounded()))
  }

  /// The cell that holds that pixel.
  func cell(across: Double, up: Double) -> (column: Int, row: Int) {
    let (x, y) = pixel(across: across, up: up)
    return (x / grain.pixels.across, y / grain.pixels.down)
  }

  /// Sets the pixel in column `x` from the left and row `y` from the top; outside the canvas nothing happens.
  mutating func set(_ x: Int, _ y: Int, owner: Int) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    let cell = y / grain.pixels.down * columns + x / grain.pixels.across
    let bits: [UInt8] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]
    cells[cell] |= grain == .dots ? bits[y % 4 * 2 + x % 2] : 1
    owners[cell] = owner
  }

  /// Whether anything is drawn in a cell.
  func isSet(_ column: Int, _ row: Int) -> Bool { cells[row * columns + column] != 0 }

  /// Sets the pixels of a straight line, one in each column or row, whichever are more, or every `gap`-th of them.
  mutating func line(_ from: (x: Int, y: Int), _ to: (x: Int, y: Int), owner: Int, every gap: Int = 1) {
    let steps = max(abs(to.x - from.x), abs(to.y - from.y))
    for step in stride(from: 0, through: steps, by: gap) {
      let along = steps == 0 ? 0 : Double(step) / Double(steps)
      set(
        from.x + Int((Double(to.x - from.x) * along).rounded()), from.y + Int((Double(to.y - from.y) * along).rounded()),
        owner: owner)
    }
  }

  /// Sets all pixels of a rectangle with these corners.
  mutating func fill(_ a: (x: Int, y: Int), _ b: (x: Int, y: Int), owner: Int) {
    for y in max(min(a.y, b.y), 0)...min(max(a.y, b.y), height - 1) {
      for x in max(min(a.x, b.x), 0)...min(max(a.x, b.x), width - 1) { set(x, y, owner: owner) }
    }
  }

  /// The cells of a row: the character, and who drew it; nil where nobody did.
  func row(_ row: Int, marks: [Character]) -> [(character: Character, owner: Int?)] {
    (0..<columns).map { column in
      let cell = row * columns + column
      guard cells[cell] != 0 else { return (" ", nil) }
      let character = grain == .dots ? Character(Unicode.Scalar(0x2800 + UInt32(cells[cell]))!) : marks[owners[cell] % marks.count]
      return (character, owners[cell])
    }
  }
}
