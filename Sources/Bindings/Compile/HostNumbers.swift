import Autodiff
import LuaHost

/// Lua numbers that are arguments of a function while it is recorded: objects that remember what arithmetic was done with them.
///
/// The arithmetic is done again at every call, by Lua itself, so its results have the same bits and the same subtype as in a call that
/// is not compiled. Where one meets a tensor it becomes an argument of the plan, with the tensor's dtype. Whoever needs the value
/// itself (a comparison, a loop, a function of Lua's libraries) gets an error, and the function is recorded again with the number as
/// it is.
final class HostNumbers {
  /// How a number comes about.
  enum Node {
    /// The number argument at this position.
    case argument(Int)
    /// A number of the code.
    case constant(LuaValue)
    /// Arithmetic on numbers before it; negation has one operand.
    case arithmetic(LuaArithmetic, Int, Int)
  }

  private(set) var nodes: [Node] = []
  /// The number arguments whose value somebody asked for.
  private(set) var asked: Set<Int> = []
  /// Whether the recording is over: what is left of its numbers can't be used.
  var isOver = false

  func append(_ node: Node) -> HostNumber {
    nodes.append(node)
    return HostNumber(numbers: self, node: nodes.count - 1)
  }

  /// Notes that the value of a node is needed.
  func ask(for node: Int) {
    switch nodes[node] {
    case .argument(let position): asked.insert(position)
    case .constant: break
    case .arithmetic(_, let a, let b):
      ask(for: a)
      ask(for: b)
    }
  }

  /// All numbers for these arguments.
  static func evaluate(_ nodes: [Node], _ arguments: [LuaValue], _ stack: LuaStack) throws -> [LuaValue] {
    var values: [LuaValue] = []
    for node in nodes {
      switch node {
      case .argument(let position): values.append(arguments[position])
      case .constant(let value): values.append(value)
      case .arithmetic(let operation, let a, let b):
        try stack.push(values[a])
        if operation != .negate { try stack.push(values[b]) }
        try stack.arithmetic(operation)
        values.append(try stack.value(at: -1))
        stack.pop()
      }
    }
    return values
  }
}

/// One such number, as Lua holds it.
final class HostNumber {
  let numbers: HostNumbers
  let node: Int

  init(numbers: HostNumbers, node: Int) {
    self.numbers = numbers
    self.node = node
  }

  /// The error of whoever needs the value.
  func unknown(_ operation: String) -> LuaError {
    if numbers.isOver {
      return LuaError(.runtime, "\(operation): a number was used after the recording of its function had ended; return it instead")
    }
    numbers.ask(for: node)
    return LuaError(.runtime, "\(operation): the value of a number argument is not known inside compile")
  }
}

extension Library {
  /// The box type of host numbers with its arithmetic.
  func installHostNumbers() throws {
    let arithmetic: [(LuaMetamethod, LuaArithmetic, PointwiseCode)] = [
      (.add, .add, .add), (.subtract, .subtract, .sub), (.multiply, .multiply, .mul), (.divide, .divide, .div),
      (.modulo, .modulo, .mod),
      (.power, .power, .pow), (.floorDivide, .floorDivide, .floordiv),
    ]
    for (event, operation, code) in arithmetic {
      let tensors = try general(code, code.name)
      try hostNumbers.metamethod(event, label: code.name) { [unowned self] call in
        guard let a = try hostNode(call, 1), let b = try hostNode(call, 2) else {
          // The other operand is a tensor or a tree, whose operators know what to do.
          try call.stack.push(tensors.reference)
          for i in 1...2 { try call.stack.pushCopy(of: i) }
          return try call.stack.call(arguments: 2)
        }
        return try call.push(a.numbers.append(.arithmetic(operation, a.node, b.node)), as: hostNumbers)
      }
    }
    try hostNumbers.metamethod(.negate, label: "neg") { [unowned self] call in
      let number = try call.box(1, of: hostNumbers)
      return try call.push(number.numbers.append(.arithmetic(.negate, number.node, number.node)), as: hostNumbers)
    }
    let others: [(LuaMetamethod, String)] = [
      (.less, "compare"), (.lessOrEqual, "compare"), (.equal, "compare"), (.toString, "tostring"), (.concatenate, "concat"),
      (.call, "call"),
      (.and, "&"), (.or, "|"), (.xor, "~"), (.shiftLeft, "<<"), (.shiftRight, ">>"), (.not, "~"), (.length, "length"),
    ]
    for (event, label) in others {
      try hostNumbers.metamethod(event, label: label) { [unowned self] call in
        for i in 1...2 {
          if let number = hostNumbers.value(on: call.stack, at: i) { throw number.unknown(label) }
        }
        throw call.error("the value is not known inside compile")
      }
    }
  }

  // The operand as a node of the recording that the other one belongs to; nil for what is no number.
  private func hostNode(_ call: LuaCall, _ index: Int) throws -> HostNumber? {
    if let number = hostNumbers.value(on: call.stack, at: index) {
      if number.numbers.isOver { throw number.unknown(call.name) }
      return number
    }
    guard call.type(index) == .number, let other = hostNumbers.value(on: call.stack, at: 3 - index) else { return nil }
    return other.numbers.append(.constant(try call.stack.value(at: index)))
  }

  /// The tensor that a host number at an index is where it meets one of this dtype; nil if there is none.
  func hostNumber(_ stack: LuaStack, at index: Int, meeting dtype: DType, _ operation: String) throws -> Tensor? {
    guard let number = hostNumbers.value(on: stack, at: index) else { return nil }
    // What a whole number becomes depends on its value.
    guard dtype.isFloat, !number.numbers.isOver, let recording else { throw number.unknown(operation) }
    return recording.scalar(number.node, dtype)
  }
}
