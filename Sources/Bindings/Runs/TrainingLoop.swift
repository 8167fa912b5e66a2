import Autodiff
import Experiments
import LuaHost

/// The part of a run that steps: parameters, the states of optimizer and model, the batches, and what each step writes down.
///
/// A step is a Lua function (p, s, m, batch, h, t, seed) -> p, s, m, loss, metric, … where p are the parameters, s is the optimizer's state,
/// m the model's, h holds hyper-parameters that may change, t counts steps from 1, and seed is the step's own. It is compiled; while
/// nothing else is due its plan is run again and again without Lua. A step counts when all of it is done: whatever stops the loop
/// leaves it between two steps.
final class TrainingLoop {
  unowned let library: Library
  /// How many steps were taken.
  var step = 0
  /// p, s and m as trees of Lua.
  var trees: [LuaValue]
  /// Where batches come from; nil for a loss of the parameters alone.
  var batches: BatchSource?
  /// Names the random streams.
  var seed: UInt64
  /// What the steps wrote down.
  var log = RunLog()
  /// The hyper-parameters that steps get as numbers, by their names, in the order of a tree; each a number or a function of the step.
  var hyper: [(name: String, value: LuaValue)] = []
  /// The hyper-parameters that are written down at each step, with the names of their columns.
  var loggedHyper: [String: String] = [:]
  /// The names of the numbers that a step returns after the loss.
  private(set) var metrics: [String] = []
  private var function: LuaFunction
  private(set) var compiled: LuaReference?
  /// Why the step runs without a plan, once that is known.
  private(set) var obstacle: String?
  // How often the step was called through Lua since it was set, and how many recordings there were before.
  private var luaSteps = 0

  init(_ library: Library, trees: [LuaValue], function: LuaFunction, seed: UInt64) {
    (self.library, self.trees, self.function, self.seed) = (library, trees, function, seed)
  }

  /// A loop that goes on from the same state on its own. What both have is shared until one of them makes something new.
  init(copying other: TrainingLoop) {
    (library, step, trees, batches, seed) = (other.library, other.step, other.trees, other.batches, other.seed)
    (log, hyper, loggedHyper, metrics) = (other.log, other.hyper, other.loggedHyper, other.metrics)
    (function, compiled, obstacle, lastLoss) = (other.function, other.compiled, other.obstacle, other.lastLoss)
  }

  /// Goes to a state.
  func restore(step: Int, trees: [LuaValue]) {
    (self.step, self.trees) = (step, trees)
    lastLoss = log["loss"]?.value(at: step)?.first ?? .nan
  }

  /// Sets what a step does.
  /// - Parameter compiled: the same function compiled; nil to run it as it is.
  func setStep(_ function: LuaFunction, compiled: LuaReference?, metrics: [String]) {
    (self.function, self.compiled, self.metrics) = (function, compiled, metrics)
    (obstacle, luaSteps) = (nil, 0)
  }

  /// Why a loop ended before its last step.
  enum Stop: Equatable {
    /// The loss of the last step is at most the bound.
    case loss
    /// The next step has a loss that is no finite number; it was not taken.
    case divergence(Double)
  }

  /// Takes up to `count` steps; nil when all were taken.
  ///
  /// - Parameters:
  ///   - bound: stop after a step whose loss is at most this.
  ///   - isLogged: whether the steps write down what they compute.
  ///   - progress: called now and then.
  func advance(
    _ count: Int, bound: Double, isLogged: Bool, _ stack: LuaStack, progress: (Int, Double) -> Void
  ) throws -> Stop? {
    let last = step + count
    while step < last {
      try library.engine.checkInterrupt()
      if let stop = try stepThroughLua(bound, isLogged, stack) { return stop }
      progress(step, lastLoss)
      if step < last, let stop = try runRounds(last, bound, isLogged, stack, progress) { return stop }
    }
    return nil
  }

  /// The loss of the last step that was taken.
  private(set) var lastLoss = Double.nan

  // MARK: A step through Lua

  private func stepThroughLua(_ bound: Double, _ isLogged: Bool, _ stack: LuaStack) throws -> Stop? {
    let top = stack.top
    defer { stack.top = top }
    guard let compiled else { return try stepEagerly(bound, isLogged, stack) }
    let count: Int
    do {
      try stack.push(compiled)
      try pushArguments(stack)
      count = try stack.call(arguments: 7)
    } catch {
      if library.engine.isInterrupted { throw error }
      // If it does not run without a plan either, that is the error to tell.
      stack.top = top
      let stop = try stepEagerly(bound, isLogged, stack)
      (self.compiled, obstacle) = (nil, "\(error)")
      return stop
    }
    luaSteps += 1
    try stopCompilingWhatChanges()
    return try takeResults(stack, from: top + 1, count: count, bound, isLogged)
  }

