/// Taking from a graph what it holds of running transforms, so that it can be kept, and run again when they have ended.
extension Graph {
  /// The same function with every watched value that it met or returned as one more argument, and those values in order. Known numbers
  /// stay inside. A function may return what it made from values from outside alone: no equation of it has seen that.
  /// - Parameter arguments: the values that stood for the arguments; where the graph met one of them again from outside, the argument
  ///   itself takes its place.
  func closed(over arguments: [Tensor] = []) -> (graph: Graph, captured: [Tensor]) {
    var places: [ObjectIdentifier: Int] = [:]
    for (place, argument) in arguments.enumerated() { if let tracer = argument.tracer { places[ObjectIdentifier(tracer)] = place } }
    var captured: [Tensor] = []
    for case .known(let tensor) in operands + results.compactMap({ $0 }) {
      guard let tracer = tensor.tracer, places[ObjectIdentifier(tracer)] == nil else { continue }
      places[ObjectIdentifier(tracer)] = argumentCount + captured.count
      captured.append(tensor)
    }
    let shift = Int32(captured.count)
    func moved(_ operand: Operand) -> Operand {
      switch operand {
      case .value(let id): return .value(id < argumentCount ? id : id + shift)
      case .known(let tensor):
        guard let tracer = tensor.tracer, let place = places[ObjectIdentifier(tracer)] else { return operand }
        return .value(Int32(place))
      }
    }
    return (with(arguments: specs[..<argumentCount] + captured.map(\.spec), moved), captured)
  }

  /// The graph with the operands −2, −3, … as further arguments of these specs.
  func withLateArguments(_ late: [Spec]) -> Graph {
    let (first, shift) = (Int32(argumentCount), Int32(late.count))
    func moved(_ operand: Operand) -> Operand {
      guard case .value(let id) = operand, id < -1 || id >= first else { return operand }
      return .value(id < 0 ? first - 2 - id : id + shift)
    }
    return with(arguments: specs[..<argumentCount] + late, moved)
  }

  /// The function of the first arguments alone, the last ones being these values.
  func supplied(_ last: [Tensor]) -> Graph {
    if last.isEmpty { return self }
    let first = argumentCount - last.count
    let shift = Int32(last.count)
    func moved(_ operand: Operand) -> Operand {
      guard case .value(let id) = operand, id >= first else { return operand }
      return id < argumentCount ? .known(last[Int(id) - first]) : .value(id - shift)
    }
    return with(arguments: Array(specs[..<first]), moved)
  }

  // The same equations with other arguments in front: `moved` renames the operands, and results have ids behind the new arguments.
  private func with(arguments: [Spec], _ moved: (Operand) -> Operand) -> Graph {
    let shift = Int32(arguments.count - argumentCount)
    var graph = Graph(arguments: arguments)
    graph.specs += specs[argumentCount...]
    graph.operands = operands.map(moved)
    graph.equations = equations.map {
      Equation(
        primitive: $0.primitive, operandRange: $0.operandRange,
        results: ($0.results.lowerBound + shift)..<($0.results.upperBound + shift))
    }
    graph.results = results.map { $0.map(moved) }
    graph.zeroResults = zeroResults
    return graph
  }
}
