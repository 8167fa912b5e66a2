/// A function applied again and again to a state, with a row of the inputs each time: one operation to every transform.
///
/// Operands are the initial state, the inputs with the rounds along dimension 0, and constants; results are the final state and the outputs of
/// all rounds. The rules make other loops: of values with tangents, of lanes, and, walking back, of cotangents. The form is that of
/// `lax.scan` in JAX (Bradbury et al. 2018).
struct Scan: Primitive {
  let body: LoopBody
  var name: String { body.name }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] { body.outcome }

  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { try body.run(x) }

  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] { try pushed(x, dx)!.tangents }

  /// A loop over values and tangents. The state moves where its beginning does, and where the body makes it move.
  func pushed(_ x: [Tensor], _ dx: [Tensor?]) throws(TensorError) -> (outputs: [Tensor], tangents: [Tensor?])? {
    let (graph, stateCount) = (body.graph, body.stateCount)
    var moving = dx[..<stateCount].indices.filter { dx[$0] != nil }
    let movingInputs = body.inputs.filter { dx[$0] != nil }
    let movingConstants = body.constants.filter { dx[$0] != nil }
    while true {
      // Values, each kind followed by its tangents.
      let kinds = [(Array(0..<stateCount), moving), (Array(body.inputs), movingInputs), (Array(body.constants), movingConstants)]
      let parts = kinds.flatMap { kind in kind.0.map { ($0, false) } + kind.1.map { ($0, true) } }
      var moves: [Bool] = []
      let grown = moving
      let (recording, _) = try recorded(name, parts.map { graph.specs[$0.0] }) { (arguments) throws(TensorError) in
        var values: [Tensor] = []
        var tangents = [Tensor?](repeating: nil, count: graph.argumentCount)
        for ((operand, isTangent), argument) in zip(parts, arguments) {
          if isTangent { tangents[operand] = argument } else { values.append(argument) }
        }
        let (outputs, moved) = try Autodiff.jvp(
          { (x) throws(TensorError) in try graph.replay(x) }, values, tangents)
        moves = moved.map { $0 != nil }
        var results = Array(outputs[..<stateCount])
        for k in grown { results.append(try moved[k] ?? .zeros(outputs[k].spec)) }
        results += outputs[stateCount...] + moved[stateCount...].compactMap { $0 }
        return results
      }
      let all = (0..<stateCount).filter { moves[$0] || moving.contains($0) }
      if all.count > moving.count {
        moving = all
        continue
      }
      var tangents: [Int: Tensor] = [:]
      for k in moving + movingInputs + movingConstants {
        tangents[k] = try dx[k] ?? .filled(0, x[k].spec)
      }
      let draft = LoopDraft(
        name: name, graph: recording, length: body.length, isReversed: body.isReversed,
        state: x[..<stateCount] + moving.map { tangents[$0]! },
        inputs: x[body.inputs] + movingInputs.map { tangents[$0]! },
        constants: x[body.constants] + movingConstants.map { tangents[$0]! })
      let (state, outputs) = try draft.bound()
      var results = Array(state[..<stateCount])
      var moved = [Tensor?](repeating: nil, count: stateCount)
      for (place, k) in moving.enumerated() { moved[k] = state[stateCount + place] }
      let outputCount = graph.results.count - stateCount
      results += outputs[..<outputCount]
      var next = outputCount
      for k in stateCount..<graph.results.count {
        moved.append(moves[k] ? outputs[next] : nil)
        if moves[k] { next += 1 }
      }
      return (results, moved)
    }
  }

  /// A loop over lanes. The state has lanes where its beginning does, and where the body gives it some; all else is computed once.
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    let (graph, stateCount) = (body.graph, body.stateCount)
    var hasLanes = isBatched
    while true {
      let specs = graph.specs[..<graph.argumentCount].enumerated().map { i, spec in
        hasLanes[i] ? Spec(spec.shape.inserting(lanes, at: 0), spec.dtype) : spec
      }
      var gotLanes: [Bool] = []
      let asked = hasLanes
      let (recording, _) = try recorded(name, specs) { (arguments) throws(TensorError) in
        try withBatch(lanes: lanes) { (trace) throws(TensorError) in
          var results: [Tensor] = []
          gotLanes = []
          for (k, output) in try graph.replay(zip(arguments, asked).map { $1 ? trace.value($0) : $0 }).enumerated() {
            let stacked = trace.stacked(output)
            gotLanes.append(stacked != nil)
            if let stacked {
              results.append(stacked)
            } else {
              // A state that has lanes keeps them.
              results.append(k < stateCount && asked[k] ? try trace.collect(output, along: 0) : output)
            }
          }
          return results
        }
      }
      let more = (0..<stateCount).filter { gotLanes[$0] && !hasLanes[$0] }
      if !more.isEmpty {
        for k in more { hasLanes[k] = true }
        continue
      }
      func repeated(_ tensor: Tensor) throws(TensorError) -> Tensor {
        try tensor.broadcast(to: tensor.shape.inserting(lanes, at: 0))
      }
      var state: [Tensor] = []
      for k in 0..<stateCount { state.append(hasLanes[k] && !isBatched[k] ? try repeated(x[k]) : x[k]) }
      var inputs: [Tensor] = []
      for k in body.inputs { inputs.append(isBatched[k] ? try x[k].movingAxis(0, to: 1) : x[k]) }
      let draft = LoopDraft(
        name: name, graph: recording, length: body.length, isReversed: body.isReversed, state: state, inputs: inputs,
        constants: Array(x[body.constants]))
      let (final, outputs) = try draft.bound()
      var results: [Tensor] = []
      for k in 0..<stateCount { results.append(hasLanes[k] ? final[k] : try repeated(final[k])) }
      for (place, output) in outputs.enumerated() {
        results.append(gotLanes[stateCount + place] ? try output.movingAxis(0, to: 1) : try repeated(output))
      }
      return results
    }
  }
}

extension Scan: CustomStringConvertible {
  var description: String { "\(name)(\(body.length) rounds)" }
}

extension Tensor {
  /// A packed tensor with one value everywhere.
  static func filled(_ value: Double, _ spec: Spec) throws(TensorError) -> Tensor {
    Tensor(try .full(spec.shape, value, spec.dtype))
  }
}
