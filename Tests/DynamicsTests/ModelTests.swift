import Testing

@testable import Autodiff
@testable import Dynamics

/// What models compute, how their parameters are laid out, and how they start.
@Suite struct ModelTests {
  @Test(arguments: [true, false]) func aPerceptronIsAffineMapsWithAnActivationBetweenThem(bias: Bool) throws {
    let net = MultilayerPerceptron([3, 5, 4, 2], activation: .tanh, bias: bias)
    let p = try net.structure.parameters.enumerated().map {
      Tensor(try NDArray(Tensor.normal($1.shape.elementCount, seed: UInt64($0)).elements, shape: $1.shape))
    }
    #expect(p.count == (bias ? 6 : 3))
    let x = try Tensor.normal(7, 3, seed: 9)
    var h = x
    for layer in 0..<3 {
      // Names ascend, so that a bias comes before its weight.
      h = bias ? try matrixProduct(h, p[2 * layer + 1]) + p[2 * layer] : try matrixProduct(h, p[layer])
      if layer < 2 { h = try tanh(h) }
    }
    #expect(isClose(try net(p[...], x).elements, try h.elements))
    // A slice of a longer list serves as well: positions count from its start.
    let list = [x] + p + [x]
    #expect(try net(list[1..<(1 + p.count)], x).elements == net(p[...], x).elements)
  }

  @Test func sequentialHandsEachLayerItsOwnParameters() throws {
    let net = Sequential([Linear(3, 4, bias: false), Activation.square, Sequential([Activation.relu, Linear(4, 2)])])
    #expect(net.structure.parameters.map(\.shape) == [[3, 4], [2], [4, 2]])
    #expect(net.structure.parameters.map(\.role) == [.weight, .bias, .weight])
    let p = [try Tensor.normal(3, 4, seed: 1), try Tensor.normal(2, seed: 2), try Tensor.normal(4, 2, seed: 3)]
    let x = try Tensor.normal(5, 3, seed: 4)
    let expected = try matrixProduct(square(matrixProduct(x, p[0])), p[2]) + p[1]
    #expect(isClose(try net(p[...], x).elements, try expected.elements))
  }

  @Test func anInputOfAnotherWidthIsRefused() throws {
    let net = Linear(3, 2)
    let p = [try Tensor([0, 0]), try Tensor.normal(3, 2, seed: 1)]
    let error = #expect(throws: TensorError.self) { try net(p[...], Tensor.normal(5, 4, seed: 1)) }
    #expect(error?.message == "linear: expected an input whose last dimension is 3, got [5, 4]")
  }

  /// The derivative of each activation agrees with differences away from kinks, and is finite everywhere.
  @Test(arguments: Activation.allCases) func activationsDifferentiate(_ activation: Activation) throws {
    let f: TensorFunction = { (x) throws(TensorError) in [try activation([], x[0]).sum()] }
    #expect(try checkGradient(f, at: [Tensor([-1.7, -0.6, 0.4, 0.9, 2.3])]) < 1e-6)
    for dtype in [DType.float32, .float64] {
      let far = try gradient(f, at: [Tensor([-1e3, 0, 1e3]).cast(to: dtype)])[0]
      #expect(try far.elements.allSatisfy(\.isFinite))
    }
  }

  /// The reciprocal variance at 400 inputs and 200 outputs, and the kurtosis: 3 for normal draws, 1.8 for uniform ones.
  static let moments: [(Initializer, precision: Double, kurtosis: Double)] = [
    (.normal, 1, 3), (.uniform, 3, 1.8), (.glorotNormal, 300, 3), (.glorotUniform, 300, 1.8), (.heNormal, 200, 3),
    (.heUniform, 200, 1.8), (.lecunNormal, 400, 3), (.lecunUniform, 400, 1.8),
  ]

