import Testing

@testable import Experiments

@Suite struct PanelTests {
  private func drawing(_ plot: Panel, _ style: TextStyle) -> String { plot.lines(style).joined(separator: "\n") }

  @Test func oneSeriesIsDrawnWithDots() {
    var plot = Panel([.init(name: "loss", y: (0..<40).map { 1 / Double($0 + 1) })])
    plot.title = "Descent"
    plot.xLabel = "step"
    plot.yLabel = "loss"
    #expect(
      drawing(plot, .init(width: 30, height: 12)) == """
                      Descent
        loss
          1 ┤⡇
            │⢣
            │⢸
        0.5 ┤⠈⢆
            │ ⠈⢆
            │   ⠉⠑⠒⠒⠤⠤⠤⠤⠤⠤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀
            └────────────┬───────────┬
                        20          40
                       step
        ⠒⠒ loss
        """)
  }

  @Test func severalSeriesWithoutColoursHaveMarks() {
    let plot = Panel([
      .init(name: "sharpness", y: [0, 10, 20, 30]), .init(name: "2/lr", y: [20, 20, 20, 20]),
    ])
    #expect(
      drawing(plot, .init(width: 24, height: 9, unicode: false)) == """
           |                  **
           |               ***
        20 +++++++++++++++++++++
           |     *****
           |  ***
         0 +**
           +------+------------+
                  2            4
        * sharpness   + 2/lr
        """)
  }

  @Test func coloursKeepSeriesApartAndEndInTheirLine() {
    let plot = Panel([.init(name: "a", y: [0, 1]), .init(name: "b", y: [1, 1])])
    #expect(
      drawing(plot, .init(width: 12, height: 6, colour: true)) == """
         ┤\u{1b}[33m⠉⠉⠉⠉⠉⠉⢉⡩⠝⠋\u{1b}[39m
         ┤   \u{1b}[36m⢀⠤⠒⠁\u{1b}[39m
         ┤\u{1b}[36m⡠⠔⠊⠁\u{1b}[39m
         └┬────┬───┬
          1   1.5  2
        \u{1b}[36m⠒⠒\u{1b}[39m a   \u{1b}[33m⠒⠒\u{1b}[39m b
        """)
  }

  @Test func aGapSeparatesAndPointsStandAlone() {
    let gap = Panel([.init(y: [0, 0, .nan, 0, 0])])
    #expect(
      drawing(gap, .init(width: 24, height: 5)) == """
         1 ┤
         0 ┤⠒⠒⠒⠒⠒⠂        ⠐⠒⠒⠒⠒⠒
        -1 ┤
           └─────┬────────┬─────
                 2        4
        """)
    let points = Panel([.init(x: [0, 1, 2], y: [0, 1, 0], connected: false)])
    #expect(
      drawing(points, .init(width: 24, height: 5)) == """
          1 ┤         ⠈
        0.5 ┤
          0 ┤⡀                 ⢀
            └┬────────┬────────┬
             0        1        2
        """)
  }

  @Test func logarithmicAxesHaveDecades() {
    var plot = Panel([.init(x: [1, 10, 100, 1000], y: [1, 1e-2, 1e-4, 0])])
    plot.logX = true
    plot.logY = true
    #expect(
      drawing(plot, .init(width: 28, height: 9)) == """
            1 ┤⠑⢄
              │  ⠑⢄⡀
              │    ⠈⠢⡀
              │      ⠈⠢⡀
              │        ⠈⠢⡀
        0.001 ┤          ⠘⢄
              │            ⠑⢄
              └┬────────────┬───────
               1           100
        """)
  }

  @Test func nothingToDrawSaysWhy() {
    #expect(Panel([.init(y: [.nan, .infinity])]).lines(.init()) == ["(nothing to draw: no finite values)"])
    var plot = Panel([.init(y: [0, -1])])
    plot.title = "Loss"
    plot.logY = true
    #expect(plot.lines(.init()) == ["Loss", "(nothing to draw: no finite positive values)"])
    #expect(Panel([]).lines(.init()) == ["(nothing to draw: no finite values)"])
  }

  static let hard: [[Double]] = [
    [5], [0, 0], [1, .nan, 3], [-.greatestFiniteMagnitude, .greatestFiniteMagnitude], [1e15, 1e15.nextUp], [.leastNonzeroMagnitude],
    [.greatestFiniteMagnitude], [123456.5, 123456.75], [1e-9, 3e-9], [-1e-300, 1e-300],
    [.leastNonzeroMagnitude, .leastNormalMagnitude / 8], [1, 1e300],
    [3, 3, 3, .infinity],
  ]

  @Test(arguments: hard)
  func everyLineKeepsToTheWidth(y: [Double]) {
    for logY in [false, true] {
      for (unicode, colour) in [(true, false), (true, true), (false, false), (false, true)] {
        for (width, height) in [(-1, -1), (10, 3), (17, 6), (40, 10), (200, 60)] {
          var plot = Panel([.init(name: "損失 of a long name", y: y), .init(name: "b", y: y.reversed())])
          plot.logX = logY
          plot.logY = logY
          plot.title = "A title longer than narrow terminals are, with 損失\u{1b}[31m"
          plot.xLabel = "x"
          let lines = plot.lines(.init(width: width, height: height, unicode: unicode, colour: colour))
          for line in lines {
            let plain = line.replacing(/\u{1b}\[\d+m/, with: "")
            #expect(TextStyle.cells(plain) <= max(width, 10), "\(line)")
            #expect(unicode || plain.allSatisfy(\.isASCII), "\(line)")
          }
          if lines.count > 2 && height >= 10 { #expect(lines.count == height) }
        }
      }
    }
  }

  @Test func referencesAreBroken() {
    var plot = Panel([.init(name: "sharpness", y: [0, 10, 20, 30])])
    plot.horizontals = [.init(name: "2/lr", at: 20)]
    plot.verticals = [.init(at: 2)]
    #expect(
      drawing(plot, .init(width: 24, height: 9, unicode: false)) == """
           |                  **
           |      o        ***
        20 ++ + + + + ***** + +
           |     *****
           |  ***
         0 +**    o
           +------+------------+
                  2            4
        * sharpness   + 2/lr
        """)
  }

  @Test func barsStandOnZero() {
    var plot = Panel()
    plot.bars = [.init(edges: [(0.6, 1.4), (1.6, 2.4)], heights: [2, -1])]
    plot.categories = ["up", "down"]
    #expect(
      drawing(plot, .init(width: 24, height: 9)) == """
        2 ┤⣿⣿⣿⣿⣿⣿⣿⣿⣿
          │⣿⣿⣿⣿⣿⣿⣿⣿⣿
          │⣿⣿⣿⣿⣿⣿⣿⣿⣿
          │⣿⣿⣿⣿⣿⣿⣿⣿⣿
        0 ┤⠿⠿⠿⠿⠿⠿⠿⠿⠿  ⢠⣤⣤⣤⣤⣤⣤⣤⣤⡄
          │           ⢸⣿⣿⣿⣿⣿⣿⣿⣿⡇
          │           ⢸⣿⣿⣿⣿⣿⣿⣿⣿⡇
          └────┬───────────┬────
              up         down
        """)
  }

  @Test func namesOfBarsAreShortenedAndNotLeftOut() {
    var plot = Panel()
    plot.bars = [.init(edges: (1...4).map { (Double($0) - 0.4, Double($0) + 0.4) }, heights: [1, 2, 3, 4])]
    plot.categories = ["gradient descent", "adam", "momentum", "muon"]
    #expect(plot.lines(.init(width: 40, height: 8)).last == "   gradien…   adam    momentum   muon")
  }

  @Test func aSmallPanelHasTwoNumbersOfItsScale() {
    let plot = Panel([.init(y: [-9999, 9999])])
    let lines = plot.lines(.init(width: 40, height: 8))
    #expect(lines.count == 8)
    #expect(lines.count { $0.contains("┤") } >= 2)
  }

  @Test func manySeriesHaveMarksAndColoursOfTheirOwn() {
    let plot = Panel((0..<12).map { .init(name: "series \($0)", y: [Double($0), Double($0)]) })
    let legend = plot.lines(.init(width: 200, height: 30, unicode: false)).last!.split(separator: "   ")
    #expect(Set(legend.map(\.first)).count == 12)
    let colours = plot.lines(.init(width: 400, height: 30, colour: true)).last!.matches(of: /\u{1b}\[(\d+)m⠒/).map(\.output.1)
    #expect(colours.count == 12 && Set(colours).count == 12)
  }

  @Test func heatMapsHaveShadesOrColours() {
    var plot = Panel([.init(x: [0, 2], y: [0, 0])])
    plot.heat = Heat([0, 1, 2, 3, .nan, 5], x: [0, 1, 2], y: [0, 1])
    plot.heat!.label = "loss"
    #expect(
      drawing(plot, .init(width: 24, height: 8)) == """
          │▓▓▓▓▓▓▓       ███████
        1 ┤▓▓▓▓▓▓▓       ███████
          │▓▓▓▓▓▓▓       ███████
        0 ┤   ***************▒▒▒
          │       ░░░░░░░▒▒▒▒▒▒▒
          └───┬─────────────┬───
              0             2
        0   ░▒▒▓██ 5  loss
        """)
    plot.curves = []
    plot.heat!.firstRowOnTop = true
    #expect(
      drawing(plot, .init(width: 24, height: 8, unicode: false)) == """
          |       :::::::=======
        0 +       :::::::=======
          |*******       @@@@@@@
        1 +*******       @@@@@@@
          |*******       @@@@@@@
          +---+-------------+---
              0             2
        0  .-=+*%@ 5  loss
        """)
    let coloured = plot.lines(.init(width: 24, height: 8, colour: true))
    #expect(coloured[0].contains("\u{1b}[3"))
    #expect(coloured.allSatisfy { TextStyle.shown($0) <= 24 })
  }

  @Test func limitsCutWhatLiesOutside() {
    var plot = Panel([.init(x: [-1e300, 0, 1, 2, 1e300], y: [-1e300, 0, 1, 2, 1e300])])
    plot.xLimits = (0, 2)
    plot.yLimits = (0, 4)
    #expect(
      drawing(plot, .init(width: 24, height: 7)) == """
        4 ┤
          │
        2 ┤               ⢀⣀⡠⠤⠔⠒
          │       ⢀⣀⡠⠤⠔⠒⠊⠉⠁
        0 ┤⣀⡠⠤⠔⠒⠊⠉⠁
          └┬─────────┬─────────┬
           0         1         2
        """)
  }

  @Test func panelsStandInAGrid() {
    var figure = Figure([Panel([.init(y: [1, 2])]), Panel([.init(y: [.nan])]), Panel([.init(name: "c", y: [2, 1])])])
    figure.columns = 2
    figure.title = "three"
    let wide = figure.lines(.init(width: 70, height: 17))
    #expect(wide.count == 17)
    #expect(wide.allSatisfy { TextStyle.cells($0) <= 70 })
    #expect(wide[1].contains("  (nothing to draw: no finite"))
    #expect(wide.last == "⠒⠒ c")
    // A narrow terminal has them below each other.
    #expect(figure.lines(.init(width: 40, height: 30)).allSatisfy { TextStyle.cells($0) <= 40 })
  }

  @Test func histogramsCountEveryValueOnce() {
    #expect(Histogram.edges(of: [0, 10], count: 5) == [0, 2, 4, 6, 8, 10])
    #expect(Histogram.counts(of: [0, 1, 2, 2, 9, 10, 11, -1, .nan], in: [0, 2, 4, 6, 8, 10]) == [2, 2, 0, 0, 2])
    let values = (1...1000).map { Double($0 * $0 % 997) }
    let edges = Histogram.edges(of: values)
    #expect(Histogram.counts(of: values, in: edges).reduce(0, +) == 1000)
    // Freedman and Diaconis: 2 IQR / n^(1/3) is about 100 wide here.
    #expect((10...12).contains(edges.count - 1))
    let logs = Histogram.edges(of: [1, 10, 1000, 0, -3], count: 3, isLog: true)
    for (got, expected) in zip(logs, [1, 10, 100, 1000.0]) { #expect(abs(got / expected - 1) < 1e-12) }
    #expect(Histogram.edges(of: [3, 3], count: 2) == [2.5, 3, 3.5])
    #expect(Histogram.edges(of: [.nan]) == [0, 1])
  }

  @Test func ticksAreRoundAndWithinTheAxis() {
    func labels(_ values: [Double], log: Bool = false, count: Int = 5) -> [String] {
      Axis(showing: values, isLog: log)!.ticks(count).map(\.label)
    }
    #expect(labels([0, 1]) == ["0", "0.2", "0.4", "0.6", "0.8", "1"])
    #expect(labels([-7, 12]) == ["-5", "0", "5", "10"])
    #expect(labels([0, 2_500_000]) == ["0", "500000", "1e6", "1.5e6", "2e6", "2.5e6"])
    #expect(labels([0, 3e-6]) == ["0", "1e-6", "2e-6", "3e-6"])
    #expect(labels([0.001, 0.0034]) == ["0.001", "0.0015", "0.002", "0.0025", "0.003"])
    #expect(labels([1e-3, 1e2], log: true, count: 10) == ["0.001", "0.01", "0.1", "1", "10", "100"])
    #expect(labels([1e-8, 1e8], log: true, count: 3) == ["1e-5", "1", "100000"])
    #expect(labels([0.3, 7], log: true) == ["0.5", "1", "2", "5"])
    #expect(labels([2.1, 2.4], log: true, count: 3) == ["2.1", "2.2", "2.3", "2.4"])
  }
}
