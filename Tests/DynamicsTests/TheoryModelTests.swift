import Testing

@testable import Autodiff
@testable import Dynamics

/// The theory's models against closed forms.
@Suite struct TheoryModelTests {
  /// The matrix with these rows.
  static func matrix(_ rows: [[Double]]) throws -> Tensor {
    try Tensor(NDArray(rows.flatMap { $0 }, shape: [rows.count, rows[0].count]))
  }

  // MARK: Quadratic

  @Test func aQuadraticHasItsGradientAndHessian() throws {
    let H = try Self.matrix([[2, -1, 0.5], [-1, 3, 0.25], [0.5, 0.25, 1]])
    let loss = try Quadratic(H.numbers(for: "test"))
    let x = try Tensor([1, -2, 4])
    let f: (Tensor) throws(TensorError) -> Tensor = { (x) throws(TensorError) in try loss([x]) }
    // H x = (6, −6, 4)
    #expect(try loss([x]).element == 0.5 * (6 + 12 + 16))
    #expect(try gradient({ (x) throws(TensorError) in [try f(x[0])] }, at: [x])[0].elements == [6, -6, 4])
    #expect(try hessian(f, at: x).elements == H.elements)
    // Only the symmetric part counts; a vector is a diagonal.
    let skew = try Quadratic((H + Self.matrix([[0, 5, 0], [-5, 0, 1], [0, -1, 0]])).numbers(for: "test"))
    #expect(isClose(try hessian({ (x) throws(TensorError) in try skew([x]) }, at: x).elements, try H.elements))
    let diagonal = try Quadratic(NDArray([1.0, 4, 9], shape: [3]))
    #expect(try diagonal([x]).element == 0.5 * (1 + 16 + 144))
    #expect(throws: TensorError.self) { try Quadratic(NDArray([1.0, 2], shape: [1, 2])) }
    #expect(throws: TensorError.self) { try loss([x], x) }
  }

  /// x_t = (1 − ηλ)ᵗ x₀ in each mode: alternates at ηλ = 2 and grows by 1.1 a step at ηλ = 2.1.
  @Test func gradientDescentOnAQuadratic() throws {
    let loss = try Quadratic(NDArray([1.0, 0.5, 2.1 / 2], shape: [3]))
    var x = try Tensor([1, 1, 1])
    for _ in 0..<100 { x = try x - 2 * gradient({ (x) throws(TensorError) in [try loss(x[...])] }, at: [x])[0] }
    let end = try x.elements
    #expect(end[0] == 1 && end[1] == 0)
    #expect(abs(end[2] / 13780.6123398222 - 1) < 1e-12)
  }

  // MARK: Diagonal networks

