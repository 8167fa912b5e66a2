import CKernels

/// A program run many times, each time on what the last time gave: the loop is in C, and nothing is allocated or counted in a round.
///
/// The first arguments are the state, which the first results continue; then come inputs, of which every round sees one row, and constants.
/// Results after the state are rows of the outputs. A state has two places that take turns, so a round never writes what it still reads.
extension StepProgram {
  /// What the rounds work on.
  package struct Rounds {
    /// The state; after the rounds its last values.
    package var state: [NDArray]
    /// Each with one row a round along dimension 0.
    package let inputs: [NDArray]
    /// The same in every round.
    package let constants: [NDArray]
    /// How many rows there are.
    package let length: Int
    /// Whether the rounds go through rows from last to first.
    package let isReversed: Bool
    /// What the rounds have written so far, a row each; made by the first of them.
    package private(set) var outputs: [NDArray]?

    /// Rounds that have not begun.
    package init(state: [NDArray], inputs: [NDArray], constants: [NDArray], length: Int, isReversed: Bool) {
      (self.state, self.inputs, self.constants, self.length, self.isReversed) = (state, inputs, constants, length, isReversed)
    }

    // The arrays with room for a row of each of these results a round.
    fileprivate mutating func makeOutputs(_ rows: ArraySlice<NDArray>) throws(TensorError) -> [NDArray] {
      if let outputs { return outputs }
      var made: [NDArray] = []
      for row in rows { made.append(try NDArray(uninitialized: row.shape.inserting(length, at: 0), row.dtype)) }
      outputs = made
      return made
    }
  }

  /// Does the rounds of `range`, counted from 0. Arguments have the layouts of the placeholders; every result has a packed block of its own
  /// (`StepRecorder.separated`).
  package func run(_ range: Range<Int>, of rounds: inout Rounds) throws(TensorError) {
    if range.isEmpty { return }
    let (stateCount, inputCount) = (rounds.state.count, rounds.inputs.count)
    let outputs = try rounds.makeOutputs(results[stateCount...])
    var buffers: [[Storage]] = []
    for result in results[..<stateCount] {
      let bytes = result.count * result.dtype.byteCount
      buffers.append([try Storage(bytes: bytes), range.count > 1 ? try Storage(bytes: bytes) : try Storage(bytes: 0)])
    }
    func row(_ round: Int) -> Int { rounds.isReversed ? rounds.length - 1 - round : round }
    func rowBytes(_ array: NDArray) -> Int { array.strides[0] * array.dtype.byteCount * (rounds.isReversed ? -1 : 1) }

    var places: [ebb_moving_place] = []
    func move(_ relocations: [Relocation], _ first: UnsafeMutableRawPointer, _ turns: [UnsafeMutableRawPointer], _ stride: Int = 0)
    {
      for relocation in relocations {
        let addresses = ([first] + turns).map { ($0 + relocation.offset).assumingMemoryBound(to: CChar.self) }
        places.append(
          ebb_moving_place(place: relocation.place, first: addresses[0], turns: (addresses[1], addresses[2]), stride: Int64(stride))
        )
      }
    }
    for (index, array) in (rounds.state + rounds.inputs + rounds.constants).enumerated() {
      argumentAddresses[index] = nil
      let lowest = -argumentOffsets[index] * array.dtype.byteCount
      let isInput = index >= stateCount && index < stateCount + inputCount
      let first = array.pointer + lowest + (isInput ? row(range.lowerBound) * array.strides[0] * array.dtype.byteCount : 0)
      if index < stateCount {
        move(argumentRelocations[index], first, [buffers[index][1].base, buffers[index][0].base])
      } else {
        move(argumentRelocations[index], first, [first, first], isInput ? rowBytes(array) : 0)
      }
    }
    for (index, result) in results.enumerated() {
      guard case .result(let home) = homes[recorder.block(of: result)!]! else { preconditionFailure("a result of its own") }
      if index < stateCount {
        move(resultRelocations[home], buffers[index][0].base, buffers[index].map(\.base))
      } else {
        let array = outputs[index - stateCount]
        let first = array.storage.base + row(range.lowerBound) * array.strides[0] * array.dtype.byteCount
        move(resultRelocations[home], first, [first, first], rowBytes(array))
      }
    }

    let control = Engine.current.control
    var (round, next): (Int64, Int64) = (0, 0)
    while true {
      let status = ebb_run_rounds(
        steps, Int64(stepCount), places, Int64(places.count), Int64(range.count), &round, &next, control)
      if status == EBB_OK { break }
      guard status == EBB_OUTSIDE, let work = outside[Int(next)] else {
        throw Engine.failure(status, steps[Int(next)], complaints[Int(next)])
      }
      // Work outside the kernels sees the arrays of this round.
      let turn = Int(round)
      var arguments: [NDArray] = []
      for (index, initial) in rounds.state.enumerated() {
        let storage = buffers[index][(turn + 1) & 1]
        arguments.append(turn == 0 ? initial : NDArray(storage: storage, dtype: initial.dtype, shape: initial.shape))
      }
      arguments += rounds.inputs.map { $0.row(row(range.lowerBound + turn)) } + rounds.constants
      var fresh = [Storage?](repeating: nil, count: resultSizes.count)
      for (index, result) in results.enumerated() {
        guard case .result(let home) = homes[recorder.block(of: result)!]! else { continue }
        if index < stateCount {
          fresh[home] = buffers[index][turn & 1]
        } else {
          let storage = outputs[index - stateCount].storage
          let bytes = resultSizes[home]
          fresh[home] = Storage(at: storage.base + row(range.lowerBound + turn) * bytes, bytes: bytes, of: storage)
        }
      }
      try perform(work, arguments, fresh.map { $0! })
      next += 1
    }
    withExtendedLifetime((rounds, places)) {}
    for (index, result) in results[..<stateCount].enumerated() {
      rounds.state[index] = NDArray(storage: buffers[index][(range.count - 1) & 1], dtype: result.dtype, shape: result.shape)
    }
  }
}

extension StepRecorder {
  /// Results that rounds can write anew each time: each packed, in a block that no argument and no other result has. Called while recording.
  package func separated(_ results: [NDArray], from arguments: [NDArray]) throws(TensorError) -> [NDArray] {
    var taken = Set(arguments.compactMap { block(of: $0) })
    var separate: [NDArray] = []
    for result in results {
      var own = result
      if let block = block(of: result), result.view == nil, !taken.contains(block) {} else { own = try result.packed() }
      taken.insert(block(of: own)!)
      separate.append(own)
    }
    return separate
  }
}

extension NDArray {
  /// How a row along dimension 0 lies; nil is packed.
  package var rowStrides: [Int]? {
    guard let view else { return nil }
    let rest = Shape(shape.dropFirst())
    let strides = Array(view.strides.dropFirst())
    let isPacked = zip(zip(strides, rest.contiguousStrides), rest).allSatisfy { $0.0 == $0.1 || $1 == 1 }
    return isPacked ? nil : strides
  }
}
