import Autodiff
import LuaHost

/// Where an argument of a plan is found at a call, beyond the function's own arguments.
enum CompiledPlace {
  /// The box at this position of the walk over the captures, whose tensor has this spec and these strides.
  case box(Int, Spec, [Int]?)
  /// A number that Lua computes.
  case number(node: Int, DType)
  /// What the draw with this number gives.
  case draw(Int)
}

extension CompiledPlace {
  /// How the argument lies; nil is packed.
  var strides: [Int]? {
    if case .box(_, _, let strides) = self { strides } else { nil }
  }
}

/// What a compiled function gives back, apart from the numbers of its tensors.
indirect enum CompiledResult {
  /// The next result of the plan.
  case leaf
  /// A Lua number that is computed from number arguments.
  case number(node: Int)
  /// A value that is always the same.
  case constant(LuaValue)
  /// A table.
  case table([(key: LuaKey, child: CompiledResult)])
}

/// The plan for arguments of one signature, and all that has to hold for it to be right.
final class CompiledEntry {
  let arguments: [TreeShape]
  let specs: [Spec]
  /// Which leaves have the lanes of a vmap in front.
  let isBatched: [Bool]
  let strides: [[Int]?]
  /// The leaves that calls give away.
  let donated: Set<Int>
  let keyedNumbers: Set<Int>
  let defaultFloat: DType
  let mark: LuaCaptures.Mark
  let names: LuaReference
  // Objects whose identity counts live as long as the entry.
  private let anchors: LuaReference
  let places: [CompiledPlace]
  let nodes: [HostNumbers.Node]
  let draws: [HostDraws.Operation]
  let results: [CompiledResult]
  let plan: Plan

  init(
    arguments: [TreeShape], specs: [Spec], isBatched: [Bool], strides: [[Int]?], donated: Set<Int>,
    keyedNumbers: Set<Int>, defaultFloat: DType, mark: LuaCaptures.Mark,
    _ recording: LuaRecording, places: [CompiledPlace], results: [CompiledResult], plan: Plan
  ) {
    self.arguments = arguments
    self.specs = specs
    self.isBatched = isBatched
    self.strides = strides
    self.donated = donated
    self.keyedNumbers = keyedNumbers
    self.defaultFloat = defaultFloat
    self.mark = mark
    names = recording.names
    anchors = recording.keepsAlive
    self.places = places
    nodes = recording.numbers.nodes
    draws = recording.draws.neededOperations
    generators = recording.generators
    self.results = results
    self.plan = plan
    functions = arguments.flatMap(\.functions)
  }

  /// The functions among the arguments, which are looked into at every call.
  let functions: [LuaFunction]
  /// The generators among the arguments of the recording; any other will do.
  let generators: Set<UInt>
  private var repeatedPlans: [Set<Int>: RepeatedPlan] = [:]

  /// The plan for many rounds, in which the arguments at these positions have a row each.
  func repeated(stateCount: Int, rows: Set<Int>) throws(TensorError) -> RepeatedPlan {
    if let known = repeatedPlans[rows] { return known }
    let made = try RepeatedPlan(plan, stateCount: stateCount, rows: rows)
    repeatedPlans[rows] = made
    return made
  }
}

/// A compiled Lua function: its plans, newest first, one for each signature.
final class CompiledFunction {
  private unowned let library: Library
  @exclusivity(unchecked) private(set) var entries: [CompiledEntry] = []
  /// How often it was recorded.
  private(set) var recordings = 0
  @exclusivity(unchecked) private var arguments = CompiledArguments()
  // Numbers that control flow has asked for, by their position among the numbers of the arguments: they are part of the signature.
  private var keyedNumbers: Set<Int> = []
  private static let mostEntries = 64

  private let given: GivenArguments

  init(_ library: Library, _ given: GivenArguments) { (self.library, self.given) = (library, given) }

  /// A call; the function itself is at `index` of the stack.
  func call(_ call: LuaCall, function index: Int) throws -> Int {
    try given.check(call, count: call.count - 1)
    if library.recording != nil || library.engine.isStaging { return try eager(call, index) }
    var walked: LuaReference?
    for (position, entry) in entries.enumerated() where try arguments.read(call, like: entry, library) {
      if walked !== entry.names {
        try walk(call, index, entry.functions, entry.names)
        walked = entry.names
      }
      guard library.captures.mark == entry.mark, try addLateArguments(of: entry, call.stack) else { continue }
      if position > 0 { entries.swapAt(0, position) }
      return try run(entry, call)
    }
    let input = try CompiledInput(call, library)
    for leaf in input.leaves { try leaf.expectPresent("compiled function") }
    // Values that a derivative watches: the function itself runs.
    if input.leaves.contains(where: \.isTraced) { return try eager(call, index) }
    guard let entry = try record(call, index, input) else { return try eager(call, index) }
    entries.insert(entry, at: 0)
    if entries.count > Self.mostEntries { entries.removeLast() }
    guard try arguments.read(call, like: entry, library) else { return try eager(call, index) }
    try walk(call, index, entry.functions, entry.names)
    guard try addLateArguments(of: entry, call.stack) else { return try eager(call, index) }
    return try run(entry, call)
  }

