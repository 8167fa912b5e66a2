import Glibc
import Testing

@testable import Autodiff
@testable import Dynamics

/// Losses of margins and residuals: closed forms of the derivatives up to order 4 at sizes where naive forms overflow or cancel.
@Suite struct BinaryLossTests {
  typealias Loss = (Tensor, Tensor, LossReduction) throws(TensorError) -> Tensor
  static let points = [-1e4, -30, -1, 0, 0.5, 30, 1e4]

  /// log(1 + eᵗ) and its first four derivatives, in forms that keep their digits at both ends.
  static func softplus(_ t: Double) -> [Double] {
    let (s, c) = (1 / (1 + Glibc.exp(-t)), 1 / (1 + Glibc.exp(t)))
    return [max(t, 0) + Glibc.log1p(Glibc.exp(-abs(t))), s, s * c, s * c * (c - s), s * c * (1 - 6 * s * c)]
  }

  /// Derivatives of each element's loss with respect to its own prediction.
  static func derivatives(_ loss: @escaping Loss, _ z: Tensor, _ y: Tensor) throws -> [[Double]] {
    var f: (Tensor) throws(TensorError) -> Tensor = { (z) throws(TensorError) in try loss(z, y, .none) }
    var all = [try f(z).elements]
    for _ in 1...4 {
      let before = f
      f = { (z) throws(TensorError) in try gradient({ (z) throws(TensorError) in [try before(z[0]).sum()] }, at: [z])[0] }
      all.append(try f(z).elements)
    }
    return all
  }

  /// Within a few roundings of the terms of a derivative; below the smallest normal number an absolute error.
  static func agree(_ got: [Double], _ expected: [Double], scale: [Double], _ dtype: DType) -> Bool {
    let epsilon = dtype == .float32 ? 1.2e-7 : 2.3e-16
    return got.indices.allSatisfy { got[$0].isFinite && abs(got[$0] - expected[$0]) <= 16 * epsilon * scale[$0] + 1e-37 }
  }

  /// The size of the terms in derivative `order` of softplus: from the third on they cancel within s c.
  static func size(_ t: Double, _ order: Int) -> Double { softplus(t)[min(order, 2)] }

  @Test(arguments: [-1.0, 1], [DType.float32, .float64]) func logisticDerivatives(label: Double, dtype: DType) throws {
    let (z, y) = (try Tensor(Self.points).cast(to: dtype), try Tensor(Self.points.map { _ in label }).cast(to: dtype))
    let got = try Self.derivatives(logisticLoss, z, y)
    for order in 0...4 {
      let sign = order % 2 == 0 ? 1 : -label
      let expected = Self.points.map { sign * Self.softplus(-label * $0)[order] }
      let scale = Self.points.map { Self.size(-label * $0, order) }
      #expect(Self.agree(got[order], expected, scale: scale, dtype), "order \(order): \(got[order]), expected \(expected)")
    }
  }

  @Test(arguments: [0.0, 0.25, 1], [DType.float32, .float64]) func binaryCrossEntropyDerivatives(target: Double, dtype: DType)
    throws
  {
    let (z, y) = (try Tensor(Self.points).cast(to: dtype), try Tensor(Self.points.map { _ in target }).cast(to: dtype))
    let got = try Self.derivatives(binaryCrossEntropy, z, y)
    for order in 0...4 {
      let sign = order % 2 == 0 ? 1.0 : -1
      let expected = Self.points.map { sign * target * Self.softplus(-$0)[order] + (1 - target) * Self.softplus($0)[order] }
      let scale = Self.points.map { target * Self.size(-$0, order) + (1 - target) * Self.size($0, order) }
      #expect(Self.agree(got[order], expected, scale: scale, dtype), "order \(order): \(got[order]), expected \(expected)")
    }
  }

