import Testing

@testable import Arrays

/// Decompositions by what they promise: factors reconstruct the matrix, vectors are orthonormal, a batch is the stack of its
/// matrices, and what has no answer is an error that says which matrix and what to do.
@Suite struct LinearAlgebraTests {
  static let floats: [DType] = [.float32, .float64]
  static let sizes = [(1, 1), (2, 2), (3, 5), (5, 3), (1, 4), (4, 1), (17, 17), (40, 23)]

  // A bound for errors relative to the largest entry, in units of the dtype's epsilon: n² operations on n × n entries.
  static func tolerance(_ dtype: DType, _ n: Int) -> Double {
    Double(8 * (n + 4)) * (dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne)
  }

  static func random(_ shape: Shape, _ dtype: DType, seed: UInt64 = 1) throws -> NDArray {
    var generator = Generator(seed: seed)
    return try generator.normal(shape, dtype)
  }

  static func transposed(_ a: NDArray) -> NDArray {
    a.permuted(Array(0..<(a.rank - 2)) + [a.rank - 1, a.rank - 2])
  }

  // Row i of the last dimensions scaled: diag(s) a.
  static func scaledRows(_ a: NDArray, by s: NDArray) throws -> NDArray {
    try .pointwise(.mul, a, s.reshaped(s.shape.inserting(1, at: s.rank)))
  }

  static func identity(_ n: Int) -> Naive { Naive([n, n]) { $0[0] == $0[1] ? 1 : 0 } }

