import CLapack

/// The bridge to LAPACK: the library, what its calls take, and the errors their statuses stand for. `CLapack` opens OpenBLAS on the
/// first decomposition and keeps row-major layout on this side; the decompositions themselves are extensions of `NDArray`.
package enum Lapack {
  /// The process's library, or the error that says how to get one.
  static func library(_ operation: String) throws(TensorError) -> OpaquePointer {
    guard let library = ebb_lapack_shared() else { throw missing(operation) }
    return library
  }

  /// The error of a machine without the library.
  static func missing(_ operation: String) -> TensorError {
    .library(
      operation,
      "needs LAPACK, and neither libopenblas.so.0 nor liblapack.so.3 can be opened; install it with: apt install libopenblas0")
  }

  /// What was found: the name of the library and the processor core for which OpenBLAS chose its kernels (nil when it is not
  /// OpenBLAS). Opens the library.
  /// - Throws: `TensorError.library` when there is none.
  package static func found() throws(TensorError) -> (library: String, core: String?) {
    let library = try library("doctor")
    return (String(cString: ebb_lapack_name(library)), ebb_lapack_core(library).map { String(cString: $0) })
  }

  /// Runs a decomposition over a batch.
  /// - Parameters:
  ///   - operation: the name in errors.
  ///   - batch: how many matrices, in which shape.
  ///   - hasSides: whether the decomposition also reads right-hand sides.
  ///   - failure: the sentence for LAPACK's positive info, to follow "matrix i of n ".
  static func run(
    _ operation: String, _ dtype: DType, batch: Shape, hasSides: Bool = false, failure: (Int) -> String,
    _ body: (UnsafeMutablePointer<ebb_lapack_call>) -> ebb_lapack_status
  ) throws(TensorError) {
    var call = ebb_lapack_call()
    call.library = try library(operation)
    call.wide = dtype == .float64
    call.batch = Int64(batch.elementCount)
    call.interrupt = Engine.current.control.pointee.interrupt
    let status = body(&call)
    let subject = batch.elementCount == 1 ? "the matrix" : "matrix \(call.entry + 1) of \(batch.elementCount)"
    switch status {
    case .ok: return
    case .interrupted: throw .interrupted
    case .no_memory: throw .numerical(operation, "the machine has no memory left for the decomposition's working space")
    case .not_finite:
      let place = hasSides ? " or its right-hand side" : ""
      throw .numerical(operation, "\(subject)\(place) contains NaN or infinity; find where with x:isfinite()")
    case .failed: throw .numerical(operation, "\(subject) \(failure(Int(call.info)))")
    }
  }

  /// What to say when an iteration inside LAPACK gives up.
  static func notConverged(_ dtype: DType) -> String {
    let advice =
      dtype == .float32 ? "cast it to float64" : "scale it so that its entries are neither tiny nor huge, or add a small diagonal"
    return "did not converge; " + advice
  }
}

extension NDArray {
  /// The batch dimensions and the sizes of the matrices of a stack [batch…, rows, columns].
  /// - Throws: `dtype` when the elements are not floats, `invalid` when the rank is below 2 or the sizes exceed LAPACK's 32 bits.
  func matrixExtents(_ operation: String) throws(TensorError) -> (batch: Shape, rows: Int32, columns: Int32) {
    guard dtype.isFloat else { throw .dtype(operation, got: dtype, expected: "a float32 or float64 tensor") }
    guard rank >= 2 else {
      throw .invalid(operation, "expected a matrix or a stack of matrices [.., n, m], got the shape \(shape)")
    }
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    // Working space grows with 4 n² for the smaller size n; LAPACK counts it in 32 bits.
    guard rows * columns <= Int(Int32.max), min(rows, columns) <= 20_000 else {
      throw .invalid(operation, "matrices of \(rows) by \(columns) are larger than LAPACK's 32-bit sizes allow")
    }
    return (Shape(shape.dropLast(2)), Int32(rows), Int32(columns))
  }

  /// The same for square matrices.
  func squareExtents(_ operation: String) throws(TensorError) -> (batch: Shape, size: Int32) {
    let (batch, rows, columns) = try matrixExtents(operation)
    guard rows == columns else { throw .invalid(operation, "expected square matrices [.., n, n], got the shape \(shape)") }
    return (batch, rows)
  }

  /// A matrix and right-hand sides with equal batch dimensions, packed.
  static func system(_ operation: String, _ a: NDArray, _ b: NDArray) throws(TensorError) -> (
    a: NDArray, b: NDArray, batch: Shape, rows: Int32, columns: Int32, sides: Int32
  ) {
    let (aBatch, rows, columns) = try a.matrixExtents(operation)
    let (bBatch, bRows, sides) = try b.matrixExtents(operation)
    guard a.dtype == b.dtype else { throw .invalid(operation, "the operands differ in dtype: \(a.dtype) and \(b.dtype)") }
    guard rows == bRows else {
      throw .invalid(operation, "row counts differ: a is \(a.shape), b is \(b.shape) (\(rows) ≠ \(bRows))")
    }
    let batch = try aBatch.broadcast(with: bBatch, operation: operation)
    guard batch.rank + 2 <= Shape.maximumRank else {
      throw .invalid(operation, "at most \(Shape.maximumRank) dimensions are possible, got \(batch.rank + 2)")
    }
    let wideA = try a.broadcast(to: Shape(Array(batch) + [Int(rows), Int(columns)])).contiguous()
    let wideB = try b.broadcast(to: Shape(Array(batch) + [Int(rows), Int(sides)])).contiguous()
    return (wideA, wideB, batch, rows, columns, sides)
  }
}
