import CKernels

/// Makes the tile program of a group of element-wise steps and the reductions behind them: numbers the registers and decides which results
/// reach memory.
struct TileProgram {
  /// An operand: where its elements are and how they lie.
  struct Operand {
    let address: UnsafeRawPointer
    let width: Int
    let layout: ElementLayout
    /// Of a single value that is known.
    let number: Double?
  }

  /// A result that reaches memory.
  struct Result {
    let address: UnsafeMutableRawPointer
    let width: Int
  }

  /// A reduction of what an instruction makes.
  struct Reduction {
    let step: ebb_step
    let register: Int
  }

  let count: Int
  private(set) var operands: [Operand] = []
  private(set) var results: [Result] = []
  private(set) var reductions: [Reduction] = []
  private(set) var instructions: [ebb_tile_instruction] = []
  private(set) var temporaryCount = 0
  /// Bytes of the widest element in scratch memory.
  private(set) var scratchWidth = 1

  /// - Parameters:
  ///   - steps: element-wise steps and reductions of their results, in an order in which they can run.
  ///   - reachesMemory: whether the result of a step is read outside the group.
  ///   - isKnown: whether the numbers at an address exist already and stay as they are.
  init(_ steps: [ebb_step], reachesMemory: (Int) -> Bool, isKnown: (UnsafeRawPointer) -> Bool) {
    count = steps[0].elementCount
    var chain = TileOperations(count: count)
    var makers: [UnsafeRawPointer: Int] = [:]
    var reduced: [(ebb_step, Int)] = []
    for (position, step) in steps.enumerated() {
      if step.kernel == .reduce {
        let maker = makers[step.in.0!]!
        chain.operations[maker].uses += 1
        reduced.append((step, maker))
        continue
      }
      var sources: [TileOperations.Value] = []
      for index in 0..<step.arity {
        let address = step.source(index)!
        if let maker = makers[address] {
          chain.operations[maker].uses += 1
          sources.append(.made(maker))
        } else {
          let layout = step.layout(index)
          let known = layout.isSingle && isKnown(address) ? step.number(at: address, index) : nil
          sources.append(.operand(operand(step, index, known), isSingle: layout.isSingle, known: known))
        }
      }
      makers[UnsafeRawPointer(step.out.0!)] = chain.operations.count
      chain.operations.append(TileOperations.Operation(step, sources, isKept: reachesMemory(position)))
    }
    chain.combine()
    number(chain.operations, reduced)
  }

  // Equal numbers are one operand.
  private mutating func operand(_ step: ebb_step, _ index: Int, _ number: Double?) -> Int {
    let address = step.source(index)!
    let layout = step.layout(index)
    let width = step.operandWidth(index)
    let earlier = operands.firstIndex {
      if let number, let other = $0.number { return number.bitPattern == other.bitPattern && $0.width == width }
      return $0.address == address && $0.layout.shape == layout.shape && $0.layout.strides == layout.strides
    }
    if let earlier { return earlier }
    operands.append(Operand(address: address, width: width, layout: layout, number: number))
    if !layout.isSingle, !layout.isInPlace { scratchWidth = max(scratchWidth, width) }
    return operands.count - 1
  }

  // A temporary's register is free again after its last reader, and that reader may write over it when elements have one width.
  private mutating func number(_ operations: [TileOperations.Operation], _ reduced: [(ebb_step, Int)]) {
    var lastUses = [Int](repeating: -1, count: operations.count)
    for (position, operation) in operations.enumerated() where !operation.isGone {
      for case .made(let maker) in operation.sources { lastUses[maker] = position }
    }
    for (_, maker) in reduced { lastUses[maker] = operations.count }
    var registers = [Int](repeating: 0, count: operations.count)
    var free: [Int] = []
    let kept = operations.indices.filter { operations[$0].isKept }
    for (place, position) in kept.enumerated() {
      registers[position] = operands.count + place
      results.append(Result(address: operations[position].step.out.0!, width: operations[position].step.resultWidth))
    }
    let firstTemporary = operands.count + kept.count
    for (position, operation) in operations.enumerated() where !operation.isGone {
      let width = operation.step.resultWidth
      var dying: [Int] = []
      for case .made(let maker) in operation.sources where lastUses[maker] == position && !operations[maker].isKept {
        if !dying.contains(maker) { dying.append(maker) }
      }
      for maker in dying where operations[maker].step.resultWidth == width { free.append(registers[maker]) }
      if !operation.isKept {
        registers[position] = free.popLast() ?? firstTemporary + temporaryCount
        temporaryCount = max(temporaryCount, registers[position] - firstTemporary + 1)
        scratchWidth = max(scratchWidth, width)
      }
      for maker in dying where operations[maker].step.resultWidth != width { free.append(registers[maker]) }
      if lastUses[position] < 0, !operation.isKept { free.append(registers[position]) }

      var instruction = ebb_tile_instruction()
      instruction.loop = operation.loop
      instruction.out = Int16(registers[position])
      let read = operation.sources.map { value in
        switch value {
        case .operand(let index, _, _): Int16(index)
        case .made(let maker): Int16(registers[maker])
        }
      }
      (instruction.a, instruction.b, instruction.c) = (
        read[0], read.count > 1 ? read[1] : read[0], read.count > 2 ? read[2] : read[0]
      )
      instructions.append(instruction)
    }
    reductions = reduced.map { Reduction(step: $0, register: registers[$1]) }
  }

  /// Elements that are reduced to one, 1 if nothing is reduced.
  var reducedCount: Int { reductions.first.map { Int($0.step.sizes.1) } ?? 1 }

  /// Tiles begin at multiples of it: the row that is reduced, or the period of a repeated row that fits into a tile. A reduction of all
  /// elements is cut into parts of its own.
  var row: Int {
    if let reduction = reductions.first { return reduction.step.sizes.0 == 1 ? 1 : reducedCount }
    for operand in operands where operand.layout.strides.count > 1 && operand.layout.strides[0] == 0 {
      let period = Int(operand.layout.shape.dropFirst().reduce(1, *))
      if period <= TileProgram.longestRow { return period }
    }
    return 1
  }

  /// The longest row that tiles begin with.
  static let longestRow = 1024
}

extension ebb_step {
  /// Bytes of an element of operand `index` of an element-wise step.
  func operandWidth(_ index: Int) -> Int { op == PointwiseCode.select.rawValue && index == 0 ? 1 : Int(width) }

  /// Bytes of an element of the result of an element-wise step.
  var resultWidth: Int { PointwiseCode(rawValue: op)!.isPredicate ? 1 : Int(width) }

  /// The number of a single operand whose memory exists, nil if it is no float.
  func number(at address: UnsafeRawPointer, _ index: Int) -> Double? {
    if operandWidth(index) != Int(width) { return nil }
    switch dtype {
    case .EBB_F32: return Double(address.load(as: Float.self))
    case .EBB_F64: return address.load(as: Double.self)
    default: return nil
    }
  }
}
