import Autodiff
import Experiments
import Glibc
import LuaHost

/// Steps that are rounds of one plan: while nothing in Lua is due, blocks of steps run in the engine without coming back.
extension TrainingLoop {
  // A block takes about this long, so that an interrupt loses little and the progress line moves.
  private static let blockSeconds = 0.05
  private static let mostRounds = 4096

  /// Goes on with the plan of the last step through Lua up to step `last`, or until a batch needs another one.
  func runRounds(
    _ last: Int, _ bound: Double, _ isLogged: Bool, _ stack: LuaStack, _ progress: (Int, Double) -> Void
  ) throws -> Stop? {
    guard let compiled, let function = try compiledFunction, let entry = function.entries.first else { return nil }
    let top = stack.top
    defer { stack.top = top }
    try stack.push(compiled)
    try library.state.boxType(of: CompiledFunction.self)!.pushHeld(by: stack.top, on: stack)
    guard let plan = try PreparedPlan(entry, of: function, at: stack.top, stack, library),
      var rounds = try PlannedRounds(plan, trees, hyper: hyper, hasBatches: batches?.order != nil, stack, library)
    else { return nil }
    defer { rounds.keep(in: self, stack) }
    var size = 1
    while step < last {
      try library.engine.checkInterrupt()
      var count = min(size, last - step, rounds.mostRounds)
      if let full = batches?.fullBatches(from: step + 1) { count = min(count, full) }
      if count == 0 { return nil }
      let began = now()
      let batch = try batch(count)
      guard rounds.takes(batch) else { return nil }
      let block = try rounds.begin(count, batch, self, stack)
      var (state, columns) = try rounds.run(block, count)
      // The first round that ends the loop: the one before is the last that counts, or this one.
      var (taken, stop): (Int, Stop?) = (count, nil)
      if let round = columns[0].firstIndex(where: { !$0.isFinite || $0 <= bound }) {
        let loss = columns[0][round]
        (taken, stop) = loss.isFinite ? (round + 1, .loss) : (round, .divergence(loss))
      }
      if taken < count, taken > 0 { (state, columns) = try rounds.run(block, taken) }
      if taken > 0 { rounds.finish(block, taken, state) }
      try commit(columns, taken, isLogged, stack)
      if let stop { return stop }
      progress(step, lastLoss)
      let seconds = now() - began
      if count == size, seconds < Self.blockSeconds { size = min(size * 4, Self.mostRounds) }
      if seconds > 2 * Self.blockSeconds { size = max(1, size / 2) }
    }
    return nil
  }

  private func batch(_ count: Int) throws -> [NDArray] {
    guard batches != nil else { return [] }
    return batches!.order == nil
      ? try batches!.batch(step + 1, seed: seed) : try batches!.batches(count, from: step + 1, seed: seed)
  }

  private func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// The tensors and numbers of p, s and m between blocks of rounds, and how the plan's other arguments come about.
private struct PlannedRounds {
  private let plan: PreparedPlan
  private let repeated: RepeatedPlan
  private let hasBatches: Bool
  private var state: [NDArray] = []
  private var numbers: [LuaValue] = []
  // What the last round gave, for putting p, s and m together again.
  private var last: (state: [NDArray], values: [LuaValue])?
  // Which of the plan's numbers change from round to round.
  private let isMoving: [Bool]
  private let changes: Bool
  private let batchCount: Int
  private var rowBytes = 0

  private var entry: CompiledEntry { plan.entry }

  /// A block of rounds: the arguments beside the state, where it began, and the numbers of all rounds (of one, if none change).
  struct Block {
    let others: [NDArray]
    let start: [NDArray]
    let values: [[LuaValue]]
  }

  /// Nil when p, s and m are not what the plan takes, or what it gives can't take their place.
  init?(
    _ plan: PreparedPlan, _ trees: [LuaValue], hyper: [(name: String, value: LuaValue)], hasBatches: Bool, _ stack: LuaStack,
    _ library: Library
  ) throws {
    let entry = plan.entry
    guard entry.arguments.count == 7, entry.results.count >= 4 else { return nil }
    for (position, value) in trees.enumerated() {
      try stack.push(value)
      defer { stack.pop() }
      let tree = try library.tree(stack, at: -1, numbersAreLeaves: false)
      guard tree.shape.matches(entry.arguments[position]), entry.results[position].nests(like: tree.shape) else { return nil }
      for leaf in tree.leaves {
        let place = state.count
        guard let array = leaf.array, leaf.spec == entry.specs[place], array.isContiguous, entry.strides[place] == nil else {
          return nil
        }
        state.append(array)
      }
      tree.shape.collectNumbers(into: &numbers)
    }
    for result in entry.results.dropFirst(3) { if case .table = result { return nil } }
    batchCount = entry.specs.count - state.count
    guard batchCount >= 0, !entry.strides.contains(where: { $0 != nil }) else { return nil }

    // Numbers of the state, t and seed change; hyper-parameters do if they are functions.
    let fixed = numbers.count..<numbers.count + hyper.count
    var isMoving: [Bool] = []
    for node in entry.nodes {
      switch node {
      case .argument(let place):
        isMoving.append(fixed.contains(place) ? hyper[place - fixed.lowerBound].value.asNumber == nil : true)
      case .constant: isMoving.append(false)
      case .arithmetic(_, let a, let b): isMoving.append(isMoving[a] || isMoving[b])
      }
    }
    var needsMoving = !entry.draws.isEmpty
    var rows = Set(hasBatches ? Array(state.count..<entry.specs.count) : [])
    for (place, late) in zip(entry.specs.count..., entry.places) {
      switch late {
      case .box: continue
      case .draw: rows.insert(place)
      case .number(let node, _):
        if isMoving[node] {
          rows.insert(place)
          needsMoving = true
        }
      }
    }
    for result in entry.results where result.hasNumbers(where: { isMoving[$0] }) { needsMoving = true }
    (self.isMoving, changes) = (isMoving, needsMoving)
    (self.plan, self.hasBatches) = (plan, hasBatches)
    repeated = try entry.repeated(stateCount: state.count, rows: rows)
    if hasBatches { rowBytes = entry.specs[state.count...].reduce(0) { $0 + $1.shape.elementCount * $1.dtype.byteCount } }
  }

