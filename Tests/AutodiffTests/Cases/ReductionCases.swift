@testable import Autodiff

/// Combining elements along dimensions.
extension Case {
  static let reductions: [Case] = [
    entries("sum", [.normal], [[[2, 3, 2]], [[0, 2, 3]], [[2, 1, 0]], [[1, 1, 1]]], linear: [[0]]) { x in [try x[0].sum([0, 2])] },
    entries("sum of all", [.normal], [[[2, 3]], [.scalar], [[0]]], linear: [[0]]) { x in [try x[0].sum()] },
    entries("max", [.distinct], [[[2, 3, 2]], [[1, 0, 1]], [[1, 1, 1]]]) { x in [try x[0].extremum(largest: true, [0, 2])] },
    entries("min", [.distinct], [[[2, 3]], [[1]], [.scalar]]) { x in [try x[0].extremum(largest: false, x[0].allAxes)] },
    entries("argmax", [.distinct], [[[2, 3]], [[0, 2]]], isDifferentiable: false) { x in
      [try x[0].argExtremum(largest: true, axis: 1)]
    },
    entries("argmin", [.distinct], [[[3, 2]], [[1]]], isDifferentiable: false) { x in
      [try x[0].argExtremum(largest: false, axis: 0)]
    },
    entries("any", [.flags], [[[2, 3]], [[0, 3]]], isDifferentiable: false) { x in [try x[0].quantified(universal: false, [0])] },
    entries("all", [.flags], [[[2, 3]], [.scalar]], isDifferentiable: false) { x in
      [try x[0].quantified(universal: true, x[0].allAxes)]
    },
    entries("cumsum", [.normal], [[[2, 4]], [[2, 0]], [[3, 2, 2]]], linear: [[0]]) { x in [try x[0].cumulativeSum(1)] },
    entries("cumsum from the end", [.normal], [[[3, 2]], [[1]]], linear: [[0]]) { x in
      try bind(CumulativeSum(axis: 0, reversed: true), [x[0]])
    },
    entries("mean", [.normal], [[[2, 3]], [[3, 1]]], linear: [[0]]) { x in [try x[0].mean([1])] },
    entries("variance", [.normal], [[[2, 3]], [[1, 4]]]) { x in [try x[0].variance([1], correction: 1)] },
    entries("prod", [.normal], [[[2, 3]], [[5]], [[0]], [[1, 1]]]) { x in [try x[0].product([x[0].rank - 1])] },
    entries("logsumexp", [.normal], [[[2, 3]], [[3, 1]]]) { x in [try x[0].logSumExp([1])] },
    entries("softmax", [.normal], [[[2, 3]], [[1]]]) { x in [try x[0].softmax(x[0].rank - 1)] },
    entries("log_softmax", [.normal], [[[3, 2]]]) { x in [try x[0].logSoftmax(0)] },
    entries("2-norm", [.normal], [[[2, 3]]]) { x in [try x[0].norm(2, [0])] },
    entries("1-norm", [.awayFromZero], [[[2, 3]]]) { x in [try x[0].norm(1, [1])] },
    entries("3-norm", [.awayFromZero], [[[2, 3]]]) { x in [try x[0].norm(3, [0, 1])] },
    entries("half-norm", [.awayFromZero], [[[2, 3]]]) { x in [try x[0].norm(0.5, [1])] },
    entries("standard deviation", [.normal], [[[2, 4]]]) { x in [try sqrt(x[0].variance([1], correction: 1))] },
    entries("inf-norm", [.distinct], [[[5]]]) { x in [try (x[0] + 0.05).norm(.infinity, [0])] },
  ].flatMap { $0 }
}
