import CKernels

/// How an operand of a product lies in memory.
enum Layout: CaseIterable, Sendable { case rows, columns }

/// An element type of the kernels, with conversions that are cheap in unoptimised generic code.
protocol KernelScalar: Sendable {
  static var dtype: ebb_dtype { get }
  static var roundOff: Double { get }
  init(nearest value: Double)
  var double: Double { get }
}

extension Float: KernelScalar {
  static var dtype: ebb_dtype { .EBB_F32 }
  static var roundOff: Double { 0x1p-24 }
  init(nearest value: Double) { self = Float(value) }
  var double: Double { Double(self) }
}

extension Double: KernelScalar {
  static var dtype: ebb_dtype { .EBB_F64 }
  static var roundOff: Double { 0x1p-53 }
  init(nearest value: Double) { self = value }
  var double: Double { self }
}

/// A matrix product at the kernels' border: operands of random numbers, the call, and the same product by a plain double loop.
struct Product<Scalar: KernelScalar> {
  var m: Int, n: Int, k: Int
  var a = Layout.rows, b = Layout.rows
  var batch = 1
  var sharesA = false, sharesB = false
  var accumulates = false
  /// Unused elements at the end of each line of the operands and of each row of C, filled with a value that must survive.
  var padding = 0
  var seed = 1

  struct Outcome {
    var status: Int32
    var c: [Scalar]
    /// The largest error of an element, as a multiple of its bound: roundings of the longest chain times Σ|a||b|.
    var worst = 0.0
    /// Whether something beside the elements of C changed.
    var strayWrites = false

    var bytes: [UInt8] { c.withUnsafeBytes { Array($0) } }
  }

  /// Stands where nothing may be read or written.
  private var unused: Scalar { Scalar(nearest: .nan) }
  private var aLine: Int { (a == .rows ? k : m) + padding }
  private var bLine: Int { (b == .rows ? n : k) + padding }
  private var ldc: Int { n + padding }
  private var aBatch: Int { sharesA ? 0 : (a == .rows ? m : k) * aLine }
  private var bBatch: Int { sharesB ? 0 : (b == .rows ? k : n) * bLine }
  private var cBatch: Int { m * ldc + padding }
  private var aRow: Int { a == .rows ? aLine : 1 }
  private var aColumn: Int { a == .rows ? 1 : aLine }
  private var bRow: Int { b == .rows ? bLine : 1 }
  private var bColumn: Int { b == .rows ? 1 : bLine }

  /// Puts a number in [-1, 1) at each position of a matrix stack. It depends on the logical position alone, so that every layout
  /// holds the same matrices.
  private func fill(
    _ values: inout [Scalar], salt: Int, _ counts: (Int, Int, Int), _ strides: (Int, Int, Int)
  ) {
    let table = noise
    values.withUnsafeMutableBufferPointer { values in
      for e in 0..<counts.0 {
        for i in 0..<counts.1 {
          var (at, from) = (e * strides.0 + i * strides.1, salt + seed * 29 + e * 359 + i * 127)
          for _ in 0..<counts.2 {
            values[at] = Scalar(nearest: table[from & 1023])
            at += strides.2
            from += 31
          }
        }
      }
    }
  }

  private func operands() -> (a: [Scalar], b: [Scalar], c: [Scalar]) {
    let aCount = sharesA ? 1 : batch, bCount = sharesB ? 1 : batch
    var left = [Scalar](repeating: unused, count: (a == .rows ? m : k) * aLine * aCount + 1)
    var right = [Scalar](repeating: unused, count: (b == .rows ? k : n) * bLine * bCount + 1)
    var c = [Scalar](repeating: unused, count: cBatch * batch + 1)
    fill(&left, salt: 1, (aCount, m, k), (aBatch, aRow, aColumn))
    fill(&right, salt: 500, (bCount, k, n), (bBatch, bRow, bColumn))
    if accumulates { fill(&c, salt: 800, (batch, m, n), (cBatch, ldc, 1)) }
    return (left, right, c)
  }

  /// Calls the kernel. `edit` may change the operands first.
  func run(
    threads: Int32 = 1, interrupted: Bool = false, editing edit: ((inout [Scalar], inout [Scalar]) -> Void)? = nil
  ) -> Outcome {
    var (left, right, c) = operands()
    edit?(&left, &right)
    var product = ebb_matmul()
    product.dtype = Scalar.dtype
    product.accumulate = accumulates
    (product.m, product.n, product.k, product.batch) = (Int64(m), Int64(n), Int64(k), Int64(batch))
    (product.a_row, product.a_col) = (Int64(aRow), Int64(aColumn))
    (product.b_row, product.b_col) = (Int64(bRow), Int64(bColumn))
    (product.a_batch, product.b_batch, product.c_batch) = (Int64(aBatch), Int64(bBatch), Int64(cBatch))
    product.ldc = Int64(ldc)
    var flag: Int32 = interrupted ? 1 : 0
    let status = left.withUnsafeBytes { left in
      right.withUnsafeBytes { right in
        c.withUnsafeMutableBytes { c in
          withUnsafePointer(to: &flag) { flag in
            product.a = left.baseAddress
            product.b = right.baseAddress
            product.c = c.baseAddress
            var control = ebb_control(interrupt: flag, threads: threads)
            return ebb_gemm(&product, &control)
          }
        }
      }
    }
    return Outcome(status: status, c: c)
  }

  /// Calls the kernel and measures its result against sums in double precision.
  func check(threads: Int32 = 1) -> Outcome {
    var outcome = run(threads: threads)
    let (left, right, before) = operands()
    let (a, b) = (left.map(\.double), right.map(\.double))
    let (aStep, bStep, cBatch, ldc) = (aColumn, bRow, cBatch, ldc)
    var untouched = [Bool](repeating: true, count: before.count)
    for e in 0..<batch {
      for i in 0..<m {
        for j in 0..<n {
          let at = e * cBatch + i * ldc + j
          untouched[at] = false
          var sum = accumulates ? before[at].double : 0
          var size = abs(sum)
          var (p, q) = (e * aBatch + i * aRow, e * bBatch + j * bColumn)
          for _ in 0..<k {
            let term = a[p] * b[q]
            sum += term
            size += abs(term)
            p += aStep
            q += bStep
          }
          let error = abs(outcome.c[at].double - sum)
          if error != 0 {
            let multiple = error / (Scalar.roundOff * Double(k + 3) * size)
            outcome.worst = multiple.isNaN ? .infinity : max(outcome.worst, multiple)
          }
        }
      }
    }
    outcome.strayWrites = before.indices.contains { untouched[$0] && !outcome.c[$0].double.isNaN }
    return outcome
  }
}

/// Numbers in [-1, 1), a power of two of them.
private let noise: [Double] = {
  var state: UInt64 = 1
  return (0..<1024).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-52 - 1
  }
}()
