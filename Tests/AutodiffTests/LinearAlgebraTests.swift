import Testing

@testable import Autodiff

/// Linear algebra at the points where rules are delicate, and against closed forms.
@Suite struct LinearAlgebraTests {
  private let a = [4.0, 1, 0.5, 1, 3, -0.2, 0.5, -0.2, 2]

  private func identity(_ n: Int) throws(TensorError) -> Tensor { try .identity(n, .float64) }
  private func matrix() throws(TensorError) -> Tensor { try Tensor(a, [3, 3]) }
  private func slopes(_ f: @escaping (Tensor) throws(TensorError) -> Tensor, _ x: Tensor) throws -> Tensor {
    try gradient({ (x) throws(TensorError) in [try f(x[0])] }, at: [x])[0]
  }

  // MARK: Values

  @Test func decompositionsMultiplyBack() throws {
    for shape: Shape in [[4, 2], [2, 4], [3, 3], [2, 3, 4]] {
      var generator = Generator(seed: 3)
      let x = Tensor(try generator.normal(shape, .float64))
      let (q, r) = try qrDecomposition(x)
      #expect(try distance(matrixProduct(q, r), x) < 1e-14)
      let k = min(shape[shape.rank - 1], shape[shape.rank - 2])
      let gram = try matrixProduct(q.matrixTransposed(), q)
      #expect(try distance(gram, identity(k).broadcast(to: gram.shape)) < 1e-14)
      #expect(try distance(r.triangle(lower: false, offset: 0), r) == 0)
      let (u, s, vt) = try singularValueDecomposition(x)
      #expect(try distance(matrixProduct(u * s.reshaped(s.shape.inserting(1, at: s.rank - 1)), vt), x) < 1e-14)
      #expect(try distance(singularValues(x), s) < 1e-14)
    }
    let l = try cholesky(matrix())
    #expect(try distance(matrixProduct(l, l.matrixTransposed()), matrix()) < 1e-15)
    let (values, vectors) = try symmetricEigen(matrix())
    #expect(try distance(matrixProduct(vectors * values, vectors.matrixTransposed()), matrix()) < 1e-14)
    #expect(try distance(symmetricEigenvalues(matrix()), values) < 1e-14)
  }

  @Test func knownNumbers() throws {
    let m = try Tensor([1, 2, 3, 4], [2, 2])
    #expect(Swift.abs(try determinant(m).double() + 2) < 1e-14)
    #expect(try distance(inverse(m), Tensor([-2, 1, 1.5, -0.5], [2, 2])) < 1e-14)
    #expect(try trace(m).double() == 5)
    #expect(try matrixNorm(m, .one).double() == 6)
    #expect(try matrixNorm(m, .infinity).double() == 7)
    #expect(Swift.abs(try matrixNorm(m, .frobenius).double() - 30.0.squareRoot()) < 1e-14)
    #expect(Swift.abs(try matrixNorm(m, .spectral).double() - (15 + 221.0.squareRoot()).squareRoot()) < 1e-13)
    // ‖m‖_*² = ‖m‖_F² + 2 |det m|.
    #expect(Swift.abs(try matrixNorm(m, .nuclear).double() - 34.0.squareRoot()) < 1e-13)
    #expect(try kroneckerProduct(Tensor([1, 2]), Tensor([3, 4])).doubles() == [3, 4, 6, 8])
    #expect(try kroneckerProduct(Tensor([1, 2], [1, 2]), Tensor([1, 10], [2, 1])).shape == [2, 2])
    #expect(try matrixRank(Tensor([1, 2, 2, 4], [2, 2])).double() == 1)
    #expect(try matrixRank(Tensor([0, 0, 0, 0], [2, 2])).double() == 0)
    #expect(try matrixRank(identity(3), cutoff: 0.5).doubles() == [3])
    // Whole numbers become floats of the default dtype.
    #expect(try inverse(m.cast(to: .int32)).dtype == .float32)
  }

