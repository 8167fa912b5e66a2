import Autodiff
import LuaHost

/// Writing in place: `x[i] = v` and the methods that end in `_`. They change this tensor and nothing else, because storage that
/// anybody shares is copied first.
extension Library {
  func installWriting() throws {
    try tensors.metamethod(.newIndex, label: "x[…] = v") { [unowned self] call in
      if let key = call.stack.string(at: 2) {
        throw call.error("a tensor has no field '\(key)' that could be set")
      }
      let x = try writable(call)
      let index = try TensorIndex(call, at: 2, of: x.shape, self)
      let value = try value(call, 3, for: x)
      try expectKnown(value, call)
      if case .parts(let parts) = index, !parts.contains(where: \.isComputed) {
        try change(call) { (array) throws(TensorError) in try array.assign(value.numbers(for: call.name), to: parts) }
      } else {
        let written = try replacing(index, of: x, with: value)
        try change(call) { (array) throws(TensorError) in array = try written.numbers(for: call.name) }
      }
      return 0
    }
    for (name, keepsZeroRank) in [("copy_", false), ("fill_", true)] {
      try tensors.method(name) { [unowned self] call in
        try call.expect(2...2)
        let x = try writable(call)
        let value = try value(call, 2, for: x)
        if keepsZeroRank, value.count != 1 { throw call.error("expected one number, got shape \(value.shape)", .argument) }
        try expectKnown(value, call)
        let whole = try value.reshaped(keepsZeroRank ? .scalar : value.shape).broadcast(to: x.shape)
        let parts = x.shape.map { Selection.range(start: 0, count: $0, step: 1) }
        try change(call) { (array) throws(TensorError) in try array.assign(whole.numbers(for: name), to: parts) }
        try call.stack.pushCopy(of: 1)
        return 1
      }
    }
    let combinations: [(String, PointwiseCode)] = [("add_", .add), ("sub_", .sub), ("mul_", .mul), ("div_", .div)]
    for (name, code) in combinations {
      try tensors.method(name) { [unowned self] call in
        try call.expect(2...2)
        let x = try writable(call)
        let value = try value(call, 2, for: x)
        try expectKnown(value, call)
        let result = try arithmetic(code, x, value)
        guard result.shape == x.shape, result.dtype == x.dtype else {
          throw call.error("the result would be \(result.spec), which does not fit into \(x.spec)", .argument)
        }
        try change(call) { (array) throws(TensorError) in array = try result.numbers(for: name) }
        try call.stack.pushCopy(of: 1)
        return 1
      }
    }
  }

  // The tensor that is to change, if it may.
  private func writable(_ call: LuaCall) throws -> Tensor {
    let x = try call.box(1, of: tensors)
    try x.expectPresent(call.name)
    guard watchedCalls == 0, !x.isTraced else { throw insideTransform(call) }
    guard !x.isReadOnly else {
      throw call.error(
        "the result of indexing is read-only; write through the tensor itself, as in x[{1, 2}] = 5, or take a copy with :clone()")
    }
    return x
  }

  private func expectKnown(_ value: Tensor, _ call: LuaCall) throws {
    try value.expectPresent(call.name)
    if value.isTraced { throw insideTransform(call) }
  }

  private func insideTransform(_ call: LuaCall) -> LuaError {
    call.error("a tensor can't be changed inside a transform; make a new one with eb.where(mask, v, x) or x:put(index, v)")
  }

  // Takes the array out of its box, so that it may be the only owner of its storage, and puts it back changed.
  private func change(_ call: LuaCall, _ body: (inout NDArray) throws(TensorError) -> Void) throws {
    guard let box = tensors.pointer(on: call.stack, at: 1), box.pointee.array != nil, var array = box.move().array else {
      throw call.mismatch(1, expected: "tensor")
    }
    defer {
      let bytes = array.claimBytes()
      if bytes > 0 { state.noteExternalBytes(bytes) }
      array.isReadOnly = false
      box.initialize(to: Tensor(array))
    }
    try body(&array)
  }
}

extension Selection {
  fileprivate var isComputed: Bool {
    if case .positions = self { return true }
    return false
  }
}
