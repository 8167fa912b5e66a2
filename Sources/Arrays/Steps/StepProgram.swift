import CKernels

/// A recording made runnable: a flat list of steps over one arena, which is laid out once and used again at every run.
///
/// Blocks that are arguments or results get their addresses at each run: the places that hold them are known, and only those are written.
package final class StepProgram {
  let steps: UnsafeMutablePointer<ebb_step>
  private(set) var stepCount = 0
  private var programs: [UnsafeMutablePointer<ebb_tiles>] = []
  private var codes: [(ebb_machine_code, Int64)] = []
  private let arena: Storage?
  var complaints: [Int: Complaint] = [:]
  var outside: [Int: StepRecorder.Outside] = [:]

  // Where the addresses of a block that moves are written.
  struct Relocation {
    let place: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    let offset: Int
  }
  enum Home {
    case argument(Int)
    case result(Int)
    case arena(Int)
  }
  var homes: [Int: Home] = [:]
  var argumentRelocations: [[Relocation]]
  var argumentAddresses: [UnsafeMutableRawPointer?]
  var resultRelocations: [[Relocation]] = []
  var resultSizes: [Int] = []
  // The arguments whose memory results take where the caller has given it away, by the result's place.
  private(set) var donors: [Int?] = []
  // How far the first element of an argument lies behind the lowest: strides may be negative.
  let argumentOffsets: [Int]
  let results: [NDArray]
  let recorder: StepRecorder
  private let groups: [Fusion.Group]

  /// Bytes of the arena.
  package let arenaBytes: Int

  /// - Parameters:
  ///   - arguments: placeholders, in the order in which runs give the arrays.
  ///   - results: what runs return: placeholders, views of them, or arrays that exist.
  ///   - donated: the arguments that callers may give away, by position; packed.
  package init(
    _ recorder: StepRecorder, arguments: [NDArray], results: [NDArray], donated: [Int] = []
  ) throws(TensorError) {
    self.recorder = recorder
    self.results = results
    argumentOffsets = arguments.map { $0.view?.offset ?? 0 }
    argumentRelocations = arguments.map { _ in [] }
    argumentAddresses = arguments.map { _ in nil }
    var kept = Set<Int>()
    for result in results { if let block = recorder.block(of: result) { kept.insert(block) } }
    groups = Fusion.groups(of: recorder, keeping: kept)
    let layout = BlockLayout(recorder, groups, arguments: arguments.map { recorder.block(of: $0)! }, kept: kept)

    let given = Dictionary(donated.map { (recorder.block(of: arguments[$0])!, $0) }) { first, _ in first }
    let fresh = kept.subtracting(arguments.map { recorder.block(of: $0)! }).sorted()
    let donation = Donation(recorder, groups, results: fresh, donated: given.keys.filter { !kept.contains($0) }.sorted())
    donors = fresh.map { donation.donors[$0].flatMap { given[$0] } }
    for (index, argument) in arguments.enumerated() { homes[recorder.block(of: argument)!] = .argument(index) }
    for block in fresh {
      homes[block] = .result(resultSizes.count)
      resultSizes.append(recorder.blocks[block].bytes)
      resultRelocations.append([])
    }
    for (block, offset) in layout.offsets { homes[block] = .arena(offset) }
    arenaBytes = layout.bytes
    arena = layout.offsets.isEmpty ? nil : try Storage(bytes: arenaBytes)

    steps = .allocate(capacity: max(1, groups.count))
    var position = 0
    // The step before, if it is a product of matrices; with the addresses of the recording.
    var product: Step?
    for group in groups {
      let first = group.members[0]
      var step = recorder.steps[first]
      if step.kernel == .pointwise {
        let members = Set(group.members)
        let program = TileProgram(
          group.members.map { recorder.steps[$0] }, reachesMemory: { layout.reachesMemory(group.members[$0], outside: members) },
          isKnown: { recorder.block(at: UInt(bitPattern: $0)) == nil })
        step = Step(.tiles)
        if let last = product, followsRows(program, last) {
          steps[position - 1].tiles = UnsafePointer(tiles(program))
          product = nil
          continue
        }
        step.tiles = UnsafePointer(tiles(program))
      } else {
        complaints[position] = recorder.complaints[first]
        outside[position] = recorder.outside[first]
      }
      (steps + position).initialize(to: step)
      if step.kernel != .tiles, step.kernel != .outside { relocate(steps + position) }
      product = step.kernel == .matmul ? step : nil
      position += 1
    }
    stepCount = position
  }

  deinit {
    for program in programs {
      program.pointee.operands.deallocate()
      program.pointee.results.deallocate()
      program.pointee.reductions.deallocate()
      UnsafeMutablePointer(mutating: program.pointee.instructions).deallocate()
      program.deallocate()
    }
    for (code, bytes) in codes { ebb_discard(code, bytes) }
    steps.deallocate()
  }

  /// Runs the steps; `arguments` have the shapes, dtypes and strides of the placeholders. Those that may be given away, and that nobody but
  /// this list holds, are spent afterwards, also after an error.
  package func run(_ arguments: inout [NDArray]) throws(TensorError) -> [NDArray] {
    var fresh: [Storage] = []
    for (index, bytes) in resultSizes.enumerated() {
      let storage: Storage
      if let donor = donors[index], arguments[donor].isAlone() {
        storage = arguments[donor].storage
      } else {
        storage = try Storage(bytes: bytes)
      }
      fresh.append(storage)
      for relocation in resultRelocations[index] { relocation.place.pointee = storage.base + relocation.offset }
    }
    for (index, argument) in arguments.enumerated() {
      let address = argument.pointer - argumentOffsets[index] * argument.dtype.byteCount
      if argumentAddresses[index] == address { continue }
      argumentAddresses[index] = address
      for relocation in argumentRelocations[index] { relocation.place.pointee = address + relocation.offset }
    }
    let control = Engine.current.control
    var next: Int64 = 0
    while true {
      let status = ebb_run_steps(steps, Int64(stepCount), &next, control)
      if status == EBB_OK { break }
      guard status == EBB_OUTSIDE, let work = outside[Int(next)] else {
        throw Engine.failure(status, steps[Int(next)], complaints[Int(next)])
      }
      try perform(work, arguments, fresh)
      next += 1
    }
    return withExtendedLifetime(arguments) { results.map { resolved($0, arguments, fresh) } }
  }

  // Work outside the kernels gets arrays over the true memory, and what it gives is copied to where it belongs.
  func perform(_ work: StepRecorder.Outside, _ arguments: [NDArray], _ fresh: [Storage]) throws(TensorError) {
    let made = try work.evaluate(work.inputs.map { resolved($0, arguments, fresh) })
    for (value, target) in zip(made, work.outputs) {
      // What follows must find the layout of eager mode.
      assert(value.view == nil, "a primitive that is not made of steps gives packed arrays")
      var place = resolved(target, arguments, fresh)
      try place.overwrite(with: value)
    }
  }

  // The array that a placeholder stood for.
  private func resolved(_ array: NDArray, _ arguments: [NDArray], _ fresh: [Storage]) -> NDArray {
    guard let block = recorder.block(of: array), let home = homes[block] else { return array }
    switch home {
    case .argument(let index):
      let argument = arguments[index]
      let offset = (argument.view?.offset ?? 0) - argumentOffsets[index] + (array.view?.offset ?? 0)
      if offset == 0, array.view == nil { return NDArray(storage: argument.storage, dtype: array.dtype, shape: array.shape) }
      return NDArray(
        storage: argument.storage, dtype: array.dtype, shape: array.shape, view: View(offset: offset, strides: array.strides))
    case .result(let index):
      return NDArray(storage: fresh[index], dtype: array.dtype, shape: array.shape, view: array.view)
    case .arena(let offset):
      let storage = Storage(at: arena!.base + offset, bytes: recorder.blocks[block].bytes, of: self)
      return NDArray(storage: storage, dtype: array.dtype, shape: array.shape, view: array.view)
    }
  }

  /// What the steps do, in order.
  var descriptions: [StepDescription] {
    groups.map { group in
      StepDescription(recorder, group) { address in
        guard let block = recorder.block(at: UInt(bitPattern: address)) else { return "constant" }
        switch homes[block] {
        case .argument(let index): return "%\(index + 1)"
        case .result(let index): return "r\(index + 1)" + (donors[index].map { " in %\($0 + 1)" } ?? "")
        case .arena(let offset): return "@\(offset)"
        case nil: return "·"
        }
      }
    }
  }

  // Whether a tile program can run on the rows of a product as soon as they are complete: it reads the product element by element, and
  // writes nothing that the product still reads.
  private func followsRows(_ program: TileProgram, _ product: Step) -> Bool {
    let (rows, columns) = (Int(product.product.m), Int(product.product.n))
    guard product.product.batch == 1, product.product.ldc == columns, rows * columns == program.count,
      columns % program.row == 0, program.reductions.isEmpty || program.row > 1
    else { return false }
    let result = UnsafeRawPointer(product.out.0!)
    let block = recorder.block(at: UInt(bitPattern: result))
    let reads = program.operands.filter { recorder.block(at: UInt(bitPattern: $0.address)) == block }
    guard !reads.isEmpty, reads.allSatisfy({ $0.address == result && $0.layout.isInPlace }) else { return false }
    let written = program.results.map(\.address) + program.reductions.map { $0.step.out.0! }
    return written.allSatisfy { out in [product.in.0!, product.in.1!].allSatisfy { !shareMemory(UnsafeRawPointer(out), $0) } }
  }

  // Whether the blocks of two addresses may have memory in common.
  private func shareMemory(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer) -> Bool {
    guard let a = recorder.block(at: UInt(bitPattern: a)), let b = recorder.block(at: UInt(bitPattern: b)) else { return false }
    if a == b { return true }
    if case .result(let result)? = homes[a], case .argument(let argument)? = homes[b], donors[result] == argument { return true }
    guard case .arena(let x)? = homes[a], case .arena(let y)? = homes[b] else { return false }
    return x < y + recorder.blocks[b].bytes && y < x + recorder.blocks[a].bytes
  }

  private func tiles(_ program: TileProgram) -> UnsafeMutablePointer<ebb_tiles> {
    let tiles = UnsafeMutablePointer<ebb_tiles>.allocate(capacity: 1)
    let operands = UnsafeMutablePointer<ebb_tile_operand>.allocate(capacity: max(1, program.operands.count))
    for (index, operand) in program.operands.enumerated() {
      var value = ebb_tile_operand()
      value.data = operand.address
      value.width = Int32(operand.width)
      let isSingle = operand.layout.isSingle
      value.rank = isSingle ? 0 : Int32(operand.layout.shape.count)
      if !isSingle {
        withUnsafeMutableBytes(of: &value.shape) { $0.copyBytes(from: operand.layout.shape.withUnsafeBytes { Array($0) }) }
        withUnsafeMutableBytes(of: &value.strides) { $0.copyBytes(from: operand.layout.strides.withUnsafeBytes { Array($0) }) }
      }
      (operands + index).initialize(to: value)
    }
    let results = UnsafeMutablePointer<ebb_tile_result>.allocate(capacity: max(1, program.results.count))
    for (index, result) in program.results.enumerated() {
      (results + index).initialize(to: ebb_tile_result(data: result.address, width: Int32(result.width)))
    }
    let instructions = UnsafeMutablePointer<ebb_tile_instruction>.allocate(capacity: program.instructions.count)
    instructions.initialize(from: program.instructions, count: program.instructions.count)
    let reductions = UnsafeMutablePointer<ebb_tile_reduction>.allocate(capacity: max(1, program.reductions.count))
    for (index, reduction) in program.reductions.enumerated() {
      let step = reduction.step
      (reductions + index).initialize(
        to: ebb_tile_reduction(
          op: ebb_reduction(rawValue: step.op)!, dtype: step.dtype, in: Int16(reduction.register), out: step.out.0))
    }
    var value = ebb_tiles()
    (value.n, value.row, value.reduced) = (Int64(program.count), Int64(program.row), Int64(program.reducedCount))
    value.scratch_width = Int32(program.scratchWidth)
    (value.operand_count, value.result_count) = (Int32(program.operands.count), Int32(program.results.count))
    (value.temporary_count, value.instruction_count) = (Int32(program.temporaryCount), Int32(program.instructions.count))
    (value.reduction_count, value.work) = (Int32(program.reductions.count), Int32(program.work))
    (value.operands, value.results) = (operands, results)
    (value.instructions, value.reductions) = (UnsafePointer(instructions), reductions)
    value.tile = ebb_tile_size(&value)
    tiles.initialize(to: value)
    programs.append(tiles)
    codes += program.codes
    for index in program.operands.indices { relocate(address(in: operands + index, \ebb_tile_operand.data)) }
    for index in program.results.indices { relocate(address(in: results + index, \ebb_tile_result.data)) }
    for index in program.reductions.indices { relocate(address(in: reductions + index, \ebb_tile_reduction.out)) }
    return tiles
  }

  private func relocate(_ step: UnsafeMutablePointer<ebb_step>) {
    relocate(address(in: step, \ebb_step.out.0))
    relocate(address(in: step, \ebb_step.out.1))
    relocate(address(in: step, \ebb_step.in.0))
    relocate(address(in: step, \ebb_step.in.1))
    relocate(address(in: step, \ebb_step.in.2))
  }

  private func address<T, P>(in base: UnsafeMutablePointer<T>, _ field: KeyPath<T, P>) -> UnsafeMutablePointer<
    UnsafeMutableRawPointer?
  > {
    let offset = MemoryLayout<T>.offset(of: field)!
    return (UnsafeMutableRawPointer(base) + offset).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
  }

  // Writes the address that a place will hold, or remembers the place when the address changes from run to run.
  private func relocate(_ place: UnsafeMutablePointer<UnsafeMutableRawPointer?>) {
    guard let address = place.pointee, let block = recorder.block(at: UInt(bitPattern: address)), let home = homes[block] else {
      return
    }
    let offset = Int(UInt(bitPattern: address) - recorder.blocks[block].start)
    switch home {
    case .argument(let index): argumentRelocations[index].append(Relocation(place: place, offset: offset))
    case .result(let index): resultRelocations[index].append(Relocation(place: place, offset: offset))
    case .arena(let start): place.pointee = arena!.base + start + offset
    }
  }
}

extension StepRecorder {
  /// The block an array lies in, nil when its memory exists.
  func block(of array: NDArray) -> Int? { block(at: UInt(bitPattern: array.storage.base)) }
}

extension NDArray {
  /// Writes the elements of an array of the same shape into this array's memory, which nobody else reads yet.
  mutating func overwrite(with value: NDArray) throws(TensorError) {
    try write(value, strides: strides, at: pointer)
  }
}
