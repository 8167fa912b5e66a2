/// How a tensor prints: one line with dtype, shape and statistics, then the edges of its contents, within a dozen lines whatever its
/// size. Only the shown elements are read from a view; the statistics take one pass over the distinct elements.
extension NDArray {
  /// A bounded summary, as the prompt shows it:
  ///
  ///     tensor float32 [1000, 1000]  min -4.871  mean 0.0003123  max 4.712
  ///     [[ 0.1234 -1.2345  0.0312 ...  1.0023 -0.5127  0.3321]
  ///      ...
  ///      [ 0.9321  0.2345 -1.6612 ... -0.3321  0.4125  2.3321]]
  ///
  /// Entries share one format: plain when they are whole, else fixed point with at least 4 significant digits for the largest, or
  /// scientific when that would leave a non-zero entry without a digit. Minimum, mean and maximum are those of the finite values; NaNs and
  /// infinities are counted beside them. int32 tensors have no mean, bool tensors a count of true.
  /// - Parameter width: columns of the terminal; rows are cut to fit. Default 80.
  /// - Throws: `interrupted`, and `outOfMemory` when a view must be packed for its statistics.
  public func summary(width: Int = 80) throws(TensorError) -> String {
    let title = "tensor \(dtype) \(shape)"
    if rank == 0 { return "\(title) \(scalarText)" }
    if count == 0 { return "\(title) (empty)" }
    let statistics = try Statistics(self).description
    let separator = statistics.isEmpty || title.utf8.count + 2 + statistics.utf8.count <= width ? "  " : "\n  "
    let header = statistics.isEmpty ? title : title + separator + statistics
    return ([header] + Layout(self, width: width).lines).joined(separator: "\n")
  }

  // One number in full: the shortest digits that name it.
  private var scalarText: String {
    let value = double(at: 0)
    switch dtype {
    case .float32: return Float(value).description
    case .float64: return value.description
    case .int32: return "\(Int(value))"
    case .bool: return value == 0 ? "false" : "true"
    }
  }
}

// MARK: - Statistics

/// Minimum, mean and maximum of the finite elements and how many others there are.
private struct Statistics {
  var description = ""

  init(_ array: NDArray) throws(TensorError) {
    if array.count == 1 { return }
    // Along dimensions of stride 0 all elements are the same one: a slice of size 1 has the same extremes and mean.
    let strides = array.strides
    let counts = array.shape.indices.map { strides[$0] == 0 ? 1 : array.shape[$0] }
    let zeros = [Int](repeating: 0, count: array.rank)
    let distinct = try array.sliced(starts: zeros, counts: counts, steps: zeros.map { _ in 1 }).contiguous()
    let copies = array.count / distinct.count
    switch array.dtype {
    case .float32: try describe(distinct, as: Float.self, copies: copies)
    case .float64: try describe(distinct, as: Double.self, copies: copies)
    case .int32:
      let range = distinct.withElements(of: Int32.self) { ($0.min() ?? 0, $0.max() ?? 0) }
      description = "min \(range.0)  max \(range.1)"
    case .bool:
      let count = distinct.withElements(of: Bool.self) { $0.reduce(0) { $1 ? $0 + 1 : $0 } }
      description = "true \(count * copies)  false \((distinct.count - count) * copies)"
    }
  }

  private mutating func describe<F: BinaryFloatingPoint & Element>(_ array: NDArray, as type: F.Type, copies: Int)
    throws(TensorError)
  {
    var (least, greatest) = (F.infinity, -F.infinity)
    var (sum, finite, nan) = (0.0, 0, 0)
    // In pieces, so that an interrupt does not wait for a tensor of a billion elements.
    let engine = Engine.current
    let piece = 1 << 22
    for start in stride(from: 0, to: array.count, by: piece) {
      try engine.checkInterrupt()
      array.withElements(of: F.self) { elements in
        for position in start..<min(start + piece, elements.count) {
          let element = elements[position]
          if element.isFinite {
            least = element < least ? element : least
            greatest = element > greatest ? element : greatest
            sum += Double(element)
            finite += 1
          } else if element != element {
            nan += 1
          }
        }
      }
    }
    var parts: [String] = []
    if finite > 0 {
      // A sum of huge values may leave the range although their mean does not.
      let mean =
        sum.isFinite
        ? sum / Double(finite)
        : array.withElements(of: F.self) { elements in
          elements.reduce(0.0) { $1.isFinite ? $0 + Double($1) / Double(finite) : $0 }
        }
      parts = [("min", Double(least)), ("mean", mean), ("max", Double(greatest))].map { "\($0) \(Decimal($1).significant(4))" }
    }
    let infinite = array.count - finite - nan
    if nan > 0 { parts.append("nan \(nan * copies)") }
    if infinite > 0 { parts.append("inf \(infinite * copies)") }
    description = parts.joined(separator: "  ")
  }
}

// MARK: - Layout

/// Which indices are shown and how they are set.
private struct Layout {
  private(set) var lines: [String] = []

  /// The most lines below the header.
  private static let maximumLines = 11

