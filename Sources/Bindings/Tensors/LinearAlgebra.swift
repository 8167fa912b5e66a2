import Autodiff
import LuaHost

/// `eb.linalg`: decompositions, systems and what is computed from them. All take leading batch dimensions and are differentiable.
extension Library {
  func installLinearAlgebra() throws {
    let linalg = try module("linalg")
    func one(_ name: String, _ body: @escaping (Tensor) throws(TensorError) -> Tensor) throws {
      try define(name, in: linalg) { [unowned self] call in
        try call.expect(1...1)
        return try call.push(body(call.tensor(1, self)), self)
      }
    }
    func two(_ name: String, _ body: @escaping (Tensor, Tensor) throws(TensorError) -> Tensor) throws {
      try define(name, in: linalg) { [unowned self] call in
        try call.expect(2...2)
        return try call.push(body(call.tensor(1, self), call.tensor(2, self)), self)
      }
    }
    try one("cholesky") { (a) throws(TensorError) in try cholesky(a) }
    try one("inv") { (a) throws(TensorError) in try inverse(a) }
    try one("det") { (a) throws(TensorError) in try determinant(a) }
    try one("eigvalsh") { (a) throws(TensorError) in try symmetricEigenvalues(a) }
    try one("svdvals") { (a) throws(TensorError) in try singularValues(a) }
    try one("expm") { (a) throws(TensorError) in try matrixExponential(a) }
    try one("trace") { (a) throws(TensorError) in try trace(a) }
    try two("solve") { (a, b) throws(TensorError) in try solve(a, b) }
    try two("kron") { (a, b) throws(TensorError) in try kroneckerProduct(a, b) }
    try installFactors(linalg)
    try installCutoffs(linalg)
    try installMatrixNorm(linalg)
  }

  private func installFactors(_ linalg: LuaTable) throws {
    try define("svd", in: linalg) { [unowned self] call in
      try call.expect(1...1)
      let (u, s, vt) = try singularValueDecomposition(call.tensor(1, self))
      return try call.push(u, self) + call.push(s, self) + call.push(vt, self)
    }
    try define("qr", in: linalg) { [unowned self] call in
      try call.expect(1...1)
      let (q, r) = try qrDecomposition(call.tensor(1, self))
      return try call.push(q, self) + call.push(r, self)
    }
    try define("eigh", in: linalg) { [unowned self] call in
      try call.expect(1...1)
      let (values, vectors) = try symmetricEigen(call.tensor(1, self))
      return try call.push(values, self) + call.push(vectors, self)
    }
    try define("slogdet", in: linalg) { [unowned self] call in
      try call.expect(1...1)
      let (sign, logabs) = try signLogDeterminant(call.tensor(1, self))
      return try call.push(sign, self) + call.push(logabs, self)
    }
    try define("triangular_solve", in: linalg) { [unowned self] call in
      try call.expect(2...3)
      let options = try Options(call, 3, known: ["lower", "transposed"], self)
      return try call.push(
        triangularSolve(
          call.tensor(1, self), call.tensor(2, self), lower: options.bool("lower") ?? true,
          transposed: options.bool("transposed") ?? false), self)
    }
  }

  // Those that count small singular values as zero: `cutoff` is relative to the largest.
  private func installCutoffs(_ linalg: LuaTable) throws {
    try define("lstsq", in: linalg) { [unowned self] call in
      try call.expect(2...3)
      let cutoff = try Options(call, 3, known: ["cutoff"], self).number("cutoff")
      return try call.push(leastSquares(call.tensor(1, self), call.tensor(2, self), cutoff: cutoff), self)
    }
    try define("pinv", in: linalg) { [unowned self] call in
      try call.expect(1...2)
      return try call.push(
        pseudoInverse(call.tensor(1, self), cutoff: Options(call, 2, known: ["cutoff"], self).number("cutoff")), self)
    }
    try define("matrix_rank", in: linalg) { [unowned self] call in
      try call.expect(1...2)
      return try call.push(
        matrixRank(call.tensor(1, self), cutoff: Options(call, 2, known: ["cutoff"], self).number("cutoff")), self)
    }
  }

  // "fro" (the default), "nuc", 2, 1, math.huge or "inf"; a vector has p-norms.
  private func installMatrixNorm(_ linalg: LuaTable) throws {
    try define("norm", in: linalg) { [unowned self] call in
      try call.expect(1...2)
      let a = try call.tensor(1, self)
      let name = call.stack.string(at: 2)
      let number = name == "inf" ? Double.infinity : call.stack.number(at: 2)
      if a.rank == 1, call.isNil(2) || number != nil { return try call.push(a.norm(number ?? 2, [0]), self) }
      let norm: MatrixNorm
      switch (name, number) {
      case (_, 1): norm = .one
      case (_, 2): norm = .spectral
      case (_, .infinity): norm = .infinity
      case ("fro", _): norm = .frobenius
      case ("nuc", _): norm = .nuclear
      case _ where call.isNil(2): norm = .frobenius
      default: throw call.error("expected \"fro\", \"nuc\", 2, 1 or \"inf\", got \(try call.stack.describe(at: 2))", .argument)
      }
      return try call.push(matrixNorm(a, norm), self)
    }
  }
}
