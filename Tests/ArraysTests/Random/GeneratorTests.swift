import Testing

@testable import Arrays

@Suite struct GeneratorTests {
  @Test func theSameSeedGivesTheSameBits() throws {
    for dtype in [DType.float32, .float64] {
      var a = Generator(seed: 7)
      var b = Generator(seed: 7)
      #expect(try a.normal([3, 5], dtype).doubles() == b.normal([3, 5], dtype).doubles())
      #expect(try a.uniform([9], dtype).doubles() == b.uniform([9], dtype).doubles())
      #expect(try a.permutation(50).doubles() == b.permutation(50).doubles())
      #expect(a == b && a.draws == 3)
      var other = Generator(seed: 8)
      #expect(try other.normal([3, 5], dtype).doubles() != Generator(seed: 7).drawing { try $0.normal([3, 5], dtype).doubles() })
    }
  }

  @Test func drawsDiffer() throws {
    var generator = Generator(seed: 1)
    let first = try generator.uniform([8], .float64).doubles()
    let second = try generator.uniform([8], .float64).doubles()
    #expect(Set(first).isDisjoint(with: second))
  }

  @Test func anElementDependsOnItsPlaceAlone() throws {
    for count in [1, 2, 3, 7, 64, 1001] {
      var short = Generator(seed: 2)
      var long = Generator(seed: 2)
      let prefix = try long.normal([2000], .float32).doubles().prefix(count)
      #expect(try short.normal([count], .float32).doubles() == Array(prefix))
    }
  }

  @Test func splitsAreIndependentOfTheirNumber() throws {
    var a = Generator(seed: 3)
    var b = Generator(seed: 3)
    let four = a.split(4)
    let two = b.split(2)
    #expect(Array(four[..<2]) == two)
    #expect(a == b)
    let again = a.split(4)
    let keys = Set(four.map(\.key) + again.map(\.key) + [a.key])
    #expect(keys.count == 9)
    // Streams are uncorrelated: 4096 products of standard normals have mean 0 ± 1/64.
    var (x, y) = (four[0], four[1])
    let products = zip(try x.normal([4096], .float64).doubles(), try y.normal([4096], .float64).doubles()).map { $0 * $1 }
    #expect(abs(products.reduce(0, +) / 4096) < 4.0 / 64)
  }

  @Test(arguments: [0, 1, 2, 3, 10, 1000]) func permutationsArePermutations(count: Int) throws {
    var generator = Generator(seed: 4)
    let order = try generator.permutation(count).elements(of: Int32.self)
    #expect(order.sorted() == (0..<Int32(count)).map { $0 })
    if count == 1000 { #expect(order != order.sorted()) }
  }

  @Test func everyOrderOfThreeIsEquallyLikely() throws {
    var generator = Generator(seed: 5)
    var counts: [[Int32]: Int] = [:]
    for _ in 0..<6000 { counts[try generator.permutation(3).elements(), default: 0] += 1 }
    #expect(counts.count == 6)
    // The standard deviation of a count is 29.
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 145 })
  }

  @Test(arguments: [(Int32(0), Int32(0)), (1, 6), (-3, 3), (.min, .max)]) func integersCoverTheirRange(
    range: (Int32, Int32)
  ) throws {
    var generator = Generator(seed: 6)
    let values = try generator.integers([6000], in: range.0...range.1).elements(of: Int32.self)
    #expect(values.allSatisfy { (range.0...range.1).contains($0) })
    let width = Double(range.1) - Double(range.0) + 1
    if width < 10 {
      for value in range.0...range.1 {
        #expect(abs(Double(values.filter { $0 == value }.count) - 6000 / width) <= 5 * (6000 / width).squareRoot())
      }
    } else {
      #expect(values.contains { $0 < -1 << 30 } && values.contains { $0 > 1 << 30 })
    }
  }

  @Test(arguments: [DType.float32, .float64]) func moments(dtype: DType) throws {
    let count = 100_000
    var generator = Generator(seed: 9)
    let uniform = try generator.uniform([count], dtype).doubles()
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    let normal = try generator.normal([count], dtype).doubles()
    #expect(normal.allSatisfy { $0.isFinite })
    func moment(_ values: [Double], _ power: Int, around centre: Double = 0) -> Double {
      values.reduce(0) { sum, value in sum + (0..<power).reduce(1.0) { product, _ in product * (value - centre) } } / Double(count)
    }
    // Five standard errors each; the k-th moment of n values has the error √(Var xᵏ / n).
    let unit = 5 / Double(count).squareRoot()
    #expect(abs(moment(uniform, 1) - 0.5) < unit * (1.0 / 12).squareRoot())
    #expect(abs(moment(uniform, 2, around: 0.5) - 1.0 / 12) < unit * (1.0 / 180).squareRoot())
    #expect(abs(moment(normal, 1)) < unit)
    #expect(abs(moment(normal, 2) - 1) < unit * 2.0.squareRoot())
    #expect(abs(moment(normal, 3)) < unit * 15.0.squareRoot())
    #expect(abs(moment(normal, 4) - 3) < unit * 96.0.squareRoot())
    // Neighbours are uncorrelated, also the two halves of a Box–Muller pair.
    let products = (1..<count).map { normal[$0] * normal[$0 - 1] }
    #expect(abs(products.reduce(0, +) / Double(count)) < unit)
  }
}

extension Generator {
  /// A result of a copy of this generator.
  func drawing<R>(_ body: (inout Generator) throws -> R) rethrows -> R {
    var copy = self
    return try body(&copy)
  }
}
