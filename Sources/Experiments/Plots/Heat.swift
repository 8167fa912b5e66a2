import Glibc

/// A matrix as colours. Row i of it stands at `y[i]`, column j at `x[j]`.
public struct Heat: Sendable {
  /// From what colour to what colour values go. All keep their order when they are printed in grey, but for the diverging one.
  public enum Colours: String, CaseIterable, Sendable {
    case viridis, grey, diverging

    /// Colours at equal distances from the smallest value to the largest, 0xRRGGBB. Viridis: Smith & van der Walt 2015; the diverging ones
    /// are ColorBrewer's RdBu.
    var anchors: [Int] {
      switch self {
      case .viridis: [0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725]
      case .grey: [0x000000, 0xffffff]
      case .diverging: [0x2166ac, 0x67a9cf, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xef8a62, 0xb2182b]
      }
    }
  }

  /// Values, row after row.
  public var values: [Double]
  /// Where the columns stand, ascending.
  public var x: [Double]
  /// Where the rows stand, ascending.
  public var y: [Double]
  /// The borders of columns and rows, one more than there are of them.
  let xEdges: [Double]
  let yEdges: [Double]
  /// Whether the first row is the highest, as matrices are written.
  public var firstRowOnTop = false
  /// What the colours show; empty for none.
  public var label = ""
  /// Whether colours go by the logarithm.
  public var isLog = false
  /// The values of the first and the last colour; nil for the smallest and the largest value.
  public var limits: (lower: Double, upper: Double)?
  /// The colours.
  public var colours = Colours.viridis

  /// A map of `x.count * y.count` values. Both axes ascend and have at least one value; on a logarithmic axis borders lie at the
  /// geometric means.
  public init(_ values: [Double], x: [Double], y: [Double], logX: Bool = false, logY: Bool = false) {
    precondition(values.count == x.count * y.count && !values.isEmpty)
    self.values = values
    self.x = x
    self.y = y
    xEdges = Heat.edges(x, isLog: logX)
    yEdges = Heat.edges(y, isLog: logY)
  }

  /// The values of the first and the last colour; nil when there is nothing to show.
  var scale: Axis? {
    if let limits { return Axis(limits.lower, limits.upper, isLog: isLog) }
    return Axis(showing: values, isLog: isLog)
  }

  /// Whether all columns and rows are of one size.
  var isUniform: Bool {
    func even(_ edges: [Double]) -> Bool {
      let size = (edges.last! - edges.first!) / Double(edges.count - 1)
      return zip(edges, edges.dropFirst()).allSatisfy { abs($1 - $0 - size) < 1e-6 * size }
    }
    return even(xEdges) && even(yEdges)
  }

  /// The colour at a place from 0 to 1, between the anchors.
  func colour(_ place: Double) -> (red: Int, green: Int, blue: Int) {
    let anchors = colours.anchors
    let along = min(max(place, 0), 1) * Double(anchors.count - 1)
    let first = min(Int(along), anchors.count - 2)
    func mixed(_ shift: Int) -> Int {
      let (a, b) = (Double(anchors[first] >> shift & 0xff), Double(anchors[first + 1] >> shift & 0xff))
      return Int((a + (b - a) * (along - Double(first))).rounded())
    }
    return (mixed(16), mixed(8), mixed(0))
  }

  /// Where in the colours the mean of the values between two borders each lies, from 0 to 1; nil where there are none.
  func place(_ xs: (Double, Double), _ ys: (Double, Double), _ scale: Axis) -> Double? {
    func covered(_ edges: [Double], _ range: (Double, Double)) -> ClosedRange<Int> {
      func index(_ value: Double) -> Int { min(max(edges.firstIndex { $0 > value } ?? edges.count, 1), edges.count - 1) - 1 }
      let middle = index((range.0 + range.1) / 2)
      // Where cells of the matrix are smaller than those of the terminal, all that begin in it.
      let inside = edges.dropLast().indices.filter { edges[$0] >= range.0 && edges[$0 + 1] <= range.1 }
      guard let first = inside.first, let last = inside.last else { return middle...middle }
      return min(first, middle)...max(last, middle)
    }
    var (sum, count) = (0.0, 0.0)
    for i in covered(yEdges, ys) {
      for j in covered(xEdges, xs) {
        if let position = scale.position(values[i * x.count + j]) { (sum, count) = (sum + position, count + 1) }
      }
    }
    return count > 0 ? min(max(sum / count, 0), 1) : nil
  }

  private static func edges(_ places: [Double], isLog: Bool) -> [Double] {
    let at = isLog ? places.map { log($0) } : places
    guard at.count > 1 else { return isLog ? [places[0] / 2, places[0] * 2] : [at[0] - 0.5, at[0] + 0.5] }
    var result = [at[0] - (at[1] - at[0]) / 2]
    for (a, b) in zip(at, at.dropFirst()) { result.append(a + (b - a) / 2) }
    result.append(at[at.count - 1] + (at[at.count - 1] - at[at.count - 2]) / 2)
    return isLog ? result.map { exp($0) } : result
  }
}
