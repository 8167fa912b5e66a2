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
  /// The machine code of instructions, with its bytes: `ebb_discard` is the caller's.
  private(set) var codes: [(ebb_machine_code, Int64)] = []
  /// What an element costs; a loop of one simple operation is 1.
  private(set) var work = 0
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
    let plain = chain
    chain.takeRuns()
    chain.combine()
    if number(chain.operations, reduced) { return }
    // No memory for machine code.
    chain = plain
    chain.combine()
    _ = number(chain.operations, reduced)
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

  // A temporary's register is free again after its last reader. That may write over it if it is a loop and elements have one width. False
  // when there is no memory for machine code.
  private mutating func number(_ operations: [TileOperations.Operation], _ reduced: [(ebb_step, Int)]) -> Bool {
    (results, instructions, temporaryCount, work) = ([], [], 0, 0)
    let units = TileProgram.units(of: operations)
    var lastUses = [Int](repeating: -1, count: operations.count)
    for (index, unit) in units.enumerated() {
      for position in unit { for case .made(let maker) in operations[position].sources { lastUses[maker] = index } }
    }
    for (_, maker) in reduced { lastUses[maker] = units.count }
    var registers = [Int](repeating: -1, count: operations.count)
    var free: [Int] = []
    let kept = operations.indices.filter { operations[$0].isKept }
    for (place, position) in kept.enumerated() {
      registers[position] = operands.count + place
      results.append(Result(address: operations[position].step.out.0!, width: operations[position].step.resultWidth))
    }
    let firstTemporary = operands.count + kept.count
    for (index, unit) in units.enumerated() {
      var dying: [Int] = []
      for position in unit {
        for case .made(let maker) in operations[position].sources
        where lastUses[maker] == index && !unit.contains(maker) && !operations[maker].isKept && !dying.contains(maker) {
          dying.append(maker)
        }
      }
      let width = operations[unit[0]].step.resultWidth
      let isLoop = operations[unit[0]].run == nil
      func canTakeOver(_ maker: Int) -> Bool { isLoop && operations[maker].step.resultWidth == width }
      for maker in dying where canTakeOver(maker) { free.append(registers[maker]) }
      for position in unit where !operations[position].isKept && (isLoop || lastUses[position] > index) {
        registers[position] = free.popLast() ?? firstTemporary + temporaryCount
        temporaryCount = max(temporaryCount, registers[position] - firstTemporary + 1)
        scratchWidth = max(scratchWidth, operations[position].step.resultWidth)
        if lastUses[position] < 0 { free.append(registers[position]) }
      }
      for maker in dying where !canTakeOver(maker) { free.append(registers[maker]) }
      if isLoop {
        instructions.append(TileProgram.loop(operations[unit[0]], registers[unit[0]], registers))
        work += 1
      } else {
        guard let instruction = machineCode(unit, operations, registers) else {
          return false
        }
        instructions.append(instruction)
        work += max(1, unit.reduce(0) { $0 + operations[$1].cost } / 8)
      }
    }
    reductions = reduced.map { Reduction(step: $0, register: registers[$1]) }
    return true
  }

  // What one instruction does: a run, or an operation.
  private static func units(of operations: [TileOperations.Operation]) -> [[Int]] {
    var units: [[Int]] = []
    for (position, operation) in operations.enumerated() where !operation.isGone {
      if let run = operation.run, let last = units.last?.last, operations[last].run == run {
        units[units.count - 1].append(position)
      } else {
        units.append([position])
      }
    }
    return units
  }

  private static func loop(_ operation: TileOperations.Operation, _ out: Int, _ registers: [Int]) -> ebb_tile_instruction {
    var instruction = ebb_tile_instruction()
    instruction.loop = operation.loop
    instruction.out = Int16(out)
    let read = operation.sources.map { value in
      switch value {
      case .operand(let index, _, _): Int16(index)
      case .made(let maker): Int16(registers[maker])
      }
    }
    (instruction.a, instruction.b, instruction.c) = (
      read[0], read.count > 1 ? read[1] : read[0], read.count > 2 ? read[2] : read[0]
    )
    return instruction
  }

  // The code of a run, nil if there is no memory for it.
  private mutating func machineCode(_ run: [Int], _ operations: [TileOperations.Operation], _ registers: [Int])
    -> ebb_tile_instruction?
  {
    var values: [ebb_machine_value] = []
    var places: [Int: Int16] = [:]
    var outer: [Int: Int16] = [:]
    func index(of source: TileOperations.Value) -> Int16 {
      var value = ebb_machine_value()
      value.is_operand = true
      switch source {
      case .made(let maker):
        if let known = places[maker] { return known }
        value.place = Int16(registers[maker])
        places[maker] = Int16(values.count)
      case .operand(let register, let isSingle, let number):
        if let known = outer[register] { return known }
        (value.place, value.is_single) = (Int16(register), isSingle)
        if let number { (value.is_known, value.number) = (true, number) }
        outer[register] = Int16(values.count)
      }
      values.append(value)
      return Int16(values.count - 1)
    }
    for position in run {
      let operation = operations[position]
      let read = operation.sources.map(index)
      var value = ebb_machine_value()
      value.op = operation.code
      (value.a, value.b, value.c) = (read[0], read.count > 1 ? read[1] : read[0], read.count > 2 ? read[2] : read[0])
      value.place = Int16(registers[position])
      places[position] = Int16(values.count)
      values.append(value)
    }
    var bytes: Int64 = 0
    guard let code = ebb_assemble(operations[run[0]].step.dtype, Int32(values.count), values, &bytes) else { return nil }
    codes.append((code, bytes))
    var instruction = ebb_tile_instruction()
    instruction.code = code
    return instruction
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
