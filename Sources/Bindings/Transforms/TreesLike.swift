import Autodiff
import LuaHost

/// Reading what has to be a tree like another one: tangents and cotangents that scripts hand over, and what their rules return.
struct TreeLike {
  /// The tree that is to be matched.
  let model: TreeShape
  /// Its leaves' specs, of which dtypes are converted to or insisted on.
  let specs: [Spec]
  /// Whether another float type is an error instead of being converted.
  let isStrict: Bool
  /// The error for a place (empty: the whole), what stands there and what was expected.
  let failure: (_ path: String, _ got: String, _ expected: String) -> any Error

  /// The leaves of the tree at an index of the stack; nil for zero, which is written as false, or as nil for the whole.
  func read(_ stack: LuaStack, at index: Int, _ library: Library) throws -> [Tensor?] {
    var leaves: [Tensor?] = []
    if stack.isNil(at: index) { return specs.map { _ in nil } }
    try read(stack, stack.absolute(index), model, "", &leaves, library)
    return leaves
  }

  private func read(
    _ stack: LuaStack, _ index: Int, _ shape: TreeShape, _ path: String, _ leaves: inout [Tensor?], _ library: Library
  ) throws {
    if stack.bool(at: index) == false {
      leaves += [Tensor?](repeating: nil, count: shape.leafCount)
      return
    }
    switch shape {
    case .constant: return
    case .leaf: leaves.append(try leaf(stack, index, specs[leaves.count], path, library))
    case .table(let entries):
      guard stack.type(at: index) == .table else { throw failure(path, described(stack, index, library), "a table like it") }
      for key in try stack.orderedKeys(at: index) where !entries.contains(where: { $0.key == key }) {
        throw failure(path, "an entry '\(key.text)'", "the keys \(entries.map(\.key.text).joined(separator: ", "))")
      }
      try stack.reserve(4)
      for (key, child) in entries where child.leafCount > 0 {
        try stack.rawGet(key, from: index)
        defer { stack.pop() }
        let inner = path.isEmpty ? key.text : path + "." + key.text
        if stack.isNil(at: -1) { throw failure(inner, "nothing", "a \(child.kindOfPart) (false for zero)") }
        try read(stack, stack.top, child, inner, &leaves, library)
      }
    }
  }

  private func leaf(_ stack: LuaStack, _ index: Int, _ expected: Spec, _ path: String, _ library: Library) throws -> Tensor? {
    // What is no float does not move.
    if isStrict, !expected.dtype.isFloat { return nil }
    if let number = stack.number(at: index), expected.shape.rank == 0 { return try .scalar(number, expected.dtype) }
    let tensor = library.tensors.value(on: stack, at: index)
    guard isStrict else {
      guard let tensor, tensor.shape == expected.shape else {
        throw failure(path, tensor.map { "\($0.shape)" } ?? described(stack, index, library), "shape \(expected.shape)")
      }
      return try tensor.cast(to: expected.dtype)
    }
    guard let tensor, tensor.spec == expected else { throw failure(path, described(stack, index, library), "\(expected)") }
    return tensor
  }

  private func described(_ stack: LuaStack, _ index: Int, _ library: Library) -> String {
    library.tensors.value(on: stack, at: index).map { "\($0.spec)" } ?? "a \(stack.typeName(at: index))"
  }
}

extension TreeShape {
  fileprivate var kindOfPart: String {
    if case .leaf = self { return "tensor" }
    return "tree"
  }
}

extension Library {
  /// A value of the stack that is a tree like another one: same keys, and leaves with the same shapes; dtypes are converted. nil for
  /// zero. `what` names it in messages, the argument at that index unless given.
  func movement(of model: Tree, _ call: LuaCall, _ index: Int, _ what: String? = nil) throws -> [Tensor?] {
    let reader = TreeLike(model: model.shape, specs: model.leaves.map(\.spec), isStrict: false) { path, got, expected in
      call.error(
        "\(what ?? "argument \(index)"): expected \(expected)\(path.isEmpty ? "" : " at '\(path)'"), got \(got)", .argument)
    }
    return try reader.read(call.stack, at: index, self)
  }

  /// The same, which has to be given, with zeros where it says false.
  func like(_ model: Tree, _ call: LuaCall, _ index: Int, _ what: String? = nil) throws -> Tree {
    guard call.type(index) != .none else { throw call.error("argument \(index) is missing", .argument) }
    var leaves: [Tensor] = []
    for (leaf, value) in zip(try movement(of: model, call, index, what), model.leaves) {
      leaves.append(try leaf ?? .zeros(value.spec))
    }
    return Tree(leaves: leaves, shape: model.shape)
  }
}