  /// Softmax of (z, 0) is a sigmoid: cross-entropy of class 2 is softplus(z), of class 1 softplus(−z), under every order.
  @Test(arguments: [1.0, 2], [DType.float32, .float64]) func crossEntropyDerivatives(label: Double, dtype: DType) throws {
    let z = try Tensor(Self.points).cast(to: dtype)
    let y = try Tensor(Self.points.map { _ in label })
    let got = try Self.derivatives(
      { (z, y, reduction) throws(TensorError) in
        try crossEntropy(stack([z, .zeros(z.spec)], axis: 1), y, reduction)
      }, z, y)
    let epsilon = dtype == .float32 ? 1.2e-7 : 2.3e-16
    for order in 0...4 {
      let sign = order % 2 == 1 && label == 1 ? -1.0 : 1
      for (value, z) in zip(got[order], Self.points) {
        let expected = sign * Self.softplus(label == 1 ? -z : z)[order]
        // exp(z)/Σ − 1 cancels where the other class wins: the error is that of a number near 1.
        #expect(value.isFinite && abs(value - expected) <= 32 * epsilon * max(1, abs(expected)), "order \(order) at \(z)")
      }
    }
  }

  @Test(arguments: [DType.float32, .float64]) func crossEntropyOfManyClassesIsFiniteToOrderFour(dtype: DType) throws {
    let z = try Tensor([1e4, -1e4, 0, 30, -30, 1e4, 0, 0, 0, -1e4, -1e4, -1e4], 4, 3).cast(to: dtype)
    let y = try Tensor([2, 1, 3, 1])
    for smoothing in [0, 0.1] {
      let got = try Self.derivatives(
        { (z, y, reduction) throws(TensorError) in try crossEntropy(z, y, smoothing: smoothing, reduction) }, z, y)
      #expect(got.allSatisfy { $0.allSatisfy(\.isFinite) })
    }
  }

  @Test func smoothingMixesTheTargetWithTheUniformDistribution() throws {
    let (z, y) = (try Tensor.normal(5, 4, seed: 1), try Tensor([1, 4, 2, 2, 3]))
    var rows = [Double](repeating: 0.2 / 4, count: 20)
    for (i, label) in try y.elements.enumerated() { rows[4 * i + Int(label) - 1] += 0.8 }
    let expected = try crossEntropy(z, Tensor(rows, 5, 4), .none).elements
    #expect(isClose(try crossEntropy(z, y, smoothing: 0.2, .none).elements, expected))
    var sharp = [Double](repeating: 0, count: 20)
    for (i, label) in try y.elements.enumerated() { sharp[4 * i + Int(label) - 1] = 1 }
    #expect(isClose(try crossEntropy(z, Tensor(sharp, 5, 4), smoothing: 0.2, .none).elements, expected))
  }

  @Test func aClassThatCannotBeCostsNothingUnlessAskedFor() throws {
    let (z, q) = (try Tensor([0, 1, -.infinity], 1, 3), try Tensor([0.5, 0.5, 0], 1, 3))
    let expected = Glibc.log(1 + Glibc.exp(1.0)) - 0.5
    #expect(abs(try crossEntropy(z, q).element - expected) < 1e-15)
    let g = try gradient({ (z) throws(TensorError) in [try crossEntropy(z[0], q)] }, at: [z])[0].elements
    #expect(isClose(g, [0.2689414213699951 - 0.5, 0.7310585786300049 - 0.5, 0], 1e-15))
    #expect(try crossEntropy(z, Tensor([3.0])).element == .infinity)
  }

  @Test(arguments: [DType.float32, .float64]) func hingeIsFlatAtItsMargin(dtype: DType) throws {
    let z = try Tensor([-1e4, 0, 1, 1.5, 1e4]).cast(to: dtype)
    let got = try Self.derivatives(hingeLoss, z, Tensor([1, 1, 1, 1, 1]).cast(to: dtype))
    #expect(got == [[10001, 1, 0, 0, 0], [-1, -1, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
    let other = try Self.derivatives(hingeLoss, z, Tensor([-1, -1, -1, -1, -1]).cast(to: dtype))
    #expect(other[0] == [0, 1, 2, 2.5, 10001] && other[1] == [0, 1, 1, 1, 1])
  }

