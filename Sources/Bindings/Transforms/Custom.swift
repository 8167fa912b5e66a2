import Autodiff
import LuaHost

/// `eb.custom{ forward = f, jvp = g }` or `{ forward = f, vjp = g }`: a function that is differentiated by the rule g.
extension Library {
  func installCustom() throws {
    try define("custom") { [unowned self] call in
      try call.expect(1...1)
      try call.expectTable(1)
      let options = try Options(call, 1, known: ["forward", "jvp", "vjp", "name"], self, allNamed: true)
      guard let forward = try options.callable("forward") else {
        throw call.error("'forward' is missing: the function itself", .argument)
      }
      let (jvp, vjp) = (try options.callable("jvp"), try options.callable("vjp"))
      guard let rule = jvp ?? vjp else {
        throw call.error("a rule is missing: jvp(primals, tangents, output) or vjp(cotangent, primals, output)", .argument)
      }
      guard jvp == nil || vjp == nil else {
        throw call.error("give one of 'jvp' and 'vjp'; the other mode follows from it", .argument)
      }
      let label = try options.string("name").map { "custom '\($0)'" } ?? "custom"
      let isForward = jvp != nil
      return try call.push(
        state.makeFunction(label, captures: [forward, rule]) { [unowned self] call in
          let inputs = try (0..<call.count).map { try tree(call.stack, at: $0 + 1, numbersAreLeaves: false) }
          let lua = LuaRule(label, forward: try call.capture(1), rule: try call.capture(2), inputs.map(\.shape), self)
          let function = CustomFunction(label, lua.value, rule: isForward ? .tangents(lua.tangents) : .cotangents(lua.cotangents))
          let outputs = try function(inputs.flatMap(\.leaves))
          return try push(Tree(leaves: outputs, shape: lua.output), from: call)
        })
    }
  }
}

/// The Lua functions of one call of a custom function, as functions of flat lists of tensors.
///
/// They may run long after the call, when a checkpointed function is run again, so they are held by reference.
private final class LuaRule {
  private unowned let library: Library
  private let label: String
  private let forward: LuaValue
  private let rule: LuaValue
  private let inputs: [TreeShape]
  /// How the result is nested; known once `value` has run.
  private(set) var output = TreeShape.leaf

  init(_ label: String, forward: LuaValue, rule: LuaValue, _ inputs: [TreeShape], _ library: Library) {
    self.label = label
    self.forward = forward
    self.rule = rule
    self.inputs = inputs
    self.library = library
  }

  /// forward(x, …) → y
  func value(_ x: [Tensor]) throws(TensorError) -> [Tensor] {
    try library.watched(library.state.stack) { stack in
      try stack.push(forward)
      for tree in trees(x, inputs) { try library.push(tree, to: stack) }
      let count = try stack.call(arguments: inputs.count)
      guard count == 1 else {
        throw failure(
          count == 0
            ? "forward returned nothing; expected a tensor or a tree of tensors"
            : "forward returned \(count) values; put them into one table")
      }
      let tree = try library.tree(stack, at: -1)
      guard !tree.leaves.isEmpty else {
        throw failure("forward returned \(tree.shape.described); expected a tensor or a tree of tensors")
      }
      output = tree.shape
      return tree.leaves
    }
  }

  /// jvp(primals, tangents, output) → tangent of the output
  func tangents(_ x: [Tensor], _ dx: [Tensor], _ y: [Tensor]) throws(TensorError) -> [Tensor] {
    try library.watched(library.state.stack) { stack in
      try stack.push(rule)
      try pushList(trees(x, inputs), to: stack)
      try pushList(trees(dx, inputs.map(\.movable)), to: stack)
      try library.push(Tree(leaves: y, shape: output), to: stack)
      let count = try stack.call(arguments: 3)
      guard count == 1 else {
        throw failure("jvp returned \(count == 0 ? "nothing" : "\(count) values"); expected one tangent, like the output")
      }
      var moved: [Tensor] = []
      for (tangent, value) in zip(try read(stack, stack.top, like: output, y, "jvp", "the output"), y) {
        moved.append(try tangent ?? .zeros(value.spec))
      }
      return moved
    }
  }

