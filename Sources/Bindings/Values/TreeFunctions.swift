import Autodiff
import LuaHost

/// `eb.tree`: functions of whole trees.
extension Library {
  func installTreeFunctions() throws {
    let module = try module("tree")
    try define("map", in: module) { [unowned self] call in
      try call.expectCallable(1)
      guard call.count >= 2 else { throw call.error("expected a function and at least one tree", .argument) }
      let trees = try (2...call.count).map { try tree(call, $0) }
      for other in trees.dropFirst() { try expectSameShape(trees[0], other, call.name) }
      var result = trees[0]
      for i in result.leaves.indices {
        try call.stack.pushCopy(of: 1)
        for tree in trees { try push(tree.leaves[i], to: call.stack) }
        try call.stack.call(arguments: trees.count, results: 1)
        guard let leaf = try leaf(call.stack, at: call.stack.top) else {
          let place = trees[0].shape.paths()[i]
          throw call.error(
            "the function must return a tensor or a number" + (place.isEmpty ? "" : " (for '\(place)')")
              + ", got \(call.stack.typeName(at: -1))")
        }
        result.leaves[i] = leaf
        call.stack.pop()
      }
      return try push(result, from: call)
    }
    try define("leaves", in: module) { [unowned self] call in try call.push(tree(call, 1).leaves) }
    try define("flatten", in: module) { [unowned self] call in
      let tree = try tree(call, 1)
      guard !tree.leaves.isEmpty else { throw call.error("the tree has no tensors", .argument) }
      // Numbers are no reason for a wider vector, but keep all their digits in one.
      let dtype = tree.leaves.dropFirst().reduce(tree.leaves[0].dtype) { $0.promoted(with: $1.dtype) }
      var parts: [Tensor] = []
      for i in tree.leaves.indices { parts.append(try tree.leaf(i, meeting: dtype).reshaped([tree.leaves[i].count])) }
      let vector = try concatenate(parts, axis: 0)
      let (specs, shape) = (tree.leaves.map(\.spec), tree.shape)
      let unflatten = try state.makeFunction("unflatten") { [unowned self] call in
        let flat = try call.tensor(1, self)
        let total = specs.reduce(0) { $0 + $1.shape.elementCount }
        guard flat.shape == [total] else {
          throw call.error("expected a vector of \(total) elements, got \(flat.shape)", .argument)
        }
        var position = 0
        var leaves: [Tensor] = []
        for spec in specs {
          let count = spec.shape.elementCount
          leaves.append(try flat.slice(0, from: position, count: count).reshaped(spec.shape).cast(to: spec.dtype))
          position += count
        }
        return try push(Tree(leaves: leaves, shape: shape), from: call)
      }
      try push(vector, to: call.stack)
      return 1 + (try call.push(unflatten))
    }
    try define("dot", in: module) { [unowned self] call in
      let (a, b) = (try tree(call, 1), try tree(call, 2))
      try expectSameShape(a, b, call.name)
      var sum = try Tensor.scalar(0, a.leaves.first?.dtype ?? engine.defaultFloat)
      for i in a.leaves.indices {
        let x = b.numbers[i] == nil ? try a.leaf(i, meeting: b.leaves[i].dtype) : a.leaves[i]
        let y = a.numbers[i] == nil ? try b.leaf(i, meeting: x.dtype) : b.leaves[i]
        guard x.shape == y.shape else {
          throw call.error("shapes differ\(a.place(i).map { " at \($0)" } ?? ""): \(x.shape) and \(y.shape)", .argument)
        }
        sum = try i == 0 ? (x * y).sum() : sum + (x * y).sum()
      }
      return try pushNumber(sum, call)
    }
    try define("norm", in: module) { [unowned self] call in
      let tree = try tree(call, 1)
      let p = try call.optionalNumber(2) ?? 2
      var norms: [Tensor] = []
      for leaf in tree.leaves { norms.append(try leaf.norm(p, leaf.allAxes)) }
      guard !norms.isEmpty else { return try call.push(0.0) }
      return try pushNumber(stack(norms, axis: 0).norm(p, [0]), call)
    }
    try define("zeros_like", in: module) { [unowned self] call in
      try push(tree(call, 1).mapLeaves { (x) throws(TensorError) in try Tensor(.full(x.shape, 0, x.dtype)) }, from: call)
    }
    try define("randn_like", in: module) { [unowned self] call in
      if generators.value(on: call.stack, at: 2) != nil {
        throw call.error("argument 2: expected options, got a generator; write {rng = r}", .argument)
      }
      let generator = try Options(call, 2, known: ["rng"], self, allNamed: true).generator()
      return try push(
        tree(call, 1).mapLeaves { (x) throws(TensorError) in
          let dtype = x.dtype.isFloat ? x.dtype : engine.defaultFloat
          return try generator.draw { (stream) throws(TensorError) in try stream.normal(x.shape, dtype) }
        }, from: call)
    }
    try define("count", in: module) { [unowned self] call in
      try call.push(tree(call, 1).leaves.reduce(0) { $0 + $1.count })
    }
    try define("equal", in: module) { [unowned self] call in
      let (a, b) = (try tree(call, 1), try tree(call, 2))
      guard a.shape.matches(b.shape) else { return try call.push(false) }
      for (x, y) in zip(a.leaves, b.leaves) {
        guard x.spec == y.spec else { return try call.push(false) }
        let (left, right) = (try x.numbers(for: call.name), try y.numbers(for: call.name))
        if try left.bytes() != right.bytes() { return try call.push(false) }
      }
      return try call.push(true)
    }
    try define("hash", in: module) { [unowned self] call in
      let tree = try tree(call, 1)
      var hash = FNV1a()
      for (path, leaf) in zip(tree.shape.paths(), tree.leaves) {
        hash.combine(Array("\(path) \(leaf.spec)".utf8))
        hash.combine(try leaf.numbers(for: call.name).bytes())
      }
      return try call.push(hash.text)
    }
  }

  /// A scalar as a Lua number, or as a 0-d tensor where a transform is watching.
  func pushNumber(_ scalar: Tensor, _ call: LuaCall) throws -> Int {
    scalar.isTraced ? try call.push(scalar, self) : try call.push(scalar.scalarValue(call.name))
  }
}

/// The 64-bit FNV-1a hash (Fowler, Noll, Vo): equal bytes give equal text on every machine.
private struct FNV1a {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func combine(_ bytes: [UInt8]) {
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  var text: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
