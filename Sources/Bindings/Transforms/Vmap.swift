import Autodiff
import LuaHost

/// `eb.vmap(f[, axes[, out_axes]])`: f written for one example runs on all examples at once.
///
/// Axes count from 1, negative ones from the end; false means shared. An entry serves a whole tree, or is a table with an entry for each
/// of its keys. A table of generators is mapped one generator a lane.
extension Library {
  func installVmap() throws {
    try defineTransform("vmap") { [unowned self] call in
      let axes = try axes(call, capture: 2, count: call.count, "axes")
      var inputs: [VmapInput] = []
      for index in 0..<call.count { inputs.append(try VmapInput(call, index + 1, axes[index], self)) }
      let sizes = inputs.flatMap(\.sizes)
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
    let trees = try (0..<count).map { try tree(stack, at: base + 1 + $0) }
    try LuaCallback.Expectation.trees.check(trees, call)
    let axes = try axes(call, capture: 3, count: count, "out_axes")
    return try trees.enumerated().map { (i, tree) in
      var leaves: [Tensor] = []
      for (leaf, axis) in zip(tree.leaves, try axes[i].spread(over: tree.shape, "out_axes", "result \(i + 1)", call)) {
        guard let axis else { throw call.error("out_axes: a result's examples must be a dimension, got false", .argument) }
        let resolved = axis > 0 ? axis - 1 : axis + leaf.rank + 1
        guard (0...leaf.rank).contains(resolved) else {
          throw call.error(
            "out_axes: with its examples result \(i + 1) has \(leaf.rank + 1) dimension\(leaf.rank == 0 ? "" : "s"), none of them is"
              + " \(axis)", .argument)
        }
        leaves.append(try trace.collect(leaf, along: resolved))
      }
      return Tree(leaves: leaves, shape: tree.shape)
    }
  }

  // One entry a value from a capture: absent (1 everywhere), one for all, or a table with an entry for each.
  private func axes(_ call: LuaCall, capture: Int, count: Int, _ name: String) throws -> [Axes] {
    let index = call.captureIndex(capture)
    guard call.type(index) == .table else {
      let one = call.isNil(index) ? Axes.dimension(1) : try Axes(call.stack, at: index, name, call)
      return [Axes](repeating: one, count: count)
    }
    let given = try call.stack.orderedKeys(at: index)
    if let key = given.first(where: { if case .integer(let i) = $0 { !(1...Swift.max(1, count)).contains(i) } else { true } }) {
      throw call.error(
        "\(name): there is no \(name == "axes" ? "argument" : "result") '\(key.text)' (there \(count == 1 ? "is" : "are") \(count)); a"
          + " table has one entry for each", .argument)
    }
    return try (0..<count).map { i in
      try call.stack.rawGet(i + 1, from: index)
      defer { call.stack.pop() }
      guard !call.stack.isNil(at: -1) else {
        throw call.error("\(name): entry \(i + 1) is missing; give a dimension or false", .argument)
      }
      return try Axes(call.stack, at: call.stack.top, name, call)
    }
  }
}

/// Along which dimension the examples of a tree lie: one for all its leaves, or key by key.
private indirect enum Axes {
  case shared
  case dimension(Int)
  case table([(key: LuaKey, axes: Axes)])

  init(_ stack: LuaStack, at index: Int, _ name: String, _ call: LuaCall) throws {
    if stack.bool(at: index) == false {
      self = .shared
    } else if let dimension = stack.integer(at: index), dimension != 0 {
      self = .dimension(dimension)
    } else if stack.type(at: index) == .table {
      try stack.reserve(4)
      self = .table(
        try stack.orderedKeys(at: index).map { key in
          try stack.rawGet(key, from: index)
          defer { stack.pop() }
          return (key, try Axes(stack, at: stack.top, name, call))
        })
    } else {
      throw call.error("\(name): an axis is a dimension counted from 1, or false", .argument)
    }
  }

  /// The dimension of every leaf of a tree, nil for shared.
  func spread(over tree: TreeShape, _ name: String, _ place: String, _ call: LuaCall) throws -> [Int?] {
    switch self {
    case .shared: return [Int?](repeating: nil, count: tree.leafCount)
    case .dimension(let dimension): return [Int?](repeating: dimension, count: tree.leafCount)
    case .table(let entries):
      guard case .table(let children) = tree else {
        throw call.error("\(name): a table of axes stands for \(place), which is no table", .argument)
      }
      if let extra = entries.first(where: { entry in !children.contains { $0.key == entry.key } }) {
        throw call.error("\(name): \(place) has no '\(extra.key.text)'", .argument)
      }
      return try children.flatMap { (key, child) -> [Int?] in
        if child.leafCount == 0 { return [] }
        guard let entry = entries.first(where: { $0.key == key }) else {
          throw call.error("\(name): '\(key.text)' of \(place) is missing; give a dimension or false", .argument)
        }
        return try entry.axes.spread(over: child, name, "'\(key.text)' of \(place)", call)
      }
    }
  }
}

/// One argument of a vmapped call.
private enum VmapInput {
  case shared
  case tree(Tree, axes: [Int?])
  case generators([GeneratorBox])

  init(_ call: LuaCall, _ index: Int, _ axes: Axes, _ library: Library) throws {
    if case .shared = axes {
      self = .shared
      return
    }
    if let boxes = try VmapInput.generators(call, index, library) {
      self = .generators(boxes)
      return
    }
    let tree = try library.tree(call.stack, at: index)
    let dimensions = try axes.spread(over: tree.shape, "axes", "argument \(index)", call)
    self = .tree(
      tree,
      axes: try zip(tree.leaves, dimensions).map { (leaf, dimension) in
        guard let dimension else { return nil }
        let resolved = dimension > 0 ? dimension - 1 : dimension + leaf.rank
        guard (0..<leaf.rank).contains(resolved) else {
          throw call.error(
            "dimension \(dimension) does not exist in an argument of shape \(leaf.shape) (use false to share it)", .argument)
        }
        return resolved
      })
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

  /// How many examples each mapped value has.
  var sizes: [Int] {
    switch self {
    case .shared: []
    case .tree(let tree, let axes): zip(tree.leaves, axes).compactMap { (leaf, axis) in axis.map { leaf.shape[$0] } }
    case .generators(let boxes): [boxes.count]
    }
  }

  func push(_ trace: BatchTrace, _ call: LuaCall, _ index: Int, _ library: Library) throws {
    switch self {
    case .shared: try call.stack.pushCopy(of: index)
    case .generators(let boxes): try library.generators.push(GeneratorBox(lanes: boxes, in: trace), to: call.stack)
    case .tree(var tree, let axes):
      for (i, axis) in axes.enumerated() {
        if let axis { tree.leaves[i] = try trace.lanes(of: tree.leaves[i], along: axis) }
      }
      try library.push(tree, to: call.stack)
    }
  }
}
