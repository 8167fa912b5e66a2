/// Recording: every operation becomes an equation of a graph. The values stay unknown, or are computed beside where those of the
/// arguments are given.
final class RecordTrace: Trace {
  let level = Level.next()
  private(set) var isFinished = false
  let name: String
  let advice: String
  private(set) var graph: Graph
  /// What the arguments are, when this recording also computes.
  private let values: [Tensor]?
  private let manner: Manner
  private var late: [Spec] = []

  static let branchAdvice = "use eb.where or eb.cond instead of a branch on it"

  /// What becomes of primitives that stand for many operations.
  enum Manner {
    /// Their operations are recorded where they have some.
    case expanding
    /// For a plan: no equation stands for many operations.
    case inlining
    /// They stay, with the rules for derivatives that they carry.
    case keeping
    /// For a linear function: as `expanding`, and what does not depend on the arguments is computed, not recorded.
    case linear
  }

  init(
    name: String, arguments: [Spec], manner: Manner = .expanding,
    advice: String = RecordTrace.branchAdvice
  ) {
    self.name = name
    self.advice = advice
    self.manner = manner
    graph = Graph(arguments: arguments)
    values = nil
  }

  /// A recording that computes what it records.
  init(name: String, values: [Tensor]) {
    self.name = name
    advice = "the value is known here; this is a fault of the program"
    graph = Graph(arguments: values.map(\.spec))
    self.values = values
    manner = .expanding
  }

  /// The tracer that stands for an argument.
  func argument(_ index: Int) -> Tensor { argument(index, isNumber: false) }

  /// The same for one that may be a number of the host's language.
  func argument(_ index: Int, isNumber: Bool) -> Tensor {
    let tracer = RecordTracer(self, Int32(index), graph.specs[index], values?[index])
    tracer.isNumber = values?[index].isNumber ?? isNumber
    return Tensor(tracer)
  }

  /// A number of the host's language as a value of this recording.
  func number(_ value: Double) throws(TensorError) -> Tensor {
    let tensor = try bind(Reshape(shape: .scalar), [.scalar(value, .float64)])[0]
    tensor.tracer!.isNumber = true
    return tensor
  }

  /// A tracer for a value that turned out to be one more argument; those come after the others, in order.
  func lateArgument(_ spec: Spec) -> Tensor {
    late.append(spec)
    return Tensor(RecordTracer(self, Int32(-1 - late.count), spec, nil))
  }

  /// A tracer for a known value.
  func constant(_ tensor: Tensor) -> Tensor { Tensor(RecordTracer(self, tensor)) }

  /// Ends the recording: `outputs` become the results (nil: zero).
  func finish(_ outputs: [Tensor?] = []) {
    graph.results = outputs.map { $0.map(operand) }
    if !late.isEmpty { graph = graph.withLateArguments(late) }
    isFinished = true
    #if DEBUG
      graph.verify()
    #endif
  }

  func bind(_ primitive: some Primitive, _ operands: [Tensor]) throws(TensorError) -> [Tensor] {
    if values != nil { return try computing(primitive, operands) }
    let results: [Tensor]?
    switch manner {
    case .expanding: results = try primitive.expanded(operands)
    case .inlining: results = try primitive.inlined(operands)
    case .keeping: results = nil
    case .linear:
      let parts = try primitive.parted(operands, operands.map { own($0) != nil })
      results = try parts == nil ? primitive.expanded(operands) : parts
    }
    if let results { return results }
    var outcome = try primitive.outcome(operands.map(\.spec))
    if outcome.isEmpty { outcome = try primitive.outcomeOfRunning(operands.map(\.spec)) }
    let ids = graph.append(primitive, operands.map(operand), outcome)
    return zip(ids, outcome).map { Tensor(RecordTracer(self, $0, $1, nil)) }
  }

  func bind(_ code: PointwiseCode, _ x: Tensor, _ y: Tensor?) throws(TensorError) -> Tensor {
    if values != nil { return try computing(Pointwise(code), y.map { [x, $0] } ?? [x])[0] }
    let (shape, dtype) = try code.outcome((x.shape, x.dtype), y.map { ($0.shape, $0.dtype) })
    let outcome = Spec(shape, dtype)
    let id = graph.append(Pointwise(code), operand(x), y.map(operand), outcome)
    return Tensor(RecordTracer(self, id, outcome, nil))
  }

  // Tangents that values from outside carry are none of this recording's business: the graph has those values themselves.
  private func computing(_ primitive: some Primitive, _ operands: [Tensor]) throws(TensorError) -> [Tensor] {
    var values: [Tensor] = []
    for operand in operands {
      if let value = own(operand)?.value { values.append(value) } else { values.append(operand.bare) }
    }
    let results = try Autodiff.bind(primitive, values)
    let ids = graph.append(primitive, operands.map(operand), results.map(\.spec))
    return zip(ids, results).map { Tensor(RecordTracer(self, $0, $1.spec, $1)) }
  }

  /// The tracer of a value of this recording, nil for values from outside.
  func own(_ tensor: Tensor) -> RecordTracer? {
    guard let tracer = tensor.tracer, tracer.level == level else { return nil }
    return unsafeDowncast(tracer, to: RecordTracer.self)
  }

  private func operand(_ tensor: Tensor) -> Graph.Operand {
    guard let tracer = own(tensor) else { return .known(tensor) }
    return tracer.constant.map { .known($0) } ?? .value(tracer.id)
  }
}

/// A value of a graph that is being recorded.
final class RecordTracer: Tracer {
  let id: Int32
  /// The value, where the recording computes.
  let value: Tensor?
  /// What it stands for always, when it is a value that was known all along.
  let constant: Tensor?

  init(_ owner: RecordTrace, _ constant: Tensor) {
    id = -1
    value = nil
    self.constant = constant
    super.init(owner, constant.spec)
  }

  init(_ owner: RecordTrace, _ id: Int32, _ spec: Spec, _ value: Tensor?) {
    self.id = id
    self.value = value
    constant = nil
    super.init(owner, spec)
  }

  override var primal: Tensor? { value ?? constant }
  override var bare: Tensor? { value?.bare ?? constant }
  override func claimBytes() -> Int { value?.claimBytes() ?? 0 }
}
