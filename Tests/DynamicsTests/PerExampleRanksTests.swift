import Testing

@testable import Autodiff
@testable import Dynamics

/// Ranks, signs and spread over examples agree with sorting what is materialised.
@Suite struct PerExampleRanksTests {
  /// The values of every coordinate of every parameter, sorted.
  private func columns(_ gradients: PerExampleGradients) throws -> [[[Double]]] {
    try gradients.materialized().map { rows in
      let (m, n) = (gradients.count, rows.count / gradients.count)
      let elements = try rows.elements
      return (0..<n).map { j in (0..<m).map { elements[$0 * n + j] }.sorted() }
    }
  }

  private func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(values.count) }

  @Test(arguments: PerExampleTests.cases, [1, 2, 3, 8, 33, 100]) func ranks(_ test: PerExampleTests.Case, _ m: Int) throws {
    for dtype in [DType.float64, .float32] {
      let p = try test.parameters.enumerated().map {
        try Tensor(NDArray(Tensor.normal($1.elementCount, seed: UInt64($0)).elements, shape: $1)).cast(to: dtype)
      }
      let shape = test.example.inserting(m, at: 0)
      let x = try Tensor(NDArray(Tensor.normal(shape.elementCount, seed: 99).elements, shape: shape)).cast(to: dtype)
      let gradients = try PerExampleGradients({ (p, e) throws(TensorError) in try test.loss(p, e[0]) }, at: p, over: [x])
      let all = try columns(gradients)
      let tolerance = dtype == .float64 ? 1e-12 : 1e-5
      func expect(_ results: [Tensor], _ name: Comment, _ naive: ([Double]) -> Double) throws {
        for (parameter, result) in results.enumerated() {
          #expect(result.spec == p[parameter].spec, name)
          #expect(isClose(try result.elements, all[parameter].map(naive), tolerance), name)
        }
      }
      for c in [0.0, 1, 4, 8, 30, 50] {
        let low = Int((Double(m - 1) * (c / 100)).rounded(.toNearestOrEven))
        let high = Int((Double(m - 1) * ((100 - c) / 100)).rounded(.toNearestOrEven))
        try expect(gradients.winsorized(c), "winsorized \(c)") { v in mean(v.map { max(v[low], min(v[high], $0)) }) }
        let k = min(low, (m - 1) / 2)
        try expect(gradients.trimmed(c), "trimmed \(c)") { v in mean(v[k...(m - 1 - k)]) }
        try expect(gradients.quantile(c / 100, nearest: true), "nearest \(c)") { v in v[low] }
      }
      try expect(gradients.median(), "median") { v in (v[(m - 1) / 2] + v[m / 2]) / 2 }
      try expect(gradients.variance(), "variance") { v in mean(v.map { ($0 - mean(v)) * ($0 - mean(v)) }) }
    }
  }

  /// Gradients of 40 examples in 27,648 weights are made in two blocks, of which the first ends within the second group.
  @Test func convolutionsInBlocks() throws {
    let (w, x) = (try Tensor.normal(96, 32, 3, 3, seed: 1), try Tensor.normal(40, 1, 64, 4, 4, seed: 2))
    let g = try PerExampleGradients(
      { (p, e) throws(TensorError) in try square(convolution(e[0], p[0], Sliding(kernel: [3, 3]), groups: 2)).sum() }, at: [w],
      over: [x])
    var blocks = 0
    try g.forEachBlock(of: 0) { (_) throws(TensorError) in blocks += 1 }
    #expect(blocks == 2)
    let rows = try vmap(
      { (e) throws(TensorError) in
        try gradient(
          { (p) throws(TensorError) in [try square(convolution(e[0], p[0], Sliding(kernel: [3, 3]), groups: 2)).sum()] }, at: [w])
      }, [x], axes: [0])[0].reshaped([40, w.count])
    #expect(isClose(try g.squaredNorms().elements, try square(rows).sum([1]).elements, 1e-12))
    #expect(isClose(try g.gramMatrix().elements, try matrixProduct(rows, rows.matrixTransposed()).elements, 1e-12))
    #expect(isClose(try g.materialized()[0].elements, try rows.elements, 1e-12))
    #expect(isClose(try g.median()[0].elements, try rows.median([0]).values.elements, 1e-12))
  }

  @Test func theNumberOfThreadsChangesNothing() throws {
    let (w, x) = (try Tensor.normal(200, 70, seed: 1, dtype: .float32), try Tensor.normal(60, 3, 200, seed: 2, dtype: .float32))
    func results(threads: Int) throws -> [[Double]] {
      try Engine(threads: threads).run { () throws(any Error) in
        let g = try PerExampleGradients(
          { (p, e) throws(TensorError) in try square(matrixProduct(e[0], p[0])).sum() }, at: [w], over: [x])
        return try [g.winsorized(2), g.trimmed(20), g.median(), g.variance(), g.signSum()].map { try $0[0].elements }
      }
    }
    #expect(try results(threads: 1) == results(threads: 4))
  }

  /// 200 examples of 100,000 weights would be 80 MB in float32.
  @Test func onlyBlocksExist() throws {
    let engine = Engine(pool: Pool(limit: 16 << 20))
    try engine.run { () throws(any Error) in
      let w = try Tensor.normal(400, 250, seed: 2, dtype: .float32)
      let x = try Tensor.normal(200, 400, seed: 3, dtype: .float32)
      let g = try PerExampleGradients(
        { (p, x) throws(TensorError) in try square(matrixProduct(x[0], p[0])).sum() }, at: [w], over: [x])
      for c in [2.0, 20] { _ = try (g.winsorized(c), g.trimmed(c)) }
      _ = try (g.median(), g.variance(), g.signSum(), g.geometricMedian(iterations: 3))
      #expect(engine.pool.statistics.peak < 8 << 20)
    }
  }

  @Test func anInterruptStopsIt() throws {
    let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    flag.initialize(to: 0)
    defer { flag.deallocate() }
    let engine = Engine(interrupt: UnsafePointer(flag))
    try engine.run { () throws(any Error) in
      let (w, x) = (try Tensor.normal(40, 30, seed: 1), try Tensor.normal(200, 40, seed: 2))
      let g = try PerExampleGradients(
        { (p, x) throws(TensorError) in try square(matrixProduct(x[0], p[0])).sum() }, at: [w], over: [x])
      flag.pointee = 1
      let error = #expect(throws: TensorError.self) { try g.median() }
      #expect(error?.message == "interrupted")
    }
  }
}
