/// Functions recorded for good, and graphs with other arguments.

/// The graph of `f` at unknown arguments with these specs, with the rules for derivatives that primitives carry kept, and the values that
/// f took from outside, which are the last arguments.
/// - Parameter isBranch: whether f may never run: then what it makes of values from outside alone is part of it. Else that is computed
///   now, once, by the transforms that watch those values.
func recorded(
  _ name: String, _ arguments: [Spec], numbers: Set<Int> = [], advice: String = RecordTrace.branchAdvice, isBranch: Bool = false,
  _ f: TensorFunction
) throws(TensorError) -> (graph: Graph, captured: [Tensor]) {
  let record = RecordTrace(name: name, arguments: arguments, manner: .keeping, advice: advice)
  do throws(TensorError) {
    let inputs = arguments.indices.map { record.argument($0, isNumber: numbers.contains($0)) }
    record.finish(try Engine.recordingBranch(isBranch ? record : nil) { () throws(TensorError) in try f(inputs) })
  } catch {
    record.finish()
    throw error
  }
  let (graph, captured) = record.graph.closed()
  return (try graph.tidied(), captured)
}

extension Graph {
  /// What each result is.
  var resultSpecs: [Spec] { results.enumerated().map { index, result in result.map(spec) ?? zeroResults[index] } }

  /// Whether each value depends on one of these arguments.
  func dependents(on arguments: some Sequence<Int>) -> [Bool] {
    var depends = [Bool](repeating: false, count: specs.count)
    for argument in arguments { depends[argument] = true }
    for equation in equations {
      let isDependent = operands(of: equation).contains {
        if case .value(let id) = $0 { depends[Int(id)] } else { false }
      }
      if isDependent { for id in equation.results { depends[Int(id)] = true } }
    }
    return depends
  }

  /// Which arguments something reads.
  func readArguments() -> [Bool] {
    var isRead = [Bool](repeating: false, count: argumentCount)
    for case .value(let id) in operands where id < argumentCount { isRead[Int(id)] = true }
    for case .value(let id)? in results where id < argumentCount { isRead[Int(id)] = true }
    return isRead
  }

  /// The same equations over other arguments.
  /// - Parameters:
  ///   - arguments: the specs of the new arguments.
  ///   - places: for values of this graph the new arguments that take their place: all arguments that are read, and results of
  ///     equations that are left out.
  ///   - leftOut: whether an equation, by position, is not copied.
  ///   - results: what the new graph returns, in values of this one.
  func copied(
    arguments: [Spec], _ places: [Int: Int], leavingOut leftOut: (Int) -> Bool = { _ in false }, results: [Operand?]
  ) -> Graph {
    var graph = Graph(arguments: arguments)
    var values = [Int32](repeating: -1, count: specs.count)
    for (value, place) in places { values[value] = Int32(place) }
    func moved(_ operand: Operand) -> Operand {
      guard case .value(let id) = operand else { return operand }
      precondition(values[Int(id)] >= 0, "a value that is used has a place")
      return .value(values[Int(id)])
    }
    for (position, equation) in equations.enumerated() where !leftOut(position) {
      let inputs = operands(of: equation).map(moved)
      for (old, new) in zip(equation.results, graph.append(equation.primitive, inputs, equation.results.map { specs[Int($0)] }))
      where places[Int(old)] == nil { values[Int(old)] = new }
    }
    graph.results = results.map { $0.map(moved) }
    return graph
  }
}
