/// A function of tensors as the transforms take it: a flat list to a flat list. Trees are flattened by the caller.
public typealias TensorFunction = ([Tensor]) throws(TensorError) -> [Tensor]

/// A function's value at a point and its derivative there as a linear map, recorded once and applied as often as wanted.
public struct Linearization {
  /// The function's results at the point.
  public let outputs: [Tensor]
  /// The derivative as a graph that is linear in its arguments.
  public let graph: Graph

  /// The derivative applied to tangents of the arguments (J v). Costs the linear part of the function alone.
  public func push(_ tangents: [Tensor]) throws(TensorError) -> [Tensor] { try graph.replay(tangents) }

  /// The adjoint applied to cotangents of the outputs (Jᵀ u); nil stands for zero, also in the result.
  public func pull(_ cotangents: [Tensor?]) throws(TensorError) -> [Tensor?] { try graph.transpose(cotangents) }
}

/// Evaluates `f` at `x` while recording its derivative.
///
/// Forward mode with tangents that are being recorded: what depends on the point is computed now, what depends on the tangents becomes
/// an equation. Arguments that are not floats do not move.
public func linearize(_ f: TensorFunction, at x: [Tensor]) throws(TensorError) -> Linearization {
  let record = RecordTrace(name: "grad", arguments: x.map(\.spec), manner: .linear)
  let forward = ForwardTrace(name: "grad")
  defer { forward.finish() }
  let inputs = x.indices.map { forward.value(x[$0], moving: x[$0].dtype.isFloat ? record.argument($0) : nil) }
  let halves: [(primal: Tensor, tangent: Tensor?)]
  do throws(TensorError) {
    halves = try f(inputs).map(forward.split)
  } catch {
    record.finish()
    throw error
  }
  record.finish(halves.map(\.tangent))
  var graph = record.graph
  graph.zeroResults = halves.map(\.primal.spec)
  return Linearization(outputs: halves.map(\.primal), graph: graph)
}
