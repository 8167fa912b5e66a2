import CKernels
import Testing

@Suite struct ReductionTests {
  /// [outer, n, inner]: around every border of the blocked algorithm.
  static let shapes: [[Int]] = [
    [1, 1, 1], [3, 2, 1], [5, 16, 1], [5, 17, 1], [2, 63, 1], [2, 64, 1], [1, 65, 1], [1, 511, 1], [1, 513, 1], [2, 1040, 1],
    [1, 70_001, 1], [1, 200_003, 1], [2, 7, 3], [2, 100, 3], [1, 1000, 7], [1, 33, 64], [2, 40, 65], [1, 5, 300], [3, 300, 130],
    [1, 30_000, 20], [20, 70_001, 1], [1, 3000, 129],
  ]

  @Test(arguments: shapes) func sumsAndExtremesAgreeWithFloat64(_ shape: [Int]) {
    let (outer, n, inner) = (shape[0], shape[1], shape[2])
    var samples = Samples(UInt64(outer + 7 * n + 11 * inner))
    let x = (0..<(outer * n * inner)).map { _ in Float.random(in: -1...1, using: &samples) }
    let sums = reduce(.reduce_sum, x, shape)
    let largest = reduce(.reduce_max, x, shape)
    let smallest = reduce(.reduce_min, x, shape)
    let doubles = reduce(.reduce_sum, x.map { Double($0) }, shape)
    let integers = reduce(.reduce_sum, x.map { Int32($0 * 1e9) }, shape)
    let product = reduce(.reduce_prod, x.map { 1 + $0 / Float(n) }, shape)
    let first = arg(x.map { ($0 * 8).rounded() }, shape, largest: true)
    let last = arg(x.map { ($0 * 8).rounded() }, shape, largest: false)
    for o in 0..<outer {
      for j in 0..<inner {
        let column = (0..<n).map { x[(o * n + $0) * inner + j] }
        let at = o * inner + j
        let size = column.reduce(0.0) { $0 + Double(abs($1)) }
        let sum = column.reduce(0.0) { $0 + Double($1) }
        #expect(abs(Double(sums[at]) - sum) <= 1e-6 * size)
        #expect(abs(doubles[at] - sum) <= 1e-15 * Double(n) * size)
        #expect(largest[at] == column.max()! && smallest[at] == column.min()!)
        #expect(integers[at] == column.reduce(Int32(0)) { $0 &+ Int32($1 * 1e9) })
        let exact = column.reduce(1.0) { $0 * Double(1 + $1 / Float(n)) }
        #expect(abs(Double(product[at]) - exact) <= exact * Double(n) * Double(Float.ulpOfOne) / 2)
        let coarse = column.map { ($0 * 8).rounded() }
        #expect(Int(first[at]) == coarse.firstIndex(of: coarse.max()!)! && Int(last[at]) == coarse.firstIndex(of: coarse.min()!)!)
      }
    }
  }

