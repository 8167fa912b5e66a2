import Testing

@testable import Arrays

@Suite struct MovingTests {
  @Test func castingEveryPair() throws {
    let values = [-2.75, -1, 0, 0.5, 1, 3.999, 100]
    for from in DType.allCases {
      let source = try NDArray(values, shape: [7]).cast(to: from)
      #expect(source.dtype == from)
      let stored = try source.doubles()
      switch from {
      case .float32, .float64: #expect(zip(stored, values).allSatisfy { abs($0 - $1) < 1e-6 })
      case .int32: #expect(stored == [-2, -1, 0, 0, 1, 3, 100])
      case .bool: #expect(stored == [1, 1, 0, 1, 1, 1, 1])
      }
      for to in DType.allCases {
        let expected: [Double] =
          switch to {
          case .float32: stored.map { (value: Double) in Double(Float(value)) }
          case .float64: stored
          case .int32: stored.map { (value: Double) in value.rounded(.towardZero) }
          case .bool: stored.map { (value: Double) in value == 0 ? 0 : 1 }
          }
        let result = try source.cast(to: to)
        #expect(result.dtype == to)
        #expect(try result.doubles() == expected, "\(from) to \(to)")
      }
    }
  }

  @Test func castingViews() throws {
    for layout in try everyLayout() {
      #expect(try Naive(layout.array.cast(to: .int32)) == layout.naive, "\(layout)")
      #expect(try Naive(layout.array.cast(to: .float32)) == layout.naive, "\(layout)")
    }
  }

  @Test(arguments: [DType.float32, .float64]) func whatHasNoIntegerIsRefused(dtype: DType) throws {
    let array = try NDArray([1.0, .nan, 3e9, -.infinity, -2_147_483_648], shape: [5]).cast(to: dtype)
    let error = #expect(throws: TensorError.self) { try array.cast(to: .int32) }
    #expect(error?.message == "cast: 3 of 5 values are NaN or outside int32's range and have no int32 value")
  }

  @Test func packingEveryElementSize() throws {
    for dtype in DType.allCases {
      for layout in try everyLayout(of: [2, 3, 2], dtype) {
        let expected = dtype == .bool ? layout.naive.values.map { $0 == 0 ? 0 : 1 } : layout.naive.values
        #expect(try layout.array.packed().doubles() == expected, "\(dtype) \(layout)")
        #expect(try layout.array.packed().isContiguous)
        #expect(try layout.array.packed().storageIdentity != layout.array.storageIdentity)
      }
    }
  }

  @Test func joiningAlongEveryAxis() throws {
    for layout in try everyLayout() where layout.array.rank > 0 {
      for axis in 0..<layout.array.rank {
        let other = Naive(layout.naive.shape.enumerated().map { $0 == axis ? 2 : $1 }) { Double(-1 - $0.reduce(0, +)) }
        let second = try NDArray(other.values, shape: Shape(other.shape))
        let size = layout.naive.shape[axis]
        let joined = layout.naive.shape.enumerated().map { $0 == axis ? 2 * size + 2 : $1 }
        let expected = Naive(joined) { index in
          var source = index
          if index[axis] >= size + 2 {
            source[axis] -= size + 2
            return layout.naive[source]
          }
          if index[axis] >= size {
            source[axis] -= size
            return other[source]
          }
          return layout.naive[source]
        }
        let result = try NDArray.concatenated([layout.array, second, layout.array], axis: axis)
        #expect(try Naive(result) == expected, "\(layout) along \(axis)")
      }
    }
  }

  @Test func paddingInsideAndOutside() throws {
    for layout in try everyLayout(of: [3, 2]) where layout.array.rank == 2 {
      for low in [-4, -3, -2, -1, 0, 2] {
        for high in [-4, -2, -1, 0, 1] {
          for interior in [0, 1, 2] {
            for axis in 0..<2 {
              var (lows, highs, inner) = ([1, 1], [0, 0], [0, 0])
              (lows[axis], highs[axis], inner[axis]) = (low, high, interior)
              let expected = layout.naive.padded(low: lows, high: highs, interior: inner)
              let result = try layout.array.padded(low: lows, high: highs, interior: inner)
              #expect(try Naive(result) == expected, "\(layout) axis \(axis): \(low), \(high), \(interior)")
            }
          }
        }
      }
    }
    let empty = try NDArray([Double](), shape: [0]).padded(low: [2], high: [1], interior: [3])
    #expect(try empty.doubles() == [0, 0, 0])
  }

  @Test func assigningChangesNobodyElse() throws {
    for layout in try everyLayout() {
      var array = layout.array
      let region = layout.naive.shape.map { min($0, 2) }
      let zeros = region.map { _ in 0 }
      let ones = region.map { _ in 1 }
      try array.assign(NDArray(-1.0)) { $0.sliced(starts: zeros, counts: region, steps: ones) }
      let expected = Naive(layout.naive.shape) { index in
        zip(index, region).allSatisfy { $0 < $1 } ? -1 : layout.naive[index]
      }
      #expect(try Naive(array) == expected, "\(layout)")
      #expect(try Naive(layout.array) == layout.naive, "\(layout)")
    }
  }

  @Test func assigningPartsOfItself() throws {
    var x = try NDArray([1.0, 2, 3, 4], shape: [4])
    // x[2:3] = x[1:2], then the other way round, then reversed onto itself.
    try x.assign(x.sliced(starts: [0], counts: [2], steps: [1])) { $0.sliced(starts: [1], counts: [2], steps: [1]) }
    #expect(try x.doubles() == [1, 1, 2, 4])
    try x.assign(x.sliced(starts: [1], counts: [3], steps: [1])) { $0.sliced(starts: [0], counts: [3], steps: [1]) }
    #expect(try x.doubles() == [1, 2, 4, 4])
    try x.assign(x.sliced(starts: [3], counts: [4], steps: [-1])) { $0 }
    #expect(try x.doubles() == [4, 4, 2, 1])
  }

  @Test func assigningInPlaceOnlyWhenNobodyElseLooks() throws {
    var x = try NDArray([1.0, 2, 3, 4], shape: [4])
    let before = x.storageIdentity
    try x.assign(NDArray(9.0)) { $0.sliced(starts: [3], counts: [1], steps: [1]) }
    #expect(x.storageIdentity == before)
    let copy = x
    try x.assign(NDArray(0.0)) { $0.sliced(starts: [0], counts: [1], steps: [1]) }
    #expect(x.storageIdentity != copy.storageIdentity)
    #expect(try copy.doubles() == [1, 2, 3, 9])
    #expect(try x.doubles() == [0, 2, 3, 9])
  }
}
