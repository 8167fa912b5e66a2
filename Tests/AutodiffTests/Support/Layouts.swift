@testable import Autodiff

/// Ways in which the same elements can lie in memory.
enum Layout: CaseIterable {
  case permuted, sliced, reversed

  /// The elements of `x` in this layout; not contiguous unless the shape leaves no choice.
  func view(_ x: Tensor) throws(TensorError) -> Tensor {
    guard let array = x.array else { return x }
    let axes = Array(0..<array.rank)
    switch self {
    case .permuted:
      let turned = axes.reversed() as [Int]
      return Tensor(try array.permuted(turned).packed().permuted(turned))
    case .sliced:
      let ones = axes.map { _ in 1 }
      let spread = try array.padded(low: ones, high: ones, interior: ones)
      return Tensor(spread.sliced(starts: ones, counts: Array(array.shape), steps: axes.map { _ in 2 }))
    case .reversed:
      func turned(_ array: NDArray) -> NDArray {
        array.sliced(starts: array.shape.map { max(0, $0 - 1) }, counts: Array(array.shape), steps: axes.map { _ in -1 })
      }
      return Tensor(turned(try turned(array).packed()))
    }
  }
}
