import CKernels
import Testing

/// Signed zeros, infinities, NaN and overflow, in both float precisions.
@Suite struct SpecialValuesTests {
  struct Case: CustomStringConvertible, Sendable {
    let op: ebb_op
    let x: Double
    let y: Double
    var description: String { "\(op.label)(\(x))" }
    init(_ op: ebb_op, _ x: Double, _ y: Double) { (self.op, self.x, self.y) = (op, x, y) }
  }

  static let cases: [Case] = [
    Case(.exp, -.infinity, 0), Case(.exp, .infinity, .infinity), Case(.exp, .nan, .nan), Case(.exp, 0, 1), Case(.exp, -0.0, 1),
    Case(.exp, 1000, .infinity), Case(.exp, -1000, 0),
    Case(.expm1, -.infinity, -1), Case(.expm1, .infinity, .infinity), Case(.expm1, -0.0, -0.0), Case(.expm1, 0, 0),
    Case(.expm1, .nan, .nan),
    Case(.log, 0, -.infinity), Case(.log, -0.0, -.infinity), Case(.log, -1, .nan), Case(.log, .infinity, .infinity),
    Case(.log, 1, 0),
    Case(.log, -.infinity, .nan), Case(.log, .nan, .nan),
    Case(.log1p, -1, -.infinity), Case(.log1p, -2, .nan), Case(.log1p, .infinity, .infinity), Case(.log1p, 0, 0),
    Case(.log1p, -0.0, -0.0),
    Case(.log1p, .nan, .nan),
    Case(.sin, 0, 0), Case(.sin, -0.0, -0.0), Case(.sin, .infinity, .nan), Case(.sin, .nan, .nan),
    Case(.cos, 0, 1), Case(.cos, -0.0, 1), Case(.cos, -.infinity, .nan), Case(.cos, .nan, .nan),
    Case(.tan, 0, 0), Case(.tan, -0.0, -0.0), Case(.tan, .infinity, .nan),
    Case(.sinh, -0.0, -0.0), Case(.sinh, .infinity, .infinity), Case(.sinh, -.infinity, -.infinity), Case(.sinh, 1e4, .infinity),
    Case(.sinh, .nan, .nan),
    Case(.cosh, 0, 1), Case(.cosh, -.infinity, .infinity), Case(.cosh, -1e4, .infinity), Case(.cosh, .nan, .nan),
    Case(.tanh, 0, 0), Case(.tanh, -0.0, -0.0), Case(.tanh, .infinity, 1), Case(.tanh, -.infinity, -1), Case(.tanh, 50, 1),
    Case(.tanh, .nan, .nan),
    Case(.asinh, 0, 0), Case(.asinh, -0.0, -0.0), Case(.asinh, .infinity, .infinity), Case(.asinh, -.infinity, -.infinity),
    Case(.asinh, .nan, .nan),
    Case(.atan, 0, 0), Case(.atan, -0.0, -0.0), Case(.atan, .nan, .nan),
    Case(.erf, 0, 0), Case(.erf, -0.0, -0.0), Case(.erf, .infinity, 1), Case(.erf, -.infinity, -1), Case(.erf, .nan, .nan),
    Case(.sigmoid, .infinity, 1), Case(.sigmoid, -.infinity, 0), Case(.sigmoid, 0, 0.5), Case(.sigmoid, .nan, .nan),
    Case(.softplus, .infinity, .infinity), Case(.softplus, -.infinity, 0), Case(.softplus, .nan, .nan), Case(.softplus, 1000, 1000),
    Case(.sqrt, -0.0, -0.0), Case(.sqrt, -1, .nan), Case(.sqrt, .infinity, .infinity), Case(.rsqrt, 0, .infinity),
    Case(.relu, .nan, .nan), Case(.relu, -3, 0), Case(.relu, .infinity, .infinity),
    Case(.sign, .nan, .nan), Case(.sign, -0.5, -1), Case(.sign, 0, 0), Case(.sign, .infinity, 1),
    Case(.round, 0.5, 0), Case(.round, 1.5, 2), Case(.round, 2.5, 2), Case(.round, -0.5, -0.0), Case(.round, -1.5, -2),
    Case(.round, .infinity, .infinity), Case(.round, .nan, .nan), Case(.round, 8_388_609, 8_388_609),
    Case(.floor, -0.5, -1), Case(.floor, -0.0, -0.0), Case(.floor, 0.999, 0), Case(.floor, -.infinity, -.infinity),
    Case(.ceil, -0.5, -0.0), Case(.ceil, 0.001, 1), Case(.ceil, 2, 2), Case(.ceil, .nan, .nan),
    Case(.abs, -0.0, 0), Case(.abs, -.infinity, .infinity), Case(.neg, 0, -0.0), Case(.reciprocal, -0.0, -.infinity),
    Case(.square, -.infinity, .infinity),
  ]

