@testable import Autodiff

/// Linear algebra. Signs of vectors are free, and LAPACK may change them from one point to the next, so results that hold vectors are
/// made free of them.
extension Case {
  static let linearAlgebra: [Case] = [
    matrix(
      "solve", [.separated, .normal], [[[3, 3], [3, 2]], [[3, 3], [3]], [[2, 3, 3], [3, 1]], [[2, 2], [2, 2, 1]]], linear: [[1]]
    ) { x in
      [try solve(x[0], x[1])]
    },
    matrix("solve of nothing", [.separated, .normal], [[[1, 1], [1, 0]], [[2, 2], [0, 2, 1]]], linear: [[1]]) { x in
      [try solve(x[0], x[1])]
    },
    matrix("solve with the transpose", [.separated, .normal], [[[3, 3], [3, 2]]], linear: [[1]]) { x in
      try bind(Solve(transposed: true), [x[0], x[1]])
    },
    matrix("lower solve", [.lowerTriangular, .normal], [[[3, 3], [3, 2]], [[2, 2, 2], [2]]], linear: [[1]]) { x in
      [try triangularSolve(x[0], x[1], lower: true)]
    },
    matrix("lower solve transposed", [.lowerTriangular, .normal], [[[3, 3], [3, 2]]], linear: [[1]]) { x in
      [try triangularSolve(x[0], x[1], lower: true, transposed: true)]
    },
    matrix("upper solve", [.lowerTriangular, .normal], [[[3, 3], [3, 2]]], linear: [[1]]) { x in
      [try triangularSolve(x[0].matrixTransposed(), x[1], lower: false)]
    },
    matrix("solve of a triangle inside a full matrix", [.positiveDefinite, .normal], [[[3, 3], [3]]], linear: [[1]]) { x in
      [try triangularSolve(x[0], x[1], lower: false, transposed: true)]
    },
    matrix("inv", [.separated], [[[3, 3]], [[2, 2, 2]], [[1, 1]], [[0, 0]]]) { x in [try inverse(x[0])] },
    matrix("slogdet", [.separated], [[[3, 3]], [[2, 2, 2]], [[1, 1]]]) { x in
      let (sign, logabs) = try signLogDeterminant(x[0])
      return [sign, logabs]
    },
    matrix("det", [.separated], [[[3, 3]], [[2, 2, 2]]]) { x in [try determinant(x[0])] },
    matrix("cholesky", [.positiveDefinite], [[[3, 3]], [[2, 2, 2]], [[1, 1]], [[0, 0]]]) { x in [try cholesky(x[0])] },
    matrix("qr", [.separated], [[[4, 3]], [[3, 3]], [[2, 3]], [[2, 3, 2]], [[2, 0]]]) { x in
      let (q, r) = try qrDecomposition(x[0])
      let signs = try sign(r.diagonal())
      return [
        try q * signs.reshaped(signs.shape.inserting(1, at: signs.rank - 1)),
        try r * signs.reshaped(signs.shape.inserting(1, at: signs.rank)),
      ]
    },
    matrix("eigh", [.positiveDefinite], [[[3, 3]], [[2, 2, 2]], [[1, 1]], [[0, 0]]]) { x in
      let (values, vectors) = try symmetricEigen(x[0])
      return [values, try square(vectors)]
    },
    matrix("eigenvalues", [.positiveDefinite], [[[3, 3]], [[2, 2, 2]]]) { x in [try symmetricEigenvalues(x[0])] },
    matrix("a function of a symmetric matrix", [.positiveDefinite], [[[3, 3]]]) { x in
      let (values, vectors) = try symmetricEigen(x[0])
      return [try matrixProduct(vectors * log(values), vectors.matrixTransposed())]
    },
    matrix("svd", [.separated], [[[3, 3]], [[4, 2]], [[2, 4]], [[2, 2, 3]], [[2, 0]]]) { x in
      let (u, s, vt) = try singularValueDecomposition(x[0])
      return [try square(u), s, try square(vt)]
    },
    matrix("a function of singular values", [.separated], [[[4, 3]], [[2, 3]]]) { x in
      let (u, s, vt) = try singularValueDecomposition(x[0])
      return [try matrixProduct(u * tanh(s), vt)]
    },
    matrix("singular values", [.separated], [[[3, 2]], [[2, 2, 3]]]) { x in [try singularValues(x[0])] },
    matrix("pinv", [.separated], [[[4, 2]], [[2, 4]], [[3, 3]], [[2, 3, 2]], [[3, 0]]]) { x in [try pseudoInverse(x[0])] },
    matrix("pinv of rank 2", [.separated, .separated], [[[4, 2], [2, 3]]]) { x in
      [try pseudoInverse(matrixProduct(x[0], x[1]), cutoff: 1e-4)]
    },
    matrix("lstsq", [.separated, .normal], [[[4, 2], [4]], [[2, 3], [2, 2]], [[2, 4, 2], [4, 1]]], linear: [[1]]) { x in
      [try leastSquares(x[0], x[1])]
    },
    matrix("norms", [.separated], [[[3, 2]], [[2, 2, 2]]]) { x in
      try [.frobenius, .nuclear, .spectral, .one, .infinity].map { try matrixNorm(x[0], $0) }
    },
    matrix("nuclear norm", [.separated], [[[3, 3]], [[4, 2]], [[2, 2, 3]], [[2, 0]]]) { x in [try matrixNorm(x[0], .nuclear)] },
    matrix("spectral norm", [.separated], [[[3, 3]], [[4, 2]], [[2, 2, 3]], [[2, 0]]]) { x in [try matrixNorm(x[0], .spectral)] },
    matrix("polar factor", [.separated], [[[3, 2]], [[3, 3]], [[2, 3, 2]], [[2, 0]]]) { x in try bind(PolarFactor(), [x[0]]) },
    matrix("largest singular vectors", [.separated], [[[3, 2]], [[3, 3]], [[2, 3, 1]]]) { x in
      let results = try bind(LargestSingularVectors(), [x[0]])
      return [results[0], try square(results[1]), try results[2] * results[2]]
    },
    matrix(
      "symmetric Lyapunov solve", [.positiveDefinite, .normal], [[[3, 3], [3, 3]], [[2, 2, 2], [2, 2, 2]]], linear: [[1]]
    ) { x in
      try bind(PositiveSolve(sides: .both), x)
    },
    matrix(
      "positive solve from the right", [.positiveDefinite, .normal], [[[3, 3], [2, 3]], [[2, 2, 2], [2, 1, 2]]], linear: [[1]]
    ) {
      x in try bind(PositiveSolve(sides: .right), x)
    },
    entries("quotient in which zero wins", [.normal, .awayFromZero], [[[2, 3], [2, 3]], [[0], [0]]], linear: [[0]]) { x in
      try bind(ZeroWinsQuotient(), x)
    },
    entries(
      "product in which zero wins", [.normal, .normal], [[[2, 3], [3, 2]], [[2, 2, 1], [2, 1, 2]]], linear: [[0], [1]]
    ) { x in
      try bind(MatrixProduct(zeroWins: true), x)
    },
    matrix("expm", [.normal], [[[3, 3]], [[2, 2, 2]], [[1, 1]], [[0, 0]]]) { x in [try matrixExponential(x[0])] },
    matrix("expm of a large matrix", [.separated], [[[3, 3]], [[2, 2, 2]]]) { x in [try matrixExponential(6 * x[0])] },
    matrix("trace", [.normal], [[[3, 3]], [[2, 2, 3]]], linear: [[0]]) { x in [try trace(x[0])] },
    matrix("kron", [.normal, .normal], [[[2, 3], [2, 1]], [[2], [2, 2]], [.scalar, [2]]], linear: [[0], [1]]) { x in
      [try kroneckerProduct(x[0], x[1])]
    },
    entries("matrix rank", [.separated], [[[3, 2]], [[2, 2, 2]]], isDifferentiable: false) { x in [try matrixRank(x[0])] },
  ].flatMap { $0 }

  private static func matrix(
    _ name: String, _ domains: [Domain], _ shapes: [[Shape]], linear: [[Int]] = [],
    _ body: @escaping @Sendable ([Tensor]) throws -> [Tensor]
  ) -> [Case] { entries(name, domains, shapes, linear: linear, singleTolerance: 2e-4, body) }
}
