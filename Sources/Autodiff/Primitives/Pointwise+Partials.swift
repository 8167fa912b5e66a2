/// The formula sheet: the partial derivative of every pointwise operation.
///
/// `a` and `b` are the operands, `y` is the result. Forms are chosen for accuracy: none cancels where the function saturates. At kinks the
/// conventions are JAX's: abs'(0) = sign(0) = 0, relu'(0) = 0, and maximum and minimum share a tie half and half.
enum Partial {
  case zero
  case one
  case minusOne
  /// The tangent times this factor.
  case times(Tensor)
  /// The tangent divided by this.
  case over(Tensor)
  /// The tangent where this is true, else 0.
  case only(Tensor)

  /// The tangent after this derivative; nil for zero.
  func applied(to tangent: Tensor) throws(TensorError) -> Tensor? {
    switch self {
    case .zero: nil
    case .one: tangent
    case .minusOne: try -tangent
    case .times(let factor): try tangent * factor
    case .over(let divisor): try tangent / divisor
    case .only(let condition): try Autodiff.select(condition, tangent, .zero(like: tangent))
    }
  }
}

extension Partial {
  /// The derivative of `y = code(a, b)` with respect to operand `i`, or of `code(a)`, where b is not read.
  static func of(_ code: PointwiseCode, _ i: Int, _ a: Tensor, _ b: Tensor, _ y: Tensor) throws(TensorError) -> Partial {
    switch code {
    case .neg: return .minusOne
    case .abs: return .times(try sign(a))
    case .sign, .floor, .ceil, .round: return .zero
    case .square: return .times(try 2 * a)
    case .reciprocal: return .times(try -square(y))
    case .sqrt: return .over(try 2 * y)
    case .rsqrt: return .times(try -0.5 * y / a)
    case .exp: return .times(y)
    case .expm1: return .times(try exp(a))
    case .log: return .over(a)
    case .log1p: return .over(try 1 + a)
    case .sin: return .times(try cos(a))
    case .cos: return .times(try -sin(a))
    case .tan: return .times(try 1 + square(y))
    case .sinh: return .times(try cosh(a))
    case .cosh: return .times(try sinh(a))
    case .tanh: return .times(try 4 * (sigmoid(2 * a) * sigmoid(-2 * a)))
    case .asinh: return .times(try rsqrt(1 + square(a)))
    case .atan: return .over(try 1 + square(a))
    case .sigmoid: return .times(try y * sigmoid(-a))
    case .softplus: return .times(try sigmoid(a))
    case .erf: return .times(try 1.1283791670955126 * exp(-square(a)))
    case .relu: return .only(try greater(a, .zero(like: a)))

    case .add: return .one
    case .sub: return i == 0 ? .one : .minusOne
    case .mul: return .times(i == 0 ? b : a)
    case .div: return i == 0 ? .over(b) : .times(try -y / b)
    case .pow: return .times(i == 0 ? try powerSlope(a, b) : try logWhereDefined(a) * y)
    case .mod: return i == 0 ? .one : .times(try -floor(a / b))
    case .floordiv: return .zero
    case .maximum: return .times(try i == 0 ? share(of: a, over: b) : share(of: b, over: a))
    case .minimum: return .times(try i == 0 ? share(of: b, over: a) : share(of: a, over: b))

    case .lt, .le, .gt, .ge, .eq, .ne, .isnan, .isinf, .isfinite, .not, .and, .or, .xor: return .zero
    case .select: throw .noRule(code.name, "is differentiated as a whole")
    }
  }

  // b a^(b−1), without the 0 · ∞ of a = b = 0. Elsewhere b = 0 is no exception: the slope is zero there but changes with b.
  private static func powerSlope(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
    let isFlat = try and(equal(a, .zero(like: a)), equal(b, .zero(like: b)))
    let exponent = try Autodiff.select(isFlat, .one(like: b), b - 1)
    return try b * power(a, exponent)
  }

  // log a, and 0 at a = 0, where a^b = 0 and its slope in b is 0 as well.
  private static func logWhereDefined(_ a: Tensor) throws(TensorError) -> Tensor {
    try log(Autodiff.select(equal(a, .zero(like: a)), .one(like: a), a))
  }

  // 1 where a wins, 0 where b wins, 1/2 at a tie.
  private static func share(of a: Tensor, over b: Tensor) throws(TensorError) -> Tensor {
    try 0.5 * (greater(a, b).cast(to: a.dtype) + greaterOrEqual(a, b).cast(to: a.dtype))
  }
}
