import Autodiff
import LuaHost

/// `eb.loop`, `eb.scan` and `eb.cond`: loops and choices that run inside the engine. The Lua functions are called once, on unknown values.
extension Library {
  func installLoops() throws {
    try define("loop") { [unowned self] call in
      try call.expect(3...4)
      let length = try rounds(call, 1)
      try call.expectCallable(2)
      let loop = LuaLoop(call, function: 2, state: try state(call, 3), inputs: .counter(length), collects: false, self)
      return try push(loop.run(segment: segment(call, 4, length)).state, from: call)
    }
    try define("scan") { [unowned self] call in
      try call.expect(3...4)
      try call.expectCallable(1)
      let inputs: LuaLoop.Inputs
      if call.stack.type(at: 3) == .number {
        inputs = .counter(try rounds(call, 3))
      } else {
        inputs = .rows(try tree(call, 3))
      }
      let loop = LuaLoop(call, function: 1, state: try state(call, 2), inputs: inputs, collects: true, self)
      let (state, outputs) = try loop.run(segment: segment(call, 4, loop.length()))
      try push(state, to: call.stack)
      if let outputs { try push(outputs, to: call.stack) } else { try call.stack.pushNil() }
      return 2
    }
    try define("cond") { [unowned self] call in
      guard call.count >= 3 else {
        throw call.error(
          "expected a predicate and two functions, got \(call.count) argument\(call.count == 1 ? "" : "s")", .argument)
      }
      try call.expectCallable(2)
      try call.expectCallable(3)
      guard let predicate = try unknownPredicate(call) else {
        return try call.stack.call(arguments: call.count - 3)
      }
      return try choose(call, predicate)
    }
  }

  // MARK: Arguments

  private func rounds(_ call: LuaCall, _ index: Int) throws -> Int {
    guard let number = call.stack.number(at: index) else { throw call.mismatch(index, expected: "number of rounds") }
    guard let length = Int(exactly: number), (0...Int(Int32.max)).contains(length) else {
      throw call.error(
        "the number of rounds must be a whole number from 0 to 2^31 - 1, got \(try call.stack.describe(at: index))", .argument)
    }
    return length
  }

  private func state(_ call: LuaCall, _ index: Int) throws -> Tree {
    let state = try tree(call, index)
    guard !state.leaves.isEmpty else { throw call.error("the state holds no tensor and no number", .argument) }
    return state
  }

  private func segment(_ call: LuaCall, _ index: Int, _ length: Int) throws -> Int? {
    let options = try Options(call, index, known: ["checkpoint"], self, allNamed: true)
    let given: LuaValue? = try options.read("checkpoint", "boolean or number of rounds") { index in
      if let flag = call.stack.bool(at: index) { return .bool(flag) }
      return call.stack.integer(at: index).map { .integer($0) }
    }
    switch given {
    case .bool(true): return Swift.max(1, Int(Double(length).squareRoot().rounded(.up)))
    case .integer(let size):
      guard size >= 1 else { throw call.error("option 'checkpoint': expected at least 1 round, got \(size)", .argument) }
      return size
    default: return nil
    }
  }

  // MARK: cond

  // The predicate if it is not known; else the function it chooses and its arguments are on the stack.
  private func unknownPredicate(_ call: LuaCall) throws -> Tensor? {
    let isTrue: Bool
    if let flag = call.stack.bool(at: 1) {
      isTrue = flag
    } else {
      guard let predicate = tensors.value(on: call.stack, at: 1) else {
        throw call.mismatch(1, expected: "boolean or a bool tensor with one element")
      }
      guard predicate.dtype == .bool, predicate.count == 1 else {
        throw call.error(
          "the predicate must be a bool tensor with one element, as x:gt(0) gives; got \(predicate.spec)", .argument)
      }
      do throws(TensorError) {
        isTrue = try predicate.numbers(for: call.name).double(at: 0) != 0
      } catch {
        guard case .unknownValue = error else { throw error }
        return try predicate.reshaped(.scalar)
      }
    }
    try call.stack.reserve(call.count)
    try call.stack.pushCopy(of: isTrue ? 2 : 3)
    for index in 4..<(call.count + 1) { try call.stack.pushCopy(of: index) }
    return nil
  }

