/// `f` at `x`, of which derivatives keep the operands alone and compute everything between again when they need it.
///
/// The function runs once, now, while its operations are recorded beside the values; later runs replay the recording, so that nothing of
/// the caller is called again, random draws are the same, and a branch goes the same way. Values from outside that f uses become
/// operands of the call, and derivatives in them are right; what f makes from such values alone is kept, not computed again. The
/// gradient has the same bits as without, unless cotangents of such values, or of operands that move as one (x and x + c), meet in
/// another order of summation.
public func checkpoint(_ f: TensorFunction, _ x: [Tensor]) throws(TensorError) -> [Tensor] {
  // One argument for each value, so that the walk back adds to one sum what belongs to one value.
  var operands: [Tensor] = []
  var places: [ObjectIdentifier: Int] = [:]
  let arguments = x.map { value in
    if let tracer = value.tracer, let place = places[ObjectIdentifier(tracer)] { return place }
    if let tracer = value.tracer { places[ObjectIdentifier(tracer)] = operands.count }
    operands.append(value)
    return operands.count - 1
  }
  let record = RecordTrace(name: "checkpoint", values: operands.map(\.bare))
  let inputs = operands.indices.map(record.argument)
  let outputs: [Tensor]
  do throws(TensorError) {
    outputs = try f(arguments.map { inputs[$0] })
  } catch {
    record.finish()
    throw error
  }
  // An argument that is returned as it is, and a value that does not come from the arguments, need no recomputing.
  let own = outputs.map { record.own($0).flatMap { $0.id < operands.count ? nil : $0 } }
  record.finish(zip(outputs, own).map { $1 == nil ? nil : $0 }.filter { $0 != nil })
  let (graph, captured) = record.graph.closed(over: operands)
  let all = operands + captured
  let values = own.compactMap { $0?.value }
  var results = values
  if !values.isEmpty, all.contains(where: \.isTraced) {
    let function = ClosedFunction("checkpoint", results: values.map(\.spec), first: lowered(values, like: all)) {
      (x) throws(TensorError) in try graph.replay(x)
    }
    results = try bind(Checkpoint(function: function), all)
  }
  var next = results.makeIterator()
  return zip(outputs, own).map { output, own in
    if own != nil { return next.next()! }
    if let argument = record.own(output) { return operands[Int(argument.id)] }
    return output
  }
}

// The numbers that the values stand for as they arrive where `operands` are numbers: for each vmap around, from the innermost on, all
// its lanes. Nil where some are not known.
private func lowered(_ values: [Tensor], like operands: [Tensor]) -> [NDArray]? {
  var (values, operands) = (values, operands.map(\.bare))
  while let newest = operands.compactMap(\.tracer).max(by: { $0.level < $1.level }) {
    guard let trace = newest.trace as? BatchTrace else { return nil }
    do throws(TensorError) {
      for i in values.indices { values[i] = try trace.collect(values[i], along: 0) }
    } catch { return nil }
    for i in operands.indices { if let beneath = trace.stacked(operands[i]) { operands[i] = beneath } }
  }
  let arrays = values.compactMap(\.array)
  return arrays.count == values.count ? arrays : nil
}
