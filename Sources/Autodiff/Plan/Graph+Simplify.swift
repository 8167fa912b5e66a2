/// Passes from graph to graph that change no bit of any result: known results are computed once, equal equations are merged, and what
/// nobody reads is dropped.
extension Graph {
  /// The graph after all passes.
  func simplified() throws(TensorError) -> Graph {
    try inlined().tidied()
  }

  /// The same with equations that stand for many operations kept as they are.
  func tidied() throws(TensorError) -> Graph {
    let simple = try folded().signed().merged().pruned()
    #if DEBUG
      simple.verify()
    #endif
    return simple
  }

  /// Equations that stand for many operations are those operations.
  func inlined() throws(TensorError) -> Graph {
    guard equations.contains(where: { $0.primitive is LinearCall || $0.primitive is Custom || $0.primitive is Checkpoint }) else {
      return self
    }
    let record = RecordTrace(name: "compile", arguments: Array(specs[..<argumentCount]), manner: .inlining)
    let outputs: [Tensor]
    do throws(TensorError) {
      outputs = try replay((0..<argumentCount).map(record.argument))
    } catch {
      record.finish()
      throw error
    }
    record.finish(zip(results, outputs).map { $0 == nil ? nil : $1 })
    var graph = record.graph
    graph.zeroResults = zeroResults
    return graph
  }

  /// Equations whose operands are all known become known results.
  func folded() throws(TensorError) -> Graph {
    try rebuilt { (equation, operands, graph) throws(TensorError) in
      var known: [Tensor] = []
      for operand in operands {
        guard case .known(let tensor) = operand, !tensor.isTraced else { return nil }
        known.append(tensor)
      }
      return try bind(equation.primitive, known).map { .known($0) }
    }
  }

  /// −(c x) with a known number c is (−c) x, and −(−x) is x: both are exact. A derivative of σ(2 x) asks for σ(−(2 x)) where another part
  /// has σ(−2 x).
  func signed() throws(TensorError) -> Graph {
    var multiples: [Int32: (factors: [Operand], known: Int, c: Tensor)] = [:]
    var opposites: [Int32: Operand] = [:]
    return try rebuilt { (equation, operands, graph) throws(TensorError) in
      guard let primitive = equation.primitive as? Pointwise, primitive.code == .neg || primitive.code == .mul else { return nil }
      let spec = specs[Int(equation.results.lowerBound)]
      func value(_ primitive: Pointwise, _ operands: [Operand]) -> Int32 { graph.append(primitive, operands, [spec]).lowerBound }
      let id: Int32
      if primitive.code == .mul {
        id = value(primitive, operands)
        for (i, operand) in operands.enumerated() {
          if case .known(let c) = operand, c.array?.count == 1, c.dtype == spec.dtype { multiples[id] = (operands, i, c) }
        }
      } else if case .value(let of) = operands[0], let positive = opposites[of] {
        return [positive]
      } else if case .value(let of) = operands[0], var multiple = multiples[of] {
        multiple.c = try bind(primitive, [multiple.c])[0]
        multiple.factors[multiple.known] = .known(multiple.c)
        id = value(Pointwise(.mul), multiple.factors)
        multiples[id] = multiple
      } else {
        id = value(primitive, operands)
        if graph.spec(of: operands[0]) == spec { opposites[id] = operands[0] }
      }
      return [.value(id)]
    }
  }

  /// Of equations with equal primitives and operands only the first stays.
  func merged() throws(TensorError) -> Graph {
    var first: [EquationKey: [Operand]] = [:]
    return try rebuilt { (equation, operands, graph) throws(TensorError) in
      let key = EquationKey(primitive: AnyHashable(equation.primitive), operands: operands.map(OperandKey.init))
      if let results = first[key] { return results }
      let results = graph.append(equation.primitive, operands, equation.results.map { specs[Int($0)] }).map { Operand.value($0) }
      first[key] = results
      return results
    }
  }

  /// Equations that no result depends on are gone.
  func pruned() throws(TensorError) -> Graph {
    var isNeeded = [Bool](repeating: false, count: specs.count)
    for case .value(let id)? in results { isNeeded[Int(id)] = true }
    for equation in equations.reversed() where equation.results.contains(where: { isNeeded[Int($0)] }) {
      for case .value(let id) in operands(of: equation) { isNeeded[Int(id)] = true }
    }
    return try rebuilt { (equation, _, _) throws(TensorError) in
      // Results that nobody reads get any operand: it is never looked at.
      equation.results.contains { isNeeded[Int($0)] } ? nil : equation.results.map { _ in .value(-1) }
    }
  }

  /// A graph with the same arguments and results. For each equation `replace` gives what stands for its results, or nil to keep it; it may
  /// append to the new graph.
  private func rebuilt(
    _ replace: (_ equation: Equation, _ operands: [Operand], _ graph: inout Graph) throws(TensorError) -> [Operand]?
  ) throws(TensorError) -> Graph {
    var graph = Graph(arguments: Array(specs[..<argumentCount]))
    var values = (0..<Int32(argumentCount)).map { Operand.value($0) }
    values.reserveCapacity(specs.count)
    func renamed(_ operand: Operand) -> Operand {
      if case .value(let id) = operand { return values[Int(id)] }
      return operand
    }
    for equation in equations {
      let operands = operands(of: equation).map(renamed)
      let replacement = try replace(equation, operands, &graph)
      values +=
        replacement ?? graph.append(equation.primitive, operands, equation.results.map { specs[Int($0)] }).map { .value($0) }
    }
    graph.results = results.map { $0.map(renamed) }
    graph.zeroResults = zeroResults
    return graph
  }
}

private struct EquationKey: Hashable {
  let primitive: AnyHashable
  let operands: [OperandKey]
}

// Known scalars are equal when their bits are, other known tensors when they are the same, and so are watched values.
private enum OperandKey: Hashable {
  case value(Int32)
  case scalar(UInt64, Spec)
  case known(ObjectIdentifier, NDArray.Placement, Spec)
  case watched(ObjectIdentifier)

  init(_ operand: Graph.Operand) {
    switch operand {
    case .value(let id): self = .value(id)
    case .known(let tensor):
      guard let array = tensor.array else {
        self = .watched(ObjectIdentifier(tensor.tracer!))
        return
      }
      if array.count == 1 {
        self = .scalar(array.double(at: 0).bitPattern, tensor.spec)
      } else {
        self = .known(array.storageIdentity, array.placement, tensor.spec)
      }
    }
  }
}