  private func choose(_ call: LuaCall, _ predicate: Tensor) throws -> Int {
    let inputs = call.count > 3 ? try (4...call.count).map { try tree(call.stack, at: $0, numbersAreLeaves: false) } : []
    var first: [Tree]?
    // Which results are Lua numbers, by position among all leaves.
    var constants: [Set<Int>] = []
    func branch(_ index: Int) -> TensorFunction {
      { [unowned self] (leaves) throws(TensorError) in
        try recordingBody(call.stack) { stack in
          let base = stack.top
          try stack.reserve(inputs.count + 8)
          try stack.pushCopy(of: index)
          for tree in LuaCallback.split(leaves, like: inputs) { try push(tree, to: stack) }
          let count = try stack.call(arguments: inputs.count)
          let results = try (0..<count).map { try tree(stack, at: base + 1 + $0) }
          var leaves: [Tensor] = []
          constants.append([])
          for result in results {
            for (i, leaf) in result.leaves.enumerated() {
              if result.numbers[i] != nil { constants[constants.count - 1].insert(leaves.count) }
              leaves.append(try result.numbers[i].map { (number) throws(TensorError) in try Autodiff.number(number) } ?? leaf)
            }
          }
          guard let model = first else {
            first = results
            return leaves
          }
          guard model.count == results.count else {
            throw call.error("the functions return \(model.count) and \(results.count) values; they must return as many")
          }
          for (k, (a, b)) in zip(model, results).enumerated() {
            if let difference = a.shape.fullDifference(from: b.shape) {
              throw call.error("the functions' results\(results.count == 1 ? "" : " \(k + 1)") differ: \(difference)")
            }
          }
          return leaves
        }
      }
    }
    var outputs = try Autodiff.choose(
      call.name, predicate, inputs.flatMap(\.leaves), places: { first!.flatMap { $0.shape.paths() }[$0] }, branch(2), branch(3))
    for k in constants[0].intersection(constants[1]) { outputs[k] = try outputs[k].cast(to: engine.defaultFloat) }
    for tree in LuaCallback.split(outputs, like: first!) { try push(tree, to: call.stack) }
    return first!.count
  }

  // MARK: Bodies

  /// Runs `body`, which calls a Lua function whose operations are recorded to be run again: generators from outside can't be drawn from.
  func recordingBody<R>(_ stack: LuaStack, _ body: (LuaStack) throws -> R) throws(TensorError) -> R {
    let outer = recordingSince
    recordingSince = Level.next()
    defer { recordingSince = outer }
    return try watched(stack, body)
  }

  /// The generator, if a draw from it now is one that every round of a loop would repeat as well.
  func drawable(_ box: GeneratorBox, _ name: String) throws -> GeneratorBox {
    guard let start = recordingSince, box.moment < start else { return box }
    throw LuaError(
      .runtime,
      "\(name): a loop's function is called once, so every round would get the same draw; draw before the loop, with a leading dimension for"
        + " the rounds, and use eb.scan")
  }
}

/// One call of `eb.loop` or `eb.scan`.
private final class LuaLoop {
  /// What the function gets beside the state.
  enum Inputs {
    /// The number of the round.
    case counter(Int)
    /// A row of every leaf.
    case rows(Tree)
  }

  private let call: LuaCall
  private let function: Int
  private let state: Tree
  private let inputs: Inputs
  /// Whether the function returns outputs after the state.
  private let collects: Bool
  private unowned let library: Library
  // The shape of the outputs, nil for none; known once the function has been called.
  private var collected: TreeShape?

  init(_ call: LuaCall, function: Int, state: Tree, inputs: Inputs, collects: Bool, _ library: Library) {
    (self.call, self.function, self.state, self.inputs, self.collects) = (call, function, state, inputs, collects)
    self.library = library
  }

