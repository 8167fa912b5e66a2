import Autodiff
import LuaHost

/// Several tensors become one and one becomes several, along a dimension that is the first by default.
extension Library {
  func installJoining() throws {
    try define("cat") { [unowned self] call in
      let parts = try parts(call)
      guard parts[0].rank > 0 else { throw call.error("scalars have no dimension to be joined along (use eb.stack)", .argument) }
      return try call.push(concatenate(parts, axis: call.axis(at: 2, of: parts[0], absent: 1)), self)
    }
    try define("stack") { [unowned self] call in
      let parts = try parts(call)
      let axis = try call.axis(call.optionalInteger(2) ?? 1, rank: parts[0].rank + 1)
      guard parts[0].rank < Shape.maximumRank else {
        throw call.error("at most \(Shape.maximumRank) dimensions are possible", .argument)
      }
      return try call.push(stack(parts, axis: axis), self)
    }
    // Pieces of one size, the last maybe smaller, or of the sizes in a table.
    try defineMember("split") { [unowned self] call in
      try call.expect(2...3)
      let x = try call.tensor(1, self)
      let axis = try call.axis(at: 3, of: x, absent: 1)
      let n = x.shape[axis]
      var sizes: [Int]
      if call.type(2) == .table {
        sizes = try call.integers(at: 2, "size")
        guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(0, +) == n else {
          throw call.error("the sizes \(sizes) do not add up to \(n), the size of dimension \(axis + 1)", .argument)
        }
      } else {
        let size = try call.integer(2)
        guard size > 0 else { throw call.error("expected a size of at least 1, got \(size)", .argument) }
        sizes = stride(from: 0, to: n, by: size).map { Swift.min(size, n - $0) }
      }
      return try push(pieces: sizes, of: x, axis, call)
    }
    // Sizes that differ by one at most, the larger ones first, as NumPy's array_split.
    try defineMember("chunk") { [unowned self] call in
      try call.expect(2...3)
      let x = try call.tensor(1, self)
      let count = try call.integer(2)
      let axis = try call.axis(at: 3, of: x, absent: 1)
      // More pieces than elements are empty; a table of billions of them is nobody's wish.
      guard count > 0, count <= Swift.max(x.shape[axis], 1 << 20) else {
        throw call.error("expected a count from 1 to the size of the dimension, which is \(x.shape[axis]), got \(count)", .argument)
      }
      let (size, larger) = x.shape[axis].quotientAndRemainder(dividingBy: count)
      return try push(pieces: (0..<count).map { $0 < larger ? size + 1 : size }, of: x, axis, call)
    }
    try installPadding()
  }

  private func parts(_ call: LuaCall) throws -> [Tensor] {
    try call.expect(1...2)
    try call.expectTable(1)
    let parts = try (0..<call.stack.rawLength(at: 1)).map { i in
      try call.stack.rawGet(i + 1, from: 1)
      defer { call.stack.pop() }
      if let tensor = tensors.value(on: call.stack, at: -1) { return tensor }
      if let number = call.stack.number(at: -1) { return try Tensor(.full(.scalar, number, engine.defaultFloat)) }
      throw call.error("entry \(i + 1): expected tensor, got \(call.stack.typeName(at: -1))", .argument)
    }
    guard !parts.isEmpty else { throw call.error("expected a table of tensors, got an empty one", .argument) }
    return parts
  }

  private func push(pieces sizes: [Int], of x: Tensor, _ axis: Int, _ call: LuaCall) throws -> Int {
    try call.stack.pushTable(array: sizes.count)
    var start = 0
    for (i, size) in sizes.enumerated() {
      try push(x.slice(axis, from: start, count: size), to: call.stack)
      try call.stack.rawSet(i + 1, in: -2)
      start += size
    }
    return 1
  }

  // pad{ {before, after}, … } names dimensions from the first, as NumPy; pad{left, right, top, bottom, …} from the last, as PyTorch;
  // pad(n) means n on every side.
  private func installPadding() throws {
    try defineMember("pad") { [unowned self] call in
      try call.expect(2...3)
      let x = try call.tensor(1, self)
      let (low, high) = try borders(call, x.rank)
      if let huge = (low + high).first(where: { $0.magnitude > Int32.max }) {
        throw call.error("a border of \(huge) is larger than any dimension can be", .argument)
      }
      for (axis, size) in x.shape.enumerated() where size + low[axis] + high[axis] < 0 || -low[axis] > size || -high[axis] > size {
        throw call.error("\(low[axis]) and \(high[axis]) cut more than dimension \(axis + 1) of \(x.shape) has", .argument)
      }
      // The value may stand in the table of sizes or in one of its own.
      let place = call.isNil(3) && call.type(2) == .table ? 2 : 3
      let fill = try Options(call, place, known: ["value"], self).number("value") ?? 0
      let padded = try x.padded(low: low, high: high)
      if fill == 0 { return try call.push(padded, self) }
      let inside = try Tensor(.full(x.shape, 1, .bool)).padded(low: low, high: high)
      return try call.push(select(inside, padded, .number(fill, meeting: x, in: "pad")), self)
    }
  }

  private func borders(_ call: LuaCall, _ rank: Int) throws -> (low: [Int], high: [Int]) {
    let none = [Int](repeating: 0, count: rank)
    if call.type(2) == .number {
      let n = try call.integer(2)
      return (none.map { _ in n }, none.map { _ in n })
    }
    try call.expectTable(2)
    var (low, high) = (none, none)
    let stack = call.stack
    let count = stack.rawLength(at: 2)
    let first = try stack.rawGet(1, from: 2)
    stack.pop()
    guard first == .table else {
      let sizes = try call.integers(at: 2, "size")
      guard count % 2 == 0, count / 2 <= rank else {
        throw call.error(
          "\(count) sizes for \(rank) dimensions; expected two for each, those of the last dimension first", .argument)
      }
      for i in 0..<(count / 2) { (low[rank - 1 - i], high[rank - 1 - i]) = (sizes[2 * i], sizes[2 * i + 1]) }
      return (low, high)
    }
    guard count <= rank else { throw call.error("\(count) pairs for \(rank) dimensions", .argument) }
    for axis in 0..<count {
      try stack.rawGet(axis + 1, from: 2)
      defer { stack.pop() }
      guard let pair = try [Int].read(from: stack, at: -1), pair.count == 2 else {
        throw call.error("entry \(axis + 1): expected {before, after}", .argument)
      }
      (low[axis], high[axis]) = (pair[0], pair[1])
    }
    return (low, high)
  }
}
