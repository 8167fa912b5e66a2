// Where the prompt writes and how wide it is. ReplKit knows no terminal: whoever owns one hands these in.

/// Colours by meaning. Disabled, every text stays as it is.
public struct Style: Sendable, Equatable {
  /// Whether escape sequences are written at all.
  public var isEnabled: Bool

  /// A style with or without colours.
  public init(isEnabled: Bool) { self.isEnabled = isEnabled }

  func wrap(_ text: String, _ code: StaticString) -> String {
    isEnabled && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  /// Headings, names.
  public func strong(_ text: String) -> String { wrap(text, "1") }
  /// What stands back: defaults, places.
  public func faint(_ text: String) -> String { wrap(text, "2") }
  /// The word `error` and the caret.
  public func alarm(_ text: String) -> String { wrap(text, "1;31") }
  /// Examples.
  public func code(_ text: String) -> String { wrap(text, "36") }
}

/// The two streams of a session and what they can show.
public struct Screen {
  /// Columns of a line, asked for at each print.
  public var width: () -> Int
  /// Colours of results and help.
  public var style: Style
  /// Colours of errors.
  public var errorStyle: Style
  /// Writes to standard output.
  public var write: (String) -> Void
  /// Writes to standard error.
  public var writeError: (String) -> Void

  /// A screen over two sinks.
  public init(
    width: @escaping () -> Int = { 80 }, style: Style = Style(isEnabled: false), errorStyle: Style = Style(isEnabled: false),
    write: @escaping (String) -> Void, writeError: @escaping (String) -> Void
  ) {
    self.width = width
    self.style = style
    self.errorStyle = errorStyle
    self.write = write
    self.writeError = writeError
  }
}

/// Columns a text takes in a terminal: none for combining marks, two for East Asian wide characters and emoji.
package func displayWidth(_ text: some StringProtocol) -> Int {
  text.unicodeScalars.reduce(0) { $0 + columns($1.value, $1.properties.generalCategory) }
}

private func columns(_ value: UInt32, _ category: Unicode.GeneralCategory) -> Int {
  switch category {
  case .nonspacingMark, .enclosingMark, .format, .control: return 0
  default: break
  }
  let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
    0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
  ]
  return wide.contains { $0.contains(value) } ? 2 : 1
}

extension String {
  /// Filled with spaces up to a width.
  package func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - displayWidth(self))) }
}
