/// Picking elements by computed positions (int32, from 0).
extension Tensor {
  /// Rows of dimension `axis` at `index`; the dimension is replaced by the index's shape.
  public func gathered(_ index: Tensor, axis: Int) throws(TensorError) -> Tensor { try bind(Gather(axis: axis), self, index) }

  /// Zeros with `size` rows along `axis`, to which the rows of this tensor are added at `index`.
  public func scattered(_ index: Tensor, axis: Int, size: Int) throws(TensorError) -> Tensor {
    try bind(ScatterAdd(axis: axis, size: size), self, index)
  }

  /// Along the last dimension, the elements at `positions`, whose shape equals this one's but for the last size.
  public func taking(_ positions: Tensor) throws(TensorError) -> Tensor {
    rank == 0 ? self : try bind(TakeAlong(), self, positions)
  }

  /// Along `axis`, the elements at `positions`, whose shape equals this one's but for the size of `axis`; other sizes of 1 broadcast.
  public func taking(_ positions: Tensor, axis: Int) throws(TensorError) -> Tensor {
    let last = rank - 1
    let wide = try positions.broadcast(to: shape.replacing(axis, with: positions.shape[axis]))
    return try movingAxis(axis, to: last).taking(wide.movingAxis(axis, to: last)).movingAxis(last, to: axis)
  }

  /// This tensor with the elements of `values` added along `axis` at `positions`, which have the shape of `values`: element by element
  /// the adjoint of `taking`. Repeated positions accumulate.
  public func addingElements(_ values: Tensor, at positions: Tensor, axis: Int) throws(TensorError) -> Tensor {
    let last = rank - 1
    let put = PutAlong(size: shape[axis])
    return try self + bind(put, values.movingAxis(axis, to: last), positions.movingAxis(axis, to: last)).movingAxis(last, to: axis)
  }

  // Positions within each lane (the rows of this tensor) as positions in all lanes put one after another. A position outside its own
  // lane becomes −1, which the kernel refuses: it must not reach into the neighbour's.
  func offsetByLane(_ size: Int, lanes: Int) throws(TensorError) -> Tensor {
    let starts = try Tensor(.sequence(lanes, from: 0, by: Double(size), .int32))
    let offset = try self + starts.reshaped(Shape([lanes] + [Int](repeating: 1, count: rank - 1)))
    let isInside = try and(greaterOrEqual(self, .scalar(0, .int32)), less(self, .scalar(Double(size), .int32)))
    return try select(isInside, offset, .scalar(-1, .int32))
  }
}
