/// Vectorisation: a value stands for all its lanes, which lie along axis 0 of the value beneath.
package final class BatchTrace: Trace {
  package let level = Level.next()
  package private(set) var isFinished = false
  /// How many lanes there are.
  package let lanes: Int

  init(lanes: Int) { self.lanes = lanes }

  package let name = "vmap"
  package let advice = "it differs from lane to lane; use eb.where instead of a branch on it, or return it"

  func finish() { isFinished = true }

  /// The value whose lanes are the rows of `stacked`.
  package func value(_ stacked: Tensor) -> Tensor { Tensor(BatchTracer(self, stacked)) }

  /// The value beneath, lanes along axis 0, or nil for a value that is the same in all lanes.
  func stacked(_ tensor: Tensor) -> Tensor? {
    guard let tracer = tensor.tracer, tracer.level == level else { return nil }
    return unsafeDowncast(tracer, to: BatchTracer.self).stacked
  }

  /// Applies the primitive's rule for lanes; refuses what one lane would be refused.
  package func bind(_ primitive: some Primitive, _ operands: [Tensor]) throws(TensorError) -> [Tensor] {
    // What one lane would be refused must not become something else with the lanes in front, and errors show the lane's shapes.
    for outcome in try primitive.outcome(operands.map(\.spec)) where outcome.shape.rank == Shape.maximumRank {
      throw noRoom(primitive.name, outcome.shape)
    }
    var values: [Tensor] = []
    var isBatched: [Bool] = []
    for operand in operands {
      let beneath = stacked(operand)
      if let beneath { values.append(beneath) } else { values.append(operand) }
      isBatched.append(beneath != nil)
    }
    return try primitive.batch(values, isBatched, lanes: lanes).map { (result) in
      assert(result.shape[0] == lanes, "\(primitive.name): lanes are axis 0")
      return value(result)
    }
  }
}

extension BatchTrace {
  /// The error for a value whose lanes would be one dimension too many.
  func noRoom(_ operation: String, _ shape: Shape) -> TensorError {
    .invalid(
      operation, "the result \(shape) has no room for the lanes of vmap; at most \(Shape.maximumRank) dimensions are possible")
  }
}

extension Tensor {
  /// The numbers this value stands for, where they are known: under vmap those of all lanes, which lie in front; under grad those of the
  /// primal. Checks of values (labels in range) need no more; results must not depend on them. nil while recording.
  package func numbersOfAllLanes() -> NDArray? {
    var tensor = self
    while let tracer = tensor.tracer {
      guard let beneath = (tracer as? BatchTracer)?.stacked ?? tracer.primal else { return nil }
      tensor = beneath
    }
    return tensor.array
  }
}

extension Tensor {
  /// Under vmap: the running trace, and the value with all lanes in front. Nil for a value that is the same in all of them.
  package var lanes: (trace: BatchTrace, rows: Tensor)? {
    guard let tracer = tracer as? BatchTracer, let trace = tracer.trace as? BatchTrace else { return nil }
    return (trace, tracer.stacked)
  }
}

/// One value a lane.
final class BatchTracer: Tracer {
  let stacked: Tensor

  init(_ owner: BatchTrace, _ stacked: Tensor) {
    self.stacked = stacked
    super.init(owner, Spec(stacked.shape.removing(0), stacked.dtype))
  }

  override func claimBytes() -> Int { stacked.claimBytes() }

  override var bare: Tensor? {
    stacked.isTraced ? Tensor(BatchTracer(unsafeDowncast(trace, to: BatchTrace.self), stacked.bare)) : nil
  }
}
