import CKernels
import Testing

@Suite struct MatrixProductTests {
  static let layouts = Layout.allCases.flatMap { a in Layout.allCases.map { (a, $0) } }

  /// All shapes up to 9 with every layout, alone and as a batch in which none, A or B is shared.
  @Test(arguments: layouts)
  func smallShapes(_ layouts: (a: Layout, b: Layout)) {
    func check<Scalar: KernelScalar>(_: Scalar.Type, _ m: Int, _ n: Int, _ k: Int) {
      var product = Product<Scalar>(m: m, n: n, k: k, a: layouts.a, b: layouts.b)
      let variant = (m + n + k) % 4
      product.batch = variant == 0 ? 1 : 3
      product.sharesA = variant == 2
      product.sharesB = variant == 3
      product.padding = (m + 2 * n) % 3
      for accumulates in [false, true] {
        product.accumulates = accumulates
        let outcome = product.check()
        #expect(outcome.status == EBB_OK && outcome.worst <= 1 && !outcome.strayWrites, "\(product)")
      }
    }
    for m in 0...9 {
      for n in 0...9 {
        for k in 0...9 {
          check(Float.self, m, n, k)
          check(Double.self, m, n, k)
        }
      }
    }
  }

  /// Sizes one below, at and one above the tiles and vectors of all instruction sets.
  @Test(arguments: layouts)
  func tileEdges(_ layouts: (a: Layout, b: Layout)) {
    let edges = [4, 6, 8, 12, 14, 16, 28, 32, 48, 64].flatMap { [$0 - 1, $0, $0 + 1] }
    for (i, m) in edges.enumerated() {
      for (j, n) in edges.enumerated() where (i + j) % 3 == 0 {
        let k = edges[(3 * i + 5 * j) % edges.count]
        let single = Product<Float>(m: m, n: n, k: k, a: layouts.a, b: layouts.b, accumulates: i % 2 == 0, padding: j % 2).check()
        #expect(single.worst <= 1 && !single.strayWrites, "float32 \(m) x \(k) x \(n)")
        let double = Product<Double>(m: m, n: n, k: k, a: layouts.a, b: layouts.b, accumulates: j % 2 == 0, padding: i % 2).check()
        #expect(double.worst <= 1 && !double.strayWrites, "float64 \(m) x \(k) x \(n)")
      }
    }
  }

  /// Shapes that are packed, blocked in k, long in one direction or divided among threads.
  static let large = [
    (128, 10, 256), (128, 256, 10), (70, 50, 340), (130, 171, 50), (3, 400, 800), (400, 3, 800), (300, 257, 1), (7, 13, 2000),
    (401, 65, 33), (2, 2, 3000), (600, 7, 20),
  ]

  @Test(arguments: large, layouts)
  func largeShapes(_ shape: (m: Int, n: Int, k: Int), _ layouts: (a: Layout, b: Layout)) {
    let single = Product<Float>(m: shape.m, n: shape.n, k: shape.k, a: layouts.a, b: layouts.b, accumulates: true, padding: 3)
    let outcome = single.check(threads: 2)
    #expect(outcome.status == EBB_OK && outcome.worst <= 1 && !outcome.strayWrites)
    let double = Product<Double>(m: shape.m, n: shape.n, k: shape.k, a: layouts.a, b: layouts.b)
    #expect(double.check(threads: 2).worst <= 1)
  }

  @Test(arguments: 1...40)
  func randomShapes(_ seed: Int) {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
    func upTo(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit + 1
    }
    var product = Product<Float>(m: upTo(90), n: upTo(90), k: upTo(seed % 4 == 0 ? 500 : 60))
    product.a = upTo(2) == 1 ? .rows : .columns
    product.b = upTo(2) == 1 ? .rows : .columns
    product.batch = upTo(4)
    product.sharesA = upTo(3) == 1
    product.sharesB = upTo(3) == 1
    product.accumulates = upTo(2) == 1
    product.padding = upTo(3) - 1
    product.seed = seed
    let outcome = product.check(threads: Int32(upTo(3)))
    #expect(outcome.worst <= 1 && !outcome.strayWrites, "\(product)")
  }
}