  /// Of 80,000 draws the relative errors of variance and kurtosis are about √(2/n) = 0.5 % and √(24/n) = 2 %.
  @Test(arguments: moments) func momentsOfInitializers(rule: Initializer, precision: Double, kurtosis: Double) throws {
    let weight = Parameter(shape: [400, 200], role: .weight, fanIn: 400, fanOut: 200)
    for gain in [1.0, 2.5] {
      var generator = Generator(seed: 3)
      let w = try rule(weight, gain: gain, .float64, &generator).elements
      let mean = w.reduce(0, +) / Double(w.count)
      let second = w.reduce(0) { $0 + $1 * $1 } / Double(w.count)
      let fourth = w.reduce(0) { $0 + $1 * $1 * $1 * $1 } / Double(w.count)
      #expect(abs(mean) < 0.02 * second.squareRoot())
      #expect(abs(second * precision / (gain * gain) - 1) < 0.025)
      #expect(abs(fourth / (second * second) - kurtosis) < 0.12)
    }
  }

  static let matrixShapes: [Shape] = [[4, 4], [6, 3], [3, 6], [4, 2, 3, 3], [2, 4, 3]]

  @Test(arguments: matrixShapes, [DType.float32, .float64])
  func orthogonalWeightsHaveOrthonormalRowsOrColumns(shape: Shape, dtype: DType) throws {
    var generator = Generator(seed: 1)
    let w = try Initializer.orthogonal.draw(Parameter(weight: shape), gain: 3, dtype, &generator).cast(to: .float64)
    let (rows, columns) = (shape[0], w.count / shape[0])
    let matrix = try w.reshaped([rows, columns])
    let transposed = try matrix.matrixTransposed()
    let product = try rows < columns ? matrixProduct(matrix, transposed) : matrixProduct(transposed, matrix)
    let expected = try 9 * Tensor.identity(min(rows, columns), .float64)
    // Each entry sums at most 18 products of rounded numbers below 9 in all.
    #expect(isClose(try product.elements, try expected.elements, dtype == .float32 ? 18 * 1.2e-7 : 1e-14))
  }

  @Test(arguments: matrixShapes) func spectralWeightsHaveTheirNorm(shape: Shape) throws {
    var generator = Generator(seed: 1)
    let parameter = Parameter(weight: shape)
    let w = try Initializer.spectral.draw(parameter, gain: 3, .float64, &generator).reshaped([
      shape[0], shape.dropFirst().reduce(1, *),
    ])
    let expected = 3 * (Double(parameter.fanOut) / Double(parameter.fanIn)).squareRoot()
    #expect(abs(try matrixNorm(w, .spectral).element / expected - 1) < 1e-14)
  }

  /// Two groups of two channels: each output's one is at its own channel within the group.
  @Test func theIdentityOfAGroupedConvolutionStaysWithinItsGroups() throws {
    var generator = Generator(seed: 1)
    let weight = Parameter(shape: [4, 2, 3], role: .weight, fanIn: 6, fanOut: 6)
    let w = try Initializer.identity.draw(weight, gain: 1, .float64, &generator).elements
    let ones = w.indices.filter { w[$0] != 0 }
    #expect(ones == [0 * 6 + 0 * 3 + 1, 1 * 6 + 1 * 3 + 1, 2 * 6 + 0 * 3 + 1, 3 * 6 + 1 * 3 + 1])
  }

  @Test(arguments: Initializer.allCases) func biasesStartAtZeroAndSeedsRepeat(_ rule: Initializer) throws {
    let bias = Parameter(shape: [5], role: .bias, fanIn: 3, fanOut: 5)
    let weight = Parameter(shape: [3, 5], role: .weight, fanIn: 3, fanOut: 5)
    var (a, b) = (Generator(seed: 1), Generator(seed: 1))
    #expect(try rule(bias, gain: 2, .float64, &a).elements == [0, 0, 0, 0, 0])
    _ = try rule(bias, gain: 2, .float64, &b)
    #expect(try rule(weight, gain: 1, .float32, &a).elements == rule(weight, gain: 1, .float32, &b).elements)
    #expect(try rule(weight, gain: 1, .float32, &a).dtype == .float32)
  }
}