  static func distance(_ a: NDArray, _ b: NDArray) throws -> Double {
    #expect(a.shape == b.shape && a.dtype == b.dtype)
    return zip(try a.doubles(), try b.doubles()).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  static func checkOrthonormalColumns(_ q: NDArray) throws {
    let n = q.shape[q.rank - 1]
    let gram = try NDArray.matrixProduct(transposed(q), q)
    let one = try NDArray(identity(n).values, shape: [n, n]).cast(to: q.dtype).broadcast(to: gram.shape)
    #expect(try distance(gram, one) < tolerance(q.dtype, q.shape[q.rank - 2]))
  }

  static func matrix(_ batch: NDArray, _ entry: Int) throws -> NDArray {
    let (m, n) = (batch.shape[batch.rank - 2], batch.shape[batch.rank - 1])
    let flat = try batch.reshaped([batch.count / (m * n), m, n])
    return try flat.sliced(starts: [entry, 0, 0], counts: [1, m, n], steps: [1, 1, 1]).reshaped([m, n]).packed()
  }

  // MARK: Spectrum

  @Test(arguments: floats, [1, 2, 3, 8, 31]) func eigenvectorsDiagonalize(dtype: DType, n: Int) throws {
    let a = try LinearAlgebraTests.random([2, 3, n, n], dtype)
    let symmetric = try NDArray.pointwise(.mul, .pointwise(.add, a, LinearAlgebraTests.transposed(a)), .full([], 0.5, dtype))
    let (values, vectors) = try a.symmetricEigen()
    #expect(values.shape == [2, 3, n] && vectors.shape == a.shape)
    try LinearAlgebraTests.checkOrthonormalColumns(vectors)
    let scaled = try LinearAlgebraTests.scaledRows(LinearAlgebraTests.transposed(vectors), by: values)
    let product = try NDArray.matrixProduct(vectors, scaled)
    #expect(try LinearAlgebraTests.distance(product, symmetric) < 10 * LinearAlgebraTests.tolerance(dtype, n))
    let alone = try a.symmetricEigenvalues()
    #expect(try LinearAlgebraTests.distance(alone, values) < 10 * LinearAlgebraTests.tolerance(dtype, n))
    for row in try stride(from: 0, to: values.count, by: n).map({ Array(try values.doubles()[$0..<($0 + n)]) }) {
      #expect(row == row.sorted())
    }
  }

  @Test func eigenvaluesOfThePathGraph() throws {
    // Second differences with fixed ends: λ_k = 2 − 2 cos(k π / (n + 1)).
    let n = 9
    let a = Naive([n, n]) { $0[0] == $0[1] ? 2 : abs($0[0] - $0[1]) == 1 ? -1 : 0 }
    let values = try NDArray(a.values, shape: [n, n]).symmetricEigenvalues()
    let angles = try NDArray((1...n).map { Double($0) * Double.pi / Double(n + 1) }, shape: [n])
    let expected = try NDArray.pointwise(
      .sub, .full([n], 2, .float64), .pointwise(.mul, .full([], 2, .float64), .pointwise(.cos, angles)))
    #expect(try LinearAlgebraTests.distance(values, expected) < 1e-14)
  }

  @Test(arguments: floats, sizes) func singularVectorsReconstruct(dtype: DType, size: (Int, Int)) throws {
    let (m, n) = size
    let k = min(m, n)
    let a = try LinearAlgebraTests.random([3, m, n], dtype)
    let (u, s, vt) = try a.singularValues()
    #expect(u.shape == [3, m, k] && s.shape == [3, k] && vt.shape == [3, k, n])
    try LinearAlgebraTests.checkOrthonormalColumns(u)
    try LinearAlgebraTests.checkOrthonormalColumns(LinearAlgebraTests.transposed(vt))
    let product = try NDArray.matrixProduct(u, LinearAlgebraTests.scaledRows(vt, by: s))
    #expect(try LinearAlgebraTests.distance(product, a) < 10 * LinearAlgebraTests.tolerance(dtype, max(m, n)))
    let values = try s.doubles()
    for entry in 0..<3 {
      let row = Array(values[(entry * k)..<((entry + 1) * k)])
      #expect(row == row.sorted(by: >) && row.allSatisfy { $0 >= 0 })
    }
    let alone = try a.singularValuesOnly()
    #expect(try LinearAlgebraTests.distance(alone, s) < 10 * LinearAlgebraTests.tolerance(dtype, max(m, n)))
    let full = try a.singularValues(full: true)
    #expect(full.u.shape == [3, m, m] && full.vt.shape == [3, n, n])
    try LinearAlgebraTests.checkOrthonormalColumns(full.u)
    try LinearAlgebraTests.checkOrthonormalColumns(LinearAlgebraTests.transposed(full.vt))
    let left = full.u.sliced(starts: [0, 0, 0], counts: [3, m, k], steps: [1, 1, 1])
    let right = full.vt.sliced(starts: [0, 0, 0], counts: [3, k, n], steps: [1, 1, 1])
    let again = try NDArray.matrixProduct(left, LinearAlgebraTests.scaledRows(right, by: full.s))
    #expect(try LinearAlgebraTests.distance(again, a) < 10 * LinearAlgebraTests.tolerance(dtype, max(m, n)))
  }

  // MARK: Factors

  @Test(arguments: floats, sizes) func qrReconstructs(dtype: DType, size: (Int, Int)) throws {
    let (m, n) = size
    let k = min(m, n)
    let a = try LinearAlgebraTests.random([2, m, n], dtype)
    let (q, r) = try a.qrDecomposition()
    #expect(q.shape == [2, m, k] && r.shape == [2, k, n])
    try LinearAlgebraTests.checkOrthonormalColumns(q)
    #expect(try LinearAlgebraTests.distance(.matrixProduct(q, r), a) < LinearAlgebraTests.tolerance(dtype, max(m, n)))
    let upper = try Naive(r)
    for index in Naive.indices(upper.shape) where index[1] > index[2] { #expect(upper[index] == 0) }
  }

  @Test(arguments: floats, [1, 2, 5, 33]) func choleskyReconstructs(dtype: DType, n: Int) throws {
    let root = try LinearAlgebraTests.random([2, n, n + 3], dtype)
    let a = try NDArray.matrixProduct(root, LinearAlgebraTests.transposed(root))
    let l = try a.cholesky()
    let product = try NDArray.matrixProduct(l, LinearAlgebraTests.transposed(l))
    let scale = Double(2 * (n + 3))
    #expect(try LinearAlgebraTests.distance(product, a) < scale * LinearAlgebraTests.tolerance(dtype, n))
    let lower = try Naive(l)
    for index in Naive.indices(lower.shape) {
      #expect(index[1] < index[2] ? lower[index] == 0 : index[1] > index[2] || lower[index] > 0)
    }
  }

  @Test func symmetricPartsAreDecomposed() throws {
    // 4 and 0 off the diagonal mean 2 and 2.
    let skewed = try NDArray([5.0, 4, 0, 5], shape: [2, 2])
    let even = try NDArray([5.0, 2, 2, 5], shape: [2, 2])
    #expect(try skewed.cholesky().doubles() == even.cholesky().doubles())
    #expect(try skewed.symmetricEigen().vectors.doubles() == even.symmetricEigen().vectors.doubles())
    #expect(try LinearAlgebraTests.distance(skewed.symmetricEigenvalues(), NDArray([3.0, 7], shape: [2])) < 1e-14)
  }

  // MARK: Systems

  @Test(arguments: floats, [(1, 1), (3, 1), (3, 4), (20, 3)]) func solutionsFit(dtype: DType, size: (Int, Int)) throws {
    let (n, k) = size
    // A diagonal that dominates keeps the condition number, and so the error, small.
    let noise = try LinearAlgebraTests.random([2, n, n], dtype)
    let diagonal = try NDArray(Naive([n, n]) { $0[0] == $0[1] ? 3 * Double(n) : 0 }.values, shape: [n, n]).cast(to: dtype)
    let a = try NDArray.pointwise(.add, noise, diagonal)
    let b = try LinearAlgebraTests.random([2, n, k], dtype, seed: 2)
    let bound = LinearAlgebraTests.tolerance(dtype, n)
    #expect(try LinearAlgebraTests.distance(.matrixProduct(a, a.solve(b)), b) < bound)
    let inverse = try a.inverse()
    let one = try NDArray(LinearAlgebraTests.identity(n).values, shape: [n, n]).cast(to: dtype).broadcast(to: a.shape)
    #expect(try LinearAlgebraTests.distance(.matrixProduct(a, inverse), one) < bound)
    #expect(try LinearAlgebraTests.distance(.matrixProduct(inverse, a), one) < bound)
  }

  @Test(arguments: floats) func trianglesInEveryWay(dtype: DType) throws {
    let (n, k) = (6, 2)
    let noise = try LinearAlgebraTests.random([2, n, n], dtype)
    let diagonal = try NDArray(Naive([n, n]) { $0[0] == $0[1] ? 10 : 0 }.values, shape: [n, n]).cast(to: dtype)
    let a = try NDArray.pointwise(.add, noise, diagonal)
    let b = try LinearAlgebraTests.random([2, n, k], dtype, seed: 2)
    for lower in [true, false] {
      for transposed in [true, false] {
        for unit in [true, false] {
          var triangle = try Naive(a)
          for index in Naive.indices(triangle.shape) {
            if lower ? index[2] > index[1] : index[2] < index[1] { triangle[index] = 0 }
            if unit, index[1] == index[2] { triangle[index] = 1 }
          }
          let matrix = try NDArray(triangle.values, shape: a.shape).cast(to: dtype)
          let x = try a.triangularSolve(b, lower: lower, transposed: transposed, unitDiagonal: unit)
          let product = try NDArray.matrixProduct(transposed ? LinearAlgebraTests.transposed(matrix) : matrix, x)
          #expect(
            try LinearAlgebraTests.distance(product, b) < 100 * LinearAlgebraTests.tolerance(dtype, n),
            "lower \(lower) transposed \(transposed) unit \(unit)")
        }
      }
    }
  }

  @Test(arguments: floats) func determinants(dtype: DType) throws {
    // A swap, a scale, a singular matrix and a 3 x 3 with determinant −18.
    let two = try NDArray([0.0, 1, 1, 0, 2, 0, 0, 5, 1, 2, 2, 4], shape: [3, 2, 2]).cast(to: dtype)
    let (sign, logabs) = try two.signLogDeterminant()
    #expect(try sign.doubles() == [-1, 1, 0])
    let logs = try logabs.doubles()
    #expect(logs[0] == 0 && abs(logs[1] - 2.302585092994046) < LinearAlgebraTests.tolerance(dtype, 2) && logs[2] == -.infinity)
    let three = try NDArray([2.0, 0, 1, 1, 3, 2, 4, 0, -1], shape: [3, 3]).cast(to: dtype).signLogDeterminant()
    #expect(three.sign.shape == .scalar)
    #expect(try three.sign.doubles() == [-1])
    #expect(abs(try three.logabs.doubles()[0] - 2.8903717578961645) < LinearAlgebraTests.tolerance(dtype, 3))
  }

  @Test(arguments: floats) func determinantsOfPermutationsAreTheirSigns(dtype: DType) throws {
    for order in permutations(4) {
      let inversions = subsets(4).filter { $0.count == 2 && order[$0[0]] > order[$0[1]] }.count
      let matrix = Naive([4, 4]) { order[$0[0]] == $0[1] ? 1 : 0 }
      let result = try NDArray(matrix.values, shape: [4, 4]).cast(to: dtype).signLogDeterminant()
      #expect(try result.sign.doubles() == [inversions % 2 == 0 ? 1 : -1], "\(order)")
      #expect(try result.logabs.doubles() == [0])
    }
  }

  @Test(arguments: floats, sizes) func leastSquaresIsOptimal(dtype: DType, size: (Int, Int)) throws {
    let (m, n) = size
    let a = try LinearAlgebraTests.random([2, m, n], dtype)
    let b = try LinearAlgebraTests.random([2, m, 2], dtype, seed: 2)
    let (x, rank, s) = try a.leastSquares(b)
    #expect(x.shape == [2, n, 2] && s.shape == [2, min(m, n)])
    #expect(try rank.elements(of: Int32.self) == [Int32(min(m, n)), Int32(min(m, n))])
    let bound = 1000 * LinearAlgebraTests.tolerance(dtype, max(m, n))
    // The residual is orthogonal to the columns, and x has no part outside the row space: x = Aᵀ y.
    let residual = try NDArray.pointwise(.sub, .matrixProduct(a, x), b)
    let slope = try NDArray.matrixProduct(LinearAlgebraTests.transposed(a), residual)
    #expect(try LinearAlgebraTests.distance(slope, .full(slope.shape, 0, dtype)) < bound)
    let vt = try a.singularValues().vt
    let projected = try NDArray.matrixProduct(LinearAlgebraTests.transposed(vt), .matrixProduct(vt, x))
    #expect(try LinearAlgebraTests.distance(projected, x) < bound)
  }

  @Test func rankDeficientLeastSquaresTakesTheShortest() throws {
    // x + y = 2 twice: the shortest solution is (1, 1).
    let a = try NDArray([1.0, 1, 1, 1], shape: [2, 2])
    let result = try a.leastSquares(NDArray([2.0, 2], shape: [2, 1]))
    #expect(try LinearAlgebraTests.distance(result.x, NDArray([1.0, 1], shape: [2, 1])) < 1e-14)
    #expect(try result.rank.elements(of: Int32.self) == [1])
    let coarse = try NDArray([1.0, 0, 0, 0.1], shape: [2, 2]).leastSquares(NDArray([1.0, 1], shape: [2, 1]), cutoff: 0.5)
    #expect(try LinearAlgebraTests.distance(coarse.x, NDArray([1.0, 0], shape: [2, 1])) < 1e-14)
  }

  // MARK: Batches and layouts

  // Every decomposition as a list of results, so that one test can compare layouts and batches bit by bit.
  static let operations: [(String, @Sendable (NDArray) throws -> [NDArray])] = [
    (
      "eigh",
      {
        let r = try $0.symmetricEigen(); return [r.values, r.vectors]
      }
    ),
    ("eigvalsh", { [try $0.symmetricEigenvalues()] }),
    (
      "svd",
      {
        let r = try $0.singularValues(); return [r.u, r.s, r.vt]
      }
    ),
    ("svdvals", { [try $0.singularValuesOnly()] }),
    (
      "qr",
      {
        let r = try $0.qrDecomposition(); return [r.q, r.r]
      }
    ),
    ("inv", { [try $0.inverse()] }),
    (
      "slogdet",
      {
        let r = try $0.signLogDeterminant(); return [r.sign, r.logabs]
      }
    ),
    ("solve", { [try $0.solve($0.packed())] }),
    ("triangular_solve", { [try $0.triangularSolve($0, lower: true)] }),
    (
      "lstsq",
      {
        let r = try $0.leastSquares($0); return [r.x, r.rank, r.singularValues]
      }
    ),
    (
      "cholesky",
      {
        [try NDArray.matrixProduct($0, transposed($0)).cholesky()]
      }
    ),
  ]

  @Test(arguments: floats, operations.indices) func aBatchIsTheStackOfItsMatrices(dtype: DType, operation: Int) throws {
    let (name, run) = LinearAlgebraTests.operations[operation]
    let a = try LinearAlgebraTests.random([3, 2, 7, 7], dtype)
    let batched = try run(a)
    for entry in 0..<6 {
      let single = try run(LinearAlgebraTests.matrix(a, entry))
      for (whole, part) in zip(batched, single) {
        let size = whole.count / 6
        #expect(Array(whole.shape) == [3, 2] + Array(part.shape))
        #expect(try Array(whole.doubles()[(entry * size)..<((entry + 1) * size)]) == part.doubles(), "\(name) of \(entry)")
      }
    }
  }

  @Test(arguments: operations.indices) func viewsGiveTheSameBits(operation: Int) throws {
    let (name, run) = LinearAlgebraTests.operations[operation]
    let a = try LinearAlgebraTests.random([5, 2, 5], .float64)
    let views = [
      a.permuted([1, 0, 2]), a.permuted([1, 2, 0]),
      a.sliced(starts: [4, 1, 4], counts: [3, 1, 3], steps: [-2, 1, -1]).permuted([1, 0, 2]),
      a.sliced(starts: [0, 0, 0], counts: [5, 1, 5], steps: [1, 1, 1]).permuted([1, 0, 2]).broadcast(to: [2, 5, 5]),
    ]
    for view in views {
      for (viewed, packed) in zip(try run(view), try run(view.packed())) {
        #expect(try viewed.doubles() == packed.doubles(), "\(name)")
      }
    }
  }

  @Test func batchesOfSystemsBroadcast() throws {
    let a = try NDArray([2.0, 0, 0, 4], shape: [2, 2])
    let b = try NDArray([2.0, 4, 6, 8, 10, 12], shape: [3, 2, 1])
    #expect(try a.solve(b).doubles() == [1, 1, 3, 2, 5, 3])
    #expect(try a.solve(b).shape == [3, 2, 1])
    #expect(try a.triangularSolve(b, lower: false).doubles() == [1, 1, 3, 2, 5, 3])
    let stacked = try NDArray([2.0, 0, 0, 4, 1, 0, 0, 1], shape: [2, 1, 2, 2])
    #expect(try stacked.solve(b).shape == [2, 3, 2, 1])
    #expect(try stacked.solve(b).doubles() == [1, 1, 3, 2, 5, 3, 2, 4, 6, 8, 10, 12])
  }

  @Test(arguments: floats) func emptyMatricesAndBatches(dtype: DType) throws {
    func empty(_ shape: Shape) throws -> NDArray { try .full(shape, 0, dtype) }
    #expect(try empty([0, 0]).symmetricEigen().vectors.shape == [0, 0])
    #expect(try empty([2, 0, 0]).symmetricEigenvalues().shape == [2, 0])
    #expect(try empty([0, 3, 3]).symmetricEigen().values.shape == [0, 3])
    let thin = try empty([2, 0, 3]).singularValues()
    #expect(thin.u.shape == [2, 0, 0] && thin.s.shape == [2, 0] && thin.vt.shape == [2, 0, 3])
    let full = try empty([0, 3]).singularValues(full: true)
    #expect(try full.u.shape == [0, 0] && Naive(full.vt) == LinearAlgebraTests.identity(3))
    let (q, r) = try empty([3, 0]).qrDecomposition()
    #expect(q.shape == [3, 0] && r.shape == [0, 0])
    #expect(try empty([0, 0]).cholesky().shape == [0, 0])
    #expect(try empty([0, 0]).inverse().shape == [0, 0])
    #expect(try empty([0, 0]).solve(empty([0, 2])).shape == [0, 2])
    #expect(try empty([3, 3]).triangularSolve(empty([3, 0]), lower: true).shape == [3, 0])
    let determinant = try empty([2, 0, 0]).signLogDeterminant()
    #expect(try determinant.sign.doubles() == [1, 1] && determinant.logabs.doubles() == [0, 0])
    let solution = try empty([0, 3]).leastSquares(empty([0, 2]))
    #expect(try Naive(solution.x) == Naive([3, 2]) { _ in 0 })
    #expect(try empty([3, 2]).leastSquares(empty([3, 0])).x.shape == [2, 0])
  }
}
