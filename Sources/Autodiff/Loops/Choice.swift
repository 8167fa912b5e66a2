/// One of two recorded functions, chosen while the program runs; or a single one, which then is a call.
final class Branches: Hashable, @unchecked Sendable {
  let name: String
  /// The functions, of the same operands, with results of the same specs: the first runs where the predicate is true.
  let graphs: [Graph]
  private var plans: [Key: Plan] = [:]

  private struct Key: Hashable {
    let branch: Int
    let strides: [[Int]?]
  }

  init(_ name: String, _ graphs: [Graph]) { (self.name, self.graphs) = (name, graphs) }

  static func == (a: Branches, b: Branches) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

  /// How many operands stand before those of the functions: the predicate, where there is a choice.
  var predicates: Int { graphs.count - 1 }

  /// The packed results of the chosen function.
  func run(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    let branch = predicates == 1 && x[0].double(at: 0) == 0 ? 1 : 0
    let operands = Array(x[predicates...])
    let key = Key(branch: branch, strides: operands.map(\.viewStrides))
    let plan: Plan
    if let made = plans[key] { plan = made } else { plan = try Plan(graphs[branch], strides: key.strides) }
    plans[key] = plan
    var results: [NDArray] = []
    for result in try plan(operands) { results.append(try result.contiguous()) }
    return results
  }
}

