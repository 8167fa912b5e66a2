import Autodiff
import LuaHost

/// The arguments of one call, taken apart.
struct CompiledInput {
  let trees: [Tree]
  /// The tensors; those that are lanes of one running vmap with all lanes in front.
  let leaves: [Tensor]
  let isBatched: [Bool]
  /// How many lanes that vmap has.
  let lanes: Int?
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
    let traced = leaves.compactMap(\.lanes)
    let batch = traced.first?.trace
    let isOne = leaves.allSatisfy { !$0.isTraced || ($0.lanes?.trace === batch && $0.lanes?.rows.isTraced == false) }
    lanes = isOne ? batch?.lanes : nil
    isBatched = leaves.map { isOne && $0.isTraced }
    (self.trees, self.numbers) = (trees, numbers)
    self.leaves = isOne ? leaves.map { $0.lanes?.rows ?? $0 } : leaves
  }
}

extension TreeShape {
  /// Appends the numbers in it, in order.
  func collectNumbers(into numbers: inout [LuaValue]) {
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