  @Test(arguments: [DType.float32, .float64]) func huberIsAParabolaBetweenLines(dtype: DType) throws {
    let z = try Tensor([-1e30, -2, -0.5, 0, 1.75, 2, 2.25, 1e4]).cast(to: dtype)
    let got = try Self.derivatives(
      { (z, y, reduction) throws(TensorError) in try huberLoss(z, y, delta: 2, reduction) }, z,
      Tensor([Double](repeating: 0, count: 8)).cast(to: dtype))
    #expect(got[0].dropFirst() == [2, 0.125, 0, 1.53125, 2, 2.5, 19998])
    #expect(abs(got[0][0] / 2e30 - 1) < 1e-6)
    #expect(got[1] == [-2, -2, -0.5, 0, 1.75, 2, 2, 2])
    #expect(got[2] == [0, 1, 1, 1, 1, 1, 0, 0])
    #expect(got[3] == got[4] && got[4].allSatisfy { $0 == 0 })
  }

  static var elementwise: [(String, Loss)] {
    [
      ("mse", meanSquaredError), ("binary_cross_entropy", binaryCrossEntropy), ("logistic", logisticLoss), ("hinge", hingeLoss),
      ("huber", { (z, y, reduction) throws(TensorError) in try huberLoss(z, y, reduction) }),
    ]
  }

  @Test(arguments: 0..<5) func elementwiseLossesReduceAndNeverBroadcast(_ index: Int) throws {
    let (name, loss) = Self.elementwise[index]
    let (z, y) = (try Tensor.normal(3, 2, seed: 1), try Tensor([1, 1, 1, 1, 1, 1], 3, 2))
    let each = try loss(z, y, .none)
    #expect(each.shape == [3, 2])
    let sum = try each.elements.reduce(0, +)
    #expect(isClose([try loss(z, y, .sum).element, try loss(z, y, .mean).element], [sum, sum / 6], 1e-15))
    // Targets of any number type, and lanes in any place.
    #expect(try loss(z, y.cast(to: .int32), .none).elements == each.elements)
    let rows = try vmap({ (x) throws(TensorError) in [try loss(x[0], x[1], .none)] }, [z, y], axes: [1, 1])[0]
    #expect(try rows.matrixTransposed().elements == each.elements)
    for (a, b): (Shape, Shape) in [([3], [3, 1]), ([3, 1], [3]), ([3, 2], []), ([1], [])] {
      let error = #expect(throws: TensorError.self) {
        try loss(Tensor(.full(a, 1, .float64)), Tensor(.full(b, 1, .float64)), .mean)
      }
      #expect(error?.message == "\(name): the prediction has shape \(a) and the target \(b); they must be equal")
    }
  }

  @Test func targetsOutOfRangeAreRefusedWhereTheyAreKnown() throws {
    let z = try Tensor.normal(3, seed: 1)
    func message(_ body: () throws -> Void) -> String? { #expect(throws: TensorError.self, performing: body)?.message }
    for (loss, name) in [(logisticLoss as Loss, "logistic"), (hingeLoss, "hinge")] {
      let sentence = "\(name): target 0.0 at position 2 is not -1 or 1 (targets 0..1 are for binary_cross_entropy)"
      let y = try Tensor([1, 0, -1])
      #expect(message { _ = try loss(z, y, .mean) } == sentence)
      #expect(message { _ = try gradient({ (z) throws(TensorError) in [try loss(z[0], y, .mean)] }, at: [z]) } == sentence)
      #expect(
        message { _ = try vmap({ (x) throws(TensorError) in [try loss(x[0], x[1], .mean)] }, [z, y], axes: [0, 0]) } == sentence)
    }
    for wrong in [2, -1, .nan] {
      let y = try Tensor([1, wrong, 0])
      #expect(
        message { _ = try binaryCrossEntropy(z, y) }
          == "binary_cross_entropy: target \(wrong) at position 2 is not in 0..1 (labels -1 and 1 are for logistic)")
    }
  }
}
