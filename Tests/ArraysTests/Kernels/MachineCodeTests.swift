import CKernels
import Testing

/// Machine code gives the bits of the loops, signs of zero included, and NaN where they do; it writes nothing behind the last element.
@Suite(.enabled(if: ebb_machine_knows(.add, .EBB_F32), "this processor runs the loops")) struct MachineCodeTests {
  private static let known = ebb_op.everyOperation.filter { ebb_machine_knows($0, .EBB_F32) }
  private static let lengths = [1, 3, 4, 7, 8, 13, 16, 31, 40, 331]

  @Test(arguments: known) func everyOperationHasTheBitsOfItsLoop(_ op: ebb_op) {
    for dtype in [ebb_dtype.EBB_F32, .EBB_F64] {
      var samples = Samples(UInt64(op.rawValue) * 2 + UInt64(dtype.rawValue))
      for n in MachineCodeTests.lengths {
        var run = Run(dtype, n)
        let operands = (0..<4).map { _ in run.operand(isSingle: false, &samples) }
        if op == .select {
          run.apply(.select, [run.apply(.lt, [operands[0], operands[1]]), operands[2], operands[3]], isKept: true)
        } else if op.hasBoolResult {
          run.apply(.select, [run.apply(op, operands), operands[2], operands[3]], isKept: true)
        } else {
          run.apply(op, operands, isKept: true)
        }
        #expect(run.isExact, "\(op.label) \(dtype) \(n)")
      }
    }
  }

  /// Long programs have more values than registers, and more places than there are registers for addresses.
  @Test(arguments: 0..<300 as Range<UInt64>) func aProgramHasTheBitsOfItsLoops(_ seed: UInt64) {
    var samples = Samples(seed)
    var run = Run(seed % 2 == 0 ? .EBB_F32 : .EBB_F64, MachineCodeTests.lengths.randomElement(using: &samples)!)
    for _ in 0..<Int.random(in: 1...14, using: &samples) { run.operand(isSingle: samples.next() % 4 == 0, &samples) }
    for _ in 0..<Int.random(in: 1...50, using: &samples) {
      let op = MachineCodeTests.known.randomElement(using: &samples)!
      var sources: [Int] = []
      for position in 0..<op.operandCount {
        let fitting = run.values.indices.filter { run.isMask[$0] == (op == .select && position == 0) }
        let recent = samples.next() % 2 == 0 ? fitting.suffix(5) : fitting[...]
        if let source = recent.randomElement(using: &samples) { sources.append(source) }
      }
      if sources.count == op.operandCount { run.apply(op, sources, isKept: samples.next() % 3 == 0) }
    }
    #expect(run.isExact, "seed \(seed)")
  }

  @Test func sizesBeyondItsRoomGiveNoCode() {
    var values = [ebb_machine_value()]
    values[0].is_operand = true
    for position in 1..<200 {
      var value = ebb_machine_value()
      (value.op, value.a, value.place) = (.tanh, Int16(position - 1), position == 199 ? 1 : -1)
      values.append(value)
    }
    var bytes: Int64 = 0
    #expect(ebb_assemble(.EBB_F32, 200, values, &bytes) == nil)
  }
}

/// A program under construction beside what the loops give for it.
private struct Run {
  private let dtype: ebb_dtype
  private let n: Int
  private(set) var values: [ebb_machine_value] = []
  private(set) var isMask: [Bool] = []
  private var expected: [KernelBytes] = []
  private var strides: [Int64] = []

  init(_ dtype: ebb_dtype, _ n: Int) { (self.dtype, self.n) = (dtype, n) }

  @discardableResult mutating func operand(isSingle: Bool, _ samples: inout Samples) -> Int {
    var value = ebb_machine_value()
    (value.is_operand, value.is_single, value.place) = (true, isSingle, Int16(values.count))
    expected.append(samples.bytes(dtype, isSingle ? 1 : n))
    strides.append(isSingle ? 0 : 1)
    isMask.append(false)
    values.append(value)
    return values.count - 1
  }

  @discardableResult mutating func apply(_ op: ebb_op, _ sources: [Int], isKept: Bool = false) -> Int {
    let read = (0..<3).map { sources[min($0, sources.count - 1)] }
    var value = ebb_machine_value()
    (value.op, value.a, value.b, value.c) = (op, Int16(read[0]), Int16(read[1]), Int16(read[2]))
    value.place = isKept && !op.hasBoolResult ? Int16(values.count) : -1
    var result = KernelBytes(repeating: 0, count: n * (op.hasBoolResult ? 1 : dtype.byteCount))
    ebb_pointwise_loop(op, dtype)!(
      Int64(n), &result, expected[read[0]], strides[read[0]], expected[read[1]], strides[read[1]], expected[read[2]],
      strides[read[2]])
    expected.append(result)
    strides.append(1)
    isMask.append(op.hasBoolResult)
    values.append(value)
    return values.count - 1
  }

  /// Whether machine code of all of it writes what the loops wrote, and nothing else.
  var isExact: Bool {
    var bytes: Int64 = 0
    guard let code = ebb_assemble(dtype, Int32(values.count), values, &bytes) else { return false }
    defer { ebb_discard(code, bytes) }
    let room = n * 8 + 64
    let memory = UnsafeMutableRawPointer.allocate(byteCount: room * values.count, alignment: 64)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0xA5, count: room * values.count)
    var places: [ebb_tile_place] = []
    for index in values.indices {
      let at = memory + index * room
      if values[index].is_operand { at.copyMemory(from: expected[index], byteCount: expected[index].count) }
      places.append(ebb_tile_place(at: at.assumingMemoryBound(to: CChar.self), stride: strides[index]))
    }
    code(Int64(n), places)
    return values.indices.allSatisfy { index in
      if values[index].is_operand || values[index].place < 0 { return true }
      let written = UnsafeRawBufferPointer(start: memory + index * room, count: room)
      return isEqual(written, expected[index]) && written.dropFirst(expected[index].count).allSatisfy { $0 == 0xA5 }
    }
  }

  private func isEqual(_ written: UnsafeRawBufferPointer, _ expected: KernelBytes) -> Bool {
    expected.withUnsafeBytes { expected in
      dtype == .EBB_F32 ? areSame(written, expected, Float.self) : areSame(written, expected, Double.self)
    }
  }

  private func areSame<Real: BinaryFloatingPoint & BitwiseCopyable>(
    _ written: UnsafeRawBufferPointer, _ expected: UnsafeRawBufferPointer, _ type: Real.Type
  ) -> Bool {
    (0..<n).allSatisfy { i in
      let offset = i * MemoryLayout<Real>.size
      let (a, b) = (
        written.loadUnaligned(fromByteOffset: offset, as: Real.self), expected.loadUnaligned(fromByteOffset: offset, as: Real.self)
      )
      return a == b && a.sign == b.sign || a.isNaN && b.isNaN
    }
  }
}
