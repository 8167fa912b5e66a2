import Autodiff
import LuaHost

/// Shapes and places of elements: no arithmetic happens here, and most results share their storage.
extension Library {
  func installLayout() throws {
    for name in ["reshape", "view"] {
      try defineMember(name) { [unowned self] call in
        let x = try call.tensor(1, self)
        return try call.push(x.reshaped(target(call, x)), self)
      }
    }
    try defineMember("t", upTo: 1) { x, call in
      guard x.rank <= 2 else {
        throw call.error("expected at most two dimensions, got shape \(x.shape) (use transpose(a, b) or permute)", .argument)
      }
      return x.rank == 2 ? try x.matrixTransposed() : x
    }
    try defineMember("transpose", upTo: 3) { x, call in
      if call.count == 1 {
        guard x.rank >= 2 else { throw call.error("expected two dimensions, got shape \(x.shape)", .argument) }
        return try x.matrixTransposed()
      }
      var order = x.allAxes
      order.swapAt(try call.axis(at: 2, of: x), try call.axis(at: 3, of: x))
      return try x.permuted(order)
    }
    try defineMember("permute") { [unowned self] call in
      let x = try call.tensor(1, self)
      let (dimensions, _) = try call.sizes(from: 2, "dimension")
      let order = try dimensions.map { try call.axis($0, rank: x.rank) }
      guard order.sorted() == x.allAxes else {
        throw call.error("\(dimensions) does not name each of the \(x.rank) dimensions once", .argument)
      }
      return try call.push(x.permuted(order), self)
    }
    try installSizesOfOne()
    try installTriangles()
    try installCopies()
  }

  // A shape with at most one −1, which stands for what is left.
  private func target(_ call: LuaCall, _ x: Tensor) throws -> Shape {
    var (sizes, _) = try call.sizes(from: 2, "size")
    let open = sizes.indices.filter { sizes[$0] == -1 }
    guard open.count <= 1 else { throw call.error("only one size may be -1, got \(sizes)", .argument) }
    if let place = open.first {
      let rest = sizes.reduce(-1, &*)
      guard rest > 0, x.count % rest == 0 else {
        throw call.error("\(x.shape) has \(x.count) elements, which \(sizes) does not divide", .argument)
      }
      sizes[place] = x.count / rest
    }
    let target = try Shape.checked(sizes, operation: call.name)
    guard target.elementCount == x.count else {
      throw call.error(
        "\(x.shape) has \(x.count) elements and \(target) has \(target.elementCount); they must be equal", .argument)
    }
    return target
  }

  private func installSizesOfOne() throws {
    try defineMember("squeeze", upTo: 2) { x, call in
      if call.isNil(2) { return try x.reshaped(Shape(x.shape.filter { $0 != 1 })) }
      let dimensions = try call.type(2) == .table ? call.integers(at: 2, "dimension") : [call.integer(2)]
      let axes = Set(try dimensions.map { try call.axis($0, rank: x.rank) }).sorted()
      for axis in axes where x.shape[axis] != 1 {
        throw call.error("dimension \(axis + 1) of \(x.shape) has size \(x.shape[axis]), not 1", .argument)
      }
      return try x.reshaped(x.shape.removing(axes))
    }
    try defineMember("unsqueeze", upTo: 2) { x, call in
      let axis = try call.axis(call.integer(2), rank: x.rank + 1)
      return try x.reshaped(.checked(Array(x.shape.prefix(axis)) + [1] + x.shape.dropFirst(axis), operation: "unsqueeze"))
    }
    // −1 keeps a size, as in PyTorch.
    try defineMember("expand") { [unowned self] call in
      let x = try call.tensor(1, self)
      var (sizes, _) = try call.sizes(from: 2, "size")
      let shift = sizes.count - x.rank
      for i in sizes.indices where sizes[i] == -1 && i >= shift && shift >= 0 { sizes[i] = x.shape[i - shift] }
      return try call.push(x.broadcast(to: .checked(sizes, operation: "expand")), self)
    }
    try defineMember("flatten", upTo: 3) { x, call in
      if x.rank == 0 { return try x.reshaped([1]) }
      let (first, last) = (try call.axis(at: 2, of: x, absent: 1), try call.axis(at: 3, of: x, absent: -1))
      guard first <= last else { throw call.error("dimension \(first + 1) comes after \(last + 1)", .argument) }
      let merged = x.shape[first...last].reduce(1, *)
      return try x.reshaped(.checked(Array(x.shape[..<first]) + [merged] + x.shape[(last + 1)...], operation: "flatten"))
    }
    try defineMember("flip", upTo: 2) { x, call in
      if call.isNil(2) { return try x.flipped(x.allAxes) }
      let dimensions = try call.type(2) == .table ? call.integers(at: 2, "dimension") : [call.integer(2)]
      return try x.flipped(Set(dimensions.map { try call.axis($0, rank: x.rank) }).sorted())
    }
  }

  private func installTriangles() throws {
    for name in ["tril", "triu"] {
      try defineMember(name, upTo: 2) { x, call in
        guard x.rank >= 2 else { throw call.error("expected at least two dimensions, got shape \(x.shape)", .argument) }
        return try x.triangle(lower: name == "tril", offset: call.diagonal(2, of: x))
      }
    }
    try defineMember("diag", upTo: 2) { x, call in
      guard x.rank > 0 else { throw call.error("expected a vector or a matrix, got a scalar", .argument) }
      guard x.rank == 1 else { return try x.diagonal(offset: call.diagonal(2, of: x)) }
      let offset = try call.optionalInteger(2) ?? 0
      guard offset.magnitude <= Int32.max else { throw call.error("no matrix is large enough for diagonal \(offset)", .argument) }
      let (before, after) = (Swift.max(0, -offset), Swift.max(0, offset))
      return try x.diagonalMatrix().padded(low: [before, after], high: [after, before])
    }
  }

  private func installCopies() throws {
    try defineMember("clone", upTo: 1) { x, _ in try x.cloned() }
    try defineMember("detach", upTo: 1) { x, _ in try stopGradient(x) }
    try defineMember("cast", upTo: 2) { x, call in
      let name = try call.string(2)
      guard let dtype = DType(name: name) else {
        let known = DType.allCases.map(\.description)
        throw call.error(
          "expected one of \(known.map { "'\($0)'" }.joined(separator: ", ")), got '\(name)'" + suggestion(for: name, among: known),
          .argument)
      }
      return try x.cast(to: dtype)
    }
  }
}

extension LuaCall {
  // Which diagonal of the matrices of `x` an argument means, the main one if none; all beyond the last elements are alike.
  fileprivate func diagonal(_ index: Int, of x: Tensor) throws -> Int {
    let offset = try optionalInteger(index) ?? 0
    return Swift.min(Swift.max(offset, -x.shape[x.rank - 2]), x.shape[x.rank - 1])
  }
}
