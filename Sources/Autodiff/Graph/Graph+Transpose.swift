extension Graph {
  /// The adjoint of a graph that is linear in its arguments: cotangents of the results (nil: zero) to cotangents of the arguments.
  ///
  /// One walk over the equations from last to first; a cotangent is let go as soon as its equation has been passed.
  /// - Parameter start: what the sums of the arguments' cotangents begin with (nil: zero).
  public func transpose(_ cotangents: [Tensor?], onto start: [Tensor?]? = nil) throws(TensorError) -> [Tensor?] {
    var sums = [Tensor?](repeating: nil, count: argumentCount)
    try transpose(cotangents, onto: start, claiming: nil) { (argument, cotangent) throws(TensorError) in
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
    claiming claim: ((_ equation: Equation, _ cotangents: [Tensor?], _ argument: Int, _ place: Int) throws(TensorError) -> Bool)?,
    dense: (_ argument: Int, _ cotangent: Tensor) throws(TensorError) -> Void
  ) throws(TensorError) {
    var pending = [Tensor?](repeating: nil, count: specs.count)
    if let start { for (argument, sum) in start.enumerated() { pending[argument] = sum } }
    for (result, cotangent) in zip(results, cotangents) {
      if case .value(let id)? = result, let cotangent { try accumulate(cotangent, at: id, in: &pending) }
    }
    for position in equations.indices.reversed() {
      if position & 0xFF == 0 { try Engine.current.checkInterrupt() }
      let equation = equations[position]
      guard let incoming = take(equation.results, from: &pending) else { continue }
      let places = Int(equation.operandRange.lowerBound)..<Int(equation.operandRange.upperBound)
      var inputs: [LinearOperand] = []
      inputs.reserveCapacity(places.count)
      for place in places { inputs.append(linearOperand(operands[place])) }
      // The contributions that the caller wants for itself.
      var claimed: Set<Int> = []
      if let claim {
        for place in places {
          guard case .value(let id) = operands[place], id < argumentCount else { continue }
          if try claim(equation, incoming, Int(id), place - places.lowerBound) { claimed.insert(place) }
        }
        let isOpen = places.contains { place in
          guard case .value = operands[place] else { return false }
          return !claimed.contains(place)
        }
        if !isOpen { continue }
      }
      let outgoing: [Tensor?]
      if equation.primitive.continuesSums {
        // Taken out, so that an operand that stands in two places is counted once.
        var sums: [Tensor?] = []
        for place in places {
          guard case .value(let id) = operands[place], !claimed.contains(place) else {
            sums.append(nil)
            continue
          }
          sums.append(pending[Int(id)])
          pending[Int(id)] = nil
        }
        outgoing = try equation.primitive.transpose(incoming, inputs, onto: sums)
      } else {
        outgoing = try equation.primitive.transpose(incoming, inputs)
      }
      for (place, cotangent) in zip(places, outgoing) {
        guard case .value(let id) = operands[place], let cotangent, !claimed.contains(place) else { continue }
        try accumulate(cotangent, at: id, in: &pending)
      }
    }
    for argument in 0..<argumentCount {
      if let sum = pending[argument] { try dense(argument, sum) }
    }
  }

  // The cotangents of an equation's results, taken out of the list; nil when all are zero.
  private func take(_ results: Range<Int32>, from pending: inout [Tensor?]) -> [Tensor?]? {
    var cotangents: [Tensor?] = []
    var isZero = true
    cotangents.reserveCapacity(results.count)
    for id in results {
      guard let cotangent = pending[Int(id)] else {
        cotangents.append(nil)
        continue
      }
      isZero = false
      cotangents.append(cotangent)
      pending[Int(id)] = nil
    }
    return isZero ? nil : cotangents
  }

  func linearOperand(_ operand: Operand) -> LinearOperand {
    switch operand {
    case .value(let id): .unknown(specs[Int(id)])
    case .known(let tensor): .known(tensor)
    }
  }

  private func accumulate(_ cotangent: Tensor, at id: Int32, in pending: inout [Tensor?]) throws(TensorError) {
    assert(cotangent.shape == specs[Int(id)].shape, "a cotangent has the shape of its value")
    if let sum = pending[Int(id)] {
      pending[Int(id)] = try sum + cotangent
    } else {
      pending[Int(id)] = cotangent
    }
  }
}
