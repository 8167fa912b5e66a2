/// Recording: every operation becomes an equation of a graph; nothing is computed.
final class RecordTrace: Trace {
  let level = Level.next()
  private(set) var isFinished = false
  let name: String
  private(set) var graph: Graph

  init(name: String, arguments: [Spec]) {
    self.name = name
    graph = Graph(arguments: arguments)
  }

  let advice = "use eb.where or eb.cond instead of a branch on it"

  /// The tracer that stands for an argument.
  func argument(_ index: Int) -> Tensor { Tensor(RecordTracer(self, Int32(index), graph.specs[index])) }

  /// Ends the recording: `outputs` become the results (nil: zero).
  func finish(_ outputs: [Tensor?] = []) {
    graph.results = outputs.map { $0.map(operand) }
    isFinished = true
    #if DEBUG
      graph.verify()
    #endif
  }

  func bind(_ primitive: some Primitive, _ operands: [Tensor]) throws(TensorError) -> [Tensor] {
    let outcome = try primitive.outcome(operands.map(\.spec))
    let ids = graph.append(primitive, operands.map(operand), outcome)
    return zip(ids, outcome).map { Tensor(RecordTracer(self, $0, $1)) }
  }

  private func operand(_ tensor: Tensor) -> Graph.Operand {
    guard let tracer = tensor.tracer, tracer.level == level else { return .known(tensor) }
    return .value(unsafeDowncast(tracer, to: RecordTracer.self).id)
  }
}

/// A value of a graph that is being recorded.
final class RecordTracer: Tracer {
  let id: Int32

  init(_ owner: RecordTrace, _ id: Int32, _ spec: Spec) {
    self.id = id
    super.init(owner, spec)
  }
}
