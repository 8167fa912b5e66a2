@testable import Autodiff

/// Reading, accumulating and ordering by positions.
extension Case {
  static let indexing: [Case] = [
    entries(
      "index", [.normal, .integers(0...2)], [[[2, 3], [2]], [[2, 3, 2], [2, 2]], [[1, 3], .scalar], [[2, 3], [0]]], linear: [[0]]
    ) { x in [try x[0].gathered(x[1], axis: 1)] },
    entries("index of rows", [.normal, .integers(0...3)], [[[4, 2], [6]], [[4], [3]]], linear: [[0]]) { x in
      [try x[0].gathered(x[1], axis: 0)]
    },
    entries(
      "scatter", [.normal, .integers(0...2)], [[[2, 2], [2]], [[2, 2, 3, 2], [2, 3]], [[2], .scalar], [[2, 0], [0]]], linear: [[0]]
    ) { x in [try x[0].scattered(x[1], axis: 1, size: 4)] },
    entries("scatter of rows", [.normal, .integers(0...1)], [[[5, 2], [5]]], linear: [[0]]) { x in
      [try x[0].scattered(x[1], axis: 0, size: 2)]
    },
    entries("take", [.normal, .integers(0...2)], [[[2, 3], [2, 4]], [[3], [2]]], linear: [[0]]) { x in [try x[0].taking(x[1])] },
    entries("take along an axis", [.normal, .integers(0...2)], [[[3, 2], [4, 2]], [[3, 2, 2], [2, 1, 2]]], linear: [[0]]) { x in
      [try x[0].taking(x[1], axis: 0)]
    },
    entries("add elements along an axis", [.normal, .normal, .integers(0...2)], [[[2, 3], [2, 4], [2, 4]]], linear: [[0, 1]]) { x in
      [try x[0].addingElements(x[1], at: x[2], axis: 1)]
    },
    entries(
      "add to a part", [.normal, .normal, .integers(0...2)], [[[3, 4], [4, 2], [4]], [[3, 4], .scalar, [4]]], linear: [[0, 1]]
    ) { x in
      [try x[0].adding(x[1], to: [.positions(x[2]), .range(start: 3, count: 2, step: -2)])]
    },
    entries("add under a mask", [.normal, .flags, .normal], [[[2, 3], [2], [3]]], linear: [[0, 2]]) { x in
      [try x[0].adding(x[2], where: x[1])]
    },
    entries("median", [.distinct], [[[4, 2]], [[3]]]) { x in [try x[0].median([0]).values] },
    entries("quantiles", [.distinct], [[[2, 4]], [[3, 2]]]) { x in
      try x[0].quantiles([0, 0.4, 1], [1], nearest: false) + x[0].quantiles([0.4], [0], nearest: true)
    },
    entries("sort", [.distinct], [[[2, 4]], [[1]], [[0]], [[2, 3, 2]]]) { x in
      let (values, positions) = try x[0].sorted(x[0].rank - 1, descending: false)
      return [values, positions]
    },
    entries("sort downwards along a middle axis", [.distinct], [[[2, 3, 2]]]) { x in
      let (values, positions) = try x[0].sorted(1, descending: true)
      return [values, positions]
    },
  ].flatMap { $0 }
}