/// The functions of `Branches` as one operation, whose derivatives keep its operands alone and choose again.
struct Choice: Primitive {
  let branches: Branches
  var name: String { branches.name }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] { branches.graphs[0].resultSpecs }

  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { try branches.run(x) }

  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] { try pushed(x, dx)!.tangents }

  /// The choice between functions of values and tangents. A result moves where it does so in one of them.
  func pushed(_ x: [Tensor], _ dx: [Tensor?]) throws(TensorError) -> (outputs: [Tensor], tangents: [Tensor?])? {
    let first = branches.predicates
    let moving = (first..<x.count).filter { dx[$0] != nil }
    let specs = x[first...].map(\.spec) + moving.map { x[$0].spec }
    let count = x.count - first
    let resultSpecs = branches.graphs[0].resultSpecs
    var moves = [Bool](repeating: false, count: resultSpecs.count)
    // Which results move is known when both have been recorded once.
    for graph in branches.graphs {
      for (id, depends) in zip(graph.results, graph.resultDependence(on: moving.map { $0 - first })).enumerated() where depends.1 {
        if resultSpecs[id].dtype.isFloat { moves[id] = true }
      }
    }
    var recordings: [Graph] = []
    for graph in branches.graphs {
      let recording = try recorded(name, specs) { (arguments) throws(TensorError) in
        var tangents = [Tensor?](repeating: nil, count: count)
        for (place, k) in moving.enumerated() { tangents[k - first] = arguments[count + place] }
        let (outputs, moved) = try Autodiff.jvp(
          { (x) throws(TensorError) in try graph.replay(x) }, Array(arguments[..<count]), tangents)
        var results = outputs
        for (k, output) in outputs.enumerated() where moves[k] { results.append(try moved[k] ?? .filled(0, output.spec)) }
        return results
      }
      recordings.append(recording.graph)
    }
    let made = try bind(Choice(branches: Branches(name, recordings)), x + moving.map { dx[$0]! })
    var next = moves.count
    var tangents: [Tensor?] = []
    for isMoved in moves {
      tangents.append(isMoved ? made[next] : nil)
      if isMoved { next += 1 }
    }
    return (Array(made[..<moves.count]), tangents)
  }

  /// The results that depend on known operands alone are a choice of their own; the rest computes again what it needs.
  func parted(_ x: [Tensor], _ isUnknown: [Bool]) throws(TensorError) -> [Tensor]? {
    let first = branches.predicates
    let count = branches.graphs[0].results.count
    // An equation may have results of both kinds, as a loop over values and tangents has, so the graphs are parted in earnest.
    let isUnknownArgument = (first..<x.count).map { isUnknown[$0] }
    var halves: [Halves] = []
    for graph in branches.graphs { halves.append(try Halves(name, graph, isUnknownArgument)) }
    let depends = (0..<count).map { k in halves.contains { $0.isUnknown[k] } }
    let (known, rest) = ((0..<count).filter { !depends[$0] }, (0..<count).filter { depends[$0] })
    if known.isEmpty { return nil }
    var results = [Tensor?](repeating: nil, count: count)
    func choose(_ selected: [Int], _ arguments: [Int], _ sources: [(graph: Graph, results: [Graph.Operand?])]) throws(TensorError) {
      if selected.isEmpty { return }
      var places: [Int: Int] = [:]
      for (place, argument) in arguments.enumerated() { places[argument - first] = place }
      var graphs: [Graph] = []
      for (graph, results) in sources {
        graphs.append(try graph.reaching(selected.map { results[$0] }, arguments: arguments.map { x[$0].spec }, places).tidied())
      }
      let made = try bind(Choice(branches: Branches(name, graphs)), x[..<first] + arguments.map { x[$0] })
      for (place, k) in selected.enumerated() { results[k] = made[place] }
    }
    try choose(known, (first..<x.count).filter { !isUnknown[$0] }, halves.map { ($0.known, $0.results) })
    try choose(rest, Array(first..<x.count), branches.graphs.map { ($0, $0.results) })
    return results.map { $0! }
  }

  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    let first = branches.predicates
    let known = (first..<x.count).filter { x[$0].known != nil }
    let unknown = (first..<x.count).filter { x[$0].known == nil }
    guard x[..<first].allSatisfy({ $0.known != nil }) else { throw .noRule(name, "is not linear in the predicate") }
    let given = ct.indices.filter { ct[$0] != nil }
    let specs = known.map { x[$0].known!.spec } + given.map { ct[$0]!.spec }
    var recordings: [Graph] = []
    for graph in branches.graphs {
      let recording = try recorded(name, specs) { (arguments) throws(TensorError) in
        var values: [Int: Tensor] = [:]
        for (place, k) in known.enumerated() { values[k - first] = arguments[place] }
        var cotangents = [Tensor?](repeating: nil, count: ct.count)
        for (place, k) in given.enumerated() { cotangents[k] = arguments[known.count + place] }
        let pulled = try graph.linear(at: values, name).transpose(cotangents)
        var results: [Tensor] = []
        for k in unknown { results.append(try pulled[k - first] ?? .filled(0, x[k].unknown!)) }
        return results
      }
      recordings.append(recording.graph)
    }
    let operands = x[..<first].map { $0.known! } + known.map { x[$0].known! } + given.map { ct[$0]! }
    let made = try bind(Choice(branches: Branches(name, recordings)), operands)
    var cotangents = [Tensor?](repeating: nil, count: x.count)
    for (place, k) in unknown.enumerated() { cotangents[k] = made[place] }
    return cotangents
  }

  /// One predicate for all lanes chooses for all; where each lane has its own, both functions are computed and their results selected.
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    let first = branches.predicates
    let graphs = branches.graphs
    let hasLanes = Array(isBatched[first...])
    if first == 1, isBatched[0] {
      return try withBatch(lanes: lanes) { (trace) throws(TensorError) in
        let operands = zip(x, isBatched).map { $1 ? trace.value($0) : $0 }
        let (yes, no) = (try graphs[0].replay(Array(operands[1...])), try graphs[1].replay(Array(operands[1...])))
        var results: [Tensor] = []
        for (a, b) in zip(yes, no) { results.append(try trace.collect(select(operands[0], a, b).broadcast(to: a.shape), along: 0)) }
        return results
      }
    }
    var recordings: [Graph] = []
    for graph in graphs {
      let laned = mapped({ (x) throws(TensorError) in try graph.replay(x) }, hasLanes, lanes: lanes)
      recordings.append(try recorded(name, x[first...].map(\.spec), laned).graph)
    }
    return try bind(Choice(branches: Branches(name, recordings)), x)
  }
}

extension Choice: CustomStringConvertible {
  var description: String { name }
}

extension Graph {
  /// Whether each result depends on one of these arguments.
  func resultDependence(on arguments: [Int]) -> [Bool] {
    let depends = dependents(on: arguments)
    return results.map { $0?.argument.map { depends[$0] } ?? false }
  }

