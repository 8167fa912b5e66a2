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
  /// The hyper-parameters that are written down at each step.
  var loggedHyper: Set<String> = []
  /// The names of the numbers that a step returns after the loss.
  private(set) var metrics: [String] = []
  private var function: LuaFunction
  private var compiled: LuaReference?
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
      if step < last, let stop = try runPlan(last, bound, isLogged, stack, progress) { return stop }
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

  private var compiledFunction: CompiledFunction? {
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
    try hyper.map { name, value in
      guard value.asNumber == nil else { return value }
      try stack.push(value)
      try stack.push(step)
      try stack.call(arguments: 1, results: 1)
      defer { stack.pop() }
      guard let number = stack.number(at: -1) else {
        let got = stack.typeName(at: -1)
        throw LuaError(.runtime, "run: the schedule of '\(name)' gave a \(got) at step \(step); expected a number")
      }
      return .number(number)
    }
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
    return try commit(scalars, isLogged, stack) <= bound ? .loss : nil
  }

  // The step is done: counts it and writes down its numbers, the loss first. Answers the loss.
  private func commit(_ scalars: [Double], _ isLogged: Bool, _ stack: LuaStack) throws -> Double {
    let next = step + 1
    if isLogged {
      append("loss", scalars[0], next)
      for (name, value) in zip(metrics, scalars.dropFirst()) { append(name, value, next) }
      if !loggedHyper.isEmpty {
        for (entry, value) in zip(hyper, try hyperNumbers(next, stack)) where loggedHyper.contains(entry.name) {
          append(entry.name, value.asNumber ?? .nan, next)
        }
      }
    }
    step = next
    lastLoss = scalars[0]
    return scalars[0]
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

  private func append(_ name: String, _ value: Double, _ step: Int) {
    guard let place = log.place(of: name) else { return }
    log.withColumn(place) { $0.append(value, at: step) }
  }

  // MARK: Steps of a plan

  // Runs the plan of the last step through Lua up to step `last`, or until a batch needs another one.
  private func runPlan(
    _ last: Int, _ bound: Double, _ isLogged: Bool, _ stack: LuaStack, _ progress: (Int, Double) -> Void
  ) throws -> Stop? {
    guard let compiled, let function = try compiledFunction, let entry = function.entries.first else { return nil }
    let top = stack.top
    defer { stack.top = top }
    try stack.push(compiled)
    try library.state.boxType(of: CompiledFunction.self)!.pushHeld(by: stack.top, on: stack)
    guard let plan = try PreparedPlan(entry, of: function, at: stack.top, stack, library),
      var state = try PlanState(plan, trees, stack, library)
    else { return nil }
    var made: (made: [NDArray], values: [LuaValue])?
    func keep() throws {
      guard let made else { return }
      var next = 0
      let tensors = made.made.map { Tensor($0) }
      trees = try entry.results.prefix(3).map { result in
        try library.push(result, tensors, &next, made.values, to: stack)
        defer { stack.pop() }
        return try stack.value(at: -1)
      }
    }
    do {
      while step < last {
        try library.engine.checkInterrupt()
        let batch = try batches?.batch(step + 1, seed: seed) ?? []
        guard state.takes(batch, entry) else { break }
        let numbers = try hyperNumbers(step + 1, stack)
        let run = try plan.run(
          state.arrays + batch,
          state.numbers + numbers + [.integer(step + 1), .integer(Int(bitPattern: UInt(stepSeed(seed, step: step + 1))))], stack)
        let scalars = state.scalars(of: run.made, run.values, entry)
        guard scalars[0].isFinite else {
          try keep()
          return .divergence(scalars[0])
        }
        made = run
        try state.take(run.made, run.values, entry)
        let loss = try commit(scalars, isLogged, stack)
        progress(step, loss)
        if loss <= bound {
          try keep()
          return .loss
        }
      }
    } catch {
      try keep()
      throw error
    }
    try keep()
    return nil
  }
}

/// The tensors and numbers of p, s and m between two runs of a plan.
private struct PlanState {
  private(set) var arrays: [NDArray] = []
  private(set) var numbers: [LuaValue] = []

  /// Nil when they are not what the plan takes, or what it gives can't take their place.
  init?(_ plan: PreparedPlan, _ trees: [LuaValue], _ stack: LuaStack, _ library: Library) throws {
    let entry = plan.entry
    guard entry.arguments.count == 7, entry.results.count >= 4 else { return nil }
    for (position, value) in trees.enumerated() {
      try stack.push(value)
      defer { stack.pop() }
      let tree = try library.tree(stack, at: -1, numbersAreLeaves: false)
      guard tree.shape.matches(entry.arguments[position]), entry.results[position].nests(like: tree.shape) else { return nil }
      for leaf in tree.leaves {
        let place = arrays.count
        guard let array = leaf.array, leaf.spec == entry.specs[place], array.isContiguous, entry.strides[place] == nil else {
          return nil
        }
        arrays.append(array)
      }
      tree.shape.collectNumbers(into: &numbers)
    }
    for result in entry.results.dropFirst(3) {
      if case .table = result { return nil }
    }
  }

  /// Whether a batch is as the plan was made for.
  func takes(_ batch: [NDArray], _ entry: CompiledEntry) -> Bool {
    guard entry.specs.count == arrays.count + batch.count else { return false }
    for (array, place) in zip(batch, arrays.count...) {
      guard array.shape == entry.specs[place].shape, array.dtype == entry.specs[place].dtype, array.isContiguous,
        entry.strides[place] == nil
      else { return false }
    }
    return true
  }

  /// The loss and what follows it.
  func scalars(of made: [NDArray], _ values: [LuaValue], _ entry: CompiledEntry) -> [Double] {
    var place = arrays.count
    return entry.results.dropFirst(3).map { result in
      switch result {
      case .leaf:
        defer { place += 1 }
        return made[place].double(at: 0)
      case .number(let node): return values[node].asNumber ?? .nan
      case .constant(let value): return value.asNumber ?? .nan
      case .table: return .nan
      }
    }
  }

  /// What a run made takes the place of what it was given.
  mutating func take(_ made: [NDArray], _ values: [LuaValue], _ entry: CompiledEntry) throws(TensorError) {
    for place in arrays.indices { arrays[place] = made[place].isContiguous ? made[place] : try made[place].contiguous() }
    numbers.removeAll(keepingCapacity: true)
    for result in entry.results.prefix(3) { result.collectNumbers(values, into: &numbers) }
  }
}
