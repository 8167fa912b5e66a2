import Arrays
import Foundation
import Testing

@testable import Experiments

/// Figures in files. `Scripts/setup --tests` installs gnuplot.
@Suite struct FigureFileTests {
  /// A figure of each kind, with what is hard about it.
  static let kinds: [(name: String, figure: Figure)] = {
    var curves = Panel([
      .init(name: "train_loss", x: [1, 2, 3, 4, 5], y: [4, 2, .nan, 1, 0.5]), .init(name: "it's {^2}", y: [1, 1, .infinity, 2]),
    ])
    curves.title = "A_title & <more> \\ \"quoted\" it's 損失\nof two lines"
    curves.horizontals = [.init(name: "2/lr", at: 3)]
    curves.verticals = [.init(at: 2)]
    var band = Panel([.init(x: [1, 2, 3], y: [1, 2, 1])])
    band.curves[0].low = [0.5, .nan, 0.5]
    band.curves[0].high = [1.5, 2.5, 1.5]
    band.curves[0].error = [0.1, 0.2, .nan]
    var log = Panel([.init(x: [1, 10, 100], y: [1e-9, 0, 1e9])])
    (log.logX, log.logY) = (true, true)
    let scatter = Panel([.init(y: [1, 5, 2], connected: false)])
    var bars = Panel()
    bars.bars = [.init(name: "a", edges: [(0.6, 1), (1.6, 2)], heights: [1, -2]), .init(edges: [(1, 1.4)], heights: [0.5])]
    bars.bars[0].error = [0.1, 0.2]
    bars.categories = ["first_one", "it's"]
    var outlines = Panel()
    outlines.bars = [.init(edges: [(0, 1), (1, 2)], heights: [3, 4])]
    outlines.bars[0].filled = false
    var heat = Panel([.init(x: [0, 1], y: [0, 2])])
    heat.heat = Heat([1, 2, 3, .nan, 5, 6], x: [0, 1], y: [0, 1, 2])
    heat.heat!.label = "loss_x"
    var logHeat = Panel()
    logHeat.logX = true
    logHeat.heat = Heat([1e-3, 0, 10, 1e3], x: [1, 10], y: [0, 1], logX: true)
    logHeat.heat!.isLog = true
    logHeat.heat!.firstRowOnTop = true
    var one = Panel()
    one.heat = Heat([5], x: [0], y: [0])
    var grid = Figure([curves, log, heat])
    grid.columns = 2
    grid.title = "all_of them's"
    return [
      ("curves", Figure([curves])), ("band", Figure([band])), ("log", Figure([log])), ("scatter", Figure([scatter])),
      ("bars", Figure([bars])), ("outlines", Figure([outlines])), ("heat", Figure([heat])), ("logHeat", Figure([logHeat])),
      ("one", Figure([one])), ("empty", Figure([Panel([.init(y: [.nan])])])), ("grid", grid),
      ("far", Figure([Panel([.init(x: [-1e300, 1e300], y: [1e-300, 3e-300])])])),
    ]
  }()

  @Test(arguments: kinds.indices)
  func gnuplotDrawsEachKind(index: Int) throws {
    let (name, figure) = Self.kinds[index]
    let folder = try TemporaryFolder()
    for format in [Figure.Format.svg, .png, .pdf, .html] {
      let path = "\(folder.path)/\(name).\(format)"
      try figure.write(format, to: path)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      switch format {
      case .svg: #expect(isWellFormed(String(decoding: bytes, as: UTF8.self)), "\(name)")
      case .png: #expect(bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]))
      case .pdf: #expect(bytes.starts(with: Array("%PDF".utf8)))
      default: #expect(String(decoding: bytes, as: UTF8.self).contains("<svg"))
      }
    }
    // Nothing is left beside the files.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 4)
  }

