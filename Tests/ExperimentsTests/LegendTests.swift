import Foundation
import Testing

@testable import Experiments

/// Where legends find room.
@Suite struct LegendTests {
  private static let frame = Layout.Rectangle(left: 0, right: 32, bottom: 0, top: 22)

  /// A panel from 0 to 1 both ways with one curve through these points.
  private func panel(_ x: [Double], _ y: [Double], name: String = "a curve") -> Panel {
    var panel = Panel([.init(name: name, x: x, y: y)])
    (panel.xLimits, panel.yLimits) = ((0, 1), (0, 1))
    return panel
  }

  private func corner(_ panel: Panel, _ frame: Layout.Rectangle = frame) -> Panel.Legend? { panel.freeCorner(in: frame) }

  private static let places: [Panel.Legend: (x: Double, y: Double)] = [
    .topRight: (0.9, 0.95), .topLeft: (0.1, 0.95), .bottomRight: (0.9, 0.05), .bottomLeft: (0.1, 0.05),
  ]

  @Test(arguments: [Panel.Legend.topRight, .topLeft, .bottomRight, .bottomLeft])
  func theCornerThatIsLeft(free: Panel.Legend) {
    // Points in the other three, and dense curves there, count alike.
    let others = Self.places.filter { $0.key != free }.map(\.value)
    var few = panel(others.map(\.x), others.map(\.y))
    few.curves[0].connected = false
    #expect(corner(few) == free)
    var many = panel([], [])
    many.curves = others.map { at in
      let around = (0..<5000).map { Double($0 % 71) / 7100 }
      return .init(name: "", x: around.map { at.x + $0 }, y: around.map { at.y - $0 })
    }
    many.curves[0].name = "a curve"
    #expect(corner(many) == free)
    // One mark anywhere below the legend takes the last corner as well.
    few.curves.append(.init(x: [Self.places[free]!.x], y: [Self.places[free]!.y], connected: false))
    #expect(corner(few) == nil)
  }

  @Test func aLineOfTwoPointsIsInTheWay() {
    #expect(corner(panel([0, 1], [0, 1])) == .topLeft)
    #expect(corner(panel([0, 1], [1, 0])) == .topRight)
    var both = panel([0, 1], [0, 1])
    both.curves.append(.init(name: "b", x: [0, 1], y: [1, 0]))
    #expect(corner(both) == nil)
  }

  @Test func aStaircaseLeavesTheCornersBesideIt() {
    let steps = (0..<10).map(Double.init)
    let (x, y) = (steps.flatMap { [$0 / 10, ($0 + 1) / 10] }, steps.flatMap { [$0 / 9, $0 / 9] })
    #expect(corner(panel(x, y)) == .topLeft)
    #expect(corner(panel(x, y.reversed())) == .topRight)
    // Fifteen names are too many for either side of it.
    var many = panel(x, y)
    for i in 0..<14 { many.curves.append(.init(name: "curve \(i)", x: x, y: y)) }
    #expect(corner(many) == nil)
  }

  @Test func logarithmicAxesMoveWhatIsDrawn() {
    // A logarithm is up at once, and a straight line over decades.
    let x = (0...40).map { pow(10, Double($0) / 40 * 9 - 9) }
    var panel = panel(x, (0...40).map { Double($0) / 40 })
    #expect(corner(panel) == .bottomRight)
    panel.logX = true
    panel.xLimits = (1e-9, 1)
    #expect(corner(panel) == .topLeft)
  }

  @Test func gapsAreFree() {
    let x = (0...100).map { Double($0) / 100 }
    let top = x.map { _ in 0.95 }
    #expect(corner(panel(x, top)) == .bottomRight)
    #expect(corner(panel(x, zip(x, top).map { $0 > 0.6 ? .nan : $1 })) == .topRight)
    // A line over a gap is not drawn.
    #expect(corner(panel([0, 0.5, 1], [0.95, .nan, 0.95])) != nil)
  }

  @Test func referencesBandsAndBarsAreInTheWay() {
    var lines = panel([0, 1], [0.95, 0.95])
    #expect(corner(lines) == .bottomRight)
    lines.horizontals = [.init(name: "2/lr", at: 0.1)]
    #expect(corner(lines) == nil)
    lines.horizontals = []
    lines.verticals = [.init(name: "elbow", at: 0.9)]
    #expect(corner(lines) == .bottomLeft)

    // Between its edges, which lie above the panel and below the legend.
    var band = panel([0, 1], [.nan, .nan])
    (band.curves[0].low, band.curves[0].high) = ([0.5, 0.5], [1.5, 1.5])
    #expect(corner(band) == .bottomRight)
    (band.curves[0].low, band.curves[0].high) = ([-0.5, -0.5], [1.5, 1.5])
    #expect(corner(band) == nil)

    var bars = Panel()
    bars.bars = [.init(name: "count", edges: [(0, 1), (1, 2), (2, 3)], heights: [1, 2, 9])]
    #expect(corner(bars) == .topLeft)
    bars.bars[0].heights = [9, 9, 9]
    #expect(corner(bars) == nil)
  }

  @Test func aLegendNeedsRoom() {
    let line = panel([0, 0.1], [0, 0.1], name: "a name of some length")
    #expect(corner(line) == .topRight)
    #expect(corner(line, .init(left: 0, right: 12, bottom: 0, top: 22)) == nil)
    #expect(corner(line, .init(left: 0, right: 32, bottom: 0, top: 1.5)) == nil)
    var map = line
    map.heat = Heat([1, 2], x: [0, 1], y: [0])
    #expect(corner(map) == nil)
  }
}
