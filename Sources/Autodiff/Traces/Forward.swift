/// Forward mode: every value carries its tangent, and an operation on values also pushes the tangents through its `jvp`.
///
/// Tangents may be anything that supports linear operations: numbers give directional derivatives, tracers of a `RecordTrace` give the
/// linearized function as a graph.
final class ForwardTrace: Trace {
  let level = Level.next()
  private(set) var isFinished = false
  let name: String

  init(name: String) { self.name = name }

  let advice = "the value is known here; this is a fault of the program"

  func finish() { isFinished = true }

  /// A value of this trace; a nil tangent means that it does not move, and then no tracer is needed.
  func value(_ primal: Tensor, moving tangent: Tensor?) -> Tensor {
    guard let tangent else { return primal }
    return Tensor(ForwardTracer(self, primal, tangent))
  }

  /// The two halves of a value as this trace sees it: anything that is not its own does not move.
  func split(_ tensor: Tensor) -> (primal: Tensor, tangent: Tensor?) {
    guard let tracer = tensor.tracer, tracer.level == level else { return (tensor, nil) }
    let forward = unsafeDowncast(tracer, to: ForwardTracer.self)
    return (forward.primalValue, forward.tangent)
  }

  func bind(_ primitive: some Primitive, _ operands: [Tensor]) throws(TensorError) -> [Tensor] {
    var primals: [Tensor] = []
    var tangents: [Tensor?] = []
    primals.reserveCapacity(operands.count)
    tangents.reserveCapacity(operands.count)
    for operand in operands {
      let (primal, tangent) = split(operand)
      primals.append(primal)
      tangents.append(tangent)
    }
    let outputs: [Tensor]
    let moved: [Tensor?]
    if let both = try primitive.pushed(primals, tangents) {
      (outputs, moved) = both
    } else {
      outputs = try Autodiff.bind(primitive, primals)
      moved = try primitive.jvp(primals, tangents, outputs)
    }
    var results: [Tensor] = []
    for (output, tangent) in zip(outputs, moved) {
      assert(tangent == nil || tangent!.spec == output.spec, "\(primitive.name): a tangent has the spec of its value")
      results.append(value(output, moving: tangent))
    }
    return results
  }

  func bind(_ code: PointwiseCode, _ x: Tensor, _ y: Tensor?) throws(TensorError) -> Tensor {
    let (a, da) = split(x)
    guard let y else {
      let output = try Autodiff.bind(code, a)
      return value(output, moving: try Pointwise.tangent(code, a, a, da, nil, output))
    }
    let (b, db) = split(y)
    let output = try Autodiff.bind(code, a, b)
    return value(output, moving: try Pointwise.tangent(code, a, b, da, db, output))
  }
}

/// A value and its tangent.
final class ForwardTracer: Tracer {
  let primalValue: Tensor
  let tangent: Tensor

  init(_ owner: ForwardTrace, _ primal: Tensor, _ tangent: Tensor) {
    primalValue = primal
    self.tangent = tangent
    super.init(owner, primal.spec)
  }

  override var primal: Tensor? { primalValue }
  override func claimBytes() -> Int { primalValue.claimBytes() + tangent.claimBytes() }
  override var bare: Tensor? { primalValue.bare }
}
