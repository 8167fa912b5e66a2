import Autodiff
import LuaHost

/// The option `donate` of `eb.compile`: the arguments whose tensors the caller gives away at each call, and what becomes of them.
///
/// A tensor that is given away keeps its shape and dtype; reading it is an error from then on. Whether its memory is written over is up to
/// the plan, which asks whether anybody else holds it.
enum GivenArguments {
  case none
  case all
  /// Positions that count from 1.
  case some(Set<Int>)

  init(_ call: LuaCall, options index: Int, _ library: Library) throws {
    let options = try Options(call, index, known: ["donate"], library, allNamed: true)
    let given = try options.read("donate", "boolean or table of positions of arguments") { place -> GivenArguments? in
      if let flag = call.stack.bool(at: place) { return flag ? .all : GivenArguments.none }
      guard call.stack.type(at: place) == .table else { return nil }
      let positions = try call.integers(at: place, "option 'donate': position")
      if let bad = positions.first(where: { $0 < 1 }) {
        throw call.error("option 'donate': arguments count from 1, got \(bad)", .argument)
      }
      return .some(Set(positions))
    }
    self = given ?? .none
  }

  /// Whether the argument at a position, which counts from 1, is given away.
  func contains(_ position: Int) -> Bool {
    switch self {
    case .none: false
    case .all: true
    case .some(let positions): positions.contains(position)
    }
  }

  /// Throws if a call with so many arguments lacks one that is to be given away.
  func check(_ call: LuaCall, count: Int) throws {
    guard case .some(let positions) = self, let last = positions.max(), last > count else { return }
    throw call.error("option 'donate' names argument \(last), but the call has \(count)", .argument)
  }

  /// Which leaves of these arguments are given away.
  func leaves(of arguments: [TreeShape]) -> Set<Int> {
    if case .none = self { return [] }
    var leaves = Set<Int>()
    var first = 0
    for (position, shape) in arguments.enumerated() {
      let next = first + shape.leafCount
      if contains(position + 1) { leaves.formUnion(first..<next) }
      first = next
    }
    return leaves
  }

  /// Takes the numbers out of the tensors that a call gives away; the compiled function is the first argument.
  func take(_ call: LuaCall, _ arguments: [TreeShape], _ library: Library) throws {
    if case .none = self { return }
    for (position, shape) in arguments.enumerated() where contains(position + 1) {
      try take(call.stack, position + 2, shape, argument: position + 1, library)
    }
  }

  private func take(_ stack: LuaStack, _ index: Int, _ shape: TreeShape, argument: Int, _ library: Library) throws {
    switch shape {
    case .leaf:
      guard let box = library.tensors.pointer(on: stack, at: index) else { return }
      box.pointee = box.pointee.donated(as: argument)
    case .constant: break
    case .table(let entries):
      try stack.reserve(4)
      for (key, child) in entries {
        try stack.rawGet(key, from: index)
        defer { stack.pop() }
        try take(stack, stack.top, child, argument: argument, library)
      }
    }
  }
}
