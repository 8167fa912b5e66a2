import Testing

@testable import Autodiff

/// Derivatives where eigenvalues or singular values are equal, or a matrix is singular: right, or NaN where they do not exist, and never
/// a finite number that is wrong.
@Suite struct DegenerateSpectraTests {
  private func identity(_ n: Int) throws(TensorError) -> Tensor { try .identity(n, .float64) }

  private func slopes(_ f: @escaping (Tensor) throws(TensorError) -> Tensor, _ x: Tensor) throws -> Tensor {
    try gradient({ (x) throws(TensorError) in [try f(x[0])] }, at: [x])[0]
  }

  // Random orthonormal columns.
  private func basis(_ m: Int, _ n: Int, _ seed: UInt64) throws -> Tensor {
    var generator = Generator(seed: seed)
    return Tensor(try generator.normal([m, n], .float64).qrDecomposition().q)
  }

  private func direction(_ shape: Shape, _ seed: UInt64) throws -> Tensor {
    var generator = Generator(seed: seed)
    return Tensor(try generator.normal(shape, .float64))
  }

  // dᵏ/dtᵏ f(A + t D) at 0 by every nesting of forward (0) and reverse (1) mode.
  private func derivatives(_ f: @escaping (Tensor) throws(TensorError) -> Tensor, _ a: Tensor, _ d: Tensor, order: Int) throws
    -> [Double]
  {
    try (0..<(1 << order)).map { word in
      var g: TensorFunction = { (t) throws(TensorError) in [try f(a + t[0] * d)] }
      for position in 0..<order {
        let inner = g
        if word >> position & 1 == 1 {
          g = { (t) throws(TensorError) in try gradient(inner, at: t) }
        } else {
          g = { (t) throws(TensorError) in [try jvp(inner, t, [.scalar(1, .float64)]).tangents[0] ?? .scalar(0, .float64)] }
        }
      }
      return try g([Tensor(0)])[0].double()
    }
  }

  // Of smooth functions: central differences of eighth order of the derivative below, along the same line.
  private func difference(_ f: @escaping (Tensor) throws(TensorError) -> Tensor, _ a: Tensor, _ d: Tensor, order: Int) throws
    -> Double
  {
    let h = 1.0 / 64
    var sum = 0.0
    for (i, weight) in [672.0, -168, 32, -3].enumerated() {
      for sign in [1.0, -1] {
        let x = try a + (sign * h * Double(i + 1)) * d
        sum += try sign * weight * (order == 1 ? f(x).double() : derivatives(f, x, d, order: order - 1)[0])
      }
    }
    return sum / (840 * h)
  }

