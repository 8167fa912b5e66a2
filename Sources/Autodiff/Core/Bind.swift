/// Applies a primitive: the newest trace among the operands gets the operation; with none the kernels run now.
public func bind(_ primitive: some Primitive, _ operands: [Tensor]) throws(TensorError) -> [Tensor] {
  var newest: (any Tracer)?
  for operand in operands {
    if case .tracer(let tracer) = operand.content, newest.map({ $0.level < tracer.level }) ?? true { newest = tracer }
  }
  if let newest { return try hand(primitive, operands, to: newest.trace) }
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
  if case .array(let a) = x.content { return Tensor(try NDArray.pointwise(code, a)) }
  return try bind(Pointwise(code), x)
}

/// A pointwise operation on two operands; numbers go to the kernel without any list being made.
@inline(__always)
public func bind(_ code: PointwiseCode, _ x: Tensor, _ y: Tensor) throws(TensorError) -> Tensor {
  if case .array(let a) = x.content, case .array(let b) = y.content { return Tensor(try NDArray.pointwise(code, a, b)) }
  return try bind(Pointwise(code), x, y)
}

private func hand(_ primitive: some Primitive, _ operands: [Tensor], to trace: any Trace) throws(TensorError) -> [Tensor] {
  guard !trace.isFinished else { throw .escapedTracer(primitive.name) }
  return try trace.bind(primitive, operands)
}