  private func eager(_ call: LuaCall, _ index: Int) throws -> Int {
    try call.stack.pushCopy(of: index)
    for argument in 1..<call.count { try call.stack.pushCopy(of: argument + 1) }
    return try call.stack.call(arguments: call.count - 1)
  }

  // MARK: A call of a plan

  // Over the function, the functions among the arguments, and what the names stand for.
  private func walk(_ call: LuaCall, _ index: Int, _ functions: [LuaFunction], _ names: LuaReference) throws {
    try library.captures.walk(call.stack, function: index, names: names)
    for function in functions {
      try call.stack.push(function.reference)
      defer { call.stack.pop() }
      try library.captures.add(call.stack, at: -1)
    }
  }

  // The captured tensors and the numbers; false when a tensor is not as it was, or is being watched.
  private func addLateArguments(of entry: CompiledEntry, _ stack: LuaStack) throws -> Bool {
    if !entry.nodes.isEmpty { try arguments.evaluate(entry.nodes, stack) }
    if entry.places.isEmpty { return true }
    let boxes = library.captures.boxes
    let drawn = try HostDraws.evaluate(entry.draws, arguments.values, arguments.generators)
    for place in entry.places {
      switch place {
      case .box(let position, let spec, let strides):
        guard position < boxes.count, let box = boxes[position],
          try arguments.add(box.assumingMemoryBound(to: Tensor.self).pointee.array, spec, strides)
        else { return false }
      case .draw(let number): arguments.arrays.append(drawn[number])
      case .number(let node, let dtype):
        arguments.arrays.append(try .full(.scalar, arguments.values[node].asNumber!, dtype))
      }
    }
    return true
  }

  private func run(_ entry: CompiledEntry, _ call: LuaCall) throws -> Int {
    // The arrays are this call's alone; the list keeps its room for the next.
    var arrays: [NDArray] = []
    swap(&arrays, &arguments.arrays)
    defer {
      arrays.removeAll(keepingCapacity: true)
      swap(&arrays, &arguments.arrays)
    }
    // Where a transform is running nothing is given away: the tensors hold their arrays, and the plan writes over none. Elsewhere what was
    // given away is gone, even if the plan fails.
    if library.watchedCalls == 0 { try given.take(call, entry.arguments, library) }
    let made = try entry.plan(giving: &arrays)
    var next = 0
    let tensors = made.map { array in arguments.batch.map { $0.value(Tensor(array)) } ?? Tensor(array) }
    for result in entry.results { try library.push(result, tensors, &next, arguments.values, to: call.stack) }
    return entry.results.count
  }

  // MARK: Recording

  // Nil when a value from outside is being watched by a transform, so that only a plain call is right.
  private func record(_ call: LuaCall, _ index: Int, _ input: CompiledInput) throws -> CompiledEntry? {
    while true {
      let keyed = keyedNumbers
      let recording = try LuaRecording(library, call.stack, arguments: input.leaves.map(\.spec))
      do {
        return try record(call, index, input, recording)
      } catch {
        if library.engine.isInterrupted { throw error }
        // Whoever needs a number gets it, and the function is recorded again.
        let asked = recording.numbers.asked
        keyedNumbers.formUnion(asked.isEmpty ? Set(input.numbers.indices) : asked)
        if keyedNumbers == keyed { throw error }
      }
    }
  }