  /// The part of the graph that these results need, over other arguments.
  func reaching(_ results: [Operand?], arguments: [Spec], _ places: [Int: Int]) -> Graph {
    var isNeeded = [Bool](repeating: false, count: specs.count)
    for result in results { if let id = result?.argument { isNeeded[id] = true } }
    for equation in equations.reversed() where equation.results.contains(where: { isNeeded[Int($0)] }) {
      for operand in operands(of: equation) { if let id = operand.argument { isNeeded[id] = true } }
    }
    return copied(
      arguments: arguments, places, leavingOut: { position in !equations[position].results.contains { isNeeded[Int($0)] } },
      results: results)
  }

  /// The graph as a linear one of its other arguments, at known values of some, which stand among its arguments, but nothing reads them.
  func linear(at known: [Int: Tensor], _ name: String) throws(TensorError) -> Graph {
    let record = RecordTrace(name: name, arguments: Array(specs[..<argumentCount]), manner: .linear)
    do throws(TensorError) {
      let arguments = (0..<argumentCount).map { (place) -> Tensor in
        if let value = known[place] { return value }
        return record.argument(place)
      }
      let outputs = try replay(arguments)
      record.finish(outputs.map { record.own($0) == nil ? nil : $0 })
    } catch {
      record.finish()
      throw error
    }
    return record.graph
  }
}

/// A number of the host's language as a result of a function that `choose` records.
public func number(_ value: Double) throws(TensorError) -> Tensor {
  guard let branch = Engine.branch else { return try .scalar(value, Engine.current.defaultFloat) }
  return try unsafeDowncast(branch, to: RecordTrace.self).number(value)
}

extension Graph {
  /// Gives one of the results another dtype.
  fileprivate mutating func cast(result index: Int, to dtype: DType) {
    if let result = results[index] {
      results[index] = .value(append(Cast(dtype: dtype), result, nil, Spec(spec(of: result).shape, dtype)))
    } else {
      zeroResults[index].dtype = dtype
    }
  }
}

/// `f(x)` where the predicate is true, else `g(x)`. A predicate that is known runs one of them now. One that is not known while a recording
/// or vmap runs has both recorded, and chooses later; their results must have the same specs. Watched values that the functions take from
/// outside are operands of the choice like `x`, and what is made of them in a function runs only if it is chosen. A result that is a number
/// of the host's language in both functions is one, and in one of them takes the dtype of the other.
public func choose(
  _ name: String, _ predicate: Tensor, _ x: [Tensor], places: (Int) -> String, _ f: TensorFunction, _ g: TensorFunction
) throws(TensorError) -> [Tensor] {
  var numbers: [[Bool]] = []
  func branch(_ function: TensorFunction) throws(TensorError) -> (graph: Graph, captured: [Tensor]) {
    let passed = Set(x.indices.filter { x[$0].isNumber })
    return try recorded(name, x.map(\.spec), numbers: passed, isBranch: true) { (x) throws(TensorError) in
      let results = try function(x)
      numbers.append(results.map(\.isNumber))
      return results
    }
  }
  var graphs = [try branch(f)]
  graphs.append(try branch(g))
  precondition(numbers[0].count == numbers[1].count, "the caller compared the trees")
  for k in numbers[0].indices where numbers[0][k] != numbers[1][k] {
    let (number, met) = numbers[0][k] ? (0, 1) : (1, 0)
    let dtype = graphs[met].graph.resultSpecs[k].dtype
    if dtype.isFloat { graphs[number].graph.cast(result: k, to: dtype) }
  }
  let (yes, no) = (graphs[0].graph.resultSpecs, graphs[1].graph.resultSpecs)
  for k in yes.indices where yes[k] != no[k] {
    let place = places(k)
    throw .invalid(
      name, "the functions give \(yes[k]) and \(no[k])\(place.isEmpty ? "" : " for '\(place)'"); shapes and dtypes must be equal")
  }
  var operands = x
  var branches: [Graph] = []
  let captured = graphs.flatMap(\.captured)
  let specs = (x + captured).map(\.spec)
  var next = x.count
  for (graph, own) in graphs {
    var places: [Int: Int] = [:]
    for k in x.indices { places[k] = k }
    for k in own.indices { places[x.count + k] = next + k }
    next += own.count
    branches.append(graph.copied(arguments: specs, places, results: graph.results))
  }
  operands += captured
  let results = try bind(Choice(branches: Branches(name, branches)), [predicate] + operands)
  for (k, result) in results.enumerated() { result.tracer?.isNumber = numbers[0][k] && numbers[1][k] }
  return results
}