  private func expectEveryOrder(
    _ f: @escaping (Tensor) throws(TensorError) -> Tensor, _ a: Tensor, upTo orders: Int, _ name: String
  ) throws {
    let d = try 0.3 * direction(a.shape, 5)
    for order in 1...orders {
      let reference = try difference(f, a, d, order: order)
      for value in try derivatives(f, a, d, order: order) {
        #expect(
          Swift.abs(value - reference) <= 1e-8 * max(1, Swift.abs(reference)), "\(name), order \(order): \(value), not \(reference)"
        )
      }
    }
  }

  // MARK: Norms

  /// All singular values equal, two of three equal, tall and wide: away from zeros the nuclear norm is smooth.
  @Test func nuclearNormsAreSmoothAtEqualValues() throws {
    let nuclear = { (m: Tensor) throws(TensorError) in try matrixNorm(m, .nuclear) }
    let two = try matrixProduct(basis(3, 3, 1) * Tensor([2, 2, 1]), basis(3, 3, 2))
    for (name, a) in [
      ("identity", try identity(3)), ("orthogonal", try basis(3, 3, 3)), ("two equal", two), ("tall", try basis(4, 2, 4)),
      ("wide", try 2 * basis(4, 2, 4).matrixTransposed()),
      ("identity plus rank one", try identity(3) + Tensor([1, 0, 0, 0, 0, 0, 0, 0, 0], [3, 3])),
    ] { try expectEveryOrder(nuclear, a, upTo: 4, name) }
    #expect(try distance(slopes(nuclear, identity(3)), identity(3)) < 1e-14)
  }

  /// At the identity ‖I + tD‖_* has the second derivative ‖skew D‖²_F.
  @Test func theHessianOfTheNuclearNormAtTheIdentity() throws {
    let d = try direction([3, 3], 7)
    let skew = try 0.5 * (d - d.matrixTransposed())
    let exact = try square(skew).sum().double()
    for value in try derivatives({ (m) throws(TensorError) in try matrixNorm(m, .nuclear) }, identity(3), d, order: 2) {
      #expect(Swift.abs(value - exact) < 1e-13 * exact)
    }
  }

  /// A simple largest value, all others equal, zero, or both.
  @Test func spectralNormsAreSmoothWhereTheLargestValueIsSimple() throws {
    let spectral = { (m: Tensor) throws(TensorError) in try matrixNorm(m, .spectral) }
    let spread = try Tensor([3, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3])
    for (name, a) in [
      ("others equal", spread), ("turned", try matrixProduct(matrixProduct(basis(3, 3, 1), spread), basis(3, 3, 2))),
      ("rank one", try Tensor([3, 0, 0, 0, 0, 0, 0, 0, 0], [3, 3])),
      ("tall", try matrixProduct(basis(4, 3, 4), spread)), ("wide", try matrixProduct(basis(4, 3, 4), spread).matrixTransposed()),
      ("a column", try Tensor([1, 2, 2], [3, 1])),
    ] { try expectEveryOrder(spectral, a, upTo: 4, name) }
  }

  @Test func normsAtTheirKinks() throws {
    let spectral = { (m: Tensor) throws(TensorError) in try matrixNorm(m, .spectral) }
    let nuclear = { (m: Tensor) throws(TensorError) in try matrixNorm(m, .nuclear) }
    let turn = try basis(3, 3, 6)
    // Equal largest values share the gradient, whatever basis LAPACK finds; there is no second derivative.
    #expect(try distance(slopes(spectral, turn), turn / 3) < 1e-14)
    #expect(try derivatives(spectral, turn, direction([3, 3], 8), order: 2).allSatisfy(\.isNaN))
    // The shortest subgradient at a singular matrix.
    let singular = try Tensor([2, 0, 0, 0], [2, 2])
    #expect(try distance(slopes(nuclear, singular), singular / 2) < 1e-15)
    #expect(try derivatives(nuclear, singular, direction([2, 2], 9), order: 2).allSatisfy(\.isNaN))
    let zero = try Tensor([0, 0, 0, 0, 0, 0], [3, 2])
    for norm in [MatrixNorm.nuclear, .spectral, .frobenius, .one, .infinity] {
      #expect(try slopes({ (m) throws(TensorError) in try matrixNorm(m, norm) }, zero).doubles().allSatisfy { $0 == 0 }, "\(norm)")
    }
  }

  /// In a stack each matrix has its own fate.
  @Test func oneMatrixOfAStackDoesNotSpoilTheOthers() throws {
    let stack = try stack([identity(2), Tensor([3, 0, 0, 1], [2, 2])], axis: 0)
    let f: TensorFunction = { (x) throws(TensorError) in [try matrixNorm(x[0], .spectral).sum()] }
    let product = try hessianProduct(f, at: [stack], [direction([2, 2, 2], 10)])[0].doubles()
    #expect(product[..<4].allSatisfy(\.isNaN) && product[4...].allSatisfy(\.isFinite))
  }

  // MARK: Eigenvalues and singular values

  /// Sums of f(λ) and of f(s) have right gradients at equal values, f'(A).
  @Test func functionsOfValuesHaveTheirGradients() throws {
    let m = try matrixProduct(basis(3, 3, 1) * Tensor([1, 1, 2]), basis(3, 3, 1).matrixTransposed())
    let exponentials = { (m: Tensor) throws(TensorError) in try exp(symmetricEigenvalues(m)).sum() }
    let withVectors = { (m: Tensor) throws(TensorError) in try exp(symmetricEigen(m).values).sum() }
    #expect(try distance(slopes(exponentials, m), matrixExponential(m)) < 1e-13)
    #expect(try distance(slopes(withVectors, m), matrixExponential(m)) < 1e-13)
    let squares = { (m: Tensor) throws(TensorError) in try square(singularValueDecomposition(m).s).sum() }
    #expect(try distance(slopes(squares, m), 2 * m) < 1e-13)
  }

  /// The largest value is simple and the others are equal: its Hessian is 2 Σⱼ (uᵀ D vⱼ)²/(λ − λⱼ).
  @Test func aSimpleValueAmongEqualOnesHasItsHessian() throws {
    let v = try basis(4, 4, 2)
    let a = try matrixProduct(v * Tensor([1, 1, 1, 3]), v.matrixTransposed())
    let d = try direction([4, 4], 3)
    let largest = { (m: Tensor) throws(TensorError) in try symmetricEigenvalues(m).selecting(3, axis: 0) }
    let withVectors = { (m: Tensor) throws(TensorError) in try symmetricEigen(m).values.selecting(3, axis: 0) }
    let symmetric = try 0.5 * (d + d.matrixTransposed())
    let turned = try matrixProduct(v.matrixTransposed(), matrixProduct(symmetric, v)).doubles()
    // λ − λⱼ = 2 for each.
    let exact: Double = [turned[3], turned[7], turned[11]].reduce(0) { $0 + $1 * $1 }
    for f in [largest, withVectors] {
      for value in try derivatives(f, a, d, order: 2) { #expect(Swift.abs(value - exact) < 1e-12, "\(value), not \(exact)") }
    }
    let (u, w) = (try basis(4, 3, 4), try basis(3, 3, 5))
    let b = try matrixProduct(u * Tensor([3, 1, 1]), w)
    let e = try direction([4, 3], 6)
    let top = { (m: Tensor) throws(TensorError) in try singularValues(m).selecting(0, axis: 0) }
    let reference = try difference(top, b, 0.3 * e, order: 2)
    for value in try derivatives(top, b, 0.3 * e, order: 2) {
      #expect(Swift.abs(value - reference) < 1e-9, "\(value), not \(reference)")
    }
  }

  /// Second derivatives within a group of equal values, and any derivative of the vectors there, need what is not known.
  @Test func whatIsNotKnownIsNaN() throws {
    let one = try identity(3)
    let d = try direction([3, 3], 4)
    let squares = { (m: Tensor) throws(TensorError) in try square(symmetricEigenvalues(m)).sum() }
    #expect(try distance(slopes(squares, one), 2 * one) < 1e-14)
    #expect(try derivatives(squares, one, d, order: 2).allSatisfy(\.isNaN))
    // A itself, rebuilt: its derivative is D, of which the vectors can't know the part within the group.
    let rebuilt = { (m: Tensor) throws(TensorError) in
      let (values, vectors) = try symmetricEigen(m)
      return try matrixProduct(vectors * values, vectors.matrixTransposed()).selecting(0, axis: 0).sum()
    }
    #expect(try derivatives(rebuilt, one, d, order: 1).allSatisfy(\.isNaN))
    let product = { (m: Tensor) throws(TensorError) in
      let (u, s, vt) = try singularValueDecomposition(m)
      return try matrixProduct(u * s, vt).selecting(0, axis: 0).sum()
    }
    #expect(try derivatives(product, one, d, order: 1).allSatisfy(\.isNaN))
    // Rounding does not hide that values are equal.
    let v = try basis(3, 3, 9)
    let turned = try matrixProduct(v * Tensor([2, 2, 1]), v.matrixTransposed())
    #expect(try derivatives(squares, turned, d, order: 2).allSatisfy(\.isNaN))
    // Vectors of values apart from all others have their derivatives.
    let apart = { (m: Tensor) throws(TensorError) in
      try square(symmetricEigen(m).vectors.slice(1, from: 0, count: 1)).selecting(0, axis: 0).sum()
    }
    try expectEveryOrder(apart, turned, upTo: 1, "a vector apart")
  }

  // MARK: Determinants

  /// At a singular matrix the gradient is the adjugate's transpose, for every rank.
  @Test func determinantsOfSingularMatrices() throws {
    let a = try Tensor([1, 2, 2, 4], [2, 2])
    #expect(try distance(slopes(determinant, a), Tensor([4, -2, -2, 1], [2, 2])) < 1e-14)
    #expect(
      try distance(
        hessian(determinant, at: a).reshaped([4, 4]), Tensor([0, 0, 0, 1, 0, 0, -1, 0, 0, -1, 0, 0, 1, 0, 0, 0], [4, 4])) < 1e-13)
    let rankTwo = try Tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3])
    #expect(try distance(slopes(determinant, rankTwo), Tensor([-3, 6, -3, 6, -12, 6, -3, 6, -3], [3, 3])) < 1e-13)
    #expect(
      try distance(
        slopes(determinant, Tensor([2, 0, 0, 0, 3, 0, 0, 0, 0], [3, 3])), Tensor([0, 0, 0, 0, 0, 0, 0, 0, 6], [3, 3])) < 1e-14)
    #expect(try slopes(determinant, Tensor([1, 0, 0, 0, 0, 0, 0, 0, 0], [3, 3])).doubles().allSatisfy { $0 == 0 })
    #expect(try slopes(determinant, Tensor([0], [1, 1])).doubles() == [1])
    // A regular matrix beside a singular one, and equal singular values there.
    let both = try stack([identity(2), a], axis: 0)
    let product = try hessianProduct(
      { (x) throws(TensorError) in [try determinant(x[0]).sum()] }, at: [both], [Tensor([1, 2, 3, 4, 1, 2, 3, 4], [2, 2, 2])])[0]
    #expect(try distance(product, Tensor([4, -3, -2, 1, 4, -3, -2, 1], [2, 2, 2])) < 1e-13)
    let lanes = try vmap(
      { (x) throws(TensorError) in try gradient({ (x) throws(TensorError) in [try determinant(x[0])] }, at: x) }, [both], axes: [0])[
        0]
    #expect(try distance(lanes, Tensor([1, 0, 0, 1, 4, -2, -2, 1], [2, 2, 2])) < 1e-14)
    try expectEveryOrder(determinant, identity(3), upTo: 3, "identity")
  }

  // MARK: The two operations that keep the unknown apart

  @Test func zeroWinsOverWhatIsNotKnown() throws {
    let quotient = try bind(ZeroWinsQuotient(), [Tensor([0, 1, 6, 0]), Tensor([0, 0, 3, 2])])[0].doubles()
    #expect(quotient[0] == 0 && quotient[1].isNaN && quotient[2...].elementsEqual([2, 0]))
    let product = try bind(MatrixProduct(zeroWins: true), Tensor([1, 0, 2, .nan], [2, 2]), Tensor([3, 4, 0, .nan], [2, 2]))
      .doubles()
    // Row 1 does not ask for the second row; of row 2 only the first column is known: 2·3 + NaN·0.
    #expect(product[..<3].elementsEqual([3, 4, 6]) && product[3].isNaN)
  }
}
