import Testing

@testable import Experiments

/// Where the parts of figures stand in files.
@Suite struct LayoutTests {
  private func panel(_ y: [Double], title: String = "", yLabel: String = "", legend: Panel.Legend = .automatic, names: Int = 1)
    -> Panel
  {
    var panel = Panel((1...names).map { .init(name: "curve \($0)", y: y) })
    (panel.title, panel.xLabel, panel.yLabel, panel.legend) = (title, "step", yLabel, legend)
    return panel
  }

  @Test func thePanelsOfAGridLineUp() {
    var figure = Figure([
      panel([1, 2], title: "T", yLabel: "y"), panel([-1e5, 1e5], legend: .below, names: 7),
      panel([1, 2], legend: Panel.Legend.none),
      panel([.nan]), panel([0.001, 0.002]),
    ])
    figure.columns = 2
    figure.title = "all"
    for columns in 1...3 {
      figure.columns = columns
      let layout = figure.layout(.init())
      let frames = layout.places.map(\.frame)
      for (i, place) in layout.places.enumerated() {
        #expect(abs(place.frame.width - frames[0].width) < 1e-9)
        #expect(abs(place.frame.height - frames[0].height) < 1e-9)
        #expect(abs(place.frame.left - frames[i % columns].left) < 1e-9)
        #expect(abs(place.frame.top - frames[i / columns * columns].top) < 1e-9)
        #expect(place.cell.left >= -1e-9 && place.cell.right <= layout.width + 1e-9)
        #expect(place.cell.bottom >= -1e-9 && place.cell.top < layout.height)
        // Neighbours do not overlap.
        if i % columns > 0 { #expect(place.cell.left >= layout.places[i - 1].cell.right - 1e-9) }
        if i >= columns { #expect(place.cell.top <= layout.places[i - columns].cell.bottom + 1e-9) }
      }
    }
  }

  /// The height of a text in an SVG, in pixels from the top.
  private func height(of text: String, in svg: String) throws -> Double {
    let pattern = try Regex(
      "translate\\([0-9.]+,([0-9.]+)\\)[^>]*>\\s*<text>(?:<tspan[^>]*>)?" + text + "<", as: (Substring, Substring).self)
    return try #require(svg.firstMatch(of: pattern).flatMap { Double($0.output.1) }, "\(text)")
  }

  @Test(arguments: [1, 4, 9])
  func aLegendBelowTouchesNothing(names: Int) throws {
    for columns in [1, 2] {
      var figure = Figure((1...columns).map { _ in panel([1, 2, 3], legend: .below, names: names) })
      figure.columns = columns
      let layout = figure.layout(.init())
      let svg = String(decoding: try figure.drawn(.svg, .init()), as: UTF8.self)
      // 12 pixels to the em.
      let (ticks, label) = (try height(of: "1.5", in: svg), try height(of: "step", in: svg))
      let heights = try (1...names).map { try height(of: "curve \($0)", in: svg) }
      #expect(ticks < label)
      #expect((13...25).contains(heights.min()! - label), "\(heights) below \(label)")
      #expect(heights.max()! < layout.height * 12 - 3)
      #expect(Set(heights).count == layout.places[0].legendRows)
    }
  }

  @Test(arguments: [(20, 2), (20, 4), (2, 20), (1, 1)])
  func aSmallPageHoldsEverythingCloser(width: Double, height: Double) throws {
    var figure = Figure((1...4).map { _ in panel([1, 2], title: "T", yLabel: "y", legend: .below, names: 2) })
    figure.columns = 2
    var page = Figure.Page()
    (page.width, page.height) = (width, height)
    let script = figure.script(.png, page)
    #expect(script.contains("size \(Int((width / 2.54 * 200).rounded())),\(Int((height / 2.54 * 200).rounded())) "))
    let margins = script.matches(of: /set [lrbt]margin at screen (.*)/).compactMap { Double($0.output.1) }
    #expect(margins.count == 16 && margins.allSatisfy { (0...1).contains($0) })
    // With margins off the page gnuplot draws nothing.
    if width + height > 2 { #expect(try figure.drawn(.png, page).count > 1000) }
  }

  @Test func namesEndWhereThePageDoes() throws {
    var one = panel([1, 2], legend: .below, names: 2)
    one.curves[1].name = String(repeating: "a long name of a series ", count: 5)
    one.horizontals = [.init(name: String(repeating: "2/lr ", count: 40), at: 1.5)]
    let figure = Figure([one])
    let script = figure.script(.svg, .init())
    let names = script.matches(of: /\stitle '([^']*)'/).map(\.output.1)
    #expect(names.count == 3)
    #expect(names[0] == "curve 1" && names[1].hasPrefix("a long name of a series a long") && names[1].hasSuffix("…"))
    for name in names { #expect(Layout.width(name) + Panel.legendSample <= figure.layout(.init()).width) }
    #expect(String(decoding: try figure.table(), as: UTF8.self).contains(one.curves[1].name))
  }

  @Test func longLegendsMakeFiguresHigherNotPanelsSmaller() {
    let few = Figure([panel([1, 2], legend: .below, names: 3)])
    let many = Figure([panel([1, 2], legend: .below, names: 30)])
    #expect(many.layout(.init()).height > few.layout(.init()).height)
    #expect(many.layout(.init()).places[0].frame.height > 0.8 * few.layout(.init()).places[0].frame.height)
    var page = Figure.Page()
    page.height = 8
    #expect(abs(many.layout(page).height - few.layout(page).height) < 1e-9)
  }

  @Test func ticksStandApart() {
    func labels(_ axis: Axis, _ length: Double, across: Bool = false) -> [String] {
      axis.ticks(along: length, isAcross: across).compactMap(\.label)
    }
    #expect(labels(Axis(1e-10, 2, isLog: true), 20) == ["10^{−10}", "10^{−8}", "10^{−6}", "10^{−4}", "10^{−2}", "10^{0}"])
    #expect(labels(Axis(1e-10, 2, isLog: true), 6) == ["10^{−9}", "10^{−6}", "10^{−3}", "10^{0}"])
    #expect(labels(Axis(1e-3, 1, isLog: true), 20) == ["10^{−3}", "10^{−2}", "10^{−1}", "10^{0}"])
    #expect(labels(Axis(0.1, 6, isLog: true), 20) == ["0.1", "0.2", "0.5", "1", "2", "5"])
    #expect(
      labels(Axis(0, 3e-6, isLog: false), 20) == [
        "0", "5×10^{−7}", "10^{−6}", "1.5×10^{−6}", "2×10^{−6}", "2.5×10^{−6}", "3×10^{−6}",
      ])
    #expect(labels(Axis(-2, 2, isLog: false), 5) == ["−2", "0", "2"])
    // Small ticks only between the powers.
    let small = Axis(1e-3, 1, isLog: true).ticks(along: 20, isAcross: false).filter { $0.label == nil }
    #expect(small.count == 24)
    for (lower, upper, isLog) in [
      (0.0, 13_300.0, false), (-1e9, 1e9, false), (1e-300, 1e300, true), (0.9, 1.1, true), (3, 70, true),
    ] {
      for length in [4.0, 8, 16, 40] {
        let axis = Axis(lower, upper, isLog: isLog)
        let ticks = axis.ticks(along: length, isAcross: true).filter { $0.label != nil }
        #expect(ticks.count >= 2)
        guard ticks.count > 3 else { continue }
        for (a, b) in zip(ticks, ticks.dropFirst()) {
          #expect((axis.position(b.value)! - axis.position(a.value)!) * length > (a.width + b.width) / 2)
        }
      }
    }
  }

  @Test func longTextsAreBroken() {
    #expect(Layout.lines("", within: 10) == [])
    #expect(Layout.lines("loss", within: 1) == ["loss"])
    #expect(Layout.lines("accuracy on others of the same kind", within: 11) == ["accuracy on others", "of the same kind"])
    var panel = panel([1, 2])
    panel.yLabel = "a label that is longer than its panel is high, by far and in every font"
    let script = Figure([panel]).script(.svg, .init())
    #expect(script.matches(of: /set label '[^']*' at [^\n]* rotate by 90/).count > 1)
    panel.categories = ["one", "two"]
    #expect(!Figure([panel]).script(.svg, .init()).contains("rotate by 45"))
    panel.categories = ["stochastic gradient descent of the first kind", "stochastic gradient descent of the second kind"]
    #expect(Figure([panel]).script(.svg, .init()).contains("rotate by 45"))
  }

  @Test func lettersAreOfTheSizeThatIsAskedFor() {
    // gnuplot takes a font of 9 at its fontscale for 12 points an inch of 96.
    let figure = Figure([panel([1, 2])])
    #expect(figure.script(.svg, .init()).contains("font 'Helvetica,12.0'"))
    #expect(figure.script(.pdf, .init()).contains("font 'Sans,9.0' fontscale 0.75"))
    var page = Figure.Page()
    (page.font, page.dpi) = (12, 96)
    #expect(figure.script(.png, page).contains("font 'Sans,12.0' fontscale 1.0"))
  }

  @Test func seriesShareColours() {
    var panel = Panel([.init(name: "a", y: [1, 2]), .init(y: [2, 1]), .init(y: [1, 1], connected: false)])
    panel.curves[2].colour = 0
    panel.curves[1].dashed = true
    let script = Figure([panel]).script(.svg, .init())
    #expect(script.matches(of: /lc rgb '#0072b2'/).count == 2)
    #expect(script.contains("lines lw 1.5 lc rgb '#d55e00' dt (6,3) notitle"))
    // The eighth has the first colour, and a broken line.
    let many = Figure([Panel((0..<8).map { .init(y: [Double($0), 0]) })]).script(.svg, .init())
    #expect(many.contains("lc rgb '#0072b2' notitle") && many.contains("lc rgb '#0072b2' dt (6,3) notitle"))
    // In a terminal too.
    panel.curves[0].name = ""
    let text = panel.lines(.init(width: 30, height: 8, unicode: false)).joined()
    #expect(text.contains("*") && !text.contains("o"))
  }
}