  init(_ array: NDArray, width: Int) {
    let last = array.rank - 1
    let rows = Layout.rows(array.shape)
    let size = array.shape[last]
    // All columns if they fit, else three at each end, or fewer.
    var candidates = [3, 2, 1].map { Edges(size: size, head: $0, tail: $0) }
    if size <= width { candidates.insert(Edges(size: size, head: size, tail: 0), at: 0) }
    for (attempt, columns) in candidates.enumerated() {
      let edges = rows + [columns]
      let positions = Layout.positions(array.shape, edges)
      let cells = CellFormat.aligned(positions.map { array.double(at: $0) }, array.dtype)
      let cellWidth = cells.first?.utf8.count ?? 0
      let rowWidth = 2 * array.rank + columns.shown * (cellWidth + 1) - 1 + (columns.isCut ? 4 : 0)
      if rowWidth <= width || attempt == candidates.count - 1 {
        var rest = cells[...]
        lines = Layout.block(edges[...], &rest)
        return
      }
    }
  }

  /// The indices of a dimension that are shown: some from its start and some up to its end. A gap of one is not worth a mark.
  struct Edges {
    let size: Int
    let head: Int
    let tail: Int

    init(size: Int, head: Int, tail: Int) {
      self.size = size
      let fits = size <= head + tail + 1
      self.head = fits ? size : head
      self.tail = fits ? 0 : tail
    }

    /// The first index alone.
    init(firstOf size: Int) {
      self.size = size
      head = min(size, 1)
      tail = 0
    }

    var shown: Int { head + tail }
    var isCut: Bool { shown < size }
    var indices: [Int] { Array(0..<head) + Array((size - tail)..<size) }
  }

  // The most generous choice for all dimensions but the last that stays within the lines: everything, then three, two, one at each
  // end, then only the first index of more and more leading dimensions.
  private static func rows(_ shape: Shape) -> [Edges] {
    let sizes = shape.dropLast()
    var candidates = [Int.max / 4, 3, 2, 1].map { edge in sizes.map { Edges(size: $0, head: edge, tail: edge) } }
    for leading in 1..<max(2, sizes.count + 1) {
      candidates.append(sizes.enumerated().map { $0 < leading ? Edges(firstOf: $1) : Edges(size: $1, head: 1, tail: 1) })
    }
    return candidates.first { edges in
      edges.reversed().reduce(1) { lines, edges in min(lines * edges.shown + (edges.isCut ? 1 : 0), 1 << 20) } <= maximumLines
    } ?? candidates[candidates.count - 1]
  }

  // Row-major positions of the shown elements.
  private static func positions(_ shape: Shape, _ edges: [Edges]) -> [Int] {
    var positions = [0]
    for (axis, edges) in edges.enumerated() {
      positions = positions.flatMap { outer in edges.indices.map { outer &* shape[axis] &+ $0 } }
    }
    return positions
  }

  private static func block(_ edges: ArraySlice<Edges>, _ cells: inout ArraySlice<String>) -> [String] {
    guard let own = edges.first else { return [] }
    if edges.count == 1 {
      var row = Array(cells.prefix(own.shown))
      cells = cells.dropFirst(own.shown)
      if own.isCut { row.insert("...", at: own.head) }
      return ["[" + row.joined(separator: " ") + "]"]
    }
    var lines: [String] = []
    for index in 0..<own.shown {
      lines += block(edges.dropFirst(), &cells)
      if own.isCut, index == own.head - 1 { lines.append("...") }
    }
    lines = lines.enumerated().map { ($0 == 0 ? "[" : " ") + $1 }
    lines[lines.count - 1] += "]"
    return lines
  }
}

// MARK: - Cells

/// One format for all shown elements.
private enum CellFormat {
  case whole
  case fixed(Int)
  case scientific

  static func aligned(_ values: [Double], _ dtype: DType) -> [String] {
    let format = CellFormat(values)
    let cells = values.map { dtype == .bool ? ($0 == 0 ? "false" : "true") : format.text($0) }
    let width = cells.reduce(0) { max($0, $1.utf8.count) }
    return cells.map { String(repeating: " ", count: width - $0.utf8.count) + $0 }
  }

  private init(_ values: [Double]) {
    let magnitudes = values.filter { $0.isFinite && $0 != 0 }.map { abs($0) }
    guard let largest = magnitudes.max(), let smallest = magnitudes.min() else {
      self = .whole
      return
    }
    if largest < 1e10, magnitudes.allSatisfy({ $0.rounded() == $0 }) {
      self = .whole
      return
    }
    let digits = max(0, Decimal(largest).exponent ?? 0) + 1
    let decimals = max(0, 5 - digits)
    var unit = 1.0
    for _ in 0..<decimals { unit /= 10 }
    self = digits <= 6 && largest >= 1e-3 && smallest >= unit ? .fixed(decimals) : .scientific
  }

  private func text(_ value: Double) -> String {
    guard value.isFinite else { return value != value ? "nan" : value < 0 ? "-inf" : "inf" }
    switch self {
    case .whole: return Decimal(value).fixed(decimals: 0)
    case .fixed(let decimals): return Decimal(value).fixed(decimals: decimals)
    case .scientific: return Decimal(value).scientific(significant: 4)
    }
  }
}
