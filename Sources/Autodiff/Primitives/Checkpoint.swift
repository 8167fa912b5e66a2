/// Recomputing instead of storing (Griewank 1992, "Achieving logarithmic growth of temporal and spatial complexity in reverse automatic
/// differentiation"; the treatment as a call is that of `remat` in JAX).

/// A function that reaches no value of a running transform but through its operands, so that it can run again at any time.
final class ClosedFunction: Hashable, @unchecked Sendable {
  let name: String
  /// The specs of the results.
  let results: [Spec]
  let apply: TensorFunction
  /// The results of the first run, when they are known already.
  private var first: [NDArray]?

  init(_ name: String, results: [Spec], first: [NDArray]? = nil, _ apply: @escaping TensorFunction) {
    self.name = name
    self.results = results
    self.first = first
    self.apply = apply
  }

  static func == (a: ClosedFunction, b: ClosedFunction) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

  /// The results on numbers.
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    if let first = takeFirst() { return first }
    return try knownNumbers(apply(x.map { Tensor($0) }), name)
  }

  // They are given away once: a function that is kept for the walk back must not keep results.
  private func takeFirst() -> [NDArray]? {
    defer { first = nil }
    return first
  }

  /// The function of lanes.
  func mapped(_ isBatched: [Bool], lanes: Int) -> ClosedFunction {
    ClosedFunction(
      name, results: results.map { Spec($0.shape.inserting(lanes, at: 0), $0.dtype) }, first: takeFirst(),
      Autodiff.mapped(apply, isBatched, lanes: lanes))
  }

  /// The derivative along some of the operands, of the results that are floats. Operands of the map are the tangents, then the point.
  /// Pushing runs forward mode at the point; pulling runs the function again, recording, and walks back over that. Both keep nothing.
  func derivative(along moving: [Int]) -> LinearMap {
    let floats = results.indices.filter { results[$0].dtype.isFloat }
    let name = name
    let f = apply
    return LinearMap(name: name, linearCount: moving.count, results: floats.map { results[$0] }, recomputes: true) {
      (operands) throws(TensorError) in
      let x = Array(operands[moving.count...])
      var dx = [Tensor?](repeating: nil, count: x.count)
      for (place, operand) in moving.enumerated() { dx[operand] = operands[place] }
      let (outputs, tangents) = try jvp(f, x, dx)
      var moved: [Tensor] = []
      for i in floats { moved.append(try tangents[i] ?? .zeros(outputs[i].spec)) }
      return moved
    } pull: { (cotangents, x, sums) throws(TensorError) in
      let results = floats.indices.filter { cotangents[$0] != nil }
      let begun = sums.indices.filter { sums[$0] != nil }
      let walk: TensorFunction = { (operands) throws(TensorError) in
        let point = Array(operands[..<x.count])
        let linear = try linearize(
          { (moved) throws(TensorError) in
            var x = point
            for (place, operand) in moving.enumerated() { x[operand] = moved[place] }
            let outputs = try f(x)
            return results.map { outputs[floats[$0]] }
          }, at: moving.map { point[$0] })
        var start = [Tensor?](repeating: nil, count: moving.count)
        for (place, i) in begun.enumerated() { start[i] = operands[x.count + results.count + place] }
        let totals = try linear.graph.transpose(Array(operands[x.count..<(x.count + results.count)]), onto: start)
        var filled: [Tensor] = []
        for (place, total) in totals.enumerated() { filled.append(try total ?? .zeros(point[moving[place]].spec)) }
        return filled
      }
      // The walk back is a recomputed function itself, so that derivatives of derivatives store as little.
      let function = ClosedFunction(name, results: moving.map { x[$0].spec }, walk)
      return try bind(Checkpoint(function: function), x + results.map { cotangents[$0]! } + begun.map { sums[$0]! })
    }
  }
}

/// A closed function as one operation whose derivative keeps its operands alone.
struct Checkpoint: Primitive {
  let function: ClosedFunction
  var name: String { function.name }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] { function.results }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { try function.evaluate(x) }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    let moving = dx.indices.filter { dx[$0] != nil }
    let map = function.derivative(along: moving)
    var tangents = try bind(LinearCall(map: map), moving.map { dx[$0]! } + x)[...]
    return y.map { $0.dtype.isFloat ? tangents.removeFirst() : nil }
  }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    try bind(Checkpoint(function: function.mapped(isBatched, lanes: lanes)), x)
  }
  func expanded(_ x: [Tensor]) throws(TensorError) -> [Tensor]? { try function.apply(x) }
}

extension Checkpoint: CustomStringConvertible {
  var description: String { name }
}
