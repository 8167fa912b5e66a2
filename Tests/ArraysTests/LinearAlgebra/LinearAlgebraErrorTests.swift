import CLapack
import Testing

@testable import Arrays

@Suite struct LinearAlgebraErrorTests {
  private func message(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return (error as? TensorError)?.message
    }
  }

  private static let good = [1.0, 0, 0, 1]

  @Test func notPositiveDefinite() throws {
    let a = try NDArray(Self.good + [1, 2, 2, 1] + Self.good, shape: [3, 2, 2])
    #expect(
      message { _ = try a.cholesky() }
        == "cholesky: matrix 2 of 3 is not positive definite (pivot 2 of 2 is not positive); add a multiple of the identity to it")
  }

  @Test func singular() throws {
    let advice = "use lstsq or pinv, or add a multiple of the identity to it"
    let a = try NDArray([1.0, 2, 2, 4], shape: [2, 2])
    let b = try NDArray([1.0, 1], shape: [2, 1])
    #expect(message { _ = try a.solve(b) } == "solve: the matrix is singular (pivot 2 of 2 is zero); \(advice)")
    let stack = try NDArray(Self.good + [0, 0, 0, 0], shape: [2, 2, 2])
    #expect(message { _ = try stack.inverse() } == "inv: matrix 2 of 2 is singular (pivot 1 of 2 is zero); \(advice)")
    let triangle = try NDArray([1.0, 5, 5, 0], shape: [2, 2])
    #expect(
      message { _ = try triangle.triangularSolve(b, lower: true) }
        == "triangular_solve: the matrix is singular: element 2 of its diagonal is zero")
    #expect(try triangle.triangularSolve(b, lower: true, unitDiagonal: true).doubles() == [1, -4])
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity], [DType.float32, .float64])
  func notFinite(value: Double, dtype: DType) throws {
    let a = try NDArray(Self.good + [1, 0, value, 1], shape: [2, 2, 2]).cast(to: dtype)
    let b = try NDArray(Self.good, shape: [2, 2]).cast(to: dtype)
    func text(_ operation: String, _ other: String = "") -> String {
      "\(operation): matrix 2 of 2\(other) contains NaN or infinity; find where with x:isfinite()"
    }
    let sides = " or its right-hand side"
    #expect(message { _ = try a.symmetricEigen() } == text("eigh"))
    #expect(message { _ = try a.symmetricEigenvalues() } == text("eigh"))
    #expect(message { _ = try a.singularValues() } == text("svd"))
    #expect(message { _ = try a.singularValues(full: true) } == text("svd"))
    #expect(message { _ = try a.singularValuesOnly() } == text("svd"))
    #expect(message { _ = try a.qrDecomposition() } == text("qr"))
    #expect(message { _ = try a.cholesky() } == text("cholesky"))
    #expect(message { _ = try a.solve(b) } == text("solve", sides))
    #expect(message { _ = try b.solve(a) } == text("solve", sides))
    #expect(message { _ = try a.inverse() } == text("inv"))
    #expect(message { _ = try a.signLogDeterminant() } == text("slogdet"))
    #expect(message { _ = try a.leastSquares(b) } == text("lstsq", sides))
    #expect(message { _ = try b.leastSquares(a) } == text("lstsq", sides))
  }

  @Test func trianglesPropagateWhatIsNotFinite() throws {
    let a = try NDArray([1.0, .nan, 1, 1], shape: [2, 2])
    let b = try NDArray([1.0, .infinity], shape: [2, 1])
    #expect(try a.triangularSolve(b, lower: true).doubles() == [1, .infinity])
  }

  @Test func shapesAndTypes() throws {
    let vector = try NDArray([1.0, 2], shape: [2])
    let wide = try NDArray([1.0, 2, 3, 4, 5, 6], shape: [2, 3])
    let square = try NDArray(Self.good, shape: [2, 2])
    #expect(
      message { _ = try vector.singularValues() }
        == "svd: expected a matrix or a stack of matrices [.., n, m], got the shape [2]")
    #expect(message { _ = try wide.cholesky() } == "cholesky: expected square matrices [.., n, n], got the shape [2, 3]")
    #expect(message { _ = try wide.solve(square) } == "solve: expected square matrices [.., n, n], got the shape [2, 3]")
    #expect(
      message { _ = try square.cast(to: .int32).inverse() }
        == "inv: expected a float32 or float64 tensor, got a int32 tensor (convert with x:cast)")
    #expect(
      message { _ = try square.solve(square.cast(to: .float32)) } == "solve: the operands differ in dtype: float64 and float32")
    #expect(
      message { _ = try square.solve(NDArray([1.0, 2, 3], shape: [3, 1])) }
        == "solve: row counts differ: a is [2, 2], b is [3, 1] (2 ≠ 3)")
    #expect(
      message { _ = try square.broadcast(to: [3, 2, 2]).solve(square.broadcast(to: [2, 2, 2])) }
        == "solve: shapes [3] and [2] do not broadcast (sizes are aligned at the end and must be equal or 1)")
    let long = try NDArray.full([30_000, 1], 0, .float32).broadcast(to: [30_000, 30_000])
    #expect(
      message { _ = try long.symmetricEigen() }
        == "eigh: matrices of 30000 by 30000 are larger than LAPACK's 32-bit sizes allow")
  }

  @Test func interruptStopsBetweenMatrices() throws {
    let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    flag.initialize(to: 1)
    defer { flag.deallocate() }
    let a = try NDArray(Self.good, shape: [2, 2]).broadcast(to: [4, 2, 2])
    let engine = Engine(interrupt: UnsafePointer(flag))
    let packed = try a.packed()
    #expect(engine.run { message { _ = try packed.symmetricEigen() } } == "interrupted")
    #expect(engine.run { message { _ = try packed.solve(packed) } } == "interrupted")
    flag.pointee = 0
    #expect(engine.run { message { _ = try packed.symmetricEigen() } } == nil)
  }

  @Test func theLibraryIsFoundAndNamed() throws {
    let (library, core) = try Lapack.found()
    #expect(library == "libopenblas.so.0" || library == "liblapack.so.3")
    if library == "libopenblas.so.0" { #expect(core?.isEmpty == false) }
  }

  @Test func aMissingLibraryIsAnError() {
    // The first does not exist, the second has no LAPACK in it.
    let opened = "libebbtide-has-no-such.so.0".withCString { absent in
      "libc.so.6".withCString { other in ebb_lapack_open([absent, other], 2) }
    }
    #expect(opened == nil)
    #expect(
      Lapack.missing("svd").message
        == "svd: needs LAPACK, and neither libopenblas.so.0 nor liblapack.so.3 can be opened; install it with: "
        + "apt install libopenblas0")
  }
}