  @Test func leastSquaresSolveTheNormalEquations() throws {
    let x = try Tensor([1, 0, 1, 1, 1, 2, 1, 3], [4, 2])
    let y = try Tensor([1, 3, 4, 6])
    #expect(try distance(leastSquares(x, y), Tensor([1.1, 1.6])) < 1e-14)
    // Of all solutions of x + y = 2, the one of least norm.
    #expect(try distance(leastSquares(Tensor([1, 1], [1, 2]), Tensor([2])), Tensor([1, 1])) < 1e-15)
  }

  @Test func theOtherTriangleIsNotRead() throws {
    let lower = try Tensor([2, .nan, 1, 4], [2, 2])
    let x = try triangularSolve(lower, Tensor([2, 9]), lower: true)
    #expect(try x.doubles() == [1, 2])
  }

  @Test func exponentials() throws {
    // A rotation, also by an angle that has to be scaled.
    for angle in [0.3, 40] {
      let turn = try matrixExponential(Tensor([0, -angle, angle, 0], [2, 2]))
      let (c, s) = (try cos(Tensor(angle)).double(), try sin(Tensor(angle)).double())
      #expect(try distance(turn, Tensor([c, -s, s, c], [2, 2])) < 1e-13)
    }
    #expect(try distance(matrixExponential(Tensor([0, 5, 0, 0], [2, 2])), Tensor([1, 5, 0, 1], [2, 2])) < 1e-15)
    // Of different sizes in one stack, plainly and under vmap, and where one overflows.
    let stack = try Tensor([1, 0, 0, 2, 30, 0, 0, -20, 800, 0, 0, 0], [3, 2, 2])
    let f: TensorFunction = { (x) throws(TensorError) in [try matrixExponential(x[0])] }
    let plain = try f([stack])[0].doubles()
    #expect(try vmap(f, [stack], axes: [0])[0].doubles() == plain)
    #expect(plain[8] == .infinity)
    let expected = try [1.0, 2, 30, -20].map { try exp(Tensor($0)).double() }
    for (value, exact) in zip([plain[0], plain[3], plain[4], plain[7]], expected) { #expect(Swift.abs(value / exact - 1) < 1e-13) }
    #expect(try vmap(f, [Tensor([1e7], [1, 1, 1])], axes: [0])[0].double().isNaN, "beyond the limit of unknown values")
  }

  // MARK: Derivatives

  /// ∇ log det A = A⁻ᵀ, ∇ det A = det A · A⁻ᵀ.
  @Test func determinants() throws {
    let m = try matrix()
    let inverse = try inverse(m).matrixTransposed()
    #expect(try distance(slopes({ (m) throws(TensorError) in try signLogDeterminant(m).logabs }, m), inverse) < 1e-14)
    #expect(try distance(slopes(determinant, m), determinant(m) * inverse) < 1e-14)
    let singular = try Tensor([1, 2, 2, 4], [2, 2])
    #expect(try determinant(singular).double() == 0)
    let error = #expect(throws: TensorError.self) {
      try slopes({ (m) throws(TensorError) in try signLogDeterminant(m).logabs }, singular)
    }
    #expect(error?.message.contains("is singular") == true, "\(String(describing: error))")
  }

  /// The pseudo-inverse needs no gaps: at the identity d(A⁺) = −dA.
  @Test func pseudoInverseAtTheIdentity() throws {
    let j = try jacobian({ (m) throws(TensorError) in try pseudoInverse(m) }, at: identity(2)).reshaped([4, 4])
    #expect(try distance(j, -identity(4)) < 1e-14)
  }

