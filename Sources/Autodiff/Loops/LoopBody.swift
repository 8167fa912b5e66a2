/// What a loop repeats: a recorded function of state, inputs and constants to state and outputs, how often, and in which direction.
///
/// The arguments of the graph are the state, a row of every input, and the constants; its results are the state and a row of every output.
/// It is closed: it reaches no value of a running transform but through its arguments. Programs are made once for each layout of
/// the arguments and kept here.
final class LoopBody: Hashable, @unchecked Sendable {
  let name: String
  let graph: Graph
  let stateCount: Int
  let inputCount: Int
  /// How many rounds there are.
  let length: Int
  /// Whether the rounds go through rows of inputs and outputs from last to first.
  let isReversed: Bool
  /// For a loop that is linear in some of its operands: which. The state is among them.
  let linear: [Bool]?
  private var programs: [[[Int]?]: StepProgram] = [:]
  // What programs refer to by address.
  private var simple: Graph?

  init(
    _ name: String, _ graph: Graph, stateCount: Int, inputCount: Int, length: Int, isReversed: Bool, linear: [Bool]? = nil
  ) {
    self.name = name
    self.graph = graph
    self.stateCount = stateCount
    self.inputCount = inputCount
    self.length = length
    self.isReversed = isReversed
    self.linear = linear
  }

  static func == (a: LoopBody, b: LoopBody) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

  var inputs: Range<Int> { stateCount..<(stateCount + inputCount) }
  var constants: Range<Int> { (stateCount + inputCount)..<graph.argumentCount }

  /// The specs of the results of all rounds: those of the state, then those of the outputs, which have the rounds along dimension 0.
  var outcome: [Spec] {
    graph.resultSpecs.enumerated().map { index, spec in
      index < stateCount ? spec : Spec(spec.shape.inserting(length, at: 0), spec.dtype)
    }
  }

  /// All rounds on numbers; the results are packed.
  func run(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    var rounds = StepProgram.Rounds(
      state: Array(x[..<stateCount]), inputs: Array(x[inputs]), constants: Array(x[constants]), length: length,
      isReversed: isReversed)
    if length == 0 {
      var results: [NDArray] = []
      for state in rounds.state { results.append(try state.contiguous()) }
      for spec in outcome[stateCount...] { results.append(try .full(spec.shape, 0, spec.dtype)) }
      return results
    }
    var strides = rounds.state.map(\.viewStrides) + rounds.inputs.map(\.rowStrides) + rounds.constants.map(\.viewStrides)
    var first = 0
    if strides[..<stateCount].contains(where: { $0 != nil }) {
      // The first round meets the layout that eager code would meet; what it gives is packed.
      try program(strides).run(0..<1, of: &rounds)
      for k in 0..<stateCount { strides[k] = nil }
      first = 1
    }
    if first < length { try program(strides).run(first..<length, of: &rounds) }
    return rounds.state + (rounds.outputs ?? [])
  }

  private func program(_ strides: [[Int]?]) throws(TensorError) -> StepProgram {
    if let program = programs[strides] { return program }
    let graph: Graph
    if let simple { graph = simple } else { graph = try self.graph.simplified() }
    simple = graph
    let recorder = StepRecorder()
    var arguments: [NDArray] = []
    for (spec, strides) in zip(graph.specs, strides) {
      arguments.append(recorder.placeholder(spec.shape, spec.dtype, strides: strides))
    }
    let results = try Engine.current.recording(recorder) { () throws(TensorError) in
      try recorder.separated(graph.record(arguments, with: recorder), from: arguments)
    }
    let program = try StepProgram(recorder, arguments: arguments, results: results)
    programs[strides] = program
    return program
  }
}
