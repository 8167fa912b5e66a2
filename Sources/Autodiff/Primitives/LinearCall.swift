/// A map that is linear in its first operands and whose adjoint is given as a function, not found by transposing equations.
///
/// As one equation it keeps what it was made from instead of intermediate values (`checkpoint`), or the user's own pullback (`custom`).
/// Its functions are closed: they reach no value of a running transform but through their operands, so that every transform can run
/// them whenever it comes to the equation.
final class LinearMap: Hashable, @unchecked Sendable {
  let name: String
  /// How many of the operands it is linear in; the others only say which map it is.
  let linearCount: Int
  /// The specs of the results.
  let results: [Spec]
  /// Whether its derivative in the other operands is to keep no intermediate values either.
  let recomputes: Bool
  /// All operands ↦ results.
  let push: TensorFunction
  /// Cotangents of the results (nil: zero), the operands that are not linear, and what the linear ones' cotangents are so far ↦ these
  /// sums continued.
  let pull: (_ ct: [Tensor?], _ parameters: [Tensor], _ sums: [Tensor?]) throws(TensorError) -> [Tensor?]

  init(
    name: String, linearCount: Int, results: [Spec], recomputes: Bool, push: @escaping TensorFunction,
    pull: @escaping (_ ct: [Tensor?], _ parameters: [Tensor], _ sums: [Tensor?]) throws(TensorError) -> [Tensor?]
  ) {
    self.name = name
    self.linearCount = linearCount
    self.results = results
    self.recomputes = recomputes
    self.push = push
    self.pull = pull
  }

  static func == (a: LinearMap, b: LinearMap) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A `LinearMap` applied.
struct LinearCall: Primitive {
  let map: LinearMap
  var name: String { map.name }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] { map.results }

  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { try knownNumbers(map.push(x.map { Tensor($0) }), name) }

  func inlined(_ x: [Tensor]) throws(TensorError) -> [Tensor]? { try map.push(x) }

  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    var sum = [Tensor?](repeating: nil, count: y.count)
    if dx[..<map.linearCount].contains(where: { $0 != nil }) {
      var operands = x
      for i in 0..<map.linearCount { operands[i] = try dx[i] ?? .zeros(x[i].spec) }
      sum = try bind(self, operands)
    }
    let moving = (map.linearCount..<x.count).filter { dx[$0] != nil }
    if moving.isEmpty { return sum }
    guard map.recomputes else {
      let fixed = dx.enumerated().map { $0.offset < map.linearCount ? nil : $0.element }
      return try added(Autodiff.jvp(map.push, x, fixed).tangents, to: sum)
    }
    let derivative = ClosedFunction(name, results: map.results, map.push).derivative(along: moving)
    return try added(bind(LinearCall(map: derivative), moving.map { dx[$0]! } + x), to: sum)
  }

  var continuesSums: Bool { true }

  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    try transpose(ct, x, onto: x.map { _ in nil })
  }

  func transpose(_ ct: [Tensor?], _ x: [LinearOperand], onto sums: [Tensor?]) throws(TensorError) -> [Tensor?] {
    let parameters = x[map.linearCount...].compactMap(\.known)
    guard parameters.count == x.count - map.linearCount else {
      throw .noRule(name, "is linear in its first \(map.linearCount) operands alone")
    }
    let totals = try map.pull(ct, parameters, Array(sums[..<map.linearCount]))
    return totals + parameters.map { _ in nil }
  }

  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    let (map, count) = (map, map.linearCount)
    let batched = LinearMap(
      name: map.name, linearCount: count, results: map.results.map { Spec($0.shape.inserting(lanes, at: 0), $0.dtype) },
      recomputes: map.recomputes, push: mapped(map.push, isBatched, lanes: lanes)
    ) { (ct, parameters, sums) throws(TensorError) in
      try withBatch(lanes: lanes) { (trace) throws(TensorError) in
        let parameters = zip(parameters, isBatched[count...]).map { $1 ? trace.value($0) : $0 }
        // An operand without lanes serves all of them: its cotangent is the sum of theirs.
        let inner = zip(sums, isBatched).map { $1 ? $0.map(trace.value) : nil }
        var totals: [Tensor?] = []
        for (i, total) in try map.pull(ct.map { $0.map(trace.value) }, parameters, inner).enumerated() {
          let lanesOfTotal = try total.map { (total) throws(TensorError) in try trace.collect(total, along: 0) }
          guard !isBatched[i], let lanesOfTotal else {
            totals.append(lanesOfTotal ?? sums[i])
            continue
          }
          totals += try added([lanesOfTotal.sum([0])], to: [sums[i]])
        }
        return totals
      }
    }
    return try bind(LinearCall(map: batched), x)
  }
}

extension LinearCall: CustomStringConvertible {
  var description: String { "linear \(name)" }
}

/// `f` on lanes along axis 0 of the operands that have them; so are those of all results.
func mapped(_ f: @escaping TensorFunction, _ isBatched: [Bool], lanes: Int) -> TensorFunction {
  { (x) throws(TensorError) in
    try withBatch(lanes: lanes) { (trace) throws(TensorError) in
      var outputs: [Tensor] = []
      for output in try f(zip(x, isBatched).map { $1 ? trace.value($0) : $0 }) {
        outputs.append(try trace.collect(output, along: 0))
      }
      return outputs
    }
  }
}

/// The numbers of results that were computed from numbers: a value that a transform watches can only have come in from outside.
func knownNumbers(_ results: [Tensor], _ name: String) throws(TensorError) -> [NDArray] {
  var arrays: [NDArray] = []
  for result in results {
    guard let array = result.array else { throw .closure(name, over: result) }
    arrays.append(array)
  }
  return arrays
}

extension TensorError {
  /// The error of a function that took a watched value from outside instead of as an argument.
  static func closure(_ name: String, over value: Tensor) -> TensorError {
    .invalid(
      name,
      "the function uses a value from outside that \(value.tracer?.trace.name ?? "a transform") is watching; pass it as an argument, so that"
        + " the rule covers it")
  }
}
