/// Recomputing instead of storing, for loops (Griewank 1992, "Achieving logarithmic growth of temporal and spatial complexity in reverse
/// automatic differentiation").
extension LoopDraft {
  /// The same loop in segments of so many rounds. Derivatives keep the state where a segment begins, and run its rounds again.
  func bound(inSegmentsOf size: Int) throws(TensorError) -> (state: [Tensor], outputs: [Tensor]) {
    let (whole, rest) = length.quotientAndRemainder(dividingBy: size)
    var state = state
    var parts: [[Tensor]] = []
    if whole > 0 {
      var stacked: [Tensor] = []
      for input in inputs {
        let rows = try input.slice(0, from: 0, count: whole * size)
        stacked.append(try rows.reshaped(.checked([whole, size] + input.shape.dropFirst(), operation: name)))
      }
      let specs = (state + constants).map(\.spec)
      let rows = stacked.map { Spec($0.shape.removing(0), $0.dtype) }
      let (graph, _) = try recorded(name, specs[..<state.count] + rows + specs[state.count...]) { (x) throws(TensorError) in
        try segment(size, x)
      }
      let outer = LoopDraft(
        name: name, graph: graph, length: whole, isReversed: false, state: state, inputs: stacked, constants: constants)
      let (final, outputs) = try outer.bound()
      state = final
      var joined: [Tensor] = []
      for output in outputs {
        joined.append(try output.reshaped(.checked([whole * size] + output.shape.dropFirst(2), operation: name)))
      }
      parts.append(joined)
    }
    if rest > 0 {
      var last: [Tensor] = []
      for input in inputs { last.append(try input.slice(0, from: whole * size, count: rest)) }
      let results = try segment(rest, state + last + constants)
      state = Array(results[..<state.count])
      parts.append(Array(results[state.count...]))
    }
    guard let first = parts.first else { return try bound() }
    var outputs: [Tensor] = []
    for k in first.indices { outputs.append(try concatenate(parts.map { $0[k] }, axis: 0)) }
    return (state, outputs)
  }

  // A loop of the same rounds on other operands, as one operation of which derivatives keep the operands alone.
  private func segment(_ length: Int, _ operands: [Tensor]) throws(TensorError) -> [Tensor] {
    let (graph, _) = try recorded(name, operands.map(\.spec)) { (x) throws(TensorError) in
      let (state, outputs) = try LoopDraft(
        name: name, graph: self.graph, length: length, isReversed: isReversed, state: x[..<self.state.count],
        inputs: x[self.state.count..<(self.state.count + inputs.count)], constants: x[(self.state.count + inputs.count)...]
      ).bound()
      return state + outputs
    }
    return try bind(Choice(branches: Branches(name, [graph])), operands)
  }
}
