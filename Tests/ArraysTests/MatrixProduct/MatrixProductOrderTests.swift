import CKernels
import Testing

/// One summation order: what may not change the bits of a product.
@Suite struct MatrixProductOrderTests {
  static let shapes = [(130, 171, 120), (64, 60, 700), (700, 64, 60), (1, 6000, 200), (6000, 1, 200), (5, 2500, 200), (33, 17, 9)]

  @Test(arguments: shapes, MatrixProductTests.layouts)
  func threads(_ shape: (m: Int, n: Int, k: Int), _ layouts: (a: Layout, b: Layout)) {
    let single = Product<Float>(m: shape.m, n: shape.n, k: shape.k, a: layouts.a, b: layouts.b, accumulates: true)
    let double = Product<Double>(m: shape.m, n: shape.n, k: shape.k, a: layouts.a, b: layouts.b)
    let (s, d) = (single.run().bytes, double.run().bytes)
    for threads: Int32 in [1, 2, 3] {
      #expect(single.run(threads: threads).bytes == s, "float32, \(threads) threads")
      #expect(double.run(threads: threads).bytes == d, "float64, \(threads) threads")
    }
  }

  @Test(arguments: [(2, 2, 2), (9, 17, 33), (40, 90, 20), (130, 71, 150), (34, 35, 700), (300, 20, 12)])
  func layouts(_ shape: (m: Int, n: Int, k: Int)) {
    let results = MatrixProductTests.layouts.map { layouts in
      Product<Float>(m: shape.m, n: shape.n, k: shape.k, a: layouts.0, b: layouts.1).run().bytes
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  /// Entries of a batch with shared operands, folded or not, are the single products; so are batches divided among threads.
  @Test(arguments: [(12, 10, 20), (60, 70, 50)], [(false, false), (true, false), (false, true), (true, true)])
  func batches(_ shape: (m: Int, n: Int, k: Int), _ shares: (a: Bool, b: Bool)) {
    var product = Product<Float>(m: shape.m, n: shape.n, k: shape.k, batch: 40)
    (product.sharesA, product.sharesB) = shares
    let together = product.run().bytes
    #expect(product.run(threads: 3).bytes == together)
    product.batch = 1
    let size = shape.m * shape.n * MemoryLayout<Float>.stride
    let alone = product.run().bytes[..<size]
    #expect(together[..<size] == alone)
    if shares == (true, true) { #expect((1..<40).allSatisfy { together[$0 * size..<($0 + 1) * size].elementsEqual(alone) }) }
  }

  /// A zero factor does not hide what is not finite, and only the column that meets it is touched.
  @Test(arguments: [(2, 3, 4), (40, 50, 60), (90, 131, 150), (1, 40, 30), (40, 1, 30)])
  func notFinite(_ shape: (m: Int, n: Int, k: Int)) {
    let product = Product<Double>(m: shape.m, n: shape.n, k: shape.k)
    let outcome = product.run { a, b in
      for index in a.indices { a[index] = 0 }
      b[0] = .infinity
    }
    for i in 0..<shape.m { for j in 0..<shape.n { #expect(outcome.c[i * shape.n + j].isNaN == (j == 0)) } }
  }

  @Test(arguments: [(300, 200, 150, 1), (20, 20, 20, 400), (1, 2000, 600, 1), (2000, 1, 600, 1), (260, 260, 260, 2)])
  func interrupt(_ shape: (m: Int, n: Int, k: Int, batch: Int)) {
    for threads: Int32 in [1, 2] {
      let product = Product<Float>(m: shape.m, n: shape.n, k: shape.k, batch: shape.batch)
      #expect(product.run(threads: threads, interrupted: true).status == EBB_INTERRUPTED)
      #expect(product.run(threads: threads).status == EBB_OK)
    }
  }
}
