/// How a loop is walked back: it is parted into a loop of what is known, which keeps what the other needs from every round, and a loop
/// that is linear in what is unknown; the transpose of that one runs from the last round to the first.
extension Scan {
  /// Parts the loop. A state is unknown where its beginning is, and where the body makes it so.
  func parted(_ x: [Tensor], _ isUnknown: [Bool]) throws(TensorError) -> [Tensor]? {
    if body.linear != nil { return nil }
    let (graph, stateCount) = (body.graph, body.stateCount)
    var unknown = isUnknown
    while true {
      let halves = try Halves(name, graph, unknown)
      let more = (0..<stateCount).filter { halves.isUnknown[$0] && !unknown[$0] }
      if more.isEmpty { return try parted(x, unknown, halves) }
      for k in more { unknown[k] = true }
    }
  }

  private func parted(_ x: [Tensor], _ unknown: [Bool], _ halves: Halves) throws(TensorError) -> [Tensor] {
    let (graph, stateCount) = (body.graph, body.stateCount)
    func split(_ range: Range<Int>) -> (known: [Int], unknown: [Int]) {
      (range.filter { !unknown[$0] }, range.filter { unknown[$0] })
    }
    let (states, inputs, constants) = (split(0..<stateCount), split(body.inputs), split(body.constants))
    let outputs = (stateCount..<graph.results.count)
    let knownOutputs = outputs.filter { !halves.isUnknown[$0] }
    let unknownOutputs = outputs.filter { halves.isUnknown[$0] }
    // What the linear half needs of each round is an output of the known half; inputs and constants it gets itself.
    let kept = halves.captured.indices.filter { i in
      guard let argument = halves.captured[i].argument, argument < graph.argumentCount else { return true }
      return argument < stateCount
    }

    let order = states.known + inputs.known + constants.known
    var places: [Int: Int] = [:]
    for (place, argument) in order.enumerated() { places[argument] = place }
    let first = LoopDraft(
      name: name,
      graph: try halves.known.copied(
        arguments: order.map { graph.specs[$0] }, places,
        results: (states.known + knownOutputs).map { halves.results[$0] } + kept.map { halves.captured[$0] }
      ).tidied(),
      length: body.length, isReversed: body.isReversed, state: states.known.map { x[$0] }, inputs: inputs.known.map { x[$0] },
      constants: constants.known.map { x[$0] })
    let (knownState, knownRows) = try first.bound()

    // The linear half has the unknown arguments, then what it captured.
    let arguments = graph.argumentCount
    var rows: [(argument: Int, stacked: Tensor)] = inputs.unknown.map { ($0, x[$0]) }
    var single: [(argument: Int, value: Tensor)] = constants.unknown.map { ($0, x[$0]) }
    for (i, operand) in halves.captured.enumerated() {
      if let place = kept.firstIndex(of: i) {
        rows.append((arguments + i, knownRows[knownOutputs.count + place]))
      } else if body.inputs.contains(operand.argument!) {
        rows.append((arguments + i, x[operand.argument!]))
      } else {
        single.append((arguments + i, x[operand.argument!]))
      }
    }
    let linearOrder = states.unknown + rows.map(\.argument) + single.map(\.argument)
    places = [:]
    for (place, argument) in linearOrder.enumerated() { places[argument] = place }
    let second = LoopDraft(
      name: name,
      graph: try halves.linear.copied(
        arguments: linearOrder.map { halves.linear.specs[$0] }, places,
        results: (states.unknown + unknownOutputs).map { halves.linear.results[$0] }
      ).tidied(),
      length: body.length, isReversed: body.isReversed, state: states.unknown.map { x[$0] }, inputs: rows.map(\.stacked),
      constants: single.map(\.value),
      linear: (rows.map { $0.argument < arguments }, single.map { $0.argument < arguments }))
    let (unknownState, unknownRows) = try second.bound()

    var results = [Tensor?](repeating: nil, count: graph.results.count)
    for (place, k) in states.known.enumerated() { results[k] = knownState[place] }
    for (place, k) in states.unknown.enumerated() { results[k] = unknownState[place] }
    for (place, k) in knownOutputs.enumerated() { results[k] = knownRows[place] }
    for (place, k) in unknownOutputs.enumerated() { results[k] = unknownRows[place] }
    return results.map { $0! }
  }

  var continuesSums: Bool { true }

  func transpose(_ ct: [Tensor?], _ x: [LinearOperand]) throws(TensorError) -> [Tensor?] {
    try transpose(ct, x, onto: x.map { _ in nil })
  }

