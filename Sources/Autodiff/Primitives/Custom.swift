/// Functions whose derivative the user gives.

/// A function with its own rule for derivatives, which takes the place of the function's: `f(x)` is differentiated by the rule on every
/// order, in both modes and under `vmap`.
///
/// Function and rule get everything they compute with as arguments. A function that uses a watched value from outside is refused,
/// because the rule could not know of that value.
public final class CustomFunction: Hashable, @unchecked Sendable {
  /// What stands in for the derivative.
  public enum Rule {
    /// The tangents of the results y for tangents of all arguments; linear in those.
    case tangents((_ x: [Tensor], _ dx: [Tensor], _ y: [Tensor]) throws(TensorError) -> [Tensor])
    /// The cotangents of the arguments (nil: zero) for cotangents of all results. Forward mode transposes it, which needs it to be
    /// linear in those.
    case cotangents((_ ct: [Tensor], _ x: [Tensor], _ y: [Tensor]) throws(TensorError) -> [Tensor?])
  }

  /// The name in messages.
  public let name: String
  let function: TensorFunction
  let rule: Rule

  /// The function with its rule.
  public init(_ name: String, _ function: @escaping TensorFunction, rule: Rule) {
    self.name = name
    self.function = function
    self.rule = rule
  }

  /// The results at `x`.
  public func callAsFunction(_ x: [Tensor]) throws(TensorError) -> [Tensor] { try bind(Custom(function: self), x) }

  /// Identity.
  public static func == (a: CustomFunction, b: CustomFunction) -> Bool { a === b }
  /// Identity.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A `CustomFunction` called.
struct Custom: Primitive {
  let function: CustomFunction
  var name: String { function.name }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] { [] }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { try knownNumbers(function.function(x.map { Tensor($0) }), name) }
  func expanded(_ x: [Tensor]) throws(TensorError) -> [Tensor]? { try function.function(x) }

