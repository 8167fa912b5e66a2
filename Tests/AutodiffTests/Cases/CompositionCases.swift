@testable import Autodiff

/// Functions made of several operations whose derivatives are easily got wrong where they meet.
extension Case {
  static let compositions: [Case] = [
    entries("gelu", [.normal], [[[3]]]) { x in [try gelu(x[0])] },
    entries("silu", [.normal], [[[3]]]) { x in [try silu(x[0])] },
    entries("clamp", [.normal], [[[2]]]) { x in
      [try clamp(3 * x[0] + 2.5, low: .scalar(-100, x[0].dtype), high: .scalar(100, x[0].dtype))]
    },
    entries("an operand twice", [.normal], [[[2, 2]]]) { x in [try x[0] * x[0] + matrixProduct(x[0], x[0])] },
    entries("several results", [.normal, .normal], [[[2], [2]]]) { x in
      let product = try x[0] * x[1]
      return [product, try product.sum(), try greater(x[0], x[1]), try sin(x[0])]
    },
    entries("an unused operand", [.normal, .normal], [[[2], [3]]]) { x in [try exp(x[0]).sum()] },
    entries("cross entropy", [.normal, .integers(0...2)], [[[4, 3], [4, 1]]]) { x in
      [try -x[0].logSoftmax(1).taking(x[1]).mean([0, 1])]
    },
    entries("two-layer net", [.normal, .normal, .normal], [[[2, 3], [3, 2], [2, 1]]]) { x in
      [try matrixProduct(tanh(matrixProduct(x[0], x[1])), x[2]).sum()]
    },
    entries("a part of a tensor", [.normal, .integers(0...2)], [[[3, 4, 2], [2]]], linear: [[0]]) { x in
      [try x[0].selecting([.positions(x[1]), .range(start: 3, count: 2, step: -2), .position(1)])]
    },
    entries("several positions at once", [.normal, .integers(0...1), .integers(0...2)], [[[2, 3, 2], [4], [4]]], linear: [[0]]) {
      x in
      [try x[0].selecting([.positions(x[1]), .positions(x[2]), .range(start: 0, count: 2, step: 1)])]
    },
    entries("a part replaced", [.normal, .normal], [[[3, 4], [2, 1]], [[3, 4], .scalar]], linear: [[0, 1]]) { x in
      [try x[0].replacing([.range(start: 2, count: 2, step: -1), .range(start: 0, count: 2, step: 3)], with: x[1])]
    },
    entries("rows replaced", [.normal, .normal, .integers(0...2)], [[[3, 2], [2], [4]]], linear: [[0, 1]]) { x in
      [try x[0].replacing([.positions(x[2]), .range(start: 0, count: 2, step: 1)], with: x[1])]
    },
    entries("replaced under a mask", [.normal, .flags, .normal], [[[2, 3], [2], [3]], [[3], [3], .scalar]], linear: [[0, 2]]) { x in
      [try x[0].replacing(where: x[1], with: x[2])]
    },
    entries("einsum", [.normal, .normal, .normal], [[[2, 3], [3, 3, 2], [2, 2]]], linear: [[0], [1], [2]]) { x in
      [try einsum("bi,iij,jb->b", x), try einsum("bi,cdj,jb->dc", x)]
    },
    entries("einsum with dots", [.normal, .normal], [[[2, 1, 3], [4, 3]], [[3], [2, 3]]], linear: [[0], [1]]) { x in
      [try einsum("...i,...i->...", x), try einsum("...i,ji->j...", x)]
    },
  ].flatMap { $0 }

}
