import Autodiff
import LuaHost

/// A tree without its leaves: how tables were nested, and what stood between the tensors.
///
/// Trees are flattened here and nowhere else; integer keys come first, then strings in byte order.
indirect enum TreeShape {
  /// The next leaf.
  case leaf
  /// A table with these entries.
  case table([(key: LuaKey, child: TreeShape)])
  /// A value that is no tensor and stays as it is (a string, a boolean, a function).
  case constant(LuaValue)

  /// How many leaves there are.
  var leafCount: Int {
    switch self {
    case .leaf: 1
    case .table(let entries): entries.reduce(0) { $0 + $1.child.leafCount }
    case .constant: 0
    }
  }

  /// The paths of the leaves, as messages name them: "1.weight".
  func paths(_ prefix: String = "") -> [String] {
    switch self {
    case .leaf: [prefix]
    case .table(let entries): entries.flatMap { $0.child.paths(prefix.isEmpty ? $0.key.text : prefix + "." + $0.key.text) }
    case .constant: []
    }
  }

  /// The shape with some of the leaves alone, by their positions; tables without any are left out.
  func keeping(_ kept: Set<Int>) -> TreeShape {
    var next = 0
    return keeping(kept, &next)
  }

  private func keeping(_ kept: Set<Int>, _ next: inout Int) -> TreeShape {
    guard case .table(let entries) = self else {
      next += leafCount
      return self
    }
    var rest: [(key: LuaKey, child: TreeShape)] = []
    for (key, child) in entries {
      let own = next..<(next + child.leafCount)
      if own.isEmpty || own.contains(where: kept.contains) { rest.append((key, child.keeping(kept, &next))) }
      next = own.upperBound
    }
    return .table(rest)
  }

  /// What lies at a path such as "1.weight".
  func child(at path: String) -> TreeShape? {
    if path.isEmpty { return self }
    guard case .table(let entries) = self else { return nil }
    for (key, child) in entries {
      if path == key.text { return child }
      if path.hasPrefix(key.text + "."), let found = child.child(at: String(path.dropFirst(key.text.count + 1))) { return found }
    }
    return nil
  }

  /// The first place where two trees nest differently, as a sentence; nil where they nest alike.
  func difference(from other: TreeShape, at path: String = "") -> String? {
    switch (self, other) {
    case (.leaf, .leaf), (.constant, .constant): return nil
    case (.table(let a), .table(let b)):
      // Both lists ascend, so the first key of which only one side has is found beside its neighbours.
      for i in 0..<max(a.count, b.count) {
        let (x, y) = (i < a.count ? a[i] : nil, i < b.count ? b[i] : nil)
        let first = [x, y].compactMap { $0 }.min { $0.key < $1.key }!
        let place = path.isEmpty ? first.key.text : path + "." + first.key.text
        guard let x, let y, x.key == y.key else {
          return "'\(first.child.paths(place).first ?? place)' is in only one of them"
        }
        if let difference = x.child.difference(from: y.child, at: place) { return difference }
      }
      return nil
    default:
      return path.isEmpty
        ? "only one of them is a table" : "'\(path)' is \(kind) in the first and \(other.kind) in the second"
    }
  }

  private var kind: String {
    switch self {
    case .leaf: "a tensor or a number"
    case .table: "a table"
    case .constant: "neither tensor nor table"
    }
  }

  /// Whether two trees nest alike and have the same keys.
  func matches(_ other: TreeShape) -> Bool {
    switch (self, other) {
    case (.leaf, .leaf), (.constant, .constant): true
    case (.table(let a), .table(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.child.matches($1.child) }
    default: false
    }
  }
}

/// A tree taken apart: its leaves in order and its shape.
struct Tree {
  var leaves: [Tensor]
  let shape: TreeShape
  /// The leaves that are Lua numbers, by position. As everywhere, a number takes the dtype of the tensor it meets.
  let numbers: [Int: Double]

  init(leaves: [Tensor], shape: TreeShape, numbers: [Int: Double] = [:]) {
    self.leaves = leaves
    self.shape = shape
    self.numbers = numbers
  }

  /// The place of a leaf for messages, `'1.weight'`; nil in a tree that is one tensor.
  func place(_ leaf: Int) -> String? {
    let path = shape.paths()[leaf]
    return path.isEmpty ? nil : "'\(path)'"
  }

  /// The tree with every leaf replaced.
  func mapLeaves(_ body: (Tensor) throws(TensorError) -> Tensor) throws(TensorError) -> Tree {
    var copy = Tree(leaves: leaves, shape: shape)
    for i in leaves.indices { copy.leaves[i] = try body(leaves[i]) }
    return copy
  }

  /// A leaf as it meets a tensor of this dtype.
  func leaf(_ i: Int, meeting dtype: DType) throws(TensorError) -> Tensor {
    guard let number = numbers[i], dtype.isFloat else { return leaves[i] }
    return try .scalar(number, dtype)
  }
}

extension Library {
  /// Takes the tree at an index of the stack apart. A tensor is a tree of one leaf; numbers are leaves of the default float type, or
  /// constants where they are only passed on.
  func tree(_ stack: LuaStack, at index: Int, numbersAreLeaves: Bool = true) throws -> Tree {
    var leaves: [Tensor] = []
    var numbers: [Int: Double] = [:]
    let shape = try flatten(stack, at: stack.absolute(index), numbersAreLeaves, into: &leaves, &numbers, depth: 0)
    return Tree(leaves: leaves, shape: shape, numbers: numbers)
  }

  /// A tree argument. Anything that can't hold a tensor, such as nil or a string, is refused.
  func tree(_ call: LuaCall, _ index: Int) throws -> Tree {
    let tree = try tree(call.stack, at: index)
    if case .constant = tree.shape { throw call.mismatch(index, expected: "tree (a tensor, a number, or a table of them)") }
    return tree
  }

  /// Whether a table with the arithmetic of trees is at an index.
  func isTree(_ stack: LuaStack, at index: Int) throws -> Bool {
    guard stack.type(at: index) == .table, try stack.pushMetatable(of: index) else { return false }
    defer { stack.pop() }
    return stack.identity(at: -1) == treeMetatable.reference.identity
  }

  /// The leaf at an index: a tensor, or a number as a tensor of the default float type.
  func leaf(_ stack: LuaStack, at index: Int, _ numbersAreLeaves: Bool = true) throws -> Tensor? {
    if let tensor = tensors.value(on: stack, at: index) { return tensor }
    guard numbersAreLeaves, let number = stack.number(at: index) else { return nil }
    return Tensor(try .full(.scalar, number, engine.defaultFloat))
  }

  private func flatten(
    _ stack: LuaStack, at index: Int, _ numbersAreLeaves: Bool, into leaves: inout [Tensor], _ numbers: inout [Int: Double],
    depth: Int
  ) throws -> TreeShape {
    if let leaf = try leaf(stack, at: index, numbersAreLeaves) {
      if let number = stack.number(at: index) { numbers[leaves.count] = number }
      leaves.append(leaf)
      return .leaf
    }
    guard stack.type(at: index) == .table else { return .constant(try stack.value(at: index)) }
    guard depth < 100 else { throw LuaError(.runtime, "a tree is nested more than 100 tables deep; does a table contain itself?") }
    var entries: [(key: LuaKey, child: TreeShape)] = []
    for key in try stack.orderedKeys(at: index) {
      try stack.rawGet(key, from: index)
      defer { stack.pop() }
      entries.append((key, try flatten(stack, at: stack.top, numbersAreLeaves, into: &leaves, &numbers, depth: depth + 1)))
    }
    return .table(entries)
  }

  /// Pushes a tree with these leaves; its tables carry arithmetic.
  func push(_ tree: Tree, to stack: LuaStack) throws(LuaError) {
    var next = 0
    try push(tree.shape, tree.leaves, &next, to: stack)
  }

  private func push(_ shape: TreeShape, _ leaves: [Tensor], _ next: inout Int, to stack: LuaStack) throws(LuaError) {
    switch shape {
    case .leaf:
      try push(leaves[next], to: stack)
      next += 1
    case .constant(let value):
      try stack.push(value)
    case .table(let entries):
      try pushTreeTable(fields: entries.count, to: stack)
      for (key, child) in entries {
        try push(child, leaves, &next, to: stack)
        try stack.rawSet(key, in: -2)
      }
    }
  }

  /// Pushes an empty table that carries the arithmetic of trees.
  func pushTreeTable(fields: Int, to stack: LuaStack) throws(LuaError) {
    try stack.reserve(4)
    try stack.pushTable(fields: fields)
    try stack.push(treeMetatable.reference)
    stack.setMetatable(of: -2)
  }

  /// Pushes a tree as the one result of a call.
  func push(_ tree: Tree, from call: LuaCall) throws -> Int {
    try push(tree, to: call.stack)
    return 1
  }
}

// MARK: Arithmetic on trees

extension Library {
  /// Trees that the library returns add, subtract, multiply, divide and negate leaf by leaf, with trees of the same shape, tensors and
  /// numbers.
  func installTrees() throws {
    let operators: [(String, PointwiseCode)] = [
      ("__add", .add), ("__sub", .sub), ("__mul", .mul), ("__div", .div), ("__pow", .pow),
    ]
    for (event, code) in operators {
      try treeMetatable.set(
        .string(event),
        to: .function(
          try state.makeFunction(code.name) { [unowned self] call in
            try push(combine(call, code), from: call)
          }))
    }
    try treeMetatable.set(
      "__unm",
      to: .function(
        try state.makeFunction("neg") { [unowned self] call in
          var tree = try tree(call.stack, at: 1)
          for i in tree.leaves.indices { tree.leaves[i] = try -tree.leaves[i] }
          return try push(tree, from: call)
        }))
    try treeMetatable.set("__name", to: .string("tree"))
    try treeMetatable.set(
      "__tostring",
      to: .function(try state.makeFunction("tostring") { [unowned self] call in try call.push(printed(tree(call.stack, at: 1))) }))
  }

  // A line for each leaf: its path, and its summary as far as that is one line, or its few elements.
  private func printed(_ tree: Tree) throws -> String {
    let (paths, count) = (tree.shape.paths(), tree.leaves.count)
    let shown = count > 24 ? 20 : count
    let width = paths.prefix(shown).map(\.count).max() ?? 0
    let numbers = tree.leaves.reduce(0) { $0 + $1.count }
    var lines = ["tree: \(count) tensor\(count == 1 ? "" : "s"), \(numbers) number\(numbers == 1 ? "" : "s")"]
    for (path, leaf) in zip(paths, tree.leaves).prefix(shown) {
      let summary = try leaf.printed().split(separator: "\n")
      let text = summary.prefix(summary.count == 2 && leaf.count <= 8 ? 2 : 1).joined(separator: " ")
      lines.append("  \(path)\(String(repeating: " ", count: width - path.count))  \(text)")
    }
    if shown < count { lines.append("  … and \(count - shown) more") }
    return lines.joined(separator: "\n")
  }

  /// Two operands leaf by leaf; at least one is a tree.
  func combine(_ call: LuaCall, _ code: PointwiseCode) throws -> Tree {
    let isTable = [1, 2].map { call.type($0) == .table }
    let tree = try tree(call.stack, at: isTable[0] ? 1 : 2)
    var result = Tree(leaves: tree.leaves, shape: tree.shape)
    guard isTable[0], isTable[1] else {
      // One side is a tensor or a number that meets every leaf.
      let isSquare = code == .pow && isTable[0] && call.stack.number(at: 2) == 2
      for i in result.leaves.indices {
        if isSquare, tree.leaves[i].dtype.isFloat {
          result.leaves[i] = try square(tree.leaves[i])
          continue
        }
        let other = try call.tensor(isTable[0] ? 2 : 1, meeting: tree.leaves[i], self)
        let leaf = call.type(isTable[0] ? 2 : 1) == .number ? tree.leaves[i] : try tree.leaf(i, meeting: other.dtype)
        result.leaves[i] = try arithmetic(code, isTable[0] ? leaf : other, isTable[0] ? other : leaf, at: i, of: tree)
      }
      return result
    }
    let other = try self.tree(call.stack, at: 2)
    try expectSameShape(tree, other, call.name)
    for i in result.leaves.indices {
      let left = other.numbers[i] == nil ? try tree.leaf(i, meeting: other.leaves[i].dtype) : tree.leaves[i]
      let right = tree.numbers[i] == nil ? try other.leaf(i, meeting: left.dtype) : other.leaves[i]
      result.leaves[i] = try arithmetic(code, left, right, at: i, of: tree)
    }
    return result
  }

  // Names the leaf whose operands do not broadcast.
  private func arithmetic(_ code: PointwiseCode, _ a: Tensor, _ b: Tensor, at leaf: Int, of tree: Tree) throws -> Tensor {
    do {
      return try Autodiff.arithmetic(code, a, b)
    } catch {
      guard case .broadcast(let operation, let left, let right) = error, let path = tree.place(leaf) else { throw error }
      throw TensorError.broadcast("\(operation) at \(path)", left, right)
    }
  }

  /// Throws unless two trees have the same keys; names the first difference.
  func expectSameShape(_ a: Tree, _ b: Tree, _ operation: String) throws {
    if let difference = a.shape.difference(from: b.shape) {
      throw LuaError(.runtime, "\(operation): the trees differ: \(difference)")
    }
  }
}
