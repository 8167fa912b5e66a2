import CKernels

/// How the tests of this folder call kernels on Swift arrays, with a seeded generator for their samples.
typealias KernelBytes = [UInt8]

extension ebb_op {
  static var everyOperation: [ebb_op] { (0..<UInt8(ebb_op_count())).map { ebb_op(rawValue: $0)! } }
  var label: String { String(cString: ebb_op_name(self)) }
  var operandCount: Int { Int(ebb_op_arity(self)) }

  /// The operations whose result is bool whatever the operands.
  var hasBoolResult: Bool {
    switch self {
    case .lt, .le, .gt, .ge, .eq, .ne, .isnan, .isinf, .isfinite, .not, .and, .or, .xor: true
    default: false
    }
  }
}

extension ebb_dtype {
  static var everyType: [ebb_dtype] { [.EBB_F32, .EBB_F64, .EBB_I32, .EBB_BOOL] }
  var byteCount: Int { self == .EBB_F64 ? 8 : self == .EBB_BOOL ? 1 : 4 }
}

/// One element type of the kernels.
protocol KernelElement: Equatable, Sendable, BitwiseCopyable {
  static var kernel: ebb_dtype { get }
}
extension Float: KernelElement { static var kernel: ebb_dtype { .EBB_F32 } }
extension Double: KernelElement { static var kernel: ebb_dtype { .EBB_F64 } }
extension Int32: KernelElement { static var kernel: ebb_dtype { .EBB_I32 } }
extension UInt8: KernelElement { static var kernel: ebb_dtype { .EBB_BOOL } }

/// `op` of one, or two, operands of the same length through the inner loop.
func apply<Element: KernelElement>(_ op: ebb_op, _ a: [Element], _ b: [Element]? = nil) -> [Element] {
  let loop = ebb_pointwise_loop(op, Element.kernel)!
  var result = a
  loop(Int64(a.count), &result, a, 1, b ?? a, 1, nil, 0)
  return result
}

/// An operation with a bool result.
func test<Element: KernelElement>(_ op: ebb_op, _ a: [Element], _ b: [Element]? = nil) -> [Bool] {
  let loop = ebb_pointwise_loop(op, Element.kernel)!
  var result = [UInt8](repeating: 9, count: a.count)
  loop(Int64(a.count), &result, a, 1, b ?? a, 1, nil, 0)
  return result.map { $0 == 1 }
}

/// A control block for `threads` threads that nothing interrupts.
func control(threads: Int32 = 1) -> ebb_control { ebb_control(interrupt: nil, threads: threads) }

/// An operand with its strides in elements.
func operand(_ data: UnsafeRawPointer, _ strides: [Int]) -> ebb_operand {
  var operand = ebb_operand()
  operand.data = data
  withUnsafeMutableBytes(of: &operand.strides) { raw in
    for (d, stride) in strides.enumerated() { raw.storeBytes(of: Int64(stride), toByteOffset: 8 * d, as: Int64.self) }
  }
  return operand
}

/// All index tuples of a shape in row-major order, and the element a tuple falls on under strides.
func positions(_ shape: [Int]) -> [[Int]] {
  shape.reduce([[]]) { tuples, size in tuples.flatMap { tuple in (0..<size).map { tuple + [$0] } } }
}
func dot(_ position: [Int], _ strides: [Int]) -> Int { zip(position, strides).reduce(0) { $0 + $1.0 * $1.1 } }

/// SplitMix64: the samples of a test are the same on every run.
struct Samples: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// `count` elements of the dtype as bytes: bools are 0 or 1, floats mix arbitrary bit patterns with moderate values.
  mutating func bytes(_ dtype: ebb_dtype, _ count: Int) -> KernelBytes {
    var bytes = KernelBytes()
    for i in 0..<count {
      let pattern = next()
      let moderate = Double.random(in: -20...20, using: &self)
      switch dtype {
      case .EBB_F32: append(i % 3 == 0 ? Float(bitPattern: UInt32(truncatingIfNeeded: pattern)) : Float(moderate), to: &bytes)
      case .EBB_F64: append(i % 3 == 0 ? Double(bitPattern: pattern) : moderate, to: &bytes)
      case .EBB_I32: append(i % 3 == 0 ? Int32(truncatingIfNeeded: pattern) : Int32(moderate), to: &bytes)
      case .EBB_BOOL: bytes.append(UInt8(pattern & 1))
      }
    }
    return bytes
  }

  private func append<T>(_ value: T, to bytes: inout KernelBytes) { withUnsafeBytes(of: value) { bytes += $0 } }
}