  /// Each value stands among others, so that it passes through the vector part of the loop, and once alone, through its tail.
  @Test(arguments: cases) func unary(_ c: Case) {
    for count in [1, 67] {
      for (i, y) in apply(c.op, [Double](repeating: c.x, count: count)).enumerated() {
        #expect(same(y, c.y), "\(c): \(y), wanted \(c.y), at \(i)")
      }
      for (i, y) in apply(c.op, [Float](repeating: Float(c.x), count: count)).enumerated() {
        #expect(same(Double(y), c.y), "\(c) in float32: \(y), wanted \(c.y), at \(i)")
      }
    }
  }

  @Test func arcTangentOfInfinityIsAQuarterTurn() {
    #expect(apply(.atan, [Double.infinity, -.infinity]) == [Double.pi / 2, -Double.pi / 2])
    #expect(apply(.atan, [Float.infinity]) == [Float(1.5707964)])
  }

  static let powers: [(Double, Double, Double)] = [
    (0, 0, 1), (.nan, 0, 1), (1, .nan, 1), (1, .infinity, 1), (-1, .infinity, 1), (-1, -.infinity, 1), (.nan, 1, .nan),
    (2, .nan, .nan),
    (0, -1, .infinity), (-0.0, -1, -.infinity), (-0.0, -2, .infinity), (-0.0, 3, -0.0), (-0.0, 2, 0), (0, 3, 0), (-0.0, 0.5, 0),
    (-2, 3, -8), (-2, 4, 16), (-2, -1, -0.5), (-2, 0.5, .nan), (-2, .infinity, .infinity), (-0.5, .infinity, 0),
    (0.5, -.infinity, .infinity),
    (.infinity, 2, .infinity), (.infinity, -1, 0), (-.infinity, 3, -.infinity), (-.infinity, 2, .infinity), (-.infinity, -3, -0.0),
    (-.infinity, 0.5, .infinity), (3, 2, 9), (2, 10, 1024), (4, 0.5, 2), (10, 400, .infinity), (10, -400, 0),
    (-10, 401, -.infinity), (7, 1, 7),
  ]

  @Test func powersFollowC() {
    for (a, b, y) in Self.powers {
      let double = apply(.pow, [a], [b])[0]
      #expect(same(double, y), "pow(\(a), \(b)) = \(double), wanted \(y)")
      let float = Double(apply(.pow, [Float(a)], [Float(b)])[0])
      #expect(same(float, y), "pow(\(a), \(b)) = \(float) in float32, wanted \(y)")
    }
    #expect(apply(.pow, [1.1, -3.3], [2, 2]) == [1.1 * 1.1, 3.3 * 3.3])
  }

