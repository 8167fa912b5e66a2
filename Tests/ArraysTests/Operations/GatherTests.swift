import Testing

@testable import Arrays

@Suite struct GatherTests {
  private static let indices: [Naive] = [
    Naive([0]) { _ in 0 }, Naive([]) { _ in 1 }, Naive([1]) { _ in 0 }, Naive([4]) { Double([1, 0, 1, 1][$0[0]]) },
    Naive([2, 2]) { Double($0[0] ^ $0[1]) },
  ]

  @Test(arguments: DType.allCases) func gatheringRows(dtype: DType) throws {
    for layout in try everyLayout(dtype) {
      for axis in 0..<layout.array.rank where layout.naive.shape[axis] > 1 {
        for index in GatherTests.indices {
          let source = dtype == .bool ? Naive(layout.naive.shape) { _ in 1 } : layout.naive
          let sizes = Array(source.shape[..<axis]) + index.shape + Array(source.shape[(axis + 1)...])
          let expected = Naive(sizes) { place in
            let picked = Int(index[Array(place[axis..<(axis + index.shape.count)])])
            return source[Array(place[..<axis]) + [picked] + Array(place[(axis + index.shape.count)...])]
          }
          let positions = try NDArray(index.values, shape: Shape(index.shape)).cast(to: .int32)
          #expect(try Naive(layout.array.gathered(positions, axis: axis)) == expected, "\(layout) along \(axis) at \(index)")
        }
      }
    }
  }

  @Test(arguments: [DType.float32, .float64, .int32]) func scatteringIsTheAdjoint(dtype: DType) throws {
    for axis in 0..<3 {
      for index in GatherTests.indices {
        var sizes = [2, 3, 2]
        sizes.remove(at: axis)
        sizes.insert(contentsOf: index.shape, at: axis)
        let values = Naive(counting: sizes)
        var expected = Naive([2, 3, 2].enumerated().map { $0 == axis ? 4 : $1 }) { _ in 0 }
        for place in Naive.indices(sizes) {
          let target = Int(index[Array(place[axis..<(axis + index.shape.count)])])
          expected[Array(place[..<axis]) + [target] + Array(place[(axis + index.shape.count)...])] += values[place]
        }
        let positions = try NDArray(index.values, shape: Shape(index.shape)).cast(to: .int32)
        let array = try NDArray(values.values, shape: Shape(sizes)).cast(to: dtype)
        #expect(try Naive(array.scattered(positions, axis: axis, size: 4)) == expected, "along \(axis) at \(index)")
      }
    }
  }

  @Test func wrongIndicesAreNamedAsUsersCount() throws {
    let array = try NDArray([1.0, 2, 3], shape: [3])
    func message(_ index: NDArray) -> String? { #expect(throws: TensorError.self) { try array.gathered(index, axis: 0) }?.message }
    #expect(
      try message(NDArray([Int32(0), 3], shape: [2]))
        == "index: index 4 is outside dimension 1, which has 1..3 (or -3..-1 from the end)")
    #expect(try message(NDArray([Int32(-1)], shape: [1]))?.hasPrefix("index: index 0 is outside dimension 1") == true)
    #expect(
      try message(NDArray([1.0], shape: [1]))
        == "index: expected int32 indices, got a float64 tensor (convert with x:cast)")
    let empty = try NDArray([Double](), shape: [0])
    let error = try #expect(throws: TensorError.self) { try empty.gathered(NDArray([Int32(0)], shape: [1]), axis: 0) }
    #expect(error?.message == "index: index 1 into dimension 1, which is empty")
    #expect(throws: TensorError.self) { try array.scattered(NDArray([Int32(0), 1, 2], shape: [3]), axis: 0, size: 2) }
  }

  @Test(arguments: [true, false], [DType.float32, .float64, .int32]) func sortingIsStable(descending: Bool, dtype: DType) throws {
    for size in [0, 1, 2, 7, 64, 300] {
      let naive = Naive([3, size]) { Double(($0[0] * 31 + $0[1] * 17) % 11) - 5 }
      let (values, positions) = try NDArray(naive.values, shape: [3, size]).cast(to: dtype).sorted(descending: descending)
      #expect(values.dtype == dtype && positions.dtype == .int32)
      for row in 0..<3 {
        let keys = (0..<size).map { naive[[row, $0]] }
        let order = (0..<size).sorted {
          keys[$0] != keys[$1] ? (descending ? keys[$0] > keys[$1] : keys[$0] < keys[$1]) : $0 < $1
        }
        #expect(try Array(positions.doubles()[(row * size)..<((row + 1) * size)]) == order.map(Double.init))
        #expect(try Array(values.doubles()[(row * size)..<((row + 1) * size)]) == order.map { keys[$0] })
      }
    }
  }

  @Test(arguments: [true, false]) func nanSortsLast(descending: Bool) throws {
    let array = try NDArray([2.0, .nan, -.infinity, 5, .nan, .infinity], shape: [6])
    let (values, positions) = try array.sorted(descending: descending)
    let sorted = descending ? [Double.infinity, 5, 2, -.infinity] : [-.infinity, 2, 5, .infinity]
    #expect(try Array(values.doubles()[..<4]) == sorted)
    #expect(try values.doubles()[4...].allSatisfy { $0.isNaN })
    #expect(try Array(positions.doubles()[4...]) == [1, 4])
  }

  @Test func sortingViews() throws {
    for layout in try everyLayout(of: [2, 3, 2]) {
      let (values, positions) = try layout.array.sorted(descending: true)
      let (expected, places) = try layout.array.packed().sorted(descending: true)
      #expect(try values.doubles() == expected.doubles() && positions.doubles() == places.doubles(), "\(layout)")
    }
    #expect(try NDArray(4.0).sorted(descending: false).values.doubles() == [4])
  }

  @Test func positionsOfWhatIsTrue() throws {
    let flags = try NDArray([true, false, true, true, false, true], shape: [2, 3])
    #expect(try flags.positionsOfTrue().elements(of: Int32.self) == [0, 2, 3, 5])
    #expect(try flags.permuted([1, 0]).positionsOfTrue().elements(of: Int32.self) == [0, 1, 4, 5])
    #expect(try NDArray([Bool](), shape: [0]).positionsOfTrue().shape == [0])
  }
}
