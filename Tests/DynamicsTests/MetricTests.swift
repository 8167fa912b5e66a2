import Testing

@testable import Autodiff
@testable import Dynamics

/// Metrics against counts by hand.
@Suite struct MetricTests {
  @Test func accuracyCountsTheFirstOfEqualLogits() throws {
    let z = try Tensor([1, 5, 2, 3, 1, 2, 0, 0, 9, 4, 4, 1], 4, 3)
    #expect(try accuracy(z, Tensor([2, 1, 1, 1])) == 0.75)
    #expect(try accuracy(z, Tensor([2, 1, 3, 2])) == 0.75)
    #expect(try accuracy(z.slice(0, from: 0, count: 3), Tensor([2, 1, 1])) == 2.0 / 3)
    #expect(throws: TensorError.self) { try accuracy(z, Tensor([2, 1, 3])) }
    #expect(throws: TensorError.self) { try accuracy(z, Tensor([2, 1, 3, 4])) }
  }

  /// Against the position of the label in the row sorted by hand.
  @Test func topAccuracyCountsThePlacesBefore() throws {
    let z = try Tensor.normal(40, 6, seed: 1)
    let y = try (0..<40).map { Double($0 % 6 + 1) }
    let rows = try z.elements
    for k in 1...6 {
      let hits = (0..<40).count { i in
        let row = Array(rows[(6 * i)..<(6 * i + 6)])
        return row.count { $0 > row[Int(y[i]) - 1] } < k
      }
      #expect(try topAccuracy(z, Tensor(y), k) == Double(hits) / 40)
    }
    #expect(try topAccuracy(z, Tensor(y), 1) == accuracy(z, Tensor(y)))
    // Of equal ones the first count; a NaN is never right, and its place is before all others.
    let ties = try Tensor([1, 1, 1, .nan, 2, 1], 2, 3)
    #expect(try topAccuracy(ties, Tensor([2, 2]), 1) == 0)
    #expect(try topAccuracy(ties, Tensor([2, 2]), 2) == 1)
    #expect(try topAccuracy(ties, Tensor([3, 1]), 3) == 0.5)
    #expect(throws: TensorError.self) { try topAccuracy(ties, Tensor([1, 1]), 4) }
    #expect(throws: TensorError.self) { try topAccuracy(ties, Tensor([1, 1]), 0) }
  }

  @Test func confusionHasTrueRows() throws {
    let z = try Tensor([3, 1, 0, 0, 5, 1, 0, 2, 1, 1, 1, 2, 4, 4, 1], 5, 3)
    let counts = try confusionMatrix(z, Tensor([1, 2, 1, 3, 3]))
    #expect(counts.dtype == .int32)
    #expect(try counts.elements == [1, 1, 0, 0, 1, 0, 1, 0, 1])
    #expect(throws: TensorError.self) { try confusionMatrix(z, Tensor([1, 2, 1, 3, 4])) }
  }

  @Test func determinations() throws {
    let y = try Tensor([1, 2, 3])
    #expect(try determination(y, y) == 1)
    #expect(try determination(Tensor([2, 2, 2]), y) == 0)
    #expect(try determination(Tensor([1, 2, 4]), y) == 0.5)
    #expect(try determination(Tensor([5, 5]), Tensor([5, 5])) == 1)
    #expect(try determination(Tensor([5, 6]), Tensor([5, 5])) == -.infinity)
    // Each output has its own mean: residuals 1 and 0 against spreads 2 and 50.
    #expect(abs(try determination(Tensor([1, 10, 4, 20], 2, 2), Tensor([1, 10, 3, 20], 2, 2)) - (1 - 1.0 / 52)) < 1e-15)
    // Sums in float64: a large mean costs no digits beyond those of the data.
    let far = try Tensor([1e4 + 1, 1e4 + 2, 1e4 + 3]).cast(to: .float32)
    #expect(try determination(far, far - .scalar(1, .float32)) == -0.5)
    #expect(throws: TensorError.self) { try determination(y, y.reshaped([3, 1])) }
    #expect(throws: TensorError.self) { try determination(.scalar(1, .float64), .scalar(1, .float64)) }
  }
}