  /// Only the symmetric part counts, and the derivative says so.
  @Test func symmetricPartsOnly() throws {
    let lopsided = try matrix() + Tensor([0, 0.3, -0.1, -0.3, 0, 0.2, 0.1, -0.2, 0], [3, 3])
    let logDeterminant = { (m: Tensor) throws(TensorError) in try log(cholesky(m).diagonal()).sum() }
    let least = { (m: Tensor) throws(TensorError) in try symmetricEigenvalues(m).selecting(0, axis: 0) }
    for f in [logDeterminant, least] {
      #expect(try distance(f(lopsided), f(matrix())) < 1e-14)
      let g = try slopes(f, lopsided)
      #expect(try distance(g, g.matrixTransposed()) < 1e-14)
      #expect(try distance(g, slopes(f, matrix())) < 1e-13)
    }
  }

  /// d/dt e^{tA} = A e^{tA}, twice.
  @Test func theExponentialSolvesItsEquation() throws {
    let m = try matrix()
    let flow: TensorFunction = { (t) throws(TensorError) in [try matrixExponential(t[0] * m)] }
    let velocity: TensorFunction = { (t) throws(TensorError) in
      [try jvp(flow, t, [.scalar(1, .float64)]).tangents[0].moving()]
    }
    let t = try Tensor(2.5)
    let value = try flow([t])[0]
    #expect(try distance(velocity([t])[0], matrixProduct(m, value)) < 1e-12)
    let acceleration = try jvp(velocity, [t], [.scalar(1, .float64)]).tangents[0].moving()
    #expect(try distance(acceleration, matrixProduct(m, matrixProduct(m, value))) < 1e-12)
  }

  // MARK: Errors

  @Test func errorsNameTheOperationAndTheShape() throws {
    let wide = try Tensor([1, 2, 3, 4, 5, 6], [2, 3])
    let vector = try Tensor([1, 2])
    let m = try Tensor([1, 2, 2, 4], [2, 2])
    func message(_ body: () throws(TensorError) -> Void) -> String {
      do throws(TensorError) {
        try body()
        return "nothing was refused"
      } catch { return error.message }
    }
    #expect(
      message { () throws(TensorError) in _ = try inverse(wide) }
        == "inv: expected square matrices [.., n, n], got the shape [2, 3]")
    #expect(
      message { () throws(TensorError) in _ = try singularValues(vector) }
        == "svd: expected a matrix or a stack of matrices [.., n, m], got the shape [2]")
    #expect(
      message { () throws(TensorError) in _ = try qrDecomposition(vector) }
        == "qr: expected a matrix or a stack of matrices [.., n, m], got the shape [2]")
    #expect(
      message { () throws(TensorError) in _ = try solve(identity(3), vector) } == "solve: row counts differ: a is [3, 3], b is [2]")
    #expect(
      message { () throws(TensorError) in _ = try leastSquares(wide, Tensor([1, 2, 3])) }
        == "lstsq: row counts differ: a is [2, 3], b is [3] (2 ≠ 3)")
    #expect(message { () throws(TensorError) in _ = try inverse(m) }.hasPrefix("inv: the matrix is singular"))
    let logabs: TensorFunction = { (x) throws(TensorError) in [try signLogDeterminant(x[0]).logabs] }
    #expect(
      message { () throws(TensorError) in _ = try gradient(logabs, at: [m]) }
        .hasPrefix("slogdet: there is no derivative: the matrix is singular"))
    let corner: TensorFunction = { (x) throws(TensorError) in [try qrDecomposition(x[0]).r.sum()] }
    #expect(
      message { () throws(TensorError) in _ = try gradient(corner, at: [.zeros(Spec([2, 2], .float64))]) }
        .hasPrefix("qr: there is no derivative where columns depend on each other"))
    #expect(message { () throws(TensorError) in _ = try solve(identity(2), Tensor([.nan, 1])) }.contains("or its right-hand side"))
    #expect(message { () throws(TensorError) in _ = try cholesky(m) }.contains("not positive definite"))
    #expect(message { () throws(TensorError) in _ = try matrixExponential(wide) }.hasPrefix("expm: expected square"))
  }

}
