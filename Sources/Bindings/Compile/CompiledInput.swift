import Autodiff
import LuaHost

/// The arguments of one call, taken apart.
struct CompiledInput {
  let trees: [Tree]
  let leaves: [Tensor]
  /// The Lua numbers among the arguments, in order.
  let numbers: [LuaValue]

  init(_ call: LuaCall, _ library: Library) throws {
    var (trees, leaves, numbers): ([Tree], [Tensor], [LuaValue]) = ([], [], [])
    // The first argument is the compiled function.
    for index in 1..<call.count {
      let tree = try library.tree(call.stack, at: index + 1, numbersAreLeaves: false)
      leaves += tree.leaves
      tree.shape.collectNumbers(into: &numbers)
      trees.append(tree)
    }
    (self.trees, self.leaves, self.numbers) = (trees, leaves, numbers)
  }
}

extension TreeShape {
  fileprivate func collectNumbers(into numbers: inout [LuaValue]) {
    switch self {
    case .leaf: break
    case .constant(let value): if value.asNumber != nil { numbers.append(value) }
    case .table(let entries): for entry in entries { entry.child.collectNumbers(into: &numbers) }
    }
  }
}

extension CompiledInput {
  /// The functions among the arguments.
  var functions: [LuaFunction] { trees.flatMap(\.shape.functions) }
}

extension TreeShape {
  /// The functions in it.
  var functions: [LuaFunction] {
    switch self {
    case .leaf: []
    case .constant(let value): value.asFunction.map { [$0] } ?? []
    case .table(let entries): entries.flatMap(\.child.functions)
    }
  }
}
