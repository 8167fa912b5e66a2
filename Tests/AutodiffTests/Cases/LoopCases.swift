@testable import Autodiff

/// Loops and choices: one operation each to the transforms.
extension Case {
  // A recurrent step with constants from outside, two states of which one is not touched at first, and an output that is a state.
  private static func recurrent(_ x: [Tensor], segment: Int? = nil) throws -> [Tensor] {
    let (w, begin, xs) = (x[0], x[1], x[2])
    var options = LoopOptions("scan", length: xs.shape[0], places: ["h", "s"])
    options.segment = segment
    let (state, outputs) = try scan(options, state: [begin, .scalar(0, begin.dtype)], inputs: [xs]) {
      (state, row) throws(TensorError) in
      let h = try tanh(matrixProduct(state[0], w) + row[0])
      return Round(state: [h, try state[1] + h.sum() * state[1] + (h * row[0]).sum()], outputs: [h, try sin(row[0])])
    }
    return state + outputs
  }

  static let loops: [Case] = [
    entries("scan", [.normal, .normal, .normal], [[[2, 2], [2], [3, 2]], [[1, 1], [1], [1, 1]], [[2, 2], [2], [0, 2]]]) { x in
      try recurrent(x)
    },
    entries("scan in segments", [.normal, .normal, .normal], [[[2, 2], [2], [5, 2]], [[2, 2], [2], [4, 2]]]) { x in
      try recurrent(x, segment: 2)
    },
    // Gradient descent on a quartic, with a rate that falls with the number of the round, and a derivative inside.
    entries("loop", [.normal, .uniform(0.01...0.05)], [[[3], []]]) { x in
      var options = LoopOptions("loop", length: 3, places: [""])
      options.counts = true
      return try scan(options, state: [x[0]]) { (state, i) throws(TensorError) in
        let g = try gradient({ (p) throws(TensorError) in [try (p[0] * p[0] * p[0] * p[0]).sum()] }, at: state)[0]
        return Round(state: [try state[0] - x[1] / (1 + 0.5 * i[0]) * g])
      }.state
    },
    // The inner loop's beginning, its constants and its length of rows come from the outer one.
    entries("loop within scan", [.normal, .normal], [[[2], [2, 2]]]) { x in
      let (state, outputs) = try scan(LoopOptions("scan", length: x[1].shape[0], places: [""]), state: [x[0]], inputs: [x[1]]) {
        (outer, row) throws(TensorError) in
        let inner = try scan(LoopOptions("loop", length: 2, places: [""]), state: outer) { (state, _) throws(TensorError) in
          Round(state: [try sin(state[0]) * row[0] + outer[0]])
        }
        return Round(state: inner.state, outputs: [try exp(0.1 * inner.state[0])])
      }
      return state + outputs
    },
    entries("cond", [.awayFromZero, .normal], [[[], [3]]]) { x in
      try choose("cond", greater(x[0], .scalar(0, x[0].dtype)), x, places: { _ in "" }) { (x) throws(TensorError) in
        [try sin(x[1]) * x[0], x[1]]
      } _: { (x) throws(TensorError) in
        [try x[1] * x[1] * x[0], try exp(x[1])]
      }
    },
    // The predicate changes from round to round.
    entries("cond within loop", [.normal], [[[2]]]) { x in
      var options = LoopOptions("loop", length: 3, places: [""])
      options.counts = true
      return try scan(options, state: x) { (state, i) throws(TensorError) in
        Round(
          state: try choose("cond", greater(i[0], .scalar(2, .float64)), state, places: { _ in "" }) { (x) throws(TensorError) in
            [try sin(x[0]) + x[0]]
          } _: { (y) throws(TensorError) in
            [try 0.3 * y[0] * y[0] - x[0]]
          })
      }.state
    },
    entries("custom within loop", [.normal], [[[2]]]) { x in
      try scan(LoopOptions("loop", length: 2, places: [""]), state: x) { (state, _) throws(TensorError) in
        let y = try CustomFunction(
          "sine", { (x) throws(TensorError) in [try sin(x[0])] },
          rule: .cotangents { (ct, x, y) throws(TensorError) in [try ct[0] * cos(x[0])] })(state)
        return Round(state: try checkpoint({ (y) throws(TensorError) in [try y[0] * y[0] + state[0]] }, y))
      }.state
    },
  ].flatMap { $0 }
}
