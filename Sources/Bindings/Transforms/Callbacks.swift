import Autodiff
import LuaHost

/// A call of the user's Lua function as the transforms take it: some of its arguments taken apart into leaves, its results too.
///
/// `apply` is the flat function; after it has run, `results` has the shapes to put the flat results together again.
final class LuaCallback {
  private let library: Library
  private let call: LuaCall
  private let function: Int
  private let arguments: [Int]
  /// The arguments that are taken apart, by position among the arguments (from 0).
  private let positions: [Int]
  /// The trees of those arguments.
  let inputs: [Tree]
  /// The results of the last call, with the leaves it returned.
  private(set) var results: [Tree] = []
  /// What the function has to return.
  private let expected: Expectation

  /// What a transform makes of the results.
  enum Expectation {
    /// A tensor or number with one element first; what follows is passed on as it is.
    case scalar
    /// The same, whose count the operation itself looks at.
    case tensor
    /// Trees with tensors.
    case trees
  }

  /// - Parameters:
  ///   - function: the stack index of the Lua function.
  ///   - arguments: the stack indices of its arguments.
  ///   - positions: which of them are taken apart.
  ///   - expected: what the function has to return.
  init(
    _ call: LuaCall, function: Int, arguments: [Int], positions: [Int], expecting expected: Expectation, _ library: Library
  ) throws {
    self.library = library
    self.expected = expected
    self.call = call
    self.function = function
    self.arguments = arguments
    self.positions = positions
    inputs = try positions.map { position in
      guard position < arguments.count else { throw call.error("argument \(position + 1) is missing", .argument) }
      return try library.tree(call.stack, at: arguments[position])
    }
  }

  /// The leaves of all arguments that are taken apart.
  var leaves: [Tensor] { inputs.flatMap(\.leaves) }

  /// Calls the function with `leaves` in place of its own and answers all leaves of all results.
  func apply(_ leaves: [Tensor]) throws(TensorError) -> [Tensor] {
    try library.watched(call.stack) { stack in
      let base = stack.top
      try stack.reserve(arguments.count + 8)
      try stack.pushCopy(of: function)
      var next = 0
      for (position, index) in arguments.enumerated() {
        guard let input = positions.firstIndex(of: position) else {
          try stack.pushCopy(of: index)
          continue
        }
        let count = inputs[input].leaves.count
        try library.push(Tree(leaves: Array(leaves[next..<(next + count)]), shape: inputs[input].shape), to: stack)
        next += count
      }
      let count = try stack.call(arguments: arguments.count)
      results = []
      for i in 0..<count { results.append(try library.tree(stack, at: base + 1 + i, numbersAreLeaves: i == 0)) }
      try expected.check(results, call)
      return results.flatMap(\.leaves)
    }
  }

  /// Flat values in the shapes of the arguments.
  func split(_ values: [Tensor]) -> [Tree] { LuaCallback.split(values, like: inputs) }

  /// Flat values in the shapes of `trees`.
  static func split(_ values: [Tensor], like trees: [Tree]) -> [Tree] {
    var next = 0
    return trees.map { tree in
      defer { next += tree.leaves.count }
      return Tree(leaves: Array(values[next..<(next + tree.leaves.count)]), shape: tree.shape)
    }
  }
}

extension Library {
  /// Runs `body`, which calls a Lua function for a transform. Writes to tensors are refused meanwhile; afterwards the stack is as it was,
  /// whatever happened.
  func watched<R>(_ stack: LuaStack, _ body: (LuaStack) throws -> R) throws(TensorError) -> R {
    let base = stack.top
    watchedCalls += 1
    defer {
      watchedCalls -= 1
      stack.top = base
    }
    do {
      return try body(stack)
    } catch {
      // Lua's own words are about its C stack.
      if let error = error as? LuaError, error.message == "attempt to yield across a C-call boundary" {
        throw .lua(
          LuaError(
            "coroutine.yield: a function under a transform can't suspend to a coroutine outside of it; finish the transform first"))
      }
      throw .lua(error)
    }
  }
}

extension LuaCallback.Expectation {
  /// Throws unless the results are what the transform can work with.
  func check(_ results: [Tree], _ call: LuaCall) throws {
    let wanted =
      switch self {
      case .tensor, .scalar: "a tensor with one element" + (results.count > 1 ? " first" : "")
      case .trees: "a tensor or a tree of tensors"
      }
    guard let first = results.first else { throw call.error("the function returned nothing; expected \(wanted)") }
    switch self {
    case .tensor, .scalar:
      guard case .leaf = first.shape else { throw call.error("the function returned \(first.shape.described); expected \(wanted)") }
      let spec = first.leaves[0].spec
      if case .scalar = self, spec.shape.elementCount != 1 {
        throw call.error("the function must return a scalar, got \(spec) (use :sum() or :mean(), or eb.jacobian)")
      }
    case .trees:
      for (position, result) in results.enumerated() where result.leaves.isEmpty {
        let place = results.count == 1 ? "" : " as result \(position + 1)"
        throw call.error("the function returned \(result.shape.described)\(place); expected \(wanted)")
      }
    }
  }
}

extension TreeShape {
  /// What it is, as messages say it: "a string", "a table without tensors".
  var described: String {
    switch self {
    case .leaf: "a tensor"
    case .table: leafCount == 0 ? "a table without tensors" : "a table of tensors"
    case .constant(.nil): "nil"
    case .constant(let value): "a " + value.typeName
    }
  }
}

extension LuaValue {
  /// The name of its type, as messages say it.
  var typeName: String {
    switch self {
    case .nil: "nil"
    case .bool: "boolean"
    case .integer, .number: "number"
    case .string, .bytes: "string"
    case .table: "table"
    case .function: "function"
    case .userdata, .address: "userdata"
    case .thread: "thread"
    }
  }
}

extension LuaCall {
  /// Whether the value at an index is a function or can be called like one, as a model can.
  func isCallable(_ index: Int) throws -> Bool {
    if type(index) == .function { return true }
    let top = stack.top
    defer { stack.top = top }
    guard try stack.pushMetatable(of: index) else { return false }
    try stack.rawGet("__call", from: -1)
    return !stack.isNil(at: -1)
  }

  /// Throws unless the argument is a function or can be called like one.
  func expectCallable(_ index: Int) throws {
    if try !isCallable(index) { throw mismatch(index, expected: "function") }
  }

  /// A function, or a value that can be called like one.
  func callable(_ index: Int) throws -> LuaValue {
    try expectCallable(index)
    return try value(index)
  }
}

extension TensorError {
  /// The error of a callback as a tensor error; those that are tensor errors already, also inside a Lua error, stay what they are.
  static func lua(_ error: any Error) -> TensorError {
    if let error = error as? TensorError { return error }
    if let error = error as? LuaError, error.kind == .interrupted { return .interrupted }
    return .callback(error as? LuaError ?? LuaError(.runtime, "\(error)"))
  }
}

extension Tensor {
  /// The one number of a scalar whose value is known.
  func scalarValue(_ operation: String) throws(TensorError) -> Double {
    guard count == 1 else { throw .invalid(operation, "expected a tensor with one element, got \(spec)") }
    return try numbers(for: operation).double(at: 0)
  }
}