  /// vjp(cotangent, primals, output) → a cotangent for each argument
  func cotangents(_ ct: [Tensor], _ x: [Tensor], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    try library.watched(library.state.stack) { stack in
      let base = stack.top
      try stack.push(rule)
      try library.push(Tree(leaves: ct, shape: output.movable), to: stack)
      let arguments = trees(x, inputs)
      try pushList(arguments, to: stack)
      try library.push(Tree(leaves: y, shape: output), to: stack)
      let count = try stack.call(arguments: 3)
      let places = try self.places(stack, base + 1, count)
      var cotangents: [Tensor?] = []
      for (i, argument) in arguments.enumerated() {
        cotangents += try read(stack, places + i, like: argument.shape, argument.leaves, "vjp", "argument \(i + 1)")
      }
      return cotangents
    }
  }

  // Where the first of the arguments' cotangents stands: they were returned one after another, or in one table.
  private func places(_ stack: LuaStack, _ first: Int, _ count: Int) throws -> Int {
    let needed = (inputs.lastIndex { $0.leafCount > 0 } ?? -1) + 1
    if count == 1, stack.type(at: first) == .table, let model = inputs.first, needed > 1 || !isLike(model, stack, first) {
      let keys = try stack.orderedKeys(at: first)
      guard keys.allSatisfy({ if case .integer(let i) = $0 { (1...inputs.count).contains(i) } else { false } }) else {
        let names = keys.map(\.text).joined(separator: ", ")
        throw failure(
          "vjp returned a table with the keys \(names); expected \(inputs.count == 1 ? "a cotangent like the argument" : "the cotangents of \(inputs.count) arguments")"
        )
      }
      let start = stack.top + 1
      try stack.reserve(inputs.count)
      for i in inputs.indices { try stack.rawGet(i + 1, from: first) }
      return start
    }
    guard (needed...inputs.count).contains(count) else {
      throw failure(
        "vjp returned \(count == 0 ? "nothing" : "\(count) value\(count == 1 ? "" : "s")"); expected a cotangent for each of"
          + " \(inputs.count) argument\(inputs.count == 1 ? "" : "s")")
    }
    try stack.reserve(inputs.count)
    for _ in count..<inputs.count { try stack.pushNil() }
    return first
  }

  // Whether the table has the keys of the tree.
  private func isLike(_ model: TreeShape, _ stack: LuaStack, _ index: Int) -> Bool {
    guard case .table(let entries) = model, let keys = try? stack.orderedKeys(at: index) else { return false }
    return keys == entries.map(\.key)
  }

  // MARK: Trees in and out

  private func trees(_ leaves: [Tensor], _ shapes: [TreeShape]) -> [Tree] {
    var next = 0
    return shapes.map { shape in
      defer { next += shape.leafCount }
      return Tree(leaves: Array(leaves[next..<(next + shape.leafCount)]), shape: shape)
    }
  }

  private func pushList(_ trees: [Tree], to stack: LuaStack) throws {
    try stack.pushTable(array: trees.count)
    for (i, tree) in trees.enumerated() {
      try library.push(tree, to: stack)
      try stack.rawSet(i + 1, in: -2)
    }
  }

  /// What the rule returned for a tree; false and nil stand for zero.
  private func read(
    _ stack: LuaStack, _ index: Int, like shape: TreeShape, _ leaves: [Tensor], _ rule: String, _ owner: String
  ) throws -> [Tensor?] {
    try TreeLike(model: shape, specs: leaves.map(\.spec), isStrict: true) { path, got, expected in
      let place = path.isEmpty ? owner : "'\(path)' of \(owner)"
      return self.failure("\(rule) returned \(got) for \(place); expected \(expected)")
    }.read(stack, at: index, library)
  }

  private func failure(_ sentence: String) -> LuaError { LuaError(.runtime, "\(label): \(sentence)") }
}

extension TreeShape {
  /// The tree of what moves along: false in place of everything that is no tensor.
  fileprivate var movable: TreeShape {
    switch self {
    case .leaf: .leaf
    case .constant: .constant(.bool(false))
    case .table(let entries): .table(entries.map { ($0.key, $0.child.movable) })
    }
  }
}
