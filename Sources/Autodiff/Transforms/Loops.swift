/// Loops that run inside the engine.

/// What one round of a loop gives: the next state, and a row of every output.
public struct Round {
  /// The state.
  public var state: [Tensor]
  /// The places of the state that are numbers of the host's language: they take the dtype that is expected.
  public var numbers: Set<Int>
  /// The rows.
  public var outputs: [Tensor]

  /// What one round gives.
  public init(state: [Tensor], numbers: Set<Int> = [], outputs: [Tensor] = []) {
    (self.state, self.numbers, self.outputs) = (state, numbers, outputs)
  }
}

/// How a loop is run.
public struct LoopOptions {
  /// The name in messages.
  public var name: String
  /// How many rounds there are.
  public var length: Int
  /// The places of the state that begin as numbers of the host's language. They are numbers in the body, too, as long as it gives numbers for
  /// them; else tensors of the dtype it gives.
  public var numbers: Set<Int> = []
  /// Whether the body gets the number of the round, from 1, after its inputs.
  public var counts = false
  /// Keep the state of every so many rounds alone for the way back, and compute the others again.
  public var segment: Int?
  /// What leaves of the state are called in messages.
  public var places: [String]

  /// A loop of `length` rounds.
  public init(_ name: String, length: Int, places: [String]) { (self.name, self.length, self.places) = (name, length, places) }
}

/// Applies `f` `length` times to a state, with a row of the inputs each time: the final state, and the rows of the outputs along a new
/// dimension 0.
///
/// The function is called once, on unknown values (again where a number turns out to be a tensor); what it uses from outside is a
/// constant of the loop, in which derivatives are right, too. The bits are those of calling it again and again.
/// - Throws: `TensorError.invalid` when shapes or dtypes of the state change from round to round.
public func scan(
  _ options: LoopOptions, state: [Tensor], inputs: [Tensor] = [],
  _ f: (_ state: [Tensor], _ inputs: [Tensor]) throws(TensorError) -> Round
) throws(TensorError) -> (state: [Tensor], outputs: [Tensor]) {
  let name = options.name
  for input in inputs where input.rank == 0 || input.shape[0] != options.length {
    throw .invalid(name, "an input of shape \(input.shape) does not have one row for each of \(options.length) rounds")
  }
  var (state, inputs) = (state, inputs)
  var numbers = options.numbers
  for k in numbers { state[k] = try state[k].cast(to: .float64) }
  // Zeros take no memory; the numbers of the rounds are made when the body reads them.
  if options.counts { inputs.append(try .zeros(Spec([options.length], .float64))) }
  let counter = state.count + inputs.count - 1
  while true {
    let specs = state.map(\.spec) + inputs.map { Spec($0.shape.removing(0), $0.dtype) }
    var becameTensors: [Int: DType] = [:]
    let asked = numbers
    let (graph, captured) = try recorded(name, specs, numbers: options.counts ? asked.union([counter]) : asked) {
      (x) throws(TensorError) in
      var round = try f(Array(x[..<state.count]), Array(x[state.count...]))
      for (k, next) in round.state.enumerated() {
        let isNumber = round.numbers.contains(k) || next.isNumber
        if asked.contains(k), isNumber {
          round.state[k] = try next.cast(to: .float64)
        } else if asked.contains(k), next.rank == 0, next.dtype.isFloat {
          becameTensors[k] = next.dtype
        } else if isNumber, state[k].rank == 0 {
          round.state[k] = try next.cast(to: state[k].dtype)
        } else if next.spec != state[k].spec {
          let place = options.places[k].isEmpty ? "the state" : "'\(options.places[k])' of the state"
          throw .invalid(
            name,
            "\(place) begins as \(asked.contains(k) ? "a number" : "\(state[k].spec)"), and one round makes it"
              + " \(isNumber ? "a number" : "\(next.spec)"); shape and dtype must stay the same (:cast and :reshape change them)")
        }
      }
      for (k, output) in round.outputs.enumerated() where output.isNumber {
        round.outputs[k] = try output.cast(to: Engine.current.defaultFloat)
      }
      return round.state + round.outputs
    }
    if !becameTensors.isEmpty {
      for (k, dtype) in becameTensors {
        numbers.remove(k)
        state[k] = try state[k].cast(to: dtype)
      }
      continue
    }
    if options.counts, graph.readArguments()[counter] {
      inputs[inputs.count - 1] = try Tensor(.sequence(options.length, from: 1, by: 1, .float64))
    }
    let draft = LoopDraft(
      name: name, graph: graph, length: options.length, isReversed: false, state: state, inputs: inputs, constants: captured)
    var results = try options.segment == nil ? draft.bound() : draft.bound(inSegmentsOf: options.segment!)
    for k in numbers { results.state[k] = try results.state[k].cast(to: Engine.current.defaultFloat) }
    return results
  }
}
