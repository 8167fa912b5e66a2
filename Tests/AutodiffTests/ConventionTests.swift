import Testing

@testable import Autodiff

/// What derivatives are where mathematics leaves a choice, and where the chain rule itself sets a trap.
@Suite struct ConventionTests {
  // The derivative of a sum over f's elements, at these numbers.
  private func slopes(_ f: @escaping (Tensor) throws(TensorError) -> Tensor, _ x: [Double]) throws -> [Double] {
    try gradient({ (x) throws(TensorError) in [try f(x[0]).sum()] }, at: [Tensor(x)])[0].doubles()
  }

  @Test func kinksOfOneOperand() throws {
    #expect(try slopes(abs, [-2, 0, 3]) == [-1, 0, 1])
    #expect(try slopes(relu, [-2, 0, 3]) == [0, 0, 1])
    for code in [PointwiseCode.sign, .floor, .ceil, .round] {
      #expect(try slopes({ (x) throws(TensorError) in try bind(code, x) }, [-0.5, 0, 1, 1.7]) == [0, 0, 0, 0], "\(code.name)")
    }
  }

  @Test(arguments: [PointwiseCode.maximum, .minimum]) func tiesAreSharedHalfAndHalf(_ code: PointwiseCode) throws {
    let f: TensorFunction = { (x) throws(TensorError) in [try bind(code, x[0], x[1]).sum()] }
    let g = try gradient(f, at: [Tensor([1, 2, 3]), Tensor([1, 1, 4])]).map { try $0.doubles() }
    #expect(g[0] == (code == .maximum ? [0.5, 1, 0] : [0.5, 0, 1]))
    #expect(g[1] == (code == .maximum ? [0.5, 0, 1] : [0.5, 1, 0]))
  }

  @Test func extremesShareEqually() throws {
    #expect(
      try slopes({ (x) throws(TensorError) in try x.extremum(largest: true, [0]) }, [3, 1, 3, 3]) == [1 / 3.0, 0, 1 / 3.0, 1 / 3.0])
    #expect(try slopes({ (x) throws(TensorError) in try x.extremum(largest: false, [0]) }, [3, 1, 3, 1]) == [0, 0.5, 0, 0.5])
  }

  @Test func sortingTiesIsStable() throws {
    let weights = try Tensor([1, 2, 3])
    let f = { (x: Tensor) throws(TensorError) in try weights * x.sorted(0, descending: false).values }
    #expect(try slopes(f, [5, 1, 1]) == [3, 1, 2])
  }

  /// ‖x‖ has no slope at 0; 0 is the subgradient of least norm, and it keeps weight penalties usable at initialisation.
  @Test(arguments: [2.0, 3, 1.5]) func theGradientOfANormAtZeroIsZero(_ p: Double) throws {
    #expect(try slopes({ (x) throws(TensorError) in try x.norm(p, [0]) }, [0, 0]) == [0, 0])
    let one = try slopes({ (x) throws(TensorError) in try x.norm(p, [0]) }, [0, -2])
    #expect(one[0] == 0 && Swift.abs(one[1] + 1) < 1e-15)
  }

  /// dᵏ/dxᵏ xⁿ at 0 is n! for k = n and 0 otherwise, with nothing like 0 · ∞ on the way.
  @Test(arguments: 0...4) func powersAtZero(_ n: Int) throws {
    var f: TensorFunction = { (x) throws(TensorError) in [try power(x[0], .scalar(Double(n), .float64))] }
    var factorial = 1.0
    for order in 1...5 {
      let inner = f
      f = { (x) throws(TensorError) in try gradient(inner, at: x) }
      factorial *= Double(order)
      #expect(try f([Tensor(0)])[0].double() == (order == n ? factorial : 0), "order \(order)")
    }
  }

  /// 0^b = 0 does not move with b > 0.
  @Test func zeroToAPower() throws {
    let f: TensorFunction = { (b) throws(TensorError) in [try power(.scalar(0, .float64), b[0])] }
    #expect(try gradient(f, at: [Tensor(2)])[0].double() == 0)
  }

  @Test func productsWithZeros() throws {
    let f = { (x: Tensor) throws(TensorError) in try x.product([0]) }
    #expect(try slopes(f, [2, 0, 3]) == [0, 6, 0])
    #expect(try slopes(f, [0, 0, 3]) == [0, 0, 0])
    let h = try hessian(f, at: Tensor([0, 0, 3])).doubles()
    #expect(h == [0, 3, 0, 3, 0, 0, 0, 0, 0])
  }

  /// A branch that is not taken has the weight 0, and 0 · ∞ is not a number: `where` alone does not guard √ at 0. The operand has
  /// to be guarded as well.
  @Test func selectDoesNotHideAnInfiniteSlope() throws {
    let bare = { (x: Tensor) throws(TensorError) in
      try select(greater(x, .zero(like: x)), sqrt(x), .zero(like: x))
    }
    let guarded = { (x: Tensor) throws(TensorError) in
      let isPositive = try greater(x, .zero(like: x))
      return try select(isPositive, sqrt(select(isPositive, x, .one(like: x))), .zero(like: x))
    }
    #expect(try slopes(bare, [0, 4])[0].isNaN)
    #expect(try slopes(guarded, [0, 4]) == [0, 0.25])
  }

  @Test func saturatedFunctionsKeepTheirSlopes() throws {
    // 4 / (eˣ + e⁻ˣ)², which 1 − tanh² rounds to 0.
    #expect(Swift.abs(try slopes(tanh, [20])[0] / 1.6993417021166355e-17 - 1) < 1e-14)
    // σ' = e⁻ˣ / (1 + e⁻ˣ)².
    #expect(Swift.abs(try slopes(sigmoid, [40])[0] / 4.248354255291589e-18 - 1) < 1e-14)
    #expect(try slopes(softplus, [800, -800]) == [1, 0])
  }

  @Test func softmaxOfExtremeNumbers() throws {
    let x = try Tensor([1000, -.infinity, 1000])
    for (value, exact) in zip(try x.softmax(0).doubles(), [0.5, 0, 0.5]) { #expect(Swift.abs(value - exact) < 2e-16) }
    let large = try Tensor([1000, 1000.5]).logSoftmax(0)
    #expect(try distance(large, Tensor([0, 0.5]).logSoftmax(0)) < 1e-15, "a constant shift changes nothing")
    #expect(try Tensor([-.infinity, -.infinity]).logSumExp([0]).double() == -.infinity)
    let slopes = try slopes({ (x) throws(TensorError) in try x.logSumExp([0]) }, [1000, 0, 1000])
    #expect(slopes == [0.5, 0, 0.5])
  }

  @Test func nothingFlowsThroughWholeNumbersOrStops() throws {
    #expect(try slopes({ (x) throws(TensorError) in try x.cast(to: .int32).cast(to: .float64) * x }, [2.5]) == [2])
    #expect(try slopes({ (x) throws(TensorError) in try stopGradient(x) * x }, [3]) == [3])
    let f: TensorFunction = { (x) throws(TensorError) in [try x[0].sum()] }
    let g = try gradient(f, at: [Tensor([1, 2]), Tensor(try NDArray([Int32(1)], shape: [1]))])
    #expect(g[1].spec == Spec([1], .int32))
    #expect(try g[1].doubles() == [0])
  }
}
