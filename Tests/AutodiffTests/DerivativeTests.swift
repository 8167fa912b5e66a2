import Testing

@testable import Autodiff

/// Gradients, Jacobians and Hessians against closed forms, and the checker that users have.
@Suite struct DerivativeTests {
  private func normal(_ shape: Shape, _ seed: UInt64) throws -> Tensor {
    var generator = Generator(seed: seed)
    return Tensor(try generator.normal(shape, .float64))
  }

  /// f(x) = ½ xᵀ A x + bᵀ x: ∇f = ½ (A + Aᵀ) x + b, ∇²f = ½ (A + Aᵀ).
  @Test func quadraticForm() throws {
    let (a, b, x, v) = (try normal([4, 4], 1), try normal([4], 2), try normal([4], 3), try normal([4], 4))
    let f = { (x: Tensor) throws(TensorError) in try 0.5 * matrixProduct(x, matrixProduct(a, x)) + matrixProduct(b, x) }
    let symmetric = try 0.5 * (a + a.matrixTransposed())
    let list: TensorFunction = { (x) throws(TensorError) in [try f(x[0])] }
    let (value, gradients, others) = try valueAndGradient(list, at: [x])
    #expect(try distance(value, f(x)) == 0 && others.isEmpty)
    #expect(try distance(gradients[0], matrixProduct(symmetric, x) + b) < 1e-14)
    #expect(try distance(hessian(f, at: x), symmetric) < 1e-14)
    #expect(try distance(hessianProduct(list, at: [x], [v])[0], matrixProduct(symmetric, v)) < 1e-14)
  }

  /// ‖X w − y‖²/2n has the Hessian XᵀX/n.
  @Test func linearRegression() throws {
    let (x, y, w) = (try normal([6, 3], 5), try normal([6], 6), try normal([3], 7))
    let loss = { (w: Tensor) throws(TensorError) in try 0.5 * square(matrixProduct(x, w) - y).mean([0]) }
    let expected = try matrixProduct(x.matrixTransposed(), x) / 6
    #expect(try distance(hessian(loss, at: w), expected) < 1e-14)
    let residual = try matrixProduct(x, w) - y
    let gradient = try gradient({ (w) throws(TensorError) in [try loss(w[0])] }, at: [w])[0]
    #expect(try distance(gradient, matrixProduct(x.matrixTransposed(), residual) / 6) < 1e-14)
  }

  /// Cross entropy at zero logits of ten classes: ∇ = 1/10 − e_c, ∇² = (I − J/10)/10.
  @Test func crossEntropyAtZeroLogits() throws {
    let zero = try Tensor([Double](repeating: 0, count: 10))
    let loss = { (z: Tensor) throws(TensorError) in try -z.logSoftmax(0).selecting(3, axis: 0) }
    let slopes = try gradient({ (z) throws(TensorError) in [try loss(z[0])] }, at: [zero])[0]
    #expect(try distance(slopes, Tensor((0..<10).map { $0 == 3 ? -0.9 : 0.1 })) < 1e-15)
    let h = try hessian(loss, at: zero).doubles()
    for i in 0..<10 {
      for j in 0..<10 { #expect(Swift.abs(h[10 * i + j] - ((i == j ? 1 : 0) - 0.1) / 10) < 1e-16) }
    }
  }

  /// A wide, a tall and a square Jacobian: pushed columns and pulled rows give the same matrix.
  @Test(arguments: [[3, 2], [2, 5], [3, 3]]) func jacobians(_ sizes: [Int]) throws {
    let (m, n) = (sizes[0], sizes[1])
    let (a, x) = (try normal([m, n], 8), try normal([n], 9))
    let f = { (x: Tensor) throws(TensorError) in try sin(matrixProduct(a, x)) }
    let expected = try cos(matrixProduct(a, x)).reshaped([m, 1]) * a
    #expect(try distance(jacobian(f, at: x), expected) < 1e-14)
  }

  @Test func jacobiansKeepTheShapesOfBothSides() throws {
    let x = try normal([2, 3], 10)
    let j = try jacobian({ (x) throws(TensorError) in try 2 * x.matrixTransposed() }, at: x)
    #expect(j.shape == [3, 2, 2, 3])
    for (position, value) in try j.doubles().enumerated() {
      let (i, k, p, q) = (position / 12, position / 6 % 2, position / 3 % 2, position % 3)
      #expect(value == (i == q && k == p ? 2 : 0))
    }
    #expect(try jacobian({ (x) throws(TensorError) in try x.sum() }, at: x).shape == [2, 3])
  }

  /// A linearized gradient is applied again and again without evaluating the function: as many calls as products would need.
  @Test func aLinearizedGradientIsTheHessian() throws {
    var calls = 0
    let x = try normal([3], 11)
    let f: TensorFunction = { (x) throws(TensorError) in
      calls += 1
      return [try exp(x[0]).sum()]
    }
    let hessian = try linearize({ (x) throws(TensorError) in try gradient(f, at: x) }, at: [x])
    for seed in 20..<24 as Range<UInt64> {
      let v = try normal([3], seed)
      #expect(try distance(hessian.push([v])[0], exp(x) * v) < 1e-15)
    }
    let basis = try Tensor.identity(3, .float64)
    let rows = try vmap({ (v) throws(TensorError) in try hessian.push(v) }, [basis], axes: [0])[0]
    #expect(try distance(rows, exp(x).diagonalMatrix()) < 1e-15)
    #expect(calls == 1)
  }

  // MARK: checkGradient

  @Test func rightRulesPassTheCheck() throws {
    let x = try normal([3, 2], 12)
    #expect(try checkGradient({ (x) throws(TensorError) in [try tanh(x[0]).logSoftmax(1)] }, at: [x]) < 1e-7)
    // float32 operands and operands that do not move.
    let index = Tensor(try NDArray([Int32(1), 0], shape: [2]))
    let f: TensorFunction = { (x) throws(TensorError) in [try exp(x[0]).gathered(x[1], axis: 0)] }
    #expect(try checkGradient(f, at: [x.cast(to: .float32), index]) < 1e-7)
  }

  @Test(arguments: WrongRule.Fault.allCases) func wrongRulesFailTheCheck(_ fault: WrongRule.Fault) throws {
    let x = try normal([4], 13)
    let f: TensorFunction = { (x) throws(TensorError) in try bind(WrongRule(fault: fault), [x[0]]) }
    #expect(try checkGradient(f, at: [x]) > 1e-3)
  }
}

/// sin x or 2x with a fault in one rule.
struct WrongRule: Primitive {
  enum Fault: CaseIterable, Sendable { case forward, reverse, second }
  let fault: Fault
  var name: String { "wrong" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] { x }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    fault == .reverse ? [try .pointwise(.add, x[0], x[0])] : [try .pointwise(.sin, x[0])]
  }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let dx = dx[0] else { return [nil] }
    switch fault {
    case .forward: return [try 1.01 * cos(x[0]) * dx]
    case .reverse: return try bind(self, [dx])
    case .second: return [try stopGradient(cos(x[0])) * dx]
    }
  }
  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] { ct }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] { try bind(self, x) }
}
