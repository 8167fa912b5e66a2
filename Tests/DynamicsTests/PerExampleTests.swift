import Testing

@testable import Autodiff
@testable import Dynamics

/// Everything read off the factors agrees with the gradients that vmap(grad) stores.
@Suite struct PerExampleTests {
  /// A loss of one example, with parameters and examples to try it on.
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var parameters: [Shape]
    var example: Shape
    var loss: @Sendable (_ p: [Tensor], _ x: Tensor) throws(TensorError) -> Tensor
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "dense layers", parameters: [[4], [3, 4], [2], [4, 2]], example: [3]) { (p, x) throws(TensorError) in
      try square(matrixProduct(tanh(matrixProduct(x, p[1]) + p[0]), p[3]) + p[2]).sum()
    },
    Case(name: "a weight used twice", parameters: [[3, 3]], example: [3]) { (p, x) throws(TensorError) in
      try square(matrixProduct(tanh(matrixProduct(x, p[0])), p[0])).sum()
    },
    Case(name: "a weight and its transpose", parameters: [[3, 4]], example: [3]) { (p, x) throws(TensorError) in
      try square(matrixProduct(tanh(matrixProduct(x, p[0])), p[0].matrixTransposed()) - x).sum()
    },
    Case(name: "a nonlinear weight", parameters: [[3, 4]], example: [3]) { (p, x) throws(TensorError) in
      try square(matrixProduct(x, tanh(p[0]))).sum()
    },
    Case(name: "linear and nonlinear at once", parameters: [[3, 4]], example: [3]) { (p, x) throws(TensorError) in
      try square(matrixProduct(x, p[0])).sum() + (exp(p[0]) * x.reshaped([3, 1])).sum()
    },
    Case(name: "several rows", parameters: [[3, 4], [4, 2]], example: [5, 3]) { (p, x) throws(TensorError) in
      try square(matrixProduct(tanh(matrixProduct(x, p[0])), p[1])).sum()
    },
    Case(name: "a product with itself", parameters: [[3, 4]], example: [5, 3]) { (p, x) throws(TensorError) in
      let k = try matrixProduct(x, p[0])
      return try square(matrixProduct(k, k.matrixTransposed())).sum()
    },
    Case(name: "convolutions in groups", parameters: [[4, 2, 3, 2], [6, 2, 2, 2]], example: [4, 6, 5]) {
      (p, x) throws(TensorError) in
      let images = try x.reshaped([1, 4, 6, 5])
      let first = try convolution(images, p[0], Sliding(kernel: [3, 2], stride: [2, 1], padding: .sizes(1, 1)), groups: 2)
      return try square(convolution(tanh(first), p[1], Sliding(kernel: [2, 2]), groups: 2)).sum()
    },
    Case(name: "a kernel used twice, on two images", parameters: [[2, 2, 2, 2]], example: [2, 2, 4, 4]) {
      (p, x) throws(TensorError) in
      let sliding = Sliding(kernel: [2, 2], padding: .same)
      return try square(convolution(tanh(convolution(x, p[0], sliding)), p[0], sliding)).sum()
    },
    Case(name: "a parameter without influence", parameters: [[3], [2, 2]], example: [3]) { (p, x) throws(TensorError) in
      try sin(p[0] * x).sum()
    },
  ]

  @Test(arguments: cases) func statisticsOfGradientsInFactors(_ test: Case) throws {
    let m = 6
    let p = try test.parameters.enumerated().map {
      Tensor(try NDArray(Tensor.normal($1.elementCount, seed: UInt64($0)).elements, shape: $1))
    }
    let shape = test.example.inserting(m, at: 0)
    let x = Tensor(try NDArray(Tensor.normal(shape.elementCount, seed: 99).elements, shape: shape))
    let rows = try vmap(
      { (example) throws(TensorError) in
        try gradient({ (p) throws(TensorError) in [try test.loss(p, example[0])] }, at: p)
          .map { (g) throws(TensorError) in try g.reshaped([g.count]) }
      }, [x], axes: [0])
    let gradients = try PerExampleGradients({ (p, e) throws(TensorError) in try test.loss(p, e[0]) }, at: p, over: [x])

    // The whole, and each parameter alone.
    for subset in [nil] + p.indices.map({ [$0] }) {
      let G = try concatenate((subset ?? Array(p.indices)).map { rows[$0] }, axis: 1)
      let gradients = subset.map(gradients.restricted) ?? gradients
      #expect(isClose(try gradients.squaredNorms().elements, try square(G).sum([1]).elements, 1e-12))
      #expect(isClose(try gradients.gramMatrix().elements, try matrixProduct(G, G.matrixTransposed()).elements, 1e-12))
      let (sum, squares) = (try square(G.sum([0])).sum().element, try square(G).sum().element)
      let coherence = try gradients.coherence().element
      #expect(squares == 0 ? coherence.isNaN : isClose([coherence], [sum / squares], 1e-12))
    }
    let direction = try p.map { Tensor(try NDArray(Tensor.normal($0.count, seed: 7).elements, shape: $0.shape)) }
    let flat = try concatenate(direction.map { (v) throws(TensorError) in try v.reshaped([v.count]) }, axis: 0)
    #expect(
      isClose(try gradients.innerProducts(direction).elements, try matrixProduct(concatenate(rows, axis: 1), flat).elements, 1e-12))
    let weights = try Tensor.normal(m, seed: 5)
    for (i, row) in rows.enumerated() {
      #expect(isClose(try gradients.materialized()[i].elements, try row.elements, 1e-12))
      #expect(isClose(try gradients.weightedSum(weights)[i].elements, try matrixProduct(weights, row).elements, 1e-12))
      #expect(isClose(try gradients.mean()[i].elements, try row.mean([0]).elements, 1e-12))
      #expect(try gradients.mean()[i].spec == p[i].spec)
    }
  }

  static let coherences: [(rows: [Double], examples: Int, coherence: Double)] = [
    ([1, 0, 0, 0, 1, 0, 0, 0, 1], 3, 1), ([1, 2, 1, 2, 1, 2, 1, 2, 1, 2], 5, 5), ([1, 0, -1, 0], 2, 0), ([1, 0, 0, 1, 1, 1], 3, 2),
  ]

  @Test(arguments: coherences) func coherence(_ rows: [Double], _ m: Int, _ expected: Double) throws {
    let x = try Tensor(rows, m, rows.count / m)
    let w = try Tensor([Double](repeating: 0, count: rows.count / m))
    let g = try PerExampleGradients({ (p, x) throws(TensorError) in try (p[0] * x[0]).sum() }, at: [w], over: [x])
    #expect(try g.coherence().element == expected)
  }

  /// 200 examples of 100,000 weights would be 80 MB in float32; the factors are 200 × (400 + 250) numbers.
  @Test func denseLayersStoreNothingOfExamplesTimesWeights() throws {
    let engine = Engine(pool: Pool(limit: 16 << 20))
    try engine.run { () throws(any Error) in
      let net = Linear(400, 250)
      let p = [try Tensor.normal(250, seed: 1, dtype: .float32), try Tensor.normal(400, 250, seed: 2, dtype: .float32)]
      let x = try Tensor.normal(200, 400, seed: 3, dtype: .float32)
      let g = try PerExampleGradients(
        { (p, x) throws(TensorError) in try square(net(p[...], x[0])).sum() }, at: p, over: [x])
      _ = try g.squaredNorms()
      _ = try g.gramMatrix()
      _ = try g.coherence()
      _ = try g.weightedSum(not(greater(x.sum([1]), .scalar(0, .float32))))
      #expect(engine.pool.statistics.peak < 8 << 20)
      #expect(throws: TensorError.self) { try g.materialized() }
    }
  }

  @Test func whatIsNoLossOfOneExampleIsRefused() throws {
    let (p, x) = (try Tensor.normal(3, seed: 1), try Tensor.normal(4, 3, seed: 2))
    let vector = #expect(throws: TensorError.self) {
      try PerExampleGradients({ (p, x) throws(TensorError) in try p[0] * x[0] }, at: [p], over: [x])
    }
    #expect(vector?.message == "per_example: the loss of one example must be a scalar, got float64[3]")
    let unequal = #expect(throws: TensorError.self) {
      try PerExampleGradients({ (p, x) throws(TensorError) in try p[0].sum() }, at: [p], over: [x, p])
    }
    let expected = "per_example: every argument after the parameters has its examples along dimension 1, equally many"
    #expect(unequal?.message == expected + "; got the shapes [4, 3] and [3]")
    let scalar = #expect(throws: TensorError.self) {
      try PerExampleGradients({ (p, x) throws(TensorError) in try p[0].sum() }, at: [p], over: [p.sum()])
    }
    #expect(scalar?.message == expected + "; got the shape []")
    let nothing = try Tensor(.full([0, 3], 1, .float64))
    let none = #expect(throws: TensorError.self) {
      try PerExampleGradients({ (p, x) throws(TensorError) in try (p[0] * x[0]).sum() }, at: [p], over: [nothing])
    }
    #expect(none?.message == "per_example: expected at least one example, got the shape [0, 3]")
  }
}
