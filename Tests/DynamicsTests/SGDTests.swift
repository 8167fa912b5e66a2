import Testing

@testable import Autodiff
@testable import Dynamics

/// Trajectories on ½ λ x² from x = 1, where every rule is a linear recursion.
@Suite struct SGDTests {
  private func path(_ rule: SGD, curvature: Double, steps: Int) throws -> [Double] {
    var x = try Tensor([1])
    var buffer: Tensor? = rule.hasBuffers ? try Tensor([0]) : nil
    return try (0..<steps).map { _ in
      (x, buffer) = try rule.step(x, curvature * x, buffer: buffer)
      return try x.element
    }
  }

  @Test func plainDescent() throws {
    #expect(try path(SGD(learningRate: 2), curvature: 1, steps: 4) == [-1, 1, -1, 1])
    #expect(abs(try path(SGD(learningRate: 2.1), curvature: 1, steps: 100)[99] - 13780.6123398) < 1e-6)
    var powers = [0.9]
    for _ in 1..<9 { powers.append(0.9 * powers.last!) }
    #expect(isClose(try path(SGD(learningRate: 0.1), curvature: 1, steps: 9), powers))
  }

  @Test func heavyBall() throws {
    #expect(isClose(try path(SGD(learningRate: 0.1, momentum: 0.9), curvature: 1, steps: 3), [0.9, 0.72, 0.486], 1e-15))
  }

  @Test func weightDecayIsCurvature() throws {
    for convention in [SGD.Momentum.plain, .nesterov, .ema] {
      let plain = SGD(learningRate: 0.1, momentum: 0.9, convention: convention)
      let decayed = SGD(learningRate: 0.1, momentum: 0.9, convention: convention, weightDecay: 0.75)
      #expect(isClose(try path(decayed, curvature: 0.25, steps: 30), try path(plain, curvature: 1, steps: 30)))
    }
  }

  static let thresholds: [(SGD, Double)] = [
    (SGD(learningRate: 0.01), 200), (SGD(learningRate: 0.01, momentum: 0.9), 380),
    (SGD(learningRate: 0.01, momentum: 0.9, convention: .nesterov), 135.7142857),
    (SGD(learningRate: 0.01, momentum: 0.9, convention: .ema), 3800),
  ]

  /// Just below the threshold the iterates shrink, just above they grow.
  @Test(arguments: thresholds) func stabilityThresholds(rule: SGD, threshold: Double) throws {
    #expect(abs(try path(rule, curvature: 0.99 * threshold, steps: 1500).last!) < 1e-3)
    #expect(abs(try path(rule, curvature: 1.01 * threshold, steps: 1500).last!) > 1e3)
  }
}
