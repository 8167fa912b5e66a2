import Autodiff
import LuaHost

/// What embedded Lua does with trees leaf by leaf: lists of what lies at the leaves of a tree, and trees made of such lists. The values
/// may be anything, such as the state of a parameter.
extension Library {
  func installTreeParts(_ native: LuaTable) throws {
    // spread(p, u) -> list of what u has where p has its leaves.
    try define("spread", in: native) { [unowned self] call in
      let shape = try tree(call.stack, at: 1).shape
      try call.stack.pushTable(array: shape.leafCount)
      var next = 1
      try spread(shape, call.stack, from: 2, into: call.stack.top, &next)
      return 1
    }
    // gather(p, parts, name) -> a tree like p with parts[i][name] at its i-th leaf.
    try define("gather", in: native) { [unowned self] call in
      let shape = try tree(call.stack, at: 1).shape
      let name = try call.string(3)
      var next = 1
      try gather(shape, call.stack, from: 2, name, &next)
      return 1
    }
    try define("places", in: native) { [unowned self] call in try call.push(tree(call.stack, at: 1).shape.paths()) }
    // like(p, u, rule) -> u with the shapes and dtypes of p, or an error that begins with the rule that u breaks.
    try define("like", in: native) { [unowned self] call in
      let rule = try call.string(3)
      let model = try tree(call.stack, at: 1)
      let reader = TreeLike(model: model.shape, specs: model.leaves.map(\.spec), isStrict: false) { path, got, expected in
        LuaError(.runtime, "\(rule): expected \(expected)\(path.isEmpty ? "" : " at '\(path)'"), got \(got)")
      }
      let leaves = try reader.read(call.stack, at: 2, self)
      var result = model
      for (i, leaf) in leaves.enumerated() {
        guard let leaf else { throw LuaError(.runtime, "\(rule): some are missing") }
        result.leaves[i] = leaf
      }
      return try push(result, from: call)
    }
    try define("same_shape", in: native) { [unowned self] call in
      try call.push(call.tensor(1, self).shape == call.tensor(2, self).shape)
    }
    // A table as a tree with arithmetic.
    try define("as_tree", in: native) { [unowned self] call in
      try call.stack.pushCopy(of: 1)
      try call.stack.push(treeMetatable.reference)
      call.stack.setMetatable(of: -2)
      return 1
    }
  }

  private func spread(_ shape: TreeShape, _ stack: LuaStack, from index: Int, into list: Int, _ next: inout Int) throws {
    switch shape {
    case .constant: return
    case .leaf:
      try stack.pushCopy(of: index)
      try stack.rawSet(next, in: list)
      next += 1
    case .table(let entries):
      guard stack.type(at: index) == .table else {
        next += shape.leafCount
        return
      }
      try stack.reserve(4)
      for (key, child) in entries where child.leafCount > 0 {
        try stack.rawGet(key, from: index)
        defer { stack.pop() }
        try spread(child, stack, from: stack.top, into: list, &next)
      }
    }
  }

  private func gather(_ shape: TreeShape, _ stack: LuaStack, from list: Int, _ name: String, _ next: inout Int) throws {
    switch shape {
    case .constant(let value): try stack.push(value)
    case .leaf:
      try stack.rawGet(next, from: list)
      next += 1
      guard stack.type(at: -1) == .table else { return }
      try stack.rawGet(name, from: -1)
      stack.remove(stack.top - 1)
    case .table(let entries):
      try pushTreeTable(fields: entries.count, to: stack)
      for (key, child) in entries {
        try gather(child, stack, from: list, name, &next)
        try stack.rawSet(key, in: -2)
      }
    }
  }
}
