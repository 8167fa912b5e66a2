/// The transforms made of `linearize` and forward mode: any order and any nesting, since their rules are ordinary operations.

/// The value of `f` at `x` and its change along `dx` (nil: that argument does not move; in the result: zero).
public func jvp(_ f: TensorFunction, _ x: [Tensor], _ dx: [Tensor?]) throws(TensorError) -> (
  outputs: [Tensor], tangents: [Tensor?]
) {
  let forward = ForwardTrace(name: "jvp")
  defer { forward.finish() }
  for (value, tangent) in zip(x, dx) {
    if let tangent, tangent.spec != value.spec {
      throw .invalid("jvp", "a tangent has the shape and dtype of its argument: expected \(value.spec), got \(tangent.spec)")
    }
  }
  let halves = try f(zip(x, dx).map { forward.value($0, moving: $0.dtype.isFloat ? $1 : nil) }).map(forward.split)
  return (halves.map(\.primal), halves.map(\.tangent))
}

/// The value of a scalar function, its gradient with respect to every argument, and whatever else the function returned.
///
/// The first result must be a scalar float. Costs about three evaluations. An argument that is not a float, or that the value does not
/// depend on, has a zero gradient.
public func valueAndGradient(_ f: TensorFunction, at x: [Tensor]) throws(TensorError) -> (
  value: Tensor, gradient: [Tensor], others: [Tensor]
) {
  let linear = try linearize(f, at: x)
  guard let value = linear.outputs.first else { throw .invalid("grad", "the function returned nothing; it must return a scalar") }
  guard value.count == 1 else {
    throw .invalid("grad", "the function must return a scalar, got \(value.spec) (use :sum() or :mean(), or eb.jacobian)")
  }
  guard value.dtype.isFloat else { throw .dtype("grad", got: value.dtype, expected: "a float result") }
  let seed = try Tensor(.full(value.shape, 1, value.dtype))
  let cotangents = try linear.pull([seed] + linear.outputs.dropFirst().map { _ in nil })
  var gradient: [Tensor] = []
  for (cotangent, argument) in zip(cotangents, x) { gradient.append(try cotangent ?? .zeros(argument.spec)) }
  return (value, gradient, Array(linear.outputs.dropFirst()))
}

/// The gradient of a scalar function with respect to every argument.
public func gradient(_ f: TensorFunction, at x: [Tensor]) throws(TensorError) -> [Tensor] {
  try valueAndGradient(f, at: x).gradient
}

/// The Hessian of the scalar function `f` at `x` times `v`: forward mode over the gradient, about two gradients.
public func hessianProduct(_ f: TensorFunction, at x: [Tensor], _ v: [Tensor]) throws(TensorError) -> [Tensor] {
  let (gradients, tangents) = try jvp({ (x) throws(TensorError) in try gradient(f, at: x) }, x, v)
  var product: [Tensor] = []
  for (g, t) in zip(gradients, tangents) { product.append(try t ?? .zeros(g.spec)) }
  return product
}

/// The Jacobian of a function of one tensor with one result: the result's dimensions, then the argument's.
///
/// Pushes the argument's basis through the linearized function, or pulls the result's basis back, whichever is smaller; all basis
/// vectors go at once.
public func jacobian(_ f: (Tensor) throws(TensorError) -> Tensor, at x: Tensor) throws(TensorError) -> Tensor {
  let linear = try linearize({ (x) throws(TensorError) in [try f(x[0])] }, at: [x])
  let y = linear.outputs[0].spec
  let shape = try Shape.checked(Array(y.shape) + Array(x.shape), operation: "jacobian")
  if x.count <= y.shape.elementCount {
    let basis = try Tensor.identity(x.count, x.dtype).reshaped(.checked([x.count] + x.shape, operation: "jacobian"))
    let columns = try vmap({ (v) throws(TensorError) in try linear.push(v) }, [basis], axes: [0], outAxes: [0])[0]
    return try columns.reshaped([x.count, y.shape.elementCount]).matrixTransposed().reshaped(shape)
  }
  let basis = try Tensor.identity(y.shape.elementCount, y.dtype).reshaped(
    .checked([y.shape.elementCount] + y.shape, operation: "jacobian"))
  let rows = try vmap(
    { (u) throws(TensorError) in [try linear.pull([u[0]])[0] ?? .zeros(x.spec)] }, [basis], axes: [0], outAxes: [0])[0]
  return try rows.reshaped(shape)
}

/// The Hessian of a scalar function of one tensor: the argument's dimensions twice.
public func hessian(_ f: (Tensor) throws(TensorError) -> Tensor, at x: Tensor) throws(TensorError) -> Tensor {
  try jacobian({ (x) throws(TensorError) in try gradient({ (x) throws(TensorError) in [try f(x[0])] }, at: [x])[0] }, at: x)
}