  func outcomeOfRunning(_ x: [Spec]) throws(TensorError) -> [Spec] {
    try recorded(name, x) { (x) throws(TensorError) in
      let results = try function.function(x)
      try expectInside(results, newestLevel(x))
      return results
    }.graph.resultSpecs
  }

  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    switch function.rule {
    case .tangents(let rule):
      var moved: [Tensor] = []
      for (value, tangent) in zip(x, dx) { moved.append(try tangent ?? .zeros(value.spec)) }
      let tangents = try rule(x, moved, y)
      try expect(tangents.map(\.spec), y.map(\.spec), "the jvp's tangents")
      try expectInside(tangents, newestLevel(x + moved + y))
      try expectDependence(of: tangents, on: moved)
      return zip(y, tangents).map { $0.dtype.isFloat ? $1 : nil }
    case .cotangents(let rule): return try transposed(rule, x, dx, y)
    }
  }

  // Records the pullback at this point. Reverse mode will replay that recording, forward mode applies its transpose.
  private func transposed(
    _ rule: (_ ct: [Tensor], _ x: [Tensor], _ y: [Tensor]) throws(TensorError) -> [Tensor?], _ x: [Tensor], _ dx: [Tensor?],
    _ y: [Tensor]
  ) throws(TensorError) -> [Tensor?] {
    let floats = y.indices.filter { y[$0].dtype.isFloat }
    let record = RecordTrace(
      name: "the vjp of \(name)", arguments: floats.map { y[$0].spec }, manner: .linear,
      advice: "the rule is run once for all cotangents; compute with them as tensors, with eb.where instead of a branch")
    var cotangents: [Tensor] = []
    for value in y { cotangents.append(try .zeros(value.spec)) }
    for (place, i) in floats.enumerated() { cotangents[i] = record.argument(place) }
    let pulled: [Tensor?]
    do throws(TensorError) {
      pulled = try rule(cotangents, x, y)
      let given = pulled.indices.filter { x[$0].dtype.isFloat && pulled[$0] != nil }
      try expect(given.map { pulled[$0]!.spec }, given.map { x[$0].spec }, "the vjp's cotangents")
      for i in given where record.own(pulled[i]!) == nil {
        try expectInside([pulled[i]!], newestLevel(x + y))
        try expectZero(pulled[i]!, "the vjp's cotangent of argument \(i + 1) does not depend on that of the result")
      }
    } catch {
      record.finish()
      throw error
    }
    let moving = dx.indices.filter { i in dx[i] != nil && pulled[i].flatMap(record.own) != nil }
    record.finish(moving.map { pulled[$0] })
    if moving.isEmpty { return y.map { _ in nil } }
    let (graph, captured) = record.graph.closed()
    let map = pullback(graph, floats.map { y[$0].spec }, arguments: moving.map { x[$0].spec })
    try expectInside(captured, newestLevel(x + y))
    var tangents = try bind(LinearCall(map: map), moving.map { dx[$0]! } + captured)[...]
    return y.map { $0.dtype.isFloat ? tangents.removeFirst() : nil }
  }

  // The map whose adjoint is the recorded pullback.
  private func pullback(_ graph: Graph, _ results: [Spec], arguments: [Spec]) -> LinearMap {
    let name = name
    return LinearMap(name: name, linearCount: arguments.count, results: results, recomputes: false) { (x) throws(TensorError) in
      let tangents: [Tensor?]
      do throws(TensorError) {
        tangents = try graph.supplied(Array(x[arguments.count...])).transpose(Array(x[..<arguments.count]))
      } catch {
        guard case .noRule(let operation, let sentence) = error else { throw error }
        throw .noRule(
          name, "the vjp is not linear in the cotangent, so forward mode cannot transpose it (\(operation) \(sentence)); give a jvp"
        )
      }
      var filled: [Tensor] = []
      for (tangent, spec) in zip(tangents, results) { filled.append(try tangent ?? .zeros(spec)) }
      return filled
    } pull: { (cotangents, parameters, sums) throws(TensorError) in
      var filled: [Tensor] = []
      for (cotangent, spec) in zip(cotangents, results) { filled.append(try cotangent ?? .zeros(spec)) }
      return try added(graph.replay(filled + parameters), to: sums)
    }
  }

  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    let rule: CustomFunction.Rule
    switch function.rule {
    case .tangents(let tangents):
      rule = .tangents { (x, dx, y) throws(TensorError) in
        let operands = x + dx + y
        return try mapped(
          { (all) throws(TensorError) in
            let (x, rest) = (Array(all[..<isBatched.count]), all[isBatched.count...])
            return try tangents(x, Array(rest.prefix(isBatched.count)), Array(rest.dropFirst(isBatched.count)))
          }, isBatched + isBatched + y.map { _ in true }, lanes: lanes)(operands)
      }
    case .cotangents(let cotangents):
      rule = .cotangents { (ct, x, y) throws(TensorError) in
        try withBatch(lanes: lanes) { (trace) throws(TensorError) in
          let x = zip(x, isBatched).map { $1 ? trace.value($0) : $0 }
          var pulled: [Tensor?] = []
          for (cotangent, batched) in zip(try cotangents(ct.map(trace.value), x, y.map(trace.value)), isBatched) {
            guard let cotangent else {
              pulled.append(nil)
              continue
            }
            let rows = try trace.collect(cotangent, along: 0)
            // An argument without lanes serves all of them: its cotangent is the sum of theirs.
            pulled.append(batched ? rows : try rows.sum([0]))
          }
          return pulled
        }
      }
    }
    return try CustomFunction(name, mapped(function.function, isBatched, lanes: lanes), rule: rule)(x)
  }
}

// MARK: What a rule must not do

extension Custom {
  private func expect(_ got: [Spec], _ expected: [Spec], _ what: String) throws(TensorError) {
    guard got != expected else { return }
    let text = { (specs: [Spec]) in specs.isEmpty ? "none" : specs.map(\.description).joined(separator: ", ") }
    throw .invalid(name, "\(what) are \(text(got)), expected \(text(expected))")
  }

  // A rule's results belong to the transforms of what it was given; a newer one came in from outside.
  private func expectInside(_ values: [Tensor], _ newest: Level?) throws(TensorError) {
    for value in values {
      guard let level = value.tracer?.level, newest.map({ $0 < level }) ?? true else { continue }
      throw .closure(name, over: value)
    }
  }

  // While the derivative is recorded a tangent that is no part of the recording is a constant, and only zero is linear.
  private func expectDependence(of tangents: [Tensor], on moved: [Tensor]) throws(TensorError) {
    guard let recorded = moved.compactMap({ $0.tracer as? RecordTracer }).first(where: { $0.value == nil }) else { return }
    for tangent in tangents where tangent.tracer?.level != recorded.level {
      try expectZero(tangent, "the jvp's tangent does not depend on the tangents of the arguments")
    }
  }

  private func expectZero(_ value: Tensor, _ sentence: String) throws(TensorError) {
    guard value.dtype.isFloat, let array = value.numbersOfAllLanes() else { return }
    let isNonzero = try NDArray.pointwise(.ne, array, .full(.scalar, 0, array.dtype)).reduced(.any, over: Array(0..<array.rank))
    if isNonzero.double(at: 0) != 0 {
      throw .invalid(name, "\(sentence), and is not zero; a derivative is linear in what it is given")
    }
  }
}

extension Custom: CustomStringConvertible {
  var description: String { name }
}
