import Autodiff
import LuaHost

/// Products of vectors and matrices.
extension Library {
  func installProducts() throws {
    try defineMember("mm") { [unowned self] call in
      try call.expect(2...2)
      return try call.push(matrixProduct(call.tensor(1, self), call.tensor(2, self)), self)
    }
    try defineMember("dot") { [unowned self] call in
      try call.expect(2...2)
      let (a, b) = try vectors(call)
      guard a.shape == b.shape else {
        throw call.error("sizes differ: \(a.shape[0]) and \(b.shape[0])", .argument)
      }
      return try call.push(matrixProduct(a, b), self)
    }
    try defineMember("outer") { [unowned self] call in
      try call.expect(2...2)
      let (a, b) = try vectors(call)
      return try call.push(a.reshaped([a.count, 1]) * b, self)
    }
    try define("einsum") { [unowned self] call in
      let formula = try call.string(1)
      let operands = call.count < 2 ? [] : try (2...call.count).map { try call.tensor($0, self) }
      return try call.push(einsum(formula, operands), self)
    }
  }

  private func vectors(_ call: LuaCall) throws -> (Tensor, Tensor) {
    let (a, b) = (try call.tensor(1, self), try call.tensor(2, self))
    guard a.rank == 1, b.rank == 1 else {
      throw call.error("expected two vectors, got shapes \(a.shape) and \(b.shape) (use mm, or (a * b):sum())", .argument)
    }
    return (a, b)
  }
}
