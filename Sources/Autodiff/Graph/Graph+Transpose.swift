extension Graph {
  /// The adjoint of a graph that is linear in its arguments: cotangents of the results (nil: zero) to cotangents of the arguments.
  ///
  /// One walk over the equations from last to first; a cotangent is let go as soon as its equation has been passed.
  /// - Parameter start: what the sums of the arguments' cotangents begin with (nil: zero).
  public func transpose(_ cotangents: [Tensor?], onto start: [Tensor?]? = nil) throws(TensorError) -> [Tensor?] {
    var sums = [Tensor?](repeating: nil, count: argumentCount)
    try transpose(cotangents, onto: start) { (_, _, _, _) throws(TensorError) in
      false
    } dense: { (argument, cotangent) throws(TensorError) in
      sums[argument] = cotangent
    }
    return sums
  }

  /// The same walk for a caller that wants the arguments' cotangents in parts.
  /// - Parameters:
  ///   - claim: asked for every equation that uses an argument directly, with the cotangents of the equation's results, the argument
  ///     and its place among the operands; answering true takes this contribution out of the walk.
  ///   - dense: receives what the walk has summed up for an argument, at most once each.
  package func transpose(
    _ cotangents: [Tensor?], onto start: [Tensor?]? = nil,
    claiming claim: (_ equation: Equation, _ cotangents: [Tensor?], _ argument: Int, _ place: Int) throws(TensorError) -> Bool,
    dense: (_ argument: Int, _ cotangent: Tensor) throws(TensorError) -> Void
  ) throws(TensorError) {
    var pending = [Tensor?](repeating: nil, count: specs.count)
    if let start { for (argument, sum) in start.enumerated() { pending[argument] = sum } }
    for (result, cotangent) in zip(results, cotangents) {
      if case .value(let id)? = result, let cotangent { try accumulate(cotangent, at: id, in: &pending) }
    }
    for (position, equation) in equations.enumerated().reversed() {
      if position & 0xFF == 0 { try Engine.current.checkInterrupt() }
      let incoming = equation.results.map { pending[Int($0)] }
      if incoming.allSatisfy({ $0 == nil }) { continue }
      for id in equation.results { pending[Int(id)] = nil }
      let inputs = operands(of: equation)
      var open = 0
      var claimed = [Bool](repeating: false, count: inputs.count)
      for (place, input) in inputs.enumerated() {
        guard case .value(let id) = input else { continue }
        if id < argumentCount { claimed[place] = try claim(equation, incoming, Int(id), place) }
        if !claimed[place] { open += 1 }
      }
      if open == 0 { continue }
      let outgoing: [Tensor?]
      if equation.primitive.continuesSums {
        // Taken out, so that an operand that stands in two places is counted once.
        var sums: [Tensor?] = []
        for (place, input) in inputs.enumerated() {
          guard case .value(let id) = input, !claimed[place] else {
            sums.append(nil)
            continue
          }
          sums.append(pending[Int(id)])
          pending[Int(id)] = nil
        }
        outgoing = try equation.primitive.transpose(incoming, inputs.map(linearOperand), onto: sums)
      } else {
        outgoing = try equation.primitive.transpose(incoming, inputs.map(linearOperand))
      }
      for (place, (input, cotangent)) in zip(inputs, outgoing).enumerated() where !claimed[place] {
        if case .value(let id) = input, let cotangent { try accumulate(cotangent, at: id, in: &pending) }
      }
    }
    for argument in 0..<argumentCount {
      if let sum = pending[argument] { try dense(argument, sum) }
    }
  }

  func linearOperand(_ operand: Operand) -> LinearOperand {
    switch operand {
    case .value(let id): .unknown(specs[Int(id)])
    case .known(let tensor): .known(tensor)
    }
  }

  private func accumulate(_ cotangent: Tensor, at id: Int32, in pending: inout [Tensor?]) throws(TensorError) {
    assert(cotangent.shape == specs[Int(id)].shape, "a cotangent has the shape of its value")
    let sum = pending[Int(id)]
    pending[Int(id)] = try sum.map { (sum) throws(TensorError) in try sum + cotangent } ?? cotangent
  }
}
