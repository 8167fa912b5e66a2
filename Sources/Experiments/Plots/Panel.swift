/// One pair of axes and what is drawn between them: curves, bars, a heat map, reference lines.
///
/// Owns what is to be seen, as numbers and texts. How it looks in a terminal is in `Panel+Text`, in a file in `Panel+Gnuplot`. Values that
/// are not finite leave a gap, on a logarithmic axis those that are not positive do too.
public struct Panel: Sendable {
  /// Points, connected or not, perhaps with an uncertainty.
  public struct Curve: Sendable {
    /// Its name in the legend; empty leaves it out.
    public var name: String
    /// The coordinates of its points; extra ones of the longer array are left out.
    public var x: [Double]
    /// See `x`.
    public var y: [Double]
    /// The half lengths of vertical error bars, one a point; empty for none.
    public var error: [Double] = []
    /// The lower edge of a band, one value a point; empty for none.
    public var low: [Double] = []
    /// The upper edge of the band.
    public var high: [Double] = []
    /// Whether neighbouring points are connected.
    public var connected: Bool
    /// Whether each point has a mark.
    public var marked: Bool
    /// Whether the line is broken.
    public var dashed = false
    /// Whose colour it has, from 0: that of the curve with this number if all had their own; nil for its own.
    public var colour: Int?

    /// A curve through points; without `x` they are 1, 2, … apart.
    public init(name: String = "", x: [Double]? = nil, y: [Double], connected: Bool = true, marked: Bool? = nil) {
      self.name = name
      self.x = x ?? y.indices.map { Double($0 + 1) }
      self.y = y
      self.connected = connected
      self.marked = marked ?? !connected
    }

    /// How many points there are.
    var count: Int { min(x.count, y.count) }
    var hasBand: Bool { !low.isEmpty && low.count == high.count }
  }

  /// Rectangles that stand on 0: a histogram, or the bars of one colour.
  public struct Bars: Sendable {
    /// Its name in the legend; empty leaves it out.
    public var name: String
    /// The left and right ends of each.
    public var edges: [(left: Double, right: Double)]
    /// How high each is.
    public var heights: [Double]
    /// The half lengths of error bars; empty for none.
    public var error: [Double] = []
    /// Whether they are filled; else only their outline is drawn, so that several can lie over each other.
    public var filled = true

    /// Filled bars without error bars.
    public init(name: String = "", edges: [(left: Double, right: Double)], heights: [Double]) {
      self.name = name
      self.edges = edges
      self.heights = heights
    }
  }

  /// A straight line across the whole panel.
  public struct Reference: Sendable {
    /// Its name in the legend; empty leaves it out.
    public var name: String
    /// Where it crosses the axis that it stands on.
    public var value: Double

    /// A line at a value.
    public init(name: String = "", at value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// Where the legend stands.
  public enum Legend: String, CaseIterable, Sendable {
    case automatic, none, below
    case topRight = "top right"
    case topLeft = "top left"
    case bottomRight = "bottom right"
    case bottomLeft = "bottom left"
  }

  /// The curves, in the order of the legend; later ones are drawn over earlier ones.
  public var curves: [Curve]
  /// Bars, below the curves.
  public var bars: [Bars] = []
  /// A heat map, below everything else.
  public var heat: Heat?
  /// Lines across at a height.
  public var horizontals: [Reference] = []
  /// Lines up at a place of the horizontal axis.
  public var verticals: [Reference] = []
  /// A line above the drawing; empty for none.
  public var title = ""
  /// What the horizontal axis shows; empty for none.
  public var xLabel = ""
  /// What the vertical axis shows; empty for none.
  public var yLabel = ""
  /// Whether the horizontal axis is logarithmic.
  public var logX = false
  /// Whether the vertical axis is logarithmic.
  public var logY = false
  /// What the horizontal axis shows; nil for all there is.
  public var xLimits: (lower: Double, upper: Double)?
  /// What the vertical axis shows; nil for all there is.
  public var yLimits: (lower: Double, upper: Double)?
  /// Names at 1, 2, … on the horizontal axis in place of numbers.
  public var categories: [String] = []
  /// Where the legend stands in files.
  public var legend = Legend.automatic

  /// A panel with these curves on linear axes, without title and labels.
  public init(_ curves: [Curve] = []) { self.curves = curves }

  /// Which of the colours and marks a curve or bar has, numbered through curves and bars.
  func number(of index: Int) -> Int { index < curves.count ? curves[index].colour ?? index : index }

  // MARK: Axes

  /// The smallest horizontal axis that shows everything, or that of the limits; nil when there is nothing to show.
  var xAxis: Axis? {
    if let xLimits { return Axis(xLimits.lower, xLimits.upper, isLog: logX) }
    if let heat { return Axis(heat.xEdges.first!, heat.xEdges.last!, isLog: logX) }
    var values: [Double] = curves.flatMap { $0.x.prefix($0.count) }
    values += bars.flatMap { $0.edges.flatMap { [$0.left, $0.right] } }
    // References alone are no reason for a drawing.
    guard Axis(showing: values, isLog: logX) != nil else { return nil }
    return Axis(showing: values + verticals.map(\.value), isLog: logX)
  }

  /// The smallest vertical axis that shows everything, or that of the limits; nil when there is nothing to show.
  var yAxis: Axis? {
    if let yLimits { return Axis(yLimits.lower, yLimits.upper, isLog: logY) }
    if let heat {
      var axis = Axis(heat.yEdges.first!, heat.yEdges.last!, isLog: logY)
      axis.isReversed = heat.firstRowOnTop
      return axis
    }
    var values: [Double] = []
    for curve in curves {
      values += curve.y.prefix(curve.count)
      values += curve.low + curve.high
      for (y, error) in zip(curve.y, curve.error) { values += [y - error, y + error] }
    }
    for bar in bars {
      values += bar.heights
      for (y, error) in zip(bar.heights, bar.error) { values += [y - error, y + error] }
    }
    guard Axis(showing: values, isLog: logY) != nil else { return nil }
    if !bars.isEmpty, !logY { values.append(0) }
    return Axis(showing: values + horizontals.map(\.value), isLog: logY)
  }

  /// Why a panel without axes has none.
  var emptiness: String {
    "nothing to draw: " + (logX || logY ? "no finite positive values" : "no finite values")
  }

  /// The runs of points of a curve between its gaps, of values that its axes can show.
  func pieces(of curve: Curve) -> [Range<Int>] {
    Panel.pieces(curve.count) { i in
      curve.x[i].isFinite && curve.y[i].isFinite && (!logX || curve.x[i] > 0) && (!logY || curve.y[i] > 0)
    }
  }

  /// The runs of points where the band of a curve can be shown.
  func bandPieces(of curve: Curve) -> [Range<Int>] {
    guard curve.hasBand else { return [] }
    return Panel.pieces(min(curve.x.count, curve.low.count)) { i in
      curve.x[i].isFinite && curve.low[i].isFinite && curve.high[i].isFinite && (!logX || curve.x[i] > 0)
        && (!logY || (curve.low[i] > 0 && curve.high[i] > 0))
    }
  }

  private static func pieces(_ count: Int, _ isShown: (Int) -> Bool) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start: Int?
    for i in 0...count {
      if i < count, isShown(i) {
        start = start ?? i
      } else if let first = start {
        result.append(first..<i)
        start = nil
      }
    }
    return result
  }
}
