@testable import Autodiff

/// Convolution, its windows, and pooling.
extension Case {
  static let convolutions: [Case] = [
    entries(
      "conv2d", [.normal, .normal],
      [[[2, 2, 4, 3], [3, 2, 2, 2]], [[0, 2, 4, 3], [3, 2, 2, 2]], [[2, 0, 4, 3], [3, 0, 2, 2]]], linear: [[0], [1]]
    ) { x in
      [try convolution(x[0], x[1], Sliding(kernel: [2, 2], stride: [2, 1], padding: .sizes(1, 0)))]
    },
    entries("conv2d in groups", [.normal, .normal], [[[2, 4, 3, 4], [6, 2, 2, 3]]], linear: [[0], [1]]) { x in
      [try convolution(x[0], x[1], Sliding(kernel: [2, 3], padding: .same, dilation: [2, 1]), groups: 2)]
    },
    entries("conv2d of one image with itself", [.normal], [[[3, 3, 3, 3]]]) { x in
      [try convolution(x[0], x[0], Sliding(kernel: [3, 3], padding: .sizes(1, 1)))]
    },
    entries("unfold", [.normal], [[[2, 4, 3]], [[3, 4]], [[0, 3, 3]]], linear: [[0]]) { x in
      [try unfold(x[0], Sliding(kernel: [2, 3], stride: [2, 1], padding: .sizes(1, 1)))]
    },
    entries("fold", [.normal], [[[2, 4, 6]], [[0, 4, 6]]], linear: [[0]]) { x in
      [try fold(x[0], Sliding(kernel: [2, 2], stride: [1, 2], padding: .sizes(0, 1)), height: 4, width: 2)]
    },
    entries("maxpool2d", [.distinct], [[[2, 2, 4, 5]], [[5, 4]], [[0, 3, 3]]]) { x in
      [try maxPool(x[0], Sliding(kernel: [3, 2], stride: [1, 2], padding: .sizes(1, 1)))]
    },
    entries("avgpool2d", [.normal], [[[2, 2, 4, 5]], [[5, 4]], [[0, 3, 3]]], linear: [[0]]) { x in
      [try averagePool(x[0], Sliding(kernel: [3, 2], stride: [1, 2], padding: .sizes(1, 1)))]
    },
    entries("avgpool2d, turned round", [.normal], [[[2, 3, 2]], [[0, 3, 2]]], linear: [[0]]) { x in
      let rows = Windows.Direction(size: 4, kernel: 2), columns = Windows.Direction(size: 3, kernel: 3, stride: 2, low: 1, high: 1)
      return [try bind(WindowSpread(windows: Windows(rows: rows, columns: columns)), x[0])]
    },
    entries("put", [.normal, .integers(0...2)], [[[2, 4], [2, 4]], [[3], [3]]], linear: [[0]]) { x in
      [try bind(PutAlong(size: 3), x[0], x[1])]
    },
  ].flatMap { $0 }
}
