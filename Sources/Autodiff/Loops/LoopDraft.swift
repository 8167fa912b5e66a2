/// A loop before it is an operation. `bound` takes out of it what does not change from round to round, then makes the operation:
/// what depends on constants alone is computed once, a state that stays as it is becomes a constant, and what nobody reads is dropped. So
/// the rules that make loops from loops need not care, and no bit changes.
struct LoopDraft {
  let name: String
  /// The arguments are the state, a row of every input, and the constants; the results are the state and a row of every output.
  var graph: Graph
  let length: Int
  let isReversed: Bool
  let state: [Tensor]
  let inputs: [Tensor]
  let constants: [Tensor]
  /// For a loop that is linear in some of its operands: which of inputs and constants are among them. The state is.
  var linear: (inputs: [Bool], constants: [Bool])?

  init(
    name: String, graph: Graph, length: Int, isReversed: Bool, state: some Sequence<Tensor>, inputs: some Sequence<Tensor>,
    constants: some Sequence<Tensor>, linear: (inputs: [Bool], constants: [Bool])? = nil
  ) {
    (self.name, self.graph, self.length, self.isReversed) = (name, graph, length, isReversed)
    (self.state, self.inputs, self.constants) = (Array(state), Array(inputs), Array(constants))
    self.linear = linear
  }

  /// The results of the loop: the final state, and the outputs with the rounds along dimension 0.
  func bound() throws(TensorError) -> (state: [Tensor], outputs: [Tensor]) {
    let operands = state + inputs + constants
    var isLinear = [Bool](repeating: true, count: state.count)
    isLinear += linear.map { $0.inputs + $0.constants } ?? (inputs + constants).map { _ in false }
    var isConstant = operands.indices.map { $0 >= state.count + inputs.count }
    for k in state.indices where graph.results[k]?.argument == k { isConstant[k] = true }

    // What depends on constants alone.
    var isVarying = graph.dependents(on: operands.indices.filter { !isConstant[$0] })
    if length == 0 { for id in graph.argumentCount..<graph.specs.count { isVarying[id] = true } }
    let hoisted = graph.equations.map { equation in !equation.results.contains { isVarying[Int($0)] } }
    let (lifted, values) = try lift(hoisted, operands, isVarying)

    // Outputs that no round computes.
    var outputs = [Tensor?](repeating: nil, count: graph.results.count - state.count)
    var computed: [Int] = []
    for (place, result) in graph.results[state.count...].enumerated() {
      switch result! {
      case .known(let tensor): outputs[place] = try everyRound(tensor)
      case .value(let id):
        if let value = values[Int(id)], !isVarying[Int(id)] {
          outputs[place] = try everyRound(value)
        } else if id >= state.count, id < state.count + inputs.count {
          outputs[place] = inputs[Int(id) - state.count]
        } else {
          computed.append(place)
        }
      }
    }

    // The loop that is left.
    let changing = state.indices.filter { !isConstant[$0] }
    let results = (changing + computed.map { $0 + state.count }).map { graph.results[$0] }
    let isRead = reads(hoisted, results)
    let readInputs = (state.count..<(state.count + inputs.count)).filter { isRead[$0] }
    let readConstants = operands.indices.filter { isConstant[$0] && isRead[$0] }
    let readLifted = lifted.filter { isRead[$0] }
    let order = changing + readInputs + readConstants + readLifted
    var places: [Int: Int] = [:]
    for (place, value) in order.enumerated() { places[value] = place }
    var finals = state
    if !changing.isEmpty || !computed.isEmpty {
      let body = LoopBody(
        name,
        graph.copied(arguments: order.map { graph.specs[$0] }, places, leavingOut: { hoisted[$0] }, results: results),
        stateCount: changing.count, inputCount: readInputs.count, length: length, isReversed: isReversed,
        linear: linear == nil ? nil : linearity(isLinear, order))
      let made = try bind(Scan(body: body), order.map { $0 < operands.count ? operands[$0] : values[$0]! })
      for (place, k) in changing.enumerated() { finals[k] = made[place] }
      for (place, k) in computed.enumerated() { outputs[k] = made[changing.count + place] }
    }
    return (finals, outputs.map { $0! })
  }

  private func everyRound(_ value: Tensor) throws(TensorError) -> Tensor {
    try value.broadcast(to: .checked([length] + value.shape, operation: name))
  }

  // Computes the equations that are the same in every round: which of their results there are, and the values of those and of the
  // operands, by id.
  private func lift(
    _ hoisted: [Bool], _ operands: [Tensor], _ isVarying: [Bool]
  ) throws(TensorError) -> (ids: [Int], values: [Int: Tensor]) {
    var values: [Int: Tensor] = [:]
    for (id, operand) in operands.enumerated() { values[id] = operand }
    var ids: [Int] = []
    for (position, equation) in graph.equations.enumerated() where hoisted[position] {
      let inputs = graph.operands(of: equation).map { operand in
        switch operand {
        case .value(let id): values[Int(id)]!
        case .known(let tensor): tensor
        }
      }
      for (id, result) in zip(equation.results, try bind(equation.primitive, inputs)) {
        values[Int(id)] = result
        ids.append(Int(id))
      }
    }
    return (ids, values)
  }

  // Which values the equations that stay, and the results, read.
  private func reads(_ hoisted: [Bool], _ results: [Graph.Operand?]) -> [Bool] {
    var isRead = [Bool](repeating: false, count: graph.specs.count)
    for case .value(let id)? in results { isRead[Int(id)] = true }
    for (position, equation) in graph.equations.enumerated().reversed() where !hoisted[position] {
      for case .value(let id) in graph.operands(of: equation) { isRead[Int(id)] = true }
    }
    return isRead
  }

  // What depends on an operand in which the loop is linear is linear itself.
  private func linearity(_ isLinear: [Bool], _ order: [Int]) -> [Bool] {
    let depends = graph.dependents(on: isLinear.indices.filter { isLinear[$0] })
    return order.map { depends[$0] }
  }
}

extension Graph.Operand {
  /// The id of a value.
  var argument: Int? {
    if case .value(let id) = self { return Int(id) }
    return nil
  }
}
