extension Graph {
  /// Runs the equations on `arguments` through `bind`, so a replay can itself be traced. Values are let go after their last use.
  public func replay(_ arguments: [Tensor]) throws(TensorError) -> [Tensor] {
    precondition(arguments.count == argumentCount)
    let lastUses = lastUses()
    var values = [Tensor?](repeating: nil, count: specs.count)
    for (id, argument) in arguments.enumerated() { values[id] = argument }
    for (position, equation) in equations.enumerated() {
      if position & 0xFF == 0 { try Engine.current.checkInterrupt() }
      let inputs = operands(of: equation).map { tensor($0, values) }
      for case .value(let id) in operands(of: equation) where lastUses[Int(id)] == position { values[Int(id)] = nil }
      let outputs = try bind(equation.primitive, inputs)
      for (id, output) in zip(equation.results, outputs) where lastUses[Int(id)] > position { values[Int(id)] = output }
    }
    var outputs: [Tensor] = []
    for (index, result) in results.enumerated() {
      if let result { outputs.append(tensor(result, values)) } else { outputs.append(try .zeros(zeroResults[index])) }
    }
    return outputs
  }

  private func tensor(_ operand: Operand, _ values: [Tensor?]) -> Tensor {
    switch operand {
    case .value(let id): values[Int(id)]!
    case .known(let tensor): tensor
    }
  }

  // The position of the last equation that reads each value; results of the graph are read after all of them.
  private func lastUses() -> [Int] {
    var last = [Int](repeating: -1, count: specs.count)
    for (position, equation) in equations.enumerated() {
      for case .value(let id) in operands(of: equation) { last[Int(id)] = position }
    }
    for case .value(let id)? in results { last[Int(id)] = equations.count }
    return last
  }
}
