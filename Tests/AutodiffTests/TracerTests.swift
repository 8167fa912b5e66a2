import Testing

@testable import Autodiff

/// The life of tracers: they belong to one run of one transform, and nothing of them remains.
@Suite struct TracerTests {
  private let square: TensorFunction = { (x) throws(TensorError) in [try (x[0] * x[0]).sum()] }

  // MARK: Escape

  @Test(arguments: ["grad", "jvp", "vmap", "linearize"]) func escapedTracersAreRefused(_ transform: String) throws {
    var escaped: [Tensor] = []
    let f: TensorFunction = { (x) throws(TensorError) in
      escaped = x
      return [try x[0].sum()]
    }
    let x = try Tensor([1, 2])
    switch transform {
    case "grad": _ = try gradient(f, at: [x])
    case "jvp": _ = try jvp(f, [x], [x])
    case "vmap": _ = try vmap(f, [x], axes: [0])
    default: _ = try linearize(f, at: [x])
    }
    let error = #expect(throws: TensorError.self) { _ = try escaped[0] + x }
    #expect(
      error?.message == "add: a value was used after the transform that made it had ended; return it from the function instead")
    // Inside a newer transform it is refused as well.
    #expect(throws: TensorError.self) {
      _ = try gradient({ (x) throws(TensorError) in [try (x[0] * escaped[0]).sum()] }, at: [x])
    }
  }

  @Test func tracersOfAFailedTransformAreRefused() throws {
    var escaped: [Tensor] = []
    #expect(throws: TensorError.self) {
      _ = try gradient(
        { (x) throws(TensorError) in
          escaped = x
          throw .invalid("test", "on purpose")
        }, at: [Tensor(1)])
    }
    #expect(throws: TensorError.self) { _ = try exp(escaped[0]) }
  }

  @Test func aPlanRefusesWatchedValues() throws {
    _ = try vmap(
      { (x) throws(TensorError) in
        let staging = Staging([x[0].spec])
        let graphs = [staging.finish([try staging.argument(0) * x[0] + x[0]]), Staging([]).finish([x[0]])]
        for graph in graphs {
          let error = #expect(throws: TensorError.self) { _ = try Plan(graph) }
          #expect(error?.message.contains("a value from outside that vmap is watching") == true)
        }
        return x
      }, [Tensor([1, 2])], axes: [0])
  }

  // MARK: Values

  @Test func valuesAreKnownUnderDerivatives() throws {
    let f: TensorFunction = { (x) throws(TensorError) in
      [try x[0].numbers(for: "item").double(at: 0) > 0 ? x[0] * x[0] : -x[0]]
    }
    #expect(try gradient(f, at: [Tensor(3)])[0].double() == 6)
    #expect(try gradient(f, at: [Tensor(-3)])[0].double() == -1)
    #expect(try hessian({ (x) throws(TensorError) in try f([x])[0] }, at: Tensor(3)).double() == 2)
  }

  @Test func aValueInsideVmapIsRefusedWithAdvice() throws {
    let item: TensorFunction = { (x) throws(TensorError) in
      _ = try x[0].numbers(for: "item")
      return x
    }
    let sentence =
      "item: the value is not known inside vmap; it differs from lane to lane; use eb.where instead of a branch on it, or return it"
    let x = try Tensor([1, 2])
    let underForward: TensorFunction = { (x) throws(TensorError) in try jvp(item, x, x).outputs }
    let underReverse: TensorFunction = { (x) throws(TensorError) in try gradient(item, at: x) }
    for f in [item, underForward, underReverse] {
      let error = #expect(throws: TensorError.self) { try vmap(f, [x], axes: [0]) }
      #expect(error?.message == sentence)
    }
    // A value that all lanes share is known.
    let shared = try Tensor(5)
    let result = try vmap(
      { (x) throws(TensorError) in [try x[0] + .scalar(shared.numbers(for: "item").double(at: 0), .float64)] }, [x], axes: [0])
    #expect(try result[0].doubles() == [6, 7])
  }

  // MARK: Errors

  /// An error at any depth leaves nothing behind: the same transforms work right after it.
  @Test func errorsLeaveNothingBehind() throws {
    struct Failure: Error {}
    for depth in 0..<4 {
      let fails: TensorFunction = { (x) throws(TensorError) in
        _ = try x[0] * x[0]
        throw .callback(Failure())
      }
      #expect(throws: TensorError.self) { try nested(depth, fails)([Tensor([1, 2])]) }
      let x = try Tensor([1, 2])
      #expect(try gradient(square, at: [x])[0].doubles() == [2, 4])
      #expect(try hessian({ (x) throws(TensorError) in try square([x])[0] }, at: x).doubles() == [2, 0, 0, 2])
      #expect(try vmap({ (x) throws(TensorError) in try gradient(square, at: x) }, [x], axes: [0])[0].doubles() == [2, 4])
    }
  }

  /// A caught error inside the function does not disturb the transform around it.
  @Test func aCaughtErrorInsideIsHarmless() throws {
    let f: TensorFunction = { (x) throws(TensorError) in
      do throws(TensorError) {
        _ = try gradient({ (y) throws(TensorError) in [try matrixProduct(y[0], x[0])] }, at: x)
      } catch {}
      return [try (x[0] * x[0]).sum()]
    }
    #expect(try gradient(f, at: [Tensor([1, 2, 3], [1, 3])])[0].doubles() == [2, 4, 6])
  }

  private func nested(_ depth: Int, _ f: @escaping TensorFunction) -> TensorFunction {
    switch depth {
    case 0: f
    case 1: { (x) throws(TensorError) in try gradient(f, at: x) }
    case 2: { (x) throws(TensorError) in try jvp(nested(1, f), x, x).outputs }
    default: { (x) throws(TensorError) in try vmap(nested(2, f), x, axes: [0]) }
    }
  }

  @Test func misuseIsExplained() throws {
    let x = try Tensor([1, 2, 3])
    func message(_ body: () throws(TensorError) -> [Tensor]) -> String {
      do throws(TensorError) {
        _ = try body()
        return "nothing was refused"
      } catch { return error.message }
    }
    let identity: TensorFunction = { (x) throws(TensorError) in x }
    #expect(
      message { () throws(TensorError) in try gradient(identity, at: [x]) }
        == "grad: the function must return a scalar, got float64[3] (use :sum() or :mean(), or eb.jacobian)")
    #expect(
      message { () throws(TensorError) in try vmap(identity, [x], axes: [nil]) }
        == "vmap: no argument is mapped; give at least one a dimension")
    #expect(
      message { () throws(TensorError) in try vmap(identity, [x], axes: [1]) }
        == "vmap: dimension 2 does not exist in an argument of shape [3]")
    #expect(
      message { () throws(TensorError) in try vmap(identity, [x, .scalar(1, .float64).reshaped([1])], axes: [0, 0]) }
        == "vmap: mapped sizes differ: 3 and 1; all must be equal")
    #expect(
      message { () throws(TensorError) in try jvp(identity, [x], [.scalar(1, .float64)]).outputs }
        == "jvp: a tangent has the shape and dtype of its argument: expected float64[3], got float64[]")
  }

  /// What one lane would be refused, all lanes are: the lanes do not serve as the missing dimension.
  @Test func lanesAreNoDimensionOfTheirOperand() throws {
    let square = try Tensor([2, 0, 0, 2], [2, 2])
    #expect(throws: TensorError.self) {
      try vmap({ (x) throws(TensorError) in [try cholesky(x[0])] }, [square], axes: [0])
    }
    #expect(throws: TensorError.self) {
      try vmap({ (x) throws(TensorError) in try bind(Sort(descending: false), x) }, [Tensor([3, 1, 2])], axes: [0])
    }
  }

  /// Lanes count among the 8 dimensions: one more is an error, not a crash.
  @Test func tooManyDimensionsAreRefused() throws {
    let full = Shape([Int](repeating: 1, count: 8))
    let x = try Tensor([1, 2])
    let error = #expect(throws: TensorError.self) {
      try vmap({ (x) throws(TensorError) in [try x[0].reshaped(full)] }, [x], axes: [0])
    }
    #expect(
      error?.message
        == "reshape: the result [1, 1, 1, 1, 1, 1, 1, 1] has no room for the lanes of vmap; at most 8 dimensions are possible")
    let constant = try Tensor([1], full)
    #expect(throws: TensorError.self) { try vmap({ (x) throws(TensorError) in [constant] }, [x], axes: [0]) }
  }

  // MARK: Perturbation confusion

  /// d/dx (x · d/dy (x + y)) = 1 (Siskind & Pearlmutter 2005), in each mixture of modes; confusing the two changes gives 2.
  @Test(arguments: ["FF", "FR", "RF", "RR"]) func nestedDerivativesKeepTheirVariablesApart(_ modes: String) throws {
    func derivative(_ mode: Character?, _ f: @escaping (Tensor) throws(TensorError) -> Tensor, at x: Tensor) throws(TensorError)
      -> Tensor
    {
      let list: TensorFunction = { (x) throws(TensorError) in [try f(x[0])] }
      if mode == "R" { return try gradient(list, at: [x])[0] }
      let (outputs, tangents) = try jvp(list, [x], [.one(like: x)])
      if let tangent = tangents[0] { return tangent }
      return try .zero(like: outputs[0])
    }
    let sum = try derivative(
      modes.first,
      { (x) throws(TensorError) in
        try x * derivative(modes.last, { (y) throws(TensorError) in try x + y }, at: .scalar(2, .float64))
      }, at: Tensor(3))
    #expect(try sum.double() == 1)
    let product = try derivative(
      modes.first,
      { (x) throws(TensorError) in
        try x * derivative(modes.last, { (y) throws(TensorError) in try x * y * y }, at: .scalar(2, .float64))
      }, at: Tensor(3))
    // x · 2 x y at y = 2 is 4 x².
    #expect(try product.double() == 24)
    // The inner point moves with the outer variable: x · d/dy (y³) at y = x is 3 x³.
    let moving = try derivative(
      modes.first,
      { (x) throws(TensorError) in try x * derivative(modes.last, { (y) throws(TensorError) in try y * y * y }, at: x) },
      at: Tensor(2))
    #expect(try moving.double() == 36)
  }

  @Test func outerVariablesReachIntoLanes() throws {
    // d/dx Σᵢ (x · aᵢ)² = 2 x Σ aᵢ², x being captured by the mapped function.
    let a = try Tensor([1, 2, 3])
    let g = try gradient(
      { (x) throws(TensorError) in
        [try vmap({ (a) throws(TensorError) in [try Autodiff.square(x[0] * a[0])] }, [a], axes: [0])[0].sum()]
      }, at: [Tensor(0.5)])
    #expect(try g[0].double() == 14)
  }
}
