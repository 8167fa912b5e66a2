import Testing

@testable import Autodiff

/// `vmap` is a faster way to write a loop over examples: for every function of the table, its derivatives included.
@Suite struct BatchTests {
  @Test(arguments: Case.all) func lanesAreSingleCalls(_ entry: Case) throws {
    for entry in try entry.withDerivatives() {
      // Every choice of operands that have lanes, the others being shared.
      for chosen in 1..<(1 << entry.domains.count) {
        let isMapped = entry.domains.indices.map { chosen >> $0 & 1 == 1 }
        try check(entry, isMapped, lanes: 3, along: { _ in 0 }, out: 0)
      }
      let all = entry.domains.map { _ in true }
      try check(entry, all, lanes: 1, along: { _ in 0 }, out: 0)
      try check(entry, all, lanes: 2, along: { $0.rank }, out: 1)
    }
  }

  /// Lanes within lanes: one operand varies in the outer ones, all vary in the inner ones.
  @Test(arguments: Case.all.filter(\.isMain)) func lanesNest(_ entry: Case) throws {
    for entry in try entry.withDerivatives() where entry.shapes.allSatisfy({ $0.rank <= 5 }) {
      let grid = try (0..<2).map { a in try (0..<3).map { b in try entry.inputs(lane: UInt64(2 + 3 * a + b)) } }
      let operands = try entry.domains.indices.map { i in
        try stack(grid.map { row in try stack(row.map { $0[i] }, axis: 0) }, axis: 0)
      }
      let axes: [Int?] = entry.domains.map { _ in 0 }
      let batched = try vmap({ (x) throws(TensorError) in try vmap(entry.function, x, axes: axes) }, operands, axes: axes)
      for (i, result) in batched.enumerated() {
        let singles = try stack(grid.map { row in try stack(row.map { try entry.function($0)[i] }, axis: 0) }, axis: 0)
        #expect(try distance(result, singles) <= 1e-12, "\(entry.testDescription)")
      }
    }
  }

  /// Zero examples give zero results, of the right shapes.
  @Test(arguments: Case.all) func noLanesGiveNoResults(_ entry: Case) throws {
    for entry in try entry.withDerivatives() {
      let x = try entry.inputs()
      let none = try x.map { try $0.reshaped($0.shape.inserting(1, at: 0)).slice(0, from: 0, count: 0) }
      let results = try vmap(entry.function, none, axes: none.map { _ in 0 })
      let expected = try entry.function(x).map { Spec($0.shape.inserting(0, at: 0), $0.dtype) }
      #expect(results.map(\.spec) == expected, "\(entry.testDescription)")
    }
  }

  private func check(_ entry: Case, _ isMapped: [Bool], lanes: Int, along axis: (Shape) -> Int, out: Int) throws {
    let examples = try (0..<lanes).map { try entry.inputs(lane: UInt64($0)) }
    var operands: [Tensor] = []
    var axes: [Int?] = []
    for (i, shape) in entry.shapes.enumerated() {
      axes.append(isMapped[i] ? axis(shape) : nil)
      operands.append(isMapped[i] ? try stack(examples.map { $0[i] }, axis: axis(shape)) : examples[0][i])
    }
    let singles = try examples.map { example in
      try entry.function(example.indices.map { isMapped[$0] ? example[$0] : examples[0][$0] })
    }
    let outAxes = singles[0].map { min(out, $0.rank) }
    let batched = try vmap(entry.function, operands, axes: axes, outAxes: outAxes)
    #expect(batched.count == singles[0].count)
    for (i, result) in batched.enumerated() {
      let expected = try stack(singles.map { $0[i] }, axis: outAxes[i])
      let error = try distance(result, expected)
      #expect(error <= 1e-12, "\(entry.testDescription), operands with lanes: \(isMapped), result \(i): \(error)")
    }
  }
}
