/// Views: other layouts over the same storage, made without copying. Axes count from 0 and must be valid; the checks with the user's
/// numbering are done where user input enters.
extension NDArray {
  private func with(shape: Shape, offset: Int, strides: [Int]) -> NDArray {
    let plain = offset == 0 && zip(zip(strides, shape.contiguousStrides), shape).allSatisfy { $0.0 == $0.1 || $1 == 1 }
    return NDArray(
      storage: storage, dtype: dtype, shape: shape, view: plain ? nil : View(offset: offset, strides: strides))
  }

  private var offset: Int { view?.offset ?? 0 }

  /// Dimension `axis` of the result is dimension `order[axis]` of this array.
  public func permuted(_ order: [Int]) -> NDArray {
    let old = strides
    return with(shape: Shape(order.map { shape[$0] }), offset: offset, strides: order.map { old[$0] })
  }

  /// Stretches dimensions of size 1 and adds leading ones; `target` must be a shape this one broadcasts to.
  public func broadcast(to target: Shape) -> NDArray {
    if target == shape { return self }
    let old = strides
    let shift = target.rank - rank
    let stretched = target.indices.map { axis in
      axis < shift || shape[axis - shift] != target[axis] ? 0 : old[axis - shift]
    }
    return with(shape: target, offset: offset, strides: stretched)
  }

  /// Along every dimension `counts[axis]` elements from `starts[axis]` in steps of `steps[axis]` (negative steps walk backwards).
  public func sliced(starts: [Int], counts: [Int], steps: [Int]) -> NDArray {
    let old = strides
    var start = offset
    var strides = old
    for axis in 0..<rank {
      start += counts[axis] == 0 ? 0 : starts[axis] * old[axis]
      strides[axis] = old[axis] * steps[axis]
    }
    return with(shape: Shape(counts), offset: start, strides: strides)
  }

  /// The part at `index` of the first dimension, which disappears: what loops over rows take, so it makes nothing but the view.
  package func row(_ index: Int) -> NDArray {
    let rest = Shape(shape.dropFirst())
    guard let view else { return with(shape: rest, offset: index * rest.elementCount, strides: rest.contiguousStrides) }
    return with(shape: rest, offset: view.offset + index * view.strides[0], strides: Array(view.strides.dropFirst()))
  }

  /// The same elements in row-major order under another shape with as many places; copies only when no view can show them.
  public func reshaped(_ target: Shape) throws(TensorError) -> NDArray {
    precondition(target.elementCount == count, "reshape keeps the number of elements")
    if target == shape { return self }
    if isContiguous { return NDArray(storage: storage, dtype: dtype, shape: target) }
    if let strides = stridesOfReshape(target) { return with(shape: target, offset: offset, strides: strides) }
    return NDArray(storage: try contiguous().storage, dtype: dtype, shape: target)
  }

  // Walks both shapes from the left in groups with equal products; a group can be viewed when its old dimensions merge into one run.
  private func stridesOfReshape(_ target: Shape) -> [Int]? {
    guard count > 0 else { return target.contiguousStrides }
    let old = strides
    let kept = shape.indices.filter { shape[$0] != 1 }
    var result = [Int](repeating: 0, count: target.rank)
    var i = 0
    var j = 0
    while i < kept.count {
      var from = shape[kept[i]]
      var firstNew = j
      while firstNew < target.rank, target[firstNew] == 1 { firstNew += 1 }
      j = firstNew
      guard j < target.rank else { return nil }
      var to = target[j]
      var lastOld = i
      while from != to {
        if from < to {
          lastOld += 1
          from *= shape[kept[lastOld]]
          guard old[kept[lastOld - 1]] == old[kept[lastOld]] * shape[kept[lastOld]] else { return nil }
        } else {
          j += 1
          to *= target[j]
        }
      }
      var step = old[kept[lastOld]]
      for axis in stride(from: j, through: firstNew, by: -1) {
        result[axis] = step
        step *= target[axis]
      }
      i = lastOld + 1
      j += 1
    }
    return result
  }
}