  /// The rounds from last to first: the cotangent of the state is the new state, beside the sums of those of the constants.
  func transpose(_ ct: [Tensor?], _ x: [LinearOperand], onto sums: [Tensor?]) throws(TensorError) -> [Tensor?] {
    guard let isLinear = body.linear else { throw .noRule(name, "has not been parted into what is known and what is linear") }
    let (graph, stateCount) = (body.graph, body.stateCount)
    func split(_ range: Range<Int>) -> (known: [Int], unknown: [Int]) {
      (range.filter { !isLinear[$0] }, range.filter { isLinear[$0] })
    }
    let (inputs, constants) = (split(body.inputs), split(body.constants))
    let outputs = (stateCount..<graph.results.count).filter { ct[$0] != nil }
    let results = graph.resultSpecs
    let states = Array(0..<stateCount)
    let specs =
      (states + constants.unknown).map { graph.specs[$0] } + outputs.map { results[$0] }
      + (inputs.known + constants.known).map { graph.specs[$0] }
    var given: [Int] = []
    let (recording, _) = try recorded(name, specs) { (arguments) throws(TensorError) in
      var next = arguments.makeIterator()
      var cotangents = [Tensor?](repeating: nil, count: results.count)
      for k in states { cotangents[k] = next.next()! }
      var totals = [Tensor?](repeating: nil, count: graph.argumentCount)
      for k in constants.unknown { totals[k] = next.next()! }
      for k in outputs { cotangents[k] = next.next()! }
      var known: [Int: Tensor] = [:]
      for k in inputs.known + constants.known { known[k] = next.next()! }
      let linear = try graph.linear(at: known, name)
      let pulled = try linear.transpose(cotangents, onto: totals)
      var moved: [Tensor] = []
      for k in states + constants.unknown { moved.append(try pulled[k] ?? .filled(0, graph.specs[k])) }
      given = inputs.unknown.filter { pulled[$0] != nil }
      return moved + given.map { pulled[$0]! }
    }
    var start: [Tensor] = []
    for k in states { start.append(try ct[k] ?? .filled(0, graph.specs[k])) }
    for k in constants.unknown { start.append(try sums[k] ?? .filled(0, graph.specs[k])) }
    let known = (inputs.known + constants.known).compactMap { x[$0].known }
    guard known.count == inputs.known.count + constants.known.count else {
      throw .noRule(name, "is linear in some of its operands alone")
    }
    let draft = LoopDraft(
      name: name, graph: recording, length: body.length, isReversed: !body.isReversed, state: start,
      inputs: outputs.map { ct[$0]! } + known[..<inputs.known.count], constants: known[inputs.known.count...])
    let (final, rows) = try draft.bound()
    var cotangents = [Tensor?](repeating: nil, count: x.count)
    for k in states { cotangents[k] = try added([final[k]], to: [sums[k]])[0] }
    for (place, k) in constants.unknown.enumerated() { cotangents[k] = final[stateCount + place] }
    for (place, k) in given.enumerated() { cotangents[k] = try added([rows[place]], to: [sums[k]])[0] }
    for k in inputs.unknown where cotangents[k] == nil { cotangents[k] = sums[k] }
    return zip(x, cotangents).map { $0.unknown == nil ? nil : $1 }
  }
}

/// A graph parted by its arguments: a graph of what depends on known ones alone, and one of the rest.
struct Halves {
  /// Over all arguments of the whole.
  let known: Graph
  /// Over all arguments of the whole, and the values of `known` that it needs.
  let linear: Graph
  /// Those values.
  let captured: [Graph.Operand]
  /// Whether a result of the whole is one of `linear`.
  let isUnknown: [Bool]
  /// The results of the whole that are values of `known`.
  let results: [Graph.Operand]

  /// Replays the graph with known arguments recorded by one trace and unknown ones by a newer one, which thus gets what needs them.
  init(_ name: String, _ graph: Graph, _ unknown: [Bool]) throws(TensorError) {
    let specs = Array(graph.specs[..<graph.argumentCount])
    let first = RecordTrace(name: name, arguments: specs, manner: .keeping)
    let second = RecordTrace(name: name, arguments: specs, manner: .linear)
    defer { if !first.isFinished { first.finish() } }
    let outputs: [Tensor]
    do throws(TensorError) {
      outputs = try graph.replay(unknown.enumerated().map { $1 ? second.argument($0) : first.argument($0) })
    } catch {
      second.finish()
      throw error
    }
    let isUnknown = outputs.map { second.own($0) != nil }
    self.isUnknown = isUnknown
    // Where an unknown state ends in a known value it is zero: a linear function has no constant part.
    var zeros: [Tensor] = []
    for output in outputs { zeros.append(try .zeros(output.spec)) }
    second.finish(outputs.indices.map { isUnknown[$0] ? outputs[$0] : zeros[$0] })
    let (closed, values) = second.graph.closed()
    linear = closed
    first.finish(outputs.enumerated().map { isUnknown[$0] ? zeros[$0] : $1 } + values)
    let known = first.graph
    self.known = known
    results = known.results[..<outputs.count].map { $0! }
    captured = known.results[outputs.count...].map { $0! }
  }
}
