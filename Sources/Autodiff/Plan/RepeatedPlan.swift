/// A plan that is run many times in the engine, each time on what the last time gave: its first results take the place of its first
/// arguments. The other arguments are rows, of which every round sees one, or the same in all rounds.
///
/// The bits are those of the plan run again and again; the loop is in C.
package final class RepeatedPlan {
  private let stateCount: Int
  // The arguments of the plan in the order of the rounds: state, rows, constants.
  private let rows: [Int]
  private let constants: [Int]
  // What the program refers to by address.
  private let graph: Graph
  private let program: StepProgram

  /// - Parameters:
  ///   - plan: its first `stateCount` results are like its first arguments, which are packed.
  ///   - rows: the other arguments, by position, that have a row for each round; they are packed.
  package init(_ plan: Plan, stateCount: Int, rows: Set<Int>) throws(TensorError) {
    let whole = plan.graph
    let others = stateCount..<whole.argumentCount
    self.stateCount = stateCount
    self.rows = others.filter(rows.contains)
    constants = others.filter { !rows.contains($0) }
    let order = Array(0..<stateCount) + self.rows + constants
    var places: [Int: Int] = [:]
    for (place, argument) in order.enumerated() { places[argument] = place }
    var graph = whole.copied(arguments: order.map { whole.specs[$0] }, places, results: whole.results)
    graph.zeroResults = whole.zeroResults
    let recorder = StepRecorder()
    let arguments = order.map { recorder.placeholder(whole.specs[$0].shape, whole.specs[$0].dtype, strides: plan.strides[$0]) }
    let copy = graph
    let results = try Engine.current.recording(recorder) { () throws(TensorError) in
      try recorder.separated(copy.record(arguments, with: recorder), from: arguments)
    }
    program = try StepProgram(recorder, arguments: arguments, results: results)
    self.graph = copy
  }

  /// The state after some rounds, and the other results with the rounds along dimension 0.
  ///
  /// - Parameters:
  ///   - state: where it begins.
  ///   - others: the arguments after the state, as the plan has them; rows with the rounds along dimension 0.
  ///   - rounds: how many of the rows, from the first, are gone through; at least 1.
  package func run(
    _ state: [NDArray], _ others: [NDArray], rounds: Int
  ) throws(TensorError) -> (state: [NDArray], outputs: [NDArray]) {
    var work = StepProgram.Rounds(
      state: state, inputs: rows.map { others[$0 - stateCount] }, constants: constants.map { others[$0 - stateCount] },
      length: rounds, isReversed: false)
    try program.run(0..<rounds, of: &work)
    return (work.state, work.outputs ?? [])
  }
}
