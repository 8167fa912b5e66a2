import Autodiff

extension PerExampleGradients {
  /// The point z with the least Σ ‖gᵢ − z‖ over all parameters, by Weiszfeld's iteration with the step of Vardi & Zhang (2000) where z meets
  /// an example. z is always a mean Σ wᵢ gᵢ, so that distances follow from the Gram matrix and an iteration costs O(m²). It starts at the
  /// plain mean and ends when the sum of distances falls by less than `tolerance` of itself, or after `iterations`. Distances from a Gram
  /// matrix are known to the square root of its precision, relative to the norms of gᵢ and z: what is nearer counts as met.
  public func geometricMedian(iterations: Int = 1000, tolerance: Double = 1e-12) throws(TensorError) -> [Tensor] {
    guard count > 0 else { throw .invalid("per_example", "there are no examples to aggregate") }
    guard let gram = try gramMatrix().array else {
      throw .noRule("geometric_median", "its iteration looks at values; call it outside grad, vmap and compile")
    }
    let precision = parameters.contains { $0.dtype == .float32 } ? 0x1p-23 : 0x1p-52
    let weights = try Self.weiszfeld(gram.doubles(), count, iterations, tolerance, precision)
    let tensor = Tensor(try NDArray(weights, shape: [count]))
    return try weightedSum(tensor)
  }

  // The weights of the examples in the median of vectors with this Gram matrix.
  private static func weiszfeld(_ gram: [Double], _ m: Int, _ iterations: Int, _ tolerance: Double, _ precision: Double)
    throws(TensorError) -> [Double]
  {
    func product(_ w: [Double]) -> [Double] {
      (0..<m).map { i in (0..<m).reduce(0.0) { $0 + gram[i * m + $1] * w[$1] } }
    }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let norms = (0..<m).map { max(0, gram[$0 * m + $0]).squareRoot() }
    var weights = [Double](repeating: 1 / Double(m), count: m)
    var last = Double.infinity
    for _ in 0..<iterations {
      try Engine.current.checkInterrupt()
      let products = product(weights)
      let square = dot(weights, products)
      let distances = (0..<m).map { max(0, gram[$0 * m + $0] - 2 * products[$0] + square).squareRoot() }
      let sum = distances.reduce(0, +)
      if !(last - sum > tolerance * sum) { break }
      last = sum
      let reach = dot(weights, norms)
      let meets = (0..<m).map { distances[$0] <= precision.squareRoot() * (norms[$0] + reach) }
      // Examples at z itself pull with at most 1 each; the others pull with 1 in their directions.
      let apart = zip(distances, meets).map { $1 ? 0 : 1 / $0 }
      let total = apart.reduce(0, +)
      if total == 0 { break }
      var share = 1.0
      let meeting = meets.count { $0 }
      if meeting > 0 {
        let pull = zip(apart, weights).map { $0 / total - $1 }
        let size = total * max(0, dot(pull, product(pull))).squareRoot()
        share = size > 0 ? max(0, 1 - Double(meeting) / size) : 0
        // Nothing pulls z away from them.
        if share == 0 { return meets.map { $0 ? 1 / Double(meeting) : 0 } }
      }
      for i in 0..<m { weights[i] += share * (apart[i] / total - weights[i]) }
    }
    return weights
  }
}