  /// Whether every element is closed where it was opened, and every ampersand begins an entity.
  private func isWellFormed(_ text: String) -> Bool {
    var open: [Substring] = []
    var rest = text[...]
    while let start = rest.firstIndex(of: "<") {
      guard rest[..<start].matches(of: /&(?!amp;|lt;|gt;|quot;|apos;|#\d+;)/).isEmpty else { return false }
      guard let end = rest[start...].firstIndex(of: ">") else { return false }
      let tag = rest[rest.index(after: start)..<end]
      let name = tag.prefix { !$0.isWhitespace && $0 != "/" }
      if tag.hasPrefix("/") {
        guard open.popLast() == tag.dropFirst() else { return false }
      } else if !tag.hasSuffix("/"), !tag.hasPrefix("?"), !tag.hasPrefix("!") {
        open.append(name)
      }
      rest = rest[rest.index(after: end)...]
    }
    return open.isEmpty
  }

  @Test func textsAreLiteral() throws {
    let svg = String(decoding: try Self.kinds[0].figure.drawn(.svg, .init()), as: UTF8.self)
    #expect(svg.contains("A_title &amp; &lt;more&gt; \\ "))
    #expect(svg.contains("<title>A_title &amp; &lt;more&gt; \\ &quot;quoted&quot; it's 損失\nof two lines</title>"))
    #expect(svg.contains("train_loss"))
    #expect(svg.contains("it's {^2}"))
    #expect(svg.contains("2/lr"))
  }

  @Test func theSquaresOfAMapAreNotBlended() throws {
    let map = try #require(Self.kinds.first { $0.name == "heat" }).figure
    #expect(String(decoding: try map.drawn(.svg, .init()), as: UTF8.self).contains("<image style='image-rendering: pixelated' x="))
  }

  @Test func aSmallFigureHasThisScript() {
    var panel = Panel([.init(name: "up", y: [0, 1, .nan, 3])])
    panel.title = "T"
    panel.xLimits = (1, 4)
    panel.yLimits = (0, 4)
    #expect(
      Figure([panel]).script(.svg, .init()) == """
        set encoding utf8
        set terminal svg size 454,302 enhanced font 'Helvetica,12.0' linewidth 1.33 background rgb 'white'
        $p1d1 << EOD
        1.0 0.0
        2.0 1.0
        EOD
        $p1d2 << EOD
        4.0 3.0
        EOD
        reset
        set lmargin at screen 0.06006
        set rmargin at screen 0.96164
        set bmargin at screen 0.08731
        set tmargin at screen 0.9107
        set label 'T' at screen 0.51085, screen 0.95238 center noenhanced
        set border 3 lc rgb '#555555' lw 0.8
        set tics nomirror out scale 0.5
        set grid lc rgb '#dddddd' lw 0.7 dt 1
        set xrange [1.0:4.0]
        set xtics ('1' 1.0, '1.5' 1.5, '2' 2.0, '2.5' 2.5, '3' 3.0, '3.5' 3.5, '4' 4.0)
        set yrange [0.0:4.0]
        set ytics ('0' 0.0, '1' 1.0, '2' 2.0, '3' 3.0, '4' 4.0)
        set xtics offset 0,0.433
        set key top right Left reverse samplen 2.857 width 0.057 spacing 0.867 noenhanced opaque
        plot $p1d1 using 1:2 with lines lw 1.5 lc rgb '#0072b2' title 'up' noenhanced, \\
             $p1d2 using 1:2 with points pt 7 ps 0.25 lc rgb '#0072b2' notitle

        """)
  }

  @Test func aCurveOfManyPointsKeepsWhatCanBeSeen() {
    var y = (0..<1_000_000).map { Double($0) / 1e6 }
    y[123_456] = 7.5
    y[654_321] = -3.5
    let script = Figure([Panel([.init(y: y)])]).script(.svg, .init())
    #expect(script.utf8.count < 500_000)
    for text in ["\n1.0 0.0\n", "\n123457.0 7.5\n", "\n654322.0 -3.5\n", "\n1000000.0 0.999999\n"] {
      #expect(script.contains(text), "\(text)")
    }
  }

  @Test func aScriptDrawsByItself() throws {
    let folder = try TemporaryFolder()
    try Self.kinds[0].figure.write(.gp, to: folder.path + "/a figure.gp")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gnuplot", "-d", "a figure.gp"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let svg = try String(contentsOfFile: folder.path + "/a figure.svg", encoding: .utf8)
    #expect(svg.contains("train_loss"))
  }

  @Test func tablesHoldEveryNumber() throws {
    func table(_ index: Int) throws -> [String] {
      String(decoding: try Self.kinds[index].figure.table(), as: UTF8.self).split(separator: "\n").map(String.init)
    }
    #expect(
      try table(0) == [
        "series,x,y", "train_loss,1.0,4.0", "train_loss,2.0,2.0", "train_loss,3.0,nan", "train_loss,4.0,1.0", "train_loss,5.0,0.5",
        "it's {^2},1.0,1.0", "it's {^2},2.0,1.0", "it's {^2},3.0,inf", "it's {^2},4.0,2.0", "2/lr,,3.0", "\"\",2.0,",
      ])
    #expect(try table(1) == ["x,y,error,low,high", "1.0,1.0,0.1,0.5,1.5", "2.0,2.0,0.2,nan,2.5", "3.0,1.0,nan,0.5,1.5"])
    #expect(try table(4) == ["series,y,error,left,right", "a,1.0,0.1,0.6,1.0", "a,-2.0,0.2,1.6,2.0", "\"\",0.5,,1.0,1.4"])
    #expect(try table(6).prefix(3) == ["x,y,value", "0.0,0.0,1.0", "1.0,0.0,2.0"])
    #expect(try table(10).first == "panel,series,x,y,value")
  }