  @Test(arguments: 1...6, [false, true]) func diagonalNetworksHavePowers(depth: Int, signed: Bool) throws {
    let net = DiagonalNetwork(width: 3, depth: depth, signed: signed)
    let (u, v) = ([1.5, -0.5, 0], [0.25, 2, -1])
    let p = signed ? [try Tensor(u), try Tensor(v)] : [try Tensor(u)]
    func power(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1) { y, _ in y * x } }
    let beta = zip(u, v).map { power($0, depth) - (signed ? power($1, depth) : 0) }
    #expect(isClose(try net.effective(p[...]).elements, beta, 1e-15))
    #expect(net.structure.parameters.map(\.shape) == (signed ? [[3], [3]] : [[3]]))
    let x = try Tensor.normal(4, 3, seed: 1)
    let out = try net(p[...], x)
    #expect(out.shape == [4])
    #expect(isClose(try out.elements, try matrixProduct(x, Tensor(beta)).elements, 1e-14))
    #expect(try net(p[...], x.selecting(2, axis: 0)).shape == [])
    // Derivatives of orders 1 to 4 are polynomials, also where a weight is 0 or negative.
    var f: (Tensor) throws(TensorError) -> Tensor = { (w) throws(TensorError) in
      try net.effective((signed ? [w, p[1]] : [w])[...]).sum()
    }
    for order in 1...4 {
      let before = f
      f = { (w) throws(TensorError) in try gradient({ (w) throws(TensorError) in [try before(w[0])] }, at: [w])[0].sum() }
      let each = try gradient({ (w) throws(TensorError) in [try before(w[0])] }, at: [Tensor(u)])[0]
      let factor = (0..<order).reduce(1.0) { $0 * Double(depth - $1) }
      let expected = u.map { order > depth ? 0 : factor * power($0, depth - order) }
      #expect(isClose(try each.elements, expected, 1e-13))
    }
  }

  /// One point x = (1, 2), y = 1, gradient flow on β = w²: z = (−1 + √(1 + 8/α²))/4, β = (α²z, α²z²). Gradient descent is O(η) away.
  @Test func aDiagonalNetworkEndsWhereTheFlowEnds() throws {
    let net = DiagonalNetwork(width: 2)
    let (x, y) = (try Tensor([1, 2]), try Tensor.scalar(1, .float64))
    let exact = [0.0682548585, 0.4658725708]
    var ends: [[Double]] = []
    for rate in [0.02, 0.01] {
      var w = try Tensor([0.1, 0.1])
      for _ in 0..<Int(60 / rate) {
        let g = try gradient({ (w) throws(TensorError) in [try 0.5 * square(net(w[...], x) - y)] }, at: [w])[0]
        w = try w - rate * g
      }
      ends.append(try net.effective([w]).elements)
    }
    for i in 0..<2 {
      let (far, near) = (ends[0][i] - exact[i], ends[1][i] - exact[i])
      #expect(abs(far / near - 2) < 0.05)
      #expect(abs(2 * near - far) < 0.05 * abs(near))
    }
  }

  // MARK: Linear models

  @Test func effectiveMatricesAreTheProducts() throws {
    let deep = DeepLinearNetwork([4, 3, 5, 2])
    #expect(deep.structure.parameters.map(\.shape) == [[4, 3], [3, 5], [5, 2]])
    let p = [try Tensor.normal(4, 3, seed: 1), try Tensor.normal(3, 5, seed: 2), try Tensor.normal(5, 2, seed: 3)]
    let product = try matrixProduct(matrixProduct(p[0], p[1]), p[2])
    #expect(isClose(try deep.effective(p[...]).elements, try product.elements))
    let x = try Tensor.normal(7, 4, seed: 4)
    #expect(isClose(try deep(p[...], x).elements, try matrixProduct(x, product).elements))

    let factorization = MatrixFactorization(2, 4, depth: 3, rank: 3)
    #expect(factorization.structure.parameters.map(\.shape) == [[3, 4], [3, 3], [2, 3]])
    #expect(factorization.structure.parameters.map(\.fanIn) == [4, 3, 3])
    let q = [try Tensor.normal(3, 4, seed: 1), try Tensor.normal(3, 3, seed: 2), try Tensor.normal(2, 3, seed: 3)]
    let W = try matrixProduct(q[2], matrixProduct(q[1], q[0]))
    #expect(isClose(try factorization(q[...]).elements, try W.elements))
    #expect(isClose(try factorization(q[...], x).elements, try matrixProduct(x, W.matrixTransposed()).elements))
    #expect(MatrixFactorization(2, 4, depth: 1).structure.parameters.map(\.shape) == [[2, 4]])
    #expect(MatrixFactorization(2, 4).structure.parameters.map(\.shape) == [[2, 4], [2, 2]])

    let linear = LinearModel(4, 2)
    #expect(isClose(try linear([product], x).elements, try matrixProduct(x, product).elements))
    #expect(throws: TensorError.self) { try linear([product], Tensor.normal(7, 2, seed: 1)) }
    #expect(throws: TensorError.self) { try deep(p[...], Tensor.normal(7, 2, seed: 1)) }
  }

  /// The sharpness at the balanced minimum of a depth-N factorisation of the number s is N s^(2 − 2/N).
  @Test(arguments: [(2, 4.0), (3, 7.559526), (4, 11.313708)]) func sharpnessAtABalancedMinimum(depth: Int, expected: Double) throws
  {
    let model = MatrixFactorization(1, 1, depth: depth)
    let size = depth == 2 ? 2.squareRoot() : depth == 4 ? 2.squareRoot().squareRoot() : 1.2599210498948732
    let H = try hessian(
      { (p) throws(TensorError) in
        var factors: [Tensor] = []
        for i in 0..<depth { factors.append(try p.slice(0, from: i, count: 1).reshaped([1, 1])) }
        return try 0.5 * square(model(factors[...]) - .scalar(2, .float64)).sum()
      }, at: Tensor([Double](repeating: size, count: depth)))
    #expect(abs(try symmetricEigenvalues(H).elements[depth - 1] - expected) < 1e-6)
  }

  /// At the plateaus of a depth-2 factorisation of diag(5, 2, 1, ½): the loss is ½ Σ_{i>k} s_i², the Hessian's ends are −s_{k+1} and 2 s₁.
  @Test(arguments: [(0, 15.125, -5.0, 5.0), (1, 2.625, -2, 10), (2, 0.625, -1, 10), (3, 0.125, -0.5, 10), (4, 0, 0, 10)])
  func plateausOfAFactorization(k: Int, loss: Double, lowest: Double, highest: Double) throws {
    let modes = [5, 2, 1, 0.5]
    let target = try Tensor(modes).diagonalMatrix()
    let model = MatrixFactorization(4, 4)
    let start = try Tensor(modes.enumerated().map { $0 < k ? $1.squareRoot() : 0 }).diagonalMatrix().reshaped([16])
    let f: (Tensor) throws(TensorError) -> Tensor = { (p) throws(TensorError) in
      let (first, second) = (try p.slice(0, from: 0, count: 16), try p.slice(0, from: 16, count: 16))
      return try 0.5 * square(model([first.reshaped([4, 4]), second.reshaped([4, 4])]) - target).sum()
    }
    let point = try concatenate([start, start], axis: 0)
    #expect(abs(try f(point).element - loss) < 1e-14)
    let values = try symmetricEigenvalues(hessian(f, at: point)).elements
    #expect(abs(values[0] - lowest) < 1e-12 && abs(values[31] - highest) < 1e-12)
  }

  /// Gradient flow keeps W_jᵀ W_j − W_{j+1} W_{j+1}ᵀ; over a fixed time gradient descent changes it in proportion to the step.
  @Test func balancednessIsKeptByTheFlow() throws {
    let net = DeepLinearNetwork([3, 4, 4, 2])
    let (x, y) = (try Tensor.normal(20, 3, seed: 1), try Tensor.normal(20, 2, seed: 2))
    let start = try net.structure.parameters.enumerated().map {
      Tensor(try NDArray(Tensor.normal($1.shape.elementCount, seed: UInt64($0) + 5).elements.map { 0.4 * $0 }, shape: $1.shape))
    }
    func imbalance(_ p: [Tensor]) throws -> [Double] {
      try (0..<2).flatMap { j in
        try (matrixProduct(p[j].matrixTransposed(), p[j]) - matrixProduct(p[j + 1], p[j + 1].matrixTransposed())).elements
      }
    }
    let before = try imbalance(start)
    var drifts: [Double] = []
    for rate in [0.01, 0.005, 0.0025] {
      var p = start
      for _ in 0..<Int(1 / rate) {
        let g = try gradient({ (p) throws(TensorError) in [try meanSquaredError(net(p[...], x), y)] }, at: p)
        for j in p.indices { p[j] = try p[j] - rate * g[j] }
      }
      drifts.append(zip(try imbalance(p), before).map { abs($0 - $1) }.max()!)
    }
    #expect(abs(drifts[0] / drifts[1] - 2) < 0.1 && abs(drifts[1] / drifts[2] - 2) < 0.05)
  }
}
