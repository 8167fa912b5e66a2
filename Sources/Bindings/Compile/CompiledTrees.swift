import Autodiff
import LuaHost

/// Trees at the border of compiled functions: arguments of a recording, and results of a plan.
extension Library {
  /// Pushes an argument for a recording: `values` in place of its tensors, host numbers in place of numbers that are not keyed. `leaf` and
  /// `number` are the positions of the next ones.
  func push(
    _ shape: TreeShape, _ values: [Tensor], for recording: LuaRecording, _ keyed: Set<Int>, _ leaf: inout Int, _ number: inout Int,
    to stack: LuaStack
  ) throws {
    switch shape {
    case .leaf:
      try tensors.push(values[leaf], to: stack)
      leaf += 1
    case .constant(let value):
      if case .userdata(let reference) = value, try generators.value(of: reference) != nil {
        return try generators.push(recording.standIn(for: reference), to: stack)
      }
      guard value.asNumber != nil else { return try stack.push(value) }
      defer { number += 1 }
      if keyed.contains(number) { return try stack.push(value) }
      try hostNumbers.push(recording.numbers.append(.argument(number)), to: stack)
    case .table(let entries):
      try pushTreeTable(fields: entries.count, to: stack)
      for (key, child) in entries {
        try push(child, values, for: recording, keyed, &leaf, &number, to: stack)
        try stack.rawSet(key, in: -2)
      }
    }
  }

  /// What a recorded function returned, with its host numbers as nodes.
  func compiledResult(_ shape: TreeShape, _ recording: LuaRecording) throws -> CompiledResult {
    switch shape {
    case .leaf: return .leaf
    case .constant(let value):
      guard case .userdata(let reference) = value, let number = try hostNumbers.value(of: reference) else {
        return .constant(value)
      }
      return .number(node: number.node)
    case .table(let entries):
      return .table(try entries.map { (key: $0.key, child: try compiledResult($0.child, recording)) })
    }
  }

  /// Pushes a result of a call.
  func push(_ result: CompiledResult, _ made: [Tensor], _ next: inout Int, _ numbers: [LuaValue], to stack: LuaStack) throws {
    switch result {
    case .leaf:
      try push(made[next], to: stack)
      next += 1
    case .number(let node): try stack.push(numbers[node])
    case .constant(let value): try stack.push(value)
    case .table(let entries):
      try pushTreeTable(fields: entries.count, to: stack)
      for (key, child) in entries {
        try push(child, made, &next, numbers, to: stack)
        try stack.rawSet(key, in: -2)
      }
    }
  }
}
