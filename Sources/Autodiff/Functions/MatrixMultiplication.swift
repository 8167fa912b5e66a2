/// Products of vectors, matrices and batches of matrices.

/// NumPy's `matmul`: 1-d operands are a row (left) or a column (right) whose dimension disappears again, leading dimensions broadcast.
public func matrixProduct(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
  guard a.rank > 0, b.rank > 0 else {
    throw .invalid("mm", "expected tensors with at least one dimension, got \(a.shape) and \(b.shape) (use * for scalars)")
  }
  var dtype = a.dtype.promoted(with: b.dtype)
  if !dtype.isFloat { dtype = Engine.current.defaultFloat }
  var left = try a.cast(to: dtype)
  var right = try b.cast(to: dtype)
  if a.rank == 1 { left = try left.reshaped(a.shape.inserting(1, at: 0)) }
  if b.rank == 1 { right = try right.reshaped(b.shape.inserting(1, at: 1)) }
  let inner = left.shape[left.rank - 1]
  guard inner == right.shape[right.rank - 2] else {
    throw .invalid("mm", "inner sizes differ: a is \(a.shape), b is \(b.shape) (\(inner) ≠ \(right.shape[right.rank - 2]))")
  }
  var product: Tensor
  if right.rank == 2, left.rank > 2 {
    // One right matrix for a batch of left ones is a single product with more rows.
    let rows = left.shape.dropLast()
    let flat = try left.reshaped([rows.reduce(1, *), inner])
    product = try bind(MatrixProduct(), flat, right).reshaped(Shape(Array(rows) + [right.shape[1]]))
  } else {
    let batch = try Shape(left.shape.dropLast(2)).broadcast(with: Shape(right.shape.dropLast(2)), operation: "mm")
    product = try bind(
      MatrixProduct(), left.broadcast(to: Shape(batch + left.shape.suffix(2))),
      right.broadcast(to: Shape(batch + right.shape.suffix(2))))
  }
  if b.rank == 1 { product = try product.reshaped(product.shape.removing(product.rank - 1)) }
  if a.rank == 1 { product = try product.reshaped(product.shape.removing(product.rank - (b.rank == 1 ? 1 : 2))) }
  return product
}
