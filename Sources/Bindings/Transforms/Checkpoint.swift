import Autodiff
import LuaHost

/// `eb.checkpoint(f)`: f with the same values and derivatives, which compute again what lies between its arguments and its results
/// instead of keeping it.
extension Library {
  func installCheckpoint() throws {
    try defineTransform("checkpoint") { [unowned self] call in
      let positions = Array(0..<call.count)
      let inputs = try positions.map { try tree(call.stack, at: $0 + 1, numbersAreLeaves: false) }
      var results: [TreeShape] = []
      let outputs = try checkpoint(
        { (leaves) throws(TensorError) in
          try watched(call.stack) { stack in
            let base = stack.top
            try stack.pushCopy(of: call.captureIndex(1))
            for tree in LuaCallback.split(leaves, like: inputs) { try push(tree, to: stack) }
            let count = try stack.call(arguments: inputs.count)
            let trees = try (0..<count).map { try tree(stack, at: base + 1 + $0, numbersAreLeaves: false) }
            results = trees.map(\.shape)
            return trees.flatMap(\.leaves)
          }
        }, inputs.flatMap(\.leaves))
      var next = 0
      for shape in results {
        let count = shape.leafCount
        try push(Tree(leaves: Array(outputs[next..<(next + count)]), shape: shape), to: call.stack)
        next += count
      }
      return results.count
    }
  }
}
