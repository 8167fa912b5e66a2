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
      try call.expect(3...3)
      let x = try call.tensor(1, self)
      let index = try TensorIndex(call, at: 2, of: x.shape, self)
      return try call.push(replacing(index, of: x, with: value(call, 3, for: x)), self)
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
