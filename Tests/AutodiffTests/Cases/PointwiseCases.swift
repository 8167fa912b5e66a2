@testable import Autodiff

/// The element-wise operations, one entry for each code of the kernels' list: the switch does not compile when one is missing.
extension Case {
  static let pointwise: [Case] = PointwiseCode.all.flatMap(entries) + powers

  // Exponents at which a term of the derivative vanishes, and negative bases, where only whole exponents are possible.
  private static let powers: [Case] = [
    entries("pow with whole exponents", [.awayFromZero, .integers(0...3)], [[[6], [6]], [[2], [3, 1]]]) { x in
      [try power(x[0], x[1].cast(to: x[0].dtype))]
    },
    entries("pow at exponent 0", [.uniform(0.5...2), .uniform(0...0)], [[[2], [2]]]) { x in [try power(x[0], x[1])] },
    entries("pow at exponent 1", [.uniform(0.5...2), .uniform(1...1)], [[[2], [2]]]) { x in [try power(x[0], x[1])] },
  ].flatMap { $0 }

  private static func entries(_ code: PointwiseCode) -> [Case] {
    let domains = domains(of: code)
    let shapes: [[Shape]] =
      switch domains.count {
      case 1: [[[2, 3]], [.scalar], [[0]], [[1]], [[3, 0, 2]]]
      case 2: [[[2, 3], [2, 3]], [.scalar, .scalar], [[0, 3], [3]], [[2, 3], [3]], [[2, 1], [1, 3]], [.scalar, [2]]]
      default:
        [
          [[2, 3], [2, 3], [2, 3]], [.scalar, .scalar, .scalar], [[0], .scalar, [1]], [[2, 1], [3], .scalar],
          [.scalar, [2], [2]], [[3], [2, 1], [2, 3]],
        ]
      }
    return entries(
      code.name, domains, shapes, linear: linear(code), isDifferentiable: isDifferentiable(code)
    ) { x in try bind(Pointwise(code), x) }
  }

  private static func domains(of code: PointwiseCode) -> [Domain] {
    switch code {
    case .neg, .square, .exp, .expm1, .sin, .cos, .sinh, .cosh, .tanh, .asinh, .atan, .sigmoid, .softplus, .erf: [.normal]
    case .abs, .sign, .reciprocal, .relu: [.awayFromZero]
    case .sqrt, .rsqrt, .log: [.uniform(0.5...2)]
    case .log1p: [.uniform(-0.5...2)]
    case .tan: [.uniform(-1...1)]
    case .floor, .ceil: [.uniform(0.1...0.9)]
    case .round: [.uniform(-0.4...0.4)]
    case .add, .sub, .mul: [.normal, .normal]
    case .div: [.normal, .awayFromZero]
    case .pow: [.uniform(0.5...2), .normal]
    case .mod, .floordiv: [.uniform(2.2...2.8), .uniform(0.9...1.05)]
    case .maximum, .minimum: [.uniform(-1 ... -0.2), .uniform(0.2...1)]
    case .lt, .le, .gt, .ge, .eq, .ne: [.normal, .normal]
    case .isnan, .isinf, .isfinite: [.normal]
    case .not: [.flags]
    case .and, .or, .xor: [.flags, .flags]
    case .select: [.flags, .normal, .normal]
    }
  }

  private static func linear(_ code: PointwiseCode) -> [[Int]] {
    switch code {
    case .neg: [[0]]
    case .add, .sub: [[0, 1]]
    case .mul: [[0], [1]]
    case .div: [[0]]
    case .select: [[1, 2]]
    default: []
    }
  }

  private static func isDifferentiable(_ code: PointwiseCode) -> Bool {
    switch code {
    case .lt, .le, .gt, .ge, .eq, .ne, .isnan, .isinf, .isfinite, .not, .and, .or, .xor: false
    default: true
    }
  }
}
