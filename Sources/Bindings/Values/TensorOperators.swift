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
  let library = Unmanaged<Library>.fromOpaque(context!).takeUnretainedValue()
  let code = PointwiseCode(rawValue: UInt8(truncatingIfNeeded: operation))!
  do throws(TensorError) {
    let value: Tensor
    if code.arity == 1 {
      guard let a else { return AnyLuaBoxType.TinyAnswer.general.rawValue }
      value = try unary(code, a.assumingMemoryBound(to: Tensor.self).pointee)
    } else if let a, let b {
      value = try arithmetic(code, a.assumingMemoryBound(to: Tensor.self).pointee, b.assumingMemoryBound(to: Tensor.self).pointee)
    } else if let a {
      let tensor = a.assumingMemoryBound(to: Tensor.self)
      value = try arithmetic(code, tensor.pointee, .number(y, meeting: tensor.pointee, in: code.name))
    } else if let b {
      let tensor = b.assumingMemoryBound(to: Tensor.self)
      value = try arithmetic(code, .number(x, meeting: tensor.pointee, in: code.name), tensor.pointee)
    } else {
      return AnyLuaBoxType.TinyAnswer.general.rawValue
    }
    if let bytes = value.array?.claimBytes(), bytes > 0 { library.state.noteExternalBytes(bytes) }
    result.initializeMemory(as: Tensor.self, to: value)
    return AnyLuaBoxType.TinyAnswer.done.rawValue
  } catch {
    library.state.fail(error)
    return AnyLuaBoxType.TinyAnswer.failed.rawValue
  }
}
