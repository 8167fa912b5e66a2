/// Applies a primitive: the newest trace among the operands gets the operation; with none the kernels run now. A branch that is being
/// recorded gets it if it is newer still.
public func bind(_ primitive: some Primitive, _ operands: [Tensor]) throws(TensorError) -> [Tensor] {
  var newest: Tracer?
  for operand in operands {
    if let tracer = operand.tracer, newest.map({ $0.level < tracer.level }) ?? true { newest = tracer }
  }
  if let newest { return try receiver(primitive.name, newest).bind(primitive, operands) }
  var arrays: [NDArray] = []
  arrays.reserveCapacity(operands.count)
  for operand in operands { if let array = operand.array { arrays.append(array) } }
  _ = try primitive.outcome(operands.map(\.spec))
  return try primitive.evaluate(arrays).map { Tensor($0) }
}

/// `bind` for one operand and one result.
public func bind(_ primitive: some Primitive, _ x: Tensor) throws(TensorError) -> Tensor { try bind(primitive, [x])[0] }

/// `bind` for two operands and one result.
public func bind(_ primitive: some Primitive, _ x: Tensor, _ y: Tensor) throws(TensorError) -> Tensor {
  try bind(primitive, [x, y])[0]
}

/// A pointwise operation on one operand; numbers go to the kernel without any list being made.
@inline(__always)
public func bind(_ code: PointwiseCode, _ x: Tensor) throws(TensorError) -> Tensor {
  if let a = x.array { return Tensor(try NDArray.pointwise(code, a)) }
  return try hand(code, x, nil, to: x.tracer!)
}

/// A pointwise operation on two operands; numbers go to the kernel without any list being made.
@inline(__always)
public func bind(_ code: PointwiseCode, _ x: Tensor, _ y: Tensor) throws(TensorError) -> Tensor {
  if let a = x.array, let b = y.array { return Tensor(try NDArray.pointwise(code, a, b)) }
  guard let first = x.tracer else { return try hand(code, x, y, to: y.tracer!) }
  guard let second = y.tracer, first.level < second.level else { return try hand(code, x, y, to: first) }
  return try hand(code, x, y, to: second)
}

extension Tensor {
  /// A pointwise operation on small numbers in place, for hosts that keep tensors at fixed addresses: initialises `result` and answers the
  /// bytes of its storage. Answers nil, and leaves `result` alone, when an operand is traced, large, a view, or of another dtype, and for
  /// what is an error; those take the general way.
  package static func immediate(
    _ code: PointwiseCode, _ a: UnsafePointer<Tensor>, _ b: UnsafePointer<Tensor>?, into result: UnsafeMutablePointer<Tensor>
  ) throws(TensorError) -> Int? {
    guard let x = numbers(at: a) else { return nil }
    var y: UnsafePointer<NDArray>?
    if let b {
      guard let numbers = numbers(at: b) else { return nil }
      y = numbers
    }
    guard let value = try NDArray.immediate(code, x, y) else { return nil }
    let bytes = value.claimBytes()
    result.initialize(to: Tensor(value))
    return bytes
  }

  /// The same for a tensor and a number, which takes its dtype; `isFirst`: the number is the left operand.
  package static func immediate(
    _ code: PointwiseCode, _ a: UnsafePointer<Tensor>, number: Double, isFirst: Bool, into result: UnsafeMutablePointer<Tensor>
  ) throws(TensorError) -> Int? {
    guard let x = numbers(at: a), let value = try NDArray.immediate(code, x, number: number, isFirst: isFirst) else { return nil }
    let bytes = value.claimBytes()
    result.initialize(to: Tensor(value))
    return bytes
  }

  // `array` is the first field, and the payload of an optional lies at its beginning.
  @inline(__always)
  private static func numbers(at address: UnsafePointer<Tensor>) -> UnsafePointer<NDArray>? {
    address.pointee.tracer == nil ? UnsafeRawPointer(address).assumingMemoryBound(to: NDArray.self) : nil
  }
}

/// A pointwise operation with a watched operand goes to the transform of the newest one.
func hand(_ code: PointwiseCode, _ x: Tensor, _ y: Tensor?, to newest: Tracer) throws(TensorError) -> Tensor {
  try receiver(code.name, newest).bind(code, x, y)
}

// Which trace interprets an operation whose newest operand this is.
private func receiver(_ name: @autoclosure () -> String, _ newest: Tracer) throws(TensorError) -> any Trace {
  let trace = newest.trace
  guard !trace.isFinished else { throw .escapedTracer(name()) }
  guard let branch = Engine.branch else { return trace }
  let record = unsafeDowncast(branch, to: RecordTrace.self)
  return newest.level < record.level ? record : trace
}
