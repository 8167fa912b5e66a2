@testable import Autodiff

/// Functions that are one operation to the transforms: recomputed ones, and those with the user's own rule.
extension Case {
  static let calls: [Case] = [
    entries("checkpoint", [.normal, .normal], [[[2, 3], [3, 3]], [[1, 1], [1, 1]]]) { x in
      try checkpoint(
        { (x) throws(TensorError) in
          let h = try tanh(matrixProduct(x[0], x[1]))
          return [try matrixProduct(h, x[1]) + x[0], try h.sum(), try greater(h, x[0])]
        }, x)
    },
    entries("checkpoint within checkpoint", [.normal, .normal], [[[3], [3]]]) { x in
      let inner: TensorFunction = { (x) throws(TensorError) in
        [try checkpoint({ (x) throws(TensorError) in [try sin(x[0] * x[1])] }, x)[0] * x[0], x[1]]
      }
      return try checkpoint({ (x) throws(TensorError) in try inner(inner(x)) }, x)
    },
    // Both arguments are one value, and a third comes from outside.
    entries("checkpoint of a value twice", [.normal, .normal], [[[3], [3]]]) { x in
      try checkpoint({ (y) throws(TensorError) in [try exp(y[0]) * y[1] * x[1]] }, [x[0], x[0]])
    },
    entries("linear map of a checkpoint", [.normal, .normal], [[[3], [3]]], linear: [[1]]) { x in
      let linear = try linearize(
        { (x) throws(TensorError) in
          try checkpoint({ (x) throws(TensorError) in [try sin(x[0]) * x[0]] }, x)
        }, at: [x[0]])
      return try linear.push([x[1]])
    },
    entries("custom by its jvp", [.normal, .normal], [[[2, 3], [3]]]) { x in
      try CustomFunction(
        "product", { (x) throws(TensorError) in [try sin(x[0]) * x[1], try greater(x[0], x[1])] },
        rule: .tangents { (x, dx, y) throws(TensorError) in
          [try cos(x[0]) * x[1] * dx[0] + sin(x[0]) * dx[1], try .zeros(y[1].spec)]
        })(x)
    },
    entries("custom by its vjp", [.normal, .normal], [[[2, 3], [3]]]) { x in
      try CustomFunction(
        "product", { (x) throws(TensorError) in [try sin(x[0]) * x[1], try greater(x[0], x[1])] },
        rule: .cotangents { (ct, x, y) throws(TensorError) in
          [try ct[0] * cos(x[0]) * x[1], try (ct[0] * sin(x[0])).sum([0])]
        })(x)
    },
    // The second operand does not move: its cotangent is nil, and forward mode has nothing to transpose for it.
    entries("custom without a cotangent", [.normal, .integers(1...3)], [[[3], [3]]]) { x in
      try CustomFunction(
        "scaled", { (x) throws(TensorError) in [try x[0] * x[0] * x[1]] },
        rule: .cotangents { (ct, x, y) throws(TensorError) in [try 2 * ct[0] * x[0] * x[1], nil] })(x)
    },
    entries("custom within checkpoint", [.normal], [[[3]]]) { x in
      try checkpoint(
        { (x) throws(TensorError) in
          let y = try CustomFunction(
            "sine", { (x) throws(TensorError) in [try sin(x[0])] },
            rule: .cotangents { (ct, x, y) throws(TensorError) in [try ct[0] * cos(x[0])] })([x[0] * x[0]])
          return [try y[0] * x[0]]
        }, x)
    },
  ].flatMap { $0 }
}