  /// How many rounds there are.
  func length() throws -> Int {
    switch inputs {
    case .counter(let length): return length
    case .rows(let tree):
      var length: Int?
      for (k, leaf) in tree.leaves.enumerated() {
        let place = tree.place(k).map { " at \($0)" } ?? ""
        guard leaf.rank > 0 else {
          throw call.error("argument 3: the rounds are dimension 1 of the inputs, got \(leaf.spec)\(place)", .argument)
        }
        if let length, length != leaf.shape[0] {
          throw call.error(
            "argument 3: the inputs have \(length) and \(leaf.shape[0])\(place) rows; all must have one a round", .argument)
        }
        length = leaf.shape[0]
      }
      guard let length else {
        throw call.error("argument 3: there is no tensor among the inputs; give a number of rounds", .argument)
      }
      return length
    }
  }

  func run(segment: Int?) throws -> (state: Tree, outputs: Tree?) {
    var options = LoopOptions(call.name, length: try length(), places: state.shape.paths())
    // Without rounds there is nothing to find out about a loop that collects nothing.
    if options.length == 0, !collects { return (state, nil) }
    options.numbers = Set(state.numbers.keys)
    options.segment = segment
    var rows: [Tensor] = []
    switch inputs {
    case .counter: options.counts = true
    case .rows(let tree): rows = tree.leaves
    }
    var leaves = state.leaves
    for (k, number) in state.numbers { leaves[k] = try .scalar(number, .float64) }
    let (final, outputs) = try scan(options, state: leaves, inputs: rows) { (state, inputs) throws(TensorError) in
      try round(state, inputs)
    }
    return (
      Tree(leaves: final, shape: state.shape), collected.map { Tree(leaves: outputs, shape: $0) }
    )
  }

  private func round(_ leaves: [Tensor], _ rows: [Tensor]) throws(TensorError) -> Round {
    try library.recordingBody(call.stack) { stack in
      let base = stack.top
      try stack.reserve(8)
      try stack.pushCopy(of: function)
      try library.push(Tree(leaves: leaves, shape: state.shape), to: stack)
      switch inputs {
      case .counter: try library.push(rows[0], to: stack)
      case .rows(let tree): try library.push(Tree(leaves: rows, shape: tree.shape), to: stack)
      }
      let count = try stack.call(arguments: 2)
      guard count > 0 else { throw call.error("the function returned nothing; expected the next state") }
      guard count <= (collects ? 2 : 1) else {
        throw call.error(
          "the function returned \(count) values; expected the next state"
            + (collects ? " and one output (a tree can hold many)" : " alone (eb.scan collects outputs)"))
      }
      let next = try library.tree(stack, at: base + 1)
      if let difference = state.shape.fullDifference(from: next.shape) {
        throw call.error("the function must return a state like the one it got: \(difference)")
      }
      var round = Round(state: next.leaves, numbers: Set(next.numbers.keys))
      for (k, number) in next.numbers { round.state[k] = try .scalar(number, .float64) }
      if count == 2 {
        let outputs = try library.tree(stack, at: base + 2)
        if case .constant(.nil) = outputs.shape {
        } else {
          collected = outputs.shape
          round.outputs = outputs.leaves
        }
      }
      return round
    }
  }
}

extension TreeShape {
  /// As `difference`, and what is neither tensor nor table must be equal.
  fileprivate func fullDifference(from other: TreeShape, at path: String = "") -> String? {
    if let difference = difference(from: other, at: path) { return difference }
    switch (self, other) {
    case (.constant(let a), .constant(let b)):
      if a.isSame(as: b) { return nil }
      return "\(path.isEmpty ? "the whole" : "'\(path)'") changes, and is \(described); only tensors and numbers can"
    case (.table(let a), .table(let b)):
      for (x, y) in zip(a, b) {
        let place = path.isEmpty ? x.key.text : path + "." + x.key.text
        if let difference = x.child.fullDifference(from: y.child, at: place) { return difference }
      }
      return nil
    default: return nil
    }
  }
}

extension LuaValue {
  fileprivate func isSame(as other: LuaValue) -> Bool {
    switch (self, other) {
    case (.nil, .nil): true
    case (.bool(let a), .bool(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.bytes(let a), .bytes(let b)): a == b
    default: typeName == other.typeName
    }
  }
}
