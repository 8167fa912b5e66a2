@testable import Autodiff

/// Moving elements without computing.
extension Case {
  static let layout: [Case] = [
    entries("reshape", [.normal], [[[2, 3]]], linear: [[0]]) { x in [try x[0].reshaped([3, 1, 2])] },
    entries("reshape of nothing", [.normal], [[[2, 0]]], linear: [[0]]) { x in [try x[0].reshaped([0, 3, 4])] },
    entries("reshape of a number", [.normal], [[.scalar], [[1]]], linear: [[0]]) { x in [try x[0].reshaped([1, 1])] },
    entries("permute", [.normal], [[[2, 3, 2]], [[0, 3, 1]]], linear: [[0]]) { x in [try x[0].permuted([2, 0, 1])] },
    entries("expand", [.normal], [[[2, 1]], [[1]], [.scalar], [[3]]], linear: [[0]]) { x in [try x[0].broadcast(to: [2, 2, 3])] },
    entries("expand to nothing", [.normal], [[[1, 2]], [.scalar]], linear: [[0]]) { x in [try x[0].broadcast(to: [0, 2])] },
    entries("slice", [.normal], [[[5, 4]]], linear: [[0]]) { x in
      [try x[0].sliced(starts: [1, 0], counts: [2, 2], steps: [2, 3])]
    },
    entries("slice of nothing", [.normal], [[[3]], [[0]]], linear: [[0]]) { x in
      [try x[0].sliced(starts: [0], counts: [0], steps: [1])]
    },
    entries("pad", [.normal], [[[2, 3]], [[1, 1]], [[0, 2]]], linear: [[0]]) { x in
      try bind(Pad(low: [1, 0], high: [0, 2], interior: [2, 1]), [x[0]])
    },
    entries("pad that crops", [.normal], [[[4, 3]], [[2, 2]]], linear: [[0]]) { x in
      try bind(Pad(low: [-1, 2], high: [1, -1], interior: [1, 0]), [x[0]])
    },
    entries("flip", [.normal], [[[2, 3, 2]], [[1, 0, 1]]], linear: [[0]]) { x in [try x[0].flipped([0, 2])] },
    entries(
      "cat", [.normal, .normal, .normal], [[[2, 1], [2, 3], [2, 2]], [[0, 1], [0, 0], [0, 2]]], linear: [[0, 1, 2]]
    ) { x in
      [try concatenate(x, axis: 1)]
    },
    entries("cat with a constant", [.normal, .integers(1...3)], [[[2], [3]]], linear: []) { x in
      [try concatenate([x[0], x[1].cast(to: x[0].dtype)], axis: 0)]
    },
    entries("stack", [.normal, .normal], [[[2, 3], [2, 3]], [.scalar, .scalar]], linear: [[0, 1]]) { x in
      [try stack(x, axis: x[0].rank)]
    },
    entries("cast", [.normal], [[[3]], [.scalar], [[0]]], linear: [[0]]) { x in [try x[0].cast(to: .float64)] },
    entries("cast of whole numbers", [.integers(-3...3)], [[[3]]], isDifferentiable: false) { x in [try x[0].cast(to: .float64)] },
    entries("triangle", [.normal], [[[3, 3]], [[2, 2, 3]]], linear: [[0]]) { x in [try x[0].triangle(lower: true, offset: 0)] },
    entries("diagonal", [.normal], [[[2, 3]], [[2, 3, 2]]], linear: [[0]]) { x in [try x[0].diagonal()] },
    entries("diagonal matrix", [.normal], [[[3]], [[2, 2]], [[0]]], linear: [[0]]) { x in [try x[0].diagonalMatrix()] },
    entries("stop_gradient", [.normal], [[[3]]], isDifferentiable: false) { x in [try stopGradient(x[0])] },
  ].flatMap { $0 }
}
