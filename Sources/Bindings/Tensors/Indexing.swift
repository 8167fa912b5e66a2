import Autodiff
import LuaHost

/// Reading parts of tensors: `x[i]`, `x:index(dim, ids)`, and the functional way to replace them, `x:put(index, v)`.
extension Library {
  func installIndexing() throws {
    try tensors.index { [unowned self] call in
      if let key = call.stack.string(at: 2) { throw unknownMember(key, of: tensors) }
      let x = try call.tensor(1, self)
      if let index = call.stack.integer(at: 2), x.rank > 0 {
        return try call.push(x.row(Selection.position(index, 0, x.shape[0])).asReadOnly(), self)
      }
      return try call.push(read(TensorIndex(call, at: 2, of: x.shape, self), of: x).asReadOnly(), self)
    }
    try defineMember("index") { [unowned self] call in
      try call.expect(3...3)
      let x = try call.tensor(1, self)
      let axis = try call.axis(at: 2, of: x)
      let positions = try positions(call, 3, axis: axis, size: x.shape[axis])
      return try call.push(x.gathered(positions, axis: axis), self)
    }
    try defineMember("put") { [unowned self] call in
      try call.expect(3...4)
      let x = try call.tensor(1, self)
      let index = try TensorIndex(call, at: 2, of: x.shape, self)
      let accumulates = try Options(call, 4, known: ["accumulate"], self, allNamed: true).bool("accumulate") ?? false
      let value = try value(call, 3, for: x)
      return try call.push(accumulates ? adding(value, at: index, of: x) : replacing(index, of: x, with: value), self)
    }
    try installElementsAtPositions()
  }

  // Element by element along one dimension, as PyTorch names them: gather reads, scatter_add adds; index_add adds whole slices.
  private func installElementsAtPositions() throws {
    try defineMember("gather") { [unowned self] call in
      try call.expect(3...3)
      let x = try call.tensor(1, self)
      let axis = try call.axis(at: 2, of: x)
      let positions = try elementPositions(call, 3, of: x, axis)
      for other in x.shape.indices where other != axis && ![1, x.shape[other]].contains(positions.shape[other]) {
        throw call.error(
          "positions of shape \(positions.shape) for a tensor of shape \(x.shape); sizes must be equal, or 1, in all dimensions but "
            + "\(axis + 1)", .argument)
      }
      return try call.push(x.taking(positions, axis: axis), self)
    }
    try defineMember("scatter_add") { [unowned self] call in
      try call.expect(4...4)
      let x = try addable(call)
      let axis = try call.axis(at: 2, of: x)
      let positions = try elementPositions(call, 3, of: x, axis)
      let values = try value(call, 4, for: x)
      guard positions.shape.replacing(axis, with: x.shape[axis]) == x.shape else {
        throw call.error(
          "positions of shape \(positions.shape) for a tensor of shape \(x.shape); sizes must be equal in all dimensions but \(axis + 1)",
          .argument)
      }
      guard values.rank == 0 || values.shape == positions.shape else {
        throw call.error("values of shape \(values.shape) for positions of shape \(positions.shape); they must be equal", .argument)
      }
      return try call.push(x.addingElements(values.broadcast(to: positions.shape), at: positions, axis: axis), self)
    }
    try defineMember("index_add") { [unowned self] call in
      try call.expect(4...4)
      let x = try addable(call)
      let axis = try call.axis(at: 2, of: x)
      let positions = try positions(call, 3, axis: axis, size: x.shape[axis])
      let values = try value(call, 4, for: x)
      let sizes = Array(x.shape[..<axis]) + Array(positions.shape) + Array(x.shape[(axis + 1)...])
      let part = try Shape.checked(sizes, operation: call.name)
      guard try values.shape.broadcast(with: part, operation: call.name) == part else {
        throw call.error("values of shape \(values.shape) do not fit the part of the tensor, which has shape \(part)", .argument)
      }
      return try call.push(x + values.broadcast(to: part).scattered(positions, axis: axis, size: x.shape[axis]), self)
    }
  }

  private func addable(_ call: LuaCall) throws -> Tensor {
    let x = try call.tensor(1, self)
    guard x.dtype != .bool else { throw TensorError.dtype(call.name, got: .bool, expected: "a number type") }
    return x
  }

  // Positions for single elements: a tensor with as many dimensions as x.
  private func elementPositions(_ call: LuaCall, _ index: Int, of x: Tensor, _ axis: Int) throws -> Tensor {
    let positions = try call.tensor(index, self)
    guard positions.rank == x.rank else {
      throw call.error(
        "positions of shape \(positions.shape) for a tensor of shape \(x.shape); they need as many dimensions (x:index takes whole "
          + "slices)", .argument)
    }
    return try bind(Positions(size: x.shape[axis], dimension: axis + 1), positions)
  }

  private func adding(_ value: Tensor, at index: TensorIndex, of x: Tensor) throws(TensorError) -> Tensor {
    guard x.dtype != .bool else { throw .dtype("put", got: .bool, expected: "a number type to accumulate in") }
    switch index {
    case .parts(let parts): return try x.adding(value, to: parts)
    case .mask(let mask): return try x.adding(value, where: mask)
    }
  }

  /// The part of a tensor at an index.
  func read(_ index: TensorIndex, of x: Tensor) throws(TensorError) -> Tensor {
    switch index {
    case .parts(let parts): try x.selecting(parts)
    case .mask(let mask): try x.selecting(where: mask)
    }
  }

  /// A tensor with the part at an index replaced.
  func replacing(_ index: TensorIndex, of x: Tensor, with value: Tensor) throws(TensorError) -> Tensor {
    switch index {
    case .parts(let parts): try x.replacing(parts, with: value)
    case .mask(let mask): try x.replacing(where: mask, with: value)
    }
  }

  /// A value that is to stand in `x`: a number, boolean or tensor that takes the dtype of `x`.
  func value(_ call: LuaCall, _ index: Int, for x: Tensor) throws -> Tensor {
    if let flag = call.stack.bool(at: index) {
      guard x.dtype == .bool else { throw call.error("a boolean does not fit a \(x.dtype) tensor", .argument) }
      return try Tensor(NDArray(flag))
    }
    let value = try call.tensor(index, meeting: x, self)
    let fits = value.dtype.isFloat && x.dtype.isFloat || value.dtype.promoted(with: x.dtype) == x.dtype
    guard fits else {
      throw call.error("a \(value.dtype) value does not fit a \(x.dtype) tensor (convert it with :cast(\"\(x.dtype)\"))", .argument)
    }
    return try value.cast(to: x.dtype)
  }

  // Positions along one dimension: a tensor of whole numbers, a table of them, or a number.
  private func positions(_ call: LuaCall, _ index: Int, axis: Int, size: Int) throws -> Tensor {
    if let tensor = tensors.value(on: call.stack, at: index) {
      if tensor.dtype == .bool {
        guard tensor.shape == [size] else {
          throw call.error("a mask of shape \(tensor.shape) for dimension \(axis + 1), which has size \(size)", .argument)
        }
        return try Tensor(tensor.numbers(for: call.name).positionsOfTrue())
      }
      return try bind(Positions(size: size, dimension: axis + 1), tensor)
    }
    if call.type(index) == .number {
      return try Tensor(NDArray(Int32(Selection.position(call.integer(index), axis, size))))
    }
    let ids = try call.integers(at: index, "position").map { (id) throws in Int32(try Selection.position(id, axis, size)) }
    return try Tensor(NDArray(ids, shape: [ids.count]))
  }
}
