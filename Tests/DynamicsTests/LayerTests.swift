import Testing

@testable import Autodiff
@testable import Dynamics

/// What holds for every layer: the order of its parameters, how they start, and how state passes through models.
@Suite struct LayerTests {
  static let layers: [(any Layer, input: Shape)] = [
    (Linear(3, 2), [4, 3]), (Convolution2D(2, 4, Sliding(kernel: [2, 3]), groups: 2), [2, 2, 3, 4]),
    (Convolution2D(2, 3, Sliding(kernel: [1, 1]), bias: false), [2, 2, 3, 3]),
    (Pooling2D(.largest, Sliding(kernel: [2, 2])), [1, 4, 4]),
    (Pooling2D(.mean, Sliding(kernel: [2, 2])), [4, 4]), (Flatten(), [2, 3, 4]), (BatchNorm(3), [4, 3, 2, 2]),
    (BatchNorm(3, affine: false), [4, 3]), (LayerNorm([2, 3]), [4, 2, 3]), (GroupNorm(2, 4), [3, 4, 2]), (Dropout(0.5), [3]),
    (Embedding(5, 2), [3]), (Attention(4, 2), [3, 4]), (Attention(4, 1, causal: true, bias: false), [2, 3, 4]),
    (Residual(Linear(3, 3)), [2, 3]), (Softmax(logarithm: false), [2, 3]), (Activation.mish, [2]),
    (MultilayerPerceptron([3, 4, 2]), [3]),
    (Sequential([Linear(3, 3), BatchNorm(3), Residual(Sequential([BatchNorm(3), Dropout(0.5)]))]), [5, 3]),
  ]

  private func starts(_ structure: ParameterStructure, seed: UInt64 = 1) throws -> [Tensor] {
    var generator = Generator(seed: seed)
    return try structure.parameters.map { try $0.standard($0, gain: 1, .float64, &generator) }
  }

  private func input(_ layer: any Layer, _ shape: Shape) throws -> Tensor {
    if layer is Embedding { return try Tensor([3, 1, 5]) }
    var generator = Generator(seed: 2)
    return Tensor(try generator.normal(shape, .float64))
  }

  /// Trees are flattened with their names in byte order, so structures must list them so.
  @Test func namesAscend() {
    func check(_ structure: ParameterStructure) {
      switch structure {
      case .parameter: break
      case .list(let parts): parts.forEach(check)
      case .named(let parts):
        let names = parts.map { Array($0.name.utf8) }
        #expect(zip(names, names.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }, "\(parts.map(\.name))")
        for (_, part) in parts { check(part) }
      }
    }
    for (layer, _) in Self.layers {
      check(layer.structure)
      check(layer.state)
    }
  }

  /// A slice of a longer list serves as well: positions count from its start. The state comes out in the order of its structure.
  @Test func parametersAreReadFromWhereTheyBegin() throws {
    for (layer, shape) in Self.layers {
      let (p, x) = (try starts(layer.structure), try input(layer, shape))
      let expected = try layer(p[...], x)
      let list = [x] + p + [x]
      #expect(try layer(list[1..<(1 + p.count)], x).elements == expected.elements, "\(layer)")
      var context = LayerContext(state: try layer.state.starts(.float64))
      #expect(try layer(p[...], x, &context).elements == expected.elements, "\(layer)")
      #expect(context.newState.map(\.shape) == layer.state.parameters.map(\.shape), "\(layer)")
    }
  }

  @Test func scalesStartAtOneWhateverTheRule() throws {
    for rule in Initializer.allCases {
      var generator = Generator(seed: 1)
      let parameters = BatchNorm(2).structure.parameters
      #expect(parameters.map(\.role) == [.bias, .scale])
      #expect(try rule(parameters[0], gain: 3, .float64, &generator).elements == [0, 0])
      #expect(try rule(parameters[1], gain: 3, .float64, &generator).elements == [1, 1])
    }
    #expect(try BatchNorm(2).state.starts(.float32).map { try $0.elements } == [[0, 0], [1, 1]])
  }

  /// Values that only one of the places of a state has: every layer gets its own and leaves it where it was.
  @Test func eachLayerGetsItsOwnState() throws {
    let net = Sequential([BatchNorm(1, affine: false), Residual(Sequential([BatchNorm(1, affine: false)]))])
    let state = try [1, 4, 3, 9].map { try Tensor([$0]) }
    var context = LayerContext(state: state)
    let h = (7 - 1) / (4 + 1e-5).squareRoot()
    let y = try net([], Tensor([7], 1, 1), &context).element
    #expect(abs(y - (h + (h - 3) / (9 + 1e-5).squareRoot())) < 1e-14)
    #expect(try context.newState.map { try $0.element } == [1, 4, 3, 9])
  }
}
