/// Combining elements along dimensions. Axes count from 0 and ascend.

/// The sum over `axes`, which disappear.
struct Sum: LinearPrimitive {
  let axes: [Int]
  var name: String { "sum" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec {
    guard Reduction.sum.supports(x.dtype) else { throw .dtype(name, got: x.dtype, expected: "a number type") }
    return Spec(x.shape.removing(axes), x.dtype)
  }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray { try x.reduced(.sum, over: axes) }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor {
    try ct.reshaped(x.shape.keeping(axes)).broadcast(to: x.shape)
  }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor { try bind(Sum(axes: axes.map { $0 + 1 }), x) }
}

/// The largest or smallest element over `axes`. Elements that share the extreme share its derivative in equal parts, as in JAX.
struct Extremum: Primitive {
  let largest: Bool
  let axes: [Int]
  var name: String { largest ? "max" : "min" }
  var isMadeOfSteps: Bool { true }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    guard Reduction.max.supports(x[0].dtype) else { throw .dtype(name, got: x[0].dtype, expected: "a number type") }
    for axis in axes where x[0].shape[axis] == 0 {
      throw .invalid(name, "dimension \(axis + 1) of \(x[0].shape) is empty and has no \(largest ? "largest" : "smallest") element")
    }
    return [Spec(x[0].shape.removing(axes), x[0].dtype)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { [try x[0].reduced(largest ? .max : .min, over: axes)] }
  func jvp(_ x: [Tensor], _ dx: [Tensor?], _ y: [Tensor]) throws(TensorError) -> [Tensor?] {
    guard let dx = dx[0] else { return [nil] }
    let extreme = try y[0].reshaped(x[0].shape.keeping(axes))
    let isExtreme = try equal(x[0], extreme).cast(to: dx.dtype)
    let ties = try isExtreme.sum(axes)
    return [try (dx * isExtreme).sum(axes) / ties]
  }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    try bind(Extremum(largest: largest, axes: axes.map { $0 + 1 }), x)
  }
}

/// The index, from 0, of the first largest or smallest element along `axis`; int32.
struct ArgExtremum: ConstantPrimitive {
  let largest: Bool
  let axis: Int
  var name: String { largest ? "argmax" : "argmin" }
  var isMadeOfSteps: Bool { true }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    guard x[0].dtype != .bool else { throw .dtype(name, got: .bool, expected: "a number type") }
    guard x[0].shape[axis] > 0 else { throw .invalid(name, "dimension \(axis + 1) of \(x[0].shape) is empty") }
    return [Spec(x[0].shape.removing(axis), .int32)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { [try x[0].argReduced(largest: largest, axis: axis)] }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    try bind(ArgExtremum(largest: largest, axis: axis + 1), x)
  }
}

/// Whether any or all elements along `axes` are true.
struct Quantifier: ConstantPrimitive {
  let universal: Bool
  let axes: [Int]
  var name: String { universal ? "all" : "any" }
  var isMadeOfSteps: Bool { true }

  func outcome(_ x: [Spec]) throws(TensorError) -> [Spec] {
    guard x[0].dtype == .bool else { throw .dtype(name, got: x[0].dtype, expected: "bool") }
    return [Spec(x[0].shape.removing(axes), .bool)]
  }
  func evaluate(_ x: [NDArray]) throws(TensorError) -> [NDArray] { [try x[0].reduced(universal ? .all : .any, over: axes)] }
  func batch(_ x: [Tensor], _ isBatched: [Bool], lanes: Int) throws(TensorError) -> [Tensor] {
    try bind(Quantifier(universal: universal, axes: axes.map { $0 + 1 }), x)
  }
}

/// Running sums along `axis`, from the far end when `reversed`.
struct CumulativeSum: LinearPrimitive {
  let axis: Int
  let reversed: Bool
  var name: String { "cumsum" }
  var isMadeOfSteps: Bool { true }

  func outcome(of x: Spec) throws(TensorError) -> Spec {
    guard Reduction.sum.supports(x.dtype) else { throw .dtype(name, got: x.dtype, expected: "a number type") }
    return x
  }
  func evaluate(_ x: NDArray) throws(TensorError) -> NDArray {
    let flip = Flip(axes: [axis])
    return reversed ? try flip.evaluate(flip.evaluate(x).scanned(.sum, axis: axis)) : try x.scanned(.sum, axis: axis)
  }
  func transpose(_ ct: Tensor, of x: Spec) throws(TensorError) -> Tensor {
    try bind(CumulativeSum(axis: axis, reversed: !reversed), ct)
  }
  func batch(_ x: Tensor, lanes: Int) throws(TensorError) -> Tensor {
    try bind(CumulativeSum(axis: axis + 1, reversed: reversed), x)
  }
}
