import Autodiff
import LuaHost

/// Functions applied element by element, each both `x:name()` and `eb.name(x)`. Those with a kernel of their own take the tiny path.
extension Library {
  func installElementwise() throws {
    let codes: [PointwiseCode] = [
      .abs, .neg, .sign, .square, .reciprocal, .sqrt, .rsqrt, .exp, .expm1, .log, .log1p, .sin, .cos, .tan, .sinh, .cosh, .tanh,
      .asinh,
      .atan, .sigmoid, .softplus, .erf, .relu, .floor, .ceil, .round, .isnan, .isinf, .isfinite, .maximum, .minimum, .pow, .lt, .le,
      .gt,
      .ge, .eq, .ne,
    ]
    for code in codes {
      let general = try general(code, code.name)
      try defineMember(
        code.name, tensors.tinyFunction(code.name, operation: Int32(code.rawValue), arity: code.arity, general: general))
    }
    try defineMember("gelu", upTo: 1) { x, _ in try gelu(x.floating()) }
    try defineMember("silu", upTo: 1) { x, _ in try silu(x.floating()) }
    try defineMember("clamp", upTo: 3) { [unowned self] x, call in
      if call.isNil(2), call.isNil(3) { throw call.error("expected a lower or an upper bound", .argument) }
      let low = try call.isNil(2) ? nil : call.tensor(2, meeting: x, self)
      let high = try call.isNil(3) ? nil : call.tensor(3, meeting: x, self)
      return try clamp(x, low: low, high: high)
    }
    try define("where") { [unowned self] call in
      try call.expect(3...3)
      let condition = try call.tensor(1, self)
      guard condition.dtype == .bool else { throw TensorError.dtype("where", got: condition.dtype, expected: "a bool condition") }
      // A number takes the dtype of the other branch.
      let a = try tensors.value(on: call.stack, at: 3).map { try call.tensor(2, meeting: $0, self) } ?? call.tensor(2, self)
      let b = try call.tensor(3, meeting: a, self)
      return try call.push(select(condition, a, b), self)
    }
    try installLogic()
  }

  // Numbers count as true unless they are 0; `&`, `|` and `~` are the same on tensors.
  private func installLogic() throws {
    let binary: [(String, PointwiseCode, LuaMetamethod)] = [
      ("logical_and", .and, .and), ("logical_or", .or, .or), ("logical_xor", .xor, .xor),
    ]
    for (name, code, event) in binary {
      let body: LuaBody = { [unowned self] call in
        let (a, b) = (try call.tensor(1, self), try call.tensor(2, self))
        return try call.push(arithmetic(code, a.truth(), b.truth()), self)
      }
      try defineMember(name, body)
      try tensors.metamethod(event, label: name, body)
    }
    let negation: LuaBody = { [unowned self] call in try call.push(not(call.tensor(1, self).truth()), self) }
    try defineMember("logical_not", negation)
    try tensors.metamethod(.not, label: "logical_not", negation)
  }
}

extension Tensor {
  fileprivate func truth() throws(TensorError) -> Tensor { dtype == .bool ? self : try cast(to: .bool) }
}
