/// Figures in files. gnuplot draws them; the numbers and the script are there without it.
extension Figure {
  /// What a file may hold, by its ending.
  public enum Format: String, CaseIterable, Sendable {
    case svg, png, pdf, html, gp, csv
  }

  /// How large a figure is in a file, for the column of a paper.
  public struct Page: Sendable {
    /// In centimetres; nil for what the panels need.
    public var width: Double?
    /// In centimetres; nil for what the panels need.
    public var height: Double?
    /// The size of the letters, in points.
    public var font = 9.0
    /// Pixels an inch in a PNG.
    public var dpi = 200.0

    /// The defaults.
    public init() {}
  }

  /// Writes the figure to a file; whoever reads the path finds the old file or the new one.
  /// - Throws: `DataError` when gnuplot is not there or refuses, or when the system refuses.
  public func write(_ format: Format, to path: String, _ page: Page = Page()) throws(DataError) {
    switch format {
    case .csv: try WholeFile.write(try table(), to: path)
    case .gp:
      let name = WholeFile.split(path).name
      let output = (name.hasSuffix(".gp") ? String(name.dropLast(3)) : name) + ".svg"
      try WholeFile.write(Array(script(.svg, page, output: output).utf8), to: path)
    case .svg, .png, .pdf: try WholeFile.write(try drawn(format, page), to: path)
    case .html: try WholeFile.write(Array(document(try drawn(.svg, page)).utf8), to: path)
    }
  }

  /// What gnuplot makes of the figure.
  func drawn(_ format: Format, _ page: Page) throws(DataError) -> [UInt8] {
    let script = script(format, page)
    let outcome = try ChildProcess(
      words: ["gnuplot", "-d"], input: Array(script.utf8),
      advice:
        "install it (Debian: apt install gnuplot-nox), or save the figure as .gp for gnuplot elsewhere, or its numbers as .csv"
    ).run()
    guard outcome.status == 0, !outcome.output.isEmpty else {
      let said = outcome.complaints.isEmpty ? "it stopped with status \(outcome.status)" : outcome.complaints
      throw .system("draw with", path: "gnuplot", reason: said)
    }
    guard format == .svg else { return outcome.output }
    // gnuplot writes its own name where readers of screens look for the figure's.
    let text = String(decoding: outcome.output, as: UTF8.self)
    guard let place = text.firstRange(of: "<title>Gnuplot</title>") else { return outcome.output }
    let named = text.replacingCharacters(place, "<title>\(escaped(caption))</title>")
    // The squares of a map stay squares; viewers would blend them.
    return Array(named.replacing("<image ", with: "<image style='image-rendering: pixelated' ").utf8)
  }

  /// The whole script for gnuplot. Without `output` it draws to standard output.
  func script(_ format: Format, _ page: Page, output: String? = nil) -> String {
    let ems = 72 / 2.54 / page.font  // in a centimetre
    var figure = self
    figure.panels = panels.map { $0.withNames(within: Layout.cellWidth(ems * width(page), columns)) }
    let layout = figure.layout(page)
    // What gnuplot takes for the size of a letter: Pango's measures of DejaVu's digits, or, in SVG, which has no font, a guess.
    let letters = format == .svg ? Panel.Letters(width: 0.7, height: 1.5) : Panel.Letters(width: 0.636, height: 1.164)
    let programs = figure.panels.enumerated().map { i, panel in panel.program(i + 1, at: layout.places[i], in: layout, letters) }
    var lines = ["set encoding utf8", "set terminal " + terminal(format, page, layout)]
    if let output { lines.append("set output \(Panel.quoted(output))") }
    lines += programs.flatMap(\.blocks)
    if panels.count > 1 { lines.append("set multiplot") }
    for (i, program) in programs.enumerated() {
      lines += program.commands.prefix(1)
      if i == 0, !title.isEmpty {
        lines.append("set label \(Panel.quoted(title)) at \(layout.point(layout.width / 2, layout.height - 1.1)) center noenhanced")
      }
      lines += program.commands.dropFirst()
    }
    if panels.count > 1 { lines.append("unset multiplot") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The parts of the figure on its page. Without a height of the user's own, long legends below panels make it higher and not the panels
  /// smaller.
  func layout(_ page: Page) -> Layout {
    let ems = 72 / 2.54 / page.font  // in a centimetre
    let width = ems * width(page)
    let height = ems * (page.height ?? (rows == 1 ? 8 : 7 * Double(rows)))
    let layout = Layout(self, width: width, height: height)
    guard page.height == nil else { return layout }
    let lines = stride(from: 0, to: panels.count, by: columns).map { start in
      max((layout.places[start..<min(start + columns, panels.count)].map(\.legendRows).max() ?? 0) - 3, 0)
    }.reduce(0, +)
    return lines == 0 ? layout : Layout(self, width: width, height: height + Layout.line * Double(lines))
  }

  // In centimetres.
  private func width(_ page: Page) -> Double { page.width ?? (columns == 1 ? 12 : 8.5 * Double(columns)) }

  private func terminal(_ format: Format, _ page: Page, _ layout: Layout) -> String {
    let (width, height) = (width(page), page.height ?? layout.height * page.font / 72 * 2.54)
    func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
    func pixels(_ centimetres: Double, _ dpi: Double) -> Int { Int((centimetres / 2.54 * dpi).rounded()) }
    // In cairo's files letters are for 96 points an inch and lines for 72, in PDF half as wide.
    switch format {
    case .pdf:
      return
        "pdfcairo size \(rounded(width))cm,\(rounded(height))cm enhanced font 'Sans,\(page.font)' fontscale 0.75 linewidth 2 dashlength 2"
    case .png:
      let scale = rounded(page.dpi / 72)
      return "pngcairo size \(pixels(width, page.dpi)),\(pixels(height, page.dpi)) enhanced font 'Sans,\(page.font)' "
        + "fontscale \(rounded(page.dpi / 96)) linewidth \(scale) dashlength \(scale) pointscale \(scale) background '#ffffff'"
    default:
      // 96 pixels an inch, as browsers have it.
      return "svg size \(pixels(width, 96)),\(pixels(height, 96)) enhanced font 'Helvetica,\(rounded(page.font * 96 / 72))' "
        + "linewidth 1.33 background rgb 'white'"
    }
  }

  // MARK: Pages

  private var caption: String {
    let titles = ([title] + panels.map(\.title)).filter { !$0.isEmpty }
    return titles.first ?? "figure"
  }

  private func escaped(_ text: String) -> String {
    text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;"][$0] ?? String($0) }.joined()
  }

  // A page that needs nothing else.
  private func document(_ svg: [UInt8]) -> String {
    let text = String(decoding: svg, as: UTF8.self)
    let drawing = text.firstRange(of: "<svg").map { String(text[$0.lowerBound...]) } ?? text
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <title>\(escaped(caption))</title>
      <style>body { margin: 2em auto; max-width: 60em; font-family: Helvetica, Arial, sans-serif } svg { width: 100%; height: auto }</style>
      </head>
      <body>
      \(drawing)
      </body>
      </html>

      """
  }
}

extension String {
  fileprivate func firstRange(of part: String) -> Range<String.Index>? { self.ranges(of: part).first }

  fileprivate func replacingCharacters(_ range: Range<String.Index>, _ text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}
