@testable import Autodiff

/// Products of matrices.
extension Case {
  static let matrices: [Case] = [
    entries(
      "mm", [.normal, .normal],
      [
        [[2, 3], [3, 2]], [[3], [3]], [[3], [3, 2]], [[2, 3], [3]], [[2, 2, 3], [3, 2]], [[2, 3], [2, 3, 1]],
        [[2, 1, 2, 3], [3, 3, 2]], [[0, 3], [3, 2]], [[2, 0], [0, 2]], [[1, 1], [1, 1]], [[2, 2, 3], [3]], [[3], [2, 3, 2]],
      ], linear: [[0], [1]]
    ) { x in [try matrixProduct(x[0], x[1])] },
    entries("mm with itself", [.normal], [[[3, 3]], [[2, 2, 2]]]) { x in [try matrixProduct(x[0], x[0].matrixTransposed())] },
  ].flatMap { $0 }
}