  /// Rounds of a block whose rows stay in the caches.
  var mostRounds: Int { max(1, (4 << 20) / max(1, rowBytes)) }

  /// Whether batches are as the plan was made for.
  func takes(_ batch: [NDArray]) -> Bool {
    guard batch.count == batchCount else { return false }
    return zip(batch, entry.specs[state.count...]).allSatisfy { array, spec in
      let shape = hasBatches ? Shape(array.shape.dropFirst()) : array.shape
      return shape == spec.shape && array.dtype == spec.dtype && array.isContiguous
    }
  }

  /// The block of the next `count` steps.
  mutating func begin(_ count: Int, _ batch: [NDArray], _ loop: TrainingLoop, _ stack: LuaStack) throws -> Block {
    var values: [[LuaValue]] = []
    var drawn: [[NDArray]] = []
    for round in 0..<(changes ? count : 1) {
      let step = loop.step + 1 + round
      let own = try numbers + loop.hyperNumbers(step, stack)
      let seed = Int(bitPattern: UInt(stepSeed(loop.seed, step: step)))
      values.append(try HostNumbers.evaluate(entry.nodes, own + [.integer(step), .integer(seed)], stack))
      drawn.append(try HostDraws.evaluate(entry.draws, values[round], []))
      numbers = numbersAfter(values[round])
    }
    var others = batch
    for (late, captured) in zip(entry.places, plan.captured) {
      switch late {
      case .box: others.append(captured!)
      case .draw(let number):
        var parts: [NDArray] = []
        for row in drawn { parts.append(try row[number].reshaped(row[number].shape.inserting(1, at: 0))) }
        others.append(try .concatenated(parts, axis: 0))
      case .number(let node, let dtype):
        guard isMoving[node] else {
          others.append(try .full(.scalar, values[0][node].asNumber!, dtype))
          continue
        }
        let column = values.map { $0[node].asNumber! }
        others.append(
          dtype == .float32 ? try NDArray(column.map(Float.init), shape: [count]) : try NDArray(column, shape: [count]))
      }
    }
    return Block(others: others, start: state, values: values)
  }

  /// Runs the first rounds of a block: the state after them, the losses of all, and the same for each number that follows the loss.
  func run(_ block: Block, _ count: Int) throws(TensorError) -> (state: [NDArray], columns: [[Double]]) {
    let end = try repeated.run(block.start, block.others, rounds: count)
    var columns: [[Double]] = []
    var place = 0
    for result in entry.results.dropFirst(3) {
      switch result {
      case .leaf:
        columns.append(try end.outputs[place].reshaped([count]).doubles())
        place += 1
      case .number(let node): columns.append((0..<count).map { self.value(node, $0, block) })
      case .constant(let value): columns.append([Double](repeating: value.asNumber ?? .nan, count: count))
      case .table: columns.append([Double](repeating: .nan, count: count))
      }
    }
    return (end.state, columns)
  }

  private func value(_ node: Int, _ round: Int, _ block: Block) -> Double {
    (block.values.count > 1 ? block.values[round] : block.values[0])[node].asNumber ?? .nan
  }

  /// The first rounds of a block count, and gave this state.
  mutating func finish(_ block: Block, _ count: Int, _ state: [NDArray]) {
    self.state = state
    let values = block.values[block.values.count > 1 ? count - 1 : 0]
    numbers = numbersAfter(values)
    last = (state, values)
  }

  // The numbers of p, s and m after a round with these values.
  private func numbersAfter(_ values: [LuaValue]) -> [LuaValue] {
    var numbers: [LuaValue] = []
    for result in entry.results.prefix(3) { result.collectNumbers(values, into: &numbers) }
    return numbers
  }

  /// Gives the loop its p, s and m.
  func keep(in loop: TrainingLoop, _ stack: LuaStack) {
    guard let last else { return }
    var next = 0
    let tensors = last.state.map { Tensor($0) }
    let trees = try? entry.results.prefix(3).map { result in
      try loop.library.push(result, tensors, &next, last.values, to: stack)
      defer { stack.pop() }
      return try stack.value(at: -1)
    }
    if let trees { loop.trees = trees }
  }
}

extension CompiledResult {
  /// Whether one of its numbers satisfies a predicate of nodes.
  fileprivate func hasNumbers(where predicate: (Int) -> Bool) -> Bool {
    switch self {
    case .leaf, .constant: false
    case .number(let node): predicate(node)
    case .table(let entries): entries.contains { $0.child.hasNumbers(where: predicate) }
    }
  }
}