  @Test(arguments: shapes) func threadsChangeNoBit(_ shape: [Int]) {
    var samples = Samples(9)
    let x = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &samples) }
    for reduction in [ebb_reduction.reduce_sum, .reduce_prod, .reduce_max] {
      let alone = reduce(reduction, x, shape)
      for threads in [Int32(2), 3, 8] { #expect(reduce(reduction, x, shape, threads: threads) == alone) }
    }
  }

  @Test func aSumOfTenMillionFloatsStaysAccurate() {
    let x = [Float](repeating: 0.1, count: 10_000_000)
    let exact = Double(Float(0.1)) * 1e7
    #expect(abs(Double(reduce(.reduce_sum, x, [1, 10_000_000, 1])[0]) / exact - 1) < 1e-6)
    for sum in reduce(.reduce_sum, x, [1, 1_000_000, 10]) { #expect(abs(Double(sum) / (exact / 10) - 1) < 1e-6) }
  }

  @Test(arguments: [1, 5, 16, 17, 200, 1500]) func oneNaNReachesTheExtremes(_ n: Int) {
    for inner in [1, 3, 70] {
      for place in [0, n / 2, n - 1] {
        var x = (0..<(n * inner)).map { Float($0) }
        x[place * inner] = .nan
        for reduction in [ebb_reduction.reduce_max, .reduce_min] {
          let y = reduce(reduction, x, [1, n, inner])
          #expect(y[0].isNaN && y.dropFirst().allSatisfy { !$0.isNaN }, "n \(n), inner \(inner), NaN at \(place)")
        }
        #expect(arg(x, [1, n, inner], largest: true)[0] == Int32(place))
        #expect(arg(x, [1, n, inner], largest: false)[0] == Int32(place))
      }
    }
    #expect(arg([1, .nan, .nan, 7], [1, 4, 1], largest: true) == [1])
  }

  @Test func emptyReductionsGiveTheNeutralElement() {
    #expect(reduce(.reduce_sum, [Float](), [2, 0, 1]) == [0, 0])
    #expect(reduce(.reduce_prod, [Double](), [1, 0, 2]) == [1, 1])
    #expect(reduce(.reduce_max, [Float](), [1, 0, 1]) == [-.infinity])
    #expect(reduce(.reduce_min, [Double](), [1, 0, 1]) == [.infinity])
    #expect(reduce(.reduce_max, [Int32](), [1, 0, 1]) == [.min])
    #expect(reduce(.reduce_min, [Int32](), [1, 0, 1]) == [.max])
    #expect(reduce(.reduce_any, [UInt8](), [1, 0, 1]) == [0])
    #expect(reduce(.reduce_all, [UInt8](), [1, 0, 1]) == [1])
  }

  @Test(arguments: [1, 9, 64, 100, 3000]) func anyAndAll(_ n: Int) {
    for inner in [1, 5] {
      var x = [UInt8](repeating: 0, count: n * inner)
      #expect(reduce(.reduce_any, x, [1, n, inner]) == [UInt8](repeating: 0, count: inner))
      x[(n - 1) * inner] = 1
      #expect(reduce(.reduce_any, x, [1, n, inner])[0] == 1)
      var ones = [UInt8](repeating: 1, count: n * inner)
      #expect(reduce(.reduce_all, ones, [1, n, inner]) == [UInt8](repeating: 1, count: inner))
      ones[n / 2 * inner] = 0
      #expect(reduce(.reduce_all, ones, [1, n, inner])[0] == 0)
    }
  }

  @Test(arguments: [[1, 1, 1], [2, 9, 1], [3, 5, 4], [1, 40, 131], [2, 1000, 3], [40, 3000, 1]]) func scans(_ shape: [Int]) {
    let (n, inner) = (shape[1], shape[2])
    var samples = Samples(10)
    let x = (0..<shape.reduce(1, *)).map { _ in Float.random(in: 0.5...1.5, using: &samples) }
    let sums = scan(.reduce_sum, x, shape)
    let products = scan(.reduce_prod, x.map { Double($0) }, shape)
    let integers = scan(.reduce_sum, x.map { Int32($0 * 1e9) }, shape)
    #expect(scan(.reduce_sum, x, shape, threads: 4) == sums)
    for o in 0..<shape[0] {
      for j in 0..<inner {
        var sum = 0.0
        var product = 1.0
        var integer = Int32(0)
        for i in 0..<n {
          let at = (o * n + i) * inner + j
          sum += Double(x[at])
          product *= Double(x[at])
          integer &+= Int32(x[at] * 1e9)
          #expect(sums[at] == Float(sum) && products[at] == product && integers[at] == integer)
        }
      }
    }
    #expect(scan(.reduce_max, [3, 1, 4, 1, 5], [1, 5, 1]) == [3, 3, 4, 4, 5] as [Float])
    #expect(scan(.reduce_min, [3, 1, 4, 1, 0], [1, 5, 1]) == [3, 1, 1, 1, 0] as [Int32])
  }

  private func reduce<Element: KernelElement>(_ r: ebb_reduction, _ x: [Element], _ shape: [Int], threads: Int32 = 1) -> [Element] {
    filled(shape[0] * shape[2]) { out in
      var block = control(threads: threads)
      #expect(ebb_reduce(r, Element.kernel, Int64(shape[0]), Int64(shape[1]), Int64(shape[2]), out, x, &block) == 0)
    }
  }
  private func scan<Element: KernelElement>(_ r: ebb_reduction, _ x: [Element], _ shape: [Int], threads: Int32 = 1) -> [Element] {
    filled(x.count) { out in
      var block = control(threads: threads)
      #expect(ebb_scan(r, Element.kernel, Int64(shape[0]), Int64(shape[1]), Int64(shape[2]), out, x, &block) == 0)
    }
  }
  private func arg<Element: KernelElement>(_ x: [Element], _ shape: [Int], largest: Bool) -> [Int32] {
    filled(shape[0] * shape[2]) { out in
      var block = control(threads: 2)
      #expect(ebb_arg_reduce(largest, Element.kernel, Int64(shape[0]), Int64(shape[1]), Int64(shape[2]), out, x, &block) == 0)
    }
  }
  private func filled<Element>(_ count: Int, _ body: (UnsafeMutablePointer<Element>) -> Void) -> [Element] {
    [Element](unsafeUninitializedCapacity: count) { buffer, used in
      body(buffer.baseAddress!)
      used = count
    }
  }
}
