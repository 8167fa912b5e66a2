import Testing

@testable import Autodiff
@testable import Dynamics

extension Tensor {
  /// A float64 tensor with these elements.
  init(_ elements: [Double], _ sizes: Int...) throws {
    self.init(try NDArray(elements, shape: sizes.isEmpty ? [elements.count] : Shape(sizes)))
  }

  /// Standard normal float64 values.
  static func normal(_ sizes: Int..., seed: UInt64, dtype: DType = .float64) throws -> Tensor {
    var generator = Generator(seed: seed)
    return Tensor(try generator.normal(Shape(sizes), dtype))
  }

  /// The elements in row-major order.
  var elements: [Double] { get throws { try numbers(for: "test").doubles() } }
  /// The one element.
  var element: Double { get throws { try elements[0] } }
}

/// Whether two lists differ by at most `tolerance`, relative to the largest element.
func isClose(_ a: [Double], _ b: [Double], _ tolerance: Double = 1e-13) -> Bool {
  let scale = b.map(abs).max() ?? 0
  return a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, scale) }
}
