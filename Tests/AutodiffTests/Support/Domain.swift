@testable import Autodiff

/// Where the samples of an operand come from: regions in which a function is smooth, so that differences are a fair judge.
enum Domain: Sendable {
  /// Standard normal numbers.
  case normal
  /// Numbers uniform in a range.
  case uniform(ClosedRange<Double>)
  /// Numbers of either sign with 0.5 ≤ |x| ≤ 1.5.
  case awayFromZero
  /// Numbers at least 0.5 apart from each other.
  case distinct
  /// Whole int32 numbers of a range.
  case integers(ClosedRange<Int32>)
  /// Bools.
  case flags
  /// Symmetric matrices with eigenvalues about 1 apart, positive from 1 on.
  case positiveDefinite
  /// Matrices of any shape with singular values 1, 2, 3, ... in random directions.
  case separated
  /// Lower triangular matrices with diagonals in 1...2.
  case lowerTriangular

  /// Whether samples are floats, along which derivatives go.
  var isFloat: Bool {
    switch self {
    case .integers, .flags: false
    default: true
    }
  }

  /// Whether any value of the domain may stand in any place, so that rows may be repeated.
  var isElementwise: Bool {
    switch self {
    case .normal, .uniform, .awayFromZero, .integers, .flags: true
    default: false
    }
  }

  /// A sample of this shape: float64, int32 or bool.
  func sample(_ shape: Shape, _ generator: inout Generator) throws(TensorError) -> Tensor {
    switch self {
    case .normal: return Tensor(try generator.normal(shape, .float64))
    case .uniform(let range):
      let width = range.upperBound - range.lowerBound
      let values = try generator.uniform(shape, .float64).doubles().map { range.lowerBound + width * $0 }
      return Tensor(try NDArray(values, shape: shape))
    case .awayFromZero:
      let values = try generator.uniform(shape, .float64).doubles().map { $0 < 0.5 ? -0.5 - 2 * $0 : 2 * $0 - 0.5 }
      return Tensor(try NDArray(values, shape: shape))
    case .distinct:
      let places = try generator.permutation(shape.elementCount).doubles()
      let noise = try generator.uniform(shape, .float64).doubles()
      let values = zip(places, noise).map { 0.7 * ($0 - Double(places.count) / 2) + 0.2 * $1 }
      return Tensor(try NDArray(values, shape: shape))
    case .integers(let range): return Tensor(try generator.integers(shape, in: range))
    case .flags: return try Tensor(generator.integers(shape, in: 0...1)).cast(to: .bool)
    case .positiveDefinite:
      let (basis, values) = try directions(shape, &generator)
      return try matrixProduct(basis * values.reshaped(Shape([1, shape[shape.rank - 1]])), basis.matrixTransposed())
    case .separated:
      let (m, n) = (shape[shape.rank - 2], shape[shape.rank - 1])
      let k = min(m, n)
      let left = try directions(shape.replacing(shape.rank - 1, with: m), &generator).basis.slice(shape.rank - 1, from: 0, count: k)
      let (right, values) = try directions(shape.replacing(shape.rank - 2, with: n), &generator)
      let sizes = try values.slice(0, from: 0, count: k).reshaped([1, k])
      return try matrixProduct(left * sizes, right.slice(shape.rank - 1, from: 0, count: k).matrixTransposed())
    case .lowerTriangular:
      let below = try Tensor(generator.normal(shape, .float64)).triangle(lower: true, offset: -1)
      let diagonal = Tensor(try generator.uniform(Shape(shape.dropLast()), .float64))
      return try below + (1 + diagonal).diagonalMatrix()
    }
  }

  // Random orthonormal columns [batch…, n, n], and the sizes 1, 2, … that go with them.
  private func directions(_ shape: Shape, _ generator: inout Generator) throws(TensorError) -> (basis: Tensor, values: Tensor) {
    let basis = try generator.normal(shape, .float64).qrDecomposition().q
    return (Tensor(basis), Tensor(try .sequence(shape[shape.rank - 1], from: 1, by: 1, .float64)))
  }
}
