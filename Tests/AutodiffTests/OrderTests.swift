import Testing

@testable import Autodiff

/// Derivatives of the orders 1 to 4, each by every nesting of forward and reverse mode.
///
/// For a function f of the table, a point x, a direction v and weights w, φ(t) = ⟨w, f(x + t v)⟩ is a scalar function of a scalar.
/// All words over {F, R} of one length are the same derivative of φ, which the differences of the order below must approach.
@Suite struct OrderTests {
  @Test(arguments: Case.differentiable.filter(\.isMain)) func everyNestingAgrees(_ entry: Case) throws {
    let lanes = try (0..<2).map { try Line(entry, lane: UInt64($0)) }
    var scale = Swift.abs(try lanes[0].value(at: 0))
    for order in 1...4 {
      let forward = Word(order: order, bits: 0)
      let reference = try differences { t in try lanes[0].derivative(Word(order: order - 1, bits: 0), at: t) }
      let exact = try lanes.map { try $0.derivative(forward, at: 0) }
      scale = max(scale, Swift.abs(exact[0]))
      #expect(
        Swift.abs(exact[0] - reference) <= 1e-9 * scale, "\(entry.testDescription): order \(order) is \(exact[0]), not \(reference)"
      )
      for bits in 0..<(1 << order) {
        let word = Word(order: order, bits: bits)
        let value = try lanes[0].derivative(word, at: 0)
        #expect(
          Swift.abs(value - exact[0]) <= 1e-10 * scale, "\(entry.testDescription): \(word) is \(value), not \(exact[0])")
        let batched = try Line.derivatives(word, lanes)
        for (lane, value) in exact.enumerated() {
          let error = Swift.abs(batched[lane] - value)
          #expect(
            error <= 1e-10 * max(scale, Swift.abs(value)), "\(entry.testDescription): vmap of \(word) is \(batched), not \(exact)")
        }
      }
    }
  }

  // Central differences of eighth order.
  private func differences(_ f: (Double) throws -> Double) throws -> Double {
    let h = 1.0 / 128
    let weights = [672.0, -168, 32, -3]
    var sum = 0.0
    for (i, weight) in weights.enumerated() {
      let t = h * Double(i + 1)
      sum += try weight * (f(t) - f(-t))
    }
    return sum / (840 * h)
  }
}

/// A nesting of forward (F) and reverse (R) mode, outermost first.
private struct Word: CustomStringConvertible {
  let order: Int
  let bits: Int

  var description: String { (0..<order).map { bits >> $0 & 1 == 1 ? "R" : "F" }.joined() }

  /// The derivative of `f` that this word names.
  func derivative(of f: @escaping TensorFunction) -> TensorFunction {
    var g = f
    for position in (0..<order).reversed() {
      let inner = g
      if bits >> position & 1 == 1 {
        g = { (t) throws(TensorError) in try gradient(inner, at: t) }
      } else {
        g = { (t) throws(TensorError) in
          let (outputs, tangents) = try jvp(inner, t, [.scalar(1, .float64)])
          if let tangent = tangents[0] { return [tangent] }
          return [try .zeros(outputs[0].spec)]
        }
      }
    }
    return g
  }
}

/// A straight line through the operands of a case: φ(t) = ⟨w, f(x + t v)⟩.
private struct Line {
  let entry: Case
  let x: [Tensor]
  let v: [Tensor?]
  let w: [Tensor?]

  init(_ entry: Case, lane: UInt64) throws {
    self.entry = entry
    x = try entry.inputs(lane: lane)
    v = try entry.directions(lane: lane).map { try $0.map { try 0.3 * $0 } }
    w = try normals(like: entry.function(x), seed: 9)
  }

  private static func value(_ entry: Case, _ x: [Tensor], _ v: [Tensor?], _ w: [Tensor?], _ t: Tensor) throws(TensorError) -> Tensor
  {
    var moved: [Tensor] = []
    for (x, v) in zip(x, v) { moved.append(v == nil ? x : try x + t * v!) }
    var sum = try Tensor.scalar(0, .float64)
    for (output, weight) in zip(try entry.function(moved), w) {
      if let weight { sum = try sum + (weight * output).sum() }
    }
    return sum
  }

  func value(at t: Double) throws -> Double { try Line.value(entry, x, v, w, Tensor(t)).double() }

  func derivative(_ word: Word, at t: Double) throws -> Double {
    let f = word.derivative { (t) throws(TensorError) in [try Line.value(entry, x, v, w, t[0])] }
    return try f([Tensor(t)])[0].double()
  }

  /// The derivative at t = 0 for all lines at once, by `vmap` over points and directions.
  static func derivatives(_ word: Word, _ lanes: [Line]) throws -> [Double] {
    let first = lanes[0]
    let moving = first.v.indices.filter { first.v[$0] != nil }
    let points = try first.x.indices.map { i in try stack(lanes.map { $0.x[i] }, axis: 0) }
    let directions = try moving.map { i in try stack(lanes.map { $0.v[i]! }, axis: 0) }
    let operands = points + directions
    let results = try vmap(
      { (operands) throws(TensorError) in
        let x = Array(operands[..<points.count])
        var v = [Tensor?](repeating: nil, count: points.count)
        for (position, i) in moving.enumerated() { v[i] = operands[points.count + position] }
        let f = word.derivative { (t) throws(TensorError) in [try value(first.entry, x, v, first.w, t[0])] }
        return try f([.scalar(0, .float64)])
      }, operands, axes: operands.map { _ in 0 })
    return try results[0].doubles()
  }
}
