import Testing

@testable import Arrays

@Suite struct AxisReductionTests {
  private static func meaning(_ reduction: Reduction) -> (start: Double, combine: (Double, Double) -> Double) {
    switch reduction {
    case .sum: (0, { $0 + $1 })
    case .prod: (1, { $0 * $1 })
    case .max: (-.infinity, { Swift.max($0, $1) })
    case .min: (.infinity, { Swift.min($0, $1) })
    case .any: (0, { $0 + $1 > 0 ? 1 : 0 })
    case .all: (1, { $0 * $1 })
    }
  }

  // Values are small whole numbers, so that every order of summation gives the same.
  @Test(arguments: [Reduction.sum, .prod, .max, .min], [DType.float32, .float64, .int32])
  func everySubsetOfAxes(reduction: Reduction, dtype: DType) throws {
    let (start, combine) = AxisReductionTests.meaning(reduction)
    let deep = dtype == .float32 && reduction == .sum ? [[2, 2, 1, 3]] : []
    for shape in [[], [0], [3], [2, 3], [0, 2], [3, 1], [1, 2, 3]] + deep {
      for layout in try everyLayout(of: shape, dtype) {
        for axes in subsets(layout.array.rank) {
          var expected = layout.naive.reduced(over: axes, from: start, combine)
          // Over nothing the integer extremes stand for the infinities; products too large to be exact are left out.
          if dtype == .int32 {
            expected.values = expected.values.map { $0.isInfinite ? Double($0 > 0 ? Int32.max : Int32.min) : $0 }
          }
          let exact = dtype == .float32 ? 0x1p24 : dtype == .int32 ? 0x1p31 : 0x1p53
          if reduction == .prod, expected.values.contains(where: { $0 >= exact }) { continue }
          let result = try layout.array.reduced(reduction, over: axes)
          #expect(try Naive(result) == expected, "\(reduction) of \(layout) over \(axes)")
        }
      }
    }
  }

  @Test(arguments: [Reduction.any, .all]) func truthOverEverySubset(reduction: Reduction) throws {
    let (start, combine) = AxisReductionTests.meaning(reduction)
    for bits in 0..<64 {
      let naive = Naive([2, 3]) { Double(bits >> ($0[0] * 3 + $0[1]) & 1) }
      let array = try NDArray(naive.values, shape: [2, 3]).cast(to: .bool)
      for axes in subsets(2) {
        let expected = naive.reduced(over: axes, from: start, combine)
        #expect(try Naive(array.reduced(reduction, over: axes)) == expected)
        let turned = try array.permuted([1, 0]).reduced(reduction, over: axes)
        #expect(try Naive(turned) == naive.permuted([1, 0]).reduced(over: axes, from: start, combine))
      }
    }
  }

  @Test(arguments: [Reduction.max, .min], [DType.float32, .float64]) func extremesPropagateNaN(
    reduction: Reduction, dtype: DType
  ) throws {
    for position in 0..<20 {
      var values = (0..<20).map(Double.init)
      values[position] = .nan
      let array = try NDArray(values, shape: [20]).cast(to: dtype)
      #expect(try array.reduced(reduction, over: [0]).doubles()[0].isNaN)
      #expect(try array.argReduced(largest: reduction == .max, axis: 0).doubles() == [Double(position)])
    }
  }

  @Test(arguments: [true, false], [DType.float32, .float64, .int32]) func firstExtreme(largest: Bool, dtype: DType) throws {
    for layout in try everyLayout(dtype) {
      // Values modulo 3 have ties; the first one counts.
      let naive = Naive(layout.naive.shape) { layout.naive[$0].truncatingRemainder(dividingBy: 3) }
      let three = try NDArray.full([], 3, dtype)
      let array = try NDArray.pointwise(.mod, layout.array, three)
      for axis in 0..<layout.array.rank where layout.naive.shape[axis] > 0 {
        let kept = naive.shape.indices.filter { $0 != axis }
        let expected = Naive(kept.map { naive.shape[$0] }) { index in
          var best = 0
          func value(_ i: Int) -> Double {
            var full = index
            full.insert(i, at: axis)
            return naive[full]
          }
          for i in 1..<max(1, naive.shape[axis]) where largest ? value(i) > value(best) : value(i) < value(best) { best = i }
          return Double(best)
        }
        #expect(try Naive(array.argReduced(largest: largest, axis: axis)) == expected, "\(layout) along \(axis)")
      }
    }
  }

  @Test(arguments: [Reduction.sum, .prod], [DType.float32, .float64, .int32]) func runningTotals(
    reduction: Reduction, dtype: DType
  ) throws {
    let (_, combine) = AxisReductionTests.meaning(reduction)
    for layout in try everyLayout(of: [2, 3, 2], dtype) {
      for axis in 0..<layout.array.rank {
        var expected = layout.naive
        for index in Naive.indices(expected.shape) where index[axis] > 0 {
          var previous = index
          previous[axis] -= 1
          expected[index] = combine(expected[previous], layout.naive[index])
        }
        #expect(try Naive(layout.array.scanned(reduction, axis: axis)) == expected, "\(layout) along \(axis)")
      }
    }
    #expect(try NDArray.full([2, 0], 0, dtype).scanned(reduction, axis: 1).shape == [2, 0])
  }

  @Test func sumsDoNotDependOnThreads() throws {
    var generator = Generator(seed: 3)
    let array = try generator.normal([300_000], .float32)
    let matrix = try array.reshaped([300, 1000])
    func sums() throws -> [Double] {
      try array.reduced(.sum, over: [0]).doubles() + matrix.reduced(.sum, over: [0]).doubles()
        + matrix.reduced(.sum, over: [1]).doubles()
    }
    let one = try Engine(threads: 1).run { try sums() }
    let four = try Engine(threads: 4).run { try sums() }
    #expect(one == four)
    let exact = try array.doubles().reduce(0, +)
    #expect(abs(one[0] - exact) < 1e-3)
  }
}
