@testable import Arrays

/// The meaning of a dense array, spelled out: sizes and row-major values, every operation a loop over index tuples. Tests compare
/// `NDArray` with it.
struct Naive: Equatable, CustomStringConvertible {
  var shape: [Int]
  var values: [Double]

  init(_ shape: [Int], _ value: ([Int]) -> Double) {
    self.shape = shape
    values = Naive.indices(shape).map(value)
  }

  /// 1, 2, 3, … in row-major order.
  init(counting shape: [Int]) {
    self.shape = shape
    values = (0..<shape.reduce(1, *)).map { Double($0 + 1) }
  }

  init(_ array: NDArray) throws {
    shape = array.shape.indices.map { array.shape[$0] }
    values = try array.doubles()
  }

  var description: String { "\(shape) \(values)" }

  /// All index tuples in row-major order.
  static func indices(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { tuples, size in tuples.flatMap { tuple in (0..<size).map { tuple + [$0] } } }
  }

  subscript(_ index: [Int]) -> Double {
    get { values[position(index)] }
    set { values[position(index)] = newValue }
  }

  private func position(_ index: [Int]) -> Int { zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 } }

  func permuted(_ order: [Int]) -> Naive {
    Naive(order.map { shape[$0] }) { index in
      var original = index
      for (axis, source) in order.enumerated() { original[source] = index[axis] }
      return self[original]
    }
  }

  func sliced(starts: [Int], counts: [Int], steps: [Int]) -> Naive {
    Naive(counts) { index in self[index.indices.map { starts[$0] + index[$0] * steps[$0] }] }
  }

  func broadcast(to target: [Int]) -> Naive {
    let shift = target.count - shape.count
    return Naive(target) { index in self[shape.indices.map { shape[$0] == 1 ? 0 : index[$0 + shift] }] }
  }

  func reshaped(_ target: [Int]) -> Naive {
    var copy = self
    copy.shape = target
    return copy
  }

  /// Each element goes to place low + i (interior + 1) of its dimensions; what falls outside is dropped.
  func padded(low: [Int], high: [Int], interior: [Int]) -> Naive {
    let sizes = shape.indices.map { axis in
      max(0, shape[axis] + (shape[axis] - 1) * interior[axis] + low[axis] + high[axis])
    }
    var result = Naive(sizes) { _ in 0 }
    for index in Naive.indices(shape) {
      let place = shape.indices.map { low[$0] + index[$0] * (interior[$0] + 1) }
      let fits = zip(place, sizes).allSatisfy { (0..<$1).contains($0) }
      if fits { result[place] = self[index] }
    }
    return result
  }

  /// The matrix product over the last two dimensions of two stacks of matrices.
  func times(_ other: Naive) -> Naive {
    let rank = shape.count
    let (m, k, n) = (shape[rank - 2], shape[rank - 1], other.shape[rank - 1])
    var result = Naive(shape.dropLast() + [n]) { _ in 0 }
    for position in result.values.indices {
      let (entry, i, j) = (position / (m * n), position / n % m, position % n)
      for p in 0..<k { result.values[position] += values[(entry * m + i) * k + p] * other.values[(entry * k + p) * n + j] }
    }
    return result
  }

  func reduced(over axes: [Int], from start: Double, _ combine: (Double, Double) -> Double) -> Naive {
    let kept = shape.indices.filter { !axes.contains($0) }
    var result = Naive(kept.map { shape[$0] }) { _ in start }
    for index in Naive.indices(shape) {
      let target = kept.map { index[$0] }
      result[target] = combine(result[target], self[index])
    }
    return result
  }
}

/// A view together with what it must contain.
struct ViewCase: CustomStringConvertible {
  let array: NDArray
  let naive: Naive
  let description: String
}

/// Every kind of layout of small arrays: packed, permuted in all orders, cut, stepped, reversed and stretched.
func everyLayout(_ dtype: DType = .float64) throws -> [ViewCase] {
  let shapes: [[Int]] = [[], [1], [3], [0], [2, 3], [3, 1], [0, 2], [4, 3], [1, 2, 3], [2, 3, 2], [2, 0, 3], [2, 2, 1, 3]]
  return try shapes.flatMap { try everyLayout(of: $0, dtype) }
}

/// Every kind of layout of one small array that counts from 1.
func everyLayout(of shape: [Int], _ dtype: DType = .float64) throws -> [ViewCase] {
  let base = Naive(counting: shape)
  let packed = try NDArray(base.values, shape: Shape(shape)).cast(to: dtype)
  var layouts: [ViewCase] = []
  for order in permutations(shape.count) {
    let array = packed.permuted(order)
    let naive = base.permuted(order)
    let sizes = naive.shape
    func add(_ array: NDArray, _ naive: Naive, _ how: String) {
      layouts.append(ViewCase(array: array, naive: naive, description: "\(shape) permuted \(order) \(how)"))
    }
    add(array, naive, "")
    let ones = sizes.map { _ in 1 }
    func cut(_ starts: [Int], _ counts: [Int], _ steps: [Int], _ how: String) {
      add(
        array.sliced(starts: starts, counts: counts, steps: steps), naive.sliced(starts: starts, counts: counts, steps: steps), how)
    }
    if !sizes.contains(0) {
      cut(sizes.map { $0 - 1 }, sizes, sizes.map { _ in -1 }, "reversed")
      for axis in sizes.indices where sizes[axis] > 1 {
        var starts = sizes.map { _ in 0 }
        var counts = sizes
        var steps = ones
        starts[axis] = 1
        counts[axis] -= 1
        cut(starts, counts, steps, "without the first of axis \(axis)")
        starts[axis] = sizes[axis] - 1
        counts[axis] = (sizes[axis] + 1) / 2
        steps[axis] = -2
        cut(starts, counts, steps, "every second of axis \(axis), backwards")
      }
    }
    let stretched = [2] + sizes.map { $0 == 1 ? 2 : $0 }
    add(array.broadcast(to: Shape(stretched)), naive.broadcast(to: stretched), "stretched to \(stretched)")
  }
  return layouts
}

/// All orders of 0..<count.
func permutations(_ count: Int) -> [[Int]] {
  (0..<count).reduce([[]]) { orders, next in
    orders.flatMap { order in (0...order.count).map { Array(order[..<$0]) + [next] + Array(order[$0...]) } }
  }
}

/// All subsets of 0..<count, ascending inside.
func subsets(_ count: Int) -> [[Int]] {
  (0..<(1 << count)).map { bits in (0..<count).filter { bits >> $0 & 1 == 1 } }
}
