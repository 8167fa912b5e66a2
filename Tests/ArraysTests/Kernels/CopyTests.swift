import CKernels
import Testing

@Suite struct CopyTests {
  static let shapes: [[Int]] = [
    [], [7], [3, 4], [1, 5], [4, 1, 3], [2, 3, 4], [2, 2, 3, 2], [9, 10], [70, 33], [16, 5, 17], [64, 128],
  ]

  /// Every order of the dimensions on both sides, for each element size.
  @Test(arguments: shapes) func permutedLayouts(_ shape: [Int]) {
    let total = shape.reduce(1, *)
    for source in Self.orders(shape) {
      for target in Self.orders(shape) {
        check(shape, source, target, (0..<total).map { UInt8(truncatingIfNeeded: $0 &* 37) })
        check(shape, source, target, (0..<total).map { Float($0) })
        check(shape, source, target, (0..<total).map { Double($0) })
      }
    }
  }

  @Test(arguments: shapes) func slicesAndBroadcastsIntoContiguous(_ shape: [Int]) {
    let contiguous = PointwiseLayoutTests.layouts(of: shape)[0].strides
    for layout in PointwiseLayoutTests.layouts(of: shape) {
      let x = (0..<layout.extent).map { Float($0) }
      var y = [Float](repeating: -1, count: shape.reduce(1, *))
      x.withUnsafeBufferPointer {
        _ = ebb_copy(
          4, Int32(shape.count), shape.map { Int64($0) }, &y, contiguous.map { Int64($0) }, $0.baseAddress! + layout.offset,
          layout.strides.map { Int64($0) }, nil)
      }
      #expect(y == positions(shape).map { x[layout.offset + dot($0, layout.strides)] }, "\(shape), strides \(layout.strides)")
    }
  }

  /// Assignment to a slice leaves its surroundings alone.
  @Test func intoASlice() {
    var y = [Int32](repeating: -1, count: 60)
    let x = (0..<6).map { Int32($0) }
    y.withUnsafeMutableBufferPointer { _ = ebb_copy(4, 2, [2, 3], $0.baseAddress! + 11, [20, 2], x, [3, 1], nil) }
    var wanted = [Int32](repeating: -1, count: 60)
    for i in 0..<2 { for j in 0..<3 { wanted[11 + 20 * i + 2 * j] = x[3 * i + j] } }
    #expect(y == wanted)
  }

  @Test(arguments: [(513, 700), (2048, 40), (5, 40_000)]) func largeTransposeOnAnyNumberOfThreads(_ size: (Int, Int)) {
    let (m, n) = size
    let x = (0..<(m * n)).map { Float($0) }
    for threads in [Int32(1), 4] {
      var y = [Float](repeating: -1, count: m * n)
      var block = control(threads: threads)
      _ = ebb_copy(4, 2, [Int64(n), Int64(m)], &y, [Int64(m), 1], x, [1, Int64(n)], &block)
      #expect((0..<(m * n)).allSatisfy { y[$0] == x[$0 % m * n + $0 / m] })
    }
  }

  @Test func emptyShapesTouchNothing() {
    var y: [Float] = [5]
    #expect(ebb_copy(4, 2, [0, 3], &y, [3, 1], [1] as [Float], [3, 1], nil) == 0)
    #expect(y == [5])
  }

  @Test func fillAndIota() {
    var floats = [Float](repeating: 0, count: 9)
    ebb_fill(.EBB_F32, 9, &floats, 2.5)
    #expect(floats == [Float](repeating: 2.5, count: 9))
    var integers = [Int32](repeating: 0, count: 3)
    ebb_fill(.EBB_I32, 3, &integers, -7.9)
    #expect(integers == [-7, -7, -7])
    var truths = [UInt8](repeating: 9, count: 3)
    ebb_fill(.EBB_BOOL, 3, &truths, 4)
    #expect(truths == [1, 1, 1])
    var doubles = [Double](repeating: 0, count: 1_100_000)
    ebb_iota(.EBB_F64, Int64(doubles.count), &doubles, 1, 0.1)
    #expect(doubles.indices.allSatisfy { doubles[$0] == 1 + Double($0) * 0.1 })
    ebb_iota(.EBB_I32, 3, &integers, 10, -2)
    #expect(integers == [10, 8, 6])
  }

  /// Strides of a dense layout for every order of the dimensions.
  static func orders(_ shape: [Int]) -> [[Int]] {
    var orders: [[Int]] = [[]]
    for _ in shape { orders = orders.flatMap { order in shape.indices.filter { !order.contains($0) }.map { order + [$0] } } }
    return orders.map { order in
      var strides = [Int](repeating: 0, count: shape.count)
      var step = 1
      for d in order.reversed() {
        strides[d] = step
        step *= shape[d]
      }
      return strides
    }
  }

  private func check<Element: KernelElement>(_ shape: [Int], _ source: [Int], _ target: [Int], _ x: [Element]) {
    var y = x.map { _ in x[0] }
    let size = Int32(MemoryLayout<Element>.size)
    _ = ebb_copy(
      size, Int32(shape.count), shape.map { Int64($0) }, &y, target.map { Int64($0) }, x, source.map { Int64($0) }, nil)
    var wanted = y
    for p in positions(shape) { wanted[dot(p, target)] = x[dot(p, source)] }
    #expect(y == wanted, "\(shape), from \(source) to \(target), size \(size)")
  }
}
