import Autodiff
import LuaHost

/// The arguments of one call as a plan takes them, read off the stack along the trees that the plan was made for.
struct CompiledArguments {
  /// The arrays of the plan's arguments so far.
  var arrays: [NDArray] = []
  /// What the nodes of host numbers are at this call.
  private(set) var values: [LuaValue] = []
  private var numbers: [LuaValue] = []
  /// The generators among the arguments.
  private(set) var generators: [GeneratorBox] = []
  /// The vmap whose lanes some of the arguments are.
  private(set) var batch: BatchTrace?

  /// Reads the arguments of a call (the first is the compiled function). False when they are not like those of the entry.
  mutating func read(_ call: LuaCall, like entry: CompiledEntry, _ library: Library) throws -> Bool {
    arrays.removeAll(keepingCapacity: true)
    numbers.removeAll(keepingCapacity: true)
    generators.removeAll(keepingCapacity: true)
    batch = nil
    guard call.count - 1 == entry.arguments.count, library.engine.defaultFloat == entry.defaultFloat else { return false }
    for (position, shape) in entry.arguments.enumerated() {
      guard try read(call.stack, position + 2, shape, entry, library) else { return false }
    }
    return true
  }

  private mutating func read(
    _ stack: LuaStack, _ index: Int, _ shape: TreeShape, _ entry: CompiledEntry, _ library: Library
  ) throws -> Bool {
    switch shape {
    case .leaf:
      guard let box = library.tensors.pointer(on: stack, at: index) else { return false }
      let leaf = arrays.count
      if entry.isBatched[leaf] { return try addLanes(box, entry.specs[leaf], entry.strides[leaf]) }
      return try add(box.pointee.array, entry.specs[leaf], entry.strides[leaf])
    case .table(let entries):
      guard stack.type(at: index) == .table, stack.entryCount(at: index) == entries.count else { return false }
      try stack.reserve(4)
      for (key, child) in entries {
        try stack.rawGet(key, from: index)
        defer { stack.pop() }
        guard try read(stack, stack.top, child, entry, library) else { return false }
      }
      return true
    case .constant(let value):
      if value.asNumber != nil {
        guard stack.type(at: index) == .number else { return false }
        let number = try stack.value(at: index)
        numbers.append(number)
        return !entry.keyedNumbers.contains(numbers.count - 1) || number.isSameNumber(as: value)
      }
      if let reference = value.reference, entry.generators.contains(reference.identity) {
        guard let generator = library.generators.value(on: stack, at: index) else { return false }
        generators.append(generator)
        return true
      }
      if let reference = value.reference { return stack.identity(at: index) == reference.identity }
      return try stack.value(at: index) == value
    }
  }

  private mutating func addLanes(_ box: UnsafePointer<Tensor>, _ spec: Spec, _ strides: [Int]?) throws -> Bool {
    guard let (trace, rows) = box.pointee.lanes, batch == nil || batch === trace else { return false }
    batch = trace
    return try add(rows.array, spec, strides)
  }

  /// Appends an array if it is known and as the plan was made for.
  mutating func add(_ array: NDArray?, _ spec: Spec, _ strides: [Int]?) throws -> Bool {
    guard let array, array.dtype == spec.dtype, array.shape == spec.shape else { return false }
    if array.isContiguous ? strides != nil : array.viewStrides != strides { return false }
    arrays.append(array)
    return true
  }

  /// Computes the host numbers of this call.
  mutating func evaluate(_ nodes: [HostNumbers.Node], _ stack: LuaStack) throws {
    values = try HostNumbers.evaluate(nodes, numbers, stack)
  }
}

extension LuaValue {
  /// Equal numbers of one subtype, told by their bits.
  func isSameNumber(as other: LuaValue) -> Bool {
    switch (self, other) {
    case (.integer(let a), .integer(let b)): a == b
    case (.number(let a), .number(let b)): a.bitPattern == b.bitPattern
    default: false
    }
  }
}
