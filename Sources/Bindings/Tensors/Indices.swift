import Autodiff
import LuaHost

/// How Lua names parts of tensors: `x[2]`, `x[{2, -1}]`, `x[{ {1, 3}, {} }]`, `x[mask]`, `x[ids]`. Numbering ends here: what goes on
/// counts from 0.
enum TensorIndex {
  /// One part a dimension.
  case parts([Selection])
  /// The elements, or rows, where a bool tensor is true.
  case mask(Tensor)

  /// Reads the index at a place of the stack.
  /// - Throws: `index: …` for positions outside a dimension, more parts than dimensions, and things that are no index.
  init(_ call: LuaCall, at index: Int, of shape: Shape, _ library: Library) throws {
    let stack = call.stack
    if let tensor = library.tensors.value(on: stack, at: index), tensor.dtype == .bool {
      guard tensor.rank > 0, tensor.rank <= shape.rank, shape.prefix(tensor.rank).elementsEqual(tensor.shape) else {
        throw IndexError.invalid(
          "a mask of shape \(tensor.shape) does not fit a tensor of shape \(shape); its dimensions must be the first ones of the tensor"
        )
      }
      self = .mask(tensor)
      return
    }
    var parts: [Selection] = []
    if stack.type(at: index) == .table {
      let count = stack.rawLength(at: index)
      guard count <= shape.rank else { throw IndexError.tooMany(count, shape) }
      for axis in 0..<count {
        try stack.rawGet(axis + 1, from: index)
        defer { stack.pop() }
        parts.append(try Selection(stack, at: stack.top, axis: axis, size: shape[axis], library))
      }
    } else {
      guard shape.rank > 0 else { throw IndexError.tooMany(1, shape) }
      parts.append(try Selection(stack, at: index, axis: 0, size: shape[0], library))
    }
    for axis in parts.count..<shape.rank { parts.append(.range(start: 0, count: shape[axis], step: 1)) }
    self = .parts(parts)
  }
}

private enum IndexError {
  static func invalid(_ sentence: String) -> LuaError { LuaError(.argument, "index: \(sentence)") }

  static func tooMany(_ count: Int, _ shape: Shape) -> LuaError {
    shape.rank == 0
      ? invalid("a scalar has no entries (use x:item())")
      : invalid("\(count) entries for a tensor of shape \(shape), which has \(shape.rank) dimension\(shape.rank == 1 ? "" : "s")")
  }
}

extension Selection {
  fileprivate init(_ stack: LuaStack, at index: Int, axis: Int, size: Int, _ library: Library) throws {
    if let position = stack.integer(at: index) {
      self = .position(try Selection.position(position, axis, size))
      return
    }
    if let tensor = library.tensors.value(on: stack, at: index) {
      if tensor.dtype == .bool {
        guard tensor.shape == [size] else {
          throw IndexError.invalid("a mask of shape \(tensor.shape) for dimension \(axis + 1), which has size \(size)")
        }
        self = .positions(try Tensor(tensor.numbers(for: "mask").positionsOfTrue()))
      } else {
        self = .positions(try bind(Positions(size: size, dimension: axis + 1), tensor))
      }
      return
    }
    guard stack.type(at: index) == .table else {
      let got = stack.number(at: index).map { "\($0)" } ?? stack.typeName(at: index)
      throw IndexError.invalid(
        "expected a whole number, a range {first, last}, {} for all, or a tensor for dimension \(axis + 1), got \(got)")
    }
    let count = stack.rawLength(at: index)
    if count == 0 {
      self = .range(start: 0, count: size, step: 1)
      return
    }
    var ends: [Int] = []
    for i in 1...count {
      try stack.rawGet(i, from: index)
      defer { stack.pop() }
      guard let end = stack.integer(at: -1) else { throw Selection.rangeError(axis) }
      ends.append(end)
    }
    guard ends.count == 2 || ends.count == 3, ends.count == 2 || ends[2] != 0 else { throw Selection.rangeError(axis) }
    // Numbers beyond every size are all alike; limited, they can be added.
    let limited = ends.map { Swift.min(Swift.max($0, -1 << 40), 1 << 40) }
    let step = limited.count == 3 ? limited[2] : 1
    // As a numeric for of Lua: an end before the first gives nothing, and only places that are taken must exist.
    let first = limited[0] < 0 ? limited[0] + size + 1 : limited[0]
    let last = limited[1] < 0 ? limited[1] + size + 1 : limited[1]
    let taken = Swift.max(0, (last - first) / step + 1)
    if (last - first).signum() == -step.signum() {
      self = .range(start: 0, count: 0, step: 1)
      return
    }
    _ = try Selection.position(ends[0], axis, size)
    _ = try Selection.position(ends[1], axis, size)
    self = .range(start: first - 1, count: taken, step: step)
  }

  private static func rangeError(_ axis: Int) -> LuaError {
    IndexError.invalid(
      "a range is {first, last} or {first, last, step} with whole numbers; dimension \(axis + 1) has something else")
  }

  /// A position counted from 1 or from the end as one from 0.
  static func position(_ position: Int, _ axis: Int, _ size: Int) throws(TensorError) -> Int {
    let resolved = position > 0 ? position - 1 : position + size
    guard position != 0, (0..<size).contains(resolved) else {
      throw .index("index", index: position, size: size, dimension: axis + 1)
    }
    return resolved
  }
}

/// Positions as users count them, from 1 or from the end, turned into int32 positions from 0. An operation of its own so that
/// positions which differ from lane to lane are checked, too.
struct Positions: ConstantPrimitive {
  let size: Int
  let dimension: Int
  var name: String { "index" }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    guard x[0].dtype != .bool else { throw .dtype(name, got: .bool, expected: "whole numbers") }
    return [Spec(x[0].shape, .int32)]
  }

  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] {
    // int32 positions that all count from 1 need one subtraction.
    if x[0].dtype == .int32, x[0].count > 0 {
      let axes = Array(0..<x[0].rank)
      let (least, most) = (try x[0].reduced(.min, over: axes).double(at: 0), try x[0].reduced(.max, over: axes).double(at: 0))
      if least >= 1, most <= Double(size) { return [try .pointwise(.sub, x[0], NDArray(Int32(1)))] }
    }
    var positions: [Int32] = []
    positions.reserveCapacity(x[0].count)
    for value in try x[0].doubles() {
      guard let whole = Int(exactly: value) else { throw .invalid(name, "expected whole numbers as positions, got \(value)") }
      positions.append(Int32(try Selection.position(whole, dimension - 1, size)))
    }
    return [try NDArray(positions, shape: x[0].shape)]
  }

  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] { [try bind(self, x[0])] }
}
