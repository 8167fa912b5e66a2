/// Runs `f`, written for one example, on all examples at once.
///
/// - Parameters:
///   - axes: for every argument the dimension (from 0) along which its examples lie, or nil for one that all share.
///   - outAxes: where the examples go in each result; a single entry serves all results.
/// - Throws: `TensorError.invalid` when no argument is mapped or the mapped sizes differ.
public func vmap(_ f: TensorFunction, _ x: [Tensor], axes: [Int?], outAxes: [Int] = [0]) throws(TensorError) -> [Tensor] {
  try withBatch(lanes: try laneCount(x, axes)) { (trace) throws(TensorError) in
    var inputs: [Tensor] = []
    for (value, axis) in zip(x, axes) {
      if let axis { inputs.append(try trace.lanes(of: value, along: axis)) } else { inputs.append(value) }
    }
    var outputs: [Tensor] = []
    for (index, output) in try f(inputs).enumerated() {
      outputs.append(try trace.collect(output, along: outAxes[min(index, outAxes.count - 1)]))
    }
    return outputs
  }
}

/// Runs `body` with a new batch trace, which is finished afterwards, whatever happens.
package func withBatch<R>(lanes: Int, _ body: (BatchTrace) throws(TensorError) -> R) throws(TensorError) -> R {
  let trace = BatchTrace(lanes: lanes)
  defer { trace.finish() }
  return try body(trace)
}

extension BatchTrace {
  /// The value that has one slice of `tensor` along `axis` in each lane.
  package func lanes(of tensor: Tensor, along axis: Int) throws(TensorError) -> Tensor { value(try tensor.movingAxis(axis, to: 0)) }

  /// All lanes of a result, along `axis`; a result that is the same in all lanes is repeated, and a number becomes a tensor.
  package func collect(_ tensor: Tensor, along axis: Int) throws(TensorError) -> Tensor {
    let tensor = tensor.isNumber ? try tensor.cast(to: Engine.current.defaultFloat) : tensor
    guard axis <= tensor.rank else {
      throw .invalid(
        "vmap", "the examples cannot be dimension \(axis + 1) of a result that has \(tensor.rank) dimensions otherwise")
    }
    guard tensor.rank < Shape.maximumRank else { throw noRoom("vmap", tensor.shape) }
    let rows = try stacked(tensor) ?? tensor.broadcast(to: tensor.shape.inserting(lanes, at: 0))
    return try rows.movingAxis(0, to: axis)
  }
}

private func laneCount(_ x: [Tensor], _ axes: [Int?]) throws(TensorError) -> Int {
  var lanes: Int?
  for (value, axis) in zip(x, axes) {
    guard let axis else { continue }
    guard axis < value.rank else {
      throw .invalid("vmap", "dimension \(axis + 1) does not exist in an argument of shape \(value.shape)")
    }
    let size = value.shape[axis]
    if let lanes, lanes != size { throw .invalid("vmap", "mapped sizes differ: \(lanes) and \(size); all must be equal") }
    lanes = size
  }
  guard let lanes else { throw .invalid("vmap", "no argument is mapped; give at least one a dimension") }
  return lanes
}
