/// Picking elements by computed positions (int32, from 0), and orderings.
extension Tensor {
  /// Rows of dimension `axis` at `index`; the dimension is replaced by the index's shape.
  public func gathered(_ index: Tensor, axis: Int) throws(TensorError) -> Tensor { try bind(Gather(axis: axis), self, index) }

  /// Zeros with `size` rows along `axis`, to which the rows of this tensor are added at `index`.
  public func scattered(_ index: Tensor, axis: Int, size: Int) throws(TensorError) -> Tensor {
    try bind(ScatterAdd(axis: axis, size: size), self, index)
  }

  /// Along the last dimension, the elements at `positions`, whose shape equals this one's but for the last size.
  public func taking(_ positions: Tensor) throws(TensorError) -> Tensor {
    if rank == 0 { return self }
    let n = shape[rank - 1]
    let rows = n == 0 ? 0 : count / n
    let flat = try positions.reshaped([rows, positions.shape[rank - 1]]).offsetByLane(n, lanes: rows)
    return try reshaped([count]).gathered(flat, axis: 0).reshaped(positions.shape)
  }

  /// The elements in order along `axis`, and their positions before.
  public func sorted(_ axis: Int, descending: Bool) throws(TensorError) -> (values: Tensor, positions: Tensor) {
    let last = rank - 1
    let sorted = try bind(Sort(descending: descending), [movingAxis(axis, to: last)])
    return (try sorted[0].movingAxis(last, to: axis), try sorted[1].movingAxis(last, to: axis))
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
