import CKernels
import Foundation
import Testing

/// Errors in units of the last place: float32 against libm's float64, float64 against libm's 80-bit format where there is one.
@Suite struct ElementaryAccuracyTests {
  /// A function, where it is sampled, and the two references.
  struct Function: CustomStringConvertible, Sendable {
    let op: ebb_op
    let ranges: [ClosedRange<Double>]
    let double: @Sendable (Double) -> Double
    #if arch(x86_64)
      let extended: @Sendable (Float80) -> Float80
    #endif
    var description: String { op.label }
  }

  #if arch(x86_64)
    static let functions: [Function] = [
      Function(op: .exp, ranges: [-104...89, -746...710, -1...1], double: { exp($0) }, extended: { exp($0) }),
      Function(op: .expm1, ranges: [-104...89, -60...710, -1...1, -1e-5...1e-5], double: { expm1($0) }, extended: { expm1($0) }),
      Function(
        op: .log, ranges: [1e-45...1e-38, .leastNonzeroMagnitude ... .leastNormalMagnitude, 0...4, 0.9...1.1, 1...1e38],
        double: { log($0) }, extended: { log($0) }),
      Function(op: .log1p, ranges: [-1...1, -1e-5...1e-5, 1...1e30], double: { log1p($0) }, extended: { log1p($0) }),
      Function(
        op: .sin, ranges: [-4...4, -1e5...1e5, -1e8...1e8, 1e9...1e30, -1e-6...1e-6], double: { sin($0) }, extended: { sin($0) }),
      Function(
        op: .cos, ranges: [-4...4, -1e5...1e5, -1e8...1e8, 1e9...1e30, -1e-6...1e-6], double: { cos($0) }, extended: { cos($0) }),
      Function(
        op: .tan, ranges: [-4...4, -1e5...1e5, -1e8...1e8, 1e9...1e30, -1e-6...1e-6], double: { tan($0) }, extended: { tan($0) }),
      Function(op: .sinh, ranges: [-2...2, -90...90, -711...711], double: { sinh($0) }, extended: { sinh($0) }),
      Function(op: .cosh, ranges: [-2...2, -90...90, -711...711], double: { cosh($0) }, extended: { cosh($0) }),
      Function(op: .tanh, ranges: [-2...2, -25...25, -1e-5...1e-5], double: { tanh($0) }, extended: { tanh($0) }),
      Function(op: .asinh, ranges: [-2...2, -1e4...1e4, 1e15...1e38], double: { asinh($0) }, extended: { asinh($0) }),
      Function(op: .atan, ranges: [-3...3, -1e4...1e4, 1e15...1e38], double: { atan($0) }, extended: { atan($0) }),
      Function(op: .erf, ranges: [-1.1...1.1, -7...7, -1e-6...1e-6], double: { erf($0) }, extended: { erf($0) }),
      Function(
        op: .sigmoid, ranges: [-4...4, -110...40, -745...745],
        double: { $0 > 0 ? 1 / (1 + exp(-$0)) : exp($0) / (1 + exp($0)) },
        extended: { $0 > 0 ? 1 / (1 + exp(-$0)) : exp($0) / (1 + exp($0)) }),
      Function(
        op: .softplus, ranges: [-4...4, -110...40, -745...745],
        double: { max($0, 0) + log1p(exp(-abs($0))) }, extended: { max($0, 0) + log1p(exp(-abs($0))) }),
      Function(op: .sqrt, ranges: [0...4, 1e-45...1e-38, 1...1e38], double: { $0.squareRoot() }, extended: { $0.squareRoot() }),
      Function(op: .rsqrt, ranges: [1e-3...4, 1...1e38], double: { 1 / $0.squareRoot() }, extended: { 1 / $0.squareRoot() }),
    ]

    @Test(arguments: functions) func float64IsWithinFourUlps(of function: Function) {
      var samples = Samples(1)
      for range in function.ranges {
        let x = (0..<20_000).map { _ in Double.random(in: range, using: &samples) }
        let worst = zip(x, apply(function.op, x)).map { x, y in (Self.ulps(y, function.extended(Float80(x))), x) }.max {
          $0.0 < $1.0
        }!
        #expect(worst.0 <= 4, "\(function) of \(worst.1): \(worst.0) ulps")
      }
    }

    @Test(arguments: functions) func float32IsWithinFourUlps(of function: Function) {
      var samples = Samples(2)
      for range in function.ranges where abs(range.upperBound) < 1e38 || abs(range.lowerBound) < 1e38 {
        let x = (0..<20_000).map { _ in Float(Double.random(in: range, using: &samples)) }
        let worst = zip(x, apply(function.op, x)).map { x, y in (Self.ulps(y, function.double(Double(x))), x) }.max { $0.0 < $1.0 }!
        #expect(worst.0 <= 4, "\(function) of \(worst.1): \(worst.0) ulps")
      }
    }

    @Test func powersAreWithinFourUlps() {
      var samples = Samples(3)
      for (bases, exponents) in [
        (0.01...100.0, -20.0...20.0), (0.999...1.001, -1e5...1e5), (1e-300...1e300, -1...1), (0...3, -0.5...3),
      ] {
        let a = (0..<20_000).map { _ in Double.random(in: bases, using: &samples) }
        let b = a.map { _ in Double.random(in: exponents, using: &samples) }
        for (i, y) in apply(.pow, a, b).enumerated() {
          #expect(Self.ulps(y, pow(Float80(a[i]), Float80(b[i]))) <= 4, "pow(\(a[i]), \(b[i]))")
        }
        let f = a.map { Float($0) }
        let g = b.map { Float($0) }
        for (i, y) in apply(.pow, f, g).enumerated() {
          #expect(Self.ulps(y, pow(Double(f[i]), Double(g[i]))) <= 4, "pow(\(f[i]), \(g[i])) in float32")
        }
      }
    }

    /// The distance from `y` to the exact value, in units of the last place that the exact value has in float64. Overflow of either
    /// counts as no error when the other is beyond the largest finite value or equal to it.
    static func ulps(_ y: Double, _ exact: Float80) -> Double {
      if y.isNaN || exact.isNaN { return y.isNaN && exact.isNaN ? 0 : .infinity }
      if y.isInfinite || Double(exact).isInfinite {
        let finite = y.isInfinite ? abs(exact) : Float80(abs(y))
        return (y < 0) == (exact < 0) && finite >= Float80(Double.greatestFiniteMagnitude) ? 0 : .infinity
      }
      return Double(abs(Float80(y) - exact)) / max(Double(abs(exact)), .leastNormalMagnitude).binade / Double.ulpOfOne
    }
  #endif

  static func ulps(_ y: Float, _ exact: Double) -> Double {
    if y.isNaN || exact.isNaN { return y.isNaN && exact.isNaN ? 0 : .infinity }
    if y.isInfinite || Float(exact).isInfinite {
      let finite = y.isInfinite ? abs(exact) : Double(abs(y))
      return (y < 0) == (exact < 0) && finite >= Double(Float.greatestFiniteMagnitude) ? 0 : .infinity
    }
    return abs(Double(y) - exact) / max(abs(exact), Double(Float.leastNormalMagnitude)).binade / Double(Float.ulpOfOne)
  }
}
