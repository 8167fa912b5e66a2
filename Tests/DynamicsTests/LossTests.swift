import Testing

@testable import Autodiff
@testable import Dynamics

/// Values, derivatives and refusals of mse and cross_entropy.
@Suite struct LossTests {
  static let reductions: [(LossReduction, [Double])] = [(.mean, [7.25]), (.sum, [29]), (.none, [0, 4, 9, 16])]

  @Test(arguments: reductions) func meanSquaredErrors(reduction: LossReduction, expected: [Double]) throws {
    let (a, b) = (try Tensor([1, 2, 3, 4], 2, 2), try Tensor([1, 0, 0, 0], 2, 2))
    #expect(try meanSquaredError(a, b, reduction).elements == expected)
  }

  @Test func nothingBroadcastsInAMeanSquaredError() throws {
    let error = #expect(throws: TensorError.self) { try meanSquaredError(.normal(3, 1, seed: 1), .normal(3, seed: 1)) }
    #expect(error?.message == "mse: the prediction has shape [3, 1] and the target [3]; they must be equal")
  }

  @Test func crossEntropyAtZeroLogits() throws {
    let (z, label) = (try Tensor([Double](repeating: 0, count: 10)), try Tensor([4.0]).reshaped([]))
    #expect(abs(try crossEntropy(z, label).element - 2.302585092994045684) < 1e-15)
    let H = try hessian({ (z) throws(TensorError) in try crossEntropy(z, label) }, at: z).elements
    for i in 0..<10 {
      for j in 0..<10 { #expect(abs(H[10 * i + j] - ((i == j ? 1 : 0) - 0.1) / 10) < 1e-16) }
    }
  }

  @Test(arguments: [DType.float32, .float64]) func crossEntropyOfHugeLogits(_ dtype: DType) throws {
    let z = try Tensor([1e4, -1e4, 0, -1e4, 1e4, 0], 2, 3).cast(to: dtype)
    let y = try Tensor([1, 1])
    #expect(try crossEntropy(z, y, .none).elements == [0, 2e4])
    let g = try gradient({ (z) throws(TensorError) in [try crossEntropy(z[0], y, .sum)] }, at: [z])[0]
    #expect(try g.elements == [0, 0, 0, -1, 1, 0])
    // A constant in all logits costs no digits.
    let shifted = try Tensor([1e4, 1e4 + 1]).cast(to: dtype)
    #expect(abs(try crossEntropy(shifted, Tensor([1.0]).reshaped([])).element - 1.313261687518223) < 1e-6)
  }

  @Test func aDistributionIsATargetToo() throws {
    let z = try Tensor.normal(4, 3, seed: 1)
    let labels = try Tensor([1, 3, 2, 2])
    let rows = try Tensor([1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0], 4, 3)
    for reduction in LossReduction.allCases {
      #expect(
        isClose(try crossEntropy(z, rows.cast(to: .int32), reduction).elements, try crossEntropy(z, rows, reduction).elements))
      #expect(isClose(try crossEntropy(z, rows, reduction).elements, try crossEntropy(z, labels, reduction).elements))
    }
  }

  @Test(arguments: [0, 11, 2.5, -1, .nan, .infinity])
  func wrongLabelsAreRefusedWhereverTheirValuesAreKnown(_ wrong: Double) throws {
    let (z, y) = (try Tensor.normal(3, 10, seed: 1), try Tensor([1, wrong, 10]))
    let sentence = "cross_entropy: label \(wrong) at position 2 is not one of 1..10"
    func refused(_ body: () throws -> Void) {
      #expect(#expect(throws: TensorError.self, performing: body)?.message == sentence)
    }
    let loss: TensorFunction = { (x) throws(TensorError) in [try crossEntropy(x[0], x[1])] }
    refused { _ = try loss([z, y]) }
    refused { _ = try gradient({ (x) throws(TensorError) in try loss([x[0], y]) }, at: [z]) }
    refused { _ = try vmap(loss, [z, y], axes: [0, 0]) }
    refused {
      _ = try vmap(
        { (x) throws(TensorError) in try gradient({ (z) throws(TensorError) in try loss([z[0], x[1]]) }, at: [x[0]]) }, [z, y],
        axes: [0, 0])
    }
    let nested: TensorFunction = { (x) throws(TensorError) in try vmap(loss, x, axes: [0, 0]) }
    refused { _ = try vmap(nested, [z.reshaped([1, 3, 10]), y.reshaped([1, 3])], axes: [0, 0]) }
  }
}
