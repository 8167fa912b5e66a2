extension Graph {
  /// The adjoint of a graph that is linear in its arguments: cotangents of the results (nil: zero) to cotangents of the arguments.
  ///
  /// One walk over the equations from last to first; a cotangent is let go as soon as its equation has been passed.
  public func transpose(_ cotangents: [Tensor?]) throws(TensorError) -> [Tensor?] {
    var pending = [Tensor?](repeating: nil, count: specs.count)
    for (result, cotangent) in zip(results, cotangents) {
      if case .value(let id)? = result, let cotangent { try accumulate(cotangent, at: id, in: &pending) }
    }
    for (position, equation) in equations.enumerated().reversed() {
      if position & 0xFF == 0 { try Engine.current.checkInterrupt() }
      let incoming = equation.results.map { pending[Int($0)] }
      if incoming.allSatisfy({ $0 == nil }) { continue }
      for id in equation.results { pending[Int(id)] = nil }
      let inputs = operands(of: equation)
      let outgoing = try equation.primitive.transpose(incoming, inputs.map(linearOperand))
      for (input, cotangent) in zip(inputs, outgoing) {
        if case .value(let id) = input, let cotangent { try accumulate(cotangent, at: id, in: &pending) }
      }
    }
    return Array(pending[..<argumentCount])
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