  @Test func whatGnuplotSaysIsInTheError() throws {
    var panel = Panel([.init(y: [1, 2])])
    panel.xLimits = (0, .infinity)
    let folder = try TemporaryFolder()
    let error = #expect(throws: DataError.self) { try Figure([panel]).write(.svg, to: folder.path + "/x.svg") }
    #expect(error?.message.hasPrefix("can't draw with 'gnuplot': ") == true)
    #expect(error?.message.contains("inf") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    let nowhere = #expect(throws: DataError.self) { try Figure([panel]).write(.csv, to: folder.path + "/none/x.csv") }
    #expect(nowhere?.message.hasPrefix("can't write '\(folder.path)/none/x.csv'") == true)
  }

  @Test func aProgramThatIsNotThere() throws {
    let error = #expect(throws: DataError.self) { try ChildProcess(words: ["no-such-program"], advice: "get it").run() }
    #expect(error?.message == "can't run 'no-such-program': there is no program no-such-program in PATH; get it")
  }

  @Test(.timeLimit(.minutes(1))) func anInterruptEndsTheProgram() throws {
    let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    defer { flag.deallocate() }
    flag.initialize(to: 1)
    let error = #expect(throws: DataError.self) {
      try Engine(interrupt: flag).run { () throws(DataError) in
        _ = try ChildProcess(words: ["sleep", "100"], advice: "").run()
      }
    }
    if case .tensor(.interrupted) = error { return }
    Issue.record("\(String(describing: error))")
  }

  @Test func programsReadWriteAndFail() throws {
    let much = [UInt8](repeating: 65, count: 1 << 20)
    #expect(try ChildProcess(words: ["cat"], input: much, advice: "").run().output == much)
    // One that reads nothing ends as well.
    #expect(try ChildProcess(words: ["true"], input: much, advice: "").run().status == 0)
    let failure = try ChildProcess(words: ["sh", "-c", "echo one; printf 'two\\nthree\\n' >&2; exit 3"], advice: "").run()
    #expect(failure.status == 3)
    #expect(failure.output == Array("one\n".utf8))
    #expect(failure.complaints == "two three")
    #expect(try ChildProcess(words: ["sh", "-c", "kill -9 $$"], advice: "").run().status == 137)
  }
}
