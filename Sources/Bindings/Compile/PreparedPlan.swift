import Autodiff
import LuaHost

/// A plan of a compiled function, ready to be run many times while no Lua code runs in between: what it captures was looked up once.
struct PreparedPlan {
  let entry: CompiledEntry
  /// The captured arrays by place; nil for what is computed at each run.
  let captured: [NDArray?]

  /// Nil when the captures are not what the plan was made for.
  init?(_ entry: CompiledEntry, of function: CompiledFunction, at index: Int, _ stack: LuaStack, _ library: Library) throws {
    guard entry.keyedNumbers.isEmpty, entry.generators.isEmpty, library.engine.defaultFloat == entry.defaultFloat,
      !entry.isBatched.contains(true)
    else { return nil }
    try library.captures.walk(stack, function: index, names: entry.names)
    guard library.captures.mark == entry.mark, entry.functions.isEmpty else { return nil }
    let boxes = library.captures.boxes
    var captured: [NDArray?] = []
    for place in entry.places {
      guard case .box(let position, let spec, let strides) = place else {
        captured.append(nil)
        continue
      }
      guard position < boxes.count, let box = boxes[position] else { return nil }
      var one = CompiledArguments()
      guard try one.add(box.assumingMemoryBound(to: Tensor.self).pointee.array, spec, strides) else { return nil }
      captured.append(one.arrays[0])
    }
    self.entry = entry
    self.captured = captured
  }
}

extension CompiledResult {
  /// How many tensors it has.
  var leafCount: Int {
    switch self {
    case .leaf: 1
    case .number, .constant: 0
    case .table(let entries): entries.reduce(0) { $0 + $1.child.leafCount }
    }
  }

  /// The numbers in it, in order, where `values` are those of the plan's run.
  func collectNumbers(_ values: [LuaValue], into numbers: inout [LuaValue]) {
    switch self {
    case .leaf: break
    case .number(let node): numbers.append(values[node])
    case .constant(let value): if value.asNumber != nil { numbers.append(value) }
    case .table(let entries): for entry in entries { entry.child.collectNumbers(values, into: &numbers) }
    }
  }

  /// Whether it nests like a tree, so that it can take its place.
  func nests(like shape: TreeShape) -> Bool {
    switch (self, shape) {
    case (.leaf, .leaf): true
    case (.number, .constant(let value)): value.asNumber != nil
    case (.constant(let a), .constant(let b)): (a.asNumber != nil) == (b.asNumber != nil) && (a.asNumber != nil || a == b)
    case (.table(let a), .table(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.child.nests(like: $1.child) }
    default: false
    }
  }
}
