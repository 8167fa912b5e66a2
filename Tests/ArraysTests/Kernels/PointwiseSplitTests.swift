import CKernels
import Testing

/// Bits do not depend on where a loop starts and stops, on its strides, or on writing over an operand.
@Suite struct PointwiseSplitTests {
  struct Kernel: CustomStringConvertible, Sendable {
    let op: ebb_op
    let dtype: ebb_dtype
    var description: String { "\(op.label) \(dtype.rawValue)" }
  }
  static let kernels = ebb_op.everyOperation.flatMap { op in
    ebb_dtype.everyType.filter { ebb_op_supports(op, $0) }.map { Kernel(op: op, dtype: $0) }
  }

  @Test func everyOperationHasALoopForTheDtypesOfItsGroup() {
    #expect(ebb_op.everyOperation.allSatisfy { op in ebb_dtype.everyType.contains { ebb_op_supports(op, $0) } })
    #expect(ebb_op_supports(.exp, .EBB_F32) && !ebb_op_supports(.exp, .EBB_I32) && !ebb_op_supports(.add, .EBB_BOOL))
    #expect(ebb_op_supports(.eq, .EBB_BOOL) && ebb_op_supports(.select, .EBB_BOOL) && ebb_op_supports(.not, .EBB_BOOL))
    #expect(ebb_dtype.everyType.allSatisfy { ebb_op_supports(.select, $0) == true } && !ebb_op_supports(.not, .EBB_F32))
    #expect(
      ebb_op.add.label == "add" && ebb_op.exp.operandCount == 1 && ebb_op.pow.operandCount == 2 && ebb_op.select.operandCount == 3)
  }

  @Test(arguments: kernels) func anySplitAndAnyStrideGiveTheSameBits(_ kernel: Kernel) {
    let n = 331
    var samples = Samples(UInt64(kernel.op.rawValue) * 4 + UInt64(kernel.dtype.rawValue))
    let sizes = operandSizes(kernel)
    let operands = sizes.map { size in
      samples.bytes(size == 1 ? .EBB_BOOL : kernel.dtype, n)
    }
    let whole = run(kernel, n, operands, strides: sizes.map { _ in 1 })
    let size = resultSize(kernel)

    for cut in [1, 2, 7, 8, 16, 31, 64, 100, 255, 256, 330] {
      let heads = operands.enumerated().map { Array($1[..<(cut * sizes[$0])]) }
      let tails = operands.enumerated().map { Array($1[(cut * sizes[$0])...]) }
      let pieces =
        run(kernel, cut, heads, strides: sizes.map { _ in 1 }) + run(kernel, n - cut, tails, strides: sizes.map { _ in 1 })
      #expect(pieces == whole, "cut at \(cut)")
    }
    // Each operand in turn spread out with stride 3, or all of them.
    for spread in 0...sizes.count {
      let strides = sizes.indices.map { $0 == spread || spread == sizes.count ? 3 : 1 }
      let wide = operands.enumerated().map { k, bytes in
        strides[k] == 1
          ? bytes : (0..<n).flatMap { i in repeatElement(Array(bytes[(i * sizes[k])..<((i + 1) * sizes[k])]), count: 3).joined() }
      }
      #expect(run(kernel, n, wide, strides: strides) == whole, "stride 3 for operand \(spread)")
    }
    // Each combination of operands held at their first element.
    for held in 1..<(1 << sizes.count) {
      let strides = sizes.indices.map { held >> $0 & 1 == 1 ? 0 : 1 }
      let repeated = operands.enumerated().map { k, bytes in
        strides[k] == 1 ? bytes : Array(repeatElement(bytes[..<sizes[k]], count: n).joined())
      }
      #expect(run(kernel, n, operands, strides: strides) == run(kernel, n, repeated, strides: sizes.map { _ in 1 }), "held \(held)")
    }
    if sizes.allSatisfy({ $0 == size }) {
      var place = operands
      let loop = ebb_pointwise_loop(kernel.op, kernel.dtype)!
      place[0].withUnsafeMutableBytes { a in
        loop(
          Int64(n), a.baseAddress, a.baseAddress, 1, sizes.count > 1 ? operands[1] : [], 1, sizes.count > 2 ? operands[2] : [], 1)
      }
      #expect(canonical(place[0], kernel) == whole, "in place")
    }
  }

  private func operandSizes(_ kernel: Kernel) -> [Int] {
    (0..<kernel.op.operandCount).map { kernel.op == .select && $0 == 0 ? 1 : kernel.dtype.byteCount }
  }
  private func resultSize(_ kernel: Kernel) -> Int { kernel.op.hasBoolResult ? 1 : kernel.dtype.byteCount }

  private func run(_ kernel: Kernel, _ n: Int, _ operands: [KernelBytes], strides: [Int]) -> KernelBytes {
    var result = KernelBytes(repeating: 0xAA, count: n * resultSize(kernel))
    let b = operands.count > 1 ? operands[1] : []
    let c = operands.count > 2 ? operands[2] : []
    let stride = { (k: Int) in k < strides.count ? Int64(strides[k]) : 0 }
    ebb_pointwise_loop(kernel.op, kernel.dtype)!(Int64(n), &result, operands[0], stride(0), b, stride(1), c, stride(2))
    return canonical(result, kernel)
  }

  /// NaN payloads and signs carry no meaning and compilers may commute operands: every NaN becomes the same one.
  private func canonical(_ bytes: KernelBytes, _ kernel: Kernel) -> KernelBytes {
    guard !kernel.op.hasBoolResult else { return bytes }
    switch kernel.dtype {
    case .EBB_F32: return canonical(bytes, as: Float.self)
    case .EBB_F64: return canonical(bytes, as: Double.self)
    default: return bytes
    }
  }
  private func canonical<Real: BinaryFloatingPoint>(_ bytes: KernelBytes, as type: Real.Type) -> KernelBytes {
    let values = bytes.withUnsafeBytes { raw in
      (0..<(bytes.count / MemoryLayout<Real>.size)).map {
        raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Real>.size, as: Real.self)
      }
    }
    return values.map { $0.isNaN ? Real.nan : $0 }.withUnsafeBytes { KernelBytes($0) }
  }
}
