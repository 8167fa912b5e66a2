/// What a terminal can show, and how large the drawing may be. Whoever draws finds out; plots only keep to it.
public struct TextStyle: Sendable {
  /// The most cells across; no line is wider. Fewer than 10 count as 10.
  public var width: Int
  /// The lines of the whole drawing, title and legend included; too few for three rows of the plot count as just enough.
  public var height: Int
  /// Whether characters beyond ASCII may be used.
  public var unicode: Bool
  /// Whether ANSI colours may be used.
  public var colour: Bool

  /// A style; by default 80 by 20 cells, with Unicode and without colours.
  public init(width: Int = 80, height: Int = 20, unicode: Bool = true, colour: Bool = false) {
    self.width = width
    self.height = height
    self.unicode = unicode
    self.colour = colour
  }

  /// The cells that a text takes: two for the wide characters of East Asia and for emoji, none for combining marks.
  static func cells(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + cells($1) } }

  private static func cells(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    switch first.value {
    case 0..<0x20, 0x7f..<0xa0: return 0
    case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6,
      0x1f300...0x1faff, 0x20000...0x3fffd:
      return 2
    default: return first.properties.isEmojiPresentation ? 2 : 1
    }
  }

  /// The cells that a line of a drawing takes: its colours take none.
  static func shown(_ line: String) -> Int {
    var count = 0
    var isCode = false
    for character in line {
      if isCode {
        isCode = character != "m"
      } else if character == "\u{1b}" {
        isCode = true
      } else {
        count += cells(character)
      }
    }
    return count
  }

  /// The text without control characters, and without its end if it does not fit in `room` cells.
  func clipped(_ text: String, to room: Int) -> String {
    let clean = text.filter { TextStyle.cells($0) > 0 && (unicode || $0.isASCII) }
    guard TextStyle.cells(clean) > room else { return clean }
    let end = unicode ? "…" : "."
    guard room > 0 else { return "" }
    var kept = ""
    var used = 1
    for character in clean {
      used += TextStyle.cells(character)
      if used > room { break }
      kept.append(character)
    }
    return kept + end
  }

  /// The text in the middle of `columns` cells that begin at `start`.
  func centred(_ text: String, from start: Int, across columns: Int) -> String {
    let shown = clipped(text, to: width)
    let cells = TextStyle.cells(shown)
    let indent = min(max(start + (columns - cells) / 2, 0), max(width - cells, 0))
    return String(repeating: " ", count: indent) + shown
  }

  /// The text in the colour of a series, if colours are allowed.
  func painted(_ text: String, series: Int) -> String {
    // The bright ones begin with the seventh.
    let codes = [36, 33, 35, 32, 31, 34, 96, 93, 95, 92, 91, 94]
    return colour ? "\u{1b}[\(codes[series % codes.count])m\(text)\u{1b}[39m" : text
  }
}
