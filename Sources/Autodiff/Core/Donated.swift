/// What a tensor is whose numbers were given to a compiled call, which may have written over them: shape and dtype are left, and every
/// operation is refused with the sentence of `TensorError.donated`.
final class DonatedTrace: Trace {
  // Whatever transforms are running, the operation comes here first.
  let level = Level.last
  let isFinished = false
  let name = "a compiled call"
  let advice = "use what the call returned"
  // Which argument of the call it was, from 1.
  private let argument: Int

  init(argument: Int) { self.argument = argument }

  func unknown(_ operation: String) -> TensorError { .donated(operation, argument: argument) }

  func bind(_ primitive: some Primitive, _ operands: [Tensor]) throws(TensorError) -> [Tensor] { throw unknown(primitive.name) }
}

extension Tensor {
  /// What is left of this tensor when its numbers were given away as an argument of a compiled call, counted from 1.
  package func donated(as argument: Int) -> Tensor { Tensor(Tracer(DonatedTrace(argument: argument), spec)) }

  /// Whether the numbers were given away.
  package var isDonated: Bool { tracer?.trace is DonatedTrace }

  /// Throws if the numbers were given away.
  package func expectPresent(_ operation: String) throws(TensorError) {
    if isDonated { throw tracer!.trace.unknown(operation) }
  }
}
