import Autodiff
import LuaHost

/// What a tensor says about itself, and its way back to Lua's numbers and tables.
extension Library {
  func installProperties() throws {
    try tensors.property("shape") { [unowned self] call in
      try Array(call.tensor(1, self).shape).push(to: call.stack)
      return 1
    }
    try tensors.property("dtype") { [unowned self] call in try call.push(call.tensor(1, self).dtype.description) }
    try tensors.property("ndim") { [unowned self] call in try call.push(call.tensor(1, self).rank) }
    try tensors.method("numel") { [unowned self] call in try call.push(call.tensor(1, self).count) }
    try tensors.method("item") { [unowned self] call in
      let tensor = try call.tensor(1, self)
      guard tensor.count == 1 else {
        throw call.error("expected a tensor with one element, got shape \(tensor.shape) (use x[i] or x:totable())", .argument)
      }
      return try push(element: 0, of: tensor.numbers(for: "item"), to: call.stack)
    }
    try tensors.method("totable") { [unowned self] call in
      let array = try call.tensor(1, self).numbers(for: "totable").contiguous()
      var next = 0
      return try pushTable(of: array, axis: 0, &next, to: call.stack)
    }
    try tensors.metamethod(.length, label: "#") { [unowned self] call in
      let shape = try call.tensor(1, self).shape
      guard let first = shape.first else { throw call.error("a scalar has no dimension 1") }
      return try call.push(first)
    }
    try tensors.metamethod(.toString) { [unowned self] call in
      let tensor = try call.tensor(1, self)
      // What a recording prints would not be printed again.
      if engine.isStaging, tensor.isTraced { _ = try tensor.numbers(for: call.name) }
      return try call.push(tensor.printed())
    }
    try installIteration()
    try suggestMembers(of: tensors)
  }

  /// Makes reads of unknown members of a box type errors with a suggestion.
  func suggestMembers(of type: AnyLuaBoxType) throws {
    try type.index { call in
      guard let key = call.stack.string(at: 2) else {
        throw call.error("a \(type.name) has no entries of type \(call.stack.typeName(at: 2))")
      }
      throw unknownMember(key, of: type)
    }
  }

  private func installIteration() throws {
    // A stateless iterator, as ipairs has one: the tensor and the last index come back as its arguments.
    let next = try state.makeFunction("iter") { [unowned self] call in
      let (tensor, index) = (try call.tensor(1, self), try call.integer(2))
      guard index < tensor.shape[0] else { return try call.pushNil() }
      try call.push(index + 1)
      return 1 + (try call.push(tensor.row(index).asReadOnly(), self))
    }
    let iter = try state.makeFunction("iter") { [unowned self] call in
      guard try call.tensor(1, self).rank > 0 else { throw call.error("a scalar has no rows") }
      try call.push(next)
      try call.stack.pushCopy(of: 1)
      return 2 + (try call.push(0))
    }
    try tensors.method("iter", iter)
    try tensors.setMetafield(LuaMetamethod.pairs.rawValue, to: .function(iter))
  }

  private func push(element position: Int, of array: NDArray, to stack: LuaStack) throws -> Int {
    let value = array.double(at: position)
    switch array.dtype {
    case .bool: try stack.push(value != 0)
    case .int32: try stack.push(Int(value))
    case .float32, .float64: try stack.push(value)
    }
    return 1
  }

  private func pushTable(of array: NDArray, axis: Int, _ next: inout Int, to stack: LuaStack) throws -> Int {
    if axis == array.rank {
      defer { next += 1 }
      return try push(element: next, of: array, to: stack)
    }
    try stack.reserve(4)
    try stack.pushTable(array: array.shape[axis])
    for i in 0..<array.shape[axis] {
      _ = try pushTable(of: array, axis: axis + 1, &next, to: stack)
      try stack.rawSet(i + 1, in: -2)
    }
    return 1
  }
}

/// The error for a member that does not exist, with the nearest one that does.
func unknownMember(_ key: String, of type: AnyLuaBoxType) -> LuaError {
  var known: [String] = []
  if let names = try? type.memberNames() { known = names.methods + names.properties }
  return LuaError(.runtime, "\(type.name) has no method or field '\(key)'" + suggestion(for: key, among: known))
}

extension Tensor {
  /// What `tostring` gives: a bounded summary where the numbers are known, also under grad and jvp, else dtype and shape.
  func printed(width: Int = 80) throws(TensorError) -> String {
    if isDonated { return "tensor \(dtype) \(shape) (given to a compiled call)" }
    guard let numbers = try? numbers(for: "tostring") else { return "tensor \(dtype) \(shape) (not known inside this transform)" }
    return try numbers.summary(width: width)
  }
}
