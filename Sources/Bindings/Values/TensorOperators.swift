import Autodiff
import LuaHost

/// The tiny path: operators and element-wise functions of tensors in memory go from C straight to the kernel.
extension Library {
  func installTensorOperators() throws {
    tensors.setTiny(context: Unmanaged.passUnretained(self).toOpaque(), tinyOperation)
    let binary: [(LuaMetamethod, PointwiseCode, String)] = [
      (.add, .add, "add"), (.subtract, .sub, "sub"), (.multiply, .mul, "mul"), (.divide, .div, "div"), (.power, .pow, "pow"),
      (.modulo, .mod, "mod"), (.floorDivide, .floordiv, "floordiv"),
    ]
    for (event, code, label) in binary {
      try tensors.tinyMetamethod(event, label: label, operation: Int32(code.rawValue), general: general(code, label))
    }
    try tensors.tinyMetamethod(.negate, label: "neg", operation: Int32(PointwiseCode.neg.rawValue), general: general(.neg, "neg"))
    let comparison: [(LuaMetamethod, String)] = [(.less, "lt (or gt)"), (.lessOrEqual, "le (or ge)")]
    for (event, method) in comparison {
      try tensors.metamethod(event, label: "compare") { call in
        throw call.error("< and <= cannot compare tensors in Lua; use the methods x:\(method), which give bool tensors")
      }
    }
  }

  /// The general form of an operator: the tiny entry does the work for tensors and numbers; anything else is refused here.
  func general(_ code: PointwiseCode, _ label: String) throws -> LuaFunction {
    try state.makeFunction(label) { [unowned self] call in
      if code.arity == 1 { return try call.push(unary(code, call.tensor(1, self)), self) }
      if try isTree(call.stack, at: 1) || isTree(call.stack, at: 2) { return try push(combine(call, code), from: call) }
      let (a, b) = try self.pair(call)
      return try call.push(arithmetic(code, a, b), self)
    }
  }

  /// Two operands of which at least one is a tensor; a number takes the other's dtype.
  func pair(_ call: LuaCall) throws -> (Tensor, Tensor) {
    if let a = tensors.value(on: call.stack, at: 1) { return (a, try call.tensor(2, meeting: a, self)) }
    let b = try call.tensor(2, self)
    return (try call.tensor(1, meeting: b, self), b)
  }
}

// Called from C with no Lua API in reach: payloads are tensors, a missing one stands for the number beside it.
private let tinyOperation: AnyLuaBoxType.Tiny = { context, operation, a, x, b, y, result, flags in
  let state = Unmanaged<Library>.fromOpaque(context!)._withUnsafeGuaranteedRef { $0.state }
  let first = UnsafePointer(a?.assumingMemoryBound(to: Tensor.self))
  let second = UnsafePointer(b?.assumingMemoryBound(to: Tensor.self))
  var code = PointwiseCode(rawValue: UInt8(truncatingIfNeeded: operation))!
  // The square has the bits of the power and a far simpler derivative.
  if code == .pow, second == nil, y == 2, first!.pointee.dtype.isFloat { code = .square }
  let place = result.assumingMemoryBound(to: Tensor.self)
  do throws(TensorError) {
    var bytes = try immediate(code, first, x, second, y, into: place)
    if bytes == nil {
      guard let value = try general(code, first, x, second, y) else { return AnyLuaBoxType.TinyAnswer.general.rawValue }
      bytes = value.claimBytes()
      place.initialize(to: value)
    }
    if let bytes, bytes > 0 { state.noteExternalBytes(bytes) }
    return AnyLuaBoxType.TinyAnswer.done.rawValue
  } catch {
    state.fail(error)
    return AnyLuaBoxType.TinyAnswer.failed.rawValue
  }
}

@inline(__always)
private func immediate(
  _ code: PointwiseCode, _ a: UnsafePointer<Tensor>?, _ x: Double, _ b: UnsafePointer<Tensor>?, _ y: Double,
  into result: UnsafeMutablePointer<Tensor>
) throws(TensorError) -> Int? {
  if let a {
    return code.arity == 1 || b != nil
      ? try Tensor.immediate(code, a, code.arity == 1 ? nil : b, into: result)
      : try Tensor.immediate(code, a, number: y, isFirst: false, into: result)
  }
  guard let b else { return nil }
  return try Tensor.immediate(code, b, number: x, isFirst: true, into: result)
}

// Traced, large and mixed operands; nil when there is no tensor among them.
private func general(
  _ code: PointwiseCode, _ a: UnsafePointer<Tensor>?, _ x: Double, _ b: UnsafePointer<Tensor>?, _ y: Double
) throws(TensorError) -> Tensor? {
  switch (a?.pointee, b?.pointee) {
  case (let a?, _) where code.arity == 1: try unary(code, a)
  case (let a?, let b?): try arithmetic(code, a, b)
  case (let a?, nil): try arithmetic(code, a, .number(y, meeting: a, in: code.name))
  case (nil, let b?): try arithmetic(code, .number(x, meeting: b, in: code.name), b)
  case (nil, nil): nil
  }
}
