import CKernels

/// Makes the tile program of a group of element-wise steps: numbers the registers and decides which results reach memory.
struct TileProgram {
  /// An operand: where its elements are and how they lie.
  struct Operand {
    let address: UnsafeRawPointer
    let width: Int
    let layout: ElementLayout
    /// The position of the last instruction that reads it.
    var lastUse: Int
  }

  /// A result that reaches memory, and the instruction that writes it.
  struct Result {
    let address: UnsafeMutableRawPointer
    let width: Int
    let writer: Int
  }

  private(set) var count: Int
  private(set) var operands: [Operand] = []
  private(set) var results: [Result] = []
  private(set) var instructions: [ebb_tile_instruction] = []
  private(set) var temporaryCount = 0

  // What an instruction reads or writes before registers have numbers.
  private enum Value {
    case operand(Int)
    case made(Int)
  }

  /// - Parameter reachesMemory: whether the result of a step is read outside the group.
  init(_ steps: [ebb_step], reachesMemory: (Int) -> Bool) {
    count = steps[0].elementCount
    var makers: [UnsafeRawPointer: Int] = [:]
    var sources: [[Value]] = []
    var lastUses = [Int](repeating: -1, count: steps.count)
    for (position, step) in steps.enumerated() {
      var values: [Value] = []
      for index in 0..<step.arity {
        let address = step.source(index)!
        if let maker = makers[address] {
          lastUses[maker] = position
          values.append(.made(maker))
        } else {
          values.append(.operand(operand(step, index, position)))
        }
      }
      sources.append(values)
      makers[UnsafeRawPointer(step.out.0!)] = position
    }
    number(steps, sources, lastUses, reachesMemory)
  }

  private mutating func operand(_ step: ebb_step, _ index: Int, _ position: Int) -> Int {
    let address = step.source(index)!
    let layout = step.layout(index)
    let known = operands.firstIndex {
      $0.address == address && $0.layout.shape == layout.shape && $0.layout.strides == layout.strides
    }
    if let known {
      operands[known].lastUse = position
      return known
    }
    operands.append(Operand(address: address, width: step.operandWidth(index), layout: layout, lastUse: position))
    return operands.count - 1
  }

  // A temporary's register is free again after its last reader, and that reader may write over it when elements have one width.
  private mutating func number(
    _ steps: [ebb_step], _ sources: [[Value]], _ lastUses: [Int], _ reachesMemory: (Int) -> Bool
  ) {
    var registers = [Int](repeating: 0, count: steps.count)
    var free: [Int] = []
    let kept = steps.indices.filter(reachesMemory)
    for (place, position) in kept.enumerated() {
      registers[position] = operands.count + place
      results.append(Result(address: steps[position].out.0!, width: steps[position].resultWidth, writer: position))
    }
    let firstTemporary = operands.count + kept.count
    let isKept = Set(kept)
    for (position, step) in steps.enumerated() {
      var dying: [Int] = []
      for case .made(let maker) in sources[position] where lastUses[maker] == position && !isKept.contains(maker) {
        if !dying.contains(maker) { dying.append(maker) }
      }
      for maker in dying where steps[maker].resultWidth == step.resultWidth { free.append(registers[maker]) }
      if !isKept.contains(position) {
        registers[position] = free.popLast() ?? firstTemporary + temporaryCount
        temporaryCount = max(temporaryCount, registers[position] - firstTemporary + 1)
      }
      for maker in dying where steps[maker].resultWidth != step.resultWidth { free.append(registers[maker]) }
      if lastUses[position] < 0, !isKept.contains(position) { free.append(registers[position]) }

      var instruction = ebb_tile_instruction()
      instruction.loop = ebb_pointwise_loop(PointwiseCode(rawValue: step.op)!, step.dtype)
      instruction.out = Int16(registers[position])
      let read = sources[position].map { value in
        switch value {
        case .operand(let index): Int16(index)
        case .made(let maker): Int16(registers[maker])
        }
      }
      (instruction.a, instruction.b, instruction.c) = (
        read[0], read.count > 1 ? read[1] : read[0], read.count > 2 ? read[2] : read[0]
      )
      instructions.append(instruction)
    }
  }

  /// How many registers need scratch memory.
  var scratchCount: Int { temporaryCount + operands.filter { !$0.layout.isSingle && !$0.layout.isInPlace }.count }
}

extension ebb_step {
  /// Bytes of an element of operand `index` of an element-wise step.
  func operandWidth(_ index: Int) -> Int { op == PointwiseCode.select.rawValue && index == 0 ? 1 : Int(width) }

  /// Bytes of an element of the result of an element-wise step.
  var resultWidth: Int { PointwiseCode(rawValue: op)!.isPredicate ? 1 : Int(width) }
}
