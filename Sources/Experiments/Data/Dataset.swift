import Arrays

/// Labelled examples: what `eb.data` returns and batches are taken from.
public struct Dataset: Sendable {
  /// The inputs: float32 `[n, …]`, one example per index of the first dimension; images lie in [0, 1].
  public let x: NDArray
  /// The labels: int32 `[n]`, counted from 1.
  public let y: NDArray
  /// The number of classes; labels lie in 1...classes.
  public let classes: Int

  /// A dataset of these examples; `x` and `y` must have the same first size.
  public init(x: NDArray, y: NDArray, classes: Int) {
    precondition(x.rank >= 1 && y.rank == 1 && x.shape[0] == y.shape[0], "one label for each example")
    self.x = x
    self.y = y
    self.classes = classes
  }

  /// The number of examples.
  public var count: Int { y.shape[0] }

  /// The first `count` examples, without a copy.
  /// - Throws: `TensorError.invalid` unless 0 ≤ count ≤ `self.count`.
  public func take(_ count: Int) throws(TensorError) -> Dataset {
    guard (0...self.count).contains(count) else {
      throw .invalid("take", "the dataset has \(self.count) examples, can't take \(count)")
    }
    return rows(0..<count)
  }

  /// Two parts without a copy: the first `fraction` of the examples, rounded to the nearest number, and the rest.
  /// - Throws: `TensorError.invalid` unless 0 ≤ fraction ≤ 1.
  public func split(_ fraction: Double) throws(TensorError) -> (first: Dataset, rest: Dataset) {
    guard (0...1).contains(fraction) else { throw .invalid("split", "the fraction must be from 0 to 1, got \(fraction)") }
    let cut = Int((fraction * Double(count)).rounded())
    return (rows(0..<cut), rows(cut..<count))
  }

  /// The same examples in a random order.
  public func shuffled(using generator: inout Generator) throws(TensorError) -> Dataset {
    try selecting(try generator.permutation(count))
  }

  /// The examples at `index` (int32 `[k]`, counted from 0), copied.
  /// - Throws: `TensorError.index` for one outside.
  public func selecting(_ index: NDArray) throws(TensorError) -> Dataset {
    Dataset(x: try x.gathered(index, axis: 0), y: try y.gathered(index, axis: 0), classes: classes)
  }

  func rows(_ range: Range<Int>) -> Dataset {
    func rows(of array: NDArray) -> NDArray {
      let starts = [range.lowerBound] + Array(repeating: 0, count: array.rank - 1)
      return array.sliced(starts: starts, counts: [range.count] + array.shape.dropFirst(), steps: starts.map { _ in 1 })
    }
    return Dataset(x: rows(of: x), y: rows(of: y), classes: classes)
  }
}
