import CKernels

/// The operations of a tile program before registers have numbers, and what is done twice as fast by one loop instead of several: two
/// arithmetic operations in one pass, and the product of two logistic functions of opposite numbers, which is how tanh moves. The loops
/// round as the single operations do.
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

    init(_ step: ebb_step, _ sources: [Value], isKept: Bool) {
      self.step = step
      self.sources = sources
      self.isKept = isKept
      loop = ebb_pointwise_loop(PointwiseCode(rawValue: step.op)!, step.dtype)
    }

    var code: PointwiseCode { PointwiseCode(rawValue: step.op)! }
  }

  let count: Int
  var operations: [Operation] = []

  init(count: Int) { self.count = count }

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
