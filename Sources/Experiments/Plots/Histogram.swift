import Glibc

/// Counts of values between borders.
public enum Histogram {
  /// The borders of bins of one width between the smallest and the largest finite value, of one ratio on a logarithmic axis. Without a
  /// count there are as many as Freedman and Diaconis (1981) find, 2·IQR/n^⅓ wide, at most 100, at least Sturges' log₂ n + 1.
  public static func edges(of values: [Double], count: Int? = nil, isLog: Bool = false) -> [Double] {
    let sorted = values.filter { $0.isFinite && (!isLog || $0 > 0) }.map { isLog ? log($0) : $0 }.sorted()
    guard var low = sorted.first, var high = sorted.last else { return [0, 1] }
    if !(high - low).isNormal { (low, high) = (low - 0.5, high + 0.5) }
    var bins = count ?? 1
    if count == nil {
      let least = Int(log2(Double(sorted.count)).rounded(.up)) + 1
      let width = 2 * (sorted[sorted.count * 3 / 4] - sorted[sorted.count / 4]) / cbrt(Double(sorted.count))
      bins = width > 0 ? Int(min(max(((high - low) / width).rounded(.up), Double(least)), 100)) : least
    }
    let edges = (0...bins).map { low + (high - low) * Double($0) / Double(bins) }
    guard isLog else { return edges }
    var result = edges.map { exp($0) }
    // The ends must not lose their values to rounding.
    result[0] = min(result[0], values.filter { $0 > 0 }.min() ?? result[0])
    result[bins] = max(result[bins], values.filter(\.isFinite).max() ?? result[bins])
    return result
  }

  /// How many values lie in each bin, the last one with its right border; what lies outside or is not a number is left out.
  public static func counts(of values: [Double], in edges: [Double]) -> [Double] {
    var counts = [Double](repeating: 0, count: edges.count - 1)
    for value in values where value >= edges[0] && value <= edges[edges.count - 1] {
      // The last border that is not above the value.
      var (low, high) = (0, edges.count - 1)
      while high - low > 1 {
        let middle = (low + high) / 2
        if edges[middle] <= value { low = middle } else { high = middle }
      }
      counts[low] += 1
    }
    return counts
  }
}
