import Testing

@testable import Autodiff

/// Long programs: no recursion over the graph, and costs in proportion to its length. Costs are counted, not timed.
@Suite(.serialized) struct DeepChainTests {
  // Unoptimised builds check every recorded equation again, which takes minutes for a million; there a tenth has to do.
  #if DEBUG
    private static let million = 100_000
  #else
    private static let million = 1_000_000
  #endif

  /// (1 − 1/n)ⁿ by n multiplications: 1/e (1 − 1/2n + O(1/n²)).
  @Test func aMillionOperations() throws {
    let n = Self.million
    let factor = 1 - 1 / Double(n)
    let g = try gradient(
      { (x) throws(TensorError) in
        var y = x[0]
        for _ in 0..<n { y = try factor * y }
        return [y]
      }, at: [Tensor(2)])
    let expected = 0.36787944117144233 * (1 - 0.5 / Double(n))
    #expect(Swift.abs(try g[0].double() / expected - 1) < 1e-9)
  }

  /// z ← (z + z′)/2, where each value has two successors: the form in which graphs of objects explode or overflow the stack.
  @Test(arguments: [50_000, million / 2]) func twoParents(_ n: Int) throws {
    let mean: TensorFunction = { (x) throws(TensorError) in
      var (before, now) = (x[0], x[1])
      for _ in 0..<n { (before, now) = (now, try 0.5 * (before + now)) }
      return [now]
    }
    let g = try gradient(mean, at: [Tensor(1), Tensor(2)])
    #expect(Swift.abs(try g[0].double() - 1 / 3.0) < 1e-9)
    #expect(Swift.abs(try g[1].double() - 2 / 3.0) < 1e-9)
    let linear = try linearize(mean, at: [Tensor(1), Tensor(2)])
    #expect(linear.graph.equations.count == 2 * n)
  }

  /// Twice the length is twice the equations, the allocations and the memory.
  @Test(arguments: ["grad", "hessian product", "vmap of grad"]) func costsAreLinear(_ transform: String) throws {
    let short = try cost(transform, 10_000)
    let long = try cost(transform, 20_000)
    let ratio = { (a: Int, b: Int) in Double(b) / Double(max(a, 1)) }
    #expect((1.9...2.1).contains(ratio(short.allocations, long.allocations)), "\(short) \(long)")
    #expect((1.9...2.1).contains(ratio(short.peak, long.peak)), "\(short) \(long)")
    #expect(long.live == 0, "everything is released: \(long)")
  }

  private func cost(_ transform: String, _ n: Int) throws -> Pool.Statistics {
    let engine = Engine()
    try engine.run {
      let chain: TensorFunction = { (x) throws(TensorError) in
        var y = x[0]
        for _ in 0..<n { y = try sin(y) }
        return [y]
      }
      let x = try Tensor(1)
      switch transform {
      case "grad": _ = try gradient(chain, at: [x])
      case "hessian product": _ = try hessianProduct(chain, at: [x], [x])
      default:
        _ = try vmap({ (x) throws(TensorError) in try gradient(chain, at: x) }, [Tensor([1, 2, 3])], axes: [0])
      }
    }
    return engine.pool.statistics
  }
}
