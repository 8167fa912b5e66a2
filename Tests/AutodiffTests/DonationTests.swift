import Testing

@testable import Arrays
@testable import Autodiff

/// Arguments that are given to a plan: where results are written, and where they must not be.
@Suite struct DonationTests {
  private static let shape: Shape = [40, 50]

  private func normal(_ seed: UInt64, _ shape: Shape = DonationTests.shape) throws -> NDArray {
    var random = Generator(seed: seed)
    return try random.normal(shape, .float64)
  }

  // Runs the plan of `body` on copies of these arrays: the results, and for each the argument whose memory it has.
  private func run(_ x: [NDArray], donated: Set<Int>? = nil, _ body: TensorFunction) throws -> [Int?] {
    let plan = try Plan(recorded(body, x.map { Tensor($0) }), donated: donated ?? Set(x.indices))
    var given: [NDArray] = []
    for x in x { given.append(try x.packed()) }
    let places = given.map(\.storageIdentity)
    let results = try plan(giving: &given)
    #expect(try identical(results.map { Tensor($0) }, body(x.map { Tensor($0) })), "\(plan.listing)")
    return results.map { places.firstIndex(of: $0.storageIdentity) }
  }

  @Test func updatesAreWrittenOverTheirArguments() throws {
    let (p, g, m, v) = try (normal(1), normal(2), normal(3), normal(4))
    // Adam without its corrections: p, m and v, given g.
    let adam = try run([p, g, m, v], donated: [0, 2, 3]) { (x) throws(TensorError) in
      let m = try 0.9 * x[2] + 0.1 * x[1]
      let v = try 0.999 * square(x[3]) + 0.001 * x[1] * x[1]
      return try [x[0] - 0.1 * m / (sqrt(v) + 1e-8), m, v]
    }
    #expect(Set(adam) == [0, 2, 3])
    // The momentum m' must take the place of m: that of p is still read for p'.
    let momentum = try run([m, p, g], donated: [0, 1]) { (x) throws(TensorError) in
      let m = try 0.9 * x[0] + x[2]
      return try [m, x[1] - 0.1 * m]
    }
    #expect(momentum == [0, 1])
  }

  /// What reads arguments alone waits for the gradient, so that all of an update is one program behind its product.
  @Test func anUpdateThatIsWrittenBeforeTheGradientTakesNoMemory() throws {
    let (p, m, x) = try (normal(1), normal(2), normal(3, [4, 40]))
    let body: TensorFunction = { (x) throws(TensorError) in
      let m = try 0.9 * x[1]
      let g = try matrixProduct(x[2].permuted([1, 0]), matrixProduct(x[2], x[0]))
      let u = try m + g
      return [try x[0] - 0.1 * u, u]
    }
    #expect(try run([p, m, x], donated: [0, 1], body) == [0, 1])
    let plan = try Plan(recorded(body, [p, m, x].map { Tensor($0) }))
    #expect(plan.bytes <= 8 * (40 * 50 + 4 * 50) + 64, "\(plan.listing)")
  }

  @Test func whatIsStillReadIsNotWrittenOver() throws {
    let (a, p) = try (normal(5, [40, 40]), normal(6))
    // The product reads p while its rows are subtracted from p: p is free after the product, not while it runs.
    #expect(try run([a, p]) { (x) throws(TensorError) in [try x[1] - 0.1 * matrixProduct(x[0], x[1])] } == [1])
    // Read by other elements than those that are written.
    let rows = try run([p]) { (x) throws(TensorError) in
      [try x[0] - x[0].sliced(starts: [0, 0], counts: [1, 50], steps: [1, 1])]
    }
    #expect(rows == [nil])
    // Read again by a later step.
    let late = try run([p]) { (x) throws(TensorError) in
      let s = try (2 * x[0]).sum()
      return [try x[0] * s, try x[0] + s.reshaped([1, 1])]
    }
    #expect(late.compactMap { $0 } == [0])
    // A result that is the argument itself, and a view of it.
    #expect(try run([p]) { (x) throws(TensorError) in [x[0], try 2 * x[0], try x[0].permuted([1, 0])] } == [0, nil, 0])
    // The memory of an argument that is read first serves a result that comes later, whatever makes it.
    #expect(try run([a, p]) { (x) throws(TensorError) in [try matrixProduct(tanh(x[0]), sin(x[1]))] } == [1])
  }

  @Test func whoHoldsAnArrayKeepsItsNumbers() throws {
    let p = try normal(7)
    let double: TensorFunction = { (x) throws(TensorError) in [try 2 * x[0] + (x.count > 1 ? x[1] : x[0])] }
    let plan = try Plan(recorded(double, [Tensor(p)]), donated: [0])
    var own = [try p.packed()]
    let view = try Tensor(own[0]).permuted([1, 0])
    let before = try view.array!.bytes()
    #expect(try plan(giving: &own)[0].storageIdentity != view.array!.storageIdentity)
    #expect(try view.array!.bytes() == before)
    // The same array twice.
    let both = try Plan(recorded(double, [Tensor(p), Tensor(p)]), donated: [0, 1])
    let one = try p.packed()
    var twice = [one, one]
    let place = one.storageIdentity
    #expect(try both(giving: &twice)[0].storageIdentity != place)
    // A plain call gives nothing away.
    let kept = [try p.packed()]
    _ = try plan(kept)
    #expect(try identical(kept.map { Tensor($0) }, [Tensor(p)]))
  }

  @Test func aStepThatGivesItsStateAwayAllocatesNothing() throws {
    let engine = Engine()
    try engine.run { () throws(any Error) in
      var state = [try normal(1), try normal(2)]
      let g = try normal(3)
      let body: TensorFunction = { (x) throws(TensorError) in
        let m = try 0.9 * x[1] + x[2]
        return [try x[0] - 0.1 * m, m]
      }
      let plan = try Plan(recorded(body, (state + [g]).map { Tensor($0) }), donated: [0, 1])
      let before = engine.pool.statistics
      for _ in 0..<10 {
        var given = state + [g]
        state = []
        state = try plan(giving: &given)
      }
      #expect(engine.pool.statistics.allocations == before.allocations)
      #expect(engine.pool.statistics.live == before.live)
    }
  }
}