  /// Lua's a % b: the sign of the divisor, and exact whatever the size of the quotient.
  @Test func remaindersTakeTheSignOfTheDivisor() {
    let cases: [(Double, Double, Double)] = [
      (5.5, 2, 1.5), (-5.5, 2, 0.5), (5.5, -2, -0.5), (-5.5, -2, -1.5), (6, 3, 0), (-6, 3, -0.0), (1e15, 7, 6), (5, .infinity, 5),
      (-5, .infinity, .infinity), (5, 0, .nan), (.infinity, 2, .nan), (.nan, 2, .nan), (2, .nan, .nan), (0, 3, 0),
    ]
    for (a, b, y) in cases {
      let double = apply(.mod, [a], [b])[0]
      #expect(same(double, y), "\(a) % \(b) = \(double), wanted \(y)")
      guard Double(Float(a)) == a || a.isNaN else { continue }
      let float = Double(apply(.mod, [Float(a)], [Float(b)])[0])
      #expect(same(float, y), "\(a) % \(b) = \(float) in float32, wanted \(y)")
    }
    var samples = Samples(4)
    let a = (0..<4000).map { Double(bitPattern: samples.next() >> 12 | UInt64(1000 + $0 % 90) << 52) }
    let b = a.map { $0.binade * Double.random(in: 1e-17...2, using: &samples) }
    for (i, r) in apply(.mod, a, b).enumerated() {
      #expect(r == a[i].truncatingRemainder(dividingBy: b[i]), "\(a[i]) % \(b[i])")
    }
  }

  @Test func extremesCarryNaN() {
    for (a, b) in [(Double.nan, 1), (1, Double.nan)] {
      #expect(apply(.maximum, [a], [b])[0].isNaN)
      #expect(apply(.minimum, [a], [b])[0].isNaN)
      #expect(apply(.maximum, [Float(a)], [Float(b)])[0].isNaN)
    }
    #expect(apply(.maximum, [-Double.infinity, 2], [1, -3]) == [1, 2])
    #expect(apply(.minimum, [-Double.infinity, 2], [1, -3]) == [-.infinity, -3])
  }

  @Test func comparisonsWithNaNAreFalseButNotEqual() {
    let a: [Double] = [.nan, 1, .nan, 2, -0.0]
    let b: [Double] = [1, .nan, .nan, 2, 0]
    #expect(test(.lt, a, b) == [false, false, false, false, false])
    #expect(test(.ge, a, b) == [false, false, false, true, true])
    #expect(test(.eq, a, b) == [false, false, false, true, true])
    #expect(test(.ne, a, b) == [true, true, true, false, false])
    #expect(test(.isnan, a) == [true, false, true, false, false])
    #expect(test(.isinf, [Float.infinity, -.infinity, 3, .nan]) == [true, true, false, false])
    #expect(test(.isfinite, [Float.infinity, -.infinity, 3, .nan]) == [false, false, true, false])
  }

  @Test func integersWrapAndNeverTrap() {
    let low = Int32.min
    let high = Int32.max
    #expect(apply(.add, [high], [1]) == [low])
    #expect(apply(.mul, [low, 65_536], [-1, 65_536]) == [low, 0])
    #expect(apply(.neg, [low, 5]) == [low, -5])
    #expect(apply(.abs, [low, -5]) == [low, 5])
    #expect(apply(.sign, [low, 0, 9]) == [-1, 0, 1])
    #expect(
      apply(.floordiv, [7, -7, 7, -7, 5, low, low, high], [2, 2, -2, -2, 0, -1, 1, -1]) == [3, -4, -4, 3, 0, low, low, -high])
    #expect(apply(.mod, [7, -7, 7, -7, 5, low, low, high], [2, 2, -2, -2, 0, -1, 3, -2]) == [1, 1, -1, -1, 0, 0, 1, -1])
    var samples = Samples(5)
    let a = (0..<5000).map { _ in Int32(truncatingIfNeeded: samples.next()) }
    let b = a.map { _ in Int32(truncatingIfNeeded: samples.next() >> UInt64.random(in: 32..<63, using: &samples)) | 1 }
    let quotients = apply(.floordiv, a, b)
    let remainders = apply(.mod, a, b)
    for i in a.indices where !(a[i] == low && b[i] == -1) {
      let r = Int64(a[i]) % Int64(b[i])
      let floored = r != 0 && (r < 0) != (b[i] < 0) ? r + Int64(b[i]) : r
      #expect(Int64(remainders[i]) == floored, "\(a[i]) % \(b[i])")
      #expect(Int64(quotients[i]) == (Int64(a[i]) - floored) / Int64(b[i]), "\(a[i]) // \(b[i])")
    }
  }

  /// Equal, sign of zero included; any NaN equals any other.
  private func same(_ a: Double, _ b: Double) -> Bool { a.isNaN && b.isNaN || a == b && a.sign == b.sign }
}