  private func stepEagerly(_ bound: Double, _ isLogged: Bool, _ stack: LuaStack) throws -> Stop? {
    let top = stack.top
    defer { stack.top = top }
    try stack.push(function.reference)
    try pushArguments(stack)
    let count = try stack.call(arguments: 7)
    return try takeResults(stack, from: top + 1, count: count, bound, isLogged)
  }

  var compiledFunction: CompiledFunction? {
    get throws { try compiled.flatMap { try library.state.boxType(of: CompiledFunction.self)?.value(of: $0) } }
  }

  // A function whose control flow looks at what changes from step to step would be recorded at each.
  private func stopCompilingWhatChanges() throws {
    guard let function = try compiledFunction else { return }
    if luaSteps >= 16, function.recordings > luaSteps / 2 {
      self.compiled = nil
      obstacle =
        "it would be recorded anew at nearly every step, because its control flow or an equality test depends on a number that"
        + " changes, such as t or a scheduled hyper-parameter"
    }
  }

  private func pushArguments(_ stack: LuaStack) throws {
    try stack.reserve(16)
    for tree in trees { try stack.push(tree) }
    if let arrays = try batches?.batch(step + 1, seed: seed), let names = batches?.names {
      try stack.pushTable(fields: names.count)
      for (name, array) in zip(names, arrays) {
        try library.push(Tensor(array), to: stack)
        try stack.rawSet(name, in: -2)
      }
    } else {
      try stack.pushTable()
    }
    try stack.pushTable(fields: hyper.count)
    for (name, value) in zip(hyper.map(\.name), try hyperNumbers(step + 1, stack)) {
      try stack.push(value)
      try stack.rawSet(name, in: -2)
    }
    try stack.push(step + 1)
    try stack.push(Int(bitPattern: UInt(stepSeed(seed, step: step + 1))))
  }

  /// The hyper-parameters at a step.
  func hyperNumbers(_ step: Int, _ stack: LuaStack) throws -> [LuaValue] {
    try hyper.map { $0.value.asNumber == nil ? .number(try number($0, step, stack)) : $0.value }
  }

  // A hyper-parameter at a step.
  private func number(_ entry: (name: String, value: LuaValue), _ step: Int, _ stack: LuaStack) throws -> Double {
    if let number = entry.value.asNumber { return number }
    try stack.push(entry.value)
    try stack.push(step)
    try stack.call(arguments: 1, results: 1)
    defer { stack.pop() }
    guard let number = stack.number(at: -1) else {
      let got = stack.typeName(at: -1)
      throw LuaError(.runtime, "run: the schedule of '\(entry.name)' gave a \(got) at step \(step); expected a number")
    }
    return number
  }

  private func takeResults(_ stack: LuaStack, from first: Int, count: Int, _ bound: Double, _ isLogged: Bool) throws -> Stop? {
    var scalars: [Double] = []
    for index in first + 3..<first + count {
      if let number = stack.number(at: index) {
        scalars.append(number)
      } else if let tensor = library.tensors.value(on: stack, at: index) {
        scalars.append(try tensor.scalarValue("run"))
      } else {
        throw LuaError(.runtime, "run: the loss must be a scalar tensor or a number, got \(stack.typeName(at: index))")
      }
    }
    let next = try (0..<3).map { try stack.value(at: first + $0) }
    guard scalars[0].isFinite else { return .divergence(scalars[0]) }
    trees = next
    try commit(scalars.map { [$0] }, 1, isLogged, stack)
    return scalars[0] <= bound ? .loss : nil
  }

  /// Steps are done: counts them and writes down their numbers, column by column, the loss first.
  func commit(_ columns: [[Double]], _ count: Int, _ isLogged: Bool, _ stack: LuaStack) throws {
    if count == 0 { return }
    if isLogged {
      for (name, column) in zip(["loss"] + metrics, columns) { append(name, column[..<count]) }
      for entry in hyper {
        guard let name = loggedHyper[entry.name] else { continue }
        append(name, try (1...count).map { try number(entry, step + $0, stack) }[...])
      }
    }
    step += count
    lastLoss = columns[0][count - 1]
  }

  /// The first step whose loss or other number of a step differs in a bit from another loop's.
  func firstDifference(from other: TrainingLoop, after first: Int, upTo last: Int) -> Int? {
    for step in first..<last {
      for name in ["loss"] + metrics {
        let (a, b) = (log[name]?.value(at: step + 1)?.first, other.log[name]?.value(at: step + 1)?.first)
        if a?.bitPattern != b?.bitPattern { return step + 1 }
      }
    }
    return nil
  }

  // Values of the steps from the next one on.
  private func append(_ name: String, _ values: ArraySlice<Double>) {
    guard let place = log.place(of: name) else { return }
    log.withColumn(place) { column in
      for (i, value) in values.enumerated() { column.append(value, at: step + 1 + i) }
    }
  }
}
