import Testing

@testable import Autodiff

/// One function through many operations, differentiated and mapped in every order.
@Suite struct CompositionTests {
  /// Forward (F), reverse (R) and one vmap (V) in every order of up to three derivatives: the derivative of lanes is the lanes of
  /// the derivative.
  @Test(arguments: 1...3) func everyOrderOfTransformsAgrees(_ order: Int) throws {
    let points = [0.3, -0.2, 0.75]
    let t = try Tensor(points)
    let expected = try points.map { try apply("F", order, to: function)([Tensor($0)])[0].double() }
    for bits in 0..<(1 << order) {
      let word = (0..<order).map { bits >> $0 & 1 == 1 ? "R" : "F" }
      for position in 0...order {
        var steps = word
        steps.insert("V", at: position)
        let result = try steps.reversed().reduce(function) { apply($1, 1, to: $0) }([t])[0].doubles()
        for (a, b) in zip(result, expected) {
          #expect(Swift.abs(a - b) <= 1e-11 * max(1, Swift.abs(b)), "\(steps.joined()): \(result), not \(expected)")
        }
      }
    }
  }

  /// Two vmaps around and between the derivatives.
  @Test(arguments: ["VVRF", "VRVF", "RVFV", "FVVR", "VFRV", "RFVV"]) func nestedLanesAgree(_ word: String) throws {
    let points = [0.3, -0.2, 0.75, 0.1, 0.6, -0.4]
    let expected = try points.map { try apply("F", 2, to: function)([Tensor($0)])[0].double() }
    let f = word.reversed().reduce(function) { apply(String($1), 1, to: $0) }
    let result = try f([Tensor(points, [2, 3])])[0].doubles()
    for (a, b) in zip(result, expected) { #expect(Swift.abs(a - b) <= 1e-11 * max(1, Swift.abs(b)), "\(result), not \(expected)") }
  }

  /// The derivative is right as well as consistent.
  @Test func theDerivativeIsRight() throws {
    #expect(try checkGradient(function, at: [Tensor(0.3)]) < 1e-7)
  }

  // A transform of functions that act on each element of their operand by itself.
  private func apply(_ step: String, _ count: Int, to f: @escaping TensorFunction) -> TensorFunction {
    guard count > 0 else { return f }
    let g: TensorFunction =
      switch step {
      case "V": { (t) throws(TensorError) in try vmap(f, t, axes: [0]) }
      case "R":
        { (t) throws(TensorError) in
          try gradient({ (t) throws(TensorError) in [try f(t)[0].sum()] }, at: t)
        }
      default:
        { (t) throws(TensorError) in
          let ones = try Tensor.full(t[0].shape, 1, t[0].dtype)
          return [try jvp(f, t, [ones]).tangents[0].moving()]
        }
      }
    return apply(step, count - 1, to: g)
  }

  // [t] ↦ [a scalar], through operations of every family.
  private var function: TensorFunction {
    { (operands) throws(TensorError) in
      let t = operands[0]
      let weights = try Tensor([0.5, -1.1, 0.3, 0.9, 0.2, -0.7, -0.4, 1.3, 0.8, 0.1, -0.6, 1.2], [4, 3])
      let x = try Tensor([0.2, -0.5, 1.1]) + t * Tensor([1, 0.4, -0.7])
      let h = try tanh(matrixProduct(weights, x))
      let p = try h.softmax(0)
      let sums = try p.sorted(0, descending: true).values.cumulativeSum(0)
      let index = Tensor(try NDArray([Int32(0), 2, 2, 1], shape: [4]))
      let picked = try sums.gathered(index, axis: 0)
      let bent = try select(greater(picked, Tensor(0.6)), square(picked), sin(3 * picked))
      let top = try h.extremum(largest: true, [0])
      let back = try concatenate([bent, top.reshaped([1])], axis: 0).flipped([0]).slice(0, from: 0, count: 4)
      return [try back.norm(2, [0]) * h.logSumExp([0]) + top * exp(t) - power(x * x + 1, t).product([0])]
    }
  }
}

extension Tensor {
  static func full(_ shape: Shape, _ value: Double, _ dtype: DType) throws(TensorError) -> Tensor {
    Tensor(try NDArray.full(shape, value, dtype))
  }
}

extension Optional where Wrapped == Tensor {
  /// The tensor; a test function whose result does not move is a fault of the test.
  func moving() throws(TensorError) -> Tensor {
    guard let tensor = self else { throw .invalid("test", "the result does not move") }
    return tensor
  }
}
