import CKernels

/// The operations of a tile program before registers have numbers, and what is done faster than by a loop for each: runs of operations become
/// machine code, where the processor has it; elsewhere two arithmetic operations go in one pass, and so does the product of two logistic
/// functions of opposite numbers, which is how tanh moves. All round as the single operations do.
struct TileOperations {
  /// What an operation reads.
  enum Value: Equatable {
    /// An operand of the program; a single value that is known has its number.
    case operand(Int, isSingle: Bool, known: Double?)
    /// The result of an operation.
    case made(Int)

    var isSingle: Bool {
      if case .operand(_, let isSingle, _) = self { return isSingle }
      return false
    }
  }

  struct Operation {
    let step: ebb_step
    let isKept: Bool
    var loop: ebb_loop
    var sources: [Value]
    /// How often the result is read inside the program.
    var uses = 0
    /// Whether it is one operation of the list still.
    var isPlain = true
    /// Whether another has taken its work over.
    var isGone = false
    /// The run it belongs to.
    var run: Int?

    init(_ step: ebb_step, _ sources: [Value], isKept: Bool) {
      self.step = step
      self.sources = sources
      self.isKept = isKept
      loop = ebb_pointwise_loop(PointwiseCode(rawValue: step.op)!, step.dtype)
    }

    var code: PointwiseCode { PointwiseCode(rawValue: step.op)! }

    /// About how many instructions it takes; tanh and its slope, two logistic functions, share an exponential.
    var cost: Int {
      switch code {
      case .tanh: 40
      case .exp: 30
      case .sigmoid: 20
      case .maximum, .minimum: 3
      default: 1
      }
    }
  }

  let count: Int
  var operations: [Operation] = []

  init(count: Int) { self.count = count }

  /// Puts operations that follow each other into runs that machine code can do. Truth values are masks there and must not leave their run.
  mutating func takeRuns() {
    var readers = [[Int]](repeating: [], count: operations.count)
    for (position, operation) in operations.enumerated() {
      for case .made(let maker) in operation.sources { readers[maker].append(position) }
    }
    var canJoin = operations.map { ebb_machine_knows($0.code, $0.step.dtype) }
    var changes = true
    while changes {
      changes = false
      numberRuns(canJoin)
      for position in operations.indices where canJoin[position] {
        let operation = operations[position]
        var fits = true
        if operation.code.isPredicate {
          let isReadHere = readers[position].allSatisfy { operations[$0].run == operation.run && operations[$0].code == .select }
          fits = !operation.isKept && isReadHere && operation.uses == readers[position].count
        }
        if operation.code == .select {
          guard case .made(let condition) = operation.sources[0], operations[condition].run == operation.run else {
            (canJoin[position], changes) = (false, true)
            continue
          }
        }
        if !fits { (canJoin[position], changes) = (false, true) }
      }
    }
    let members = Dictionary(grouping: operations.indices.filter { operations[$0].run != nil }) { operations[$0].run! }
    for run in members.values {
      for position in run { if run.count == 1 { operations[position].run = nil } else { operations[position].isPlain = false } }
    }
  }

  // A run has one dtype and room for its instructions.
  private mutating func numberRuns(_ canJoin: [Bool]) {
    var (run, cost) = (0, 0)
    var dtype: ebb_dtype?
    for position in operations.indices {
      operations[position].run = nil
      let operation = operations[position]
      guard canJoin[position] else {
        dtype = nil
        continue
      }
      if dtype != operation.step.dtype || cost + operation.cost > TileOperations.mostOfRun { (run, cost) = (run + 1, 0) }
      (dtype, cost) = (operation.step.dtype, cost + operation.cost)
      operations[position].run = run
    }
  }

  // The processor works on vectors side by side as far as it sees ahead: in short runs that is more of them, and what goes from run to run
  // stays in the first cache.
  private static let mostOfRun = 90

  /// Replaces operations by loops that do several.
  mutating func combine() {
    for position in operations.indices { takeSlope(position) }
    for position in operations.indices where !operations[position].isGone { takePair(position) }
  }

  // sigmoid(t) * sigmoid(u), u = -t.
  private mutating func takeSlope(_ position: Int) {
    let product = operations[position]
    guard product.code == .mul, let loop = ebb_slope_loop(product.step.dtype), case .made(let i) = product.sources[0],
      case .made(let j) = product.sources[1], i != j, isOnlyHere(i, .sigmoid), isOnlyHere(j, .sigmoid),
      case .made(let t) = operations[i].sources[0], case .made(let u) = operations[j].sources[0], areOpposite(t, u)
    else { return }
    operations[position].loop = loop
    operations[position].sources = [.made(t)]
    operations[position].isPlain = false
    operations[i].isGone = true
    operations[j].isGone = true
    operations[u].uses -= 1
    drop(u)
  }

  private func isOnlyHere(_ position: Int, _ code: PointwiseCode) -> Bool {
    let operation = operations[position]
    return operation.code == code && operation.isPlain && operation.uses == 1 && !operation.isKept
  }

  // An operation that nobody reads any more goes, and so may those it reads.
  private mutating func drop(_ position: Int) {
    var unread = [position]
    while let next = unread.popLast() {
      if operations[next].uses > 0 || operations[next].isKept || operations[next].isGone { continue }
      operations[next].isGone = true
      for case .made(let maker) in operations[next].sources {
        operations[maker].uses -= 1
        unread.append(maker)
      }
    }
  }

  // Whether one is the other negated, or both are one value times opposite numbers.
  private func areOpposite(_ t: Int, _ u: Int) -> Bool {
    let (a, b) = (operations[t], operations[u])
    guard a.isPlain, b.isPlain, t != u else { return false }
    if b.code == .neg, b.sources[0] == .made(t) { return true }
    guard a.code == .mul, b.code == .mul else { return false }
    for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
      if case .operand(_, _, let x?) = a.sources[i], case .operand(_, _, let y?) = b.sources[j], x == -y,
        a.sources[1 - i] == b.sources[1 - j]
      {
        return true
      }
    }
    return false
  }

  // An operation takes over the one that makes one of its operands, if nobody else reads that.
  private mutating func takePair(_ position: Int) {
    let second = operations[position]
    guard second.isPlain, second.sources.count == 2 else { return }
    for side in 0..<2 {
      guard case .made(let maker) = second.sources[side] else { continue }
      let first = operations[maker]
      guard first.isPlain, first.uses == 1, !first.isKept, first.step.dtype == second.step.dtype else { continue }
      // A square is a product.
      let code = first.code == .square ? PointwiseCode.mul : first.code
      let isCommutative = second.code == .add || second.code == .mul
      guard let loop = ebb_pair_loop(code, second.code, side == 0 || isCommutative, second.step.dtype) else { continue }
      var (a, b) = (first.sources[0], first.sources[first.sources.count - 1])
      if a.isSingle, code == .add || code == .mul { swap(&a, &b) }
      if a.isSingle, count > 1 { continue }
      // A result written in between may lie where the first operation still has to read.
      if readsMemory(first), operations[(maker + 1)..<position].contains(where: \.isKept) { continue }
      operations[position].loop = loop
      operations[position].sources = [a, b, second.sources[1 - side]]
      operations[position].isPlain = false
      operations[maker].isGone = true
      return
    }
  }

  private func readsMemory(_ operation: Operation) -> Bool {
    operation.sources.contains {
      if case .operand(_, let isSingle, _) = $0 { return !isSingle }
      return false
    }
  }
}
