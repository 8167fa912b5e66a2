import Autodiff
import LuaHost

/// How tensors cross the border: as boxes in both directions, with Lua numbers accepted where a tensor is expected.
extension LuaCall {
  /// The library of this call's state; its box types are found without a search because closures capture it.
  func tensor(_ index: Int, _ library: Library) throws -> Tensor {
    if let tensor = library.tensors.value(on: stack, at: index) { return tensor }
    if let number = stack.number(at: index) { return try Tensor(.full(.scalar, number, library.engine.defaultFloat)) }
    if let flag = stack.bool(at: index) { return try Tensor(NDArray(flag)) }
    if let number = try library.hostNumber(stack, at: index, meeting: library.engine.defaultFloat, name) { return number }
    throw mismatch(index, expected: "tensor")
  }

  /// A tensor argument, or a number that takes the dtype of `partner`; a boolean where that is bool.
  func tensor(_ index: Int, meeting partner: Tensor, _ library: Library) throws -> Tensor {
    if let tensor = library.tensors.value(on: stack, at: index) { return tensor }
    if let number = stack.number(at: index) { return try .number(number, meeting: partner, in: name) }
    if partner.dtype == .bool, let flag = stack.bool(at: index) { return try Tensor(NDArray(flag)) }
    if let number = try library.hostNumber(stack, at: index, meeting: partner.dtype, name) { return number }
    throw mismatch(index, expected: "tensor or number")
  }

  /// Pushes a tensor as result.
  func push(_ tensor: Tensor, _ library: Library) throws -> Int {
    try library.push(tensor, to: stack)
    return 1
  }
}

extension Library {
  /// Pushes a tensor and tells the collector about its bytes, once a storage; what a tracer keeps alive counts as well.
  func push(_ tensor: Tensor, to stack: LuaStack) throws(LuaError) {
    let tensor = recording?.given(tensor) ?? tensor
    let bytes = tensor.claimBytes()
    if bytes > 0 { state.noteExternalBytes(bytes) }
    try tensors.push(tensor, to: stack)
  }
}

extension Tensor: LuaReadable {
  /// `tensor`
  public static var luaTypeName: String { "tensor" }

  /// The tensor at an index of the stack, or nil if something else is there.
  public static func read(from stack: LuaStack, at index: Int) throws(LuaError) -> Tensor? {
    stack.state.boxType(of: Tensor.self)?.value(on: stack, at: index)
  }
}

extension Tensor: LuaPushable {
  /// Pushes a box with this tensor. The state must have the library.
  public func push(to stack: LuaStack) throws(LuaError) {
    guard let type = stack.state.boxType(of: Tensor.self) else { throw LuaError(.runtime, "the state has no library 'ebbtide'") }
    let bytes = claimBytes()
    if bytes > 0 { stack.state.noteExternalBytes(bytes) }
    try type.push(self, to: stack)
  }
}

// A tensor error that wraps a Lua error passes it on unchanged, so that a script's own error survives every transform around it.
extension TensorError: LuaErrorCarrier {
  /// The Lua error inside, if a callback failed with one.
  public var carriedLuaError: LuaError? {
    switch self {
    case .callback(let error): error as? LuaError
    case .interrupted: .interrupted
    default: nil
    }
  }
}