  private func record(_ call: LuaCall, _ index: Int, _ input: CompiledInput, _ recording: LuaRecording) throws -> CompiledEntry? {
    let stack = call.stack
    let top = stack.top
    defer { stack.top = top }
    recordings += 1
    for function in input.functions { try stack.push(function.reference) }
    let roots = [index] + (top..<stack.top).map { $0 + 1 }
    let keyed = keyedNumbers
    var trees: [Tree] = []
    var needsNumbers = false
    do {
      let calls: Set<UInt>?
      (trees, calls) = try library.engine.staging { () throws(any Error) in
        try recording.watch(roots) { try stack.collectingCalls { try trace(stack, index, input, recording, keyed) } }
      }
      needsNumbers = try keyed.count < input.numbers.count && recording.looksAtNumbers(in: calls)
    } catch {
      recording.staging.abandon()
      throw error
    }
    if needsNumbers {
      recording.staging.abandon()
      keyedNumbers.formUnion(input.numbers.indices)
      return try record(call, index, input, LuaRecording(library, stack, arguments: input.leaves.map(\.spec)))
    }
    let mark = library.captures.mark
    var results: [CompiledResult] = []
    for tree in trees { results.append(try library.compiledResult(tree.shape, recording)) }
    let graph = recording.staging.finish(trees.flatMap(\.leaves))
    if graph.isWatched { return nil }
    try walk(call, index, input.functions, recording.names)
    guard library.captures.mark == mark else { throw try effect(call, index, input, recording) }
    let places = try recording.places(in: library.captures.boxes)
    let strides = input.leaves.map { $0.array!.viewStrides }
    let lateStrides = places.map(\.strides)
    // A draw is nobody else's.
    let draws = places.indices.filter { if case .draw = places[$0] { true } else { false } }.map { input.leaves.count + $0 }
    let donated = given.leaves(of: input.trees.map(\.shape))
    let plan = try Plan(graph, strides: strides + lateStrides, donated: donated.union(draws))
    return CompiledEntry(
      arguments: input.trees.map(\.shape), specs: input.leaves.map(\.spec), isBatched: input.isBatched, strides: strides,
      donated: donated, keyedNumbers: keyed,
      defaultFloat: library.engine.defaultFloat, mark: mark, recording, places: places, results: results, plan: plan)
  }

  // Calls the function with tracers and host numbers.
  private func trace(
    _ stack: LuaStack, _ index: Int, _ input: CompiledInput, _ recording: LuaRecording, _ keyed: Set<Int>
  ) throws -> [Tree] {
    try library.watched(stack) { stack in
      let base = stack.top
      try stack.reserve(input.trees.count + 8)
      try stack.pushCopy(of: index)
      let values = input.leaves.indices.map { recording.staging.argument($0) }
      return try inLanes(input, values) { values in
        var (leaf, number) = (0, 0)
        for tree in input.trees {
          try library.push(tree.shape, values, for: recording, keyed, &leaf, &number, to: stack)
        }
        let count = try stack.call(arguments: input.trees.count)
        return try (0..<count).map { try library.tree(stack, at: base + 1 + $0, numbersAreLeaves: false) }
      }
    }
  }

  // Under vmap a new one stands for that of the call: the recorded values have the lanes in front, those of the function are lanes.
  private func inLanes(_ input: CompiledInput, _ values: [Tensor], _ body: ([Tensor]) throws -> [Tree]) throws -> [Tree] {
    guard let lanes = input.lanes else { return try body(values) }
    return try withBatch(lanes: lanes) { (trace) throws(TensorError) in
      do {
        let trees = try body(zip(values, input.isBatched).map { $1 ? trace.value($0) : $0 })
        return try trees.map { tree in
          Tree(leaves: try tree.leaves.map { try trace.collect($0, along: 0) }, shape: tree.shape)
        }
      } catch {
        throw .lua(error)
      }
    }
  }

  // The function changed something that it reaches, which would happen once and not at every call. It is run once more to find out where.
  private func effect(_ call: LuaCall, _ index: Int, _ input: CompiledInput, _ recording: LuaRecording) throws -> LuaError {
    let advice = "which would happen once and not at every call; return the value instead"
    let sentence = "compile: the function changes a variable or a table from outside, \(advice)"
    let again = try LuaRecording(library, call.stack, arguments: input.leaves.map(\.spec))
    let stack = call.stack
    let top = stack.top
    defer { stack.top = top }
    // Inside the watcher of lines the function's captures are out of reach.
    let function = try stack.reference(at: index)
    let finder = LuaChangeFinder { [unowned self] in
      try stack.push(function)
      try library.captures.walk(stack, function: -1, names: recording.names)
      return library.captures.mark
    }
    for function in input.functions { try stack.push(function.reference) }
    let roots = [index] + (top..<stack.top).map { $0 + 1 }
    _ = try? library.engine.staging { () throws(any Error) in
      try again.watch(roots) {
        try stack.observingLines(finder.look) { try trace(stack, index, input, again, keyedNumbers) }
      }
    }
    again.staging.abandon()
    guard let place = finder.place else { return LuaError(.runtime, sentence) }
    return .at(place, sentence)
  }
}
