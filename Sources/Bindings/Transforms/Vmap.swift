import Autodiff
import LuaHost

/// `eb.vmap(f[, axes[, out_axes]])`: f written for one example runs on all examples at once.
///
/// Axes count from 1, negative ones from the end; false means shared. An entry serves a whole tree. A table of generators is mapped one
/// generator a lane.
extension Library {
  func installVmap() throws {
    try defineTransform("vmap") { [unowned self] call in
      let axes = try axisList(call, capture: 2, count: call.count)
      var inputs: [VmapInput] = []
      for index in 0..<call.count { inputs.append(try VmapInput(call, index + 1, axes[index], self)) }
      let sizes = inputs.compactMap(\.lanes)
      guard let lanes = sizes.first else {
        throw call.error("no argument is mapped; give at least one a dimension", .argument)
      }
      if let other = sizes.first(where: { $0 != lanes }) {
        throw call.error("mapped sizes differ: \(lanes) and \(other); all must be equal", .argument)
      }
      let results = try withBatch(lanes: lanes) { (trace) throws(TensorError) in
        try watched(call.stack) { _ in try run(call, inputs, trace) }
      }
      for tree in results { try push(tree, to: call.stack) }
      return results.count
    }
  }

  private func run(_ call: LuaCall, _ inputs: [VmapInput], _ trace: BatchTrace) throws -> [Tree] {
    let stack = call.stack
    let base = stack.top
    try stack.reserve(inputs.count + 8)
    try stack.pushCopy(of: call.captureIndex(1))
    for (index, input) in inputs.enumerated() { try input.push(trace, call, index + 1, self) }
    let count = try stack.call(arguments: inputs.count)
    let axes = try axisList(call, capture: 3, count: count)
    let trees = try (0..<count).map { try tree(stack, at: base + 1 + $0) }
    try LuaCallback.Expectation.trees.check(trees, call)
    return try trees.enumerated().map { (i, tree) in
      var tree = tree
      guard let axis = axes[i] else { throw call.error("out_axes: a result's examples must be a dimension, got false", .argument) }
      for leaf in tree.leaves.indices {
        let rank = tree.leaves[leaf].rank + 1
        tree.leaves[leaf] = try trace.collect(tree.leaves[leaf], along: axis > 0 ? axis - 1 : axis + rank)
      }
      return tree
    }
  }

  // One entry a value from a capture: absent (1 everywhere), a number for all, or a table with numbers and false.
  private func axisList(_ call: LuaCall, capture: Int, count: Int) throws -> [Int?] {
    func axis(_ value: LuaValue) throws -> Int? {
      if value.asBool == false { return nil }
      guard let axis = value.asInteger, axis != 0 else {
        throw call.error("an axis is a dimension counted from 1, or false", .argument)
      }
      return axis
    }
    let value = try call.capture(capture)
    switch value {
    case .nil: return [Int?](repeating: 1, count: count)
    case .table(let table):
      return try (0..<count).map { i in
        let entry = try table.get(.integer(i + 1))
        guard !entry.isNil else { throw call.error("axes: entry \(i + 1) is missing; give a dimension or false", .argument) }
        return try axis(entry)
      }
    default: return [Int?](repeating: try axis(value), count: count)
    }
  }
}

/// One argument of a vmapped call.
private enum VmapInput {
  case shared
  case tree(Tree, axes: [Int])
  case generators([GeneratorBox])

  init(_ call: LuaCall, _ index: Int, _ axis: Int?, _ library: Library) throws {
    guard let axis else {
      self = .shared
      return
    }
    if let boxes = try VmapInput.generators(call, index, library) {
      self = .generators(boxes)
      return
    }
    let tree = try library.tree(call.stack, at: index)
    let axes = try tree.leaves.map { leaf in
      let resolved = axis > 0 ? axis - 1 : axis + leaf.rank
      guard (0..<leaf.rank).contains(resolved) else {
        throw call.error(
          "dimension \(axis) does not exist in an argument of shape \(leaf.shape) (use false to share it)", .argument)
      }
      return resolved
    }
    self = .tree(tree, axes: axes)
  }

  private static func generators(_ call: LuaCall, _ index: Int, _ library: Library) throws -> [GeneratorBox]? {
    guard call.type(index) == .table, call.stack.rawLength(at: index) > 0 else { return nil }
    var boxes: [GeneratorBox] = []
    for i in 1...call.stack.rawLength(at: index) {
      try call.stack.rawGet(i, from: index)
      defer { call.stack.pop() }
      guard let box = library.generators.value(on: call.stack, at: -1) else { return nil }
      boxes.append(box)
    }
    return boxes
  }

  var lanes: Int? {
    switch self {
    case .shared: nil
    case .tree(let tree, let axes): tree.leaves.first.map { $0.shape[axes[0]] }
    case .generators(let boxes): boxes.count
    }
  }

  func push(_ trace: BatchTrace, _ call: LuaCall, _ index: Int, _ library: Library) throws {
    switch self {
    case .shared: try call.stack.pushCopy(of: index)
    case .generators(let boxes): try library.generators.push(GeneratorBox(lanes: boxes, in: trace), to: call.stack)
    case .tree(var tree, let axes):
      for i in tree.leaves.indices {
        guard tree.leaves[i].shape[axes[i]] == trace.lanes else {
          throw call.error("mapped sizes differ: \(trace.lanes) and \(tree.leaves[i].shape[axes[i]]); all must be equal", .argument)
        }
        tree.leaves[i] = try trace.lanes(of: tree.leaves[i], along: axes[i])
      }
      try library.push(tree, to: call.stack)
    }
  }
}
